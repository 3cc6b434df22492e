//! `tabuada serve --check`: checks the configuration without serving.

use std::process::ExitCode;

use tabuada_cache::State;

use super::connection::{Unconnected, connect};
use super::output::print;
use crate::config::ServeConfig;
use crate::words::{Language, of_system, said};

/// Prints the result of the checks. Status 0; 1 if Redis cannot be reached or does not report changes. The
/// configuration and the files that it names were read before.
pub(super) fn check(config: &ServeConfig, language: Language) -> ExitCode {
    let say = |found: &str| print(format!("{found}\n").as_bytes());
    // Before the other checks, which may take a while.
    say(said::CONFIGURATION_GOOD.say(language));
    if config.cache.redis.is_none() {
        return say(said::NO_REDIS.say(language));
    }
    let (found, status) = match connect(config.cache.clone()) {
        Ok((_, _, State::CatchingUp)) => (said::REDIS_SILENT.say(language).to_owned(), ExitCode::FAILURE),
        Ok(_) => return say(said::REDIS_COHERENT.say(language)),
        Err(Unconnected::Unreachable(why)) => {
            (said::NO_CONNECTION.with(language, &[&of_system(why, language)]), ExitCode::FAILURE)
        }
        Err(Unconnected::Io(error)) => (error.to_string(), ExitCode::FAILURE),
        Err(Unconnected::Options(error)) => (error.to_string(), ExitCode::from(2)),
    };
    say(&found);
    status
}
