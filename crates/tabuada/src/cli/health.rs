//! `tabuada health`: what a container's health check runs, where there is no other program to run.

use std::process::ExitCode;
use std::time::Duration;

use super::http::{Question, ask};

/// How long each piece of the answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Arguments of `tabuada health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Where it listens.
    #[arg(value_name = "HOST:PORT", default_value = "127.0.0.1:8000")]
    pub address: String,
}

/// Prints what the server says of itself: 0 if it is ready, else 1.
pub fn health(args: &HealthArgs) -> ExitCode {
    let address = args.address.as_str();
    match ask(Question { address, method: "GET", target: "/health/ready", token: None, patience: PATIENCE }) {
        Ok(answer) => {
            println!("{}", answer.body);
            if answer.status == 200 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("tabuada: no answer from {address}: {error}");
            ExitCode::FAILURE
        }
    }
}
