//! A cache of others in front of the service: nginx, as Debian packages it, keeps what our headers allow and nothing else.
#![allow(clippy::panic)]

mod support;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::{Client, Response, Server, free_port, wait_for};

/// nginx with a cache, in front of a server; ended with the test.
struct Nginx {
    address: SocketAddr,
    process: Child,
    folder: PathBuf,
}

impl Nginx {
    fn in_front_of(server: SocketAddr) -> Self {
        let port = free_port();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{port}"));
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        let temporary = |kind: &str| format!("{kind}_temp_path temp-{kind};");
        let temporaries = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(temporary).join("\n");
        // Nothing says how long anything is kept: our headers do.
        let configuration = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr error;
             events {{ worker_connections 64; }}
             http {{
                 access_log off;
                 {temporaries}
                 proxy_cache_path cache keys_zone=answers:1m;
                 server {{
                     listen 127.0.0.1:{port};
                     location / {{
                         proxy_pass http://{server};
                         proxy_http_version 1.1;
                         proxy_set_header Connection \"\";
                         proxy_cache answers;
                         proxy_cache_revalidate on;
                         add_header X-Proxy $upstream_cache_status always;
                     }}
                 }}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).expect("it can be written");
        // Debian has it where only root looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let process = Command::new("nginx")
            .env("PATH", path)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx is installed: see ./test");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let nginx = Self { address, process, folder };
        wait_for("nginx to answer", || TcpStream::connect(address).is_ok());
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What nginx did with a request: MISS, HIT, …
fn done(response: &Response) -> &str {
    response.header("x-proxy").unwrap_or_else(|| panic!("nginx says what it did: {response:?}"))
}

/// Asks twice: the answers, and what nginx did.
fn twice(client: &mut Client, target: &str, headers: &[(&str, &str)]) -> [(Response, String); 2] {
    [0, 1].map(|_| {
        let response = client.request("GET", target, headers, b"");
        let done = done(&response).to_owned();
        (response, done)
    })
}

#[test]
fn a_proxy_keeps_what_it_may_and_nothing_else() {
    let server = Server::start();
    let nginx = Nginx::in_front_of(server.address);
    let mut client = Client::connect(nginx.address);
    let pt = [("accept-language", "pt-BR")];
    let en = [("accept-language", "en")];
    // Values, hints and failures, each in its language.
    for (target, headers) in [
        ("/v1/evaluate?expr=2%2B2", &[][..]),
        ("/v1/evaluate?expr=1%2F3%2B1%2F6&mode=exact", &[]),
        ("/v1/evaluate?expr=2%5E3", &pt),
        ("/v1/evaluate?expr=2%5E3", &en),
        ("/v1/evaluate?expr=1%2F0", &pt),
        ("/v1/evaluate?expr=1%2F0", &en),
    ] {
        let [(first, missed), (second, hit)] = twice(&mut client, target, headers);
        assert_eq!((&*missed, &*hit), ("MISS", "HIT"), "{target} {headers:?}");
        assert_eq!((first.status, &first.body), (second.status, &second.body), "{target}");
        assert_eq!(first.header("content-language"), second.header("content-language"), "{target}");
        // What it keeps is what it was sent: the same tag, by which it answers for itself.
        let tag = second.header("etag").expect("a tag");
        if second.status == 200 {
            let headers = [headers, &[("if-none-match", tag)]].concat();
            let told = client.request("GET", target, &headers, b"");
            assert_eq!((told.status, done(&told)), (304, "HIT"), "{target}");
        }
    }
    // A value has no language: kept once for all.
    for headers in [&pt, &en] {
        let response = client.request("GET", "/v1/evaluate?expr=2%2B2", &[headers[0]], b"");
        assert_eq!(done(&response), "HIT", "{headers:?}");
    }
    // Packed and not packed are kept apart.
    let long = "/v1/evaluate?expr=2**10000";
    for (accepted, coding) in [("gzip", Some("gzip")), ("br", Some("br")), ("identity", None)] {
        let [(_, missed), (second, hit)] = twice(&mut client, long, &[("accept-encoding", accepted)]);
        assert_eq!((&*missed, &*hit, second.header("content-encoding")), ("MISS", "HIT", coding), "{accepted}");
    }
    // Chance, and what is malformed.
    for target in ["/v1/evaluate?expr=rnd()", "/v1/evaluate?expr=1&mode=roman", "/v1/evaluate"] {
        let [(_, first), (_, second)] = twice(&mut client, target, &[]);
        assert_eq!((&*first, &*second), ("MISS", "MISS"), "{target}");
    }
    let rolls = twice(&mut client, "/v1/evaluate?expr=rnd()", &[]);
    assert_ne!(rolls[0].0.body, rolls[1].0.body);
}
