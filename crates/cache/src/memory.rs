//! The memory layer: bounded in bytes, in several shards, each of which keeps what saves the most computing.
//!
//! An entry carries its purge generation and its deadline, and a hit compares both, as [`hit`](crate::protocol::hit) says. So a purge only increments a
//! number, and [`Memory::sweep`] frees the memory afterwards.

mod shard;

use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use hashbrown::DefaultHashBuilder;

use crate::key::{Key, KeyRef};
use crate::memory::shard::{Shard, Size};
use crate::protocol::hit::{Validity, may_answer, nanos};
use crate::protocol::version::Moment;
use crate::stats::MemoryLookup;
use crate::sync::step;

/// Bytes of an entry besides its text and its value: the maps, the links, the counters of both `Arc`s.
const ENTRY_BYTES: usize = 192;
/// Several shards keep threads from waiting for each other, but an entry must fit into one.
const SHARD_BYTES_MIN: u64 = 4 << 20;
const ENTRY_BYTES_TYPICAL: u64 = 512;
/// Entries for which the tables have room from the start.
const ENTRIES_AT_FIRST: u64 = 16 << 10;
/// Entries that are copied under one lock.
const SEEN_AT_ONCE: usize = 64;

/// When a hit must be told to Redis, in nanoseconds, and, in the last bit, whether the entry may then be prolonged there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upkeep(u64);

impl Upkeep {
    /// For an entry that Redis is not known to hold.
    pub(crate) const NONE: Self = Self(u64::MAX);

    pub(crate) fn due_at(moment: Moment, is_renewable: bool) -> Self {
        Self(nanos(moment) & !1 | u64::from(is_renewable))
    }

    /// Whether it is due at a moment in nanoseconds.
    fn is_due(self, now: u64) -> bool {
        self != Self::NONE && self.0 <= now | 1
    }

    fn is_renewable(self) -> bool {
        self.0 & 1 == 1
    }
}

/// An entry whose use is to be told to Redis.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DueTouch<V> {
    pub(crate) value: Arc<V>,
    pub(crate) left: Option<Duration>,
    pub(crate) is_renewable: bool,
}

pub(crate) struct MemoryEntry<V> {
    pub(crate) value: Arc<V>,
    pub(crate) kept: Validity,
    /// Bytes charged.
    pub(crate) bytes: u64,
    pub(crate) upkeep: Upkeep,
}

/// An answer of memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hit<V> {
    pub(crate) value: Arc<V>,
    pub(crate) left: Option<Duration>,
    /// Redis is to be told that the key is in use.
    pub(crate) is_touch_due: bool,
}

impl<V> Clone for MemoryEntry<V> {
    fn clone(&self) -> Self {
        let Self { kept, bytes, upkeep, .. } = *self;
        Self { value: self.value.clone(), kept, bytes, upkeep }
    }
}

impl<V> MemoryEntry<V> {
    /// The remaining time for which it is served; `None` for ever.
    pub(crate) fn left(&self, now: Moment) -> Option<Duration> {
        self.kept.left(nanos(now))
    }
}

type Entries<V> = Shard<Key, MemoryEntry<V>>;

pub(crate) struct Memory<V> {
    /// A power of two of them.
    shards: Box<[RwLock<Entries<V>>]>,
    hasher: DefaultHashBuilder,
    bytes_max: u64,
    /// The largest entry. One that nearly fills a shard would evict everything else in it.
    entry_bytes_max: u64,
}

impl<V> Memory<V> {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
        let shards = (bytes_max / SHARD_BYTES_MIN).clamp(1, 4 * threads);
        let shards = 1_u64 << shards.ilog2();
        let entries = bytes_max / shards / ENTRY_BYTES_TYPICAL;
        let hasher = DefaultHashBuilder::default();
        let shard = |_| {
            let mut shard = Shard::new(bytes_max / shards, entries);
            // Reserved but unused parts take no memory.
            shard.reserve(entries.min(ENTRIES_AT_FIRST / shards) as usize);
            RwLock::new(shard)
        };
        let entry_bytes_max = bytes_max / shards / 8 * 7;
        Self { shards: (0..shards).map(shard).collect(), hasher, bytes_max, entry_bytes_max }
    }

    /// The shard of a hash. Its tables take the other bits.
    fn shard(&self, hash: u64) -> &RwLock<Entries<V>> {
        &self.shards[(hash >> 40) as usize & (self.shards.len() - 1)]
    }

    fn read(shard: &RwLock<Entries<V>>) -> RwLockReadGuard<'_, Entries<V>> {
        shard.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Entries<V>> {
        self.shard(hash).write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of `key` and its remaining time, if it [may answer](may_answer); otherwise whether it is not there, or
    /// only [`MemoryLookup::Unsure`]. A miss does not read the clock.
    pub(crate) fn get(
        &self,
        key: &Key,
        purge: u64,
        believed_until: u64,
        clock: impl FnOnce() -> u64,
    ) -> Result<Hit<V>, MemoryLookup> {
        step();
        let hash = self.hasher.hash_one(key);
        let shard = Self::read(self.shard(hash));
        let entry = shard.get(key, hash).ok_or(MemoryLookup::Miss)?;
        let now = clock();
        if may_answer(&entry.kept, purge, believed_until, now) {
            let (left, is_touch_due) = (entry.kept.left(now), entry.upkeep.is_due(now));
            return Ok(Hit { value: entry.value.clone(), left, is_touch_due });
        }
        Err(if entry.kept.is_live(purge, now) { MemoryLookup::Unsure } else { MemoryLookup::Miss })
    }

    /// Takes the duty to tell Redis that the key is in use, if it is due: of callers at the same time, one gets it. The
    /// next one is due at `next`.
    pub(crate) fn take_touch(&self, key: &Key, purge: u64, now: Moment, next: Moment) -> Option<DueTouch<V>> {
        self.change(key, purge, |entry| {
            let is_renewable = entry.upkeep.is_renewable();
            let is_due = entry.upkeep.is_due(nanos(now));
            is_due.then(|| {
                entry.upkeep = Upkeep::due_at(next, is_renewable);
                DueTouch { value: entry.value.clone(), left: entry.left(now), is_renewable }
            })
        })?
    }

    /// Lets an entry live until `deadline`.
    pub(crate) fn prolong(&self, key: &Key, purge: u64, deadline: Moment) {
        self.change(key, purge, |entry| entry.kept.deadline = nanos(deadline));
    }

    /// Changes an entry in place, if it is there.
    fn change<T>(&self, key: &Key, purge: u64, change: impl FnOnce(&mut MemoryEntry<V>) -> T) -> Option<T> {
        let hash = self.hasher.hash_one(key);
        self.write(hash).peek_mut(key, hash).filter(|entry| entry.kept.purge == purge).map(change)
    }

    /// Inserts a value, with its upkeep: of the size `weight`, and of the cost of computing it again. A value that is too
    /// large is not inserted, and the old entry is removed. Gives whether it was inserted; where memory is full and it is
    /// worth less than the rest, it is the next to go.
    pub(crate) fn insert(
        &self,
        key: &Key,
        value: Arc<V>,
        (weight, cost): (usize, u64),
        kept: Validity,
        upkeep: Upkeep,
    ) -> bool {
        let bytes = weight.saturating_add(key.text().len()).saturating_add(ENTRY_BYTES) as u64;
        step();
        let is_taken = bytes <= self.entry_bytes_max;
        if is_taken {
            let hash = self.hasher.hash_one(key);
            let entry = MemoryEntry { value, kept, bytes, upkeep };
            // Values are dropped when the lock is released.
            let gone = self.write(hash).insert(key.clone(), hash, entry, Size { bytes, cost });
            drop(gone);
        } else {
            self.take(key.as_ref(), |_| true);
        }
        is_taken
    }

    /// The entry under a name; this does not count as a use.
    pub(crate) fn peek(&self, key: KeyRef<'_>, purge: u64, now: Moment) -> Option<MemoryEntry<V>> {
        let hash = self.hasher.hash_one(key);
        Self::read(self.shard(hash)).peek(&key, hash).filter(|entry| entry.kept.is_live(purge, nanos(now))).cloned()
    }

    /// Every live entry, in no order. Entries inserted or removed meanwhile may be missing or present.
    pub(crate) fn live(&self, purge: u64, now: Moment) -> impl Iterator<Item = (Key, MemoryEntry<V>)> {
        self.all().filter(move |(_, entry)| entry.kept.is_live(purge, nanos(now)))
    }

    /// Every entry. No lock is held between two of them, nor for many.
    fn all(&self) -> impl Iterator<Item = (Key, MemoryEntry<V>)> {
        self.shards.iter().flat_map(|shard| {
            let some = |from: usize| -> Option<Vec<_>> {
                let shard = Self::read(shard);
                Some(shard.some_of(from, SEEN_AT_ONCE)?.map(|(key, entry)| (key.clone(), entry.clone())).collect())
            };
            (0..).step_by(SEEN_AT_ONCE).map_while(some).flatten()
        })
    }

    /// Removes an entry of which this is so.
    fn take(&self, key: KeyRef<'_>, is_so: impl FnOnce(&MemoryEntry<V>) -> bool) {
        let hash = self.hasher.hash_one(key);
        let mut shard = self.write(hash);
        let taken = if shard.peek(&key, hash).is_some_and(is_so) { shard.remove(&key, hash) } else { None };
        // The value is dropped when the lock is released.
        drop(shard);
        drop(taken);
    }

    pub(crate) fn len(&self) -> u64 {
        self.summed(|shard| shard.len() as u64)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.summed(Shard::bytes)
    }

    fn summed(&self, of: impl Fn(&Entries<V>) -> u64) -> u64 {
        self.shards.iter().map(|shard| of(&Self::read(shard))).sum()
    }

    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Bytes charged, summed over all entries: equal to [`Memory::bytes`] while nothing is inserted or removed.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn bytes_held(&self) -> u64 {
        self.all().map(|(_, entry)| entry.bytes).sum()
    }
}

/// What invalidations do to memory, whatever its values are. Behind a pointer, so that all that watches Redis is compiled
/// once and not for each type of values.
pub(crate) trait Invalidated: Send + Sync {
    /// Removes an entry.
    fn remove(&self, key: KeyRef<'_>);

    /// Removes expired entries, and those of earlier purge generations. It may run late: those newer than `purge` stay.
    /// They go one by one, since requests and invalidations wait for the lock of a shard.
    fn sweep(&self, purge: u64, now: Moment);
}

impl<V: Send + Sync> Invalidated for Memory<V> {
    fn remove(&self, key: KeyRef<'_>) {
        step();
        self.take(key, |_| true);
    }

    fn sweep(&self, purge: u64, now: Moment) {
        let is_over = |entry: &MemoryEntry<V>| !entry.kept.is_live(purge.max(entry.kept.purge), nanos(now));
        for (key, entry) in self.all() {
            if is_over(&entry) {
                self.take(key.as_ref(), is_over);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn keep(memory: &Memory<u32>, text: &str, value: u32, weight: usize, purge: u64) {
        memory.insert(&Key::new("1", text), Arc::new(value), (weight, 1), forever(purge), Upkeep::NONE);
    }

    fn forever(purge: u64) -> Validity {
        Validity { purge, deadline: u64::MAX, is_brief: false }
    }

    /// What memory gives while Redis is heard from.
    fn lookup<V>(memory: &Memory<V>, text: &str, purge: u64) -> Result<Hit<V>, MemoryLookup> {
        memory.get(&Key::new("1", text), purge, u64::MAX, || 0)
    }

    fn got(memory: &Memory<u32>, text: &str, purge: u64) -> Option<u32> {
        lookup(memory, text, purge).ok().map(|hit| *hit.value)
    }

    #[test]
    fn a_purge_is_a_number_and_the_sweep_frees_the_memory() {
        let memory = Memory::new(1 << 20);
        keep(&memory, "old", 1, 100, 7);
        keep(&memory, "new", 2, 100, 8);
        assert_eq!((got(&memory, "old", 8), got(&memory, "new", 8)), (None, Some(2)));
        assert_eq!(memory.len(), 2);
        memory.sweep(8, Moment::ZERO);
        assert_eq!((memory.len(), memory.bytes()), (1, memory.bytes_held()));
    }

    #[test]
    fn a_late_sweep_leaves_newer_entries() {
        let memory = Memory::new(1 << 20);
        keep(&memory, "new", 2, 100, 9);
        memory.sweep(8, Moment::ZERO);
        assert_eq!(got(&memory, "new", 9), Some(2));
    }

    /// A value that, when dropped, makes another thread use the memory that held it, and reports whether it got an
    /// answer.
    struct AsksWhenDropped(std::sync::Weak<Memory<AsksWhenDropped>>, mpsc::Sender<bool>);

    impl Drop for AsksWhenDropped {
        fn drop(&mut self) {
            let Some(memory) = self.0.upgrade() else { return };
            let (answered, answer) = mpsc::channel();
            std::thread::spawn(move || {
                let found = (0..3).filter(|n| lookup(&memory, &n.to_string(), 8).is_ok());
                answered.send(found.count())
            });
            let _ = self.1.send(answer.recv_timeout(Duration::from_secs(10)).is_ok());
        }
    }

    #[test]
    fn memory_answers_while_it_is_swept() {
        let memory = Arc::new(Memory::new(1 << 20));
        let (answered, told) = mpsc::channel();
        for n in 0..3 {
            let value = AsksWhenDropped(Arc::downgrade(&memory), answered.clone());
            memory.insert(&Key::new("1", &n.to_string()), Arc::new(value), (100, 1), forever(7), Upkeep::NONE);
        }
        memory.sweep(8, Moment::ZERO);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true; 3]);
    }

    #[test]
    fn an_entry_expires_at_its_deadline() {
        let (memory, now, second) = (Memory::new(1 << 20), 7_000_000_000, 1_000_000_000);
        let key = Key::new("1", "2+2");
        memory.insert(&key, Arc::new(4), (8, 1), Validity { deadline: now + second, ..forever(0) }, Upkeep::NONE);
        let hit = Hit { value: Arc::new(4), left: Some(Duration::from_secs(1)), is_touch_due: false };
        assert_eq!(memory.get(&key, 0, u64::MAX, || now), Ok(hit));
        assert_eq!(memory.get(&key, 0, u64::MAX, || now + second), Err(MemoryLookup::Miss));
    }

    #[test]
    fn nothing_is_forgotten_while_redis_is_not_heard_from() {
        let (memory, now) = (Memory::new(1 << 20), 7);
        let key = Key::new("1", "2+2");
        memory.insert(&key, Arc::new(4), (8, 1), forever(0), Upkeep::NONE);
        assert_eq!(memory.get(&key, 0, now, || now), Err(MemoryLookup::Unsure));
        let hit = Hit { value: Arc::new(4), left: None, is_touch_due: false };
        assert_eq!(memory.get(&key, 0, 2 * now, || now), Ok(hit));
        assert_eq!(memory.get(&key, 1, now, || now), Err(MemoryLookup::Miss), "purged");
    }

    /// One touch in a minute, whatever the load.
    #[test]
    fn a_touch_is_due_once_a_minute() {
        let (memory, key) = (Memory::new(1 << 20), Key::new("1", "2+2"));
        let (start, minute) = (Moment::from_secs(7), Duration::from_secs(60));
        for is_renewable in [true, false] {
            let upkeep = Upkeep::due_at(start + minute, is_renewable);
            let kept = Validity { deadline: nanos(start + 10 * minute), ..forever(0) };
            memory.insert(&key, Arc::new(4), (8, 1), kept, upkeep);
            let get = |now| memory.get(&key, 0, u64::MAX, || nanos(now)).unwrap();
            let is_due = |now| get(now).is_touch_due;
            let take = |now| memory.take_touch(&key, 0, now, now + minute);
            let due = |left| Some(DueTouch { value: Arc::new(4), left: Some(left), is_renewable });
            let now = start + minute - Duration::from_nanos(2);
            assert_eq!((is_due(now), take(now)), (false, None));
            let now = start + minute;
            assert_eq!((is_due(now), take(now)), (true, due(9 * minute)));
            assert_eq!((is_due(now), take(now)), (false, None), "another caller has it");
            assert_eq!(take(start + 6 * minute), due(4 * minute));
            memory.prolong(&key, 0, start + 16 * minute);
            assert_eq!(get(start + 15 * minute).left, Some(minute));
            // What was invalidated is not brought back.
            let later = start + 9 * minute;
            assert_eq!(memory.take_touch(&key, 1, later, later + minute), None, "a purge");
            memory.remove(key.as_ref());
            memory.prolong(&key, 0, start + 16 * minute);
            assert_eq!((take(later), memory.len(), memory.bytes()), (None, 0, 0));
            // An entry that Redis does not hold needs none.
            memory.insert(&key, Arc::new(4), (8, 1), forever(0), Upkeep::NONE);
            assert_eq!((is_due(later), take(later)), (false, None));
        }
    }

    #[test]
    fn memory_is_bounded_in_bytes_whatever_is_inserted() {
        for bytes_max in [0, 1, 1_000, 1 << 16, 1 << 20, 64 << 20] {
            let memory = Memory::new(bytes_max);
            for n in 0..2_000_u32 {
                keep(&memory, &n.to_string(), n, (n % 97 * 100) as usize, 0);
                assert!(memory.bytes() <= bytes_max);
            }
            assert_eq!(memory.bytes(), memory.bytes_held());
            assert!(bytes_max < 1 << 16 || memory.len() > 10, "{bytes_max}: {}", memory.len());
        }
    }

    #[test]
    fn an_entry_that_is_too_large_is_refused_and_evicts_nothing() {
        let memory = Memory::new(1 << 16);
        let fills = |weight| memory.insert(&Key::new("1", "huge"), Arc::new(2), (weight, 1), forever(0), Upkeep::NONE);
        let most = usize::try_from(memory.entry_bytes_max).unwrap() - ENTRY_BYTES - "huge".len();
        assert!(fills(most));
        assert_eq!(got(&memory, "huge", 0), Some(2));
        keep(&memory, "small", 1, 100, 0);
        for weight in [most + 1, usize::MAX] {
            assert!(!fills(weight), "{weight}");
            assert_eq!((got(&memory, "small", 0), got(&memory, "huge", 0)), (Some(1), None));
        }
    }

    #[test]
    fn an_answer_of_the_default_limit_fits_into_the_default_memory() {
        let memory = Memory::new(64 << 20);
        keep(&memory, "answer", 1, 2 << 20, 0);
        assert_eq!(got(&memory, "answer", 0), Some(1));
    }
}
