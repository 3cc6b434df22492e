//! The clock for slow heads: how long a client may be silent, or take, before a request is there.
//!
//! hyper asks for a timer with every request, and drops it as soon as its head is read. Those of one connection share one
//! timer of the runtime here, which is only set anew when it goes off: while requests follow upon each other once in all
//! the time that a head may take, and not thousands of times a second.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// The clock of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadClock(Arc<Mutex<Alarm>>);

#[derive(Debug, Default)]
struct Alarm {
    /// The timer of the runtime, once it is needed.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    /// Who is woken when it goes off.
    waker: Option<Waker>,
}

impl Alarm {
    /// Whether there is nothing to do but wait: it is set for no later than this, and will wake this task.
    fn is_set(&self, deadline: tokio::time::Instant, task: &Context<'_>) -> bool {
        self.timer.as_ref().is_some_and(|timer| timer.deadline() <= deadline && !timer.is_elapsed())
            && self.waker.as_ref().is_some_and(|waker| waker.will_wake(task.waker()))
    }
}

impl Timer for HeadClock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { clock: self.clone(), deadline: deadline.into() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

/// One of them waits at a time: they belong to the one task of the connection.
struct Wait {
    clock: HeadClock,
    deadline: tokio::time::Instant,
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.clock.0.lock().unwrap_or_else(PoisonError::into_inner);
        if alarm.is_set(self.deadline, task) {
            return Poll::Pending;
        }
        alarm.waker = Some(task.waker().clone());
        let timer = alarm.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.deadline)));
        if timer.deadline() > self.deadline {
            timer.as_mut().reset(self.deadline);
        }
        loop {
            ready!(timer.as_mut().poll(task));
            if timer.deadline() >= self.deadline {
                return Poll::Ready(());
            }
            // It was set for one that is no longer waited for.
            timer.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Waits until it has to be waited for, then for something else.
    async fn wait_in_vain(sleep: &mut Pin<Box<dyn Sleep>>, time: Duration) {
        tokio::select! {
            biased;
            () = sleep => panic!("its time has not come"),
            () = tokio::time::sleep(time) => {}
        }
    }

    fn is_set_for(clock: &HeadClock) -> Instant {
        clock.0.lock().unwrap().timer.as_ref().unwrap().deadline().into()
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_own_end() {
        let clock = HeadClock::default();
        for time in [MINUTE, MINUTE, MINUTE / 4, MINUTE / 2] {
            let begun = clock.now();
            clock.sleep(time).await;
            assert_eq!(clock.now() - begun, time);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_given_up_ends_no_later_wait() {
        let clock = HeadClock::default();
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 2).await;
        let begun = clock.now();
        clock.sleep(MINUTE).await;
        assert_eq!(clock.now() - begun, MINUTE);
        // A long one that was given up delays no shorter one.
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 4).await;
        let begun = clock.now();
        clock.sleep(MINUTE / 4).await;
        assert_eq!(clock.now() - begun, MINUTE / 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_is_set_anew_only_when_it_goes_off() {
        let clock = HeadClock::default();
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 100).await;
        let first = is_set_for(&clock);
        for _ in 0..90 {
            wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 100).await;
            assert_eq!(is_set_for(&clock), first);
        }
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 2).await;
        assert!(is_set_for(&clock) > first);
    }

    /// A connection may be moved to another task; the one that waits is woken.
    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_woken() {
        let clock = HeadClock::default();
        let mut sleep = clock.sleep(MINUTE);
        poll_fn(|task| {
            assert!(sleep.as_mut().poll(task).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::spawn(sleep).await.unwrap();
    }
}
