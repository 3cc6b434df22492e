//! `tabuada completions`: the completion script for a shell.

use std::process::ExitCode;

use clap_complete::Shell;

use super::output::print;

/// Arguments of `tabuada completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Prints the script for a shell and the whole `command`. Status 0; 1 if it cannot be written.
pub fn completions(args: &CompletionsArgs, mut command: clap::Command) -> ExitCode {
    // Into memory first, because the library panics if the output cannot be written.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "tabuada", &mut script);
    print(&script)
}
