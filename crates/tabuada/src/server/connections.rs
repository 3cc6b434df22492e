//! Connections: accept, limits, and how they end; and each request on them.

mod listener;
mod framing;
mod head_clock;
mod steady;
mod places;
mod forwarded;

pub use listener::Listener;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use socket2::SockRef;
use tokio::sync::watch;
use tower::Service;

use crate::peer::Peer;
use crate::server::cors;
use crate::server::course::evaluate;
use crate::server::negotiation::prefer;
use crate::server::operations::{Requests, Row};
use crate::server::render::{CACHE_STATUS, NOSNIFF, bypass, detail, hide_memory, say};
use crate::server::request_id::REQUEST_ID;
use crate::server::request_log::{Begun, Client};
use crate::server::routes::router;
use crate::server::shared_link::ByProxy;
use crate::server::state::{App, Listening, Served};
use crate::server::v1::answer_query;
use forwarded::Remote;
use framing::Framing;
use head_clock::HeadClock;
use listener::Stream;
use places::{Place, Places};
use steady::Steady;

/// How long to wait when the system has no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The send buffer of a connection: a client that reads a third of it within [`Bounds::write_time`] makes progress.
///
/// [`Bounds::write_time`]: crate::server::bounds::Bounds::write_time
const SEND_BYTES: usize = 128 << 10;

/// The largest piece of a body that is read at once.
const PIECE_BYTES: usize = 128 << 10;

/// How long accepting has to succeed before recovery is logged, and the next failure again.
const SAID: Duration = Duration::from_secs(60);

/// How long a connection that came just before the end of a drain has for its request; at most as long as the drain.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// Serves until `stop`, drains, and lets requests in flight finish.
pub async fn serve(listener: impl Into<Listener>, app: Arc<App>, stop: impl Future<Output = ()>) {
    serve_some(listener.into(), Listening::Everything, app, stop).await;
}

/// The same, with the operator's routes and the metrics on their own listener.
pub async fn serve_apart(
    listener: impl Into<Listener>,
    admin: impl Into<Listener>,
    app: Arc<App>,
    stop: impl Future<Output = ()>,
) {
    let (stopping, stopped) = watch::channel(());
    let until_stopped = |mut stopped: watch::Receiver<()>| async move {
        // It never changes, and ends when its sender is dropped.
        let _ = stopped.changed().await;
    };
    tokio::join!(
        serve_some(listener.into(), Listening::Public, app.clone(), until_stopped(stopped.clone())),
        serve_some(admin.into(), Listening::Operator, app, until_stopped(stopped)),
        async {
            stop.await;
            drop(stopping);
        },
    );
}

async fn serve_some(listener: Listener, listening: Listening, app: Arc<App>, stop: impl Future<Output = ()>) {
    let (address, is_loopback) = (listener.to_string(), listener.is_loopback());
    let bounds = app.setup.bounds.clone();
    let served = Served { app: app.clone(), listening, is_loopback };
    let mut http = http1::Builder::new();
    http.header_read_timeout(bounds.idle_time).max_header_size(bounds.head_bytes);
    // Others wait while a piece of a long body is read, and a head has to fit into one.
    http.max_buf_size(PIECE_BYTES.max(2 * bounds.head_bytes));
    let requests = Requests::new(&app.counters);
    let site = Arc::new(Site { router: router(served.clone()), served, requests });
    let places = Places::new(bounds.connections, bounds.peer_share);
    let mut door =
        Door { listener, http, site, places, in_flight: GracefulShutdown::new(), failures: Failures::default() };
    door.accept_until(stop).await;

    app.begin_to_stop();
    let (connections, requests) = (door.places.taken(), door.places.busy());
    tracing::info!(address, connections, requests, drain = %humantime::format_duration(bounds.drain_time), "stopping: not ready any more");
    door.accept_until(tokio::time::sleep(bounds.drain_time)).await;
    door.accept_the_rest();
    let Door { listener, in_flight, places, .. } = door;
    drop(listener);
    let (connections, requests) = (places.taken(), places.busy());
    tracing::info!(address, connections, requests, "stopped listening: waiting for what is in flight");
    // The last clients have hardly sent their requests: their connections are not idle.
    tokio::time::sleep(bounds.drain_time.min(LAST_REQUESTS)).await;
    match tokio::time::timeout(bounds.stop_time, in_flight.shutdown()).await {
        Ok(()) => tracing::info!(address, "stopped: all is answered"),
        // After this time, bodies that still arrive are cut off.
        Err(_) => {
            let (connections, requests) = (places.taken(), places.busy());
            places.end_all().await;
            tracing::warn!(address, connections, requests, "stopped: gave up connections in flight");
        }
    }
}

/// A listener and its connections.
struct Door {
    listener: Listener,
    http: http1::Builder,
    site: Arc<Site>,
    places: Places,
    in_flight: GracefulShutdown,
    failures: Failures,
}

/// Failures to accept, which come in series: the first of a series and its end are logged.
#[derive(Debug, Default)]
struct Failures {
    count: u64,
    last: Option<Instant>,
}

impl Failures {
    /// Counts a failure; gives whether it is the first.
    fn add(&mut self, now: Instant) -> bool {
        self.last = Some(now);
        self.count += 1;
        self.count == 1
    }

    /// The number of failures, if there were some and the last is long ago.
    fn ended(&mut self, now: Instant) -> Option<u64> {
        self.last.take_if(|last| now - *last > SAID)?;
        Some(std::mem::take(&mut self.count))
    }
}

impl Door {
    /// Accepts connections until `end`.
    async fn accept_until(&mut self, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            let accepted = async {
                let (stream, address) = poll_fn(|task| self.listener.poll_accept(task)).await?;
                let (clock, remote) = (self.clock(), self.remote(address));
                let place = self.places.take(&clock, remote.holder()).await;
                Ok((stream, remote, clock, place))
            };
            let accepted: io::Result<_> = tokio::select! {
                biased;
                () = &mut end => return,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((stream, remote, clock, Some(place))) => {
                    self.let_in(stream, remote, clock, place);
                    if self.failures.last.is_some()
                        && let Some(times) = self.failures.ended(Instant::now())
                    {
                        tracing::info!(times, "connections are accepted again");
                    }
                }
                // The peer has its share of connections.
                Ok((.., None)) => _ = self.site.served.app.counters.connections_refused.inc(),
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    self.site.served.app.counters.accepts_failed.inc();
                    if self.failures.add(Instant::now()) {
                        tracing::warn!(%error, "cannot accept connections: they wait");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Accepts the connections in the system's queue, which would be lost with the listener.
    fn accept_the_rest(&mut self) {
        let mut task = Context::from_waker(Waker::noop());
        loop {
            let Poll::Ready(Ok((stream, address))) = self.listener.poll_accept(&mut task) else { return };
            let (clock, remote) = (self.clock(), self.remote(address));
            if let Ok(place) = self.places.try_take(&clock, remote.holder()) {
                self.let_in(stream, remote, clock, place);
            }
        }
    }

    fn remote(&self, address: Option<IpAddr>) -> Remote {
        Remote::new(address, &self.site.served.app.setup.proxies)
    }

    fn clock(&self) -> HeadClock {
        HeadClock::new(self.site.served.app.setup.bounds.head_time)
    }

    fn let_in(&mut self, stream: Stream, remote: Remote, clock: HeadClock, place: Place) {
        prepare(&stream);
        let Served { app, .. } = &self.site.served;
        let connected = app.counters.connects();
        let framing = Framing::default();
        let (refusal, number) = (framing.refusal(), Cell::new(0));
        let stream = Steady::new(stream, app.setup.bounds.write_time, clock.clone(), framing);
        let site = self.site.clone();
        let asked = clock.clone();
        let service = service_fn(move |request| {
            let (site, asked) = (site.clone(), asked.clone());
            let refusal = refusal.of(number.replace(number.get() + 1));
            async move {
                let answer = answer(site, remote, request, refusal).await;
                asked.answered();
                answer
            }
        });
        self.http.timer(clock);
        let connection = self.in_flight.watch(self.http.serve_connection(TokioIo::new(stream), service));
        let number = place.number();
        let task = tokio::spawn(async move {
            // Errors of a connection concern the client and the network only.
            let _ = connection.await;
            drop((place, connected));
        });
        self.places.can_end(number, task.abort_handle());
    }
}

fn prepare(stream: &Stream) {
    let socket = match stream {
        Stream::Left(stream) => {
            // Answers are small and written at once; Nagle's algorithm would only delay them.
            let _ = stream.set_nodelay(true);
            SockRef::from(stream)
        }
        Stream::Right(stream) => SockRef::from(stream),
    };
    // Otherwise it grows to megabytes, and the system reports progress only when a third was read.
    let _ = socket.set_send_buffer_size(SEND_BYTES);
}

/// What a listener serves.
struct Site {
    served: Served,
    router: Router,
    requests: Requests,
}

/// Answers one request, counts it and logs it. The hot routes bypass the router.
async fn answer(
    site: Arc<Site>,
    remote: Remote,
    mut request: Request<Incoming>,
    refusal: Option<StatusCode>,
) -> Result<Response<Body>, Infallible> {
    let Served { app, listening, .. } = &site.served;
    let begun = Instant::now();
    let path = request.uri().path();
    let row = Row::of(path);
    let id = app.ids.of(request.headers());
    let client = remote.caller(request.headers(), &app.setup.proxies);
    let peer = Peer::from(client);
    let log = Line {
        app,
        id: &id.name,
        begun: Begun::new(app.setup.logged, row.label(), Client(client), &request),
        is_written: false,
    };
    let is_public = *listening != Listening::Operator;
    let cors = if row.is_for_all_pages() { &app.cors_of_all } else { &app.cors };
    let is_for_pages = is_public && (row.is_for_pages() || row.is_for_all_pages());
    let cors = cors.as_ref().filter(|_| is_for_pages && cors::concerns(&request));
    let page = cors.map(|cors| cors.page(&request));
    let is_lenient = prefer::is_preferred(request.headers());
    let (mut response, time) = match (refusal, path, request.method()) {
        (Some(refusal), ..) => (refused(refusal), None),
        (None, "/evaluate", &Method::POST) if is_public => (evaluate(app, peer, request).await, None),
        (None, "/v1/evaluate", &Method::GET) if is_public => {
            let (response, time) = answer_query(app, peer, request.headers(), request.uri(), begun).await;
            (response, Some(time))
        }
        _ => {
            request.extensions_mut().insert(peer);
            if remote.is_proxy() {
                request.extensions_mut().insert(ByProxy);
            }
            // Boxed: an unboxed future would enlarge the futures of the hot routes.
            (Box::pin(site.router.clone().call(request)).await?, None)
        }
    };
    if let Some(page) = page {
        response = page.told(response).await;
    }
    // A route that reports its time has read the clock already.
    let time = time.unwrap_or_else(|| begun.elapsed());
    site.requests.answered(row, response.status().as_u16(), time);
    log.ended(&response, time);
    let id = app.ids.told(id, response.headers());
    say(response.headers_mut(), X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    say(response.headers_mut(), REQUEST_ID, id);
    if app.setup.hides_memory && is_public {
        hide_memory(response.headers_mut());
    }
    if app.is_stopping() {
        say(response.headers_mut(), CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(prefer::told(response, is_lenient))
}

/// The log line of a request in progress. Dropped without its end, the client has gone, or the server has stopped and
/// gives the request up.
struct Line<'r> {
    app: &'r App,
    id: &'r HeaderValue,
    begun: Begun,
    is_written: bool,
}

impl Line<'_> {
    fn ended(mut self, response: &Response<Body>, time: Duration) {
        self.is_written = true;
        self.begun.ended(self.id, response, time);
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.is_written && self.app.is_stopping() {
            self.begun.given_up(self.id);
        }
    }
}

/// The answer to an ambiguous head. Nobody knows where the next request would begin.
fn refused(status: StatusCode) -> Response<Body> {
    let mut response = detail(status, status.canonical_reason().unwrap_or_default());
    response.headers_mut().insert(CACHE_STATUS, bypass("malformed"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether an error concerns only the connection that was to be accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_to_accept_are_said_when_they_begin_and_when_they_have_ended() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut failures = Failures::default();
        assert_eq!(failures.ended(at(0)), None);
        assert_eq!([0, 1, 59].map(|second| failures.add(at(second))), [true, false, false]);
        assert_eq!(failures.ended(at(119)), None, "hardly a minute");
        // A failure after a while without connections belongs to the same series.
        assert!(!failures.add(at(200)));
        assert_eq!((failures.ended(at(261)), failures.ended(at(262))), (Some(4), None));
        assert!(failures.add(at(263)));
    }
}
