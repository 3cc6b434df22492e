//! Elementary functions in binary fixed point: an integer means itself times 2^-`places`, for any number of places.
//!
//! Results have an error below two units of the last place. Every argument is first made small (by halving or division
//! by three, until the series is short), or a float gives a first guess, of which only the error remains to be
//! computed. The price of a call depends only on the places: [`price`].

use dashu_int::ops::{BitTest, SquareRoot};
use dashu_int::{IBig, Sign, UBig};

use super::rounding::{parts, scaled};

/// The price of one function; stored constants are free.
pub(super) fn price(places: usize) -> u64 {
    let words = places as u64 / 64 + 2;
    // The number of steps is about the square root of the places; each step has a multiplication and linear work.
    (places as u64).isqrt() * (words * words + 48 * words + 240) * 5 / 32
}

pub(super) fn one(places: usize) -> UBig {
    UBig::ONE << places
}

pub(super) fn pi(places: usize) -> UBig {
    stored(&QUARTER_PI, 2, places).unwrap_or_else(|| compute_pi(places))
}

pub(super) fn ln_2(places: usize) -> UBig {
    stored(&LN_2, 0, places)
        .unwrap_or_else(|| inverse_hyperbolic_sum(&[(18, 26, true), (2, 4801, false), (8, 8749, true)], places))
}

pub(super) fn ln_10(places: usize) -> UBig {
    stored(&QUARTER_LN_10, 2, places)
        .unwrap_or_else(|| inverse_hyperbolic_sum(&[(46, 31, true), (34, 49, true), (20, 161, true)], places))
}

/// e to the power of `x`, which must lie between -4 and 4.
pub(super) fn exp(x: &IBig, places: usize) -> UBig {
    let halvings = (places / 2).isqrt();
    // Every squaring doubles the error, and the result has up to six bits before the point.
    let work = places + halvings + 24;
    let (sign, magnitude) = (x << (work - places)).into_parts();
    let sinh = factorial_series(&(magnitude >> halvings), work, |_| Sign::Positive);
    let cosh = ((one(2 * work)) + sinh.sqr()).sqrt();
    let mut power = match sign {
        Sign::Positive => cosh + sinh,
        Sign::Negative => cosh - sinh,
    };
    for _ in 0..halvings {
        power = power.sqr() >> work;
    }
    power >> (work - places)
}

/// The natural logarithm of `x`, which must lie between 2^-8 and 2^8.
pub(super) fn ln(x: &UBig, places: usize) -> IBig {
    let work = places + 16;
    let x = x << (work - places);
    let guess = from_float(pxfm::f_log(to_float(&x, work)), work);
    let reached = exp(&guess, work);
    // ln x - ln reached = 2·artanh((x - reached) / (x + reached)).
    let (sign, difference) = (IBig::from(x.clone()) - IBig::from(reached.clone())).into_parts();
    let ratio = (difference << work) / (x + reached);
    let rest = odd_series(&ratio, work, |_| Sign::Positive) << 1;
    (guess + sign * IBig::from(rest)) >> (work - places)
}

/// Sine and cosine of `x`, which must lie between -1 and 1.
pub(super) fn sin_cos(x: &IBig, places: usize) -> (IBig, UBig) {
    // One division by three replaces log2(3) halvings; 3^40 still fits a machine word.
    let thirds = ((places / 2).isqrt() * 5 / 8).min(40);
    let work = places + thirds * 8 / 5 + 24;
    let (sign, magnitude) = (x << (work - places)).into_parts();
    let mut sine = factorial_series(&(magnitude / 3_u64.pow(thirds as u32)), work, alternating);
    let three = UBig::from(3_u8) << work;
    for _ in 0..thirds {
        // sin 3a = sin a·(3 - 4·sin² a).
        let square = sine.sqr() >> work;
        sine = (sine * (&three - (square << 2))) >> work;
    }
    let cosine = (one(2 * work) - sine.sqr()).sqrt();
    (sign * IBig::from(sine >> (work - places)), cosine >> (work - places))
}

/// The arc tangent of `y / x`; `x` must be positive, and `y` not above it.
pub(super) fn atan_ratio(y: &UBig, x: &UBig, places: usize) -> UBig {
    let work = places + 16;
    let tangent = (y << work) / x;
    let guess = from_float(pxfm::f_atan(to_float(&tangent, work)), work);
    let (sine, cosine) = sin_cos(&guess, work);
    let (tangent, cosine) = (IBig::from(tangent), IBig::from(cosine));
    // atan t - g = atan((t·cos g - sin g) / (cos g + t·sin g)).
    let above = &tangent * &cosine - (&sine << work);
    let below = (&cosine << work) + tangent * sine;
    let (sign, ratio) = ((above << work) / below).into_parts();
    let rest = odd_series(&ratio, work, alternating);
    magnitude((guess + sign * IBig::from(rest)) >> (work - places))
}

/// The arc tangent of `numerator / denominator`, by a series for small quotients.
pub(super) fn atan_of_small(numerator: u32, denominator: u32, places: usize) -> UBig {
    odd_series(&((one(places) * numerator) / denominator), places, alternating)
}

pub(super) fn sqrt(x: &UBig, places: usize) -> UBig {
    (x << places).sqrt()
}

/// `a·b`.
pub(super) fn multiply(a: &IBig, b: &IBig, places: usize) -> IBig {
    (a * b) >> places
}

/// `value`·2^`places`, rounded down in magnitude.
pub(super) fn from_float(value: f64, places: usize) -> IBig {
    let (mantissa, unit) = parts(value);
    let shift = i64::from(unit) + places as i64;
    let magnitude = UBig::from(mantissa);
    let distance = shift.unsigned_abs() as usize;
    let magnitude = if shift < 0 { magnitude >> distance } else { magnitude << distance };
    (if value < 0.0 { Sign::Negative } else { Sign::Positive }) * IBig::from(magnitude)
}

/// The nearest float, or a neighbour of it.
pub(super) fn to_float(value: &UBig, places: usize) -> f64 {
    let excess = value.bit_len().saturating_sub(64);
    let top = u128::try_from(value >> excess).unwrap_or(u128::MAX);
    scaled(top, excess as i64 - places as i64, false)
}

/// The float nearest to a number just above `value`·2^`exponent`. The value is never exact, but its error is below the
/// bits that decide the rounding.
pub(super) fn nearest(value: &UBig, exponent: i64) -> f64 {
    let excess = value.bit_len().saturating_sub(120);
    let top = u128::try_from(value >> excess).unwrap_or(u128::MAX);
    scaled(top, exponent + excess as i64, true)
}

/// The magnitude of a number that can be negative only by a rounding error.
fn magnitude(value: IBig) -> UBig {
    let (sign, magnitude) = value.into_parts();
    if sign == Sign::Negative { UBig::ZERO } else { magnitude }
}

fn alternating(term: u64) -> Sign {
    if term.is_multiple_of(2) { Sign::Positive } else { Sign::Negative }
}

/// x ± x³/3! + x⁵/5! …, for the sine or the hyperbolic sine of a small `x`.
fn factorial_series(x: &UBig, places: usize, sign: fn(u64) -> Sign) -> UBig {
    let square = x.sqr() >> places;
    let (mut term, mut sum) = (x.clone(), IBig::from(x.clone()));
    for n in 1_u64.. {
        term = ((term * &square) >> places) / (2 * n * (2 * n + 1));
        if term.is_zero() {
            break;
        }
        sum += sign(n) * IBig::from(term.clone());
    }
    magnitude(sum)
}

/// x ± x³/3 + x⁵/5 …, for the arc tangent or its hyperbolic counterpart of a small `x`.
fn odd_series(x: &UBig, places: usize, sign: fn(u64) -> Sign) -> UBig {
    let square = x.sqr() >> places;
    let (mut power, mut sum) = (x.clone(), IBig::from(x.clone()));
    for n in 1_u64.. {
        power = (power * &square) >> places;
        if power.is_zero() {
            break;
        }
        sum += sign(n) * IBig::from(&power / (2 * n + 1));
    }
    magnitude(sum)
}

/// The series of the Chudnovsky brothers: 47 bits for each term.
fn compute_pi(places: usize) -> UBig {
    const CUBE: u64 = 640_320_u64.pow(3) / 24;
    let work = places + 32;
    let mut term = UBig::from(13_591_409_u64) << work;
    // The terms are (6k)!(13591409 + 545140134k) / ((3k)!(k!)³(-640320)^3k). `ratio` is the part with the factorials.
    let (mut ratio, mut sum) = (one(work), IBig::ZERO);
    for k in 1_u64.. {
        sum += alternating(k - 1) * IBig::from(term);
        ratio = ratio * ((6 * k - 5) * (2 * k - 1) * (6 * k - 1)) / CUBE / (k * k * k);
        term = &ratio * (13_591_409 + 545_140_134 * k);
        if term.is_zero() {
            break;
        }
    }
    // π = 426880·√10005 / sum.
    let root = (UBig::from(10_005_u64) << (2 * work)).sqrt();
    ((root * 426_880_u64) << (work - 32)) / magnitude(sum)
}

/// A sum of `factor`·artanh(1/`n`), each added or subtracted.
fn inverse_hyperbolic_sum(parts: &[(u64, u64, bool)], places: usize) -> UBig {
    let work = places + 32;
    let mut sum = IBig::ZERO;
    for &(factor, n, added) in parts {
        let mut power = one(work) * factor / n;
        for odd in (1_u64..).step_by(2) {
            if power.is_zero() {
                break;
            }
            let term = IBig::from(&power / odd);
            sum += if added { term } else { -term };
            power /= n * n;
        }
    }
    magnitude(sum) >> 32
}

/// The stored places of the constants: enough for 1,000 decimal digits and a reserve.
pub(super) const STORED_PLACES: usize = 3_840;

/// A stored constant times 2^`exponent`, if it has enough places.
fn stored(words: &[u64], exponent: usize, places: usize) -> Option<UBig> {
    let needed = places + exponent;
    // The unneeded lower words are left out, to make the work cheaper.
    let skipped = STORED_PLACES.checked_sub(needed)? / 64;
    Some(UBig::from_words(&words[skipped..]) >> (STORED_PLACES - 64 * skipped - needed))
}

/// π/4, 3,840 binary places, least significant word first.
const QUARTER_PI: [u64; 60] = [
    0x93b4_ea98_8d8f_ddc1,
    0xd006_9127_d5b0_5aa9,
    0xb81b_dd76_2170_481c,
    0x1f61_2970_cee2_d7af,
    0x233b_a186_515b_e7ed,
    0x99b2_964f_a090_c3a2,
    0x287c_5947_4e6b_c05d,
    0x2e8e_fc14_1fbe_caa6,
    0xdbbb_c2db_04de_8ef9,
    0x2583_e9ca_2ad4_4ce8,
    0x1a94_6834_b615_0bda,
    0x99c3_2718_6af4_e23c,
    0x8871_9a10_bdba_5b26,
    0x1a72_3c12_a787_e6d7,
    0x4b82_d120_a921_0801,
    0x43db_5bfc_e0fd_108e,
    0x08e2_4fa0_74e5_ab31,
    0x7709_88c0_bad9_46e2,
    0xbbe1_1757_7a61_5d6c,
    0x521f_2b18_177b_200c,
    0xd876_0273_3ec8_6a64,
    0xf12f_fa06_d98a_0864,
    0xcee3_d226_1ad2_ee6b,
    0x1e8c_94e0_4a25_619d,
    0xabf5_ae8c_db09_33d7,
    0xb397_0f85_a6e1_e4c7,
    0x8aea_7157_5d06_0c7d,
    0xecfb_8504_58db_ef0a,
    0xa855_21ab_df1c_ba64,
    0xad33_170d_0450_7a33,
    0x1572_8e5a_8aaa_c42d,
    0x15d2_2618_98fa_0510,
    0x3995_497c_ea95_6ae5,
    0xde2b_cbf6_9558_1718,
    0xb5c5_5df0_6f4c_52c9,
    0x9b27_83a2_ec07_a28f,
    0xe39e_772c_180e_8603,
    0x3290_5e46_2e36_ce3b,
    0xf174_6c08_ca18_217c,
    0x670c_354e_4abc_9804,
    0x9ed5_2907_7096_966d,
    0x1c62_f356_2085_52bb,
    0x8365_5d23_dca3_ad96,
    0x6916_3fa8_fd24_cf5f,
    0x98da_4836_1c55_d39a,
    0xc200_7cb8_a163_bf05,
    0x4928_6651_ece4_5b3d,
    0xae9f_2411_7c4b_1fe6,
    0xee38_6bfb_5a89_9fa5,
    0x0bff_5cb6_f406_b7ed,
    0xf44c_42e9_a637_ed6b,
    0xe485_b576_625e_7ec6,
    0x4fe1_356d_6d51_c245,
    0x302b_0a6d_f25f_1437,
    0xef95_19b3_cd3a_431b,
    0x514a_0879_8e34_04dd,
    0x020b_bea6_3b13_9b22,
    0x2902_4e08_8a67_cc74,
    0xc4c6_628b_80dc_1cd1,
    0xc90f_daa2_2168_c234,
];
/// ln 2, 3,840 binary places, least significant word first.
const LN_2: [u64; 60] = [
    0x5f6f_7ceb_ac9f_45ae,
    0x6c47_2096_e761_15c0,
    0x972c_d18b_fbbd_9d42,
    0x0ab1_11bb_bd67_c724,
    0x4738_26fd_a0c2_38b9,
    0x61c1_696d_d24a_aebd,
    0x156e_0c29_2413_d5e3,
    0x9518_4460_dc4e_7487,
    0xd762_2658_901e_646a,
    0xef2f_0ce2_d737_3958,
    0x2ac5_b61c_c4e9_207c,
    0x5733_9ba2_beba_7d05,
    0x0060_e499_0839_1a0c,
    0x6213_6319_6af5_0302,
    0x05c1_28d5_3d0b_d2f9,
    0x36e0_2b20_cee8_86b9,
    0x0bbb_16fa_f3d9_49f2,
    0x4221_83ed_c994_2109,
    0x5e92_22b8_8c66_d3c5,
    0x61af_fd44_6b1c_a3cf,
    0x268a_5c1f_9538_b982,
    0x8d6f_5177_fbcf_0755,
    0xa172_93d1_228a_4ef9,
    0x44a0_2554_731c_dc8e,
    0x96d4_e6d3_30af_889b,
    0x5570_b6c6_8f96_9834,
    0x7598_a195_1ae2_73ee,
    0x4d16_2db3_b365_853d,
    0x5f50_b518_5064_c18b,
    0x078f_735d_1b2d_b31b,
    0xae31_3cdb_6c60_6cb1,
    0x955d_5179_b1e1_7b9d,
    0x0c48_0a54_1735_0d2c,
    0x074d_b601_5cfe_7aa3,
    0x6a9c_7f8a_5e14_8e82,
    0x2566_9b33_3564_a337,
    0x4c1a_1e0b_d1d6_095d,
    0xcccc_4e65_9393_514c,
    0xc943_e732_b479_cd33,
    0x1746_0775_db89_90e5,
    0x7d2e_23de_1400_b396,
    0xee56_9d6d_fc1e_fa15,
    0x610d_30f8_8fe5_51a2,
    0x07f4_ca11_fb5b_fb90,
    0xda2d_97c5_0f3f_d5c6,
    0x655f_a187_2f20_e3a2,
    0xf5df_a6bd_3830_3248,
    0x72ce_87b1_9d65_48ca,
    0x256f_a0ec_7657_f74b,
    0xb9ea_9bc3_b136_603b,
    0x1acb_da11_317c_387e,
    0x3e96_ca16_224a_e8c5,
    0x2757_3b29_1169_b825,
    0xed2e_ae35_c138_2144,
    0x5595_52fb_4afa_1b10,
    0xe7b8_7620_6deb_ac98,
    0x8a0d_175b_8baa_fa2b,
    0x40f3_4326_7298_b62d,
    0xc9e3_b398_03f2_f6af,
    0xb172_17f7_d1cf_79ab,
];
/// ln 10 / 4, 3,840 binary places, least significant word first.
const QUARTER_LN_10: [u64; 60] = [
    0x4b40_ed7a_56c6_cdcd,
    0xc4b8_3301_006b_f062,
    0x1be5_a9a9_67fd_dc57,
    0xff30_65c4_0cfc_eec8,
    0x89bf_752f_b5df_b353,
    0x6a36_cecc_b2d5_ae5b,
    0xbc12_61c8_b3e4_daad,
    0xdf3c_cbb3_189d_a49d,
    0xd006_f8b4_be14_5a2a,
    0x99d6_d20e_a2de_fd2b,
    0xb652_4dc1_8c16_7e86,
    0xed69_b13d_c1a0_3730,
    0xf42c_58de_f8a3_c52d,
    0xf6ff_363d_b00b_6b33,
    0xa0d9_c260_794a_976f,
    0x421e_f5e0_b004_10a0,
    0xdef8_5a05_eb56_323a,
    0x8fcd_0832_4a7b_32a6,
    0x0a62_d18e_478f_7bd5,
    0x4d5e_843f_2064_2b97,
    0x1f1d_366c_2066_3834,
    0xbc64_ea80_6e19_8566,
    0xaa66_04a5_324e_c3dc,
    0xb5e4_b1c8_c0e5_a10a,
    0x3b70_fcda_2d73_2d47,
    0x0942_6178_1912_7a6e,
    0x3982_a78c_a45d_dfc8,
    0xef99_c8e5_f697_4f36,
    0x4cb0_466d_61ba_648e,
    0xad6b_fbff_d821_ba0a,
    0xe38a_5700_ffde_2db1,
    0xf77e_3760_4e94_3960,
    0xa949_eaaa_df69_e8a5,
    0xe880_47f1_7b0d_9b50,
    0x3848_c8d2_5faf_1bca,
    0x3dfd_3c51_748e_6d6e,
    0xaf88_486e_a9b7_401e,
    0xf47f_a96d_eb27_1060,
    0x4576_5cde_2683_39db,
    0xe40b_f3cc_1e14_126a,
    0xdb1d_28ea_57d4_fdc0,
    0xa47e_cb26_978c_5d4f,
    0x9cd5_b42e_6a27_1619,
    0xe247_8fca_ad3a_ee98,
    0x469e_a58e_9305_e981,
    0x5b08_b057_d5ed_e20f,
    0x8e93_368d_4478_9c4f,
    0xca67_b35b_2360_5085,
    0x5161_bb49_d219_c7bb,
    0xef66_ceb0_4ab3_c6fa,
    0x765a_a6c3_b0d8_31fb,
    0x782c_f8a2_8a8c_911e,
    0xfb8f_7884_02e5_16d6,
    0x2c62_2418_410b_e2da,
    0xcc70_cbc0_2c5f_0d68,
    0x962f_02d7_b1a8_105c,
    0x83c6_1e82_01f0_2d72,
    0xe28f_ecf9_da5d_f90e,
    0xea56_d62b_82d3_0a28,
    0x935d_8ddd_aaa8_ac16,
];
