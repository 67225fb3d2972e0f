//! Several writes that belong together, the entry of the security log included.

/// Runs a block in one write transaction of the state's database: all of it is stored, or nothing.
///
/// `in_transaction!(state, "rename a server", [caller, id], |tx| { ... Ok(row) })`: the block may run more than once
/// (deadlocks repeat it), so what it uses of its surroundings is named in the brackets and cloned for each run.
/// `state` is always there. The block answers `Result<_, ApiError>`.
macro_rules! in_transaction {
    ($state:ident, $operation:literal, [$($captured:ident),* $(,)?], |$tx:ident| $body:block) => {{
        let db = $state.db().clone();
        let $state = $state.clone();
        $(let $captured = $captured.clone();)*
        db.transaction($operation, move |$tx| {
            let $state = $state.clone();
            $(let $captured = $captured.clone();)*
            Box::pin(async move {
                let done: Result<_, crate::error::ApiError> = async {
                    let _ = &$state;
                    $body
                }
                .await;
                done
            })
        })
        .await
    }};
}

pub(crate) use in_transaction;
