//! Runs every world of `src/checked.rs` in many orders: random ones, and those of probabilistic concurrency testing
//! (PCT), which finds bugs that need few switches at the right places.

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The number of orders for each world and scheduler, unless `TABUADA_CASES` is set.
const ORDERS: usize = 2_000;
/// PCT's depth: it looks for bugs that need this number of ordering constraints between threads.
const DEPTH: usize = 3;

fn orders() -> usize {
    std::env::var("TABUADA_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(ORDERS)
}

/// Prints the number of the order in which a world failed.
struct Tried(Arc<AtomicUsize>);

impl Drop for Tried {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("found in order {}", self.0.load(SeqCst));
        }
    }
}

fn explore(scheduler: impl Scheduler + 'static, world: fn()) {
    let tried = Tried(Arc::default());
    let count = tried.0.clone();
    let mut config = Config::new();
    // These warnings are about relaxed counters, which decide nothing.
    config.silence_warnings = true;
    // Code without optimisation needs more than the default of 60 KiB.
    config.stack_size = 256 << 10;
    Runner::new(scheduler, config).run(move || {
        count.fetch_add(1, SeqCst);
        world();
    });
    assert_eq!(tried.0.load(SeqCst), orders());
}

macro_rules! worlds {
    ($($world:ident,)*) => {
        $(mod $world {
            use super::*;

            #[test]
            fn in_orders_drawn_evenly() {
                explore(RandomScheduler::new(orders()), tabuada_cache::checked::$world);
            }

            #[test]
            fn in_orders_with_few_switches() {
                explore(PctScheduler::new(DEPTH, orders()), tabuada_cache::checked::$world);
            }
        })*
    };
}

worlds! { flights, callers, memory, waiters, breaker, }
