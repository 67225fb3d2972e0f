//! `report-backup` and the hook of JetBackup 5, as root runs them.

use super::private_host::{on_private_host, said};
use super::{Probes, accepted};
use noc_pipeline::payload::Kind;
use serde_json::{Value, json};
use std::process::Output;

/// Reports that wait in the spool, oldest first: the fields of `backups`.
fn waiting(probes: &Probes) -> Vec<Value> {
    let mut reports = Vec::new();
    for entry in std::fs::read_dir(probes.path("state/spool")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        reports.push(read_report(text.trim_end()));
        std::fs::remove_file(path).unwrap();
    }
    reports
}

fn read_report(line: &str) -> Value {
    let mut parts = line.splitn(3, '\t');
    assert_eq!(parts.next(), Some("backups"));
    chrono::DateTime::parse_from_rfc3339(parts.next().unwrap()).expect("a time");
    let report = serde_json::from_str(&format!("{{{}}}", parts.next().unwrap())).unwrap();
    accepted(Kind::Backups, &report);
    report
}

fn run(probes: &Probes, arguments: &[&str]) -> Output {
    let mut command = probes.command("bash");
    command
        .arg(probes.path("opt/agent-hosting.sh"))
        .args(arguments);
    command.output().unwrap()
}

/// One report, which must be taken.
fn told(probes: &Probes, arguments: &[&str]) -> Value {
    let done = run(probes, &[&["report-backup"], arguments].concat());
    assert!(
        done.status.success() && done.stderr.is_empty(),
        "{arguments:?}: {done:?}"
    );
    let mut reports = waiting(probes);
    assert_eq!(reports.len(), 1, "{arguments:?}");
    reports.remove(0)
}

#[test]
fn a_report_says_what_it_was_told() {
    let probes = Probes::new();
    // As the deployment guide has it.
    let report = told(&probes, &["jetbackup", "Daily-Local", "success"]);
    assert_eq!(
        [&report["tool"], &report["job"], &report["status"]],
        ["jetbackup", "Daily-Local", "success"]
    );
    assert_eq!(report["message"], Value::Null);
    let report = told(
        &probes,
        &["jetbackup", "Daily-Local", "failed", "Disk full"],
    );
    assert_eq!(
        [&report["status"], &report["message"]],
        ["failed", "Disk full"]
    );

    let report = told(
        &probes,
        &[
            "restic",
            "Ta\tgl\"ich é",
            "WARNING",
            "--started",
            "1795300000",
            "--finished",
            "2026-11-21T23:30:00+01:00",
            "--bytes",
            "0012345678901",
            "--accounts-total",
            "7",
            "--accounts-failed",
            "2",
            "--",
            "password=hunter2",
        ],
    );
    let right = json!({"tool": "restic", "job": "Ta gl\"ich é", "status": "partial", "started_at": "2026-11-21T22:26:40Z",
        "finished_at": "2026-11-21T22:30:00Z", "bytes": 12_345_678_901_u64, "accounts_total": 7, "accounts_failed": 2,
        "message": "password=***"});
    assert_eq!(report, right);
    for (word, status) in [
        ("ok", "success"),
        ("Completed", "success"),
        ("partial", "partial"),
        ("aborted", "failed"),
        ("error", "failed"),
    ] {
        assert_eq!(
            told(&probes, &["a", "b", word])["status"],
            json!(status),
            "{word}"
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    let probes = Probes::new();
    let wrong: [(&[&str], &str); 12] = [
        (&[], "TOOL, JOB and STATUS are needed"),
        (&["a", "b"], "TOOL, JOB and STATUS are needed"),
        (&["a", "b", "maybe"], "not a status: maybe"),
        (&["a", " ", "ok"], "must not be empty"),
        (
            &["a", "b", "failed", "Disk", "full"],
            "put the message in quotes",
        ),
        (
            &["a", "b", "ok", "--bytes", "-1"],
            "--bytes: not a whole number: -1",
        ),
        (&["a", "b", "ok", "--bytes"], "--bytes needs a value"),
        (&["a", "b", "ok", "--size", "1"], "unknown option --size"),
        (
            &["a", "b", "ok", "--started", "$(id)"],
            "--started: not a time: $(id)",
        ),
        (
            &["a", "b", "ok", "--finished", "2099-01-01"],
            "lies in the future",
        ),
        (
            &[
                "a",
                "b",
                "ok",
                "--started",
                "1700000001",
                "--finished",
                "1700000000",
            ],
            "lies after the end",
        ),
        (
            &[
                "a",
                "b",
                "ok",
                "--accounts-total",
                "1",
                "--accounts-failed",
                "2",
            ],
            "more accounts failed",
        ),
    ];
    for (arguments, reason) in wrong {
        let done = run(&probes, &[&["report-backup"], arguments].concat());
        assert_eq!(done.status.code(), Some(64), "{arguments:?}");
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains(reason), "{arguments:?}: {said}");
        assert!(waiting(&probes).is_empty(), "{arguments:?}");
    }
}

const JOB: &str = "5b28fa5fd5ac5e5ff62760b2";
const NAME: &str = "Daily Local; rm -rf /";

/// Arguments as JetBackup documents them.
#[test]
fn jetbackup_tells_of_a_job_with_its_accounts() {
    let mut probes = Probes::new();
    probes.set("NOC_AGENT_JETBACKUP", probes.text("jetbackup"));
    let hook = |arguments: &[&str]| {
        let done = run(&probes, &[&["jetbackup-hook"], arguments].concat());
        assert!(
            done.status.success(),
            "a hook never stops a backup: {done:?}"
        );
        String::from_utf8(done.stderr).unwrap()
    };
    let begin = [
        "job-start",
        JOB,
        NAME,
        "1",
        "511",
        "1",
        "5b28f91b,5b28f91c",
        "1795300000",
        "64bb01",
    ];
    let end = |status| {
        [
            "job",
            JOB,
            NAME,
            "1",
            "511",
            "1",
            "5b28f91b,5b28f91c",
            "1795300000",
            "1795303600",
            status,
            "64bb01",
        ]
    };
    let account = |user, status, queue| ["account", JOB, "64aa01", user, status, "64bb02", queue];

    assert_eq!(hook(&begin), "");
    hook(&account("cust1", "1", "100"));
    hook(&account("cust2", "1", "100"));
    assert_eq!(hook(&end("100")), "");
    let right = json!({"tool": "jetbackup", "job": NAME, "status": "success", "started_at": "2026-11-21T22:26:40Z",
        "finished_at": "2026-11-21T23:26:40Z", "bytes": null, "accounts_total": 2, "accounts_failed": 0, "message": null});
    assert_eq!(waiting(&probes), [right]);

    // The next run begins with no accounts of the last one.
    hook(&begin);
    hook(&account("cust1", "1", "100"));
    hook(&account("cust2", "2", "101"));
    hook(&account("cust3", "3", "102"));
    hook(&account("cust4", "4", "103"));
    hook(&end("101"));
    let report = waiting(&probes).remove(0);
    assert_eq!(report["status"], json!("partial"));
    assert_eq!(
        [&report["accounts_total"], &report["accounts_failed"]],
        [&json!(4), &json!(3)]
    );
    assert_eq!(
        report["message"],
        json!("cust2 partially completed, cust3 failed, cust4 aborted")
    );

    hook(&end("102"));
    assert_eq!(waiting(&probes).remove(0)["status"], json!("failed"));
    hook(&end("103")[1..]);
    assert_eq!(waiting(&probes).remove(0)["message"], json!("aborted"));

    // Without a status of its own, a job is what its accounts are; without those, nothing is told.
    hook(&account("cust1", "3", "102"));
    hook(&end("none"));
    assert_eq!(waiting(&probes).remove(0)["status"], json!("failed"));
    for arguments in [
        &end("none")[..],
        &["job", JOB],
        &["account", "../../x", "a", "b", "1"],
        &["account", JOB, "a", "b", "9"],
        &[],
    ] {
        assert_ne!(hook(arguments), "", "{arguments:?}");
        assert!(waiting(&probes).is_empty(), "{arguments:?}");
    }
}

/// Root hands the report over; what lies in the spool is the agent's, and root follows no link there.
#[test]
fn roots_report_becomes_the_agents() {
    let probes = Probes::new();
    let steps = on_private_host(
        &probes,
        r#"
cd /root
/opt/hostseba-noc/agent-hosting.sh report-backup jetbackup Daily-Local failed 'Disk full'
step owner; stat -c '%U:%G %a' /var/log/hostseba-noc/spool/*.report
step content; cat /var/log/hostseba-noc/spool/*.report
# The agent's user puts links where root might write.
rm /var/log/hostseba-noc/spool/*; chmod 0700 /var/log/hostseba-noc/spool
mkdir "$WORK/roots"; chmod 0700 "$WORK/roots"
as_agent_user bash -c 'rm -rf /var/log/hostseba-noc/spool; ln -s "$WORK/roots" /var/log/hostseba-noc/spool'
step link; /opt/hostseba-noc/agent-hosting.sh report-backup jetbackup Daily-Local ok 2>&1 || echo "refused: $?"
step roots; ls "$WORK/roots"
userdel hostseba-noc
step gone; /opt/hostseba-noc/agent-hosting.sh report-backup jetbackup Daily-Local ok 2>&1 || echo "refused: $?"
"#,
    );
    assert_eq!(said(&steps, "owner"), "hostseba-noc:hostseba-noc 600");
    assert_eq!(
        read_report(said(&steps, "content"))["message"],
        json!("Disk full")
    );
    assert!(said(&steps, "link").contains("refused: 1"));
    assert_eq!(said(&steps, "roots"), "");
    assert!(said(&steps, "gone").contains("the agent is not installed"));
}
