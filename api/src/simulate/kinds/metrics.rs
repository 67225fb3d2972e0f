//! `metrics`: follows the crowd; backups at night make disks and processors busy.

use super::View;
use super::backups;
use crate::simulate::fault::FaultKind;
use crate::simulate::host::What;
use crate::simulate::noise::{real, round2, whole};
use noc_pipeline::payload::Metrics;

const SWAP: u64 = 4 << 30;

pub(super) fn measure(view: &View<'_>) -> Metrics {
    let host = view.host;
    let step = view.minute();
    let noise = |what: What, low: f64, high: f64| host.noise.between(what.id(), step, low, high);
    let drift = |what: What, minutes: i64| host.noise.drift(what.id(), view.at.0, minutes * 60_000);
    let (cores, ram) = (real(host.cores), real(host.ram_bytes));
    let traffic = host.crowd.share(view.at);
    let backup = backups::runs(view);
    let mut busy = host.quiet + (host.busy - host.quiet) * traffic;
    busy += 0.06 * (drift(What::Cpu, 45) - 0.5) + noise(What::Cpu, -0.03, 0.03);
    busy += if backup { 0.12 } else { 0.0 };
    // Now and then a customer's job runs for some minutes.
    if host.noise.fraction(What::Spike.id(), step / 8) < 0.004 {
        busy += 0.25;
    }
    let mut waiting = if backup { 6.0 } else { 0.4 };
    let mut queue = 1.0;
    for kind in view.lasting() {
        match kind {
            FaultKind::CpuBusy => busy = noise(What::Cpu, 0.97, 1.0),
            FaultKind::Overload => {
                busy = noise(What::Cpu, 0.9, 1.0);
                waiting = 30.0;
                queue = 5.5;
            }
            _ => {}
        }
    }
    let busy = busy.clamp(0.005, 1.0);
    let load = (cores * busy * queue * (0.9 + 0.3 * drift(What::Load, 3))).max(0.01);
    let requests = cores * (3.0 + 60.0 * traffic) * noise(What::NetOut, 0.85, 1.2);
    let uptime = view
        .at
        .since(host.boot(view.faults, view.at).up_at)
        .as_secs();
    Metrics {
        cpu_pct: Some(round2(busy * 100.0)),
        iowait_pct: Some(round2(
            waiting * noise(What::Iowait, 0.3, 1.7).max(if waiting > 20.0 { 1.1 } else { 0.0 }),
        )),
        steal_pct: Some(0.0),
        load1: Some(round2(load)),
        load5: Some(round2(load * (0.94 + 0.1 * drift(What::Load, 11)))),
        load15: Some(round2(load * (0.92 + 0.1 * drift(What::Load, 29)))),
        cores: Some(host.cores),
        ram_total_bytes: Some(host.ram_bytes),
        ram_used_bytes: Some(whole(
            ram * (0.35 + 0.25 * traffic + 0.08 * drift(What::RamUsed, 600)),
        )),
        swap_total_bytes: Some(SWAP),
        swap_used_bytes: Some(whole(real(SWAP) * 0.05 * drift(What::Swap, 2_000))),
        net_rx_bytes_per_s: Some(round2(requests * noise(What::NetIn, 900.0, 1_400.0))),
        net_tx_bytes_per_s: Some(round2(requests * 18_000.0 * if backup { 2.5 } else { 1.0 })),
        disk_read_bytes_per_s: Some(round2(
            noise(What::DiskRead, 50_000.0, 900_000.0) * if backup { 120.0 } else { 1.0 },
        )),
        disk_write_bytes_per_s: Some(round2(noise(What::DiskWrite, 200_000.0, 2_500_000.0))),
        processes: Some(whole(
            180.0 + 12.0 * cores * busy + noise(What::Processes, 0.0, 15.0),
        )),
        tcp_established: Some(whole(requests * noise(What::Tcp, 1.5, 2.5))),
        uptime_s: Some(uptime),
    }
}
