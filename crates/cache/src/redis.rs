//! The way to one primary: calls over its one connection, each under a deadline and a circuit breaker.
//!
//! No error of the client library leaves this file: who calls learns that there was no answer of use, and why.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::sync::Notify;

use crate::breaker::Breaker;
use crate::connection::{Address, Connection, trouble, within};
use crate::stats::{State, Trouble};

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

/// What one primary answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply<T> {
    Here(T),
    /// Another primary holds the key; this one said so.
    Elsewhere(Redirection),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Redirection {
    /// MOVED: from now on.
    Moved(Address),
    /// ASK: this once, and it is to be told so.
    Ask(Address),
}

/// The way to one primary: the connection of the moment, whether calls over it are worth making, and whether all that
/// changes behind it is known to be reported.
pub(crate) struct Link {
    /// Where others say that it is; `None` where nobody does.
    address: Option<Address>,
    connection: RwLock<Option<Connection>>,
    is_proven: AtomicBool,
    breaker: Breaker,
    /// No sign of life came when it should have.
    is_late: AtomicBool,
    /// The last read, or the last write, was refused, and so would be those of other nodes.
    refuses_reads: AtomicBool,
    refuses_writes: AtomicBool,
    /// Rung when there is more reason to doubt that anything will come of waiting.
    doubts: Notify,
}

/// What a primary is asked.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r> {
    pub(crate) commands: &'r [Cmd],
    pub(crate) is_write: bool,
    /// Another primary sent us, for this once.
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
            doubts: Notify::new(),
        }
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// Puts a new connection in the place of the one before, or none; it has to be proven.
    pub(crate) fn install(&self, connection: Option<Connection>) {
        for truth in [&self.is_proven, &self.is_late, &self.refuses_reads, &self.refuses_writes] {
            truth.store(false, SeqCst);
        }
        self.breaker.reset();
        let before = {
            let mut slot = self.connection.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, connection)
        };
        drop(before);
    }

    /// A change made over another connection was reported over this one.
    pub(crate) fn is_now_proven(&self) {
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

    /// A sign of life is overdue, long before the connection is taken for lost.
    pub(crate) fn is_late(&self) {
        self.is_late.store(true, SeqCst);
        self.doubts.notify_waiters();
    }

    /// A sign of life came, and said whether writes are taken.
    pub(crate) fn gives_sign(&self, takes_writes: bool) {
        self.is_late.store(false, SeqCst);
        self.refuses_writes.store(!takes_writes, SeqCst);
        if !takes_writes {
            self.doubts.notify_waiters();
        }
    }

    /// Waits until another node is waited for in vain: it could not write what it computes, or we would not hear of it.
    pub(crate) async fn no_use_in_waiting(&self) {
        loop {
            // It hears all that is rung from now on.
            let doubts = self.doubts.notified();
            let reasons = [&self.is_late, &self.refuses_reads, &self.refuses_writes];
            if reasons.iter().any(|reason| reason.load(SeqCst)) || self.breaker.is_open() {
                return;
            }
            doubts.await;
        }
    }

    /// The one way to a server: a connection, the breaker's leave, the deadline, and the breaker told how it went.
    pub(crate) async fn call<T>(
        &self,
        request: Request<'_>,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<Reply<T>, CallError> {
        let Request { commands, is_asking, is_write, deadline } = request;
        let connection = self.connection().ok_or(CallError::NotMade)?;
        let permit = self.breaker.admit(Instant::now()).ok_or(CallError::NotMade)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let replies = within(left, connection.send(&pipeline(commands, is_asking))).await;
        let result = replies.and_then(|replies| self.read(&replies, is_asking, read));
        let trouble = result.as_ref().err().copied();
        let mut is_doubtful = permit.report(trouble, Instant::now());
        let refuses = if is_write { &self.refuses_writes } else { &self.refuses_reads };
        match trouble {
            None => refuses.store(false, SeqCst),
            Some(Trouble::Protocol) => connection.doubt(),
            // It did not answer: of that, a sign of life tells more than one call.
            Some(Trouble::Timeout | Trouble::Lost) => {}
            Some(_) => {
                refuses.store(true, SeqCst);
                is_doubtful = true;
            }
        }
        if is_doubtful {
            self.doubts.notify_waiters();
        }
        result.map_err(CallError::Trouble)
    }

    fn read<T>(
        &self,
        replies: &[Value],
        is_asking: bool,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<Reply<T>, Trouble> {
        let mut own = Vec::new();
        // Each command had ASKING before it, which is answered too.
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
                let is_for_good = error.code() == Some("MOVED");
                let redirection = if is_for_good { Redirection::Moved } else { Redirection::Ask };
                return Ok(Reply::Elsewhere(redirection(address)));
            }
            // Error replies are trouble, but for that of a wrong type, which tells what stands there.
            if error.code() != Some("WRONGTYPE") {
                return Err(trouble(&error));
            }
        }
        read(replies).map(Reply::Here)
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
