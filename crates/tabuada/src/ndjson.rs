//! The lines of a batch, on the command line and over HTTP: questions and answers.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tabuada_lang::{
    DecimalSign, Error, ErrorKind, Failure, JsonNumbers, Language, Mode, Notation, Presentation, PresentationError,
    Program, Reading, Span,
};

use crate::engine::Question;
use crate::json::write_string;
use crate::record::Printed;

/// The error of a line that is not about its expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

/// A question as a JSON object. `T` is how its texts are read.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct Record<'l, T> {
    pub(crate) expr: T,
    /// `python` (the default), `exact`, or `decimal:N` for N significant digits.
    pub(crate) mode: Option<T>,
    /// `python` (the default) or `school`.
    pub(crate) notation: Option<T>,
    /// The decimal sign of school notation, and of what is shown: `point` (the default) or `comma`.
    pub(crate) decimal: Option<T>,
    /// `auto` (the default), `fixed:N`, `sci`, `eng` or `fraction`.
    pub(crate) format: Option<T>,
    /// `none` (the default), `space` or `sign`.
    pub(crate) group: Option<T>,
    #[serde(borrow)]
    digits: Option<&'l RawValue>,
    #[serde(borrow)]
    variables: Option<&'l RawValue>,
}

/// The mode, notation, decimal sign and presentation of questions that do not name them, and whether all have proofs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usual {
    pub(crate) mode: Mode,
    pub(crate) notation: Notation,
    pub(crate) decimal: DecimalSign,
    pub(crate) shown: Option<Presentation>,
    pub(crate) has_proof: bool,
}

impl Usual {
    /// The question of a text.
    pub(crate) fn question<'q>(self, text: impl Into<Cow<'q, str>>) -> Question<'q> {
        let Self { mode, notation, shown, has_proof, .. } = self;
        Question { notation, shown, has_proof, ..Question::new(text, mode) }
    }
}

impl<'l, T> Record<'l, T> {
    pub(crate) fn variables(&self) -> Option<Cow<'l, str>> {
        self.variables.map(|json| json.get().into())
    }

    /// The most significant digits that are shown, a number or its text.
    pub(crate) fn digits(&self) -> Option<Cow<'l, str>> {
        self.digits.map(|json| text(json.get()).unwrap_or(json.get().into()))
    }
}

impl<'l> Question<'l> {
    /// A line is a JSON object with `expr`, else an expression.
    pub(crate) fn in_line(line: &'l [u8], usual: Usual) -> Result<Self, Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed("the line is not valid UTF-8"))?;
        if line.trim_start().starts_with('{') {
            if let Ok(record) = serde_json::from_str(line) {
                return Self::in_record(&record, usual);
            }
            // `{}` is an expression, the empty set.
            if serde_json::from_str(line).is_ok_and(|object: Map<String, Value>| !object.is_empty()) {
                return Err(Malformed("an object asks by one member expr, as in {\"expr\": \"2+2\"}"));
            }
        }
        Ok(usual.question(line))
    }

    /// An element of a JSON array is a string with the expression, or an object with `expr`.
    pub(crate) fn in_element(json: &'l [u8]) -> Result<Self, Malformed> {
        const NEITHER: Malformed = Malformed("a question is a string or an object with expr");
        let json = std::str::from_utf8(json).map_err(|_| NEITHER)?;
        if json.starts_with('{') {
            return Self::in_record(&serde_json::from_str(json).map_err(|_| NEITHER)?, Usual::default());
        }
        text(json).map(|text| Self::new(text, Mode::default())).map_err(|_| NEITHER)
    }

    fn in_record(record: &Record<'l, &'l RawValue>, usual: Usual) -> Result<Self, Malformed> {
        // No member means anything as an empty text.
        let word = |json: Option<&'l RawValue>| json.map(|json| text(json.get()).unwrap_or_default());
        let mode = word(record.mode).map_or(Ok(usual.mode), |mode| mode.parse());
        let mode = mode.map_err(|_| Malformed("mode is python, exact or decimal:N, N from 1 to 1000"))?;
        let (digits, format, group) = (record.digits(), word(record.format), word(record.group));
        let sign = word(record.decimal);
        let shown =
            Presentation::named(usual.shown, digits.as_deref(), format.as_deref(), sign.as_deref(), group.as_deref());
        let shown = shown.map_err(|error| Malformed(error.message()))?;
        let decimal = sign.map_or(Ok(usual.decimal), |sign| sign.parse());
        let decimal = decimal.map_err(|error| Malformed(PresentationError::from(error).message()))?;
        let notation = word(record.notation).unwrap_or(usual.notation.name().into());
        let notation = Notation::named(&notation, decimal).ok_or(Malformed("notation is python or school"))?;
        let text = text(record.expr.get()).map_err(|_| Malformed("expr is not a string"))?;
        Ok(Self { text, mode, notation, variables: record.variables(), shown, has_proof: usual.has_proof })
    }
}

/// A JSON string; copied only if it has escapes.
fn text(json: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
    serde_json::from_str::<Text<'_>>(json).map(|Text(text)| text)
}

/// Writes a value; `shown` is its text as it is shown, if the question asks for that, and `read_as` the canonical text, if
/// the question is not in Python's notation.
pub(crate) fn write_value(printed: &Printed, shown: Option<&str>, read_as: Option<&str>, out: &mut String) {
    out.push_str("{\"result\":");
    printed.write_json(JsonNumbers::Exact, out);
    out.push_str(",\"type\":");
    write_string(printed.type_name, out);
    out.push_str(",\"text\":");
    write_string(&printed.text, out);
    for (name, text) in [(",\"shown\":", shown), (",\"read_as\":", read_as)] {
        if let Some(text) = text {
            out.push_str(name);
            write_string(text, out);
        }
    }
    out.push('}');
}

/// Writes why a program has no value: CPython's message for CPython's failures at run time, otherwise ours.
pub(crate) fn write_failure(failure: &Failure, program: &Program, question: &Question<'_>, out: &mut String) {
    let ours = || failure.kind.message_in(Language::English, question.notation);
    let message = failure.kind.python().unwrap_or_else(ours);
    write_error(failure.kind.code(), &message, Some((&question.text, program.span(failure.node))), out);
}

/// Writes why a question cannot be parsed.
pub(crate) fn write_unreadable(error: &Error, question: &Question<'_>, out: &mut String) {
    // The error of a variable has no place in the text.
    let place = (!matches!(error.kind, ErrorKind::Variable(_))).then_some((&*question.text, error.span));
    write_error(error.kind.code(), &error.kind.message_in(Language::English, question.notation), place, out);
    add_readings(error.kind.readings(), out);
}

/// Adds the readings of an ambiguous text to the error at the end of `out`.
fn add_readings(readings: &[Reading], out: &mut String) {
    const END: &str = "}}";
    if readings.is_empty() {
        return;
    }
    out.truncate(out.len() - END.len());
    for (at, reading) in readings.iter().enumerate() {
        out.push_str(if at == 0 { ",\"readings\":[{\"expr\":" } else { ",{\"expr\":" });
        write_string(&reading.text, out);
        out.push_str(",\"read_as\":");
        write_string(&reading.read_as, out);
        out.push('}');
    }
    out.push(']');
    out.push_str(END);
}

pub(crate) fn write_too_long(bytes: u64, limit: u64, out: &mut String) {
    let kind = ErrorKind::TooLong { bytes, limit };
    write_error(kind.code(), &kind.message(Language::English), Some(("", Span::default())), out);
}

pub(crate) fn write_malformed(Malformed(reason): Malformed, out: &mut String) {
    write_error("malformed", reason, None, out);
}

/// Writes an error, with its place in a text if it has one.
pub(crate) fn write_error(code: &str, message: &str, place: Option<(&str, Span)>, out: &mut String) {
    out.push_str("{\"error\":{\"code\":");
    write_string(code, out);
    out.push_str(",\"message\":");
    write_string(message, out);
    if let Some((text, span)) = place {
        let (start, end) = span.in_characters(text);
        out.push_str(&format!(",\"span\":{{\"start\":{start},\"end\":{end}}}"));
    }
    out.push_str("}}");
}

/// Adds the proof to the object at the end of `out`, if the answer has one.
pub(crate) fn write_proof(proof: Option<&str>, out: &mut String) {
    if let Some(proof) = proof {
        out.pop();
        out.push_str(",\"proof\":");
        write_string(proof, out);
        out.push('}');
    }
}

/// Adds members to the object at the end of `out`. The cost of an evaluation that did not end is unknown.
pub(crate) fn write_explanation(program: &Program, fuel: Option<u64>, out: &mut String) {
    out.pop();
    out.push_str(",\"canonical\":");
    write_string(&program.canonical(), out);
    out.push_str(&format!(",\"pure\":{}", program.is_pure()));
    if let Some(fuel) = fuel {
        out.push_str(&format!(",\"fuel\":{fuel}"));
    }
    out.push('}');
}
