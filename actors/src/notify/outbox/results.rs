//! Results of sends, written down several at a time.
//!
//! While one transaction is committed the results of other sends pile up, and whoever is next writes all of them in one. So
//! a channel that answers quickly costs one commit for several messages, and a message that is alone waits for nothing.
//! Where writing together fails, each is written by itself: one that cannot be written takes no other with it.

use super::record::{Settled, record_several};
use crate::notify::NotifyContext;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::oneshot::{self, error::TryRecvError};

/// Messages in one transaction.
const MOST: usize = 32;

/// What waits to be written down.
#[derive(Default)]
pub(crate) struct Results {
    waiting: Mutex<Vec<Entry>>,
    /// Held by whoever writes.
    turn: tokio::sync::Mutex<()>,
}

struct Entry {
    rows: Settled,
    /// Told once it is written; dropped when it could not be, together with others.
    written: oneshot::Sender<()>,
}

impl Results {
    /// The oldest of what waits.
    fn take(&self) -> Vec<Entry> {
        let mut waiting = self.waiting.lock();
        let count = waiting.len().min(MOST);
        waiting.drain(..count).collect()
    }
}

/// Writes what came of a message down, with those that wait beside it; false when it must be written by itself.
pub(super) async fn together(context: &NotifyContext, rows: &Settled) -> bool {
    let (written, mut ours) = oneshot::channel();
    let rows = Arc::clone(rows);
    let entry = Entry { rows, written };
    context.results.waiting.lock().push(entry);
    let _turn = context.results.turn.lock().await;
    loop {
        match ours.try_recv() {
            Ok(()) => return true,
            Err(TryRecvError::Closed) => return false,
            Err(TryRecvError::Empty) => {}
        }
        let entries = context.results.take();
        let (messages, written): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .map(|entry| (entry.rows, entry.written))
            .unzip();
        match record_several(context, messages).await {
            Ok(()) => {
                for one in written {
                    let _nobody = one.send(()).is_err();
                }
            }
            Err(error) => tracing::debug!(%error, "results not written together, each by itself"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Attempt, Conclusion, News, record_all};
    use super::*;
    use crate::escalation::fire::fire;
    use crate::notify::outbox::claim;
    use crate::notify::story::{BEGIN, Story, step};
    use futures::poll;
    use noc_pipeline::control::Severity::Critical;
    use noc_storage::relational::deliveries::{Ending, Status};
    use noc_storage::relational::entity::notification_delivery::Model;
    use noc_storage::relational::executions;
    use std::time::Duration;

    /// Messages of one step, each claimed.
    async fn claimed(story: &Story) -> Vec<Model> {
        story
            .channel("email", true, &["a@noc.test", "b@noc.test"])
            .await;
        let incident = story.opens(Critical).await;
        let row = executions::of_incident(story.db().read(), incident).await;
        let id = row.unwrap().unwrap().id;
        fire(story.db(), &story.context.registry, id, BEGIN)
            .await
            .unwrap();
        let bundles = claim(&story.context, "email", 10).await.unwrap();
        let rows: Vec<_> = bundles.into_iter().flat_map(|one| one.rows).collect();
        assert!(rows.len() > 1);
        rows
    }

    fn accepted(row: &Model) -> Settled {
        let conclusion = Conclusion {
            ending: Ending {
                status: Status::Sent,
                attempts: 1,
                next_attempt_at: None,
                provider_id: None,
                reason: None,
            },
            attempt: Some(Attempt {
                at: BEGIN,
                took: Duration::ZERO,
                outcome: "sent",
                detail: String::new(),
            }),
            news: News::Nothing,
        };
        Arc::new(vec![(row.clone(), conclusion)])
    }

    #[tokio::test]
    async fn what_ends_meanwhile_is_written_with_the_next() {
        let story = Story::with(0, vec![step(0, &["operator"])]).await;
        let rows = claimed(&story).await;
        let context = &story.context;
        let settled: Vec<_> = rows.iter().map(accepted).collect();
        let turn = context.results.turn.lock().await;
        let mut all: Vec<_> = settled
            .iter()
            .map(|one| Box::pin(together(context, one)))
            .collect();
        for one in &mut all {
            assert!(poll!(one).is_pending());
        }
        drop(turn);
        let mut all = all.into_iter();
        assert!(all.next().unwrap().await);
        assert_eq!(story.states().await, vec!["sent"; rows.len()]);
        for one in all {
            assert!(one.await);
        }
    }

    #[tokio::test]
    async fn one_that_cannot_be_written_takes_no_other_with_it() {
        let story = Story::with(0, vec![step(0, &["operator"])]).await;
        let rows = claimed(&story).await;
        let context = &story.context;
        // Its row is gone.
        let mut lost = rows[0].clone();
        lost.id = i64::MAX;
        let (lost, kept) = (accepted(&lost), accepted(&rows[0]));
        let turn = context.results.turn.lock().await;
        let mut bad = Box::pin(together(context, &lost));
        let mut good = Box::pin(together(context, &kept));
        assert!(poll!(&mut bad).is_pending());
        assert!(poll!(&mut good).is_pending());
        drop(turn);
        assert!(!bad.await);
        assert!(!good.await);
        record_all(context, &lost).await.unwrap_err();
        record_all(context, &kept).await.unwrap();
        let states = story.states().await;
        assert_eq!(states.iter().filter(|state| *state == "sent").count(), 1);
    }
}
