//! What was read decides what is done: the tables of the protocol as pure functions, and how long things last.
//!
//! A look reads one of six things ([`Read`]); [`after_look`] says what follows, [`after_take`] what follows a lease, and
//! where something is computed they say how that ends ([`End`]); [`after_second_look`] says whether it still may. Nothing
//! here waits, reads a clock or draws a number: both are handed in.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::entry::Lease;
use crate::stats::State;

/// How long memory keeps what Redis does not vouch for.
pub(crate) const BRIEF: Duration = Duration::from_secs(5);
/// Lifetimes above this are jittered, so that what was stored together does not run out together.
const JITTER_ABOVE: Duration = Duration::from_secs(60);
const JITTER: f64 = 0.05;
/// Not all who wait lose patience at once.
const PATIENCE_JITTER: f64 = 2.0 / 3.0;
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
    Lease(Lease),
    Nothing,
    /// Malformed, too long, of a wrong type, of another text, or of a limit lower than ours.
    Unusable,
    /// No answer: not connected, late, refused.
    Unavailable,
    /// There is no Redis to look into.
    Absent,
}

impl<V> Read<V> {
    /// Whether there was somebody to say so.
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self, Self::Unavailable | Self::Absent)
    }
}

/// What follows a look, if the answer is dear.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<V> {
    /// It is the answer; keep it, for as long as Redis does.
    Answer(V, Option<Duration>),
    /// Put a lease where nothing is; [`after_take`] goes on.
    Take,
    /// Something moves: look again. Patience is over first: compute, to replace that lease.
    Wait(Lease),
    Compute(End),
}

/// How putting a lease went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Ours(Lease),
    /// Something stands there by now.
    Present,
    /// It was not put there, and will not be.
    Refused,
    /// No answer: it may stand there, or come to.
    Perhaps(Lease),
}

/// What an evaluation is to replace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The lease under which it runs.
    Ours(Lease),
    /// A lease that was waited for in vain.
    Theirs(Lease),
    Unusable,
}

/// How an evaluation ends, if it gives a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing moved: keep. There is nobody to offer it to.
    Keep,
    /// Cheap. Nothing moved: keep, and offer it with `NX`.
    KeepAndOffer,
    /// Nothing moved: keep briefly; Redis, in trouble, is left alone.
    KeepBriefly,
    /// The same, and a lease that may stand there is given back.
    KeepBrieflyAndRelease(Standing),
    /// Dear. Answer, then write over what stands there with `XX`, if it still does; keep it if that is done.
    Replace(Standing),
}

/// The first table of the protocol, its dear column.
pub(crate) fn after_look<V>(read: Read<V>) -> Next<V> {
    match read {
        Read::Value(value, left) => Next::Answer(value, left),
        Read::Nothing => Next::Take,
        Read::Lease(lease) => Next::Wait(lease),
        Read::Unusable => Next::Compute(End::Replace(Standing::Unusable)),
        Read::Unavailable => Next::Compute(End::KeepBriefly),
        Read::Absent => Next::Compute(End::Keep),
    }
}

/// Its cheap column: how it ends if the trial was enough. `NX` does nothing to a lease; whose it is writes over it.
pub(crate) fn if_cheap<V>(next: Next<V>) -> Option<End> {
    match next {
        Next::Answer(..) => None,
        Next::Take | Next::Wait(_) => Some(End::KeepAndOffer),
        Next::Compute(end) => Some(end),
    }
}

/// What follows the taking of a lease; `None`: look again.
pub(crate) fn after_take(taken: Taken) -> Option<End> {
    match taken {
        Taken::Ours(lease) => Some(End::Replace(Standing::Ours(lease))),
        Taken::Present => None,
        Taken::Refused => Some(End::KeepBriefly),
        // It may reach Redis after a purge that is told of before: it licenses nothing.
        Taken::Perhaps(lease) => Some(End::KeepBrieflyAndRelease(Standing::Ours(lease))),
    }
}

/// What follows the second look, at the end of an evaluation during which something moved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Second<V> {
    /// What it is to replace is still there.
    Stands,
    Keep(V, Option<Duration>),
    Nothing,
}

/// Its last row: a key that is gone is not brought back, another's lease is let stand, another's value is taken.
pub(crate) fn after_second_look<V>(read: Read<V>, replaced: &Standing) -> Second<V> {
    match (read, replaced) {
        (Read::Value(value, left), _) => Second::Keep(value, left),
        (Read::Unusable, Standing::Unusable) => Second::Stands,
        (Read::Lease(found), Standing::Ours(lease) | Standing::Theirs(lease)) if found == *lease => Second::Stands,
        _ => Second::Nothing,
    }
}

/// How long a node waits for others while one question is open. `chance` is drawn evenly from 0 to 1.
pub(crate) fn patience(least: Duration, chance: f64) -> Duration {
    least.mul_f64(1.0 + PATIENCE_JITTER * chance)
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
    use crate::entry::Leases;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_read_decides() {
        let lease = Leases::new().make();
        let replaces_garbage = || End::Replace(Standing::Unusable);
        assert_eq!(after_look(Read::Value(4, Some(SECOND))), Next::Answer(4, Some(SECOND)));
        assert_eq!(if_cheap(Next::Answer(4, None)), None);
        for (read, dear, cheap) in [
            (Read::Nothing, Next::Take, End::KeepAndOffer),
            (Read::Lease(lease.clone()), Next::Wait(lease), End::KeepAndOffer),
            (Read::Unusable, Next::Compute(replaces_garbage()), replaces_garbage()),
            (Read::Unavailable, Next::Compute(End::KeepBriefly), End::KeepBriefly),
            (Read::Absent, Next::Compute(End::Keep), End::Keep),
        ] {
            let next = after_look::<()>(read);
            assert_eq!(next, dear);
            assert_eq!(if_cheap(next), Some(cheap));
        }
    }

    #[test]
    fn who_is_not_there_has_answered_nothing() {
        let lease = Leases::new().make();
        for (read, is_answered) in [
            (Read::Value(4, None), true),
            (Read::Lease(lease), true),
            (Read::Nothing, true),
            (Read::Unusable, true),
            (Read::Unavailable, false),
            (Read::Absent, false),
        ] {
            assert_eq!(read.is_answered(), is_answered, "{read:?}");
        }
    }

    #[test]
    fn a_lease_licenses_only_whom_redis_told_so() {
        let lease = Leases::new().make();
        let ours = || Standing::Ours(lease.clone());
        assert_eq!(after_take(Taken::Ours(lease.clone())), Some(End::Replace(ours())));
        assert_eq!(after_take(Taken::Perhaps(lease.clone())), Some(End::KeepBrieflyAndRelease(ours())));
        assert_eq!(after_take(Taken::Refused), Some(End::KeepBriefly));
        assert_eq!(after_take(Taken::Present), None);
    }

    #[test]
    fn a_second_look_brings_nothing_back() {
        let leases = Leases::new();
        let (ours, other) = (leases.make(), leases.make());
        let standings = [Standing::Ours(ours.clone()), Standing::Theirs(ours.clone()), Standing::Unusable];
        for (n, standing) in standings.iter().enumerate() {
            let second = |read: Read<u32>| after_second_look(read, standing);
            let still = |is_still: bool| if is_still { Second::Stands } else { Second::Nothing };
            assert_eq!(second(Read::Value(4, None)), Second::Keep(4, None));
            assert_eq!(second(Read::Lease(ours.clone())), still(n < 2));
            assert_eq!(second(Read::Unusable), still(n == 2));
            for read in [Read::Lease(other.clone()), Read::Nothing, Read::Unavailable, Read::Absent] {
                assert_eq!(second(read), Second::Nothing);
            }
        }
    }

    #[test]
    fn patience_is_spread() {
        let least = Duration::from_millis(600);
        assert_eq!(patience(least, 0.0), least);
        assert_eq!(patience(least, 1.0), Duration::from_secs(1));
        assert_eq!(patience(Duration::ZERO, 0.5), Duration::ZERO);
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
        // A century, of years without leap days.
        assert_eq!(lifetime(Some(Duration::MAX), None, 0.5), Some(day * 36_500));
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
        // Beyond what it counts, which is still later than all before.
        assert_eq!((take(Duration::MAX), take(120 * SECOND)), (200, 0));
    }
}
