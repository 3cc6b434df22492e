//! What floats alone cannot round correctly: computed in binary floating point of some more digits, then rounded once.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

use super::Number;

type Precise = FBig<HalfEven, 2>;

/// Bits of the intermediate results: three times a float's, so that only a value closer than 2^-100 to a tie of two
/// floats could be misrounded; exact answers (`log(8, 2)`) come out exact.
const BITS: usize = 160;

/// log(`x`) / log(`base`), correctly rounded. Both must be positive and finite, neither of them 1.
pub(crate) fn log_ratio(x: &Number, base: &Number) -> f64 {
    let logarithm = |number: &Number| -> Option<Precise> {
        let exact = match number {
            Number::Int(value) => Precise::from(value.big()),
            Number::Float(value) => Precise::try_from(*value).ok()?,
        };
        Some(exact.with_precision(BITS).value().ln())
    };
    match (logarithm(x), logarithm(base)) {
        (Some(numerator), Some(denominator)) => (numerator / denominator).to_f64().value(),
        // Only a float that is not finite cannot be converted.
        _ => f64::NAN,
    }
}
