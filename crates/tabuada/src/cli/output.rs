//! Standard output, and what is said on standard error. A stream whose reader has gone is no error.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes all of it at once: 0; 1 if it cannot be written.
pub(super) fn print(bytes: &[u8]) -> ExitCode {
    let mut output = io::stdout().lock();
    ended(output.write_all(bytes).and_then(|()| output.flush()))
}

/// The status after writing. A reader that has gone has seen enough: that is no error.
pub(super) fn ended(written: io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what is wrong. Where nobody reads that, there is nobody to tell.
pub(super) fn complain(why: impl Display) {
    say(format_args!("tabuada: {why}\n"));
}

/// Writes to standard error as it is: `eprint!` panics where its reader has gone.
pub(super) fn say(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
