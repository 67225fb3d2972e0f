//! Events of lfd, ModSecurity and fail2ban, from logs that were written for this, under every awk there is.

use noc_tests::{AgentScripts, Awk, awks};
use serde_json::{Value, json};
use std::fs::{OpenOptions, write};
use std::io::Write;
use std::path::Path;

const NOW: i64 = 1_772_449_200; // 2026-03-02 11:00 UTC

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/agent")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The agent on a host whose product of that name has an empty log.
fn host(product: &str, awk: Option<&Awk>) -> AgentScripts {
    let mut scripts = AgentScripts::new();
    if let Some(awk) = awk {
        scripts.use_awk(awk);
    }
    scripts.set_clock(NOW);
    write(scripts.path("log/x"), "").unwrap();
    let log = scripts.path("log/x").display().to_string();
    scripts.set(&match product {
        "lfd" => format!("LFD_LOG={log}"),
        "fail2ban" => format!("FAIL2BAN_LOG={log}"),
        "audit" => format!("AUDIT_LOGS={log}"),
        _ => format!("MODSEC_SIGNS={log} MODSEC_LOGS={log}"),
    });
    assert_eq!(scripts.report("firewall"), [json!({"events": []})]);
    scripts.commit("firewall");
    scripts
}

fn add(scripts: &AgentScripts, text: &str) {
    let mut log = OpenOptions::new()
        .append(true)
        .open(scripts.path("log/x"))
        .unwrap();
    log.write_all(text.as_bytes()).unwrap();
}

fn events(scripts: &AgentScripts) -> Vec<Value> {
    let reports = scripts.report("firewall");
    scripts.commit("firewall");
    reports
        .iter()
        .flat_map(|report| report["events"].as_array().unwrap().clone())
        .collect()
}

/// Time, source, action, address, ports, country, user of each.
fn brief(events: &[Value]) -> Vec<String> {
    let word = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let line = |event: &Value| {
        ["at", "source", "action", "ip", "ports", "country", "user"]
            .map(|name| word(&event[name]))
            .join(" ")
    };
    events.iter().map(line).collect()
}

#[test]
fn blocks_of_lfd_are_told_by_what_ends_their_line() {
    let expected = "2026-02-28T03:04:05Z lfd brute_force 203.0.113.7 [] CN null
2026-02-28T03:04:05Z csf block 203.0.113.7 [] CN null
2026-03-02T10:04:06Z lfd brute_force 198.51.100.20 [] KR null
2026-03-02T10:04:06Z csf temp_block 198.51.100.20 [] KR null
2026-03-02T10:04:07Z lfd brute_force 2001:db8:0:1::bad [993,143] BD null
2026-03-02T10:04:07Z csf block 2001:db8:0:1::bad [993,143] BD null
2026-03-02T10:04:08Z lfd mod_security 192.0.2.77 [] BO null
2026-03-02T10:04:08Z csf temp_block 192.0.2.77 [] BO null
2026-03-02T10:04:09Z lfd port_scan 192.0.2.99 [] US null
2026-03-02T10:04:09Z csf temp_block 192.0.2.99 [] US null
2026-03-02T10:04:10Z csf temp_block 198.51.100.0/24 [] null null
2026-03-02T10:04:11Z csf block 203.0.113.8 [] RU null
2026-03-02T10:04:13Z lfd brute_force 203.0.113.9 [] null sales@shop.example
2026-03-02T10:04:13Z csf block 203.0.113.9 [] null sales@shop.example
2026-03-02T10:04:14Z csf temp_block 203.0.113.10 [] null info@shop.example
2026-03-02T10:04:15Z csf unblock 198.51.100.20 [] null null
2026-03-02T10:04:16Z csf unblock 198.51.100.21 [25] null null
2026-03-02T10:04:19Z lfd scanner 203.0.113.11 [] DE null
2026-03-02T10:04:19Z csf temp_block 203.0.113.11 [] DE null
2026-03-02T10:04:20Z lfd brute_force 203.0.113.12 [] FR null
2026-03-02T10:04:20Z csf temp_block 203.0.113.12 [] FR null
2026-03-02T10:04:22Z csf block 203.0.113.77 [] null null
2025-12-31T23:59:59Z csf temp_block 203.0.113.3 [] PK null";
    for awk in awks() {
        let scripts = host("lfd", Some(&awk));
        add(&scripts, &fixture("lfd.log"));
        let events = events(&scripts);
        assert_eq!(brief(&events).join("\n"), expected, "{}", awk.name);
        assert_eq!(
            events[3]["reason"],
            "(smtpauth) Failed SMTP AUTH login from 198.51.100.20 (KR/South Korea/host-20.isp.example): 5 in the last 3600 secs - for 3600 secs [LF_SMTPAUTH]"
        );
        assert_eq!(
            events[0]["reason"],
            "(sshd) Failed SSH login from 203.0.113.7 (CN/China/-): 5 in the last 3600 secs"
        );
    }
}

#[test]
fn refused_requests_are_told_once_each() {
    let expected = "2026-03-02T10:00:01Z modsecurity mod_security 203.0.113.5 [] null null
2026-03-02T10:00:02Z modsecurity mod_security 2001:db8::7 [] null null
2026-03-02T10:00:04Z modsecurity mod_security 192.0.2.77 [] null null
2026-03-02T10:00:05Z modsecurity mod_security 192.0.2.78 [] null null
2026-03-02T10:00:06Z modsecurity mod_security 203.0.113.5 [] null null
2026-03-02T10:00:07Z modsecurity mod_security 203.0.113.6 [] null null";
    for awk in awks() {
        let scripts = host("modsec", Some(&awk));
        add(&scripts, &fixture("error_log"));
        let events = events(&scripts);
        assert_eq!(brief(&events).join("\n"), expected, "{}", awk.name);
        assert_eq!(
            events[0]["reason"],
            "949110 Inbound Anomaly Score Exceeded (Total Score: 8) at shop.example/wp-login.php"
        );
        assert_eq!(
            events[1]["reason"],
            "941100 XSS \\x22] [hostname \\x22evil\\x22 at shop.example/a\\x22 [client 8.8.8.8]"
        );
    }
}

/// Without an error log that may be read, the audit log is; wherever a reading ends, a request is told once.
#[test]
fn the_audit_log_is_read_request_by_request() {
    let text = fixture("modsec_audit.log");
    let expected = "2026-03-02T10:00:01Z modsecurity mod_security 203.0.113.5 [] null null
2026-03-02T10:00:03Z modsecurity mod_security 2001:db8::7 [] null null";
    for awk in awks() {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for cut in [0, 5, 14, 25, 30] {
            let scripts = host("audit", Some(&awk));
            add(&scripts, &lines[..cut].concat());
            let mut told = events(&scripts);
            add(&scripts, &lines[cut..].concat());
            told.extend(events(&scripts));
            assert_eq!(brief(&told).join("\n"), expected, "{} {cut}", awk.name);
            assert_eq!(
                told[0]["reason"],
                "949110 Inbound Anomaly Score Exceeded (Total Score: 8) at shop.example/wp-login.php"
            );
            assert_eq!(told[1]["reason"], "access denied at 2001:db8::1/x");
        }
    }
}

#[test]
fn bans_of_fail2ban_are_told_by_jail() {
    let expected = "2026-03-02T10:00:04Z fail2ban login_failure 203.0.113.7 [] null null
2026-03-02T10:00:05Z fail2ban brute_force 203.0.113.7 [] null null
2026-03-02T10:00:05Z fail2ban temp_block 203.0.113.7 [] null null
2026-03-02T10:10:05Z fail2ban unblock 203.0.113.7 [] null null
2026-03-02T10:14:06Z fail2ban scanner 2001:db8::bad [] null null
2026-03-02T10:14:06Z fail2ban temp_block 2001:db8::bad [] null null
2026-03-02T10:14:08Z fail2ban temp_block 203.0.113.9 [] null null";
    for awk in awks() {
        let scripts = host("fail2ban", Some(&awk));
        add(&scripts, &fixture("fail2ban.log"));
        assert_eq!(
            brief(&events(&scripts)).join("\n"),
            expected,
            "{}",
            awk.name
        );
        add(&scripts, "3.10\n");
        let rest = brief(&events(&scripts));
        assert_eq!(
            rest[0], "2026-03-02T10:14:09Z fail2ban brute_force 203.0.113.10 [] null null",
            "{}",
            awk.name
        );
    }
}

/// Whatever bytes an attacker gets into a log, the report is JSON, and says no more than it may.
#[test]
fn attackers_bytes_stay_text() {
    let host_name = [
        &b"\x01\"\\\t\xff\xc3\x28\xed\xa0\x80\xe0\xa6\xac"[..],
        &[b'x'; 70_000],
    ]
    .concat();
    let mut line =
        b"Mar  2 10:04:06 host lfd[2]: (sshd) Failed SSH login from 203.0.113.7 (CN/China/"
            .to_vec();
    line.extend(&host_name);
    line.extend(b"): 5 in the last 3600 secs - *Blocked in csf* [LF_SSHD]\n");
    let short = String::from_utf8_lossy(&line).len();
    assert!(short > 65_536);
    let mut small = line.clone();
    small.drain(120..120 + 69_000);
    for awk in awks() {
        let scripts = host("lfd", Some(&awk));
        let mut log = OpenOptions::new()
            .append(true)
            .open(scripts.path("log/x"))
            .unwrap();
        log.write_all(&line).unwrap();
        log.write_all(&small).unwrap();
        let told = events(&scripts);
        // The first is cut at 64 KiB, and so is no block any more.
        assert_eq!(told.len(), 2, "{}", awk.name);
        let reason = told[1]["reason"].as_str().unwrap();
        assert!(reason.contains(" \"\\ ??(???ব"), "{}: {reason}", awk.name);
        assert!(reason.len() <= 400);
        assert!(scripts.said().contains("over 64 KiB"));
    }
}

#[test]
fn a_flood_is_told_in_parts_and_counted() {
    let scripts = host("lfd", None);
    let line = |n: usize| {
        format!(
            "Mar  2 10:{:02}:{:02} host lfd[2]: (ftpd) Failed FTP login from 203.0.{}.{}: 3 in the last 60 secs - *Blocked in csf* [LF_FTPD]\n",
            n / 60 % 60,
            n % 60,
            n / 250,
            n % 250
        )
    };
    add(&scripts, &(0..3_000).map(line).collect::<String>());
    let reports = scripts.report("firewall");
    let counts: Vec<usize> = reports
        .iter()
        .map(|report| report["events"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [1_000; 3]);
    let omitted: Vec<&Value> = reports.iter().map(|report| &report["omitted"]).collect();
    assert_eq!(omitted[..2], [&Value::Null; 2]);
    assert_eq!(omitted[2], 3_000);
    assert!(
        reports
            .iter()
            .all(|report| report.to_string().len() < 512 * 1024)
    );
    // The newest are told.
    let last = reports[2]["events"][999]["ip"].clone();
    assert_eq!(last, format!("203.0.{}.{}", 2_999 / 250, 2_999 % 250));
}

#[test]
fn logs_that_may_not_be_read_name_their_grants() {
    let mut scripts = AgentScripts::new();
    assert_eq!(scripts.report("firewall")[0]["kind_error"], "not_installed");
    let (lfd, f2b) = (
        scripts.path("log/lfd").display().to_string(),
        scripts.path("log/f2b").display().to_string(),
    );
    write(&lfd, "").unwrap();
    write(&f2b, "").unwrap();
    scripts.set(&format!("LFD_LOG={lfd} FAIL2BAN_LOG={f2b}"));
    scripts.act(&format!(
        "chmod 0600 {lfd}; chgrp adm {f2b}; chmod 0640 {f2b}; chmod -R go+rwX \"$STATE\""
    ));
    scripts.set_within(&["setpriv", "--reuid", "nobody", "--clear-groups"]);
    let grants = [
        format!("setfacl -m u:hostseba-noc:r {lfd}"),
        "usermod -aG adm hostseba-noc".to_owned(),
    ];
    let refused = json!({"kind_error": "no_permission", "hint": grants.join("; ")});
    assert_eq!(scripts.report("firewall"), [refused]);
    let doctor = scripts.run("doctor_firewall");
    for grant in &grants {
        assert!(doctor.contains(&format!("as root: {grant}\n")), "{doctor}");
    }
    // With one of them it reports; the doctor names what is still missing.
    std::fs::set_permissions(&lfd, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(scripts.report("firewall"), [json!({"events": []})]);
    let doctor = scripts.run("doctor_firewall");
    assert!(
        doctor.contains(&format!("ok    firewall     {lfd}\n")),
        "{doctor}"
    );
    assert!(
        doctor.contains("as root: usermod -aG adm hostseba-noc\n"),
        "{doctor}"
    );
}
