//! A progress bar on a terminal that shows nothing else.

use std::cell::Cell;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use bytesize::ByteSize;
use tabuada_lang::Language;

use crate::cli::output::say;

/// The length of the bar in characters.
const BAR: u64 = 30;

/// The time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// Moves to the beginning of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

/// A bar, or nothing.
pub(super) struct Progress {
    is_shown: bool,
    /// The length of the input, if it is known.
    bytes: Option<u64>,
    language: Language,
    read: Cell<u64>,
    answered: Cell<u64>,
    begun: Instant,
    drawn: Cell<Option<Instant>>,
}

impl Progress {
    /// Shows the bar on standard error if that is a terminal, unless the answers appear there too or the questions are
    /// typed there. `bytes` is the length of the input, if it is known.
    pub(super) fn shown(is_typed: bool, bytes: Option<u64>, language: Language) -> Self {
        let is_shown = io::stderr().is_terminal() && !io::stdout().is_terminal() && !is_typed;
        let (read, answered, drawn) = (Cell::new(0), Cell::new(0), Cell::new(None));
        Self { is_shown, bytes, language, read, answered, begun: Instant::now(), drawn }
    }

    /// Counts more answers.
    pub(super) fn answered(&self, count: u64) {
        self.answered.set(self.answered.get() + count);
    }

    /// Counts more bytes of the input.
    pub(super) fn read(&self, bytes: u64) {
        self.read.set(self.read.get() + bytes);
        let is_due = self.drawn.get().is_none_or(|drawn| drawn.elapsed() >= PAUSE);
        if self.is_shown && is_due {
            self.drawn.set(Some(Instant::now()));
            self.draw();
        }
    }

    fn draw(&self) {
        let read = self.read.get();
        let how_far = match self.bytes {
            Some(bytes) if bytes > 0 => {
                let parts_of = |parts: u64| (read.min(bytes) * parts / bytes) as usize;
                let (full, empty) = ("█".repeat(parts_of(BAR)), "░".repeat(BAR as usize - parts_of(BAR)));
                format!("{full}{empty} {:>3} %", parts_of(100))
            }
            _ => ByteSize(read).to_string(),
        };
        let word = match self.language {
            Language::English => "answers",
            Language::Portuguese => "respostas",
        };
        say(format_args!("{CLEAR}{how_far}  {} {word}  {} s", self.answered.get(), self.begun.elapsed().as_secs()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.get().is_some() {
            say(CLEAR);
        }
    }
}
