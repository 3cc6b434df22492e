//! Text to a document, with CPython's messages and positions for malformed text.

use std::borrow::Cow;

use super::text::{characters, push, push_surrogate};
use crate::priority;

/// The maximum number of open containers. CPython stops at its recursion limit of 1,000, minus the frames that its web
/// framework already uses. With a fixed number, the same body gets the same response on every thread.
const DEPTH_MAX: usize = 900;

/// Digits of an integer: CPython's `sys.int_info.default_max_str_digits`.
const DIGITS_MAX: usize = 4_300;

/// Bytes between two yields to other threads: some tens of microseconds.
const PIECE_BYTES: usize = 16 << 10;

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// Not JSON; with the message of CPython's `JSONDecodeError` and its position in characters.
    Malformed { message: &'static str, position: usize },
    /// Nested deeper than [`DEPTH_MAX`]: CPython raises a `RecursionError`.
    TooDeep,
    /// An integer of more than [`DIGITS_MAX`] digits: CPython raises a `ValueError`.
    TooManyDigits,
}

/// A document as one flat vector: containers come before their elements, keys before their values.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    nodes: Vec<Node<'t>>,
}

/// `end` is the index of the node after the last one inside.
#[derive(Debug)]
pub(super) enum Node<'t> {
    Null,
    Bool(bool),
    /// The digits as spelled; `-0` becomes 0.
    Int(&'t str),
    Float(f64),
    /// WTF-8.
    String(Cow<'t, [u8]>),
    Array {
        end: usize,
    },
    Object {
        end: usize,
    },
}

/// One value of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'d> {
    pub(super) nodes: &'d [Node<'d>],
    pub(super) index: usize,
}

impl<'t> Document<'t> {
    /// Reads a text in WTF-8, as [`super::decode`] gives it.
    pub(crate) fn read(text: &'t [u8]) -> Result<Self, ReadError> {
        let reader =
            Reader { text, at: 0, pause_at: PIECE_BYTES, nodes: Vec::with_capacity(4), open: Vec::with_capacity(4) };
        reader.document().map(|nodes| Self { nodes })
    }

    pub(crate) fn root(&self) -> Element<'_> {
        Element { nodes: &self.nodes, index: 0 }
    }
}

impl<'d> Element<'d> {
    pub(super) fn node(self) -> &'d Node<'d> {
        &self.nodes[self.index]
    }

    /// The index of the node after this value and everything in it.
    pub(super) fn after(self) -> usize {
        match *self.node() {
            Node::Array { end } | Node::Object { end } => end,
            _ => self.index + 1,
        }
    }

    /// Whether this is `null`.
    pub(crate) fn is_null(self) -> bool {
        matches!(self.node(), Node::Null)
    }

    /// The members of an object in the order of the text, including repeated ones; `None` if this is no object.
    pub(super) fn members(self) -> Option<impl Iterator<Item = (&'d [u8], Element<'d>)>> {
        let Node::Object { end } = *self.node() else { return None };
        let mut next = self.index + 1;
        Some(std::iter::from_fn(move || {
            let Some(Node::String(key)) = self.nodes.get(next).filter(|_| next < end) else { return None };
            let value = Element { nodes: self.nodes, index: next + 1 };
            next = value.after();
            Some((&**key, value))
        }))
    }

    /// The last value of an object's member; `None` if this is no object, `Some(None)` if it has no such member.
    pub(crate) fn member(self, name: &str) -> Option<Option<Element<'d>>> {
        let members = self.members()?;
        Some(members.filter(|(key, _)| *key == name.as_bytes()).last().map(|(_, value)| value))
    }

    /// The text of a string; `None` if this is no string, `Some(None)` if it contains a lone surrogate.
    pub(crate) fn text(self) -> Option<Option<&'d str>> {
        let Node::String(text) = self.node() else { return None };
        Some(std::str::from_utf8(text).ok())
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// The position of the next yield.
    pause_at: usize,
    nodes: Vec<Node<'t>>,
    /// Indices of the containers not yet closed.
    open: Vec<usize>,
}

impl<'t> Reader<'t> {
    fn document(mut self) -> Result<Vec<Node<'t>>, ReadError> {
        self.blanks();
        loop {
            self.give_way();
            if self.value()? {
                continue;
            }
            // A value has ended: closes every container that ends after it, up to a comma and the next value.
            loop {
                self.blanks();
                let Some(&container) = self.open.last() else {
                    return if self.at == self.text.len() { Ok(self.nodes) } else { Err(self.wrong("Extra data")) };
                };
                let in_object = matches!(self.nodes[container], Node::Object { .. });
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        self.blanks();
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => self.close(),
                    Some(b']') if !in_object => self.close(),
                    _ => return Err(self.wrong("Expecting ',' delimiter")),
                }
            }
        }
    }

    /// Reads a scalar or an empty container and gives `false`; or opens another container and gives `true`: a value
    /// follows.
    fn value(&mut self) -> Result<bool, ReadError> {
        let rest = &self.text[self.at..];
        let node = match rest.first() {
            Some(b'"') => Node::String(self.string()?),
            Some(b'{') => {
                self.open(Node::Object { end: 0 })?;
                if self.peek() == Some(b'}') {
                    self.close();
                    return Ok(false);
                }
                self.key()?;
                return Ok(true);
            }
            Some(b'[') => {
                self.open(Node::Array { end: 0 })?;
                if self.peek() == Some(b']') {
                    self.close();
                    return Ok(false);
                }
                return Ok(true);
            }
            Some(b'n') if rest.starts_with(b"null") => self.word("null", Node::Null),
            Some(b't') if rest.starts_with(b"true") => self.word("true", Node::Bool(true)),
            Some(b'f') if rest.starts_with(b"false") => self.word("false", Node::Bool(false)),
            Some(b'N') if rest.starts_with(b"NaN") => self.word("NaN", Node::Float(f64::NAN)),
            Some(b'I') if rest.starts_with(b"Infinity") => self.word("Infinity", Node::Float(f64::INFINITY)),
            Some(b'-') if rest.starts_with(b"-Infinity") => self.word("-Infinity", Node::Float(f64::NEG_INFINITY)),
            _ => self.number()?,
        };
        self.nodes.push(node);
        Ok(false)
    }

    fn open(&mut self, container: Node<'t>) -> Result<(), ReadError> {
        if self.open.len() == DEPTH_MAX {
            return Err(ReadError::TooDeep);
        }
        self.open.push(self.nodes.len());
        self.nodes.push(container);
        self.at += 1;
        self.blanks();
        Ok(())
    }

    fn close(&mut self) {
        self.at += 1;
        let here = self.nodes.len();
        if let Some(container) = self.open.pop()
            && let Node::Array { end } | Node::Object { end } = &mut self.nodes[container]
        {
            *end = here;
        }
    }

    /// Reads `"key" :` and the blanks after it.
    fn key(&mut self) -> Result<(), ReadError> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("Expecting property name enclosed in double quotes"));
        }
        let key = self.string()?;
        self.nodes.push(Node::String(key));
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.wrong("Expecting ':' delimiter"));
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    fn word(&mut self, spelling: &str, node: Node<'t>) -> Node<'t> {
        self.at += spelling.len();
        node
    }

    /// Reads the longest number. A point or an `e` without a digit after it is left to the next step, which reports it.
    fn number(&mut self) -> Result<Node<'t>, ReadError> {
        let text = self.text;
        let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let start = self.at;
        let first_digit = start + usize::from(text.get(start) == Some(&b'-'));
        let mut end = match text.get(first_digit) {
            Some(b'0') => first_digit + 1,
            Some(b'1'..=b'9') => first_digit + digits(first_digit),
            _ => return Err(self.wrong("Expecting value")),
        };
        let int_digits = end - first_digit;
        let mut is_float = false;
        if text.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            if fraction > 0 {
                end += 1 + fraction;
                is_float = true;
            }
        }
        if let Some(b'e' | b'E') = text.get(end) {
            let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
                is_float = true;
            }
        }
        self.at = end;
        // The bytes are ASCII, and Rust accepts every number that was read here.
        let spelling = std::str::from_utf8(&text[start..end]).unwrap_or_default();
        if is_float {
            Ok(Node::Float(spelling.parse().unwrap_or(f64::NAN)))
        } else if int_digits > DIGITS_MAX {
            Err(ReadError::TooManyDigits)
        } else {
            Ok(Node::Int(spelling))
        }
    }

    /// Reads a string from its opening quote to its closing one.
    fn string(&mut self) -> Result<Cow<'t, [u8]>, ReadError> {
        let opening = self.at;
        self.at += 1;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            self.give_way();
            let plain = self.text[self.at..].iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
            let piece = &self.text[self.at..self.at + plain.count()];
            self.at += piece.len();
            if let Some(unescaped) = &mut unescaped {
                unescaped.extend_from_slice(piece);
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(unescaped.map_or(Cow::Borrowed(piece), Cow::Owned));
                }
                Some(b'\\') => {
                    let unescaped = unescaped.get_or_insert_with(|| piece.to_vec());
                    self.escape(opening, unescaped)?;
                }
                Some(_) => return Err(self.wrong("Invalid control character at")),
                None => return Err(self.wrong_at("Unterminated string starting at", opening)),
            }
        }
    }

    /// Reads an escape from its backslash on.
    fn escape(&mut self, opening: usize, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let backslash = self.at;
        let Some(&kind) = self.text.get(backslash + 1) else {
            return Err(self.wrong_at("Unterminated string starting at", opening));
        };
        let plain = match kind {
            b'"' | b'\\' | b'/' => kind,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode_escape(backslash, out),
            _ => return Err(self.wrong_at("Invalid \\escape", backslash)),
        };
        out.push(plain);
        self.at = backslash + 2;
        Ok(())
    }

    fn unicode_escape(&mut self, backslash: usize, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let unit = self.hexadecimal(backslash + 2)?;
        self.at = backslash + 6;
        if let Some(character) = char::from_u32(u32::from(unit)) {
            push(out, character);
            return Ok(());
        }
        if let (0xd800..=0xdbff, [b'\\', b'u', ..]) = (unit, &self.text[self.at..])
            && let low @ 0xdc00..=0xdfff = self.hexadecimal(self.at + 2)?
        {
            self.at += 6;
            char::decode_utf16([unit, low]).flatten().for_each(|character| push(out, character));
        } else {
            push_surrogate(out, unit);
        }
        Ok(())
    }

    /// Reads four hexadecimal digits. As in CPython, at least one more character must follow, and the position of an
    /// error is that of the `u`.
    fn hexadecimal(&self, start: usize) -> Result<u16, ReadError> {
        let wrong = || self.wrong_at("Invalid \\uXXXX escape", start - 1);
        let [digits @ .., _] = self.text[start..].first_chunk::<5>().ok_or_else(wrong)?;
        digits.iter().try_fold(0u16, |value, &byte| {
            let digit = char::from(byte).to_digit(16).ok_or_else(wrong)?;
            Ok(value << 4 | digit as u16)
        })
    }

    fn give_way(&mut self) {
        if self.at >= self.pause_at {
            self.pause_at = self.at + PIECE_BYTES;
            priority::give_way();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn wrong(&self, message: &'static str) -> ReadError {
        self.wrong_at(message, self.at)
    }

    fn wrong_at(&self, message: &'static str, at: usize) -> ReadError {
        ReadError::Malformed { message, position: characters(&self.text[..at]) }
    }
}
