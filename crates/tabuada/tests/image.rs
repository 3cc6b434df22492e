//! The image, without a container engine. The test assembles the image's file system as the Dockerfile says, and runs
//! its program in it as its user and with its variables. `tests/packages/image` builds it with buildah as well.
//!
//! `TABUADA_IMAGE_BINARY` names the static binary for the image. Without it, the test takes its own binary with the
//! libraries it needs.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic)]

use crate::support;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::compose::{self, Compose};
use support::image::Image;
use support::newcomer::{blocks, read};
use support::{Client, Redis, free_port, wait_for};

struct Container {
    image: Image,
    root: PathBuf,
    running: Option<Child>,
}

impl Container {
    /// Its `/etc/hosts` has the name `redis` for this machine, as an engine would write it. `authority` is added to the
    /// CA certificates of the build stage.
    fn new(name: &str, authority: Option<&str>) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let container = Self { image: Image::read(), root, running: None };
        for (from, to) in &container.image.files {
            match from.as_str() {
                "/tabuada" => container.write_binary(to),
                "/etc/ssl/certs/ca-certificates.crt" => {
                    let system = fs::read_to_string(from).unwrap_or_default();
                    container.write(to, (system + authority.unwrap_or_default()).as_bytes());
                }
                other => panic!("{other}: not known to the test"),
            }
        }
        container.write("/etc/hosts", b"127.0.0.1 localhost redis\n");
        container.write("/etc/resolv.conf", b"nameserver 127.0.0.1\n");
        container
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder of the test's own");
        fs::write(path, bytes).expect("it can be written");
    }

    fn write_binary(&self, to: &str) {
        let binary = std::env::var("TABUADA_IMAGE_BINARY").unwrap_or(env!("CARGO_BIN_EXE_tabuada").to_owned());
        for file in libraries(&binary) {
            self.copy(&file, &file);
        }
        self.copy(&binary, to);
    }

    fn copy(&self, from: &str, to: &str) {
        let to = self.root.join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().expect("it lies in a folder")).expect("a folder of the test's own");
        // `cp` writes it: a program that this process has open for writing does not run (ETXTBSY), and neither does one
        // that a process of another test inherits while it is open here.
        let status = Command::new("cp").arg(from).arg(&to).status();
        assert!(status.expect("cp is everywhere").success(), "{from} cannot be copied");
    }

    /// Runs the entry point with the image's variables and as its user, without any other files of this machine.
    fn command(&self, words: &[String], variables: &[(&str, &str)]) -> Command {
        let (user, group) = self.image.user.split_once(':').expect("a user and a group");
        // Only root may change the root directory directly. Other users need a namespace of their own.
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("/usr/sbin/chroot");
            command.arg(format!("--userspec={user}:{group}")).arg(&self.root);
            command
        } else {
            let mut command = Command::new("unshare");
            command.args(["--user", &format!("--map-user={user}"), &format!("--map-group={group}"), "--wd=/"]);
            command.arg("--root").arg(&self.root);
            command
        };
        command.env_clear().envs(self.image.environment.iter().cloned()).envs(variables.iter().copied());
        command.args(words);
        command
    }

    /// The output of `docker run IMAGE arguments…`.
    fn prints(&self, arguments: &[&str]) -> String {
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = self.image.entrypoint.iter().cloned().chain(arguments).collect();
        let output = self.command(&words, &[]).output().expect("it can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it prints UTF-8")
    }

    /// Starts it as `docker run -e … IMAGE arguments…` does, and waits until it answers on another local address.
    fn serve(&mut self, variables: &[(&str, &str)], arguments: &[&str]) -> SocketAddr {
        let listen = variables.iter().find(|(name, _)| *name == "TABUADA_LISTEN").expect("a port of the test's own").1;
        let port = listen.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let words: Vec<String> = if arguments.is_empty() {
            self.image.entrypoint.iter().chain(&self.image.command).cloned().collect()
        } else {
            self.image.entrypoint.iter().cloned().chain(arguments.iter().map(|word| (*word).to_owned())).collect()
        };
        // It writes few lines: they fit into the pipe.
        let process = self.command(&words, variables).stderr(Stdio::piped()).spawn().expect("it starts");
        let process = self.running.insert(process);
        let address = SocketAddr::from(([127, 0, 0, 2], port));
        wait_for("the container to listen", || {
            if process.try_wait().expect("it is ours").is_some() {
                let errors = process.stderr.take().map(std::io::read_to_string);
                panic!("the container ended: {errors:?}");
            }
            std::net::TcpStream::connect(address).is_ok()
        });
        address
    }

    /// Whether its health check succeeds.
    fn is_healthy(&self, variables: &[(&str, &str)]) -> bool {
        let output = self.command(&self.image.health, variables).output().expect("it can be run");
        output.status.success()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(mut process) = self.running.take() {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// The libraries of a binary that is not static, and their loader.
fn libraries(binary: &str) -> Vec<String> {
    let listed = Command::new("ldd").arg(binary).output().expect("ldd is part of the C library");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed.split_whitespace().filter(|word| word.starts_with('/')).map(str::to_owned).collect()
}

fn cache_state(address: SocketAddr) -> String {
    let ready = Client::connect(address).get("/health/ready");
    let ready: serde_json::Value = serde_json::from_slice(&ready.body).expect("it is JSON");
    ready["cache"].as_str().expect("a state").to_owned()
}

fn listen() -> String {
    format!("0.0.0.0:{}", free_port())
}

#[test]
fn the_image_evaluates() {
    let container = Container::new("image-eval", None);
    assert_eq!(container.prints(&["eval", "2**100", "-3+2"]), "1267650600228229401496703205376\n-1\n");
    assert!(container.prints(&["--version"]).contains(&container.image.labels["org.opencontainers.image.version"]));
}

#[test]
fn the_image_listens_on_every_address_unless_a_variable_says_another() {
    let image = Image::read();
    assert_eq!(image.environment, [("TABUADA_LISTEN".to_owned(), "0.0.0.0:8000".to_owned())]);
    assert_eq!(image.command, ["serve"], "a flag here would take precedence over the variable");

    let mut container = Container::new("image-listen", None);
    let listen = listen();
    let address = container.serve(&[("TABUADA_LISTEN", &listen)], &[]);
    assert_eq!(Client::connect(address).evaluate("6*7").text(), r#"{"resultado":42}"#);
}

#[test]
fn arguments_do_not_change_the_address_of_the_image() {
    let mut container = Container::new("image-arguments", None);
    let listen = listen();
    let address = container.serve(&[("TABUADA_LISTEN", &listen)], &["serve", "--ttl", "9m"]);
    assert_eq!(Client::connect(address).evaluate("6*7").status, 200);
}

#[test]
fn the_health_check_uses_the_configured_address() {
    let mut container = Container::new("image-health", None);
    let listen = listen();
    let variables = [("TABUADA_LISTEN", listen.as_str())];
    assert!(!container.is_healthy(&variables), "the server does not run yet");
    container.serve(&variables, &[]);
    assert!(container.is_healthy(&variables));
}

#[test]
fn the_image_runs_as_nobody_and_holds_one_program_and_ca_certificates() {
    let image = Image::read();
    assert_eq!(image.base, "scratch");
    let places: Vec<&str> = image.files.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(places, ["/etc/ssl/certs/ca-certificates.crt", "/tabuada"]);
    let ids: Vec<u32> = image.user.split(':').map(|id| id.parse().expect("a number: scratch has no names")).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id > 0), "{}", image.user);

    let labels: Vec<&str> = image.labels.keys().map(String::as_str).collect();
    let wanted = ["description", "licenses", "revision", "source", "title", "version"];
    assert_eq!(labels, wanted.map(|name| format!("org.opencontainers.image.{name}")));
    let label = |name: &str| image.labels[&format!("org.opencontainers.image.{name}")].as_str();
    assert_eq!(label("version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(label("description"), env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(label("licenses"), env!("CARGO_PKG_LICENSE"));
    assert_eq!(label("source"), env!("CARGO_PKG_REPOSITORY"));
}

#[test]
fn the_image_resolves_a_redis_in_etc_hosts() {
    let redis = Redis::start();
    let mut container = Container::new("image-hosts", None);
    let (listen, url) = (listen(), format!("redis://redis:{}", redis.port));
    let address = container.serve(&[("TABUADA_LISTEN", &listen), ("TABUADA_REDIS", &url)], &[]);
    wait_for("the container to reach Redis", || cache_state(address) == "coherent");
}

/// Uses a certificate for `redis` from a CA that only the image's bundle contains.
#[test]
fn the_image_verifies_a_redis_over_tls_with_its_own_ca_certificates() {
    let redis = TlsRedis::start("image-tls-redis");
    let url = format!("rediss://redis:{}", redis.port);
    for (name, authority, state) in
        [("image-tls", Some(redis.authority.as_str()), "coherent"), ("image-no-tls", None, "detached")]
    {
        let mut container = Container::new(name, authority);
        let listen = listen();
        let address = container.serve(&[("TABUADA_LISTEN", &listen), ("TABUADA_REDIS", &url)], &[]);
        wait_for(state, || cache_state(address) == state);
    }
}

/// A `redis-server` that accepts TLS only.
struct TlsRedis {
    port: u16,
    authority: String,
    process: Child,
}

impl TlsRedis {
    fn start(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder of the test's own");
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names yet");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("it signs itself").pem();
        let issuer = rcgen::Issuer::new(params, key);
        let server_key = rcgen::KeyPair::generate().expect("a key");
        let server = rcgen::CertificateParams::new(["redis".to_owned()]).expect("a name");
        let server = server.signed_by(&server_key, &issuer).expect("the authority signs").pem();
        let (certificate_file, key_file) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&certificate_file, server).expect("it can be written");
        fs::write(&key_file, server_key.serialize_pem()).expect("it can be written");
        let port = free_port();
        let process = Command::new("redis-server")
            .args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--tls-auth-clients", "no", "--tls-cert-file"])
            .arg(&certificate_file)
            .arg("--tls-key-file")
            .arg(&key_file)
            // redis-server requires this option, although it asks clients for no certificate.
            .arg("--tls-ca-cert-file")
            .arg(&certificate_file)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: see ./test");
        Self { port, authority, process }
    }
}

impl Drop for TlsRedis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The tutorial shows the course's own file with one more line.
#[test]
fn the_courses_own_compose_file_stores_in_redis() {
    for document in ["docs/tutorial.md", "docs/tutorial.pt-BR.md"] {
        let blocks = blocks(&read(document));
        let mut files = blocks.iter().filter(|block| block.fence == "yaml" && block.lines[0] == "services:");
        let file = Compose::parse(&files.next().expect("the course's own file is in the tutorial").lines.join("\n"));
        let backend = file.services.iter().find(|service| service.name == "backend").expect("it has a backend");
        assert_eq!(backend.ports, ["8000:8000"]);

        let redis = Redis::start();
        let mut container = Container::new(&format!("image-{}", document.replace('/', "-")), None);
        let port = free_port().to_string();
        let translated = |value: &str| value.replace("8000", &port).replace("6379", &redis.port.to_string());
        let variables: BTreeMap<&str, String> =
            backend.environment.iter().map(|(name, value)| (name.as_str(), translated(value))).collect();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let address = container.serve(&variables, &[]);
        wait_for("the container to reach Redis", || cache_state(address) == "coherent");
        Client::connect(address).evaluate("2+2");
        // A cheap answer reaches Redis after the response, within a rate limit.
        wait_for("the answer to be in Redis", || redis.cli(&["keys", "*"]).contains("2+2"));
    }
}

/// The override file fits docker-compose.yml: it has the same services, and the secret is declared and mounted where
/// the services look for it.
#[test]
fn the_compose_file_with_a_password_overrides_the_other() {
    let (over, under) = (read("deploy/compose/redis-password.yml"), read("docker-compose.yml"));
    let (over, under) = (compose::parse(&over), compose::parse(&under));
    let secrets = over["secrets"].as_mapping().expect("it declares secrets");
    for (name, service) in over["services"].as_mapping().expect("it has services") {
        assert!(under["services"].as_mapping_get(name.as_str().expect("a name")).is_some(), "{name:?}");
        for secret in service["secrets"].as_sequence().expect("it is given secrets") {
            assert!(secrets.contains_key(secret), "{secret:?} is not declared");
            let path = format!("/run/secrets/{}", secret.as_str().expect("a name"));
            assert!(format!("{service:?}").contains(&path), "{name:?} does not read {path}");
        }
    }
}
