//! The command line: the commands, in the words of either language.

use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tabuada_lang::{Limits, parse};

use crate::cli::{
    BatchArgs, CacheArgs, CompletionsArgs, ConfigArgs, EvalArgs, HealthArgs, ManArgs, PlotArgs, ReplArgs, ServeArgs,
    VerifyArgs,
};
use crate::settings::table::ALL;
use crate::settings::{Kind, Setting};
use crate::version;
use crate::words::{HELP, Language, Words, in_portuguese, misuse, said};

/// The command line. Its help texts are in [`words`](crate::words).
#[derive(Debug, Parser)]
#[command(name = "tabuada", version, long_version = version::LONG, max_term_width = 100)]
pub struct Args {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The command.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)]
pub enum Command {
    Serve(ServeArgs),
    Eval(EvalArgs),
    Verify(VerifyArgs),
    Repl(ReplArgs),
    Batch(BatchArgs),
    Plot(PlotArgs),
    Cache(CacheArgs),
    Config(ConfigArgs),
    Health(HealthArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Args {
    /// Parses the process's arguments. For `--help` or invalid arguments, it prints the text in this language and gives
    /// the exit status (0 or 2).
    pub fn from_process(language: Language) -> Result<Self, ExitCode> {
        let command = Self::described(language);
        let arguments: Vec<OsString> = std::env::args_os().collect();
        let expression = expression(&command, &arguments);
        let matches = command.clone().try_get_matches_from(with_options_first(command, arguments));
        matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(|error| match expression {
            Some(text) if error.use_stderr() => {
                let why = said::NO_SUBCOMMAND.with(language, &[&text, &text]);
                // If the output is closed, there is no place left to report that.
                let _ = writeln!(std::io::stderr().lock(), "tabuada: {why}");
                ExitCode::from(2)
            }
            _ => tell(&error, language),
        })
    }

    /// The command line with its help texts, for completions and manual pages.
    pub fn described(language: Language) -> clap::Command {
        described(Self::command(), "", language)
    }
}

/// A command and its subcommands, with their help texts. `path` is its name below `tabuada`: `cache get`.
fn described(command: clap::Command, path: &str, language: Language) -> clap::Command {
    let (short, long) = texts(path, None, language);
    let command = match long {
        Some(long) => command.about(short).long_about(long),
        None => command.about(short),
    };
    let command = command.mut_args(|arg| {
        let of = format!("{path} {}", shown(&arg));
        let setting = ALL.iter().find(|setting| arg.get_id() == setting.name);
        let (short, long) = texts(&of, setting.map(|setting| setting.help), language);
        let arg = match setting {
            Some(Setting { kind: Kind::Choice(choices, _), .. }) => arg.value_parser(Offered::of(choices, language)),
            _ => arg,
        };
        match long {
            Some(long) => arg.help(short).long_help(long),
            None => arg.help(short),
        }
    });
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |below| described(below, path.trim_start(), language))
    })
}

/// The name of an argument in the table of help texts.
fn shown(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_value_names()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some([name, ..])) => name.to_string(),
        (None, _) => arg.get_id().to_string().to_ascii_uppercase(),
    }
}

/// The first paragraph of a help text without its full stop, and the whole text if it has more paragraphs.
fn texts(of: &str, words: Option<Words>, language: Language) -> (String, Option<String>) {
    let row =
        HELP.iter().find(|(name, ..)| *name == of).map(|(_, english, portuguese)| Words::new(english, portuguese));
    let text = row.or(words).map(|words| words.say(language)).unwrap_or_default();
    let short = text.split("\n\n").next().unwrap_or_default();
    (short.strip_suffix('.').unwrap_or(short).to_owned(), text.contains("\n\n").then(|| text.to_owned()))
}

/// The values that the help and completions offer. Parsing accepts any value: the settings check it later.
#[derive(Clone)]
struct Offered(Vec<PossibleValue>);

impl Offered {
    fn of(choices: &[(&'static str, Words)], language: Language) -> Self {
        Self(choices.iter().map(|(name, help)| PossibleValue::new(*name).help(help.say(language))).collect())
    }
}

impl TypedValueParser for Offered {
    type Value = OsString;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<OsString, clap::Error> {
        OsStringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().cloned()))
    }
}

/// The arguments as one expression, quoted for a shell, where a command is expected and there is none. A text without a
/// digit or a bracket is a misspelled command.
fn expression(command: &clap::Command, arguments: &[OsString]) -> Option<String> {
    if command.find_subcommand(arguments.get(1)?).is_some() {
        return None;
    }
    let text = arguments[1..].join(OsStr::new(" ")).into_string().ok()?;
    let is_expression = text.contains(|character: char| character.is_ascii_digit() || character == '(')
        && parse(&text, &Limits::default()).is_ok();
    is_expression.then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

/// Prints a help text or a usage error, and gives the exit status.
fn tell(error: &clap::Error, language: Language) -> ExitCode {
    let is_text = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    // If the output is closed, nothing can report that.
    let _ = match (language, is_text) {
        (Language::English, _) => error.print(),
        (Language::Portuguese, true) => print_in_portuguese(error),
        (Language::Portuguese, false) => std::io::stderr().lock().write_all(misuse(error).as_bytes()),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn print_in_portuguese(error: &clap::Error) -> std::io::Result<()> {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let text = |on_terminal: bool| {
        let text = error.render();
        let text = if on_terminal && !is_plain { text.ansi().to_string() } else { text.to_string() };
        in_portuguese(&text)
    };
    if error.use_stderr() {
        return std::io::stderr().lock().write_all(text(std::io::stderr().is_terminal()).as_bytes());
    }
    std::io::stdout().lock().write_all(text(std::io::stdout().is_terminal()).as_bytes())
}

/// For commands whose expressions may look like options (`eval -3+2`): moves the options to the front and puts `--`
/// before the expressions. An expression is an argument that is neither an option of the command nor the value of one.
/// All arguments after a `--` are expressions.
fn with_options_first(mut tool: clap::Command, arguments: Vec<OsString>) -> Vec<OsString> {
    tool.build();
    let command = arguments.get(1).and_then(|name| tool.find_subcommand(name));
    let Some(command) = command.filter(|command| command.get_positionals().any(Arg::is_allow_hyphen_values_set)) else {
        return arguments;
    };
    let mut arguments = arguments.into_iter();
    let mut options: Vec<OsString> = arguments.by_ref().take(2).collect();
    let mut expressions = vec!["--".into()];
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
        if text == "--" {
            expressions.extend(arguments.by_ref());
        } else if let Some(option) = command.get_opts().chain(flags(command)).find(|option| is_named(option, name)) {
            let needs_value = value.is_none() && option.get_action().takes_values();
            options.push(argument);
            options.extend(needs_value.then(|| arguments.next()).flatten());
        } else {
            expressions.push(argument);
        }
    }
    options.extend(expressions);
    options
}

/// The options of a command that take no value.
fn flags(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !argument.is_positional() && !argument.get_action().takes_values())
}

fn is_named(option: &Arg, text: &str) -> bool {
    let is_short = |rest: &str| option.get_short().is_some_and(|short| rest.chars().eq([short]));
    match text.strip_prefix("--") {
        Some(name) => option.get_long() == Some(name),
        None => text.strip_prefix('-').is_some_and(is_short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of every command and argument below a command, as in the table.
    fn names(command: &clap::Command, path: &str, found: &mut Vec<(String, bool)>) {
        found.push((path.to_owned(), false));
        for arg in command.get_arguments() {
            let is_setting = ALL.iter().any(|setting| arg.get_id() == setting.name);
            found.push((format!("{path} {}", shown(arg)), is_setting));
        }
        for below in command.get_subcommands() {
            names(below, format!("{path} {}", below.get_name()).trim_start(), found);
        }
    }

    #[test]
    fn every_command_and_argument_has_its_help_in_both_languages() {
        let mut found = Vec::new();
        names(&Args::command(), "", &mut found);
        assert!(found.len() > 60, "{found:?}");
        for (name, is_setting) in &found {
            let rows = HELP.iter().filter(|(of, ..)| of == name).count();
            assert!(rows == 1 || rows == 0 && *is_setting, "{name:?} has {rows} rows in words/help.rs");
        }
        for (of, ..) in HELP {
            assert!(found.iter().any(|(name, _)| name == of), "nothing is called {of:?}");
        }
        for setting in ALL {
            assert!(!setting.help.english.is_empty() && !setting.help.portuguese.is_empty(), "{}", setting.name);
        }
    }

    #[test]
    fn no_text_of_the_library_stays_in_english() {
        let mut command = Args::described(Language::Portuguese);
        command.build();
        let mut all = vec![command];
        while let Some(mut command) = all.pop() {
            all.extend(command.get_subcommands().cloned());
            for text in [command.render_help(), command.render_long_help()] {
                let text = in_portuguese(&text.to_string());
                for english in
                    ["Usage", "Options", "Arguments", "Commands", "Print", "default", "possible values", "env:"]
                {
                    assert!(!text.contains(english), "{english}:\n{text}");
                }
            }
        }
    }
}
