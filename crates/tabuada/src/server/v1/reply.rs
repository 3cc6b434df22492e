//! Answers: a value with its type, its text and hints; or a problem.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tabuada_lang::{JsonNumbers, Language, Notation, Program};

use crate::answer::{DEADLINE, Outcome, Reply};
use crate::engine::{self, Question};
use crate::ndjson::{write_proof, write_value};
use crate::record::Printed;
use crate::server::problems::{Advice, CharacterSpan, Fault, Problem, Suggestion};
use crate::workers::PeerPool;

/// A value, as it is sent.
#[derive(Debug, Serialize)]
pub(super) struct Value<'a> {
    /// In JSON, exact for every reader; its text where JSON has no exact form.
    #[serde(serialize_with = "in_json")]
    result: &'a Printed,
    r#type: &'a str,
    /// Python's text, with all its digits.
    text: &'a str,
    /// The text as it is shown to people, if the question asks for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    /// The canonical text, if the question is not in Python's notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_as: Option<String>,
    /// The proof of the answer, if the question asks for it and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    /// Where the text may mean something else than intended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<Hint>,
}

/// Where a text may mean something else than intended.
#[derive(Debug, Serialize)]
pub(super) struct Hint {
    /// For programs.
    code: &'static str,
    /// For people.
    message: String,
    span: CharacterSpan,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<Suggestion>,
    /// Other fixes, where the meaning is not clear: the more likely first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<Suggestion>,
}

impl Hint {
    /// A hint for `text`, which is in this notation.
    pub(super) fn new(hint: &tabuada_lang::Hint, text: &str, notation: Notation, language: Language) -> Self {
        let (suggestion, alternatives) = match Advice::of(&hint.fixes, text) {
            Some(Advice { suggestion, alternatives }) => (Some(suggestion), alternatives),
            None => (None, Vec::new()),
        };
        let (code, message) = (hint.kind.code(), hint.kind.message_in(language, notation));
        Self { code, message, span: CharacterSpan::new(hint.span, text), suggestion, alternatives }
    }
}

/// The JSON form of a value.
fn in_json<S: Serializer>(printed: &Printed, serializer: S) -> Result<S::Ok, S::Error> {
    let mut json = String::new();
    printed.write_json(JsonNumbers::Exact, &mut json);
    // It is valid JSON.
    RawValue::from_string(json).unwrap_or_default().serialize(serializer)
}

impl<'a> Value<'a> {
    /// `program` is that of the question.
    pub(super) fn new(printed: &'a Printed, program: &Program, question: &Question<'_>, language: Language) -> Self {
        let (read_as, hints) = (question.read_as(program), hints(program, question, language));
        let shown = question.show(&printed.text);
        let (r#type, text) = (printed.type_name, &*printed.text);
        let proof = if question.has_proof { program.proof(Ok((r#type, text))) } else { None };
        Self { result: printed, r#type, text, shown, read_as, proof, hints }
    }

    /// The JSON with these hints: the same as its serialisation, with less work.
    fn body(&self, words: &str) -> String {
        // The text occurs twice, beside the names of the members.
        let mut body = String::with_capacity(2 * self.text.len() + 64);
        write_value(self.result, self.shown.as_deref(), self.read_as.as_deref(), &mut body);
        write_proof(self.proof.as_deref(), &mut body);
        if !words.is_empty() {
            body.pop();
            body.push_str(",\"hints\":");
            body.push_str(words);
            body.push('}');
        }
        body
    }

    /// The hints in JSON; empty if there are none.
    fn words(&self) -> String {
        words(&self.hints)
    }
}

/// Hints in JSON; empty if there are none.
pub(super) fn words(hints: &[Hint]) -> String {
    if hints.is_empty() { String::new() } else { serde_json::to_string(hints).unwrap_or_default() }
}

/// The hints for a question, of which `program` is the program.
pub(super) fn hints(program: &Program, question: &Question<'_>, language: Language) -> Vec<Hint> {
    let hints = engine::hints(question, program);
    hints.iter().map(|hint| Hint::new(hint, &question.text, question.notation, language)).collect()
}

/// A text of an answer up to this size is shown on the thread that serves; in decimals, it may be a hundred times as long.
const INLINE_SHOWN_BYTES: usize = 1 << 10;

/// The answer to a question with a value.
#[derive(Debug)]
pub(super) struct Told {
    /// All of it, in JSON.
    pub(super) body: String,
    /// The hints in JSON; empty if there are none.
    pub(super) words: String,
}

/// The answer to a question, or its problem. Hints and fixes depend on the text as it was written: they are made for
/// each request and not stored. Expensive ones are made by the readers.
pub(super) async fn told(
    reply: &Reply,
    question: &Question<'_>,
    language: Language,
    readers: PeerPool<'_>,
) -> Result<Told, Problem> {
    let is_shown_here =
        question.shown.is_none() || reply.value().is_none_or(|value| value.text.len() <= INLINE_SHOWN_BYTES);
    if reply.is_advised_here(question) && is_shown_here {
        return told_here(&reply.outcome, question, language);
    }
    let (outcome, question) = (reply.outcome.clone(), question.clone().into_owned());
    let work = move || told_here(&outcome, &question, language);
    Box::pin(readers.run(DEADLINE, work)).await?
}

fn told_here(outcome: &Outcome, question: &Question<'_>, language: Language) -> Result<Told, Problem> {
    match outcome {
        Outcome::Answered(program, answer) => match &answer.outcome {
            Ok(printed) => {
                let value = Value::new(printed, program, question, language);
                let words = value.words();
                Ok(Told { body: value.body(&words), words })
            }
            Err(failure) => Err(Problem::failed(program, failure, question)),
        },
        Outcome::Failed(program, failure) => {
            let place = Some((program.span(failure.node), &*question.text));
            Err(Problem::of_expression(&failure.kind, place).written_in(question.notation))
        }
        Outcome::Unreadable(error) => Err(Problem::unreadable(error, question)),
        Outcome::Overloaded => Err(Fault::Overloaded.into()),
    }
}

#[cfg(test)]
mod tests {
    use tabuada_lang::{DecimalSign, Limits, Presentation};

    use super::*;
    use crate::engine;

    /// `/v1/explain` sends the serialisation, `/v1/evaluate` the body.
    #[test]
    fn a_body_is_what_serialising_gives() {
        let limits = Limits::default();
        for text in ["2+2", "2^3", "'a\"\\n'+'\\x01'", "(1, 2.5, 'ç')", "1e999", "1j", "None"] {
            let program = engine::read(text, &limits).unwrap();
            let evaluation = engine::try_evaluate(&program, &limits, 1_000).unwrap();
            let printed = Printed::from(&evaluation.outcome.unwrap());
            let school = Notation::School { decimal: DecimalSign::Comma };
            for (notation, shown) in [(Notation::Python, None), (school, Some(Presentation::default()))] {
                let question = Question { notation, shown, has_proof: shown.is_some(), ..Question::from(text) };
                let value = Value::new(&printed, &program, &question, Language::Portuguese);
                assert_eq!(value.body(&value.words()), serde_json::to_string(&value).unwrap(), "{text}");
            }
        }
    }
}
