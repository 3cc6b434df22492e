//! The settings of a server and of the commands that connect to one. Each setting is one row of a [table]. Its flag,
//! variable, key in `tabuada.toml`, help and errors are made from that row.
//!
//! A value comes from the flag, else the variable, else the file, else the default. Each value keeps its origin, which
//! errors and `tabuada config` show.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::str::FromStr;

use tabuada_cache::url;

use crate::words::said::{NAMED_UNREADABLE, NOT_TEXT, WRONG, WRONG_SECRET};
use crate::words::{Language, Words, of_system};

pub mod table;
mod file;

use file::File;
use table::{ADMIN_TOKEN, ALL, CONFIG};

/// A setting. Its name is the same in the flag (`--ttl`), the variable (`TABUADA_TTL`) and the file's key (`ttl`).
#[derive(Debug)]
pub struct Setting {
    /// Lowercase letters and hyphens.
    pub name: &'static str,
    /// The placeholder of the value in the help.
    pub value_name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// The default, as a user would write it.
    pub default: Option<&'static str>,
    /// What a value must be: "a time of at least a second, …". It completes the message "expected …".
    pub expected: Words,
    /// The help text. Its first paragraph is the short help.
    pub help: Words,
}

/// The kind of a setting's values, and where they may come from.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One text.
    One,
    /// Several texts: repeated flags, or members separated by commas.
    List,
    /// Yes or no; the flag alone is yes.
    Switch,
    /// One of these texts, each with its help. The second part is the value of the flag alone, if that is allowed.
    Choice(&'static [(&'static str, Words)], Option<&'static str>),
    /// A URL. Its password is not shown.
    Url,
    /// A secret, only from a variable, because other users can see flags. It is not shown.
    Secret,
    /// The path of the settings file: from a flag or a variable, but not from the file.
    File,
}

const SWITCH: (&[&str], &[&str]) = (&["1", "true", "yes", "on"], &["0", "false", "no", "off"]);

impl Setting {
    /// The name of its variable.
    pub fn variable(&self) -> String {
        format!("TABUADA_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    pub(crate) fn has_flag(&self) -> bool {
        !matches!(self.kind, Kind::Secret)
    }

    /// Whether the file may contain it.
    pub(crate) fn has_key(&self) -> bool {
        !matches!(self.kind, Kind::Secret | Kind::File)
    }

    /// A value as it may be shown, without secrets.
    pub(crate) fn shown(&self, text: &str) -> String {
        match self.kind {
            Kind::Secret => "***".to_owned(),
            Kind::Url => url::redacted(text),
            _ => text.to_owned(),
        }
    }
}

/// The origin of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line: the flag.
    Flag(String),
    /// The environment: the variable.
    Variable(String),
    /// The file: its path, and the line.
    File(String, usize),
    /// The default, if neither flag, variable nor file gives a value.
    Default,
}

impl Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{path}:{line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value as text. The members of a list are separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub text: String,
    /// Its origin.
    pub origin: Origin,
}

/// The values given as flags, by the names of the settings.
pub type Flags = BTreeMap<&'static str, String>;

/// An error in a setting, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    english: String,
    portuguese: String,
}

impl SettingError {
    /// An error whose text `say` gives for each language.
    pub(crate) fn of(say: impl Fn(Language) -> String) -> Self {
        Self { english: say(Language::English), portuguese: say(Language::Portuguese) }
    }

    /// An error with these words and the given parts in their gaps.
    pub(crate) fn new(words: Words, parts: &[&dyn Display]) -> Self {
        Self::of(|language| words.with(language, parts))
    }

    /// The message in this language.
    pub fn message(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Portuguese => &self.portuguese,
        }
    }

    /// An error for a file that cannot be read.
    fn unreadable(origin: &Origin, path: &str, error: &io::Error) -> Self {
        Self::of(|language| NAMED_UNREADABLE.with(language, &[origin, &path, &of_system(error, language)]))
    }

    fn wrong(setting: &Setting, origin: &Origin, text: &str) -> Self {
        Self::of(|language| {
            let expected = setting.expected.say(language);
            match setting.kind {
                Kind::Secret => WRONG_SECRET.with(language, &[origin, &expected]),
                _ => WRONG.with(language, &[origin, &expected, &setting.shown(text)]),
            }
        })
    }
}

/// All settings that have a value, each with its origin. The `Debug` form shows no secret.
#[derive(Clone)]
pub struct Settings(BTreeMap<&'static str, Given>);

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = self.all().filter_map(|(setting, given)| Some((setting, given?)));
        f.debug_map().entries(given.map(|(setting, given)| (setting.name, setting.shown(&given.text)))).finish()
    }
}

impl Settings {
    /// Merges flags, variables and the file. The file is that of `--config` or `TABUADA_CONFIG`, otherwise
    /// `tabuada.toml` in the working directory, if it exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or contains an unknown setting, or if a variable is not UTF-8.
    pub fn read(flags: &Flags, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingError> {
        let mut all = Self::without_file(flags, variable)?;
        for (name, given) in File::find(all.given(&CONFIG))?.0 {
            let is_default = all.0.get(name).is_none_or(|before| before.origin == Origin::Default);
            if is_default {
                all.0.insert(name, given);
            }
        }
        Ok(all)
    }

    /// Like [`Self::read`], without the file.
    pub(crate) fn without_file(
        flags: &Flags,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, SettingError> {
        let mut all = BTreeMap::new();
        for setting in ALL {
            let origin = Origin::Variable(setting.variable());
            let text = variable(&setting.variable()).map(OsString::into_string).transpose();
            let text = text.map_err(|_| SettingError::new(NOT_TEXT, &[&origin]))?;
            // An empty variable counts as unset, except for the token: an empty token must not open the routes.
            let text = text.filter(|text| !text.is_empty() || setting.name == ADMIN_TOKEN.name);
            let given = match (flags.get(setting.name), text, setting.default) {
                (Some(text), ..) => Given { text: text.clone(), origin: Origin::Flag(format!("--{}", setting.name)) },
                (None, Some(text), _) => Given { text, origin },
                (None, None, Some(text)) => Given { text: text.to_owned(), origin: Origin::Default },
                (None, None, None) => continue,
            };
            all.insert(setting.name, given);
        }
        Ok(Self(all))
    }

    /// The value of a setting, if it has one.
    pub fn given(&self, setting: &Setting) -> Option<&Given> {
        self.0.get(setting.name)
    }

    /// Every setting, with its value if it has one.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, Option<&Given>)> {
        ALL.iter().map(|setting| (*setting, self.given(setting)))
    }

    /// The origin of the value, for messages about it.
    pub(crate) fn origin(&self, setting: &Setting) -> Origin {
        self.given(setting).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// Converts the text of a setting; `None` if there is no text or an empty one.
    pub(crate) fn read_as<T>(
        &self,
        setting: &Setting,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingError> {
        match self.given(setting).filter(|given| !given.text.is_empty()) {
            None => Ok(None),
            Some(Given { text, origin }) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(SettingError::wrong(setting, origin, text)),
            },
        }
    }

    /// The value of a setting without a default.
    pub fn optional<T: FromStr>(&self, setting: &Setting) -> Result<Option<T>, SettingError> {
        self.read_as(setting, |text| text.parse().ok())
    }

    /// The value of a setting with a default.
    pub fn need<T: FromStr>(&self, setting: &Setting) -> Result<T, SettingError> {
        self.need_as(setting, |text| text.parse().ok())
    }

    pub(crate) fn need_as<T>(
        &self,
        setting: &Setting,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SettingError> {
        self.read_as(setting, read)?.ok_or_else(|| SettingError::wrong(setting, &self.origin(setting), ""))
    }

    /// The value of a switch.
    pub fn switch(&self, setting: &Setting) -> Result<bool, SettingError> {
        let (yes, no) = SWITCH;
        let read = |text: &str| if yes.contains(&text) { Some(true) } else { no.contains(&text).then_some(false) };
        Ok(self.read_as(setting, read)?.unwrap_or(false))
    }

    /// The members of a list, without empty ones.
    pub fn list(&self, setting: &Setting) -> Vec<String> {
        let text = self.given(setting).map(|given| given.text.as_str()).unwrap_or_default();
        text.split(',').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect()
    }

    /// The content of the file that a setting names.
    pub(crate) fn bytes_of(&self, setting: &Setting) -> Result<Option<Vec<u8>>, SettingError> {
        let Some(path) = self.optional::<String>(setting)? else { return Ok(None) };
        match std::fs::read(Path::new(&path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(SettingError::unreadable(&self.origin(setting), &path, &error)),
        }
    }

    /// The error for a value that cannot be used.
    pub(crate) fn wrong(&self, setting: &Setting) -> SettingError {
        let text = self.given(setting).map(|given| given.text.as_str()).unwrap_or_default();
        SettingError::wrong(setting, &self.origin(setting), text)
    }
}

/// The known name most similar to an unknown one.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> &'n str {
    // Variables and keys are spelled with different case and dashes.
    let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let likeness = |known: &&str| strsim::jaro_winkler(&plain(name), &plain(known));
    known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default()
}

/// The `TABUADA_*` variables among these that are not settings, each with the most similar setting.
pub fn unknown_variables(names: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(String, String)> {
    let known: Vec<String> = ALL.iter().map(|setting| setting.variable()).collect();
    let mut unknown: Vec<_> = names
        .into_iter()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, value)| {
            name.strip_prefix("TABUADA_").is_some_and(|rest| !is_of_kubernetes(rest, value)) && !known.contains(name)
        })
        .map(|(name, _)| {
            let nearest = nearest(&name, known.iter().map(String::as_str)).to_owned();
            (name, nearest)
        })
        .collect();
    unknown.sort();
    unknown
}

/// Whether Kubernetes sets this variable for a Service called `tabuada` or `tabuada-…`: `TABUADA_SERVICE_HOST`,
/// `TABUADA_SERVICE_PORT_HTTP`, `TABUADA_PORT` (a URL), `TABUADA_PORT_8000_TCP_ADDR`.
fn is_of_kubernetes(rest: &str, value: &str) -> bool {
    let of_service = |name: &str| {
        let is_port = |port: &str| {
            let mut parts = port.split('_');
            parts.next().is_some_and(|number| number.parse::<u16>().is_ok())
                && parts.next().is_some_and(|protocol| ["TCP", "UDP", "SCTP"].contains(&protocol))
                && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"))
        };
        name == "SERVICE_HOST"
            || name == "SERVICE_PORT"
            || name.starts_with("SERVICE_PORT_")
            || name == "PORT" && ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
            || name.strip_prefix("PORT_").is_some_and(is_port)
    };
    let ends = rest.match_indices('_').map(|(at, _)| &rest[at + 1..]);
    std::iter::once(rest).chain(ends).any(of_service)
}

#[cfg(test)]
mod tests;
