//! Calls over the one connection: sent together, answered in order, each under a deadline and the breaker.

use std::time::Duration;

use super::supervisor::role;
use super::{Arrival, CALL, HANDSHAKE, Item, Node, Plant, Queued, label};
use crate::laws::Author;
use crate::network::ConnectionId;
use crate::protocol::link::{Access, Event as LinkEvent, Role, Sender};
use crate::protocol::version::{Moment, VersionStamp};
use crate::redis::{Command, Message, Name, Reply};
use crate::trouble::Trouble;
use crate::world::{MILLIS, Outside, SECOND, Time};

pub(crate) type CallId = u64;

/// What a call is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A step of a flight.
    Flight(usize, u64),
    WriteBehind,
    /// Prolongs a key, under this stamp.
    Renewal(usize, VersionStamp),
    Remove(usize),
    Scan,
    /// Of these names, after a scan that goes on at this cursor.
    Unlink(u64, Vec<Name>),
    Hello,
    Track,
    Heartbeat {
        reads: bool,
        role: bool,
    },
    Canary,
}

impl Purpose {
    fn author(&self) -> Author {
        match self {
            Self::Flight(..) => Author::Flight,
            Self::WriteBehind | Self::Renewal(..) => Author::WriteBehind,
            Self::Remove(_) | Self::Scan | Self::Unlink(..) => Author::Operator,
            _ => Author::Link,
        }
    }

    fn is_of_link(&self) -> bool {
        self.author() == Author::Link
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) purpose: Purpose,
    pub(crate) access: Access,
    pub(crate) sent: Moment,
    replies: Vec<Reply>,
    purges: usize,
    is_trial: bool,
}

/// Why a call has no usable reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    NotSent,
    /// It may have run, or may still run.
    Open,
    Refused(Trouble),
}

/// The replies, and the purges that were executed when the last of them was made.
pub(crate) type Replies = Result<(Vec<Reply>, usize), CallError>;

/// As the breaker of a link: closed, open after failures, half-open for one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    in_a_row: u32,
    open_until: Option<Time>,
    open_for: Time,
    is_trial_running: bool,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Whether a call may be sent, and whether it is the trial.
    fn admit(&mut self, now: Time) -> Option<bool> {
        let is_trial = match self.open_until {
            None => false,
            Some(until) if now < until || self.is_trial_running => return None,
            Some(_) => true,
        };
        self.is_trial_running |= is_trial;
        Some(is_trial)
    }

    fn report(&mut self, is_trial: bool, error: Option<CallError>, now: Time) {
        self.is_trial_running &= !is_trial;
        match error {
            None | Some(CallError::Refused(Trouble::ReadOnly | Trouble::Full)) => *self = Self::default(),
            Some(_) => {
                self.in_a_row += 1;
                if is_trial || self.in_a_row >= 3 && self.open_until.is_none() {
                    self.open_for = (self.open_for * 2).clamp(250 * MILLIS, SECOND);
                    self.open_until = Some(now + self.open_for);
                }
            }
        }
    }
}

impl Node {
    /// A call of the cache: needs a connection that is not late, and the breaker's permit.
    pub(super) fn call(&mut self, purpose: Purpose, access: Access, commands: Vec<Command>, outside: &mut Outside) {
        let connection = self.main.filter(|_| self.is_attached() && !self.status.is_late);
        let Some(connection) = connection else { return self.end_call(purpose, Err(CallError::NotSent), outside) };
        let Some(is_trial) = self.breaker.admit(outside.now) else {
            return self.end_call(purpose, Err(CallError::NotSent), outside);
        };
        self.send(connection, purpose, access, commands, CALL, is_trial, outside);
    }

    /// Sends commands without asking the breaker: what the supervisor does.
    pub(super) fn say(
        &mut self,
        connection: ConnectionId,
        purpose: Purpose,
        commands: Vec<Command>,
        outside: &mut Outside,
    ) {
        self.send(connection, purpose, Access::Writes, commands, HANDSHAKE, false, outside);
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where a call is made")]
    fn send(
        &mut self,
        connection: ConnectionId,
        purpose: Purpose,
        access: Access,
        commands: Vec<Command>,
        deadline: Time,
        is_trial: bool,
        outside: &mut Outside,
    ) {
        let id = self.calls_ever;
        self.calls_ever += 1;
        self.outstanding.entry(connection).or_default().push_back((id, commands.len()));
        let author = purpose.author();
        let sent = self.moment(outside);
        self.calls.insert(id, Call { purpose, access, sent, replies: Vec::new(), purges: 0, is_trial });
        self.wake_at(sent + Duration::from_nanos(deadline), Item::CallDeadline(id), outside);
        outside.send(connection, commands, author);
    }

    /// Takes one message from a socket.
    pub(super) fn read(&mut self, connection: ConnectionId, outside: &mut Outside) {
        let Some(arrival) = self.inboxes.get_mut(&connection).and_then(|inbox| inbox.pop_front()) else { return };
        outside.has_read(connection);
        let is_main = self.main == Some(connection);
        match arrival {
            Arrival::Connected => {
                let hello = vec![Command::Hello(3)];
                if is_main {
                    self.say(connection, Purpose::Hello, hello, outside);
                } else {
                    self.touch(connection, outside);
                }
            }
            Arrival::Closed => self.is_closed(connection, outside),
            Arrival::Message(Message::Reply(reply), purges) => self.has_reply(connection, reply, purges, outside),
            Arrival::Message(Message::Changed(names), purges) if is_main => {
                self.invalidations.push_back(Queued::Changed(names, purges));
                self.wake(Item::Apply, outside);
            }
            Arrival::Message(Message::Flushed, purges) if is_main => self.flushed(purges, outside),
            Arrival::Message(..) => {}
        }
    }

    fn has_reply(&mut self, connection: ConnectionId, reply: Reply, purges: usize, outside: &mut Outside) {
        let Some(outstanding) = self.outstanding.get_mut(&connection) else { return };
        let Some((id, left)) = outstanding.front_mut() else { return };
        let id = *id;
        *left -= 1;
        let is_last = *left == 0;
        if is_last {
            outstanding.pop_front();
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.replies.push(reply);
        // A value is from when it was read: the first reply of a lookup.
        if call.replies.len() == 1 {
            call.purges = purges;
        }
        if is_last && let Some(call) = self.calls.remove(&id) {
            self.is_answered(call, outside);
        }
    }

    fn is_answered(&mut self, call: Call, outside: &mut Outside) {
        let error = call.replies.iter().find_map(refusal);
        // Tracking begins with that question, and a heartbeat ends with it.
        let is_demoted = outside.plan.is_watched
            && matches!(call.purpose, Purpose::Heartbeat { .. } | Purpose::Track)
            && call.replies.iter().any(|reply| role(Some(reply)) == Role::Replica);
        if is_demoted && outside.plant != Some(Plant::StaysWithReplica) {
            return self.is_demoted(outside);
        }
        let role = role(call.replies.last());
        let result = match error {
            Some(trouble) => Err(CallError::Refused(trouble)),
            None => Ok((call.replies, call.purges)),
        };
        if !call.purpose.is_of_link() {
            self.breaker.report(call.is_trial, result.as_ref().err().copied(), outside.now);
            let is_read = call.access == Access::Reads;
            if result.is_err() {
                self.refuses.insert(is_read)
            } else {
                self.refuses.remove(&is_read)
            };
            let sent = if outside.plant == Some(Plant::SignDatedByReply) { self.moment(outside) } else { call.sent };
            let refused = error;
            self.report_answer(
                LinkEvent::Answered { sent, access: call.access, sender: Sender::Call, refused },
                outside,
            );
            if result.is_err() || self.breaker.is_open() {
                self.doubt(outside);
            }
        } else if let Purpose::Heartbeat { reads, role: asks_role } = call.purpose {
            let sent = if outside.plant == Some(Plant::SignDatedByReply) { self.moment(outside) } else { call.sent };
            let is_told = asks_role && outside.plant != Some(Plant::StaysWithReplica);
            return self.heartbeat_answered(sent, reads, is_told.then_some(role), error, outside);
        }
        self.end_call(call.purpose, result, outside);
    }

    /// Passes a sign of life on, behind the invalidations that came before it.
    pub(super) fn report_answer(&mut self, event: LinkEvent<Trouble>, outside: &mut Outside) {
        self.invalidations.push_back(Queued::Answered(Box::new(event)));
        self.wake(Item::Apply, outside);
    }

    pub(super) fn call_is_late(&mut self, id: CallId, outside: &mut Outside) {
        let Some(call) = self.calls.remove(&id) else { return };
        if !call.purpose.is_of_link() {
            outside.tell(|| format!("{} gets no reply in time", label(self.id)));
            self.breaker.report(call.is_trial, Some(CallError::Open), outside.now);
            if self.breaker.is_open() {
                self.doubt(outside);
            }
        }
        self.end_call(call.purpose, Err(CallError::Open), outside);
    }

    /// Ends what is open on a connection that is lost.
    pub(super) fn end_calls(&mut self, connection: ConnectionId, outside: &mut Outside) {
        self.inboxes.remove(&connection);
        for (id, _) in self.outstanding.remove(&connection).unwrap_or_default() {
            if let Some(call) = self.calls.remove(&id)
                && !call.purpose.is_of_link()
            {
                self.breaker.report(call.is_trial, Some(CallError::Open), outside.now);
                self.end_call(call.purpose, Err(CallError::Open), outside);
            }
        }
    }

    pub(super) fn end_call(&mut self, purpose: Purpose, result: Replies, outside: &mut Outside) {
        match purpose {
            Purpose::Flight(key, step) => self.flight_has(key, step, result, outside),
            Purpose::WriteBehind => self.has_written_behind(outside),
            Purpose::Renewal(key, stamp) => self.has_renewed(key, stamp, &result, outside),
            Purpose::Remove(key) => self.has_removed(key, &result, outside),
            Purpose::Scan => self.has_scanned(&result, outside),
            Purpose::Unlink(cursor, names) => self.has_unlinked(cursor, &names, &result, outside),
            _ => self.link_has(purpose, result, outside),
        }
    }
}

/// What an error says. A wrong type tells what the key holds.
fn refusal(reply: &Reply) -> Option<Trouble> {
    let Reply::Error(text) = reply else { return None };
    match text.split(' ').next() {
        Some("WRONGTYPE") => None,
        Some("OOM") => Some(Trouble::Full),
        Some("READONLY" | "MISCONF" | "NOREPLICAS") => Some(Trouble::ReadOnly),
        Some("LOADING") => Some(Trouble::Loading),
        _ => Some(Trouble::Other),
    }
}
