//! The operator's view: lists, shows and removes entries.
//!
//! The namespace belongs to the cache: whatever begins with it is listed and cleared, except canaries, which their nodes
//! remove. Single entries are shown and deleted by names that [`key`](crate::key) reads as names of answers. No command takes long in Redis: names are listed by `SCAN`, in steps between which other calls run, and removed by
//! `UNLINK`.
//!
//! With NOLOOP, Redis does not push our own removals to us; the reply takes the place of the push. So a removal runs in
//! a task of its own, which no caller can cancel before the reply.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::entry::{self, Contents, LINE_BYTES_MAX, Stored};
use crate::hex;
use crate::key::{Key, KeyRef, RedisName, VariantError, check_variant};
use crate::layers::Layers;
use crate::link::{CallError, Link};
use crate::memory::{Invalidated as _, MemoryEntry};
use crate::pending_removals::Removals;
use crate::primaries::{CALLS_AT_ONCE, Preview, Primaries};
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
    /// A value that no node can use. The next computation of the answer replaces it, if its name is that of an answer;
    /// otherwise only [`Operator::clear`] removes it.
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
    /// Its name in Redis; `\\xff` stands for a byte that is not UTF-8.
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
        /// The number of the map; with another map, the index has no meaning.
        map: u64,
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
            Position::Redis { map, primary, scan } => write!(f, "r{map:x}-{primary}-{scan}"),
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
        let (map, numbers) = numbers.split_once('-')?;
        let (primary, scan) = numbers.split_once('-')?;
        let map = u64::from_str_radix(map, 16).ok()?;
        return Some(Position::Redis { map, primary: primary.parse().ok()?, scan: scan.parse().ok()? });
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
    /// removed meanwhile may be missing. If the primaries of a Cluster or their slots have changed since the previous
    /// page, the listing begins anew, and entries occur twice.
    ///
    /// Without Redis, or if it is unreachable, lists this node's memory. (Otherwise, memory holds few entries that
    /// Redis does not: too large ones, and those that the write-behind dropped. [`Operator::entry`] finds these, too.)
    pub async fn list(&self, from: Option<&Cursor>, limit: usize) -> Page {
        let limit = limit.clamp(1, PAGE_MAX);
        let start = Position::Redis { map: 0, primary: 0, scan: 0 };
        let after = match (from.map_or(&start, |cursor| &cursor.0), self.layers.primaries()) {
            (Position::Memory { after }, _) => after.clone(),
            (Position::Redis { .. }, None) => String::new(),
            (Position::Redis { map, primary, scan }, Some(primaries)) => {
                match self.layers.page(primaries, *map, *primary, *scan, limit).await {
                    Ok(page) => return page,
                    Err(error) => {
                        self.layers.count_error(error);
                        String::new()
                    }
                }
            }
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
        Ok(self.delete_name(name.to_owned()).await)
    }

    pub(crate) async fn delete_key(&self, key: &Key) -> Removed {
        self.delete_name(self.name(key)).await
    }

    async fn delete_name(&self, name: String) -> Removed {
        let layers = self.layers.clone();
        finished(tokio::spawn(async move { layers.delete(name).await }).await)
    }

    /// Removes everything in this namespace, on every node, whatever it is. Answers that are computed meanwhile may be stored again.
    pub async fn clear(&self) -> Removed {
        let layers = self.layers.clone();
        finished(tokio::spawn(async move { layers.clear().await }).await)
    }

    /// Removes every entry of one variant, on every node: the answers of an earlier version, after all nodes have the
    /// new one. Answers that are computed meanwhile may be stored again.
    ///
    /// # Errors
    ///
    /// If no key can have this variant.
    pub async fn clear_variant(&self, variant: &str) -> Result<Removed, VariantError> {
        check_variant(variant)?;
        let (layers, variant) = (self.layers.clone(), variant.to_owned());
        Ok(finished(tokio::spawn(async move { layers.clear_variant(variant).await }).await))
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
        if layers.clone().remove_pending(layers.pending_removals.begin()).await {
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

    /// The names that do not belong to a canary, among names of the namespace.
    fn without_canaries(&self, mut names: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        names.retain(|name| !self.coherence.namespace.is_canary(name));
        names
    }

    /// A page from Redis.
    async fn page(
        &self,
        primaries: &Primaries,
        of: u64,
        primary: usize,
        scan: u64,
        limit: usize,
    ) -> Result<Page, CallError> {
        let (links, map) = primaries.in_order();
        let (mut primary, mut scan) = if of == map { (primary, scan) } else { (0, 0) };
        if links.is_empty() {
            return Err(CallError::NotSent);
        }
        let mut entries = Vec::new();
        for _ in 0..PAGE_STEPS_MAX {
            let Some(link) = links.get(primary) else { break };
            let step = primaries.scan(link, scan, &self.coherence.namespace.pattern(), limit - entries.len()).await?;
            let names = self.without_canaries(step.names);
            let preview_all = |names| primaries.preview_all(link, names, PREVIEW_BYTES);
            let previewing: Vec<_> = names.chunks(PREVIEWS_PER_CALL).map(preview_all).collect();
            let previews: Vec<_> = stream::iter(previewing).buffered(CALLS_AT_ONCE).try_collect().await?;
            let present = names.iter().zip(previews.into_iter().flatten());
            entries.extend(present.filter_map(|(name, preview)| Some(self.info_of(name, &preview?))));
            (primary, scan) = if step.cursor == 0 { (primary + 1, 0) } else { (primary, step.cursor) };
            if entries.len() >= limit {
                break;
            }
        }
        let next = (primary < links.len()).then_some(Cursor(Position::Redis { map, primary, scan }));
        Ok(Page { entries, next, redis: RedisStatus::Reached })
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

    /// The entry of a preview. A name that is no answer's is that of an unusable entry.
    fn info_of(&self, name: &[u8], preview: &Preview) -> EntryInfo {
        let (bytes, ttl) = (preview.bytes.unwrap_or(0), preview.left);
        let Some(RedisName::Answer(key)) = self.coherence.namespace.read(name) else {
            let (name, text, kind) = (escaped(name), None, EntryKind::Unusable);
            return EntryInfo { name, text, kind, in_memory: false, in_redis: true, ttl, bytes };
        };
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
        EntryInfo { name: escaped(name), text, kind, in_memory, in_redis: true, ttl, bytes }
    }

    async fn entry(&self, name: &str, key: KeyRef<'_>) -> (Option<EntryDetail>, RedisStatus) {
        let (found, behind) = match self.primaries() {
            None => (None, RedisStatus::Absent),
            Some(primaries) => match primaries.preview(name.as_bytes(), LINE_BYTES_MAX + 1).await {
                Ok(preview) => (preview, RedisStatus::Reached),
                Err(error) => {
                    self.count_error(error);
                    (None, RedisStatus::Unreachable)
                }
            },
        };
        let entry = match found {
            Some(preview) => {
                let info = self.info_of(name.as_bytes(), &preview);
                Some(self.with_line(key, info, &preview).await)
            }
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
            Some(primaries) => match primaries.unlink(name.as_bytes()).await {
                Ok(count) => (count, RemovalStatus::Done),
                Err(error) => (0, self.removal(error)),
            },
        };
        if redis == RemovalStatus::Pending {
            // Before the invalidation, so that a lookup after it does not use the value.
            self.pending_removals.add_name(name.clone());
        }
        self.coherence.invalidate(&*self.memory, key, Cause::Operator);
        Removed { count: count.max(in_memory), redis }
    }

    async fn clear(self: Arc<Self>) -> Removed {
        let in_memory =
            self.clone().on_memory(|layers, purge, now| layers.memory.live(purge, now).count() as u64).await;
        // This prevents computations in progress from being written after the steps below.
        self.coherence.purge(Cause::Operator);
        let (count, redis) = self.unlinked(self.unlink_all(None).await);
        if redis == RemovalStatus::Pending {
            self.pending_removals.add_everything();
        }
        // Once more, for lookups of entries that were not removed yet.
        self.coherence.purge(Cause::Operator);
        self.on_memory(|layers, purge, now| layers.memory.sweep(purge, now)).await;
        Removed { count: count.max(in_memory), redis }
    }

    async fn clear_variant(self: Arc<Self>, variant: String) -> Removed {
        let in_memory = self.clone().invalidate_variant(&variant).await;
        let (count, redis) = self.unlinked(self.unlink_all(Some(&variant)).await);
        if redis == RemovalStatus::Pending {
            self.pending_removals.add_variant(variant.clone());
        }
        // Once more, for lookups of entries that were not removed yet.
        self.invalidate_variant(&variant).await;
        Removed { count: count.max(in_memory), redis }
    }

    /// Removes the entries of a variant from memory, one by one; gives how many there were.
    async fn invalidate_variant(self: Arc<Self>, variant: &str) -> u64 {
        let variant = variant.to_owned();
        let invalidate = move |layers: &Self, purge, now| {
            let keys = layers.memory.live(purge, now).map(|(key, _)| key).filter(|key| key.variant() == variant);
            keys.map(|key| layers.coherence.invalidate(&*layers.memory, key.as_ref(), Cause::Operator)).count() as u64
        };
        self.on_memory(invalidate).await
    }

    /// The number of entries removed from Redis, and the status.
    fn unlinked(&self, (count, outcome): (u64, Result<(), CallError>)) -> (u64, RemovalStatus) {
        (count, outcome.map_or_else(|error| self.removal(error), |()| RemovalStatus::Done))
    }

    /// Runs work that visits all of memory on a thread that does not serve requests.
    async fn on_memory<T: Default + Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self, u64, Moment) -> T + Send + 'static,
    ) -> T {
        let working =
            tokio::task::spawn_blocking(move || work(&self, self.coherence.purge_generation(), self.coherence.now()));
        // This fails only if the runtime ends.
        working.await.unwrap_or_default()
    }

    /// Removes everything in this namespace, or every answer of one of its variants, on all primaries at the same time;
    /// gives how many, and whether all were removed. If one primary is unreachable, the entries of the others are still
    /// removed.
    async fn unlink_all(&self, variant: Option<&str>) -> (u64, Result<(), CallError>) {
        let Some(primaries) = self.primaries() else { return (0, Ok(())) };
        let links = primaries.links();
        let nobody = if links.is_empty() { Err(CallError::NotSent) } else { Ok(()) };
        let all: Vec<_> = links.iter().map(|link| self.unlink_all_of(primaries, link, variant)).collect();
        let all = join_all(all).await;
        all.into_iter().fold((0, nobody), |(sum, outcome), (removed, of_one)| (sum + removed, outcome.and(of_one)))
    }

    /// Step by step: the names of a step are removed while the next step is on its way.
    async fn unlink_all_of(
        &self,
        primaries: &Primaries,
        link: &Link,
        variant: Option<&str>,
    ) -> (u64, Result<(), CallError>) {
        let namespace = &self.coherence.namespace;
        let pattern = variant.map_or_else(|| namespace.pattern(), |variant| namespace.pattern_of(variant));
        let (mut removed, mut names, mut cursor) = (0, Vec::new(), Some(0));
        while cursor.is_some() || !names.is_empty() {
            let unlinking = async {
                let mut removed = 0;
                for names in names.chunks(STEP) {
                    removed += primaries.unlink_all(link, names).await?;
                    if variant.is_some() {
                        self.invalidate_names(names);
                    }
                }
                Ok(removed)
            };
            let scanning = async {
                match cursor {
                    Some(cursor) => primaries.scan(link, cursor, &pattern, STEP).await.map(Some),
                    None => Ok(None),
                }
            };
            let (unlinked, step) = tokio::join!(unlinking, scanning);
            removed += unlinked.unwrap_or(0);
            match unlinked.and(step) {
                Ok(step) => {
                    cursor = step.as_ref().map(|step| step.cursor).filter(|cursor| *cursor != 0);
                    names = step.map(|step| self.without_canaries(step.names)).unwrap_or_default();
                }
                Err(error) => return (removed, Err(error)),
            }
        }
        (removed, Ok(()))
    }

    /// Does what the push of a removal would do, which is not sent to us.
    fn invalidate_names(&self, names: &[Vec<u8>]) {
        for name in names {
            if let Some(RedisName::Answer(key)) = self.coherence.namespace.read(name) {
                self.coherence.invalidate(&*self.memory, key, Cause::Operator);
            }
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

    /// Executes one pending removal; gives the name if the removal must be tried again.
    async fn unless_removed(&self, name: String) -> Option<String> {
        let (Ok(key), Some(primaries)) = (self.read(&name), self.primaries()) else { return None };
        if let Err(error) = primaries.unlink(name.as_bytes()).await
            && self.removal(error) == RemovalStatus::Pending
        {
            return Some(name);
        }
        self.coherence.invalidate(&*self.memory, key, Cause::Operator);
        None
    }

    /// Executes pending removals; gives whether none is left.
    async fn remove_pending(self: Arc<Self>, removals: Removals) -> bool {
        let mut rest = Removals::default();
        if removals.everything {
            let (_, redis) = self.unlinked(self.unlink_all(None).await);
            rest.everything = redis == RemovalStatus::Pending;
            self.coherence.purge(Cause::Operator);
        }
        for variant in removals.variants {
            let (_, redis) = self.unlinked(self.unlink_all(Some(&variant)).await);
            self.clone().invalidate_variant(&variant).await;
            if redis == RemovalStatus::Pending {
                rest.variants.insert(variant);
            }
        }
        let removing: Vec<_> = removals.names.into_iter().map(|name| self.unless_removed(name)).collect();
        let left: Vec<Option<String>> = stream::iter(removing).buffer_unordered(CALLS_AT_ONCE).collect().await;
        rest.names = left.into_iter().flatten().collect();
        let is_done = rest == Removals::default();
        // Last: until this point, no lookup uses the values to be removed.
        self.pending_removals.end(rest);
        is_done
    }
}

/// A name as a text.
fn escaped(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// A text in a listing.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(PREVIEW_BYTES) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
