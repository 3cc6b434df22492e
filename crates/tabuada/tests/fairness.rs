//! One address gets no more than its share: another address on the same machine is still answered. The tests count
//! refusals and answers; they measure no time.
#![allow(clippy::panic)]

use crate::support;

use support::{Client, Server, encoded, wait_for};
use tabuada::{Bounds, Proxies, Setup};

const ONE: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

/// More than the threads and the queue of two threads hold.
const MANY: usize = 100;

/// Far more work than a trial does.
fn long_work(number: usize) -> String {
    encoded(&format!("sum(k**2%7,k,1,200000)+{number}"))
}

/// Many connections of one address, each with a request for long work. Some have already been refused.
fn flood(server: &Server, own: [u8; 4], header: impl Fn(usize) -> String) -> Vec<Client> {
    let ask = |number| {
        let mut client = Client::connect_from(own, server.address);
        let (work, header) = (long_work(number), header(number));
        client.send(format!("GET /v1/evaluate?expr={work} HTTP/1.1\r\nHost: x\r\n{header}\r\n").as_bytes());
        client
    };
    let mut metrics = Client::connect(server.address);
    let before = counted(&mut metrics, "tabuada_work_over_share_total");
    let clients = (0..MANY).map(ask).collect();
    wait_for("refusals", || counted(&mut metrics, "tabuada_work_over_share_total") > before);
    clients
}

fn counted(client: &mut Client, name: &str) -> u64 {
    let metrics = client.get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{name} is not counted"))
}

/// How many requests of a flood were refused or, on a slow machine, timed out. The others were answered.
fn refused(clients: Vec<Client>) -> usize {
    let mut refused = 0;
    for mut client in clients {
        let response = client.receive(false);
        match response.status {
            200 => {}
            503 => {
                refused += 1;
                let is_told = response.header("retry-after").is_some() || response.text().contains("deadline");
                assert!(is_told, "{response:?}");
            }
            _ => panic!("{response:?}"),
        }
    }
    refused
}

#[test]
fn one_address_leaves_threads_and_queue_to_others() {
    let server = Server::start();
    let flood = flood(&server, ONE, |_| String::new());
    let mut other = Client::connect_from(OTHER, server.address);
    for number in 0..10 {
        let answer = other.get(&format!("/v1/evaluate?expr={}", encoded(&format!("factorial({})%7", 3_000 + number))));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let picture = other.get(&format!("/v1/plot?expr=sin(x)%2B{number}"));
        assert_eq!(picture.status, 200, "{}", picture.text());
    }
    assert!(refused(flood) > 0);
}

/// A text of the same address is answered too, since other threads parse it.
#[test]
fn parsing_does_not_wait_for_evaluations() {
    let server = Server::start();
    let flood = flood(&server, ONE, |_| String::new());
    for own in [ONE, OTHER] {
        let mut client = Client::connect_from(own, server.address);
        let sum = "1+".repeat(3_000);
        let cheap = client.get(&format!("/v1/evaluate?expr={}1", sum.replace('+', "%2B")));
        assert_eq!(cheap.status, 200, "{own:?}: {}", cheap.text());
        let wrong = client.request("POST", "/v1/evaluate", &[], format!("{{\"expr\":\"{sum}\"}}").as_bytes());
        assert_eq!(wrong.status, 422, "{own:?}: {}", wrong.text());
        assert!(client.evaluate(&format!("{sum}2")).text().contains("3002"), "{own:?}");
    }
    assert!(refused(flood) > 0);
}

#[test]
fn batches_of_one_address_do_not_keep_out_anothers() {
    let server = Server::start();
    let lines =
        |first: usize| (0..20).map(|line| format!("sum(k**2%7,k,1,200000)+{}\n", first + line)).collect::<String>();
    let ask = |own, body: &str| {
        let mut client = Client::connect_from(own, server.address);
        let head = "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson";
        client.send(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        client
    };
    let flood: Vec<Client> = (0..8).map(|number| ask(ONE, &lines(1_000 * number))).collect();
    let other = ask(OTHER, "factorial(3000)%7\n2+2\n").receive(false);
    assert_eq!(other.text().lines().filter(|line| line.contains("result")).count(), 2, "{}", other.text());
    drop(flood);
}

/// A trusted proxy names the client. What other clients say about themselves is ignored.
#[test]
fn only_a_trusted_proxy_names_the_client() {
    let said = |client: usize| format!("X-Forwarded-For: 203.0.113.7, 192.0.2.{client}\r\n");
    let trusting = Setup { proxies: Proxies::read(["127.0.0.1"]).expect("an address"), ..Setup::default() };
    let server = Server::start_with(trusting);
    let of_one = flood(&server, ONE, |_| said(1));
    let mut proxy = Client::connect_from(ONE, server.address);
    for number in 0..10 {
        let target = format!("/v1/evaluate?expr={}", encoded(&format!("factorial({})%7", 3_000 + number)));
        let answer = proxy.request("GET", &target, &[("X-Forwarded-For", "203.0.113.7, 192.0.2.2")], b"");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(refused(of_one) > 0);
    // This address is not the proxy.
    let of_many = flood(&server, OTHER, |number| said(number + 10));
    assert!(refused(of_many) > 0);
}

/// Sends a request and waits until the server asks for the body, to keep the connection busy. `None` if it has no
/// place.
fn try_busy(server: &Server, own: [u8; 4]) -> Option<Client> {
    let mut client = Client::connect_from(own, server.address);
    client.send(b"POST /evaluate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 19\r\n\r\n");
    let mut said = [0; 25];
    std::io::Read::read_exact(&mut client.stream, &mut said).is_ok().then_some(client)
}

#[test]
fn connections_of_one_address_do_not_keep_out_anothers() {
    let server =
        Server::start_with(Setup { bounds: Bounds { connections: 8, ..Bounds::default() }, ..Setup::default() });
    let mut idle = Client::connect_from(ONE, server.address);
    assert_eq!(idle.get("/health/live").status, 200);
    let held: Vec<Client> = (0..3).map(|_| try_busy(&server, ONE).expect("a place")).collect();
    // The address's own idle connection is closed, and none of another address.
    let mut other = Client::connect_from(OTHER, server.address);
    assert_eq!(other.get("/health/live").status, 200);
    // Once the server has noticed that the connection is idle.
    let mut fourth = None;
    wait_for("a free place", || {
        fourth = try_busy(&server, ONE);
        fourth.is_some()
    });
    assert!(idle.is_closed());
    wait_for("the connection to close", || counted(&mut other, "tabuada_connections") == 5);
    // Without an idle one, the new connection is closed at once, and no other client waits for it.
    let closed = counted(&mut other, "tabuada_connections_over_share_total");
    for _ in 0..20 {
        assert!(Client::connect_from(ONE, server.address).is_closed());
    }
    assert_eq!(Client::connect_from([127, 0, 0, 3], server.address).get("/health/live").status, 200);
    assert_eq!(counted(&mut other, "tabuada_connections_over_share_total"), closed + 20);
    drop((held, fourth));
    // When there is room again, a new connection is accepted.
    wait_for("a free place", || {
        let mut client = Client::connect_from(ONE, server.address);
        client.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        client.try_receive(false).is_ok()
    });
}
