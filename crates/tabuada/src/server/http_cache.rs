//! How long others may keep an answer, and how they ask whether the one they kept still holds (RFC 9110 and 9111).
//!
//! A route that answers the same to the same question makes a [`Tag`] of what its body is made of, and a [`Freshness`] of
//! that; [`Freshness::known`] spares the work if the asker has the body already, [`Freshness::put_on`] packs it and sets
//! the headers. What differs each time is [`not_kept`](crate::server::render::not_kept).

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
use crate::workers::Hands;

/// What follows from the text alone is good for a day; a new version of ours, which may answer better, is not waited for
/// any longer.
const SECONDS: u64 = 24 * 60 * 60;
/// The greatest age that is told, a year: what is said to be older was written by somebody else.
const AGE_MAX: u64 = 365 * SECONDS;

/// Words for people, which a new version may choose otherwise: an hour.
pub(super) const WORDS_SECONDS: u64 = 60 * 60;

/// Packing more than this is the workers' business: some milliseconds.
const INLINE_BYTES: usize = 16 << 10;

/// Names a body, before it is known how that is packed: the same on every node, and at every start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u128);

impl Tag {
    /// The tag of whatever is made of these parts, and of nothing else.
    ///
    /// A tag is compared with those of one address only, by whoever has its body: to find two texts with one tag gains
    /// nobody anything.
    pub(super) fn of(parts: &[&str]) -> Self {
        let mut hasher = SipHasher13::new();
        for part in parts {
            // The length before it keeps `ab`, `c` from `a`, `bc`.
            hasher.write(&(part.len() as u64).to_le_bytes());
            hasher.write(part.as_bytes());
        }
        Self(hasher.finish128().as_u128())
    }

    /// In quotes. One body packed in two ways is two bodies to a strong tag.
    fn quoted(self, coding: Coding) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 32];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0.to_be_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        let hex = str::from_utf8(&hex).unwrap_or_default();
        match coding.name() {
            None => ["\"", hex, "\""].concat(),
            Some(name) => ["\"", hex, "-", name, "\""].concat(),
        }
    }
}

/// A body that others may keep: its tag, and for how long.
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

    /// It was made so long ago, and remembered since.
    pub(super) fn aged(self, seconds: u64) -> Self {
        Self { age: Some(seconds.min(AGE_MAX)), ..self }
    }

    /// It holds words, in the language that the asker prefers.
    pub(super) fn in_words(self) -> Self {
        Self { is_in_words: true, ..self }
    }

    /// It is of the kind that the asker prefers.
    pub(super) fn of_a_kind(self) -> Self {
        Self { is_of_a_kind: true, ..self }
    }

    /// It is packed as it is, and no coding makes it shorter.
    pub(super) fn packed(self) -> Self {
        Self { is_packed: true, ..self }
    }

    /// The answer for an asker that says it has this body. Found by the tag alone: nothing has to be worked out.
    pub(super) fn known(&self, asker: &HeaderMap) -> Option<Response<Body>> {
        if !is_conditional(asker) {
            return None;
        }
        let accepted = Accepted::by(asker);
        let is_sent = |coding: &Coding| accepted.takes(*coding) && (*coding == Coding::Identity || !self.is_packed);
        let coding = Coding::ALL.into_iter().filter(is_sent).find(|coding| {
            let tag = self.tag.quoted(*coding);
            tags(asker).any(|given| given == tag.trim_matches('"').as_bytes())
        })?;
        Some(self.not_modified(coding))
    }

    /// Packs a body if the asker likes that, and says how long it is good for. An asker that has it is told so instead.
    pub(super) async fn put_on(
        &self,
        mut response: Response<Body>,
        asker: &HeaderMap,
        workers: Hands<'_>,
    ) -> Response<Body> {
        // A condition is about what would be a success (RFC 9110, section 13.2.1).
        let is_conditional = response.status() == StatusCode::OK && is_conditional(asker);
        if is_conditional && let Some(known) = self.known(asker) {
            return known;
        }
        let may_be_packed = !self.is_packed && response.body().size_hint().lower() >= PACKED_FROM_BYTES as u64;
        let best = if may_be_packed { Accepted::by(asker).best() } else { Coding::Identity };
        let coding = if best == Coding::Identity { best } else { Box::pin(pack(&mut response, best, workers)).await };
        if is_conditional && is_any(asker) {
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
        // Its age counts, so that what was remembered long ago is fresh for as long as what is made now.
        let seconds = digits.format(self.age.unwrap_or(0) + self.seconds);
        let cache_control = ["public, max-age=", seconds].concat();
        let mut say = |name, text: String| {
            // Digits, letters and what stands above.
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

/// Packs the body, and says how it is packed now.
async fn pack(response: &mut Response<Body>, coding: Coding, workers: Hands<'_>) -> Coding {
    let body = std::mem::take(response.body_mut());
    // It is whole and there: nothing is waited for.
    let bytes = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
    let packed = if bytes.len() <= INLINE_BYTES {
        coding.pack(&bytes)
    } else {
        let bytes = bytes.clone();
        // Nobody free to pack it: it goes as it is.
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

/// Whether an asker says what it has.
pub(super) fn is_conditional(asker: &HeaderMap) -> bool {
    lines(asker, IF_NONE_MATCH).next().is_some()
}

/// The tags that an asker names in `If-None-Match`, whether it calls them weak or not. No tag holds a quote.
fn tags(asker: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    lines(asker, IF_NONE_MATCH).flat_map(|list| list.as_bytes().split(|byte| *byte == b'"').skip(1).step_by(2))
}

/// `If-None-Match: *`: whatever there is, the asker has it.
fn is_any(asker: &HeaderMap) -> bool {
    lines(asker, IF_NONE_MATCH).any(|list| list.as_bytes().trim_ascii() == b"*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Peer;
    use crate::workers::Workers;

    fn asker(pairs: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
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

    /// Lists, weak ones, several lines; codings that the asker takes, and no others.
    #[test]
    fn who_has_it_is_told_so() {
        use axum::http::header::ACCEPT_ENCODING;
        let fresh = Freshness::new(Tag::of(&["x"]));
        let plain = fresh.tag.quoted(Coding::Identity);
        let gzip = fresh.tag.quoted(Coding::Gzip);
        let told = |pairs: &[(axum::http::HeaderName, &str)]| {
            let known = fresh.known(&asker(pairs))?;
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
        let asker = asker(&[(IF_NONE_MATCH, "*")]);
        let mut failed = Response::new(Body::from("no"));
        *failed.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        assert_eq!(
            fresh.put_on(failed, &asker, workers.by(Peer::default())).await.status(),
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let told = fresh.put_on(Response::new(Body::from("yes")), &asker, workers.by(Peer::default())).await;
        assert_eq!(told.status(), StatusCode::NOT_MODIFIED);
    }
}
