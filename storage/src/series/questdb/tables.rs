//! Names and columns of every table.

use crate::series::SeriesError;
use noc_pipeline::payload::Kind;
use noc_pipeline::payload::events::{ColumnType, EventTable};

/// Type of a column, as QuestDB spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Timestamp,
    Int,
    Long,
    Double,
    Varchar,
    Boolean,
}

impl Type {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "TIMESTAMP",
            Self::Int => "INT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::Varchar => "VARCHAR",
            Self::Boolean => "BOOLEAN",
        }
    }
}

/// A table as it must be. The first column is `ts`, the designated timestamp; keys are columns, too.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<(String, Type)>,
    /// Rows are the same when these are, `ts` first.
    pub keys: Vec<&'static str>,
    pub partition_by: &'static str,
}

/// Names of the two tables of a kind.
#[derive(Debug)]
pub struct KindTables {
    pub kind: Kind,
    pub raw: String,
    pub hourly: String,
    /// The column that tells subjects apart, such as `mount`.
    pub subject: Option<&'static str>,
}

/// Names of all tables.
#[derive(Debug)]
pub struct Tables {
    /// Those of kinds that have numbers.
    pub kinds: Vec<KindTables>,
    /// Those of events.
    pub events: Vec<(EventTable, String)>,
    /// Every report of the last hours.
    pub reports: String,
    /// The last report of servers that are silent.
    pub silent: String,
    /// Hours of servers that are to be rolled up again.
    pub late: String,
    /// Hours that were rolled up.
    pub rolled: String,
    /// Names and values: positions, what was dropped, what was forgotten.
    pub state: String,
}

/// The storage map's name of a kind's table.
fn raw_name(kind: Kind) -> String {
    match kind {
        Kind::Metrics => "server_metrics".to_owned(),
        Kind::Processes => "process_checks".to_owned(),
        Kind::Disks => "disk_partitions".to_owned(),
        Kind::Mysql => "mysql_snapshots".to_owned(),
        Kind::Litespeed => "litespeed_snapshots".to_owned(),
        Kind::MailQueue => "email_queue_snapshots".to_owned(),
        Kind::Cpanel => "cpanel_snapshots".to_owned(),
        Kind::EmailStats => "email_send_stats".to_owned(),
        other @ (Kind::Lifecycle
        | Kind::Firewall
        | Kind::Crons
        | Kind::Backups
        | Kind::Inventory) => other.name().replace('-', "_"),
    }
}

impl Tables {
    pub fn new(prefix: &str) -> Self {
        let kinds = Kind::ALL.iter().filter(|kind| !kind.metrics().is_empty());
        let kinds = kinds.map(|kind| {
            let raw = format!("{prefix}{}", raw_name(*kind));
            KindTables {
                kind: *kind,
                hourly: format!("{raw}_hourly"),
                raw,
                subject: kind.metrics().iter().find_map(|spec| spec.subject),
            }
        });
        let name = |name: &str| format!("{prefix}series_{name}");
        let events = EventTable::ALL.iter();
        let events = events.map(|table| (*table, format!("{prefix}{}", table.name())));
        Self {
            kinds: kinds.collect(),
            events: events.collect(),
            reports: name("reports"),
            silent: name("silent"),
            late: name("late_hours"),
            rolled: name("rolled_hours"),
            state: name("state"),
        }
    }

    /// The tables of a kind; `None` for kinds without numbers.
    pub fn of(&self, kind: Kind) -> Option<&KindTables> {
        self.kinds.iter().find(|tables| tables.kind == kind)
    }

    /// The name of a table of events.
    pub fn event(&self, table: EventTable) -> &str {
        let mut events = self.events.iter();
        let found = events.find(|(of, _)| *of == table);
        found.map_or("", |(_, name)| name)
    }

    /// Every table there is.
    pub fn all(&self) -> Vec<Table> {
        let mut all = Vec::new();
        for kind in &self.kinds {
            all.push(kind.raw_table());
            all.push(kind.hourly_table());
        }
        all.extend(self.events.iter().map(|(of, name)| event_table(*of, name)));
        let report = |name: &str, partition_by| Table {
            name: name.to_owned(),
            columns: columns(&[
                ("server", Type::Int),
                ("kind", Type::Int),
                ("received_at", Type::Timestamp),
                ("report", Type::Varchar),
            ]),
            keys: vec!["ts", "server", "kind"],
            partition_by,
        };
        all.push(report(&self.reports, "HOUR"));
        all.push(report(&self.silent, "YEAR"));
        all.push(Table {
            name: self.late.clone(),
            columns: columns(&[
                ("server", Type::Int),
                ("kind", Type::Int),
                ("mark", Type::Long),
                ("done", Type::Boolean),
            ]),
            keys: vec!["ts", "server", "kind", "mark"],
            partition_by: "DAY",
        });
        all.push(Table {
            name: self.rolled.clone(),
            columns: columns(&[("kind", Type::Int)]),
            keys: vec!["ts", "kind"],
            partition_by: "DAY",
        });
        all.push(Table {
            name: self.state.clone(),
            columns: columns(&[("name", Type::Varchar), ("value", Type::Varchar)]),
            keys: vec!["ts", "name"],
            partition_by: "YEAR",
        });
        all
    }
}

impl KindTables {
    /// Columns of a row's key but `ts`, with a comma before each.
    pub fn key_columns(&self) -> String {
        match self.subject {
            Some(subject) => format!(", server, \"{subject}\""),
            None => ", server".to_owned(),
        }
    }

    /// The subject's column, or an empty answer in its place.
    pub fn subject_column(&self) -> String {
        self.subject
            .map_or_else(|| "NULL".to_owned(), |subject| format!("\"{subject}\""))
    }

    fn head(&self) -> (Vec<(String, Type)>, Vec<&'static str>) {
        let mut head = columns(&[("server", Type::Int)]);
        let mut keys = vec!["ts", "server"];
        if let Some(subject) = self.subject {
            head.push((subject.to_owned(), Type::Varchar));
            keys.push(subject);
        }
        (head, keys)
    }

    fn raw_table(&self) -> Table {
        let (mut columns, keys) = self.head();
        let fields = self.kind.metrics().iter();
        columns.extend(fields.map(|spec| (spec.field.to_owned(), Type::Double)));
        Table {
            name: self.raw.clone(),
            columns,
            keys,
            partition_by: "DAY",
        }
    }

    fn hourly_table(&self) -> Table {
        let (mut columns, keys) = self.head();
        for spec in self.kind.metrics() {
            for (part, of) in [
                ("avg", Type::Double),
                ("min", Type::Double),
                ("max", Type::Double),
                ("count", Type::Int),
            ] {
                columns.push((format!("{}_{part}", spec.field), of));
            }
        }
        Table {
            name: self.hourly.clone(),
            columns,
            keys,
            partition_by: "DAY",
        }
    }
}

/// A table of events. `event` is the key that tells those of one server and time apart.
fn event_table(of: EventTable, name: &str) -> Table {
    let mut columns = columns(&[("server", Type::Int), ("event", Type::Long)]);
    columns.extend(of.columns().iter().map(|column| {
        let of = match column.column_type {
            ColumnType::Text => Type::Varchar,
            ColumnType::Number => Type::Double,
            // A BOOLEAN cannot be unknown.
            ColumnType::YesNo => Type::Int,
        };
        (column.name.to_owned(), of)
    }));
    Table {
        name: name.to_owned(),
        columns,
        keys: vec!["ts", "server", "event"],
        partition_by: "DAY",
    }
}

fn columns(after_ts: &[(&str, Type)]) -> Vec<(String, Type)> {
    let ts = [("ts", Type::Timestamp)];
    let all = ts.iter().chain(after_ts);
    all.map(|(name, of)| ((*name).to_owned(), *of)).collect()
}

impl Table {
    /// The statement that makes it.
    pub fn create(&self) -> String {
        let columns = self.columns.iter();
        let columns: Vec<_> = columns
            .map(|(name, of)| format!("\"{name}\" {}", of.name()))
            .collect();
        let keys: Vec<_> = self.keys.iter().map(|key| format!("\"{key}\"")).collect();
        format!(
            "CREATE TABLE IF NOT EXISTS \"{}\" ({}) TIMESTAMP(ts) PARTITION BY {} WAL DEDUP UPSERT KEYS({})",
            self.name,
            columns.join(", "),
            self.partition_by,
            keys.join(", ")
        )
    }

    /// Compares with the columns found: name, type, whether it is a key. Returns the statements that add what is not
    /// there.
    ///
    /// # Errors
    /// [`SeriesError::Refused`] names the column that is not as it must be.
    pub fn missing(&self, found: &[(String, String, bool)]) -> Result<Vec<String>, SeriesError> {
        let refused = |reason: String| SeriesError::Refused {
            operation: "open",
            reason: format!("table {}: {reason}", self.name),
        };
        let mut statements = Vec::new();
        for (name, wanted) in &self.columns {
            let must_be_key = self.keys.iter().any(|key| key == name);
            // QuestDB takes names in any case as the same.
            match found.iter().find(|(n, ..)| n.eq_ignore_ascii_case(name)) {
                None if must_be_key => {
                    return Err(refused(format!("has no key column {name}")));
                }
                None => statements.push(format!(
                    "ALTER TABLE \"{}\" ADD COLUMN IF NOT EXISTS \"{name}\" {}",
                    self.name,
                    wanted.name()
                )),
                Some((_, of, _)) if of != wanted.name() => {
                    return Err(refused(format!(
                        "column {name} is {of} and must be {}",
                        wanted.name()
                    )));
                }
                Some((_, _, is_key)) if must_be_key != *is_key => {
                    return Err(refused(format!(
                        "must be deduplicated by {} and no other column; {name} {} one",
                        self.keys.join(", "),
                        if *is_key { "is" } else { "is not" },
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(table: &Table) -> Vec<(String, String, bool)> {
        let is_key = |name: &String| table.keys.iter().any(|key| key == name);
        let columns = table.columns.iter();
        columns
            .map(|(name, of)| (name.clone(), of.name().to_owned(), is_key(name)))
            .collect()
    }

    #[test]
    fn a_table_as_it_must_be_needs_nothing() {
        for table in Tables::new("x_").all() {
            assert_eq!(table.missing(&found(&table)).unwrap(), Vec::<String>::new());
            assert!(table.name.starts_with("x_"));
        }
    }

    #[test]
    fn new_fields_are_added_and_wrong_columns_named() {
        let tables = Tables::new("");
        let table = tables.of(Kind::Disks).unwrap().hourly_table();
        let mut shrunk = found(&table);
        shrunk.retain(|(name, ..)| !name.starts_with("inodes_used_"));
        let added = table.missing(&shrunk).unwrap();
        assert_eq!(added.len(), 8, "inodes_used and inodes_used_pct: {added:?}");
        assert!(added[0].starts_with("ALTER TABLE \"disk_partitions_hourly\" ADD COLUMN"));
        let mut wrong = found(&table);
        wrong[3].1 = "SYMBOL".to_owned();
        let error = table.missing(&wrong).unwrap_err();
        assert!(
            error.to_string().contains("used_pct_avg is SYMBOL"),
            "{error}"
        );
        assert!(!error.is_retryable());
        let mut no_key = found(&table);
        no_key[2].2 = false;
        let error = table.missing(&no_key).unwrap_err();
        assert!(error.to_string().contains("mount is not one"), "{error}");
    }
}
