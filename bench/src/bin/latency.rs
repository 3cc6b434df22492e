//! The latency of an invalidation, and the cost of single flight: `cargo run --release -p tabuada-bench --bin latency [ROUNDS]`.
//!
//! Starts a `redis-server` of its own and three nodes on it.
//!
//! *Invalidation*: in each round, all nodes have an answer in memory, and another client sends FLUSHALL or DEL. One
//! thread for each node looks in memory about every 20 µs, until it misses. The time runs from before the command to
//! the first miss. It is measured at rest, and under full load: tasks ask every node without pause for known values,
//! new cheap ones and expensive ones, on the same threads as the background work of the cache. The histogram
//! `invalidation_latency` gives the time inside the cache, from the arrival of a push to the end of its invalidation;
//! it only knows bounds.
//!
//! *Sweep*: after a purge, the memory is freed. The figure is the longest lookup in memory during that time.
//!
//! *Single flight*: a node computes something that takes no time, which shows what lookup and lease cost the caller.
//! Then it computes for 5 ms while another node waits; the time runs from the end of the computation to the answer on
//! the other node.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Contents, Histogram, Key, Options, Source, State};

type Failure = Box<dyn std::error::Error>;
type Node = Arc<Cache<Moments>>;

struct Moments;

impl Contents for Moments {
    /// The time of the computation, which has a meaning in this process only.
    type Value = (Option<Instant>, u64);

    fn encode(&self, (_, number): &Self::Value) -> Option<String> {
        Some(format!("{{\"number\":{number}}}"))
    }

    async fn decode(&self, line: &str) -> Option<Self::Value> {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some((None, line["number"].as_u64()?))
    }

    fn weight(&self, _: &Self::Value) -> usize {
        24
    }

    fn lifetime(&self, _: &Self::Value) -> Option<Duration> {
        None
    }
}

/// Killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for a value whose computation takes this time.
async fn ask(node: &Node, key: &Key, takes: Duration) -> Result<(Option<Instant>, Source), &'static str> {
    let compute = move || async move {
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        Ok::<_, ()>((Some(Instant::now()), 7))
    };
    let found = node.get_or_compute(key, compute).await.map_err(|_| "no answer")?;
    Ok((found.value.0, found.source))
}

fn row(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    println!("| {what} | {:.3} | {:.3} | {:.3} | {} |", ms(0.5), ms(0.99), ms(1.0), times.len());
}

/// The same for the sum of three histograms, with bounds of the quantiles.
fn row_within(what: &str, before: &[Histogram], after: &[Histogram]) {
    let bounds = after[0].bounds;
    let in_bucket = |n: usize| after.iter().zip(before).map(|(after, before)| after.counts[n] - before.counts[n]).sum();
    let counts: Vec<u64> = (0..=bounds.len()).map(in_bucket).collect();
    let sum: u64 = counts.iter().sum();
    let within = |share: f64| {
        let mut seen = 0;
        let reaches = |count: &u64| {
            seen += count;
            seen as f64 >= share * sum as f64
        };
        let bound = counts.iter().position(reaches).and_then(|n| bounds.get(n));
        bound.map_or("more".to_owned(), |bound| format!("≤ {:.3}", bound * 1e3))
    };
    println!("| {what} | {} | {} | {} | {sum} |", within(0.5), within(0.99), within(1.0));
}

/// Looks in memory until it misses; gives the time of the first miss.
fn first_silence(node: &Node, key: &Key) -> Instant {
    let give_up = Instant::now() + Duration::from_secs(10);
    loop {
        let asked = Instant::now();
        if node.get(key).is_none() || asked > give_up {
            return asked;
        }
        // Pauses, since busy threads would take the processors from the server on a small machine.
        std::thread::sleep(Duration::from_micros(20));
    }
}

/// Asks a node without pause until stopped: mostly for known values, sometimes for new or for expensive ones.
async fn load(node: Node, number: usize, stop: Arc<AtomicBool>, asked: Arc<AtomicU64>) {
    let hot = Key::new("1", &format!("hot {number}"));
    for turn in 0_u64.. {
        if stop.load(Relaxed) {
            return;
        }
        let cheap = async |key: &Key| {
            // This cannot fail: the trial computes it.
            let _ = node.get_or_try_then_compute(key, async || Some((None, 7)), || async { Err(()) }).await;
        };
        for _ in 0..100 {
            cheap(&hot).await;
        }
        for n in 0..10 {
            cheap(&Key::new("1", &format!("new {number}.{turn}.{n}"))).await;
        }
        if turn % 64 == 0 {
            let (node, key) = (node.clone(), Key::new("1", &format!("expensive {}", turn / 64)));
            // All nodes ask for the same key, and one of them computes it.
            tokio::spawn(async move { ask(&node, &key, Duration::from_millis(1)).await });
        }
        asked.fetch_add(110, Relaxed);
        tokio::task::yield_now().await;
    }
}

async fn forgetting(
    nodes: &[Node],
    person: &mut redis::Connection,
    rounds: usize,
    command: &[&str],
    how: &str,
) -> Result<(), Failure> {
    let key = Key::new("1", "answer");
    let histograms = || nodes.iter().map(|node| node.stats().invalidation_latency).collect::<Vec<_>>();
    let before = histograms();
    let mut silences = Vec::new();
    for round in 0..rounds {
        for node in nodes {
            while node.get(&key).is_none() {
                // Computed here, or read from Redis if another node has stored it.
                ask(node, &key, Duration::ZERO).await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        // Different pauses, so that rounds do not begin in step with the server's timer.
        tokio::time::sleep(Duration::from_millis(7 + round as u64 % 5)).await;
        let asking: Vec<_> = nodes
            .iter()
            .map(|node| {
                let (node, key) = (node.clone(), key.clone());
                std::thread::spawn(move || first_silence(&node, &key))
            })
            .collect();
        // Enough time for the threads to start.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let start = Instant::now();
        redis::cmd(command[0]).arg(&command[1..]).exec(person)?;
        for thread in asking {
            let silent = thread.join().map_err(|_| "a thread panicked")?;
            silences.push(silent.saturating_duration_since(start));
        }
    }
    row(&format!("{} sent to memory silent, {how}", command[0]), silences);
    row_within(&format!("inside: a change arrived to memory silent, {how}"), &before, &histograms());
    Ok(())
}

async fn once(nodes: &[Node], rounds: usize) -> Result<(), Failure> {
    let (mut misses, mut hits, mut handovers) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let key = Key::new("1", &format!("at once {round}"));
        let start = Instant::now();
        ask(&nodes[0], &key, Duration::ZERO).await?;
        misses.push(start.elapsed());
        // The answer comes before the write has ended, so the other node may have it earlier.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let start = Instant::now();
        if ask(&nodes[1], &key, Duration::ZERO).await?.1 == Source::Redis {
            hits.push(start.elapsed());
        }

        let key = Key::new("1", &format!("after a while {round}"));
        let leading = tokio::spawn({
            let (node, key) = (nodes[0].clone(), key.clone());
            async move { ask(&node, &key, Duration::from_millis(5)).await }
        });
        tokio::time::sleep(Duration::from_millis(2)).await;
        let (_, source) = ask(&nodes[1], &key, Duration::from_millis(5)).await?;
        let answered = Instant::now();
        let (computed, _) = leading.await??;
        if let (Source::Collapsed, Some(computed)) = (source, computed) {
            handovers.push(answered.saturating_duration_since(computed));
        }
    }
    row("a expensive miss, but for its computation (a look, a lease)", misses);
    row("another node finds it in Redis (a look)", hits);
    row("computed to answered on the node that waits (a write, a push, a look)", handovers);
    Ok(())
}

/// The longest lookup while a full memory is swept.
async fn sweeping(node: &Node, person: &mut redis::Connection, rounds: usize) -> Result<(), Failure> {
    let keys: Vec<Key> = (0..300_000).map(|n| Key::new("1", &format!("filling {n:08}"))).collect();
    let (mut longest, mut entries) = (Vec::new(), 0);
    for _ in 0..rounds {
        for key in &keys {
            node.get_or_try_then_compute(key, async || Some((None, 7)), || async { Err(()) })
                .await
                .map_err(|_| "no answer")?;
        }
        // By now the write-behind has ended.
        tokio::time::sleep(Duration::from_millis(500)).await;
        entries = node.stats().memory_entries;
        let asking = {
            let (node, keys) = (node.clone(), keys.clone());
            std::thread::spawn(move || {
                let mut longest = Duration::ZERO;
                for key in keys.iter().cycle() {
                    let start = Instant::now();
                    let found = node.get(key);
                    longest = longest.max(start.elapsed());
                    if found.is_none() && node.stats().memory_entries == 0 {
                        break;
                    }
                }
                longest
            })
        };
        redis::cmd("FLUSHALL").exec(person)?;
        longest.push(asking.join().map_err(|_| "a thread panicked")?);
    }
    row(&format!("longest wait in memory while {entries} entries are swept"), longest);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(500), |rounds| rounds.parse())?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn()?;
    let _server = Server(server);

    let url = format!("redis://127.0.0.1:{port}");
    let mut options = Options::with_redis(url.clone());
    options.namespace = "latency".to_owned();
    let nodes = [(); 3].map(|()| Cache::new(Moments, options.clone()).map(Arc::new));
    let nodes = nodes.into_iter().collect::<Result<Vec<_>, _>>()?;
    for node in &nodes {
        if node.wait_until_ready(Duration::from_secs(10)).await != State::Coherent {
            return Err("not coherent".into());
        }
    }
    let mut person = redis::Client::open(url)?.get_connection()?;

    println!("| three nodes, ms | p50 | p99 | most | times |\n|---|---|---|---|---|");
    let name = "latency:1:answer";
    forgetting(&nodes, &mut person, rounds, &["FLUSHALL"], "at rest").await?;
    once(&nodes, rounds).await?;

    let (stop, asked, start) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Instant::now());
    let loads: Vec<_> = nodes
        .iter()
        .enumerate()
        .map(|(number, node)| tokio::spawn(load(node.clone(), number, stop.clone(), asked.clone())))
        .collect();
    forgetting(&nodes, &mut person, rounds, &["FLUSHALL"], "under load").await?;
    forgetting(&nodes, &mut person, rounds, &["DEL", name], "under load").await?;
    let rate = asked.load(Relaxed) as f64 / start.elapsed().as_secs_f64();
    stop.store(true, Relaxed);
    for load in loads {
        load.await?;
    }

    sweeping(&nodes[0], &mut person, 20.min(rounds)).await?;

    let key = Key::new("1", "last");
    nodes[0]
        .get_or_try_then_compute(&key, async || Some((None, 7)), || async { Err(()) })
        .await
        .map_err(|_| "no answer")?;
    let start = Instant::now();
    let hits = (0..1_000_000).filter(|_| std::hint::black_box(nodes[0].get(&key)).is_some()).count();
    let hit_nanos = start.elapsed().as_nanos() as f64 / hits.max(1) as f64;
    println!(
        "\nThe load was {rate:.0} questions a second. Memory alone answers in {hit_nanos:.0} ns (one thread, one key)."
    );
    Ok(())
}
