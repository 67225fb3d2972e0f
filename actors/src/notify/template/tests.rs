use super::*;

const OPENED: UnixMs = UnixMs(1_795_300_000_000);

fn templates() -> Templates {
    Templates::new("https://noc.hostseba.com/", chrono_tz::Asia::Dhaka).unwrap()
}

fn incident() -> IncidentView {
    IncidentView {
        id: 42,
        title: "Server down: web-09.hostseba".into(),
        severity: Severity::Critical,
        server_name: "web-09.hostseba".into(),
        detector: "server_down".into(),
        observed: Some("silent for 120 s".into()),
        expected: Some("a report every 60 s".into()),
        command: Some("sudo systemctl restart noc-agent".into()),
        runbook: Some("https://wiki.example/server-down".into()),
        acknowledged: false,
        back: false,
        opened_at: OPENED,
        resolved_at: None,
        withdrawn: false,
        acknowledge_url: None,
    }
}

fn message(kind: Kind, incident: &IncidentView, after_s: i64) -> Message {
    let now = UnixMs(OPENED.0 + after_s * 1000);
    templates()
        .incident(Uuid::from_u128(7), kind, "ops@noc.test", incident, now)
        .unwrap()
}

#[test]
fn problem() {
    let message = message(Kind::Problem, &incident(), 1);
    assert_eq!(
        message.subject,
        "🔴 [critical] Server down: web-09.hostseba"
    );
    insta::assert_snapshot!("problem.txt", message.text);
    insta::assert_snapshot!("problem.html", message.html);
}

#[test]
fn whoever_has_what_was_said_to_be_over_reads_that_it_is_back() {
    let back = IncidentView {
        acknowledged: true,
        back: true,
        ..incident()
    };
    let message = message(Kind::Problem, &back, 1);
    let said = "It is back. You have acknowledged it; nobody else is told.";
    assert_eq!(message.lead, said);
    assert!(message.text.contains(said) && message.html.contains(said));
    let chat = crate::notify::channel::as_plain_chat(&message, 4_000);
    assert!(chat.contains(said), "{chat}");
    let view = BundleView {
        group: None,
        incidents: vec![back.clone(), back],
        held_back: 0,
        acknowledge_url: None,
    };
    let both = templates().bundle(Uuid::from_u128(7), Kind::Problem, "x", &view, OPENED);
    let said = "They are back. You have acknowledged them; nobody else is told.";
    assert!(both.unwrap().lead.starts_with(said));
}

#[test]
fn a_problem_that_may_be_taken_on() {
    let url = "https://noc.hostseba.com/ack/AbC-_09";
    let open = IncidentView {
        acknowledge_url: Some(url.into()),
        ..incident()
    };
    let message = message(Kind::Problem, &open, 1);
    assert_eq!(message.acknowledge_url.as_deref(), Some(url));
    assert!(message.text.contains(&format!("\nAcknowledge: {url}\n")));
    insta::assert_snapshot!("acknowledge.txt", message.text);
    insta::assert_snapshot!("acknowledge.html", message.html);
}

#[test]
fn recovery() {
    let over = IncidentView {
        resolved_at: Some(UnixMs(OPENED.0 + 3_725_000)),
        ..incident()
    };
    let message = message(Kind::Recovery, &over, 4_000);
    assert_eq!(
        message.subject,
        "🟢 [resolved] Server down: web-09.hostseba"
    );
    insta::assert_snapshot!("recovery.txt", message.text);
}

#[test]
fn end_of_monitoring() {
    let ended = IncidentView {
        resolved_at: Some(UnixMs(OPENED.0 + 3_725_000)),
        withdrawn: true,
        ..incident()
    };
    let message = message(Kind::Recovery, &ended, 4_000);
    assert_eq!(
        message.subject,
        "⚪ [monitoring ended] Server down: web-09.hostseba"
    );
    insta::assert_snapshot!("end_of_monitoring.txt", message.text);
}

#[test]
fn reminder() {
    let message = message(Kind::Reminder, &incident(), 2_700);
    assert_eq!(
        message.subject,
        "🔴 [critical] Still open: Server down: web-09.hostseba"
    );
    insta::assert_snapshot!("reminder.txt", message.text);
}

#[test]
fn test_message() {
    let message = templates()
        .test(Uuid::from_u128(7), "Email", "ops@noc.test", OPENED)
        .unwrap();
    insta::assert_snapshot!("test.txt", message.text);
    assert!(message.html.contains("Open settings"));
}

#[test]
fn text_from_a_host_cannot_become_markup_or_lines() {
    let hostile = IncidentView {
        title: "Disk <script>alert(1)</script>\r\nBcc: x@y.z \u{202e}gnp".into(),
        observed: Some("<img src=x onerror=alert(1)>".into()),
        runbook: Some("javascript:alert(1)".into()),
        ..incident()
    };
    let message = message(Kind::Problem, &hostile, 1);
    assert!(!message.subject.contains(['\r', '\n', '\u{202e}']));
    assert!(!message.html.contains("<script>") && !message.html.contains("<img"));
    assert!(message.html.contains("&lt;script&gt;"));
    assert!(!message.html.contains("javascript:"));
    assert!(message.text.contains("<img src=x"));
}

#[test]
fn durations_read_well() {
    let of = |s| lasted(std::time::Duration::from_secs(s));
    assert_eq!(
        [of(5), of(65), of(7_500), of(90_000)],
        ["5 s", "1 min 5 s", "2 h 5 min", "1 d 1 h"]
    );
}
