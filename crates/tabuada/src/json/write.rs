//! A document to text as `json.dumps(…, ensure_ascii=False, separators=(",", ":"))` writes it.
//!
//! Where Python would raise an error, this writes something that a client can read: a number without a JSON form
//! becomes its Python text in quotes, and a lone surrogate becomes U+FFFD.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::document::{Element, Node};

/// A container that is being written: its remaining elements, in reverse.
struct Unfinished<'d> {
    rest: Vec<(Option<&'d [u8]>, Element<'d>)>,
    closing: char,
}

impl<'d> Element<'d> {
    /// Appends this value as Python would write it after parsing it.
    pub(crate) fn write(self, out: &mut String) {
        let mut open: Vec<Unfinished<'d>> = Vec::new();
        let mut next = Some(self);
        loop {
            match next.take() {
                Some(element) => open.extend(element.begin(out)),
                None => {
                    let Some(container) = open.last_mut() else { return };
                    match container.rest.pop() {
                        Some((key, value)) => {
                            if !out.ends_with(['[', '{']) {
                                out.push(',');
                            }
                            if let Some(key) = key {
                                write_wtf8(key, out);
                                out.push(':');
                            }
                            next = Some(value);
                        }
                        None => {
                            out.push(container.closing);
                            open.pop();
                        }
                    }
                }
            }
        }
    }

    /// Writes a scalar, or opens a container and gives its elements.
    fn begin(self, out: &mut String) -> Option<Unfinished<'d>> {
        match self.node() {
            Node::Null => out.push_str("null"),
            Node::Bool(true) => out.push_str("true"),
            Node::Bool(false) => out.push_str("false"),
            Node::Int("-0") => out.push('0'),
            Node::Int(digits) => out.push_str(digits),
            Node::Float(value) if value.is_finite() => write_float(*value, out),
            Node::Float(value) => {
                out.push('"');
                write_float(*value, out);
                out.push('"');
            }
            Node::String(text) => write_wtf8(text, out),
            Node::Array { .. } => {
                out.push('[');
                return Some(Unfinished { rest: self.elements(), closing: ']' });
            }
            Node::Object { .. } => {
                out.push('{');
                return Some(Unfinished { rest: self.distinct_members(), closing: '}' });
            }
        }
        None
    }

    /// The elements of an array, in reverse.
    fn elements(self) -> Vec<(Option<&'d [u8]>, Element<'d>)> {
        let end = self.after();
        let mut elements = Vec::new();
        let mut next = Element { nodes: self.nodes, index: self.index + 1 };
        while next.index < end {
            elements.push((None, next));
            next.index = next.after();
        }
        elements.reverse();
        elements
    }

    /// The members as a Python `dict` keeps them, in reverse: each key at its first position, with its last value.
    fn distinct_members(self) -> Vec<(Option<&'d [u8]>, Element<'d>)> {
        let mut distinct: Vec<(Option<&'d [u8]>, Element<'d>)> = Vec::new();
        let mut place = HashMap::new();
        for (key, value) in self.members().into_iter().flatten() {
            let at = *place.entry(key).or_insert(distinct.len());
            match distinct.get_mut(at) {
                Some(member) => member.1 = value,
                None => distinct.push((Some(key), value)),
            }
        }
        distinct.reverse();
        distinct
    }
}

fn write_wtf8(text: &[u8], out: &mut String) {
    out.push('"');
    let mut rest = text;
    // The chunks of `utf8_chunks` would give one U+FFFD for each byte of a surrogate.
    while let Err(error) = std::str::from_utf8(rest) {
        let (valid, invalid) = rest.split_at(error.valid_up_to());
        write_escaped(std::str::from_utf8(valid).unwrap_or_default(), out);
        out.push(char::REPLACEMENT_CHARACTER);
        rest = invalid.get(3..).unwrap_or_default();
    }
    write_escaped(std::str::from_utf8(rest).unwrap_or_default(), out);
    out.push('"');
}

/// Appends a string in quotes. Escapes only what JSON requires.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    write_escaped(text, out);
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    // By bytes: none of another character is one of these.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Appends a float like Python's `repr`: the shortest digits that round-trip, with an exponent below 1e-4 or from 1e16.
pub(crate) fn write_float(value: f64, out: &mut String) {
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    if value == 0.0 || value.abs() >= 1e-4 {
        out.push_str(zmij::Buffer::new().format_finite(value));
        return;
    }
    // Otherwise Python writes an exponent of at least two digits.
    let text = format!("{value:e}");
    match text.split_once("e-").filter(|(_, exponent)| exponent.len() == 1) {
        Some((digits, exponent)) => out.extend([digits, "e-0", exponent]),
        None => out.push_str(&text),
    }
}
