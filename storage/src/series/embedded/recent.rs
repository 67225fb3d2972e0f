//! The last rows of several servers.

use super::codec::read_row;
use super::keys::row_time;
use super::store::{Failure, Store};
use crate::series::recent::{Gather, Recent, RecentQuery, check_recent};
use noc_pipeline::id::ServerId;
use std::collections::HashMap;

impl Store {
    /// Raw rows of some servers.
    pub fn recent(&self, query: &RecentQuery) -> Result<HashMap<ServerId, Vec<Recent>>, Failure> {
        let fields = check_recent(query)?;
        let places = self
            .schema
            .of(query.kind)
            .map_or_else(Vec::new, |places| places.places(&fields));
        let view = self.view();
        let mut gather = Gather::new(fields.len());
        let mut values = Vec::new();
        for server in &query.servers {
            let of = (query.kind, *server);
            view.raw_rows(of, (query.from, query.to), &mut |key, bytes| {
                let at = row_time(key).unwrap_or_default();
                read_row(
                    bytes,
                    &mut values,
                    |subject, values| -> Result<(), Failure> {
                        let wanted = places
                            .iter()
                            .map(|place| values.get(*place).copied().flatten());
                        Ok(gather.add(*server, subject, at, wanted)?)
                    },
                )
                .map_err(|failure: Failure| failure.at(query.kind, key))
            })?;
        }
        Ok(gather.finish())
    }
}
