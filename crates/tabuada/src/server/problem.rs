//! What went wrong with a request under `/v1`, as RFC 9457 has it (`application/problem+json`).

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use tabuada_lang::{Context, Error, ErrorKind, Failure, Fix, Language, Limits, Program, Span, fix};
use utoipa::ToSchema;

use super::catalogue::status_of;
use super::fault::Fault;
use super::freshness::{Freshness, Tag, WORDS_SECONDS};
use super::language;
use super::query::about_plus;
use super::render::{json, not_kept};
use crate::facts::REFUSAL_LIFETIME;
use crate::workers::NotDone;

pub(super) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A problem, without whom it is told to. `code` is stable and for programs, `detail` for people.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    /// CPython's own words, where it fails too.
    pub(super) python_message: Option<String>,
    pub(super) span: Option<CharacterSpan>,
    pub(super) suggestion: Option<Box<Suggestion>>,
    /// What `detail` is written in.
    pub(super) language: Language,
    /// For how many seconds others may keep what is told of it; `None` if another time it may be no problem.
    kept_seconds: Option<u64>,
    /// What is wrong whatever the expression, which is said in the language of whoever is told.
    fault: Option<Box<Fault>>,
}

/// A place in an expression, in characters from 0; the end is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Span)]
pub(super) struct CharacterSpan {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Suggestion {
    /// What is replaced; empty where something is put in.
    pub(super) span: CharacterSpan,
    pub(super) replacement: String,
    /// The whole expression with that done.
    pub(super) expr: String,
}

/// What is wrong with a request (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'p> {
    /// No page of ours says more than the code does.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, for programs: it never changes.
    #[schema(example = "division-by-zero")]
    code: &'static str,
    /// What is wrong and what would be right, for people, in the language of `Content-Language`.
    detail: &'p str,
    /// The words of CPython 3.14 for it, where CPython fails at run time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "division by zero")]
    python_message: Option<&'p str>,
    /// Where in the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CharacterSpan, required = false)]
    span: Option<CharacterSpan>,
    /// What to write instead, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Suggestion, required = false)]
    suggestion: Option<&'p Suggestion>,
}

impl CharacterSpan {
    /// The same place of `text`, counted in characters.
    pub(super) fn new(span: Span, text: &str) -> Self {
        let (start, end) = span.in_characters(text);
        Self { start, end }
    }
}

impl Suggestion {
    /// A fix of `text`.
    pub(super) fn new(fix: &Fix, text: &str) -> Self {
        let span = CharacterSpan::new(fix.span, text);
        Self { span, replacement: fix.replacement.clone(), expr: fix.apply(text) }
    }
}

impl Problem {
    /// The problem in the language of whoever is told. What is wrong with an expression is said in it from the start.
    pub(super) fn told(self, language: Language) -> Self {
        match &self.fault {
            Some(fault) => Self { detail: fault.message(language), language, ..self },
            None => self,
        }
    }

    /// What is wrong with an expression, at a place of its text.
    pub(super) fn of_expression(kind: &ErrorKind, place: Option<(Span, &str)>, language: Language) -> Self {
        let span = place.map(|(span, text)| CharacterSpan::new(span, text));
        let code = kind.code();
        let kept_seconds = kind.is_deterministic().then(|| match kind.limit() {
            // Raising the limit, or the node next door, may answer.
            Some(_) => REFUSAL_LIFETIME.as_secs(),
            None => WORDS_SECONDS,
        });
        let (detail, python_message) = (kind.message(language), kind.python());
        let (status, suggestion, fault) = (status_of(code), None, None);
        Self { status, code, detail, python_message, span, suggestion, language, kept_seconds, fault }
    }

    /// What is wrong with a text that cannot be read.
    pub(super) fn of_text(error: &Error, text: &str, language: Language) -> Self {
        // Nothing is wrong with the text if it is about a variable that came with it.
        let place = (!matches!(error.kind, ErrorKind::Variable(_))).then_some((error.span, text));
        Self::of_expression(&error.kind, place, language)
    }

    /// The same with how to mend it; `context` is what it was read in.
    pub(super) fn unreadable(error: &Error, text: &str, context: &Context<'_>, language: Language) -> Self {
        let mended = fix(text, error, context, &Limits::default()).map(|fix| Suggestion::new(&fix, text));
        Self::of_text(error, text, language).suggesting(mended)
    }

    /// Why an expression has no value, and how to mend it. `text` is the asker's own, of which this is the program.
    pub(super) fn failed(program: &Program, failure: &Failure, text: &str, language: Language) -> Self {
        let place = Some((program.span(failure.node), text));
        let mended = program.fix(text, failure).map(|fix| Suggestion::new(&fix, text));
        Self::of_expression(&failure.kind, place, language).suggesting(mended)
    }

    /// Work that was not done.
    pub(super) fn of_work(not_done: NotDone, language: Language) -> Self {
        match not_done {
            NotDone::Overloaded => Self::overloaded(language),
            NotDone::Panicked => Self::of_expression(&ErrorKind::Internal, None, language),
        }
    }

    pub(super) fn suggesting(self, suggestion: Option<Suggestion>) -> Self {
        Self { suggestion: suggestion.map(Box::new), ..self }
    }

    /// It depends on more than the question: another time it may be no problem.
    pub(super) fn passing(self) -> Self {
        Self { kept_seconds: None, ..self }
    }

    /// The mistake that everybody makes once, told of a text from a query that could not be read, or is no sum.
    pub(super) fn in_query(mut self, query: Option<&str>) -> Self {
        if matches!(self.code, "syntax" | "type-error") || matches!(self.fault.as_deref(), Some(Fault::Key(_))) {
            self.detail.push_str(about_plus(query, self.language));
        }
        self
    }

    /// Too much is going on.
    pub(super) fn overloaded(language: Language) -> Self {
        Self::from(Fault::Overloaded).told(language)
    }

    /// What is sent.
    pub(super) fn body(&self) -> String {
        let document = Document {
            // No page of ours says more than the code does.
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            python_message: self.python_message.as_deref(),
            span: self.span,
            suggestion: self.suggestion.as_deref(),
        };
        // Texts and numbers always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// How long others may keep this body, which is [`Problem::body`]: the same question has the same problem. `None`: not at
    /// all.
    pub(super) fn freshness(&self, body: &str) -> Option<Freshness> {
        Some(Freshness::new(Tag::of(&[body])).in_words().for_seconds(self.kept_seconds?))
    }

    /// The answer, which nobody is to keep.
    pub(super) fn response(&self) -> Response<Body> {
        not_kept(self.response_with(self.body()))
    }

    /// The answer with its body, and nothing said about who may keep it.
    pub(super) fn response_with(&self, body: String) -> Response<Body> {
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
            // What is still to come of the body is no request.
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// In English, until it is [`told`](Problem::told).
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let ((status, code), language) = (fault.code(), Language::English);
        let (detail, python_message, span, suggestion) = (fault.message(language), None, None, None);
        let fault = Some(Box::new(fault));
        Self { status, code, detail, python_message, span, suggestion, language, kept_seconds: None, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes says when to come again, and nobody keeps it.
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
