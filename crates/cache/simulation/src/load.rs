//! Questions without end, as a service gets them: each node has its own, at a rate, for keys by their popularity.

use crate::chance::Chance;
use crate::people::KeyId;
use crate::world::{HOUR, MINUTE, SECOND, Time};

/// The load on a fleet.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Questions a second at each node, on average.
    pub(crate) rate: u64,
    pub(crate) begins: Time,
    pub(crate) ends: Time,
    /// The last half minute of each hour has no questions, so that all must be well then.
    pub(crate) rests: bool,
    /// What the server receives and sends is counted from here on, and nothing else is wanted of the history.
    pub(crate) counted_from: Option<Time>,
    /// So many questions at each node.
    pub(crate) questions: u64,
}

impl Load {
    /// When the hour in which questions are asked at `now` goes on, if it rests now.
    pub(crate) fn resumes(&self, now: Time) -> Option<Time> {
        let in_hour = now % HOUR;
        (self.rests && in_hour >= HOUR - MINUTE / 2).then(|| now - in_hour + HOUR)
    }

    /// From one question to the next at a node.
    pub(crate) fn pause(&self, chance: &mut Chance) -> Time {
        chance.below(2 * SECOND / self.rate)
    }
}

/// The keys for which one node is asked, the first of which is the most popular: the *n*th is asked for *n* times more
/// rarely (Zipf's law with the exponent 1).
pub struct Questions {
    /// For each key, the share of questions for it and for those before it.
    shares: Vec<f64>,
    chance: Chance,
}

impl Questions {
    pub fn of(seed: u64, node: usize, keys: usize) -> Self {
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (1..=keys)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        shares.iter_mut().for_each(|share| *share /= sum);
        Self { shares, chance: Chance::stream(seed, "questions", node as u64) }
    }
}

impl Iterator for Questions {
    type Item = KeyId;

    fn next(&mut self) -> Option<KeyId> {
        let drawn = self.chance.fraction();
        Some(self.shares.partition_point(|share| *share <= drawn).min(self.shares.len() - 1))
    }
}
