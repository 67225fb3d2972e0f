//! The probe of `crons` against Debian's cron and rsyslog, in mounts of their own, on a clock that runs faster.

use super::private_host::{on_private_host, report, said};
use super::{Probes, accepted, error_of};
use chrono::{Datelike, FixedOffset, NaiveDateTime, TimeZone, Utc};
use noc_pipeline::clock::{Clock, SystemClock};
use noc_pipeline::payload::Kind;
use serde_json::{Value, json};

/// Nodes, zone and tables as people write them; then who takes cron's log, which the test adds.
const TABLES: &str = r#"
command -v cron rsyslogd journalctl >/dev/null || { echo 'missing: apt-get install -y --no-install-recommends cron rsyslog libfaketime systemd' >&2; exit 1; }
fake=$(dpkg -L libfaketime | grep '/libfaketime.so.1$')
ln -sf /usr/share/zoneinfo/Asia/Dhaka /etc/localtime; rm -f /etc/timezone
mkdir -p "$WORK/dev/shm"; for node in null zero urandom random tty full; do : >"$WORK/dev/$node"; mount --bind "/dev/$node" "$WORK/dev/$node"; done
mount -t tmpfs none "$WORK/dev/shm"; mount --rbind "$WORK/dev" /dev; ln -s /proc/self/fd /dev/fd
mount -t tmpfs -o mode=0755 none /run
umask 022
rm -f /etc/cron.d/*; mkdir -p /var/spool/cron/crontabs; chgrp crontab /var/spool/cron/crontabs; chmod 1730 /var/spool/cron/crontabs
printf '%s\n' 'SHELL=/bin/sh' '* * * * * root	 echo of the system --password=hunter2 >/dev/null' '* * * * * root exit 3' >/etc/crontab
printf '%s\n' '* * * * * nobody echo from cron.d \% x' '0 0 29 2 * root echo seldom' >/etc/cron.d/job
printf '%s\n' '* * * * * nobody echo good line of a broken file' '61 * * * * nobody echo broken' >/etc/cron.d/broken
printf '%s\n' '* * * * * nobody echo dotted' >/etc/cron.d/with.dot
printf '* * * * * nobody echo first\n* * * * * nobody echo unfinished' >/etc/cron.d/unfinished
printf '%s\n' '* * * * * nobody echo writable for all' >/etc/cron.d/loose; chmod 0666 /etc/cron.d/loose
printf '%s\n' '* * * * * printf "a\tb é" %stdin' '* * * * * echo "one  two"   ' '@reboot echo boot' >/var/spool/cron/crontabs/root
chmod 0600 /var/spool/cron/crontabs/root
wait_for() { for ((i = 0; i < 300; i++)); do if eval "$1"; then return 0; fi; sleep 0.1; done; echo "in vain: $1" >&2; return 1; }
# A minute a second, until every job ran twice and its end was told.
run_cron() { # command that prints the log
  LD_PRELOAD=$fake FAKETIME='+0 x60' cron -f -L 15 & cron=$!
  wait_for "((\$($1 | grep -c 'END.*echo \"one  two\"') >= 2 && \$($1 | grep -c 'END.*exit 3') >= 2))"
  kill "$cron"; wait "$cron" || true
  wait_for "((\$($1 | grep -c ' CMD ') == \$($1 | grep -c ' END ')))"
}
trap 'kill -9 "${cron:-}" "${logger:-}" 2>/dev/null || true' EXIT
"#;

const SYSLOG: &str = r#"
cat >"$WORK/rsyslog.conf" <<X
module(load="imuxsock")
*.* action(type="omfile" file="/var/log/syslog" fileCreateMode="0640" template="RSYSLOG_TraditionalFileFormat")
X
rsyslogd -n -f "$WORK/rsyslog.conf" -i /run/rsyslogd.pid & logger=$!
wait_for '[[ -S /dev/log ]]'
run_cron 'cat /var/log/syslog'
kill "$logger"; wait "$logger" || true
step log; cat /var/log/syslog
step alone; probe crons
step missing; doctor crons
step counts; count || true; cat "$NOC_AGENT_COUNTS/crons"
step counted; probe crons
step granted; doctor crons
# The log is rotated away and packed: what it told is kept.
step rotated; gzip /var/log/syslog; : >/var/log/syslog
touch -d '40 min ago' "$NOC_AGENT_COUNTS/crons"; count || true; probe crons
step late; touch -d '1 hour ago' "$NOC_AGENT_COUNTS/crons"; probe crons
"#;

/// As on a host without a syslog: the journal alone.
const JOURNAL: &str = r#"
mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald 2>/dev/null & logger=$!
wait_for '[[ -S /run/systemd/journal/dev-log ]]'
ln -s /run/systemd/journal/dev-log /dev/log
run_cron 'journalctl -q --no-pager'
step log; journalctl -q --no-pager -o short
step counts; count || true
step counted; probe crons
"#;

/// When cron's log says that a command last began, read without the agent.
fn last_run(log: &str, command: &str) -> Option<String> {
    let dhaka = FixedOffset::east_opt(6 * 3600).unwrap();
    let year = Utc
        .timestamp_millis_opt(SystemClock.now().0)
        .unwrap()
        .with_timezone(&dhaka)
        .year();
    let line = log
        .lines()
        .rfind(|line| line.contains(" CMD (") && line.ends_with(&format!("{command})")))?;
    let at = NaiveDateTime::parse_from_str(&format!("{year} {}", &line[..15]), "%Y %b %e %H:%M:%S")
        .unwrap();
    let at = dhaka.from_local_datetime(&at).unwrap().to_utc();
    Some(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[test]
fn jobs_of_a_real_cron_and_their_last_runs() {
    let probes = Probes::new();
    let steps = on_private_host(&probes, &format!("{TABLES}{SYSLOG}"));
    let log = said(&steps, "log");

    // Tables of users are root's: without root's timer nothing is known, and it says so.
    assert_eq!(error_of(&report(&steps, "alone")), "no_permission");
    assert!(said(&steps, "missing").starts_with("MISS"));
    assert!(!said(&steps, "counts").contains("hunter2"));

    let counted = report(&steps, "counted");
    accepted(Kind::Crons, &counted);
    assert_eq!(counted["timezone"], json!("Asia/Dhaka"));
    let entry = |user: &str, schedule: &str, command: &str, logged: &str, exit: Option<u64>| {
        let at = last_run(log, logged);
        assert_eq!(at.is_some(), !logged.is_empty(), "{command}");
        json!({"user": user, "schedule": schedule, "command": command, "last_run_at": at,
            "last_exit": at.and(exit)})
    };
    let minute = "* * * * *";
    let right = [
        entry(
            "root",
            minute,
            "echo of the system --password=*** >/dev/null",
            "--password=hunter2 >/dev/null",
            Some(0),
        ),
        entry("root", minute, "exit 3", "exit 3", Some(3)),
        entry(
            "nobody",
            minute,
            "echo from cron.d \\% x",
            "echo from cron.d % x",
            Some(0),
        ),
        json!({"user": "root", "schedule": "0 0 29 2 *", "command": "echo seldom", "last_run_at": null, "last_exit": null}),
        entry(
            "root",
            minute,
            "printf \"a\\tb é\" %stdin",
            "printf \"a\\tb \\303\\251\" ",
            None,
        ),
        entry(
            "root",
            minute,
            "echo \"one  two\"",
            "echo \"one  two\"   ",
            Some(0),
        ),
        entry("root", "@reboot", "echo boot", "echo boot", Some(0)),
    ];
    let mut found = counted["entries"].as_array().unwrap().clone();
    // Standard input that nobody reads ends this one by a signal, or not: cron`s own business.
    assert_eq!(found.len(), right.len(), "{found:#?}");
    found[4]["last_exit"] = Value::Null;
    for (found, right) in found.iter().zip(&right) {
        assert_eq!(found, right);
    }
    // What cron itself refused to load is not in the list: it said so in its log.
    for refused in ["broken", "unfinished", "loose"] {
        assert!(
            log.contains(&format!("*system*{refused}")),
            "{refused}: {log}"
        );
    }
    assert!(said(&steps, "granted").starts_with("ok"));

    let rotated = report(&steps, "rotated");
    assert_eq!(rotated["entries"].as_array().unwrap().len(), right.len());
    assert_eq!(rotated["entries"][1], right[1]);
    assert_eq!(error_of(&report(&steps, "late")), "timeout");
}

/// The same jobs, where the journal is all there is.
#[test]
fn last_runs_are_told_by_the_journal() {
    let probes = Probes::new();
    let steps = on_private_host(&probes, &format!("{TABLES}{JOURNAL}"));
    let (log, counted) = (said(&steps, "log"), report(&steps, "counted"));
    accepted(Kind::Crons, &counted);
    let entries = counted["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 7);
    let last = |n: usize| entries[n]["last_run_at"].as_str().map(str::to_owned);
    assert!(last_run(log, "exit 3").is_some(), "{log}");
    assert_eq!(last(1), last_run(log, "exit 3"));
    assert_eq!(entries[1]["last_exit"], json!(3));
    assert!(last(5).is_some());
    assert_eq!(last(5), last_run(log, "echo \"one  two\"   "));
    assert_eq!(last(3), None);
}

/// Debian's own parser says of each line whether it is good; the probe must say the same.
#[test]
fn lines_are_judged_as_debians_crontab_judges_them() {
    let lines = std::fs::read_to_string(super::fixtures().join("crontab_lines.txt")).unwrap();
    for awk in super::AWKS {
        let mut probes = Probes::new();
        probes.awk(awk);
        probes.set(
            "LINES_FILE",
            super::fixtures()
                .join("crontab_lines.txt")
                .to_str()
                .unwrap(),
        );
        let script = r#"
source "$NOC_TEST_OPT/agent.sh"; source "$NOC_TEST_OPT/agent-hosting.sh"
while IFS= read -r line; do
  printf '%s\n' "$line" >"$STATE/one"
  good=1; crontab -n "$STATE/one" >/dev/null 2>&1 || good=0
  printf '%s\n* * * * * MARK\n' "$line" >"$STATE/two"
  found=$(awk -v now=0 -v zone=0:0 -v dialect=debian -v timezone=UTC "$AWK_TIME$AWK_TEXT$AWK_REDACT$CRON_AWK" \
    part=tables <(printf 'root\t1\t%s\n' "$STATE/two") part=before /dev/null part=log /dev/null | grep -c MARK)
  [[ $good == "$found" ]] || printf 'cron says %s, the probe %s: %s\n' "$good" "$found" "$line"
done <"$LINES_FILE""#;
        let done = probes
            .command("bash")
            .args(["-c", script])
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(String::from_utf8_lossy(&done.stdout), "", "{awk}");
    }
    assert!(lines.lines().count() > 80);
}
