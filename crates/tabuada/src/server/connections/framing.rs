//! The boundaries of the requests on a connection (RFC 9112): one pass over the input, before the library parses it. A
//! head that two parsers could read as different requests is refused: a proxy in front may be the other parser (request
//! smuggling).
//!
//! The library is strict in most ways (no folded lines, no space before a colon, no control characters), but accepts
//! lines that end without a carriage return, ignores a length beside chunks, and does not limit chunks.

use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use memchr::memchr;

use crate::server::body::BODY_BYTES;

/// Longest line that is buffered until its end. The library refuses shorter heads already.
const LINE_BYTES: usize = 128 << 10;

/// Further digits of a length do not matter: no body is that long, and the library can still parse it.
const LENGTH_ENOUGH: u64 = 100_000_000_000_000_000;

/// The number of the refused request of a connection, from 0, and its status. Nothing after it is parsed.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusal(Arc<OnceLock<(u64, StatusCode)>>);

impl Refusal {
    /// The status with which this request is refused, if it is.
    pub(super) fn of(&self, request: u64) -> Option<StatusCode> {
        self.0.get().filter(|(refused, _)| *refused == request).map(|(_, status)| *status)
    }
}

/// The state of the pass.
#[derive(Debug, Default)]
pub(super) struct Framing {
    place: Place,
    /// The beginning of an incomplete line.
    line: Vec<u8>,
    head: Head,
    /// Complete heads.
    heads: u64,
    refusal: Refusal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a head, or in it.
    #[default]
    Head,
    /// In a body, so many bytes before its end.
    Body(u64),
    /// In the line before a chunk.
    Size,
    /// In a chunk, so many bytes before its end, the line end included.
    Chunk(u64),
    /// After the last chunk.
    Trailers,
    /// After the refused request.
    Nowhere,
}

/// What was parsed of a head.
#[derive(Debug, Default)]
struct Head {
    is_begun: bool,
    is_http_10: bool,
    hosts: u32,
    length: Option<u64>,
    chunked: u32,
    /// The bytes of the chunks so far.
    bytes: u64,
}

/// The error of a body, and how many bytes of the last input precede it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) before: usize,
    /// `FileTooLarge` or `InvalidData`.
    pub(super) kind: ErrorKind,
}

impl Framing {
    pub(super) fn refusal(&self) -> Refusal {
        self.refusal.clone()
    }

    /// Complete heads.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether the next head has begun.
    pub(super) fn is_in_head(&self) -> bool {
        self.place == Place::Head && (self.head.is_begun || !self.line.is_empty())
    }

    /// Whether a body is incomplete.
    pub(super) fn is_in_body(&self) -> bool {
        !matches!(self.place, Place::Head | Place::Nowhere)
    }

    /// Whether a head was refused.
    pub(super) fn is_refused(&self) -> bool {
        self.place == Place::Nowhere
    }

    /// Processes input. A length that the library could not parse is shortened in it.
    pub(super) fn follow(&mut self, bytes: &mut [u8]) -> Result<(), Wrong> {
        let mut at = 0;
        while at < bytes.len() {
            match &mut self.place {
                Place::Nowhere => return Ok(()),
                Place::Body(left) | Place::Chunk(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    at += taken;
                    *left -= taken as u64;
                    if *left == 0 {
                        self.place = if matches!(self.place, Place::Chunk(_)) { Place::Size } else { Place::Head };
                    }
                }
                Place::Head | Place::Size | Place::Trailers => {
                    let newline = memchr(b'\n', &bytes[at..]);
                    let end = newline.map_or(bytes.len(), |newline| at + newline + 1);
                    let followed = self.follow_line(&mut bytes[at..end], newline.is_some());
                    followed.map_err(|kind| Wrong { before: at, kind })?;
                    at = end;
                }
            }
        }
        Ok(())
    }

    /// A line, or a part of it.
    fn follow_line(&mut self, piece: &mut [u8], is_end: bool) -> Result<(), ErrorKind> {
        if is_end && self.line.is_empty() {
            return self.read_line(piece);
        }
        let mut line = std::mem::take(&mut self.line);
        let before = line.len();
        line.extend_from_slice(piece);
        if is_end {
            self.read_line(&mut line)?;
        } else if line.len() > LINE_BYTES && self.place != Place::Head {
            return Err(ErrorKind::InvalidData);
        } else if self.place == Place::Size {
            // More digits make it no smaller, and the library fails on too many.
            self.size_of(&line)?;
        } else if let Some(value) = value(&mut line, b"content-length").filter(|_| self.place == Place::Head) {
            cut_short(value);
        }
        piece.copy_from_slice(&line[before..]);
        match (is_end, line.len() > LINE_BYTES) {
            (true, _) => {}
            (false, false) => self.line = line,
            // In a head: the library has refused it.
            (false, true) => self.place = Place::Nowhere,
        }
        Ok(())
    }

    /// A complete line with its end.
    fn read_line(&mut self, line: &mut [u8]) -> Result<(), ErrorKind> {
        let is_ended = line.ends_with(b"\r\n");
        let is_empty = is_ended && line.len() == 2;
        match self.place {
            Place::Head if !is_ended => self.refuse(StatusCode::BAD_REQUEST),
            _ if !is_ended => return Err(ErrorKind::InvalidData),
            Place::Head if is_empty && self.head.is_begun => self.end_head(),
            // Before a head it is ignored.
            Place::Head if is_empty => {}
            Place::Head if self.head.is_begun => self.read_field(line),
            Place::Head => {
                self.head = Head { is_begun: true, is_http_10: line.ends_with(b"HTTP/1.0\r\n"), ..Head::default() };
            }
            Place::Trailers if is_empty => self.place = Place::Head,
            Place::Size => return self.read_size(line),
            _ => {}
        }
        Ok(())
    }

    fn read_field(&mut self, line: &mut [u8]) {
        match line[0] | 0x20 {
            b'h' => {
                if let Some(value) = value(line, b"host") {
                    self.head.hosts += 1;
                    if self.head.hosts > 1 || !is_host(value) {
                        self.refuse(StatusCode::BAD_REQUEST);
                    }
                }
            }
            b'c' => {
                if let Some(value) = value(line, b"content-length")
                    && self.head.length.replace(cut_short(value)).is_some()
                {
                    self.refuse(StatusCode::BAD_REQUEST);
                }
            }
            b't' => {
                if let Some(value) = value(line, b"transfer-encoding") {
                    self.read_codings(value);
                }
            }
            _ => {}
        }
    }

    fn read_codings(&mut self, value: &[u8]) {
        for coding in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            match coding {
                b"" => {}
                coding if coding.eq_ignore_ascii_case(b"chunked") => self.head.chunked += 1,
                _ => return self.refuse(StatusCode::NOT_IMPLEMENTED),
            }
        }
    }

    fn end_head(&mut self) {
        let Head { is_http_10, hosts, length, chunked, .. } = self.head;
        let has_its_host = hosts == 1 || is_http_10;
        let has_one_length = chunked == 0 || chunked == 1 && length.is_none() && !is_http_10;
        if !has_its_host || !has_one_length {
            return self.refuse(StatusCode::BAD_REQUEST);
        }
        self.heads += 1;
        self.head.is_begun = false;
        self.place = match length {
            _ if chunked == 1 => Place::Size,
            None | Some(0) => Place::Head,
            Some(length) => Place::Body(length),
        };
    }

    /// The chunk size at the beginning of a line, from as many digits as there are.
    fn size_of(&self, line: &[u8]) -> Result<u64, ErrorKind> {
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
        // Enough to see that it is too large.
        let size = digits.fold(0_u64, |size, &byte| {
            let digit = char::from(byte).to_digit(16).unwrap_or_default();
            size.saturating_mul(16).saturating_add(digit.into())
        });
        let is_too_large = self.head.bytes.saturating_add(size) > BODY_BYTES as u64;
        if is_too_large { Err(ErrorKind::FileTooLarge) } else { Ok(size) }
    }

    fn read_size(&mut self, line: &[u8]) -> Result<(), ErrorKind> {
        let size = self.size_of(line)?;
        self.head.bytes += size;
        // Without digits, or with something else after them, the library refuses it.
        self.place = if size == 0 { Place::Trailers } else { Place::Chunk(size + 2) };
        Ok(())
    }

    fn refuse(&mut self, status: StatusCode) {
        self.place = Place::Nowhere;
        // Nothing after it is refused again.
        let _ = self.refusal.0.set((self.heads, status));
    }
}

/// The value of a field with this name, with the spaces around it.
fn value<'l>(line: &'l mut [u8], name: &[u8]) -> Option<&'l mut [u8]> {
    let is_named = line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name);
    is_named.then(|| &mut line[name.len() + 1..])
}

/// Parses a length. Digits beyond [`LENGTH_ENOUGH`] become tabs, which are ignored after a value.
fn cut_short(value: &mut [u8]) -> u64 {
    let mut length = 0;
    for byte in value.iter_mut().skip_while(|byte| matches!(byte, b' ' | b'\t')) {
        match byte {
            b'0'..=b'9' if length < LENGTH_ENOUGH => length = length * 10 + u64::from(*byte - b'0'),
            b'0'..=b'9' => *byte = b'\t',
            // Of an earlier piece.
            b'\t' if length >= LENGTH_ENOUGH => {}
            _ => break,
        }
    }
    length
}

/// Whether a value can be a host and a port; an empty one is valid for a request without a host.
fn is_host(value: &[u8]) -> bool {
    value.trim_ascii().iter().all(|byte| IN_HOST[usize::from(*byte)])
}

const IN_HOST: [bool; 256] = {
    let signs = b"-._~%!$&'()*+;=:[]";
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = (at as u8).is_ascii_alphanumeric();
        at += 1;
    }
    at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Processes a text in pieces of so many bytes; gives the refusal, and what the library parses.
    fn walk(text: &[u8], piece: usize) -> (Framing, Result<(), ErrorKind>, Vec<u8>) {
        let mut framing = Framing::default();
        let mut read = Vec::new();
        for piece in text.chunks(piece) {
            let mut piece = piece.to_vec();
            let followed = framing.follow(&mut piece);
            if let Err(Wrong { before, kind }) = followed {
                read.extend_from_slice(&piece[..before]);
                return (framing, Err(kind), read);
            }
            read.extend_from_slice(&piece);
        }
        (framing, Ok(()), read)
    }

    /// The result, however the text is split.
    fn refused(text: &str) -> Option<(u64, StatusCode)> {
        let pieces = [text.len(), 1, 2, 3, 7];
        let outcomes = pieces.map(|piece| {
            let (framing, followed, read) = walk(text.as_bytes(), piece);
            assert_eq!((followed, read.as_slice()), (Ok(()), text.as_bytes()), "{text}");
            framing.refusal.0.get().copied()
        });
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{text}: {outcomes:?}");
        outcomes[0]
    }

    #[test]
    fn a_head_is_read_in_one_way_or_not_at_all() {
        let (bad, unknown) = (Some((0, StatusCode::BAD_REQUEST)), Some((0, StatusCode::NOT_IMPLEMENTED)));
        for (version, without) in [("1.1", bad), ("1.0", None)] {
            let tried = |fields: &str| refused(&format!("GET / HTTP/{version}\r\n{fields}\r\n"));
            assert_eq!(tried(""), without);
            for host in ["a", " a:1", "[::1]:8000", "x_y.example", "", "\ta "] {
                assert_eq!(tried(&format!("Host:{host}\r\n")), None, "{host}");
                assert_eq!(tried(&format!("HOST:{host}\r\nhost:{host}\r\n")), bad, "{host} twice");
            }
            for host in ["a b", "a/b", "a@b", "a,b", "http://a", "a?b", "a#b", "a\tb", "\"a\""] {
                assert_eq!(tried(&format!("Host: {host}\r\n")), bad, "{host}");
            }
            for fields in ["Host: a\nX: b\r\n", "Host: a\r\nX: b\n", "Host: a\r\n\n"] {
                assert_eq!(tried(fields), bad, "{fields}");
            }
            // The end of another name is no name.
            assert_eq!(tried("Host: a\r\nX-Host: b\r\nHosts: c d\r\nHos: e f\r\n"), None);
        }
        for (fields, refusal) in [
            ("Transfer-Encoding: chunked", None),
            ("transfer-encoding:Chunked", None),
            ("Transfer-Encoding: , chunked ,", None),
            ("Transfer-Encoding: chunked, chunked", bad),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", bad),
            ("Transfer-Encoding: gzip, chunked", unknown),
            ("Transfer-Encoding: identity, chunked", unknown),
            ("Transfer-Encoding: chunked;q=1", unknown),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", bad),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", bad),
            ("Content-Length: 0\r\nTransfer-Encoding: chunked", bad),
            ("Content-Length: 5\r\nContent-Length: 5", bad),
            ("Content-Length: 5\r\ncontent-length: 6", bad),
            ("Content-Length: 5", None),
        ] {
            assert_eq!(refused(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n")), refusal, "{fields}");
        }
        assert_eq!(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), bad);
    }

    #[test]
    fn the_refused_one_is_found_behind_others() {
        let one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nHost: \n";
        let two = "\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n\n\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
        let three = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(refused(&[one, two, three, two, one].concat()), None);
        assert_eq!(refused(&[one, two, three, "GET / HTTP/1.1\r\n\r\n"].concat()), Some((3, StatusCode::BAD_REQUEST)));
        let refusal = walk(b"GET / HTTP/1.1\r\n\r\n", 5).0.refusal();
        assert_eq!((refusal.of(0), refusal.of(1)), (Some(StatusCode::BAD_REQUEST), None));
    }

    /// It is known whether a head has begun; an empty line before it is not part of it.
    #[test]
    fn a_head_has_begun_when_something_of_it_is_there() {
        let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for (text, is_begun) in
            [("", false), (whole, false), ("\r\n", false), ("G", true), ("GET / HTTP/1.1\r\nHo", true)]
        {
            for before in ["", whole] {
                let (framing, ..) = walk([before, text].concat().as_bytes(), 9);
                assert_eq!(framing.is_in_head(), is_begun, "{before}{text}");
            }
        }
    }

    #[test]
    fn a_chunk_that_makes_a_body_too_large_is_not_waited_for() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let large = ErrorKind::FileTooLarge;
        for (chunks, wrong) in [
            ("FFFFFFFFFFFFFFFF\r\n", Err(large)),
            ("fffffffffffffffffffffffffff;x\r\n", Err(large)),
            ("100001", Err(large)),
            ("100001\r\n", Err(large)),
            ("100000\r\n", Ok(())),
            ("000000000000000000000000000100000\r\n", Ok(())),
            ("5\n", Err(ErrorKind::InvalidData)),
            ("0\r\nX: y\n", Err(ErrorKind::InvalidData)),
        ] {
            for before in ["", "1\r\n0\r\n"] {
                for piece in [1, 4, 1_000] {
                    let text = [head, before, chunks].concat();
                    let wrong = if chunks.ends_with("100000\r\n") && !before.is_empty() { Err(large) } else { wrong };
                    assert_eq!(walk(text.as_bytes(), piece).1, wrong, "{text} by {piece}");
                }
            }
        }
        let zeros = [head.as_bytes(), &[b'0'; LINE_BYTES + 10_000]].concat();
        assert_eq!(walk(&zeros, 1_000).1, Err(ErrorKind::InvalidData), "it is not kept for ever");
    }

    #[test]
    fn a_length_beyond_all_counting_is_one_that_can_be_counted() {
        for (length, read) in [
            ("18446744073709551615", "184467440737095516\t\t"),
            ("99999999999999999999999999", "999999999999999999\t\t\t\t\t\t\t\t"),
            ("00000000000000000000000000005", "00000000000000000000000000005"),
            ("100000000000000000", "100000000000000000"),
            ("1234567890123456789x", "123456789012345678\tx"),
            ("123456789012345678 9", "123456789012345678 9"),
        ] {
            for piece in [1, 2, 3, 1_000] {
                let text = |length: &str| format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
                let (framing, _, passed) = walk(text(length).as_bytes(), piece);
                assert_eq!(String::from_utf8(passed).unwrap(), text(read), "by {piece}");
                assert!(framing.is_in_body());
            }
        }
    }
}
