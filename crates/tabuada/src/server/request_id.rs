//! Request IDs, in answers and in the log: that of the client, or one of our own.
//!
//! The ID is a header and never part of a body, which is the same for all clients.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::server::negotiation::qvalues::lines;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest ID of a client that is kept: twice what others generate.
const LENGTH_MAX: usize = 128;

/// Digits of the prefix that distinguishes processes: 48 bits, so that of a million starts some two share theirs.
const PREFIX: usize = 12;

/// Prefix, hyphen, and a hexadecimal number.
const OWN_LENGTH: usize = PREFIX + 1 + 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Of Speck64/128.
const ROUNDS: usize = 27;

/// The ID of one request.
#[derive(Debug)]
pub(super) struct RequestId {
    pub(super) name: HeaderValue,
    is_own: bool,
}

/// Generates the IDs of one server: a prefix, and the encrypted number of the request, so that two IDs do not tell how
/// many requests came between them.
#[derive(Debug)]
pub(super) struct RequestIds {
    prefix: [u8; PREFIX],
    next: AtomicU64,
    keys: [u32; ROUNDS],
}

impl RequestIds {
    /// Randomness is needed once: what protects the hash maps of the standard library is enough.
    pub(super) fn new() -> Self {
        let chance = RandomState::new();
        let [first, second] = [0, 1].map(|part| chance.hash_one(part));
        let key = [first as u32, (first >> 32) as u32, second as u32, (second >> 32) as u32];
        let digits = hexadecimal(chance.hash_one(2));
        Self { prefix: std::array::from_fn(|at| digits[at]), next: AtomicU64::new(1), keys: schedule(key) }
    }

    /// The ID of a request with these headers.
    pub(super) fn of(&self, client: &HeaderMap) -> RequestId {
        let given = lines(client, REQUEST_ID).next().filter(|given| is_name(given.as_bytes()));
        match given {
            Some(given) => RequestId { name: given.clone(), is_own: false },
            None => RequestId { name: self.own(), is_own: true },
        }
    }

    /// The ID that an answer with these headers carries. A shared cache would give the ID of one client to others: such
    /// an answer has one of ours.
    pub(super) fn told(&self, id: RequestId, answer: &HeaderMap) -> HeaderValue {
        let is_shared = || lines(answer, CACHE_CONTROL).any(|line| line.as_bytes().starts_with(b"public"));
        if id.is_own || !is_shared() { id.name } else { self.own() }
    }

    fn own(&self) -> HeaderValue {
        let number = encrypted(&self.keys, self.next.fetch_add(1, Ordering::Relaxed));
        let mut name = [b'-'; OWN_LENGTH];
        name[..PREFIX].copy_from_slice(&self.prefix);
        name[PREFIX + 1..].copy_from_slice(&hexadecimal(number));
        // Digits and a hyphen.
        HeaderValue::from_bytes(&name).unwrap_or(HeaderValue::from_static("none"))
    }
}

/// A permutation of the numbers: Speck64/128 (Beaulieu and others, 2013), the fastest cipher of 64 bits that has
/// withstood attempts to break it.
fn encrypted(keys: &[u32; ROUNDS], number: u64) -> u64 {
    let (mut x, mut y) = ((number >> 32) as u32, number as u32);
    for key in keys {
        (x, y) = round(x, y, *key);
    }
    u64::from(x) << 32 | u64::from(y)
}

fn round(x: u32, y: u32, key: u32) -> (u32, u32) {
    let x = x.rotate_right(8).wrapping_add(y) ^ key;
    (x, y.rotate_left(3) ^ x)
}

fn schedule([mut key, mut a, mut b, mut c]: [u32; 4]) -> [u32; ROUNDS] {
    let mut number = 0..;
    [(); ROUNDS].map(|()| {
        let this = key;
        let (next, next_key) = round(a, key, number.next().unwrap_or_default());
        (a, b, c, key) = (b, c, next, next_key);
        this
    })
}

/// The hexadecimal digits of a number, highest first.
pub(super) fn hexadecimal(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

/// Whether a text is safe as an ID wherever it is written: short, and of characters without a meaning for logs and
/// shells.
fn is_name(given: &[u8]) -> bool {
    (1..=LENGTH_MAX).contains(&given.len())
        && given.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn called(ids: &RequestIds, given: &[u8]) -> String {
        let mut client = HeaderMap::new();
        client.insert(REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        ids.of(&client).name.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_id_of_a_client_is_kept_if_it_is_valid() {
        let ids = RequestIds::new();
        let longest = "a".repeat(128);
        for name in ["7", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "Root=1:a/b_c.d+e==", &longest] {
            assert_eq!(called(&ids, name.as_bytes()), name);
        }
        let too_long = "a".repeat(129);
        for other in ["", "a b", "a\tb", "a\"b", "a\\b", "<a>", "a,b", "a;b", "{a}", "$a", "`a`", "'a'", "ç", &too_long]
        {
            let called = called(&ids, other.as_bytes());
            assert!(called.starts_with(std::str::from_utf8(&ids.prefix).unwrap()), "{other}: {called}");
        }
        assert_ne!(called(&ids, b"\xff"), "\u{ff}");
    }

    #[test]
    fn no_two_of_ours_are_alike() {
        let nobody = HeaderMap::new();
        let servers = [RequestIds::new(), RequestIds::new()];
        let mut seen = BTreeSet::new();
        for ids in &servers {
            for _ in 0..1_000 {
                let name = ids.of(&nobody).name;
                assert!(is_name(name.as_bytes()));
                assert!(seen.insert(name.as_bytes().to_vec()), "{name:?} twice");
            }
        }
    }

    /// The test vector of the authors of the cipher.
    #[test]
    fn numbers_are_encrypted_as_others_do() {
        let keys = schedule([0x0302_0100, 0x0b0a_0908, 0x1312_1110, 0x1b1a_1918]);
        assert_eq!(encrypted(&keys, 0x3b72_6574_7475_432d), 0x8c6f_a548_454e_028b);
        assert_eq!(hexadecimal(0x0123_4567_89ab_cdef), *b"0123456789abcdef");
    }

    /// Consecutive numbers are as far apart as random ones, and different under another key.
    #[test]
    fn names_do_not_count_requests() {
        let [ids, others] = [RequestIds::new(), RequestIds::new()];
        let numbers: Vec<u64> = (0..1_000).map(|number| encrypted(&ids.keys, number)).collect();
        let distances = numbers.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        // Of 999 distances between random numbers some 15 are so small.
        assert!(distances.filter(|distance| *distance < u64::MAX >> 7).count() < 200);
        assert!(!numbers.is_sorted());
        assert_ne!(numbers, (0..1_000).map(|number| encrypted(&others.keys, number)).collect::<Vec<_>>());
        let extremes = [0, 1, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX - 1, u64::MAX];
        assert_eq!(extremes.map(|number| encrypted(&ids.keys, number)).into_iter().collect::<BTreeSet<_>>().len(), 6);
        assert_eq!(ids.own().as_bytes().len(), OWN_LENGTH);
    }

    /// An answer that a shared cache may store has an ID of ours.
    #[test]
    fn the_id_of_a_client_is_not_given_to_others() {
        let ids = RequestIds::new();
        for (cache_control, is_kept) in [("public, max-age=1", true), ("no-store", false), ("private", false)] {
            let client = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("client"))]);
            let answer = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(cache_control))]);
            let told = ids.told(ids.of(&client), &answer);
            assert_eq!(told != "client", is_kept, "{cache_control}");
            let own = ids.of(&HeaderMap::new());
            let name = own.name.clone();
            assert_eq!(ids.told(own, &answer), name);
        }
    }
}
