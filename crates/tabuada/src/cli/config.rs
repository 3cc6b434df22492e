//! `tabuada config`: every setting, its value and its origin.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::flags::{OfServe, SettingFlags};
use super::notation::configured;
use super::output::{complain, ended};
use crate::config::ServeConfig;
use crate::settings::{Given, Origin, Setting, SettingError, Settings};
use crate::words::{Language, said};

/// Arguments of `tabuada config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    flags: SettingFlags<OfServe>,
    #[arg(long)]
    json: bool,
}

/// Prints the settings. Status 0; 1 if they cannot be printed; 2 if one is wrong, with the error after the settings.
pub fn config(args: &ConfigArgs, language: Language) -> ExitCode {
    let settings = match Settings::read(&args.flags.0, |name| std::env::var_os(name)) {
        Ok(settings) => settings,
        Err(error) => return misused(&error, language),
    };
    let mut out = io::stdout().lock();
    let written = if args.json {
        writeln!(out, "{}", as_json(&settings))
    } else {
        settings.all().try_for_each(|(setting, given)| write_row(setting, given, language, &mut out))
    };
    match ServeConfig::read(&settings).and(configured(&settings)) {
        Ok(_) => ended(written.and_then(|()| out.flush())),
        Err(error) => misused(&error, language),
    }
}

/// Reports the error in a setting.
pub(super) fn misused(error: &SettingError, language: Language) -> ExitCode {
    complain(error.message(language));
    ExitCode::from(2)
}

fn write_row(setting: &Setting, given: Option<&Given>, language: Language, out: &mut impl Write) -> io::Result<()> {
    let value = given.map_or("-".to_owned(), |given| setting.shown(&given.text));
    let origin = match given.map(|given| &given.origin) {
        None | Some(Origin::Default) => said::DEFAULT.say(language).to_owned(),
        Some(origin) => origin.to_string(),
    };
    writeln!(out, "{:<19}  {value:<23}  {origin}", setting.name)
}

/// An object. Each setting has its value (`null` if there is none) and its origin: `flag`, `variable`, `file` (with
/// path and line) or `default`.
fn as_json(settings: &Settings) -> Value {
    let member = |(setting, given): (&Setting, Option<&Given>)| {
        let value = given.map(|given| setting.shown(&given.text));
        let about = match given.map(|given| &given.origin) {
            None | Some(Origin::Default) => json!({ "value": value, "origin": "default" }),
            Some(Origin::Flag(name)) => json!({ "value": value, "origin": "flag", "name": name }),
            Some(Origin::Variable(name)) => json!({ "value": value, "origin": "variable", "name": name }),
            Some(Origin::File(path, line)) => {
                json!({ "value": value, "origin": "file", "file": path, "line": line })
            }
        };
        (setting.name.to_owned(), about)
    };
    Value::Object(settings.all().map(member).collect::<Map<_, _>>())
}
