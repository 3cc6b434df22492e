//! CPU time, for tests that hold it against a limit.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::panic, clippy::unwrap_used)]

use rustix::time::{ClockId, clock_gettime};
use tabuada_lang::{Fuel, Limits, parse};

/// The CPU time of this thread, in seconds.
pub(crate) fn seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// By how much the limits of time are longer on this machine, at this moment: 1, unless a unit of fuel of a plain text
/// takes more than the 5.6 ns that it took where the limits were set.
pub(crate) fn slowness() -> f64 {
    const HONEST: &str = "sum(sum(i*j,i,1,1000),j,1,100)";
    const UNIT: f64 = 5.6e-9;
    let limits = Limits::default();
    let (program, mut fuel) = (parse(HONEST, &limits).unwrap(), Fuel::new(limits.fuel));
    let begun = seconds();
    program.evaluate_with(&[], &limits, &mut fuel).unwrap();
    ((seconds() - begun) / (fuel.spent() as f64 * UNIT)).max(1.0)
}
