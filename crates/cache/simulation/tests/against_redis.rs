//! The model of Redis against real servers: the same commands, and the same messages at each connection.
//!
//! In series, each command is sent when the one before is answered, so that each has its own turn of the server's event
//! loop. A turn with many clients is forced with `DEBUG SLEEP`: what arrives meanwhile is read in the next turn.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic)]

#[path = "against_redis/history.rs"]
mod history;
#[path = "against_redis/server.rs"]
mod server;

use std::cell::RefCell;

use history::{CLIENTS, Comparison};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use server::{Server, programs};
use tabuada_simulation::redis::Command;

fn run<S: Strategy>(histories: u32, strategy: &S, compare: impl Fn(&mut Comparison, S::Value) -> Result<(), String>)
where
    S::Value: std::fmt::Debug,
{
    for program in programs() {
        let server = Server::start(program);
        server.fails_to_save();
        let comparison = RefCell::new(Comparison::new(&server));
        let mut runner = TestRunner::new(Config { cases: histories, failure_persistence: None, ..Config::default() });
        let result =
            runner.run(strategy, |history| compare(&mut comparison.borrow_mut(), history).map_err(TestCaseError::fail));
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, history)) => panic!("{program}: {reason}\n{history:?}"),
            Err(failure) => panic!("{program}: {failure}"),
        }
    }
}

#[test]
fn commands_in_series() {
    run(2_000, &prop::collection::vec(history::step(), 30), |comparison, steps| comparison.series(&steps));
}

/// A full server, one that cannot save, a replica, commands that are denied, a pause.
#[test]
fn commands_that_are_refused() {
    let steps = prop::collection::vec(prop_oneof![6 => history::step(), 1 => history::change()], 30);
    run(400, &steps, |comparison, steps| comparison.series(&steps));
}

/// Each connection has a transaction or single commands in each turn.
#[test]
fn turns_of_several_clients() {
    let commands = prop::collection::vec(history::command(), 1..4);
    let inputs = prop::sample::subsequence((0..CLIENTS).collect::<Vec<_>>(), 1..=CLIENTS).prop_shuffle();
    let turn = (inputs, prop::collection::vec((any::<bool>(), commands), CLIENTS)).prop_map(|(order, commands)| {
        let wrapped = |client: usize| {
            let (transaction, commands) = commands[client].clone();
            if !transaction {
                return (client, commands);
            }
            let ends = [Command::Multi, Command::Exec];
            (client, [&ends[..1], &commands, &ends[1..]].concat())
        };
        order.into_iter().map(wrapped).collect::<Vec<_>>()
    });
    let before = prop::collection::vec(history::step(), 6);
    let history = prop::collection::vec((before, turn), 3);
    run(100, &history, |comparison, history| comparison.turns(&history));
}
