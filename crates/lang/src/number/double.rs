//! Numbers that are the sum of two floats: some 104 significant bits, without an allocation.
//!
//! The operations and their error bounds are those of Joldes, Muller and Popescu, "Tight and rigorous error bounds for
//! basic building blocks of double-word arithmetic" (2017), without a fused multiplication, which not every processor has.
//! Nothing here may overflow: operands are below 2^990.

use std::f64::consts::{LN_2, SQRT_2};
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::OnceLock;

use dashu_int::{IBig, Sign};

use super::error_free::{exact_sum, product_error};
use super::fixed;

/// A number `high + low`, where `high` is the float nearest to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Double {
    pub(super) high: f64,
    pub(super) low: f64,
}

/// Binary places of the constants that are computed.
const PLACES: usize = 192;
/// ln 2: the float nearest to it, and the float nearest to the rest.
const LN_2_DOUBLE: Double = Double { high: LN_2, low: 2.319_046_813_846_299_6e-17 };

impl Double {
    pub(super) const ZERO: Self = Self { high: 0.0, low: 0.0 };
    pub(super) const ONE: Self = Self { high: 1.0, low: 0.0 };

    /// `numerator` / `denominator`, for whole numbers.
    pub(super) const fn ratio(numerator: f64, denominator: f64) -> Self {
        let high = numerator / denominator;
        let product = high * denominator;
        Self { high, low: ((numerator - product) - product_error(high, denominator, product)) / denominator }
    }

    /// The number nearest to `value`·2^-`places`.
    pub(super) fn of(value: &IBig, places: usize) -> Self {
        let nearest = |value: &IBig| {
            let (sign, magnitude) = value.clone().into_parts();
            let float = fixed::nearest(&magnitude, -(places as i64));
            if sign == Sign::Negative { -float } else { float }
        };
        let high = nearest(value);
        Self { high, low: nearest(&(value - fixed::from_float(high, places))) }
    }

    /// The nearest float, if the error of this number, which is at most `error`, cannot change it.
    pub(super) fn rounded(self, error: f64) -> Option<f64> {
        let (below, above) = (self.high + (self.low - error), self.high + (self.low + error));
        (below == above).then_some(above)
    }

    /// The same times 2^`exponent`, where no bit is lost.
    fn scaled(self, exponent: i32) -> Self {
        let factor = f64::from_bits(((exponent + 1023) as u64) << 52);
        Self { high: self.high * factor, low: self.low * factor }
    }

    /// The natural logarithm of a positive number between 2^-990 and 2^990. Its error is below 2^-100, or below 2^-100 of
    /// the result if that is larger.
    pub(super) fn ln(self) -> Self {
        // x = m·2^e with m between √½ and √2, and m = (1 + r) / c with c near 1/m.
        let mut exponent = (self.high.to_bits() >> 52) as i32 - 1023;
        if self.scaled(-exponent).high > SQRT_2 {
            exponent += 1;
        }
        let m = self.scaled(-exponent);
        let row = (m.high * LOG_ROWS).round();
        let (c, log_of_c) = *LOGS[row as usize - LOG_FIRST].get_or_init(|| log_row(row));
        // Next to 1, nothing is lost by the subtraction.
        let product = m.high * c;
        let (high, low) = exact_sum(product - 1.0, product_error(m.high, c, product));
        let r = Self::normal(high, low + m.low * c);
        log_of_one_and(r) + log_of_c + LN_2_DOUBLE * Self::from(f64::from(exponent))
    }

    /// e to the power of a number between -650 and 650. Its relative error is below 2^-95.
    pub(super) fn exp(self) -> Self {
        // x = (64·e + j)·ln 2 / 64 + r.
        let steps = (self.high * (EXP_ROWS / LN_2)).round();
        let r = self - LN_2_DOUBLE * Self::from(steps / EXP_ROWS);
        let row = steps.rem_euclid(EXP_ROWS);
        let power = *EXPONENTIALS[row as usize].get_or_init(|| {
            let exponent = IBig::from(fixed::ln_2(PLACES)) * IBig::from(row as i64) / IBig::from(EXP_ROWS as i64);
            Self::of(&fixed::exp(&exponent, PLACES).into(), PLACES)
        });
        // e^r = 1 + r·(1 + r/2·(1 + r/3·(…))). From the seventh term on, a float has enough bits.
        let rest = RECIPROCALS[7..].iter().rev().fold(1.0, |rest, reciprocal| 1.0 + r.high * reciprocal.high * rest);
        let further = |rest, reciprocal: &Self| Self::ONE + r * *reciprocal * rest;
        let series = RECIPROCALS[1..7].iter().rev().fold(Self::from(rest), further);
        (series * power).scaled(((steps - row) / EXP_ROWS) as i32)
    }

    /// The sum of two floats of which the first is the larger.
    fn normal(high: f64, low: f64) -> Self {
        let total = high + low;
        Self { high: total, low: low - (total - high) }
    }
}

/// Rows of the table of logarithms for an interval of 1, and the first row.
const LOG_ROWS: f64 = 128.0;
const LOG_FIRST: usize = 90;
/// A float near 128/row, and its logarithm with the other sign. Each is computed when it is first needed.
static LOGS: [OnceLock<(f64, Double)>; 93] = [const { OnceLock::new() }; 93];

fn log_row(row: f64) -> (f64, Double) {
    let c = LOG_ROWS / row;
    let (_, fixed) = fixed::from_float(c, PLACES).into_parts();
    (c, -Double::of(&fixed::ln(&fixed, PLACES), PLACES))
}

/// Rows of the table of powers of 2 between 1 and 2.
const EXP_ROWS: f64 = 64.0;
static EXPONENTIALS: [OnceLock<Double>; 64] = [const { OnceLock::new() }; 64];

/// 1/n for the n of a series.
const RECIPROCALS: [Double; 16] = {
    let mut list = [Double::ZERO; 16];
    let mut n = 1;
    while n < list.len() {
        list[n] = Double::ratio(1.0, n as f64);
        n += 1;
    }
    list
};

/// ln(1 + `r`) for |`r`| below 2^-7: r - r²·(1/2 - r·(1/3 - r·(…))).
fn log_of_one_and(r: Double) -> Double {
    // The terms from the seventh on are so small that a float has enough bits for them.
    let rest = RECIPROCALS[7..].iter().rev().fold(0.0, |rest, reciprocal| reciprocal.high - r.high * rest);
    let series = RECIPROCALS[2..7].iter().rev().fold(Double::from(rest), |rest, reciprocal| *reciprocal - r * rest);
    r - r * r * series
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Neg for Double {
    type Output = Self;

    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Add for Double {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (high, of_high) = exact_sum(self.high, other.high);
        let (low, of_low) = exact_sum(self.low, other.low);
        let near = Self::normal(high, of_high + low);
        Self::normal(near.high, near.low + of_low)
    }
}

impl Sub for Double {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let rest = product_error(self.high, other.high, high);
        Self::normal(high, rest + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Double {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        Self::normal(first, rest.high / other.high)
    }
}
