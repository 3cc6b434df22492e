//! What was read decides what is done: the tables of the protocol as pure functions, and how long things last.
//!
//! A look reads one of five things ([`Read`]); [`after_look`] says what follows and, where something is computed, how
//! that ends ([`End`]). Nothing here waits, reads a clock or draws a number: both are handed in.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::stats::State;

/// How long memory keeps what Redis does not vouch for.
pub(crate) const BRIEF: Duration = Duration::from_secs(5);
/// Lifetimes above this are jittered, so that what was stored together does not run out together.
const JITTER_ABOVE: Duration = Duration::from_secs(60);
const JITTER: f64 = 0.05;
/// Longer than anyone waits, and far from the end of what Redis and clocks can count.
const LIFETIME_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Offers a second that a node makes to Redis in the long run, and at once after a pause.
const OFFERS_PER_SECOND: u64 = 1_000;
const OFFERS_BURST: u64 = 200;

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read<V> {
    /// A usable value, and how long Redis still has it (`None`: for ever).
    Value(V, Option<Duration>),
    /// Another node is working it out.
    Lease,
    Nothing,
    /// Malformed, too long, of a wrong type, of another text, or of a limit lower than ours.
    Unusable,
    /// No answer: not connected, late, refused.
    Unavailable,
    /// There is no Redis to look into.
    Absent,
}

/// What follows a look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<V> {
    /// It is the answer; keep it, for as long as Redis does.
    Answer(V, Option<Duration>),
    Compute(End),
}

/// How an evaluation ends, if it gives a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing moved: keep. There is nobody to offer it to.
    Keep,
    /// Nothing moved: keep, and offer it with `NX`.
    KeepAndOffer,
    /// Nothing moved: keep briefly; Redis, in trouble, is left alone.
    KeepBriefly,
    /// Answer, then write over what is unusable with `XX`; keep it if that is done.
    Replace,
}

/// The first table of the protocol, where every answer goes the cheap way.
pub(crate) fn after_look<V>(read: Read<V>) -> Next<V> {
    match read {
        Read::Value(value, left) => Next::Answer(value, left),
        Read::Absent => Next::Compute(End::Keep),
        // `NX` does nothing to a lease; its holder writes over it.
        Read::Nothing | Read::Lease => Next::Compute(End::KeepAndOffer),
        Read::Unusable => Next::Compute(End::Replace),
        Read::Unavailable => Next::Compute(End::KeepBriefly),
    }
}

/// What follows the second look of an evaluation that is to replace what is unusable, when something moved meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Second<V> {
    /// Still what it replaces.
    Write,
    Keep(V, Option<Duration>),
    Nothing,
}

/// The last row of the first table: a key that is gone is not brought back, another's value is taken.
pub(crate) fn after_second_look<V>(read: Read<V>) -> Second<V> {
    match read {
        Read::Unusable => Second::Write,
        Read::Value(value, left) => Second::Keep(value, left),
        Read::Lease | Read::Nothing | Read::Unavailable | Read::Absent => Second::Nothing,
    }
}

/// How long an answer is remembered: the lesser of what the cache and the value allow, ±5 % above a minute.
/// `chance` is drawn evenly from 0 to 1. `None`: for ever.
pub(crate) fn lifetime(ttl: Option<Duration>, own: Option<Duration>, chance: f64) -> Option<Duration> {
    let lifetime = shorter(ttl, own)?.min(LIFETIME_MAX);
    let factor = if lifetime > JITTER_ABOVE { 1.0 + JITTER * (2.0 * chance - 1.0) } else { 1.0 };
    Some(lifetime.mul_f64(factor))
}

/// How long memory keeps something: briefly, unless Redis vouches for it.
pub(crate) fn kept(lifetime: Option<Duration>, state: State) -> Option<Duration> {
    let vouched = match state {
        State::Memory | State::Coherent => None,
        State::CatchingUp | State::Detached => Some(BRIEF),
    };
    shorter(lifetime, vouched)
}

/// The shorter of two durations, `None` being for ever.
pub(crate) fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A token bucket in one number: the moment at which the bucket will be full again (the generic cell rate algorithm).
pub(crate) struct Bucket {
    full_at_nanos: AtomicU64,
}

impl Bucket {
    const TOKEN_NANOS: u64 = 1_000_000_000 / OFFERS_PER_SECOND;
    const BURST_NANOS: u64 = OFFERS_BURST * Self::TOKEN_NANOS;

    pub(crate) fn full() -> Self {
        Self { full_at_nanos: AtomicU64::new(0) }
    }

    /// Takes a token, if there is one, `since` a fixed moment.
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
    fn what_was_read_decides() {
        assert_eq!(after_look(Read::Value(4, Some(SECOND))), Next::Answer(4, Some(SECOND)));
        for (read, end) in [
            (Read::Nothing, End::KeepAndOffer),
            (Read::Lease, End::KeepAndOffer),
            (Read::Unusable, End::Replace),
            (Read::Unavailable, End::KeepBriefly),
            (Read::Absent, End::Keep),
        ] {
            assert_eq!(after_look::<()>(read), Next::Compute(end));
        }
    }

    #[test]
    fn a_second_look_brings_nothing_back() {
        assert_eq!(after_second_look::<()>(Read::Unusable), Second::Write);
        assert_eq!(after_second_look(Read::Value(4, None)), Second::Keep(4, None));
        for read in [Read::Nothing, Read::Lease, Read::Unavailable, Read::Absent] {
            assert_eq!(after_second_look::<()>(read), Second::Nothing);
        }
    }

    #[test]
    fn lifetimes_are_jittered_above_a_minute() {
        let day = Duration::from_secs(86_400);
        assert_eq!(lifetime(None, None, 0.3), None);
        assert_eq!(lifetime(Some(day), None, 0.5), Some(day));
        assert_eq!(lifetime(Some(day), None, 0.0), Some(day.mul_f64(0.95)));
        assert_eq!(lifetime(Some(day), None, 1.0), Some(day.mul_f64(1.05)));
        assert_eq!(lifetime(Some(day), Some(60 * SECOND), 1.0), Some(60 * SECOND));
        assert_eq!(lifetime(None, Some(Duration::ZERO), 1.0), Some(Duration::ZERO));
        assert!(lifetime(Some(Duration::MAX), None, 1.0) < Some(LIFETIME_MAX * 2));
    }

    #[test]
    fn memory_keeps_briefly_what_redis_does_not_vouch_for() {
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
    }
}
