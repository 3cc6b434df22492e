//! A history as text, and how it is made short.

use std::fmt::Write;

use crate::node::Plant;
use crate::people::Plan;
use crate::world::{MICROS, MILLIS, SECOND, Time, run};

/// The lines of a history, if they are wanted.
pub(crate) struct Story {
    text: Option<String>,
    from: Time,
}

impl Story {
    pub(crate) fn silent() -> Self {
        Self { text: None, from: Time::MAX }
    }

    /// The lines from this moment on.
    pub(crate) fn since(from: Time) -> Self {
        Self { text: Some(String::new()), from }
    }

    pub(crate) fn tell(&mut self, now: Time, line: impl FnOnce() -> String) {
        if now >= self.from
            && let Some(text) = &mut self.text
        {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {:2}.{:06} s  {}", now / SECOND, now % SECOND / MICROS, line());
        }
    }

    pub(crate) fn text(self) -> String {
        self.text.unwrap_or_default()
    }
}

/// The least plan that is found to break the same law: without acts, nodes, keys, delays that it does not need.
pub fn minimised(plan: &Plan, plant: Option<Plant>) -> Plan {
    let Some(law) = run(plan, plant).broken.map(|broken| broken.law) else { return plan.clone() };
    let breaks = |plan: &Plan| run(plan, plant).broken.is_some_and(|broken| broken.law == law);
    let mut least = plan.clone();
    loop {
        let before = format!("{least:?}");
        without_acts(&mut least, &breaks);
        for simpler in simpler(&least) {
            if breaks(&simpler) {
                least = simpler;
            }
        }
        without_pauses(&mut least, &breaks);
        if format!("{least:?}") == before {
            return least;
        }
    }
}

/// Takes acts away, many at a time at first.
fn without_acts(least: &mut Plan, breaks: &impl Fn(&Plan) -> bool) {
    let mut size = least.acts.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < least.acts.len() {
            let mut fewer = least.clone();
            fewer.acts.drain(from..(from + size).min(least.acts.len()));
            if breaks(&fewer) {
                *least = fewer;
            } else {
                from += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
}

fn simpler(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    if !plan.is_calm {
        plans.push(Plan { is_calm: true, ..plan.clone() });
    }
    if plan.nodes > 1 && plan.acts.iter().all(|(_, act)| act.node().is_none_or(|node| node + 1 < plan.nodes)) {
        plans.push(Plan { nodes: plan.nodes - 1, ..plan.clone() });
    }
    if plan.has_weak {
        plans.push(Plan { has_weak: false, ..plan.clone() });
    }
    if plan.has_replica {
        plans.push(Plan { has_replica: false, ..plan.clone() });
    }
    if plan.reads_through {
        plans.push(Plan { reads_through: false, ..plan.clone() });
    }
    plans
}

/// Brings acts closer to the one before, in rough steps.
fn without_pauses(least: &mut Plan, breaks: &impl Fn(&Plan) -> bool) {
    for number in 0..least.acts.len() {
        let before = if number == 0 { 0 } else { least.acts[number - 1].0 };
        for step in [SECOND, 100 * MILLIS, 10 * MILLIS, MILLIS, 100 * MICROS] {
            let at = least.acts[number].0;
            let rounded = at / step * step;
            if rounded >= before && rounded != at {
                let mut earlier = least.clone();
                earlier.acts[number].0 = rounded;
                if breaks(&earlier) {
                    *least = earlier;
                    break;
                }
            }
        }
    }
}
