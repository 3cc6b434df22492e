//! The command: arguments, one match, exit codes.

use std::process::ExitCode;

use tabuada::args::{Args, Command};
use tabuada::{cli, words};

/// An allocator for many small allocations on many threads, which answers make.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let language = words::of_locale(|name| std::env::var_os(name));
    let args = match Args::from_process(language) {
        Ok(args) => args,
        Err(status) => return status,
    };
    match args.command {
        Command::Serve(args) => cli::serve(&args, language),
        Command::Eval(args) => cli::eval(&args, language),
        Command::Verify(args) => cli::verify(&args, language),
        Command::Repl(args) => cli::repl(&args, language),
        Command::Batch(args) => cli::batch(&args, language),
        Command::Plot(args) => cli::plot(&args, language),
        Command::Cache(args) => cli::cache(&args, language),
        Command::Config(args) => cli::config(&args, language),
        Command::Health(args) => cli::health(&args, language),
        Command::Completions(args) => cli::completions(&args, Args::described(language)),
        Command::Man(args) => cli::man(&args, Args::described(language), language),
    }
}
