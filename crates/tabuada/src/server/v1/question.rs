//! Questions: an expression, its mode and its variables, from a query or from a body of JSON.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use serde_json::value::RawValue;
use tabuada_lang::Mode;

use crate::answer::DEADLINE;
use crate::engine::Question;
use crate::peer::Peer;
use crate::server::body::NoBody;
use crate::server::problems::Fault;
use crate::server::problems::Problem;
use crate::server::query::last;
use crate::server::state::App;
use crate::workers::Hands;

/// Bodies up to this size are parsed on the thread that serves, longer ones by the readers.
pub(super) const INLINE_BODY_BYTES: usize = 4 << 10;

/// A question with owned texts.
#[derive(Debug)]
pub(super) struct OwnQuestion {
    pub(super) expr: String,
    pub(super) mode: Mode,
    /// A JSON object.
    pub(super) variables: Option<String>,
}

impl OwnQuestion {
    pub(super) fn of(question: Question<'_>) -> Self {
        let Question { text, mode, variables } = question;
        Self { expr: text.to_owned(), mode, variables: variables.map(str::to_owned) }
    }

    pub(super) fn as_question(&self) -> Question<'_> {
        Question { text: &self.expr, mode: self.mode, variables: self.variables.as_deref() }
    }

    /// From `expr` and, if given, `mode`.
    pub(super) fn in_query(uri: &Uri) -> Result<Self, Fault> {
        let [expr, mode] = last(uri.query(), ["expr", "mode"])?;
        let expr = expr.ok_or(Fault::ExprMissing { in_query: true })?;
        Ok(Self { expr, mode: mode_of(mode.as_deref())?, variables: None })
    }

    /// From an object with `expr` and, if given, `mode` and `variables`.
    pub(super) fn in_body(body: &[u8]) -> Result<Self, Fault> {
        let Members { expr, mode, variables } = object(body)?;
        let variables = variables.map(RawValue::get).filter(|json| *json != "null").map(str::to_owned);
        Ok(Self { expr: expr.into_owned(), mode: mode_of(mode.as_deref())?, variables })
    }

    /// The same; a long body is parsed by the readers.
    pub(super) async fn in_any_body(body: Bytes, readers: Hands<'_>) -> Result<Self, Problem> {
        if body.len() <= INLINE_BODY_BYTES {
            return Ok(Self::in_body(&body)?);
        }
        let read = Box::pin(readers.run(DEADLINE, move || Self::in_body(&body))).await;
        Ok(read.map_err(Problem::of_work)??)
    }
}

/// The body of a question.
#[derive(Deserialize)]
pub(super) struct Members<'b> {
    /// The expression: at most 65,536 bytes.
    #[serde(borrow)]
    expr: Cow<'b, str>,
    /// `python` (the default), `exact`, or `decimal:N` for N significant digits.
    #[serde(borrow, default)]
    mode: Option<Cow<'b, str>>,
    #[serde(borrow, default)]
    variables: Option<&'b RawValue>,
}

/// The mode of a text; Python's by default.
pub(super) fn mode_of(text: Option<&str>) -> Result<Mode, Fault> {
    text.map(str::parse).transpose().map_err(|_| Fault::Mode).map(Option::unwrap_or_default)
}

/// Parses a body of JSON.
pub(super) fn object<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::BodyNotText)?;
    serde_json::from_str(text).map_err(|error| Fault::BodyUnlike(error.into()))
}

/// Reads the body of a request of a peer.
pub(super) async fn body_of(app: &App, peer: Peer, request: Request) -> Result<(HeaderMap, Uri, Bytes), Fault> {
    let (head, body) = request.into_parts();
    let bytes = app.bodies.read(peer, &head.headers, body).await.map_err(no_body)?;
    Ok((head.headers, head.uri, bytes))
}

/// Why a body could not be read.
pub(super) fn no_body(reason: NoBody) -> Fault {
    match reason {
        NoBody::TooLarge => Fault::BodyTooLarge,
        NoBody::TooSlow => Fault::BodyTooSlow,
        NoBody::Broken => Fault::BodyBroken,
        NoBody::NoRoom => Fault::Overloaded,
    }
}
