//! The layer behind: one connection to one primary, every call under one deadline and one circuit breaker.
//!
//! [`Endpoint`] makes connections, [`Link`] carries the calls over the one that is installed. What the rest of the crate
//! learns is [`Look`] and [`CallError`]: no error of the client library leaves this file.

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo, RedisError, ServerErrorKind,
    Value,
};
use tokio::sync::Notify;

use crate::entry::{self, LINE_BYTES_MAX, Lease, Stored};
use crate::key::Key;
use crate::options::OptionsError;
use crate::stats::Trouble;
use crate::sync::{Mutex, MutexGuard, RwLock};

/// Commands that may wait to be written to the socket.
const PIPELINE_COMMANDS: usize = 1_024;
/// Calls that fail in a row until none is made any more.
pub(crate) const FAILURES_MAX: u32 = 3;
const OPEN_FIRST: Duration = Duration::from_millis(250);
pub(crate) const OPEN_MAX: Duration = Duration::from_secs(2);

/// Where a server is and how to log in there.
pub(crate) struct Endpoint {
    client: redis::Client,
    shown: String,
    handshake: Duration,
}

impl Endpoint {
    pub(crate) fn parse(url: &str, handshake: Duration) -> Result<Self, OptionsError> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        match scheme {
            "redis" | "valkey" => {}
            "rediss" | "valkeys" | "unix" | "redis+unix" | "valkey+unix" | "redis+sentinel" | "redis+cluster" => {
                return Err(OptionsError::UnsupportedScheme { scheme: scheme.to_owned() });
            }
            "" => return Err(OptionsError::Url { reason: "it has no scheme".to_owned() }),
            other => return Err(OptionsError::Url { reason: format!("its scheme is {other}") }),
        }
        // The library's own words name no part of the URL.
        let refused = |error: RedisError| OptionsError::Url { reason: error.to_string() };
        let info = url.into_connection_info().map_err(refused)?;
        let login = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        if login.db() < 0 {
            return Err(OptionsError::Url { reason: "its database number is negative".to_owned() });
        }
        let shown = format!("{}/{}", info.addr(), login.db());
        let tcp = info.tcp_settings().clone().set_nodelay(true);
        let info = info.set_redis_settings(login).set_tcp_settings(tcp);
        Ok(Self { client: redis::Client::open(info).map_err(refused)?, shown, handshake })
    }

    /// `host:port/db`, for logs.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Connects, logs in, and checks that the server speaks RESP3. `on_push` is called by the connection's own task for
    /// each push and, once, for the loss of the connection: it must not block.
    pub(crate) async fn connect<F>(&self, on_push: F) -> Result<Connection, Trouble>
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
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let connection = match tokio::time::timeout(self.handshake, connecting).await {
            Ok(Ok(connection)) => Connection { connection, handshake: self.handshake, doubted: Arc::default() },
            Ok(Err(error)) => return Err(trouble_connecting(&error)),
            Err(_) => return Err(Trouble::Connect),
        };
        // A proxy may let HELLO pass and go on in RESP2, which has no pushes: ask what is spoken.
        let hello = connection.say(redis::cmd("HELLO").arg(3), self.handshake).await?;
        if speaks_resp3(&hello) { Ok(connection) } else { Err(Trouble::Protocol) }
    }
}

/// A connection. Clones share it; it is closed when the last one is dropped.
#[derive(Clone)]
pub(crate) struct Connection {
    connection: MultiplexedConnection,
    handshake: Duration,
    /// A reply could not be meant for what was asked: replies may be out of step.
    doubted: Arc<Notify>,
}

impl Connection {
    /// Asks to be told of every change under `prefix`, but for those made over this connection.
    pub(crate) async fn track(&self, prefix: &str) -> Result<(), Trouble> {
        let mut tracking = redis::cmd("CLIENT");
        tracking.arg("TRACKING").arg("ON").arg("BCAST").arg("NOLOOP").arg("PREFIX").arg(prefix);
        match self.say(&tracking, self.handshake).await? {
            Value::Okay => Ok(()),
            _ => Err(Trouble::Protocol),
        }
    }

    pub(crate) async fn ping(&self, deadline: Duration) -> Result<(), Trouble> {
        match self.say(&redis::cmd("PING"), deadline).await? {
            Value::SimpleString(pong) if pong == "PONG" => Ok(()),
            _ => Err(Trouble::Protocol),
        }
    }

    /// Makes `name` appear and go at once: whoever tracks it is told, and nobody sees it.
    pub(crate) async fn touch(&self, name: &str) -> Result<(), Trouble> {
        let mut touch = redis::pipe();
        touch.cmd("SET").arg(name).arg("").arg("PX").arg(1_000).cmd("UNLINK").arg(name);
        let replies = within(self.handshake, self.connection.clone().send_packed_commands(&touch, 0, 2)).await?;
        match replies.into_iter().next() {
            Some(Value::Okay) => Ok(()),
            Some(Value::ServerError(error)) => Err(trouble(&error.into())),
            _ => Err(Trouble::Protocol),
        }
    }

    /// `maxmemory` and `maxmemory-policy`, where the server tells them.
    pub(crate) async fn eviction(&self) -> Option<Eviction> {
        let info = self.say(redis::cmd("INFO").arg("memory"), self.handshake).await.ok().and_then(text);
        if let Some(eviction) = info.as_deref().and_then(Eviction::in_info) {
            return Some(eviction);
        }
        let max = self.config("maxmemory").await?;
        Some(Eviction { bytes_max: max.parse().ok()?, policy: self.config("maxmemory-policy").await? })
    }

    async fn config(&self, name: &str) -> Option<String> {
        match self.say(redis::cmd("CONFIG").arg("GET").arg(name), self.handshake).await.ok()? {
            Value::Map(pairs) => pairs.into_iter().next().and_then(|(_, value)| text(value)),
            _ => None,
        }
    }

    /// Waits until a reply was not what can be said to what was asked. Such a connection is not to be used any more: one
    /// reply too many, and each would be taken for the answer to another question.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    /// One command, one reply; an error reply is trouble.
    async fn say(&self, command: &Cmd, deadline: Duration) -> Result<Value, Trouble> {
        match within(deadline, self.connection.clone().send_packed_command(command)).await? {
            Value::ServerError(error) => Err(trouble(&error.into())),
            reply => Ok(reply),
        }
    }
}

/// How a server makes room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Eviction {
    /// 0: no bound.
    pub(crate) bytes_max: u64,
    pub(crate) policy: String,
}

impl Eviction {
    fn in_info(info: &str) -> Option<Self> {
        let field = |name| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
        Some(Self { bytes_max: field("maxmemory")?.parse().ok()?, policy: field("maxmemory_policy")?.to_owned() })
    }
}

/// What a look reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line for [`Contents::decode`](crate::Contents::decode), and how long it will stay; `None`: for ever.
    Line(String, Option<Duration>),
    Lease(Lease),
    Nothing,
    Unusable,
}

/// Why a call has no reply of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// Not made: there is no connection, or calls failed just before.
    NotMade,
    /// Made, in vain.
    Trouble(Trouble),
}

impl CallError {
    /// Whether the server may have done, or may yet do, what it was asked: it did not say that it will not.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Trouble(Trouble::Timeout | Trouble::Lost | Trouble::Protocol))
    }
}

/// The way to one primary: the connection of the moment, and whether calls over it are worth making.
pub(crate) struct Link {
    connection: RwLock<Option<Connection>>,
    breaker: Breaker,
    deadline: Duration,
}

impl Link {
    /// A way on which each call is given up after `deadline`.
    pub(crate) fn new(deadline: Duration) -> Self {
        Self { connection: RwLock::new(None), breaker: Breaker::new(), deadline }
    }

    pub(crate) fn install(&self, connection: Option<Connection>) {
        self.breaker.reset();
        let before = {
            let mut slot = self.connection.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, connection)
        };
        drop(before);
    }

    /// Reads what stands under `name`, the name of `key`. No more than an entry may have ever crosses the wire: a
    /// stranger's gigabyte would hold up everything else on the connection.
    pub(crate) async fn look(&self, key: &Key, name: &str) -> Result<Look, CallError> {
        let mut look = redis::pipe();
        look.cmd("GETRANGE").arg(name).arg(0).arg(LINE_BYTES_MAX).cmd("PTTL").arg(name);
        let send = async |mut connection: MultiplexedConnection| connection.send_packed_commands(&look, 0, 2).await;
        self.call(send, |replies| match replies.as_slice() {
            [found, left] => read_look(key, found, left),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// `SET name line NX`: whether nothing stood there.
    pub(crate) async fn set_if_absent(&self, name: &str, line: &str, ttl: Option<Duration>) -> Result<bool, CallError> {
        self.set(name, line, ttl, "NX").await
    }

    /// `SET name line XX`: whether something, of any type, stood there.
    pub(crate) async fn set_if_present(
        &self,
        name: &str,
        line: &str,
        ttl: Option<Duration>,
    ) -> Result<bool, CallError> {
        self.set(name, line, ttl, "XX").await
    }

    /// `DEL name`.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), CallError> {
        let mut delete = redis::cmd("DEL");
        delete.arg(name);
        let send =
            async |mut connection: MultiplexedConnection| Ok(vec![connection.send_packed_command(&delete).await?]);
        self.call(send, |replies| match replies.as_slice() {
            [Value::Int(_)] => Ok(()),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    async fn set(&self, name: &str, line: &str, ttl: Option<Duration>, condition: &str) -> Result<bool, CallError> {
        let mut set = redis::cmd("SET");
        set.arg(name).arg(line).arg(condition);
        if let Some(ttl) = ttl {
            set.arg("PX").arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        }
        let send = async |mut connection: MultiplexedConnection| Ok(vec![connection.send_packed_command(&set).await?]);
        self.call(send, |replies| match replies.as_slice() {
            [Value::Okay] => Ok(true),
            [Value::Nil] => Ok(false),
            _ => Err(Trouble::Protocol),
        })
        .await
    }

    /// The one way to the server: a connection, the breaker's leave, the deadline, and the breaker told how it went.
    async fn call<T>(
        &self,
        send: impl AsyncFnOnce(MultiplexedConnection) -> Result<Vec<Value>, RedisError>,
        read: impl FnOnce(Vec<Value>) -> Result<T, Trouble>,
    ) -> Result<T, CallError> {
        let connection = self.connection.read().unwrap_or_else(PoisonError::into_inner).clone();
        let connection = connection.ok_or(CallError::NotMade)?;
        let permit = self.breaker.admit(Instant::now()).ok_or(CallError::NotMade)?;
        let replies = within(self.deadline, send(connection.connection.clone())).await;
        let result = replies.and_then(refuse_errors).and_then(read);
        let trouble = result.as_ref().err().copied();
        permit.report(trouble, Instant::now());
        if trouble == Some(Trouble::Protocol) {
            connection.doubted.notify_one();
        }
        result.map_err(CallError::Trouble)
    }
}

/// Error replies are trouble, but for that of a wrong type, which tells what stands there.
fn refuse_errors(replies: Vec<Value>) -> Result<Vec<Value>, Trouble> {
    match replies.iter().find_map(server_error) {
        Some(error) if error.code() != Some("WRONGTYPE") => Err(trouble(&error)),
        _ => Ok(replies),
    }
}

fn server_error(reply: &Value) -> Option<RedisError> {
    match reply {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    }
}

fn read_look(key: &Key, found: &Value, left: &Value) -> Result<Look, Trouble> {
    let left = match left {
        // -2: no such key; GETRANGE then gives an empty text.
        Value::Int(-2) if matches!(found, Value::BulkString(bytes) if bytes.is_empty()) => return Ok(Look::Nothing),
        // -2 again: it ran out between the two commands.
        Value::Int(-2) => Some(Duration::ZERO),
        Value::Int(-1) => None,
        Value::Int(millis) => Some(Duration::from_millis(u64::try_from(*millis).map_err(|_| Trouble::Protocol)?)),
        _ => return Err(Trouble::Protocol),
    };
    match found {
        Value::BulkString(bytes) => Ok(match entry::read(key, bytes) {
            Stored::Value(line) => Look::Line(line.into_owned(), left),
            Stored::Lease(lease) => Look::Lease(lease),
            Stored::Unusable => Look::Unusable,
        }),
        Value::ServerError(_) => Ok(Look::Unusable),
        _ => Err(Trouble::Protocol),
    }
}

async fn within<T>(deadline: Duration, call: impl Future<Output = Result<T, RedisError>>) -> Result<T, Trouble> {
    match tokio::time::timeout(deadline, call).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) => Err(trouble(&error)),
        Err(_) => Err(Trouble::Timeout),
    }
}

fn trouble(error: &RedisError) -> Trouble {
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm), _) => Trouble::Denied,
        (_, Some("NOAUTH" | "WRONGPASS")) => Trouble::Denied,
        // MISCONF: the server takes no writes since it cannot save.
        (ErrorKind::Server(ServerErrorKind::ReadOnly), _) | (_, Some("MISCONF" | "NOREPLICAS")) => Trouble::ReadOnly,
        (_, Some("OOM")) => Trouble::Full,
        (ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown), _) => Trouble::Loading,
        (ErrorKind::Io, _) if error.is_timeout() => Trouble::Timeout,
        (ErrorKind::Io, _) => Trouble::Lost,
        (ErrorKind::Parse | ErrorKind::RESP3NotSupported | ErrorKind::UnexpectedReturnType, _) => Trouble::Protocol,
        _ => Trouble::Other,
    }
}

fn trouble_connecting(error: &RedisError) -> Trouble {
    match trouble(error) {
        Trouble::Timeout | Trouble::Lost => Trouble::Connect,
        trouble => trouble,
    }
}

fn speaks_resp3(hello: &Value) -> bool {
    let is_proto = |name: &Value| matches!(name, Value::BulkString(name) if name == b"proto");
    matches!(hello, Value::Map(pairs) if pairs.iter().any(|(name, value)| is_proto(name) && *value == Value::Int(3)))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

/// Keeps calls from being made while they fail: closed, open for a while, then one call to try.
pub(crate) struct Breaker {
    failing: Mutex<Failing>,
}

#[derive(Default)]
struct Failing {
    in_a_row: u32,
    open_until: Option<Instant>,
    open_for: Duration,
    trying: bool,
}

pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    pub(crate) is_trial: bool,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self { failing: Mutex::new(Failing::default()) }
    }

    fn failing(&self) -> MutexGuard<'_, Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reset(&self) {
        *self.failing() = Failing::default();
    }

    pub(crate) fn admit(&self, now: Instant) -> Option<Permit<'_>> {
        let mut failing = self.failing();
        let is_trial = match failing.open_until {
            None => false,
            Some(until) if now < until || failing.trying => return None,
            Some(_) => true,
        };
        failing.trying |= is_trial;
        Some(Permit { breaker: self, is_trial })
    }
}

impl Permit<'_> {
    pub(crate) fn report(mut self, trouble: Option<Trouble>, now: Instant) {
        // Now, not when this is dropped: by then the next may be trying.
        let is_trial = std::mem::take(&mut self.is_trial);
        let mut failing = self.breaker.failing();
        failing.trying &= !is_trial;
        match trouble {
            // A write refused for a reason of the server's is an answer, and reads may go on.
            None | Some(Trouble::ReadOnly | Trouble::Full) => *failing = Failing::default(),
            Some(_) => {
                failing.in_a_row += 1;
                if is_trial || failing.in_a_row >= FAILURES_MAX {
                    // Calls made before it opened may still fail: they do not make it stay open for longer.
                    if is_trial || failing.open_until.is_none() {
                        failing.open_for = (failing.open_for * 2).clamp(OPEN_FIRST, OPEN_MAX);
                        failing.open_until = Some(now + failing.open_for);
                    }
                }
            }
        }
    }
}

/// A call that is dropped unanswered says nothing, and leaves the trial to another.
impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.failing().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint, OptionsError> {
        Endpoint::parse(url, Duration::from_secs(1))
    }

    #[test]
    fn urls_that_cannot_be_served_are_refused_by_name() {
        for scheme in ["rediss", "unix", "redis+sentinel", "redis+cluster"] {
            let refused = parse(&format!("{scheme}://localhost:1")).err();
            assert_eq!(refused, Some(OptionsError::UnsupportedScheme { scheme: scheme.to_owned() }));
        }
        for url in ["", "localhost:6379", "http://localhost", "redis://", "redis://h:p", "redis://h/x", "redis://h/-1"]
        {
            assert!(matches!(parse(url), Err(OptionsError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn neither_logs_nor_errors_hold_the_password() {
        let endpoint = parse("redis://ana:s3cret@localhost:7000/2").unwrap();
        assert_eq!(endpoint.shown(), "localhost:7000/2");
        let refused = parse("redis://ana:s3cret@localhost:7000/x").err().unwrap();
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
        assert_eq!(parse("redis://localhost").unwrap().shown(), "localhost:6379/0");
    }

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn what_a_look_reads() {
        let key = Key::new("1", "2+2");
        let look = |found: Value, left: i64| read_look(&key, &found, &Value::Int(left));
        let second = Some(Duration::from_secs(1));
        assert_eq!(look(bulk(""), -2), Ok(Look::Nothing));
        assert_eq!(look(bulk("{}"), 1_000), Ok(Look::Line("{}".to_owned(), second)));
        assert_eq!(look(bulk("{}"), -1), Ok(Look::Line("{}".to_owned(), None)));
        assert_eq!(look(bulk("{}"), -2), Ok(Look::Line("{}".to_owned(), Some(Duration::ZERO))));
        assert_eq!(look(bulk(""), -1), Ok(Look::Unusable), "a person's empty text");
        assert!(matches!(look(bulk("\"lease:a.1.2\""), 3_000), Ok(Look::Lease(_))));
        assert_eq!(look(Value::Nil, -1), Err(Trouble::Protocol));
        assert_eq!(look(bulk("{}"), -3), Err(Trouble::Protocol));
        assert_eq!(read_look(&key, &bulk("{}"), &bulk("1")), Err(Trouble::Protocol));
    }

    #[test]
    fn the_breaker_opens_after_failures_and_tries_one_call() {
        let (breaker, start) = (Breaker::new(), Instant::now());
        let late = Some(Trouble::Timeout);
        for _ in 0..2 {
            breaker.admit(start).unwrap().report(late, start);
        }
        breaker.admit(start).unwrap().report(Some(Trouble::Full), start);
        for _ in 0..3 {
            breaker.admit(start).expect("a refused write is an answer").report(late, start);
        }
        assert!(breaker.admit(start + OPEN_FIRST / 2).is_none(), "open");
        let later = start + OPEN_FIRST;
        let trial = breaker.admit(later).expect("half open");
        assert!(breaker.admit(later).is_none(), "one call at a time tries");
        trial.report(late, later);
        assert!(breaker.admit(later + OPEN_FIRST).is_none(), "open for twice as long");
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("half open again");
        drop(trial);
        let trial = breaker.admit(later + 2 * OPEN_FIRST).expect("a call that was dropped is no verdict");
        trial.report(None, later);
        assert!(breaker.admit(later).is_some_and(|permit| !permit.is_trial), "closed");
    }

    #[test]
    fn memory_settings_are_read_from_info() {
        let info = "# Memory\r\nused_memory:1\r\nmaxmemory:0\r\nmaxmemory_human:0B\r\nmaxmemory_policy:noeviction\r\n";
        let eviction = Eviction { bytes_max: 0, policy: "noeviction".to_owned() };
        assert_eq!(Eviction::in_info(info), Some(eviction));
        assert_eq!(Eviction::in_info("# Memory\r\n"), None);
    }
}
