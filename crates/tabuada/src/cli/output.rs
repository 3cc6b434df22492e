//! Standard output, and the messages for output that cannot be written.

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
            eprintln!("tabuada: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}
