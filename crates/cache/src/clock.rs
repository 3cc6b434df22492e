//! The clock of a node.

use std::time::Instant;

use crate::protocol::hit::Moment;

/// The monotonic clock of a node, from the moment at which its cache was built. It does not count the time for which the
/// machine is suspended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Moment {
        self.0.elapsed()
    }

    pub(crate) fn instant(self, moment: Moment) -> Instant {
        self.0 + moment
    }
}
