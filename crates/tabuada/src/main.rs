//! The command: arguments, one match, exit codes.

use std::error::Error;
use std::process::ExitCode;

use clap::CommandFactory as _;
use tabuada::args::{Args, Command};
use tabuada::cli;
use tabuada_lang::Language;

/// Answers are many small allocations on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let language = Language::English;
    match Args::from_process().command {
        Command::Serve(args) => match args.try_into() {
            Ok(config) => cli::serve(&config),
            Err(error) => misused(error.as_ref()),
        },
        Command::Eval(args) => cli::eval(&args, language),
        Command::Batch(args) => cli::batch(&args, language),
        Command::Plot(args) => cli::plot(&args, language),
        Command::Cache(args) => cli::cache(&args),
        Command::Health(args) => cli::health(&args),
        Command::Completions(args) => cli::completions(&args, Args::command()),
        Command::Man(args) => cli::man(&args, Args::command()),
    }
}

fn misused(error: &dyn Error) -> ExitCode {
    eprintln!("tabuada: {error}");
    ExitCode::from(2)
}
