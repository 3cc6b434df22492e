//! A problem under `/v1`, in the form of RFC 9457 (`application/problem+json`).

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{Error, ErrorKind, Failure, Fix, Language, Program, Span, Syntax, TypeError};

use super::catalogue::status_of;
use super::fault::Fault;
use crate::engine::{self, Question};
use crate::record::REFUSAL_LIFETIME;
use crate::server::http_cache::{Freshness, Tag, WORDS_SECONDS};
use crate::server::negotiation::language;
use crate::server::query::about_plus;
use crate::server::render::{PROBLEM_JSON, json, not_kept};
use crate::workers::NotDone;

/// A problem. `code` is stable and for programs, `detail` for people.
#[derive(Clone, Debug)]
pub(in crate::server) struct Problem {
    pub(in crate::server) status: StatusCode,
    pub(in crate::server) code: &'static str,
    pub(in crate::server) detail: String,
    /// The message of CPython, where it fails too.
    pub(in crate::server) python_message: Option<String>,
    pub(in crate::server) span: Option<CharacterSpan>,
    pub(in crate::server) advice: Option<Box<Advice>>,
    /// The language of `detail`.
    pub(in crate::server) language: Language,
    kept: Kept,
    cause: Option<Box<Cause>>,
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

/// What is known of a problem beside its message.
#[derive(Clone, Debug)]
enum Cause {
    /// An error of the request, whose message is in the language of the response.
    Fault(Fault),
    /// An operator is missing in the expression, after this part of it.
    Gap(Box<str>),
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

/// What is wrong with a request (RFC 9457).
#[derive(Serialize)]
struct Document<'p> {
    /// The code says all that a page about it would.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// For programs: it never changes.
    code: &'static str,
    /// What is wrong and what would be right, for people, in the language of `Content-Language`.
    detail: &'p str,
    /// The words of CPython 3.14 for it, where CPython fails at run time.
    #[serde(skip_serializing_if = "Option::is_none")]
    python_message: Option<&'p str>,
    /// Where in the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<CharacterSpan>,
    /// What to write instead, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'p Suggestion>,
    /// Other fixes, where the meaning is not clear: the more likely first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    alternatives: &'p [Suggestion],
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
    /// The problem in the language of the response. The error of an expression has that language from the start.
    pub(in crate::server) fn told(self, language: Language) -> Self {
        match self.cause.as_deref() {
            Some(Cause::Fault(fault)) => Self { detail: fault.message(language), language, ..self },
            _ => self,
        }
    }

    /// The error of an expression, at a place of its text.
    pub(in crate::server) fn of_expression(kind: &ErrorKind, place: Option<(Span, &str)>, language: Language) -> Self {
        let span = place.map(|(span, text)| CharacterSpan::new(span, text));
        let code = kind.code();
        let kept = match kind.limit() {
            _ if !kind.is_deterministic() => Kept::Not,
            Some(_) => Kept::AsRefusal,
            None => Kept::AsWords,
        };
        let (detail, python_message) = (kind.message(language), kind.python());
        let gap = place.and_then(|(span, text)| before_the_gap(kind, span, text));
        let (status, advice, cause) = (status_of(code), None, gap.map(Cause::Gap).map(Box::new));
        Self { status, code, detail, python_message, span, advice, language, kept, cause }
    }

    /// The error of a text that does not parse.
    pub(in crate::server) fn of_text(error: &Error, text: &str, language: Language) -> Self {
        // An error of a variable has no place in the text.
        let place = (!matches!(error.kind, ErrorKind::Variable(_))).then_some((error.span, text));
        Self::of_expression(&error.kind, place, language)
    }

    /// The same with fixes.
    pub(in crate::server) fn unreadable(error: &Error, question: Question<'_>, language: Language) -> Self {
        let fixes = engine::fixes_of_unreadable(question, error);
        Self::of_text(error, question.text, language).advising(&fixes, question.text)
    }

    /// Why an expression has no value, with fixes. `program` is that of the question.
    pub(in crate::server) fn failed(
        program: &Program,
        failure: &Failure,
        question: Question<'_>,
        language: Language,
    ) -> Self {
        let place = Some((program.span(failure.node), question.text));
        let fixes = engine::fixes_of_failed(question, program, failure);
        Self::of_expression(&failure.kind, place, language).advising(&fixes, question.text)
    }

    /// Why work was not done.
    pub(in crate::server) fn of_work(not_done: NotDone, language: Language) -> Self {
        match not_done {
            NotDone::Overloaded => Self::overloaded(language),
            NotDone::Panicked => Self::of_expression(&ErrorKind::Internal, None, language),
            NotDone::Overrun => Self::of_expression(&ErrorKind::Deadline, None, language),
        }
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
        let before = match self.cause.as_deref() {
            Some(Cause::Gap(before)) => Some(before.clone()),
            Some(Cause::Fault(Fault::Key { error, text })) => before_the_gap(&error.kind, error.span, text),
            _ => None,
        };
        let note = before.and_then(|before| about_plus(query, &before, self.language));
        let is_product = |advice: &Advice| {
            let put_in = advice.suggestion.replacement.trim_start();
            put_in.starts_with('*') && !put_in.starts_with("**")
        };
        if let Some(note) = note.filter(|_| self.advice.as_deref().is_none_or(is_product)) {
            self.detail.push_str(note);
            self.advice = None;
        }
        self
    }

    /// The server is overloaded.
    pub(in crate::server) fn overloaded(language: Language) -> Self {
        Self::from(Fault::Overloaded).told(language)
    }

    /// The body.
    pub(in crate::server) fn body(&self) -> String {
        let advice = self.advice.as_deref();
        let document = Document {
            // The code says all that a page about it would.
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            python_message: self.python_message.as_deref(),
            span: self.span,
            suggestion: advice.map(|advice| &advice.suggestion),
            alternatives: advice.map_or(&[], |advice| &advice.alternatives),
        };
        // Texts and numbers always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// How long caches may store this body, which is [`Problem::body`]: the same question has the same problem. `None`:
    /// not at all.
    pub(in crate::server) fn freshness(&self, body: &str) -> Option<Freshness> {
        let seconds = match self.kept {
            Kept::AsWords => WORDS_SECONDS,
            Kept::AsRefusal => REFUSAL_LIFETIME.as_secs(),
            Kept::Not => return None,
        };
        Some(Freshness::new(Tag::of(&[body])).in_words().for_seconds(seconds))
    }

    /// The response, which no cache may store.
    pub(in crate::server) fn response(&self) -> Response<Body> {
        not_kept(self.response_with(self.body()))
    }

    /// The response with its body, without `Cache-Control`.
    pub(in crate::server) fn response_with(&self, body: String) -> Response<Body> {
        let mut response = json(self.status, body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(self.language)));
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

/// In English, until [`told`](Problem::told).
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let ((status, code), language) = (fault.code(), Language::English);
        let (detail, python_message, span, advice) = (fault.message(language), None, None, None);
        let (kept, cause) = (Kept::Not, Some(Box::new(Cause::Fault(fault))));
        Self { status, code, detail, python_message, span, advice, language, kept, cause }
    }
}

/// The text up to the place where an operator is missing between two operands, if that is the error.
fn before_the_gap(kind: &ErrorKind, span: Span, text: &str) -> Option<Box<str>> {
    let end = match kind {
        ErrorKind::Syntax(Syntax::MissingOperator { .. }) => span.start as usize,
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
            let problem =
                Problem::of_expression(&ErrorKind::Deadline, None, Language::English).advising(fixes, "1.234*2");
            let body: serde_json::Value = serde_json::from_str(&problem.body()).expect("it is JSON");
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
            let of_kind = |kind| Problem::of_expression(&kind, None, language);
            let problems = [
                (Problem::overloaded(language), "overloaded"),
                (of_kind(ErrorKind::Deadline), "deadline"),
                (of_kind(ErrorKind::Internal), "internal"),
            ];
            for (problem, code) in problems {
                let response = problem.response();
                assert_eq!((response.status(), problem.code), (StatusCode::SERVICE_UNAVAILABLE, code));
                let said = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
                assert_eq!(said(RETRY_AFTER), Some("1"), "{code}");
                assert_eq!(said(axum::http::header::CACHE_CONTROL), Some("no-store"), "{code}");
                assert_eq!(said(CONTENT_LANGUAGE), Some(language::tag(language)), "{code}");
            }
        }
    }
}
