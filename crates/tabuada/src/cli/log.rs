//! The log of `tabuada serve`: lines on standard error, as text or as JSON.

use std::io;

use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

use super::output::{complain, say};
use crate::config::LogFormat;

/// Lines that wait to be written. What comes when there are as many is lost: a disk that is full or a reader that hangs
/// holds nobody up.
const WAITING_LINES: usize = 8_192;

/// Begins to log. What waits to be written is written when the guard is dropped; the counter counts what was lost.
pub(super) fn begin(format: LogFormat) -> (WorkerGuard, ErrorCounter) {
    let writing = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).lossy(true);
    let (writer, guard) = writing.thread_name("log").finish(io::stderr());
    let losses = writer.error_counter();
    let log = tracing_subscriber::fmt().with_writer(writer).with_max_level(Level::INFO).with_target(false);
    // Only a second server in one process would find it set already.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    (guard, losses)
}

/// Says something that is no event of the log but stands among its lines: as it is, or as an object of JSON.
pub(super) fn announce(format: LogFormat, text: &str) {
    match format {
        LogFormat::Text => say(format_args!("{text}\n")),
        LogFormat::Json => tracing::info!("{text}"),
    }
}

/// Says why the command ends: to people in their language, in JSON always in the same.
pub(super) fn fatal(format: LogFormat, why: &str, in_json: &str) {
    match format {
        LogFormat::Text => complain(why),
        LogFormat::Json => tracing::error!("{in_json}"),
    }
}
