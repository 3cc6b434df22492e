//! Seeds: the same history each time, and laws that hold.

use tabuada_simulation::{Plan, Plant, minimised, run, told};

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

#[test]
fn a_minimised_history_breaks_the_same_law() {
    let plant = Some(Plant::OwnDeletionUnnoticed);
    let failing = (0..1_000).map(Plan::draw).find_map(|plan| Some((run(&plan, plant).broken?, plan)));
    let (broken, plan) = failing.expect("the broken rule is found");
    let least = minimised(&plan, plant);
    assert!(least.acts() < plan.acts(), "{least:?}");
    assert_eq!(run(&least, plant).broken.map(|broken| broken.law), Some(broken.law));
}
