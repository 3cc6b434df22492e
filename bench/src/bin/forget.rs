//! How long a node still answers from its memory after `FLUSHALL`, measured from outside.
//!
//!     forget ROUNDS REDIS_HOST:PORT NODE_HOST:PORT...
//!
//! Each node is asked for one expression without pause, on a connection of its own. In each round, `FLUSHALL` is sent
//! once all of them answer from memory; a node has applied it with its first answer that is not from memory. The time
//! runs from before `FLUSHALL` was sent until the last answer from memory had arrived, so it includes the client's own
//! time. Prints the percentiles over all rounds, for each node and for the slower node of each round.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const BODY: &str = r#"{"expressao":"1234567*7654321"}"#;
/// How many successive answers from memory make a node warm.
const WARM: usize = 20;
const PATIENCE: Duration = Duration::from_secs(20);

type Failure = Box<dyn Error + Send + Sync>;

/// One keep-alive connection to a node.
struct Node {
    stream: BufReader<TcpStream>,
}

impl Node {
    fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Asks once; gives whether the answer came from the node's memory.
    fn ask(&mut self) -> Result<bool, Failure> {
        let request = format!(
            "POST /evaluate HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut memory, mut first) = (0, false, true);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if first && !line.starts_with("http/1.1 200") {
                return Err(format!("a node answered {line}").into());
            }
            first = false;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.starts_with("cache-status:") {
                memory = line.contains("detail=memory");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(memory)
    }
}

fn flush(redis: &mut TcpStream) -> Result<(), Failure> {
    redis.write_all(b"FLUSHALL\r\n")?;
    let mut reply = [0; 5];
    redis.read_exact(&mut reply)?;
    if &reply == b"+OK\r\n" { Ok(()) } else { Err("Redis refused FLUSHALL".into()) }
}

/// The last answer of a node from memory, and the first that was not.
struct Forgot {
    last_remembered: Instant,
    first_other: Instant,
}

/// Asks a node without pause, for ever: reports on `warmed` when it answers from memory, and then on `forgot`.
fn watch(
    mut node: Node,
    round: &AtomicUsize,
    warmed: &mpsc::Sender<()>,
    forgot: &mpsc::Sender<Forgot>,
) -> Result<(), Failure> {
    let mut done = 0;
    loop {
        while round.load(Ordering::Acquire) == done {
            thread::sleep(Duration::from_micros(100));
        }
        let mut in_a_row = 0;
        while in_a_row < WARM {
            in_a_row = if node.ask()? { in_a_row + 1 } else { 0 };
        }
        warmed.send(())?;
        let mut last_remembered = Instant::now();
        while node.ask()? {
            last_remembered = Instant::now();
        }
        forgot.send(Forgot { last_remembered, first_other: Instant::now() })?;
        done += 1;
    }
}

fn percentile(sorted: &[Duration], of_hundred: usize) -> Duration {
    // Nearest rank: the smallest value that at least `of_hundred` per cent of the values do not exceed.
    let rank = (sorted.len() * of_hundred).div_ceil(100).max(1);
    sorted[rank - 1]
}

fn row(name: &str, mut values: Vec<Duration>) {
    values.sort();
    let ms = |of_hundred| percentile(&values, of_hundred).as_secs_f64() * 1e3;
    println!("| {name} | {:.2} | {:.2} | {:.2} |", ms(50), ms(99), ms(100));
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, redis, nodes @ ..] = arguments.as_slice() else {
        return Err("usage: forget ROUNDS REDIS_HOST:PORT NODE_HOST:PORT...".into());
    };
    let rounds: usize = rounds.parse()?;
    let mut redis = TcpStream::connect(redis)?;
    redis.set_nodelay(true)?;
    redis.set_read_timeout(Some(PATIENCE))?;

    let round = Arc::new(AtomicUsize::new(0));
    let failure = Arc::new(Mutex::new(None));
    let mut watched = Vec::new();
    for address in nodes {
        let (node, round, failure) = (Node::connect(address)?, round.clone(), failure.clone());
        let (warmed, has_warmed) = mpsc::channel();
        let (forgot, has_forgotten) = mpsc::channel();
        thread::spawn(move || {
            if let Err(error) = watch(node, &round, &warmed, &forgot) {
                *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
            }
        });
        watched.push((has_warmed, has_forgotten));
    }

    let mut times = vec![Vec::with_capacity(rounds); nodes.len()];
    let mut slowest = Vec::with_capacity(rounds);
    let mut void = 0;
    while slowest.len() < rounds {
        round.fetch_add(1, Ordering::Release);
        let measured = (|| -> Result<(), Failure> {
            for (has_warmed, _) in &watched {
                has_warmed.recv_timeout(PATIENCE)?;
            }
            // Wait until the work that the warming caused is done (a write to Redis, its push to the other node).
            thread::sleep(Duration::from_millis(20));
            let begun = Instant::now();
            flush(&mut redis)?;
            let mut took = Vec::with_capacity(watched.len());
            for (_, has_forgotten) in &watched {
                let forgot = has_forgotten.recv_timeout(PATIENCE)?;
                // If the node had lost the entry before `FLUSHALL` was sent, there was another reason.
                if forgot.first_other > begun {
                    took.push(forgot.last_remembered.saturating_duration_since(begun));
                }
            }
            if took.len() == watched.len() {
                slowest.extend(took.iter().max());
                times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
            } else {
                void += 1;
            }
            if void > rounds { Err("more rounds void than counted".into()) } else { Ok(()) }
        })();
        if let Err(error) = measured {
            let cause = failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            return Err(cause.unwrap_or(error));
        }
    }

    println!("| FLUSHALL to the last answer from memory | p50, ms | p99, ms | most, ms |\n|---|---|---|---|");
    for (number, times) in times.into_iter().enumerate() {
        row(&format!("node {}", number + 1), times);
    }
    row("the slower of a round", slowest);
    println!("\n{rounds} rounds; {void} more did not count, a node having forgotten for another reason.");
    Ok(())
}
