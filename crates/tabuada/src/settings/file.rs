//! `tabuada.toml`: a table whose keys are the names of settings.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use toml::de::{DeTable, DeValue};

use super::table::ALL;
use super::{Given, Origin, SettingError, nearest};
use crate::words::of_system;
use crate::words::said::{NO_VALUE, NOT_TOML, UNKNOWN_KEY, UNREADABLE};

/// The default file.
const IN_THE_WORKING_FOLDER: &str = "tabuada.toml";

pub(super) struct File(pub(super) BTreeMap<&'static str, Given>);

impl File {
    /// Reads the named file, or the default file if it exists.
    pub(super) fn find(named: Option<&Given>) -> Result<Self, SettingError> {
        let Some(Given { text: path, origin }) = named.filter(|named| !named.text.is_empty()) else {
            return match fs::read_to_string(IN_THE_WORKING_FOLDER) {
                Ok(text) => Self::parse(IN_THE_WORKING_FOLDER, &text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self(BTreeMap::new())),
                Err(error) => Err(SettingError::of(|language| {
                    UNREADABLE.with(language, &[&IN_THE_WORKING_FOLDER, &of_system(&error, language)])
                })),
            };
        };
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) => Err(SettingError::unreadable(origin, path, &error)),
        }
    }

    pub(super) fn parse(path: &str, text: &str) -> Result<Self, SettingError> {
        // Some editors write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let at = |byte: usize| {
            let before = text.get(..byte).unwrap_or(text);
            Origin::File(path.to_owned(), before.matches('\n').count() + 1)
        };
        let table = DeTable::parse(text).map_err(|error| {
            let line = at(error.span().map_or(0, |span| span.start));
            SettingError::new(NOT_TOML, &[&line, &error.message()])
        })?;
        let mut values = BTreeMap::new();
        for (key, value) in table.get_ref() {
            let (name, origin) = (key.get_ref().as_ref(), at(key.span().start));
            let keys = || ALL.iter().filter(|setting| setting.has_key()).map(|setting| setting.name);
            let Some(known) = keys().find(|known| *known == name) else {
                return Err(SettingError::new(UNKNOWN_KEY, &[&origin, &name, &nearest(name, keys())]));
            };
            let text = text_of(value.get_ref()).ok_or_else(|| SettingError::new(NO_VALUE, &[&origin, &known]))?;
            values.insert(known, Given { text, origin });
        }
        Ok(Self(values))
    }
}

/// A value as a user would write it on a command line.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Array(members) => {
            let texts = members.iter().map(|member| member.get_ref().as_str().map(str::to_owned));
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}
