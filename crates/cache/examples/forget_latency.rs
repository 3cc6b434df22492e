//! How long memory answers after a FLUSHALL: `cargo run --release --example forget_latency [ROUNDS]`.
//!
//! Starts a `redis-server` of its own and two nodes on it. In each round both nodes remember an answer; another client
//! says FLUSHALL; each node is asked from a thread of its own, every 20 µs and what a sleep takes beyond that, until
//! memory is silent. Time runs from before the command is sent to the first question that memory did not answer. The inside figure, from a push's arrival to silence,
//! is the histogram `forget_seconds`.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Contents, Key, Options, State};

struct Texts;

impl Contents for Texts {
    type Value = String;
    type Failure = ();

    fn encode(&self, text: &String) -> String {
        serde_json::json!({ "text": text }).to_string()
    }

    fn decode(&self, line: &str) -> Option<String> {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["text"].as_str()?.to_owned())
    }

    fn weight(&self, text: &String) -> usize {
        text.len()
    }

    fn lifetime(&self, _: &String) -> Option<Duration> {
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

/// Asks until memory is silent; when it gave its last answer.
fn last_answer(node: &Cache<Texts>, key: &Key) -> Instant {
    let give_up = Instant::now() + Duration::from_secs(10);
    loop {
        let asked = Instant::now();
        if node.get(key).is_none() || asked > give_up {
            return asked;
        }
        // Not without pause: two threads that never rest would take both cores of a small machine from the server.
        std::thread::sleep(Duration::from_micros(20));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(100), |rounds| rounds.parse())?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn()?;
    let _server = Server(server);

    let url = format!("redis://127.0.0.1:{port}");
    let options = Options { namespace: "latency".to_owned(), redis: Some(url.clone()), ..Options::default() };
    let nodes = [Cache::new(Texts, options.clone())?, Cache::new(Texts, options)?];
    for node in &nodes {
        if node.wait_until_ready(Duration::from_secs(10)).await != State::Coherent {
            return Err("not coherent".into());
        }
    }
    let mut person = redis::Client::open(url)?.get_connection()?;
    let key = Key::new("1", "answer");

    let (mut silences, mut resets) = (Vec::new(), 0);
    for round in 0..rounds {
        for node in &nodes {
            while node.get(&key).is_none() {
                // Computed here, or found in Redis where the other node has put it.
                let found = node.get_or_compute(&key, || None, || async { Ok("answer".repeat(3)) }).await;
                found.map_err(|_| "no answer")?;
                tokio::time::sleep(Duration::from_millis(2)).await;
                resets += 1;
            }
        }
        // Rounds begin at different moments of the server's own rhythm.
        tokio::time::sleep(Duration::from_millis(7 + round as u64 % 5)).await;
        let asking = nodes.each_ref().map(|node| {
            let (node, key) = (node.clone(), key.clone());
            std::thread::spawn(move || last_answer(&node, &key))
        });
        // The threads are under way.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let start = Instant::now();
        redis::cmd("FLUSHALL").exec(&mut person)?;
        for thread in asking {
            let silent = thread.join().map_err(|_| "a thread panicked")?;
            silences.push(silent.saturating_duration_since(start));
        }
    }
    nodes[0].get_or_compute(&key, || Some("answer".to_owned()), || async { Err(()) }).await.map_err(|_| "no answer")?;
    let start = Instant::now();
    let hits = (0..1_000_000).filter(|_| std::hint::black_box(nodes[0].get(&key)).is_some()).count();
    let hit_nanos = start.elapsed().as_nanos() as f64 / hits.max(1) as f64;

    silences.sort();
    let at = |share: f64| silences[((silences.len() - 1) as f64 * share).round() as usize];
    println!("{rounds} rounds, 2 nodes, {} silences ({resets} answers remembered)", silences.len());
    println!("FLUSHALL sent -> memory silent: p50 {:?}  p99 {:?}  max {:?}", at(0.5), at(0.99), at(1.0));
    for (n, node) in nodes.iter().enumerate() {
        let inside = node.stats().forget_seconds;
        println!(
            "node {n}, push arrived -> silent: {} times, mean {:.1} µs",
            inside.count(),
            inside.sum / inside.count() as f64 * 1e6
        );
    }
    println!("memory answers in {hit_nanos:.0} ns ({hits} hits by one thread)");
    Ok(())
}
