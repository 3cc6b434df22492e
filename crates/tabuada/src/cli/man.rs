//! `tabuada man`: the manual page of the command or of a subcommand, in roff.
//!
//! Options come from the same descriptions as `--help`, in the same language. The tables below hold the rest.

use std::io;
use std::process::ExitCode;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::output::{complain, print};
use crate::version::VERSION;
use crate::words::{Language, Words, in_portuguese, said};

/// The beginning of the sentence in a help text that lists the exit statuses, separated by semicolons.
const STATUSES: Words = Words::new("Exit status:", "Código de saída:");

/// The exit statuses of a command whose help text lists none.
const USUAL_STATUSES: Words = Words::new(
    "0; 1 the work failed; 2 the command or its configuration is wrong.",
    "0; 1 o trabalho falhou; 2 o comando ou a configuração está errada.",
);

const SUCCESS: Words = Words::new("success", "deu certo");
const STANDS_IN: Words = Words::new("Stands in for --{}.", "Faz o papel de --{}.");

/// The library's headings in Portuguese.
const HEADINGS: [(&str, &str); 5] = [
    ("NAME", "NOME"),
    ("SYNOPSIS", "SINOPSE"),
    ("DESCRIPTION", "DESCRIÇÃO"),
    ("OPTIONS", "OPÇÕES"),
    ("SUBCOMMANDS", "COMANDOS"),
];

/// A row about a command: the command's name, an item, and its description in English and in Portuguese.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Environment variables that have no option.
const VARIABLES: [Row; 6] = [
    (
        "serve",
        "TABUADA_ADMIN_TOKEN",
        "The operator's token, which /v1/cache requires.",
        "O token do operador, que /v1/cache pede.",
    ),
    ("cache", "TABUADA_ADMIN_TOKEN", "The server's operator token.", "O token de operador do servidor."),
    (
        "repl",
        "XDG_STATE_HOME",
        "Folder below which the history is kept; default ~/.local/state.",
        "Pasta em que fica o histórico; o padrão é ~/.local/state.",
    ),
    ("repl", "NO_COLOR", "If set, nothing is coloured.", "Se tem valor, nada fica colorido."),
    (
        "plot",
        "NO_COLOR",
        "If set, curves on a terminal are not coloured.",
        "Se tem valor, as curvas no terminal não são coloridas.",
    ),
    (
        "plot",
        "COLUMNS",
        "Characters across with --terminal, where there is none; default 80.",
        "Largura em caracteres com --terminal, onde não há um; o padrão é 80.",
    ),
];

/// Files that the commands read or write by default.
const FILES: [Row; 5] = [
    (
        "serve",
        "tabuada.toml",
        "Settings, where no other file is named: the names of the options without --.",
        "Configurações, se nenhum outro arquivo é indicado: os nomes das opções sem --.",
    ),
    ("config", "tabuada.toml", "Settings, as for serve.", "Configurações, como em serve."),
    (
        "cache",
        "tabuada.toml",
        "Settings; the address of the server and what concerns Redis are used.",
        "Configurações; valem o endereço do servidor e o que diz respeito ao Redis.",
    ),
    (
        "health",
        "tabuada.toml",
        "Settings; the address of the server is used.",
        "Configurações; vale o endereço do servidor.",
    ),
    (
        "repl",
        "$XDG_STATE_HOME/tabuada/history",
        "What was typed, the last 10,000 entries.",
        "O que foi digitado, as últimas 10.000 entradas.",
    ),
];

/// Example commands. A test runs those that need no server.
const EXAMPLES: [Row; 22] = [
    ("", "tabuada eval '2**100'", "Evaluate an expression.", "Calcula uma expressão."),
    (
        "",
        "tabuada serve",
        "Serve on 127.0.0.1:8000, with a page for the browser.",
        "Atende em 127.0.0.1:8000, com uma página para o navegador.",
    ),
    ("", "tabuada man batch", "Show the manual page of a command.", "Mostra a página de manual de um comando."),
    ("eval", "tabuada eval '1/3 + 1/6' --mode exact", "Calculate in fractions.", "Calcula com frações."),
    (
        "eval",
        "echo 'sum(k**2, k, 1, 10)' | tabuada eval -",
        "Read the expression from standard input.",
        "Lê a expressão da entrada padrão.",
    ),
    (
        "eval",
        "tabuada eval --json 2+2 1/0",
        "Print objects for a program to read.",
        "Mostra objetos que um programa lê.",
    ),
    (
        "repl",
        "printf 'x = 3\\nx**2\\n' | tabuada repl",
        "Answer lines that build on each other.",
        "Responde linhas que dependem umas das outras.",
    ),
    (
        "batch",
        "printf 'x\\n1\\n2\\n' | tabuada batch --expr 'x**2' --output csv",
        "Add a column to a CSV file.",
        "Acrescenta uma coluna a um arquivo CSV.",
    ),
    ("plot", "tabuada plot 'sin(x)' --terminal", "Draw in characters.", "Desenha com caracteres."),
    (
        "batch",
        "printf '1+1\\n2**64\\n' | tabuada batch",
        "Evaluate one expression a line.",
        "Calcula uma expressão por linha.",
    ),
    (
        "plot",
        "tabuada plot 'sin(x)' 'x/5' --from '-2*pi' --to '2*pi' -o curves.svg",
        "Draw two curves into a file.",
        "Desenha duas curvas num arquivo.",
    ),
    (
        "plot",
        "tabuada plot 'x**2' -o curve.png --width 400 --height 300",
        "Draw a small picture.",
        "Desenha uma figura pequena.",
    ),
    (
        "serve",
        "tabuada serve --listen 0.0.0.0:8000 --redis redis://localhost:6379",
        "Share the answers of a fleet.",
        "Divide as respostas entre vários servidores.",
    ),
    (
        "cache",
        "tabuada cache keys",
        "List what the server on this machine remembers.",
        "Lista o que o servidor desta máquina lembra.",
    ),
    (
        "cache",
        "tabuada cache delete '2+2' --redis redis://localhost:6379",
        "Forget an answer on every server.",
        "Esquece uma resposta em todos os servidores.",
    ),
    (
        "health",
        "tabuada health 127.0.0.1:8000",
        "Ask whether a server is ready.",
        "Pergunta se um servidor está pronto.",
    ),
    (
        "config",
        "tabuada config",
        "Show every setting and where its value comes from.",
        "Mostra cada configuração e de onde vem o valor.",
    ),
    (
        "config",
        "tabuada config --ttl 9m --json",
        "The same as JSON, with another time.",
        "O mesmo em JSON, com outro tempo.",
    ),
    ("completions", "tabuada completions bash > tabuada.bash", "Write the script for bash.", "Grava o script do bash."),
    ("completions", "tabuada completions fish > tabuada.fish", "Write the script for fish.", "Grava o script do fish."),
    ("man", "tabuada man > tabuada.1", "Write the page of the command.", "Grava a página do comando."),
    (
        "man",
        "tabuada man cache keys > tabuada-cache-keys.1",
        "Write the page of a command's command.",
        "Grava a página de um comando de um comando.",
    ),
];

/// Arguments of `tabuada man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
}

/// Prints the page of the whole `command` or of a subcommand, in this language. Status 0; 1 if it cannot be written; 2 if
/// there is no such subcommand.
pub fn man(args: &ManArgs, command: clap::Command, language: Language) -> ExitCode {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut found = &command;
    for name in &args.path {
        let Some(below) = found.find_subcommand(name) else {
            let names: Vec<_> = found.get_subcommands().map(clap::Command::get_name).collect();
            complain(said::NO_SUCH_COMMAND.with(language, &[name, &names.join(", ")]));
            return ExitCode::from(2);
        };
        found = below;
    }
    match page(found, args.path.first().map_or("", String::as_str), language) {
        Ok(page) => print(&page),
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

/// The page of `command`, with the rows of `name` in the tables.
fn page(command: &clap::Command, name: &str, language: Language) -> io::Result<Vec<u8>> {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let (about, statuses) = about.split_once(STATUSES.say(language)).unwrap_or((&about, USUAL_STATUSES.say(language)));
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
    let mut page = in_language(page, language);
    let mut rest = Roff::new();
    let title = |english, portuguese| Words::new(english, portuguese).say(language);
    let statuses = statuses.trim().trim_end_matches('.').split(';').map(|item| status(item, language));
    list(&mut rest, title("EXIT STATUS", "CÓDIGO DE SAÍDA"), statuses);
    let variables = variables(command, language).into_iter().chain(rows(&VARIABLES, name, language));
    list(&mut rest, title("ENVIRONMENT", "AMBIENTE"), variables);
    list(&mut rest, title("FILES", "ARQUIVOS"), rows(&FILES, name, language));
    examples(&mut rest, title("EXAMPLES", "EXEMPLOS"), rows(&EXAMPLES, name, language));
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// The library's page with its headings and fixed texts in this language.
fn in_language(page: Vec<u8>, language: Language) -> Vec<u8> {
    match (language, String::from_utf8(page)) {
        (Language::Portuguese, Ok(page)) => {
            let page = HEADINGS.iter().fold(page, |page, (english, portuguese)| {
                page.replace(&format!("\n.SH {english}\n"), &format!("\n.SH {portuguese}\n"))
            });
            in_portuguese(&page).into_bytes()
        }
        (_, page) => page.map_or_else(|error| error.into_bytes(), String::into_bytes),
    }
}

/// An exit status and its meaning.
fn status(item: &str, language: Language) -> (String, String) {
    let (number, meaning) = item.trim().split_once(' ').unwrap_or((item.trim(), SUCCESS.say(language)));
    (number.to_owned(), format!("{meaning}."))
}

/// The environment variables of the options.
fn variables(command: &clap::Command, language: Language) -> Vec<(String, String)> {
    let variable = |argument: &clap::Arg| {
        let variable = argument.get_env()?.to_string_lossy().into_owned();
        Some((variable, STANDS_IN.with(language, &[&argument.get_long()?])))
    };
    command.get_arguments().filter_map(variable).collect()
}

fn rows(table: &[Row], name: &str, language: Language) -> impl Iterator<Item = (String, String)> {
    let rows = table.iter().filter(move |row| row.0 == name);
    rows.map(move |(_, item, english, portuguese)| {
        ((*item).to_owned(), Words::new(english, portuguese).say(language).to_owned())
    })
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

fn examples(roff: &mut Roff, title: &str, rows: impl Iterator<Item = (String, String)>) {
    for (at, (command, meaning)) in rows.enumerate() {
        if at == 0 {
            roff.control("SH", [title]);
        } else {
            roff.control("PP", []);
        }
        roff.text([roman(meaning)]).control("PP", []);
        roff.control("RS", ["4"]).control("nf", []).text([roman(command)]).control("fi", []).control("RE", []);
    }
}
