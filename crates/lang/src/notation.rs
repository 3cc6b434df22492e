//! The two ways to write the language: Python's, and what people write on paper and on pocket calculators.

use std::fmt;
use std::str::FromStr;

/// How a text is written. The notation changes neither the program of a text nor its key: `2^10` in school notation and
/// `2**10` in Python's are one program with one canonical text.
///
/// ```
/// use tabuada_lang::{Context, DecimalSign, Limits, Notation, parse_with};
///
/// let school = Context { notation: Notation::School { decimal: DecimalSign::Comma }, ..Context::default() };
/// let program = parse_with("2·3,5²", &school, &Limits::default())?;
/// assert_eq!(program.canonical(), "2*3.5**2");
/// # Ok::<(), tabuada_lang::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notation {
    /// Python's.
    #[default]
    Python,
    /// That of schools: `^` is a power, `2x` a product, `50%` a half, `log` has base 10.
    School {
        /// The decimal sign of its numbers.
        decimal: DecimalSign,
    },
}

/// The sign between the whole part and the decimals of a number. Written and read as `point` and `comma`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecimalSign {
    /// `0.5`.
    #[default]
    Point,
    /// `0,5`.
    Comma,
}

impl Notation {
    /// The notation of a name, `python` or `school`, with a decimal sign, which matters to `school` alone; `None` for
    /// another name.
    pub fn named(name: &str, decimal: DecimalSign) -> Option<Self> {
        match name {
            "python" => Some(Self::Python),
            "school" => Some(Self::School { decimal }),
            _ => None,
        }
    }

    /// Its name, without the decimal sign.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::School { .. } => "school",
        }
    }
}

/// The text is neither `point` nor `comma`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalSignError;

impl fmt::Display for DecimalSignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected point or comma")
    }
}

impl std::error::Error for DecimalSignError {}

impl fmt::Display for DecimalSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Point => "point",
            Self::Comma => "comma",
        })
    }
}

impl FromStr for DecimalSign {
    type Err = DecimalSignError;

    fn from_str(text: &str) -> Result<Self, DecimalSignError> {
        match text {
            "point" => Ok(Self::Point),
            "comma" => Ok(Self::Comma),
            _ => Err(DecimalSignError),
        }
    }
}

impl DecimalSign {
    pub(crate) fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}
