//! A circuit breaker: closed; open for a while after failures; half-open, for one trial call.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::stats::Trouble;
use crate::sync::{Mutex, MutexGuard};

/// Consecutive failures that open the breaker.
pub(crate) const FAILURES_MAX: u32 = 3;
const OPEN_FIRST: Duration = Duration::from_millis(250);
/// The longest time for which it is open, and so the longest until a recovered server is noticed.
pub(crate) const OPEN_MAX: Duration = Duration::from_secs(1);

pub(crate) struct Breaker {
    failing: Mutex<Failing>,
}

#[derive(Default)]
struct Failing {
    in_a_row: u32,
    open_until: Option<Instant>,
    open_for: Duration,
    is_trial_running: bool,
}

pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    pub(crate) is_trial: bool,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self { failing: Mutex::new(Failing::default()) }
    }

    fn failing(&self) -> MutexGuard<'_, Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        *self.failing() = Failing::default();
    }

    /// Whether the breaker is open or half-open.
    pub(crate) fn is_open(&self) -> bool {
        self.failing().open_until.is_some()
    }

    pub(crate) fn admit(&self, now: Instant) -> Option<Permit<'_>> {
        let mut failing = self.failing();
        let is_trial = match failing.open_until {
            None => false,
            Some(until) if now < until || failing.is_trial_running => return None,
            Some(_) => true,
        };
        failing.is_trial_running |= is_trial;
        Some(Permit { breaker: self, is_trial })
    }
}

impl Permit<'_> {
    /// Reports the result of the call. Gives whether the breaker is open after it.
    pub(crate) fn report(mut self, trouble: Option<Trouble>, now: Instant) -> bool {
        // At once and not on drop, when the next trial may already be running.
        let is_trial = std::mem::take(&mut self.is_trial);
        let mut failing = self.breaker.failing();
        failing.is_trial_running &= !is_trial;
        match trouble {
            // A refused write is a reply: reads may continue.
            None | Some(Trouble::ReadOnly | Trouble::Full) => *failing = Failing::default(),
            Some(_) => {
                failing.in_a_row += 1;
                if is_trial || failing.in_a_row >= FAILURES_MAX {
                    // Calls sent before the breaker opened may still fail. They do not prolong its opening.
                    if is_trial || failing.open_until.is_none() {
                        failing.open_for = (failing.open_for * 2).clamp(OPEN_FIRST, OPEN_MAX);
                        failing.open_until = Some(now + failing.open_for);
                    }
                }
            }
        }
        failing.open_until.is_some()
    }
}

/// A call that is dropped has no result, so another call may be the trial.
impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.failing().is_trial_running = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_after_failures_and_admits_one_trial() {
        let (breaker, start) = (Breaker::new(), Instant::now());
        let late = Some(Trouble::Timeout);
        for _ in 0..2 {
            breaker.admit(start).unwrap().report(late, start);
        }
        breaker.admit(start).unwrap().report(Some(Trouble::Full), start);
        for _ in 0..3 {
            breaker.admit(start).expect("a refused write is a reply").report(late, start);
        }
        assert!(breaker.admit(start + OPEN_FIRST / 2).is_none(), "open");
        let later = start + OPEN_FIRST;
        let trial = breaker.admit(later).expect("half open");
        assert!(breaker.admit(later).is_none(), "one trial at a time");
        trial.report(late, later);
        assert!(breaker.admit(later + OPEN_FIRST).is_none(), "open for twice as long");
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("half open again");
        drop(trial);
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("a dropped call has no result");
        trial.report(None, later);
        assert!(breaker.admit(later).is_some_and(|permit| !permit.is_trial), "closed");
    }
}
