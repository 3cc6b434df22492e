//! `/v4`, in place of math.js's web service: its requests, answers and errors, so that its clients change one address.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode, Uri};
use serde_json::value::RawValue;
use tabuada_lang::mathjs;

use crate::answer::DEADLINE;
use crate::answer::mathjs::{Asked, Told};
use crate::json::write_string;
use crate::peer::Peer;
use crate::server::body::{INLINE_BODY_BYTES, NoBody};
use crate::server::query::last;
use crate::server::render::{and_close, bypass, json, not_kept, origin_status, with_cache_status};
use crate::server::request_log::tell_expression;
use crate::server::state::App;

const NO_QUERY: &str = "Error: Required query parameter \"expr\" missing in url.";
const NO_FIELD: &str = "Error: Required field \"expr\" missing in JSON body.";
const OVERLOADED: &str = "Error: Too much is going on; try again in a second";

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The bare text.
    Text,
    /// `{"result":…,"error":…}`, with a list of results for a list of expressions.
    Json { is_list: bool },
}

/// Evaluates the expression of a query.
pub(super) async fn get(State(app): State<Arc<App>>, peer: Peer, uri: Uri) -> Response<Body> {
    match in_query(&uri) {
        Ok(asked) => answer(&app, peer, asked, Form::Text).await,
        Err(error) => refused(StatusCode::BAD_REQUEST, &error, Form::Text),
    }
}

/// Evaluates the expressions of a body of JSON, whatever type it declares.
pub(super) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    const FORM: Form = Form::Json { is_list: false };
    let (head, body) = request.into_parts();
    let body = match app.bodies.read(peer, &head.headers, body).await {
        Ok(body) => body,
        Err(no_body) => return without_body(no_body, FORM),
    };
    let asked = if body.len() <= INLINE_BODY_BYTES {
        in_body(&body)
    } else {
        match Box::pin(app.calculator.readers().by(peer).run(DEADLINE, move || in_body(&body))).await {
            Ok(asked) => asked,
            Err(_) => return refused(StatusCode::SERVICE_UNAVAILABLE, OVERLOADED, FORM),
        }
    };
    match asked {
        Ok(asked) => {
            let is_list = asked.is_list;
            answer(&app, peer, asked, Form::Json { is_list }).await
        }
        Err(error) => refused(StatusCode::BAD_REQUEST, &error, FORM),
    }
}

async fn answer(app: &App, peer: Peer, asked: Asked, form: Form) -> Response<Body> {
    let expressions = asked.texts.join("; ");
    let Told { outcome, origin } = app.calculator.answer_mathjs(peer, asked).await;
    let response = match outcome {
        Some(Ok(results)) => response(StatusCode::OK, &results, form),
        Some(Err(error)) => response_to_failure(StatusCode::BAD_REQUEST, &error, form),
        None => return refused(StatusCode::SERVICE_UNAVAILABLE, OVERLOADED, form),
    };
    let mut response = with_cache_status(not_kept(response), origin_status(origin));
    tell_expression(app.setup.logged, &mut response, &expressions);
    response
}

/// The results, of which there is one unless a list was asked for.
fn response(status: StatusCode, results: &[String], form: Form) -> Response<Body> {
    let one = results.first().map_or("", String::as_str);
    let Form::Json { is_list } = form else { return bare(status, one) };
    let mut body = String::from("{\"result\":");
    if is_list {
        for (at, result) in results.iter().enumerate() {
            body.push(if at == 0 { '[' } else { ',' });
            write_string(result, &mut body);
        }
        body.push_str(if results.is_empty() { "[]" } else { "]" });
    } else {
        write_string(one, &mut body);
    }
    body.push_str(",\"error\":null}");
    json(status, body)
}

fn response_to_failure(status: StatusCode, error: &str, form: Form) -> Response<Body> {
    if form == Form::Text {
        return bare(status, error);
    }
    let mut body = String::from("{\"result\":null,\"error\":");
    write_string(error, &mut body);
    body.push('}');
    json(status, body)
}

/// The bare text. It may hold what a stranger wrote into a link: a text that could be markup is declared as plain, and a
/// browser that shows any of them runs and loads nothing.
fn bare(status: StatusCode, text: &str) -> Response<Body> {
    const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
    let kind = if text.contains('<') { "text/plain; charset=utf-8" } else { "text/html; charset=utf-8" };
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, SANDBOX);
    response
}

/// A request that is not evaluated.
fn refused(status: StatusCode, error: &str, form: Form) -> Response<Body> {
    let mut response = response_to_failure(status, error, form);
    let is_overloaded = status == StatusCode::SERVICE_UNAVAILABLE;
    if is_overloaded {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    with_cache_status(not_kept(response), bypass(if is_overloaded { "overloaded" } else { "malformed" }))
}

fn without_body(no_body: NoBody, form: Form) -> Response<Body> {
    let (status, error) = match no_body {
        NoBody::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Error: The body is larger than 1 MiB"),
        NoBody::TooSlow => (StatusCode::REQUEST_TIMEOUT, "Error: The body did not arrive in time"),
        NoBody::Broken => (StatusCode::BAD_REQUEST, "Error: The body broke off"),
        NoBody::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, OVERLOADED),
    };
    and_close(refused(status, error, form))
}

fn in_query(uri: &Uri) -> Result<Asked, String> {
    let [expr, precision] =
        last(uri.query(), ["expr", "precision"]).map_err(|_| "Error: The query is not valid UTF-8".to_owned())?;
    let expr = expr.ok_or_else(|| NO_QUERY.to_owned())?;
    let precision = precision_of(precision.as_deref().map_or(f64::NAN, leading_number))?;
    Ok(Asked { texts: vec![expr], is_list: false, precision })
}

fn in_body(body: &Bytes) -> Result<Asked, String> {
    let text = String::from_utf8_lossy(body);
    let malformed = |error: serde_json::Error| format!("SyntaxError: The body is not JSON: {error}");
    // Of a member that is given twice, the last counts.
    let members: BTreeMap<Cow<'_, str>, &RawValue> = match serde_json::from_str(&text) {
        Ok(members) => members,
        Err(error) if error.is_data() => return Err(NO_FIELD.to_owned()),
        Err(error) => return Err(malformed(error)),
    };
    let precision = match members.get("precision").map(|raw| raw.get()) {
        None => f64::NAN,
        Some(string) if string.starts_with('"') => {
            leading_number(&serde_json::from_str::<String>(string).map_err(malformed)?)
        }
        Some(number) => number.parse().unwrap_or(f64::NAN),
    };
    let precision = precision_of(precision)?;
    let Some(expr) = members.get("expr").map(|raw| raw.get()) else { return Err(NO_FIELD.to_owned()) };
    let is_list = expr.starts_with('[');
    let texts = if is_list { serde_json::from_str(expr) } else { serde_json::from_str(expr).map(|text| vec![text]) };
    let texts = texts.map_err(|_| {
        "TypeError: Unexpected type of argument in function evaluate (expected: string, or a list of strings)"
            .to_owned()
    })?;
    Ok(Asked { texts, is_list, precision })
}

fn precision_of(number: f64) -> Result<Option<u32>, String> {
    mathjs::precision(number).map_err(|stop| stop.message())
}

/// JavaScript's `parseFloat`: the longest number that a text begins with.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len()).min(NUMBER_BYTES);
    (1..=end).rev().find_map(|end| text[..end].parse().ok()).unwrap_or(f64::NAN)
}

/// The longest text of a precision: what follows is ignored.
const NUMBER_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<Asked, String> {
        in_body(&Bytes::from(text.to_owned()))
    }

    #[test]
    fn bodies_are_read_leniently() {
        let asked = |texts: &[&str], is_list, precision| {
            Ok(Asked { texts: texts.iter().map(|text| (*text).to_owned()).collect(), is_list, precision })
        };
        for (text, expected) in [
            (r#"{"expr":"2+2"}"#, asked(&["2+2"], false, None)),
            (r#" {"expr":["1","2"],"precision":3,"other":[{}]} "#, asked(&["1", "2"], true, Some(3))),
            (r#"{"expr":"1","precision":"14"}"#, asked(&["1"], false, Some(14))),
            (r#"{"expr":"1","precision":"1e1 digits"}"#, asked(&["1"], false, Some(10))),
            (r#"{"expr":"1","precision":"5e"}"#, asked(&["1"], false, Some(5))),
            (r#"{"expr":"1","precision":null}"#, asked(&["1"], false, None)),
            (r#"{"expr":"1","precision":"abc"}"#, asked(&["1"], false, None)),
            (r#"{"expr":"1","precision":0}"#, asked(&["1"], false, None)),
            (r#"{"expr":"1","precision":65}"#, asked(&["1"], false, Some(65))),
            (r#"{"expr":"1","precision":1e300}"#, asked(&["1"], false, Some(1000))),
            (r#"{"expr":"1","expr":"2"}"#, asked(&["2"], false, None)),
            (r#"{"expr":[]}"#, asked(&[], true, None)),
            (r#"{"expr":""}"#, asked(&[""], false, None)),
        ] {
            assert_eq!(body(text), expected, "{text}");
        }
        for (text, error) in [
            ("", "SyntaxError: "),
            ("notjson", "SyntaxError: "),
            (r#"{"expr":"1""#, "SyntaxError: "),
            ("[]", NO_FIELD),
            ("5", NO_FIELD),
            ("null", NO_FIELD),
            ("{}", NO_FIELD),
            (r#"{"expr":5}"#, "TypeError: "),
            (r#"{"expr":null}"#, "TypeError: "),
            (r#"{"expr":["1",2]}"#, "TypeError: "),
            (r#"{"expr":"1","precision":-1}"#, "Error: "),
            (r#"{"expr":"1","precision":1.5}"#, "Error: "),
        ] {
            let given = body(text).unwrap_err();
            assert!(given.starts_with(error), "{text}: {given}");
        }
    }

    #[test]
    fn a_precision_is_the_number_that_a_text_begins_with() {
        for (text, number) in [("14", 14.0), ("3abc", 3.0), (" 5", 5.0), ("-1", -1.0), ("1.5", 1.5)] {
            assert_eq!(leading_number(text), number, "{text}");
        }
        assert!(["", "abc", "-", "."].into_iter().all(|text| leading_number(text).is_nan()));
    }

    /// A link must not run a script here, whatever it has evaluated.
    #[test]
    fn what_could_be_markup_is_plain_text() {
        let kind = |text: &str| bare(StatusCode::OK, text).headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert_eq!(kind("4"), "text/html; charset=utf-8");
        assert_eq!(kind("\"<script>alert(1)</script>\""), "text/plain; charset=utf-8");
    }
}
