//! The cost of a trial, compared with that of the lookup in Redis that it may save.
//!
//!     trial REDIS_URL FUEL [ROUNDS]
//!
//! Evaluates expressions of every kind with a budget of FUEL units, as the service does before a lookup, and measures
//! those that spend all of it. In between, one node of the cache looks up in Redis the values that another node has
//! stored. If a trial costs *r* times a lookup, a node that computes first and then looks up pays at most 1 + max(*r*,
//! 1/*r*) times the cost of the cheaper way. The smallest bound is 2, for *r* = 1 (the ski rental problem).

use std::error::Error;
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Contents, Key, Options, Source, State};
use tabuada_lang::{ErrorKind, Fuel, Limits, Program, parse};

/// Long calculations in small steps, so that a trial ends close to its budget.
fn expensive() -> Vec<(&'static str, String)> {
    vec![
        ("a text of many sums", "1".to_owned() + &"+2*3".repeat(12_000)),
        ("a text of many floats", "1.5".to_owned() + &"+2.5*3.5".repeat(6_000)),
        ("`sum(k**2, k, 1, 10**6)`", "sum(k**2, k, 1, 10**6)".to_owned()),
        ("`sum(sin(k)/k, k, 1, 10**6)`", "sum(sin(k)/k, k, 1, 10**6)".to_owned()),
        ("`integral(exp(-x**2)*cos(50*x), x, 0, 30)`", "integral(exp(-x**2)*cos(50*x), x, 0, 30)".to_owned()),
        ("`prod(k, k, 1, 5000)`", "prod(k, k, 1, 5000)".to_owned()),
        ("`sum(k**20 % 97, k, 1, 10**5)`", "sum(k**20 % 97, k, 1, 10**5)".to_owned()),
        ("`sum(gcd(k, 360), k, 1, 10**5)`", "sum(gcd(k, 360), k, 1, 10**5)".to_owned()),
        ("`sum(isprime(k), k, 1, 10**5)`", "sum(isprime(k), k, 1, 10**5)".to_owned()),
        ("`sum(len(str(k)), k, 1, 10**5)`", "sum(len(str(k)), k, 1, 10**5)".to_owned()),
        ("functions of one's own", "f(x) @= x**2 + 3*x; ".to_owned() + &"f(7)+".repeat(5_000) + "1"),
    ]
}

/// Texts under their own keys.
struct Texts;

impl Contents for Texts {
    type Value = String;

    fn encode(&self, text: &String) -> Option<String> {
        Some(format!("{{\"text\":\"{text}\"}}"))
    }

    async fn decode(&self, line: &str) -> Option<String> {
        Some(line.strip_prefix("{\"text\":\"")?.strip_suffix("\"}")?.to_owned())
    }

    fn weight(&self, text: &String) -> usize {
        text.len()
    }

    fn lifetime(&self, _: &String) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }
}

/// Spends the budget; gives how much of it was spent, and the time.
fn spend(program: &Program, budget: u64, limits: &Limits) -> Result<(u64, Duration), String> {
    let mut fuel = Fuel::new(budget);
    let begun = Instant::now();
    let outcome = program.evaluate_with(&[], limits, &mut fuel);
    let took = begun.elapsed();
    match outcome {
        Err(failure) if matches!(failure.kind, ErrorKind::OutOfFuel { .. }) => Ok((fuel.spent(), took)),
        other => Err(format!("a budget of {budget} was enough: {other:?}")),
    }
}

fn median<T: Copy + PartialOrd>(values: &mut [T]) -> (T, T, T) {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let at = |share: usize| values[(values.len() - 1) * share / 100];
    (at(50), at(5), at(95))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, budget, rounds @ ..] = arguments.as_slice() else {
        return Err("usage: trial REDIS_URL FUEL [ROUNDS]".into());
    };
    let budget: u64 = budget.parse()?;
    let rounds: usize = rounds.first().map_or(Ok(300), |rounds| rounds.parse())?;

    let limits = Limits::default();
    let programs: Vec<(&str, Program)> = expensive()
        .into_iter()
        .map(|(name, text)| {
            parse(&text, &limits).map(|program| (name, program)).map_err(|error| format!("{name}: {error:?}"))
        })
        .collect::<Result<_, _>>()?;
    let mut options = Options::with_redis(url.clone());
    options.namespace = "trial".to_owned();
    let nodes = [Cache::new(Texts, options.clone())?, Cache::new(Texts, options)?];
    for node in &nodes {
        if node.wait_until_ready(Duration::from_secs(10)).await != State::Coherent {
            return Err("not coherent".into());
        }
    }

    let mut trials = vec![(Vec::new(), 0); programs.len()];
    let mut looks = Vec::new();
    for round in 0..rounds {
        for ((name, program), (times, spent)) in programs.iter().zip(&mut trials) {
            let (fuel, took) = spend(program, budget, &limits).map_err(|error| format!("{name}: {error}"))?;
            times.push(micros(took));
            *spent = fuel;
        }
        for n in 0..8 {
            let key = Key::new("1", &format!("{round}.{n}"));
            nodes[0]
                .get_or_compute(&key, || async { Ok::<_, ()>("answer".to_owned()) })
                .await
                .map_err(|_| "no answer")?;
            // Its write is in progress when it is answered, and the other node should not find the lease.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let begun = Instant::now();
            let found = nodes[1].get_or_compute(&key, || async { Err(()) }).await;
            let took = begun.elapsed();
            if found.is_ok_and(|found| found.source == Source::Redis) {
                looks.push(micros(took));
            }
        }
    }

    let (look, look_least, look_most) = median(&mut looks);
    println!(
        "A look that finds: {look:.0} µs (5 % below {look_least:.0}, 5 % above {look_most:.0}; {} looks).\n",
        looks.len()
    );
    println!(
        "| {budget} units of fuel, spent by | spent | µs | 5 % below, above | ns a unit | of a look |\n|---|---|---|---|---|---|"
    );
    let mut ratios = Vec::new();
    for ((name, _), (mut times, spent)) in programs.into_iter().zip(trials) {
        let (took, least, most) = median(&mut times);
        // An operation is charged before it begins, so a trial ends early if the next operation is too expensive.
        let unit = took * 1e3 / spent.max(1) as f64;
        println!("| {name} | {spent} | {took:.0} | {least:.0}, {most:.0} | {unit:.1} | {:.2} |", took / look);
        ratios.push(took / look);
    }
    let (middle, least, most) = (median(&mut ratios).0, ratios[0], ratios[ratios.len() - 1]);
    let worst = |ratio: f64| 1.0 + ratio.max(1.0 / ratio);
    println!(
        "\nA trial is {middle:.2} looks (median of the kinds; {least:.2} to {most:.2}): at most {:.2} times the best possible ({:.2} and {:.2} at the ends).",
        worst(middle),
        worst(least),
        worst(most)
    );
    Ok(())
}
