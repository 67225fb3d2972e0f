//! Who of a channel's messages in hand may send: a few at a time.
//!
//! A worker takes more messages than it sends at a time, for to take many costs the database hardly more than to take one,
//! and so does writing down what came of them. Those that wait for their turn go back, as they were, when the channel is to
//! be left alone or the node stops, and wait where their recipient is to be: nothing of them was begun.

use super::record::News;
use noc_pipeline::clock::UnixMs;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of one channel.
pub(crate) struct Line {
    sends: Arc<Semaphore>,
    /// How often the channel was to be left alone.
    refusals: AtomicU64,
    /// Recipients who are to be left alone, and until when.
    crowded: Mutex<HashMap<String, UnixMs>>,
}

/// When a message came into hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// Somebody's turn, until it is dropped.
pub(crate) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
    line: Option<Arc<Line>>,
}

impl Line {
    /// `sends` at a time.
    pub fn new(sends: usize) -> Self {
        Self {
            sends: Arc::new(Semaphore::new(sends)),
            refusals: AtomicU64::new(0),
            crowded: Mutex::default(),
        }
    }

    /// For what is taken from now on.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.refusals.load(Ordering::Acquire))
    }

    /// Waits for a turn; `None`: there is none for this message, it goes back.
    pub async fn turn(self: &Arc<Self>, ticket: Ticket) -> Option<Slot> {
        let permit = Arc::clone(&self.sends).acquire_owned().await.ok()?;
        (self.ticket() == ticket).then(|| Slot {
            _permit: Some(permit),
            line: Some(Arc::clone(self)),
        })
    }

    /// Until when what is in hand for a recipient waits; `None`: it need not.
    pub fn crowded(&self, recipient_key: &str, now: UnixMs) -> Option<UnixMs> {
        let until = self.crowded.lock().get(recipient_key).copied();
        until.filter(|until| *until > now)
    }

    /// Nobody begins any more.
    pub fn close(&self) {
        self.sends.close();
    }
}

impl Slot {
    /// A turn without a line, for tests.
    #[cfg(test)]
    pub fn free() -> Self {
        Self {
            _permit: None,
            line: None,
        }
    }

    /// The provider answered about a recipient: the next may send while that is written down. Where the channel is to be left
    /// alone nobody may, until it stands in its row and [`Slot::leave_alone`] is called; where the recipient is, nobody
    /// sends to them for as long as was asked.
    pub fn answered(self, news: News, recipient_key: &str, now: UnixMs) -> Option<Self> {
        if let (News::Crowded(pause), Some(line)) = (news, &self.line) {
            let mut crowded = line.crowded.lock();
            crowded.retain(|_, until| *until > now);
            let until = crowded.entry(recipient_key.to_owned()).or_insert(now);
            *until = now.plus(pause).max(*until);
        }
        matches!(news, News::Away | News::Limited(_)).then_some(self)
    }

    /// Sends back what is in hand.
    pub fn leave_alone(self) {
        if let Some(line) = &self.line {
            line.refusals.fetch_add(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::time::Duration;

    const NOW: UnixMs = UnixMs(1_795_300_000_000);

    #[tokio::test]
    async fn a_few_send_at_a_time_and_the_next_one_once_the_provider_answered() {
        let line = Arc::new(Line::new(1));
        let first = line.turn(line.ticket()).await.unwrap();
        assert!(line.turn(line.ticket()).now_or_never().is_none());
        assert!(first.answered(News::Nothing, "ada", NOW).is_none());
        assert!(line.turn(line.ticket()).await.is_some());
    }

    #[tokio::test]
    async fn what_is_in_hand_goes_back_when_the_channel_is_to_be_left_alone() {
        for news in [News::Away, News::Limited(UnixMs(1))] {
            let line = Arc::new(Line::new(1));
            let ticket = line.ticket();
            let slot = line.turn(ticket).await.unwrap();
            let slot = slot
                .answered(news, "ada", NOW)
                .expect("its turn lasts until it is written down");
            assert!(line.turn(ticket).now_or_never().is_none());
            slot.leave_alone();
            assert!(line.turn(ticket).await.is_none(), "it goes back");
            assert!(
                line.turn(line.ticket()).await.is_some(),
                "what is taken later may try"
            );
        }
    }

    #[tokio::test]
    async fn what_is_in_hand_for_a_recipient_waits_where_they_are_to_be_left_alone() {
        let line = Arc::new(Line::new(2));
        let ticket = line.ticket();
        let later = |seconds| NOW.plus(Duration::from_secs(seconds));
        let slot = line.turn(ticket).await.unwrap();
        let news = News::Crowded(Duration::from_secs(6));
        assert!(slot.answered(news, "ada", NOW).is_none(), "others go on");
        assert!(line.turn(ticket).await.is_some());
        assert_eq!(line.crowded("ada", NOW), Some(later(6)));
        assert_eq!(line.crowded("ada", later(6)), None);
        let slot = line.turn(ticket).await.unwrap();
        let shorter = News::Crowded(Duration::from_secs(2));
        assert!(slot.answered(shorter, "ada", NOW).is_none());
        assert_eq!(line.crowded("ada", NOW), Some(later(6)), "the longest");
        assert_eq!(line.crowded("bob", NOW), None);
    }

    #[tokio::test]
    async fn nobody_begins_once_it_is_closed_and_whoever_began_goes_on() {
        let line = Arc::new(Line::new(1));
        let began = line.turn(line.ticket()).await.unwrap();
        let waiting = line.turn(line.ticket());
        line.close();
        assert!(waiting.await.is_none());
        assert!(began.answered(News::Nothing, "ada", NOW).is_none());
    }
}
