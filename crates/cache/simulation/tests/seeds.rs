//! Seeds: the same history each time, and laws that hold.

use tabuada_simulation::{Law, Plan, Plant, minimised, run, told};

#[test]
fn a_seed_is_the_same_story_each_time() {
    for seed in 0..20 {
        let stories = [told(&Plan::draw(seed), None), told(&Plan::draw(seed), None)];
        assert_eq!(stories[0].story, stories[1].story, "seed {seed}");
        assert_eq!(stories[0].events, run(&Plan::draw(seed), None).events, "a silent history is the same, seed {seed}");
    }
}

#[test]
fn no_law_is_broken() {
    for seed in 0..100 {
        let broken = run(&Plan::draw(seed), None).broken;
        assert!(broken.is_none(), "seed {seed}: {}", broken.unwrap());
    }
}

/// Seeds that broke a law once.
#[test]
fn seeds_that_broke_a_law_no_longer_do() {
    for seed in [7_140, 21_201, 64_855, 91_804, 217_951, 226_609, 270_165, 303_741, 408_690] {
        assert_eq!(run(&Plan::draw(seed), None).broken, None, "seed {seed}");
    }
}

/// The address leads to a replica that a deletion has not reached: what was found first in seed 64855, by a demotion, a
/// crash with a promotion, an operator's clear, and a restart without data within 0.4 s.
#[test]
fn what_a_replica_holds_is_not_kept_in_seed_265() {
    replicas_are_not_trusted(265, Law::ForgottenWhenTold);
}

/// A replica holds the lease of a node that was told by the primary that it is deleted.
#[test]
fn the_lease_that_a_replica_holds_permits_no_write_in_seed_7140() {
    replicas_are_not_trusted(7_140, Law::NotBroughtBack);
}

fn replicas_are_not_trusted(seed: u64, law: Law) {
    let broken = |plant| run(&Plan::draw(seed), plant).broken.map(|broken| broken.law);
    assert_eq!((broken(None), broken(Some(Plant::TrustsReplicas))), (None, Some(law)));
}

#[test]
fn a_minimised_history_breaks_the_same_law() {
    let plant = Some(Plant::OwnDeletionUnnoticed);
    let failing = (0..1_000).map(Plan::draw).find_map(|plan| Some((run(&plan, plant).broken?, plan)));
    let (broken, plan) = failing.expect("the broken rule is found");
    let least = minimised(&plan, plant);
    assert!(least.acts() < plan.acts(), "{least:?}");
    assert_eq!(run(&least, plant).broken.map(|broken| broken.law), Some(broken.law));
}
