//! Keeps calls from being made while they fail: closed, open for a while, then one call to try.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::stats::Trouble;

/// Calls that fail in a row until none is made any more.
const FAILURES_MAX: u32 = 3;
const OPEN_FIRST: Duration = Duration::from_millis(250);
/// A server that is well again is found out within this.
const OPEN_MAX: Duration = Duration::from_secs(1);

pub(crate) struct Breaker {
    failing: Mutex<Failing>,
}

#[derive(Default)]
struct Failing {
    in_a_row: u32,
    open_until: Option<Instant>,
    open_for: Duration,
    trying: bool,
}

pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
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

    /// Whether calls fail: none is made, or one, to try.
    pub(crate) fn is_open(&self) -> bool {
        self.failing().open_until.is_some()
    }

    pub(crate) fn admit(&self, now: Instant) -> Option<Permit<'_>> {
        let mut failing = self.failing();
        let is_trial = match failing.open_until {
            None => false,
            Some(until) if now < until || failing.trying => return None,
            Some(_) => true,
        };
        failing.trying |= is_trial;
        Some(Permit { breaker: self, is_trial })
    }
}

impl Permit<'_> {
    /// Gives whether the breaker is open after this.
    pub(crate) fn report(self, trouble: Option<Trouble>, now: Instant) -> bool {
        let mut failing = self.breaker.failing();
        match trouble {
            // A write refused for a reason of the server's is an answer, and reads may go on.
            None | Some(Trouble::ReadOnly | Trouble::Full) => *failing = Failing::default(),
            Some(_) => {
                failing.in_a_row += 1;
                if self.is_trial || failing.in_a_row >= FAILURES_MAX {
                    // Calls made before it opened may still fail: they do not make it stay open for longer.
                    if self.is_trial || failing.open_until.is_none() {
                        failing.open_for = (failing.open_for * 2).clamp(OPEN_FIRST, OPEN_MAX);
                        failing.open_until = Some(now + failing.open_for);
                    }
                }
            }
        }
        failing.open_until.is_some()
    }
}

/// A call that is dropped unanswered says nothing, and leaves the trial to another.
impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.failing().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_after_failures_and_tries_one_call() {
        let (breaker, start) = (Breaker::new(), Instant::now());
        let late = Some(Trouble::Timeout);
        for _ in 0..2 {
            breaker.admit(start).unwrap().report(late, start);
        }
        breaker.admit(start).unwrap().report(Some(Trouble::Full), start);
        for _ in 0..3 {
            breaker.admit(start).expect("a refused write is an answer").report(late, start);
        }
        assert!(breaker.admit(start + OPEN_FIRST / 2).is_none(), "open");
        let later = start + OPEN_FIRST;
        let trial = breaker.admit(later).expect("half open");
        assert!(breaker.admit(later).is_none(), "one call at a time tries");
        trial.report(late, later);
        assert!(breaker.admit(later + OPEN_FIRST).is_none(), "open for twice as long");
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("half open again");
        drop(trial);
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("a call that was dropped is no verdict");
        trial.report(None, later);
        assert!(breaker.admit(later).is_some_and(|permit| !permit.is_trial), "closed");
    }
}
