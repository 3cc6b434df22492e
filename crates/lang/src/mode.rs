//! Number modes: the kinds of numbers for calculations.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The kind of numbers for a calculation. As text: `python`, `exact` or `decimal:50`.
///
/// ```
/// use tabuada_lang::{Digits, Mode};
///
/// assert_eq!("decimal:50".parse(), Ok(Mode::Decimal(Digits::new(50).unwrap())));
/// assert_eq!(Mode::Exact.to_string(), "exact");
/// assert!("decimal:0".parse::<Mode>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(into = "String", try_from = "String"))]
pub enum Mode {
    /// Python's numbers: integers of any size, floats, complex numbers.
    #[default]
    Python,
    /// Integers and fractions. An operation without an exact result is an error.
    Exact,
    /// Integers, and decimal numbers with so many significant digits, as in Python's `decimal`.
    Decimal(Digits),
}

/// A number of significant digits: from 1 to [`Digits::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits(NonZeroU16);

impl Digits {
    /// 1,000 significant digits, with which every function takes a few milliseconds of one core.
    pub const MAX: u64 = 1_000;

    /// So many digits; `None` for 0 and for more than [`Digits::MAX`].
    pub fn new(count: u64) -> Option<Self> {
        let count = u16::try_from(count).ok().filter(|count| u64::from(*count) <= Self::MAX)?;
        NonZeroU16::new(count).map(Self)
    }

    /// The number of digits.
    pub fn count(self) -> u64 {
        u64::from(self.0.get())
    }
}

/// Why a text is not the name of a mode.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModeError {
    /// Not `python`, `exact` or `decimal:N`.
    Unknown,
    /// `decimal:` is not followed by a number from 1 to [`Digits::MAX`] without a sign or leading zeros.
    Digits,
}

impl fmt::Display for ModeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("expected python, exact or decimal:N"),
            Self::Digits => write!(f, "expected decimal:N with N from 1 to {}", Digits::MAX),
        }
    }
}

impl std::error::Error for ModeError {}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python => f.write_str("python"),
            Self::Exact => f.write_str("exact"),
            Self::Decimal(digits) => write!(f, "decimal:{}", digits.count()),
        }
    }
}

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        match text {
            "python" => Ok(Self::Python),
            "exact" => Ok(Self::Exact),
            _ => {
                let digits = text.strip_prefix("decimal:").ok_or(ModeError::Unknown)?;
                // A mode has only one name, because the name is a part of the answer's key.
                let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
                let count = digits.parse().ok().filter(|_| plain);
                count.and_then(Digits::new).map(Self::Decimal).ok_or(ModeError::Digits)
            }
        }
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        mode.to_string()
    }
}

impl TryFrom<String> for Mode {
    type Error = ModeError;

    fn try_from(text: String) -> Result<Self, ModeError> {
        text.parse()
    }
}
