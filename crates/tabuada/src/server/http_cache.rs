//! How long caches may store an answer, and conditional requests (RFC 9110 and 9111).
//!
//! A route whose answer depends only on the question makes a [`Tag`] from the parts of its body, and a [`Freshness`]
//! from the tag. [`Freshness::known`] saves the work if the client has the body already; [`Freshness::put_on`]
//! compresses the body and sets the headers. An answer that differs each time is
//! [`not_kept`](crate::server::render::not_kept).

pub(super) mod response_cache;

use std::hash::Hasher as _;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::{AGE, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::answer::DEADLINE;
use crate::server::negotiation::encoding::{Accepted, Coding, PACKED_FROM_BYTES};
use crate::server::negotiation::qvalues::lines;
use crate::server::render::vary;
use crate::server::request_id::hexadecimal;
use crate::workers::PeerPool;

/// An answer that depends on the text alone is fresh for a day: clients get better answers of a new version after that
/// time at the latest.
const SECONDS: u64 = 24 * 60 * 60;
/// The largest `Age`, a year: an older entry was written by somebody else.
const AGE_MAX: u64 = 365 * SECONDS;

/// Messages for people, which a new version may word differently.
const WORDS_SECONDS: u64 = 60 * 60;

/// Larger bodies are compressed on the workers: it takes some milliseconds.
const INLINE_BYTES: usize = 16 << 10;

/// The entity tag of a body, independent of its compression: the same on every node and after every restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u128);

impl Tag {
    /// The tag of what is made from these parts.
    ///
    /// Tags of one URL only are compared, by a client that has the body: a collision gains nobody anything.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hasher = SipHasher13::new();
        for part in parts {
            // The length distinguishes `ab`, `c` from `a`, `bc`.
            hasher.write(&(part.len() as u64).to_le_bytes());
            hasher.write(part.as_bytes());
        }
        Self(hasher.finish128().as_u128())
    }

    /// In quotes. A strong tag differs between two encodings of one body.
    fn quoted(self, coding: Coding) -> String {
        let halves = [(self.0 >> 64) as u64, self.0 as u64].map(hexadecimal);
        let [high, low] = [&halves[0], &halves[1]].map(|half| str::from_utf8(half).unwrap_or_default());
        match coding.name() {
            None => ["\"", high, low, "\""].concat(),
            Some(name) => ["\"", high, low, "-", name, "\""].concat(),
        }
    }
}

/// How a body may be cached: its tag, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Freshness {
    tag: Tag,
    seconds: u64,
    age: Option<u64>,
    is_in_words: bool,
    is_of_a_kind: bool,
    is_packed: bool,
}

impl Freshness {
    /// For a day.
    pub(super) fn new(tag: Tag) -> Self {
        Self { tag, seconds: SECONDS, age: None, is_in_words: false, is_of_a_kind: false, is_packed: false }
    }

    /// For so long.
    pub(super) fn for_seconds(self, seconds: u64) -> Self {
        Self { seconds, ..self }
    }

    /// It was computed so many seconds ago.
    pub(super) fn aged(self, seconds: u64) -> Self {
        Self { age: Some(seconds.min(AGE_MAX)), ..self }
    }

    /// It contains messages, in the language that the client prefers: for an hour.
    pub(super) fn in_words(self) -> Self {
        Self { is_in_words: true, seconds: WORDS_SECONDS, ..self }
    }

    /// Its media type is the one that the client prefers.
    pub(super) fn of_a_kind(self) -> Self {
        Self { is_of_a_kind: true, ..self }
    }

    /// It is compressed already; no encoding makes it shorter.
    pub(super) fn packed(self) -> Self {
        Self { is_packed: true, ..self }
    }

    /// 304 for a client that has this body, decided by the tag alone: nothing has to be computed.
    pub(super) fn known(&self, request: &HeaderMap) -> Option<Response<Body>> {
        if !is_conditional(request) {
            return None;
        }
        let accepted = Accepted::by(request);
        let is_sent = |coding: &Coding| accepted.takes(*coding) && (*coding == Coding::Identity || !self.is_packed);
        let coding = Coding::ALL.into_iter().filter(is_sent).find(|coding| {
            let tag = self.tag.quoted(*coding);
            tags(request).any(|given| given == tag.trim_matches('"').as_bytes())
        })?;
        Some(self.not_modified(coding))
    }

    /// Compresses a body if the client prefers that, and sets the headers for caches. A client that has the body
    /// receives 304.
    pub(super) async fn put_on(
        &self,
        mut response: Response<Body>,
        request: &HeaderMap,
        workers: PeerPool<'_>,
    ) -> Response<Body> {
        // A condition applies to what would be a success (RFC 9110, section 13.2.1).
        let is_conditional = response.status() == StatusCode::OK && is_conditional(request);
        if is_conditional && let Some(known) = self.known(request) {
            return known;
        }
        let may_be_packed = !self.is_packed && response.body().size_hint().lower() >= PACKED_FROM_BYTES as u64;
        let best = if may_be_packed { Accepted::by(request).best() } else { Coding::Identity };
        let coding = if best == Coding::Identity { best } else { Box::pin(pack(&mut response, best, workers)).await };
        if is_conditional && is_any(request) {
            return self.not_modified(coding);
        }
        self.say_in(response.headers_mut(), coding);
        response
    }

    fn not_modified(&self, coding: Coding) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        self.say_in(response.headers_mut(), coding);
        response
    }

    fn say_in(&self, headers: &mut HeaderMap, coding: Coding) {
        let mut digits = itoa::Buffer::new();
        // `max-age` includes the age, so that an old answer is fresh for as long as a new one.
        let seconds = digits.format(self.age.unwrap_or(0) + self.seconds);
        let cache_control = ["public, max-age=", seconds].concat();
        let mut say = |name, text: String| {
            // Digits, letters and these texts.
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        };
        say(ETAG, self.tag.quoted(coding));
        say(CACHE_CONTROL, cache_control);
        if let Some(age) = self.age {
            say(AGE, digits.format(age).to_owned());
        }
        let names = match (self.is_of_a_kind, self.is_in_words) {
            (false, false) => "Accept-Encoding",
            (false, true) => "Accept-Encoding, Accept-Language",
            (true, false) => "Accept, Accept-Encoding",
            (true, true) => "Accept, Accept-Encoding, Accept-Language",
        };
        vary(headers, names);
    }
}

/// Compresses the body, and gives its encoding.
async fn pack(response: &mut Response<Body>, coding: Coding, workers: PeerPool<'_>) -> Coding {
    let body = std::mem::take(response.body_mut());
    // The whole body is there: nothing to wait for.
    let bytes = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
    let packed = if bytes.len() <= INLINE_BYTES {
        coding.pack(&bytes)
    } else {
        let bytes = bytes.clone();
        // No worker is free: it is sent uncompressed.
        workers.run(DEADLINE, move || coding.pack(&bytes)).await.unwrap_or(None)
    };
    let Some(packed) = packed.map(Bytes::from) else {
        *response.body_mut() = Body::from(bytes);
        return Coding::Identity;
    };
    *response.body_mut() = Body::from(packed);
    if let Some(name) = coding.name() {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    coding
}

/// Whether a request is conditional.
pub(super) fn is_conditional(request: &HeaderMap) -> bool {
    lines(request, IF_NONE_MATCH).next().is_some()
}

/// The tags in `If-None-Match`, weak or strong. No tag contains a quote.
fn tags(request: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    lines(request, IF_NONE_MATCH).flat_map(|list| list.as_bytes().split(|byte| *byte == b'"').skip(1).step_by(2))
}

/// `If-None-Match: *`: the client has whatever there is.
fn is_any(request: &HeaderMap) -> bool {
    lines(request, IF_NONE_MATCH).any(|list| list.as_bytes().trim_ascii() == b"*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Peer;
    use crate::workers::Workers;

    fn request_with(pairs: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_tag_tells_its_parts_apart() {
        assert_eq!(Tag::of(&["1", "2+2"]), Tag::of(&["1", "2+2"]));
        let tags = [Tag::of(&["ab", "c"]), Tag::of(&["a", "bc"]), Tag::of(&["abc"]), Tag::of(&["abc", ""])];
        for (at, tag) in tags.iter().enumerate() {
            assert!(!tags[..at].contains(tag), "{at}");
        }
    }

    /// Lists, weak tags, several lines; only encodings that the client accepts.
    #[test]
    fn who_has_it_is_told_so() {
        use axum::http::header::ACCEPT_ENCODING;
        let fresh = Freshness::new(Tag::of(&["x"]));
        let plain = fresh.tag.quoted(Coding::Identity);
        let gzip = fresh.tag.quoted(Coding::Gzip);
        let told = |pairs: &[(axum::http::HeaderName, &str)]| {
            let known = fresh.known(&request_with(pairs))?;
            assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
            Some(known.headers()[ETAG].to_str().unwrap().to_owned())
        };
        for list in
            [plain.clone(), format!("W/{plain}"), format!("\"a,b\", {plain}"), format!("\"a\",W/\"b\" ,{plain}")]
        {
            assert_eq!(told(&[(IF_NONE_MATCH, &list)]).as_ref(), Some(&plain), "{list}");
        }
        assert_eq!(told(&[(IF_NONE_MATCH, "\"a\""), (IF_NONE_MATCH, &plain)]).as_ref(), Some(&plain));
        for list in ["", "*", "\"a\"", "\"\"", &gzip, plain.trim_matches('"'), &plain.replace('"', "\"\"")] {
            assert_eq!(told(&[(IF_NONE_MATCH, list)]), None, "{list}");
        }
        let both = format!("{plain}, {gzip}");
        assert_eq!(told(&[(IF_NONE_MATCH, &both), (ACCEPT_ENCODING, "gzip")]).as_ref(), Some(&gzip));
        assert_eq!(told(&[(IF_NONE_MATCH, &both), (ACCEPT_ENCODING, "br")]).as_ref(), Some(&plain));
    }

    #[tokio::test]
    async fn a_condition_is_only_about_a_success() {
        let workers = Workers::new(1.into());
        let fresh = Freshness::new(Tag::of(&["x"]));
        let request = request_with(&[(IF_NONE_MATCH, "*")]);
        let mut failed = Response::new(Body::from("no"));
        *failed.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!(
            fresh.put_on(failed, &request, workers.by(Peer::default())).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let told = fresh.put_on(Response::new(Body::from("yes")), &request, workers.by(Peer::default())).await;
        assert_eq!(told.status(), StatusCode::NOT_MODIFIED);
    }
}
