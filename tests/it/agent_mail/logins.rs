//! Who failed to log in to send mail and was let in at last, under every awk there is.

use super::stats::{after, host, sent};
use noc_tests::awks;
use serde_json::{Value, json};

/// A wrong password at a second of the day; what stands around the address is the stranger's.
fn refused(second: i64, ip: &str, login: &str) -> String {
    format!(
        "2026-03-02 {:02}:{:02}:{:02} dovecot_login authenticator failed for mx.far.example ([198.51.100.77]) [{ip}]:4711: 535 Incorrect authentication data (set_id={login})\n",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// Who gave wrong passwords and is let in at last: after how many, as whom and when.
#[test]
fn an_address_that_is_let_in_after_failures_is_told() {
    let (bad, phone, stranger) = ("203.0.113.66", "203.0.113.9", "2001:db8::66");
    let mut log = "2026-03-02 09:00:00 Start queue run: pid=1\n".to_owned();
    for n in 0..24 {
        log += &refused(10 * 3_600 + 3_000 + n, bad, &format!("u{n}@shop.example"));
    }
    // Neither a name that looks like an answer, nor a line without one, is another address.
    log += &refused(
        10 * 3_600 + 3_100,
        stranger,
        "x [203.0.113.1]:1: 535 (set_id=y",
    );
    log += &refused(10 * 3_600 + 3_101, stranger, "").replace(" (set_id=)", "");
    for n in 0..4 {
        log += &refused(10 * 3_600 + 3_110 + n, phone, "a@shop.example");
    }
    let from = |ip: &str, line: String| line.replace("203.0.113.9", ip);
    // A customer's phone: too few failures to tell of.
    log += &sent(10 * 3_600 + 3_200, 1, "a@shop.example", 1);
    // In the next hour the other one goes on, and is let in: what it failed before counts.
    log += &refused(11 * 3_600 + 10, bad, "b@shop.example");
    log += &from(bad, sent(11 * 3_600 + 20, 2, "b@shop.example", 2));
    log += &from(bad, sent(11 * 3_600 + 40, 3, "b@shop.example", 2));
    for n in 0..6 {
        log += &refused(11 * 3_600 + 50 + n, stranger, "c@shop.example");
    }
    for awk in awks() {
        let mut scripts = host("exim", &log);
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        let of = |hour: &str| {
            let report = reports.iter().find(|report| report["hour"] == hour);
            report.unwrap_or_else(|| panic!("{}: no {hour}", awk.name))
        };
        let (ten, eleven) = (of("2026-03-02T10:00:00Z"), of("2026-03-02T11:00:00Z"));
        let never = |ip: &str, failures: i64| json!({"ip": ip, "failures": failures, "accepted": 0, "accepted_after": null, "login": null, "at": null});
        assert_eq!(ten["addresses"], json!([never(bad, 24)]), "{}", awk.name);
        assert_eq!(ten["logins"][0]["login"], "a@shop.example");
        assert_eq!(ten["logins"][0]["auth_failures"], 4);
        let let_in = json!({"ip": bad, "failures": 1, "accepted": 2, "accepted_after": 25, "login": "b@shop.example",
            "at": "2026-03-02T11:00:20Z"});
        assert_eq!(
            eleven["addresses"],
            json!([let_in, never(stranger, 6)]),
            "{}",
            awk.name
        );
        assert_eq!(eleven["logins"][0]["auth_failures"], 1);
    }
}

/// Postfix names the address and, since 3.7, the login.
#[test]
fn postfix_names_who_failed_and_who_got_in() {
    let failed = |second: i64| {
        format!(
            "Mar  2 10:20:{second:02} mx postfix/smtps/smtpd[11]: warning: unknown[203.0.113.5]: SASL PLAIN authentication failed: x, sasl_username=sales@shop.example\n"
        )
    };
    let mut log: String = (0..22).map(failed).collect();
    log += "Mar  2 10:21:00 mx postfix/smtps/smtpd[11]: 4ZxY1: client=unknown[203.0.113.5], sasl_method=PLAIN, sasl_username=Sales@shop.example\n";
    log += "Mar  2 10:21:00 mx postfix/qmgr[13]: 4ZxY1: from=<sales@shop.example>, size=4, nrcpt=3 (queue active)\n";
    for awk in awks() {
        let mut scripts = host(
            "postfix",
            &format!("Mar  2 09:00:00 mx postfix/master[1]: daemon started\n{log}"),
        );
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        let report = reports
            .iter()
            .find(|report| report["hour"] == "2026-03-02T10:00:00Z");
        let expected = json!([{"ip": "203.0.113.5", "failures": 22, "accepted": 1, "accepted_after": 22,
            "login": "sales@shop.example", "at": "2026-03-02T10:21:00Z"}]);
        assert_eq!(report.unwrap()["addresses"], expected, "{}", awk.name);
        assert_eq!(report.unwrap()["logins"][0]["auth_failures"], 22);
    }
}

/// Dictionaries of logins and armies of addresses take nobody's place: neither a customer's who sends, nor the one's
/// who goes on trying.
#[test]
fn thousands_of_names_and_addresses_that_fail_hide_nobody() {
    let mut log = "2026-03-02 09:00:00 Start queue run: pid=1\n".to_owned();
    for n in 0..9_000_i64 {
        let second = 10 * 3_600 + n / 3;
        let ip = format!("198.{}.{}.{}", 18 + n / 65_536, n / 256 % 256, n % 256);
        log += &refused(second, &ip, &format!("n{n}@shop.example"));
        if n % 100 == 0 {
            log += &refused(second, "203.0.113.66", "b@shop.example");
        }
    }
    log += &sent(10 * 3_600 + 3_500, 1, "b@shop.example", 60);
    for awk in awks() {
        let mut scripts = host("exim", &log);
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        let report = reports
            .iter()
            .find(|report| report["hour"] == "2026-03-02T10:00:00Z")
            .unwrap();
        let logins: Vec<&Value> = report["logins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|login| &login["login"])
            .collect();
        assert_eq!(logins, ["b@shop.example"], "{}", awk.name);
        let addresses = report["addresses"].as_array().unwrap();
        assert_eq!(addresses.len(), 1, "{}: {addresses:?}", awk.name);
        assert_eq!(addresses[0]["ip"], "203.0.113.66");
        assert_eq!(addresses[0]["failures"], 90, "{}", awk.name);
        let state = std::fs::metadata(scripts.path("state/offsets/email-stats.next")).unwrap();
        assert!(state.len() < 600_000, "{} bytes of state", state.len());
    }
}
