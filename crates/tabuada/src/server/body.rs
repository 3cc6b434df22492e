//! The body of a request, within its limits of size and time.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use http_body_util::BodyExt;

/// Largest body that is read: 16 times the longest expression, should every character be escaped and then some.
pub(super) const BODY_BYTES: usize = 1 << 20;

/// How much of a body that is too large is still taken off the wire after the answer, and for how long. Most clients
/// look for an answer only when they have sent everything: closed at once, they would never see it.
pub(super) const DRAIN_BYTES: usize = 256 << 20;
pub(super) const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// Larger than [`BODY_BYTES`].
    TooLarge,
    /// It did not arrive [in time](super::bounds::Bounds::body_time).
    TooSlow,
    /// It broke off, or its framing was wrong.
    Broken,
}

impl NoBody {
    /// Why a body broke off: its next chunk [may have been too large](super::framing).
    pub(super) fn of(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
        while let Some(error) = cause {
            if error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::FileTooLarge) {
                return Self::TooLarge;
            }
            cause = error.source();
        }
        Self::Broken
    }
}

/// Takes a whole body that arrives within `time`; not copied if it came in one piece.
pub(super) async fn read<B>(headers: &HeaderMap, body: B, time: Duration) -> Result<Bytes, NoBody>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    let body = admit(headers, body)?;
    tokio::time::timeout(time, collect(body)).await.unwrap_or(Err(NoBody::TooSlow))
}

/// Lets a body in that does not say itself that it is too large.
pub(super) fn admit<B>(headers: &HeaderMap, body: B) -> Result<B, NoBody>
where
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
{
    if body.size_hint().lower() <= BODY_BYTES as u64 {
        return Ok(body);
    }
    // A client that asked first (100-continue) sends nothing after a refusal.
    if !headers.contains_key(EXPECT) {
        drain(body);
    }
    Err(NoBody::TooLarge)
}

async fn collect<B>(mut body: B) -> Result<Bytes, NoBody>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(NoBody::of)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > BODY_BYTES {
            drain(body);
            return Err(NoBody::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Takes what is still to come, and throws it away.
pub(super) fn drain<B>(mut body: B)
where
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
{
    let drain = async move {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > DRAIN_BYTES {
                return;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, drain));
}
