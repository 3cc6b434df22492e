//! Standard output, and messages on standard error. A stream whose reader has closed it is not an error.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes everything at once. Status 0; 1 if it cannot be written.
pub(super) fn print(bytes: &[u8]) -> ExitCode {
    let mut output = io::stdout().lock();
    ended(output.write_all(bytes).and_then(|()| output.flush()))
}

/// The exit status after writing. A reader that closes the pipe early is not an error.
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

/// Writes an error to standard error. Ignores a closed stream: there is no other place to report it.
pub(super) fn complain(why: impl Display) {
    say(format_args!("tabuada: {why}\n"));
}

/// Writes to standard error. `eprint!` would panic if the reader has closed it.
pub(super) fn say(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
