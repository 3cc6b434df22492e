//! What the tests stand on: a real `redis-server`, a faulty proxy before it, a scripted server for what a real one cannot
//! be made to say, and nodes that count what they compute. Everything listens on free loopback ports and ends when it is
//! dropped.
#![allow(clippy::panic, dead_code, unreachable_pub, reason = "each example uses its own part")]

pub mod constellation;
pub mod fake;
pub mod load;
pub mod moves;
pub mod outage;
pub mod proxy;
pub mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use tabuada_cache::{Cache, Contents, Deadlines, Failed, Found, Key, Lookup, Options, Source, State, Stats};

/// Longer than anything takes on a machine that is busy; reached only by what is broken.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for an effect.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A value of the tests: a text, or a refusal that carries the limit it met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Text(String),
    Refusal(u32),
}

/// Facts, to a node of the given limit: refusals of lower limits are not usable to it.
#[derive(Clone, Default)]
pub struct Facts {
    pub limit: u32,
    pub lifetime: Option<Duration>,
    /// What happens when a value is weighed: between the look at what moved and the putting into memory.
    pub when_weighed: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Contents for Facts {
    type Value = Fact;
    type Failure = &'static str;

    fn encode(&self, fact: &Fact) -> String {
        match fact {
            Fact::Text(text) => serde_json::json!({ "resultado": text }).to_string(),
            Fact::Refusal(limit) => serde_json::json!({ "refusal": limit }).to_string(),
        }
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

/// The one right answer to a text: the key determines the value.
pub fn answer(text: &str) -> String {
    format!("<{text}>")
}

/// A cache, and how often it computed.
#[derive(Clone)]
pub struct Node {
    pub cache: Cache<Facts>,
    pub computed: Arc<AtomicU64>,
    pub asked: Arc<AtomicU64>,
}

/// Settings of a node: what is not said is the default.
pub struct Setting {
    pub options: Options,
    pub facts: Facts,
    pub deadlines: Deadlines,
}

impl Setting {
    pub fn new() -> Self {
        let options = Options { namespace: "tabuada".to_owned(), memory_bytes: 8 << 20, ..Options::default() };
        // A busy machine may take its time where no test is about time.
        let patient = Deadlines {
            call: PATIENCE,
            handshake: PATIENCE,
            silence: PATIENCE,
            patience: PATIENCE,
            lease: 4 * PATIENCE,
            ..Deadlines::default()
        };
        Self { options, facts: Facts::default(), deadlines: patient }
    }

    /// With the deadlines of the product.
    pub fn hasty(mut self) -> Self {
        self.deadlines = Deadlines::default();
        self
    }

    /// The same once more.
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
        Node { cache, computed: Arc::default(), asked: Arc::default() }
    }

    pub async fn coherent(self) -> Node {
        let node = self.start();
        assert_eq!(node.cache.wait_until_ready(PATIENCE).await, State::Coherent);
        node
    }
}

pub fn key(text: &str) -> Key {
    Key::new("1", text)
}

/// The name that `key(text)` has in Redis, for texts that stand in names.
pub fn name(text: &str) -> String {
    format!("tabuada:1:{text}")
}

impl Node {
    pub fn computed(&self) -> u64 {
        self.computed.load(SeqCst)
    }

    /// Asks for something that the trial is enough for.
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
        checked(text, self.cache.get_or_compute(&key(text), trial, compute).await)
    }

    /// Asks for something that the trial is not enough for.
    pub async fn dear(&self, text: &str) -> Found<Fact> {
        checked(text, self.ask(text, async |value| Ok(value)).await)
    }

    /// Asks for something dear whose computation does what `compute` says with the right value.
    pub async fn ask<F, W>(&self, text: &str, compute: F) -> Result<Found<Fact>, Failed<&'static str>>
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
        self.cache.get_or_compute(&key(text), async || None, compute).await
    }

    /// Asks for something of which nothing is to be remembered; the trial may be enough for it.
    pub async fn alone(&self, text: &str, is_dear: bool) -> Found<Fact> {
        self.asked.fetch_add(1, SeqCst);
        let compute = || {
            self.computed.fetch_add(1, SeqCst);
            Fact::Text(answer(text))
        };
        let (trial, in_full) = (async || (!is_dear).then(compute), || async { Ok(compute()) });
        checked(text, self.cache.get_or_compute_unremembered(&key(text), trial, in_full).await)
    }

    /// Asks for something dear, elsewhere.
    pub fn asks(&self, text: &str) -> JoinHandle<Found<Fact>> {
        let (node, text) = (self.clone(), text.to_owned());
        tokio::spawn(async move { node.dear(&text).await })
    }

    /// Asks for something dear, and holds its computation once it has begun.
    pub async fn holds(&self, text: &str) -> Held {
        let (begun, has_begun) = oneshot::channel();
        let (end, told) = oneshot::channel();
        let (node, own) = (self.clone(), text.to_owned());
        let asking = tokio::spawn(async move {
            let compute = async move |value| {
                begun.send(()).expect("somebody waits for it");
                match told.await.expect("it is told how to end") {
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

    /// Waits until so many flights wait for another node.
    pub async fn waits(&self, flights: u64) {
        eventually("it waits for another node", || self.cache.audit().waiters == flights).await;
    }

    /// Every question asked through this node was answered one way: memory, Redis, computed, collapsed, or it failed.
    pub fn is_balanced(&self) {
        let answers = self.stats().answers;
        let sum: u64 = answers.iter().map(|count| count.count).sum();
        assert_eq!(sum, self.asked.load(SeqCst), "{answers:?}");
    }

    /// Whether memory answers.
    pub fn remembers(&self, text: &str) -> bool {
        self.cache.get(&key(text)).is_some()
    }

    /// Whether memory answers, and for longer than it does without Redis. The default ttl, a day, is taken for granted.
    pub fn is_vouched_for(&self, text: &str) -> bool {
        let briefly = Duration::from_secs(5);
        self.cache.get(&key(text)).is_some_and(|found| found.ttl.is_none_or(|ttl| ttl > briefly))
    }

    pub fn state(&self) -> State {
        self.cache.state()
    }

    pub fn stats(&self) -> Stats {
        self.cache.stats()
    }

    /// One counter of a family.
    pub fn count(&self, family: impl FnOnce(Stats) -> Vec<tabuada_cache::Count>, label: &str) -> u64 {
        let counts = family(self.stats());
        counts.iter().find(|count| count.label == label).unwrap_or_else(|| panic!("no counter {label}")).count
    }

    pub fn answers(&self, source: &str) -> u64 {
        self.count(|stats| stats.answers, source)
    }

    pub fn forgotten(&self, cause: &str) -> u64 {
        self.count(|stats| stats.forgotten, cause)
    }

    pub fn errors(&self, kind: &str) -> u64 {
        self.count(|stats| stats.redis_errors, kind)
    }

    pub fn offers(&self, fate: &str) -> u64 {
        self.count(|stats| stats.offers, fate)
    }

    pub fn looks(&self, result: &str) -> u64 {
        self.count(|stats| stats.redis_lookups, result)
    }

    /// Waits until the state is reached.
    pub async fn becomes(&self, state: State) {
        eventually(state.name(), || self.state() == state).await;
    }

    /// Does something that Redis tells of, and waits until this node has been told.
    pub async fn hears(&self, deed: impl FnOnce()) {
        let heard = || self.forgotten("key") + self.forgotten("flush");
        let before = heard();
        deed();
        eventually("it is told", || heard() > before).await;
    }

    /// Waits until so many changes of keys were told of and followed: what is read after that is not moved by them.
    pub async fn has_heard(&self, changes: u64) {
        eventually("it is told", || self.forgotten("key") == changes).await;
    }

    /// Waits until what is under way is done, and looks at the inside: bytes counted are bytes held, no flight is open,
    /// nobody waits, no task is left; and every question was answered one way.
    pub async fn is_sound(&self) {
        eventually("nothing is under way, and bytes counted are bytes held", || {
            let audit = self.cache.audit();
            // A sweep may be under way between the two countings.
            let under_way = [audit.flights_open, audit.offers_open, audit.waiters, audit.tasks];
            under_way == [0; 4] && audit.bytes_counted == audit.bytes_held
        })
        .await;
        let stats = self.stats();
        assert!(stats.memory_bytes <= stats.memory_bytes_max);
    }
}

impl Node {
    /// The same while computations are held: every write and offer is done.
    pub async fn is_sound_but_for_flights(&self) {
        eventually("only held computations are under way", || {
            let audit = self.cache.audit();
            audit.offers_open == 0 && audit.flights_open == audit.tasks
        })
        .await;
    }
}

enum Ending {
    /// The right value, or another.
    Value(Option<Fact>),
    Failure,
    Panic,
}

/// A computation under way, which ends when told and as told.
pub struct Held {
    text: String,
    end: oneshot::Sender<Ending>,
    asking: JoinHandle<Result<Found<Fact>, Failed<&'static str>>>,
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
        assert_eq!(failed, Some(Failed::Computation("no worker free")));
    }

    pub async fn panics(self) {
        assert_eq!(self.told(Ending::Panic).await.err(), Some(Failed::Panicked));
    }

    async fn told(self, ending: Ending) -> Result<Found<Fact>, Failed<&'static str>> {
        assert!(self.end.send(ending).is_ok(), "it still computes");
        self.asking.await.expect("it was not cancelled")
    }
}

/// Whatever the layer, the answer is the same.
pub fn checked(text: &str, found: Result<Found<Fact>, Failed<&'static str>>) -> Found<Fact> {
    let found = found.unwrap_or_else(|failed| panic!("{text}: {failed:?}"));
    assert_eq!(*found.value, Fact::Text(answer(text)), "from {:?}", found.source);
    found
}

pub const COMPUTED: Source = Source::Computed { stored: true };
