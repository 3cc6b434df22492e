//! The options for the notation of expressions.

use clap::ValueEnum;
use tabuada_lang::{DecimalSign, Mode, Notation};

use crate::ndjson::Usual;

/// The options `--notation` and `--decimal`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct NotationArgs {
    #[arg(long, value_enum, value_name = "NOTATION", default_value_t = Name::Python)]
    notation: Name,
    #[arg(long, value_enum, value_name = "SIGN", default_value_t = Sign::Point)]
    decimal: Sign,
}

/// The help would show doc comments of the values, in English only.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    // Python's.
    Python,
    // That of schools.
    School,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sign {
    // 0.5.
    Point,
    // 0,5.
    Comma,
}

impl NotationArgs {
    pub(super) fn notation(self) -> Notation {
        match self.notation {
            Name::Python => Notation::Python,
            Name::School => Notation::School { decimal: self.decimal() },
        }
    }

    /// The defaults of a batch, with its mode.
    pub(super) fn usual(self, mode: Mode) -> Usual {
        Usual { mode, notation: self.notation(), decimal: self.decimal() }
    }

    fn decimal(self) -> DecimalSign {
        match self.decimal {
            Sign::Point => DecimalSign::Point,
            Sign::Comma => DecimalSign::Comma,
        }
    }
}
