//! The errors of the operating system, in the user's language.

use std::fmt::Display;
use std::io::{Error, ErrorKind};

use super::Language;

/// An error, or a message that ends in one: in Portuguese the common ones are said first, and the system's own words
/// stay beside them.
pub(crate) fn of_system(error: impl Display, language: Language) -> String {
    let text = error.to_string();
    match in_portuguese(&text) {
        Some(said) if language == Language::Portuguese => format!("{said} ({text})"),
        _ => text,
    }
}

fn in_portuguese(text: &str) -> Option<&'static str> {
    // The library writes the number behind the system's words.
    let (_, number) = text.rsplit_once("(os error ")?;
    let number = number.split(')').next()?.parse().ok()?;
    Some(match Error::from_raw_os_error(number).kind() {
        ErrorKind::NotFound => "não existe esse arquivo ou pasta",
        ErrorKind::PermissionDenied => "sem permissão",
        ErrorKind::IsADirectory => "é uma pasta",
        ErrorKind::NotADirectory => "uma parte do caminho não é uma pasta",
        ErrorKind::ReadOnlyFilesystem => "só se pode ler ali",
        ErrorKind::StorageFull => "o disco está cheio",
        ErrorKind::AddrInUse => "o endereço já está em uso",
        ErrorKind::AddrNotAvailable => "o endereço não é desta máquina",
        ErrorKind::ConnectionRefused => "conexão recusada",
        ErrorKind::ConnectionReset => "a conexão foi cortada",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "não há caminho até lá",
        ErrorKind::TimedOut => "não respondeu a tempo",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_system_stay_beside_ours() {
        let refused = Error::from_raw_os_error(111);
        assert_eq!(of_system(&refused, Language::English), "Connection refused (os error 111)");
        let said = of_system(format_args!("h:1: {refused}"), Language::Portuguese);
        assert_eq!(said, "conexão recusada (h:1: Connection refused (os error 111))");
        // An error that we have no words for, and texts that are not of the system.
        let broken = Error::from_raw_os_error(5).to_string();
        for text in [&*broken, "no answer", "(os error x)", "(os error 99999999999)"] {
            assert_eq!(of_system(text, Language::Portuguese), text);
        }
    }
}
