//! The relational contract on a real MariaDB server, whatever the other tests run on.

mod pools;
mod taken_back;

use noc_storage::relational::{Db, StoreError};
use noc_tests::parts::Servers;

async fn open() -> Result<Db, StoreError> {
    let db = Db::open_temporary_on(&Servers::known().mariadb).await;
    if let Err(error) = &db {
        panic!("MariaDB cannot be used: {error:?}; is the stack started? make stack");
    }
    db
}

noc_storage::relational_contract!(open);
