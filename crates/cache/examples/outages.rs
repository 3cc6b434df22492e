//! How quickly calls are answered during an outage of Redis, and how soon the cache recovers:
//! `cargo run --release --example outages [SECONDS [ROW]]`.
//!
//! Three nodes with the default deadlines, in both lookup modes, run in one process with 18 callers. These ask for
//! known and new, cheap and expensive values; the expensive ones take 20 ms to compute. The nodes use a `redis-server`
//! that the example starts, through a proxy on loopback; in the last rows a primary and a replica under three
//! Sentinels, and a Cluster. Each row is an outage, of two seconds by default; the rows are those of
//! `tests/outages.rs`, which asserts that every answer is right. It prints the times of the answers, from before the
//! outage until Redis was used again; and the times from the end of the outage until all three nodes were coherent, and
//! until the others found a value that one had computed.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use support::moves;
use support::outage::{self, Report, Stage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lasts = Duration::from_secs_f64(std::env::args().nth(1).map_or(Ok(2.0), |seconds| seconds.parse())?);
    let chosen = std::env::args().nth(2);
    println!("| outage | answers | median ms | 99.9 % ms | worst ms | coherent after ms | of use after ms | counted |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
    let is_chosen = |row: &str| chosen.as_deref().is_none_or(|chosen| chosen == row);
    macro_rules! rows {
        ($($row:ident)*) => {$(
            if is_chosen(stringify!($row)) {
                let mut stage = Stage::new(lasts).await;
                outage::$row(&mut stage).await;
                print(stringify!($row), &stage.recovers().await);
            }
        )*};
    }
    macro_rules! moves {
        ($($row:ident)*) => {$(
            if is_chosen(stringify!($row)) {
                print(stringify!($row), &moves::$row().await);
            }
        )*};
    }
    rows! {
        nothing_at_all
        killed_and_back_without_data killed_and_back_with_data
        hung hung_for_a_moment half_open slow_by_two_seconds
        cut_twenty_times cut_in_the_middle_of_a_reply connections_refused too_many_clients garbage
        read_only full unable_to_save of_a_wrong_type
        loading busy
        password_set not_permitted_to_write not_permitted_to_read not_permitted_to_track
        pushes_swallowed
    }
    moves! {
        sentinels_find_their_primary_dead sentinels_are_told_to_fail_over
        a_primary_of_a_cluster_dies slots_of_a_cluster_move
    }
    Ok(())
}

fn print(row: &str, report: &Report) {
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    let at = |share: f64| millis(report.waits[((report.waits.len() - 1) as f64 * share) as usize]);
    let troubles = report.troubles.iter().map(|(kind, count)| format!("{kind} {count}"));
    println!(
        "| {} | {} | {:.2} | {:.0} | {:.0} | {:.0} | {:.0} | {} |",
        row.replace('_', " "),
        report.waits.len(),
        at(0.5),
        at(0.999),
        at(1.0),
        millis(report.coherent),
        millis(report.found),
        troubles.collect::<Vec<_>>().join(", "),
    );
}
