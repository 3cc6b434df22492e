//! A body that is sent while it is computed: its parts are computed in parallel and sent in order, no faster than the
//! client reads them. The number of parts and pieces in progress limits the memory for a slow client.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::counters::Counters;
use crate::server::render::not_kept;

/// The channel for the pieces of a part. It is closed when the client has gone.
pub(super) type Pieces = mpsc::Sender<Bytes>;

/// The parts of a body, in their order.
#[derive(Debug)]
pub(super) struct Parts(mpsc::Sender<mpsc::Receiver<Bytes>>);

impl Parts {
    /// Begins the next part, once fewer than `ahead` are in progress; `None` when the client has gone. Dropping the
    /// pieces ends the part.
    pub(super) async fn next(&self) -> Option<Pieces> {
        let (pieces, part) = mpsc::channel(1);
        self.0.send(part).await.is_ok().then_some(pieces)
    }
}

/// A response and its parts, of which `ahead` may be computed before they are sent.
pub(super) fn streamed(kind: &'static str, ahead: usize, counters: &Counters) -> (Response<Body>, Parts) {
    let (sender, parts) = mpsc::channel(ahead.max(1));
    let stream = Stream { parts, part: None, counters: counters.clone(), has_ended: false };
    let mut response = not_kept(Response::new(Body::new(stream)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Otherwise nginx and similar proxies would buffer the whole body.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    (response, Parts(sender))
}

struct Stream {
    parts: mpsc::Receiver<mpsc::Receiver<Bytes>>,
    part: Option<mpsc::Receiver<Bytes>>,
    counters: Counters,
    has_ended: bool,
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            if let Some(part) = &mut self.part
                && let Some(piece) = ready!(part.poll_recv(cx))
            {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            self.part = ready!(self.parts.poll_recv(cx));
            if self.part.is_none() {
                self.has_ended = true;
                return Poll::Ready(None);
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.has_ended {
            self.counters.streams_abandoned.inc();
        }
    }
}
