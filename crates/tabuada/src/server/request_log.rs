//! A line in the log for each request, or for failed and slow ones only: route, client, status, time. The expression
//! and the client are logged only if the operator wants that.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response};
use tracing::field::{DisplayValue, display};

use crate::config::{LogRequests, Logged};
use crate::server::render::CACHE_STATUS;

/// A request that takes this long is logged as slow: half of the deadline of an expression.
const SLOW: Duration = Duration::from_secs(1);

/// The most characters of an expression or an address in a line.
const TEXT_CHARACTERS: usize = 1_000;

/// The expression of an answer, carried to where the line is written.
#[derive(Clone, Debug)]
struct Expression(String);

/// Has the line of an answer contain the expression, if the operator wants that.
pub(super) fn tell_expression(logged: Logged, response: &mut Response<Body>, expression: &str) {
    if logged.expressions {
        response.extensions_mut().insert(Expression(cut(expression)));
    }
}

/// What is known of a request before it is answered.
pub(super) struct Begun {
    logged: Logged,
    route: &'static str,
    method: Method,
    client: Client,
    uri: Option<String>,
}

/// The client: an address, or a user of a Unix socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) Option<IpAddr>);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unix"),
        }
    }
}

impl Begun {
    pub(super) fn new<B>(logged: Logged, route: &'static str, client: Client, request: &Request<B>) -> Self {
        let uri = logged.expressions.then(|| cut(&request.uri().to_string()));
        Self { logged, route, method: request.method().clone(), client, uri }
    }

    /// Logs that the request will not be answered: the server has stopped.
    pub(super) fn given_up(&self, id: &HeaderValue) {
        tracing::warn!(
            id = id.to_str().unwrap_or_default(),
            route = self.route,
            method = known(&self.method),
            client = self.client(),
            uri = self.uri,
            "gave up a request"
        );
    }

    fn client(&self) -> Option<DisplayValue<Client>> {
        (!self.logged.hides_clients).then(|| display(self.client))
    }

    /// Writes the line, if the settings ask for it.
    pub(super) fn ended(&self, id: &HeaderValue, response: &Response<Body>, time: Duration) {
        let is_trouble = response.status().is_server_error() || time >= SLOW;
        match self.logged.requests {
            LogRequests::All => {}
            LogRequests::Trouble if is_trouble => {}
            LogRequests::Trouble | LogRequests::None => return,
        }
        let expression = response.extensions().get::<Expression>().map(|Expression(text)| text.as_str());
        let cache = response.headers().get(CACHE_STATUS).and_then(|status| layer(status.to_str().ok()?));
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    id = id.to_str().unwrap_or_default(),
                    route = self.route,
                    method = known(&self.method),
                    status = response.status().as_u16(),
                    duration_ms = milliseconds(time),
                    client = self.client(),
                    cache,
                    uri = self.uri,
                    expression,
                    "request"
                )
            };
        }
        if is_trouble { line!(warn) } else { line!(info) }
    }
}

/// The name of a method; `other` for an unknown one.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}

/// With a precision of a microsecond.
fn milliseconds(time: Duration) -> f64 {
    let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1e3
}

/// Where an answer came from, by its `Cache-Status`: `memory`, `redis`, `computed`, `collapsed`, or `bypass` where the
/// cache was not asked.
fn layer(status: &str) -> Option<&'static str> {
    let has = |part| status.split("; ").any(|given| given == part);
    if has("hit") {
        return if has("detail=redis") { Some("redis") } else { Some("memory") };
    }
    if has("fwd=uri-miss") {
        return if has("collapsed") { Some("collapsed") } else { Some("computed") };
    }
    has("fwd=bypass").then_some("bypass")
}

/// The beginning of a text, if it is long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARACTERS) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Mutex;

    use axum::http::StatusCode;

    use super::*;

    /// The lines of a request that ended so.
    fn lines(requests: LogRequests, status: StatusCode, time: Duration, client: &str) -> String {
        let (mut said, writer) = std::io::pipe().unwrap();
        let log = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false);
        tracing::subscriber::with_default(log.with_writer(Mutex::new(writer)).finish(), || {
            let logged = Logged { requests, expressions: false, hides_clients: client == "hidden" };
            let client = Client(client.parse().ok());
            let begun = Begun::new(logged, "evaluate", client, &Request::post("/evaluate").body(()).unwrap());
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            begun.ended(&HeaderValue::from_static("a"), &response, time);
        });
        let mut lines = String::new();
        said.read_to_string(&mut lines).unwrap();
        lines
    }

    #[test]
    fn trouble_is_written_of_unless_nothing_is_to_be() {
        use LogRequests::{All, None, Trouble};
        let quick = Duration::from_micros(1_500);
        let slow = Duration::from_secs(1);
        let (ok, wrong, overloaded) = (StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE);
        let line = |level, status, ms| {
            format!(
                "{level} request id=\"a\" route=\"evaluate\" method=\"POST\" status={status} duration_ms={ms} client=192.0.2.7\n"
            )
        };
        for (requests, status, time, expected) in [
            (All, ok, quick, line(" INFO", 200, "1.5")),
            (All, wrong, quick, line(" INFO", 404, "1.5")),
            (All, overloaded, quick, line(" WARN", 503, "1.5")),
            (All, ok, slow, line(" WARN", 200, "1000.0")),
            (Trouble, ok, quick, String::new()),
            (Trouble, wrong, quick, String::new()),
            (Trouble, overloaded, quick, line(" WARN", 503, "1.5")),
            (Trouble, ok, slow, line(" WARN", 200, "1000.0")),
            (None, overloaded, slow, String::new()),
        ] {
            assert_eq!(lines(requests, status, time, "192.0.2.7"), expected);
        }
        for (client, expected) in
            [("2001:db8::1", " client=2001:db8::1\n"), ("unix", " client=unix\n"), ("hidden", "=1.5\n")]
        {
            let line = lines(All, ok, quick, client);
            assert!(line.ends_with(expected), "{line}");
        }
    }

    #[test]
    fn the_layer_is_read_from_cache_status() {
        for (status, expected) in [
            ("tabuada; hit; detail=memory; ttl=86400", Some("memory")),
            ("tabuada; hit; detail=memory", Some("memory")),
            ("tabuada; hit; detail=redis", Some("redis")),
            ("tabuada; fwd=uri-miss; stored", Some("computed")),
            ("tabuada; fwd=uri-miss; detail=deadline", Some("computed")),
            ("tabuada; fwd=uri-miss; collapsed", Some("collapsed")),
            ("tabuada; fwd=bypass; detail=impure", Some("bypass")),
            ("tabuada", None),
        ] {
            assert_eq!(layer(status), expected, "{status}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "é".repeat(1_000);
        assert_eq!(cut(&text), text);
        assert_eq!(cut(&format!("{text}é")), format!("{text}…"));
    }
}
