//! `POST /mcp`: the Model Context Protocol over HTTP, one message a request. There are no sessions and no streams, so `GET`
//! and `DELETE` are not allowed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::answer::{Caller, DEADLINE};
use crate::mcp::{Answered, Fault, FaultKind, Message, answer, check_headers};
use crate::peer::Peer;
use crate::server::body::{INLINE_BODY_BYTES, NoBody};
use crate::server::operator::is_from_no_other_page;
use crate::server::render::{and_close, cache_status, json_with_room, not_kept, with_cache_status};
use crate::server::request_log::tell_expression;
use crate::server::state::App;

/// `Cache-Status` of what evaluates no expression.
const UNASKED: HeaderValue = HeaderValue::from_static("tabuada; fwd=bypass");

/// Answers a message.
pub(super) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    // A page may have had its own name lead here (DNS rebinding): what is true of its host is no permission.
    if !is_from_no_other_page(&app.setup.origins, &head.uri, &head.headers) {
        let why = "pages of this origin may not ask: the operator names those that may with --cors-origin";
        return told(StatusCode::FORBIDDEN, Fault::new(FaultKind::Request, why).written());
    }
    let bytes = match app.bodies.read(peer, &head.headers, body).await {
        Ok(bytes) => bytes,
        Err(no_body) => return without_body(no_body),
    };
    let read = if bytes.len() <= INLINE_BODY_BYTES {
        Message::read(&bytes)
    } else {
        let work = move || Message::read(&bytes);
        match Box::pin(app.calculator.readers().by(peer).run(DEADLINE, work)).await {
            Ok(read) => read,
            Err(_) => return overloaded(),
        }
    };
    match read {
        Ok(Message::Request(request)) => match check_headers(&request, |name| values(&head.headers, name)) {
            Ok(()) => respond(&app, answer(&app.calculator, Caller::from(peer), &request).await),
            Err(fault) => told(StatusCode::BAD_REQUEST, fault.of(&request.id).written()),
        },
        // The end of its connection cancels a request; a notification that does it asks for nothing.
        Ok(Message::Cancelled(_) | Message::Other) => {
            let mut response = with_cache_status(not_kept(Response::new(Body::empty())), UNASKED);
            *response.status_mut() = StatusCode::ACCEPTED;
            response
        }
        Err(fault) => told(StatusCode::BAD_REQUEST, fault.written()),
    }
}

/// The values of a header; none for one that is no text.
fn values<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = Option<&'h str>> {
    headers.get_all(name).iter().map(|value| value.to_str().ok())
}

fn respond(app: &App, Answered { text, fault, is_modern, asked }: Answered) -> Response<Body> {
    let status = match fault {
        Some(FaultKind::Meta | FaultKind::Version) => StatusCode::BAD_REQUEST,
        // A legacy client reads no other body of an answer.
        Some(FaultKind::Method) if is_modern => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let mut response = told(status, text);
    if let Some(asked) = asked {
        tell_expression(app.setup.logged, &mut response, &asked.expression);
        response = with_cache_status(response, cache_status(&asked.reply));
    }
    response
}

fn told(status: StatusCode, text: String) -> Response<Body> {
    with_cache_status(not_kept(json_with_room(status, text)), UNASKED)
}

fn without_body(no_body: NoBody) -> Response<Body> {
    let wrong = |status, why| and_close(told(status, Fault::new(FaultKind::Request, why).written()));
    match no_body {
        NoBody::TooLarge => and_close(told(StatusCode::PAYLOAD_TOO_LARGE, Fault::too_long().written())),
        NoBody::TooSlow => wrong(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
        NoBody::Broken => wrong(StatusCode::BAD_REQUEST, "the body broke off"),
        NoBody::NoRoom => and_close(overloaded()),
    }
}

fn overloaded() -> Response<Body> {
    let fault = Fault::new(FaultKind::Overloaded, "too much is going on; try again in a second");
    let mut response = told(StatusCode::SERVICE_UNAVAILABLE, fault.written());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
