//! The supervisor of one primary's connection: the driver of [`protocol::link`](crate::protocol::link). It does what the
//! machine asks for, and gives it what happened. Whatever decides anything is in the machine.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::coherence::Coherence;
use crate::connection::{Connection, Endpoint};
use crate::failure::Failure;
use crate::invalidation::{Canary, apply_invalidations, push_handler};
use crate::link::{Answered, Attached, Link};
use crate::memory::Invalidated;
use crate::options::Deadlines;
use crate::primaries::Primaries;
use crate::protocol::link::{
    Access, Action, Event, Machine, News, Purge, Role, Sender, Settings, Status, Timer, Trust,
};
use crate::protocol::version::Moment;
use crate::stats::{Cause, Label, Trouble};

/// The maximum number of queued messages: invalidations, each with any number of keys, and answers.
const MESSAGES_MAX: usize = 4_096;
/// A heartbeat is late after so many deadlines of a call: on a busy machine, single calls may be late.
const LATE_FACTOR: u32 = 2;
/// Names drawn for a canary until this primary holds one: with a single slot, that takes some 16,384.
const CANARY_NAMES_MAX: u32 = 200_000;

/// Where a primary is.
pub(crate) trait Place: Send + Sync + 'static {
    /// Whether it may turn out to be a replica, because another server may have become the primary.
    const IS_ROLE_WATCHED: bool;

    /// For logs.
    fn shown(&self) -> String;

    /// The server to connect to now.
    fn find(&self) -> impl Future<Output = Result<Endpoint, Failure>> + Send;

    /// Waits until it is another server than this one, and tells why.
    fn moved(&self, from: &Endpoint) -> impl Future<Output = Failure> + Send;
}

/// One address. It is resolved for each connection.
pub(crate) struct Fixed<const IS_ROLE_WATCHED: bool>(pub(crate) Endpoint);

impl<const IS_ROLE_WATCHED: bool> Place for Fixed<IS_ROLE_WATCHED> {
    const IS_ROLE_WATCHED: bool = IS_ROLE_WATCHED;

    fn shown(&self) -> String {
        self.0.shown()
    }

    async fn find(&self) -> Result<Endpoint, Failure> {
        Ok(self.0.clone())
    }

    async fn moved(&self, _: &Endpoint) -> Failure {
        std::future::pending().await
    }
}

/// Supervises the connection to one primary.
pub(crate) struct Supervisor<P> {
    context: Context,
    link: Arc<Link>,
    place: Arc<P>,
}

/// The parts of a cache that all its supervisors share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) coherence: Arc<Coherence>,
    pub(crate) memory: Arc<dyn Invalidated>,
    pub(crate) primaries: Arc<Primaries>,
    pub(crate) deadlines: Deadlines,
}

/// What a task of an attempt reports.
enum Report {
    Event(Event<Failure>),
    Found(Box<Endpoint>),
    Connected(Attached),
}

/// One connection, from the attempt to its end. When it is dropped, its tasks end.
struct Attempt {
    /// What is known of it so far.
    endpoint: Option<Endpoint>,
    attached: Option<Attached>,
    /// The name that heartbeats use: one that this primary holds. If it holds none, any name shows that its slots are not
    /// served.
    heartbeat_name: Option<String>,
    canary: watch::Sender<Canary>,
    tasks: JoinSet<()>,
    reports: mpsc::UnboundedReceiver<Report>,
    sender: mpsc::UnboundedSender<Report>,
}

impl Attempt {
    fn new() -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        let canary = watch::channel(Canary::default()).0;
        Self { endpoint: None, attached: None, heartbeat_name: None, canary, tasks: JoinSet::new(), reports, sender }
    }

    /// Runs work in a task, and reports its event.
    fn run(&mut self, work: impl Future<Output = Event<Failure>> + Send + 'static) {
        let (work, sender): (BoxFuture<_>, _) = (Box::pin(work), self.sender.clone());
        self.tasks.spawn(async move {
            // The receiver is gone if the attempt is.
            let _ = sender.send(Report::Event(work.await));
        });
    }
}

impl<P: Place> Supervisor<P> {
    pub(crate) fn new(context: Context, link: Arc<Link>, place: P) -> Self {
        Self { context, link, place: Arc::new(place) }
    }

    /// Keeps the primary connected. Never ends.
    pub(crate) async fn run(&self) {
        let Deadlines { heartbeat, call, .. } = self.context.deadlines;
        let mut driven = Driven {
            supervisor: self,
            machine: Machine::new(Settings {
                heartbeat,
                late: LATE_FACTOR * call,
                belief: self.context.deadlines.belief(),
                is_role_watched: P::IS_ROLE_WATCHED,
            }),
            attempt: Attempt::new(),
            timers: [None; Timer::COUNT],
            server: String::new(),
            is_eviction_checked: false,
        };
        let mut event = Event::Rang(Timer::Reconnect);
        loop {
            driven.step(event);
            event = driven.next().await;
        }
    }

    /// A token, and a name that this primary holds; `None` if it seems to hold none.
    fn draw_canary(&self) -> Option<(String, String)> {
        let Context { coherence, primaries, .. } = &self.context;
        let draw = |_| {
            let token = format!("{:032x}", fastrand::u128(..));
            let name = coherence.namespace.canary(&token);
            (token, name)
        };
        (0..CANARY_NAMES_MAX).map(draw).find(|(_, name)| primaries.is_held_by(&self.link, name))
    }
}

/// A machine that is driven.
struct Driven<'s, P> {
    supervisor: &'s Supervisor<P>,
    machine: Machine<Failure>,
    attempt: Attempt,
    timers: [Option<(Moment, Timer)>; Timer::COUNT],
    /// The server of the last attempt, for logs.
    server: String,
    /// Whether the server's eviction policy was checked, with warnings in the log if necessary.
    is_eviction_checked: bool,
}

impl<P: Place> Driven<'_, P> {
    fn context(&self) -> &Context {
        &self.supervisor.context
    }

    fn now(&self) -> Moment {
        self.context().coherence.now()
    }

    fn step(&mut self, event: Event<Failure>) {
        if let Event::Lost(Failure { words, .. }) = &event {
            self.context().coherence.note_failure(&self.server, words);
        }
        for action in self.machine.on(event, self.now(), fastrand::f64()) {
            self.perform(action);
        }
    }

    /// Waits for what happens next. What was reported comes before the timers: an answer that has arrived is not late.
    async fn next(&mut self) -> Event<Failure> {
        loop {
            let next = self.timers.iter().copied().flatten().min_by_key(|(at, _)| *at);
            let clock = self.context().coherence.clock;
            let rings = async {
                match next.and_then(|(at, timer)| Some((clock.instant(at)?, timer))) {
                    Some((at, timer)) => {
                        tokio::time::sleep_until(at.into()).await;
                        timer
                    }
                    None => std::future::pending().await,
                }
            };
            let report = tokio::select! {
                biased;
                Some(report) = self.attempt.reports.recv() => report,
                Some(Err(_)) = self.attempt.tasks.join_next() => {
                    return Event::Lost(Failure::new(Trouble::Other, "a task of the connection panicked"));
                }
                timer = rings => {
                    self.timers[timer as usize] = None;
                    return Event::Rang(timer);
                }
            };
            match report {
                Report::Event(event) => return event,
                Report::Found(endpoint) => {
                    self.server = endpoint.shown();
                    self.attempt.endpoint = Some(*endpoint);
                }
                Report::Connected(attached) => {
                    self.attempt.attached = Some(attached);
                    return Event::Connected;
                }
            }
        }
    }

    fn perform(&mut self, action: Action<Failure>) {
        let Context { coherence, .. } = self.context();
        match action {
            Action::Connect => self.connect(),
            Action::Track => self.track(),
            Action::Canary => self.canary(),
            Action::Heartbeat { reads, role } => self.heartbeat(reads, role),
            Action::AskAddress => self.ask_address(),
            Action::Leave => {
                self.attempt = Attempt::new();
                self.timers = [None; Timer::COUNT];
                // The topology may have changed.
                self.context().primaries.doubt();
            }
            Action::ForgetAll(Purge::Attached) => coherence.purge(Cause::Attached),
            Action::ForgetAll(Purge::Detached) => coherence.purge(Cause::Detached),
            Action::Publish(status) => self.publish(status),
            Action::WakeAt(at, timer) => self.timers[timer as usize] = Some((at, timer)),
            Action::Tell(news) => self.tell(news),
            Action::Count(failure) => coherence.counters.errors.add(failure.trouble),
        }
    }

    fn connect(&mut self) {
        let (lost, sender) = (Arc::new(Notify::new()), self.attempt.sender.clone());
        let (messages, queue) = mpsc::channel(MESSAGES_MAX);
        let Context { coherence, memory, .. } = self.context().clone();
        let on_push = push_handler(coherence.clone(), messages.clone(), lost.clone());
        let place = self.supervisor.place.clone();
        self.server = place.shown();
        let answers = sender.clone();
        let on_answer = move |Answered { sent, access, sender, refused }| {
            let _ = answers.send(Report::Event(Event::Answered { sent, access, sender, refused }));
        };
        self.attempt.tasks.spawn(apply_invalidations(coherence, memory, self.attempt.canary.clone(), queue, on_answer));
        self.attempt.run(async move {
            let report = |report| {
                // The receiver is gone if the attempt is.
                let _ = sender.send(report);
            };
            let endpoint = match place.find().await {
                Ok(endpoint) => endpoint,
                Err(failure) => return Event::Lost(failure),
            };
            report(Report::Found(Box::new(endpoint.clone())));
            let connection = match endpoint.connect(on_push).await {
                Ok(connection) => connection,
                Err(failure) => return Event::Lost(failure),
            };
            report(Report::Connected(Attached { connection: connection.clone(), queue: messages }));
            tokio::select! {
                () = lost.notified() => Event::Lost(Trouble::Lost.into()),
                () = connection.doubted() => Event::Lost(Trouble::Protocol.into()),
                failure = place.moved(&endpoint) => Event::Lost(failure),
            }
        });
    }

    fn track(&mut self) {
        let Some(Attached { connection, .. }) = self.attempt.attached.clone() else { return };
        let coherence = self.context().coherence.clone();
        self.attempt.run(async move {
            let armed = async {
                if P::IS_ROLE_WATCHED && connection.role().await? == Role::Replica {
                    return Err(Trouble::Demoted.into());
                }
                let tracking = connection.track(coherence.namespace.prefix()).await;
                tracking.map_err(|failure| failure.about("it does not report changes"))
            };
            armed.await.map_or_else(Event::Lost, |()| Event::Armed)
        });
    }

    /// Changes a key over a second connection, since NOLOOP withholds our own changes, and waits for the push.
    fn canary(&mut self) {
        let Some(endpoint) = self.attempt.endpoint.clone() else { return };
        let Some((token, name)) = self.supervisor.draw_canary() else {
            return self.attempt.run(async { Event::CanaryFailed(Trouble::Canary.into()) });
        };
        self.attempt.canary.send_replace(Canary { token, has_arrived: false });
        let (mut arrival, handshake) = (self.attempt.canary.subscribe(), self.context().deadlines.handshake);
        self.attempt.run(async move {
            let touched = async { endpoint.connect(|_| {}).await?.touch(&name).await };
            if let Err(failure) = touched.await {
                return Event::CanaryFailed(failure);
            }
            let arrived = arrival.wait_for(|canary| canary.has_arrived);
            match tokio::time::timeout(handshake, arrived).await {
                Ok(Ok(_)) => Event::CanaryHeard,
                _ => Event::CanaryFailed(Failure::new(Trouble::Canary, "a change of ours was not reported")),
            }
        });
    }

    fn heartbeat_name(&mut self) -> String {
        let draw = || self.supervisor.draw_canary().unwrap_or_default().1;
        self.attempt.heartbeat_name.get_or_insert_with(draw).clone()
    }

    /// TCP alone does not notice a peer that vanished, and an open connection does not show that its server has become a
    /// replica.
    fn heartbeat(&mut self, reads: bool, role: bool) {
        let Some(attached) = self.attempt.attached.clone() else { return };
        let name = self.heartbeat_name();
        let (link, coherence) = (self.supervisor.link.clone(), self.context().coherence.clone());
        let deadline = self.context().deadlines.heartbeat_timeout;
        self.attempt.run(async move {
            let sent = coherence.now();
            let asked = attached.connection.heartbeat(&name, reads, role, deadline).await;
            let heartbeat = match asked {
                Ok(heartbeat) if P::IS_ROLE_WATCHED && heartbeat.role == Some(Role::Replica) => {
                    return Event::Lost(Trouble::Demoted.into());
                }
                Ok(heartbeat) => heartbeat,
                Err(failure) if failure.trouble == Trouble::Timeout => {
                    return Event::Lost(Failure { trouble: Trouble::Silent, ..failure });
                }
                Err(failure) => return Event::Lost(failure),
            };
            link.record_heartbeat(heartbeat.writes.is_none());
            let sender = Sender::Heartbeat(heartbeat.role);
            let report = |access, refused| attached.report(Answered { sent, access, sender, refused });
            if let Some(refused) = heartbeat.reads {
                report(Access::Reads, refused);
            }
            report(Access::Writes, heartbeat.writes);
            Event::HeartbeatEnded
        });
    }

    /// Asks the server to which the address of a replica leads now. One that does not tell its role may take writes.
    fn ask_address(&mut self) {
        let (place, name) = (self.supervisor.place.clone(), self.heartbeat_name());
        let deadline = self.context().deadlines.handshake;
        self.attempt.run(async move {
            let asked = async {
                let connection = place.find().await?.connect(|_| {}).await?;
                let heartbeat = connection.heartbeat(&name, false, true, deadline).await?;
                let takes_writes = heartbeat.role == Some(Role::Unknown) && heartbeat.writes.is_none();
                Ok::<_, Failure>(takes_writes || heartbeat.role == Some(Role::Primary))
            };
            Event::AddressLeadsToPrimary(asked.await.unwrap_or(false))
        });
    }

    fn publish(&self, status: Status) {
        let (link, Context { coherence, primaries, .. }) = (&self.supervisor.link, self.context());
        let before = link.status().state;
        if before == Trust::Coherent && status.state != Trust::Coherent {
            // Belief no longer depends on this primary, and so may rise: nothing that it vouched for may be left.
            coherence.raise_purge_generation();
        }
        let attached = self.attempt.attached.clone().filter(|_| status.state != Trust::Detached);
        link.publish(status, attached);
        if before == status.state {
            coherence.publish_belief(primaries);
        } else {
            coherence.publish_state(primaries);
        }
    }

    fn tell(&mut self, news: News<Failure>) {
        let server = self.server.as_str();
        match news {
            News::Coherent => {
                tracing::info!(server, "coherent with Redis");
                self.check_eviction();
            }
            News::Lost(Failure { trouble, words }) => {
                let (trouble, reason, is_demoted) = (trouble.label(), words, trouble == Trouble::Demoted);
                if is_demoted {
                    tracing::warn!(server, trouble, "the server has become a replica: connecting to the address again");
                } else {
                    tracing::warn!(
                        server,
                        trouble,
                        reason,
                        "the connection to Redis is lost: memory keeps for 5 s at most"
                    );
                }
            }
            News::Unreachable(failure) => tell_unreachable(server, &failure),
            News::StillUnreachable(Failure { trouble, words }) => {
                tracing::debug!(server, trouble = trouble.label(), reason = words, "Redis cannot be used");
            }
            News::Unreported(Failure { trouble, words }) => {
                let (trouble, reason) = (trouble.label(), words);
                tracing::warn!(
                    server,
                    trouble,
                    reason,
                    "changes in Redis are not reported: memory keeps for 5 s at most"
                );
            }
            News::AtReplica(role) => {
                let is_known = role == Role::Replica;
                tracing::warn!(
                    server,
                    is_known,
                    "the address leads to a replica: it is read, and memory keeps only what is computed, for 5 s"
                );
            }
            News::Refused(access, Failure { trouble, words }) => {
                let (what, trouble, reason) = (access.name(), trouble.label(), words);
                tracing::warn!(server, what, trouble, reason, "Redis refuses {what}");
            }
            News::TakenAgain(access, time) => {
                let (what, seconds) = (access.name(), time.as_secs());
                tracing::info!(server, what, seconds, "Redis takes {what} again");
            }
        }
    }

    /// Since memory serves the reads, Redis does not see how often a key is used. So `volatile-*` evicts the wrong
    /// keys, and without a memory limit Redis grows without end.
    fn check_eviction(&mut self) {
        let Some(Attached { connection, .. }) = self.attempt.attached.clone() else { return };
        if !std::mem::replace(&mut self.is_eviction_checked, true) {
            self.attempt.tasks.spawn(check_eviction(self.server.clone(), connection));
        }
    }
}

/// A server that answers can be reached: it refuses.
fn tell_unreachable(server: &str, Failure { trouble, words }: &Failure) {
    let (label, reason) = (trouble.label(), words.as_str());
    match trouble {
        Trouble::Connect | Trouble::Timeout | Trouble::Lost => {
            tracing::warn!(server, trouble = label, reason, "Redis cannot be reached: memory keeps for 5 s at most");
        }
        _ => tracing::warn!(server, trouble = label, reason, "Redis cannot be used: memory keeps for 5 s at most"),
    }
}

async fn check_eviction(server: String, connection: Connection) {
    let Some(eviction) = connection.eviction().await else { return };
    let policy = eviction.policy.as_str();
    if eviction.bytes_max == 0 {
        tracing::warn!(server, "Redis has no maxmemory: what is remembered may fill the machine");
    }
    if policy.starts_with("volatile-") {
        tracing::warn!(server, policy, "maxmemory-policy evicts only what has a ttl: allkeys-lfu is recommended");
    }
}
