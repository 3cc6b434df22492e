//! The simulator's command: see the package's README.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use tabuada_simulation::exhaustive::{Setting, large, search, small};
use tabuada_simulation::scaling::{COLUMNS, Measured, NODES, WORKLOAD};
use tabuada_simulation::{Plan, Plant, Workload, minimised, run, told, told_since};

const USAGE: &str = "\
tabuada-simulation --seed N          tells one history; if it breaks a law, the least that breaks it
tabuada-simulation --seeds A..B      runs many, and tells the first that breaks a law
tabuada-simulation --day N           a day of five nodes under load, with faults and people
tabuada-simulation --hour N          an hour of it
tabuada-simulation --exhaustive      searches every history of one key within small budgets
tabuada-simulation --exhaustive small  the same within the smallest budgets
tabuada-simulation --scaling         what fleets of 1 to 64 nodes cost their Redis
tabuada-simulation --plants A..B     breaks each rule of the driver on purpose, and looks for it in these seeds";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--seed", seed] => seed.parse().map_or_else(|_| usage(), tell),
        ["--seeds", range] => read_range(range).map_or_else(usage, |(from, to)| run_many(from, to)),
        ["--day", seed] => seed.parse().map_or_else(|_| usage(), |seed| run_hours(seed, 24)),
        ["--hour", seed] => seed.parse().map_or_else(|_| usage(), |seed| run_hours(seed, 1)),
        ["--exhaustive"] => search_all(&[small(), large()].concat()),
        ["--exhaustive", "small"] => search_all(&small()),
        ["--scaling"] => scale(),
        ["--plants", range] => read_range(range).map_or_else(usage, |(from, to)| find_plants(from, to)),
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn read_range(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once("..")?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

fn tell(seed: u64) -> ExitCode {
    let plan = Plan::draw(seed);
    let outcome = told(&plan, None);
    if outcome.broken.is_some() {
        println!("{}", failure(&plan, None));
        return ExitCode::FAILURE;
    }
    println!("seed {seed}, no law is broken, {} events\n{}", outcome.events, outcome.story);
    ExitCode::SUCCESS
}

/// The story of the least plan that breaks the law that this one breaks.
fn failure(plan: &Plan, plant: Option<Plant>) -> String {
    let least = minimised(plan, plant);
    let outcome = told(&least, plant);
    let (seed, what) = (plan.seed(), outcome.broken.map_or_else(String::new, |broken| broken.to_string()));
    format!(
        "seed {seed}, {what}, {} acts of {}\n{}replay: cargo run --release -p tabuada-simulation -- --seed {seed}",
        least.acts(),
        plan.acts(),
        outcome.story
    )
}

/// All threads together take the seeds, each its own in order: the first failure is the same on any machine.
fn first_failure(from: u64, to: u64, plant: Option<Plant>) -> (Option<u64>, u64) {
    let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let first = AtomicU64::new(u64::MAX);
    let parts: Vec<(Option<u64>, u64)> = std::thread::scope(|scope| {
        let search = |thread: u64| {
            let mut events = 0;
            for seed in (from..to).filter(|seed| seed % threads == thread) {
                if seed > first.load(SeqCst) {
                    break;
                }
                let outcome = run(&Plan::draw(seed), plant);
                events += outcome.events;
                if outcome.broken.is_some() {
                    first.fetch_min(seed, SeqCst);
                    return (Some(seed), events);
                }
            }
            (None, events)
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || search(thread))).collect();
        running.into_iter().map(|it| it.join().unwrap_or((Some(from), 0))).collect()
    });
    (parts.iter().filter_map(|it| it.0).min(), parts.iter().map(|it| it.1).sum())
}

fn run_many(from: u64, to: u64) -> ExitCode {
    let begun = Instant::now();
    let (failed, events) = first_failure(from, to, None);
    if let Some(seed) = failed {
        println!("{}", failure(&Plan::draw(seed), None));
        return ExitCode::FAILURE;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{} histories, {events} events, {seconds:.1} s: no law is broken", to - from);
    ExitCode::SUCCESS
}

/// The time of the processor that this process has used.
fn processor() -> f64 {
    let spent = std::fs::read_to_string("/proc/self/schedstat").ok();
    spent.and_then(|it| it.split(' ').next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// A long history of five nodes.
fn run_hours(seed: u64, hours: u64) -> ExitCode {
    let plan = Plan::hours(seed, hours);
    let outcome = run(&plan, None);
    println!(
        "{hours} h of five nodes, {} acts, {} events, {:.1} s of a core",
        plan.acts(),
        outcome.events,
        processor()
    );
    match outcome.broken {
        None => ExitCode::SUCCESS,
        Some(broken) => {
            // Its last minute.
            let from = broken.at.saturating_sub(60_000_000_000);
            println!("{broken}\n{}", told_since(&plan, None, from).story);
            ExitCode::FAILURE
        }
    }
}

fn find_plants(from: u64, to: u64) -> ExitCode {
    let mut all_found = true;
    for plant in Plant::ALL {
        let (found, _) = first_failure(from, to, Some(plant));
        let shown = match found {
            Some(seed) => {
                let broken = run(&Plan::draw(seed), Some(plant)).broken;
                format!("after {} seeds: {}", seed - from + 1, broken.map_or_else(String::new, |it| it.to_string()))
            }
            None => "NOT FOUND".to_owned(),
        };
        all_found &= found.is_some();
        println!("{:24} {shown}", format!("{plant:?}"));
    }
    if all_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Ends at the first broken law.
fn search_all(settings: &[Setting]) -> ExitCode {
    let begun = Instant::now();
    let mut states = 0;
    for setting in settings {
        let found = search(setting);
        println!("{found}");
        states += found.states;
        if found.broken.is_some() {
            return ExitCode::FAILURE;
        }
    }
    println!("{states} states, {:.1} s: every law holds", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// The tables of `docs/scaling.md`.
fn scale() -> ExitCode {
    let Workload { keys, expensive_one_in, rate, value_bytes } = WORKLOAD;
    println!(
        "{keys} expressions, 1 of {expensive_one_in} is expensive; {rate} requests a second a node; {value_bytes} bytes"
    );
    for (when, seconds) in [("first", 61), ("tenth", 601)] {
        println!("\nThe {when} minute, a second:\n\n{COLUMNS}");
        for nodes in NODES {
            let measured = Measured::of(nodes, &WORKLOAD, seconds, 60);
            println!("{measured}");
            if let Some(broken) = measured.broken {
                println!("{broken}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
