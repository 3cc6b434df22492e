//! `evaluate`: one expression, through the cache.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use tabuada_lang::{JsonNumbers, Language, Limits, Mode, Notation, Program};

use super::{Asked, Output};
use crate::answer::{Calculator, Caller, DEADLINE, Outcome, Reply};
use crate::engine::{self, Question};
use crate::json::write_string;
use crate::mcp::arguments::{Arguments, Signature};
use crate::mcp::message::shortened_to;
use crate::mcp::mistake::Mistake;
use crate::record::{Answer, Printed};

pub(super) const SIGNATURE: Signature = Signature {
    tool: "evaluate",
    arguments: &[
        ("expr", "a string with one expression, such as 2**10 + sqrt(2)"),
        ("mode", "python, exact or decimal:N, N from 1 to 1000"),
        ("variables", "an object of names and values, such as {\"x\": 3}"),
    ],
    example: r#"{"expr": "x**2 + 1/3", "mode": "exact", "variables": {"x": 3}}"#,
};

/// The longest text of a value that a model is shown whole, and how much of a longer one at either end. A long integer
/// is there four times: as result and as text, for programs and for the model.
const TEXT_CHARACTERS: usize = 2_000;
const END_CHARACTERS: usize = 200;

/// How many more characters of a long value the next expression gives.
const MORE_CHARACTERS: usize = 1_000;

/// The longest expression that a model is given to call with.
const FIX_BYTES: usize = 2_000;

pub(super) async fn call(
    calculator: &Arc<Calculator>,
    caller: Caller,
    arguments: &Arguments<'_>,
) -> (Output, Option<Asked>) {
    let question = match arguments.question() {
        Ok(question) => question,
        Err(mistake) => return (mistake.into(), None),
    };
    let reply = calculator.answer_for(caller, &question).await;
    let output = if reply.is_advised_here(&question) {
        told(&reply, &question)
    } else {
        let (outcome, name, asked) = (reply.outcome.clone(), reply.name.clone(), question.clone());
        let work = move || told(&Reply { outcome, name, origin: reply.origin, has_asked_redis: false }, &asked);
        Box::pin(calculator.readers().by(caller.peer).run(DEADLINE, work)).await.unwrap_or_else(|e| Err(e.into()))
    };
    let asked = Asked { expression: question.text.into_owned(), reply };
    (output.unwrap_or_else(Output::from), Some(asked))
}

fn told(reply: &Reply, question: &Question<'_>) -> Result<Output, Mistake> {
    match &reply.outcome {
        Outcome::Answered(program, answer) => match &answer.outcome {
            Ok(printed) => {
                let spelled = reply.name.is_none().then(|| program.canonical());
                let canonical = spelled.as_deref().or(reply.name.as_ref().map(|name| name.text()));
                Ok(Output::of(value(printed, answer, program, canonical.unwrap_or_default(), question)))
            }
            Err(failure) => Err(Mistake::failed(program, failure, question)),
        },
        Outcome::Failed(program, failure) => Err(Mistake::failed(program, failure, question)),
        Outcome::Unreadable(error) => Err(Mistake::unreadable(error, question)),
        Outcome::Overloaded => Err(Mistake::overloaded()),
    }
}

/// A value with all that is known of it.
fn value(printed: &Printed, answer: &Answer, program: &Program, canonical: &str, question: &Question<'_>) -> String {
    let mut out = String::with_capacity(256);
    let cut = (printed.text.len() > TEXT_CHARACTERS).then(|| Cut::of(&printed.text)).flatten();
    out.push('{');
    if cut.is_none() {
        out.push_str("\"result\":");
        printed.write_json(JsonNumbers::Exact, &mut out);
        out.push(',');
    }
    out.push_str("\"type\":");
    write_string(printed.type_name, &mut out);
    out.push_str(",\"text\":");
    match &cut {
        None => write_string(&printed.text, &mut out),
        Some(Cut { text, .. }) => write_string(text, &mut out),
    }
    out.push_str(if is_exact(printed, answer.mode) { ",\"exact\":true" } else { ",\"exact\":false" });
    out.push_str(",\"canonical\":");
    write_string(&shortened(canonical), &mut out);
    out.extend([",\"fuel\":", itoa::Buffer::new().format(answer.fuel)]);
    if let Some(proof) = program.proof(Ok((printed.type_name, &printed.text))) {
        out.push_str(",\"proof\":");
        write_string(&proof, &mut out);
    }
    if let Some(cut) = cut {
        out.push_str(",\"cut\":");
        cut.write(printed.type_name, canonical, question, &mut out);
    }
    let hints = hints(program, question);
    if !hints.is_empty() {
        out.push_str(",\"hints\":");
        out.push_str(&serde_json::to_string(&hints).unwrap_or_default());
    }
    out.push('}');
    out
}

/// Where the text may mean something else than intended.
#[derive(Serialize)]
pub(super) struct Hint {
    code: &'static str,
    message: String,
    /// The expression that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

pub(super) fn hints(program: &Program, question: &Question<'_>) -> Vec<Hint> {
    let told = |hint: &tabuada_lang::Hint| Hint {
        code: hint.kind.code(),
        message: hint.kind.message_in(Language::English, Notation::Python),
        // Half an expression would be no fix.
        fix: hint.fixes.first().map(|fix| fix.apply(&question.text)).filter(|fix| fix.len() <= FIX_BYTES),
    };
    engine::hints(question, program).iter().map(told).collect()
}

/// A text that a model can read, cut at its end.
pub(super) fn shortened(text: &str) -> String {
    shortened_to(TEXT_CHARACTERS, text)
}

/// Whether a value neither is nor holds a float, a complex number or a decimal. A decimal may look like an integer.
fn is_exact(printed: &Printed, mode: Mode) -> bool {
    match printed.type_name {
        "float" | "complex" | "decimal" => false,
        "list" | "tuple" | "set" => match mode {
            Mode::Exact => true,
            Mode::Decimal(_) => false,
            Mode::Python => !has_float(&printed.text),
        },
        _ => true,
    }
}

/// Whether there is a float or a complex number in the text of a container.
fn has_float(text: &str) -> bool {
    let mut quote = None;
    let (mut is_escaped, mut word) = (false, String::new());
    for character in text.chars().chain([' ']) {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(open) => {
                is_escaped = character == '\\';
                quote = Some(open).filter(|open| *open != character);
            }
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if character.is_alphanumeric() || character == '.' => word.push(character),
            None => {
                let is_number = word.starts_with(|first: char| first.is_ascii_digit());
                if is_number && word.contains(['.', 'e', 'j']) || matches!(&*word, "inf" | "nan" | "infj" | "nanj") {
                    return true;
                }
                word.clear();
            }
        }
    }
    false
}

/// A text that is too long for a model.
pub(super) struct Cut {
    /// Its first and last characters.
    pub(super) text: String,
    characters: usize,
}

impl Cut {
    /// `None` if it only has many bytes.
    pub(super) fn of(text: &str) -> Option<Self> {
        let characters = text.chars().count();
        if characters <= TEXT_CHARACTERS {
            return None;
        }
        let first: String = text.chars().take(END_CHARACTERS).collect();
        let last: String = text.chars().skip(characters - END_CHARACTERS).collect();
        let left_out = characters - 2 * END_CHARACTERS;
        Some(Self { text: format!("{first}…({left_out} characters left out)…{last}"), characters })
    }

    /// How long it is, and how to get what follows its first characters. `canonical` is the question without comments.
    fn write(&self, type_name: &str, canonical: &str, question: &Question<'_>, out: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = write!(out, r#"{{"characters":{},"more":"slices of its str give other characters""#, self.characters);
        let (from, to) = (END_CHARACTERS, END_CHARACTERS + MORE_CHARACTERS);
        let next = |text: &str| match type_name {
            // What is shown of a string is its repr, as in a list, where it follows the bracket.
            "str" => format!("str([{text}])[{}:{}]", from + 1, to + 1),
            _ => format!("str({text})[{from}:{to}]"),
        };
        let is_one = |text: &String| {
            let asked = Question { text: text.as_str().into(), ..question.clone() };
            text.len() <= FIX_BYTES && engine::ask(&asked, &Limits::default()).is_ok()
        };
        // Of several statements, the brackets would make none.
        if let Some(next) = [&*question.text, canonical].map(next).into_iter().find(is_one) {
            out.push_str(",\"next\":");
            write_string(&next, out);
        }
        out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_found_in_a_container_and_nowhere_else() {
        for text in ["[1, 2.0]", "(1e+16,)", "[inf]", "{nan}", "[1, (2, 3j)]", "[-inf]", "[(1+2j)]", "['a', 1.5]"] {
            assert!(has_float(text), "{text}");
        }
        for text in
            ["[]", "[True, None, False]", "[1, 2]", "['1.5']", r#"["a'1.5"]"#, r"['a\'2.0']", "set()", "['inf']"]
        {
            assert!(!has_float(text), "{text}");
        }
    }
}
