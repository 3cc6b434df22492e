//! The decisions of the protocol as pure functions: the step after each lookup, and the lifetimes of values.
//!
//! A lookup gives a [`LookupResult`]. [`after_lookup`] gives the step after it, [`after_lease_attempt`] the step after
//! an attempt to take a lease. If the value must be computed, both give what happens to it afterwards ([`Completion`]).
//! [`after_second_lookup`] decides whether the final write may still happen. Nothing here waits, reads a clock or draws
//! a random number.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::entry::Lease;
use crate::stats::State;

/// How long memory keeps a value that is not coherent with Redis.
pub(crate) const BRIEF: Duration = Duration::from_secs(5);
/// Lifetimes above this are jittered, so that values stored together do not expire together.
const JITTER_ABOVE: Duration = Duration::from_secs(60);
const JITTER: f64 = 0.05;
/// The wait for other nodes is jittered, so that not all nodes give up together.
const PATIENCE_JITTER: f64 = 2.0 / 3.0;
/// A hundred years, which is within the range of the clocks of Redis and of the system.
const LIFETIME_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The write-behind of one node: writes per second on average, and the number of writes at once after a pause.
const WRITES_PER_SECOND: u64 = 1_000;
const WRITES_BURST: u64 = 200;

/// What a lookup in Redis gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LookupResult<V> {
    /// A usable value, and how long Redis will keep it (`None`: for ever).
    Value(V, Option<Duration>),
    /// Another node is computing the value.
    Lease(Lease),
    Missing,
    /// Malformed, too long, of a wrong type, for another text, or computed under a lower limit than ours.
    Unusable,
    /// No reply: not connected, too late, or refused.
    Unavailable,
    /// No Redis is configured.
    NoRedis,
}

impl<V> LookupResult<V> {
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self, Self::Unavailable | Self::NoRedis)
    }
}

/// The step after a lookup of an expensive value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterLookup<V> {
    /// It is the answer; it is kept as long as in Redis.
    Answer(V, Option<Duration>),
    /// The key is missing: take a lease, then [`after_lease_attempt`].
    TakeLease,
    /// Wait for a change, then look up again. If patience ends first, compute, to replace that lease.
    Wait(Lease),
    Compute(Completion),
}

/// How the attempt to take a lease ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeaseAttempt {
    Granted(Lease),
    /// The key is present now.
    Occupied,
    /// It was not written, and will not be.
    Refused,
    /// No reply: it may have been written, or may still be.
    Unknown(Lease),
}

/// The value in Redis that the final write expects and replaces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The lease under which we compute.
    OurLease(Lease),
    /// Another node's lease, for which we waited in vain.
    OtherLease(Lease),
    Unusable,
}

/// What happens to a value after its computation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Keep it in memory if nothing has changed. There is no Redis.
    Keep,
    /// A cheap value: keep it if nothing has changed, and write it behind with `NX`.
    KeepAndWriteBehind,
    /// Keep it briefly if nothing has changed. Redis is in trouble, so nothing is written.
    KeepBriefly,
    /// The same, and delete our lease, which may have been written.
    KeepBrieflyAndRelease(Expected),
    /// An expensive value: answer, then replace the expected value with `XX` if it is still there; keep it if written.
    Replace(Expected),
}

/// The column "expensive" of the protocol's table.
pub(crate) fn after_lookup<V>(read: LookupResult<V>) -> AfterLookup<V> {
    match read {
        LookupResult::Value(value, left) => AfterLookup::Answer(value, left),
        LookupResult::Missing => AfterLookup::TakeLease,
        LookupResult::Lease(lease) => AfterLookup::Wait(lease),
        LookupResult::Unusable => AfterLookup::Compute(Completion::Replace(Expected::Unusable)),
        LookupResult::Unavailable => AfterLookup::Compute(Completion::KeepBriefly),
        LookupResult::NoRedis => AfterLookup::Compute(Completion::Keep),
    }
}

/// The column "cheap": the trial has computed the value. `NX` leaves a lease in place, which its node will replace.
pub(crate) fn if_cheap<V>(next: AfterLookup<V>) -> Option<Completion> {
    match next {
        AfterLookup::Answer(..) => None,
        AfterLookup::TakeLease | AfterLookup::Wait(_) => Some(Completion::KeepAndWriteBehind),
        AfterLookup::Compute(completion) => Some(completion),
    }
}

/// The step after an attempt to take a lease; `None` means to look up again.
pub(crate) fn after_lease_attempt(attempt: LeaseAttempt) -> Option<Completion> {
    match attempt {
        LeaseAttempt::Granted(lease) => Some(Completion::Replace(Expected::OurLease(lease))),
        LeaseAttempt::Occupied => None,
        LeaseAttempt::Refused => Some(Completion::KeepBriefly),
        // The lease may reach Redis after a purge that we learn of earlier, so it permits no write.
        LeaseAttempt::Unknown(lease) => Some(Completion::KeepBrieflyAndRelease(Expected::OurLease(lease))),
    }
}

/// The step after the second lookup, before the final write of a computation during which something has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AfterSecondLookup<V> {
    /// The expected value is still there: write.
    Unchanged,
    Keep(V, Option<Duration>),
    Nothing,
}

/// The last row of the table: a missing key stays missing, another lease stays, another node's value is kept.
pub(crate) fn after_second_lookup<V>(read: LookupResult<V>, expected: &Expected) -> AfterSecondLookup<V> {
    match (read, expected) {
        (LookupResult::Value(value, left), _) => AfterSecondLookup::Keep(value, left),
        (LookupResult::Unusable, Expected::Unusable) => AfterSecondLookup::Unchanged,
        (LookupResult::Lease(found), Expected::OurLease(lease) | Expected::OtherLease(lease)) if found == *lease => {
            AfterSecondLookup::Unchanged
        }
        _ => AfterSecondLookup::Nothing,
    }
}

/// How long a node waits for others within one flight. `random` is uniformly distributed from 0 to 1.
pub(crate) fn patience(least: Duration, random: f64) -> Duration {
    least.mul_f64(1.0 + PATIENCE_JITTER * random)
}

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
    use crate::entry::Leases;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_lookup_decides_the_next_step() {
        let lease = Leases::new().make();
        let replaces_unusable = || Completion::Replace(Expected::Unusable);
        assert_eq!(after_lookup(LookupResult::Value(4, Some(SECOND))), AfterLookup::Answer(4, Some(SECOND)));
        assert_eq!(if_cheap(AfterLookup::Answer(4, None)), None);
        for (read, expensive, cheap) in [
            (LookupResult::Missing, AfterLookup::TakeLease, Completion::KeepAndWriteBehind),
            (LookupResult::Lease(lease.clone()), AfterLookup::Wait(lease), Completion::KeepAndWriteBehind),
            (LookupResult::Unusable, AfterLookup::Compute(replaces_unusable()), replaces_unusable()),
            (LookupResult::Unavailable, AfterLookup::Compute(Completion::KeepBriefly), Completion::KeepBriefly),
            (LookupResult::NoRedis, AfterLookup::Compute(Completion::Keep), Completion::Keep),
        ] {
            let next = after_lookup::<()>(read);
            assert_eq!(next, expensive);
            assert_eq!(if_cheap(next), Some(cheap));
        }
    }

    #[test]
    fn an_absent_redis_has_not_answered() {
        let lease = Leases::new().make();
        for (read, is_answered) in [
            (LookupResult::Value(4, None), true),
            (LookupResult::Lease(lease), true),
            (LookupResult::Missing, true),
            (LookupResult::Unusable, true),
            (LookupResult::Unavailable, false),
            (LookupResult::NoRedis, false),
        ] {
            assert_eq!(read.is_answered(), is_answered, "{read:?}");
        }
    }

    #[test]
    fn a_lease_permits_a_write_only_if_redis_confirmed_it() {
        let lease = Leases::new().make();
        let ours = || Expected::OurLease(lease.clone());
        assert_eq!(after_lease_attempt(LeaseAttempt::Granted(lease.clone())), Some(Completion::Replace(ours())));
        assert_eq!(
            after_lease_attempt(LeaseAttempt::Unknown(lease.clone())),
            Some(Completion::KeepBrieflyAndRelease(ours()))
        );
        assert_eq!(after_lease_attempt(LeaseAttempt::Refused), Some(Completion::KeepBriefly));
        assert_eq!(after_lease_attempt(LeaseAttempt::Occupied), None);
    }

    #[test]
    fn a_second_lookup_restores_no_missing_key() {
        let leases = Leases::new();
        let (ours, other) = (leases.make(), leases.make());
        let all_expected = [Expected::OurLease(ours.clone()), Expected::OtherLease(ours.clone()), Expected::Unusable];
        for (n, expected) in all_expected.iter().enumerate() {
            let second = |read: LookupResult<u32>| after_second_lookup(read, expected);
            let unchanged_if = |is_unchanged: bool| {
                if is_unchanged { AfterSecondLookup::Unchanged } else { AfterSecondLookup::Nothing }
            };
            assert_eq!(second(LookupResult::Value(4, None)), AfterSecondLookup::Keep(4, None));
            assert_eq!(second(LookupResult::Lease(ours.clone())), unchanged_if(n < 2));
            assert_eq!(second(LookupResult::Unusable), unchanged_if(n == 2));
            for read in [
                LookupResult::Lease(other.clone()),
                LookupResult::Missing,
                LookupResult::Unavailable,
                LookupResult::NoRedis,
            ] {
                assert_eq!(second(read), AfterSecondLookup::Nothing);
            }
        }
    }

    #[test]
    fn patience_is_jittered() {
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
