//! `tabuada verify`: computes an answer and compares its proof with one from elsewhere.

use std::process::ExitCode;
use std::time::Instant;

use tabuada_lang::{ErrorKind, Language, Limits, Mode};

use super::config::misused;
use super::notation::NotationArgs;
use super::object::{DEADLINE, answer};
use super::output::{complain, print};
use crate::engine::{self, Question};
use crate::words::said;

/// Arguments of `tabuada verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    #[arg(long, value_name = "MODE", default_value_t = Mode::Python)]
    mode: Mode,
    #[command(flatten)]
    notation: NotationArgs,
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
    #[arg(value_name = "PROOF", value_parser = proof_of)]
    proof: Option<String>,
}

/// Reads a proof, also as `sha256sum` prints it.
fn proof_of(text: &str) -> Result<String, String> {
    let digits = text.trim().to_ascii_lowercase();
    let digits = digits.strip_prefix("sha256:").unwrap_or(&digits);
    let is_proof = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_proof { Ok(format!("sha256:{digits}")) } else { Err("expected sha256: and 64 digits".to_owned()) }
}

/// Prints the proof of an answer; the answer itself, if its proof is the one that is given. Status 0; 1 if the proofs
/// differ or there is none; 2 if a setting is wrong.
pub fn verify(args: &VerifyArgs, language: Language) -> ExitCode {
    let question = match args.notation.usual(args.mode) {
        Ok(usual) => usual.question(&*args.expression),
        Err(error) => return misused(&error, language),
    };
    match verified(&question, args.proof.as_deref(), language) {
        Ok(found) => print(format!("{found}\n").as_bytes()),
        Err(why) => {
            complain(why);
            ExitCode::FAILURE
        }
    }
}

/// What is printed, or why the answer is not verified.
fn verified(question: &Question<'_>, given: Option<&str>, language: Language) -> Result<String, String> {
    let limits = Limits::default();
    let message = |kind: &ErrorKind| kind.message_in(language, question.notation);
    let program = engine::ask(question, &limits).map_err(|error| message(&error.kind))?;
    let answer = answer(&program, engine::evaluate(&program, &limits, Instant::now() + DEADLINE));
    let text = match &answer.outcome {
        Ok(printed) => printed.text.to_string(),
        Err(failure) => message(&failure.kind),
    };
    match (answer.proof(&program), given) {
        (None, _) => Err(said::NO_PROOF.with(language, &[&text])),
        (Some(here), None) => Ok(here),
        (Some(here), Some(given)) if here == given => Ok(text),
        (Some(here), Some(_)) => Err(said::OTHER_PROOF.with(language, &[&here, &text])),
    }
}
