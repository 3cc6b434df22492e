//! What it costs to compute once across nodes: `cargo run --release --example once_latency [ROUNDS]`.
//!
//! Starts a `redis-server` of its own and two nodes on it. In each round the first node computes something, for as long
//! as nothing, which shows what the look and the lease cost whoever asks; then something of 5 ms, for which the second
//! node waits: time runs from the end of the computation to the answer there. Others wait for pushes, so that no interval
//! of polling is in it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tabuada_cache::{Cache, Contents, Key, Options, Source, State};

struct Moments;

impl Contents for Moments {
    /// When it was computed: of use in one process only.
    type Value = (Option<Instant>, u64);
    type Failure = ();

    fn encode(&self, (_, number): &Self::Value) -> String {
        format!("{{\"number\":{number}}}")
    }

    fn decode(&self, line: &str) -> Option<Self::Value> {
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

/// Asks for what takes so long to compute.
async fn ask(node: &Cache<Moments>, key: &Key, takes: Duration) -> Result<(Option<Instant>, Source), &'static str> {
    let compute = move || async move {
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        Ok((Some(Instant::now()), 7))
    };
    let found = node.get_or_compute(key, || None, compute).await.map_err(|_| "no answer")?;
    Ok((found.value.0, found.source))
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!("{what}: p50 {:?}  p99 {:?}  max {:?}  ({} times)", at(0.5), at(0.99), at(1.0), times.len());
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(500), |rounds| rounds.parse())?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn()?;
    let _server = Server(server);

    let url = format!("redis://127.0.0.1:{port}");
    let options = Options { namespace: "latency".to_owned(), redis: Some(url), ..Options::default() };
    let nodes = [Cache::new(Moments, options.clone())?, Cache::new(Moments, options)?];
    for node in &nodes {
        if node.wait_until_ready(Duration::from_secs(10)).await != State::Coherent {
            return Err("not coherent".into());
        }
    }
    let (mut misses, mut hits, mut handovers) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let key = Key::new("1", &format!("at once {round}"));
        let start = Instant::now();
        ask(&nodes[0], &key, Duration::ZERO).await?;
        misses.push(start.elapsed());
        // Its write is under way when it is answered: the other node may come before it.
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
    show("a dear miss, but for its computation (a look, a lease)", misses);
    show("another node finds it in Redis (a look)", hits);
    show("computed -> answered on the node that waits (a write, a push, a look)", handovers);
    Ok(())
}
