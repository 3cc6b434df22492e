//! The only code that builds and reads names and patterns in Redis.
//!
//! | name in Redis | value |
//! |---|---|
//! | `ns:variant:text` | an answer with a readable text |
//! | `ns:variant#:digest` | an answer with a long or unreadable text: its SHA-256 in hex; the text is in the value |
//! | `ns::canary:token` | bookkeeping: written to test whether changes are reported |
//!
//! Namespaces and variants are not empty and contain no `:`, and variants no `#`. So the first two colons of a name are
//! always ours, and no text can imitate the name of another variant or of bookkeeping.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use hashbrown::Equivalent;
use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::options::OptionsError;

/// The longest text that is stored in a name as it is, in bytes.
const TEXT_BYTES_MAX: usize = 200;
const NAMESPACE_BYTES_MAX: usize = 64;
/// Marks a variant whose names hold a digest.
const DIGEST_MARK: char = '#';
const CANARY: &str = "canary:";
/// Those with a meaning in the patterns of Redis, where a backslash takes it from them.
const PATTERN_CHARACTERS: &str = "*?[]^\\";

/// The key of an answer: a variant, which the program chooses, and a text of any origin.
#[derive(Clone, Debug)]
pub struct Key {
    variant: Cow<'static, str>,
    text: Box<str>,
    digest: Option<[u8; 32]>,
}

impl Key {
    /// The key for `text` in `variant` (such as `1` or `1@exact`). Different variants never share an answer.
    ///
    /// # Panics
    ///
    /// If the variant is empty, or is not printable ASCII without `:` and `#`. A variant that comes from the program's
    /// input needs [`Key::try_new`].
    #[expect(clippy::panic, reason = "as documented")]
    pub fn new(variant: impl Into<Cow<'static, str>>, text: &str) -> Self {
        Self::try_new(variant, text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Key::new`] for a variant of any origin.
    ///
    /// # Errors
    ///
    /// If the variant is empty, or is not printable ASCII without `:` and `#`.
    pub fn try_new(variant: impl Into<Cow<'static, str>>, text: &str) -> Result<Self, VariantError> {
        let variant = variant.into();
        check_variant(&variant)?;
        let digest = (text.len() > TEXT_BYTES_MAX || !is_readable(text)).then(|| Sha256::digest(text).into());
        Ok(Self { variant, text: text.into(), digest })
    }

    /// The variant.
    pub fn variant(&self) -> &str {
        &self.variant
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, if it must be in the stored value because the name does not contain it.
    pub(crate) fn text_in_value(&self) -> Option<&str> {
        self.digest.is_some().then_some(&*self.text)
    }

    pub(crate) fn as_ref(&self) -> KeyRef<'_> {
        let address = self.digest.map_or(TextOrDigest::Text(&self.text), TextOrDigest::Digest);
        KeyRef { variant: &self.variant, address }
    }
}

/// The error of a text that is not a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantError(Box<str>);

impl fmt::Display for VariantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a variant is printable ASCII without `:` and `#`, not {:?}", self.0)
    }
}

impl std::error::Error for VariantError {}

/// Compares the whole text, even if the name has only its digest.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.variant == other.variant && self.text == other.text
    }
}

impl Eq for Key {}

/// Hashes like a `KeyRef`, so that both find the same entry.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

/// A key as far as its name in Redis shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyRef<'a> {
    variant: &'a str,
    address: TextOrDigest<'a>,
}

impl<'a> KeyRef<'a> {
    /// The text, if the name contains it.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.address {
            TextOrDigest::Text(text) => Some(text),
            TextOrDigest::Digest(_) => None,
        }
    }

    /// Whether this is the key of `text`.
    pub(crate) fn names(self, text: &str) -> bool {
        match self.address {
            TextOrDigest::Text(own) => own == text,
            TextOrDigest::Digest(digest) => <[u8; 32]>::from(Sha256::digest(text)) == digest,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum TextOrDigest<'a> {
    Text(&'a str),
    Digest([u8; 32]),
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_ref()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedisName<'a> {
    Answer(KeyRef<'a>),
    Canary(&'a str),
}

/// The first part of every name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Namespace {
    prefix: Box<str>,
}

impl Namespace {
    pub(crate) fn new(given: &str) -> Result<Self, OptionsError> {
        let refused = |character| Err(OptionsError::Namespace { given: given.to_owned(), character });
        let forbidden = |c: char| {
            c == ':' || PATTERN_CHARACTERS.contains(c) || c.is_whitespace() || !is_readable(c.encode_utf8(&mut [0; 4]))
        };
        match given.chars().find(|c| forbidden(*c)) {
            Some(character) => refused(Some(character)),
            None if given.is_empty() || given.len() > NAMESPACE_BYTES_MAX => refused(None),
            None => Ok(Self { prefix: format!("{given}:").into() }),
        }
    }

    /// The prefix of all our names, and of no name of another namespace.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The pattern for `SCAN` that matches exactly our names: the prefix, which has no special characters, and a star.
    pub(crate) fn pattern(&self) -> String {
        format!("{}*", self.prefix)
    }

    /// The pattern for `SCAN` that matches exactly the names of a variant, with readable and with digested texts.
    pub(crate) fn pattern_of(&self, variant: &str) -> String {
        let mut pattern = self.prefix.to_string();
        for character in variant.chars() {
            if PATTERN_CHARACTERS.contains(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern + "[:#]*"
    }

    pub(crate) fn name(&self, key: &Key) -> String {
        match key.digest {
            None => format!("{}{}:{}", self.prefix, key.variant, key.text),
            Some(digest) => {
                let mut name = format!("{}{}{DIGEST_MARK}:", self.prefix, key.variant);
                // Writing to a String cannot fail.
                let _ = hex::write(&digest, &mut name);
                name
            }
        }
    }

    pub(crate) fn canary(&self, token: &str) -> String {
        format!("{}:{CANARY}{token}", self.prefix)
    }

    /// Whether a node made this name for a canary: any other name can be somebody's own.
    pub(crate) fn is_canary(&self, name: &[u8]) -> bool {
        matches!(self.read(name), Some(RedisName::Canary(token)) if token.len() == 32 && hex::read(token).is_some())
    }

    /// Parses a name; `None` if it is not one of ours.
    pub(crate) fn read<'a>(&self, name: &'a [u8]) -> Option<RedisName<'a>> {
        let rest = std::str::from_utf8(name).ok()?.strip_prefix(&*self.prefix)?;
        let (variant, text) = rest.split_once(':')?;
        if variant.is_empty() {
            return text.strip_prefix(CANARY).map(RedisName::Canary);
        }
        let key = match variant.strip_suffix(DIGEST_MARK) {
            None => KeyRef { variant, address: TextOrDigest::Text(text) },
            Some(variant) => KeyRef { variant, address: TextOrDigest::Digest(hex::read(text)?.try_into().ok()?) },
        };
        Some(RedisName::Answer(key))
    }
}

pub(crate) fn check_variant(text: &str) -> Result<(), VariantError> {
    if is_variant(text) { Ok(()) } else { Err(VariantError(text.into())) }
}

fn is_variant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':' && byte != DIGEST_MARK as u8)
}

/// Whether every character of the text is visible: no control, format (direction mark, zero width), private or
/// unassigned character, and no blank other than the space. `escape_debug` escapes exactly these, and quotes.
fn is_readable(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' '..='~') || c.escape_debug().len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::hash::{BuildHasher, RandomState};

    fn tabuada() -> Namespace {
        Namespace::new("tabuada").unwrap()
    }

    #[test]
    fn names_are_what_a_person_expects() {
        let names = |key: &Key| tabuada().name(key);
        assert_eq!(names(&Key::new("1", "2+2")), "tabuada:1:2+2");
        assert_eq!(names(&Key::new("1@exact", "1/3")), "tabuada:1@exact:1/3");
        assert_eq!(names(&Key::new("1", "π*√2")), "tabuada:1:π*√2");
        assert_eq!(names(&Key::new("1", "")), "tabuada:1:");
        // Computed with `sha256sum` of coreutils.
        let digest = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b";
        assert_eq!(names(&Key::new("1", "\n")), format!("tabuada:1#:{digest}"));
    }

    #[test]
    fn long_and_unreadable_texts_are_digested() {
        for text in ["1".repeat(201).as_str(), "a\nb", "\u{202e}1+2", "1\u{200b}", "\0", "\u{e000}", "1\u{a0}2"] {
            assert!(Key::new("1", text).digest.is_some(), "{text:?}");
        }
        for text in ["1".repeat(200).as_str(), "'a' + \"b\"", "\\", "é", "x = 3; x**2", "{1, 2}", "数"] {
            assert!(Key::new("1", text).digest.is_none(), "{text:?}");
        }
    }

    #[test]
    fn namespaces_that_would_break_names_or_patterns_are_refused() {
        for (given, character) in [
            ("", None),
            ("a:b", Some(':')),
            ("a*", Some('*')),
            ("a?", Some('?')),
            ("[a", Some('[')),
            ("a b", Some(' ')),
            ("a\r\nFLUSHALL", Some('\r')),
            ("a\u{202e}", Some('\u{202e}')),
        ] {
            assert_eq!(Namespace::new(given), Err(OptionsError::Namespace { given: given.into(), character }));
        }
        assert!(Namespace::new(&"n".repeat(65)).is_err());
        assert!(Namespace::new(&"n".repeat(64)).is_ok());
        assert!(Namespace::new("tabuada-2.teste_ç").is_ok());
    }

    #[test]
    fn a_variant_is_printable_and_has_no_colon_or_hash() {
        for variant in ["", "1#", "1:", "1 ", "1\n", "é"] {
            assert!(!is_variant(variant), "{variant:?}");
        }
        for variant in ["1", "1@exact", "~"] {
            assert!(is_variant(variant), "{variant:?}");
            assert!(Key::try_new(variant, "x").is_ok());
        }
        let error = Key::try_new("1:", "x").unwrap_err();
        assert_eq!(error.to_string(), "a variant is printable ASCII without `:` and `#`, not \"1:\"");
    }

    #[test]
    #[should_panic(expected = "a variant is printable ASCII")]
    fn a_variant_with_the_digest_mark_panics() {
        let _ = Key::new("1#", "x");
    }

    #[test]
    fn no_text_spells_the_name_of_another_variant_or_of_bookkeeping() {
        let space = tabuada();
        for text in [":canary:1", "canary:1", "#:00", "1@exact:1/3", ":", "::", "tabuada:1:2", "1#:\r\n"] {
            for variant in ["1", "1@exact"] {
                let key = Key::new(variant, text);
                assert_eq!(space.read(space.name(&key).as_bytes()), Some(RedisName::Answer(key.as_ref())), "{text:?}");
            }
        }
        assert_eq!(space.read(space.canary("7f").as_bytes()), Some(RedisName::Canary("7f")));
    }

    #[test]
    fn a_name_knows_its_text_and_no_other() {
        let space = tabuada();
        for text in ["2+2", "\n", &"1+".repeat(150)] {
            let key = Key::new("1", text);
            assert_eq!((key.variant(), key.text()), ("1", text));
            let name = space.name(&key);
            let Some(RedisName::Answer(read)) = space.read(name.as_bytes()) else { panic!("{name} is not read") };
            assert!(read.names(text) && !read.names("3+3"), "{text:?}");
            // The name contains the text, unless it is long or unreadable.
            assert_eq!(read.text(), (text == "2+2").then_some(text), "{text:?}");
            assert!(read.equivalent(&key), "{text:?}");
            assert!(!read.equivalent(&Key::new("1", "3+3")) && !read.equivalent(&Key::new("2", text)), "{text:?}");
        }
        assert_eq!((space.prefix(), &*space.pattern()), ("tabuada:", "tabuada:*"));
        assert_eq!(space.pattern_of("1@exact"), "tabuada:1@exact[:#]*");
        assert_eq!(space.pattern_of("a*[b]?^\\"), "tabuada:a\\*\\[b\\]\\?\\^\\\\[:#]*");
    }

    #[test]
    fn names_that_are_not_ours_are_not_read() {
        let space = tabuada();
        let short = format!("tabuada:1#:{}", "0".repeat(63));
        let upper = format!("tabuada:1#:{}", "A".repeat(64));
        for name in ["tabuada", "tabuada:", "tabuada:1", "tabuada::", "tabuada2:1:2", "other:1:2", &short, &upper] {
            assert_eq!(space.read(name.as_bytes()), None, "{name}");
        }
        assert_eq!(space.read(b"tabuada:1:\xff"), None);
    }

    fn variants() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec!["1", "2", "1@exact", "1@decimal50", "@"])
    }

    proptest! {
        /// A push finds exactly the entry that it names.
        #[test]
        fn a_name_read_back_is_its_key(variant in variants(), text in any::<String>(), long in 0usize..300) {
            let key = Key::new(variant, &(text + &"7".repeat(long)));
            let (space, hasher) = (tabuada(), RandomState::new());
            let name = space.name(&key);
            prop_assert!(is_readable(&name) && name.len() <= 300);
            let Some(RedisName::Answer(read)) = space.read(name.as_bytes()) else { panic!("{name} is not read") };
            prop_assert!(read.equivalent(&key));
            prop_assert_eq!(hasher.hash_one(read), hasher.hash_one(&key));
        }

        /// Two keys share a name only if they are equal.
        #[test]
        fn different_keys_have_different_names(a in ("[:#@1a*]{0,6}", variants()), b in ("[:#@1a*]{0,6}", variants())) {
            let (a, b) = (Key::new(a.1, &a.0), Key::new(b.1, &b.0));
            prop_assert_eq!(tabuada().name(&a) == tabuada().name(&b), a == b);
        }
    }
}
