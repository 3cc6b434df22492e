//! What a fleet costs its Redis.

use std::fmt;

use crate::laws::Broken;
use crate::people::{Plan, Workload};
use crate::traffic::Traffic;
use crate::world::run;

/// The workload of `docs/scaling.md`.
pub const WORKLOAD: Workload = Workload { keys: 100_000, expensive_one_in: 10, rate: 100, value_bytes: 150 };
pub const NODES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// The time of the processor that a server needs for a command, and for a push, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    pub command: f64,
    pub push: f64,
}

/// Of redis-server 7.0.15 on the machine that `docs/scaling.md` describes, by `prices.py`. A push is most expensive if
/// few connections track: 3.4 µs with 4, 1.2 with 64.
pub const PRICES: Prices = Prices { command: 7.0, push: 3.4 };

/// What the server of so many nodes received and sent in some seconds.
#[derive(Clone, Debug)]
pub struct Measured {
    pub nodes: usize,
    pub seconds: u64,
    pub traffic: Traffic,
    pub broken: Option<Broken>,
}

impl Measured {
    /// Counts in the last `counted` seconds of `seconds`. All nodes start with empty memories, and Redis is empty.
    pub fn of(nodes: usize, workload: &Workload, seconds: u64, counted: u64) -> Self {
        let outcome = run(&Plan::loaded(1, nodes, workload, seconds, counted), None);
        Self { nodes, seconds: counted, traffic: outcome.traffic, broken: outcome.broken }
    }

    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.seconds as f64
    }

    fn commands(&self, names: &[&str]) -> f64 {
        self.per_second(names.iter().filter_map(|name| self.traffic.commands.get(name)).sum())
    }

    /// The share of one processor that the server needs.
    pub fn processor(&self, prices: &Prices) -> f64 {
        let time = self.traffic.all() as f64 * prices.command + self.traffic.pushes as f64 * prices.push;
        time / 1e6 / self.seconds as f64
    }
}

/// The heads of the columns of a row.
pub const COLUMNS: &str = "\
| nodes | heartbeats | lookups | leases and values | touches | all commands | pushes | KB/s in | KB/s out | of one core |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { pushes, bytes_in, bytes_out, .. } = self.traffic;
        write!(f, "| {} ", self.nodes)?;
        for count in [
            self.commands(&["setrange"]),
            self.commands(&["getrange", "pttl"]),
            self.commands(&["set", "del"]),
            self.commands(&["touch", "pexpire"]),
            self.per_second(self.traffic.all()),
            self.per_second(pushes),
            self.per_second(bytes_in) / 1e3,
            self.per_second(bytes_out) / 1e3,
        ] {
            write!(f, "| {} ", thousands(count))?;
        }
        write!(f, "| {:.1} % |", 100.0 * self.processor(&PRICES))
    }
}

/// A number without decimals, with a comma at each thousand.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
