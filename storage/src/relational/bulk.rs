//! Upserts of many rows about servers in one statement, for both databases.
//!
//! The rows are joined with `servers` while they are inserted: one of a server that is gone would otherwise fail the
//! whole statement, and nothing may bring such a server's rows back.

use sea_orm::DbBackend;

/// Rows in one statement.
pub(super) const ROWS: usize = 500;

/// A table whose rows belong to servers, as far as the statement needs to know it.
pub(super) struct OfServers {
    /// Its name.
    pub table: &'static str,
    /// Columns of its primary key.
    pub key: &'static str,
    /// Every column that is given, with the type MariaDB is to read its placeholder as. One is `server_id`.
    pub columns: &'static [(&'static str, &'static str)],
    /// What a row that is there already gets, in this order: column and expression, in which `new.x` is the row given
    /// and `old.x` the row there. MariaDB assigns from left to right, so a column that decides about others comes last.
    pub set: &'static [(&'static str, &'static str)],
}

impl OfServers {
    /// The statement for so many rows, which takes their columns one row after the other.
    pub fn upsert(&self, backend: DbBackend, rows: usize) -> String {
        let Self { table, key, .. } = self;
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let given = names.join(", ");
        let placeholders = vec!["?"; names.len()].join(", ");
        if backend == DbBackend::MySql {
            // The first row names and types the columns: a placeholder alone has no type.
            let first = self.columns.iter();
            let first = first.map(|(name, kind)| format!("CAST(? AS {kind}) AS {name}"));
            let first = first.collect::<Vec<_>>().join(", ");
            let rest = format!(" UNION ALL SELECT {placeholders}").repeat(rows.saturating_sub(1));
            let picked = names.iter().map(|name| format!("v.{name}"));
            let picked = picked.collect::<Vec<_>>().join(", ");
            let set = self.assignments(|column| format!("VALUES({column})"));
            return format!(
                "INSERT INTO {table} ({given}) SELECT {picked} FROM (SELECT {first}{rest}) v \
                 JOIN servers ON servers.id = v.server_id ON DUPLICATE KEY UPDATE {set}"
            );
        }
        let values = vec![format!("({placeholders})"); rows].join(", ");
        let place = names.iter().position(|name| *name == "server_id");
        let place = place.unwrap_or_default() + 1;
        let picked = (1..=names.len()).map(|n| format!("v.column{n}"));
        let picked = picked.collect::<Vec<_>>().join(", ");
        let set = self.assignments(|column| format!("excluded.{column}"));
        format!(
            "INSERT INTO {table} ({given}) SELECT {picked} FROM (VALUES {values}) AS v \
             JOIN servers ON servers.id = v.column{place} WHERE TRUE \
             ON CONFLICT ({key}) DO UPDATE SET {set}"
        )
    }

    fn assignments(&self, new: impl Fn(&str) -> String) -> String {
        let names = self.columns.iter().map(|(name, _)| *name);
        let mut names: Vec<&str> = names.collect();
        // Longer names first: one may begin another.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let set = self.set.iter().map(|(column, value)| {
            let mut value = (*value).to_owned();
            for name in &names {
                value = value.replace(&format!("new.{name}"), &new(name));
            }
            format!(
                "{column} = {}",
                value.replace("old.", &format!("{}.", self.table))
            )
        });
        set.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: OfServers = OfServers {
        table: "t",
        key: "server_id",
        columns: &[
            ("server_id", "SIGNED"),
            ("at", "DATETIME(3)"),
            ("at_work", "DOUBLE"),
        ],
        set: &[
            (
                "at_work",
                "CASE WHEN new.at >= old.at THEN new.at_work ELSE old.at_work END",
            ),
            ("at", "new.at"),
        ],
    };

    #[test]
    fn each_database_gets_its_own_words() {
        assert_eq!(
            TABLE.upsert(DbBackend::Sqlite, 2),
            "INSERT INTO t (server_id, at, at_work) SELECT v.column1, v.column2, v.column3 \
             FROM (VALUES (?, ?, ?), (?, ?, ?)) AS v JOIN servers ON servers.id = v.column1 WHERE TRUE \
             ON CONFLICT (server_id) DO UPDATE SET \
             at_work = CASE WHEN excluded.at >= t.at THEN excluded.at_work ELSE t.at_work END, at = excluded.at"
        );
        assert_eq!(
            TABLE.upsert(DbBackend::MySql, 2),
            "INSERT INTO t (server_id, at, at_work) SELECT v.server_id, v.at, v.at_work \
             FROM (SELECT CAST(? AS SIGNED) AS server_id, CAST(? AS DATETIME(3)) AS at, CAST(? AS DOUBLE) AS at_work \
             UNION ALL SELECT ?, ?, ?) v JOIN servers ON servers.id = v.server_id ON DUPLICATE KEY UPDATE \
             at_work = CASE WHEN VALUES(at) >= t.at THEN VALUES(at_work) ELSE t.at_work END, at = VALUES(at)"
        );
    }
}
