//! A progress bar on a terminal that shows nothing else.

use std::cell::Cell;
use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tabuada_lang::Language;

/// A bar, or nothing.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    count: Cell<u64>,
    language: Language,
}

impl Progress {
    /// Shows the bar on standard error if that is a terminal, unless the answers appear there too or the questions are
    /// typed there. `bytes` is the length of the input, if it is known.
    pub(super) fn shown(is_typed: bool, bytes: Option<u64>, language: Language) -> Self {
        let is_shown = io::stderr().is_terminal() && !io::stdout().is_terminal() && !is_typed;
        let bar = is_shown.then(|| {
            let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
            let template = match bytes {
                Some(_) => "{bar:30} {percent:>3} %  {msg}  {eta}",
                None => "{spinner} {binary_bytes}  {msg}  {elapsed}",
            };
            // The template is valid; the default style is only a fallback.
            bar.with_style(ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar()))
        });
        Self { bar, count: Cell::new(0), language }
    }

    /// Counts more answers.
    pub(super) fn answered(&self, count: u64) {
        if let Some(bar) = &self.bar {
            self.count.set(self.count.get() + count);
            let word = match self.language {
                Language::English => "answers",
                Language::Portuguese => "respostas",
            };
            bar.set_message(format!("{} {word}", self.count.get()));
        }
    }

    /// Counts more bytes of the input.
    pub(super) fn read(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
