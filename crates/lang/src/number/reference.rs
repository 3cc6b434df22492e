//! For tests: the records of `corpus/`, and a budget to evaluate them.

use serde_json::Value as Json;

use crate::error::ErrorKind;
use crate::limits::{Budget, Fuel, Limits};
use crate::mode::Mode;

pub(super) fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The result of `work` with the default limits, and the fuel spent.
pub(super) fn priced<T>(work: impl FnOnce(&mut Budget) -> Result<T, ErrorKind>) -> (Result<T, ErrorKind>, u64) {
    let limits = Limits::default();
    let mut fuel = Fuel::new(limits.fuel);
    let result = work(&mut Budget::new(Mode::Python, &limits, &mut fuel));
    (result, fuel.spent())
}

/// The same without the fuel.
pub(super) fn run<T>(work: impl FnOnce(&mut Budget) -> Result<T, ErrorKind>) -> Result<T, ErrorKind> {
    priced(work).0
}

/// Random bits, the same for each seed: Knuth's linear congruential generator, whose lower bits alone would repeat soon.
pub(super) fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        state ^ state >> 29
    }
}
