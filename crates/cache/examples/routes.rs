//! Distances between towns, remembered: `cargo run --example routes [redis://127.0.0.1:6379]`.
//!
//! Run it twice with a Redis: the second run finds what the first one computed. Run `redis-cli FLUSHALL` in between, and
//! it computes again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tabuada_cache::{Cache, Contents, Found, Key, Options};

/// What is remembered: how long a journey takes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Journey {
    minutes: u32,
}

/// How it is written down.
struct Journeys;

impl Contents for Journeys {
    type Value = Journey;
    type Failure = &'static str;

    fn encode(&self, journey: &Journey) -> String {
        format!("{{\"minutes\":{}}}", journey.minutes)
    }

    fn decode(&self, line: &str) -> Option<Journey> {
        serde_json::from_str(line).ok()
    }

    fn weight(&self, _: &Journey) -> usize {
        size_of::<Journey>()
    }

    fn lifetime(&self, _: &Journey) -> Option<Duration> {
        None
    }
}

async fn journey(cache: &Cache<Journeys>, from: &str, to: &str) -> Result<Found<Journey>, &'static str> {
    // The version in the variant is raised whenever the same towns would get another answer.
    let key = Key::new("journey1", &format!("{from}>{to}"));
    let length = (from.len() * to.len()) as u32;
    let search = move || async move {
        // The whole search, which takes its time.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(Journey { minutes: 17 * length })
    };
    // A journey within one town needs no search.
    let here = move || (length == 0).then_some(Journey { minutes: 0 });
    cache.get_or_compute(&key, here, search).await.map_err(|_| "no route is found")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options { namespace: "routes".to_owned(), redis: std::env::args().nth(1), ..Options::default() };
    let cache = Cache::new(Journeys, options)?;
    let state = cache.wait_until_ready(Duration::from_millis(200)).await;
    println!("the cache is {}", state.name());
    for (from, to) in [("Lisboa", "Porto"), ("Évora", "Faro"), ("Lisboa", "Porto")] {
        let found = journey(&cache, from, to).await?;
        println!("{from} to {to}: {} minutes, from {:?}", found.value.minutes, found.source);
    }
    cache.shutdown().await;
    Ok(())
}
