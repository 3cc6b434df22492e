//! The command: arguments, one match, exit codes.

use std::process::ExitCode;

use tabuada::args::{Args, Command};
use tabuada::cli;

/// Answers are many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Args::from_process().command {
        Command::Serve(args) => cli::serve(&args.into()),
        Command::Eval(args) => cli::eval(&args),
        Command::Batch(args) => cli::batch(&args),
        Command::Health(args) => cli::health(&args),
    }
}
