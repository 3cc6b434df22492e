//! Proxies in front of the service, in the versions that Debian packages. A caching proxy stores only what our headers
//! allow. The recipes of `docs/proxies` do a proxy's tasks. Servers that restart behind a proxy fail no request.
#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use support::{Client, Node, Response, Server, free_port, resolved, wait_for};

/// A proxy in front of servers. Dropping it ends the process.
struct Proxy {
    address: SocketAddr,
    process: Child,
    folder: PathBuf,
}

/// A free address for a proxy, and a folder of its own.
struct Place {
    port: u16,
    folder: PathBuf,
}

impl Place {
    fn new() -> Self {
        let port = free_port();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("proxy-{port}"));
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        Self { port, folder }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("it can be written");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// A certificate for `localhost` and its key.
    fn certificate(&self) -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        (self.file("cert.pem", &cert.pem()), self.file("key.pem", &signing_key.serialize_pem()))
    }
}

impl Proxy {
    /// nginx with this text inside its `http` block.
    fn nginx(place: Place, http: &str) -> Self {
        let temporary = |kind: &str| format!("{kind}_temp_path temp-{kind};");
        let temporaries = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(temporary).join("\n");
        let configuration = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr crit;
             events {{ worker_connections 512; }}
             http {{ access_log off; {temporaries} {http} }}"
        );
        let file = place.file("main.conf", &configuration);
        // Debian installs it outside the path of normal users.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nginx");
        command.env("PATH", path).arg("-p").arg(&place.folder).args(["-c", &file, "-e", "stderr"]);
        Self::begun(place, command)
    }

    fn caddy(place: Place, configuration: &str) -> Self {
        let file = place.file("Caddyfile", configuration);
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config", &file]);
        // Its own state stays in the folder.
        command.env("HOME", &place.folder).env("XDG_DATA_HOME", &place.folder).env("XDG_CONFIG_HOME", &place.folder);
        command.stderr(Stdio::null());
        Self::begun(place, command)
    }

    fn begun(place: Place, mut command: Command) -> Self {
        let name = command.get_program().to_owned();
        let process = command.stdin(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| panic!("{name:?} is installed: see ./test: {error}"));
        let address = SocketAddr::from(([127, 0, 0, 1], place.port));
        let proxy = Self { address, process, folder: place.folder };
        wait_for("the proxy to answer", || TcpStream::connect(address).is_ok());
        proxy
    }

    /// nginx with a cache, in front of one server. Its configuration sets no lifetimes, so our headers decide.
    fn caching(server: SocketAddr) -> Self {
        let place = Place::new();
        let port = place.port;
        let http = format!(
            "proxy_cache_path cache keys_zone=answers:1m;
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
             }}"
        );
        Self::nginx(place, &http)
    }

    /// nginx by the recipe, in front of two servers, with TLS.
    fn nginx_by_recipe(servers: [SocketAddr; 2]) -> Self {
        let place = Place::new();
        let listens = format!("listen 127.0.0.1:{} ssl http2;", place.port);
        let recipe = nginx_recipe(&place, servers, &listens);
        Self::nginx(place, &recipe)
    }

    /// The same without TLS, so that a test controls every byte; `rate` is the rate of requests.
    fn plain_nginx_by_recipe(servers: [SocketAddr; 2], rate: &str) -> Self {
        let place = Place::new();
        let listens = format!("listen 127.0.0.1:{};", place.port);
        let recipe = replaced(&nginx_recipe(&place, servers, &listens), "rate=50r/s", &format!("rate={rate}"));
        Self::nginx(place, &recipe)
    }

    /// Caddy by the recipe, in front of two servers, with TLS.
    fn caddy_by_recipe(servers: [SocketAddr; 2]) -> Self {
        let place = Place::new();
        let (certificate, key) = place.certificate();
        let recipe = with_servers(&recipe("Caddyfile"), servers);
        let recipe = replaced(&recipe, "\tservers {", "\tadmin off\n\tauto_https disable_redirects\n\tservers {");
        let site = format!("https://localhost:{} {{\n\ttls {certificate} {key}\n", place.port);
        Self::caddy(place, &replaced(&recipe, "calculator.example.org {\n", &site))
    }

    /// The result of a request by curl over TLS: the status, the HTTP version and the body.
    fn curl(&self, target: &str, arguments: &[&str]) -> (u16, String, String) {
        let output = Command::new("curl")
            .args(["--silent", "--path-as-is", "--max-time", "30", "--write-out", "\n%{http_code} %{http_version}"])
            .arg("--cacert")
            .arg(self.folder.join("cert.pem"))
            .args(arguments)
            .arg(format!("https://localhost:{}{target}", self.address.port()))
            .env_remove("https_proxy")
            .output()
            .expect("curl is installed: see ./test");
        let output = String::from_utf8(output.stdout).expect("answers are UTF-8");
        let (body, said) = output.rsplit_once('\n').expect("the format in curl's arguments");
        let (status, version) = said.split_once(' ').expect("a status and a version");
        (status.parse().expect("a status"), version.to_owned(), body.to_owned())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn recipe(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxies").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A recipe with one part replaced, which must occur in it.
fn replaced(recipe: &str, what: &str, by: &str) -> String {
    assert!(recipe.contains(what), "the recipe has no {what}");
    recipe.replace(what, by)
}

fn with_servers(recipe: &str, servers: [SocketAddr; 2]) -> String {
    let first = replaced(recipe, "127.0.0.1:8001", &servers[0].to_string());
    replaced(&first, "127.0.0.1:8002", &servers[1].to_string())
}

fn nginx_recipe(place: &Place, servers: [SocketAddr; 2], listens: &str) -> String {
    let (certificate, key) = place.certificate();
    let recipe = with_servers(&recipe("nginx.conf"), servers);
    let recipe = replaced(&recipe, "listen 443 ssl http2;", listens);
    let recipe = replaced(&recipe, "listen 80;", &format!("listen 127.0.0.1:{};", free_port()));
    let recipe = replaced(&recipe, "/etc/ssl/calculator/fullchain.pem", &certificate);
    replaced(&recipe, "/etc/ssl/calculator/privkey.pem", &key)
}

/// What nginx's cache did with a request: MISS, HIT, …
fn done(response: &Response) -> &str {
    response.header("x-proxy").unwrap_or_else(|| panic!("no cache status from nginx: {response:?}"))
}

/// Sends the request twice. Gives the responses, and what nginx's cache did.
fn twice(client: &mut Client, target: &str, headers: &[(&str, &str)]) -> [(Response, String); 2] {
    [0, 1].map(|_| {
        let response = client.request("GET", target, headers, b"");
        let done = done(&response).to_owned();
        (response, done)
    })
}

#[test]
fn a_caching_proxy_stores_only_what_it_may() {
    let server = Server::start();
    let nginx = Proxy::caching(server.address);
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
        // It stores what it received: with the same tag it answers conditions itself.
        let tag = second.header("etag").expect("a tag");
        if second.status == 200 {
            let headers = [headers, &[("if-none-match", tag)]].concat();
            let told = client.request("GET", target, &headers, b"");
            assert_eq!((told.status, done(&told)), (304, "HIT"), "{target}");
        }
    }
    // A value has no language, so it is stored once for all.
    for headers in [&pt, &en] {
        let response = client.request("GET", "/v1/evaluate?expr=2%2B2", &[headers[0]], b"");
        assert_eq!(done(&response), "HIT", "{headers:?}");
    }
    // The compressed and the plain body are stored separately.
    let long = "/v1/evaluate?expr=2**10000";
    for (accepted, coding) in [("gzip", Some("gzip")), ("br", Some("br")), ("identity", None)] {
        let [(_, missed), (second, hit)] = twice(&mut client, long, &[("accept-encoding", accepted)]);
        assert_eq!((&*missed, &*hit, second.header("content-encoding")), ("MISS", "HIT", coding), "{accepted}");
    }
    // Random values and malformed requests.
    for target in ["/v1/evaluate?expr=rnd()", "/v1/evaluate?expr=1&mode=roman", "/v1/evaluate"] {
        let [(_, first), (_, second)] = twice(&mut client, target, &[]);
        assert_eq!((&*first, &*second), ("MISS", "MISS"), "{target}");
    }
    let rolls = twice(&mut client, "/v1/evaluate?expr=rnd()", &[]);
    assert_ne!(rolls[0].0.body, rolls[1].0.body);
}

/// A server that answers every request with 200 and records each head, in lowercase.
fn recorder() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let (heads, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let heads = heads.clone();
            std::thread::spawn(move || {
                let mut bytes = BufReader::new(stream.try_clone().expect("a second handle")).bytes();
                let mut head = Vec::new();
                while let Some(Ok(byte)) = bytes.next() {
                    head.push(byte);
                    if head.ends_with(b"\r\n\r\n") {
                        let _ = heads.send(String::from_utf8_lossy(&head).to_ascii_lowercase());
                        head.clear();
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    }
                }
            });
        }
    });
    (address, told)
}

const TOKEN: &str = "a-token-of-the-tests";

fn node() -> Node {
    Node::start_with(&[("TABUADA_ADMIN_TOKEN", TOKEN)], &[])
}

/// An address without a listener.
fn closed_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// The checks for both recipes.
fn does_what_belongs_to_a_proxy(by_recipe: fn([SocketAddr; 2]) -> Proxy) {
    let nodes = [node(), node()];
    let proxy = by_recipe([nodes[0].address, nodes[1].address]);
    // TLS and HTTP/2.
    let get = "/v1/evaluate?expr=2%2B2";
    wait_for("the health checks to succeed", || proxy.curl(get, &[]).0 == 200);
    let (status, version, body) = proxy.curl(get, &[]);
    assert!((status, &*version) == (200, "2") && body.contains("\"text\":\"4\""), "{version} {body}");
    assert_eq!(proxy.curl("/evaluate", &["--json", "{\"expressao\":\"2+2\"}"]).2, "{\"resultado\":4}");
    // The operator's routes are closed to every client, however the path is written.
    let bearer = format!("Authorization: Bearer {TOKEN}");
    for path in [
        "/metrics",
        "/v1/cache",
        "/v1/cache/",
        "/v1/cache/keys",
        "/v1/cache?x=1",
        "/v1/%63ache",
        "/v1%2Fcache",
        "//metrics",
        "/v1//cache",
        "/v1/x/../cache",
        "/v1/./cache/entry?key=2%2B2",
    ] {
        for method in ["GET", "DELETE"] {
            let (status, _, body) = proxy.curl(path, &["-X", method, "-H", &bearer]);
            assert_eq!(status, 404, "{method} {path}: {body}");
        }
    }
    // Long targets pass up to the limit, and longer ones do not.
    let long = format!("/v1/evaluate?expr=1{}", "%2B1".repeat(15_000));
    assert_eq!(proxy.curl(&long, &[]).0, 200);
    let body = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("body-{}", proxy.address.port()));
    fs::write(&body, vec![b' '; (1 << 20) + 1]).expect("it can be written");
    let too_long = proxy.curl("/evaluate", &["--data-binary", &format!("@{}", body.display())]);
    fs::remove_file(&body).expect("it is there");
    assert_eq!(too_long.0, 413, "{}", too_long.2);

    // The proxy decides the client's address, whatever the client claims.
    let (server, heads) = recorder();
    let proxy = by_recipe([server, server]);
    let lies = ["Forwarded: for=10.9.9.9", "X-Forwarded-For: 10.9.9.9", "X-Real-IP: 10.9.9.9"];
    let told = proxy.curl(get, &["-H", lies[0], "-H", lies[1], "-H", lies[2]]);
    assert_eq!(told.2, "ok");
    let head = heads.iter().find(|head| head.starts_with("get /v1/evaluate")).expect("it came");
    assert!(head.contains("\r\nx-forwarded-for: 127.0.0.1\r\n") && !head.contains("10.9.9.9"), "{head}");
    assert!(!head.contains("connection: close"), "{head}");

    // If one server is down, no request fails.
    let proxy = by_recipe([closed_port(), nodes[0].address]);
    wait_for("the running server to answer", || proxy.curl(get, &[]).0 == 200);
    for _ in 0..10 {
        assert_eq!(proxy.curl(get, &[]).0, 200);
    }
}

#[test]
fn the_nginx_recipe_works() {
    does_what_belongs_to_a_proxy(Proxy::nginx_by_recipe);
}

#[test]
fn the_caddy_recipe_works() {
    does_what_belongs_to_a_proxy(Proxy::caddy_by_recipe);
}

/// An address has a limit on its request rate and on concurrent requests; the proxy itself refuses the rest.
#[test]
fn nginx_limits_the_requests_of_one_address() {
    let (server, heads) = recorder();
    let nginx = Proxy::plain_nginx_by_recipe([server, server], "1r/m");
    let mut client = Client::connect(nginx.address);
    let statuses: Vec<u16> = (0..120).map(|_| client.get("/").status).collect();
    let passed = statuses.iter().filter(|status| **status == 200).count();
    // One request, the burst, and one more for each minute that the test has taken.
    assert!((101..110).contains(&passed) && statuses[119] == 429, "{statuses:?}");
    assert_eq!(heads.try_iter().count(), passed);

    // A request whose body does not arrive still counts as concurrent.
    let nginx = Proxy::plain_nginx_by_recipe([server, server], "10000r/s");
    let mut begun: Vec<Client> = (0..64).map(|_| Client::connect(nginx.address)).collect();
    for client in &mut begun {
        client.send(b"POST /evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1");
    }
    wait_for("a refusal", || Client::connect(nginx.address).get("/").status == 429);
    assert_eq!(heads.try_iter().filter(|head| head.starts_with("post")).count(), 0);
}

/// nginx keeps its connections to the servers open: the requests of one client need one connection to each.
#[test]
fn nginx_keeps_its_connections_to_the_servers() {
    let server = node();
    let nginx = Proxy::plain_nginx_by_recipe([server.address, closed_port()], "10000r/s");
    let mut client = Client::connect(nginx.address);
    for _ in 0..50 {
        assert_eq!(client.get("/v1/evaluate?expr=2%2B2").status, 200);
    }
    let bearer = format!("Bearer {TOKEN}");
    let metrics = Client::connect(server.address).request("GET", "/metrics", &[("authorization", &bearer)], b"");
    let open = metrics.text().lines().find_map(|line| line.strip_prefix("tabuada_connections "));
    // One connection is nginx's, the other that of this request.
    assert_eq!(open, Some("2"), "{}", metrics.text());
}

/// The references of a page or a document after one of these prefixes, up to the next quote.
fn references<'t>(text: &'t str, before: &[&str]) -> Vec<&'t str> {
    let found = before.iter().flat_map(|before| text.split(before).skip(1));
    found
        .filter_map(|rest| rest.split(['"', '`']).next())
        .filter(|found| !found.starts_with("data:") && !found.starts_with('#'))
        .collect()
}

/// Everything works below a path that the proxy strips: no reference of ours begins at the root.
fn works_below_a_folder(proxy: &Proxy) {
    let mut client = Client::connect(proxy.address);
    let mut get = |target: &str| client.get(target);
    assert_eq!(get("/v1/evaluate?expr=2%2B2").status, 404, "there is nothing else");
    let mut asked = 0;
    for page in ["/calc/", "/calc/docs", "/calc/redoc"] {
        let html = get(page);
        assert_eq!(html.status, 200, "{page}");
        let mut targets: Vec<String> = Vec::new();
        for found in references(html.text(), &["src=\"", "href=\""]) {
            let target = resolved(page, found);
            if target.ends_with(".js") {
                let script = get(&target);
                let script = String::from_utf8_lossy(&script.body);
                let imports = references(&script, &["from \"", "import \""]);
                targets.extend(
                    imports.iter().filter(|found| found.starts_with('.')).map(|found| resolved(&target, found)),
                );
            }
            targets.push(target);
        }
        for target in targets {
            assert!(target.starts_with("/calc/") && get(&target).status == 200, "{page}: {target}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    // What the page loads, and the pages of documentation.
    let api = get("/calc/page/api.js");
    let routes: Vec<&str> = references(api.text(), &["address(\"", "ask(\"", "ask(`"]);
    for route in &routes {
        let target = resolved("/calc/", route.split('$').next().unwrap_or_default());
        assert!(target.starts_with("/calc/") && get(&target).status != 404, "{target}");
    }
    assert!(routes.len() >= 6, "{routes:?}");
    let document: serde_json::Value = serde_json::from_slice(&get("/calc/openapi.json").body).expect("it is JSON");
    let server = document["servers"][0]["url"].as_str().expect("a server");
    let evaluate = resolved("/calc/openapi.json", &format!("{server}/v1/evaluate?expr=2%2B2"));
    assert_eq!((&*evaluate, get(&evaluate).status), ("/calc/v1/evaluate?expr=2%2B2", 200));
    for (target, led_to) in [
        ("/calc/docs/", "/calc/docs"),
        ("/calc/v1/evaluate/?expr=2%2B2", "/calc/v1/evaluate?expr=2%2B2"),
        ("/calc/v1/cache/entry/?key=2%2B2", "/calc/v1/cache/entry?key=2%2B2"),
    ] {
        let redirect = get(target);
        let location = redirect.header("location").map(|location| resolved(target, location));
        assert_eq!((redirect.status, location.as_deref()), (307, Some(led_to)), "{target}");
    }
}

#[test]
fn everything_works_below_a_path_of_nginx() {
    let server = node();
    let place = Place::new();
    let http = format!(
        "server {{
             listen 127.0.0.1:{};
             location /calc/ {{ proxy_pass http://{}/; }}
         }}",
        place.port, server.address
    );
    works_below_a_folder(&Proxy::nginx(place, &http));
}

#[test]
fn everything_works_below_a_path_of_caddy() {
    let server = node();
    let place = Place::new();
    let site = format!(
        "{{\n\tadmin off\n}}\nhttp://127.0.0.1:{}, http://localhost:{} {{\n\thandle_path /calc/* {{\n\t\treverse_proxy {}\n\t}}\n\thandle {{\n\t\trespond 404\n\t}}\n}}\n",
        place.port, place.port, server.address
    );
    works_below_a_folder(&Proxy::caddy(place, &site));
}

/// nginx buffers responses, unless a header forbids it: the answer to a line arrives before the next line is sent.
#[test]
fn nginx_does_not_buffer_a_batch() {
    let server = node();
    let place = Place::new();
    let http = format!(
        "server {{
             listen 127.0.0.1:{};
             location / {{
                 proxy_pass http://{};
                 proxy_http_version 1.1;
                 proxy_request_buffering off;
             }}
         }}",
        place.port, server.address
    );
    answers_line_by_line(&Proxy::nginx(place, &http));
}

/// The answer to a line arrives before the next line is sent.
#[test]
fn nginx_passes_a_batch_on_line_by_line() {
    let server = node();
    answers_line_by_line(&Proxy::plain_nginx_by_recipe([server.address, server.address], "10000r/s"));
}

fn answers_line_by_line(proxy: &Proxy) {
    let mut client = Client::connect(proxy.address);
    let head = "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n";
    client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
    let mut answers = BufReader::new(client.stream.try_clone().expect("a second handle")).lines().map_while(Result::ok);
    for sum in ["2+2", "2+3"] {
        client.send(format!("{:x}\r\n{sum}\n\r\n", sum.len() + 1).as_bytes());
        let answer = answers.find(|line| line.contains("\"result\":")).expect("an answer before the next line");
        assert!(answer.contains(if sum == "2+2" { "\"4\"" } else { "\"5\"" }), "{answer}");
    }
}

/// The number of restarts; `./test --deep` sets twelve.
fn restarts() -> usize {
    std::env::var("TABUADA_RESTARTS").map_or(2, |count| count.parse().expect("a number"))
}

/// What a client saw during the restarts.
#[derive(Debug, Default)]
struct Met {
    answered: usize,
    failed: Vec<String>,
}

/// Sends requests by GET and POST until it has to stop.
fn asks_until(stop: &AtomicBool, address: SocketAddr) -> Met {
    let mut met = Met::default();
    let mut client = Client::connect(address);
    for number in (0_u32..).take_while(|_| !stop.load(Ordering::Relaxed)) {
        let response = if number % 2 == 0 {
            client.send(format!("GET /v1/evaluate?expr={number}%2B1 HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
            client.try_receive(false)
        } else {
            let body = format!("{{\"expressao\":\"{number}+1\"}}");
            let head =
                "POST /evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length:";
            client.send(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes());
            client.try_receive(false)
        };
        match response {
            Ok(response) if response.status == 200 && response.text().contains(&(number + 1).to_string()) => {
                met.answered += 1;
                // nginx closes a connection after a thousand requests.
                if response.header("connection") == Some("close") {
                    client = Client::connect(address);
                }
            }
            other => {
                met.failed.push(format!("{number}: {other:?}"));
                client = Client::connect(address);
            }
        }
        // A steady load, but not the maximum of the machine.
        std::thread::sleep(Duration::from_millis(2));
    }
    met
}

/// Two servers behind nginx restart in turn while eight clients send requests: no request fails.
#[test]
fn servers_restarted_in_turn_behind_nginx_fail_no_request() {
    let ports = [free_port(), free_port()];
    let node = |port: u16| Node::start(&["--listen", &format!("127.0.0.1:{port}"), "--drain", "500ms"]);
    let mut nodes = ports.map(node);
    let nginx = Proxy::plain_nginx_by_recipe(nodes.each_ref().map(|node| node.address), "100000r/s");
    let stop = AtomicBool::new(false);
    let met: Vec<Met> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(|| asks_until(&stop, nginx.address))).collect();
        for restart in 0..restarts() {
            let turn = restart % 2;
            wait_for("the server to receive requests", || asked(&nodes[turn]) > 20);
            nodes[turn].signal("TERM");
            let started = |old: Node| {
                assert_eq!(old.ended(), Some(0));
                node(ports[turn])
            };
            nodes = match (nodes, turn) {
                ([first, second], 0) => [started(first), second],
                ([first, second], _) => [first, started(second)],
            };
        }
        for node in &nodes {
            wait_for("the server to receive requests", || asked(node) > 20);
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().expect("the process ends")).collect()
    });
    let failed: Vec<&String> = met.iter().flat_map(|met| &met.failed).collect();
    let answered: usize = met.iter().map(|met| met.answered).sum();
    println!("{} restarts, {answered} requests answered, {} failed", restarts(), failed.len());
    assert!(failed.is_empty(), "{} of {}: {failed:#?}", failed.len(), answered + failed.len());
}

/// The number of expressions that a server received.
fn asked(node: &Node) -> u64 {
    let metrics = Client::connect(node.address).get("/metrics");
    let count = metrics.text().lines().find_map(|line| line.strip_prefix("tabuada_questions_total "));
    count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{}", metrics.text()))
}
