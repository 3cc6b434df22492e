//! The commands: one file each, with its arguments. Each command gives its exit status.

mod flags;
mod notation;
mod output;
mod log;
mod notify;
mod connection;
mod check;
mod serve;
mod config;
mod object;
mod eval;
mod verify;
mod batch;
mod plot;
mod repl;
mod http;
mod cache;
mod health;
mod completions;
mod man;

pub use batch::{BatchArgs, batch};
pub use cache::{CacheArgs, CacheTask, cache};
pub use completions::{CompletionsArgs, completions};
pub use config::{ConfigArgs, config};
pub use eval::{EvalArgs, eval};
pub use health::{HealthArgs, health};
pub use man::{ManArgs, man};
pub use plot::{PlotArgs, plot};
pub use repl::{ReplArgs, repl};
pub use serve::{ServeArgs, serve};
pub use verify::{VerifyArgs, verify};
