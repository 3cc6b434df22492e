//! The log of `tabuada serve`: lines on standard error, as text or as JSON.

use std::io;

use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

use super::output::{complain, say};
use crate::config::LogFormat;

/// The maximum of lines that wait to be written. Further lines are dropped, so that a full disk or a slow reader does
/// not block the server.
const WAITING_LINES: usize = 8_192;

/// Starts the log. Dropping the guard writes the waiting lines. The counter counts dropped lines.
pub(super) fn begin(format: LogFormat) -> (WorkerGuard, ErrorCounter) {
    let writing = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).lossy(true);
    let (writer, guard) = writing.thread_name("log").finish(io::stderr());
    let losses = writer.error_counter();
    let log = tracing_subscriber::fmt().with_writer(writer).with_max_level(Level::INFO).with_target(false);
    // Fails only for a second server in one process, where the log is already set.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    (guard, losses)
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
