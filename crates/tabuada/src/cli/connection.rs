//! A connection to the configured Redis, for commands.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tabuada_cache::{Deadlines, Options, OptionsError, State};
use tokio::runtime::Runtime;

use crate::answer::Calculator;
use crate::counters::Counters;

/// The time limit for connecting to Redis and for each call: a person waits for the command.
const READY: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Unconnected {
    Options(OptionsError),
    Io(io::Error),
    /// The message of the server or the system.
    Unreachable(String),
}

/// Connects and waits, for a limited time, until the connection also reports invalidations. Gives the state that it
/// reached.
pub(super) fn connect(options: Options) -> Result<(Runtime, Arc<Calculator>, State), Unconnected> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(Unconnected::Io)?;
    let mut deadlines = Deadlines::default();
    deadlines.call = CALL;
    let entered = runtime.enter();
    let calculator = Calculator::with_deadlines(options, deadlines, 1, Counters::default());
    drop(entered);
    let calculator = calculator.map_err(Unconnected::Options)?;
    match runtime.block_on(calculator.cache().wait_until_ready(READY)) {
        State::Detached => {
            let why = calculator.cache().last_failure();
            Err(Unconnected::Unreachable(why.unwrap_or_else(|| format!("no answer within {} s", READY.as_secs()))))
        }
        state => Ok((runtime, calculator, state)),
    }
}
