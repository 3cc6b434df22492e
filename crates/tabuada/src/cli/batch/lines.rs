//! Lines of text: splits them into blocks and answers them.

use std::io::{self, Read};

use memchr::{memchr, memrchr};
use tabuada_lang::Limits;

use super::pipeline::{Feeder, Gone, Hand};
use crate::cli::object::{BYTE_ORDER_MARK, write_answer};
use crate::engine::Question;
use crate::ndjson::{Usual, write_malformed, write_too_long};

/// Bytes per read.
const READ_BYTES: usize = 64 << 10;

/// The longest line that is kept. Any longer line is too long as an expression anyway.
const LINE_BYTES: usize = 1 << 20;

/// A block of lines.
#[derive(Debug)]
pub(super) enum Lines {
    /// Whole lines with their line breaks. The last line of the input may lack its break.
    Text(Vec<u8>),
    /// A line that was not kept: its length in bytes.
    TooLong(u64),
}

/// Reads until the input ends or the answers are no longer needed.
pub(super) fn feed(input: impl Read, feeder: Feeder<Lines>) -> io::Result<()> {
    let mut cutter = Cutter { feeder, unfinished: Vec::new(), skipped: 0, is_first: true };
    let mut input = input;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let cut = if read == 0 { cutter.end() } else { cutter.take(&buffer[..read]) };
        if read == 0 || cut.is_err() {
            return Ok(());
        }
    }
}

struct Cutter {
    feeder: Feeder<Lines>,
    /// The beginning of a line that is not complete yet.
    unfinished: Vec<u8>,
    /// The bytes of that line that were not kept.
    skipped: u64,
    is_first: bool,
}

impl Cutter {
    /// Sends all lines that end in `bytes`.
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        if self.skipped > 0 {
            let Some(end) = memchr(b'\n', bytes) else {
                self.skipped += bytes.len() as u64;
                return Ok(());
            };
            self.send_too_long(end as u64, 1)?;
            bytes = &bytes[end + 1..];
        }
        let Some(last) = memrchr(b'\n', bytes) else { return self.keep(bytes) };
        let (mut whole, rest) = bytes.split_at(last + 1);
        while !whole.is_empty() {
            let least = self.feeder.block_bytes().saturating_sub(self.unfinished.len()).min(whole.len()).max(1);
            // The last byte ends a line.
            let end = memchr(b'\n', &whole[least - 1..]).map_or(whole.len(), |at| least + at);
            self.unfinished.extend_from_slice(&whole[..end]);
            self.send_unfinished()?;
            whole = &whole[end..];
        }
        self.keep(rest)
    }

    /// Keeps the beginning of a line. Of a line that is too long, counts the bytes only.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.unfinished.extend_from_slice(bytes);
        if self.unfinished.len() > LINE_BYTES {
            self.skipped = std::mem::take(&mut self.unfinished).len() as u64;
        }
        Ok(())
    }

    /// Sends the last line, if it has no line break.
    fn end(&mut self) -> Result<(), Gone> {
        if self.skipped > 0 {
            return self.send_too_long(0, 0);
        }
        if self.unfinished.is_empty() { Ok(()) } else { self.send_unfinished() }
    }

    fn send_unfinished(&mut self) -> Result<(), Gone> {
        let mut lines = std::mem::take(&mut self.unfinished);
        let bytes = lines.len() as u64;
        if std::mem::take(&mut self.is_first) && lines.starts_with(BYTE_ORDER_MARK) {
            lines.drain(..BYTE_ORDER_MARK.len());
        }
        self.feeder.send(Lines::Text(lines), bytes)
    }

    fn send_too_long(&mut self, rest: u64, end: u64) -> Result<(), Gone> {
        self.is_first = false;
        let bytes = std::mem::take(&mut self.skipped) + rest;
        self.feeder.send(Lines::TooLong(bytes), bytes + end)
    }
}

/// Answers every line.
pub(super) fn answer(lines: Lines, usual: Usual, explain: bool, hand: &mut Hand) -> Result<(), Gone> {
    let limits = Limits::default();
    let text = match lines {
        Lines::Text(text) => text,
        Lines::TooLong(bytes) => {
            write_too_long(bytes, limits.text_bytes, &mut hand.line);
            return hand.done(0);
        }
    };
    let mut rest = &text[..];
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let fuel = match Question::in_line(&rest[..end], usual) {
            Ok(question) => write_answer(&mut hand.engine, &question, &limits, explain, &mut hand.line).fuel,
            Err(malformed) => {
                write_malformed(malformed, &mut hand.line);
                0
            }
        };
        hand.done(fuel)?;
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(())
}
