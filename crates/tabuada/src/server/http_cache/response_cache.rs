//! Answers from memory that were sent a moment ago, as they were sent.
//!
//! What is asked thousands of times a second differs within the second in nothing but how long it took. So the last
//! response to a query is kept beside the facts that it was made of, and is sent again to whoever asks the very same in
//! that second and would be answered with those very facts. Nothing here decides whether an answer is still known: memory
//! is asked each time.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderMap, HeaderValue, Response};
use quick_cache::sync::Cache;

use crate::answer::{Calculator, Name, Origin, Outcome, Reply};
use crate::clock::Second;
use crate::record::Answer;
use crate::server::negotiation::encoding::PACKED_FROM_BYTES;
use crate::server::render::{NOSNIFF, SERVER_TIMING};
use crate::server::request_id::REQUEST_ID;

/// Responses that are kept; each is of a query and of a body that are at most so long.
const KEPT: usize = 256;
const QUERY_BYTES: usize = 512;
const BODY_BYTES: usize = PACKED_FROM_BYTES - 1;

struct Kept {
    name: Arc<Name>,
    /// It is held, so that no other can be where it is.
    answer: Arc<Answer>,
    /// Seconds for which it was still to be remembered.
    ttl: Option<u64>,
    /// Until when its age holds.
    end: Instant,
    headers: HeaderMap,
    body: Bytes,
}

/// The responses that were sent last, by query.
pub(in crate::server) struct ResponseCache(Cache<Box<str>, Arc<Kept>>);

impl ResponseCache {
    pub(in crate::server) fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    /// What was sent to another who asked this in the second in which this request was begun, if it is what would be sent
    /// now: memory is asked.
    pub(in crate::server) fn again(
        &self,
        query: &str,
        begun: Instant,
        calculator: &Calculator,
    ) -> Option<Response<Body>> {
        let kept = self.0.get(query).filter(|kept| begun < kept.end)?;
        calculator.recall_if(&kept.name, |found| {
            Arc::ptr_eq(&found.value, &kept.answer) && found.ttl.map(|ttl| ttl.as_secs()) == kept.ttl
        })?;
        let mut response = Response::new(Body::from(kept.body.clone()));
        response.headers_mut().clone_from(&kept.headers);
        Some(response)
    }

    /// Keeps what is sent to whoever asks this in this second, unless it is not from memory, or may be packed, which not
    /// every asker takes.
    pub(in crate::server) fn keep(&self, query: &str, reply: &Reply, second: Second, headers: &HeaderMap, body: Bytes) {
        let (Outcome::Answered(_, answer), Origin::Memory(ttl), Some(name)) =
            (&reply.outcome, reply.origin, &reply.name)
        else {
            return;
        };
        if query.len() > QUERY_BYTES || body.len() > BODY_BYTES {
            return;
        }
        // These come anew each time, and find their places at once.
        let mut kept = HeaderMap::with_capacity(headers.len() + 3);
        for name in [SERVER_TIMING, REQUEST_ID] {
            kept.insert(name, HeaderValue::from_static(""));
        }
        kept.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        kept.extend(headers.clone());
        let (name, answer, ttl) = (name.clone(), answer.clone(), ttl.map(|ttl| ttl.as_secs()));
        self.0.insert(query.into(), Arc::new(Kept { name, answer, ttl, end: second.end, headers: kept, body }));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tabuada_cache::Options;

    use super::*;
    use crate::counters::Counters;

    const QUERY: &str = "expr=2%2B2";

    /// A calculator that remembers for ever, and what it has in memory for `2+2`.
    async fn remembered() -> (Calculator, Reply) {
        let options = Options { ttl: None, ..Options::default() };
        let calculator = Calculator::new(options, 1, Counters::default()).unwrap();
        calculator.answer("2+2").await;
        let reply = calculator.answer("2+2").await;
        assert_eq!(reply.origin, Origin::Memory(None));
        (calculator, reply)
    }

    #[tokio::test]
    async fn what_was_sent_is_sent_again_of_the_same_facts_and_in_the_same_second() {
        let (calculator, reply) = remembered().await;
        let (_, elsewhere) = remembered().await;
        let sent = ResponseCache::new();
        let second = Second::now();
        let begun = second.end - Duration::from_nanos(1);
        let again = |query| sent.again(query, begun, &calculator).is_some();
        let keep = |reply: &Reply| sent.keep(QUERY, reply, second, &HeaderMap::new(), Bytes::from("4"));

        assert!(!again(QUERY));
        keep(&reply);
        assert!(again(QUERY));
        assert!(!again("expr=2%2b2"), "it may have hints where this has none");
        assert!(sent.again(QUERY, second.end, &calculator).is_none(), "its age is another");
        keep(&elsewhere);
        assert!(!again(QUERY), "these are other facts, if equal ones");
        keep(&Reply { origin: Origin::Memory(Some(Duration::from_secs(60))), ..reply });
        assert!(!again(QUERY), "it is remembered for longer than was said");
    }

    /// What is not sent again is not counted as asked for, either: whoever asks goes on, and is counted then.
    #[tokio::test]
    async fn what_is_sent_again_is_counted_once() {
        let counters = Counters::default();
        let options = Options { ttl: None, ..Options::default() };
        let calculator = Calculator::new(options, 1, counters.clone()).unwrap();
        calculator.answer("2+2").await;
        let reply = calculator.answer("2+2").await;
        let counted = || {
            let stats = calculator.cache().stats();
            let counts =
                [&stats.answers, &stats.memory_lookups].map(|counts| counts.iter().map(|count| count.count).sum());
            (counters.asked.get(), counts)
        };
        assert_eq!(counted(), (2, [2, 2]));
        let (sent, second) = (ResponseCache::new(), Second::now());
        let begun = second.end - Duration::from_nanos(1);
        sent.keep(QUERY, &reply, second, &HeaderMap::new(), Bytes::from("4"));
        assert!(sent.again(QUERY, begun, &calculator).is_some());
        assert_eq!(counted(), (3, [3, 3]));
        sent.keep(
            QUERY,
            &Reply { origin: Origin::Memory(Some(Duration::ZERO)), ..reply },
            second,
            &HeaderMap::new(),
            Bytes::new(),
        );
        assert!(sent.again(QUERY, begun, &calculator).is_none());
        assert_eq!(counted(), (3, [3, 3]));
    }

    #[tokio::test]
    async fn what_is_long_or_not_from_memory_is_not_kept() {
        let (calculator, reply) = remembered().await;
        let (sent, second) = (ResponseCache::new(), Second::now());
        let begun = second.end - Duration::from_nanos(1);
        let is_kept = |query: &str, reply: &Reply, bytes| {
            sent.keep(query, reply, second, &HeaderMap::new(), Bytes::from(vec![b'4'; bytes]));
            sent.again(query, begun, &calculator).is_some()
        };
        let queries = [QUERY_BYTES, QUERY_BYTES + 1].map(|bytes| "+".repeat(bytes));
        assert!(is_kept(&queries[0], &reply, 1) && !is_kept(&queries[1], &reply, 1));
        assert!(is_kept("long", &reply, BODY_BYTES) && !is_kept("longer", &reply, BODY_BYTES + 1));
        let mut reply = reply;
        for origin in [Origin::Redis, Origin::Computed { stored: true }, Origin::Collapsed, Origin::Impure] {
            reply.origin = origin;
            assert!(!is_kept("other", &reply, 1), "{origin:?}");
        }
    }
}
