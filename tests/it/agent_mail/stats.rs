//! Sent mail, hour by hour, from logs that were written for this, under every awk there is.

use noc_tests::{AgentScripts, awks};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::fs::{OpenOptions, write};
use std::io::Write;
use std::path::Path;

const TEN: i64 = 1_772_445_600; // 2026-03-02 10:00 UTC

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/agent")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The agent on a host with that mail server and this log; the clock stands at half past twelve.
pub(super) fn host(mta: &str, log: &str) -> AgentScripts {
    let mut scripts = AgentScripts::new();
    let path = scripts.program("mta", "exit 1");
    write(scripts.path("log/mail"), log).unwrap();
    write(
        scripts.path("domains"),
        "*: nobody\nshop.example: shop\nCafe.example: cafe\n",
    )
    .unwrap();
    write(
        scripts.path("passwd"),
        "list:x:38:38::/:/bin/sh\nshop:x:4711:1::/home/shop:/bin/sh\n",
    )
    .unwrap();
    let (program, variable) = if mta == "exim" {
        ("EXIM", "EXIM_LOGS")
    } else {
        ("POSTQUEUE", "POSTFIX_LOGS")
    };
    let at = |name: &str| scripts.path(name).display().to_string();
    let settings = format!(
        "{program}_PROGRAMS={} {variable}={} ACCOUNT_FILES={} PASSWD={}",
        path.display(),
        at("log/mail"),
        at("domains"),
        at("passwd")
    );
    scripts.set(&settings);
    scripts.set_clock(TEN + 9_000);
    scripts
}

fn domain(name: &str, [messages, recipients, deferred, bounced]: [i64; 4]) -> Value {
    json!({"domain": name, "messages": messages, "recipients": recipients, "deferred": deferred, "bounced": bounced})
}

fn login(
    name: &str,
    account: Value,
    [messages, recipients, failures, auth]: [i64; 4],
    ips: &[&str],
    domains: &[&str],
) -> Value {
    json!({"login": name, "account": account, "messages": messages, "recipients": recipients, "failures": failures,
        "auth_failures": auth, "ips": ips, "countries": null, "domains": domains})
}

fn script(path: &str, account: Value, messages: i64, recipients: i64) -> Value {
    json!({"path": path, "account": account, "messages": messages, "recipients": recipients})
}

fn hour(at: &str, complete: bool, domains: &[Value], logins: &[Value], scripts: &[Value]) -> Value {
    json!({"hour": at, "complete": complete, "domains": domains, "logins": logins, "scripts": scripts, "addresses": []})
}

/// Read in one go after the hours are over; at first sight of a log that would tell of the running hour alone, so a
/// place before the first line is given.
pub(super) fn after(scripts: &AgentScripts) -> Vec<Value> {
    scripts.act(
        "log=$EXIM_LOGS$POSTFIX_LOGS; mv $log whole; : >$log; EMAIL_BYTES=1 probe_email_stats",
    );
    scripts.commit("email-stats");
    scripts.act(&format!(
        "cat whole >>$EXIM_LOGS$POSTFIX_LOGS; sed -i 's/^done.*/done\\t{}/; s/^from.*/from\\t0/' $OFFSETS/email-stats",
        TEN - 3_600
    ));
    scripts.report("email-stats")
}

#[test]
fn exim_hours_are_told_recipient_by_recipient() {
    let expected = [
        hour("2026-03-02T09:00:00Z", true, &[], &[], &[]),
        hour(
            "2026-03-02T10:00:00Z",
            true,
            &[
                domain("shop.example", [3, 5, 2, 0]),
                domain("host.example", [2, 3, 0, 0]),
                domain("xn--d5b6ci4b4b3a.xn--54b7fta0cc", [1, 2, 0, 0]),
                domain("cafe.example", [1, 1, 0, 0]),
            ],
            &[
                login(
                    "amy@shop.example",
                    json!("shop"),
                    [3, 6, 2, 1],
                    &["203.0.113.9", "::1"],
                    &["shop.example", "xn--d5b6ci4b4b3a.xn--54b7fta0cc"],
                ),
                login(
                    "bob@shop.example",
                    json!("shop"),
                    [1, 1, 0, 0],
                    &["2001:db8::9"],
                    &["shop.example"],
                ),
            ],
            &[
                script("/home/shop/public_html/wp", json!("shop"), 1, 2),
                script("/home2/cafe/www/x y", json!("cafe"), 1, 1),
                script("user:root", Value::Null, 1, 1),
            ],
        ),
        hour(
            "2026-03-02T11:00:00Z",
            true,
            &[
                domain("host.example", [1, 1, 0, 0]),
                domain("shop.example", [0, 0, 0, 1]),
            ],
            &[],
            &[script("user:shop", json!("shop"), 1, 1)],
        ),
        hour("2026-03-02T12:00:00Z", false, &[], &[], &[]),
    ];
    for awk in awks() {
        let mut scripts = host("exim", &fixture("exim_mainlog"));
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        for (report, expected) in reports.iter().zip(&expected) {
            assert_eq!(report, expected, "{}", awk.name);
        }
        assert_eq!(reports.len(), expected.len());
    }
}

#[test]
fn postfix_hours_are_told_recipient_by_recipient() {
    let expected = [
        hour("2026-03-02T09:00:00Z", true, &[], &[], &[]),
        hour(
            "2026-03-02T10:00:00Z",
            true,
            &[
                domain("mx.example", [1, 2, 0, 0]),
                domain("shop.example", [1, 2, 1, 1]),
            ],
            &[login(
                "sales@shop.example",
                json!("shop"),
                [1, 2, 2, 1],
                &["2001:db8::7"],
                &["shop.example"],
            )],
            &[script("user:shop", json!("shop"), 1, 2)],
        ),
        // Given up: the recipient that was put off.
        hour(
            "2026-03-02T11:00:00Z",
            true,
            &[domain("shop.example", [0, 0, 0, 1])],
            &[login(
                "sales@shop.example",
                json!("shop"),
                [0, 0, 1, 0],
                &[],
                &[],
            )],
            &[],
        ),
        hour("2026-03-02T12:00:00Z", false, &[], &[], &[]),
    ];
    for awk in awks() {
        let mut scripts = host("postfix", &fixture("maillog"));
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        for (report, expected) in reports.iter().zip(&expected) {
            assert_eq!(report, expected, "{}", awk.name);
        }
        assert_eq!(reports.len(), expected.len());
    }
}

/// Lines of exim: a message with so many recipients at a second of the day.
pub(super) fn sent(second: i64, id: i64, sender: &str, recipients: usize) -> String {
    let to: Vec<String> = (0..recipients)
        .map(|n| format!("r{n}@far.example"))
        .collect();
    format!(
        "2026-03-02 {:02}:{:02}:{:02} 1{id:05}-000001-AA <= {sender} H=(x) [203.0.113.9]:1 P=esmtpa A=login:{sender} S=5 T=\"x\" for {}\n",
        second / 3_600,
        second / 60 % 60,
        second % 60,
        to.join(" ")
    )
}

/// Readings at any time, of which some never arrive: the complete hours say what one reading after them says.
#[test]
fn nothing_counts_twice_when_a_reading_is_lost() {
    let number = |name: &str| Some(std::env::var_os(name)?.to_str()?.parse::<u64>().unwrap());
    let seed = number("NOC_SEED").unwrap_or_else(rand::random);
    println!("NOC_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut lines = vec![(
        8 * 3_600,
        "2026-03-02 08:00:00 Start queue run: pid=1\n".to_owned(),
    )];
    for id in 0..300 {
        let second = 9 * 3_600 + id * 36 + random.random_range(0..30);
        let sender = format!("a@d{}.example", random.random_range(0..9));
        let mut line = sent(second, id, &sender, random.random_range(1..4));
        if id % 3 == 0 {
            line += &line
                .replace(" <= ", " == ")
                .replace(" H=", " R=x T=remote_smtp defer (-44) H=");
        }
        if id % 2 == 0 {
            line += &line.replace(" <= ", " Completed ");
        }
        lines.push((second, line));
    }
    lines.sort_by_key(|(second, _)| *second);
    let whole: String = lines.iter().map(|(_, line)| line.as_str()).collect();
    let complete = |reports: Vec<Value>| {
        reports
            .into_iter()
            .filter(|report| report["complete"] == true)
            .collect::<Vec<_>>()
    };
    let mut once = host("exim", &whole);
    once.set_clock(TEN + 3 * 3_600);
    let expected: Vec<Value> = complete(after(&once))
        .into_iter()
        .filter(|report| report["domains"] != json!([]))
        .collect();
    assert_eq!(expected.len(), 3, "{expected:?}");

    let mut scripts = host("exim", "");
    scripts.set_clock(TEN - 2 * 3_600);
    drop(scripts.report("email-stats"));
    scripts.commit("email-stats");
    let mut log = OpenOptions::new()
        .append(true)
        .open(scripts.path("log/mail"))
        .unwrap();
    let mut told = Vec::new();
    let mut written = 0;
    for minute in (1..=5 * 60).step_by(7) {
        let second = 8 * 3_600 + minute * 60;
        while lines.get(written).is_some_and(|(at, _)| *at <= second) {
            log.write_all(lines[written].1.as_bytes()).unwrap();
            written += 1;
        }
        scripts.set_clock(TEN - 10 * 3_600 + second);
        let reports = scripts.report("email-stats");
        if random.random_bool(0.7) || minute > 290 {
            scripts.commit("email-stats");
            told.extend(complete(reports));
        }
    }
    let told: Vec<Value> = told
        .into_iter()
        .filter(|report| report["domains"] != json!([]))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn the_running_hour_names_who_sends_much_and_grows() {
    let mut scripts = host("exim", "2026-03-02 11:00:00 Start queue run: pid=1\n");
    scripts.set_clock(TEN + 2 * 3_600 + 300);
    drop(scripts.report("email-stats"));
    scripts.commit("email-stats");
    let mut log = OpenOptions::new()
        .append(true)
        .open(scripts.path("log/mail"))
        .unwrap();
    let mut report = |lines: String| {
        log.write_all(lines.as_bytes()).unwrap();
        let mut reports = scripts.report("email-stats");
        scripts.commit("email-stats");
        assert_eq!(reports.len(), 1);
        reports.remove(0)
    };
    let first = report(
        sent(12 * 3_600 + 60, 1, "a@shop.example", 49)
            + &sent(12 * 3_600 + 60, 2, "b@cafe.example", 2),
    );
    assert_eq!(first, hour("2026-03-02T12:00:00Z", false, &[], &[], &[]));
    let second = report(sent(12 * 3_600 + 70, 3, "a@shop.example", 1));
    let a = login(
        "a@shop.example",
        json!("shop"),
        [2, 50, 0, 0],
        &["203.0.113.9"],
        &["shop.example"],
    );
    assert_eq!(
        second,
        hour(
            "2026-03-02T12:00:00Z",
            false,
            &[domain("shop.example", [2, 50, 0, 0])],
            &[a],
            &[]
        )
    );
}

#[test]
fn lists_end_at_a_thousand_entries_and_the_rest_is_one() {
    let lines: String = (0..1_500)
        .map(|n| {
            sent(
                10 * 3_600 + 1,
                n,
                &format!("a@d{n:04}.example"),
                1 + usize::from(n % 3 == 0),
            )
        })
        .collect();
    for awk in awks() {
        let mut scripts = host(
            "exim",
            &format!("2026-03-02 09:00:00 Start queue run: pid=1\n{lines}"),
        );
        scripts.use_awk(&awk);
        let reports = after(&scripts);
        let report = reports
            .iter()
            .find(|report| report["hour"] == "2026-03-02T10:00:00Z")
            .unwrap();
        for (list, name) in [("domains", "domain"), ("logins", "login")] {
            let entries = report[list].as_array().unwrap();
            assert_eq!(entries.len(), 1_001);
            let sum: i64 = entries
                .iter()
                .map(|entry| entry["recipients"].as_i64().unwrap())
                .sum();
            assert_eq!(sum, 2_000);
            assert!(entries[..500].iter().all(|entry| entry["recipients"] == 2));
            assert_eq!(entries[1_000][name], "*");
            assert_eq!(entries[1_000]["recipients"], 500);
        }
        assert!(report.to_string().len() < 512 * 1024);
    }
}

/// Central European clocks go back at 01:00 UTC on 25 October 2026: 02:00 to 03:00 comes twice.
#[test]
fn the_hour_that_comes_twice_is_two_hours() {
    let at = |time: &str, id: i64| {
        sent(0, id, "a@shop.example", 1)
            .replace("2026-03-02 00:00:00", &format!("2026-10-25 {time}"))
    };
    let log = [
        at("01:30:00", 1),
        at("02:10:00", 2),
        at("02:50:00", 3),
        at("02:10:00", 4),
        at("02:50:00", 5),
        at("02:55:00", 6),
        at("03:10:00", 7),
    ];
    for awk in awks() {
        let mut scripts = host("exim", &log.concat());
        scripts.use_awk(&awk);
        scripts.set("host_date() { TZ=Europe/Berlin date \"$@\"; }");
        let noon = 1_792_929_600;
        scripts.set_clock(noon);
        drop(after(&scripts));
        scripts.act("sed -i 's/^done.*/done\\t1792879200/' $OFFSETS/email-stats");
        let reports = scripts.report("email-stats");
        let sent: Vec<(&str, i64)> = reports
            .iter()
            .filter(|report| report["domains"] != json!([]))
            .map(|report| {
                (
                    report["hour"].as_str().unwrap(),
                    report["domains"][0]["messages"].as_i64().unwrap(),
                )
            })
            .collect();
        let expected = [
            ("2026-10-24T23:00:00Z", 1),
            ("2026-10-25T00:00:00Z", 2),
            ("2026-10-25T01:00:00Z", 3),
            ("2026-10-25T02:00:00Z", 1),
        ];
        assert_eq!(sent, expected, "{}", awk.name);
    }
}

/// What version 0.2.0 left behind is read on: an upgrade loses no hour.
#[test]
fn the_state_of_the_version_before_is_read() {
    let scripts = host("exim", "2026-03-02 12:00:00 Start queue run: pid=1\n");
    drop(scripts.report("email-stats"));
    scripts.commit("email-stats");
    let hour = TEN + 7_200;
    scripts.act(&format!(
        "cat >>$OFFSETS/email-stats <<'S'\nD\t{hour}\tshop.example\t2\t60\t1\t0\nL\t{hour}\ta@shop.example\t2\t60\t1\t7\n\
         LI\t{hour}\ta@shop.example\t203.0.113.9\nLD\t{hour}\ta@shop.example\tshop.example\n\
         M\t1wAAA1-000001-AA\t{hour}\tshop.example\ta@shop.example\t\t30\t1\nA\t1wAAA1-000001-AA\tfr1@far.example\nS"
    ));
    let mut log = OpenOptions::new()
        .append(true)
        .open(scripts.path("log/mail"))
        .unwrap();
    for to in ["r1", "r2"] {
        let line = format!(
            "2026-03-02 12:10:00 1wAAA1-000001-AA == {to}@far.example R=x T=remote_smtp defer (-44) H=x: 451\n"
        );
        log.write_all(line.as_bytes()).unwrap();
    }
    let report = scripts.report("email-stats").remove(0);
    assert_eq!(
        report["domains"],
        json!([domain("shop.example", [2, 60, 2, 0])])
    );
    let a = login(
        "a@shop.example",
        json!("shop"),
        [2, 60, 2, 7],
        &["203.0.113.9"],
        &["shop.example"],
    );
    assert_eq!(report["logins"], json!([a]));
}

/// What was not read from its beginning is never told as whole.
#[test]
fn an_hour_that_began_unseen_is_not_complete() {
    // Seen for the first time at half past twelve, in a log that begins at ten past.
    let mut scripts = host("exim", &sent(12 * 3_600 + 600, 1, "a@shop.example", 60));
    let first = scripts.report("email-stats");
    scripts.commit("email-stats");
    assert_eq!(first[0]["domains"][0]["recipients"], 60, "{first:?}");
    scripts.set_clock(TEN + 4 * 3_600 + 300);
    let hours = |reports: &[Value]| -> Vec<String> {
        let complete = reports.iter().filter(|report| report["complete"] == true);
        complete
            .map(|report| report["hour"].as_str().unwrap().to_owned())
            .collect()
    };
    let later = scripts.report("email-stats");
    scripts.commit("email-stats");
    assert_eq!(hours(&later), ["2026-03-02T13:00:00Z"]);
    // Lines are lost: the log is another one, and nothing is left of the old.
    write(
        scripts.path("log/mail"),
        sent(14 * 3_600 + 1_800, 2, "a@shop.example", 3),
    )
    .unwrap();
    scripts.set_clock(TEN + 6 * 3_600 + 300);
    let told = scripts.report("email-stats");
    assert!(scripts.said().contains("are lost"), "{}", scripts.said());
    assert_eq!(hours(&told), ["2026-03-02T15:00:00Z"]);
}

#[test]
fn a_log_that_may_not_be_read_names_the_grant() {
    let mut scripts = host("exim", "x\n");
    scripts.act("chmod 0600 $EXIM_LOGS; chmod -R go+rwX \"$STATE\"");
    scripts.set_within(&["setpriv", "--reuid", "nobody", "--clear-groups"]);
    let report = scripts.report("email-stats");
    let grant = format!(
        "setfacl -m u:hostseba-noc:r {}",
        scripts.path("log/mail").display()
    );
    assert_eq!(
        report,
        [json!({"kind_error": "no_permission", "hint": grant})]
    );
    let doctor = scripts.run("doctor_email_stats");
    assert!(doctor.starts_with("MISS  email-stats"), "{doctor}");
    assert!(doctor.contains(&format!("as root: {grant}\n")), "{doctor}");
}
