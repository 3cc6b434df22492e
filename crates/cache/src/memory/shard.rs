//! A part of memory, behind one lock: its entries, and which of them goes when there is no room.
//!
//! Computing one answer again takes a microsecond and another a second, and one answer has the size of thousands of others.
//! So an entry is *worth* what computing it again would cost, times how often it is used, for each of its bytes
//! (GreedyDual-Size-Frequency: L. Cherkasova, HPL-98-69R1, 1998), and the entry that is worth the least goes first.
//! Worth halves while memory is filled [`HALF_LIFE`] times (as in LRFU: D. Lee et al., IEEE Transactions on Computers 50,
//! 2001). Entries are compared by the logarithm of their worth, to which the age of the shard is added when they are
//! ranked: so what is ranked later ranks higher, and nothing has to be changed as it decays.
//!
//! A hit only counts in the entry, which is ranked anew when it is the next to go, as in a clock. The number of uses
//! outlives the entry in a table of fingerprints, so that a passing scan does not evict what is asked for again and again
//! (as in TinyLFU).

use std::collections::BinaryHeap;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use hashbrown::{Equivalent, HashTable};

/// Uses are counted so far. The bit above says that there were some since the entry was ranked.
const USES_MAX: u8 = 15;
const IS_USED: u8 = 16;
/// Worth halves while so many times the bytes of the shard go.
const HALF_LIFE: f64 = 16.0;
/// So many entries are ranked anew for one that goes: others wait for the lock.
const RANKED_AT_ONCE: u32 = 256;
/// Fingerprints for each entry that has room.
const FINGERPRINTS: u64 = 4;

/// What a shard knows of an entry besides its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    /// What computing the value again costs, in any unit.
    pub(super) cost: u64,
}

/// One use more than so many.
fn used(uses: u8) -> u8 {
    ((uses & USES_MAX) + 1).min(USES_MAX)
}

impl Size {
    /// The logarithm to base 2 of what an entry of this size is worth.
    fn worth(self, uses: u8) -> f64 {
        (self.cost.max(1) as f64 * f64::from(uses & USES_MAX) / self.bytes.max(1) as f64).log2()
    }
}

struct Entry<K, V> {
    key: K,
    hash: u64,
    value: V,
    size: Size,
    uses: AtomicU8,
    /// Of its valid rank; those with other numbers are left over.
    rank: u32,
}

/// The place of an entry in the order in which they go.
#[derive(PartialEq)]
struct Rank {
    height: f64,
    place: u32,
    number: u32,
}

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The lowest is the greatest, and so the first in a `BinaryHeap`.
impl Ord for Rank {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.height.total_cmp(&self.height).then(other.number.cmp(&self.number))
    }
}

pub(super) struct Shard<K, V> {
    bytes: u64,
    bytes_max: u64,
    /// Where each key is in `places`.
    table: HashTable<u32>,
    places: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
    ranks: BinaryHeap<Rank>,
    ranked: u32,
    /// Half-lives since the beginning.
    age: f64,
    remembered: Uses,
}

impl<K: Eq, V> Shard<K, V> {
    /// For at most `bytes_max` bytes, which are typically so many entries.
    pub(super) fn new(bytes_max: u64, entries: u64) -> Self {
        Self {
            bytes: 0,
            bytes_max,
            table: HashTable::new(),
            places: Vec::new(),
            free: Vec::new(),
            ranks: BinaryHeap::new(),
            ranked: 0,
            age: 0.0,
            remembered: Uses::new(entries * FINGERPRINTS),
        }
    }

    /// Makes room for so many entries in the tables, which would otherwise be copied while requests wait.
    pub(super) fn reserve(&mut self, entries: usize) {
        let Self { table, places, ranks, .. } = self;
        table.reserve(entries, |&place| hash_at(places, place));
        places.reserve(entries);
        ranks.reserve(entries);
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn place(&self, key: &impl Equivalent<K>, hash: u64) -> Option<u32> {
        let is_it = |&place: &u32| self.at(place).is_some_and(|entry| key.equivalent(&entry.key));
        self.table.find(hash, is_it).copied()
    }

    fn at(&self, place: u32) -> Option<&Entry<K, V>> {
        self.places.get(place as usize)?.as_ref()
    }

    fn at_mut(&mut self, place: u32) -> Option<&mut Entry<K, V>> {
        self.places.get_mut(place as usize)?.as_mut()
    }

    /// The value, which is thereby used.
    pub(super) fn get(&self, key: &impl Equivalent<K>, hash: u64) -> Option<&V> {
        let entry = self.at(self.place(key, hash)?)?;
        let uses = entry.uses.load(Relaxed);
        let more = used(uses) | IS_USED;
        // Uses at the same moment may be counted as one; and what is in use all the time is not written to.
        if uses != more {
            entry.uses.store(more, Relaxed);
        }
        Some(&entry.value)
    }

    /// The value; this does not count as a use.
    pub(super) fn peek(&self, key: &impl Equivalent<K>, hash: u64) -> Option<&V> {
        Some(&self.at(self.place(key, hash)?)?.value)
    }

    /// The value, to be changed in place, at the same size.
    pub(super) fn peek_mut(&mut self, key: &impl Equivalent<K>, hash: u64) -> Option<&mut V> {
        let place = self.place(key, hash)?;
        Some(&mut self.at_mut(place)?.value)
    }

    /// The entries at the places from `from` on, at most so many places; `None` after the last place.
    pub(super) fn some_of(&self, from: usize, places: usize) -> Option<impl Iterator<Item = (&K, &V)>> {
        let rest = self.places.get(from..).filter(|rest| !rest.is_empty())?;
        Some(rest.iter().take(places).flatten().map(|entry| (&entry.key, &entry.value)))
    }

    /// Inserts a value, or replaces it. Gives what had to go, which may be the value itself; to be dropped when the lock
    /// is released.
    pub(super) fn insert(&mut self, key: K, hash: u64, value: V, size: Size) -> Vec<V> {
        let mut gone = Vec::new();
        let uses = match self.take(&key, hash) {
            Some(old) => {
                gone.push(old.value);
                old.uses.into_inner()
            }
            None => self.remembered.take(hash),
        };
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            // Memory has no room for 2^32 entries.
            (self.places.len() - 1) as u32
        });
        self.places[place as usize] = Some(Entry { key, hash, value, size, uses: AtomicU8::new(used(uses)), rank: 0 });
        self.table.insert_unique(hash, place, |&place| hash_at(&self.places, place));
        self.bytes += size.bytes;
        self.rank(place);
        while self.bytes > self.bytes_max {
            let Some(value) = self.evict() else { break };
            gone.push(value);
        }
        gone
    }

    pub(super) fn remove(&mut self, key: &impl Equivalent<K>, hash: u64) -> Option<V> {
        let entry = self.take(key, hash)?;
        // It may be computed again, and is as popular then.
        self.remembered.keep(hash, entry.uses.load(Relaxed));
        Some(entry.value)
    }

    fn take(&mut self, key: &impl Equivalent<K>, hash: u64) -> Option<Entry<K, V>> {
        let place = self.place(key, hash)?;
        self.vacate(place, hash)
    }

    fn vacate(&mut self, place: u32, hash: u64) -> Option<Entry<K, V>> {
        self.table.find_entry(hash, |&it| it == place).ok()?.remove();
        let entry = self.places.get_mut(place as usize)?.take()?;
        self.free.push(place);
        self.bytes -= entry.size.bytes;
        Some(entry)
    }

    /// Ranks the entry at a place by what it is worth now.
    fn rank(&mut self, place: u32) {
        self.forget_left_over_ranks();
        let (number, age) = (self.ranked.wrapping_add(1), self.age);
        let Some(entry) = self.at_mut(place) else { return };
        entry.rank = number;
        let height = age + entry.size.worth(*entry.uses.get_mut());
        self.ranked = number;
        self.ranks.push(Rank { height, place, number });
    }

    /// Ranks of removed entries would otherwise pile up where nothing has to go.
    fn forget_left_over_ranks(&mut self) {
        if self.ranks.len() > 2 * self.table.len() + 64 {
            let places = &self.places;
            let is_valid = |rank: &Rank| places[rank.place as usize].as_ref().is_some_and(|it| it.rank == rank.number);
            self.ranks.retain(is_valid);
        }
    }

    /// Removes the entry that is worth the least.
    fn evict(&mut self) -> Option<V> {
        let mut ranked_anew = 0;
        loop {
            let Rank { place, number, .. } = self.ranks.pop()?;
            let Some(entry) = self.at_mut(place).filter(|entry| entry.rank == number) else { continue };
            let uses = entry.uses.get_mut();
            if *uses & IS_USED != 0 && ranked_anew < RANKED_AT_ONCE {
                *uses &= USES_MAX;
                ranked_anew += 1;
                self.rank(place);
                continue;
            }
            let (hash, uses, bytes) = (entry.hash, *uses, entry.size.bytes);
            self.age += bytes as f64 / (self.bytes_max as f64 * HALF_LIFE);
            self.remembered.keep(hash, uses);
            return self.vacate(place, hash).map(|entry| entry.value);
        }
    }
}

fn hash_at<K, V>(places: &[Option<Entry<K, V>>], place: u32) -> u64 {
    places[place as usize].as_ref().map_or(0, |entry| entry.hash)
}

/// How often keys were used whose entries are gone: fingerprints of twelve bits with four bits of uses, each at one place
/// of a table, where the next one replaces it.
struct Uses(Box<[u16]>);

impl Uses {
    fn new(fingerprints: u64) -> Self {
        let fingerprints = usize::try_from(fingerprints).unwrap_or(usize::MAX).next_power_of_two();
        // Zeros come from the system, and take no memory until they are written to.
        Self(vec![0; fingerprints].into())
    }

    /// The fingerprint, and its place in the table.
    fn find(&self, hash: u64) -> (u16, usize) {
        ((hash >> 52) as u16, hash as usize & (self.0.len() - 1))
    }

    fn keep(&mut self, hash: u64, uses: u8) {
        let (fingerprint, place) = self.find(hash);
        self.0[place] = fingerprint << 4 | u16::from(uses & USES_MAX);
    }

    /// The uses of a key, which are counted in its entry from now on.
    fn take(&mut self, hash: u64) -> u8 {
        let (fingerprint, place) = self.find(hash);
        if self.0[place] >> 4 != fingerprint {
            return 0;
        }
        (std::mem::take(&mut self.0[place]) as u8) & USES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With room for a hundred entries of ten bytes.
    fn shard() -> Shard<u64, u64> {
        Shard::new(1_000, 100)
    }

    /// As good as a hash: other bits for each key.
    fn hash(key: u64) -> u64 {
        key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Whether memory answers; if not, the value is computed and inserted.
    fn ask(shard: &mut Shard<u64, u64>, key: u64, cost: u64) -> bool {
        let is_hit = shard.get(&key, hash(key)).is_some();
        if !is_hit {
            shard.insert(key, hash(key), key, Size { bytes: 10, cost });
            assert!(shard.bytes() <= shard.bytes_max);
        }
        is_hit
    }

    fn ask_all(shard: &mut Shard<u64, u64>, keys: std::ops::Range<u64>, cost: u64) {
        for key in keys {
            ask(shard, key, cost);
        }
    }

    fn held(shard: &Shard<u64, u64>, keys: std::ops::Range<u64>) -> usize {
        keys.filter(|key| shard.peek(key, hash(*key)).is_some()).count()
    }

    #[test]
    fn what_is_expensive_stays_while_cheap_answers_pass() {
        let mut shard = shard();
        ask_all(&mut shard, 0..50, 1_000_000);
        ask_all(&mut shard, 100..5_000, 10);
        assert_eq!((held(&shard, 0..50), shard.len()), (50, 100));
    }

    #[test]
    fn of_equal_costs_the_larger_goes_first() {
        let mut shard = shard();
        shard.insert(0, hash(0), 0, Size { bytes: 500, cost: 100 });
        ask_all(&mut shard, 1..52, 100);
        assert_eq!((held(&shard, 0..1), held(&shard, 1..52)), (0, 51));
    }

    #[test]
    fn a_scan_does_not_evict_what_is_asked_for_again_and_again() {
        let mut shard = shard();
        for _ in 0..4 {
            ask_all(&mut shard, 0..50, 10);
        }
        ask_all(&mut shard, 100..400, 10);
        assert_eq!(held(&shard, 0..50), 50);
    }

    #[test]
    fn what_was_expensive_and_is_not_used_goes_in_the_end() {
        let mut shard = shard();
        ask_all(&mut shard, 0..100, 1_000);
        // 1,000 is 2^10 times 1: ten half-lives.
        let fills = |times: f64| (times * HALF_LIFE) as u64 * 100;
        ask_all(&mut shard, 1_000..1_000 + fills(8.0), 1);
        assert!(held(&shard, 0..100) > 90, "{}", held(&shard, 0..100));
        ask_all(&mut shard, 1_000_000..1_000_000 + fills(4.0), 1);
        assert_eq!(held(&shard, 0..100), 0);
    }

    /// What was used ten times is not the first to go when it returns after it had to go.
    #[test]
    fn uses_outlive_the_entry() {
        let mut shard = shard();
        for _ in 0..10 {
            ask(&mut shard, 7, 10);
        }
        assert_eq!(shard.remove(&7, hash(7)), Some(7));
        assert!(!ask(&mut shard, 7, 10));
        ask_all(&mut shard, 100..1_000, 10);
        assert_eq!(held(&shard, 7..8), 1);
    }

    #[test]
    fn removals_and_replacements_leave_no_ranks_behind() {
        let mut shard = shard();
        for round in 0..10_000 {
            let key = round % 20;
            shard.insert(key, hash(key), round, Size { bytes: 10, cost: 1 });
            if round % 3 == 0 {
                shard.remove(&key, hash(key));
            }
            assert!(shard.ranks.len() <= 2 * 20 + 65 && shard.places.len() <= 21, "{}", shard.ranks.len());
        }
    }

    /// Uses at the same moment cannot make one insertion rank everything anew.
    #[test]
    fn an_insertion_ranks_few_entries_anew() {
        let mut shard = Shard::new(10_000, 1_000);
        for _ in 0..2 {
            ask_all(&mut shard, 0..1_000, 10);
        }
        let ranked = shard.ranked;
        ask(&mut shard, 1_000, 10);
        assert_eq!(shard.ranked - ranked, 1 + RANKED_AT_ONCE);
        assert_eq!((shard.len(), held(&shard, 1_000..1_001)), (1_000, 1));
    }

    #[test]
    fn every_entry_is_seen() {
        let mut shard = shard();
        ask_all(&mut shard, 0..90, 10);
        for key in (0..90).step_by(4) {
            shard.remove(&key, hash(key));
        }
        let mut seen = Vec::new();
        let mut from = 0;
        while let Some(some) = shard.some_of(from, 7) {
            seen.extend(some.map(|(key, value)| (*key, *value)));
            from += 7;
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..90).filter(|key| key % 4 != 0).map(|key| (key, key)).collect::<Vec<_>>());
    }
}
