//! The shortest way between two towns, cached: `cargo run --example routes [redis://127.0.0.1:6379]`.
//!
//! Without a Redis it uses memory. With one, run it twice: the second run finds what the first one computed. After
//! `redis-cli FLUSHALL` in between, it computes everything again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tabuada_cache::{Cache, ComputeError, Contents, Found, Key, Options};

/// A part of every key. A new map gets a new name, since the same towns may then have another route.
const MAP: &str = "map1";
const ROADS: [(&str, &str, u32); 8] = [
    ("Lisboa", "Santarém", 80),
    ("Santarém", "Coimbra", 130),
    ("Lisboa", "Coimbra", 205),
    ("Coimbra", "Porto", 120),
    ("Porto", "Braga", 55),
    ("Lisboa", "Évora", 135),
    ("Évora", "Faro", 225),
    ("Funchal", "Machico", 25),
];

/// A route between two towns.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Route {
    km: u32,
    by: Vec<String>,
}

/// Why there is no route. This follows from the key alone, so it is an answer, and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum NoRoute {
    Unknown { town: String },
    Unconnected,
}

impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { town } => write!(f, "{town} is not on the map"),
            Self::Unconnected => write!(f, "no road leads there"),
        }
    }
}

/// Why a computation failed. This is not stored.
#[derive(Clone, Debug)]
struct NotSearched;

impl fmt::Display for NotSearched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the search was broken off")
    }
}

impl std::error::Error for NotSearched {}

type Answer = Result<Route, NoRoute>;

/// How values are written and weighed.
struct Routes;

impl Contents for Routes {
    type Value = Answer;

    fn encode(&self, answer: &Answer) -> Option<String> {
        serde_json::to_string(answer).ok()
    }

    /// A value that was not written by this program is unusable; a new computation replaces it.
    async fn decode(&self, line: &str) -> Option<Answer> {
        serde_json::from_str(line).ok()
    }

    fn weight(&self, answer: &Answer) -> usize {
        let towns = answer.as_ref().map_or(&[][..], |route| &route.by);
        size_of::<Answer>() + towns.iter().map(|town| size_of::<String>() + town.len()).sum::<usize>()
    }

    /// No route today may be a route on another map, so that answer expires.
    fn lifetime(&self, answer: &Answer) -> Option<Duration> {
        answer.is_err().then_some(Duration::from_secs(3_600))
    }
}

fn roads_from(town: &str) -> impl Iterator<Item = (&str, u32)> {
    ROADS.into_iter().filter_map(move |(a, b, km)| match town {
        town if town == a => Some((b, km)),
        town if town == b => Some((a, km)),
        _ => None,
    })
}

/// Searches the whole map.
fn search(from: &str, to: &str) -> Answer {
    if let Some(town) = [from, to].into_iter().find(|town| roads_from(town).next().is_none()) {
        return Err(NoRoute::Unknown { town: town.to_owned() });
    }
    let mut open = BTreeSet::from([(0, from, from)]);
    let mut reached = BTreeMap::new();
    while let Some((km, town, before)) = open.pop_first() {
        if reached.contains_key(town) {
            continue;
        }
        reached.insert(town, (km, before));
        open.extend(roads_from(town).map(|(next, more)| (km + more, next, town)));
    }
    let (km, _) = reached.get(to).ok_or(NoRoute::Unconnected)?;
    let mut by = vec![to.to_owned()];
    let mut town = to;
    while town != from {
        town = reached[town].1;
        by.push(town.to_owned());
    }
    by.reverse();
    Ok(Route { km: *km, by })
}

async fn route(cache: &Cache<Routes>, from: &str, to: &str) -> Result<Found<Answer>, ComputeError<NotSearched>> {
    let key = Key::new(MAP, &format!("{from}>{to}"));
    let (here, there) = (from.to_owned(), to.to_owned());
    // Cheap: as quick as a lookup in Redis.
    let trial = async move || (here == there).then(|| Ok(Route { km: 0, by: vec![here] }));
    let (from, to) = (from.to_owned(), to.to_owned());
    // On another thread, since the search may take long (this example sleeps in it).
    let compute = async move || {
        let searching = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(200));
            search(&from, &to)
        });
        searching.await.map_err(|_| NotSearched)
    };
    cache.get_or_try_then_compute(&key, trial, compute).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    options.namespace = "routes".to_owned();
    options.redis = std::env::args().nth(1);
    let cache = Arc::new(Cache::new(Routes, options)?);
    // It answers without Redis, too; the example waits to show the use of Redis.
    let state = cache.wait_until_ready(Duration::from_secs(1)).await;
    println!("The cache is {}.", state.name());

    let asked = [("Lisboa", "Braga"), ("Lisboa", "Braga"), ("Faro", "Faro"), ("Lisboa", "Funchal"), ("Lisboa", "Roma")];
    for (from, to) in asked {
        let found = route(&cache, from, to).await?;
        match &*found.value {
            Ok(Route { km, by }) => println!("{from} to {to}: {km} km by {} ({:?})", by.join(", "), found.source),
            Err(reason) => println!("{from} to {to}: {reason} ({:?})", found.source),
        }
    }

    // Ten callers at the same time: one searches, and the others get its answer.
    let asking = (0..10).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move { route(&cache, "Faro", "Porto").await })
    });
    for asking in asking.collect::<Vec<_>>() {
        println!("Faro to Porto, ten times at once: {:?}", asking.await??.source);
    }
    for count in cache.stats().answers {
        println!("{}: {}", count.label, count.count);
    }
    cache.shutdown().await;
    Ok(())
}
