//! Messages as they really look, for whoever words them: some with everything there is to say, some with next to nothing.

use super::handoff::{HandoffView, MaintenanceAhead, OpenIncident};
use super::{
    DigestView, FailingChannel, IncidentView, LineOfIncident, SummaryView, TemplateError, Templates,
};
use crate::notify::message::{Kind, Message};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::control::Severity;
use std::time::Duration;
use uuid::Uuid;

/// When the samples are sent: 2026-05-07 18:00 in Dhaka.
const NOW: UnixMs = UnixMs(1_778_155_200_000);

/// Stands in every sample.
const DELIVERY: Uuid = Uuid::from_u128(0x019e_0000_0000_7000_8000_0000_0000_0001);

const RECIPIENT: &str = "ops@hostseba.com";

fn ago(seconds: u64) -> UnixMs {
    NOW.minus(Duration::from_secs(seconds))
}

fn down() -> IncidentView {
    IncidentView {
        id: 4_711,
        title: "Server down: web-09.hostseba".to_owned(),
        severity: Severity::Critical,
        server_name: "web-09.hostseba".to_owned(),
        detector: "server_down".to_owned(),
        observed: Some("silent for 5 min".to_owned()),
        expected: Some("a report every 60 s".to_owned()),
        command: Some("sudo systemctl restart noc-agent".to_owned()),
        runbook: Some("https://wiki.hostseba.com/runbooks/server-down".to_owned()),
        acknowledged: false,
        back: false,
        opened_at: ago(300),
        resolved_at: None,
        withdrawn: false,
        acknowledge_url: None,
    }
}

/// Of the fleet, with nothing but what every incident has, in words that mean something elsewhere.
fn bare() -> IncidentView {
    IncidentView {
        title: "Many servers are silent: dc:dhaka <b> & \"quotes\" {{ braces }}".to_owned(),
        severity: Severity::High,
        server_name: String::new(),
        detector: "silent_group".to_owned(),
        observed: None,
        expected: None,
        command: None,
        runbook: None,
        acknowledged: true,
        ..down()
    }
}

fn about(
    templates: &Templates,
    kind: Kind,
    incidents: impl IntoIterator<Item = IncidentView>,
) -> Result<Vec<Message>, TemplateError> {
    let incidents = incidents.into_iter();
    incidents
        .map(|view| templates.incident(DELIVERY, kind, RECIPIENT, &view, NOW))
        .collect()
}

/// Of an open incident.
pub(super) fn incident(templates: &Templates, kind: Kind) -> Result<Vec<Message>, TemplateError> {
    about(templates, kind, [down(), bare()])
}

/// Of one that is over, or no longer watched.
pub(super) fn recovery(templates: &Templates, kind: Kind) -> Result<Vec<Message>, TemplateError> {
    let over = |view: IncidentView| IncidentView {
        opened_at: ago(4_325),
        resolved_at: Some(ago(60)),
        ..view
    };
    let withdrawn = IncidentView {
        withdrawn: true,
        ..over(down())
    };
    about(templates, kind, [over(down()), over(bare()), withdrawn])
}

/// Of a duty with and without an end.
pub(super) fn handoff(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let full = HandoffView {
        schedule: "Dhaka, nights".to_owned(),
        zone: templates.zone,
        since: NOW,
        until: Some(NOW.plus(Duration::from_secs(12 * 3_600))),
        next: Some("Rafi".to_owned()),
        total: 2,
        passed: 1,
        giver: Some("Rafi".to_owned()),
        incidents: vec![OpenIncident {
            title: "Server down: web-09.hostseba".to_owned(),
            severity: Severity::Critical,
            opened_at: ago(300),
            acknowledged: true,
            owner: Some("Nadia".to_owned()),
            passed: true,
            snoozed_until: None,
        }],
        maintenance: vec![MaintenanceAhead {
            name: "Kernel updates".to_owned(),
            from: NOW.plus(Duration::from_secs(3_600)),
            until: Some(NOW.plus(Duration::from_secs(7_200))),
        }],
    };
    let bare = HandoffView {
        until: None,
        next: None,
        total: 0,
        passed: 0,
        giver: None,
        incidents: Vec::new(),
        maintenance: Vec::new(),
        ..full.clone()
    };
    [full, bare]
        .iter()
        .map(|view| templates.handoff(DELIVERY, RECIPIENT, view, NOW))
        .collect()
}

/// Of one channel that fails, and of several.
pub(super) fn notice(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let failing = |label: &str, since| FailingChannel {
        label: label.to_owned(),
        since,
        error: "answered 401: the token was revoked".to_owned(),
    };
    let one = [failing("Telegram", Some(ago(120)))];
    let several = [failing("Telegram", Some(ago(120))), failing("Slack", None)];
    [one.as_slice(), several.as_slice()]
        .into_iter()
        .map(|failing| templates.notice(DELIVERY, RECIPIENT, failing, NOW))
        .collect()
}

/// Of a test.
pub(super) fn test(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let message = templates.test(DELIVERY, "Email", RECIPIENT, NOW)?;
    Ok(vec![message])
}

/// Of the message of every day.
pub(super) fn canary(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let message = templates.canary(DELIVERY, "Email", RECIPIENT, NOW)?;
    Ok(vec![message])
}

fn line(title: &str, severity: Severity) -> LineOfIncident {
    LineOfIncident {
        title: title.to_owned(),
        severity,
        opened_at: ago(4_325),
        resolved_at: None,
        acknowledged: severity == Severity::High,
        owner: (severity == Severity::High).then(|| "Nadia".to_owned()),
    }
}

/// Of quiet hours that held back two incidents, and of some that held back more than is named.
pub(super) fn summary(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let two = vec![
        line("Disk full on db-03.hostseba", Severity::High),
        line("exim is down on mail-02.hostseba", Severity::Medium),
    ];
    let many = vec![line("Load on web-01.hostseba", Severity::Low); 40];
    let views = [two, many].map(|open| SummaryView {
        zone: templates.zone,
        since: ago(4_000),
        held: open.len() + 1,
        open,
    });
    let views = views.iter();
    views
        .map(|view| templates.summary(DELIVERY, RECIPIENT, view, NOW))
        .collect()
}

/// Of a day.
pub(super) fn digest(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let over = LineOfIncident {
        resolved_at: Some(ago(60)),
        ..line("Server down: web-09.hostseba", Severity::Critical)
    };
    let view = DigestView {
        zone: templates.zone,
        since: ago(86_400),
        until: NOW,
        began: 2,
        ended: 1,
        worse: 0,
        open: 1,
        more: 0,
        lines: vec![line("Disk full on db-03.hostseba", Severity::High), over],
    };
    let message = templates.digest(DELIVERY, RECIPIENT, &view, NOW)?;
    Ok(vec![message])
}

/// Of a code.
pub(super) fn verification(templates: &Templates, _: Kind) -> Result<Vec<Message>, TemplateError> {
    let message =
        templates.verification(DELIVERY, RECIPIENT, "WhatsApp", "Nadia", "012345", NOW)?;
    Ok(vec![message])
}
