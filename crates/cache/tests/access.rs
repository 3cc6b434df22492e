//! How the cache reaches Redis: logins, certificates, URLs, and what it sends there.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use support::fake::Fake;
use support::server::Server;
use support::*;
use tabuada_cache::State;

/// Writes behind that may wait for their reply at the same time.
const IN_FLIGHT_MAX: usize = 64;

fn is_write(words: &[String]) -> bool {
    words[0] == "SET" && !words[1].contains("::")
}

/// The server is silent until it has received as many writes as may be in flight, and then replies to all of them. So
/// a write that waited for the reply to the one before it would wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_behind_do_not_wait_for_each_others_replies() {
    let received = AtomicUsize::new(0);
    let fake = Fake::start(move |words| {
        is_write(words).then(|| match (received.fetch_add(1, SeqCst) + 1) % IN_FLIGHT_MAX {
            0 => b"+OK\r\n".repeat(IN_FLIGHT_MAX),
            _ => vec![],
        })
    });
    let node = quiet(&fake).await;
    for n in 0..2 * IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    node.is_sound().await;
    assert_eq!(node.writes_behind("stored"), 2 * IN_FLIGHT_MAX as u64);
    // Without a reply, no more are sent.
    let sent = Arc::new(AtomicUsize::new(0));
    let received = sent.clone();
    let unanswered = Fake::start(move |words| {
        is_write(words).then(|| {
            received.fetch_add(1, SeqCst);
            vec![]
        })
    });
    let node = quiet(&unanswered).await;
    for n in 0..2 * IN_FLIGHT_MAX {
        node.cheap(&n.to_string()).await;
    }
    eventually("as many as may be are sent", || sent.load(SeqCst) == IN_FLIGHT_MAX).await;
    assert_eq!(node.stats().write_behind_open, 2 * IN_FLIGHT_MAX as u64);
    // A shutdown waits a moment for them, and drops what has no reply.
    node.cache.shutdown().await;
    node.is_sound().await;
    assert_eq!(sent.load(SeqCst), IN_FLIGHT_MAX);
}

/// A Sentinel as a script: it names the server at this port.
fn sentinel(port: u16, delay: Duration) -> Fake {
    Fake::start(move |words| {
        (words[0] == "SENTINEL").then(|| {
            std::thread::sleep(delay);
            let fields = [("name", "main"), ("ip", "127.0.0.1"), ("port", &port.to_string()), ("config-epoch", "1")];
            let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
            let pairs = fields.map(|(name, value)| bulk(name) + &bulk(value)).concat();
            format!("%{}\r\n{pairs}", fields.len()).into_bytes()
        })
    })
}

/// The majority answers before the slowest Sentinel, which keeps its connection all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sentinel_is_asked_over_one_connection() {
    let primary = Server::start();
    let delays = [Duration::ZERO, Duration::ZERO, Duration::from_millis(30)];
    let sentinels = delays.map(|delay| sentinel(primary.port(), delay));
    let hosts = sentinels.each_ref().map(|it| it.url().trim_start_matches("redis://").to_owned()).join(",");
    let mut setting = Setting::new().redis(format!("redis+sentinel://{hosts}/main"));
    setting.deadlines.topology = Duration::from_millis(1);
    let node = setting.coherent().await;
    let slow = &sentinels[2];
    let (asked, connections) = (slow.received("SENTINEL"), slow.received("HELLO"));
    eventually("it is asked again and again", || slow.received("SENTINEL") >= asked + 5).await;
    assert!(sentinels[0].received("SENTINEL") > slow.received("SENTINEL"), "the others answer more often");
    assert!(connections <= 2 && slow.received("HELLO") <= 2, "one connection says HELLO twice");
    assert_eq!(node.state(), State::Coherent);
}
