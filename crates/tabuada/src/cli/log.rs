//! The log of `tabuada serve`: lines on standard error, as text or as JSON.
//!
//! A write to standard error blocks while nobody reads it. So a thread of its own writes the lines, which wait for it in
//! a queue of limited length.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tracing::Level;

use super::output::{complain, say};
use crate::config::LogFormat;

/// The maximum of lines that wait to be written. Further lines are dropped, so that a full disk or a slow reader does
/// not block the server.
const WAITING_LINES: usize = 8_192;

/// How long the end of the log waits for the waiting lines to be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it looks whether they are.
const PAUSE: Duration = Duration::from_millis(1);

/// An element of the queue.
enum Waiting {
    Line(Vec<u8>),
    /// The thread ends.
    End,
}

/// The end of the queue at which lines are added. Each line is one write.
#[derive(Clone)]
struct Lines {
    queue: SyncSender<Waiting>,
    lost: Counter,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Waiting::Line(line.to_vec())).is_err() {
            self.lost.inc();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// On drop it writes the waiting lines, for a limited time.
pub(super) struct Log {
    queue: SyncSender<Waiting>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Log {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let has_ended = || self.writer.as_ref().is_none_or(JoinHandle::is_finished);
        // A full queue has no room for the end yet.
        let mut is_told = false;
        while !has_ended() && Instant::now() < deadline {
            is_told = is_told || self.queue.try_send(Waiting::End).is_ok();
            thread::sleep(PAUSE);
        }
    }
}

/// Starts the log. Dropping the first part writes the waiting lines. The counter counts lost lines.
pub(super) fn begin(format: LogFormat) -> (Log, Counter) {
    let (queue, waiting) = sync_channel(WAITING_LINES);
    let lines = Lines { queue: queue.clone(), lost: Counter::default() };
    // Without the thread, lines are lost and counted.
    let writer = thread::Builder::new().name("log".to_owned()).spawn(move || {
        for next in waiting {
            let Waiting::Line(line) = next else { break };
            // If nobody reads, there is no place left to report it.
            let _ = io::stderr().write_all(&line);
        }
    });
    let lost = lines.lost.clone();
    let log =
        tracing_subscriber::fmt().with_writer(move || lines.clone()).with_max_level(Level::INFO).with_target(false);
    // Fails only for a second server in one process, where the log is already set.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    (Log { queue, writer: writer.ok() }, lost)
}

/// Writes a message that is not an event of the log but appears among its lines: as text, or as a JSON object.
pub(super) fn announce(format: LogFormat, text: &str) {
    match format {
        LogFormat::Text => say(format_args!("{text}\n")),
        LogFormat::Json => tracing::info!("{text}"),
    }
}

/// Writes why the command ends: as text in the user's language, as JSON always in English.
pub(super) fn fatal(format: LogFormat, why: &str, in_json: &str) {
    match format {
        LogFormat::Text => complain(why),
        LogFormat::Json => tracing::error!("{in_json}"),
    }
}
