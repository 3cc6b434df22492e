//! Load on a service: `POST /evaluate` of many texts over many connections, for `bench/run`.
//!
//!     load HOST:PORT distinct=N [zipf=S] [expensive=F] [rate=R] [connections=C] [seconds=S] [seed=K]
//!
//! Texts are drawn from `N` distinct ones, uniformly or by Zipf's law with the exponent `S`; the part `F` of them takes
//! some 10 ms to compute. Without `rate`, each connection asks again as soon as it is answered. With it, `R` requests a
//! second are sent whether or not the answers come (an open loop), each over a connection that is free, and a latency
//! counts from the moment at which the request was due.
//!
//! Prints one line of JSON: `requests`, those of them that an overloaded server `refused`, `seconds`, and the quantiles of
//! the latency in milliseconds (`p50`, `p99`, `p999`, `max`) of all answers, and of the cheap ones alone as `cheap_p50` and
//! so on.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

type Failure = Box<dyn Error + Send + Sync>;

/// Which texts are asked for.
struct Texts {
    /// The part of the requests up to each text, if they are not drawn uniformly.
    cumulative: Vec<f64>,
    distinct: usize,
    /// Every so manieth text is expensive; 0 if none is.
    expensive_every: usize,
}

impl Texts {
    fn new(distinct: usize, exponent: f64, expensive: f64) -> Self {
        let mut sum = 0.0;
        let mut cumulative = Vec::new();
        if exponent > 0.0 {
            cumulative.extend((1..=distinct).map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            }));
        }
        let expensive_every = if expensive > 0.0 { (1.0 / expensive) as usize } else { 0 };
        Self { cumulative, distinct, expensive_every }
    }

    /// A text, and whether it is expensive.
    fn draw(&self, random: &mut fastrand::Rng) -> (String, bool) {
        let at = match self.cumulative.last() {
            None => random.usize(..self.distinct),
            Some(sum) => self.cumulative.partition_point(|part| *part < random.f64() * sum),
        };
        // Not the most frequent one.
        let is_expensive = self.expensive_every > 0 && at % self.expensive_every == self.expensive_every / 2;
        let text =
            if is_expensive { format!("sum(k**2 % {}, k, 1, 2*10**5)", at + 1_000) } else { format!("({at}+7)*3/4") };
        (text, is_expensive)
    }
}

/// A connection that is kept alive.
struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(host: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned(), buffer: Vec::new() })
    }

    /// Whether the text was answered, and not refused by a server that has too much to do.
    async fn ask(&mut self, text: &str) -> Result<bool, Failure> {
        let body = format!("{{\"expressao\":\"{text}\"}}");
        let request = format!(
            "POST /evaluate HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((whole, is_answered)) = length(&self.buffer)?
                && self.buffer.len() >= whole
            {
                return Ok(is_answered);
            }
        }
    }
}

/// The length of a response with its head, once the head is there, and whether it is an answer.
fn length(response: &[u8]) -> Result<Option<(usize, bool)>, Failure> {
    let Some(end) = response.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&response[..end])?;
    let is_answered = head.starts_with("HTTP/1.1 200");
    if !is_answered && !head.starts_with("HTTP/1.1 503") {
        return Err(format!("neither an answer nor overloaded: {head}").into());
    }
    let field = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    Ok(Some((end + 4 + field.ok_or("an answer without its length")??, is_answered)))
}

/// The latency of an answer, `None` if there was none, and whether the text was expensive.
type Latency = (Option<Duration>, bool);

/// Each connection asks again as soon as it is answered.
async fn closed(
    mut connection: Connection,
    texts: Arc<Texts>,
    seed: u64,
    end: Instant,
) -> Result<Vec<Latency>, Failure> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let (text, is_expensive) = texts.draw(&mut random);
        let begun = Instant::now();
        let is_answered = connection.ask(&text).await?;
        latencies.push((is_answered.then(|| begun.elapsed()), is_expensive));
    }
    Ok(latencies)
}

/// A request that is due.
type Due = (Instant, String, bool);

async fn open(
    mut connection: Connection,
    due: Arc<Mutex<mpsc::UnboundedReceiver<Due>>>,
) -> Result<Vec<Latency>, Failure> {
    let mut latencies = Vec::new();
    loop {
        let next = due.lock().await.recv().await;
        let Some((at, text, is_expensive)) = next else { return Ok(latencies) };
        let is_answered = connection.ask(&text).await?;
        latencies.push((is_answered.then(|| at.elapsed()), is_expensive));
    }
}

/// Sends what is due at its time. A thread of its own, since tokio's timers count in milliseconds.
fn send(texts: &Texts, seed: u64, rate: f64, end: Instant, due: &mpsc::UnboundedSender<Due>) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut at = Instant::now();
    while at < end {
        // Independent arrivals: the time between two of them is exponentially distributed.
        at += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / rate);
        let (text, is_expensive) = texts.draw(&mut random);
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if due.send((at, text, is_expensive)).is_err() {
            return;
        }
    }
}

fn quantiles(prefix: &str, mut latencies: Vec<Duration>) -> String {
    latencies.sort_unstable();
    let Some(last) = latencies.len().checked_sub(1) else { return String::new() };
    let at = |part: f64| latencies[(last as f64 * part).round() as usize].as_secs_f64() * 1e3;
    let [p50, p99, p999, max] = [0.5, 0.99, 0.999, 1.0].map(at);
    format!(
        ", \"{prefix}p50\": {p50:.3}, \"{prefix}p99\": {p99:.3}, \"{prefix}p999\": {p999:.3}, \"{prefix}max\": {max:.3}"
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("usage: load HOST:PORT distinct=N …")?;
    let given: BTreeMap<String, f64> = arguments
        .map(|one| {
            let (name, value) = one.split_once('=').ok_or("options are NAME=NUMBER")?;
            Ok((name.to_owned(), value.parse()?))
        })
        .collect::<Result<_, Failure>>()?;
    let option = |name: &str, otherwise: f64| given.get(name).copied().unwrap_or(otherwise);
    let texts = Arc::new(Texts::new(option("distinct", 100.0) as usize, option("zipf", 0.0), option("expensive", 0.0)));
    let (seed, rate) = (option("seed", 1.0) as u64, option("rate", 0.0));
    let mut connections = Vec::new();
    for _ in 0..option("connections", 32.0) as usize {
        connections.push(Connection::open(&host).await?);
    }
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(option("seconds", 5.0));
    let mut asking = tokio::task::JoinSet::new();
    if rate > 0.0 {
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for connection in connections {
            asking.spawn(open(connection, receiver.clone()));
        }
        std::thread::spawn(move || send(&texts, seed, rate, end, &sender));
    } else {
        for (at, connection) in (1..).zip(connections) {
            asking.spawn(closed(connection, texts.clone(), seed * 1_000 + at, end));
        }
    }
    let mut latencies = Vec::new();
    while let Some(asked) = asking.join_next().await {
        latencies.append(&mut asked??);
    }
    let took = begun.elapsed().as_secs_f64();
    let cheap =
        latencies.iter().filter(|(_, is_expensive)| !is_expensive).filter_map(|(latency, _)| *latency).collect();
    let all: Vec<Duration> = latencies.iter().filter_map(|(latency, _)| *latency).collect();
    println!(
        "{{\"requests\": {}, \"refused\": {}, \"seconds\": {took:.3}{}{}}}",
        latencies.len(),
        latencies.len() - all.len(),
        quantiles("", all.clone()),
        quantiles("cheap_", cheap)
    );
    Ok(())
}
