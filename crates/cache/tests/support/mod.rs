//! The fixtures of the tests: a real `redis-server`, a faulty proxy in front of it, a scripted server for replies that
//! a real one never sends, and nodes that count their computations. Everything listens on free loopback ports and ends
//! when it is dropped.
#![allow(clippy::panic, dead_code, unreachable_pub, reason = "each example uses its own part")]

pub mod constellation;
pub mod fake;
pub mod load;
pub mod log;
pub mod moves;
pub mod outage;
pub mod proxy;
pub mod server;
pub mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use tabuada_cache::{
    Cache, Call, ComputeError, Contents, Deadlines, Found, Key, Lookup, Options, Source, State, Stats,
};

/// Commands of the write-behind that may wait for their reply at the same time.
pub const IN_FLIGHT_MAX: usize = 64;

/// Whether a command writes an answer.
pub fn is_write(words: &[String]) -> bool {
    words[0] == "SET" && !words[1].contains("::")
}

/// Longer than anything takes on a slow machine: only a broken test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until a condition holds.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A value of the tests: a text, or a refusal with the limit that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Text(String),
    Refusal(u32),
}

/// The values of a node with this limit; refusals by a lower limit are unusable for it.
#[derive(Clone, Default)]
pub struct Facts {
    pub limit: u32,
    pub lifetime: Option<Duration>,
    /// Called when a value is weighed, which is between the comparison of the stamp and the insertion.
    pub when_weighed: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Contents for Facts {
    type Value = Fact;

    fn encode(&self, fact: &Fact) -> Option<String> {
        Some(match fact {
            Fact::Text(text) => serde_json::json!({ "resultado": text }).to_string(),
            Fact::Refusal(limit) => serde_json::json!({ "refusal": limit }).to_string(),
        })
    }

    async fn decode(&self, line: &str) -> Option<Fact> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Line {
            resultado: Option<String>,
            refusal: Option<u32>,
        }
        match serde_json::from_str(line).ok()? {
            Line { resultado: Some(text), refusal: None } => Some(Fact::Text(text)),
            Line { resultado: None, refusal: Some(limit) } if limit >= self.limit => Some(Fact::Refusal(limit)),
            _ => None,
        }
    }

    fn weight(&self, fact: &Fact) -> usize {
        if let Some(happens) = &self.when_weighed {
            happens();
        }
        match fact {
            Fact::Text(text) => text.len(),
            Fact::Refusal(_) => 4,
        }
    }

    fn lifetime(&self, fact: &Fact) -> Option<Duration> {
        match fact {
            Fact::Text(_) => self.lifetime,
            Fact::Refusal(_) => Some(Duration::from_secs(60)),
        }
    }
}

/// The right answer for a text: the key determines the value.
pub fn answer(text: &str) -> String {
    format!("<{text}>")
}

/// A cache that counts its computations.
#[derive(Clone)]
pub struct Node {
    pub cache: Arc<Cache<Facts>>,
    pub computed: Arc<AtomicU64>,
    pub asked: Arc<AtomicU64>,
}

/// Settings of a node.
pub struct Setting {
    pub options: Options,
    pub facts: Facts,
    pub deadlines: Deadlines,
}

impl Setting {
    pub fn new() -> Self {
        let mut options = Options::default();
        options.namespace = "tabuada".to_owned();
        options.memory_bytes = 8 << 20;
        // A slow machine may take longer, except in tests about time.
        let mut deadlines = Deadlines::default();
        deadlines.call = PATIENCE;
        deadlines.handshake = PATIENCE;
        deadlines.heartbeat_timeout = PATIENCE;
        deadlines.patience = PATIENCE;
        deadlines.lease = 4 * PATIENCE;
        deadlines.belief = Some(PATIENCE);
        Self { options, facts: Facts::default(), deadlines }
    }

    /// With the default deadlines of the product, but for belief.
    pub fn hasty(mut self) -> Self {
        self.deadlines = Deadlines::default();
        self.deadlines.belief = Some(PATIENCE);
        self
    }

    /// With the default belief, by which a busy machine may find that memory is unsure.
    pub fn wary(mut self) -> Self {
        self.deadlines.belief = None;
        self
    }

    /// A copy.
    pub fn again(&self) -> Self {
        Self { options: self.options.clone(), facts: self.facts.clone(), deadlines: self.deadlines }
    }

    pub fn redis(mut self, url: impl Into<String>) -> Self {
        self.options.redis = Some(url.into());
        self
    }

    pub fn always(mut self) -> Self {
        self.options.lookup = Lookup::Always;
        self
    }

    pub fn ttl(mut self, ttl: Option<Duration>) -> Self {
        self.options.ttl = ttl;
        self
    }

    pub fn memory(mut self, bytes: u64) -> Self {
        self.options.memory_bytes = bytes;
        self
    }

    pub fn start(self) -> Node {
        let cache = Cache::with_deadlines(self.facts, self.options, self.deadlines).expect("usable options");
        Node { cache: Arc::new(cache), computed: Arc::default(), asked: Arc::default() }
    }

    pub async fn coherent(self) -> Node {
        let node = self.start();
        let state = node.cache.wait_until_ready(PATIENCE).await;
        assert_eq!(state, State::Coherent, "{:?}", node.cache.last_failure());
        node
    }
}

/// A coherent node at a scripted server that will withhold replies: the node sends nothing by itself any more, since the
/// reply to it would be taken for one of those withheld.
pub async fn quiet(fake: &fake::Fake) -> Node {
    let mut setting = Setting::new().redis(fake.url());
    setting.deadlines.heartbeat = 4 * PATIENCE;
    let node = setting.coherent().await;
    eventually("it has asked for the eviction policy", || fake.received("INFO") == 1).await;
    node
}

pub fn key(text: &str) -> Key {
    Key::new("1", text)
}

/// The name of `key(text)` in Redis, for texts that are stored in names.
pub fn name(text: &str) -> String {
    format!("tabuada:1:{text}")
}

impl Node {
    pub fn computed(&self) -> u64 {
        self.computed.load(SeqCst)
    }

    /// Asks for a cheap value, which the trial computes.
    pub async fn cheap(&self, text: &str) -> Found<Fact> {
        self.asked.fetch_add(1, SeqCst);
        let computed = self.computed.clone();
        let value = Fact::Text(answer(text));
        let again = (computed.clone(), value.clone());
        let trial = async move || {
            computed.fetch_add(1, SeqCst);
            Some(value)
        };
        let compute = move || async move {
            again.0.fetch_add(1, SeqCst);
            Ok(again.1)
        };
        checked(text, self.cache.get_or_try_then_compute(&key(text), trial, compute).await)
    }

    /// Asks for an expensive value, for which the trial gives up.
    pub async fn expensive(&self, text: &str) -> Found<Fact> {
        checked(text, self.ask(text, async |value| Ok(value)).await)
    }

    /// Asks for an expensive value; `compute` receives the right value and gives the outcome.
    pub async fn ask<F, W>(&self, text: &str, compute: F) -> Result<Found<Fact>, ComputeError<&'static str>>
    where
        F: FnOnce(Fact) -> W + Send + 'static,
        W: Future<Output = Result<Fact, &'static str>> + Send + 'static,
    {
        self.asked.fetch_add(1, SeqCst);
        let (computed, value) = (self.computed.clone(), Fact::Text(answer(text)));
        let compute = move || {
            computed.fetch_add(1, SeqCst);
            compute(value)
        };
        self.cache.get_or_compute(&key(text), compute).await
    }

    /// Asks without storing; the trial computes cheap values.
    pub async fn no_store(&self, text: &str, is_expensive: bool) -> Found<Fact> {
        self.asked.fetch_add(1, SeqCst);
        let (computed, value) = (self.computed.clone(), Fact::Text(answer(text)));
        let compute = move || {
            computed.fetch_add(1, SeqCst);
            value
        };
        let (trial, in_full) = (compute.clone(), || async move { Ok(compute()) });
        let trial = async move || (!is_expensive).then(trial);
        checked(text, self.cache.get_or_try_then_compute(Call::new(&key(text)).no_store(), trial, in_full).await)
    }

    /// Asks for an expensive value in another task.
    pub fn asks(&self, text: &str) -> JoinHandle<Found<Fact>> {
        let (node, text) = (self.clone(), text.to_owned());
        tokio::spawn(async move { node.expensive(&text).await })
    }

    /// Asks for an expensive value, and holds its computation once it has begun.
    pub async fn holds(&self, text: &str) -> Held {
        let (begun, has_begun) = oneshot::channel();
        let (end, told) = oneshot::channel();
        let (node, own) = (self.clone(), text.to_owned());
        let asking = tokio::spawn(async move {
            let compute = async move |value| {
                begun.send(()).expect("the test waits");
                match told.await.expect("the test ends it") {
                    Ending::Value(other) => Ok(other.unwrap_or(value)),
                    Ending::Failure => Err("no worker free"),
                    Ending::Panic => panic!("on purpose"),
                }
            };
            node.ask(&own, compute).await
        });
        has_begun.await.expect("it begins");
        Held { text: text.to_owned(), end, asking }
    }

    /// Waits until this number of flights wait for another node.
    pub async fn waits(&self, flights: u64) {
        eventually("it waits for another node", || self.cache.audit().waiters == flights).await;
    }

    /// Asserts that every call through this node was counted once: memory, Redis, computed, collapsed or failed.
    pub fn is_balanced(&self) {
        let answers = self.stats().answers;
        let sum: u64 = answers.iter().map(|count| count.count).sum();
        assert_eq!(sum, self.asked.load(SeqCst), "{answers:?}");
    }

    /// Whether memory answers.
    pub fn remembers(&self, text: &str) -> bool {
        self.cache.get(&key(text)).is_some()
    }

    /// Whether memory answers, and will for longer than it does while it is not coherent. The default ttl is a day.
    pub fn is_kept_for_long(&self, text: &str) -> bool {
        let briefly = Duration::from_secs(5);
        self.cache.get(&key(text)).is_some_and(|found| found.ttl.is_none_or(|ttl| ttl > briefly))
    }

    pub fn state(&self) -> State {
        self.cache.state()
    }

    pub fn stats(&self) -> Stats {
        self.cache.stats()
    }

    /// A counter of a family.
    pub fn count(&self, family: impl FnOnce(Stats) -> Vec<tabuada_cache::Count>, label: &str) -> u64 {
        let counts = family(self.stats());
        counts.iter().find(|count| count.label == label).unwrap_or_else(|| panic!("no counter {label}")).count
    }

    pub fn answers(&self, source: &str) -> u64 {
        self.count(|stats| stats.answers, source)
    }

    pub fn invalidations(&self, cause: &str) -> u64 {
        self.count(|stats| stats.invalidations, cause)
    }

    pub fn errors(&self, kind: &str) -> u64 {
        self.count(|stats| stats.redis_errors, kind)
    }

    pub fn writes_behind(&self, fate: &str) -> u64 {
        self.count(|stats| stats.write_behind, fate)
    }

    pub fn lookups(&self, result: &str) -> u64 {
        self.count(|stats| stats.redis_lookups, result)
    }

    /// Waits until the cache is in this state.
    pub async fn becomes(&self, state: State) {
        eventually(state.name(), || self.state() == state).await;
    }

    /// Runs a command, and waits until this node has received its push.
    pub async fn receives_after(&self, command: impl FnOnce()) {
        let received = || self.invalidations("key") + self.invalidations("flush");
        let before = received();
        command();
        eventually("the push arrives", || received() > before).await;
    }

    /// Waits until so many invalidations of keys are applied and no longer affect later lookups.
    pub async fn has_received(&self, changes: u64) {
        eventually("the push arrives", || self.invalidations("key") == changes).await;
    }

    /// Waits until nothing is in progress: the bytes counted are those held, no flight is open, and no task is left.
    pub async fn is_sound(&self) {
        eventually("nothing is in progress, and bytes counted are bytes held", || {
            let audit = self.cache.audit();
            // A sweep may run between the two counts.
            let in_progress = [audit.flights_open, audit.write_behind_open, audit.waiters, audit.tasks];
            in_progress == [0; 4] && audit.bytes_counted == audit.bytes_held
        })
        .await;
        let stats = self.stats();
        assert!(stats.memory_bytes <= stats.memory_bytes_max);
    }
}

impl Node {
    /// The same while computations are held: every write has ended.
    pub async fn is_sound_but_for_flights(&self) {
        eventually("only held computations are in progress", || {
            let audit = self.cache.audit();
            audit.write_behind_open == 0 && audit.flights_open == audit.tasks
        })
        .await;
    }
}

enum Ending {
    /// An outcome with the right value, or with another one.
    Value(Option<Fact>),
    Failure,
    Panic,
}

/// A computation in progress, which the test will end.
pub struct Held {
    text: String,
    end: oneshot::Sender<Ending>,
    asking: JoinHandle<Result<Found<Fact>, ComputeError<&'static str>>>,
}

impl Held {
    pub async fn ends(self) -> Found<Fact> {
        let text = self.text.clone();
        checked(&text, self.told(Ending::Value(None)).await)
    }

    pub async fn ends_with(self, fact: Fact) -> Found<Fact> {
        self.told(Ending::Value(Some(fact))).await.expect("an answer")
    }

    pub async fn fails(self) {
        let failed = self.told(Ending::Failure).await.err();
        assert_eq!(failed, Some(ComputeError::Computation("no worker free")));
    }

    pub async fn panics(self) {
        assert_eq!(self.told(Ending::Panic).await.err(), Some(ComputeError::Panicked));
    }

    async fn told(self, ending: Ending) -> Result<Found<Fact>, ComputeError<&'static str>> {
        assert!(self.end.send(ending).is_ok(), "it still computes");
        self.asking.await.expect("it was not cancelled")
    }
}

/// Asserts that the answer is the right one, whatever its source.
pub fn checked(text: &str, found: Result<Found<Fact>, ComputeError<&'static str>>) -> Found<Fact> {
    let found = found.unwrap_or_else(|failed| panic!("{text}: {failed:?}"));
    assert_eq!(*found.value, Fact::Text(answer(text)), "from {:?}", found.source);
    found
}

pub const COMPUTED: Source = Source::Computed { stored: true };
