//! The options for how expressions are written and how answers are shown.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use tabuada_lang::{DecimalSign, Digits, Format, Grouping, Mode, Notation, Presentation};

use super::flags::{OfExpressions, SettingFlags};
use crate::ndjson::Usual;
use crate::settings::table::{DECIMAL, NOTATION};
use crate::settings::{Origin, SettingError, Settings};

/// The options `--notation` and `--decimal`, which are settings.
#[derive(Debug, clap::Args)]
pub(super) struct NotationArgs {
    #[command(flatten)]
    flags: SettingFlags<OfExpressions>,
}

/// These, and the options for numbers in answers.
#[derive(Debug, clap::Args)]
pub(super) struct ShownArgs {
    #[command(flatten)]
    notation: NotationArgs,
    #[arg(long, value_name = "N", value_parser = digits)]
    digits: Option<Digits>,
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    #[arg(long, value_name = "SEPARATOR", value_parser = group())]
    group: Option<Grouping>,
}

/// Reads a number of digits.
fn digits(text: &str) -> Result<Digits, String> {
    text.parse().ok().and_then(Digits::new).ok_or_else(|| format!("expected a number from 1 to {}", Digits::MAX))
}

/// Reads one of the separators, which help and completions name.
fn group() -> impl TypedValueParser<Value = Grouping> {
    PossibleValuesParser::new(["none", "space", "sign"]).try_map(|name| name.parse::<Grouping>())
}

impl NotationArgs {
    /// How questions in this mode are written and answered that do not say it: by options, variables and the file.
    ///
    /// # Errors
    ///
    /// A setting that is wrong.
    pub(super) fn usual(&self, mode: Mode) -> Result<Usual, SettingError> {
        let settings = Settings::read(&self.flags.0, |name| std::env::var_os(name))?;
        Ok(Usual { mode, ..configured(&settings)? })
    }
}

/// How questions are written and answered by the settings.
pub(super) fn configured(settings: &Settings) -> Result<Usual, SettingError> {
    let decimal: DecimalSign = settings.need(&DECIMAL)?;
    let notation = settings.need_as(&NOTATION, |name| Notation::named(name, decimal))?;
    let is_given = settings.origin(&DECIMAL) != Origin::Default;
    let shown = is_given.then(|| Presentation { decimal, ..Presentation::default() });
    Ok(Usual { notation, decimal, shown, ..Usual::default() })
}

impl ShownArgs {
    /// The same, with how numbers in answers are shown.
    ///
    /// # Errors
    ///
    /// A setting that is wrong.
    pub(super) fn usual(&self, mode: Mode) -> Result<Usual, SettingError> {
        let usual = self.notation.usual(mode)?;
        let is_given = self.digits.is_some() || self.format.is_some() || self.group.is_some();
        let (format, group) = (self.format.unwrap_or_default(), self.group.unwrap_or_default());
        let shown = is_given.then_some(Presentation { digits: self.digits, format, group, decimal: usual.decimal });
        Ok(Usual { shown: shown.or(usual.shown), ..usual })
    }
}
