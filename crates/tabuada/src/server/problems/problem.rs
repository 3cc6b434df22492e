//! A problem under `/v1`, in the form of RFC 9457 (`application/problem+json`).

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{
    Ambiguity, Error, ErrorKind, Failure, Fix, Language, Notation, NotationError, Program, Reading, Span, Syntax,
    TypeError,
};

use super::catalogue::status_of;
use super::fault::Fault;
use crate::engine::{self, Question};
use crate::record::REFUSAL_LIFETIME;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::negotiation::language;
use crate::server::query::{about_plus, is_missing_for_a_plus};
use crate::server::render::{PROBLEM_JSON, json, not_kept};
use crate::workers::NotDone;

/// A problem. It keeps its cause, and gets its words when the language of the response is known.
#[derive(Clone, Debug)]
pub(in crate::server) struct Problem {
    pub(in crate::server) status: StatusCode,
    pub(in crate::server) code: &'static str,
    span: Option<CharacterSpan>,
    advice: Option<Box<Advice>>,
    kept: Kept,
    cause: Box<Cause>,
    /// The proof of the answer, if the question asks for it and there is one.
    proof: Option<String>,
    /// A `+` in the query was probably meant as the sign.
    is_about_plus: bool,
}

/// For how long caches may store a problem.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// As long as other messages.
    AsWords,
    /// A node with a higher limit may answer.
    AsRefusal,
    /// Not at all: it may be gone next time.
    Not,
}

/// What is wrong.
#[derive(Clone, Debug)]
enum Cause {
    /// The request, whatever its expression.
    Fault(Fault),
    /// The expression, in its notation. `gap` is the part of it before a missing operator, if that is the error.
    Expression { kind: ErrorKind, notation: Notation, gap: Option<Box<str>> },
}

/// A place in an expression, in characters from 0; `end` is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct CharacterSpan {
    pub(in crate::server) start: usize,
    pub(in crate::server) end: usize,
}

/// What to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct Suggestion {
    /// What is replaced; empty for an insertion.
    pub(in crate::server) span: CharacterSpan,
    pub(in crate::server) replacement: String,
    /// The whole expression with the replacement.
    pub(in crate::server) expr: String,
}

/// What the expression may have meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct Advice {
    /// The most likely.
    pub(in crate::server) suggestion: Suggestion,
    /// Others, in order of likelihood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::server) alternatives: Vec<Suggestion>,
}

/// One of the two readings of an ambiguous expression.
#[derive(Serialize)]
struct ToldReading<'p> {
    /// The whole expression without the ambiguity, in its notation.
    expr: &'p str,
    /// Its canonical text.
    read_as: &'p str,
}

/// What is wrong with a request (RFC 9457).
#[derive(Serialize)]
struct Document<'p> {
    /// The code says all that a page about it would.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    #[serde(flatten)]
    words: Words<'p>,
}

/// A problem in words.
#[derive(Serialize)]
pub(in crate::server) struct Words<'p> {
    /// For programs: it never changes.
    code: &'static str,
    /// What is wrong and what would be right, for people, in the language of `Content-Language`.
    detail: String,
    /// The words of CPython 3.14 for it, where CPython fails at run time.
    #[serde(skip_serializing_if = "Option::is_none")]
    python_message: Option<String>,
    /// Where in the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<CharacterSpan>,
    /// The proof that the expression has this error.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'p str>,
    /// Of an ambiguous expression.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    readings: Vec<ToldReading<'p>>,
    /// What to write instead, where that is known.
    #[serde(flatten)]
    advice: Option<&'p Advice>,
}

impl CharacterSpan {
    /// The same place of `text`, counted in characters.
    pub(in crate::server) fn new(span: Span, text: &str) -> Self {
        let (start, end) = span.in_characters(text);
        Self { start, end }
    }
}

impl Suggestion {
    /// A fix of `text`.
    fn new(fix: &Fix, text: &str) -> Self {
        let span = CharacterSpan::new(fix.span, text);
        Self { span, replacement: fix.replacement.clone(), expr: fix.apply(text) }
    }
}

impl Advice {
    /// Fixes of `text`, the most likely first; `None` if there are none.
    pub(in crate::server) fn of(fixes: &[Fix], text: &str) -> Option<Self> {
        let mut suggestions = fixes.iter().map(|fix| Suggestion::new(fix, text));
        suggestions.next().map(|suggestion| Self { suggestion, alternatives: suggestions.collect() })
    }
}

impl Problem {
    /// What is wrong, and what would be right.
    pub(in crate::server) fn in_words(&self, language: Language) -> Words<'_> {
        let (mut detail, python_message, readings) = match &*self.cause {
            Cause::Fault(fault) => (fault.message(language), None, &[][..]),
            Cause::Expression { kind, notation, .. } => {
                (kind.message_in(language, *notation), kind.python(), kind.readings())
            }
        };
        let readings = readings.iter().map(|Reading { text, read_as, .. }| ToldReading { expr: text, read_as });
        if self.is_about_plus {
            detail.push_str(about_plus(language));
        }
        let (code, span, advice, proof) = (self.code, self.span, self.advice.as_deref(), self.proof.as_deref());
        Words { code, detail, python_message, span, proof, readings: readings.collect(), advice }
    }

    /// The error of an expression, at a place of its text.
    pub(in crate::server) fn of_expression(kind: &ErrorKind, place: Option<(Span, &str)>) -> Self {
        let span = place.map(|(span, text)| CharacterSpan::new(span, text));
        let code = kind.code();
        let kept = match kind.limit() {
            _ if !kind.is_deterministic() => Kept::Not,
            Some(_) => Kept::AsRefusal,
            None => Kept::AsWords,
        };
        let gap = place.and_then(|(span, text)| before_the_gap(kind, span, text));
        let cause = Box::new(Cause::Expression { kind: kind.clone(), notation: Notation::Python, gap });
        Self { status: status_of(code), code, span, advice: None, kept, cause, proof: None, is_about_plus: false }
    }

    /// The error of a text that does not parse.
    pub(in crate::server) fn of_text(error: &Error, text: &str) -> Self {
        // An error of a variable has no place in the text.
        let place = (!matches!(error.kind, ErrorKind::Variable(_))).then_some((error.span, text));
        Self::of_expression(&error.kind, place)
    }

    /// The same with fixes.
    pub(in crate::server) fn unreadable(error: &Error, question: &Question<'_>) -> Self {
        let fixes = engine::fixes_of_unreadable(question, error);
        Self::of_text(error, &question.text).written_in(question.notation).advising(&fixes, &question.text)
    }

    /// Why an expression has no value, with fixes. `program` is that of the question.
    pub(in crate::server) fn failed(program: &Program, failure: &Failure, question: &Question<'_>) -> Self {
        let place = Some((program.span(failure.node), &*question.text));
        let fixes = engine::fixes_of_failed(question, program, failure);
        let proof = if question.has_proof { program.proof(Err(&failure.kind)) } else { None };
        let problem = Self::of_expression(&failure.kind, place).written_in(question.notation);
        Self { proof, ..problem.advising(&fixes, &question.text) }
    }

    /// The same, with its message in the notation of the expression.
    pub(in crate::server) fn written_in(mut self, given: Notation) -> Self {
        if let Cause::Expression { notation, .. } = &mut *self.cause {
            *notation = given;
        }
        self
    }

    /// Adds fixes of the text.
    pub(in crate::server) fn advising(self, fixes: &[Fix], text: &str) -> Self {
        Self { advice: Advice::of(fixes, text).map(Box::new), ..self }
    }

    /// It depends on more than the question: no cache may store it.
    pub(in crate::server) fn passing(self) -> Self {
        Self { kept: Kept::Not, ..self }
    }

    /// Adds the note about `+` in a query, if that is the mistake. Then a fix that inserts `*` is removed; a fix of
    /// another kind (`5+choose+2`) shows that the `+` was meant as a space.
    pub(in crate::server) fn in_query(mut self, query: Option<&str>) -> Self {
        let before = match &*self.cause {
            Cause::Expression { gap, .. } => gap.clone(),
            Cause::Fault(Fault::Key { error, text }) => before_the_gap(&error.kind, error.span, text),
            Cause::Fault(_) => None,
        };
        let is_product = |advice: &Advice| {
            let put_in = advice.suggestion.replacement.trim_start();
            put_in.starts_with('*') && !put_in.starts_with("**")
        };
        if let (Some(query), Some(before)) = (query, before)
            && self.advice.as_deref().is_none_or(is_product)
            && is_missing_for_a_plus(query, &before)
        {
            self.is_about_plus = true;
            self.advice = None;
        }
        self
    }

    /// The body.
    pub(in crate::server) fn body(&self, language: Language) -> String {
        let document = Document {
            // The code says all that a page about it would.
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            words: self.in_words(language),
        };
        // Texts and numbers always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The response, which no cache may store.
    pub(in crate::server) fn response(&self, language: Language) -> Response<Body> {
        not_kept(self.response_with(self.body(language), language))
    }

    /// The response to a query, without `Cache-Control`, and how long caches may store it, since the same question has the
    /// same problem. `None`: not at all.
    pub(in crate::server) fn response_to(
        self,
        query: Option<&str>,
        language: Language,
    ) -> (Response<Body>, Option<Freshness>) {
        let problem = self.in_query(query);
        let body = problem.body(language);
        let freshness = Freshness::new(Tag::of(&[&body])).in_words();
        let freshness = match problem.kept {
            Kept::AsWords => Some(freshness),
            Kept::AsRefusal => Some(freshness.for_seconds(REFUSAL_LIFETIME.as_secs())),
            Kept::Not => None,
        };
        (problem.response_with(body, language), freshness)
    }

    /// The response with its body, without `Cache-Control`.
    fn response_with(&self, body: String, language: Language) -> Response<Body> {
        let mut response = json(self.status, body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            // The rest of the body is not a request.
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Overloaded => Fault::Overloaded.into(),
            NotDone::Panicked => Self::of_expression(&ErrorKind::Internal, None),
            NotDone::Overrun => Self::of_expression(&ErrorKind::Deadline, None),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (status, code) = fault.code();
        let cause = Box::new(Cause::Fault(fault));
        Self { status, code, span: None, advice: None, kept: Kept::Not, cause, proof: None, is_about_plus: false }
    }
}

/// The text up to the place where an operator is missing between two operands, if that is the error.
fn before_the_gap(kind: &ErrorKind, span: Span, text: &str) -> Option<Box<str>> {
    let end = match kind {
        ErrorKind::Syntax(Syntax::MissingOperator { .. }) => span.start as usize,
        // Of two operands in school notation, the span has both.
        ErrorKind::Notation(NotationError::Ambiguous {
            what: Ambiguity::Numbers | Ambiguity::MixedNumber | Ambiguity::LostExponent,
            ..
        }) => {
            let operands = span.of(text);
            let first = operands.find(char::is_whitespace)?;
            span.start as usize + operands.len() - operands[first..].trim_start().len()
        }
        // What precedes the last bracket is neither a function nor a list: `2 (3)`.
        ErrorKind::Type(
            TypeError::NotCallable { .. } | TypeError::NotSubscriptable { .. } | TypeError::TypeNotSubscriptable { .. },
        ) => {
            let mut depth = 0;
            let is_its_open_one = |byte: u8| {
                depth += match byte {
                    b')' | b']' | b'}' => 1,
                    b'(' | b'[' | b'{' => -1,
                    _ => return false,
                };
                depth == 0
            };
            span.start as usize + span.of(text).bytes().rposition(is_its_open_one)?
        }
        _ => return None,
    };
    text.get(..end).map(Box::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_readings_the_likeliest_comes_first() {
        let fix = |replacement: &str| Fix { span: Span { start: 0, end: 5 }, replacement: replacement.to_owned() };
        let suggestions = |fixes: &[Fix]| {
            let problem = Problem::of_expression(&ErrorKind::Deadline, None).advising(fixes, "1.234*2");
            let body: serde_json::Value = serde_json::from_str(&problem.body(Language::English)).expect("it is JSON");
            let others = body["alternatives"].as_array().cloned();
            let exprs = others.map(|others| others.iter().map(|other| other["expr"].clone()).collect::<Vec<_>>());
            (body["suggestion"]["expr"].as_str().map(str::to_owned), exprs)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(suggestions(&[]), (None, None));
        assert_eq!(suggestions(&[fix("1234")]), (text("1234*2"), None));
        let two = [fix("1234"), fix("1.234")];
        assert_eq!(suggestions(&two), (text("1234*2"), Some(vec!["1.234*2".into()])));
    }

    /// A temporary problem has `Retry-After`, and no cache may store it.
    #[test]
    fn the_machine_s_trouble_passes() {
        for language in [Language::English, Language::Portuguese] {
            let of_kind = |kind| Problem::of_expression(&kind, None);
            let problems = [
                (Problem::from(Fault::Overloaded), "overloaded"),
                (of_kind(ErrorKind::Deadline), "deadline"),
                (of_kind(ErrorKind::Internal), "internal"),
            ];
            for (problem, code) in problems {
                let response = problem.response(language);
                assert_eq!((response.status(), problem.code), (StatusCode::SERVICE_UNAVAILABLE, code));
                let said = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
                assert_eq!(said(RETRY_AFTER), Some("1"), "{code}");
                assert_eq!(said(axum::http::header::CACHE_CONTROL), Some("no-store"), "{code}");
                assert_eq!(said(CONTENT_LANGUAGE), Some(language::tag(language)), "{code}");
            }
        }
    }
}
