//! Lifetimes of values, and the rate of the write-behind, as pure functions: nothing here waits, reads a clock or draws a
//! random number.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::protocol::flight::BRIEF;
use crate::stats::State;

/// Lifetimes above this are jittered, so that values stored together do not expire together.
const JITTER_ABOVE: Duration = Duration::from_secs(60);
const JITTER: f64 = 0.05;
/// A hundred years, which is within the range of the clocks of Redis and of the system.
const LIFETIME_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The write-behind of one node: writes per second on average, and the number of writes at once after a pause.
const WRITES_PER_SECOND: u64 = 1_000;
const WRITES_BURST: u64 = 200;

/// The lifetime of a value: the shorter of the cache's and the value's own, ±5 % above a minute; `None` for ever.
/// `random` is uniformly distributed from 0 to 1.
pub(crate) fn lifetime(ttl: Option<Duration>, own: Option<Duration>, random: f64) -> Option<Duration> {
    let lifetime = shorter(ttl, own)?.min(LIFETIME_MAX);
    let factor = if lifetime > JITTER_ABOVE { 1.0 + JITTER * (2.0 * random - 1.0) } else { 1.0 };
    Some(lifetime.mul_f64(factor))
}

/// How long memory keeps a value in this state: only briefly if Redis does not report its changes.
pub(crate) fn kept(lifetime: Option<Duration>, state: State) -> Option<Duration> {
    let bound = match state {
        State::Memory | State::Coherent => None,
        State::CatchingUp | State::Detached => Some(BRIEF),
    };
    shorter(lifetime, bound)
}

/// Whether an entry in use gets its lifetime anew: not if a person gave it another one, or if touches are too rare for
/// that. `given` is what the cache gives its value, and `left` what Redis gives it at the time of a write or a lookup.
///
/// The age of an entry is not known at a lookup, so what has lost more than the jitter may have been shortened by a
/// person. The node that wrote the entry renews it, and then all nodes that look it up again may.
pub(crate) fn is_renewable(given: Option<Duration>, left: Option<Duration>, touch: Duration) -> bool {
    let (Some(given), Some(left)) = (given.map(|given| given.min(LIFETIME_MAX)), left) else { return false };
    left >= given.mul_f64(1.0 - 2.0 * JITTER) && given >= 2 * touch
}

/// The shorter of two durations, where `None` means for ever.
pub(crate) fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A token bucket as one number: the time at which the bucket will be full again (generic cell rate algorithm).
pub(crate) struct Bucket {
    full_at_nanos: AtomicU64,
}

impl Bucket {
    const TOKEN_NANOS: u64 = 1_000_000_000 / WRITES_PER_SECOND;
    const BURST_NANOS: u64 = WRITES_BURST * Self::TOKEN_NANOS;

    pub(crate) fn full() -> Self {
        Self { full_at_nanos: AtomicU64::new(0) }
    }

    /// Takes a token, if there is one; `since` is the time since a fixed moment.
    pub(crate) fn take(&self, since: Duration) -> bool {
        let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX / 2);
        let take = |full_at: u64| {
            let full_at = full_at.max(now) + Self::TOKEN_NANOS;
            (full_at - now <= Self::BURST_NANOS).then_some(full_at)
        };
        self.full_at_nanos.fetch_update(Relaxed, Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn lifetimes_are_jittered_above_a_minute() {
        let day = Duration::from_secs(86_400);
        assert_eq!(lifetime(None, None, 0.3), None);
        assert_eq!(lifetime(Some(day), None, 0.5), Some(day));
        assert_eq!(lifetime(Some(day), None, 0.0), Some(day.mul_f64(0.95)));
        assert_eq!(lifetime(Some(day), None, 1.0), Some(day.mul_f64(1.05)));
        assert_eq!(lifetime(Some(day), Some(60 * SECOND), 1.0), Some(60 * SECOND));
        assert_eq!(lifetime(None, Some(Duration::ZERO), 1.0), Some(Duration::ZERO));
        // A century of years without leap days.
        assert_eq!(lifetime(Some(Duration::MAX), None, 0.5), Some(day * 36_500));
    }

    #[test]
    fn an_entry_with_its_whole_lifetime_is_renewed() {
        let hour = 3_600 * SECOND;
        let with = |left| is_renewable(Some(hour), left, 60 * SECOND);
        assert!([1.0, 0.95, 1.05].into_iter().all(|jitter| with(Some(hour.mul_f64(jitter)))));
        assert!(!with(Some(hour.mul_f64(0.89))) && !with(Some(SECOND)), "a person's, perhaps");
        assert!(!with(None) && !is_renewable(None, Some(hour), SECOND), "for ever");
        assert!(!is_renewable(Some(119 * SECOND), Some(119 * SECOND), 60 * SECOND), "touches are too rare");
    }

    #[test]
    fn memory_keeps_briefly_while_it_is_not_coherent() {
        assert_eq!(kept(None, State::Coherent), None);
        assert_eq!(kept(None, State::Memory), None);
        assert_eq!(kept(None, State::Detached), Some(BRIEF));
        assert_eq!(kept(Some(60 * SECOND), State::CatchingUp), Some(BRIEF));
        assert_eq!(kept(Some(SECOND), State::CatchingUp), Some(SECOND));
    }

    #[test]
    fn a_bucket_gives_its_burst_then_its_rate() {
        let bucket = Bucket::full();
        let take = |at: Duration| (0..10_000).filter(|_| bucket.take(at)).count();
        assert_eq!(take(9 * SECOND), 200);
        assert_eq!(take(9 * SECOND + Duration::from_millis(50)), 50);
        assert_eq!(take(9 * SECOND), 0, "a clock read out of order gives nothing");
        assert_eq!(take(60 * SECOND), 200);
        // The largest duration, which is still later than all before.
        assert_eq!((take(Duration::MAX), take(120 * SECOND)), (200, 0));
    }
}
