use super::*;
use crate::notify::message::Kind;
use crate::notify::template::wordings::Wording;

fn templates() -> Templates {
    Templates::new("https://noc.hostseba.com", chrono_tz::Asia::Dhaka).unwrap()
}

fn problem(templates: &Templates) -> Message {
    let wording = Wording::of(Kind::Problem).unwrap();
    wording.samples(templates).unwrap().remove(0)
}

fn words(subject: Option<&str>, text: Option<&str>) -> OwnWords {
    OwnWords {
        subject: subject.map(str::to_owned),
        text: text.map(str::to_owned),
    }
}

fn reworded(subject: Option<&str>, text: Option<&str>) -> (Message, Vec<Fault>) {
    let templates = templates();
    templates.reword(problem(&templates), &words(subject, text))
}

fn wrong(text: &str) -> String {
    let (message, faults) = reworded(None, Some(text));
    assert_eq!(message, problem(&templates()), "left as it was: {text}");
    let told: Vec<_> = faults.iter().map(Fault::told).collect();
    told.join("; ")
}

#[test]
fn a_subject_and_a_text_are_said_in_own_words() {
    let subject = "[HostSeba] {{ server|upper }}:\n {{ check }}";
    let text = "Hello,\n\n\n\n{{ lead }}\n{% if command %}\nTry: {{ command }}   \n{% endif %}\n{% for fact in facts if fact.name == 'Since' %}\n{{ fact.value }}\n{% endfor %}\n";
    let (message, faults) = reworded(Some(subject), Some(text));
    assert_eq!(faults, []);
    assert_eq!(message.subject, "[HostSeba] WEB-09.HOSTSEBA: Server down");
    let body = "Hello,\n\nNobody has acknowledged this yet.\nTry: sudo systemctl restart noc-agent\n2026-05-07 17:55:00 +06";
    assert_eq!(message.body.as_deref(), Some(body));
    // What every message has stays whatever is written.
    assert!(
        message.text.starts_with("Hello,\n\nNobody"),
        "{}",
        message.text
    );
    for part in [&message.text, &message.html] {
        assert!(part.contains("HostSeba NOC, delivery 019e0000-"), "{part}");
        assert!(part.contains("incidents"), "{part}");
    }
    assert!(message.html.contains("Open incident"));
    insta::assert_snapshot!("own_words.html", message.html);
}

#[test]
fn the_products_subject_may_be_part_of_ones_own() {
    let (message, _) = reworded(Some("NOC | {{ subject }}"), None);
    assert_eq!(
        message.subject,
        "NOC | 🔴 [critical] Server down: web-09.hostseba"
    );
    assert_eq!(message.body, None);
    assert!(message.html.contains("<title>NOC |"));
    assert!(message.text.contains("Observed:"));
}

#[test]
fn what_a_host_says_stays_text_whatever_the_template_does() {
    let templates = templates();
    let mut message = problem(&templates);
    message.title = "<script>alert(1)</script>".into();
    for text in [
        "{{ title }}",
        "<b>{{ title }}</b>",
        "{{ facts[0].value }} {{ title|trim }}",
    ] {
        let (worded, faults) = templates.reword(message.clone(), &words(None, Some(text)));
        assert_eq!(faults, [], "{text}");
        assert!(!worded.html.contains("<script>"), "{}", worded.html);
        assert!(!worded.html.contains("<b>"), "{}", worded.html);
    }
    for filter in ["safe", "escape", "replace('a', title)", "format(1)", "join"] {
        let text = format!("{{{{ title|{filter} }}}}");
        assert!(wrong(&text).contains("unknown filter"), "{filter}");
    }
}

#[test]
fn what_fails_says_where_and_leaves_the_products_words() {
    assert_eq!(wrong("a\n{{ tite }}"), "line 2: `tite` is undefined");
    assert!(wrong("a\n{% if title %}").starts_with("line 2: syntax error"));
    assert!(wrong("\n\n{% set a = 1 %}").starts_with("line 3: `set` is not known"));
    assert_eq!(
        wrong("{{ title ~ title }}"),
        "line 1: `~` is not known here: write texts beside each other"
    );
    assert!(wrong("{{ range(9) }}").starts_with("line 1: "));
    assert!(wrong("{{ title.upper() }}").starts_with("line 1: "));
    assert_eq!(
        wrong("{% if withdrawn %}x{% endif %}"),
        "nothing is left of it for some messages"
    );
    assert_eq!(wrong(&"x".repeat(9_000)), "may have 8192 bytes at most");
    let (message, faults) = reworded(Some("{{ tite }}"), Some("fine"));
    assert_eq!(message.subject, problem(&templates()).subject);
    assert_eq!(message.body.as_deref(), Some("fine"));
    assert_eq!(
        faults[0].to_string(),
        "subject, line 1: `tite` is undefined"
    );
}

#[test]
fn a_template_that_does_not_end_is_ended() {
    let nested = |depth: usize, inner: &str| {
        let all = "[0,1,2,3,4,5,6,7,8,9]";
        let open = format!("{{% for a in {all} %}}").repeat(depth);
        format!("{open}{inner}{}", "{% endfor %}".repeat(depth))
    };
    assert_eq!(wrong(&nested(8, "")), "line 1: takes too many steps");
    let long = "x".repeat(900);
    assert_eq!(wrong(&nested(2, &long)), "makes more than 16 KiB");
    let (message, faults) = reworded(Some(&"{{ title }}".repeat(40)), None);
    assert_eq!((faults, message.subject.chars().count()), (vec![], 250));
}

#[test]
fn faults_of_any_sample_count() {
    let templates = templates();
    let wording = Wording::of(Kind::Problem).unwrap();
    // Only one of the samples has nothing observed.
    let only = words(None, Some("{{ observed }}"));
    let faults = templates.check(wording, &only).unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let fine = words(
        None,
        Some("{{ observed|default('?', true) }} {{ title|truncate(9) }}"),
    );
    assert_eq!(templates.check(wording, &fine).unwrap(), []);
}
