//! Listings of mail queues, also those that senders wrote to mislead, under every awk there is.

use noc_tests::{AgentScripts, awks};
use serde_json::{Value, json};

const NOW: i64 = 1_772_445_600; // 2026-03-02 10:00 UTC

/// Reports of `mail-queue` when a program prints this, under every awk.
fn reports(program: &str, prints: &str, otherwise: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for awk in awks() {
        let mut scripts = AgentScripts::new();
        scripts.use_awk(&awk);
        scripts.set_clock(NOW);
        std::fs::write(scripts.path("listing"), prints).unwrap();
        let listing = scripts.path("listing").display().to_string();
        let path = scripts.program("mta", &format!("{otherwise}\nexec cat {listing}"));
        scripts.set(&format!("{program}_PROGRAMS={}", path.display()));
        let report = scripts.report("mail-queue");
        assert_eq!(report.len(), 1, "{}", awk.name);
        println!("{}: {}", awk.name, report[0]);
        all.extend(report);
    }
    all
}

fn expect(program: &str, prints: &str, otherwise: &str, expected: &Value) {
    for report in reports(program, prints, otherwise) {
        assert_eq!(&report, expected, "{prints}");
    }
}

fn queue(mta: &str, numbers: [i64; 4], senders: &[(&str, i64)]) -> Value {
    let [total, frozen, deferred, oldest] = numbers;
    let senders: Vec<Value> = senders
        .iter()
        .map(|(domain, count)| json!({"domain": domain, "count": count}))
        .collect();
    json!({"mta": mta, "total": total, "frozen": frozen, "deferred": deferred, "oldest_age_s": oldest,
        "bounces_1h": null, "top_senders": senders})
}

#[test]
fn exim_messages_are_counted_by_their_first_lines() {
    let listing = r#" 2m   500 1xUttC-0005Rs-1z <sales@Cafe.example>
          grey@far.example
        D given@far.example

16m  3.2M 1rABCD-000000012ab-3cDe <a@shop.example> (www-data)
          x@far.example

26h   18M 1xUttG-0005WE-2h <> *** frozen ***
          nouser@far.example

15m   409 1xUttH-0005WE-2h <b@shop.example> *** frozen ***
          nouser@far.example

 3d       1xUttI-0005WE-2h 

14m  1.2K 1xUttJ-0005WE-2h <"x> *** frozen ***"@shop.example>
          " 2m   500 1xUttC-0005Rs-1z <x@forged.example>"@far.example
 2m   500 1xUttK-0005Rs-1z <x@forged.example>

"#;
    let expected = queue(
        "exim",
        [6, 2, 2, 3 * 86_400],
        &[("shop.example", 3), ("", 2), ("cafe.example", 1)],
    );
    expect("EXIM", listing, "", &expected);
    expect("EXIM", "", "", &queue("exim", [0, 0, 0, 0], &[]));
}

#[test]
fn the_ten_domains_that_wait_most_are_named() {
    let mut listing = String::new();
    for domain in 1..=12 {
        for _ in 0..domain {
            listing += &format!(
                " 0m   500 1xUttC-0005Rs-1z <a@d{domain:02}.example>\n          b@far.example\n\n"
            );
        }
    }
    let names: Vec<String> = (3..=12)
        .rev()
        .map(|domain| format!("d{domain:02}.example"))
        .collect();
    let senders: Vec<(&str, i64)> = names
        .iter()
        .map(String::as_str)
        .zip((3..=12).rev())
        .collect();
    expect(
        "EXIM",
        &listing,
        "",
        &queue("exim", [78, 0, 0, 0], &senders),
    );
}

#[test]
fn a_refusal_is_no_empty_queue() {
    let said = |words: &str, status: i32| format!("echo '{words}' >&2; exit {status}");
    for (program, words, error) in [
        ("EXIM", said("exim: permission denied", 1), "no_permission"),
        (
            "EXIM",
            said("exim: cannot open the configuration", 1),
            "collector_error",
        ),
        ("EXIM", "kill -9 $$".to_owned(), "collector_error"),
        (
            "POSTQUEUE",
            said(
                "postqueue: fatal: User x(9) is not allowed to view the mail queue",
                69,
            ),
            "no_permission",
        ),
        (
            "POSTQUEUE",
            said(
                "postqueue: fatal: Queue report unavailable - mail system is down (Connect to the Postfix showq service: x)",
                69,
            ),
            "collector_error",
        ),
    ] {
        for report in reports(program, "", &words) {
            assert_eq!(report["kind_error"], error, "{words}: {report}");
            assert!(report["hint"].as_str().unwrap().len() > 10, "{report}");
            assert_eq!(report.as_object().unwrap().len(), 2, "{report}");
        }
    }
    let mut scripts = AgentScripts::new();
    assert_eq!(
        scripts.report("mail-queue")[0]["kind_error"],
        "not_installed"
    );
    let path = scripts.program("mta", "exec sleep 60");
    scripts.set(&format!(
        "EXIM_PROGRAMS={}; read_slow() {{ read_queue 1; echo \"$QUEUE_ERROR $QUEUE_HINT\"; }}",
        path.display()
    ));
    let out = scripts.run("find_mta; read_slow");
    assert!(out.starts_with("timeout "), "{out}");
}

#[test]
fn postfix_json_is_read_in_its_order_of_names() {
    let listing = r#"{"queue_name": "deferred", "queue_id": "A1", "arrival_time": 1772445500, "message_size": 415, "forced_expire": false, "sender": "\"quoted, local\"@shop.example", "recipients": [{"address": "x@far.example", "delay_reason": "Connection refused"}]}
{"queue_name": "deferred", "queue_id": "A2", "arrival_time": 1772445000, "message_size": 1, "sender": "a\", \"queue_name\": \"hold\\@shop.example", "recipients": []}
{"queue_name": "active", "queue_id": "A3", "arrival_time": 1772445600, "message_size": 1, "forced_expire": false, "sender": "\"queue_name\": \"hold\", \"arrival_time\": 1, \"sender\": \"x@y.example\"@cafe.example", "recipients": [{"address": "\"sender\": \"x@forged.example\""}]}
{"queue_name": "hold", "queue_id": "A4", "arrival_time": 1772449999, "message_size": 397, "forced_expire": false, "sender": "MAILER-DAEMON", "recipients": []}
{"queue_name": "maildrop", "queue_id": "A5", "arrival_time": 1772445600, "message_size": 397, "forced_expire": false, "sender": "ওয়েব@উদাহরণ.বাংলা", "recipients": []}
"#;
    let expected = queue(
        "postfix",
        [5, 1, 2, 600],
        &[
            ("shop.example", 2),
            ("", 1),
            ("cafe.example", 1),
            ("xn--d5b6ci4b4b3a.xn--54b7fta0cc", 1),
        ],
    );
    expect("POSTQUEUE", listing, "", &expected);
}

#[test]
fn an_old_postfix_is_read_from_its_table() {
    let listing = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
A1B2C3D4E5F     415 Mon Mar  2 09:50:00  \"quoted, local\"@shop.example
                    (connect to 192.0.2.1[192.0.2.1]:25: Connection refused)
                                         x@far.example

4ZxYw1234Kz9Qb7* 52428800 Tue Mar  3 20:00:05  MAILER-DAEMON
                                         postmaster@far.example

3F0CC1234AB!     397 Mon Mar  2 09:59:59  hold@cafe.example
(host mx.far.example[2001:db8::25] said: 452-4.2.2 over quota (see https://x/?a=(b)) (in reply to RCPT TO command))
                                         grey@far.example

3F0CC1234AC      397 Mon Mar  2 09:59:59  new@cafe.example
                                         grey@far.example

-- 51221 Kbytes in 4 Requests.
";
    // A day that is more than one ahead is of last year.
    let last_year = 365 * 86_400 - (86_400 + 10 * 3_600 + 5);
    let expected = queue(
        "postfix",
        [4, 1, 1, last_year],
        &[("cafe.example", 2), ("", 1), ("shop.example", 1)],
    );
    let old = "[[ $1 == -p ]] || { echo 'postqueue: invalid option -- j' >&2; exit 64; }";
    expect("POSTQUEUE", listing, old, &expected);
    expect(
        "POSTQUEUE",
        "Mail queue is empty\n",
        old,
        &queue("postfix", [0, 0, 0, 0], &[]),
    );
}
