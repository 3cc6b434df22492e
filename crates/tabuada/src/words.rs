//! What the command says to people, in both languages: texts with gaps, and which language a person reads.

use std::ffi::OsString;
use std::fmt::Display;

pub use tabuada_lang::Language;

mod help;
pub(crate) mod said;
mod system;
mod usage;

pub use help::HELP;
pub(crate) use system::of_system;
pub(crate) use usage::{in_portuguese, misuse};

/// A text in both languages. `{}` are gaps, the same ones in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub english: &'static str,
    /// In Brazilian Portuguese.
    pub portuguese: &'static str,
}

impl Words {
    /// A text in English and in Portuguese.
    pub const fn new(english: &'static str, portuguese: &'static str) -> Self {
        Self { english, portuguese }
    }

    /// The text in one language.
    pub const fn say(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Portuguese => self.portuguese,
        }
    }

    /// The text in one language, its gaps filled with the parts in their order.
    pub fn with(self, language: Language, parts: &[&dyn Display]) -> String {
        let mut pieces = self.say(language).split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for (piece, part) in pieces.zip(parts) {
            text.push_str(&part.to_string());
            text.push_str(piece);
        }
        text
    }
}

/// The language of the locale: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set and not empty decides, as in
/// POSIX. Portuguese of any country gives Portuguese, everything else English.
pub fn of_locale(variable: impl Fn(&str) -> Option<OsString>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match locale.split(['_', '-', '.', '@']).next() {
        Some("pt") => Language::Portuguese,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let of = |variables: &[(&str, &str)]| {
            of_locale(|name| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| OsString::from(value)))
        };
        for (variables, language) in [
            (&[][..], Language::English),
            (&[("LANG", "pt_BR.UTF-8")], Language::Portuguese),
            (&[("LANG", "pt_PT")], Language::Portuguese),
            (&[("LANG", "pt")], Language::Portuguese),
            (&[("LANG", "PT-br")], Language::Portuguese),
            (&[("LANG", "pt@euro")], Language::Portuguese),
            (&[("LANG", "ptolemaic")], Language::English),
            (&[("LANG", "C.UTF-8")], Language::English),
            (&[("LANG", "pt_BR.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")], Language::English),
            (&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "pt_BR.UTF-8")], Language::Portuguese),
            (&[("LC_ALL", "C"), ("LC_MESSAGES", "pt_BR.UTF-8")], Language::English),
            (&[("LC_ALL", ""), ("LC_MESSAGES", "pt_BR.UTF-8")], Language::Portuguese),
        ] {
            assert_eq!(of(variables), language, "{variables:?}");
        }
    }

    #[test]
    fn gaps_are_filled_in_order() {
        let words = Words::new("{}: expected {}", "{}: era esperado {}");
        assert_eq!(words.with(Language::English, &[&"--ttl", &"{}"]), "--ttl: expected {}");
        assert_eq!(words.with(Language::Portuguese, &[&1, &2]), "1: era esperado 2");
    }

    #[test]
    fn both_languages_have_the_same_gaps() {
        for (of, english, portuguese) in HELP {
            assert!(!english.is_empty() && !portuguese.is_empty(), "{of}");
            let paragraphs = |text: &str| text.matches("\n\n").count();
            assert_eq!(paragraphs(english), paragraphs(portuguese), "{of}");
        }
    }
}
