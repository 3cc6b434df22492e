//! The operator's view: what is remembered, listed and looked at, deleted one by one or all together.
//!
//! Only names that [`key`](crate::key) reads as those of answers are seen and removed: neither bookkeeping, nor what
//! somebody else keeps under our prefix, nor anything outside of it. Nothing is asked of Redis that takes long there:
//! names come by `SCAN`, in steps between which every other call passes, and go by `UNLINK`.
//!
//! Redis does not tell us of what we delete ourselves (rule 2 of the protocol): so the reply to a removal is what its push
//! would have been. A removal therefore runs in a task of its own, which no caller can cancel before that.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::entry::{self, Contents, LINE_BYTES_MAX, Stored};
use crate::key::{Key, KeyRef, Name};
use crate::layers::Layers;
use crate::memory::{self, Memory};
use crate::owed::Debt;
use crate::primaries::{Glimpse, Primaries};
use crate::redis::{CallError, Link};
use crate::stats::{Cause, Label, State, Trouble};

/// Entries of one page, however many are asked for.
const PAGE_MAX: usize = 1_000;
/// Steps of one page: among many keys of others a page may be short, or empty, and yet not the last.
const PAGE_STEPS_MAX: usize = 64;
/// Names looked at in one step of a clear, and removed in one call.
const STEP: usize = 250;
/// Names glanced at in one call, and what is read of what stands there: enough for a lease, and for what a long text
/// begins with.
const GLANCE: usize = 100;
const GLANCE_BYTES: usize = 256;
/// Time between two attempts at what is owed, while Redis is there and does not do it.
const AGAIN_FIRST: Duration = Duration::from_millis(100);
const AGAIN_MAX: Duration = Duration::from_secs(5);

/// What is remembered, for one who looks after it. See [`Cache::operator`](crate::Cache::operator).
///
/// Nothing here fails because of Redis: what it gives says how Redis took part.
pub struct Operator<C: Contents> {
    layers: Arc<Layers<C>>,
}

impl<C: Contents> Clone for Operator<C> {
    fn clone(&self) -> Self {
        Self { layers: self.layers.clone() }
    }
}

/// How Redis took part in a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// There is none configured: memory is all there is.
    Absent,
    /// It was asked.
    Reached,
    /// It could not be asked, or did not answer: what is said is of this node's memory only.
    Unreachable,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An answer. In a listing: what begins as one.
    Answer,
    /// The mark of a node that is working the answer out.
    Lease,
    /// What nobody here can use, and whoever needs the answer replaces.
    Unusable,
}

impl Kind {
    /// `answer`, `lease`, `unusable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Lease => "lease",
            Self::Unusable => "unusable",
        }
    }
}

/// One thing remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name in Redis.
    pub name: String,
    /// The text that the name is of. `None`: the name has only a digest, and the text does not stand beside it. In a
    /// listing, long ones are cut short and end in `…`.
    pub text: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether this node's memory holds it.
    pub in_memory: bool,
    /// Whether Redis holds it.
    pub in_redis: bool,
    /// How long it will stay in Redis or, if it is not there, in memory; `None`: for ever.
    pub ttl: Option<Duration>,
    /// Length of its line in Redis or, if it is not there, what memory charges for it.
    pub bytes: u64,
}

/// One thing remembered, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What can be told of it.
    pub seen: Seen,
    /// The line that stands in Redis, whatever it is, or that would stand there for what memory holds. `None`: what
    /// stands there is of a type that has no line.
    pub line: Option<String>,
}

/// Some of what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In no order, as Redis gives them, of which one may come twice; or sorted by name, if only memory was asked.
    pub entries: Vec<Seen>,
    /// Where the next page begins; `None`: this is the last. A page without entries need not be the last.
    pub next: Option<Cursor>,
    /// Where they come from: from Redis if that was reached, else from this node's memory.
    pub redis: Behind,
}

/// What came of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// How many went: from Redis or from this node's memory, whichever held more.
    pub count: u64,
    /// What Redis did. Memory holds nothing of it any more, whatever this is.
    pub redis: Removal,
}

/// What Redis did about a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It removed what there was; or there is no Redis.
    Done,
    /// It could not be reached, or could not do it now: it is done when it is back. Until then this node does not answer
    /// from what was to go.
    Pending,
    /// It will not: it does not allow us to, or does not know the command.
    Refused,
}

/// A text that is no name of an answer of this cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl fmt::Display for NotOurs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the name of an answer as it stands in Redis, namespace:variant:text")
    }
}

impl std::error::Error for NotOurs {}

/// Where a page begins. Opaque: written as a text of letters, digits and `-`, and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Redis {
        /// The number of the primary.
        primary: usize,
        /// Its own cursor.
        scan: u64,
    },
    Memory {
        /// The last name of the page before.
        after: String,
    },
}

/// A text that is no [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACursor;

impl fmt::Display for NotACursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a cursor as the page before gave it")
    }
}

impl std::error::Error for NotACursor {}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Redis { primary, scan } => write!(f, "r{primary}-{scan}"),
            Place::Memory { after } => {
                f.write_char('m')?;
                after.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        read_place(text).map(Self).ok_or(NotACursor)
    }
}

fn read_place(text: &str) -> Option<Place> {
    if let Some(numbers) = text.strip_prefix('r') {
        let (primary, scan) = numbers.split_once('-')?;
        return Some(Place::Redis { primary: primary.parse().ok()?, scan: scan.parse().ok()? });
    }
    let digits = text.strip_prefix('m').filter(|digits| digits.is_ascii() && digits.len() % 2 == 0)?;
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    let bytes = (0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
    Some(Place::Memory { after: String::from_utf8(bytes).ok()? })
}

impl<C: Contents> Operator<C> {
    pub(crate) fn new(layers: Arc<Layers<C>>) -> Self {
        Self { layers }
    }

    /// The name of a key in Redis.
    pub fn name(&self, key: &Key) -> String {
        self.layers.coherence.namespace.name(key)
    }

    /// Whether this can be the name of an answer.
    pub fn is_name(&self, text: &str) -> bool {
        self.layers.read(text).is_ok()
    }

    /// Some `limit` (1 to 1,000) of what Redis holds, from the beginning or from where the page before ended. Redis may
    /// give a few more. What is there all the while is on one of the pages; what comes or goes meanwhile may be.
    ///
    /// Without Redis, or if it cannot be reached, what this node's memory holds. (Else memory holds little that Redis does
    /// not: what was too large for it, or more than was offered. [`Operator::entry`] finds that as well.)
    pub async fn list(&self, from: Option<&Cursor>, limit: usize) -> Page {
        let limit = limit.clamp(1, PAGE_MAX);
        let start = Place::Redis { primary: 0, scan: 0 };
        let after = match from.map_or(&start, |cursor| &cursor.0) {
            Place::Memory { after } => after.clone(),
            Place::Redis { primary, scan } => match self.layers.page(*primary, *scan, limit).await {
                Some(Ok(page)) => return page,
                Some(Err(error)) => {
                    self.layers.count_error(error);
                    String::new()
                }
                None => String::new(),
            },
        };
        let layers = self.layers.clone();
        // It goes through all of memory: not on a thread that requests share.
        let page = tokio::task::spawn_blocking(move || layers.page_of_memory(&after, limit)).await;
        page.unwrap_or(Page { entries: Vec::new(), next: None, redis: Behind::Unreachable })
    }

    /// What is remembered under a name, and how Redis took part in finding out. Looking changes nothing: neither how long
    /// it stays nor how needed it seems.
    ///
    /// # Errors
    ///
    /// If the name cannot be one of ours.
    pub async fn entry(&self, name: &str) -> Result<(Option<Entry>, Behind), NotOurs> {
        let key = self.layers.read(name)?;
        Ok(self.layers.entry(name, key).await)
    }

    /// Removes what is remembered under a name, on every node.
    ///
    /// # Errors
    ///
    /// If the name cannot be one of ours.
    pub async fn delete(&self, name: &str) -> Result<Removed, NotOurs> {
        self.layers.read(name)?;
        let (layers, name) = (self.layers.clone(), name.to_owned());
        Ok(finished(tokio::spawn(async move { layers.delete(name).await }).await))
    }

    /// Removes everything that is remembered in this namespace, on every node, and touches nothing else. What is asked
    /// for meanwhile may be remembered again.
    pub async fn clear(&self) -> Removed {
        let layers = self.layers.clone();
        finished(tokio::spawn(async move { layers.clear().await }).await)
    }
}

/// A task that did not come to its end, since the runtime ends, has done nothing that could be told of.
fn finished(removed: Result<Removed, tokio::task::JoinError>) -> Removed {
    removed.unwrap_or(Removed { count: 0, redis: Removal::Pending })
}

/// Does in Redis what is owed there, whenever it can be reached. Never ends by itself.
pub(crate) async fn carry_out<C: Contents>(layers: Arc<Layers<C>>) {
    let (mut states, mut pause) = (layers.coherence.states(), AGAIN_FIRST);
    loop {
        layers.owed.incurred().await;
        tokio::select! {
            _ = states.wait_for(|state| matches!(state, State::CatchingUp | State::Coherent)) => {}
            // The primary that this is about may be there although another is not.
            () = tokio::time::sleep(AGAIN_MAX) => {}
        }
        if layers.pay(layers.owed.begin()).await {
            pause = AGAIN_FIRST;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(AGAIN_MAX),
            // Another connection may do better.
            _ = states.changed() => pause = AGAIN_FIRST,
        }
    }
}

impl<C: Contents> Layers<C> {
    /// `None`: memory only.
    fn primaries(&self) -> Option<&Primaries> {
        self.shared.as_ref().map(|shared| &*shared.primaries)
    }

    fn read<'a>(&self, name: &'a str) -> Result<KeyRef<'a>, NotOurs> {
        match self.coherence.namespace.read(name.as_bytes()) {
            Some(Name::Answer(key)) => Ok(key),
            Some(Name::Canary(_)) | None => Err(NotOurs),
        }
    }

    /// Those names that are of answers.
    fn ours(&self, names: Vec<Vec<u8>>) -> Vec<String> {
        let names = names.into_iter().filter_map(|name| String::from_utf8(name).ok());
        names.filter(|name| self.read(name).is_ok()).collect()
    }

    /// `None`: there is no Redis.
    async fn page(&self, mut primary: usize, mut scan: u64, limit: usize) -> Option<Result<Page, CallError>> {
        let primaries = self.primaries()?;
        let links = primaries.links();
        if links.is_empty() {
            return Some(Err(CallError::NotMade));
        }
        let mut entries = Vec::new();
        for _ in 0..PAGE_STEPS_MAX {
            let Some(link) = links.get(primary) else { break };
            let step = match primaries.scan(link, scan, limit - entries.len()).await {
                Ok(step) => step,
                Err(error) => return Some(Err(error)),
            };
            for names in self.ours(step.names).chunks(GLANCE) {
                match primaries.glance_all(link, names, GLANCE_BYTES).await {
                    Ok(glimpses) => {
                        let there = names.iter().zip(glimpses).filter_map(|(name, glimpse)| Some((name, glimpse?)));
                        entries.extend(there.filter_map(|(name, glimpse)| self.seen_in_redis(name, &glimpse)));
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            (primary, scan) = if step.cursor == 0 { (primary + 1, 0) } else { (primary, step.cursor) };
            if entries.len() >= limit {
                break;
            }
        }
        let next = (primary < links.len()).then_some(Cursor(Place::Redis { primary, scan }));
        Some(Ok(Page { entries, next, redis: Behind::Reached }))
    }

    /// Some of what memory holds, in the order of names. Goes through all of it.
    fn page_of_memory(&self, after: &str, limit: usize) -> Page {
        let namespace = &self.coherence.namespace;
        let now = Instant::now();
        // The first names behind `after`: one more than asked for, to know whether there are more.
        let mut first = BTreeMap::new();
        for (key, entry) in self.memory.live(self.coherence.purge_generation(), now) {
            let name = namespace.name(&key);
            if *name > *after {
                first.insert(name, (key, entry));
                if first.len() > limit + 1 {
                    first.pop_last();
                }
            }
        }
        let is_last = first.len() <= limit;
        let seen = |(name, (key, entry)): (String, (Key, memory::Entry<C::Value>))| Seen {
            name,
            text: Some(shortened(key.text())),
            kind: Kind::Answer,
            in_memory: true,
            in_redis: false,
            ttl: entry.left(now),
            bytes: entry.bytes,
        };
        let entries: Vec<Seen> = first.into_iter().take(limit).map(seen).collect();
        let last = entries.last().filter(|_| !is_last);
        let next = last.map(|seen| Cursor(Place::Memory { after: seen.name.clone() }));
        let redis = if self.shared.is_some() { Behind::Unreachable } else { Behind::Absent };
        Page { entries, next, redis }
    }

    fn remembers(&self, key: KeyRef<'_>) -> Option<memory::Entry<C::Value>> {
        self.memory.peek(key, self.coherence.purge_generation(), Instant::now())
    }

    /// What a glance tells; `None` if the name is not ours.
    fn seen_in_redis(&self, name: &str, glimpse: &Glimpse) -> Option<Seen> {
        let key = self.read(name).ok()?;
        let bytes = glimpse.bytes.unwrap_or(0);
        let is_whole = glimpse.beginning.len() as u64 == bytes;
        let text = match key.text() {
            Some(text) => Some(text.to_owned()),
            None => entry::text_in(&glimpse.beginning),
        };
        let kind = match entry::read_under(key, &glimpse.beginning) {
            Stored::Lease(_) if is_whole => Kind::Lease,
            Stored::Value(_) if is_whole => Kind::Answer,
            _ if is_whole || bytes > LINE_BYTES_MAX as u64 => Kind::Unusable,
            _ if glimpse.beginning.starts_with(b"{") && text.is_some() => Kind::Answer,
            _ => Kind::Unusable,
        };
        let in_memory = self.remembers(key).is_some();
        Some(Seen { name: name.to_owned(), text, kind, in_memory, in_redis: true, ttl: glimpse.left, bytes })
    }

    async fn entry(&self, name: &str, key: KeyRef<'_>) -> (Option<Entry>, Behind) {
        let (found, behind) = match self.primaries() {
            None => (None, Behind::Absent),
            Some(primaries) => match primaries.glance(name, LINE_BYTES_MAX + 1).await {
                Ok(glimpse) => (glimpse, Behind::Reached),
                Err(error) => {
                    self.count_error(error);
                    (None, Behind::Unreachable)
                }
            },
        };
        let entry = match found {
            Some(glimpse) => match self.seen_in_redis(name, &glimpse) {
                Some(seen) => Some(self.with_line(key, seen, &glimpse).await),
                None => None,
            },
            None => self.remembers(key).map(|entry| Entry {
                line: Some(self.contents.encode(&entry.value)),
                seen: Seen {
                    name: name.to_owned(),
                    text: key.text().map(str::to_owned),
                    kind: Kind::Answer,
                    in_memory: true,
                    in_redis: false,
                    ttl: entry.left(Instant::now()),
                    bytes: entry.bytes,
                },
            }),
        };
        (entry, behind)
    }

    /// All that was read is looked at: what only begins as an answer is none.
    async fn with_line(&self, key: KeyRef<'_>, mut seen: Seen, glimpse: &Glimpse) -> Entry {
        seen.kind = match entry::read_under(key, &glimpse.beginning) {
            Stored::Value(line) if self.contents.decode(&line).await.is_some() => Kind::Answer,
            Stored::Lease(_) => Kind::Lease,
            _ => Kind::Unusable,
        };
        let line = glimpse.bytes.map(|_| String::from_utf8_lossy(&glimpse.beginning).into_owned());
        Entry { seen, line }
    }

    async fn delete(&self, name: String) -> Removed {
        let Ok(key) = self.read(&name) else { return Removed { count: 0, redis: Removal::Done } };
        let in_memory = u64::from(self.remembers(key).is_some());
        let (count, redis) = match self.primaries() {
            None => (0, Removal::Done),
            Some(primaries) => match primaries.unlink(&name).await {
                Ok(count) => (count, Removal::Done),
                Err(error) => (0, self.removal(error)),
            },
        };
        if redis == Removal::Pending {
            // First: who looks after it was forgotten is not to find it.
            self.owed.add_name(name.clone());
        }
        self.coherence.forget(&self.memory, key, Cause::Operator);
        Removed { count: count.max(in_memory), redis }
    }

    async fn clear(self: Arc<Self>) -> Removed {
        let in_memory = self.clone().on_memory(|memory, purge, now| memory.live(purge, now).count() as u64).await;
        // What is under way is not to be written behind the steps, and is not.
        self.coherence.purge(Cause::Operator);
        let (count, redis) = match self.unlink_all().await {
            (count, Ok(())) => (count, Removal::Done),
            (count, Err(error)) => (count, self.removal(error)),
        };
        if redis == Removal::Pending {
            self.owed.add_everything();
        }
        // What was read from what was not yet gone.
        self.coherence.purge(Cause::Operator);
        self.on_memory(|memory, purge, now| memory.sweep(purge, now)).await;
        Removed { count: count.max(in_memory), redis }
    }

    /// What goes through all of memory: not on a thread that requests share.
    async fn on_memory<T: Default + Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Memory<C::Value>, u64, Instant) -> T + Send + 'static,
    ) -> T {
        let working =
            tokio::task::spawn_blocking(move || work(&self.memory, self.coherence.purge_generation(), Instant::now()));
        // It fails only if the runtime ends.
        working.await.unwrap_or_default()
    }

    /// Every answer of this namespace, step by step; how many went, and whether all did. One primary that cannot be
    /// reached does not spare what the others hold.
    async fn unlink_all(&self) -> (u64, Result<(), CallError>) {
        let Some(primaries) = self.primaries() else { return (0, Ok(())) };
        let links = primaries.links();
        let mut removed = 0;
        let mut outcome = if links.is_empty() { Err(CallError::NotMade) } else { Ok(()) };
        for link in links {
            outcome = outcome.and(self.unlink_all_of(primaries, &link, &mut removed).await);
        }
        (removed, outcome)
    }

    async fn unlink_all_of(&self, primaries: &Primaries, link: &Link, removed: &mut u64) -> Result<(), CallError> {
        let mut cursor = 0;
        loop {
            let step = primaries.scan(link, cursor, STEP).await?;
            for names in self.ours(step.names).chunks(STEP) {
                *removed += primaries.unlink_all(link, names).await?;
            }
            if step.cursor == 0 {
                return Ok(());
            }
            cursor = step.cursor;
        }
    }

    /// What becomes of a removal that failed so.
    fn removal(&self, error: CallError) -> Removal {
        self.count_error(error);
        match error {
            CallError::Trouble(trouble @ (Trouble::Denied | Trouble::Other)) => {
                tracing::warn!(trouble = trouble.label(), "Redis refuses to remove what the operator wants removed");
                Removal::Refused
            }
            _ => Removal::Pending,
        }
    }

    /// Does what is owed; whether nothing of it is left.
    async fn pay(&self, debt: Debt) -> bool {
        let mut rest = Debt::default();
        if debt.everything {
            if let (_, Err(error)) = self.unlink_all().await {
                rest.everything = self.removal(error) == Removal::Pending;
            }
            self.coherence.purge(Cause::Operator);
        }
        for name in debt.names {
            let (Ok(key), Some(primaries)) = (self.read(&name), self.primaries()) else { continue };
            if let Err(error) = primaries.unlink(&name).await
                && self.removal(error) == Removal::Pending
            {
                rest.names.insert(name);
                continue;
            }
            self.coherence.forget(&self.memory, key, Cause::Operator);
        }
        let is_paid = rest == Debt::default();
        // Last: until here nobody looks at what is to go.
        self.owed.end(rest);
        is_paid
    }
}

/// A text as a listing shows it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(GLANCE_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
