//! Polynomials with integer coefficients, and their complex roots with all digits correct.
//!
//! Multiple roots are first separated exactly (Musser 1971), so that all roots are simple. Aberth's iteration (1973)
//! finds them together, starting on the radii of Newton's polygon (Bini 1996). It uses fixed-point numbers of as many
//! bits as needed: a root is accepted if a step with twice the bits does not move it.

use super::rounding;
use super::{Complex, Integer};
use crate::error::{ErrorKind, Obstacle, Overflow};
use crate::limits::{Budget, price};

/// Bits after the point at the beginning, in addition to those for the smallest root.
const BITS: i64 = 128;
/// The iteration ends when a step moves a root by less than 2 to this power, relative to the root.
const SETTLED: i64 = -64;
/// A part of a root that is smaller than 2 to this power, relative to the root, is 0: only steps with four times the
/// bits make a part so small.
const NOTHING: i64 = -200;
/// After so many steps, the number of bits is increased.
const STEPS_MAX: u32 = 100;
/// A prime near 2^61. Modulo this prime, most polynomials without multiple roots show that they have none.
const PRIME: u64 = (1 << 61) - 1;

/// The coefficients, from the lowest power to the highest; the last one is not 0.
type Coefficients = Vec<Integer>;

/// The roots of a polynomial other than 0, each as often as its multiplicity, ordered by real and then by imaginary
/// part. Complex roots come in conjugate pairs.
pub(crate) fn roots(coefficients: &[Integer], budget: &mut Budget) -> Result<Vec<Complex>, ErrorKind> {
    let zeros = coefficients.iter().take_while(|coefficient| coefficient.is_zero()).count();
    let mut roots = vec![Complex::new(0.0, 0.0); zeros];
    for (part, multiplicity) in simple_parts(primitive(coefficients[zeros..].to_vec(), budget)?, budget)? {
        for root in simple_roots(&part, budget)? {
            budget.charge(price::SCALAR)?;
            roots.extend(std::iter::repeat_n(root, multiplicity));
        }
    }
    roots.sort_by(|a, b| a.real.total_cmp(&b.real).then(a.imaginary.total_cmp(&b.imaginary)));
    Ok(roots)
}

/// The polynomial without trailing zeros, divided by the common divisor of its coefficients.
fn primitive(mut coefficients: Coefficients, budget: &mut Budget) -> Result<Coefficients, ErrorKind> {
    while coefficients.last().is_some_and(Integer::is_zero) {
        coefficients.pop();
    }
    let mut content = Integer::ZERO;
    for coefficient in &coefficients {
        content = content.gcd(coefficient, budget)?;
    }
    if content.is_zero() || content == Integer::ONE {
        return Ok(coefficients);
    }
    coefficients.iter().map(|coefficient| coefficient.divide_exactly(&content, budget)).collect()
}

fn degree(coefficients: &[Integer]) -> usize {
    coefficients.len().saturating_sub(1)
}

fn derivative(coefficients: &[Integer], budget: &mut Budget) -> Result<Coefficients, ErrorKind> {
    let powers = coefficients.iter().zip(0_i64..).skip(1);
    powers.map(|(coefficient, power)| coefficient.multiply(&Integer::from(power), budget)).collect()
}

/// Factors with simple roots only, each with the multiplicity of its roots.
fn simple_parts(polynomial: Coefficients, budget: &mut Budget) -> Result<Vec<(Coefficients, usize)>, ErrorKind> {
    if is_surely_simple(&polynomial, budget)? {
        return Ok(vec![(polynomial, 1)]);
    }
    let slope = derivative(&polynomial, budget)?;
    let mut multiple = gcd(polynomial.clone(), slope, budget)?;
    let mut rest = quotient(&polynomial, &multiple, budget)?;
    let mut parts = Vec::new();
    for multiplicity in 1.. {
        if degree(&rest) == 0 {
            break;
        }
        let higher = gcd(rest.clone(), multiple.clone(), budget)?;
        let part = quotient(&rest, &higher, budget)?;
        if degree(&part) > 0 {
            parts.push((part, multiplicity));
        }
        multiple = quotient(&multiple, &higher, budget)?;
        rest = higher;
    }
    Ok(parts)
}

/// Whether the polynomial and its derivative are coprime modulo a prime: then there is no multiple root.
fn is_surely_simple(polynomial: &[Integer], budget: &mut Budget) -> Result<bool, ErrorKind> {
    let count = polynomial.len() as u64;
    budget.charge(count.saturating_mul(count).saturating_mul(2 * price::SCALAR))?;
    let prime = Integer::from(PRIME as i64);
    let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64;
    let mut a = Vec::with_capacity(polynomial.len());
    for coefficient in polynomial {
        a.push(coefficient.modulo(&prime, budget)?.as_i64().unwrap_or(0).unsigned_abs());
    }
    if a.last() == Some(&0) {
        return Ok(false);
    }
    let mut b: Vec<u64> = a.iter().zip(0..).skip(1).map(|(coefficient, power)| times(*coefficient, power)).collect();
    loop {
        while b.last() == Some(&0) {
            b.pop();
        }
        let Some(last) = b.last().copied().filter(|_| b.len() > 1) else { return Ok(b.len() == 1) };
        // By Fermat's theorem, the inverse is the power PRIME - 2.
        let (mut inverse, mut square, mut exponent) = (1, last, PRIME - 2);
        while exponent > 0 {
            if exponent & 1 == 1 {
                inverse = times(inverse, square);
            }
            (square, exponent) = (times(square, square), exponent >> 1);
        }
        while a.len() >= b.len() {
            let (factor, shift) = (times(a.pop().unwrap_or(0), inverse), a.len() + 1 - b.len());
            for (at, coefficient) in b[..b.len() - 1].iter().enumerate() {
                a[shift + at] = (a[shift + at] + PRIME - times(factor, *coefficient)) % PRIME;
            }
        }
        std::mem::swap(&mut a, &mut b);
    }
}

/// The greatest common divisor, with remainders divided by their common factors.
fn gcd(mut a: Coefficients, mut b: Coefficients, budget: &mut Budget) -> Result<Coefficients, ErrorKind> {
    b = primitive(b, budget)?;
    while !b.is_empty() {
        let rest = remainder(a, &b, budget)?;
        (a, b) = (b, primitive(rest, budget)?);
    }
    Ok(a)
}

/// The remainder of a multiple of `a`, divided by `b`.
fn remainder(mut a: Coefficients, b: &[Integer], budget: &mut Budget) -> Result<Coefficients, ErrorKind> {
    let Some(leading) = b.last() else { return Err(ErrorKind::Internal) };
    while a.len() >= b.len() {
        let (top, shift) = (a.pop().unwrap_or(Integer::ZERO), a.len() + 1 - b.len());
        for (at, coefficient) in a.iter_mut().enumerate() {
            let mut value = coefficient.multiply(leading, budget)?;
            if let Some(below) = at.checked_sub(shift).and_then(|at| b.get(at)) {
                value = value.subtract(&top.multiply(below, budget)?, budget)?;
            }
            *coefficient = value;
        }
        a = primitive(a, budget)?;
    }
    Ok(a)
}

/// The quotient of primitive polynomials; `b` must divide `a`.
fn quotient(a: &[Integer], b: &[Integer], budget: &mut Budget) -> Result<Coefficients, ErrorKind> {
    let Some(leading) = b.last() else { return Err(ErrorKind::Internal) };
    let mut rest = a.to_vec();
    let mut quotient = vec![Integer::ZERO; (a.len() + 1).saturating_sub(b.len())];
    for shift in (0..quotient.len()).rev() {
        let factor = rest[shift + b.len() - 1].divide_exactly(leading, budget)?;
        for (at, coefficient) in b.iter().enumerate() {
            rest[shift + at] = rest[shift + at].subtract(&factor.multiply(coefficient, budget)?, budget)?;
        }
        quotient[shift] = factor;
    }
    Ok(quotient)
}

/// A complex number in fixed point.
#[derive(Clone)]
struct Point {
    real: Integer,
    imaginary: Integer,
}

/// A complex number with a common exponent: `(real, imaginary)`·2^`exponent`.
#[derive(Clone, Copy)]
struct Scaled {
    value: Complex,
    exponent: i64,
}

impl Point {
    fn scaled(&self) -> Scaled {
        let ((real, a), (imaginary, b)) = (self.real.to_float_parts(), self.imaginary.to_float_parts());
        let exponent = match (real == 0.0, imaginary == 0.0) {
            (true, _) => b,
            (false, true) => a,
            (false, false) => a.max(b),
        };
        let part = |value: f64, own: i64| rounding::scale(value, own - exponent);
        Scaled { value: Complex::new(part(real, a), part(imaginary, b)), exponent }
    }

    fn add(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Ok(Self { real: self.real.add(&other.real, budget)?, imaginary: self.imaginary.add(&other.imaginary, budget)? })
    }

    fn subtract(&self, other: &Self, budget: &mut Budget) -> Result<Self, ErrorKind> {
        Ok(Self {
            real: self.real.subtract(&other.real, budget)?,
            imaginary: self.imaginary.subtract(&other.imaginary, budget)?,
        })
    }

    /// The product of two numbers with so many bits after the point.
    fn multiply(&self, other: &Self, bits: &Integer, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let real = self
            .real
            .multiply(&other.real, budget)?
            .subtract(&self.imaginary.multiply(&other.imaginary, budget)?, budget)?;
        let imaginary = self
            .real
            .multiply(&other.imaginary, budget)?
            .add(&self.imaginary.multiply(&other.real, budget)?, budget)?;
        Ok(Self { real: real.shift_right(bits, budget)?, imaginary: imaginary.shift_right(bits, budget)? })
    }

    /// A step in fixed point, with so many bits after the point.
    fn of(step: Scaled, bits: i64, budget: &mut Budget) -> Result<Self, ErrorKind> {
        let mut fixed = |value: f64| {
            let (mantissa, unit) = rounding::parts(value);
            let integer = Integer::from(if value < 0.0 { -(mantissa as i64) } else { mantissa as i64 });
            let shift = i64::from(unit) + step.exponent + bits;
            let count = Integer::from(shift.saturating_abs());
            if shift < 0 { integer.shift_right(&count, budget) } else { integer.shift_left(&count, budget) }
        };
        Ok(Self { real: fixed(step.value.real)?, imaginary: fixed(step.value.imaginary)? })
    }
}

impl Scaled {
    fn divide(self, other: Self) -> Result<Self, ErrorKind> {
        Ok(Self { value: self.value.divide(other.value)?, exponent: self.exponent - other.exponent })
    }

    fn is_zero(self) -> bool {
        self.value.real == 0.0 && self.value.imaginary == 0.0
    }

    /// The power of 2 near its magnitude.
    fn magnitude(self) -> i64 {
        let largest = self.value.real.abs().max(self.value.imaginary.abs());
        if largest == 0.0 { i64::MIN / 2 } else { self.exponent + ((largest.to_bits() >> 52) as i64 - 1022) }
    }

    fn plain(self) -> Complex {
        let part = |value: f64| rounding::scale(value, self.exponent);
        Complex::new(part(self.value.real), part(self.value.imaginary))
    }
}

/// The search for the roots of a polynomial, with so many bits after the point.
struct Search<'p> {
    polynomial: &'p [Integer],
    bits: i64,
    /// The coefficients in fixed point.
    fixed: Coefficients,
    points: Vec<Point>,
}

/// The roots of a polynomial without multiple roots.
fn simple_roots(polynomial: &[Integer], budget: &mut Budget) -> Result<Vec<Complex>, ErrorKind> {
    if degree(polynomial) == 0 {
        return Ok(Vec::new());
    }
    let (start, least) = first_points(polynomial, budget)?;
    let mut search = Search { polynomial, bits: 0, fixed: Vec::new(), points: Vec::new() };
    search.refine(BITS - least.min(0), budget)?;
    for point in start {
        search.points.push(Point::of(point, search.bits, budget)?);
    }
    loop {
        let is_settled = search.settle(budget)?;
        search.refine(search.bits, budget)?;
        if is_settled && search.check(budget)? {
            break;
        }
    }
    search.refine(search.bits, budget)?;
    search.check(budget)?;
    search.floats(budget)
}

impl Search<'_> {
    /// Adds so many bits.
    fn refine(&mut self, more: i64, budget: &mut Budget) -> Result<(), ErrorKind> {
        self.bits += more;
        let (all, more) = (Integer::from(self.bits), Integer::from(more));
        let fixed: Result<_, _> =
            self.polynomial.iter().map(|coefficient| coefficient.shift_left(&all, budget)).collect();
        self.fixed = fixed?;
        for point in &mut self.points {
            point.real = point.real.shift_left(&more, budget)?;
            point.imaginary = point.imaginary.shift_left(&more, budget)?;
        }
        Ok(())
    }

    /// Newton's step at a point: the value divided by the slope.
    fn newton(&self, at: &Point, budget: &mut Budget) -> Result<Scaled, ErrorKind> {
        let bits = Integer::from(self.bits);
        let zero = || Point { real: Integer::ZERO, imaginary: Integer::ZERO };
        let (mut value, mut slope) = (zero(), zero());
        for coefficient in self.fixed.iter().rev() {
            budget.charge(4 * price::ELEMENTARY)?;
            slope = slope.multiply(at, &bits, budget)?.add(&value, budget)?;
            value = value.multiply(at, &bits, budget)?;
            value.real = value.real.add(coefficient, budget)?;
        }
        let (value, slope) = (value.scaled(), slope.scaled());
        if value.is_zero() || slope.is_zero() {
            Ok(Scaled { exponent: 0, ..zero().scaled() })
        } else {
            value.divide(slope)
        }
    }

    /// Aberth's iteration: Newton's steps, corrected so that the points stay apart. Gives whether it has converged.
    fn settle(&mut self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        let mut is_at_rest = vec![false; self.points.len()];
        for _ in 0..STEPS_MAX {
            for (at, rests) in is_at_rest.iter_mut().enumerate() {
                if *rests {
                    continue;
                }
                let newton = self.newton(&self.points[at], budget)?;
                let product = self.others(at, newton, budget)?;
                let divisor = Complex::new(1.0 - product.real, -product.imaginary);
                let is_plain = divisor.real.is_finite() && divisor.imaginary.is_finite();
                let step = match newton.value.divide(divisor) {
                    Ok(value) if is_plain => Scaled { value, ..newton },
                    _ => newton,
                };
                *rests = step.magnitude() <= self.points[at].scaled().magnitude() - self.bits + SETTLED;
                let step = Point::of(step, self.bits, budget)?;
                self.points[at] = self.points[at].subtract(&step, budget)?;
            }
            if is_at_rest.iter().all(|rests| *rests) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The sum of `step` divided by the distance to each other point. Only the quotients are converted to floats.
    fn others(&self, at: usize, step: Scaled, budget: &mut Budget) -> Result<Complex, ErrorKind> {
        let mut sum = Complex::new(0.0, 0.0);
        for (other, point) in self.points.iter().enumerate() {
            budget.charge(2 * price::ELEMENTARY)?;
            let mut distance = self.points[at].subtract(point, budget)?.scaled();
            distance.exponent -= self.bits;
            if other != at && !distance.is_zero() {
                sum = sum.add(step.divide(distance)?.plain());
            }
        }
        Ok(sum)
    }

    /// Takes one Newton step from each point; gives whether all of them stay in place.
    fn check(&mut self, budget: &mut Budget) -> Result<bool, ErrorKind> {
        let mut is_right = true;
        for at in 0..self.points.len() {
            let step = self.newton(&self.points[at], budget)?;
            is_right &= step.magnitude() <= self.points[at].scaled().magnitude() - self.bits + SETTLED + 4;
            let step = Point::of(step, self.bits, budget)?;
            self.points[at] = self.points[at].subtract(&step, budget)?;
        }
        Ok(is_right)
    }

    /// The points as floats: real ones, and those above the real axis with their conjugates.
    fn floats(&self, budget: &mut Budget) -> Result<Vec<Complex>, ErrorKind> {
        let mut roots = Vec::with_capacity(self.points.len());
        for point in &self.points {
            budget.charge(price::ELEMENTARY)?;
            let magnitude = point.scaled().magnitude();
            let part = |integer: &Integer| {
                let (mantissa, exponent) = integer.to_float_parts();
                if exponent < magnitude + NOTHING { 0.0 } else { rounding::scale(mantissa, exponent - self.bits) }
            };
            let (real, imaginary) = (part(&point.real), part(&point.imaginary));
            if !real.is_finite() || !imaginary.is_finite() {
                return Err(Overflow::Range.into());
            }
            if imaginary == 0.0 {
                roots.push(Complex::new(real, 0.0));
            } else if imaginary > 0.0 {
                roots.extend([Complex::new(real, -imaginary), Complex::new(real, imaginary)]);
            }
        }
        if roots.len() != self.points.len() {
            let what = "roots".to_owned();
            return Err(ErrorKind::NoConvergence { what, obstacle: Obstacle::Unsettled, at: None });
        }
        Ok(roots)
    }
}

/// The starting points: on circles whose radii are the slopes of Newton's polygon, which is the upper hull of the
/// coefficients' logarithms over their powers. Also the power of 2 below the smallest radius.
fn first_points(polynomial: &[Integer], budget: &mut Budget) -> Result<(Vec<Scaled>, i64), ErrorKind> {
    let mut hull: Vec<(f64, f64)> = Vec::new();
    for (power, coefficient) in polynomial.iter().enumerate() {
        budget.charge(2 * price::ELEMENTARY)?;
        if coefficient.is_zero() {
            continue;
        }
        let (mantissa, exponent) = coefficient.to_float_parts();
        let corner = (power as f64, exponent as f64 + pxfm::f_log2(mantissa.abs()));
        let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
        while let [.., before, last] = hull[..]
            && slope(before, last) <= slope(last, corner)
        {
            hull.pop();
        }
        hull.push(corner);
    }
    let (mut points, mut least) = (Vec::new(), i64::MAX);
    for (turn, pair) in hull.windows(2).enumerate() {
        let (count, logarithm) = (pair[1].0 - pair[0].0, (pair[0].1 - pair[1].1) / (pair[1].0 - pair[0].0));
        let exponent = logarithm.floor();
        least = least.min(exponent as i64 - 1);
        let radius = pxfm::f_exp2(logarithm - exponent);
        for at in 0..count as usize {
            // Not on the axes, and at other angles on each circle.
            let angle = std::f64::consts::TAU * (at as f64 / count) + 0.7 + turn as f64;
            let value = Complex::new(radius * pxfm::f_cos(angle), radius * pxfm::f_sin(angle));
            points.push(Scaled { value, exponent: exponent as i64 });
        }
    }
    Ok((points, least))
}
