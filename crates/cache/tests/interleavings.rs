//! Single flight across nodes: every row of the protocol's table, every rule, and every history that one missing rule
//! makes possible, forced on real nodes. Computations are held until the order is right; no test waits for a clock.
//!
//! | what | where |
//! |---|---|
//! | the table | `table.rs` |
//! | D1-D8; T1-T5: histories of a missing rule | `traces.rs` |
//! | rules 1, 4-6, 9, 10, 12 beyond these | `rules.rs` |
//! | rule 2 | `coherence.rs` and the unit tests beside the code; D8, T5 |
//! | rule 3 | `coherence.rs`: an insertion after its invalidation; `checked/`: in every order |
//! | rules 7, 8 | D5, D6; T2 |
//! | P3, P4: counted effects | `fleets.rs`: `three_nodes_…` |
//! | a leader that dies, sleeps or is refused | `fleets.rs` |

mod fleets;
mod rules;
mod table;
mod traces;

use crate::support;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::fake::{FLUSH, Fake, invalidation};
use support::proxy::Proxy;
use support::server::{Person, Server};
use support::*;
use tabuada_cache::{ComputeError, RemovalStatus, Source, State};
use tokio::task::JoinSet;

const TEXT: &str = "2+2";
const LINE: &str = r#"{"resultado":"<2+2>"}"#;
const LEASE: &str = r#""lease:somebody.1""#;

/// Two nodes and a person at one server.
struct Fleet {
    server: Server,
    a: Node,
    b: Node,
    person: Person,
}

impl Fleet {
    async fn start() -> Self {
        let server = Server::start();
        let [a, b] = [Setting::new(), Setting::new()].map(|setting| setting.redis(server.url()));
        let (a, b, person) = (a.coherent().await, b.coherent().await, server.person());
        Self { server, a, b, person }
    }

    fn current_value(&mut self) -> Option<String> {
        self.person.gets(&name(TEXT))
    }

    /// Runs a command, and waits until every node has received its push.
    async fn change(&mut self, command: &str) {
        let received = |node: &Node| node.invalidations("key") + node.invalidations("flush");
        let before = [received(&self.a), received(&self.b)];
        self.person.does(command);
        eventually(command, || received(&self.a) > before[0] && received(&self.b) > before[1]).await;
    }

    fn computed(&self) -> u64 {
        self.a.computed() + self.b.computed()
    }

    async fn is_sound(&self) {
        for node in [&self.a, &self.b] {
            node.is_sound().await;
            node.is_balanced();
        }
    }
}

fn is_lease(line: Option<&String>) -> bool {
    line.is_some_and(|line| line.starts_with(r#""lease:"#))
}

fn replaces(command: &str) -> bool {
    command.split(' ').any(|word| word == "XX")
}
