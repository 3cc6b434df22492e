//! The words of the library that reads the command line, in Portuguese.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What the library writes into a help text, in both languages.
const OF_THE_LIBRARY: [(&str, &str); 11] = [
    ("Print help (see more with '--help')", "Mostra a ajuda (mais com '--help')"),
    ("Print help (see a summary with '-h')", "Mostra a ajuda (um resumo com '-h')"),
    ("Print help", "Mostra a ajuda"),
    ("Print version", "Mostra a versão"),
    ("Print this message or the help of the given subcommand(s)", "Mostra esta ajuda ou a de um comando"),
    ("Usage:", "Uso:"),
    ("Commands:", "Comandos:"),
    ("Arguments:", "Argumentos:"),
    ("Options:", "Opções:"),
    ("[OPTIONS]", "[OPÇÕES]"),
    ("[COMMAND]", "[COMANDO]"),
];

/// The same where a value follows, which stays as it is.
const BEFORE_VALUES: [(&str, &str); 5] = [
    ("<COMMAND>", "<COMANDO>"),
    ("[default: ", "[padrão: "),
    ("[env: ", "[variável: "),
    ("[possible values: ", "[valores possíveis: "),
    ("Possible values:", "Valores possíveis:"),
];

/// A help text or a usage line with the library's words in Portuguese.
pub(crate) fn in_portuguese(text: &str) -> String {
    let all = OF_THE_LIBRARY.iter().chain(&BEFORE_VALUES);
    all.fold(text.to_owned(), |text, (english, portuguese)| text.replace(english, portuguese))
}

/// What is wrong with a command line, in Portuguese, with how it is used.
pub(crate) fn misuse(error: &Error) -> String {
    let said = |kind| error.get(kind).map(joined).unwrap_or_default();
    let argument = said(ContextKind::InvalidArg);
    let value = said(ContextKind::InvalidValue);
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => format!("argumento desconhecido: '{argument}'"),
        ErrorKind::InvalidSubcommand => format!("comando desconhecido: '{}'", said(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => format!("falta um comando: {}", said(ContextKind::ValidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("falta um argumento obrigatório: {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("'{argument}' precisa de um valor"),
        ErrorKind::InvalidValue => format!("valor inválido '{value}' para '{argument}'"),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map_or(String::new(), |why| format!(": {why}"));
            format!("valor inválido '{value}' para '{argument}'{why}")
        }
        ErrorKind::ArgumentConflict => {
            format!("'{argument}' não pode ser usado com '{}'", said(ContextKind::PriorArg))
        }
        ErrorKind::NoEquals => format!("'{argument}' precisa de '=' antes do valor"),
        ErrorKind::TooManyValues => format!("valor a mais '{value}' para '{argument}'"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("faltam valores para '{argument}'"),
        ErrorKind::InvalidUtf8 => "um argumento não é UTF-8 válido".to_owned(),
        _ => error.kind().to_string(),
    };
    if !said(ContextKind::ValidValue).is_empty() {
        text.push_str(&format!(" [valores possíveis: {}]", said(ContextKind::ValidValue)));
    }
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    for suggestion in suggested.map(said).iter().filter(|suggestion| !suggestion.is_empty()) {
        text.push_str(&format!("\n\n  dica: existe '{suggestion}'"));
    }
    let usage = in_portuguese(&said(ContextKind::Usage));
    let usage = if usage.is_empty() { usage } else { format!("{}\n\n", usage.trim_end()) };
    format!("erro: {text}\n\n{usage}Para mais informações, use '--help'.\n")
}

fn joined(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(all) => all.join(", "),
        ContextValue::StyledStrs(all) => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        ContextValue::None => String::new(),
        other => other.to_string(),
    }
}
