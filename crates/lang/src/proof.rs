//! Proofs: a hash of a key and its answer, which anybody can compute again.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::error::ErrorKind;
use crate::mode::Mode;
use crate::program::Program;

/// The version of the answers: a part of every key and proof. It is raised with every change of any answer's bytes.
pub const ANSWER_VERSION: &str = "2";

impl Mode {
    /// The part of a key before its canonical text, with version and mode: `2`, `2@exact`, `2@decimal50`.
    pub fn variant(self) -> Cow<'static, str> {
        match self {
            Self::Python => ANSWER_VERSION.into(),
            Self::Exact => format!("{ANSWER_VERSION}@exact").into(),
            Self::Decimal(digits) => format!("{ANSWER_VERSION}@decimal{}", digits.count()).into(),
        }
    }
}

impl Program {
    /// The proof of its answer, which is a type and a text or an error: `sha256:` and the SHA-256, in hexadecimal digits,
    /// of these lines in UTF-8, joined by `\n`:
    ///
    /// | of a value | of an error |
    /// |---|---|
    /// | the key: the [variant](Mode::variant), `:` and the canonical text | the key |
    /// | the name of the type | `error` |
    /// | the text of the value | the code of the error |
    /// | | CPython's message, empty where CPython has none |
    ///
    /// No line contains a line break, since canonical texts, values and messages escape them. So the same answer has the
    /// same proof on every machine, and two answers have two.
    ///
    /// `None` if the answer depends on more than the text: on chance, on a limit, or on the machine.
    ///
    /// ```
    /// use tabuada_lang::{Limits, parse};
    ///
    /// let program = parse("2 + 2", &Limits::default())?;
    /// // printf '2:2+2\nint\n4' | sha256sum
    /// let expected = "sha256:9b4aea1bedca886351aef4cb3f9ce4c79f4ab8b73d46755b8e2fcdecb7a0f793";
    /// assert_eq!(program.proof(Ok(("int", "4"))).as_deref(), Some(expected));
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn proof(&self, outcome: Result<(&str, &str), &ErrorKind>) -> Option<String> {
        let key = format!("{}:{}", self.mode().variant(), self.canonical());
        let lines = match outcome {
            _ if !self.is_pure() => return None,
            Ok((type_name, text)) => [&key, type_name, text].join("\n"),
            Err(kind) if kind.limit().is_some() || !kind.is_deterministic() => return None,
            Err(kind) => [&key, "error", kind.code(), &kind.python().unwrap_or_default()].join("\n"),
        };
        let digest = Sha256::digest(lines);
        let mut proof = String::with_capacity("sha256:".len() + 2 * digest.len());
        proof.push_str("sha256:");
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        proof.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        Some(proof)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, parse};

    /// The proofs by `printf '…' | sha256sum`.
    #[test]
    fn a_proof_is_the_hash_of_key_and_answer() {
        let limits = Limits::default();
        let proof = |text: &str| {
            let program = parse(text, &limits).expect("it reads");
            let outcome = program.evaluate(&limits).map_err(|failure| failure.kind);
            program.proof(outcome.as_ref().map(|answer| (answer.type_name(), answer.text())))
        };
        for (text, expected) in [
            ("(2) + 2", "9b4aea1bedca886351aef4cb3f9ce4c79f4ab8b73d46755b8e2fcdecb7a0f793"),
            ("1 / 0", "c50b09373a890428471bfe52a6cc36d54aea9ab0213882c45cb33a4ab5f2bf66"),
            ("'a\\nb' # a line break", "0d8191b5f3281f2305cc703e68275ae47ce777278493795c6d983aff12d22d96"),
        ] {
            assert_eq!(proof(text), Some(format!("sha256:{expected}")), "{text}");
        }
        for text in ["rnd()", "9**9**9", "9**9**9 if rnd() else 1"] {
            assert_eq!(proof(text), None, "{text}");
        }
    }
}
