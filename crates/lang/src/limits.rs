//! Every limit, as a named constant with its unit and reason; and the [`Budget`] that pays for work before it is done.
//!
//! One unit of fuel is about 5 ns of one core. Prices depend only on the sizes of the operands, so the same text costs
//! the same on every machine; the clock is only a safety net.

use std::fmt;

use crate::error::ErrorKind;
use crate::mode::Mode;

/// The limits of one evaluation. [`Default`] gives the constants below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of a text, in bytes.
    pub text_bytes: u64,
    /// Nesting of brackets, calls and conditionals.
    pub depth: u64,
    /// Nodes of a program.
    pub nodes: u64,
    /// Size of an integer, in bits.
    pub integer_bits: u64,
    /// Elements of a list, a tuple or a set.
    pub elements: u64,
    /// Length of a string, in characters.
    pub string_characters: u64,
    /// Length of an answer's text, in characters.
    pub answer_characters: u64,
    /// Memory that the values of one evaluation may hold at the same time, in bytes.
    pub memory_bytes: u64,
    /// Fuel that one evaluation may spend.
    pub fuel: u64,
}

impl Limits {
    /// 64 KiB: far more than a person types, and parsed within two milliseconds.
    pub const TEXT_BYTES: u64 = 64 << 10;
    /// CPython's own limit on nested parentheses.
    pub const DEPTH: u64 = 200;
    /// One node for each byte of the longest text.
    pub const NODES: u64 = 65_536;
    /// 2^20 bits, or 315,652 digits: the slowest division of two such integers takes 34 ms.
    pub const INTEGER_BITS: u64 = 1 << 20;
    /// Bits of the numerator or the denominator in exact mode, whatever the other limits are.
    pub const FRACTION_BITS: u64 = 1 << 16;
    /// 10,000 elements: enough for the statistics of a class, or of a year of days.
    pub const ELEMENTS: u64 = 10_000;
    /// The same as for an answer.
    pub const STRING_CHARACTERS: u64 = 100_000;
    /// As long as a client can be expected to accept.
    pub const ANSWER_CHARACTERS: u64 = 100_000;
    /// 64 MiB: a few hundred evaluations fit in a small machine, and only as many run at once as it has cores.
    pub const MEMORY_BYTES: u64 = 64 << 20;
    /// 25 million: about 0.1 s of one core.
    pub const FUEL: u64 = 25_000_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes: Self::TEXT_BYTES,
            depth: Self::DEPTH,
            nodes: Self::NODES,
            integer_bits: Self::INTEGER_BITS,
            elements: Self::ELEMENTS,
            string_characters: Self::STRING_CHARACTERS,
            answer_characters: Self::ANSWER_CHARACTERS,
            memory_bytes: Self::MEMORY_BYTES,
            fuel: Self::FUEL,
        }
    }
}

/// The fuel of an evaluation, and the clock that may stop it.
pub struct Fuel<'a> {
    given: u64,
    left: u64,
    /// The clock is checked once `left` falls below this value, which may be negative in a share.
    checkpoint: i64,
    /// The fuel between two checks of the clock.
    check_every: u64,
    stop: &'a dyn Fn() -> bool,
    /// The state of the random number generator.
    chance: u64,
}

impl fmt::Debug for Fuel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fuel").field("given", &self.given).field("left", &self.left).finish_non_exhaustive()
    }
}

/// Fuel between two checks of the clock: about a millisecond.
const CHECK_EVERY: u64 = 200_000;

impl Fuel<'static> {
    /// `given` units (at most 2^62, which are centuries) and no clock.
    pub fn new(given: u64) -> Self {
        let given = given.min(1 << 62);
        Self { given, left: given, checkpoint: 0, check_every: CHECK_EVERY, stop: &|| false, chance: 0 }
    }
}

impl<'a> Fuel<'a> {
    /// `given` units, and a clock: `stop` is called after about every millisecond of work; when it returns `true`, the
    /// evaluation ends with [`ErrorKind::Deadline`].
    pub fn with_stop(given: u64, stop: &'a dyn Fn() -> bool) -> Self {
        Self { stop, ..Fuel::new(given) }.checked_every(CHECK_EVERY)
    }

    /// This fuel, with `stop` called after every `units` spent.
    pub fn checked_every(self, units: u64) -> Self {
        Self { checkpoint: (self.left as i64).saturating_sub_unsigned(units), check_every: units, ..self }
    }

    /// This fuel, with a seed for the random functions (`rnd`, `randint`); by default it is 0.
    pub fn seeded(self, seed: u64) -> Self {
        Self { chance: seed, ..self }
    }

    /// The fuel spent so far.
    pub fn spent(&self) -> u64 {
        self.given - self.left
    }

    /// Pays for work outside a [`Budget`].
    pub(crate) fn pay(&mut self, price: u64) -> Result<(), ErrorKind> {
        self.charge(price)
    }

    /// Whether there is enough fuel left for a price.
    pub(crate) fn suffices(&self, price: u64) -> bool {
        price <= self.left
    }

    /// The error for too little fuel.
    pub(crate) fn exhausted(&self) -> ErrorKind {
        ErrorKind::OutOfFuel { limit: self.given }
    }

    /// Runs `work` with at most `most` units of this fuel.
    pub(crate) fn share<R>(&mut self, most: u64, work: impl FnOnce(&mut Fuel<'_>) -> R) -> R {
        let given = most.min(self.left);
        let kept = self.left - given;
        let checkpoint = self.checkpoint.saturating_sub_unsigned(kept);
        let mut share = Fuel {
            given,
            left: given,
            checkpoint,
            check_every: self.check_every,
            stop: self.stop,
            chance: self.chance,
        };
        let result = work(&mut share);
        self.left = kept + share.left;
        self.checkpoint = share.checkpoint.saturating_add_unsigned(kept);
        self.chance = share.chance;
        result
    }

    #[inline]
    fn charge(&mut self, price: u64) -> Result<(), ErrorKind> {
        match self.left.checked_sub(price) {
            Some(left) if left as i64 >= self.checkpoint => {
                self.left = left;
                Ok(())
            }
            Some(left) => {
                self.left = left;
                // Long work has a check of the clock before and after it.
                self.look(self.check_every.saturating_sub(price))
            }
            None => Err(ErrorKind::OutOfFuel { limit: self.given }),
        }
    }

    /// Checks the clock, and sets the next check after `next` more units.
    fn look(&mut self, next: u64) -> Result<(), ErrorKind> {
        self.checkpoint = (self.left as i64).saturating_sub_unsigned(next);
        if (self.stop)() { Err(ErrorKind::Deadline) } else { Ok(()) }
    }
}

/// The context of every operation: the mode, limits, fuel, and the memory held so far.
pub(crate) struct Budget<'a, 'f> {
    pub(crate) mode: Mode,
    pub(crate) limits: &'a Limits,
    fuel: &'a mut Fuel<'f>,
    held_bytes: u64,
}

impl<'a, 'f> Budget<'a, 'f> {
    pub(crate) fn new(mode: Mode, limits: &'a Limits, fuel: &'a mut Fuel<'f>) -> Self {
        Self { mode, limits, fuel, held_bytes: 0 }
    }

    /// Pays `price` units before the work they stand for.
    #[inline]
    pub(crate) fn charge(&mut self, price: u64) -> Result<(), ErrorKind> {
        self.fuel.charge(price)
    }

    /// Counts a part of work whose price was paid at once; it may lead to a check of the clock.
    pub(crate) fn pass(&mut self, price: u64) -> Result<(), ErrorKind> {
        self.fuel.checkpoint = self.fuel.checkpoint.saturating_add_unsigned(price);
        if self.fuel.left as i64 >= self.fuel.checkpoint { Ok(()) } else { self.fuel.look(self.fuel.check_every) }
    }

    /// An error if work would cost more than the fuel left. The work itself pays in parts.
    pub(crate) fn require(&self, price: u64) -> Result<(), ErrorKind> {
        if self.fuel.suffices(price) { Ok(()) } else { Err(self.fuel.exhausted()) }
    }

    /// 64 random bits. (SplitMix64, Steele, Lea and Flood 2014.)
    pub(crate) fn random(&mut self) -> u64 {
        self.fuel.chance = self.fuel.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.fuel.chance;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Counts `bytes` that a new value holds on the heap.
    pub(crate) fn hold(&mut self, bytes: u64) -> Result<(), ErrorKind> {
        self.held_bytes += bytes;
        if self.held_bytes > self.limits.memory_bytes {
            return Err(ErrorKind::OutOfMemory { limit: self.limits.memory_bytes });
        }
        Ok(())
    }

    pub(crate) fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// Counts `bytes` as released.
    pub(crate) fn release(&mut self, bytes: u64) {
        self.held_bytes = self.held_bytes.saturating_sub(bytes);
    }
}

/// Prices in fuel. `words` are the 64-bit words of the operands.
pub(crate) mod price {
    /// A node on machine words: about 15 ns, dispatch included.
    pub(crate) const SCALAR: u64 = 3;
    /// An elementary function of floats.
    pub(crate) const ELEMENTARY: u64 = 8;
    /// A power of floats: a logarithm and an exponential.
    pub(crate) const POWER: u64 = 19;
    /// A function of floats that takes several elementary steps in higher precision.
    pub(crate) const EXTENDED: u64 = 4_000;

    /// Addition, comparison, shift, bitwise operation.
    pub(crate) fn add(words: u64) -> u64 {
        words / 8 + 1
    }

    /// Multiplication of `n` by `m` words.
    pub(crate) fn multiply(n: u64, m: u64) -> u64 {
        let (long, short) = if n < m { (m, n) } else { (n, m) };
        long * short.isqrt() + 8
    }

    /// Division of `words` by `divisor_words`: the price of multiplying quotient and divisor.
    pub(crate) fn divide(words: u64, divisor_words: u64) -> u64 {
        5 * multiply(words.saturating_sub(divisor_words) + 1, divisor_words)
    }

    /// Conversion of `words` from or to decimal text, and a square root.
    pub(crate) fn convert(words: u64) -> u64 {
        5 * multiply(words, words)
    }

    /// Greatest common divisor, which takes quadratic time in the library.
    pub(crate) fn gcd(words: u64) -> u64 {
        words * words / 2 + 8
    }

    /// A power whose result has `words`.
    pub(crate) fn power(words: u64) -> u64 {
        2 * multiply(words, words)
    }

    /// A power modulo a number of `words`, with an exponent of `exponent_bits`.
    pub(crate) fn modular_power(exponent_bits: u64, words: u64) -> u64 {
        (3 * exponent_bits).saturating_mul(multiply(words, words))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_share_is_paid_from_the_whole_and_takes_no_more_than_itself() {
        let mut fuel = Fuel::new(100);
        assert_eq!(fuel.pay(10), Ok(()));
        let end = fuel.share(30, |share| share.pay(20).and_then(|()| share.pay(11)));
        assert_eq!((end, fuel.spent()), (Err(ErrorKind::OutOfFuel { limit: 30 }), 30));
        // A share is never larger than the fuel left.
        assert_eq!(fuel.share(1_000, |share| share.pay(71)), Err(ErrorKind::OutOfFuel { limit: 70 }));
        assert!(fuel.suffices(70) && !fuel.suffices(71));
        assert_eq!((fuel.share(1_000, |share| share.pay(70)), fuel.spent()), (Ok(()), 100));
        assert_eq!(fuel.pay(1), Err(ErrorKind::OutOfFuel { limit: 100 }));
        assert_eq!(fuel.exhausted(), ErrorKind::OutOfFuel { limit: 100 });
    }

    /// How often the clock is checked while 100 units are spent a hundred times, in shares of 250 or not.
    fn looks(fuel: impl for<'a> FnOnce(&'a dyn Fn() -> bool) -> Fuel<'a>, is_shared: bool) -> u64 {
        let looks = Cell::new(0);
        let stop = || {
            looks.set(looks.get() + 1);
            false
        };
        let mut fuel = fuel(&stop);
        for _ in 0..100 {
            let paid = if is_shared { fuel.share(250, |share| share.pay(100)) } else { fuel.pay(100) };
            assert_eq!(paid, Ok(()));
        }
        looks.get()
    }

    #[test]
    fn the_clock_is_asked_every_so_many_units_in_shares_too() {
        for is_shared in [false, true] {
            let every = looks(|stop| Fuel::with_stop(20_000, stop).checked_every(1_000), is_shared);
            assert!((8..=11).contains(&every), "{every} looks for 10,000 units");
        }
        assert_eq!(looks(|stop| Fuel::with_stop(20_000, stop), false), 0);
        let mut fuel = Fuel::with_stop(1_000, &|| true).checked_every(100);
        assert_eq!(fuel.pay(50), Ok(()));
        assert_eq!(fuel.pay(51), Err(ErrorKind::Deadline));
        let mut fuel = Fuel::with_stop(1_000_000, &|| true);
        assert_eq!(fuel.pay(CHECK_EVERY), Ok(()));
        assert_eq!(fuel.pay(1), Err(ErrorKind::Deadline));
    }

    #[test]
    fn memory_is_counted_up_to_its_limit() {
        let limits = Limits { memory_bytes: 100, ..Limits::default() };
        let mut fuel = Fuel::new(10);
        let mut budget = Budget::new(Mode::default(), &limits, &mut fuel);
        assert_eq!((budget.require(10), budget.require(11)), (Ok(()), Err(ErrorKind::OutOfFuel { limit: 10 })));
        assert_eq!((budget.hold(60), budget.hold(40), budget.held_bytes()), (Ok(()), Ok(()), 100));
        budget.release(30);
        assert_eq!((budget.held_bytes(), budget.hold(31)), (70, Err(ErrorKind::OutOfMemory { limit: 100 })));
        budget.release(1_000);
        assert_eq!(budget.held_bytes(), 0);
    }

    /// The published sequences for these seeds.
    #[test]
    fn chance_is_splitmix64() {
        let published: [(u64, [u64; 3]); 2] = [
            (0, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]),
            (1_234_567, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]),
        ];
        for (seed, sequence) in published {
            let (limits, mut fuel) = (Limits::default(), Fuel::new(0).seeded(seed));
            let mut budget = Budget::new(Mode::default(), &limits, &mut fuel);
            assert_eq!(sequence.map(|_| budget.random()), sequence, "{seed}");
        }
    }

    /// Prices must grow like the work; the time per unit is measured in `tests/prices.rs`.
    #[test]
    fn prices_grow_as_the_work_does() {
        use price::{SCALAR, add, convert, divide, gcd, modular_power, multiply, power};
        assert!(add(0) > 0 && multiply(0, 0) > 0 && gcd(0) > 0);
        for n in [64, 100, 1_000, 16_384] {
            // Each word counts, but costs no more than a scalar.
            assert!(add(2 * n) > add(n) && add(n) <= SCALAR * n, "{n}");
            // Between linear and quadratic, and symmetric.
            for m in [1, 3, n / 2, n] {
                let product = multiply(n, m);
                assert!(product == multiply(m, n) && (n..=n * m + 16).contains(&product), "{n} {m}");
            }
            // Karatsuba's exponent lies between one and two.
            assert!((2 * multiply(n, n)..=4 * multiply(n, n)).contains(&multiply(2 * n, 2 * n)), "{n}");
            assert!(gcd(2 * n) > 3 * gcd(n) && (n..=n * n + 16).contains(&gcd(n)), "{n}");
            // Quotient and remainder cost several products; for numbers of equal length, the quotient has one word.
            assert!((2 * multiply(n, n)..=8 * multiply(n, n)).contains(&divide(2 * n, n)), "{n}");
            assert!((n..=8 * multiply(1, n)).contains(&divide(n, n)) && divide(1, n) == divide(n, n), "{n}");
            assert!((2 * multiply(n, n)..=8 * multiply(n, n)).contains(&convert(n)), "{n}");
            // The last squaring is the largest; the earlier ones add a part.
            assert!(3 * power(n) >= 4 * multiply(n, n) && power(n) <= 4 * multiply(n, n), "{n}");
            // A squaring for each bit of the exponent and a product for every second bit, each with a remainder.
            let (bits, product) = (1_000, multiply(n, n));
            assert!((3 * bits * product / 2..=10 * bits * product).contains(&modular_power(bits, n)), "{n}");
            assert_eq!(modular_power(2 * bits, n), 2 * modular_power(bits, n), "{n}");
        }
    }
}
