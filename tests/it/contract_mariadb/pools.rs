//! A server that has hardly a connection left for us: of the two pools of a node one has them all, and helps the other
//! out.

use noc_pipeline::clock::UnixMs;
use noc_pipeline::id::NodeId;
use noc_storage::relational::{
    Db, DbOptions, StoreError, TemporaryDatabase, nodes, temporary_chain_key,
};
use noc_tests::eventually;
use noc_tests::parts::Servers;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;
use uuid::Uuid;

/// So many connections are left.
const LEFT: usize = 2;
/// And each pool would have more.
const MOST: u32 = 4;
const AT: UnixMs = UnixMs(1_767_225_600_000);

/// An account that may have [`LEFT`] connections, gone with this; and the server's administrator.
struct Account {
    name: String,
    servers: Servers,
    root: DatabaseConnection,
}

impl Account {
    /// Its limit holds once it has a node.
    async fn new(servers: Servers) -> Self {
        let root = Database::connect(servers.mariadb_as("root")).await;
        let root = root.expect("root of MariaDB; is the stack started? make stack");
        let name = format!("noc_few_{}", Uuid::new_v4().simple());
        let account = Self {
            name,
            servers,
            root,
        };
        let who = account.quoted();
        account
            .as_root(&format!(
                "CREATE USER {who} IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 100"
            ))
            .await;
        account
            .as_root(&format!("GRANT ALL ON `noc%`.* TO {who}"))
            .await;
        account
    }

    fn quoted(&self) -> String {
        format!("'{}'@'127.0.0.1'", self.name)
    }

    async fn as_root(&self, statement: &str) {
        let done = self.root.execute_unprepared(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Its connections, by the server's number.
    async fn connections(&self) -> BTreeSet<i64> {
        let sql = format!(
            "SELECT CAST(id AS SIGNED) AS id FROM information_schema.processlist WHERE user = '{}'",
            self.name
        );
        let statement = Statement::from_string(DbBackend::MySql, sql);
        let rows = self.root.query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| row.try_get("", "id").unwrap())
            .collect()
    }

    /// Ends these, and waits until their places are free.
    async fn cut(&self, connections: &BTreeSet<i64>) {
        for id in connections {
            self.as_root(&format!("KILL {id}")).await;
        }
        eventually("connections to end", async || {
            self.connections()
                .await
                .is_disjoint(connections)
                .then_some(())
        })
        .await;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let (servers, gone) = (self.servers.clone(), format!("DROP USER {}", self.quoted()));
        let dropping = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(servers.as_root(&[&gone]));
        });
        if dropping.join().is_err() {
            eprintln!("an account of a test stays behind");
        }
    }
}

/// Which connection of the server answers.
async fn answered_by(connection: &impl ConnectionTrait) -> Result<i64, StoreError> {
    // Slow enough that two of them at once need two connections.
    let sql = "SELECT CAST(CONNECTION_ID() AS SIGNED) AS id FROM (SELECT SLEEP(0.3)) AS a_moment";
    let statement = Statement::from_string(DbBackend::MySql, sql);
    let row = connection.query_one_raw(statement).await;
    let row = row.map_err(StoreError::during("ask who answers"))?;
    Ok(row.expect("a row").try_get("", "id").expect("a number"))
}

/// As many transactions at once as there are connections, so that the writers' pool has them all.
async fn write_at_once(db: &Db) {
    let all = Arc::new(Barrier::new(LEFT));
    let writes = (0..LEFT).map(|_| {
        db.transaction("wait for each other", |tx| {
            let all = Arc::clone(&all);
            Box::pin(async move {
                answered_by(tx).await?;
                all.wait().await;
                Ok::<_, StoreError>(())
            })
        })
    });
    for written in futures::future::join_all(writes).await {
        written.expect("a transaction");
    }
}

/// A node whose schema is there already and whose account may have few connections from now on. It has none yet.
async fn node(account: &Account, database: &TemporaryDatabase) -> Db {
    let options = || DbOptions {
        read_connections: MOST,
        write_connections: MOST,
        statement_limit: Duration::from_secs(8),
        ..DbOptions::new(temporary_chain_key())
    };
    let migrated = Db::open(&database.url(), options()).await;
    drop(migrated.expect("the schema"));
    let url = database.url();
    let (_, name) = url.rsplit_once('/').expect("a name");
    let few = account.servers.mariadb_as(&format!("{}:few", account.name));
    let db = Db::open(&format!("{few}{name}"), options()).await;
    let db = db.expect("a node");
    let who = account.quoted();
    account
        .as_root(&format!(
            "ALTER USER {who} WITH MAX_USER_CONNECTIONS {LEFT}"
        ))
        .await;
    account.cut(&account.connections().await).await;
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_connection_left_uses_those_of_the_other_pool() {
    let servers = Servers::known();
    let database = TemporaryDatabase::create(&servers.mariadb).await.unwrap();
    let account = Account::new(servers).await;
    let db = node(&account, &database).await;

    // The writers have them all: readers are served by them.
    write_at_once(&db).await;
    let writers = account.connections().await;
    assert_eq!(writers.len(), LEFT, "{writers:?}");
    let by = answered_by(db.read())
        .await
        .expect("a reader is helped out");
    assert!(writers.contains(&by), "{by} of {writers:?}");
    nodes::alive_since(db.read(), AT)
        .await
        .expect("so is any read");

    // The readers have them all: writers are served by them, transactions too.
    account.cut(&writers).await;
    let (one, other) = tokio::join!(answered_by(db.read()), answered_by(db.read()));
    let readers = BTreeSet::from([one.unwrap(), other.unwrap()]);
    assert_eq!(account.connections().await, readers);
    let by = answered_by(db.write())
        .await
        .expect("a writer is helped out");
    assert!(readers.contains(&by), "{by} of {readers:?}");
    let by = db.transaction("write", |tx| {
        Box::pin(async move {
            nodes::seen(tx, NodeId(Uuid::nil()), AT).await?;
            answered_by(tx).await
        })
    });
    let by = by.await.expect("so is a transaction");
    assert!(readers.contains(&by), "{by} of {readers:?}");
    assert_eq!(account.connections().await, readers, "none was made");
}
