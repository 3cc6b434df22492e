//! What comes before a command is run: refusals, eviction, and the queue of a transaction.

use super::{Client, ClientId, Command, Redis, Reply, Role, Transaction};

const DENIED_IN_EXEC: &str = "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC \
    call. This command is no longer allowed for the following reason: no permission to execute the command or \
    subcommand";
const OOM: &str = "OOM command not allowed when used memory > 'maxmemory'.";
const MISCONF: &str = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. \
    Commands that may modify the data set are disabled, because this instance is configured to report errors during \
    writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details \
    about the RDB error.";
const NOREPLICAS: &str = "NOREPLICAS Not enough good replicas to write.";
const READONLY: &str = "READONLY You can't write against a read only replica.";
const LOADING: &str = "LOADING Redis is loading the dataset in memory";
const BUSY: &str = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

impl Redis {
    /// The reply; `None` if the client is gone.
    pub(super) fn reply(&mut self, id: ClientId, command: &Command, now: u64) -> Option<Reply> {
        if !self.clients.contains_key(&id) {
            return None;
        }
        let refusal = self.refusal(id, command);
        let client = self.clients.get_mut(&id)?;
        if let Some(refusal) = refusal {
            return Some(refused(client, command, refusal));
        }
        Some(match (command, &mut client.queued) {
            (Command::Multi, Some(_)) => Reply::error("ERR MULTI calls can not be nested"),
            (Command::Multi, None) => {
                client.queued = Some(Transaction::default());
                Reply::OK
            }
            (Command::Exec | Command::Discard, None) => {
                Reply::Error(format!("ERR {} without MULTI", command.label().to_uppercase()))
            }
            (Command::Discard, Some(_)) => {
                client.queued = None;
                Reply::OK
            }
            (Command::Exec, Some(transaction)) => {
                let transaction = std::mem::take(transaction);
                client.queued = None;
                if transaction.spoilt {
                    return Some(Reply::error("EXECABORT Transaction discarded because of previous errors."));
                }
                Reply::List(transaction.commands.iter().map(|command| self.reply_in_exec(id, command, now)).collect())
            }
            (_, Some(transaction)) => {
                if !transaction.spoilt {
                    transaction.commands.push(command.clone());
                }
                Reply::Status("QUEUED")
            }
            (_, None) => self.perform(id, command, now),
        })
    }

    /// Permissions are checked again, since they may have changed after the command was queued.
    fn reply_in_exec(&mut self, id: ClientId, command: &Command, now: u64) -> Reply {
        if self.denies(command) { Reply::error(DENIED_IN_EXEC) } else { self.perform(id, command, now) }
    }

    /// Nobody is denied `HELLO`, which is for those who are not logged in yet.
    fn denies(&self, command: &Command) -> bool {
        self.settings.denied.contains(command.label()) && !matches!(command, Command::Hello(_))
    }

    /// Whether the command is a write, or ends a transaction that writes.
    pub(super) fn writes(&self, id: ClientId, command: &Command) -> bool {
        command.writes() || self.is_exec_of(id, command, Command::writes)
    }

    fn is_exec_of(&self, id: ClientId, command: &Command, which: fn(&Command) -> bool) -> bool {
        let queued = self.clients.get(&id).and_then(|client| client.queued.as_ref());
        *command == Command::Exec && queued.is_some_and(|queued| queued.commands.iter().any(which))
    }

    /// Why the server does not run the command. The order is the server's.
    fn refusal(&mut self, id: ClientId, command: &Command) -> Option<String> {
        if self.denies(command) {
            return Some(format!("NOPERM this user has no permissions to run the '{}' command", command.label()));
        }
        let is_write = self.writes(id, command);
        let in_transaction = self.clients.get(&id).is_some_and(|client| client.queued.is_some());
        let queues = in_transaction && !matches!(command, Command::Exec | Command::Discard);
        let needs_memory = command.needs_memory() || queues || self.is_exec_of(id, command, Command::needs_memory);
        let is_full = !self.settings.busy && !self.makes_room();
        let settings = &self.settings;
        let refusal = match () {
            () if is_full && needs_memory => OOM,
            () if settings.cannot_save && (is_write || *command == Command::Ping) => MISCONF,
            () if settings.lacks_replicas && settings.role == Role::Primary && is_write => NOREPLICAS,
            () if settings.role == Role::Replica && is_write => READONLY,
            () if settings.loading && !command.runs_while_loading() => LOADING,
            () if settings.busy && !command.runs_beside_a_script() => BUSY,
            () => return None,
        };
        Some(refusal.to_owned())
    }

    /// Evicts until the data fits; whether it does.
    pub(super) fn makes_room(&mut self) -> bool {
        let Some(max) = self.settings.bytes_max else { return true };
        if self.settings.paused.is_some() || self.settings.role == Role::Replica {
            return true;
        }
        while self.keys.cost() >= max {
            let Some((database, name)) = self.keys.victim(self.settings.eviction) else { return false };
            self.remove(database, &name, None);
        }
        true
    }
}

/// A refused command spoils its transaction; a refused `EXEC` ends it.
fn refused(client: &mut Client, command: &Command, refusal: String) -> Reply {
    if *command == Command::Exec {
        client.queued = None;
        return Reply::Error(format!("EXECABORT Transaction discarded because of: {refusal}"));
    }
    if let Some(queued) = &mut client.queued {
        queued.spoilt = true;
    }
    Reply::Error(refusal)
}
