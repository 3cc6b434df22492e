//! A hit in memory, in nanoseconds: ours, which checks with each one that no change was reported and that Redis is heard,
//! beside caches without a Redis behind them.
//!
//!     caches [ROUNDS]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Contents, Key, Options};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS: usize = 10_000;
const EACH: usize = 1_000_000;

type Hit<'a> = Box<dyn Fn(usize) -> bool + 'a>;

struct Texts;

impl Contents for Texts {
    type Value = String;

    // Nothing is written to a Redis here.
    fn encode(&self, _text: &String) -> Option<String> {
        None
    }

    async fn decode(&self, _line: &str) -> Option<String> {
        None
    }

    fn weight(&self, text: &String) -> usize {
        text.len()
    }

    fn lifetime(&self, _text: &String) -> Option<Duration> {
        None
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let texts: Vec<String> = (0..KEYS).map(|at| format!("({at}+7)*3/4")).collect();
    let order: Vec<usize> = {
        let mut random = fastrand::Rng::with_seed(1);
        (0..EACH).map(|_| random.usize(..KEYS)).collect()
    };
    let ours = Cache::new(Texts, Options::default()).expect("the default options are right");
    let keys: Vec<Key> = texts.iter().map(|text| Key::new("text", text)).collect();
    let moka = moka::sync::Cache::new(1_000_000);
    let quick = quick_cache::sync::Cache::new(1_000_000);
    for (key, text) in keys.iter().zip(&texts) {
        let value = text.clone();
        let _ = ours.get_or_compute(key, async move || Ok::<_, ()>(value)).await;
        moka.insert(text.clone(), Arc::new(text.clone()));
        quick.insert(text.clone(), Arc::new(text.clone()));
    }
    let hits: [(&str, Hit<'_>); 3] = [
        ("quick_cache", Box::new(|at| black_box(quick.get(&texts[at])).is_some())),
        ("tabuada-cache", Box::new(|at| black_box(ours.get(&keys[at])).is_some())),
        ("moka", Box::new(|at| black_box(moka.get(&texts[at])).is_some())),
    ];
    let mut times = vec![Vec::new(); hits.len()];
    for _ in 0..rounds {
        for (times, (name, hit)) in times.iter_mut().zip(&hits) {
            let begun = Instant::now();
            let found = order.iter().filter(|at| hit(**at)).count();
            times.push(begun.elapsed().as_secs_f64() * 1e9 / EACH as f64);
            assert_eq!(found, EACH, "{name}");
        }
    }
    println!("| cache | ns, median | least – most | of quick_cache's |\n|---|---|---|---|");
    for (at, (name, _)) in hits.iter().enumerate() {
        let mut ratios: Vec<f64> = times[at].iter().zip(&times[0]).map(|(time, first)| time / first).collect();
        ratios.sort_by(f64::total_cmp);
        let mut sorted = times[at].clone();
        sorted.sort_by(f64::total_cmp);
        println!(
            "| {name} | {:.0} | {:.0} – {:.0} | {:.2} |",
            sorted[rounds / 2],
            sorted[0],
            sorted[rounds - 1],
            ratios[rounds / 2]
        );
    }
}
