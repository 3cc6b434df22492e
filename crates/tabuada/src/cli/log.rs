//! The log of `tabuada serve`: lines on standard error, as text or as JSON.
//!
//! A write to standard error blocks while nobody reads it. So a thread of its own writes the lines, which wait for it in
//! a queue of limited length.

use std::io::{self, Write};
use std::sync::mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
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

/// How long it waits before it looks again for room in a full queue.
const PAUSE: Duration = Duration::from_millis(10);

/// An element of the queue.
enum Waiting {
    Line(Vec<u8>),
    /// Reports that everything before it is written.
    End(Sender<()>),
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
pub(super) struct Log(SyncSender<Waiting>);

impl Drop for Log {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let (ended, end) = channel();
        let mut last = Waiting::End(ended);
        while let Err(TrySendError::Full(again)) = self.0.try_send(last) {
            if Instant::now() >= deadline {
                return;
            }
            last = again;
            thread::sleep(PAUSE);
        }
        let _ = end.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Starts the log. Dropping the first part writes the waiting lines. The counter counts lost lines.
pub(super) fn begin(format: LogFormat) -> (Log, Counter) {
    let (queue, waiting) = sync_channel(WAITING_LINES);
    let lines = Lines { queue: queue.clone(), lost: Counter::default() };
    // Without the thread, lines are lost and counted.
    let _ = thread::Builder::new().name("log".to_owned()).spawn(move || {
        for next in waiting {
            // If nobody reads, there is no place left to report it.
            match next {
                Waiting::Line(line) => drop(io::stderr().write_all(&line)),
                Waiting::End(ended) => drop(ended.send(())),
            }
        }
    });
    let lost = lines.lost.clone();
    let writer = move || lines.clone();
    let log = tracing_subscriber::fmt().with_writer(writer).with_max_level(Level::INFO).with_target(false);
    // Fails only for a second server in one process, where the log is already set.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    (Log(queue), lost)
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
