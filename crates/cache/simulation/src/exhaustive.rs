//! Every history of one key, not only drawn ones: breadth first over the flights of the protocol, with time abstracted.
//!
//! Two or three nodes, one Redis, a person, and a budget of acts, faults and timers that may happen at any step. What a
//! node does next is decided by the same `Flight` that the cache ships. When nothing
//! else can happen, time passes: a lease expires, patience ends.
//!
//! | law | |
//! |---|---|
//! | forgotten | nothing computed or read before a purge answers after its push was processed, from memory or from a flight |
//! | not restored | an expensive write never creates a key; nothing begun before a purge is sent after its push was processed |
//! | once | computations ≤ 1 + events that permit one more |
//! | answered | no state in which a caller waits for ever; without a failure no timer is needed |
//! | repairable | from every state, calls alone lead to a usable value |
//! | at rest | calls alone end: no cycle in which nodes undo each other's work |
//! | not worse | nothing better is overwritten by something worse that knew of it |

mod node;
mod state;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

pub use state::{Faults, Kind, People, Setting};
use state::{Law, State, Step, When};

/// What a search found.
#[derive(Debug)]
pub struct Searched {
    pub setting: String,
    pub states: usize,
    /// The first broken law, with a shortest history that breaks it.
    pub broken: Option<(Law, Vec<String>)>,
}

impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, states, broken } = self;
        write!(f, "{setting:66}{states:10} states  ")?;
        let Some((law, steps)) = broken else { return write!(f, "every law holds") };
        write!(f, "{law} is broken, {} steps", steps.len())?;
        steps.iter().enumerate().try_for_each(|(number, step)| write!(f, "\n    {:2} {step}", number + 1))
    }
}

/// The states known so far, by their hash of 128 bits, and how each was reached: its parent, and which of its steps.
struct Known {
    index: HashMap<u128, u32>,
    parents: Vec<(u32, u16)>,
}

impl Known {
    fn new() -> Self {
        Self { index: HashMap::new(), parents: Vec::new() }
    }

    /// The number of a state, and whether it is new.
    fn number(&mut self, state: &State, parent: (u32, u16)) -> (u32, bool) {
        let mut hasher = SipHasher13::new();
        state.hash(&mut hasher);
        let hash = hasher.finish128().as_u128();
        let next = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        let number = *self.index.entry(hash).or_insert(next);
        if number == next {
            self.parents.push(parent);
        }
        (number, number == next)
    }

    /// The steps that led to a state, replayed from the first.
    fn history(&self, setting: &Setting, mut number: u32) -> Vec<String> {
        let mut choices = Vec::new();
        while number > 0 {
            let (parent, choice) = self.parents[number as usize];
            choices.push(choice);
            number = parent;
        }
        let mut state = State::new(setting);
        let mut told = Vec::new();
        for choice in choices.into_iter().rev() {
            let Some(step) = state.steps(setting).into_iter().nth(usize::from(choice)) else { break };
            told.push(step.told);
            state = step.state;
        }
        told
    }
}

/// Searches every state of a setting, until a law is broken.
pub fn search(setting: &Setting) -> Searched {
    let mut known = Known::new();
    let first = State::new(setting);
    known.number(&first, (0, 0));
    let (mut frontier, mut expanded) = (vec![first], 0_u32);
    let mut broken: Option<(Law, u32, Option<String>)> = None;
    let (mut calls, mut is_good) = (Vec::new(), Vec::new());
    while !frontier.is_empty() && broken.is_none() {
        let mut next = Vec::new();
        for state in frontier {
            let steps = state.steps(setting);
            let found = state.broken(setting, &steps).into_iter().map(|law| (law, expanded, None)).next();
            broken = broken.or(found);
            let mut mine = Vec::new();
            for (choice, step) in steps.into_iter().enumerate() {
                let Step { told, when, state, broken: laws } = step;
                broken = broken.or_else(|| laws.first().map(|law| (*law, expanded, Some(told))));
                let (number, is_new) = known.number(&state, (expanded, u16::try_from(choice).unwrap_or(u16::MAX)));
                if when != When::Event {
                    mine.push(number);
                }
                if is_new {
                    next.push(state);
                }
            }
            if setting.is_endless {
                calls.push(mine);
                is_good.push(state.is_good(setting));
            }
            expanded += 1;
        }
        frontier = next;
    }
    if setting.is_endless && broken.is_none() {
        broken = liveness(&calls, is_good);
    }
    let broken = broken.map(|(law, number, last)| {
        let mut history = known.history(setting, number);
        history.extend(last);
        (law, history)
    });
    Searched { setting: setting.to_string(), states: known.parents.len(), broken }
}

/// Whether calls lead from every state to a good one, and end: a graph without a cycle vanishes when it is peeled from
/// its ends.
fn liveness(calls: &[Vec<u32>], mut is_good: Vec<bool>) -> Option<(Law, u32, Option<String>)> {
    let mut back = vec![Vec::new(); calls.len()];
    let mut left: Vec<usize> = calls.iter().map(Vec::len).collect();
    for (from, to) in calls.iter().enumerate() {
        to.iter().for_each(|to| back[*to as usize].push(from));
    }
    let mut todo: Vec<usize> = (0..calls.len()).filter(|state| is_good[*state]).collect();
    while let Some(state) = todo.pop() {
        for from in &back[state] {
            if !std::mem::replace(&mut is_good[*from], true) {
                todo.push(*from);
            }
        }
    }
    todo.extend((0..calls.len()).filter(|state| left[*state] == 0));
    while let Some(state) = todo.pop() {
        for from in &back[state] {
            left[*from] -= 1;
            if left[*from] == 0 {
                todo.push(*from);
            }
        }
    }
    let at = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let dead_end = is_good.iter().position(|good| !good).map(|state| (Law::Repairable, at(state), None));
    let cycle = left.iter().position(|left| *left > 0).map(|state| (Law::AtRest, at(state), None));
    dead_end.or(cycle)
}

const PURGES: People = People {
    deletes: true,
    flushes: true,
    flushes_elsewhere: false,
    writes_garbage: false,
    fakes_a_lease: false,
    operates: false,
    changes_other_keys: false,
};
const FOREIGN: People = People { writes_garbage: true, ..PURGES };
const ALL_FAULTS: Faults =
    Faults { crashes: true, is_cut_off: true, is_late: true, is_refused: true, fails_to_compute: true };
const LOSSES: Faults = Faults { is_late: false, is_refused: false, fails_to_compute: false, ..ALL_FAULTS };

/// Each kind of answer, limits that differ, acts, faults and timers: some 3 million states.
pub fn small() -> Vec<Setting> {
    let two = Setting::default();
    let all_people = People { flushes_elsewhere: true, operates: true, changes_other_keys: true, ..FOREIGN };
    let operates = People { operates: true, ..PURGES };
    let endless = Setting { is_endless: true, budget: [1, 0, 0], ..two };
    vec![
        Setting { kind: Kind::Cheap, budget: [1, 1, 0], people: PURGES, faults: LOSSES, ..two },
        Setting { kind: Kind::Cheap, calls: 2, budget: [2, 0, 0], people: operates, ..two },
        Setting {
            kind: Kind::CheapAfterLookup,
            calls: 2,
            budget: [1, 0, 0],
            people: People { operates: true, ..FOREIGN },
            ..two
        },
        Setting { calls: 2, budget: [0, 0, 1], ..two },
        Setting { calls: 2, budget: [1, 0, 0], people: PURGES, limits: [0, 1, 1], ..two },
        Setting { calls: 2, budget: [1, 0, 0], people: all_people, ..two },
        Setting { calls: 2, budget: [0, 1, 0], faults: ALL_FAULTS, ..two },
        Setting { budget: [1, 0, 1], people: People { fakes_a_lease: true, ..PURGES }, ..two },
        Setting { nodes: 3, budget: [0, 0, 1], is_fused: true, ..two },
        Setting { kind: Kind::Cheap, people: PURGES, ..endless },
        Setting { kind: Kind::CheapAfterLookup, people: FOREIGN, ..endless },
        Setting { budget: [0, 1, 0], faults: ALL_FAULTS, ..endless },
        Setting { budget: [1, 0, 1], people: PURGES, limits: [0, 1, 1], ..endless },
    ]
}

/// The same with more: some 18 million states.
pub fn large() -> Vec<Setting> {
    let two = Setting::default();
    let deletes = People { deletes: true, ..People::default() };
    let meddles = People { flushes_elsewhere: true, fakes_a_lease: true, ..FOREIGN };
    vec![
        Setting { calls: 3, budget: [1, 0, 0], people: FOREIGN, ..two },
        Setting { nodes: 3, budget: [0, 1, 0], faults: ALL_FAULTS, is_fused: true, ..two },
        Setting { nodes: 3, budget: [1, 0, 0], people: PURGES, is_fused: true, ..two },
        Setting { is_endless: true, budget: [1, 0, 1], people: meddles, ..two },
        Setting { budget: [2, 0, 0], people: FOREIGN, ..two },
        Setting { calls: 2, budget: [1, 0, 1], people: PURGES, ..two },
        Setting { calls: 2, budget: [2, 0, 0], people: PURGES, ..two },
        Setting { budget: [1, 1, 0], people: PURGES, faults: ALL_FAULTS, ..two },
        Setting { budget: [1, 1, 1], people: deletes, faults: LOSSES, ..two },
    ]
}
