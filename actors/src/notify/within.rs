//! A limit of time that a frozen process keeps.

use noc_pipeline::clock::Stopwatch;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// What `work` comes to, or `None` where it takes longer than `limit`.
///
/// Unlike a plain time-out it looks at the clock before it goes on with the work: a process that was stopped for longer
/// than that takes no further step when it wakes up. So a message whose claim somebody else has by then does not leave
/// a second time, only because the provider's answer was there already.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    let watch = Stopwatch::start();
    let mut work = pin!(work);
    let work = poll_fn(|context| {
        if watch.elapsed() >= limit {
            Poll::Ready(None)
        } else {
            work.as_mut().poll(context).map(Some)
        }
    });
    tokio::time::timeout(limit, work).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn work_within_its_limit_is_done() {
        assert_eq!(within(Duration::from_secs(60), ready(7)).await, Some(7));
        assert_eq!(
            within(Duration::from_millis(1), pending::<()>()).await,
            None
        );
    }

    #[tokio::test]
    async fn work_that_is_ready_too_late_is_not_gone_on_with() {
        let mut steps = 0;
        let work = poll_fn(|context| {
            steps += 1;
            // As if the process had been stopped here, and the answer had come meanwhile.
            let stopped = Stopwatch::start();
            while stopped.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            context.waker().wake_by_ref();
            if steps == 2 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        assert_eq!(within(Duration::from_millis(10), work).await, None);
        assert_eq!(steps, 1);
    }
}
