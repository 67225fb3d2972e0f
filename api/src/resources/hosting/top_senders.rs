//! `/api/hosting/top-senders`: who sends most mail.

use super::events::{Scope, text_is};
use super::{PartialList, ServerRef, server_refs};
use crate::auth::caller::Caller;
use crate::auth::permission::Permission;
use crate::error::ApiError;
use crate::http::{List, Meta, Query, names};
use crate::state::AppState;
use actix_web::{get, web};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::mask;
use noc_pipeline::payload::Kind;
use noc_pipeline::payload::events::{EventTable, EventValue};
use noc_storage::series::events::{CountOrder, EventCount, EventQuery, MAX_EVENT_PAGE, MAX_GROUPS};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

mod usual;

/// What a sender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// Somebody who logs in at the mail server.
    Login,
    /// A program on the host.
    Script,
}

/// Who sends mail, by login or by script.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TopSender {
    /// On which server.
    pub server: ServerRef,
    /// What it is.
    pub kind: SenderKind,
    /// The hosting account it belongs to.
    pub account: Option<String>,
    /// The login, masked for those who may not see customers' addresses; null of a script.
    pub login: Option<String>,
    /// The script's path; null of a login.
    pub script: Option<String>,
    /// Recipients of its messages in the running hour.
    pub recipients_1h: u64,
    /// Recipients of its messages in the last 24 hours.
    pub recipients_24h: u64,
    /// That, as a multiple of what the sender mails in this hour of the day: the median of the last 7 days, at least 1.
    /// Null while fewer than 4 of those days are known.
    pub expected_x: Option<f64>,
    /// Of its recipients in 24 hours the share that could not be reached, percent; null of a script.
    pub failures_pct: Option<f64>,
    /// Addresses it logged in from in 24 hours, the most that an hour had; null of a script.
    pub addresses: Option<u64>,
    /// Recipients of each of the last 24 hours, oldest first; null where nothing was reported of it.
    pub hours: Vec<Option<u64>>,
}

/// Which senders, the largest first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SenderQuery {
    /// Part of the login, account or script; logins only for those who may see them.
    pub q: Option<String>,
    /// Id of one server.
    pub server: Option<i64>,
    /// A tag the server must carry.
    pub tag: Option<String>,
    /// `login` or `script`; both when absent.
    pub kind: Option<String>,
    /// `-recipients_1h` (the default), `-recipients_24h`, `-failures_pct`; without `-` the other way around.
    pub sort: Option<String>,
    /// Rows on the page, 1 to 200; 50 when absent.
    pub limit: Option<u64>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Who sends most mail, by login and by script: of each the 1,000 with most recipients in 24 hours, and those with most in
/// the running hour.
#[utoipa::path(tag = "hosting", params(SenderQuery), responses((status = 200, body = PartialList<TopSender>)))]
#[get("/api/hosting/top-senders")]
pub async fn hosting_top_senders(
    state: web::Data<AppState>,
    caller: Caller,
    query: Query<SenderQuery>,
) -> Result<web::Json<PartialList<TopSender>>, ApiError> {
    let Query(query) = query;
    let scope = Scope::of(&state, query.server, query.tag.as_deref()).await?;
    let kinds = names("kind", query.kind.as_deref(), |name| match name {
        "login" => Some(SenderKind::Login),
        "script" => Some(SenderKind::Script),
        _ => None,
    })?;
    let (order, descending) = order(query.sort.as_deref())?;
    let rows = query.limit.unwrap_or(50);
    if !(1..=200).contains(&rows) {
        return Err(ApiError::field("limit", "must be 1 to 200"));
    }
    let first = offset(query.cursor.as_deref())?;
    let sees_logins = caller.may(Permission::MailPii);
    let hour = state.now_ms().hour();
    let mut senders = Vec::new();
    for kind in [SenderKind::Login, SenderKind::Script] {
        if kinds.is_empty() || kinds.contains(&kind) {
            senders.extend(count(&state, &scope, kind, hour).await?);
        }
    }
    if let Some(part) = query.q.as_deref().filter(|text| !text.trim().is_empty()) {
        let part = part.trim().to_lowercase();
        senders.retain(|sender| sender.is_named(&part, sees_logins));
    }
    senders.sort_by(|a, b| {
        let (a, b) = if descending { (b, a) } else { (a, b) };
        order(a)
            .total_cmp(&order(b))
            .then(a.recipients_24h.total_cmp(&b.recipients_24h))
            .then_with(|| (a.server, &a.name).cmp(&(b.server, &b.name)))
    });
    let total = senders.len();
    let page: Vec<Sender> = senders
        .into_iter()
        .skip(first)
        .take(usize::try_from(rows).unwrap_or_default())
        .collect();
    let next = first + page.len();
    let mut hours = hours(&state, &page, hour).await?;
    usual::expect(&state, &page, &mut hours, hour).await?;
    let ids = page.iter().map(|sender| i64::from(sender.server.0));
    let servers = server_refs(state.db().read(), ids).await?;
    let data = page
        .into_iter()
        .zip(hours)
        .filter_map(|(sender, hours)| {
            let server = servers.get(&i64::from(sender.server.0))?.clone();
            Some(sender.shown(server, hours, sees_logins))
        })
        .collect();
    let list = List {
        data,
        meta: Meta {
            next_cursor: (next < total).then(|| next.to_string()),
            total: total as u64,
        },
    };
    let tag = query.tag.as_deref();
    PartialList::of(&state, list, Kind::EmailStats, query.server, tag)
        .await
        .map(web::Json)
}

const HOUR: Duration = Duration::from_secs(3_600);
/// The running hour and the 23 before it.
const HOURS: usize = 24;
/// Stands for all senders that a report does not name.
const REST: &str = "*";

/// A sender, counted.
struct Sender {
    server: ServerId,
    kind: SenderKind,
    name: String,
    account: Option<String>,
    recipients_1h: f64,
    recipients_24h: f64,
    failures_24h: f64,
}

/// What one sender's rows of 24 hours add.
#[derive(Default, Clone)]
struct Hourly {
    expected: Option<f64>,
    addresses: Option<u64>,
    recipients: Vec<Option<u64>>,
}

impl Sender {
    fn failures_pct(&self) -> Option<f64> {
        let known = self.kind == SenderKind::Login && self.recipients_24h > 0.0;
        known.then(|| (self.failures_24h * 100.0 / self.recipients_24h).min(100.0))
    }

    fn is_named(&self, part: &str, sees_logins: bool) -> bool {
        let account = self.account.as_deref().unwrap_or_default();
        let name = self.kind == SenderKind::Script || sees_logins;
        account.to_lowercase().contains(part) || (name && self.name.to_lowercase().contains(part))
    }

    fn shown(self, server: ServerRef, hours: Hourly, sees_logins: bool) -> TopSender {
        let failures_pct = self.failures_pct();
        let (login, script) = match self.kind {
            SenderKind::Login if sees_logins => (Some(self.name), None),
            SenderKind::Login => (Some(mask::login(&self.name)), None),
            SenderKind::Script => (None, Some(self.name)),
        };
        TopSender {
            server,
            kind: self.kind,
            account: self.account,
            login,
            script,
            recipients_1h: whole(self.recipients_1h),
            recipients_24h: whole(self.recipients_24h),
            expected_x: hours.expected.map(|usual| {
                let times = self.recipients_1h / usual.max(1.0);
                (times * 10.0).round() / 10.0
            }),
            failures_pct,
            addresses: hours.addresses,
            hours: hours.recipients,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of recipients, never negative"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// The senders of a kind with most recipients.
async fn count(
    state: &AppState,
    scope: &Scope,
    kind: SenderKind,
    hour: UnixMs,
) -> Result<Vec<Sender>, ApiError> {
    let (table, name) = table(kind);
    let sums = match kind {
        SenderKind::Login => vec!["recipients".to_owned(), "failures".to_owned()],
        SenderKind::Script => vec!["recipients".to_owned()],
    };
    let ask = |from: UnixMs| EventCount {
        table,
        servers: scope.0.clone(),
        from,
        to: hour.plus(HOUR),
        conditions: Vec::new(),
        by: vec![name.to_owned()],
        by_server: true,
        sums: sums.clone(),
        newest: vec!["account".to_owned()],
        order: CountOrder::Sum(0),
        ascending: false,
        limit: MAX_GROUPS,
    };
    let series = state.parts.series.as_ref();
    let day = series.count_events(&ask(first_hour(hour))).await?;
    let running = series.count_events(&ask(hour)).await?;
    let mut all = HashMap::<(ServerId, String), Sender>::new();
    let text = |cell: Option<&Option<EventValue>>| cell?.as_ref()?.as_text().map(str::to_owned);
    for (group, is_running) in day
        .iter()
        .map(|group| (group, false))
        .chain(running.iter().map(|group| (group, true)))
    {
        let (Some(server), Some(name)) = (group.server, text(group.by.first())) else {
            continue;
        };
        if name == REST {
            continue;
        }
        let sender = all.entry((server, name.clone())).or_insert_with(|| Sender {
            server,
            kind,
            name,
            account: text(group.newest.first()),
            recipients_1h: 0.0,
            recipients_24h: 0.0,
            failures_24h: 0.0,
        });
        let recipients = group.sums.first().copied().unwrap_or_default();
        if is_running {
            sender.recipients_1h = recipients;
            // Not among the 1,000 of the day: at least what it has sent now.
            sender.recipients_24h = sender.recipients_24h.max(recipients);
        } else {
            sender.recipients_24h = recipients;
            sender.failures_24h = group.sums.get(1).copied().unwrap_or_default();
        }
    }
    Ok(all.into_values().collect())
}

/// Hour by hour, for the senders of a page.
async fn hours(state: &AppState, page: &[Sender], hour: UnixMs) -> Result<Vec<Hourly>, ApiError> {
    let mut found = HashMap::<(ServerId, SenderKind, String), Hourly>::new();
    for kind in [SenderKind::Login, SenderKind::Script] {
        let of_kind: Vec<&Sender> = page.iter().filter(|sender| sender.kind == kind).collect();
        let (table, name) = table(kind);
        // A condition's text is limited: some senders at a time.
        for some in of_kind.chunks(16) {
            let mut query = EventQuery {
                table,
                servers: Some(some.iter().map(|sender| sender.server).collect()),
                from: first_hour(hour),
                to: hour.plus(HOUR),
                conditions: vec![text_is(name, some.iter().map(|s| s.name.as_str()))],
                limit: MAX_EVENT_PAGE,
                after: None,
            };
            loop {
                let rows = state.parts.series.events(&query).await?;
                for event in &rows.events {
                    let Some(named) = event.row.text(name) else {
                        continue;
                    };
                    let key = (event.server, kind, named.to_owned());
                    let hourly = found.entry(key).or_default();
                    hourly.recipients.resize(HOURS, None);
                    let ago = hour.since(event.row.at).as_secs() / HOUR.as_secs();
                    let place = usize::try_from(ago)
                        .ok()
                        .and_then(|a| (HOURS - 1).checked_sub(a));
                    if let Some(cell) = place.and_then(|place| hourly.recipients.get_mut(place)) {
                        *cell = event.row.number("recipients").map(whole);
                    }
                    let addresses = event.row.number("ips").map(whole);
                    hourly.addresses = hourly.addresses.max(addresses);
                }
                query.after = rows.next;
                if query.after.is_none() {
                    break;
                }
            }
        }
    }
    let hourly = page.iter().map(|sender| {
        let key = (sender.server, sender.kind, sender.name.clone());
        let mut hourly = found.remove(&key).unwrap_or_default();
        hourly.recipients.resize(HOURS, None);
        hourly
    });
    Ok(hourly.collect())
}

fn first_hour(hour: UnixMs) -> UnixMs {
    hour.minus(HOUR.saturating_mul(23))
}

const fn table(kind: SenderKind) -> (EventTable, &'static str) {
    match kind {
        SenderKind::Login => (EventTable::EmailLogins, "login"),
        SenderKind::Script => (EventTable::EmailScripts, "path"),
    }
}

type Key = fn(&Sender) -> f64;

fn order(sort: Option<&str>) -> Result<(Key, bool), ApiError> {
    let sort = sort
        .filter(|text| !text.is_empty())
        .unwrap_or("-recipients_1h");
    let (name, descending) = sort
        .strip_prefix('-')
        .map_or((sort, false), |name| (name, true));
    let key: Key = match name {
        "recipients_1h" => |sender| sender.recipients_1h,
        "recipients_24h" => |sender| sender.recipients_24h,
        "failures_pct" => |sender| sender.failures_pct().unwrap_or(-1.0),
        _ => {
            let known = "must be recipients_1h, recipients_24h or failures_pct";
            return Err(ApiError::field("sort", known));
        }
    };
    Ok((key, descending))
}

fn offset(cursor: Option<&str>) -> Result<usize, ApiError> {
    let Some(cursor) = cursor.filter(|text| !text.is_empty()) else {
        return Ok(0);
    };
    let place = cursor.parse().ok().filter(|at| *at <= 4 * MAX_GROUPS);
    place.ok_or_else(|| ApiError::field("cursor", "is not one of ours"))
}
