//! JSON exactly as CPython's `json` module reads and writes it, since the course's contract echoes it to the client.
//!
//! Takes the bytes of a body, gives a [`Document`], or what CPython would have raised. It differs from RFC 8259 where
//! CPython does: `NaN` and `Infinity` are numbers, a lone surrogate is a character, integers have any number of digits
//! (up to CPython's 4,300), UTF-16 and UTF-32 are recognised, a byte order mark is skipped.
//!
//! Nothing here recurses: a document is one flat vector, and nesting is counted.

mod text;
mod document;
mod write;

pub(crate) use document::{Document, ReadError};
pub(crate) use text::{NotText, decode};
pub(crate) use write::{write_float, write_string};
