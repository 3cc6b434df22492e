//! What went wrong with a server, and its own words for it.

use crate::protocol::link::Fault;
use crate::stats::{Label, Trouble};

/// Characters of a server's message that are told.
const WORDS_MAX: usize = 200;
/// What follows are arguments, as Redis repeats them in "unknown command": of `AUTH` and `HELLO`, they are the login.
const ARGUMENTS: &str = ", with args beginning with";

/// What went wrong, and the words of the server or the system for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    /// At most 200 characters, without control characters and without a login.
    pub(crate) words: String,
}

impl Failure {
    pub(crate) fn new(trouble: Trouble, words: &str) -> Self {
        Self { trouble, words: cleaned(words) }
    }

    /// The same, after what it is about.
    pub(crate) fn about(self, what: &str) -> Self {
        Self::new(self.trouble, &format!("{what}: {}", self.words))
    }
}

impl Fault for Failure {
    fn late() -> Self {
        Trouble::Timeout.into()
    }

    fn demoted() -> Self {
        Trouble::Demoted.into()
    }

    fn is_read_only(&self) -> bool {
        self.trouble == Trouble::ReadOnly
    }
}

/// Without words of a server, the label tells what happened.
impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, words: trouble.label().to_owned() }
    }
}

fn cleaned(words: &str) -> String {
    let words = words.split(ARGUMENTS).next().unwrap_or_default().trim_end();
    let mut cleaned = String::new();
    for (n, character) in words.chars().enumerate() {
        if n == WORDS_MAX {
            cleaned.push('…');
            break;
        }
        if character.is_control() { cleaned.extend(character.escape_default()) } else { cleaned.push(character) }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_short_line_without_a_login() {
        let long = "é".repeat(201);
        let cut = format!("{}…", "é".repeat(200));
        for (said, told) in [
            (
                "READONLY You can't write against a read only replica.",
                "READONLY You can't write against a read only replica.",
            ),
            (
                "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'ana' 's3cret' ",
                "ERR unknown command 'HELLO'",
            ),
            ("ERR a\r\nb\u{1b}[31m", "ERR a\\r\\nb\\u{1b}[31m"),
            (&long, &cut),
            (&long[2..], &long[2..]),
            ("", ""),
        ] {
            assert_eq!(Failure::new(Trouble::Other, said).words, told);
        }
    }
}
