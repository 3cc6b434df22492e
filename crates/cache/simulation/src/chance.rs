//! The one generator of everything that is drawn. Its algorithm is here, so that a seed means the same for ever.

/// SplitMix64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chance {
    state: u64,
    /// Draws the least of everything: how a story is made short.
    pub(crate) is_calm: bool,
}

impl Chance {
    /// One of many streams of a seed. What is drawn from one does not change what is drawn from the others.
    pub(crate) fn stream(seed: u64, name: &str, number: u64) -> Self {
        let mut chance = Self { state: seed, is_calm: false };
        for byte in name.bytes().map(u64::from).chain([number]) {
            chance.state = chance.next() ^ byte;
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let drawn = self.next();
        if self.is_calm { 0 } else { drawn % bound.max(1) }
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        let drawn = self.next();
        !self.is_calm && drawn.is_multiple_of(n)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }

    /// From 0 to 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        let drawn = self.next();
        if self.is_calm { 0.0 } else { (drawn >> 11) as f64 / (1u64 << 53) as f64 }
    }
}
