//! Where a report stands: shown beside its values, so that *unknown* never looks like *fine*.

use chrono::{DateTime, Utc};
use noc_pipeline::clock::UnixMs;
use noc_pipeline::payload::Kind;
use noc_storage::relational::server_probes;
use noc_storage::series::Latest;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the newest report of a kind can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbeState {
    /// It can.
    Ok,
    /// It is older than two intervals.
    Stale,
    /// Nothing was ever received.
    NoData,
    /// The agent may not read its source.
    NoPermission,
    /// The source is not on the host.
    NotInstalled,
    /// The source answered nonsense.
    CollectorError,
    /// The source did not answer in time.
    Timeout,
}

impl From<server_probes::ProbeState> for ProbeState {
    fn from(state: server_probes::ProbeState) -> Self {
        use noc_pipeline::payload::KindError;
        use server_probes::ProbeState as Stored;
        match state {
            Stored::Ok => Self::Ok,
            Stored::Stale => Self::Stale,
            Stored::NoData => Self::NoData,
            Stored::Unreadable(KindError::NoPermission) => Self::NoPermission,
            Stored::Unreadable(KindError::NotInstalled) => Self::NotInstalled,
            Stored::Unreadable(KindError::CollectorError) => Self::CollectorError,
            Stored::Unreadable(KindError::Timeout) => Self::Timeout,
        }
    }
}

/// Where a report stands: shown beside its values, so that *unknown* never looks like *fine*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Probe {
    /// Whether it can be relied on.
    pub state: ProbeState,
    /// When it was measured.
    pub observed_at: Option<DateTime<Utc>>,
    /// What would help, in the agent's words.
    pub hint: Option<String>,
}

impl Probe {
    /// Of a server that never sent such a report.
    #[must_use]
    pub const fn no_data() -> Self {
        Self {
            state: ProbeState::NoData,
            observed_at: None,
            hint: None,
        }
    }

    /// Of the newest report of a kind, where there is one.
    #[must_use]
    pub fn of(kind: Kind, latest: Option<&Latest>, now: UnixMs) -> Self {
        let Some(latest) = latest else {
            return Self::no_data();
        };
        let (error, age) = (latest.report.error(), now.since(latest.event_at));
        let state = server_probes::ProbeState::of(kind, error, age);
        Self {
            state: state.into(),
            observed_at: Some(latest.event_at.to_datetime()),
            hint: latest.report.hint().map(str::to_owned),
        }
    }

    /// Of what the database keeps of a newest report.
    #[must_use]
    pub fn of_row(row: &server_probes::ProbeRow, now: UnixMs) -> Self {
        Self {
            state: row.state(now).into(),
            observed_at: Some(row.observed_at.to_datetime()),
            hint: row.hint.clone(),
        }
    }

    /// Of a row of a list of the fleet by a kind.
    #[must_use]
    pub fn of_probed(kind: Kind, row: &server_probes::Probed, now: UnixMs) -> Self {
        let Some(at) = row.observed_at else {
            return Self::no_data();
        };
        let state = server_probes::ProbeState::of(kind, row.error, now.since(at));
        Self {
            state: state.into(),
            observed_at: Some(at.to_datetime()),
            hint: row.hint.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noc_pipeline::payload::{KindError, Processes, Report};
    use std::sync::Arc;

    #[test]
    fn what_cannot_be_read_or_is_old_is_said_so() {
        let probe =
            |latest: Option<&Latest>, now| Probe::of(Kind::Processes, latest, UnixMs(now)).state;
        assert_eq!(probe(None, 0), ProbeState::NoData);
        let fine = Latest {
            event_at: UnixMs(1_000_000),
            received_at: UnixMs(1_000_500),
            report: Arc::new(Report::Data(Processes::default().into())),
        };
        assert_eq!(probe(Some(&fine), 1_000_000 + 150_000), ProbeState::Ok);
        assert_eq!(probe(Some(&fine), 1_000_000 + 151_000), ProbeState::Stale);
        let blind = Latest {
            report: Arc::new(Report::Unreadable {
                kind: Kind::Processes,
                error: KindError::NoPermission,
                hint: None,
            }),
            ..fine
        };
        assert_eq!(probe(Some(&blind), 1_000_000), ProbeState::NoPermission);
    }
}
