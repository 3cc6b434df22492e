//! The clock of a node.

use std::time::Instant;

use crate::protocol::version::Moment;

/// The monotonic clock of a node, as the protocol counts it. It does not count the time for which the machine is suspended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    since: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { since: Instant::now() }
    }

    pub(crate) fn now(self) -> Moment {
        self.since.elapsed()
    }

    /// [`Clock::now`] in nanoseconds. They last for 584 years.
    pub(crate) fn nanos(self) -> u64 {
        self.since.elapsed().as_nanos() as u64
    }

    /// `None` beyond the range of the system's clock.
    pub(crate) fn instant(self, moment: Moment) -> Option<Instant> {
        self.since.checked_add(moment)
    }
}
