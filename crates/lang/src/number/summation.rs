//! Compensated sums of floats, by CPython's algorithms to the bit.

use super::error_free::exact_sum;

/// A sum with its compensation, as in Python's `sum` of floats. (Neumaier 1974.)
#[derive(Clone, Copy)]
pub(crate) struct Compensated {
    total: f64,
    compensation: f64,
}

impl Compensated {
    pub(crate) fn new(start: f64) -> Self {
        Self { total: start, compensation: 0.0 }
    }

    pub(crate) fn add(&mut self, x: f64) {
        let total = self.total + x;
        self.compensation +=
            if self.total.abs() >= x.abs() { (self.total - total) + x } else { (x - total) + self.total };
        self.total = total;
    }

    pub(crate) fn value(self) -> f64 {
        // A compensation of 0 would turn -0.0 into 0.0, and an infinite one would turn an infinity into nan.
        let counts = self.compensation != 0.0 && self.compensation.is_finite();
        if counts { self.total + self.compensation } else { self.total }
    }
}

/// A sum of products of floats in triple precision, rounded once, as in Python's `sumprod`. (Ogita, Rump and Oishi,
/// *Accurate sum and dot product*, 2005, algorithm 5.10 with K = 3.)
#[derive(Clone, Copy, Default)]
pub(crate) struct Tripled {
    high: f64,
    low: f64,
    tiny: f64,
}

impl Tripled {
    /// Adds `x`·`y`; `None` if the result is not finite.
    pub(crate) fn add_product(self, x: f64, y: f64) -> Option<Self> {
        let product = x * y;
        let rest = x.mul_add(y, -product);
        let (high, carried) = exact_sum(self.high, product);
        let (low, first) = exact_sum(self.low, rest);
        let (low, second) = exact_sum(low, carried);
        high.is_finite().then_some(Self { high, low, tiny: self.tiny + first + second })
    }

    pub(crate) fn value(self) -> f64 {
        let (high, low) = exact_sum(self.low, self.high);
        self.tiny + low + high
    }
}
