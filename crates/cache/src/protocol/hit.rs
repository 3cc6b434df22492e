//! The one rule of what memory may answer.

use std::time::Duration;

use super::version::Moment;

/// A moment in nanoseconds, of which a hit compares one number instead of two. The largest one is never.
pub(crate) fn nanos(moment: Moment) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX)
}

/// Under what an entry is kept. Moments are in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Validity {
    /// The purge generation of the version stamp it was kept under.
    pub(crate) purge: u64,
    /// The largest number for never.
    pub(crate) deadline: u64,
    /// It is kept for a few seconds at most, since changes of it were not known to be reported. It needs no sign of life.
    pub(crate) is_brief: bool,
}

impl Validity {
    /// Whether it is neither invalidated nor expired.
    pub(crate) fn is_live(&self, purge: u64, now: u64) -> bool {
        self.purge == purge && now < self.deadline
    }

    /// The remaining time; `None` for ever.
    pub(crate) fn left(&self, now: u64) -> Option<Duration> {
        (self.deadline != u64::MAX).then(|| Duration::from_nanos(self.deadline.saturating_sub(now)))
    }
}

/// Whether an entry may be served: it is live, and Redis was heard from recently enough, so that its invalidation would
/// have arrived.
///
/// The order of reading matters where another thread changes these values: first `believed_until`, then `purge`, then
/// the entry, and the clock last. A thread that stops in between then finds that it knows too little; and belief that
/// was raised after a purge is never combined with the generation before that purge.
pub(crate) fn may_answer(kept: &Validity, purge: u64, believed_until: u64, now: u64) -> bool {
    kept.is_live(purge, now) && (kept.is_brief || now < believed_until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_of_this_generation_and_in_time_and_vouched_for() {
        let (second, never) = (1_000_000_000, u64::MAX);
        // The entry's generation and deadline, whether it is brief, until when Redis is believed; at 1 s, generation 7.
        for (purge, deadline, is_brief, believed_until, may) in [
            (7, never, false, 2 * second, true),
            (7, 2 * second, false, 2 * second, true),
            (6, never, false, 2 * second, false),
            (8, never, false, 2 * second, false),
            (7, second, false, 2 * second, false),
            // A sign of life that is too old, or none at all.
            (7, never, false, second, false),
            (7, never, false, 0, false),
            (7, 2 * second, true, 0, true),
            (7, second, true, 0, false),
            (6, 2 * second, true, 2 * second, false),
        ] {
            let kept = Validity { purge, deadline, is_brief };
            assert_eq!(may_answer(&kept, 7, believed_until, second), may, "{kept:?} {believed_until:?}");
        }
    }

    #[test]
    fn the_time_that_is_left_ends_at_the_deadline() {
        let left = |deadline, now| Validity { purge: 0, deadline, is_brief: false }.left(now);
        assert_eq!(left(u64::MAX, 5), None);
        assert_eq!(left(7, 5), Some(Duration::from_nanos(2)));
        assert_eq!(left(5, 7), Some(Duration::ZERO));
        assert_eq!(nanos(Duration::from_millis(3)), 3_000_000);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }
}
