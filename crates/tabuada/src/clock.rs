//! The wall clock in whole seconds, for ages.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A second of the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    /// Seconds since 1970.
    pub(crate) number: u64,
    /// The beginning of the next second.
    pub(crate) end: Instant,
}

impl Second {
    pub(crate) fn now() -> Self {
        let now = Instant::now();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let gone = Duration::from_nanos(since.subsec_nanos().into());
        Self { number: since.as_secs(), end: now + (Duration::from_secs(1) - gone) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test may begin at any moment of a second.
    #[test]
    fn a_second_ends_when_the_next_begins() {
        let begun = Instant::now();
        let before = Second::now();
        assert!(begun < before.end && before.end <= Instant::now() + Duration::from_secs(1));
        while Second::now().number == before.number {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(before.end <= Instant::now());
    }
}
