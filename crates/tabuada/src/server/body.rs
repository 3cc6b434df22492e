//! The body of a request, within limits of size and time, and all bodies within a limit of memory.

use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use http_body_util::BodyExt;

use crate::peer::{Holdings, Peer, Share};

/// Largest body that is read: 16 times the longest expression, enough if every character is escaped.
pub(super) const BODY_BYTES: usize = 1 << 20;

/// Bodies up to this size are parsed on the thread that serves, longer ones by the readers.
pub(super) const INLINE_BODY_BYTES: usize = 4 << 10;

/// What all bodies together may hold until they are parsed, small ones aside. There are many connections, and each may
/// send a body.
const ALL_BODIES_BYTES: usize = 64 << 20;

/// A body up to this size is not counted: its connection costs as much.
const SMALL_BYTES: usize = 16 << 10;

/// How much of a body that is too large is still read after the answer, and for how long. Most clients look for an
/// answer only when they have sent everything: if the connection closed at once, they would never see it.
pub(super) const DRAIN_BYTES: usize = 256 << 20;
pub(super) const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// Larger than [`BODY_BYTES`].
    TooLarge,
    /// It did not arrive [in time](crate::server::bounds::Bounds::body_time).
    TooSlow,
    /// It broke off, or its framing was wrong.
    Broken,
    /// Other bodies, of this peer or of all, use all the memory for bodies.
    NoRoom,
}

impl NoBody {
    /// Why a body broke off: its next chunk [may have been too large](crate::server::connections::framing).
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

/// The bodies of a server that arrive or wait to be parsed.
#[derive(Debug)]
pub(super) struct Bodies {
    time: Duration,
    room: Arc<Room>,
}

impl Bodies {
    /// `time` is how long a body may take to arrive, `share` how much of the memory one peer may use.
    pub(super) fn new(time: Duration, share: Share) -> Self {
        let (all, each) = (ALL_BODIES_BYTES, share.of(ALL_BODIES_BYTES));
        Self { time, room: Arc::new(Room { all, each, taken: Mutex::default() }) }
    }

    /// Reads the whole body of a request of a peer. It is not copied if it came in one piece. It holds its memory until
    /// it is dropped.
    pub(super) async fn read<B>(&self, peer: Peer, headers: &HeaderMap, body: B) -> Result<Bytes, NoBody>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
    {
        let body = admit(headers, body)?;
        let place = Place { room: self.room.clone(), peer, bytes: 0 };
        tokio::time::timeout(self.time, collect(body, place)).await.unwrap_or(Err(NoBody::TooSlow))
    }
}

/// Memory for bodies, of which each peer may have its share.
#[derive(Debug)]
struct Room {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    each: Holdings,
}

impl Room {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of one body, given back on drop.
#[derive(Debug)]
struct Place {
    room: Arc<Room>,
    peer: Peer,
    bytes: usize,
}

impl Place {
    /// Reserves memory for a body of so many bytes.
    fn grow(&mut self, bytes: usize) -> Result<(), NoBody> {
        if bytes <= SMALL_BYTES {
            return Ok(());
        }
        let more = bytes - self.bytes;
        let mut taken = self.room.taken();
        if taken.all + more > self.room.all || taken.each.of(self.peer) + more > self.room.each {
            return Err(NoBody::NoRoom);
        }
        taken.all += more;
        taken.each.add(self.peer, more);
        self.bytes = bytes;
        Ok(())
    }

    /// The bytes of a body, which keep their memory reserved.
    fn with(self, bytes: impl AsRef<[u8]> + Into<Bytes> + Send + 'static) -> Bytes {
        if self.bytes == 0 { bytes.into() } else { Bytes::from_owner(Placed { bytes, _place: self }) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.room.taken();
        taken.all -= self.bytes;
        taken.each.take_away(self.peer, self.bytes);
    }
}

struct Placed<T> {
    bytes: T,
    _place: Place,
}

impl<T: AsRef<[u8]>> AsRef<[u8]> for Placed<T> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

/// Admits a body that does not declare itself too large.
pub(super) fn admit<B>(headers: &HeaderMap, body: B) -> Result<B, NoBody>
where
    B: HttpBody<Data = Bytes> + Unpin + Send + 'static,
{
    if body.size_hint().lower() <= BODY_BYTES as u64 {
        return Ok(body);
    }
    // A client that sent `Expect: 100-continue` sends nothing after a refusal.
    if !headers.contains_key(EXPECT) {
        drain(body);
    }
    Err(NoBody::TooLarge)
}

async fn collect<B>(mut body: B, mut place: Place) -> Result<Bytes, NoBody>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    // A body that declares its length is copied once; what is only declared and never comes takes no memory.
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX).min(BODY_BYTES);
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(NoBody::of)?.into_data() else { continue };
        let bytes = first.len() + all.len() + data.len();
        if bytes > BODY_BYTES {
            drain(body);
            return Err(NoBody::TooLarge);
        }
        place.grow(bytes)?;
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.reserve_exact(declared.max(bytes));
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
            // Other requests go first: more of a long body is mostly there already.
            tokio::task::yield_now().await;
        }
    }
    Ok(if all.is_empty() { place.with(first) } else { place.with(all) })
}

/// Reads the rest of a body and discards it.
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
