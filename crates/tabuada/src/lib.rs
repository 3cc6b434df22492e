//! Tabuada, the service and the command: a calculator backend with a cache.
//!
//! A request passes from `server` to `answer`, which joins the language and the cache, and back. The command line
//! ([`args`], [`cli`]) uses the same `answer` and prints the result.

// Both macros panic if the stream is closed; `cli::output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod version;
mod endpoint;
mod peer;
pub mod words;
pub mod settings;
pub mod config;
mod priority;
mod json;
mod engine;
mod plot;
mod literal;
mod record;
mod ndjson;
mod columns;
mod clock;
mod counters;
mod parse_cache;
mod turns;
mod workers;
mod answer;
mod operator_json;
mod mcp;
mod server;
pub mod cli;
pub mod args;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzed;

pub use answer::{Calculator, Caller, Keeping, Name, Nameless, Origin, Outcome, Reply};
pub use counters::{Counters, QuestionGuard};
pub use endpoint::{Endpoint, EndpointError};
pub use engine::Question;
pub use peer::{Peer, Proxies, ProxyError, Share, ShareError};
pub use server::{App, Bounds, Listener, Setup, serve, serve_apart};
pub use workers::Threads;
