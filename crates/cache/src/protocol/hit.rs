//! The one rule of what memory may answer.

use super::version::Moment;

/// Under what an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Validity {
    /// The purge generation of the version stamp it was kept under.
    pub(crate) purge: u64,
    /// `None` for never.
    pub(crate) deadline: Option<Moment>,
    /// It is kept for a few seconds at most, since changes of it were not known to be reported. It needs no sign of life.
    pub(crate) is_brief: bool,
}

impl Validity {
    /// Whether it is neither invalidated nor expired.
    pub(crate) fn is_live(&self, purge: u64, now: Moment) -> bool {
        self.purge == purge && self.deadline.is_none_or(|deadline| now < deadline)
    }
}

/// Whether an entry may be served: it is live, and Redis was heard from recently enough, so that its invalidation would
/// have arrived.
///
/// The order of reading matters where another thread changes these values: first `believed_until`, then `purge`, then
/// the entry, and the clock last. A thread that stops in between then finds that it knows too little; and belief that
/// was raised after a purge is never combined with the generation before that purge.
pub(crate) fn may_answer(kept: &Validity, purge: u64, believed_until: Moment, now: Moment) -> bool {
    kept.is_live(purge, now) && (kept.is_brief || now < believed_until)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_answer_is_of_this_generation_and_in_time_and_vouched_for() {
        let second = Duration::from_secs(1);
        // The entry's generation and deadline, whether it is brief, until when Redis is believed; at 1 s, generation 7.
        for (purge, deadline, is_brief, believed_until, may) in [
            (7, None, false, 2 * second, true),
            (7, Some(2 * second), false, 2 * second, true),
            (6, None, false, 2 * second, false),
            (8, None, false, 2 * second, false),
            (7, Some(second), false, 2 * second, false),
            // A sign of life that is too old, or none at all.
            (7, None, false, second, false),
            (7, None, false, Duration::ZERO, false),
            (7, Some(2 * second), true, Duration::ZERO, true),
            (7, Some(second), true, Duration::ZERO, false),
            (6, Some(2 * second), true, 2 * second, false),
        ] {
            let kept = Validity { purge, deadline, is_brief };
            assert_eq!(may_answer(&kept, 7, believed_until, second), may, "{kept:?} {believed_until:?}");
        }
    }
}
