//! Complex numbers as complex.js 2.4 computes them: the same formulas, on functions that are rounded correctly.

use std::f64::consts::{LN_2, PI};

use super::real::power;
use crate::error::ErrorKind;
use crate::limits::Budget;
use crate::number::{float, fmod};

/// A complex number of two doubles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

const INFINITY: Complex = new(f64::INFINITY, f64::INFINITY);
const NAN: Complex = new(f64::NAN, f64::NAN);
const ZERO: Complex = new(0.0, 0.0);

const fn new(re: f64, im: f64) -> Complex {
    Complex { re, im }
}

impl Complex {
    pub(super) fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    pub(super) fn is_zero(self) -> bool {
        self.re == 0.0 && self.im == 0.0
    }

    pub(super) fn negate(self) -> Self {
        new(-self.re, -self.im)
    }

    pub(super) fn conjugate(self) -> Self {
        new(self.re, -self.im)
    }

    /// The sum; of infinities there is only one, without a direction.
    pub(super) fn add(self, other: Self) -> Self {
        match (self.is_finite(), other.is_finite()) {
            (true, true) => new(self.re + other.re, self.im + other.im),
            (false, false) => NAN,
            _ => INFINITY,
        }
    }

    pub(super) fn subtract(self, other: Self) -> Self {
        match (self.is_finite(), other.is_finite()) {
            (true, true) => new(self.re - other.re, self.im - other.im),
            (false, false) => NAN,
            _ => INFINITY,
        }
    }

    pub(super) fn multiply(self, other: Self) -> Self {
        if !self.is_finite() && other.is_zero() || !other.is_finite() && self.is_zero() {
            return NAN;
        }
        if !self.is_finite() || !other.is_finite() {
            return INFINITY;
        }
        if self.im == 0.0 && other.im == 0.0 {
            return new(self.re * other.re, 0.0);
        }
        new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }

    pub(super) fn divide(self, other: Self) -> Self {
        if self.is_zero() && other.is_zero() || !self.is_finite() && !other.is_finite() {
            return NAN;
        }
        if other.is_zero() || !self.is_finite() {
            return INFINITY;
        }
        if self.is_zero() || !other.is_finite() {
            return ZERO;
        }
        if other.im == 0.0 {
            return new(self.re / other.re, self.im / other.re);
        }
        if other.re.abs() < other.im.abs() {
            let x = other.re / other.im;
            let t = other.re * x + other.im;
            return new((self.re * x + self.im) / t, (self.im * x - self.re) / t);
        }
        let x = other.im / other.re;
        let t = other.im * x + other.re;
        new((self.re + self.im * x) / t, (self.im - self.re * x) / t)
    }

    pub(super) fn power(self, exponent: Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        if exponent.is_zero() {
            return Ok(new(1.0, 0.0));
        }
        if exponent.im == 0.0 {
            if self.im == 0.0 && self.re > 0.0 {
                return Ok(new(power(self.re, exponent.re, budget)?, 0.0));
            }
            if self.re == 0.0 && exponent.re.fract() == 0.0 {
                let size = power(self.im, exponent.re, budget)?;
                return Ok(match fmod(exponent.re, 4.0).rem_euclid(4.0) {
                    0.0 => new(size, 0.0),
                    1.0 => new(0.0, size),
                    2.0 => new(-size, 0.0),
                    _ => new(0.0, -size),
                });
            }
        }
        if self.is_zero() && exponent.re > 0.0 {
            return Ok(ZERO);
        }
        let (angle, logarithm) = (self.argument(), log_hypot(self.re, self.im));
        let size = pxfm::f_exp(exponent.re * logarithm - exponent.im * angle);
        let angle = exponent.im * logarithm + exponent.re * angle;
        Ok(new(size * pxfm::f_cos(angle), size * pxfm::f_sin(angle)))
    }

    pub(super) fn size(self) -> f64 {
        hypot(self.re, self.im)
    }

    pub(super) fn argument(self) -> f64 {
        float::atan2(self.im, self.re)
    }

    pub(super) fn sign(self) -> Self {
        let size = self.size();
        new(self.re / size, self.im / size)
    }

    pub(super) fn sqrt(self) -> Self {
        let Self { re: a, im: b } = self;
        if b == 0.0 {
            return if a >= 0.0 { new(a.sqrt(), 0.0) } else { new(0.0, (-a).sqrt()) };
        }
        let larger = (0.5 * (hypot(a, b) + a.abs())).sqrt();
        let smaller = b.abs() / (2.0 * larger);
        let signed = |part: f64| if b < 0.0 { -part } else { part };
        if a >= 0.0 { new(larger, signed(smaller)) } else { new(smaller, signed(larger)) }
    }

    pub(super) fn exp(self) -> Self {
        let size = pxfm::f_exp(self.re);
        if self.im == 0.0 { new(size, 0.0) } else { new(size * pxfm::f_cos(self.im), size * pxfm::f_sin(self.im)) }
    }

    /// As math.js has it, not complex.js.
    pub(super) fn expm1(self) -> Self {
        let size = pxfm::f_exp(self.re);
        new(size * pxfm::f_cos(self.im) - 1.0, size * pxfm::f_sin(self.im))
    }

    pub(super) fn log(self) -> Self {
        if self.im == 0.0 && self.re > 0.0 {
            return new(pxfm::f_log(self.re), 0.0);
        }
        new(log_hypot(self.re, self.im), self.argument())
    }

    pub(super) fn log10(self) -> Self {
        self.log().divide(new(std::f64::consts::LN_10, 0.0))
    }

    pub(super) fn log2(self) -> Self {
        let size = (self.re * self.re + self.im * self.im).sqrt();
        new(pxfm::f_log2(size), self.argument() / LN_2)
    }

    pub(super) fn log1p(self) -> Self {
        let re = self.re + 1.0;
        new(pxfm::f_log((re * re + self.im * self.im).sqrt()), float::atan2(self.im, re))
    }

    pub(super) fn cbrt(self) -> Self {
        let third = self.argument() / 3.0;
        new(pxfm::f_cbrt(self.size()), 0.0).multiply(new(0.0, third).exp())
    }

    pub(super) fn square(self) -> Self {
        self.multiply(self)
    }

    pub(super) fn cube(self) -> Self {
        self.multiply(self).multiply(self)
    }

    pub(super) fn sin(self) -> Self {
        let Self { re: a, im: b } = self;
        new(pxfm::f_sin(a) * pxfm::f_cosh(b), pxfm::f_cos(a) * float::sinh(b))
    }

    pub(super) fn cos(self) -> Self {
        let Self { re: a, im: b } = self;
        new(pxfm::f_cos(a) * pxfm::f_cosh(b), -pxfm::f_sin(a) * float::sinh(b))
    }

    pub(super) fn tan(self) -> Self {
        let (a, b) = (2.0 * self.re, 2.0 * self.im);
        let d = pxfm::f_cos(a) + pxfm::f_cosh(b);
        new(pxfm::f_sin(a) / d, float::sinh(b) / d)
    }

    pub(super) fn cot(self) -> Self {
        let (a, b) = (2.0 * self.re, 2.0 * self.im);
        let d = pxfm::f_cos(a) - pxfm::f_cosh(b);
        new(-pxfm::f_sin(a) / d, float::sinh(b) / d)
    }

    pub(super) fn sec(self) -> Self {
        let Self { re: a, im: b } = self;
        let d = 0.5 * pxfm::f_cosh(2.0 * b) + 0.5 * pxfm::f_cos(2.0 * a);
        new(pxfm::f_cos(a) * pxfm::f_cosh(b) / d, pxfm::f_sin(a) * float::sinh(b) / d)
    }

    pub(super) fn csc(self) -> Self {
        let Self { re: a, im: b } = self;
        let d = 0.5 * pxfm::f_cosh(2.0 * b) - 0.5 * pxfm::f_cos(2.0 * a);
        new(pxfm::f_sin(a) * pxfm::f_cosh(b) / d, -pxfm::f_cos(a) * float::sinh(b) / d)
    }

    pub(super) fn sinh(self) -> Self {
        let Self { re: a, im: b } = self;
        new(float::sinh(a) * pxfm::f_cos(b), pxfm::f_cosh(a) * pxfm::f_sin(b))
    }

    pub(super) fn cosh(self) -> Self {
        let Self { re: a, im: b } = self;
        new(pxfm::f_cosh(a) * pxfm::f_cos(b), float::sinh(a) * pxfm::f_sin(b))
    }

    pub(super) fn tanh(self) -> Self {
        let (a, b) = (2.0 * self.re, 2.0 * self.im);
        let d = pxfm::f_cosh(a) + pxfm::f_cos(b);
        new(float::sinh(a) / d, pxfm::f_sin(b) / d)
    }

    pub(super) fn coth(self) -> Self {
        let (a, b) = (2.0 * self.re, 2.0 * self.im);
        let d = pxfm::f_cosh(a) - pxfm::f_cos(b);
        new(float::sinh(a) / d, -pxfm::f_sin(b) / d)
    }

    pub(super) fn sech(self) -> Self {
        let Self { re: a, im: b } = self;
        let d = pxfm::f_cos(2.0 * b) + pxfm::f_cosh(2.0 * a);
        new(2.0 * pxfm::f_cosh(a) * pxfm::f_cos(b) / d, -2.0 * float::sinh(a) * pxfm::f_sin(b) / d)
    }

    pub(super) fn csch(self) -> Self {
        let Self { re: a, im: b } = self;
        let d = pxfm::f_cos(2.0 * b) - pxfm::f_cosh(2.0 * a);
        new(-2.0 * float::sinh(a) * pxfm::f_cos(b) / d, 2.0 * pxfm::f_cosh(a) * pxfm::f_sin(b) / d)
    }

    /// √(1 - c²) + ic, and its logarithm: the common part of the inverse sine and cosine.
    fn arc(self) -> Self {
        let Self { re: a, im: b } = self;
        let root = new(b * b - a * a + 1.0, -2.0 * a * b).sqrt();
        new(root.re - b, root.im + a).log()
    }

    pub(super) fn asin(self) -> Self {
        let arc = self.arc();
        new(arc.im, -arc.re)
    }

    pub(super) fn acos(self) -> Self {
        let arc = self.arc();
        new(PI / 2.0 - arc.im, arc.re)
    }

    pub(super) fn atan(self) -> Self {
        let Self { re: a, im: b } = self;
        if a == 0.0 && b.abs() == 1.0 {
            return new(0.0, b * f64::INFINITY);
        }
        let d = a * a + (1.0 - b) * (1.0 - b);
        let log = new((1.0 - b * b - a * a) / d, -2.0 * a / d).log();
        new(-0.5 * log.im, 0.5 * log.re)
    }

    pub(super) fn asinh(self) -> Self {
        let Self { re: a, im: b } = self;
        if b == 0.0 {
            let x = a.abs();
            let value = pxfm::f_log(x + (x * x + 1.0).sqrt());
            return new(if a == 0.0 { 0.0 } else { value.copysign(a) }, 0.0);
        }
        let root = new(a * a - b * b + 1.0, 2.0 * a * b).sqrt();
        new(a + root.re, b + root.im).log()
    }

    pub(super) fn acosh(self) -> Self {
        let Self { re: a, im: b } = self;
        if b == 0.0 {
            return if a > 1.0 {
                new(pxfm::f_log(a + (a - 1.0).sqrt() * (a + 1.0).sqrt()), 0.0)
            } else if a < -1.0 {
                new(pxfm::f_log(-a + (a * a - 1.0).sqrt()), PI)
            } else {
                new(0.0, pxfm::f_acos(a))
            };
        }
        let (t1, t2) = (new(a - 1.0, b).sqrt(), new(a + 1.0, b).sqrt());
        new(a + t1.re * t2.re - t1.im * t2.im, b + t1.re * t2.im + t1.im * t2.re).log()
    }

    pub(super) fn atanh(self) -> Self {
        let Self { re: a, im: b } = self;
        if b == 0.0 {
            return if a == 0.0 {
                ZERO
            } else if a.abs() == 1.0 {
                new(a * f64::INFINITY, 0.0)
            } else if a.abs() < 1.0 {
                new(0.5 * pxfm::f_log((1.0 + a) / (1.0 - a)), 0.0)
            } else if a > 1.0 {
                new(0.5 * pxfm::f_log((a + 1.0) / (a - 1.0)), -PI / 2.0)
            } else {
                new(0.5 * pxfm::f_log(-((1.0 + a) / (1.0 - a))), PI / 2.0)
            };
        }
        let (minus, plus) = (1.0 - a, 1.0 + a);
        let d = minus * minus + b * b;
        if d == 0.0 {
            return new(if a == -1.0 { 0.0 } else { a / 0.0 }, b / 0.0);
        }
        let (re, im) = ((plus * minus - b * b) / d, (b * minus + plus * b) / d);
        new(log_hypot(re, im) / 2.0, float::atan2(im, re) / 2.0)
    }

    /// 1/c, for the inverses of the reciprocal functions.
    fn inverse(self) -> Self {
        let Self { re: a, im: b } = self;
        let d = a * a + b * b;
        if d != 0.0 {
            return new(a / d, -b / d);
        }
        new(if a == 0.0 { 0.0 } else { a / 0.0 }, if b == 0.0 { 0.0 } else { -b / 0.0 })
    }

    pub(super) fn acot(self) -> Self {
        if self.im == 0.0 { new(float::atan2(1.0, self.re), 0.0) } else { self.inverse().atan() }
    }

    pub(super) fn asec(self) -> Self {
        if self.is_zero() { new(0.0, f64::INFINITY) } else { self.inverse().acos() }
    }

    pub(super) fn acsc(self) -> Self {
        if self.is_zero() { new(PI / 2.0, f64::INFINITY) } else { self.inverse().asin() }
    }

    pub(super) fn acoth(self) -> Self {
        if self.is_zero() { new(0.0, PI / 2.0) } else { self.inverse().atanh() }
    }

    pub(super) fn acsch(self) -> Self {
        if self.im != 0.0 {
            return self.inverse().asinh();
        }
        if self.re == 0.0 {
            return new(f64::INFINITY, 0.0);
        }
        let inverse = 1.0 / self.re;
        new(pxfm::f_log(inverse + (inverse * inverse + 1.0).sqrt()), 0.0)
    }

    pub(super) fn asech(self) -> Self {
        if self.is_zero() { INFINITY } else { self.inverse().acosh() }
    }

    /// A rounding of both parts, to so many places.
    pub(super) fn rounded(self, factor: f64, round: fn(f64) -> f64) -> Self {
        new(round(self.re * factor) / factor, round(self.im * factor) / factor)
    }
}

/// √(x² + y²), scaled only where it would overflow.
fn hypot(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs(), y.abs());
    let (large, small) = if x < y { (y, x) } else { (x, y) };
    if large < 1e8 {
        return (large * large + small * small).sqrt();
    }
    let ratio = small / large;
    large * (1.0 + ratio * ratio).sqrt()
}

fn log_hypot(a: f64, b: f64) -> f64 {
    if a == 0.0 {
        return pxfm::f_log(b.abs());
    }
    if b == 0.0 {
        return pxfm::f_log(a.abs());
    }
    if a.abs() < 3000.0 && b.abs() < 3000.0 {
        return pxfm::f_log(a * a + b * b) * 0.5;
    }
    let (a, b) = (a * 0.5, b * 0.5);
    0.5 * pxfm::f_log(a * a + b * b) + LN_2
}
