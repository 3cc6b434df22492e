//! Floats as mantissa and exponent, and the rounding of such pairs to the nearest float.

/// The float nearest to `mantissa`·2^`exponent`, plus less than one unit if `sticky`. Ties go to the even float; the
/// result may be subnormal, and is infinite on overflow.
pub(crate) fn scaled(mantissa: u128, exponent: i64, sticky: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 128 - i64::from(mantissa.leading_zeros());
    let top = exponent + bits - 1;
    if top > 1023 {
        return f64::INFINITY;
    }
    let precision = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    let dropped = bits - precision;
    if dropped <= 0 {
        return power_of_two(mantissa as f64, exponent);
    }
    if dropped > 127 {
        return 0.0;
    }
    let (kept, rest, half) = (mantissa >> dropped, mantissa & ((1 << dropped) - 1), 1_u128 << (dropped - 1));
    let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
    power_of_two((kept + u128::from(up)) as f64, exponent + dropped)
}

/// `value`·2^`exponent`, correctly rounded, like `ldexp`; `value` must be finite.
pub(crate) fn scale(value: f64, exponent: i64) -> f64 {
    let (mantissa, unit) = parts(value);
    scaled(u128::from(mantissa), i64::from(unit) + exponent, false).copysign(value)
}

/// The exact mantissa and binary exponent of a finite float's magnitude.
pub(crate) fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// `value`·2^`exponent`, if the result is exact or overflows.
pub(crate) fn power_of_two(value: f64, exponent: i64) -> f64 {
    let factor = |exponent: i64| f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52);
    if exponent >= -1022 { value * factor(exponent) } else { value * factor(-1000) * factor(exponent + 1000) }
}
