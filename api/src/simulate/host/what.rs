//! What is drawn, so that no two draws share their noise.

/// One draw.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) enum What {
    Cores,
    Ram,
    Busy,
    Crowd,
    Stack,
    Zone,
    Phase,
    DiskSize,
    DiskUsed,
    DiskDrift,
    Cpu,
    Iowait,
    Load,
    RamUsed,
    Swap,
    NetIn,
    NetOut,
    DiskRead,
    DiskWrite,
    Processes,
    Tcp,
    Spike,
    Pids,
    MainPid,
    Reboot,
    Restart,
    Database,
    Web,
    Mail,
    MailHour,
    MailDay,
    MailFailed,
    Queue,
    Firewall,
    FirewallEvent,
    Burst,
    Panel,
    Job,
    JobRun,
    Cron,
    Facts,
    Unreadable,
    Boot,
}

impl What {
    pub(in crate::simulate) const fn id(self) -> u64 {
        self as u64
    }

    /// The same draw for the n-th of several.
    pub(in crate::simulate) const fn nth(self, n: usize) -> u64 {
        self as u64 | (n as u64 + 1) << 8
    }
}
