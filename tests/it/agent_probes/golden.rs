//! Formats, old and new, as programs have written them, and what each awk makes of them.

use super::{AWKS, Probes, accepted, error_of, expected, fixtures};
use noc_pipeline::payload::Kind;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

/// Recorded cases of a probe: folders with a `.json` of the same name beside them.
fn cases(probe: &str) -> Vec<String> {
    let mut cases: Vec<String> = fs::read_dir(fixtures().join(probe))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| format!("{probe}/{}", entry.file_name().to_str().unwrap()))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn touch(path: &Path, when: &str) {
    let done = Command::new("touch").arg("-d").arg(when).arg(path).status();
    assert!(done.unwrap().success());
}

/// A client that answers what was recorded of a server, whatever it is asked about replication by its own words.
const CLIENT: &str = r#"#!/bin/bash
[[ " $* " != *secret* ]] || exit 99
[[ ! -e $RECORDED/err ]] || cat "$RECORDED/err" >&2
case $(cat) in
  *'SHOW ALL SLAVES'*) cat "$RECORDED/mariadb" ;;
  *'SHOW REPLICA'*) cat "$RECORDED/replica" ;;
  *'SHOW SLAVE'*) cat "$RECORDED/slave" ;;
  *) cat "$RECORDED/common" ;;
esac
"#;

#[test]
fn mysql_of_every_age() {
    for case in cases("mysql") {
        for awk in AWKS {
            let mut probes = Probes::new();
            probes.awk(awk);
            probes.program("mariadb", CLIENT);
            probes.write("my.cnf", "[client]\nuser=monitor_ro\npassword=secret\n");
            probes.set("NOC_AGENT_MYSQL_CNF", probes.text("my.cnf"));
            probes.set("RECORDED", fixtures().join(&case).to_str().unwrap());
            // Once by finding out how the server is asked, once knowing it.
            for round in ["first", "second"] {
                let report = probes.probe("mysql");
                assert_eq!(report, expected(&case), "{case}, {awk}, {round}");
                accepted(Kind::Mysql, &report);
            }
        }
    }
}

#[test]
fn litespeed_of_every_edition() {
    for case in cases("litespeed") {
        for awk in AWKS {
            let mut probes = Probes::new();
            probes.awk(awk);
            probes.lay_out(&case);
            for folder in ["tmp/lshttpd", "dev/shm/ols/status"] {
                for entry in fs::read_dir(probes.path("host").join(folder))
                    .into_iter()
                    .flatten()
                {
                    touch(&entry.unwrap().path(), "7 seconds ago");
                }
            }
            let mut report = probes.probe("litespeed");
            accepted(Kind::Litespeed, &report);
            let age = report["report_age_s"].as_u64().expect("an age");
            assert!((7..30).contains(&age), "{age}");
            report["report_age_s"] = json!(7);
            assert_eq!(report, expected(&case), "{case}, {awk}");
        }
    }
}

/// Who may write where a report lies may invent one.
#[test]
fn litespeed_believes_no_stranger() {
    let mut probes = Probes::new();
    probes.lay_out("litespeed/workers");
    probes.write("host/usr/local/lsws/bin/lshttpd", "");
    let folder = probes.path("host/tmp/lshttpd");
    let (first, second) = (folder.join(".rtreport"), folder.join(".rtreport.2"));
    for file in [&first, &second] {
        touch(file, "now");
    }
    let vhosts = |probes: &Probes| probes.probe("litespeed")["vhosts"].clone();
    assert_eq!(vhosts(&probes), json!(3));

    // A customer's file, a link, a pipe, and a worker that is gone are left out.
    chown(&second, Some(1_001), None).unwrap();
    assert_eq!(vhosts(&probes), json!(2));
    fs::remove_file(&second).unwrap();
    symlink(&first, &second).unwrap();
    assert_eq!(probes.probe("litespeed")["connections"], json!(98));
    fs::remove_file(&second).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&second)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(vhosts(&probes), json!(2));
    fs::remove_file(&second).unwrap();
    fs::copy(&first, &second).unwrap();
    touch(&second, "2 minutes ago");
    assert_eq!(probes.probe("litespeed")["connections"], json!(98));

    // All of it is old: a stopped server, and what it said last.
    touch(&first, "90 seconds ago");
    let report = probes.probe("litespeed");
    assert!(report["report_age_s"].as_u64().unwrap() >= 119, "{report}");

    // Torn for ever, then as it should be while the probe waits.
    let whole = fs::read_to_string(&first).unwrap();
    fs::remove_file(&second).unwrap();
    fs::write(&first, whole.trim_end().trim_end_matches("EOF")).unwrap();
    assert_eq!(error_of(&probes.probe("litespeed")), "collector_error");
    fs::write(&first, &whole).unwrap();
    assert_eq!(vhosts(&probes), json!(2));

    // The folder is a customer's: nothing in it counts.
    chown(&folder, Some(1_001), None).unwrap();
    assert_eq!(error_of(&probes.probe("litespeed")), "collector_error");
    chown(&folder, Some(0), None).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(error_of(&probes.probe("litespeed")), "collector_error");
    assert!(probes.doctor("litespeed").starts_with("MISS"));

    fs::remove_dir_all(probes.path("host")).unwrap();
    assert_eq!(error_of(&probes.probe("litespeed")), "not_installed");
    assert!(probes.doctor("litespeed").starts_with('-'));
}

#[test]
fn cpanel_in_every_state() {
    for case in cases("cpanel") {
        for awk in AWKS {
            let mut probes = Probes::new();
            probes.awk(awk);
            probes.lay_out(&case);
            let report = probes.probe("cpanel");
            assert_eq!(report, expected(&case), "{case}, {awk}");
            accepted(Kind::Cpanel, &report);
        }
    }
}

/// The link that tells the kind of licence counts while it is not older than the licence.
#[test]
fn cpanel_licence_by_its_state() {
    let mut probes = Probes::new();
    probes.lay_out("cpanel/full");
    let folder = probes.path("host/var/cpanel/license_state");
    let lisc = probes.path("host/usr/local/cpanel/cpanel.lisc");
    fs::create_dir(&folder).unwrap();
    touch(&lisc, "1 hour ago");
    let states = [
        ("1", "trial"),
        ("2", "trial"),
        ("4", "active"),
        ("8", "expired"),
        ("16", "inactive"),
        ("32", "active"),
        ("256", "unknown"),
        ("0", "missing"),
    ];
    for (state, status) in states {
        drop(fs::remove_file(folder.join("state")));
        symlink(state, folder.join("state")).unwrap();
        assert_eq!(
            probes.probe("cpanel")["license_status"],
            json!(status),
            "state {state}"
        );
    }
    touch(&lisc, "1 hour");
    assert_eq!(
        probes.probe("cpanel")["license_status"],
        json!("active"),
        "of an older licence"
    );
    fs::write(&lisc, "license_expire_time: 1700000000\n").unwrap();
    let report = probes.probe("cpanel");
    let licence = [&report["license_status"], &report["license_expires_on"]];
    assert_eq!(licence, [&json!("expired"), &json!("2023-11-14")]);
    fs::write(probes.path("host/var/cpanel/expired"), "").unwrap();
    assert_eq!(probes.probe("cpanel")["license_status"], json!("expired"));
}

#[test]
fn crontabs_of_both_crons() {
    for case in cases("crons") {
        for awk in AWKS {
            let mut probes = Probes::new();
            probes.awk(awk);
            probes.lay_out(&case);
            let report = probes.probe("crons");
            assert_eq!(report, expected(&case), "{case}, {awk}");
            accepted(Kind::Crons, &report);
            // The log was rotated away: what it told stays known.
            drop(fs::remove_dir_all(probes.path("host/var/log")));
            assert_eq!(probes.probe("crons"), report, "{case}, {awk}, again");
        }
    }
}

/// Lines "what may leave" TAB "what stands in the table".
#[test]
fn secrets_are_taken_out_of_commands() {
    let table = fs::read_to_string(fixtures().join("redact.tsv")).unwrap();
    let pairs: Vec<(&str, &str)> = table
        .lines()
        .map(|line| line.split_once('\t').expect("a tab"))
        .collect();
    assert!(pairs.len() > 30);
    let mut crontab = String::new();
    for (_, command) in &pairs {
        crontab.push_str(&format!("* * * * * root {command}\n"));
    }
    for awk in AWKS {
        let mut probes = Probes::new();
        probes.awk(awk);
        probes.write("host/etc/crontab", &crontab);
        probes.set("NOC_AGENT_HOST_ROOT", probes.text("host"));
        let report = probes.probe("crons");
        let entries = report["entries"].as_array().unwrap();
        assert_eq!(entries.len(), pairs.len());
        for (entry, (safe, command)) in entries.iter().zip(&pairs) {
            assert_eq!(entry["command"], Value::from(*safe), "{awk}: {command}");
        }
        let state = fs::read_to_string(probes.path("state/offsets/crons")).unwrap();
        for secret in ["hunter2", "S3cret", "geheim"] {
            assert!(!state.contains(secret), "{awk}: {secret} stays on disk");
        }
    }
}

/// As many jobs as a payload can hold, and bytes that are no text.
#[test]
fn crontabs_beyond_all_bounds_fit_a_payload() {
    let mut probes = Probes::new();
    let mut crontab = b"0 5 * * * root echo \xc3\xa9 \xff \"x\\y\"\n".to_vec();
    for n in 0..6_000 {
        crontab.extend(
            format!("{} * * * * root /srv/job-{n} {}\n", n % 60, "x".repeat(700)).into_bytes(),
        );
    }
    fs::create_dir_all(probes.path("host/etc")).unwrap();
    fs::write(probes.path("host/etc/crontab"), crontab).unwrap();
    probes.set("NOC_AGENT_HOST_ROOT", probes.text("host"));
    for awk in AWKS {
        probes.awk(awk);
        let report = probes.probe("crons");
        assert!(report.to_string().len() < 512 * 1024 - 512, "{awk}");
        let entries = report["entries"].as_array().unwrap();
        assert!(entries.len() > 3_000, "{awk}: {}", entries.len());
        assert_eq!(entries[0]["command"], json!("echo é ? \"x\\y\""));
        accepted(Kind::Crons, &report);
    }
}
