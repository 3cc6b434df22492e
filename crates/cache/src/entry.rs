//! The values in Redis: one readable line of JSON under the name from [`key`](crate::key).
//!
//! | form | meaning |
//! |---|---|
//! | `{"divisors":60,…}` | an answer, as [`Contents::encode`] wrote it |
//! | `{"key":"…text…","divisors":60,…}` | the same for a name with a digest: the text comes first and is compared |
//! | `"lease:NODE.N"` | a lease: a node is computing the answer, under its Nth lease |
//!
//! Decoding trusts nothing: everything else is [`Stored::Unusable`].

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::key::{Key, KeyRef};

/// The longest line that is written to or read from Redis, in bytes: a longer one would block the connection.
pub(crate) const LINE_BYTES_MAX: usize = 256 << 10;
const LEASE: &str = "\"lease:";
const TOKEN_BYTES_MAX: usize = 64;
const KEY_MEMBER: &str = "{\"key\":";

/// The values of a cache: how they are written, read and weighed, and how long they live.
pub trait Contents: Send + Sync + 'static {
    /// A value; immutable once it is computed. An error that follows from the key alone (no such place, a division by
    /// zero) is a value, and is stored like any other.
    type Value: Send + Sync + 'static;

    /// One line of JSON (an object) that a person can read. With `None`, or anything else, the value is not written to
    /// Redis but stays in memory.
    fn encode(&self, value: &Self::Value) -> Option<String>;
    /// Reads a line back without trusting it; `None` if it is unusable (malformed, or computed under a lower limit than
    /// ours). Long work may move to other threads: only this caller waits for it.
    fn decode(&self, line: &str) -> impl Future<Output = Option<Self::Value>> + Send;
    /// The size of the value in memory, in bytes.
    fn weight(&self, value: &Self::Value) -> usize;
    /// What computing the value again would cost, in any unit. A full memory keeps the values that save the most for
    /// their bytes. All cost the same by default.
    fn cost(&self, value: &Self::Value) -> u64 {
        let _ = value;
        1
    }
    /// The longest lifetime of this value; `None` for that of the cache.
    fn lifetime(&self, value: &Self::Value) -> Option<Duration>;
}

/// The mark of a node that is computing an answer. No two leases are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    token: Box<str>,
}

impl Lease {
    /// The lease in Redis: a JSON string, while every answer is an object.
    pub(crate) fn line(&self) -> String {
        format!("{LEASE}{}\"", self.token)
    }
}

/// Makes the leases of one cache. No two leases are equal, even of different caches.
pub(crate) struct Leases {
    node: u64,
    made: AtomicU64,
}

impl Leases {
    pub(crate) fn new() -> Self {
        Self { node: fastrand::u64(..), made: AtomicU64::new(0) }
    }

    pub(crate) fn make(&self) -> Lease {
        let number = self.made.fetch_add(1, Relaxed) + 1;
        Lease { token: format!("{:016x}.{number}", self.node).into() }
    }
}

/// The value under a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stored<'a> {
    /// A node is computing the answer.
    Lease(Lease),
    /// A line for [`Contents::decode`].
    Value(Cow<'a, str>),
    Unusable,
}

/// The line to store for `key`; `None` if it is too long, or if `object` is not one line with an object.
pub(crate) fn write(key: &Key, object: String) -> Option<String> {
    let members = object.strip_prefix('{').filter(|rest| rest.ends_with('}') && !rest.contains('\n'))?;
    let line = match key.text_in_value() {
        None => object,
        Some(text) => {
            let text = serde_json::to_string(text).ok()?;
            let members = members.trim_start();
            let comma = if members == "}" { "" } else { "," };
            format!("{KEY_MEMBER}{text}{comma}{members}")
        }
    };
    (line.len() <= LINE_BYTES_MAX).then_some(line)
}

/// Reads the value under the name of `key`.
pub(crate) fn read<'a>(key: &Key, bytes: &'a [u8]) -> Stored<'a> {
    match key.text_in_value() {
        None => read_line(None, bytes),
        Some(text) => read_line(Some(&|found| found == text), bytes),
    }
}

/// The same for a caller that has only the name. If the name has a digest, the text in the line must match it.
pub(crate) fn read_under<'a>(name: KeyRef<'_>, bytes: &'a [u8]) -> Stored<'a> {
    match name.text() {
        Some(_) => read_line(None, bytes),
        None => read_line(Some(&|found| name.names(found)), bytes),
    }
}

/// The text at the beginning of a line whose name has a digest; it ends with `…` if the line was cut inside it.
pub(crate) fn text_in(beginning: &[u8]) -> Option<String> {
    let valid = beginning.utf8_chunks().next()?.valid();
    let after = valid.strip_prefix(KEY_MEMBER)?;
    if let Some(Ok(text)) = serde_json::Deserializer::from_str(after).into_iter::<String>().next() {
        return Some(text);
    }
    // The cut may be inside an escape sequence, which has at most two \uXXXX.
    let ends = after.char_indices().rev().take(12).map(|(at, _)| at);
    let cut = |end| serde_json::from_str::<String>(&format!("{}\"", &after[..end])).ok();
    ends.chain([after.len()]).find_map(cut).map(|text| text + "…")
}

fn read_line<'a>(is_text: Option<&dyn Fn(&str) -> bool>, bytes: &'a [u8]) -> Stored<'a> {
    try_read_line(is_text, bytes).unwrap_or(Stored::Unusable)
}

fn try_read_line<'a>(is_text: Option<&dyn Fn(&str) -> bool>, bytes: &'a [u8]) -> Option<Stored<'a>> {
    let line = std::str::from_utf8(bytes).ok().filter(|line| line.len() <= LINE_BYTES_MAX)?;
    if let Some(token) = line.strip_prefix(LEASE) {
        let token = token.strip_suffix('"').filter(|token| is_token(token))?;
        return Some(Stored::Lease(Lease { token: token.into() }));
    }
    let Some(is_text) = is_text else {
        return line.starts_with('{').then_some(Stored::Value(Cow::Borrowed(line)));
    };
    let after = line.strip_prefix(KEY_MEMBER)?;
    let mut texts = serde_json::Deserializer::from_str(after).into_iter::<Cow<'_, str>>();
    let same = is_text(&texts.next()?.ok()?);
    let rest = &after[texts.byte_offset()..];
    let members = rest.strip_prefix(',').or_else(|| rest.starts_with('}').then_some(rest))?;
    same.then(|| Stored::Value(Cow::Owned(format!("{{{members}"))))
}

fn is_token(text: &str) -> bool {
    (1..=TOKEN_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short() -> Key {
        Key::new("1", "2+2")
    }

    fn long() -> Key {
        Key::new("1", &format!("\"\\\n{}", "1+".repeat(150)))
    }

    #[test]
    fn an_answer_is_stored_as_it_was_encoded() {
        let object = r#"{"value":4,"type":"int"}"#;
        let line = write(&short(), object.to_owned()).unwrap();
        assert_eq!(line, object);
        assert_eq!(read(&short(), line.as_bytes()), Stored::Value(Cow::Borrowed(object)));
    }

    #[test]
    fn under_a_digest_the_text_comes_first() {
        for object in [r#"{"value":4}"#, "{}", r#"{"key":"another"}"#] {
            let line = write(&long(), object.to_owned()).unwrap();
            assert!(line.starts_with(r#"{"key":"\"\\\n1+1+"#), "{line}");
            serde_json::from_str::<serde_json::Value>(&line).unwrap();
            assert_eq!(read(&long(), line.as_bytes()), Stored::Value(Cow::Borrowed(object)), "{line}");
        }
    }

    #[test]
    fn another_text_under_the_same_digest_is_unusable() {
        let line = write(&long(), "{}".to_owned()).unwrap();
        let other = Key::new("1", &"2+".repeat(150));
        assert_eq!(read(&other, line.as_bytes()), Stored::Unusable);
        assert_eq!(read(&long(), br#"{"value":4}"#), Stored::Unusable);
    }

    #[test]
    fn leases_and_values_are_told_apart() {
        let lease = || Stored::Lease(Lease { token: "n1.7.42".into() });
        assert_eq!(read(&short(), br#""lease:n1.7.42""#), lease());
        assert_eq!(read(&long(), br#""lease:n1.7.42""#), lease());
        assert_eq!(read(&short(), br#"{"lease":"n1.7.42"}"#), Stored::Value(Cow::Borrowed(r#"{"lease":"n1.7.42"}"#)));
        for line in [r#""lease:""#, r#""lease:a b""#, r#""lease:a"#, r#""lease:a"x""#, "lease:a"] {
            assert_eq!(read(&short(), line.as_bytes()), Stored::Unusable, "{line}");
        }
        assert_eq!(read(&short(), format!("\"lease:{}\"", "a".repeat(65)).as_bytes()), Stored::Unusable);
    }

    #[test]
    fn every_lease_is_unique_and_is_read_back() {
        let (one, other) = (Leases::new(), Leases::new());
        let made = [one.make(), one.make(), other.make(), other.make()];
        for (n, lease) in made.iter().enumerate() {
            assert!(!made[..n].contains(lease), "{lease:?}");
            assert_eq!(read(&short(), lease.line().as_bytes()), Stored::Lease(lease.clone()));
            // A value is an object, so no value is written that would be read as a lease.
            assert_eq!(write(&short(), lease.line()), None);
        }
    }

    #[test]
    fn only_one_line_with_an_object_is_stored() {
        for object in ["", "4", "[1]", "{", "}", "{\n}", "{}x", &format!("{{{}}}", "1".repeat(LINE_BYTES_MAX))] {
            assert_eq!(write(&short(), object.to_owned()), None);
        }
    }

    #[test]
    fn a_line_that_is_too_long_malformed_or_not_utf8_is_unusable() {
        let mut huge = vec![b' '; LINE_BYTES_MAX + 1];
        huge[0] = b'{';
        for bytes in [&b""[..], b"4", b"null", b"\xff{}", b"lixo", &huge] {
            assert_eq!(read(&short(), bytes), Stored::Unusable);
            assert_eq!(read(&long(), bytes), Stored::Unusable);
        }
        for line in [r#"{"key":"#, r#"{"key":4}"#, r#"{"key":"a"#, r#"{"key":null,"a":1}"#] {
            assert_eq!(read(&long(), line.as_bytes()), Stored::Unusable);
        }
    }

    proptest! {
        #[test]
        fn a_written_line_is_read_back(text in any::<String>(), padding in 0usize..300, member in any::<String>()) {
            let key = Key::new("1", &(text + &" ".repeat(padding)));
            let object = serde_json::json!({ "value": member }).to_string();
            let line = write(&key, object.clone()).unwrap();
            prop_assert_eq!(read(&key, line.as_bytes()), Stored::Value(Cow::Owned(object)));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\n?.{0,9}") {
            let _ = read(&Key::new("1", &text), &bytes);
            let _ = read(&Key::new("1", &text), &[KEY_MEMBER.as_bytes(), &bytes].concat());
        }
    }
}
