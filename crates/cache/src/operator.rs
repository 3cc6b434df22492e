//! The operator's view: lists, shows and removes entries.
//!
//! It sees and removes only names that [`key`](crate::key) reads as names of answers: no bookkeeping, no foreign keys.
//! No command takes long in Redis: names are listed by `SCAN`, in steps between which other calls run, and removed by
//! `UNLINK`.
//!
//! With NOLOOP, Redis does not push our own removals to us; the reply takes the place of the push. So a removal runs in
//! a task of its own, which no caller can cancel before the reply.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::entry::{self, Contents, LINE_BYTES_MAX, Stored};
use crate::hex;
use crate::key::{Key, KeyRef, RedisName};
use crate::layers::Layers;
use crate::link::{CallError, Link};
use crate::memory::{Memory, MemoryEntry};
use crate::pending_removals::Removals;
use crate::primaries::{Preview, Primaries};
use crate::protocol::version::Moment;
use crate::stats::{Cause, Label, State, Trouble};

/// The maximum number of entries on a page.
const PAGE_MAX: usize = 1_000;
/// The maximum number of steps for a page, which may be short or empty among many foreign keys without being the last.
const PAGE_STEPS_MAX: usize = 64;
/// Names visited in one step of a clear, and removed in one call.
const STEP: usize = 250;
/// Names previewed in one call, and bytes read of each value: enough for a lease, or the beginning of a long text.
const PREVIEWS_PER_CALL: usize = 100;
const PREVIEW_BYTES: usize = 256;
/// The pause between two attempts at a pending removal, while Redis is connected but does not execute it.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// The entries of a cache, for its operator. See [`Cache::operator`](crate::Cache::operator).
///
/// Nothing here fails because of Redis: every result tells whether Redis was reached.
pub struct Operator<C: Contents> {
    layers: Arc<Layers<C>>,
}

impl<C: Contents> Clone for Operator<C> {
    fn clone(&self) -> Self {
        Self { layers: self.layers.clone() }
    }
}

impl<C: Contents> fmt::Debug for Operator<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").finish_non_exhaustive()
    }
}

/// Whether Redis was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisStatus {
    /// No Redis is configured.
    Absent,
    /// It replied.
    Reached,
    /// It was not: the result is only that of this node's memory.
    Unreachable,
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// An answer; in a listing, a value that begins like one.
    Answer,
    /// The lease of a node that is computing the answer.
    Lease,
    /// A value that no node can use; the next computation of the answer replaces it.
    Unusable,
}

impl EntryKind {
    /// `answer`, `lease`, `unusable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Lease => "lease",
            Self::Unusable => "unusable",
        }
    }
}

/// An entry, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// Its name in Redis.
    pub name: String,
    /// The text of its key; `None` if the name has only a digest and the value does not contain the text. In a listing,
    /// long texts are cut short and end in `…`.
    pub text: Option<String>,
    /// The kind of its value.
    pub kind: EntryKind,
    /// Whether this node's memory holds it.
    pub in_memory: bool,
    /// Whether Redis holds it.
    pub in_redis: bool,
    /// Its remaining lifetime in Redis or, if it is not there, in memory; `None` for ever.
    pub ttl: Option<Duration>,
    /// The length of its line in Redis or, if it is not there, the bytes that memory charges for it.
    pub bytes: u64,
}

/// An entry and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryDetail {
    /// The entry.
    pub info: EntryInfo,
    /// The line in Redis, whatever it is; for an entry only in memory, the line that would be written. `None` if the
    /// value in Redis is not a string.
    pub line: Option<String>,
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// From Redis: in no order, and perhaps with an entry twice. From memory: sorted by name.
    pub entries: Vec<EntryInfo>,
    /// The start of the next page; `None` after the last. A page without entries need not be the last.
    pub next: Option<Cursor>,
    /// If Redis was reached, the entries are those in Redis, else those in this node's memory.
    pub redis: RedisStatus,
}

/// The result of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// The number of entries removed: from Redis or from this node's memory, whichever is larger.
    pub count: u64,
    /// The result in Redis. Memory holds none of the entries in any case.
    pub redis: RemovalStatus,
}

/// The result of a removal in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalStatus {
    /// The entries are removed, or no Redis is configured.
    Done,
    /// Redis is unreachable or cannot remove now: the removal will be executed later. Until then, this node does not
    /// answer from these entries.
    Pending,
    /// Redis refuses: the user has no permission, or the command is unknown.
    Refused,
}

/// The error of a text that is not the name of an answer of this cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameError;

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the name of an answer as it stands in Redis, namespace:variant:text")
    }
}

impl std::error::Error for NameError {}

/// The start of a page. It is opaque; as text, it has letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Position);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    Redis {
        /// The index of the primary.
        primary: usize,
        /// The cursor of this primary's `SCAN`.
        scan: u64,
    },
    Memory {
        /// The last name of the previous page.
        after: String,
    },
}

/// The error of a text that is not a [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a cursor as the page before gave it")
    }
}

impl std::error::Error for CursorError {}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Position::Redis { primary, scan } => write!(f, "r{primary}-{scan}"),
            Position::Memory { after } => {
                f.write_str("m")?;
                hex::write(after.as_bytes(), f)
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        read_position(text).map(Self).ok_or(CursorError)
    }
}

fn read_position(text: &str) -> Option<Position> {
    if let Some(numbers) = text.strip_prefix('r') {
        let (primary, scan) = numbers.split_once('-')?;
        return Some(Position::Redis { primary: primary.parse().ok()?, scan: scan.parse().ok()? });
    }
    let after = hex::read(text.strip_prefix('m')?)?;
    Some(Position::Memory { after: String::from_utf8(after).ok()? })
}

impl<C: Contents> Operator<C> {
    pub(crate) fn new(layers: Arc<Layers<C>>) -> Self {
        Self { layers }
    }

    /// The name of a key in Redis.
    pub fn name(&self, key: &Key) -> String {
        self.layers.coherence.namespace.name(key)
    }

    /// Whether the text can be the name of an answer.
    pub fn is_name(&self, text: &str) -> bool {
        self.layers.read(text).is_ok()
    }

    /// About `limit` (1 to 1,000) of the entries in Redis, from the beginning or from the end of the previous page;
    /// there may be a few more. An entry that exists the whole time is on one of the pages; one that is added or
    /// removed meanwhile may be missing.
    ///
    /// Without Redis, or if it is unreachable, lists this node's memory. (Otherwise, memory holds few entries that
    /// Redis does not: too large ones, and those that the write-behind dropped. [`Operator::entry`] finds these, too.)
    pub async fn list(&self, from: Option<&Cursor>, limit: usize) -> Page {
        let limit = limit.clamp(1, PAGE_MAX);
        let start = Position::Redis { primary: 0, scan: 0 };
        let after = match from.map_or(&start, |cursor| &cursor.0) {
            Position::Memory { after } => after.clone(),
            Position::Redis { primary, scan } => match self.layers.page(*primary, *scan, limit).await {
                Some(Ok(page)) => return page,
                Some(Err(error)) => {
                    self.layers.count_error(error);
                    String::new()
                }
                None => String::new(),
            },
        };
        let layers = self.layers.clone();
        // It visits all of memory, so it does not run on a thread that serves requests.
        let page = tokio::task::spawn_blocking(move || layers.page_of_memory(&after, limit)).await;
        page.unwrap_or(Page { entries: Vec::new(), next: None, redis: RedisStatus::Unreachable })
    }

    /// The entry under a name, and whether Redis was reached. This changes neither its lifetime nor its use count.
    ///
    /// # Errors
    ///
    /// If the name is not one of this cache.
    pub async fn entry(&self, name: &str) -> Result<(Option<EntryDetail>, RedisStatus), NameError> {
        let key = self.layers.read(name)?;
        Ok(self.layers.entry(name, key).await)
    }

    /// Removes the entry under a name, on every node.
    ///
    /// # Errors
    ///
    /// If the name is not one of this cache.
    pub async fn delete(&self, name: &str) -> Result<Removed, NameError> {
        self.layers.read(name)?;
        let (layers, name) = (self.layers.clone(), name.to_owned());
        Ok(finished(tokio::spawn(async move { layers.delete(name).await }).await))
    }

    /// Removes every entry of this namespace, on every node. Answers that are computed meanwhile may be stored again.
    pub async fn clear(&self) -> Removed {
        let layers = self.layers.clone();
        finished(tokio::spawn(async move { layers.clear().await }).await)
    }
}

/// The task fails only if the runtime ends; then the removal is not done.
fn finished(removed: Result<Removed, tokio::task::JoinError>) -> Removed {
    removed.unwrap_or(Removed { count: 0, redis: RemovalStatus::Pending })
}

/// Executes pending removals whenever Redis is reachable. Never ends by itself.
pub(crate) async fn run_pending_removals<C: Contents>(layers: Arc<Layers<C>>) {
    let (mut states, mut pause) = (layers.coherence.states(), RETRY_FIRST);
    loop {
        layers.pending_removals.wait_for_any().await;
        tokio::select! {
            _ = states.wait_for(|state| matches!(state, State::CatchingUp | State::Coherent)) => {}
            // The primary of a pending name may be reachable although another one is not.
            () = tokio::time::sleep(RETRY_MAX) => {}
        }
        if layers.remove_pending(layers.pending_removals.begin()).await {
            pause = RETRY_FIRST;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY_MAX),
            // With a new connection, the removal may succeed.
            _ = states.changed() => pause = RETRY_FIRST,
        }
    }
}

impl<C: Contents> Layers<C> {
    /// `None` for memory only.
    fn primaries(&self) -> Option<&Primaries> {
        self.shared.as_ref().map(|shared| &*shared.primaries)
    }

    fn read<'a>(&self, name: &'a str) -> Result<KeyRef<'a>, NameError> {
        match self.coherence.namespace.read(name.as_bytes()) {
            Some(RedisName::Answer(key)) => Ok(key),
            Some(RedisName::Canary(_)) | None => Err(NameError),
        }
    }

    /// The names of answers among these.
    fn ours(&self, names: Vec<Vec<u8>>) -> Vec<String> {
        let names = names.into_iter().filter_map(|name| String::from_utf8(name).ok());
        names.filter(|name| self.read(name).is_ok()).collect()
    }

    /// A page from Redis; `None` if no Redis is configured.
    async fn page(&self, mut primary: usize, mut scan: u64, limit: usize) -> Option<Result<Page, CallError>> {
        let primaries = self.primaries()?;
        let links = primaries.links();
        if links.is_empty() {
            return Some(Err(CallError::NotSent));
        }
        let mut entries = Vec::new();
        for _ in 0..PAGE_STEPS_MAX {
            let Some(link) = links.get(primary) else { break };
            let step = match primaries.scan(link, scan, limit - entries.len()).await {
                Ok(step) => step,
                Err(error) => return Some(Err(error)),
            };
            for names in self.ours(step.names).chunks(PREVIEWS_PER_CALL) {
                match primaries.preview_all(link, names, PREVIEW_BYTES).await {
                    Ok(previews) => {
                        let present = names.iter().zip(previews).filter_map(|(name, preview)| Some((name, preview?)));
                        entries.extend(present.filter_map(|(name, preview)| self.info_of(name, &preview)));
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            (primary, scan) = if step.cursor == 0 { (primary + 1, 0) } else { (primary, step.cursor) };
            if entries.len() >= limit {
                break;
            }
        }
        let next = (primary < links.len()).then_some(Cursor(Position::Redis { primary, scan }));
        Some(Ok(Page { entries, next, redis: RedisStatus::Reached }))
    }

    /// A page from memory, sorted by name. Visits all of memory.
    fn page_of_memory(&self, after: &str, limit: usize) -> Page {
        let namespace = &self.coherence.namespace;
        let now = self.coherence.now();
        // The first names after `after`, and one more that tells whether this is the last page.
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
        let seen = |(name, (key, entry)): (String, (Key, MemoryEntry<C::Value>))| EntryInfo {
            name,
            text: Some(shortened(key.text())),
            kind: EntryKind::Answer,
            in_memory: true,
            in_redis: false,
            ttl: entry.left(now),
            bytes: entry.bytes,
        };
        let entries: Vec<EntryInfo> = first.into_iter().take(limit).map(seen).collect();
        let last = entries.last().filter(|_| !is_last);
        let next = last.map(|seen| Cursor(Position::Memory { after: seen.name.clone() }));
        let redis = if self.shared.is_some() { RedisStatus::Unreachable } else { RedisStatus::Absent };
        Page { entries, next, redis }
    }

    fn remembers(&self, key: KeyRef<'_>) -> Option<MemoryEntry<C::Value>> {
        self.memory.peek(key, self.coherence.purge_generation(), self.coherence.now())
    }

    /// The entry of a preview; `None` if the name is not ours.
    fn info_of(&self, name: &str, preview: &Preview) -> Option<EntryInfo> {
        let key = self.read(name).ok()?;
        let bytes = preview.bytes.unwrap_or(0);
        let is_whole = preview.beginning.len() as u64 == bytes;
        let text = match key.text() {
            Some(text) => Some(text.to_owned()),
            None => entry::text_in(&preview.beginning),
        };
        let kind = match entry::read_under(key, &preview.beginning) {
            Stored::Lease(_) if is_whole => EntryKind::Lease,
            Stored::Value(_) if is_whole => EntryKind::Answer,
            _ if is_whole || bytes > LINE_BYTES_MAX as u64 => EntryKind::Unusable,
            _ if preview.beginning.starts_with(b"{") && text.is_some() => EntryKind::Answer,
            _ => EntryKind::Unusable,
        };
        let in_memory = self.remembers(key).is_some();
        Some(EntryInfo { name: name.to_owned(), text, kind, in_memory, in_redis: true, ttl: preview.left, bytes })
    }

    async fn entry(&self, name: &str, key: KeyRef<'_>) -> (Option<EntryDetail>, RedisStatus) {
        let (found, behind) = match self.primaries() {
            None => (None, RedisStatus::Absent),
            Some(primaries) => match primaries.preview(name, LINE_BYTES_MAX + 1).await {
                Ok(preview) => (preview, RedisStatus::Reached),
                Err(error) => {
                    self.count_error(error);
                    (None, RedisStatus::Unreachable)
                }
            },
        };
        let entry = match found {
            Some(preview) => match self.info_of(name, &preview) {
                Some(seen) => Some(self.with_line(key, seen, &preview).await),
                None => None,
            },
            None => self.remembers(key).map(|entry| EntryDetail {
                line: self.contents.encode(&entry.value),
                info: EntryInfo {
                    name: name.to_owned(),
                    text: key.text().map(str::to_owned),
                    kind: EntryKind::Answer,
                    in_memory: true,
                    in_redis: false,
                    ttl: entry.left(self.coherence.now()),
                    bytes: entry.bytes,
                },
            }),
        };
        (entry, behind)
    }

    /// Decodes the whole value, since a line that only begins like an answer is unusable.
    async fn with_line(&self, key: KeyRef<'_>, mut info: EntryInfo, preview: &Preview) -> EntryDetail {
        info.kind = match entry::read_under(key, &preview.beginning) {
            Stored::Value(line) if self.contents.decode(&line).await.is_some() => EntryKind::Answer,
            Stored::Lease(_) => EntryKind::Lease,
            _ => EntryKind::Unusable,
        };
        let line = preview.bytes.map(|_| String::from_utf8_lossy(&preview.beginning).into_owned());
        EntryDetail { info, line }
    }

    async fn delete(&self, name: String) -> Removed {
        let Ok(key) = self.read(&name) else { return Removed { count: 0, redis: RemovalStatus::Done } };
        let in_memory = u64::from(self.remembers(key).is_some());
        let (count, redis) = match self.primaries() {
            None => (0, RemovalStatus::Done),
            Some(primaries) => match primaries.unlink(&name).await {
                Ok(count) => (count, RemovalStatus::Done),
                Err(error) => (0, self.removal(error)),
            },
        };
        if redis == RemovalStatus::Pending {
            // Before the invalidation, so that a lookup after it does not use the value.
            self.pending_removals.add_name(name.clone());
        }
        self.coherence.invalidate(&self.memory, key, Cause::Operator);
        Removed { count: count.max(in_memory), redis }
    }

    async fn clear(self: Arc<Self>) -> Removed {
        let in_memory = self.clone().on_memory(|memory, purge, now| memory.live(purge, now).count() as u64).await;
        // This prevents computations in progress from being written after the steps below.
        self.coherence.purge(Cause::Operator);
        let (count, redis) = match self.unlink_all().await {
            (count, Ok(())) => (count, RemovalStatus::Done),
            (count, Err(error)) => (count, self.removal(error)),
        };
        if redis == RemovalStatus::Pending {
            self.pending_removals.add_everything();
        }
        // Once more, for lookups of entries that were not removed yet.
        self.coherence.purge(Cause::Operator);
        self.on_memory(|memory, purge, now| memory.sweep(purge, now)).await;
        Removed { count: count.max(in_memory), redis }
    }

    /// Runs work that visits all of memory on a thread that does not serve requests.
    async fn on_memory<T: Default + Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Memory<C::Value>, u64, Moment) -> T + Send + 'static,
    ) -> T {
        let working = tokio::task::spawn_blocking(move || {
            work(&self.memory, self.coherence.purge_generation(), self.coherence.now())
        });
        // This fails only if the runtime ends.
        working.await.unwrap_or_default()
    }

    /// Removes every answer of this namespace, step by step; gives how many, and whether all were removed. If one
    /// primary is unreachable, the entries of the others are still removed.
    async fn unlink_all(&self) -> (u64, Result<(), CallError>) {
        let Some(primaries) = self.primaries() else { return (0, Ok(())) };
        let links = primaries.links();
        let mut removed = 0;
        let mut outcome = if links.is_empty() { Err(CallError::NotSent) } else { Ok(()) };
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

    /// The status of a removal that failed with this error.
    fn removal(&self, error: CallError) -> RemovalStatus {
        self.count_error(error);
        match error {
            CallError::Trouble(trouble @ (Trouble::Denied | Trouble::Other)) => {
                tracing::warn!(trouble = trouble.label(), "Redis refuses a removal that the operator requested");
                RemovalStatus::Refused
            }
            _ => RemovalStatus::Pending,
        }
    }

    /// Executes pending removals; gives whether none is left.
    async fn remove_pending(&self, removals: Removals) -> bool {
        let mut rest = Removals::default();
        if removals.everything {
            if let (_, Err(error)) = self.unlink_all().await {
                rest.everything = self.removal(error) == RemovalStatus::Pending;
            }
            self.coherence.purge(Cause::Operator);
        }
        for name in removals.names {
            let (Ok(key), Some(primaries)) = (self.read(&name), self.primaries()) else { continue };
            if let Err(error) = primaries.unlink(&name).await
                && self.removal(error) == RemovalStatus::Pending
            {
                rest.names.insert(name);
                continue;
            }
            self.coherence.invalidate(&self.memory, key, Cause::Operator);
        }
        let is_done = rest == Removals::default();
        // Last: until this point, no lookup uses the values to be removed.
        self.pending_removals.end(rest);
        is_done
    }
}

/// A text in a listing.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(PREVIEW_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
