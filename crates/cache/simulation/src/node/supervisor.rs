//! The supervisor of the connection: the driver of the machine `link`.

use super::calls::{CallError, Purpose, Replies};
use super::{HANDSHAKE, Item, Node, Plant, label};
use crate::laws::Law;
use crate::network::ConnectionId;
use crate::protocol::link::{Access, Action, Event, News, Role, Sender, Status, Timer, Trust};
use crate::protocol::version::Moment;
use crate::redis::{Command, Expiry, Reply};
use crate::trouble::Trouble;
use crate::world::{Event as WorldEvent, MILLIS, Outside};

/// The name that heartbeats use, as long as those of the cache.
const HEARTBEAT: &str = "t::canary:00000000000000000000000000000000";

impl Node {
    pub(crate) fn start(&mut self, outside: &mut Outside) {
        self.link(Event::Rang(Timer::Reconnect), outside);
    }

    pub(super) fn is_attached(&self) -> bool {
        self.status.state != Trust::Detached
    }

    pub(super) fn link(&mut self, event: Event<Trouble>, outside: &mut Outside) {
        let (now, random) = (self.moment(outside), self.chance.fraction());
        for action in self.machine.on(event, now, random) {
            self.perform(action, outside);
        }
    }

    fn perform(&mut self, action: Action<Trouble>, outside: &mut Outside) {
        match action {
            Action::Connect => self.connect(outside),
            Action::Track => {
                let mut commands = if outside.plan.is_watched { vec![Command::Role] } else { Vec::new() };
                commands.push(Command::Track { prefix: "t:".into(), noloop: true });
                self.over_main(Purpose::Track, commands, outside);
            }
            Action::Canary => self.begin_canary(outside),
            Action::Heartbeat { reads, role } => {
                let mut commands = vec![Command::SetRange(HEARTBEAT.into(), 0, [].into())];
                if reads {
                    commands.push(Command::GetRange(HEARTBEAT.into(), 0, 0));
                }
                commands.extend(role.then_some(Command::Role));
                self.over_main(Purpose::Heartbeat { reads, role }, commands, outside);
            }
            Action::AskAddress => {
                let event = Event::AddressLeadsToPrimary(outside.leads_to_primary());
                self.wake(Item::Link(self.attempt, Box::new(event)), outside);
            }
            Action::Leave => self.leave_connection(outside),
            Action::ForgetAll(_) => self.purge(outside),
            Action::Publish(status) => self.publish(status, outside),
            Action::WakeAt(at, timer) => {
                self.timers_ever += 1;
                self.timers.insert(timer as usize, self.timers_ever);
                self.wake_at(at, Item::LinkTimer(self.timers_ever, timer), outside);
            }
            Action::Tell(news) => self.hear(&news, outside),
            Action::Count(_) => {}
        }
    }

    fn connect(&mut self, outside: &mut Outside) {
        self.is_connecting = true;
        self.main = outside.dial(self.id);
        if self.main.is_none() {
            // Refused, or no answer.
            let lost = Item::Link(self.attempt, Box::new(Event::Lost(Trouble::Connect)));
            let at = outside.now + self.chance.between(MILLIS / 10, 20 * MILLIS);
            return outside.schedule(at, WorldEvent::Node(self.id, self.boot, lost));
        }
        let deadline = Item::HandshakeDeadline(self.attempt);
        outside.schedule(outside.now + HANDSHAKE, WorldEvent::Node(self.id, self.boot, deadline));
    }

    fn over_main(&mut self, purpose: Purpose, commands: Vec<Command>, outside: &mut Outside) {
        if let Some(connection) = self.main {
            self.say(connection, purpose, commands, outside);
        }
    }

    /// A Sentinel tells of a primary, which may be another one than that of the connection.
    pub(crate) fn learns(&mut self, outside: &mut Outside) {
        let is_elsewhere = self.main.and_then(|main| outside.is_at(main)) != Some(outside.primary());
        if self.main.is_some() && is_elsewhere && outside.plant != Some(Plant::StaysWithReplica) {
            self.is_demoted(outside);
        }
    }

    pub(super) fn is_demoted(&mut self, outside: &mut Outside) {
        self.wake(Item::Link(self.attempt, Box::new(Event::Lost(Trouble::Demoted))), outside);
    }

    fn leave_connection(&mut self, outside: &mut Outside) {
        self.attempt += 1;
        self.is_connecting = false;
        self.timers.clear();
        self.invalidations.clear();
        for connection in self.main.take().into_iter().chain(self.canary.take().map(|(it, _)| it)) {
            outside.close_at_node(connection);
            self.end_calls(connection, outside);
        }
    }

    fn publish(&mut self, status: Status, outside: &mut Outside) {
        let before = std::mem::replace(&mut self.status, status);
        if before.state == Trust::Detached || status.state == Trust::Detached {
            self.refuses.clear();
            self.breaker = Default::default();
        }
        if before.state != status.state {
            outside.tell(|| format!("{} is {:?}", label(self.id), status.state));
        }
        if status.is_late {
            self.doubt(outside);
        }
    }

    fn hear(&mut self, news: &News<Trouble>, outside: &mut Outside) {
        match news {
            News::Coherent if std::mem::replace(&mut self.is_told_coherent, true) => {
                self.breaks(outside, Law::Told, "coherent is told twice");
            }
            News::Lost(_) | News::Unreachable(_) => self.is_told_coherent = false,
            _ => {}
        }
    }

    /// A socket was closed by the other end, or by a reset.
    pub(super) fn is_closed(&mut self, connection: ConnectionId, outside: &mut Outside) {
        if self.main == Some(connection) {
            // Memory stops serving at once; the supervisor does the rest.
            self.purge += 1;
            self.end_calls(connection, outside);
            self.wake(Item::Link(self.attempt, Box::new(Event::Lost(Trouble::Lost))), outside);
        } else if self.canary.as_ref().is_some_and(|(it, _)| *it == connection) {
            self.end_calls(connection, outside);
            self.fail_canary(outside);
        }
    }

    pub(super) fn link_has(&mut self, purpose: Purpose, result: Replies, outside: &mut Outside) {
        let event = match (purpose, result) {
            (Purpose::Canary, Ok(_)) => return,
            (Purpose::Canary, Err(_)) => return self.fail_canary(outside),
            (Purpose::Hello, Ok(_)) => {
                self.is_connecting = false;
                Event::Connected
            }
            (Purpose::Track, Ok(_)) => Event::Armed,
            (Purpose::Heartbeat { .. }, _) => Event::Lost(Trouble::Silent),
            (_, Err(CallError::Refused(trouble))) => Event::Lost(trouble),
            _ => Event::Lost(Trouble::Connect),
        };
        self.wake(Item::Link(self.attempt, Box::new(event)), outside);
    }

    pub(super) fn heartbeat_answered(
        &mut self,
        sent: Moment,
        reads: bool,
        role: Option<Role>,
        refused: Option<Trouble>,
        outside: &mut Outside,
    ) {
        if refused.is_some() {
            self.refuses.insert(false)
        } else {
            self.refuses.remove(&false)
        };
        if refused.is_some() {
            self.doubt(outside);
        }
        let answered = |access, refused| Event::Answered { sent, access, sender: Sender::Heartbeat(role), refused };
        if reads {
            self.report_answer(answered(Access::Reads, None), outside);
        }
        self.report_answer(answered(Access::Writes, refused), outside);
        self.wake(Item::Link(self.attempt, Box::new(Event::HeartbeatEnded)), outside);
    }

    // --- The canary: a change over a second connection ---

    fn begin_canary(&mut self, outside: &mut Outside) {
        self.canaries += 1;
        self.is_canary_heard = false;
        let name = format!("t::canary:{:016}{:016}", self.id, self.canaries).into();
        match outside.dial(self.id) {
            Some(connection) => self.canary = Some((connection, name)),
            None => return self.fail_canary(outside),
        }
        let at = outside.now + HANDSHAKE;
        outside.schedule(at, WorldEvent::Node(self.id, self.boot, Item::CanaryDeadline(self.canaries)));
    }

    pub(super) fn touch(&mut self, connection: ConnectionId, outside: &mut Outside) {
        let Some((_, name)) = self.canary.clone().filter(|(it, _)| *it == connection) else { return };
        let set = Command::Set { name: name.clone(), value: [].into(), only: None, expiry: Expiry::In(1_000) };
        self.say(connection, Purpose::Canary, vec![set, Command::Unlink(vec![name])], outside);
    }

    pub(super) fn canary_arrived(&mut self, outside: &mut Outside) {
        self.end_canary(outside);
        self.wake(Item::Link(self.attempt, Box::new(Event::CanaryHeard)), outside);
    }

    pub(super) fn canary_is_late(&mut self, number: u64, outside: &mut Outside) {
        if self.canary.is_some() && number == self.canaries && !self.is_canary_heard {
            self.fail_canary(outside);
        }
    }

    fn fail_canary(&mut self, outside: &mut Outside) {
        self.end_canary(outside);
        self.wake(Item::Link(self.attempt, Box::new(Event::CanaryFailed(Trouble::Canary))), outside);
    }

    fn end_canary(&mut self, outside: &mut Outside) {
        if let Some((connection, _)) = self.canary.take() {
            outside.close_at_node(connection);
            self.end_calls(connection, outside);
        }
    }
}

pub(super) fn role(reply: Option<&Reply>) -> Role {
    let Some(Reply::List(words)) = reply else { return Role::Unknown };
    match words.first() {
        Some(Reply::Bytes(word)) if **word == *b"master" => Role::Primary,
        Some(Reply::Bytes(_)) => Role::Replica,
        _ => Role::Unknown,
    }
}
