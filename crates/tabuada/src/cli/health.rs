//! `tabuada health`: the health check of a container that has no other program to run.

use std::process::ExitCode;
use std::time::Duration;

use super::config::misused;
use super::flags::{OfHealth, SettingFlags};
use super::http::{Request, address_of, ask, on_this_machine};
use super::output::{complain, print};
use crate::settings::Settings;
use crate::settings::table::LISTEN;
use crate::words::{Language, said};

/// The time limit for each piece of the response.
const PATIENCE: Duration = Duration::from_secs(1);

/// Arguments of `tabuada health`.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    #[command(flatten)]
    flags: SettingFlags<OfHealth>,
}

/// Prints the server's own status. 0 if it is ready, 1 if not, 2 if the settings or the address are wrong.
pub fn health(args: &HealthArgs, language: Language) -> ExitCode {
    let address = match &args.server {
        Some(server) => match address_of(server) {
            Some(address) => address,
            None => return failed(2, &said::NOT_A_SERVER.with(language, &[server])),
        },
        None => {
            let settings = Settings::read(&args.flags.0, |name| std::env::var_os(name));
            match settings.and_then(|settings| settings.need(&LISTEN)) {
                Ok(listen) => on_this_machine(&listen),
                Err(error) => return misused(&error, language),
            }
        }
    };
    let (target, token) = ("/health/ready", None);
    match ask(Request { address: &address, method: "GET", target, token, patience: PATIENCE, language }) {
        Ok(answer) => {
            let printed = print(format!("{}\n", answer.body).as_bytes());
            if answer.status == 200 { printed } else { ExitCode::FAILURE }
        }
        Err(why) => failed(1, &why),
    }
}

fn failed(status: u8, why: &str) -> ExitCode {
    complain(why);
    ExitCode::from(status)
}
