//! The memory layer: bounded in bytes, over `quick_cache`.
//!
//! An entry carries its purge generation and its deadline, and a hit compares both, as [`hit`](crate::protocol::hit) says. So a purge only increments a
//! number, and [`Memory::sweep`] frees the memory afterwards.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::key::{Key, KeyRef};
use crate::protocol::hit::{Validity, may_answer};
use crate::protocol::version::Moment;
use crate::stats::MemoryLookup;
use crate::sync::step;

/// Bytes of an entry besides its text and its value: the maps, the links, the counters of both `Arc`s.
const ENTRY_BYTES: usize = 192;
/// Several shards keep threads from waiting for each other, but an entry must fit into one.
const SHARD_BYTES_MIN: u64 = 4 << 20;
const ENTRY_BYTES_TYPICAL: u64 = 512;
/// Entries for which the tables have room from the start.
const ENTRIES_AT_FIRST: usize = 16 << 10;

pub(crate) struct MemoryEntry<V> {
    pub(crate) value: Arc<V>,
    pub(crate) kept: Validity,
    /// Bytes charged.
    pub(crate) bytes: u64,
}

impl<V> Clone for MemoryEntry<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), kept: self.kept, bytes: self.bytes }
    }
}

impl<V> MemoryEntry<V> {
    /// The remaining time for which it is served; `None` for ever.
    pub(crate) fn left(&self, now: Moment) -> Option<Duration> {
        self.kept.deadline.map(|deadline| deadline.saturating_sub(now))
    }
}

#[derive(Clone)]
struct Bytes;

impl<V> Weighter<Key, MemoryEntry<V>> for Bytes {
    fn weight(&self, _key: &Key, entry: &MemoryEntry<V>) -> u64 {
        entry.bytes
    }
}

pub(crate) struct Memory<V> {
    entries: Cache<Key, MemoryEntry<V>, Bytes>,
    bytes_max: u64,
    /// The largest entry. One that nearly fills a shard would evict everything else in it, and `quick_cache` silently
    /// refuses entries above 97 % of a shard.
    entry_bytes_max: u64,
}

impl<V> Memory<V> {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shards = usize::try_from(bytes_max / SHARD_BYTES_MIN).unwrap_or(usize::MAX).clamp(1, 4 * threads);
        let options = OptionsBuilder::new()
            // quick_cache rounds up to a power of two; half of the number keeps a shard large enough.
            .shards(shards.div_ceil(2))
            .estimated_items_capacity(usize::try_from(bytes_max / ENTRY_BYTES_TYPICAL).unwrap_or(usize::MAX))
            .weight_capacity(bytes_max)
            .build();
        let Ok(options) = options else { unreachable!("both capacities are set") };
        let entries = Cache::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        // A table that grows is copied while requests wait. Reserved but unused parts take no memory.
        entries.reserve(usize::try_from(bytes_max / ENTRY_BYTES_TYPICAL).unwrap_or(usize::MAX).min(ENTRIES_AT_FIRST));
        let entry_bytes_max = entries.shard_capacity() / 8 * 7;
        Self { entries, bytes_max, entry_bytes_max }
    }

    /// The value of `key` and its remaining time, if it [may answer](may_answer); otherwise whether it is not there, or
    /// only [`MemoryLookup::Unsure`]. A miss does not read the clock.
    pub(crate) fn get(
        &self,
        key: &Key,
        purge: u64,
        believed_until: Moment,
        clock: impl FnOnce() -> Moment,
    ) -> Result<(Arc<V>, Option<Duration>), MemoryLookup> {
        step();
        let entry = self.entries.get(key).ok_or(MemoryLookup::Miss)?;
        let now = clock();
        if may_answer(&entry.kept, purge, believed_until, now) {
            let left = entry.left(now);
            return Ok((entry.value, left));
        }
        Err(if entry.kept.is_live(purge, now) { MemoryLookup::Unsure } else { MemoryLookup::Miss })
    }

    /// Inserts a value of the size `weight`. A value that is too large is not inserted, and the old entry is removed.
    /// Gives whether it was inserted.
    pub(crate) fn insert(&self, key: &Key, value: Arc<V>, weight: usize, kept: Validity) -> bool {
        let bytes = weight.saturating_add(key.text().len()).saturating_add(ENTRY_BYTES) as u64;
        step();
        let is_taken = bytes <= self.entry_bytes_max;
        if is_taken {
            self.entries.insert(key.clone(), MemoryEntry { value, kept, bytes });
        } else {
            self.entries.remove(&key.as_ref());
        }
        is_taken
    }

    /// The entry under a name; this does not count as a use.
    pub(crate) fn peek(&self, key: KeyRef<'_>, purge: u64, now: Moment) -> Option<MemoryEntry<V>> {
        self.entries.peek(&key).filter(|entry| entry.kept.is_live(purge, now))
    }

    /// Every live entry, in no order. Entries inserted or removed meanwhile may be missing or present.
    pub(crate) fn live(&self, purge: u64, now: Moment) -> impl Iterator<Item = (Key, MemoryEntry<V>)> {
        self.entries.iter().filter(move |(_, entry)| entry.kept.is_live(purge, now))
    }

    pub(crate) fn remove(&self, key: KeyRef<'_>) {
        step();
        self.entries.remove(&key);
    }

    /// Removes expired entries, and those of earlier purge generations. It may run late: those newer than `purge` stay.
    ///
    /// It removes them one by one: `retain` would hold the lock of a shard for tens of thousands of entries, while
    /// requests and invalidations wait.
    pub(crate) fn sweep(&self, purge: u64, now: Moment) {
        let is_over = |entry: &MemoryEntry<V>| !entry.kept.is_live(purge.max(entry.kept.purge), now);
        for (key, entry) in self.entries.iter() {
            if is_over(&entry) {
                self.entries.remove_if(&key, is_over);
            }
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.entries.weight()
    }

    pub(crate) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Bytes charged, summed over all entries: equal to [`Memory::bytes`] while nothing is inserted or removed.
    #[cfg(any(test, feature = "audit"))]
    pub(crate) fn bytes_held(&self) -> u64 {
        self.entries.iter().map(|(_, entry)| entry.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn keep(memory: &Memory<u32>, text: &str, value: u32, weight: usize, purge: u64) {
        memory.insert(&Key::new("1", text), Arc::new(value), weight, forever(purge));
    }

    fn forever(purge: u64) -> Validity {
        Validity { purge, deadline: None, is_brief: false }
    }

    /// What memory gives while Redis is heard from.
    fn lookup<V>(memory: &Memory<V>, text: &str, purge: u64) -> Result<(Arc<V>, Option<Duration>), MemoryLookup> {
        memory.get(&Key::new("1", text), purge, Moment::MAX, || Moment::ZERO)
    }

    fn got(memory: &Memory<u32>, text: &str, purge: u64) -> Option<u32> {
        lookup(memory, text, purge).ok().map(|(value, _)| *value)
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
            memory.insert(&Key::new("1", &n.to_string()), Arc::new(value), 100, forever(7));
        }
        memory.sweep(8, Moment::ZERO);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true; 3]);
    }

    #[test]
    fn an_entry_expires_at_its_deadline() {
        let (memory, now, second) = (Memory::new(1 << 20), Moment::from_secs(7), Duration::from_secs(1));
        let key = Key::new("1", "2+2");
        memory.insert(&key, Arc::new(4), 8, Validity { deadline: Some(now + second), ..forever(0) });
        assert_eq!(memory.get(&key, 0, Moment::MAX, || now), Ok((Arc::new(4), Some(second))));
        assert_eq!(memory.get(&key, 0, Moment::MAX, || now + second), Err(MemoryLookup::Miss));
    }

    #[test]
    fn nothing_is_forgotten_while_redis_is_not_heard_from() {
        let (memory, now) = (Memory::new(1 << 20), Moment::from_secs(7));
        let key = Key::new("1", "2+2");
        memory.insert(&key, Arc::new(4), 8, forever(0));
        assert_eq!(memory.get(&key, 0, now, || now), Err(MemoryLookup::Unsure));
        assert_eq!(memory.get(&key, 0, 2 * now, || now), Ok((Arc::new(4), None)));
        assert_eq!(memory.get(&key, 1, now, || now), Err(MemoryLookup::Miss), "purged");
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
        let fills = |weight| memory.insert(&Key::new("1", "huge"), Arc::new(2), weight, forever(0));
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
