//! Answers from memory that were sent a moment ago, as they were sent.
//!
//! What is asked thousands of times a second differs within the second in nothing but how long it took. So the last
//! response is kept beside the reading and the facts that it was made of, and is sent again to whoever asks with that
//! very reading, and is answered with those very facts, in that second. Nothing here decides whether an answer is still
//! known: memory is asked before.

use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response};
use tabuada_lang::Program;

use super::coding::PACKED_FROM_BYTES;
use super::render::SERVER_TIMING;
use super::request_id::REQUEST_ID;
use crate::answer::{Origin, Outcome, Reply, now};
use crate::facts::Answer;

/// Responses that are kept. Each has its place, and goes when another comes that has the same.
const PLACES: usize = 256;

/// All that a response from memory is made of, but for what its asker prefers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'r> {
    program: &'r Arc<Program>,
    answer: &'r Arc<Answer>,
    /// Seconds since it was worked out.
    age: u64,
    /// Seconds for which it will still be remembered.
    ttl: Option<u64>,
}

impl<'r> Moment<'r> {
    /// `None` if the reply is not from memory.
    pub(super) fn of(reply: &'r Reply) -> Option<Self> {
        let Outcome::Answered(program, answer) = &reply.outcome else { return None };
        let Origin::Memory(ttl) = reply.origin else { return None };
        let age = now().saturating_sub(answer.born);
        Some(Self { program, answer, age, ttl: ttl.map(|ttl| ttl.as_secs()) })
    }

    fn place(&self) -> usize {
        // Those that were allocated after each other lie at least this far apart.
        (ptr::from_ref(&**self.program).addr() / size_of::<Program>()) % PLACES
    }
}

struct Kept {
    program: Arc<Program>,
    answer: Arc<Answer>,
    age: u64,
    ttl: Option<u64>,
    headers: HeaderMap,
    body: Bytes,
}

impl Kept {
    /// The program and the answer are held, so that no others can be where they are.
    fn is_of(&self, moment: &Moment<'_>) -> bool {
        Arc::ptr_eq(&self.program, moment.program)
            && Arc::ptr_eq(&self.answer, moment.answer)
            && (self.age, self.ttl) == (moment.age, moment.ttl)
    }
}

/// The responses that were sent last.
pub(super) struct Sent(Box<[Mutex<Option<Kept>>]>);

impl Sent {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| Mutex::new(None)).collect())
    }

    /// What was sent to another in this moment.
    pub(super) fn again(&self, moment: Moment<'_>) -> Option<Response<Body>> {
        let place = self.0[moment.place()].lock().unwrap_or_else(PoisonError::into_inner);
        let kept = place.as_ref().filter(|kept| kept.is_of(&moment))?;
        let mut response = Response::new(Body::from(kept.body.clone()));
        *response.headers_mut() = kept.headers.clone();
        Some(response)
    }

    /// Keeps what is sent, unless it is so long that it may be packed, which not every asker takes.
    pub(super) fn keep(&self, moment: Moment<'_>, headers: &HeaderMap, body: Bytes) {
        if body.len() < PACKED_FROM_BYTES {
            let Moment { program, answer, age, ttl } = moment;
            let (program, answer, mut headers) = (program.clone(), answer.clone(), headers.clone());
            // They come anew each time, and find their places.
            for name in [SERVER_TIMING, REQUEST_ID] {
                headers.insert(name, HeaderValue::from_static(""));
            }
            let mut place = self.0[moment.place()].lock().unwrap_or_else(PoisonError::into_inner);
            *place = Some(Kept { program, answer, age, ttl, headers, body });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tabuada_lang::Limits;

    use super::*;
    use crate::engine;

    fn reply(program: &Arc<Program>, answer: &Arc<Answer>, ttl: u64) -> Reply {
        let origin = Origin::Memory(Some(Duration::from_secs(ttl)));
        Reply {
            outcome: Outcome::Answered(program.clone(), answer.clone()),
            origin,
            name: None,
            has_asked_redis: false,
        }
    }

    fn read(text: &str) -> (Arc<Program>, Arc<Answer>) {
        let limits = Limits::default();
        let program = engine::read(text, &limits).unwrap();
        let evaluation = engine::try_evaluate(&program, &limits, 1_000).unwrap();
        let answer = Answer::new(evaluation, program.mode(), now());
        (Arc::new(program), Arc::new(answer))
    }

    /// Another spelling may have hints, or none; another answer is another, even of the same text.
    #[test]
    fn what_was_sent_is_sent_again_of_the_same_reading_and_the_same_facts_and_in_the_same_second() {
        let ((program, answer), (other_program, other_answer)) = (read("2+2"), read("2+2"));
        let sent = Sent::new();
        let first = reply(&program, &answer, 60);
        let moment = Moment::of(&first).unwrap();
        assert!(sent.again(moment).is_none());
        sent.keep(moment, &HeaderMap::new(), Bytes::from("4"));
        assert!(sent.again(moment).is_some());
        assert!(sent.again(Moment { age: moment.age + 1, ..moment }).is_none());
        // Two programs may have one place: it is not that by which they are told apart.
        let place = sent.0[moment.place()].lock().unwrap();
        let kept = place.as_ref().unwrap();
        assert!(kept.is_of(&moment));
        for other in
            [reply(&program, &other_answer, 60), reply(&other_program, &answer, 60), reply(&program, &answer, 59)]
        {
            let other = Moment { age: moment.age, ..Moment::of(&other).unwrap() };
            assert!(!kept.is_of(&other), "{other:?}");
        }
        drop(place);
        sent.keep(moment, &HeaderMap::new(), Bytes::from(vec![b'4'; PACKED_FROM_BYTES]));
        assert!(sent.again(moment).is_some(), "what is too long to be kept drives nothing out");
    }

    #[test]
    fn only_what_is_from_memory_has_a_moment() {
        let (program, answer) = read("2+2");
        for origin in [Origin::Redis, Origin::Computed { stored: true }, Origin::Collapsed, Origin::Impure] {
            assert!(Moment::of(&Reply { origin, ..reply(&program, &answer, 60) }).is_none(), "{origin:?}");
        }
    }
}
