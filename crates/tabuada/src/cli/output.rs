//! Standard output, and what is said when it cannot be written to.

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
            eprintln!("tabuada: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}
