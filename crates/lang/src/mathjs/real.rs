//! Functions of doubles as math.js 15 computes them. Its sums and constants are kept, since its answers show their last
//! digits; JavaScript's own functions are rounded correctly here. (`erf` after W. J. Cody 1969, `gamma` after
//! Lanczos 1964 and Stirling.)

use std::f64::consts::{E, PI};

use super::digits::Digits;
use super::stop::{Outcome, Stop, error, type_error};
use crate::error::ErrorKind;
use crate::limits::{Budget, price};
use crate::number::{Integer, float, fmod, primes};

const RELATIVE: f64 = 1e-12;
const ABSOLUTE: f64 = 1e-15;
/// The places to which numbers are rounded before they are compared with integers.
const PLACES: u32 = 12;

/// Whether two numbers are equal as far as comparisons see.
pub(super) fn nearly_equal(a: f64, b: f64) -> bool {
    if !a.is_finite() || !b.is_finite() {
        return a == b;
    }
    a == b || (a - b).abs() <= (RELATIVE * a.abs().max(b.abs())).max(ABSOLUTE)
}

pub(super) fn smaller(a: f64, b: f64) -> bool {
    a < b && !nearly_equal(a, b)
}

pub(super) fn larger(a: f64, b: f64) -> bool {
    a > b && !nearly_equal(a, b)
}

pub(super) fn is_integer(x: f64) -> bool {
    x.is_finite() && x.fract() == 0.0
}

/// JavaScript's `Math.round`: ties go up.
pub(super) fn round_half_up(x: f64) -> f64 {
    let floor = x.floor();
    if x - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// JavaScript's `Math.pow`, and math.js's two limits at infinity.
pub(super) fn power(base: f64, exponent: f64, budget: &mut Budget) -> Result<f64, ErrorKind> {
    budget.charge(price::POWER)?;
    if base * base < 1.0 && exponent == f64::INFINITY || base * base > 1.0 && exponent == f64::NEG_INFINITY {
        return Ok(0.0);
    }
    if exponent.is_nan() || base.abs() == 1.0 && exponent.is_infinite() {
        return Ok(f64::NAN);
    }
    float::real_power(base, exponent, budget)
}

/// JavaScript's `%`, whose work grows with the distance of the exponents.
pub(super) fn remainder(a: f64, b: f64, budget: &mut Budget) -> Result<f64, ErrorKind> {
    let exponent = |x: f64| (x.to_bits() >> 52) & 0x7ff;
    budget.charge(price::SCALAR + exponent(a).saturating_sub(exponent(b)) / 2)?;
    Ok(fmod(a, b))
}

/// A rounding to places behind the point, half away from zero.
fn to_places(x: f64, places: u32) -> f64 {
    if x.is_finite() { Digits::of(x).at_places(places) } else { x }
}

/// `round(x, places)`, where 12 places decide first whether it is a tie.
pub(super) fn round(x: f64, places: f64) -> Outcome<f64> {
    if !is_integer(places) || !(0.0..=15.0).contains(&places) {
        return error("Number of decimals in function round must be an integer from 0 to 15 inclusive");
    }
    let places = places as u32;
    if places >= PLACES {
        return Ok(to_places(x, places));
    }
    let near = to_places(x, PLACES);
    Ok(to_places(if nearly_equal(x, near) { near } else { x }, places))
}

/// A number that is an integer as far as comparisons see is that integer; others are cut by `cut`.
fn whole(x: f64, cut: fn(f64) -> f64) -> f64 {
    let (cut, rounded) = (cut(x), round(x, 0.0).unwrap_or(x));
    if cut != rounded && nearly_equal(x, rounded) && !nearly_equal(x, cut) { rounded } else { cut }
}

pub(super) fn floor(x: f64) -> f64 {
    whole(x, f64::floor)
}

pub(super) fn ceil(x: f64) -> f64 {
    whole(x, f64::ceil)
}

/// 10 to the number of places in `floor(x, places)` and its like.
pub(super) fn shift(places: f64, function: &str) -> Outcome<f64> {
    if !is_integer(places) || !(0.0..=15.0).contains(&places) {
        let words = format!("number of decimals in function {function} must be an integer from 0 to 15");
        return Err(Stop::Thrown(format!("RangeError: {words}")));
    }
    Ok(10_f64.powi(places as i32))
}

/// `mod`, which has the sign of the divisor.
pub(super) fn modulo(x: f64, y: f64) -> f64 {
    if y == 0.0 { x } else { x - y * floor(x / y) }
}

pub(super) fn gcd(mut a: f64, mut b: f64, budget: &mut Budget) -> Outcome<f64> {
    if !is_integer(a) || !is_integer(b) {
        return error("Parameters in function gcd must be integer numbers");
    }
    while b != 0.0 {
        // Rounding to decimal digits.
        budget.charge(100)?;
        (a, b) = (b, modulo(a, b));
    }
    Ok(a.abs())
}

pub(super) fn lcm(mut a: f64, mut b: f64, budget: &mut Budget) -> Outcome<f64> {
    if !is_integer(a) || !is_integer(b) {
        return error("Parameters in function lcm must be integer numbers");
    }
    if a == 0.0 || b == 0.0 {
        return Ok(0.0);
    }
    let product = a * b;
    while b != 0.0 {
        (a, b) = (b, remainder(a, b, budget)?);
    }
    Ok((product / a).abs())
}

pub(super) fn nth_root(a: f64, root: f64, budget: &mut Budget) -> Outcome<f64> {
    let is_inverse = root < 0.0;
    let root = root.abs();
    if root == 0.0 {
        return error("Root must be non-zero");
    }
    if a < 0.0 && fmod(root, 2.0) != 1.0 {
        return error("Root must be odd when a is negative.");
    }
    if a == 0.0 {
        return Ok(if is_inverse { f64::INFINITY } else { 0.0 });
    }
    if !a.is_finite() {
        return Ok(if is_inverse { 0.0 } else { a });
    }
    let x = power(a.abs(), 1.0 / root, budget)?.copysign(a);
    Ok(if is_inverse { 1.0 / x } else { x })
}

/// The product of the integers from `from` to `to`, multiplied in halves as math.js does.
fn product(from: f64, to: f64, budget: &mut Budget) -> Outcome<f64> {
    // math.js halves in 32 bits.
    const MOST: f64 = (1_u32 << 30) as f64;
    if to < from {
        return Ok(1.0);
    }
    if !(0.0..MOST).contains(&from) || to >= MOST {
        return error("Products of so many or so large integers are not supported");
    }
    budget.charge((to - from) as u64 * price::SCALAR + 1)?;
    Ok(halves(from as u32, to as u32))
}

/// Its depth is the number of bits of the count.
fn halves(from: u32, to: u32) -> f64 {
    if to < from {
        return 1.0;
    }
    if to == from {
        return f64::from(to);
    }
    let half = (to + from) >> 1;
    halves(from, half) * halves(half + 1, to)
}

const LANCZOS_G: f64 = 4.7421875;
#[expect(clippy::excessive_precision, reason = "as they are published")]
const LANCZOS: [f64; 15] = [
    0.99999999999999709182,
    57.156235665862923517,
    -59.597960355475491248,
    14.136097974741747174,
    -0.49191381609762019978,
    0.33994649984811888699e-4,
    0.46523628927048575665e-4,
    -0.98374475304879564677e-4,
    0.15808870322491248884e-3,
    -0.21026444172410488319e-3,
    0.21743961811521264320e-3,
    -0.16431810653676389022e-3,
    0.84418223983852743293e-4,
    -0.26190838401581408670e-4,
    0.36899182659531622704e-5,
];

pub(super) fn gamma(n: f64, budget: &mut Budget) -> Outcome<f64> {
    budget.charge(20 * price::ELEMENTARY)?;
    if is_integer(n) {
        if n <= 0.0 || n > 171.0 {
            return Ok(f64::INFINITY);
        }
        return product(1.0, n - 1.0, budget);
    }
    if n < 0.5 {
        // One step: 1 - n is above a half. At -infinity, there is no value.
        let mirrored = if n == f64::NEG_INFINITY { f64::NAN } else { above_half(1.0 - n, budget)? };
        return Ok(PI / (pxfm::f_sin(PI * n) * mirrored));
    }
    above_half(n, budget)
}

fn above_half(n: f64, budget: &mut Budget) -> Outcome<f64> {
    if n >= 171.35 {
        return Ok(f64::INFINITY);
    }
    if is_integer(n) {
        return product(1.0, n - 1.0, budget);
    }
    if n > 85.0 {
        let (two, three) = (n * n, n * n * n);
        let (four, five) = (three * n, three * n * n);
        let series =
            1.0 + 1.0 / (12.0 * n) + 1.0 / (288.0 * two) - 139.0 / (51840.0 * three) - 571.0 / (2488320.0 * four)
                + 163879.0 / (209018880.0 * five)
                + 5246819.0 / (75246796800.0 * five * n);
        return Ok((2.0 * PI / n).sqrt() * power(n / E, n, budget)? * series);
    }
    let n = n - 1.0;
    let mut sum = LANCZOS[0];
    for (i, coefficient) in (1..).zip(&LANCZOS[1..]) {
        sum += coefficient / (n + f64::from(i));
    }
    let t = n + LANCZOS_G + 0.5;
    Ok((2.0 * PI).sqrt() * power(t, n + 0.5, budget)? * pxfm::f_exp(-t) * sum)
}

pub(super) fn factorial(n: f64, budget: &mut Budget) -> Outcome<f64> {
    if n < 0.0 { error("Value must be non-negative") } else { gamma(n + 1.0, budget) }
}

pub(super) fn combinations(n: f64, k: f64, budget: &mut Budget) -> Outcome<f64> {
    if ![n, k].iter().all(|x| is_integer(*x) && *x >= 0.0) {
        return type_error("Positive integer value expected in function combinations");
    }
    if k > n {
        return type_error("k must be less than or equal to n");
    }
    let rest = n - k;
    let (last_divisor, above) = if k < rest { (k, rest) } else { (rest, k) };
    let (mut answer, mut divisor, mut numerator) = (1.0, 2.0, above + 1.0);
    budget.require((n - above) as u64)?;
    while numerator <= n {
        answer *= numerator;
        while divisor <= last_divisor && remainder(answer, divisor, budget)? == 0.0 {
            answer /= divisor;
            divisor += 1.0;
        }
        budget.charge(price::SCALAR)?;
        numerator += 1.0;
    }
    if divisor <= last_divisor {
        answer /= product(divisor, last_divisor, budget)?;
    }
    Ok(answer)
}

pub(super) fn permutations(n: f64, k: f64, budget: &mut Budget) -> Outcome<f64> {
    if ![n, k].iter().all(|x| is_integer(*x) && *x >= 0.0) {
        return type_error("Positive integer value expected in function permutations");
    }
    if k > n {
        return type_error("second argument k must be less than or equal to first argument n");
    }
    product(n - k + 1.0, n, budget)
}

/// As trial division by doubles finds it: what is above 3 and no integer has no divisor.
pub(super) fn is_prime(x: f64, budget: &mut Budget) -> Outcome<bool> {
    if x <= 3.0 {
        return Ok(x > 1.0);
    }
    if x == f64::INFINITY {
        return error("isPrime(Infinity) is not supported");
    }
    if !is_integer(x) {
        return Ok(true);
    }
    // Doubles from 2^53 on are even.
    if x >= 9_007_199_254_740_992.0 || x % 2.0 == 0.0 {
        return Ok(false);
    }
    Ok(primes::is_prime(&Integer::from_float(x), budget)?)
}

#[expect(clippy::excessive_precision, reason = "as they are published")]
const ERF_NEAR: ([f64; 5], [f64; 4]) = (
    [
        3.16112374387056560e00,
        1.13864154151050156e02,
        3.77485237685302021e02,
        3.20937758913846947e03,
        1.85777706184603153e-1,
    ],
    [2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03],
);
#[expect(clippy::excessive_precision, reason = "as they are published")]
const ERF_MIDDLE: ([f64; 9], [f64; 8]) = (
    [
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e01,
        2.98635138197400131e02,
        8.81952221241769090e02,
        1.71204761263407058e03,
        2.05107837782607147e03,
        1.23033935479799725e03,
        2.15311535474403846e-8,
    ],
    [
        1.57449261107098347e01,
        1.17693950891312499e02,
        5.37181101862009858e02,
        1.62138957456669019e03,
        3.29079923573345963e03,
        4.36261909014324716e03,
        3.43936767414372164e03,
        1.23033935480374942e03,
    ],
);
#[expect(clippy::excessive_precision, reason = "as they are published")]
const ERF_FAR: ([f64; 6], [f64; 5]) = (
    [
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
        1.63153871373020978e-2,
    ],
    [
        2.56852019228982242e00,
        1.87295284992346047e00,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ],
);

/// Numerator and denominator of Cody's rational function: the last coefficient of the numerator begins it.
fn rational<const N: usize, const M: usize>((p, q): &([f64; N], [f64; M]), x: f64) -> (f64, f64) {
    let (mut numerator, mut denominator) = (p[N - 1] * x, x);
    for (p, q) in p.iter().zip(q).take(M - 1) {
        numerator = (numerator + p) * x;
        denominator = (denominator + q) * x;
    }
    (numerator + p[M - 1], denominator + q[M - 1])
}

pub(super) fn erf(x: f64) -> f64 {
    let y = x.abs();
    if y == 0.0 || y.is_nan() {
        return x;
    }
    let sign = 1.0_f64.copysign(x);
    if y >= 9_007_199_254_740_992.0 {
        return sign;
    }
    if y <= 0.46875 {
        let (numerator, denominator) = rational(&ERF_NEAR, y * y);
        return sign * (y * numerator / denominator);
    }
    let ratio = if y <= 4.0 {
        let (numerator, denominator) = rational(&ERF_MIDDLE, y);
        numerator / denominator
    } else {
        let inverse = 1.0 / (y * y);
        let (numerator, denominator) = rational(&ERF_FAR, inverse);
        (INVERSE_ROOT_OF_PI - inverse * numerator / denominator) / y
    };
    let step = (y * 16.0).trunc() / 16.0;
    let rest = (y - step) * (y + step);
    sign * (1.0 - pxfm::f_exp(-step * step) * pxfm::f_exp(-rest) * ratio)
}

#[expect(clippy::excessive_precision, reason = "as it is published")]
const INVERSE_ROOT_OF_PI: f64 = 5.6418958354775628695e-1;
