//! The timeout for slow heads: how long a client may be idle, or take, until a request is complete. An idle connection
//! may be silent for longer than a head may take once it has begun.
//!
//! hyper requests a timer with every request, and drops it when the head is parsed. Here the timers of one connection
//! share one timer of the runtime, which is set again only when it fires: once in the time that a head may take, and
//! not thousands of times a second.
//! hyper's own timers took 6 % of the instructions of a hit by `GET` (1,000 of 16,200).

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// The clock of one connection.
#[derive(Clone, Debug)]
pub(super) struct HeadClock(Arc<Mutex<Alarm>>);

#[derive(Debug)]
struct Alarm {
    /// How long a head may take from its first byte.
    head_time: Duration,
    /// When the incomplete head began: for the first, when the connection did.
    begun: Option<tokio::time::Instant>,
    /// How many timers wait for a head: two, while one replaces the other.
    waiting: usize,
    /// Until when the last of them waits, if no head begins.
    idle_until: Option<tokio::time::Instant>,
    /// Whether the wait is over because the place of the connection is needed.
    is_to_go: bool,
    /// Whether the last request is answered.
    is_answered: bool,
    /// The timer of the runtime, once it is needed.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    /// The task to wake when it fires.
    waker: Option<Waker>,
}

impl Alarm {
    /// Whether the timer is set for no later than this, and wakes this task.
    fn is_set(&self, deadline: tokio::time::Instant, task: &Context<'_>) -> bool {
        self.timer.as_ref().is_some_and(|timer| timer.deadline() <= deadline && !timer.is_elapsed())
            && self.waker.as_ref().is_some_and(|waker| waker.will_wake(task.waker()))
    }
}

impl HeadClock {
    /// For a new connection. Its first head may take `head_time`, as may each head from its first byte; the timer says
    /// how long a later one may take to begin.
    pub(super) fn new(head_time: Duration) -> Self {
        let begun = Some(tokio::time::Instant::now());
        Self(Arc::new(Mutex::new(Alarm {
            head_time,
            begun,
            waiting: 0,
            idle_until: None,
            is_to_go: false,
            is_answered: false,
            timer: None,
            waker: None,
        })))
    }

    /// The request is answered, and its body is not needed any more.
    pub(super) fn answered(&self) {
        self.alarm().is_answered = true;
    }

    /// A head has just begun, or is complete.
    pub(super) fn head_has_begun(&self, has_begun: bool) {
        self.alarm().begun = has_begun.then(tokio::time::Instant::now);
    }

    /// Whether a request is being answered: no other is waited for.
    pub(super) fn is_busy(&self) -> bool {
        self.alarm().waiting == 0
    }

    /// Whether a request has no answer yet.
    pub(super) fn owes_an_answer(&self) -> bool {
        let alarm = self.alarm();
        alarm.waiting == 0 && !alarm.is_answered
    }

    /// Since when the connection is idle, if it is; an earlier time for one that may be idle for less long.
    pub(super) fn idle_since(&self) -> Option<tokio::time::Instant> {
        self.alarm().idle_until
    }

    /// Whether it was asked to close, and has received no request since.
    pub(super) fn is_to_go(&self) -> bool {
        self.alarm().is_to_go
    }

    /// Ends the wait, as its timeout would. A request that comes first is answered as usual.
    pub(super) fn go(&self) {
        let mut alarm = self.alarm();
        alarm.is_to_go = alarm.waiting > 0;
        // A timer that was not polled yet will see it.
        if let Some(waker) = &alarm.waker {
            waker.wake_by_ref();
        }
    }

    fn alarm(&self) -> MutexGuard<'_, Alarm> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timer for HeadClock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let mut alarm = self.alarm();
        if alarm.waiting == 0 && alarm.begun.is_some() {
            // It began while the previous answer was sent.
            alarm.begun = Some(tokio::time::Instant::now());
        }
        alarm.waiting += 1;
        alarm.idle_until = Some(deadline.into());
        drop(alarm);
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

impl Drop for Wait {
    fn drop(&mut self) {
        let mut alarm = self.clock.alarm();
        alarm.waiting -= 1;
        if alarm.waiting == 0 {
            alarm.is_answered = false;
            alarm.is_to_go = false;
            alarm.idle_until = None;
        }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.clock.alarm();
        if alarm.is_to_go {
            return Poll::Ready(());
        }
        let of_the_head = alarm.begun.map(|begun| begun + alarm.head_time);
        let deadline = of_the_head.map_or(self.deadline, |of_the_head| of_the_head.min(self.deadline));
        if alarm.is_set(deadline, task) {
            return Poll::Pending;
        }
        alarm.waker = Some(task.waker().clone());
        let timer = alarm.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(task));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            // It was set for a timer that does not wait any more.
            timer.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// A clock whose first head is complete; a head may take as long as a connection may be idle.
    async fn clock() -> HeadClock {
        let clock = HeadClock::new(MINUTE * 60);
        drop(clock.sleep(MINUTE));
        clock.head_has_begun(false);
        clock
    }

    /// Polls the wait until it is pending.
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
        let clock = clock().await;
        for time in [MINUTE, MINUTE, MINUTE / 4, MINUTE / 2] {
            let begun = clock.now();
            clock.sleep(time).await;
            assert_eq!(clock.now() - begun, time);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_given_up_ends_no_later_wait() {
        let clock = clock().await;
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 2).await;
        let begun = clock.now();
        clock.sleep(MINUTE).await;
        assert_eq!(clock.now() - begun, MINUTE);
        // A long wait that was dropped does not delay a shorter one.
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 4).await;
        let begun = clock.now();
        clock.sleep(MINUTE / 4).await;
        assert_eq!(clock.now() - begun, MINUTE / 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_is_set_anew_only_when_it_goes_off() {
        let clock = clock().await;
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 100).await;
        let first = is_set_for(&clock);
        for _ in 0..90 {
            wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 100).await;
            assert_eq!(is_set_for(&clock), first);
        }
        wait_in_vain(&mut clock.sleep(MINUTE), MINUTE / 2).await;
        assert!(is_set_for(&clock) > first);
    }

    /// The first head has its time from the start of the connection, the others from their first byte.
    #[tokio::test(start_paused = true)]
    async fn a_head_that_has_begun_has_less_time_than_an_idle_connection() {
        let clock = HeadClock::new(MINUTE / 2);
        let begun = clock.now();
        clock.sleep(MINUTE).await;
        assert_eq!(clock.now() - begun, MINUTE / 2, "a first head");
        clock.head_has_begun(false);
        for idle in [Duration::ZERO, MINUTE / 4] {
            let begun = clock.now();
            let mut head = clock.sleep(MINUTE);
            wait_in_vain(&mut head, idle).await;
            clock.head_has_begun(true);
            head.await;
            assert_eq!(clock.now() - begun, idle + MINUTE / 2);
            clock.head_has_begun(false);
        }
        let begun = clock.now();
        clock.sleep(MINUTE).await;
        assert_eq!(clock.now() - begun, MINUTE, "idle");
        // A head that begins with the previous request, or while that is answered, has its time from when it is waited
        // for.
        let head = clock.sleep(MINUTE);
        clock.head_has_begun(true);
        drop(head);
        tokio::time::sleep(MINUTE).await;
        let begun = clock.now();
        clock.sleep(MINUTE).await;
        assert_eq!(clock.now() - begun, MINUTE / 2);
        clock.head_has_begun(false);
        // A head that begins late ends no later than an idle connection.
        let mut head = clock.sleep(MINUTE);
        let begun = clock.now();
        wait_in_vain(&mut head, MINUTE * 3 / 4).await;
        clock.head_has_begun(true);
        head.await;
        assert_eq!(clock.now() - begun, MINUTE);
    }

    /// A connection may move to another task; the one that waits is woken.
    #[tokio::test(start_paused = true)]
    async fn a_waiting_task_is_woken() {
        let clock = clock().await;
        let mut sleep = clock.sleep(MINUTE);
        poll_fn(|task| {
            assert!(sleep.as_mut().poll(task).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::spawn(sleep).await.unwrap();
    }
}
