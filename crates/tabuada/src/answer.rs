//! From a text to its answer: the only place that knows both the language and the cache.
//!
//! [`Calculator::answer_for`] is the whole path. An error of a text is part of its answer; errors of Redis do not reach
//! this module.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Call, ComputeError, Contents, Deadlines, Found, Key, Options, OptionsError, Source};
use tabuada_lang::{Error, ErrorKind, Failure, Language, Limits, Mode, Notation, Program};

use crate::clock::Second;
use crate::counters::{Counters, QuestionGuard};
use crate::engine::{self, Evaluable, Evaluation, Question};
use crate::parse_cache::ParseCache;
use crate::peer::Peer;
use crate::record::{Answer, Printed};
use crate::workers::{NotDone, Threads, Workers};

pub(crate) mod mathjs;

/// The price of a lookup in Redis, in fuel: about 0.2 ms for the caller, at 7 ns for a unit (`bench/run --only trial`).
///
/// An evaluation may spend this much before Redis is asked (ski rental: at most twice the optimum). The budget is fuel
/// and not time, so that every node finds the same expressions expensive.
const TRIAL_FUEL: u64 = 30_000;

/// The part of it that is spent on a thread that serves: about 20 microseconds.
const INLINE_FUEL: u64 = 3_000;

/// A safety net for a wrong price: after this time, the program is evaluated on a worker, with the same answer. What is
/// stored does not depend on it.
const TRIAL_TIME: Duration = Duration::from_millis(2);

/// What reading a short text takes, in fuel: even an answer that cost nothing is worth its place.
const READING_COST: u64 = 100;
/// The deadline of an answer, including the wait for a thread. On a healthy machine, the fuel ends long before.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// Texts up to this size are parsed on the thread that serves (about 30 microseconds), longer ones by the readers.
const INLINE_TEXT_BYTES: usize = 4 << 10;

/// The same limit while work of the same peer waits for the readers.
const INLINE_TEXT_BYTES_OF_MANY: usize = 256;

/// Parsing a text in school notation takes up to this many times longer: both readings of an ambiguous text are parsed.
const SCHOOL_FACTOR: usize = 16;

/// Whether the readers parse a question and make its hints and fixes.
fn is_long(question: &Question<'_>) -> bool {
    let factor = if question.notation == Notation::Python { 1 } else { SCHOOL_FACTOR };
    factor * question.text.len() + question.variables.as_ref().map_or(0, |json| json.len()) > INLINE_TEXT_BYTES
}

/// The error of a text up to this size, with its fixes, is made on the thread that serves; fixes of a longer text may
/// take some milliseconds.
const INLINE_ADVICE_BYTES: usize = 128;

/// The queue of each reader. It is longer than that of the workers, since this work takes a fifth of a millisecond, and
/// evaluations a hundred times that.
const READING_QUEUE: usize = 512;

/// At least so many readers, so that one is free for others while they parse a peer's long texts.
const READERS_MIN: usize = 2;

/// Answers expressions, with a cache.
pub struct Calculator {
    cache: Cache<Answers>,
    readings: ParseCache<Reading>,
    workers: Workers,
    readers: Arc<Workers>,
    limits: Limits,
    counters: Counters,
}

/// The key of an answer, which fully determines it.
pub type Name = Key;

/// A parsed text, and the key of its answer.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) program: Arc<Program>,
    pub(crate) name: Arc<Name>,
}

/// A parsed question whose answer takes more than a moment.
pub(crate) struct Later {
    reading: Reading,
    /// The trial was not enough. Otherwise Redis has to be asked before it.
    is_tried: bool,
}

/// An answer and its origin.
#[derive(Debug)]
pub struct Reply {
    /// The result.
    pub outcome: Outcome,
    /// Where it comes from.
    pub origin: Origin,
    /// The key of the answer; `None` if the text does not parse or the text alone does not determine its answer.
    pub name: Option<Arc<Name>>,
    /// Whether Redis was asked for it and replied.
    pub has_asked_redis: bool,
}

/// The result.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The text was parsed and evaluated, now or before.
    Answered(Arc<Program>, Arc<Answer>),
    /// The text does not parse.
    Unreadable(Error),
    /// The text was parsed but not evaluated, because of the deadline or a bug of ours.
    Failed(Arc<Program>, Failure),
    /// The server is overloaded.
    Overloaded,
}

/// Whether a computed answer is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// It is stored.
    #[default]
    Remembered,
    /// It is not stored, as the caller wishes.
    Nothing,
}

/// The caller. The default has no address, and its answers are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The peer whose share of the workers is used.
    pub peer: Peer,
    /// Whether a computed answer is stored.
    pub keeping: Keeping,
}

impl From<Peer> for Caller {
    fn from(peer: Peer) -> Self {
        Self { peer, keeping: Keeping::default() }
    }
}

/// Why a text has no key.
#[derive(Debug)]
pub enum Nameless {
    /// The text is neither a name nor an expression.
    Unreadable(Error),
    /// The server is too busy to parse it.
    Overloaded,
}

impl Nameless {
    /// For people at a terminal.
    pub fn message(&self) -> String {
        match self {
            Self::Unreadable(error) => Self::unreadable(&error.kind, Language::English),
            Self::Overloaded => "too much is going on".to_owned(),
        }
    }

    /// The message that a text is neither a name nor an expression, with the reason for the latter.
    pub(crate) fn unreadable(reason: &ErrorKind, language: Language) -> String {
        let reason = reason.message(language);
        match language {
            Language::English => format!("this is neither a name as it stands in Redis nor an expression: {reason}"),
            Language::Portuguese => format!("isto não é um nome como está no Redis nem uma expressão: {reason}"),
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This process's memory, with the entry's remaining time there.
    Memory(Option<Duration>),
    /// Redis.
    Redis,
    /// Computed for this caller.
    Computed {
        /// Whether it was stored.
        stored: bool,
    },
    /// Computed for another caller at the same time, here or on another node.
    Collapsed,
    /// Computed, as it is each time, since it depends on more than the text.
    Impure,
    /// Not computed, because there was nothing to compute or no free thread.
    Nowhere,
}

fn origin(source: Source, ttl: Option<Duration>) -> Origin {
    match source {
        Source::Memory => Origin::Memory(ttl),
        Source::Redis => Origin::Redis,
        Source::Computed { stored } => Origin::Computed { stored },
        Source::Collapsed => Origin::Collapsed,
    }
}

impl Reply {
    /// The value, if there is one.
    pub(crate) fn value(&self) -> Option<&Printed> {
        match &self.outcome {
            Outcome::Answered(_, answer) => answer.outcome.as_ref().ok(),
            _ => None,
        }
    }

    /// Whether its hints or its fixes are made on the thread that serves, and not by the readers.
    pub(crate) fn is_advised_here(&self, question: &Question<'_>) -> bool {
        if self.value().is_some() { !is_long(question) } else { question.text.len() <= INLINE_ADVICE_BYTES }
    }

    fn of(found: Found<Answer>, program: Arc<Program>, name: Arc<Name>) -> Self {
        let origin = origin(found.source, found.ttl);
        let outcome = Outcome::Answered(program, found.value);
        Self { outcome, origin, name: Some(name), has_asked_redis: found.asked_redis }
    }

    /// It depends on more than the text.
    fn impure(program: Arc<Program>, computed: Result<Answer, Trouble>) -> Self {
        let outcome = match computed {
            Ok(answer) => Outcome::Answered(program, Arc::new(answer)),
            Err(trouble) => trouble.reply(program).outcome,
        };
        Self { outcome, origin: Origin::Impure, name: None, has_asked_redis: false }
    }
}

impl Calculator {
    /// Builds the calculator and its cache. Runs inside a tokio runtime.
    pub fn new(options: Options, threads: impl Into<Threads>, counters: Counters) -> Result<Arc<Self>, OptionsError> {
        Self::with_deadlines(options, Deadlines::default(), threads, counters)
    }

    /// [`Calculator::new`], with other deadlines for Redis.
    pub fn with_deadlines(
        options: Options,
        deadlines: Deadlines,
        threads: impl Into<Threads>,
        counters: Counters,
    ) -> Result<Arc<Self>, OptionsError> {
        let limits = Limits::default();
        let threads = threads.into();
        let workers = Workers::new(threads);
        let readers = Threads { count: threads.count.max(READERS_MIN), queue_each: READING_QUEUE, ..threads };
        let readers = Arc::new(Workers::new(readers));
        let answers = Answers { limits: limits.clone(), readers: readers.clone() };
        let cache = Cache::with_deadlines(answers, options, deadlines)?;
        let readings = ParseCache::new();
        Ok(Arc::new(Self { cache, readings, workers, readers, limits, counters }))
    }

    /// The answer for a key, if it is in memory and `will_do` accepts it; it is counted like any other answer.
    /// Otherwise nothing is done or counted.
    pub fn recall_if(&self, name: &Name, will_do: impl FnOnce(&Found<Answer>) -> bool) -> Option<Found<Answer>> {
        let found = self.cache.get_if(name, will_do)?;
        self.counters.asks().ends_in_the_cache(saved(&found));
        Some(found)
    }

    #[cfg(test)]
    pub(crate) async fn answer(self: &Arc<Self>, question: impl Into<Question<'_>>) -> Reply {
        self.answer_for(Caller::default(), question).await
    }

    /// The answer to the question of a caller.
    pub async fn answer_for(self: &Arc<Self>, caller: impl Into<Caller>, question: impl Into<Question<'_>>) -> Reply {
        let question = &question.into();
        let kept = self.readings.get(question);
        if let Some(Reading { program, name }) = &kept
            && let Some(found) = self.cache.get_if(name, |_| true)
        {
            self.counters.asks().ends_in_the_cache(saved(&found));
            return Reply::of(found, program.clone(), name.clone());
        }
        self.answer_parsed(caller.into(), question, kept).await
    }

    /// A short question, parsed on this thread; `None` if it cannot be parsed, or is long.
    pub(crate) fn parsed(&self, peer: Peer, question: &Question<'_>) -> Option<Reading> {
        if self.is_long_for(peer, question) {
            return None;
        }
        self.readings.get(question).or_else(|| Reading::of(question, &self.limits).ok())
    }

    /// The answer to a question whose parsed text may be known.
    pub(crate) async fn answer_parsed(
        self: &Arc<Self>,
        caller: Caller,
        question: &Question<'_>,
        parsed: Option<Reading>,
    ) -> Reply {
        let asking = self.counters.asks();
        let read = match parsed {
            Some(reading) => Ok(reading),
            None => self.read(caller.peer, question).await,
        };
        let reading = match read {
            Ok(reading) => reading,
            Err(outcome) => return self.unread(outcome, asking),
        };
        let reply = self.answer_read(caller, &reading, false, asking).await;
        if caller.keeping == Keeping::Remembered {
            self.keep_if_repeated(question, reading, &reply);
        }
        reply
    }

    /// The answer to a parsed question. `is_tried`: the trial was not enough.
    async fn answer_read(
        self: &Arc<Self>,
        Caller { peer, keeping }: Caller,
        Reading { program, name }: &Reading,
        is_tried: bool,
        asking: QuestionGuard<'_>,
    ) -> Reply {
        let trial = {
            let (calculator, program) = (self.clone(), program.clone());
            async move || if is_tried { None } else { calculator.try_evaluate(peer, program).await }
        };
        let in_full = {
            let (calculator, program) = (self.clone(), program.clone());
            move || calculator.evaluate(peer, program)
        };
        if !program.is_pure() {
            let computing = async move {
                match trial().await {
                    Some(answer) => Ok(answer),
                    None => in_full().await,
                }
            };
            // Boxed, as everything rare is: an unboxed future would enlarge that of every question.
            let computed = Box::pin(computing).await;
            asking.bypasses_it();
            return Reply::impure(program.clone(), computed);
        }
        let call = match keeping {
            Keeping::Remembered => Call::new(name),
            Keeping::Nothing => Call::new(name).no_store(),
        };
        let found = self.cache.get_or_try_then_compute(call, trial, in_full).await;
        asking.ends_in_the_cache(found.as_ref().map_or(0, saved));
        match found {
            Ok(found) => Reply::of(found, program.clone(), name.clone()),
            Err(ComputeError::Computation(trouble)) => trouble.reply(program.clone()),
            Err(_) => Trouble::broken().reply(program.clone()),
        }
    }

    /// The answer to a question, if nothing has to be awaited for it: from memory, or by an evaluation that is as cheap as
    /// a lookup in Redis. Computes on this thread, which must not be one that serves.
    pub(crate) fn try_now(&self, question: &Question<'_>) -> Result<Reply, Later> {
        let kept = self.readings.get(question);
        let is_kept = kept.is_some();
        let reading = match kept.map_or_else(|| Reading::of(question, &self.limits), Ok) {
            Ok(reading) => reading,
            Err(error) => return Ok(self.unread(Outcome::Unreadable(error), self.counters.asks())),
        };
        let Reading { program, name } = &reading;
        let mut is_tried = false;
        let mut trial = || {
            is_tried = true;
            self.attempt(&**program, TRIAL_FUEL)
        };
        let reply = if program.is_pure() {
            self.cache.get_or_try(name, trial).map(|found| {
                self.counters.asks().ends_in_the_cache(saved(&found));
                Reply::of(found, program.clone(), name.clone())
            })
        } else {
            trial().map(|answer| {
                self.counters.asks().bypasses_it();
                Reply::impure(program.clone(), Ok(answer))
            })
        };
        let Some(reply) = reply else { return Err(Later { reading, is_tried }) };
        if !is_kept {
            self.keep_if_repeated(question, reading, &reply);
        }
        Ok(reply)
    }

    /// The answer that [`Calculator::try_now`] left for later.
    pub(crate) async fn answer_later(self: &Arc<Self>, peer: Peer, Later { reading, is_tried }: Later) -> Reply {
        self.answer_read(peer.into(), &reading, is_tried, self.counters.asks()).await
    }

    /// Keeps what was parsed. A text that was asked twice may be asked again; most texts are asked once.
    fn keep_if_repeated(&self, question: &Question<'_>, reading: Reading, reply: &Reply) {
        if matches!(reply.origin, Origin::Memory(_)) {
            self.readings.keep(question, reading);
        }
    }

    /// The reply to a question that was not parsed.
    fn unread(&self, outcome: Outcome, asking: QuestionGuard<'_>) -> Reply {
        if matches!(&outcome, Outcome::Unreadable(error) if !error.kind.is_deterministic()) {
            self.counters.evaluations_failed.inc();
        }
        asking.bypasses_it();
        Reply { outcome, origin: Origin::Nowhere, name: None, has_asked_redis: false }
    }

    /// The name in Redis for an operator's text: the text itself, if it is such a name, else that of the answer to the
    /// expression.
    pub async fn name_in_cache(self: &Arc<Self>, given: &str) -> Result<String, Nameless> {
        let operator = self.cache.operator();
        if operator.is_name(given) {
            return Ok(given.to_owned());
        }
        match self.read(Peer::default(), &given.into()).await {
            Ok(reading) => Ok(operator.name(&reading.name)),
            Err(Outcome::Unreadable(error)) => Err(Nameless::Unreadable(error)),
            Err(_) => Err(Nameless::Overloaded),
        }
    }

    /// The name of a program's answer in Redis.
    pub fn name_of(&self, program: &Program) -> String {
        self.cache.operator().name(&Key::new(program.mode().variant(), &program.canonical()))
    }

    /// The cache, for statistics and the operator.
    pub fn cache(&self) -> &Cache<Answers> {
        &self.cache
    }

    /// The workers, for other long work.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Threads for short work that must not wait behind evaluations: parsing long texts, and finding their fixes.
    pub fn readers(&self) -> &Workers {
        &self.readers
    }

    /// Whether the readers parse a question of this peer.
    fn is_long_for(&self, peer: Peer, question: &Question<'_>) -> bool {
        is_long(question) || question.text.len() > INLINE_TEXT_BYTES_OF_MANY && self.readers.by(peer).has_waiters()
    }

    /// Parses a question.
    async fn read(self: &Arc<Self>, peer: Peer, question: &Question<'_>) -> Result<Reading, Outcome> {
        let read = if self.is_long_for(peer, question) {
            let (calculator, question) = (self.clone(), question.clone().into_owned());
            let work = move || Reading::of(&question, &calculator.limits);
            Box::pin(self.readers.by(peer).run(DEADLINE, work)).await.map_err(|_| Outcome::Overloaded)?
        } else {
            Reading::of(question, &self.limits)
        };
        read.map_err(Outcome::Unreadable)
    }

    /// Evaluates for as long as a lookup would take; `None` if that is not enough. A trial longer than a handover to
    /// another thread runs on the readers, so that the trials of one peer do not queue before the requests of all; and
    /// every trial does while work of its peer waits there.
    async fn try_evaluate<P: Evaluable<Value: Into<Printed>>>(
        self: Arc<Self>,
        peer: Peer,
        program: Arc<P>,
    ) -> Option<Answer> {
        if !self.readers.by(peer).has_waiters()
            && let Some(answer) = self.attempt(&*program, INLINE_FUEL)
        {
            return Some(answer);
        }
        let calculator = self.clone();
        let trial = move || calculator.attempt(&*program, TRIAL_FUEL);
        Box::pin(self.readers.by(peer).run(DEADLINE, trial)).await.ok().flatten()
    }

    fn attempt<P: Evaluable<Value: Into<Printed>>>(&self, program: &P, fuel: u64) -> Option<Answer> {
        let begun = Instant::now();
        let Some(evaluation) = engine::try_evaluate_within(TRIAL_TIME, program, &self.limits, fuel) else {
            if fuel == TRIAL_FUEL {
                self.counters.trials_abandoned.inc();
            }
            return None;
        };
        Some(self.evaluated(begun, evaluation, program.mode()))
    }

    /// The record of an evaluation that ends now.
    fn evaluated<T: Into<Printed>>(&self, begun: Instant, evaluation: Evaluation<T>, mode: Mode) -> Answer {
        let now = Instant::now();
        self.counters.evaluated(now - begun);
        Answer::new(evaluation, mode, Second::now().number)
    }

    /// Evaluates in full, on a worker.
    async fn evaluate<P: Evaluable<Value: Into<Printed>>>(
        self: Arc<Self>,
        peer: Peer,
        program: Arc<P>,
    ) -> Result<Answer, Trouble> {
        let begun = Instant::now();
        let (calculator, mode) = (self.clone(), program.mode());
        let work = move || engine::evaluate(&*program, &calculator.limits, begun + DEADLINE);
        let evaluation = self.workers.by(peer).run(DEADLINE, work).await.map_err(Trouble::of_not_done)?;
        match &evaluation.outcome {
            Err(failure) if !failure.kind.is_deterministic() => {
                self.counters.evaluations_failed.inc();
                Err(Trouble::Failed(failure.clone()))
            }
            _ => Ok(self.evaluated(begun, evaluation, mode)),
        }
    }
}

impl Reading {
    /// Parses a question.
    fn of(question: &Question<'_>, limits: &Limits) -> Result<Self, Error> {
        let (program, canonical) = engine::ask_with_name(question, limits)?;
        let name = Arc::new(Key::new(program.mode().variant(), &canonical));
        Ok(Self { program: Arc::new(program), name })
    }
}

/// The fuel that the cache saved.
fn saved(found: &Found<Answer>) -> u64 {
    if matches!(found.source, Source::Computed { .. }) { 0 } else { found.value.fuel }
}

/// Why an evaluation has no answer that may be stored. The reason lies in the machine, not in the text.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// No worker was free.
    Overloaded,
    /// It ended at the deadline or by a bug of ours.
    Failed(Failure),
}

impl Trouble {
    fn broken() -> Self {
        Self::failed(ErrorKind::Internal)
    }

    fn failed(kind: ErrorKind) -> Self {
        Self::Failed(Failure { kind, node: 0 })
    }

    fn of_not_done(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Overloaded => Self::Overloaded,
            NotDone::Panicked => Self::broken(),
            NotDone::Overrun => Self::failed(ErrorKind::Deadline),
        }
    }

    fn reply(self, program: Arc<Program>) -> Reply {
        let (outcome, origin) = match self {
            Self::Overloaded => (Outcome::Overloaded, Origin::Nowhere),
            Self::Failed(failure) => (Outcome::Failed(program, failure), Origin::Computed { stored: false }),
        };
        Reply { outcome, origin, name: None, has_asked_redis: false }
    }
}

/// The contents of the cache: answers, under the limits of their evaluation.
#[derive(Debug)]
pub struct Answers {
    limits: Limits,
    readers: Arc<Workers>,
}

impl Contents for Answers {
    type Value = Answer;

    fn encode(&self, answer: &Answer) -> Option<String> {
        answer.encode(&self.limits)
    }

    /// The readers parse long lines. If they are overloaded, the answer is computed instead.
    async fn decode(&self, line: &str) -> Option<Answer> {
        if line.len() <= INLINE_TEXT_BYTES {
            return Answer::decode(line, &self.limits);
        }
        let (line, limits) = (line.to_owned(), self.limits.clone());
        let work = move || Answer::decode(&line, &limits);
        Box::pin(self.readers.by(Peer::default()).run(DEADLINE, work)).await.unwrap_or(None)
    }

    fn weight(&self, answer: &Answer) -> usize {
        answer.weight()
    }

    fn cost(&self, answer: &Answer) -> u64 {
        READING_COST + answer.fuel
    }

    fn lifetime(&self, answer: &Answer) -> Option<Duration> {
        answer.lifetime()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::path::Path;
    use std::sync::mpsc;

    use tabuada_lang::{ANSWER_VERSION, Digits};

    use super::*;

    fn calculator(threads: usize) -> Arc<Calculator> {
        let mut options = Options::default();
        options.namespace = "tabuada".to_owned();
        options.memory_bytes = 1 << 20;
        options.ttl = None;
        Calculator::new(options, threads, Counters::default()).unwrap()
    }

    /// If every thread is busy and the queue is full, expensive expressions are refused and cheap ones answered.
    #[tokio::test]
    async fn overload_refuses_only_expensive_expressions() {
        let calculator = calculator(1);
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let (refused, mut busy) = (calculator.workers().refused(), Vec::new());
        loop {
            let (calculator, held) = (calculator.clone(), held.clone());
            let work = move || drop(held.lock().map(|held| held.recv()));
            let mut run =
                Box::pin(async move { calculator.workers().by(Peer::default()).run(DEADLINE * 10, work).await });
            // After one poll, it has its place or was refused.
            assert!(tokio::time::timeout(Duration::ZERO, &mut run).await.is_err());
            if refused.get() > 0 {
                break;
            }
            busy.push(run);
        }
        let reply = calculator.answer("factorial(20000) % 7").await;
        assert!(matches!(reply.outcome, Outcome::Overloaded), "{reply:?}");
        assert!(matches!(calculator.answer("2+2").await.outcome, Outcome::Answered(..)));
        // A long text is still parsed, and answered if it is cheap.
        let long = "1+".repeat(INLINE_TEXT_BYTES / 2) + "1";
        assert!(matches!(calculator.answer(long.as_str()).await.outcome, Outcome::Answered(..)));
        drop(release);
        for run in busy {
            assert_eq!(run.await, Ok(()));
        }
        // No refusal was stored.
        assert!(matches!(calculator.answer("factorial(20000) % 7").await.outcome, Outcome::Answered(..)));
    }

    /// The readers parse long lines from Redis; short lines do not wait for them.
    #[tokio::test]
    async fn long_entries_are_read_by_the_readers() {
        let calculator = calculator(1);
        let answers = Answers { limits: Limits::default(), readers: calculator.readers.clone() };
        let line = async |text: &str| match calculator.answer(text).await.outcome {
            Outcome::Answered(_, answer) => answers.encode(&answer).unwrap(),
            other => panic!("{other:?}"),
        };
        let (short, long) = (line("[1]*9").await, line("[1]*9000").await);
        let (release, held) = mpsc::channel::<()>();
        let mut busy = Box::pin(answers.readers.by(Peer::default()).run(DEADLINE * 10, move || held.recv().is_err()));
        assert!(tokio::time::timeout(Duration::ZERO, &mut busy).await.is_err());
        let mut decoded = Box::pin(answers.decode(&long));
        assert!(tokio::time::timeout(Duration::ZERO, &mut decoded).await.is_err(), "it waits for its turn");
        assert!(answers.decode(&short).await.is_some());
        drop(release);
        assert!(decoded.await.is_some() && busy.await == Ok(true));
        assert!(answers.decode(&long.replace("1, 1", "1,1")).await.is_none());
    }

    /// While a peer's work waits for the readers, its cheap questions queue behind that work, instead of delaying those
    /// of others on the threads that serve.
    #[tokio::test]
    async fn a_peer_whose_work_waits_holds_up_nobody_else() {
        let calculator = calculator(1);
        let [one, other] = [1, 2].map(|last| Peer::V4([127, 0, 0, last]));
        let (release, held) = mpsc::channel::<()>();
        let readers = calculator.readers().by(one);
        let mut busy = Box::pin(readers.run(DEADLINE * 10, move || held.recv().is_err()));
        assert!(tokio::time::timeout(Duration::ZERO, &mut busy).await.is_err());
        assert!(matches!(calculator.answer_for(one, "2+2").await.outcome, Outcome::Answered(..)), "nothing waits yet");
        let mut waiting = Box::pin(readers.run(DEADLINE * 10, || ()));
        assert!(tokio::time::timeout(Duration::ZERO, &mut waiting).await.is_err());
        for text in ["2+3".to_owned(), "1+".repeat(INLINE_TEXT_BYTES_OF_MANY) + "1"] {
            let mut cheap = Box::pin(calculator.answer_for(one, text.as_str()));
            assert!(tokio::time::timeout(Duration::ZERO, &mut cheap).await.is_err(), "{text}");
            assert!(
                matches!(calculator.answer_for(other, text.as_str()).await.outcome, Outcome::Answered(..)),
                "{text}"
            );
        }
        drop(release);
        assert_eq!((busy.await, waiting.await), (Ok(true), Ok(())));
        assert!(matches!(calculator.answer_for(one, "2+4").await.outcome, Outcome::Answered(..)));
    }

    /// A caller that is cancelled counts as one, and the counts of questions still balance.
    #[tokio::test]
    async fn every_question_ends_one_way() {
        let calculator = calculator(1);
        for text in ["2+2", "2+2", "2 +", "rnd()", "1/0", "factorial(20000) % 7"] {
            calculator.answer(text).await;
        }
        // Enough work that it is not done before this thread continues.
        let mut leaving = Box::pin(calculator.answer("sum(k**2 % 7, k, 1, 700000)"));
        // After one poll, the computation has begun; it continues without the caller.
        assert!(tokio::time::timeout(Duration::ZERO, &mut leaving).await.is_err());
        let counters = &calculator.counters;
        assert_eq!((counters.asked.get(), counters.abandoned.get()), (7, 0), "under way");
        drop(leaving);
        assert_eq!((counters.bypassed.get(), counters.abandoned.get()), (2, 1));
        let in_the_cache: u64 = calculator.cache().stats().answers.iter().map(|count| count.count).sum();
        assert_eq!(in_the_cache, 4);
    }

    /// All spellings have one answer and one entry: the second caller gets the answer of the first.
    #[tokio::test]
    async fn spelling_does_not_matter_and_meaning_does() {
        let calculator = calculator(1);
        let origin = async |text: &str| calculator.answer(text).await.origin;
        assert_eq!(origin("16+1").await, Origin::Computed { stored: true });
        for same in [" 16 + 1", "(0x10)+(1)", "16+1 # sum", "1_6+1"] {
            assert!(matches!(origin(same).await, Origin::Memory(_)), "{same}");
        }
        for other in ["1+16", "16+1.0", "17"] {
            assert_eq!(origin(other).await, Origin::Computed { stored: true }, "{other}");
        }
        assert_eq!(origin("16 +").await, Origin::Nowhere);
        assert_eq!(origin("16 +").await, Origin::Nowhere);
    }

    /// A text that is asked again is parsed only once, unless nothing may be stored.
    #[tokio::test]
    async fn what_is_asked_again_is_not_read_again() {
        let calculator = calculator(1);
        let program = async |text: &str, keeping| match calculator
            .answer_for(Caller { keeping, ..Caller::default() }, text)
            .await
            .outcome
        {
            Outcome::Answered(program, _) => program,
            other => panic!("{other:?}"),
        };
        let first = program("2+2", Keeping::Remembered).await;
        let private = program("2+2", Keeping::Nothing).await;
        let second = program("2+2", Keeping::Remembered).await;
        assert!(!Arc::ptr_eq(&first, &second) && !Arc::ptr_eq(&private, &second));
        let again = program("2+2", Keeping::Remembered).await;
        assert!(Arc::ptr_eq(&second, &again));
        assert!(!Arc::ptr_eq(&second, &program("2 + 2", Keeping::Remembered).await));
    }

    #[tokio::test]
    async fn each_mode_and_each_set_of_variables_has_its_own_answer() {
        let calculator = calculator(1);
        let ask = async |text, mode, variables: Option<&'static str>| {
            let question = Question { variables: variables.map(Cow::Borrowed), ..Question::new(text, mode) };
            let reply = calculator.answer(&question).await;
            let Outcome::Answered(_, answer) = reply.outcome else { panic!("{text} has no answer") };
            (answer.outcome.as_ref().unwrap().text.to_string(), matches!(reply.origin, Origin::Memory(_)))
        };
        let decimal = |n| Mode::Decimal(Digits::new(n).unwrap());
        for round in [false, true] {
            for (mode, text) in [
                (Mode::Python, "0.3333333333333333"),
                (Mode::Exact, "1/3"),
                (decimal(5), "0.33333"),
                (decimal(50), "0.33333333333333333333333333333333333333333333333333"),
            ] {
                assert_eq!(ask("1/3", mode, None).await, (text.to_owned(), round), "{mode}");
            }
        }
        assert_eq!(ask("x**2", Mode::Python, Some(r#"{"x":3,"y":1}"#)).await, ("9".to_owned(), false));
        assert_eq!(ask("x = 3; x**2", Mode::Python, None).await, ("9".to_owned(), true), "the same question");
        assert_eq!(ask("x**2", Mode::Python, Some(r#"{"x":4}"#)).await, ("16".to_owned(), false));
    }

    /// A digest of the answers to the corpus, together with the version in every key.
    ///
    /// If this fails because an answer has changed, raise `ANSWER_VERSION`; otherwise nodes of two versions would serve
    /// each other's answers. If it fails only because more texts are answered, just update the digest; so too before the
    /// first release, while no Redis but a developer's holds the old answer.
    #[test]
    fn the_answer_version_stands_for_the_answers_of_the_corpus() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/python_arith.jsonl");
        let records = std::fs::read_to_string(path).unwrap();
        let limits = Limits::default();
        // FNV-1a, 64 bits: enough to show a change.
        let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
        let mut answers = 0;
        for record in records.split('\n').filter(|line| !line.is_empty()) {
            let record: serde_json::Value = serde_json::from_str(record).unwrap();
            let Ok(program) = engine::read(record["expr"].as_str().unwrap(), &limits) else { continue };
            let evaluation = engine::evaluate(&program, &limits, Instant::now() + Duration::from_secs(600));
            let body = Answer::new(evaluation, Mode::Python, 0).resultado();
            for byte in [program.canonical().as_bytes(), b"\t", body.as_bytes(), b"\n"].concat() {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            answers += 1;
        }
        assert_eq!((ANSWER_VERSION, answers, format!("{digest:016x}").as_str()), ("2", 6188, "d50073e766e4a1e9"));
    }
}
