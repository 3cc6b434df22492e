//! The link to one primary: calls over its one connection, each under a deadline and a circuit breaker.
//!
//! Callers never see an error of the client library; they learn that there is no usable reply, and why.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::sync::Notify;

use crate::breaker::Breaker;
use crate::connection::{Address, Connection, trouble, within};
use crate::stats::{State, Trouble};

/// Why a call has no usable reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// Not sent, because there is no connection, or the breaker is open.
    NotSent,
    /// Sent, and failed.
    Trouble(Trouble),
}

impl CallError {
    /// Whether the server may have executed the commands, or may still do so.
    pub(crate) fn may_have_run(self) -> bool {
        matches!(self, Self::Trouble(Trouble::Timeout | Trouble::Lost | Trouble::Protocol))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CallReply<T> {
    Here(T),
    /// Another primary holds the key.
    Elsewhere(Redirection),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Redirection {
    /// MOVED: for this call and all later ones.
    Moved(Address),
    /// ASK: only for this call, which must begin with ASKING.
    Ask(Address),
}

/// The link to one primary: its connection, its breaker, and whether its changes are known to be reported.
pub(crate) struct Link {
    /// The address that the nodes of a Cluster give; `None` outside a Cluster.
    address: Option<Address>,
    connection: RwLock<Option<Connection>>,
    is_proven: AtomicBool,
    breaker: Breaker,
    /// The last heartbeat has not been answered in time.
    is_late: AtomicBool,
    /// The server refused the last read or the last write, and would refuse those of other nodes too.
    refuses_reads: AtomicBool,
    refuses_writes: AtomicBool,
    /// Notified when it has become less likely that another node will write the value we wait for.
    wait_doubted: Notify,
}

#[derive(Clone, Copy)]
pub(crate) struct CallRequest<'r> {
    pub(crate) commands: &'r [Cmd],
    pub(crate) is_write: bool,
    /// Whether another primary redirected only this call here.
    pub(crate) is_asking: bool,
    pub(crate) deadline: Instant,
}

impl Link {
    pub(crate) fn new(address: Option<Address>) -> Self {
        Self {
            address,
            connection: RwLock::new(None),
            is_proven: AtomicBool::new(false),
            breaker: Breaker::new(),
            is_late: AtomicBool::new(false),
            refuses_reads: AtomicBool::new(false),
            refuses_writes: AtomicBool::new(false),
            wait_doubted: Notify::new(),
        }
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// Replaces the connection by a new one, which is not proven yet, or by none.
    pub(crate) fn install(&self, connection: Option<Connection>) {
        for flag in [&self.is_proven, &self.is_late, &self.refuses_reads, &self.refuses_writes] {
            flag.store(false, SeqCst);
        }
        self.breaker.reset();
        let before = {
            let mut slot = self.connection.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, connection)
        };
        drop(before);
    }

    /// A change that was made over another connection was reported over this one.
    pub(crate) fn record_proof(&self) {
        self.is_proven.store(true, SeqCst);
    }

    pub(crate) fn connection(&self) -> Option<Connection> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> State {
        if self.is_proven.load(SeqCst) {
            return State::Coherent;
        }
        match &*self.connection.read().unwrap_or_else(PoisonError::into_inner) {
            Some(_) => State::CatchingUp,
            None => State::Detached,
        }
    }

    /// Whether commands that nobody waits for should not be sent now.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.state() != State::Coherent || self.is_late.load(SeqCst) || self.breaker.is_open()
    }

    /// A heartbeat is overdue, long before the connection counts as lost.
    pub(crate) fn record_late_heartbeat(&self) {
        self.is_late.store(true, SeqCst);
        self.wait_doubted.notify_waiters();
    }

    /// A heartbeat arrived, and said whether the server accepts writes.
    pub(crate) fn record_heartbeat(&self, accepts_writes: bool) {
        self.is_late.store(false, SeqCst);
        self.refuses_writes.store(!accepts_writes, SeqCst);
        if !accepts_writes {
            self.wait_doubted.notify_waiters();
        }
    }

    /// Waits until waiting for another node is useless: it could not write its value, or we would not be notified.
    pub(crate) async fn until_waiting_is_futile(&self) {
        loop {
            // Registered before the checks, so that no notification is missed.
            let doubted = self.wait_doubted.notified();
            let reasons = [&self.is_late, &self.refuses_reads, &self.refuses_writes];
            if reasons.iter().any(|reason| reason.load(SeqCst)) || self.breaker.is_open() {
                return;
            }
            doubted.await;
        }
    }

    /// The only way to a server: needs a connection and the breaker's permit, keeps the deadline, and tells the breaker
    /// the result.
    pub(crate) async fn call<T>(
        &self,
        request: CallRequest<'_>,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<CallReply<T>, CallError> {
        let CallRequest { commands, is_asking, is_write, deadline } = request;
        let connection = self.connection().ok_or(CallError::NotSent)?;
        let permit = self.breaker.admit(Instant::now()).ok_or(CallError::NotSent)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let replies = within(left, connection.send(&pipeline(commands, is_asking))).await;
        let result = replies.and_then(|replies| self.read(&replies, is_asking, read));
        let trouble = result.as_ref().err().copied();
        let mut is_doubtful = permit.report(trouble, Instant::now());
        let refuses = if is_write { &self.refuses_writes } else { &self.refuses_reads };
        match trouble {
            None => refuses.store(false, SeqCst),
            Some(Trouble::Protocol) => connection.doubt(),
            // No reply: the next heartbeat shows more than this call.
            Some(Trouble::Timeout | Trouble::Lost) => {}
            Some(_) => {
                refuses.store(true, SeqCst);
                is_doubtful = true;
            }
        }
        if is_doubtful {
            self.wait_doubted.notify_waiters();
        }
        result.map_err(CallError::Trouble)
    }

    fn read<T>(
        &self,
        replies: &[Value],
        is_asking: bool,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<CallReply<T>, Trouble> {
        let mut own = Vec::new();
        // Each command follows an ASKING, which has its own reply.
        let replies = if is_asking {
            own.extend(replies.iter().skip(1).step_by(2).cloned());
            &own
        } else {
            replies
        };
        for error in replies.iter().filter_map(server_error) {
            if let Some((address, _)) = error.redirect_node() {
                let address = Address::parse(address).ok_or(Trouble::Protocol)?;
                let address = match &self.address {
                    Some(asked) => address.or_host_of(asked),
                    None => address,
                };
                let is_moved = error.code() == Some("MOVED");
                let redirection = if is_moved { Redirection::Moved } else { Redirection::Ask };
                return Ok(CallReply::Elsewhere(redirection(address)));
            }
            // An error reply is a failure, except for a wrong type, which tells what the key holds.
            if error.code() != Some("WRONGTYPE") {
                return Err(trouble(&error));
            }
        }
        read(replies).map(CallReply::Here)
    }
}

fn pipeline(commands: &[Cmd], is_asking: bool) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(2 * commands.len());
    for command in commands {
        if is_asking {
            pipeline.cmd("ASKING");
        }
        pipeline.add_command(command.clone());
    }
    pipeline
}

fn server_error(reply: &Value) -> Option<RedisError> {
    match reply {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    }
}
