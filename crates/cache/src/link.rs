//! The link to one primary: calls over its one connection, each under a deadline and a circuit breaker.
//!
//! Callers never see an error of the client library; they learn that there is no usable reply, and why.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::sync::{Notify, mpsc};

use crate::breaker::Breaker;
use crate::clock::Clock;
use crate::connection::{Address, Connection, failure, within};
use crate::failure::Failure;
use crate::protocol::hit::nanos;
use crate::protocol::link::{Access, Sender, Status, Trust};
use crate::protocol::version::Moment;
use crate::stats::{State, Trouble};

/// The least time between two answers to reads, or to writes, that are passed on: a busy node has thousands in a second.
const SIGNS_EVERY: Duration = Duration::from_millis(10);

/// What passes through the queue of a connection, in the order of its arrival.
pub(crate) enum Message {
    /// The names in Redis of keys that have changed, and when the push arrived.
    Changed(Vec<Value>, Instant),
    /// This goes through the queue so that it counts only when the invalidations that arrived before it are applied.
    Answered(Answered),
}

/// An answered command. It shows that Redis lives, and that what had changed before the command was sent has been
/// received: all but the changes of the turn of the server's event loop in which the command was executed.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Not the moment of the reply, which may have been in the socket for long before it was read.
    pub(crate) sent: Moment,
    pub(crate) access: Access,
    pub(crate) sender: Sender,
    pub(crate) refused: Option<Failure>,
}

/// A connection, and the queue of its messages.
#[derive(Clone)]
pub(crate) struct Attached {
    pub(crate) connection: Connection,
    pub(crate) queue: mpsc::Sender<Message>,
}

impl Attached {
    /// Passes an answer on. If the queue is full, it is no sign of life.
    pub(crate) fn report(&self, answered: Answered) {
        let _ = self.queue.try_send(Message::Answered(answered));
    }
}

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

/// The link to one primary: its connection, its breaker, and what is known of it.
pub(crate) struct Link {
    /// The address that the nodes of a Cluster give; `None` outside a Cluster.
    address: Option<Address>,
    clock: Clock,
    present: RwLock<Present>,
    breaker: Breaker,
    reads: Answers,
    writes: Answers,
    /// Notified when it has become less likely that another node will write the value we wait for.
    wait_doubted: Notify,
}

/// The answers to reads, or those to writes. A lookup comes just before most writes, and must not hide theirs.
#[derive(Default)]
struct Answers {
    /// When the last one that was passed on was sent, in nanoseconds of the clock.
    passed_on: AtomicU64,
    /// The server refused the last one, and would refuse those of other nodes too.
    is_refused: AtomicBool,
}

struct Present {
    attached: Option<Attached>,
    status: Status,
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
    pub(crate) fn new(address: Option<Address>, clock: Clock) -> Self {
        Self {
            address,
            clock,
            present: RwLock::new(Present { attached: None, status: Status::detached() }),
            breaker: Breaker::new(),
            reads: Answers::default(),
            writes: Answers::default(),
            wait_doubted: Notify::new(),
        }
    }

    pub(crate) fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// Publishes what is known of the primary now, and its connection.
    pub(crate) fn publish(&self, status: Status, attached: Option<Attached>) {
        let before = {
            let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *present, Present { attached, status })
        };
        if before.attached.is_none() || status.state == Trust::Detached {
            self.reads.is_refused.store(false, SeqCst);
            self.writes.is_refused.store(false, SeqCst);
            self.breaker.reset();
        }
        if status.is_late {
            self.wait_doubted.notify_waiters();
        }
    }

    pub(crate) fn detach(&self) {
        self.publish(Status::detached(), None);
    }

    pub(crate) fn connection(&self) -> Option<Connection> {
        self.present().attached.as_ref().map(|attached| attached.connection.clone())
    }

    fn present(&self) -> std::sync::RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        self.present().status
    }

    pub(crate) fn state(&self) -> State {
        match self.status().state {
            Trust::Detached => State::Detached,
            Trust::CatchingUp => State::CatchingUp,
            Trust::Coherent => State::Coherent,
        }
    }

    /// Whether commands that nobody waits for should not be sent now.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let Status { state, is_late, .. } = self.status();
        state != Trust::Coherent || is_late || self.breaker.is_open()
    }

    /// Notes whether a write was refused by the heartbeat.
    pub(crate) fn record_heartbeat(&self, accepts_writes: bool) {
        self.writes.is_refused.store(!accepts_writes, SeqCst);
        if !accepts_writes {
            self.wait_doubted.notify_waiters();
        }
    }

    /// Waits until waiting for another node is useless: it could not write its value, or we would not be notified.
    pub(crate) async fn until_waiting_is_futile(&self) {
        loop {
            // Registered before the checks, so that no notification is missed.
            let doubted = self.wait_doubted.notified();
            let is_refused = self.reads.is_refused.load(SeqCst) || self.writes.is_refused.load(SeqCst);
            if is_refused || self.status().is_late || self.breaker.is_open() {
                return;
            }
            doubted.await;
        }
    }

    /// The only way to a server: needs a connection that is not late and the breaker's permit, keeps the deadline, and
    /// tells the breaker the result.
    pub(crate) async fn call<T>(
        &self,
        request: CallRequest<'_>,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<CallReply<T>, CallError> {
        let CallRequest { commands, is_asking, is_write, deadline } = request;
        let attached = self.attached_in_time().ok_or(CallError::NotSent)?;
        let permit = self.breaker.admit(Instant::now()).ok_or(CallError::NotSent)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let sent = self.clock.now();
        let replies = within(left, attached.connection.send(&pipeline(commands, is_asking))).await;
        let result = replies.and_then(|replies| self.read(&replies, is_asking, read));
        let failure = result.as_ref().err();
        let mut is_doubtful = permit.report(failure.map(|failure| failure.trouble), Instant::now());
        match failure.map(|failure| failure.trouble) {
            Some(Trouble::Protocol) => attached.connection.doubt(),
            // No reply: the next heartbeat shows more than this call.
            Some(Trouble::Timeout | Trouble::Lost) => {}
            trouble => {
                is_doubtful |= trouble.is_some();
                let access = if is_write { Access::Writes } else { Access::Reads };
                self.note_answer(&attached, sent, access, failure.cloned());
            }
        }
        if is_doubtful {
            self.wait_doubted.notify_waiters();
        }
        result.map_err(|failure| CallError::Trouble(failure.trouble))
    }

    /// The connection, unless the server is late: then a call would only wait for its deadline.
    fn attached_in_time(&self) -> Option<Attached> {
        let present = self.present();
        present.attached.clone().filter(|_| !present.status.is_late)
    }

    /// Notes that a call was answered, and passes this on if it is news.
    fn note_answer(&self, attached: &Attached, sent: Moment, access: Access, refused: Option<Failure>) {
        let answers = match access {
            Access::Reads => &self.reads,
            Access::Writes => &self.writes,
        };
        let has_turned = answers.is_refused.swap(refused.is_some(), SeqCst) != refused.is_some();
        let last = answers.passed_on.load(SeqCst);
        let is_due = nanos(sent) >= last.saturating_add(nanos(SIGNS_EVERY));
        if is_due {
            answers.passed_on.store(nanos(sent), SeqCst);
        }
        if has_turned || is_due {
            attached.report(Answered { sent, access, sender: Sender::Call, refused });
        }
    }

    fn read<T>(
        &self,
        replies: &[Value],
        is_asking: bool,
        read: impl Fn(&[Value]) -> Result<T, Trouble>,
    ) -> Result<CallReply<T>, Failure> {
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
                return Err(failure(&error));
            }
        }
        read(replies).map(CallReply::Here).map_err(Failure::from)
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
