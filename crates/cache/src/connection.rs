//! One connection to one server: address, login, handshake, and the commands other than the calls of the cache.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, Pipeline, ProtocolVersion, PushInfo,
    RedisError, ServerErrorKind, Value,
};
use tokio::sync::Notify;

use crate::access::Access;
use crate::failure::Failure;
use crate::protocol::link::Role;
use crate::stats::Trouble;

/// Commands that may wait to be written to the socket.
const PIPELINE_COMMANDS: usize = 1_024;

/// A host and a port, as servers name each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
}

impl Address {
    /// Parses `host:port`; an IPv6 address may have brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some(Self { host: host.into(), port: port.parse().ok()? })
    }

    /// A server that does not know its own address omits the host, which is then that of the server asked.
    pub(crate) fn or_host_of(self, asked: &Self) -> Self {
        if self.host.is_empty() { Self { host: asked.host.clone(), ..self } } else { self }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// The address of a server, and the login there.
#[derive(Clone)]
pub(crate) struct Endpoint {
    info: ConnectionInfo,
    access: Access,
    handshake: Duration,
}

impl Endpoint {
    pub(crate) fn new(info: ConnectionInfo, access: Access, handshake: Duration) -> Self {
        // Without CLIENT SETINFO, which an older server does not know and a restricted user may not send.
        let login = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let tcp = info.tcp_settings().clone().set_nodelay(true);
        let info = info.set_redis_settings(login).set_tcp_settings(tcp);
        Self { info, access, handshake }
    }

    /// The same login at another server.
    pub(crate) fn at(&self, address: &Address) -> Self {
        let host = address.host.to_string();
        let info = self.info.clone().set_addr(match self.info.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port: address.port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, address.port),
        });
        Self { info, ..self.clone() }
    }

    pub(crate) fn without_login(&self) -> Self {
        let info = self.info.clone().set_redis_settings(redis::RedisConnectionInfo::default());
        Self::new(info, self.access.without_login(), self.handshake)
    }

    /// With the present login and certificates: they may have changed since the last connection.
    async fn info(&self) -> Result<ConnectionInfo, Failure> {
        let applied = self.access.apply(self.info.clone()).await;
        applied.map_err(|reason| Failure::new(Trouble::Denied, &reason))
    }

    #[cfg(test)]
    pub(crate) fn user(&self) -> Option<&str> {
        self.info.redis_settings().username()
    }

    /// `None` for a Unix socket.
    pub(crate) fn address(&self) -> Option<Address> {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(Address { host: host.as_str().into(), port: *port })
            }
            _ => None,
        }
    }

    /// `host:port/db`, for logs.
    pub(crate) fn shown(&self) -> String {
        let db = self.info.redis_settings().db();
        match self.address() {
            Some(address) => format!("{address}/{db}"),
            None => format!("{}/{db}", self.info.addr()),
        }
    }

    /// Connects, logs in, and checks that the server speaks RESP3. The connection's own task calls `on_push` for each
    /// push, and once when the connection is lost; `on_push` must not block.
    pub(crate) async fn connect<F>(&self, on_push: F) -> Result<Connection, Failure>
    where
        F: Fn(PushInfo) + Send + Sync + 'static,
    {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.handshake))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(PIPELINE_COMMANDS)
            .set_push_sender(move |push| {
                on_push(push);
                Ok::<(), redis::aio::SendError>(())
            });
        let failed = |error: RedisError| Failure { trouble: trouble_connecting(&error), ..failure(&error) };
        let connecting = async {
            let client = redis::Client::open(self.info().await?).map_err(failed)?;
            client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)
        };
        let no_answer = |_| Failure::new(Trouble::Connect, &format!("no answer within {:?}", self.handshake));
        let connection = tokio::time::timeout(self.handshake, connecting).await.map_err(no_answer)??;
        let connection = Connection { connection, handshake: self.handshake, doubted: Arc::default() };
        // A proxy may accept HELLO and still use RESP2, which has no pushes, so this asks for the protocol in use.
        let hello = connection.say(redis::cmd("HELLO").arg(3)).await?;
        if speaks_resp3(&hello) { Ok(connection) } else { Err(Failure::new(Trouble::Protocol, "no RESP3")) }
    }
}

/// A connection. Clones share it, and dropping the last clone closes it.
#[derive(Clone)]
pub(crate) struct Connection {
    connection: MultiplexedConnection,
    handshake: Duration,
    /// Notified by a reply that does not fit its command: commands and replies may be out of step.
    doubted: Arc<Notify>,
}

impl Connection {
    /// Starts tracking: the server reports every change under `prefix`, except those made over this connection.
    pub(crate) async fn track(&self, prefix: &str) -> Result<(), Failure> {
        let mut tracking = redis::cmd("CLIENT");
        tracking.arg("TRACKING").arg("ON").arg("BCAST").arg("NOLOOP").arg("PREFIX").arg(prefix);
        match self.say(&tracking).await? {
            Value::Okay => Ok(()),
            _ => Err(unexpected()),
        }
    }

    /// Asks whether the server takes writes and, if `reads`, the two commands of a lookup; and behind them, if `role`, for
    /// its role. An empty SETRANGE on a missing name changes nothing. A server that is full, cannot save, is a
    /// replica or serves no slots would still answer PING.
    pub(crate) async fn heartbeat(
        &self,
        name: &str,
        reads: bool,
        role: bool,
        deadline: Duration,
    ) -> Result<Heartbeat, Failure> {
        let mut commands = redis::pipe();
        commands.cmd("SETRANGE").arg(name).arg(0).arg("");
        if reads {
            commands.cmd("GETRANGE").arg(name).arg(0).arg(0).cmd("PTTL").arg(name);
        }
        if role {
            commands.cmd("ROLE");
        }
        let mut replies = within(deadline, self.send(&commands)).await?.into_iter();
        let mut reply = || replies.next().ok_or(Trouble::Protocol);
        let writes = refusal(&reply()?, |reply| matches!(reply, Value::Int(_)))?;
        let reads = match reads {
            true => {
                let value = refusal(&reply()?, |reply| matches!(reply, Value::BulkString(_)))?;
                let ttl = refusal(&reply()?, |reply| matches!(reply, Value::Int(_)))?;
                Some(value.or(ttl))
            }
            false => None,
        };
        let role = if role { Some(read_role(reply()?)?) } else { None };
        Ok(Heartbeat { writes, reads, role })
    }

    pub(crate) async fn role(&self) -> Result<Role, Failure> {
        read_role(self.ask(&redis::cmd("ROLE")).await?)
    }

    /// Sets `name` and removes it at once, so that every tracking connection gets a push.
    pub(crate) async fn touch(&self, name: &str) -> Result<(), Failure> {
        let mut touch = redis::pipe();
        touch.cmd("SET").arg(name).arg("").arg("PX").arg(1_000).cmd("UNLINK").arg(name);
        let replies = within(self.handshake, self.send(&touch)).await?;
        match replies.into_iter().next() {
            Some(Value::Okay) => Ok(()),
            Some(Value::ServerError(error)) => Err(failure(&error.into())),
            Some(_) => Err(unexpected()),
            None => Err(Trouble::Protocol.into()),
        }
    }

    /// `maxmemory` and `maxmemory-policy`, if the server gives them.
    pub(crate) async fn eviction(&self) -> Option<Eviction> {
        let info = self.say(redis::cmd("INFO").arg("memory")).await.ok().and_then(text);
        if let Some(eviction) = info.as_deref().and_then(Eviction::in_info) {
            return Some(eviction);
        }
        let max = self.config("maxmemory").await?;
        Some(Eviction { bytes_max: max.parse().ok()?, policy: self.config("maxmemory-policy").await? })
    }

    async fn config(&self, name: &str) -> Option<String> {
        match self.say(redis::cmd("CONFIG").arg("GET").arg(name)).await.ok()? {
            Value::Map(pairs) => pairs.into_iter().next().and_then(|(_, value)| text(value)),
            _ => None,
        }
    }

    /// Waits for a reply that does not fit its command. After that, the connection must not be used: with one reply too
    /// many, each reply would be taken for that of another command.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    pub(crate) fn doubt(&self) {
        self.doubted.notify_one();
    }

    /// Sends one command and gives its reply, within the deadline of the handshake; an error reply becomes [`Failure`].
    pub(crate) async fn say(&self, command: &Cmd) -> Result<Value, Failure> {
        match self.ask(command).await? {
            Value::ServerError(error) => Err(failure(&error.into())),
            reply => Ok(reply),
        }
    }

    /// [`Connection::say`]; an error reply is a reply.
    async fn ask(&self, command: &Cmd) -> Result<Value, Failure> {
        within(self.handshake, self.connection.clone().send_packed_command(command)).await
    }

    /// Sends many commands and gives their replies, which may be errors.
    pub(crate) async fn send(&self, commands: &Pipeline) -> Result<Vec<Value>, RedisError> {
        self.connection.clone().send_packed_commands(commands, 0, commands.len()).await
    }
}

/// How a server evicts keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Eviction {
    /// 0 means no bound.
    pub(crate) bytes_max: u64,
    pub(crate) policy: String,
}

impl Eviction {
    fn in_info(info: &str) -> Option<Self> {
        Some(Self {
            bytes_max: field(info, "maxmemory")?.parse().ok()?,
            policy: field(info, "maxmemory_policy")?.to_owned(),
        })
    }
}

/// A field in a reply of the form of `INFO`.
pub(crate) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}

pub(crate) async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(deadline, call).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => Err(failure(&error)),
        Err(_) => Err(Failure::new(Trouble::Timeout, &format!("no answer within {deadline:?}"))),
    }
}

/// The reply to a heartbeat: why it refuses, `None` if it takes them.
pub(crate) struct Heartbeat {
    pub(crate) writes: Option<Failure>,
    /// `None` if it was not asked.
    pub(crate) reads: Option<Option<Failure>>,
    pub(crate) role: Option<Role>,
}

/// Why a command of a heartbeat is refused; `None` if it is taken.
fn refusal(reply: &Value, is_expected: impl FnOnce(&Value) -> bool) -> Result<Option<Failure>, Failure> {
    match reply {
        Value::ServerError(error) => {
            let failure = failure(&error.clone().into());
            // Another primary holds this name now.
            Ok(Some(failure).filter(|failure| failure.trouble != Trouble::Redirected))
        }
        reply if is_expected(reply) => Ok(None),
        _ => Err(unexpected()),
    }
}

fn read_role(reply: Value) -> Result<Role, Failure> {
    match reply {
        Value::ServerError(_) => Ok(Role::Unknown),
        Value::Array(role) => match role.into_iter().next().and_then(text).as_deref() {
            Some("master") => Ok(Role::Primary),
            Some(_) => Ok(Role::Replica),
            None => Err(Trouble::Protocol.into()),
        },
        _ => Err(unexpected()),
    }
}

/// A reply that does not fit its command. It may be somebody's value, so it is not told.
fn unexpected() -> Failure {
    Failure::new(Trouble::Protocol, "a reply that does not fit its command")
}

/// What went wrong, in the words of the server or the system.
pub(crate) fn failure(error: &RedisError) -> Failure {
    let words = match (error.code(), error.detail()) {
        (Some(code), Some(detail)) if error.kind() != ErrorKind::Io => format!("{code} {detail}"),
        _ => error.to_string(),
    };
    Failure::new(trouble(error), &words)
}

pub(crate) fn trouble(error: &RedisError) -> Trouble {
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm), _) => Trouble::Denied,
        (_, Some("NOAUTH" | "WRONGPASS")) => Trouble::Denied,
        // MISCONF: the server refuses writes because it cannot save.
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) | (_, Some("MISCONF" | "NOREPLICAS")) => Trouble::ReadOnly,
        (_, Some("OOM")) => Trouble::Full,
        (_, Some("BUSY")) => Trouble::Busy,
        // CLUSTERDOWN: some slots have no primary, and then no node serves any slot.
        (
            ErrorKind::Server(
                ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
            ),
            _,
        ) => Trouble::Loading,
        (ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask), _) => Trouble::Redirected,
        (ErrorKind::Io, _) if error.is_timeout() => Trouble::Timeout,
        (ErrorKind::Io, _) => Trouble::Lost,
        (ErrorKind::Parse | ErrorKind::RESP3NotSupported | ErrorKind::UnexpectedReturnType, _) => Trouble::Protocol,
        _ => Trouble::Other,
    }
}

fn trouble_connecting(error: &RedisError) -> Trouble {
    match trouble(error) {
        Trouble::Timeout | Trouble::Lost => Trouble::Connect,
        // The library gives the refusal of a SELECT its own kind, and keeps only the text.
        Trouble::Other if error.detail().is_some_and(|text| text.contains("no permissions")) => Trouble::Denied,
        Trouble::Other if error.detail().is_some_and(|text| text.contains("max number of clients")) => Trouble::Connect,
        trouble => trouble,
    }
}

fn speaks_resp3(hello: &Value) -> bool {
    let is_proto = |name: &Value| matches!(name, Value::BulkString(name) if name == b"proto");
    matches!(hello, Value::Map(pairs) if pairs.iter().any(|(name, value)| is_proto(name) && *value == Value::Int(3)))
}

/// A text, in any form that a server may use.
pub(crate) fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_forms_of_servers() {
        let read = |text| Address::parse(text).map(|address| (address.host.to_string(), address.port));
        assert_eq!(read("127.0.0.1:7000"), Some(("127.0.0.1".to_owned(), 7_000)));
        assert_eq!(read("redis.local:6379"), Some(("redis.local".to_owned(), 6_379)));
        // MOVED gives IPv6 addresses without brackets.
        assert_eq!(read("2001:db8::7:6380"), Some(("2001:db8::7".to_owned(), 6_380)));
        assert_eq!(read("[::1]:6380"), Some(("::1".to_owned(), 6_380)));
        assert_eq!(read("host"), None);
        assert_eq!(read("host:70000"), None);
        let asked = Address { host: "::1".into(), port: 1 };
        assert_eq!(Address::parse(":7000").unwrap().or_host_of(&asked).to_string(), "[::1]:7000");
        assert_eq!(Address::parse("b:7000").unwrap().or_host_of(&asked).to_string(), "b:7000");
    }

    #[test]
    fn memory_settings_are_read_from_info() {
        let info = "# Memory\r\nused_memory:1\r\nmaxmemory:0\r\nmaxmemory_human:0B\r\nmaxmemory_policy:noeviction\r\n";
        let eviction = Eviction { bytes_max: 0, policy: "noeviction".to_owned() };
        assert_eq!(Eviction::in_info(info), Some(eviction));
        assert_eq!(Eviction::in_info("# Memory\r\n"), None);
    }
}
