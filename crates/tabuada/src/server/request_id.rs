//! What a request is called in its answer and in the log: as its asker calls it, or else by a name of ours.
//!
//! It stands in a header and never in a body, which is the same whoever asks.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::accepted::lines;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest name of an asker's that is kept: twice what others make.
const LENGTH_MAX: usize = 128;

/// Digits of the prefix that tells processes apart: 48 bits, so that of a million starts some two share theirs.
const PREFIX: usize = 12;

/// Prefix, hyphen, and a number in hexadecimal.
const OWN_LENGTH_MAX: usize = PREFIX + 1 + 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Names for the requests of one server: a prefix of its own, and a number that counts them.
#[derive(Debug)]
pub(super) struct RequestIds {
    prefix: [u8; PREFIX],
    next: AtomicU64,
}

impl RequestIds {
    /// Chance is needed once, for the prefix: what keeps the standard library's maps from being guessed is good enough.
    pub(super) fn new() -> Self {
        let mut chance = RandomState::new().hash_one(std::process::id());
        let prefix = std::array::from_fn(|_| {
            let digit = DIGITS[(chance & 15) as usize];
            chance >>= 4;
            digit
        });
        Self { prefix, next: AtomicU64::new(1) }
    }

    /// What a request with these headers is called.
    pub(super) fn of(&self, asker: &HeaderMap) -> HeaderValue {
        let given = lines(asker, REQUEST_ID).next();
        given.filter(|given| is_name(given.as_bytes())).cloned().unwrap_or_else(|| self.own())
    }

    fn own(&self) -> HeaderValue {
        let mut number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut name = [b'-'; OWN_LENGTH_MAX];
        name[..PREFIX].copy_from_slice(&self.prefix);
        let mut end = PREFIX + 1;
        let digits = (16 - number.leading_zeros() as usize / 4).max(1);
        for place in name[end..end + digits].iter_mut().rev() {
            *place = DIGITS[(number & 15) as usize];
            number >>= 4;
        }
        end += digits;
        // Digits and a hyphen.
        HeaderValue::from_bytes(&name[..end]).unwrap_or(HeaderValue::from_static("none"))
    }
}

/// Whether a text can be a name wherever it is written: short, and of signs that mean nothing to any log or shell.
fn is_name(given: &[u8]) -> bool {
    (1..=LENGTH_MAX).contains(&given.len())
        && given.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn called(ids: &RequestIds, given: &[u8]) -> String {
        let mut asker = HeaderMap::new();
        asker.insert(REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        ids.of(&asker).to_str().unwrap().to_owned()
    }

    #[test]
    fn an_asker_s_name_is_kept_if_it_is_one() {
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
                let name = ids.of(&nobody);
                assert!(is_name(name.as_bytes()));
                assert!(seen.insert(name.as_bytes().to_vec()), "{name:?} twice");
            }
        }
    }

    /// Every number has a name, and reads as itself.
    #[test]
    fn the_number_is_written_in_full() {
        let ids = RequestIds::new();
        for number in [0, 1, 15, 16, 0xfff, 0x1000, u64::from(u32::MAX), u64::MAX] {
            ids.next.store(number, Ordering::Relaxed);
            let name = ids.own().to_str().unwrap().to_owned();
            let (prefix, digits) = name.split_once('-').unwrap();
            assert_eq!((prefix.len(), u64::from_str_radix(digits, 16)), (PREFIX, Ok(number)), "{name}");
        }
    }
}
