//! Properties of all requests, checked over a socket with a server in this process. The fuzz targets search for
//! requests that violate them. `fuzz_seeds.rs` replays what they found.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tabuada::{App, Calculator, Counters, Setup, serve};
use tabuada_cache::Options;
use tokio::net::TcpListener;

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether a thread of the server panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The server of this process. It runs until the process ends.
fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICKED.store(true, SeqCst);
            told(panic);
        }));
        let (ready, address) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            runtime.expect("a runtime starts").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let counters = Counters::default();
                let mut options = Options::default();
                options.memory_bytes = 1 << 20;
                let calculator = Calculator::new(options, 1, counters.clone()).expect("the options are good");
                ready.send(listener.local_addr().expect("it has one")).expect("it is waited for");
                serve(listener, App::new(calculator, counters, Setup::default()), std::future::pending()).await;
            });
        });
        address.recv().expect("the server starts")
    })
}

/// A response: its status, its head and its body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// Sends bytes and closes the sending side. Reads until the server closes the connection.
fn exchange(bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server()).expect("it accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("it can be set");
    // If the server answers early, the connection may be closed before everything is sent.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "no answer ends, after {answer:?}");
    }
    assert!(!PANICKED.load(SeqCst));
    answer
}

/// The first response. Checks that its status is one of these.
fn first(answered: &[u8]) -> Answer {
    let end = answered.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&answered[..end]).expect("a head is ASCII").to_ascii_lowercase();
    let status = head.strip_prefix("http/1.1 ").or(head.strip_prefix("http/1.0 ")).and_then(|rest| rest.get(..3));
    let status = status.and_then(|status| status.parse().ok()).expect("a status");
    assert!(matches!(status, 100 | 200..=499 | 501 | 503 | 505), "{head}");
    let body = &answered[end + 4..];
    let body = if head.contains("\r\ntransfer-encoding: chunked") { unchunked(body) } else { body.to_vec() };
    Answer { status, head, body }
}

fn unchunked(mut chunks: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").expect("a size");
        let size = std::str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("a size");
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 4 + size..];
    }
}

/// For any bytes, the server sends nothing or a response that is not an internal error.
pub(crate) fn check_head(bytes: &[u8]) {
    let answered = exchange(bytes);
    if !answered.is_empty() {
        first(&answered);
    }
}

fn post(path: &str, kind: &str, framing: &str, body: &[u8]) -> Answer {
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n");
    first(&exchange(&[head.as_bytes(), body].concat()))
}

fn get(path: &str, query: &[u8]) -> Answer {
    let query: String = query.iter().map(|byte| format!("%{byte:02x}")).collect();
    first(&exchange(format!("GET {path}?expr={query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()))
}

/// The first byte selects the route; the others are the body. The response has the type that it declares. The course's
/// route accepts every body in which a JSON reader finds an expression.
pub(crate) fn check_body(bytes: &[u8]) {
    let Some((route, body)) = bytes.split_first() else { return };
    let sized = format!("Content-Length: {}", body.len());
    let json = "application/json";
    let answer = match route % 9 {
        0 => {
            let answer = post("/evaluate", json, &sized, body);
            let is_asked = serde_json::from_slice::<Value>(body).is_ok_and(|body| body["expressao"].is_string());
            assert!(!is_asked || matches!(answer.status, 200 | 503), "{}", answer.head);
            answer
        }
        1 => post("/v1/evaluate", json, &sized, body),
        2 => post("/v1/table", json, &sized, body),
        3 => post("/v1/batch", json, &sized, body),
        4 => get("/v1/explain", body),
        5 => get("/v1/evaluate", body),
        6 => get("/v1/plot", body),
        7 => post("/v4/", json, &sized, body),
        _ => get("/v4/", body),
    };
    let is_json = |json: &[u8]| serde_json::from_slice::<&RawValue>(json).is_ok();
    let is_whole = if answer.head.contains("\r\ncontent-type: application/x-ndjson") {
        answer.body.split_inclusive(|byte| *byte == b'\n').all(|line| line.ends_with(b"\n") && is_json(line))
    } else if answer.head.contains("\r\ncontent-type: image/svg+xml") {
        answer.body.ends_with(b"</svg>") || answer.body.ends_with(b"</svg>\n")
    } else if answer.head.contains("\r\ncontent-type: text/") {
        std::str::from_utf8(&answer.body).is_ok()
    } else {
        is_json(&answer.body)
    };
    assert!(is_whole, "{}\n\n{}", answer.head, String::from_utf8_lossy(&answer.body));
}

/// The first byte decides how the others, lines of a batch, are split into writes. Each line gets one line of response,
/// which is the same for every split.
pub(crate) fn check_lines(bytes: &[u8]) {
    let Some((&size, lines)) = bytes.split_first() else { return };
    let count = lines.split_inclusive(|byte| *byte == b'\n').count();
    let ask = |framing: &str, body: &[u8]| post("/v1/batch?explain=true", "application/x-ndjson", framing, body).body;
    let whole = ask(&format!("Content-Length: {}", lines.len()), lines);
    let answers: Vec<Value> = whole
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(line))))
        .collect();
    assert_eq!(answers.len(), count, "{}", String::from_utf8_lossy(&whole));
    // Values that depend on randomness or on the clock may differ.
    let by_chance = |answer: &Value| {
        answer["pure"] == false
            || matches!(answer["error"]["code"].as_str(), Some("deadline" | "overloaded" | "out-of-fuel"))
    };
    if answers.iter().any(by_chance) {
        return;
    }
    let mut chunks = Vec::new();
    for chunk in lines.chunks(usize::from(size) % 16 + 1) {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(&[chunk, b"\r\n"].concat());
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(ask("Transfer-Encoding: chunked", &chunks), whole);
}
