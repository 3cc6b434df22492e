//! The errors that school notation has beside those of the language.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Why a text in school notation is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NotationError {
    /// Readers of good will disagree about it. Nothing is guessed.
    Ambiguous {
        /// What is read in two ways.
        what: Ambiguity,
        /// Two texts without the ambiguity, in the notation of the caller; none where the text is too long to make them.
        readings: Vec<Reading>,
    },
    /// A command of LaTeX that stands for nothing in the language.
    Command {
        /// Its name, with the backslash.
        name: String,
    },
    /// `v[2]`: indexes belong to Python's notation.
    Index {
        /// What stands before the bracket.
        name: String,
    },
    /// `3!!`: the double factorial is not in the language.
    DoubleFactorial,
}

/// One reading of an ambiguous text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Reading {
    /// The whole text, without the ambiguity, in the notation of the caller.
    pub text: String,
    /// Its canonical text.
    pub read_as: String,
}

/// What is read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Ambiguity {
    /// `1/2x`.
    AfterDivision,
    /// `e^2x`.
    Exponent,
    /// `√2x`, `√9²`.
    Root,
    /// `2³√8`: an exponent or the index of the root.
    RootIndex,
    /// `sin x/2`, `sin x(x+1)`.
    Argument,
    /// `2 3`.
    Numbers,
    /// `2 1/2`.
    MixedNumber,
    /// `x 2`, `(2+1)3`: a product, or an exponent that has lost its place.
    LostExponent,
    /// `3 x 4`.
    LetterTimes,
    /// `1,000`, and `1.000` with a decimal comma.
    Thousands,
    /// `3,5`.
    Comma,
    /// `10%3`.
    PercentBeforeValue,
    /// `50%+50%`.
    PercentOfPercent,
    /// `2^10%`, `100+2x%`, `10% of 2x`.
    PercentReach,
    /// `5!=120`.
    FactorialOrNotEqual,
    /// `|x|y|z|`.
    Bars,
    /// `log(8; 2)`, `raiz(27; 3)`: the order of the arguments.
    ArgumentOrder,
    /// `lg`, whose base is 10 or 2.
    LogarithmBase,
    /// `desvio`: of a sample or of a population.
    Spread,
    /// `f²(3)`: f twice, or the square.
    FunctionPower,
    /// `x > 1 e x < 5`: Euler's number, or "and".
    And,
}
