//! JSON exactly as CPython's `json` module reads and writes it, because the course's application echoes it.
//!
//! Reads the bytes of a body and gives a [`Document`], or the error that CPython would raise. It differs from RFC 8259
//! in the same places as CPython: `NaN` and `Infinity` are numbers, a lone surrogate is a character, integers may be
//! long (up to CPython's 4,300 digits), UTF-16 and UTF-32 are recognised, and a byte order mark is skipped.
//!
//! Nothing here recurses: a document is one flat vector, and nesting is counted.

mod text;
mod document;
mod write;

pub(crate) use document::{Document, ReadError};
pub(crate) use text::{NotText, decode};
pub(crate) use write::{write_float, write_string};

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that `json.dumps` makes from the value of `json.loads`, or the message and position of its error.
    fn read(body: &[u8]) -> Result<String, String> {
        let text = decode(body).map_err(|NotText| "not text".to_owned())?;
        let document = Document::read(&text).map_err(|error| match error {
            ReadError::Malformed { message, position } => format!("{position}: {message}"),
            other => format!("{other:?}"),
        })?;
        let mut out = String::new();
        document.root().write(&mut out);
        Ok(out)
    }

    #[test]
    fn containers_may_be_nested_to_the_limit_and_no_deeper() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert_eq!(read(&nested(900)), Ok(String::from_utf8(nested(900)).unwrap()));
        assert_eq!(read(&nested(901)), Err("TooDeep".to_owned()));
        assert_eq!(read(&b"{\"a\":".repeat(1_000_000)), Err("TooDeep".to_owned()));
    }

    #[test]
    fn integers_may_have_4300_digits() {
        let digits = "9".repeat(4_300);
        assert_eq!(read(digits.as_bytes()), Ok(digits.clone()));
        assert_eq!(read(format!("-{digits}").as_bytes()), Ok(format!("-{digits}")));
        assert_eq!(read(format!("{digits}9").as_bytes()), Err("TooManyDigits".to_owned()));
        assert_eq!(read(format!("{digits}9e0").as_bytes()), Ok("\"inf\"".to_owned()));
    }

    /// Bodies that once showed a difference from CPython 3.11, each with CPython's result.
    #[test]
    fn as_cpython() {
        for (body, expected) in [
            // Half way between two texts of 16 digits, Python writes the even one.
            (&b"842019710477972.25"[..], Ok("842019710477972.2")),
            (b"0.00001", Ok("1e-05")),
            (b"1e22", Ok("1e+22")),
            (b"-0", Ok("0")),
            (b"-0.0", Ok("-0.0")),
            (b"1.", Err("1: Extra data")),
            (b"1e+", Err("1: Extra data")),
            (b"01", Err("1: Extra data")),
            (b"-", Err("0: Expecting value")),
            (b"-Infinit", Err("0: Expecting value")),
            (b"\"\\ud83d\\ude00\"", Ok("\"\u{1f600}\"")),
            (b"\"\\ud83d\\u0041\"", Ok("\"\u{fffd}A\"")),
            (b"\"\\ud83d\xed\xb8\x80\"", Ok("\"\u{fffd}\u{fffd}\"")),
            (b"\"\\ud83d\\uzz\"", Err("8: Invalid \\uXXXX escape")),
            (b"\"\\u00e\xc3\xa9\"", Err("2: Invalid \\uXXXX escape")),
            ("\"é\\x\"".as_bytes(), Err("2: Invalid \\escape")),
            ("[\"é\", \"".as_bytes(), Err("6: Unterminated string starting at")),
            (b"\"\t\"", Err("1: Invalid control character at")),
            (b"{\"a\":1,\"b\":2,\"a\":[3]}", Ok("{\"a\":[3],\"b\":2}")),
            (b"[1,]", Err("3: Expecting value")),
            (b"{\"a\":1,}", Err("7: Expecting property name enclosed in double quotes")),
            (b"\xff\xfe1\x00", Ok("1")),
            (b"\x00\x00\x00 \x00\x00\x001", Ok("1")),
            (b"\xef\xbb\xbf\xef\xbb\xbf1", Err("0: Expecting value")),
            (b"1\x00\x00", Err("1: Extra data")),
            (b"\xed\xa0", Err("not text")),
        ] {
            let found = read(body);
            let found = found.as_deref().map_err(String::as_str);
            assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(body));
        }
    }
}
