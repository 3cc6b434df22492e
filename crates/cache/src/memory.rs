//! The layer in front: bounded in bytes, over `quick_cache`.
//!
//! An entry carries the purge generation it belongs to and its own deadline; a hit compares both. So forgetting
//! everything is one increment elsewhere, and [`Memory::sweep`] frees the room behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::key::{Key, KeyRef};
use crate::sync::step;

/// Room that an entry takes beside its text and its value: the maps, the links, the counters of both `Arc`s.
const ENTRY_BYTES: usize = 192;
/// Shards are for threads not to wait for each other; an entry must fit into one.
const SHARD_BYTES_MIN: u64 = 4 << 20;
const ENTRY_BYTES_TYPICAL: u64 = 512;
/// For so many entries there is room in the tables from the beginning.
const ENTRIES_AT_FIRST: usize = 16 << 10;

pub(crate) struct Entry<V> {
    pub(crate) value: Arc<V>,
    /// `None`: never.
    pub(crate) deadline: Option<Instant>,
    /// The purge generation of the licence it was kept under.
    pub(crate) purge: u64,
    /// Bytes charged.
    pub(crate) bytes: u64,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), deadline: self.deadline, purge: self.purge, bytes: self.bytes }
    }
}

impl<V> Entry<V> {
    fn is_live(&self, purge: u64, now: Instant) -> bool {
        self.purge == purge && self.deadline.is_none_or(|deadline| now < deadline)
    }

    /// How long it will still be served; `None`: for ever.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(now))
    }
}

#[derive(Clone)]
struct Bytes;

impl<V> Weighter<Key, Entry<V>> for Bytes {
    fn weight(&self, _key: &Key, entry: &Entry<V>) -> u64 {
        entry.bytes
    }
}

pub(crate) struct Memory<V> {
    entries: Cache<Key, Entry<V>, Bytes>,
    bytes_max: u64,
    /// Most of one entry. What nearly fills a shard would drive out all that is in it, and `quick_cache` refuses, without a
    /// word, what has more than 97 hundredths of one.
    entry_bytes_max: u64,
}

impl<V> Memory<V> {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shards = usize::try_from(bytes_max / SHARD_BYTES_MIN).unwrap_or(usize::MAX).clamp(1, 4 * threads);
        let options = OptionsBuilder::new()
            // Rounded up to a power of two by quick_cache: halve first, so that a shard stays large enough.
            .shards(shards.div_ceil(2))
            .estimated_items_capacity(usize::try_from(bytes_max / ENTRY_BYTES_TYPICAL).unwrap_or(usize::MAX))
            .weight_capacity(bytes_max)
            .build();
        let Ok(options) = options else { unreachable!("both capacities are set") };
        let entries = Cache::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        // Tables that grow are copied, while requests wait. What is not used is not touched, and takes no room.
        entries.reserve(usize::try_from(bytes_max / ENTRY_BYTES_TYPICAL).unwrap_or(usize::MAX).min(ENTRIES_AT_FIRST));
        let entry_bytes_max = entries.shard_capacity() / 8 * 7;
        Self { entries, bytes_max, entry_bytes_max }
    }

    /// The value of `key` and how long it will still be served, if it belongs to this purge generation and has not run
    /// out. The clock is not read for what is not there.
    pub(crate) fn get(
        &self,
        key: &Key,
        purge: u64,
        clock: impl FnOnce() -> Instant,
    ) -> Option<(Arc<V>, Option<Duration>)> {
        step();
        let entry = self.entries.get(key)?;
        let now = clock();
        let left = entry.left(now);
        entry.is_live(purge, now).then_some((entry.value, left))
    }

    /// Puts a value in; `weight` is what the value says it holds. What is too large for the layer is not taken, but takes
    /// the place of what was there. Gives whether it was taken.
    pub(crate) fn insert(
        &self,
        key: &Key,
        value: Arc<V>,
        weight: usize,
        deadline: Option<Instant>,
        purge: u64,
    ) -> bool {
        let bytes = weight.saturating_add(key.text().len()).saturating_add(ENTRY_BYTES) as u64;
        step();
        let is_taken = bytes <= self.entry_bytes_max;
        if is_taken {
            self.entries.insert(key.clone(), Entry { value, deadline, purge, bytes });
        } else {
            self.entries.remove(&key.as_ref());
        }
        is_taken
    }

    /// The entry under a name, looked at without being used: that it is needed is not counted.
    pub(crate) fn peek(&self, key: KeyRef<'_>, purge: u64, now: Instant) -> Option<Entry<V>> {
        self.entries.peek(&key).filter(|entry| entry.is_live(purge, now))
    }

    /// Every entry that is served, in no order; those that come or go meanwhile may be among them or not.
    pub(crate) fn live(&self, purge: u64, now: Instant) -> impl Iterator<Item = (Key, Entry<V>)> {
        self.entries.iter().filter(move |(_, entry)| entry.is_live(purge, now))
    }

    pub(crate) fn remove(&self, key: KeyRef<'_>) {
        step();
        self.entries.remove(&key);
    }

    /// Frees the room of what belongs to an earlier purge generation or has run out. It may come late: what is newer
    /// than `purge` stays.
    ///
    /// Entry by entry, not with `retain`, which holds the lock of a shard until all of it is done: tens of thousands of
    /// entries for which requests, and what forgets the next key, would wait.
    pub(crate) fn sweep(&self, purge: u64, now: Instant) {
        let is_over = |entry: &Entry<V>| !entry.is_live(purge.max(entry.purge), now);
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

    /// Bytes charged, added up entry by entry: what [`Memory::bytes`] must say when nobody writes.
    pub(crate) fn bytes_held(&self) -> u64 {
        self.entries.iter().map(|(_, entry)| entry.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn keep(memory: &Memory<u32>, text: &str, value: u32, weight: usize, purge: u64) {
        memory.insert(&Key::new("1", text), Arc::new(value), weight, None, purge);
    }

    fn got(memory: &Memory<u32>, text: &str, purge: u64) -> Option<u32> {
        memory.get(&Key::new("1", text), purge, Instant::now).map(|(value, _)| *value)
    }

    #[test]
    fn a_purge_is_a_number_and_the_sweep_frees_the_room() {
        let memory = Memory::new(1 << 20);
        keep(&memory, "old", 1, 100, 7);
        keep(&memory, "new", 2, 100, 8);
        assert_eq!((got(&memory, "old", 8), got(&memory, "new", 8)), (None, Some(2)));
        assert_eq!(memory.len(), 2);
        memory.sweep(8, Instant::now());
        assert_eq!((memory.len(), memory.bytes()), (1, memory.bytes_held()));
    }

    #[test]
    fn a_sweep_that_comes_late_leaves_what_is_newer() {
        let memory = Memory::new(1 << 20);
        keep(&memory, "new", 2, 100, 9);
        memory.sweep(8, Instant::now());
        assert_eq!(got(&memory, "new", 9), Some(2));
    }

    /// A value that, as it goes, has somebody else ask the memory it was in, and tells whether there was an answer.
    struct Goes(std::sync::Weak<Memory<Goes>>, mpsc::Sender<bool>);

    impl Drop for Goes {
        fn drop(&mut self) {
            let Some(memory) = self.0.upgrade() else { return };
            let (answered, answer) = mpsc::channel();
            std::thread::spawn(move || {
                let found = (0..3).filter(|n| memory.get(&Key::new("1", &n.to_string()), 8, Instant::now).is_some());
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
            let goes = Goes(Arc::downgrade(&memory), answered.clone());
            memory.insert(&Key::new("1", &n.to_string()), Arc::new(goes), 100, None, 7);
        }
        memory.sweep(8, Instant::now());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true; 3]);
    }

    #[test]
    fn an_entry_runs_out_at_its_deadline() {
        let (memory, now) = (Memory::new(1 << 20), Instant::now());
        let key = Key::new("1", "2+2");
        memory.insert(&key, Arc::new(4), 8, Some(now + Duration::from_secs(1)), 0);
        assert_eq!(memory.get(&key, 0, || now), Some((Arc::new(4), Some(Duration::from_secs(1)))));
        assert_eq!(memory.get(&key, 0, || now + Duration::from_secs(1)), None);
    }

    #[test]
    fn memory_is_bounded_in_bytes_whatever_is_put_in() {
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
    fn what_is_too_large_is_not_taken_and_drives_nothing_out() {
        let memory = Memory::new(1 << 16);
        let fills = |weight| memory.insert(&Key::new("1", "huge"), Arc::new(2), weight, None, 0);
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
