//! `tabuada health` with a real server, and without one.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn health(address: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tabuada")).args(["health", address]).output().expect("the command starts")
}

#[test]
fn a_server_is_ready_until_it_ends() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_tabuada"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let said = BufReader::new(server.stderr.take().expect("it is piped"));
    let ready = said.lines().map_while(Result::ok).find(|line| line.starts_with("listening on http://"));
    let address = ready.as_deref().and_then(|line| line.strip_prefix("listening on http://")).unwrap_or_default();
    let asked = health(address);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    let asked_again = health(address);

    assert_eq!(String::from_utf8_lossy(&asked.stdout), "{\"status\":\"ok\",\"cache\":\"memory\"}\n");
    assert_eq!(asked.status.code(), Some(0));
    assert_eq!(asked_again.status.code(), Some(1));
}

#[test]
fn a_server_that_says_nothing_is_not_ready() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let asked = health(&silent.local_addr().expect("and it has an address").to_string());
    assert_eq!(asked.status.code(), Some(1));
}
