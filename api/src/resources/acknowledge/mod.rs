//! `/ack/{token}`: the link in a message that takes its incident on, without signing in.
//!
//! GET shows what it is about and changes nothing, whoever fetches it: scanners of mail open every link. POST
//! acknowledges, and nothing else. What a link is worth is decided in `noc_actors::incident::link`. The token is in the
//! path, so neither is logged with it, and the page tells no other site where its reader came from.

mod page;

use self::page::{Page, Tone};
use crate::error::ApiError;
use crate::http::{ClientAddress, JsonOrForm};
use crate::state::AppState;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError as _, get, post, web};
use noc_actors::detect::evidence::Sender;
use noc_actors::incident::link::{self, Seen, Worth};
use noc_actors::notify::link::Link;
use noc_pipeline::mask;
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Where a link leads: what it is about, with a button that takes it on. Changes nothing.
#[utoipa::path(tag = "links", params(("token" = String, Path, description = "As it stands in the message")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "No link of ours", body = String, content_type = "text/html"),
        (status = 410, description = "The incident is over, or a newer message has a link that works", body = String,
            content_type = "text/html")))]
#[get("/ack/{token}")]
pub async fn acknowledge_page(
    state: web::Data<AppState>,
    address: ClientAddress,
    token: web::Path<String>,
) -> HttpResponse {
    let page = match open(&state, address, &token) {
        Ok(link) => match link::look(state.db(), &link).await {
            Ok(Some(seen)) => shown(&state, &seen),
            Ok(None) => unknown(&state, address),
            Err(error) => failed(error.into()),
        },
        Err(page) => *page,
    };
    page.answer()
}

/// What is pressed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Tap {
    /// Takes all of the incident's group on, not it alone.
    pub group: bool,
}

/// Takes the incident on, or all of its group, as the person that the message was sent to. Doing it again changes nothing.
#[utoipa::path(tag = "links", params(("token" = String, Path, description = "As it stands in the message")),
    request_body(content = Tap, content_type = "application/x-www-form-urlencoded", description = "May be left out"),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "No link of ours", body = String, content_type = "text/html"),
        (status = 410, description = "The incident is over, or a newer message has a link that works", body = String,
            content_type = "text/html")))]
#[post("/ack/{token}")]
pub async fn acknowledge_by_link(
    state: web::Data<AppState>,
    address: ClientAddress,
    token: web::Path<String>,
    body: Result<JsonOrForm<Tap>, ApiError>,
) -> HttpResponse {
    let whole_group = body.is_ok_and(|JsonOrForm(tap)| tap.group);
    let page = match open(&state, address, &token) {
        Ok(link) => {
            let ip = Some(address.0.to_string());
            match link::acknowledge(&state.parts, &link, whole_group, ip).await {
                Ok(Some(seen)) if seen.worth == Worth::Takes => done(&state, &seen, whole_group),
                Ok(Some(seen)) => shown(&state, &seen),
                Ok(None) => unknown(&state, address),
                Err(error) => failed(error.into()),
            }
        }
        Err(page) => *page,
    };
    page.answer()
}

/// Reads the token; an address that tries many wrong ones is told to wait.
fn open(state: &AppState, address: ClientAddress, token: &str) -> Result<Link, Box<Page>> {
    let link = match state.links.ask(address.0) {
        Ok(()) => Link::read(&state.field_key, token),
        Err(after) => return Err(Box::new(wait(after))),
    };
    link.ok_or_else(|| Box::new(unknown(state, address)))
}

fn unknown(state: &AppState, address: ClientAddress) -> Page {
    match state.links.count(address.0) {
        Ok(()) => Page::unknown(),
        Err(after) => wait(after),
    }
}

fn wait(after: Duration) -> Page {
    let lead =
        "Too many links that are not known were opened from your network. Try again in a minute.";
    Page {
        retry_after: Some(after),
        ..Page::plain(StatusCode::TOO_MANY_REQUESTS, "Wait a moment", lead)
    }
}

fn failed(error: ApiError) -> Page {
    // Logs what happened, once.
    let status = error.error_response().status();
    Page::plain(status, "This did not work", &error.to_string())
}

fn about(state: &AppState, seen: &Seen) -> Page {
    let incident = &seen.incident;
    let zone = state.config.accounts.timezone;
    let since = incident
        .opened_at
        .with_timezone(&zone)
        .format("%Y-%m-%d %H:%M:%S %Z")
        .to_string();
    // Whoever has the link has not signed in.
    let login = Sender::bare_login(&incident.subject);
    let masked = |text: &str| {
        let text = mask::addresses(text);
        login.map_or_else(|| text.clone(), |login| mask::name_within(&text, login))
    };
    let mut facts = Vec::new();
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push((name, value));
        }
    };
    add("Server", Some(mask::addresses(&incident.server_name)));
    add("Severity", Some(incident.severity.clone()));
    add("Observed", incident.observed.as_deref().map(masked));
    add("Expected", incident.expected.as_deref().map(masked));
    add("Since", Some(since));
    facts.push(("This link was sent to", seen.delivery.recipient.clone()));
    Page {
        status: StatusCode::OK,
        tone: Tone::Bad,
        mark: String::new(),
        title: masked(&incident.title),
        lead: String::new(),
        facts,
        button: None,
        all: None,
        link: Some(format!(
            "{}/incidents/{}",
            state.config.public_url(),
            incident.id
        )),
        retry_after: None,
    }
}

fn shown(state: &AppState, seen: &Seen) -> Page {
    let page = about(state, seen);
    match seen.worth {
        Worth::Takes => {
            let (mark, button) = if seen.incident.acknowledged_at.is_some() {
                ("Still on it?", "I am still on it")
            } else {
                ("Nobody has this yet", "Acknowledge")
            };
            let lead = match &seen.person {
                Some(person) => format!(
                    "You take it on as {}: nobody else is called for it meanwhile.",
                    person.name
                ),
                None => "Whoever presses the button takes it on: nobody else is called for it meanwhile.".to_owned(),
            };
            Page {
                mark: mark.to_owned(),
                lead,
                button: Some(button),
                all: all_of_it(seen.others),
                ..page
            }
        }
        Worth::Taken => Page {
            tone: Tone::Good,
            mark: "Acknowledged".to_owned(),
            lead: match &seen.owner {
                Some(owner) => format!("{owner} has it. There is nothing to do here."),
                None => "Somebody has it. There is nothing to do here.".to_owned(),
            },
            ..page
        },
        Worth::Over => Page {
            status: StatusCode::GONE,
            tone: Tone::Quiet,
            mark: "Over".to_owned(),
            lead: "This incident is resolved. The link does nothing any more.".to_owned(),
            ..page
        },
        Worth::Superseded => Page {
            status: StatusCode::GONE,
            tone: Tone::Quiet,
            mark: "Superseded".to_owned(),
            lead: "It was given back or got worse since this message. The newest message has a link that works."
                .to_owned(),
            ..page
        },
    }
}

/// What the second button says, where there is more to take on.
fn all_of_it(others: usize) -> Option<String> {
    match others {
        0 => None,
        1 => Some("Acknowledge both of its group".to_owned()),
        n => Some(format!(
            "Acknowledge all {} of its group",
            n.saturating_add(1)
        )),
    }
}

fn done(state: &AppState, seen: &Seen, whole_group: bool) -> Page {
    let with = match seen.others {
        n if n > 0 && whole_group => ", with all of its group",
        _ => "",
    };
    Page {
        tone: Tone::Good,
        mark: "Acknowledged".to_owned(),
        lead: match &seen.person {
            Some(person) => format!("{} has it now{with}. You may close this page.", person.name),
            None => format!("It is taken on{with}. You may close this page."),
        },
        ..about(state, seen)
    }
}
