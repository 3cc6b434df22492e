//! `/v1/batch`: many expressions, one answer a line, in the same order and in the form of `tabuada batch`.
//!
//! Lines are taken in blocks of what has arrived. A block is on a worker while its answers are cheap, and leaves it to
//! await one that is dear. All the while it holds a share of the workers, of which work in bulk gets half.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Response, Uri};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use tabuada_lang::{ErrorKind, Limits, Mode};

use super::question::{INLINE_BODY_BYTES, no_body, object};
use crate::answer::{Calculator, DEADLINE, Origin, Outcome, Reply};
use crate::ndjson::{
    Asked, Malformed, write_error, write_explanation, write_failure, write_malformed, write_unreadable, write_value,
};
use crate::peer::Peer;
use crate::server::body;
use crate::server::negotiation::language::{self, Language};
use crate::server::problems::Fault;
use crate::server::problems::Problem;
use crate::server::query::parameter;
use crate::server::state::App;
use crate::server::v1::ordered_stream::{Parts, Pieces, streamed};
use crate::workers::NotDone;

/// Lines of one batch.
const LINES_MAX: usize = 10_000;

/// Lines that are handed to a worker at once: what is paid for the handing over is little beside them, and they are soon
/// answered.
const BLOCK_LINES: usize = 2_048;

/// What a batch may cost in all, in evaluations at their limit: about a second of one thread, as a table.
const EVALUATIONS_AT_THEIR_LIMIT: u64 = 10;
/// And in time, waiting for a worker included: far beyond what the fuel takes.
const WORK_TIME: Duration = Duration::from_secs(20);
/// How long a worker answers cheap lines in a row before others have their turn.
const TURN: Duration = Duration::from_millis(50);
/// And with the last of these lines, on a machine that is busy.
const TURN_TIME: Duration = Duration::from_secs(10);

/// A piece is sent when it is as long; a slow reader leaves a few of them lying.
const PIECE_BYTES: usize = 96 << 10;
/// Its room, taken at once: a text that grows is copied, and each time the kernel has to clear what it grows into. The line
/// that fills a piece fits in too, nearly always.
const PIECE_ROOM: usize = 112 << 10;
/// Room for a line of an answer, while it is not known how long it is.
const LINE_ROOM: usize = 64;

const NDJSON: &str = "application/x-ndjson";

/// Evaluates many expressions.
///
/// One line of JSON answers each question, in the order of the questions, while the next ones are worked out. A question
/// that has no value, or is none, is answered with a line that says why.
pub(in crate::server) async fn post(State(app): State<App>, peer: Peer, request: Request) -> Response<Body> {
    let language = language::preferred(request.headers());
    answer(&app, peer, request, language).await.unwrap_or_else(|problem| problem.told(language).response())
}

async fn answer(app: &App, peer: Peer, request: Request, language: Language) -> Result<Response<Body>, Problem> {
    let (head, body) = request.into_parts();
    let budget = Arc::new(Budget::new(&Limits::default()));
    let how = How { calculator: app.calculator.clone(), peer, explain: explains(&head.uri)?, budget };
    let ahead = app.calculator.workers().bulk_at_once();
    if is_lines(&head.headers) {
        let body = body::admit(&head.headers, body).map_err(no_body)?;
        let (response, parts) = streamed(NDJSON, ahead, &app.counters);
        tokio::spawn(answer_arriving(how, Arriving::new(body, app.bounds.body_time), parts));
        return Ok(response);
    }
    let body = app.bodies.read(peer, &head.headers, body).await.map_err(no_body)?;
    let elements = if body.len() <= INLINE_BODY_BYTES {
        elements(&body)
    } else {
        let overloaded = |_| Problem::overloaded(language);
        app.calculator.readers().by(peer).run(DEADLINE, move || elements(&body)).await.map_err(overloaded)?
    };
    let mut elements = elements?.into_iter();
    let (response, parts) = streamed(NDJSON, ahead, &app.counters);
    tokio::spawn(async move {
        while elements.len() > 0 {
            let questions = elements.by_ref().take(BLOCK_LINES).collect();
            let Some(pieces) = parts.next().await else { return };
            tokio::spawn(answer_block(
                how.clone(),
                Block { read: |element| Asked::in_element(element), questions },
                pieces,
            ));
        }
    });
    Ok(response)
}

fn explains(uri: &Uri) -> Result<bool, Fault> {
    match parameter(uri.query(), "explain")?.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Fault::Truth("explain")),
    }
}

/// Whether the body is declared to be one question a line.
fn is_lines(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|declared| declared.to_str().ok()).unwrap_or_default();
    let kind = declared.split(';').next().unwrap_or_default().trim();
    ["application/x-ndjson", "application/ndjson", "application/jsonl"]
        .iter()
        .any(|lines| kind.eq_ignore_ascii_case(lines))
}

/// The questions in `{"exprs": […]}`, as they are written there.
fn elements(body: &Bytes) -> Result<Vec<Bytes>, Fault> {
    #[derive(Deserialize)]
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

/// Answers lines while they arrive. What is wrong with the body is told in the last line of the answer, whose status has
/// long been sent.
async fn answer_arriving(how: How, mut lines: Arriving, parts: Parts) {
    loop {
        match lines.next().await {
            Ok(questions) if questions.is_empty() => return,
            Ok(questions) => {
                let Some(pieces) = parts.next().await else { return };
                tokio::spawn(answer_block(
                    how.clone(),
                    Block { read: |line| Asked::in_line(line, Mode::default()), questions },
                    pieces,
                ));
            }
            Err(fault) => {
                let mut line = String::new();
                // As all lines do, it speaks English.
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

/// A body, cut into lines as it arrives. Lines end in `\n` and nothing else.
struct Arriving {
    body: Option<Body>,
    /// How long may pass before more of it comes.
    time: Duration,
    /// Whole lines that have not been given yet.
    lines: VecDeque<Bytes>,
    /// What has come of a line that is not whole.
    begun: Vec<u8>,
    bytes: usize,
    count: usize,
}

impl Arriving {
    fn new(body: Body, time: Duration) -> Self {
        Self { body: Some(body), time, lines: VecDeque::new(), begun: Vec::new(), bytes: 0, count: 0 }
    }

    /// What there is, at least one line, and no more than a block; nothing at the end.
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
                // A line that does not end is one all the same, unless there is nothing of it.
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
        // One too many is known to be there, and not answered.
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

/// With what, and how, lines are answered.
#[derive(Clone)]
struct How {
    calculator: Calculator,
    peer: Peer,
    explain: bool,
    budget: Arc<Budget>,
}

/// What the lines of one batch may cost together. What is remembered costs nothing.
struct Budget {
    fuel_given: u64,
    fuel_left: AtomicU64,
    /// For all that is worked out: the backstop of a price that is wrong.
    milliseconds_left: AtomicU64,
}

impl Budget {
    fn new(limits: &Limits) -> Self {
        let fuel_given = limits.fuel * EVALUATIONS_AT_THEIR_LIMIT;
        let milliseconds_left = AtomicU64::new(WORK_TIME.as_millis() as u64);
        Self { fuel_given, fuel_left: AtomicU64::new(fuel_given), milliseconds_left }
    }

    /// Why no more lines are answered, if so.
    fn exhausted(&self) -> Option<ErrorKind> {
        if self.fuel_left.load(Relaxed) == 0 {
            return Some(ErrorKind::OutOfFuel { limit: self.fuel_given });
        }
        (self.milliseconds_left.load(Relaxed) == 0).then_some(ErrorKind::Deadline)
    }

    /// Takes off what an answer cost. Others may spend the same at the same time: by no more than there are workers.
    fn pay(&self, reply: &Reply, time: Duration) {
        if !matches!(reply.origin, Origin::Computed { .. } | Origin::Impure) {
            return;
        }
        let fuel = match &reply.outcome {
            Outcome::Answered(_, answer) => answer.fuel,
            _ => self.fuel_given / EVALUATIONS_AT_THEIR_LIMIT,
        };
        let take = |left: &AtomicU64, price| {
            let _ = left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(price)));
        };
        take(&self.fuel_left, fuel);
        take(&self.milliseconds_left, time.as_millis() as u64);
    }
}

/// Questions that stand behind each other, and how they are read.
struct Block {
    questions: Vec<Bytes>,
    read: Read,
}

type Read = fn(&[u8]) -> Result<Asked<'_>, Malformed>;

/// What is worked out on a worker in one go.
struct Run {
    piece: Mutex<String>,
    /// It has left the worker for the sake of a dear answer, after which it ends.
    is_awaited: AtomicBool,
}

impl Run {
    /// One of so many lines.
    fn new(lines: usize) -> Self {
        let piece = Mutex::new(String::with_capacity((lines * LINE_ROOM).min(PIECE_ROOM)));
        Self { piece, is_awaited: AtomicBool::new(false) }
    }

    /// Adds a line; whether the run goes on.
    fn add(&self, line: &str) -> bool {
        let mut piece = self.piece.lock().unwrap_or_else(PoisonError::into_inner);
        piece.push_str(line);
        piece.len() < PIECE_BYTES && !self.is_awaited.load(Relaxed)
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.piece.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

async fn answer_block(how: How, block: Block, pieces: Pieces) {
    let block = Arc::new(block);
    let mut next = 0;
    while next < block.questions.len() {
        // Room for what is worked out, before it is: a worker never waits for a reader.
        let Ok(room) = pieces.reserve().await else { return };
        let workers = how.calculator.workers().by(how.peer);
        let share = workers.bulk().await;
        let run = Arc::new(Run::new(block.questions.len() - next));
        let mut running = Box::pin(answer_run(how.clone(), block.clone(), next, pieces.clone(), run.clone()));
        let work = move || {
            // What is cheap is answered when it is asked; what is not goes on where it is awaited.
            let polled = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            (polled, running)
        };
        match workers.run_within(DEADLINE, TURN_TIME, work).await {
            Ok((Poll::Ready(answered), _)) => {
                next = answered;
                room.send(run.take());
            }
            Ok((Poll::Pending, running)) => {
                run.is_awaited.store(true, Relaxed);
                let piece = run.take();
                if piece.is_empty() {
                    drop(room);
                } else {
                    room.send(piece);
                }
                next = tokio::select! {
                    answered = running => answered,
                    () = pieces.closed() => return,
                };
                drop(share);
                if pieces.send(run.take()).await.is_err() {
                    return;
                }
            }
            Err(not_done) => {
                let (code, message) = match not_done {
                    NotDone::Overloaded => ("overloaded", OVERLOADED),
                    NotDone::Panicked => ("internal", "internal error"),
                    NotDone::Overrun => ("deadline", "the lines before took too long"),
                };
                let mut line = String::new();
                write_error(code, message, None, &mut line);
                line.push('\n');
                return room.send(line.repeat(block.questions.len() - next).into());
            }
        }
    }
}

const OVERLOADED: &str = "too much is going on; try again in a second";

/// Answers from `next` on until a piece is full, a dear one is answered or nobody reads them any more. Gives the number
/// of the question behind those.
async fn answer_run(how: How, block: Arc<Block>, mut next: usize, pieces: Pieces, run: Arc<Run>) -> usize {
    let (begun, mut line) = (Instant::now(), String::new());
    while next < block.questions.len() && !pieces.is_closed() {
        line.clear();
        answer_one(&how, &block.questions[next], block.read, &mut line).await;
        next += 1;
        if !run.add(&line) || begun.elapsed() >= TURN {
            break;
        }
    }
    next
}

/// Writes the line that answers a question.
async fn answer_one(how: &How, line: &[u8], read: Read, out: &mut String) {
    match read(line) {
        Err(malformed) => write_malformed(malformed, out),
        Ok(asked) => {
            let question = asked.question();
            if let Some(kind) = how.budget.exhausted() {
                write_error(kind.code(), &kind.message(Language::English), None, out);
                return out.push('\n');
            }
            let begun = Instant::now();
            let reply = how.calculator.answer_for(how.peer, question).await;
            how.budget.pay(&reply, begun.elapsed());
            let explained = match &reply.outcome {
                Outcome::Answered(program, answer) => {
                    match &answer.outcome {
                        Ok(printed) => write_value(printed, out),
                        Err(failure) => write_failure(failure, program, question.text, out),
                    }
                    Some((program, Some(answer.fuel)))
                }
                Outcome::Failed(program, failure) => {
                    write_failure(failure, program, question.text, out);
                    Some((program, None))
                }
                Outcome::Unreadable(error) => {
                    write_unreadable(error, question.text, out);
                    None
                }
                Outcome::Overloaded => {
                    write_error("overloaded", OVERLOADED, None, out);
                    None
                }
            };
            if let Some((program, fuel)) = explained.filter(|_| how.explain) {
                write_explanation(program, fuel, out);
            }
        }
    }
    out.push('\n');
}
