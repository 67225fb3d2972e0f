//! What lists of events share: whose they are, conditions, and cursors.

use super::id_of;
use crate::error::ApiError;
use crate::state::AppState;
use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::ServerId;
use noc_pipeline::payload::events::EventValue;
use noc_storage::relational::page::PageRequest;
use noc_storage::relational::servers::{self, ServerFilter};
use noc_storage::series::events::{EventCondition, EventCursor, EventTest, MAX_NAMED_SERVERS};

/// Whose events; `None`: those of all.
#[derive(Debug, Clone)]
pub(super) struct Scope(pub Option<Vec<ServerId>>);

impl Scope {
    /// One server's.
    pub fn server(server: ServerId) -> Self {
        Self(Some(vec![server]))
    }

    /// Those of a server, or of all servers with a tag.
    ///
    /// # Errors
    /// 422 when the tag is too common to name all that carry it; what the database says.
    pub async fn of(
        state: &AppState,
        server: Option<i64>,
        tag: Option<&str>,
    ) -> Result<Self, ApiError> {
        if let Some(id) = server {
            return Ok(Self::server(id_of("server", id)?));
        }
        let Some(tag) = tag.filter(|tag| !tag.is_empty()) else {
            return Ok(Self(None));
        };
        let filter = ServerFilter {
            tag: Some(tag.to_owned()),
            ..ServerFilter::default()
        };
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest {
                limit: Some(200),
                cursor,
                sort: Some("name".to_owned()),
            };
            let page = servers::list(state.db().read(), &filter, &request).await?;
            if page.total > MAX_NAMED_SERVERS as u64 {
                let problem = format!("more than {MAX_NAMED_SERVERS} servers carry it");
                return Err(ApiError::field("tag", problem));
            }
            found.extend(page.data.iter().map(|row| row.server.server_id()));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(Self(Some(found)));
            }
        }
    }
}

/// One of these texts, exactly.
pub(crate) fn text_is<'t>(
    column: &str,
    texts: impl IntoIterator<Item = &'t str>,
) -> EventCondition {
    let values = texts.into_iter().map(EventValue::from).collect();
    EventCondition {
        columns: vec![column.to_owned()],
        test: EventTest::OneOf(values),
    }
}

/// A cursor as clients keep it.
pub(crate) fn cursor_of(cursor: EventCursor) -> String {
    format!("{}.{}.{}", cursor.at.0, cursor.server.0, cursor.key)
}

/// Reads [`cursor_of`].
///
/// # Errors
/// 422 for what is none.
pub(crate) fn read_cursor(text: &str) -> Result<EventCursor, ApiError> {
    let read = || -> Option<EventCursor> {
        let (at, rest) = text.split_once('.')?;
        let (server, key) = rest.split_once('.')?;
        Some(EventCursor {
            at: UnixMs(at.parse().ok()?),
            server: ServerId(server.parse().ok()?),
            key: key.parse().ok()?,
        })
    };
    read().ok_or_else(|| ApiError::field("cursor", "is not one of ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor = EventCursor {
            at: UnixMs(1_778_155_200_000),
            server: ServerId(7),
            key: -42,
        };
        assert_eq!(read_cursor(&cursor_of(cursor)).unwrap(), cursor);
        for wrong in ["", "1", "1.2", "1.2.3.4", "a.b.c", "1.-2.3"] {
            assert!(read_cursor(wrong).is_err(), "{wrong}");
        }
    }
}
