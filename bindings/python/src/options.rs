//! How a text is read and within which limits it is evaluated: the keyword arguments that the functions share.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tabuada_lang::{Context, DecimalSign, Limits, Mode, Notation};

/// The largest value of `digits`: that of [`Limits::INTEGER_BITS`].
pub(crate) const DIGITS_MAX: u64 = 315_652;

/// The keyword arguments, as they are given.
pub(crate) struct Given<'a> {
    pub(crate) mode: Option<&'a str>,
    pub(crate) notation: Option<&'a str>,
    pub(crate) decimal: Option<&'a str>,
    pub(crate) fuel: Option<u64>,
    pub(crate) digits: Option<u64>,
}

/// The checked options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) notation: Notation,
    pub(crate) fuel: Option<u64>,
    pub(crate) digits: Option<u64>,
}

impl Given<'_> {
    /// # Errors
    ///
    /// `ValueError` with what is accepted.
    pub(crate) fn check(&self) -> PyResult<Options> {
        let mode = match self.mode {
            None | Some("python") => Mode::Python,
            Some(mode) => mode.parse().map_err(|_| {
                PyValueError::new_err(format!(
                    "mode must be 'python', 'exact' or 'decimal:N' with N from 1 to 1000, not {mode:?}"
                ))
            })?,
        };
        let sign = match self.decimal {
            None => DecimalSign::Point,
            Some(sign) => sign
                .parse()
                .map_err(|_| PyValueError::new_err(format!("decimal must be 'point' or 'comma', not {sign:?}")))?,
        };
        let notation = self.notation.unwrap_or("python");
        let notation = Notation::named(notation, sign)
            .ok_or_else(|| PyValueError::new_err(format!("notation must be 'python' or 'school', not {notation:?}")))?;
        if notation == Notation::Python && sign == DecimalSign::Comma {
            return Err(PyValueError::new_err("decimal='comma' needs notation='school'"));
        }
        if self.digits.is_some_and(|digits| !(1..=DIGITS_MAX).contains(&digits)) {
            return Err(PyValueError::new_err(format!("digits must be from 1 to {DIGITS_MAX}")));
        }
        Ok(Options { mode, notation, fuel: self.fuel, digits: self.digits })
    }
}

impl Options {
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(fuel) = self.fuel {
            limits.fuel = fuel;
        }
        if let Some(digits) = self.digits {
            // As few bits as the largest integer of so many digits has.
            let bits = (digits as f64 * std::f64::consts::LOG2_10).ceil() as u64;
            limits.integer_bits = bits.min(Limits::INTEGER_BITS);
            // With a sign, and one more, since the number of digits is estimated.
            limits.answer_characters = Limits::ANSWER_CHARACTERS.max(digits + 2);
        }
        limits
    }

    /// The context of a text with these parameters.
    pub(crate) fn context<'c>(&self, parameters: &'c [&'c str]) -> Context<'c> {
        Context { parameters, mode: self.mode, notation: self.notation, ..Context::default() }
    }

    pub(crate) fn mode(&self) -> Cow<'static, str> {
        match self.mode {
            Mode::Python => Cow::Borrowed("python"),
            mode => Cow::Owned(mode.to_string()),
        }
    }

    /// The decimal sign, where it matters.
    pub(crate) fn decimal(&self) -> Option<&'static str> {
        match self.notation {
            Notation::School { decimal: DecimalSign::Comma } => Some("comma"),
            _ => None,
        }
    }
}
