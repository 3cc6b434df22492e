//! `/v1/batch`: many expressions, one answer a line, in the same order and form as `tabuada batch`.
//!
//! Lines are answered in blocks as they arrive. A block runs on a worker while its answers are cheap, and leaves it to
//! await an expensive one. It holds a slot for bulk work all the while; bulk work gets half of the workers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Response};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use tabuada_lang::{ErrorKind, Limits, Presentation};

use super::question::{no_body, object, truth};
use crate::answer::{Calculator, DEADLINE, Later, Origin, Outcome, Reply};
use crate::engine::Question;
use crate::ndjson::{
    Malformed, Usual, write_error, write_explanation, write_failure, write_malformed, write_proof, write_unreadable,
    write_value,
};
use crate::peer::Peer;
use crate::server::body::{self, INLINE_BODY_BYTES};
use crate::server::negotiation::language::{self, Language};
use crate::server::problems::{Fault, Problem};
use crate::server::state::App;
use crate::server::v1::ordered_stream::{Parts, Pieces, streamed};
use crate::workers::NotDone;

/// The most lines of one batch.
const LINES_MAX: usize = 10_000;

/// Lines of a block: enough that handing it to a worker costs little beside them, and few enough that they are answered
/// soon.
const BLOCK_LINES: usize = 2_048;

/// The fuel of a batch, in evaluations at their limit: about a second of one thread, as for a table.
const EVALUATIONS_AT_THEIR_LIMIT: u64 = 10;
/// And the time, waiting for workers included: far more than the fuel takes.
const WORK_TIME: Duration = Duration::from_secs(20);
/// How long a worker answers cheap lines before it takes other work.
const TURN: Duration = Duration::from_millis(50);
/// And with the last of these lines, on a busy machine.
const TURN_TIME: Duration = Duration::from_secs(10);

/// A piece of this size is sent; a slow client leaves a few of them in memory.
const PIECE_BYTES: usize = 96 << 10;
/// The capacity of a piece, allocated at once: a text that grows is copied, and the kernel clears the new memory each
/// time. The line that fills a piece nearly always fits in too.
const PIECE_ROOM: usize = 112 << 10;
/// Capacity for a line whose length is not known yet.
const LINE_ROOM: usize = 64;

const NDJSON: &str = "application/x-ndjson";

/// Evaluates many expressions. One line of JSON answers each question, in order, while the next ones are computed. A
/// question without a value, or a malformed one, is answered with an error in its line.
pub(in crate::server) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let language = language::preferred(request.headers());
    answer(&app, peer, request).await.unwrap_or_else(|problem| problem.response(language))
}

async fn answer(app: &App, peer: Peer, request: Request) -> Result<Response<Body>, Problem> {
    let (head, body) = request.into_parts();
    let budget = Arc::new(Budget::new(&Limits::default()));
    let (explain, has_proof) = (truth(&head.uri, "explain")?, truth(&head.uri, "proof")?);
    let how = How { calculator: app.calculator.clone(), peer, explain, has_proof, budget };
    let ahead = app.calculator.workers().bulk_at_once();
    if is_lines(&head.headers) {
        let body = body::admit(&head.headers, body).map_err(no_body)?;
        let (response, parts) = streamed(NDJSON, ahead, &app.counters);
        tokio::spawn(answer_arriving(how, Arriving::new(body, app.setup.bounds.body_time), parts));
        return Ok(response);
    }
    let body = app.bodies.read(peer, &head.headers, body).await.map_err(no_body)?;
    let elements = if body.len() <= INLINE_BODY_BYTES {
        elements(&body)?
    } else {
        app.calculator.readers().by(peer).run(DEADLINE, move || elements(&body)).await??
    };
    let mut elements = elements.into_iter();
    let (response, parts) = streamed(NDJSON, ahead, &app.counters);
    tokio::spawn(async move {
        while elements.len() > 0 {
            let questions = elements.by_ref().take(BLOCK_LINES).collect();
            let Some(pieces) = parts.next().await else { return };
            tokio::spawn(answer_block(
                how.clone(),
                Block { read: |element| Question::in_element(element), questions },
                pieces,
            ));
        }
    });
    Ok(response)
}

/// Whether the declared type of the body is one question a line.
fn is_lines(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|declared| declared.to_str().ok()).unwrap_or_default();
    let kind = declared.split(';').next().unwrap_or_default().trim();
    ["application/x-ndjson", "application/ndjson", "application/jsonl"]
        .iter()
        .any(|lines| kind.eq_ignore_ascii_case(lines))
}

/// The questions in `{"exprs": […]}`, as raw JSON.
fn elements(body: &Bytes) -> Result<Vec<Bytes>, Fault> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object")]
    struct Members<'b> {
        #[serde(borrow)]
        exprs: Vec<&'b RawValue>,
    }
    let Members { exprs } = object(body)?;
    if exprs.len() > LINES_MAX {
        return Err(Fault::LinesTooMany { most: LINES_MAX });
    }
    Ok(exprs.into_iter().map(|element| body.slice_ref(element.get().as_bytes())).collect())
}

/// Answers lines while they arrive. An error of the body is the last line of the answer, whose status was sent long
/// before.
async fn answer_arriving(how: How, mut lines: Arriving, parts: Parts) {
    loop {
        match lines.next().await {
            Ok(questions) if questions.is_empty() => return,
            Ok(questions) => {
                let Some(pieces) = parts.next().await else { return };
                tokio::spawn(answer_block(
                    how.clone(),
                    Block { read: |line| Question::in_line(line, Usual::default()), questions },
                    pieces,
                ));
            }
            Err(fault) => {
                let mut line = String::new();
                // In English, as all lines are.
                write_error(fault.code().1, &fault.message(Language::English), None, &mut line);
                line.push('\n');
                if let Some(pieces) = parts.next().await {
                    let _ = pieces.send(line.into()).await;
                }
                return lines.drain();
            }
        }
    }
}

/// Splits a body into lines as it arrives. Lines end with `\n` only.
struct Arriving {
    body: Option<Body>,
    /// How long to wait for more of it.
    time: Duration,
    /// Complete lines that were not returned yet.
    lines: VecDeque<Bytes>,
    /// The beginning of an incomplete line.
    begun: Vec<u8>,
    bytes: usize,
    count: usize,
}

impl Arriving {
    fn new(body: Body, time: Duration) -> Self {
        Self { body: Some(body), time, lines: VecDeque::new(), begun: Vec::new(), bytes: 0, count: 0 }
    }

    /// The next lines, at least one and at most a block; none at the end.
    async fn next(&mut self) -> Result<Vec<Bytes>, Fault> {
        while self.lines.is_empty() {
            if self.count > LINES_MAX {
                return Err(Fault::LinesTooMany { most: LINES_MAX });
            }
            let Some(body) = &mut self.body else { break };
            match tokio::time::timeout(self.time, body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.bytes += data.len();
                    if self.bytes > body::BODY_BYTES {
                        return Err(Fault::BodyTooLarge);
                    }
                    self.cut(data);
                }
                // The last line may lack its line feed; an empty one does not count.
                Ok(None) => {
                    self.body = None;
                    if !self.begun.is_empty() {
                        let last = std::mem::take(&mut self.begun);
                        self.add(last.into());
                    }
                }
                Ok(Some(Err(error))) => return Err(no_body(body::NoBody::of(error))),
                Err(_) => return Err(Fault::BodyTooSlow),
            }
        }
        let count = self.lines.len().min(BLOCK_LINES);
        Ok(self.lines.drain(..count).collect())
    }

    fn cut(&mut self, mut data: Bytes) {
        while self.count <= LINES_MAX {
            let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
                return self.begun.extend_from_slice(&data);
            };
            let mut line = data.split_to(end + 1);
            line.truncate(end);
            if !self.begun.is_empty() {
                self.begun.extend_from_slice(&line);
                line = std::mem::take(&mut self.begun).into();
            }
            self.add(line);
        }
    }

    fn add(&mut self, line: Bytes) {
        self.count += 1;
        // The line beyond the limit is counted, and not answered.
        if self.count <= LINES_MAX {
            self.lines.push_back(line);
        }
    }

    fn drain(self) {
        if let Some(body) = self.body {
            body::drain(body);
        }
    }
}

/// The settings of a batch.
#[derive(Clone)]
struct How {
    calculator: Arc<Calculator>,
    peer: Peer,
    explain: bool,
    has_proof: bool,
    budget: Arc<Budget>,
}

/// What the lines of one batch may cost together. Answers from the cache are free, unless they are shown.
struct Budget {
    fuel_given: u64,
    fuel_left: AtomicU64,
    /// For all computations: the backstop for a wrong price.
    milliseconds_left: AtomicU64,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        let fuel_given = limits.fuel * EVALUATIONS_AT_THEIR_LIMIT;
        let milliseconds_left = AtomicU64::new(WORK_TIME.as_millis() as u64);
        Self { fuel_given, fuel_left: AtomicU64::new(fuel_given), milliseconds_left }
    }

    /// Why no more lines are answered, if the budget is exhausted.
    fn exhausted(&self) -> Option<ErrorKind> {
        if self.fuel_left.load(Relaxed) == 0 {
            return Some(ErrorKind::OutOfFuel { limit: self.fuel_given });
        }
        (self.milliseconds_left.load(Relaxed) == 0).then_some(ErrorKind::Deadline)
    }

    /// Charges the cost of an answer. Other workers may spend at the same time, so the limit is exceeded by as many
    /// answers as there are workers.
    fn pay(&self, reply: &Reply, time: Duration) {
        if !matches!(reply.origin, Origin::Computed { .. } | Origin::Impure) {
            return;
        }
        let fuel = match &reply.outcome {
            Outcome::Answered(_, answer) => answer.fuel,
            _ => self.fuel_given / EVALUATIONS_AT_THEIR_LIMIT,
        };
        take(&self.fuel_left, fuel);
        take(&self.milliseconds_left, time.as_millis() as u64);
    }

    /// Charges a unit for each byte that is shown, also of an answer from the cache; all if that became too long.
    fn pay_for_shown(&self, shown: Option<&str>) {
        take(&self.fuel_left, shown.map_or(Presentation::BYTES_MAX, str::len) as u64);
    }
}

fn take(left: &AtomicU64, price: u64) {
    let _ = left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(price)));
}

/// Consecutive questions, and how they are parsed.
struct Block {
    questions: Vec<Bytes>,
    read: Read,
}

type Read = fn(&[u8]) -> Result<Question<'_>, Malformed>;

/// A question whose answer takes more than a moment.
type Expensive = (Question<'static>, Later);

async fn answer_block(how: How, block: Block, pieces: Pieces) {
    let block = Arc::new(block);
    let mut next = 0;
    while next < block.questions.len() {
        // Reserves the place in the channel first: a worker never waits for a client.
        let Ok(room) = pieces.reserve().await else { return };
        let workers = how.calculator.workers().by(how.peer);
        let share = workers.bulk().await;
        let work = {
            let (how, block, pieces) = (how.clone(), block.clone(), pieces.clone());
            move || how.take_turn(&block, next, &pieces)
        };
        let (lines, so_far, expensive) = match workers.run_within(DEADLINE, TURN_TIME, work).await {
            Ok(turn) => turn,
            Err(not_done) => return room.send(why_not(not_done).repeat(block.questions.len() - next).into()),
        };
        next = so_far;
        if lines.is_empty() {
            drop(room);
        } else {
            room.send(lines.into());
        }
        if let Some(expensive) = expensive {
            let line = tokio::select! {
                line = how.answer_later(expensive) => line,
                () = pieces.closed() => return,
            };
            next += 1;
            drop(share);
            if pieces.send(line.into()).await.is_err() {
                return;
            }
        }
    }
}

const OVERLOADED: &str = "too much is going on; try again in a second";

/// The line of each question that was left when work was not done.
fn why_not(not_done: NotDone) -> String {
    let (code, message) = match not_done {
        NotDone::Overloaded => ("overloaded", OVERLOADED),
        NotDone::Panicked => ("internal", "internal error"),
        NotDone::Overrun => ("deadline", "the lines before took too long"),
    };
    let mut line = String::new();
    write_error(code, message, None, &mut line);
    line + "\n"
}

impl How {
    /// Answers from `next` on until a piece is full, the turn is over, an expensive question comes, or the client has
    /// gone. Gives the lines, the number of the next question, and that question if it is expensive.
    fn take_turn(&self, block: &Block, mut next: usize, pieces: &Pieces) -> (String, usize, Option<Expensive>) {
        let begun = Instant::now();
        let count = block.questions.len();
        let mut lines = String::with_capacity(((count - next) * LINE_ROOM).min(PIECE_ROOM));
        while next < count && lines.len() < PIECE_BYTES && begun.elapsed() < TURN && !pieces.is_closed() {
            if let Err(expensive) = self.answer_now(&block.questions[next], block.read, &mut lines) {
                return (lines, next, Some(expensive));
            }
            next += 1;
        }
        (lines, next, None)
    }

    /// Writes the line that answers a question, if that takes a moment only.
    fn answer_now(&self, line: &[u8], read: Read, out: &mut String) -> Result<(), Expensive> {
        match (read(line), self.budget.exhausted()) {
            (Err(malformed), _) => write_malformed(malformed, out),
            (Ok(_), Some(kind)) => write_error(kind.code(), &kind.message(Language::English), None, out),
            (Ok(question), None) => {
                let begun = Instant::now();
                match self.calculator.try_now(&question) {
                    Ok(reply) => self.write(&question, &reply, begun.elapsed(), out),
                    Err(later) => return Err((question.into_owned(), later)),
                }
            }
        }
        out.push('\n');
        Ok(())
    }

    async fn answer_later(&self, (question, later): Expensive) -> String {
        let begun = Instant::now();
        let reply = self.calculator.answer_later(self.peer, later).await;
        let (how, time, is_shown) = (self.clone(), begun.elapsed(), question.shown.is_some());
        let write = move || {
            let mut line = String::new();
            how.write(&question, &reply, time, &mut line);
            line + "\n"
        };
        if !is_shown {
            return write();
        }
        // It takes some milliseconds for a long value.
        self.calculator.readers().by(self.peer).run(DEADLINE, write).await.unwrap_or_else(why_not)
    }

    /// Writes an answer, which took this time, and charges the budget.
    fn write(&self, question: &Question<'_>, reply: &Reply, time: Duration, out: &mut String) {
        self.budget.pay(reply, time);
        let explained = match &reply.outcome {
            Outcome::Answered(program, answer) => {
                match &answer.outcome {
                    Ok(printed) => {
                        let (shown, read_as) = (question.show(&printed.text), question.read_as(program));
                        if question.shown.is_some() {
                            self.budget.pay_for_shown(shown.as_deref());
                        }
                        write_value(printed, shown.as_deref(), read_as.as_deref(), out);
                    }
                    Err(failure) => write_failure(failure, program, question, out),
                }
                if self.has_proof {
                    write_proof(answer.proof(program).as_deref(), out);
                }
                Some((program, Some(answer.fuel)))
            }
            Outcome::Failed(program, failure) => {
                write_failure(failure, program, question, out);
                Some((program, None))
            }
            Outcome::Unreadable(error) => {
                write_unreadable(error, question, out);
                None
            }
            Outcome::Overloaded => {
                write_error("overloaded", OVERLOADED, None, out);
                None
            }
        };
        if let Some((program, fuel)) = explained.filter(|_| self.explain) {
            write_explanation(program, fuel, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line with 100 decimals is 102 bytes; the budget is 500 units.
    #[tokio::test]
    async fn what_is_shown_is_paid_for_even_from_the_cache() {
        let budget = Arc::new(Budget::new(&Limits { fuel: 50, ..Limits::default() }));
        let calculator = App::for_tests().calculator.clone();
        let how = How { calculator, peer: Peer::default(), explain: false, has_proof: false, budget };
        let answered = |line: &[u8]| {
            let mut out = String::new();
            assert!(how.answer_now(line, |line| Question::in_line(line, Usual::default()), &mut out).is_ok());
            !out.contains("out-of-fuel")
        };
        assert!((0..100).all(|_| answered(b"1")));
        let shown = (0..100).take_while(|_| answered(br#"{"expr":"1","format":"fixed:100"}"#)).count();
        assert!((4..=5).contains(&shown), "{shown}");
    }
}
