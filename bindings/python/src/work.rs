//! Work with a budget of fuel, which lets other threads run and ends at Ctrl+C.

use std::cell::{Cell, RefCell};

use pyo3::prelude::*;
use tabuada_lang::{ErrorKind, Failure, Fuel};

/// Fuel that is spent before other threads may run: about 10 µs, since handing over the interpreter's lock takes a part
/// of a microsecond, and getting it back may take 5 ms.
const TRIAL_FUEL: u64 = 2_000;

/// Checks of the clock, each after about a millisecond of work, between two looks for signals.
const CHECKS_PER_LOOK: u32 = 50;

/// Evaluates: a trial within little fuel first; then, if that was not enough, everything from the beginning, while other
/// threads run.
///
/// # Errors
///
/// The exception of a signal handler: `KeyboardInterrupt`.
pub(crate) fn evaluate<R: Send>(
    py: Python<'_>,
    fuel: u64,
    seed: u64,
    work: impl Fn(&mut Fuel<'_>) -> Result<R, Failure> + Sync,
) -> PyResult<Result<R, Failure>> {
    let trial = fuel.min(TRIAL_FUEL);
    let mut spent = Fuel::new(trial).seeded(seed);
    match work(&mut spent) {
        Err(Failure { kind: ErrorKind::OutOfFuel { .. }, .. }) if trial < fuel => {
            detached(py, |stop| work(&mut Fuel::with_stop(fuel, stop).seeded(seed)))
        }
        outcome => Ok(outcome),
    }
}

/// Runs `work` while other threads run. The function that it gets is to be called about every millisecond; when it gives
/// true, the work has to end.
///
/// # Errors
///
/// The exception of a signal handler.
pub(crate) fn detached<R: Send>(py: Python<'_>, work: impl FnOnce(&dyn Fn() -> bool) -> R + Send) -> PyResult<R> {
    py.detach(|| {
        let (checks, raised) = (Cell::new(0_u32), RefCell::new(None));
        let stop = || {
            checks.set(checks.get() + 1);
            if !checks.get().is_multiple_of(CHECKS_PER_LOOK) {
                return false;
            }
            match Python::try_attach(|py| py.check_signals()) {
                Some(Ok(())) => false,
                Some(Err(error)) => {
                    raised.replace(Some(error));
                    true
                }
                // The interpreter ends.
                None => true,
            }
        };
        let result = work(&stop);
        raised.take().map_or(Ok(result), Err)
    })
}

/// A number for the random functions, from Python's `random`: so `random.seed` decides it, and a forked process gets
/// others than its parent.
pub(crate) fn seed(py: Python<'_>) -> PyResult<u64> {
    py.import("random")?.call_method1("getrandbits", (64,))?.extract()
}
