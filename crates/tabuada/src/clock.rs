//! The wall clock in whole seconds, for ages.

use std::cell::Cell;
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

    /// The second of a moment just before now. Each thread reads the wall clock once a second.
    pub(crate) fn of(moment: Instant) -> Self {
        thread_local! {
            static LAST: Cell<Option<Second>> = const { Cell::new(None) };
        }
        let last = LAST.get().filter(|last| moment < last.end);
        last.unwrap_or_else(|| {
            let now = Self::now();
            LAST.set(Some(now));
            now
        })
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

    #[test]
    fn a_moment_has_its_second() {
        let first = Second::of(Instant::now());
        while Second::of(Instant::now()).number == first.number {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Instant::now() >= first.end);
        let between = (Second::now().number, Second::of(Instant::now()).number, Second::now().number);
        assert!((between.0..=between.2).contains(&between.1), "{between:?}");
    }
}
