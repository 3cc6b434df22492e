//! Questions: an expression, its mode, its notation and its variables, and how its answer is shown, from a query or from
//! a body of JSON.

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use tabuada_lang::{Mode, Notation, Presentation, PresentationError};

use crate::answer::DEADLINE;
use crate::engine::Question;
use crate::ndjson::Record;
use crate::peer::Peer;
use crate::server::body::{INLINE_BODY_BYTES, NoBody};
use crate::server::problems::{Fault, Problem};
use crate::server::query::{last, parameter};
use crate::server::state::App;
use crate::workers::PeerPool;

/// The question of a query: `expr` and, if given, `mode`, `notation` and `decimal`.
pub(super) fn in_query(uri: &Uri) -> Result<Question<'static>, Fault> {
    let [expr, mode, notation, decimal] = last(uri.query(), ["expr", "mode", "notation", "decimal"])?;
    let asked = question(expr, mode.as_deref(), notation.as_deref(), decimal.as_deref())?;
    Ok(Question { has_proof: truth(uri, "proof")?, ..asked })
}

/// The same, and how its answer is shown: by `decimal` too, `digits`, `format` and `group`.
pub(super) fn in_query_with_presentation(uri: &Uri) -> Result<Question<'static>, Fault> {
    const NAMES: [&str; 7] = ["expr", "mode", "notation", "decimal", "digits", "format", "group"];
    let [expr, mode, notation, decimal, digits, format, group] = last(uri.query(), NAMES)?;
    let asked = question(expr, mode.as_deref(), notation.as_deref(), decimal.as_deref())?;
    let shown = Presentation::named(None, digits.as_deref(), format.as_deref(), decimal.as_deref(), group.as_deref())?;
    Ok(Question { shown, has_proof: truth(uri, "proof")?, ..asked })
}

fn question(
    expr: Option<String>,
    mode: Option<&str>,
    notation: Option<&str>,
    decimal: Option<&str>,
) -> Result<Question<'static>, Fault> {
    let expr = expr.ok_or(Fault::ExprMissing { in_query: true })?;
    Ok(Question { notation: notation_of(notation, decimal)?, ..Question::new(expr, mode_of(mode)?) })
}

/// The value of a parameter that is true or false, which it is by default.
pub(super) fn truth(uri: &Uri, name: &'static str) -> Result<bool, Fault> {
    match parameter(uri.query(), name)?.as_deref() {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Fault::Truth(name)),
    }
}

/// The question of a body: an object with `expr` and, if given, `mode`, `notation`, `variables` and how the answer is
/// shown. A long one is parsed by the readers.
pub(super) async fn in_body(body: Bytes, readers: PeerPool<'_>) -> Result<Question<'static>, Problem> {
    let is_short = body.len() <= INLINE_BODY_BYTES;
    let read = move || {
        let record: Record<'_, String> = object(&body)?;
        let (mode, variables) = (mode_of(record.mode.as_deref())?, record.variables());
        let (digits, format) = (record.digits(), record.format.as_deref());
        let (decimal, group) = (record.decimal.as_deref(), record.group.as_deref());
        let notation = notation_of(record.notation.as_deref(), decimal)?;
        let shown = Presentation::named(None, digits.as_deref(), format, decimal, group)?;
        Ok::<_, Fault>(
            Question { text: record.expr.into(), mode, notation, variables, shown, has_proof: false }.into_owned(),
        )
    };
    if is_short {
        return Ok(read()?);
    }
    Ok(Box::pin(readers.run(DEADLINE, read)).await??)
}

/// The mode of a text; Python's by default.
pub(super) fn mode_of(text: Option<&str>) -> Result<Mode, Fault> {
    text.map(str::parse).transpose().map_err(|_| Fault::Mode).map(Option::unwrap_or_default)
}

/// The notation of a text with its decimal sign; Python's by default.
pub(super) fn notation_of(notation: Option<&str>, decimal: Option<&str>) -> Result<Notation, Fault> {
    let decimal =
        decimal.map(str::parse).transpose().map_err(|_| Fault::Shown(PresentationError::Decimal))?.unwrap_or_default();
    notation.map_or(Ok(Notation::Python), |name| Notation::named(name, decimal).ok_or(Fault::Notation))
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
