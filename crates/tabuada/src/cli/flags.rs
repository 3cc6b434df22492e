//! The flags of settings, made from the table of settings.

use std::ffi::OsString;
use std::marker::PhantomData;

use clap::builder::OsStringValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::settings::table::{OF_CACHE, OF_EXPRESSIONS, OF_HEALTH, OF_MCP, OF_SERVE};
use crate::settings::{Flags, Kind, Setting};

/// The settings that have flags in a command.
pub(super) trait Table {
    /// The settings. Those whose kind has a flag become flags.
    const SETTINGS: &'static [&'static Setting];
    /// Whether the flags may also follow a subcommand.
    const IS_GLOBAL: bool = false;
}

/// The flags of `tabuada serve`.
#[derive(Debug)]
pub(super) struct OfServe;
/// The flags of `tabuada mcp`.
#[derive(Debug)]
pub(super) struct OfMcp;
/// The flags of the commands that read expressions.
#[derive(Debug)]
pub(super) struct OfExpressions;
/// The flags of `tabuada cache`.
#[derive(Debug)]
pub(super) struct OfCache;
/// The flags of `tabuada health`.
#[derive(Debug)]
pub(super) struct OfHealth;

impl Table for OfServe {
    const SETTINGS: &'static [&'static Setting] = OF_SERVE;
}

impl Table for OfMcp {
    const SETTINGS: &'static [&'static Setting] = OF_MCP;
}

impl Table for OfExpressions {
    const SETTINGS: &'static [&'static Setting] = OF_EXPRESSIONS;
}

impl Table for OfCache {
    const SETTINGS: &'static [&'static Setting] = OF_CACHE;
    const IS_GLOBAL: bool = true;
}

impl Table for OfHealth {
    const SETTINGS: &'static [&'static Setting] = OF_HEALTH;
}

/// The values given as flags, as text. They are parsed later, so that an error can name the origin of the value.
#[derive(Debug)]
pub(super) struct SettingFlags<T>(pub(super) Flags, PhantomData<T>);

impl<T: Table> Args for SettingFlags<T> {
    fn augment_args(command: Command) -> Command {
        let flags = T::SETTINGS.iter().filter(|setting| setting.has_flag());
        command.args(flags.map(|setting| flag(setting).global(T::IS_GLOBAL)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The environment variable appears in the help only; the settings read it.
fn flag(setting: &'static Setting) -> Arg {
    let flag = Arg::new(setting.name)
        .long(setting.name)
        .value_name(setting.value_name)
        .value_parser(OsStringValueParser::new())
        .env(setting.variable())
        .hide_env_values(true);
    let flag = match setting.default {
        Some(default) => flag.default_value(default),
        None => flag,
    };
    match setting.kind {
        Kind::List => flag.action(ArgAction::Append),
        Kind::Switch => flag.num_args(0..=1).default_missing_value("yes"),
        Kind::Choice(_, Some(alone)) => flag.num_args(0..=1).default_missing_value(alone),
        _ => flag,
    }
}

impl<T: Table> FromArgMatches for SettingFlags<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Flags::new();
        for setting in T::SETTINGS.iter().filter(|setting| setting.has_flag()) {
            if matches.value_source(setting.name) == Some(ValueSource::CommandLine) {
                let values = matches.get_many::<OsString>(setting.name).into_iter().flatten();
                let values: Option<Vec<&str>> = values.map(|value| value.to_str()).collect();
                let values = values.ok_or_else(|| Error::new(ErrorKind::InvalidUtf8))?;
                flags.insert(setting.name, values.join(","));
            }
        }
        Ok(Self(flags, PhantomData))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}
