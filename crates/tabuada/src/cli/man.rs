//! `tabuada man`: the manual page of the command or of a subcommand, in roff.
//!
//! Options come from the same descriptions as `--help`. The tables below hold the rest.

use std::io;
use std::process::ExitCode;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::output::print;

use crate::version::VERSION;

/// The beginning of the sentence in a help text that lists the exit statuses, separated by semicolons.
const STATUSES: &str = "Exit status:";

/// The exit statuses of a command whose help text lists none.
const USUAL_STATUSES: &str = "0; 1 the work failed; 2 the command or its configuration is wrong.";

/// A row about a command: the command's name, an item, and its description.
type Row = (&'static str, &'static str, &'static str);

/// Environment variables that have no option.
const VARIABLES: [Row; 6] = [
    ("serve", "TABUADA_ADMIN_TOKEN", "The operator's token, which /v1/cache asks for."),
    ("cache", "TABUADA_ADMIN_TOKEN", "The server's operator token."),
    ("repl", "XDG_STATE_HOME", "Folder below which the history is kept; default ~/.local/state."),
    ("repl", "NO_COLOR", "If set, nothing is coloured."),
    ("plot", "NO_COLOR", "If set, curves on a terminal are not coloured."),
    ("plot", "COLUMNS", "Characters across with --terminal, where there is none; default 80."),
];

/// Files that the commands read or write by default.
const FILES: [Row; 5] = [
    ("serve", "tabuada.toml", "Settings, where no other file is named: the names of the options without --."),
    ("config", "tabuada.toml", "Settings, as for serve."),
    ("cache", "tabuada.toml", "Settings; the address of the server and what concerns Redis are used."),
    ("health", "tabuada.toml", "Settings; the address of the server is used."),
    ("repl", "$XDG_STATE_HOME/tabuada/history", "What was typed, the last 10,000 entries."),
];

/// Example commands. A test runs those that need no server.
const EXAMPLES: [Row; 22] = [
    ("", "tabuada eval '2**100'", "Evaluate an expression."),
    ("", "tabuada serve", "Serve on 127.0.0.1:8000, with a page for the browser."),
    ("", "tabuada man batch", "Show the manual page of a command."),
    ("eval", "tabuada eval '1/3 + 1/6' --mode exact", "Calculate in fractions."),
    ("eval", "echo 'sum(k**2, k, 1, 10)' | tabuada eval -", "Read the expression from standard input."),
    ("eval", "tabuada eval --json 2+2 1/0", "Print objects for a program to read."),
    ("repl", "printf 'x = 3\\nx**2\\n' | tabuada repl", "Answer lines that build on each other."),
    ("batch", "printf 'x\\n1\\n2\\n' | tabuada batch --expr 'x**2' --output csv", "Add a column to a CSV file."),
    ("plot", "tabuada plot 'sin(x)' --terminal", "Draw in characters."),
    ("batch", "printf '1+1\\n2**64\\n' | tabuada batch", "Evaluate one expression a line."),
    ("plot", "tabuada plot 'sin(x)' 'x/5' --from '-2*pi' --to '2*pi' -o curves.svg", "Draw two curves into a file."),
    ("plot", "tabuada plot 'x**2' -o curve.png --width 400 --height 300", "Draw a small picture."),
    ("serve", "tabuada serve --listen 0.0.0.0:8000 --redis redis://localhost:6379", "Share the answers of a fleet."),
    ("cache", "tabuada cache keys", "List what the server on this machine remembers."),
    ("cache", "tabuada cache delete '2+2' --redis redis://localhost:6379", "Forget an answer on every server."),
    ("health", "tabuada health 127.0.0.1:8000", "Ask whether a server is ready."),
    ("config", "tabuada config", "Show every setting and where its value comes from."),
    ("config", "tabuada config --ttl 9m --json", "The same as JSON, with another time."),
    ("completions", "tabuada completions bash > tabuada.bash", "Write the script for bash."),
    ("completions", "tabuada completions fish > tabuada.fish", "Write the script for fish."),
    ("man", "tabuada man > tabuada.1", "Write the page of the command."),
    ("man", "tabuada man cache keys > tabuada-cache-keys.1", "Write the page of a command's command."),
];

/// Arguments of `tabuada man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
}

/// Prints the page of the whole `command` or of a subcommand. Status 0; 1 if it cannot be written; 2 if there is no
/// such subcommand.
pub fn man(args: &ManArgs, command: clap::Command) -> ExitCode {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut found = &command;
    for name in &args.path {
        let Some(below) = found.find_subcommand(name) else {
            let names: Vec<_> = found.get_subcommands().map(clap::Command::get_name).collect();
            eprintln!("tabuada: there is no command '{name}' here; there is {}", names.join(", "));
            return ExitCode::from(2);
        };
        found = below;
    }
    match page(found, args.path.first().map_or("", String::as_str)) {
        Ok(page) => print(&page),
        Err(error) => {
            eprintln!("tabuada: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The page of `command`, with the rows of `name` in the tables.
fn page(command: &clap::Command, name: &str) -> io::Result<Vec<u8>> {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let (about, statuses) = about.split_once(STATUSES).unwrap_or((&about, USUAL_STATUSES));
    let described = command.clone().long_about(about.trim().to_owned());
    // The version takes the date's place: a date would differ from build to build, and an empty one would be left out.
    let version = format!("tabuada {}", VERSION);
    let man = Man::new(described).date(version).source("Tabuada").manual("Tabuada");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut rest = Roff::new();
    list(&mut rest, "EXIT STATUS", statuses.trim().trim_end_matches('.').split(';').map(status));
    list(&mut rest, "ENVIRONMENT", variables(command).into_iter().chain(rows(&VARIABLES, name)));
    list(&mut rest, "FILES", rows(&FILES, name));
    examples(&mut rest, name);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// An exit status and its meaning.
fn status(item: &str) -> (String, String) {
    let (number, meaning) = item.trim().split_once(' ').unwrap_or((item.trim(), "success"));
    (number.to_owned(), format!("{meaning}."))
}

/// The environment variables of the options.
fn variables(command: &clap::Command) -> Vec<(String, String)> {
    let variable = |argument: &clap::Arg| {
        let variable = argument.get_env()?.to_string_lossy().into_owned();
        Some((variable, format!("Stands in for --{}.", argument.get_long()?)))
    };
    command.get_arguments().filter_map(variable).collect()
}

fn rows(table: &[Row], name: &str) -> impl Iterator<Item = (String, String)> {
    let rows = table.iter().filter(move |row| row.0 == name);
    rows.map(|(_, item, meaning)| ((*item).to_owned(), (*meaning).to_owned()))
}

/// A section with items. Nothing if there are no items.
fn list(roff: &mut Roff, title: &str, items: impl Iterator<Item = (String, String)>) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        roff.control("SH", [title]);
    }
    for (item, meaning) in items {
        roff.control("TP", []).text([bold(item)]).text([roman(meaning)]);
    }
}

fn examples(roff: &mut Roff, name: &str) {
    let rows = EXAMPLES.iter().filter(|row| row.0 == name);
    for (at, (_, command, meaning)) in rows.enumerate() {
        if at == 0 {
            roff.control("SH", ["EXAMPLES"]);
        } else {
            roff.control("PP", []);
        }
        roff.text([roman(*meaning)]).control("PP", []);
        roff.control("RS", ["4"]).control("nf", []).text([roman(*command)]).control("fi", []).control("RE", []);
    }
}
