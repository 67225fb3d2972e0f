//! Messages as chats show them: a headline, the facts, a link; cut to what the provider takes, with its mark-up made
//! harmless. A message that is too long loses its middle, never its links nor its delivery's id. The command to copy is
//! what it is or is not there at all: half of one may do anything.

use crate::notify::message::Message;

/// Says that something was left out.
const CUT: char = '…';

/// Is not seen, and keeps two characters from meaning something together.
pub(super) const JOINER: char = '\u{2060}';

/// Before the link that takes the incident on.
const ACKNOWLEDGE: &str = "Acknowledge: ";

/// Before the link where a line has no room for the command as it is.
const ELSEWHERE: &str = " The command is on the incident\u{2019}s page:";

/// Writes one character, and says how many units of the limit that takes.
type Write = fn(char, &mut String) -> usize;

/// How a chat writes.
pub(super) struct Markup {
    /// Around the headline.
    pub bold: (&'static str, &'static str),
    /// Writes one character so that it means nothing but itself; answers with how many UTF-16 units of the limit that
    /// takes.
    pub escape: Write,
    /// The same within a command, which people copy; `None`: what [`Markup::escape`] writes is copied as it was.
    pub copied: Option<Write>,
    /// How many units of the limit a piece of mark-up takes.
    pub weigh: fn(&str) -> usize,
    /// Writes an address of ours.
    pub link: fn(&str) -> String,
}

/// No mark-up at all.
pub(super) const PLAIN: Markup = Markup {
    bold: ("", ""),
    escape: as_it_is,
    copied: None,
    weigh: units,
    link: str::to_owned,
};

/// Writes a character where it means nothing else.
pub(super) fn as_it_is(c: char, out: &mut String) -> usize {
    out.push(c);
    c.len_utf16()
}

/// Whether a word would begin here.
pub(super) fn at_a_border(out: &str) -> bool {
    !out.chars().next_back().is_some_and(char::is_alphanumeric)
}

/// The length that most chats count in.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The whole message in at most `limit` UTF-16 units.
pub(super) fn render(message: &Message, markup: &Markup, limit: usize) -> String {
    fitted(message, markup, limit).0
}

/// [`render`], and how many units it takes.
pub(super) fn fitted(message: &Message, markup: &Markup, limit: usize) -> (String, usize) {
    let mut end = String::from("\n\n");
    let mut end_units = (markup.weigh)("\n\n");
    let acknowledge = message.acknowledge_url.as_deref();
    let whole = Some(message.link.as_str()).filter(|link| !link.is_empty());
    for (label, address) in [(ACKNOWLEDGE, acknowledge), ("", whole)] {
        let Some(address) = address.map(markup.link) else {
            continue;
        };
        let (label, label_units) = written(label, markup, usize::MAX);
        end.push_str(&format!("{label}{address}\n"));
        end_units += label_units + (markup.weigh)(&address) + 1;
    }
    let (footer, footer_units) = written(&footer(message), markup, usize::MAX);
    end.push_str(&footer);
    end_units += footer_units;

    let room = limit.saturating_sub(end_units);
    let (open, close) = markup.bold;
    let marks = (markup.weigh)(open) + (markup.weigh)(close) + 1;
    let (head, head_units) = written(&message.subject, markup, room.saturating_sub(marks));
    let room = room.saturating_sub(marks + head_units);
    let (body, body_units) = written_body(message, markup, room);
    let units = marks
        .saturating_add(head_units)
        .saturating_add(body_units)
        .saturating_add(end_units);
    (format!("{open}{head}{close}\n{body}{end}"), units)
}

/// Everything between the headline and the link.
pub(crate) fn body(message: &Message) -> String {
    if let Some(body) = &message.body {
        return body.clone();
    }
    let mut out = message.lead.clone();
    out.push_str("\n\n");
    for fact in &message.fields {
        out.push_str(&format!("{}: {}\n", fact.name, fact.value));
    }
    if let Some(command) = &message.command {
        out.push_str(&format!("\nTo try on the server:\n{command}\n"));
    }
    if let Some(runbook) = &message.runbook {
        out.push_str(&format!("\nRunbook: {runbook}\n"));
    }
    out.trim_end().to_owned()
}

/// The last line: a repeat of a message has the same.
pub(super) fn footer(message: &Message) -> String {
    format!("HostSeba NOC, delivery {}", message.delivery)
}

/// `text` with its mark-up made harmless, cut to `room` units; and how many it takes.
pub(super) fn written(text: &str, markup: &Markup, room: usize) -> (String, usize) {
    cut(text.chars().map(|c| (c, markup.escape, true)), room)
}

/// [`written`] for what [`body`] says: the command stays as it is, wherever it is named.
pub(super) fn written_body(message: &Message, markup: &Markup, room: usize) -> (String, usize) {
    let command = message.command.as_deref().filter(|text| !text.is_empty());
    let copied = command.unwrap_or_default();
    written_around(&body(message), command, copied, markup, room)
}

/// [`written`], with `copied` as it is, whole or not at all, wherever `named` stands.
fn written_around(
    text: &str,
    named: Option<&str>,
    copied: &str,
    markup: &Markup,
    room: usize,
) -> (String, usize) {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = named.and_then(|named| rest.split_once(named)) {
        pieces.push((before, markup.escape, false));
        pieces.push((copied, markup.copied.unwrap_or(markup.escape), true));
        rest = after;
    }
    pieces.push((rest, markup.escape, false));
    let chars = pieces.into_iter().flat_map(|(text, write, whole)| {
        let chars = text.char_indices();
        chars.map(move |(at, c)| (c, write, at == 0 || !whole))
    });
    cut(chars, room)
}

/// Writes characters until there is no room; how many units that took. Each says whether the end may be before it.
fn cut(text: impl Iterator<Item = (char, Write, bool)>, room: usize) -> (String, usize) {
    let mut out = String::new();
    let mut used = 0;
    // Where the sign that something is missing would still fit.
    let mut cut_at = None;
    let cut_units = CUT.len_utf16();
    for (c, write, may_end) in text {
        if may_end && used + cut_units <= room {
            cut_at = Some((out.len(), used));
        }
        used += write(c, &mut out);
        if used > room {
            let (end, used) = cut_at.unwrap_or((0, 0));
            out.truncate(end);
            if room < cut_units {
                return (String::new(), 0);
            }
            out.push(CUT);
            return (out, used + cut_units);
        }
    }
    (out, used)
}

/// One line of everything that matters, for templates whose variables hold no line breaks. The command, where an
/// organisation's own words name it, stays as it is; what a variable cannot hold, or has no room for, is said to be
/// elsewhere.
pub(super) fn one_line(message: &Message, markup: &Markup, limit: usize) -> String {
    let mut parts = vec![message.subject.clone()];
    if let Some(body) = &message.body {
        parts.push(body.clone());
    } else {
        let told = ["Observed", "Since", "Lasted"];
        let facts = message.fields.iter();
        let facts = facts.filter(|fact| told.contains(&fact.name.as_str()));
        parts.push(message.lead.clone());
        parts.extend(facts.map(|fact| format!("{}: {}", fact.name, fact.value)));
    }
    let text = folded(&parts.join(" | "));
    let command = message.command.as_deref().map(str::trim);
    let named = command.map(folded).filter(|named| !named.is_empty());
    let named = named.as_deref().filter(|named| text.contains(named));
    let holdable = command.filter(|command| a_variable_holds(command));
    let left_out = CUT.to_string();
    let line = |before_link: &str| {
        let mut end = String::new();
        if let Some(url) = &message.acknowledge_url {
            end.push_str(&format!(" {ACKNOWLEDGE}{url}"));
        }
        end.push_str(&format!("{before_link} {}", message.link));
        let room = limit.saturating_sub(units(&end));
        let copied = holdable.unwrap_or(&left_out);
        let (text, _) = written_around(&text, named, copied, markup, room);
        (text, end)
    };
    let (mut text, mut end) = line("");
    if named.is_some() && !holdable.is_some_and(|command| text.contains(command)) {
        (text, end) = line(ELSEWHERE);
    }
    text.push_str(&end);
    text
}

/// With one space wherever there was any.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Meta refuses variables with line breaks, tabs, or more than four spaces in a row.
fn a_variable_holds(text: &str) -> bool {
    !text.contains("     ") && !text.contains(char::is_control)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::notify::message::{Fact, Kind, Look};
    use noc_pipeline::clock::UnixMs;
    use proptest::prelude::*;
    use uuid::Uuid;

    /// A message whose observed value is `observed`.
    pub(in crate::notify::channel) fn message(observed: &str) -> Message {
        let fact = |name: &str, value: &str| Fact {
            name: name.into(),
            value: value.into(),
        };
        Message {
            delivery: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0007),
            kind: Kind::Problem,
            recipient: String::new(),
            at: UnixMs(1_795_303_740_000),
            sent_at: "2026-11-22T05:29:00+06:00".into(),
            subject: "🔴 [critical] Server down: web-09.hostseba".into(),
            title: "Server down: web-09.hostseba".into(),
            lead: "Nobody has acknowledged this yet.".into(),
            text: "plain".into(),
            html: "<p>html</p>".into(),
            fields: vec![fact("Server", "web-09"), fact("Observed", observed)],
            command: Some("sudo systemctl restart exim".into()),
            runbook: Some("https://wiki.test/exim".into()),
            link: "https://noc.test/incidents/17".into(),
            acknowledge_url: Some("https://noc.test/ack/AbC-09_x".into()),
            body: None,
            details: Vec::new(),
            look: Look::default(),
        }
    }

    #[test]
    fn own_words_take_the_place_of_everything_but_the_link() {
        let mut message = message("no answer");
        message.body = Some("Look at it,\n\nplease.".into());
        assert_eq!(
            render(&message, &PLAIN, 4_096),
            "🔴 [critical] Server down: web-09.hostseba\nLook at it,\n\nplease.\n\n\
             Acknowledge: https://noc.test/ack/AbC-09_x\n\
             https://noc.test/incidents/17\nHostSeba NOC, delivery 01920000-0000-7000-8000-000000000007"
        );
        assert_eq!(
            one_line(&message, &PLAIN, 1_024),
            format!("🔴 [critical] Server down: web-09.hostseba | Look at it, please. {LINKS}")
        );
    }

    #[test]
    fn own_words_are_masked_like_any_others() {
        let mut message = message("fine");
        message.body = Some("Mail of shop@customer.test piles up.".into());
        let masked = message.masked();
        assert!(!masked.body.unwrap().contains("shop@customer.test"));
    }

    #[test]
    fn a_message_is_measured_whole() {
        for observed in ["x".repeat(10), "x".repeat(9_000)] {
            let (whole, length) = fitted(&message(&observed), &PLAIN, usize::MAX);
            assert_eq!(length, units(&whole));
            let (cut, length) = fitted(&message(&observed), &PLAIN, 2_000);
            assert_eq!(length, units(&cut));
        }
    }

    #[test]
    fn a_room_is_told_of_no_address() {
        let mut told = message("info@shop.example sends 4,200 an hour");
        told.subject = "Mail abuse: info@shop.example".into();
        told.command = Some("exiqgrep -f info@shop.example".into());
        let masked = told.masked();
        assert_eq!(masked.subject, "Mail abuse: i***@shop.example");
        assert!(
            masked
                .fields
                .iter()
                .any(|fact| fact.value == "i***@shop.example sends 4,200 an hour")
        );
        assert_eq!(masked.command, None);
        assert_eq!(masked.recipient, told.recipient);
        let plain = message("no answer for 3 min");
        assert_eq!(plain.masked(), plain);
    }

    #[test]
    fn a_message_that_fits_is_whole() {
        let text = render(&message("no answer for 3 min"), &PLAIN, 4_096);
        assert_eq!(
            text,
            "🔴 [critical] Server down: web-09.hostseba\nNobody has acknowledged this yet.\n\n\
             Server: web-09\nObserved: no answer for 3 min\n\nTo try on the server:\nsudo systemctl restart exim\n\n\
             Runbook: https://wiki.test/exim\n\nAcknowledge: https://noc.test/ack/AbC-09_x\n\
             https://noc.test/incidents/17\n\
             HostSeba NOC, delivery 01920000-0000-7000-8000-000000000007"
        );
    }

    const LINKS: &str = "Acknowledge: https://noc.test/ack/AbC-09_x https://noc.test/incidents/17";

    #[test]
    fn a_line_for_a_template_has_no_breaks_and_keeps_the_link() {
        let line = one_line(&message("a\nb\t\tc     d"), &PLAIN, 1_024);
        assert!(
            line.ends_with(&format!("Observed: a b c d {LINKS}")),
            "{line}"
        );
        let line = one_line(&message(&"x".repeat(5_000)), &PLAIN, 1_024);
        assert_eq!(units(&line), 1_024);
        assert!(line.ends_with(&format!("… {LINKS}")), "{line}");
        let mut recovery = message("fine");
        recovery.acknowledge_url = None;
        let line = one_line(&recovery, &PLAIN, 1_024);
        assert!(
            line.ends_with("fine https://noc.test/incidents/17"),
            "{line}"
        );
    }

    /// A message in own words, the command in their middle.
    fn with_command(command: &str) -> Message {
        let mut message = message("no answer");
        message.command = Some(command.into());
        message.body = Some(format!("Try   this:\n{command}\nand  wait."));
        message
    }

    const ELSEWHERE_LINKS: &str = "Acknowledge: https://noc.test/ack/AbC-09_x The command is on the incident\u{2019}s page: \
                                   https://noc.test/incidents/17";

    #[test]
    fn a_line_keeps_the_command_or_says_where_it_is() {
        let head = "🔴 [critical] Server down: web-09.hostseba | Try this:";
        for kept in [
            "awk '{print $1  $2}' f",
            "grep '    x' f   g",
            "echo  a\u{a0}b",
        ] {
            let line = one_line(&with_command(kept), &PLAIN, 1_024);
            assert_eq!(line, format!("{head} {kept} and wait. {LINKS}"));
        }
        for refused in ["grep '     x' f", "cut -d'\t' f", "for i in a\ndo b\ndone"] {
            let line = one_line(&with_command(refused), &PLAIN, 1_024);
            assert_eq!(line, format!("{head} … and wait. {ELSEWHERE_LINKS}"));
        }
        // The product's words name no command here, so nothing is missing.
        let line = one_line(&message("x"), &PLAIN, 1_024);
        assert!(line.ends_with(&format!("Observed: x {LINKS}")), "{line}");
    }

    #[test]
    fn half_a_command_is_shown_nowhere() {
        let command = format!("rm -rf /home/shop/{}", "x".repeat(300));
        let told = with_command(&command);
        let whole = one_line(&told, &PLAIN, usize::MAX);
        assert!(whole.contains(&command), "{whole}");
        for limit in 200..units(&whole) + 100 {
            let line = one_line(&told, &PLAIN, limit);
            assert!(units(&line) <= limit, "{line}");
            let kept = line.contains(&command);
            assert_eq!(kept, !line.ends_with(ELSEWHERE_LINKS), "{line}");
            assert!(kept || !line.contains("rm"), "{line}");
            let text = render(&told, &PLAIN, limit);
            assert!(text.contains(&command) || !text.contains("rm"), "{text}");
        }
    }

    const LOUD: Markup = Markup {
        bold: ("<b>", "</b>"),
        escape: |c, out| {
            out.push_str(if c == '<' { "&lt;" } else { "" });
            if c != '<' {
                out.push(c);
            }
            c.len_utf16()
        },
        copied: None,
        weigh: |_| 0,
        link: str::to_owned,
    };

    proptest! {
        #[test]
        fn any_message_fits_any_limit_and_keeps_its_link(observed in "(<|😀|x|ক){0,600}", limit in 200_usize..700) {
            let text = render(&message(&observed), &PLAIN, limit);
            prop_assert!(units(&text) <= limit, "{} > {limit}", units(&text));
            prop_assert!(text.contains("\nAcknowledge: https://noc.test/ack/AbC-09_x\nhttps://noc.test/incidents/17\n"), "{text}");
            let loud = render(&message(&observed), &LOUD, limit);
            prop_assert!(!loud.replace("<b>", "").replace("</b>", "").contains('<'));
            prop_assert!(!loud.ends_with('&') && loud.contains("</b>"), "{loud}");
        }
    }
}
