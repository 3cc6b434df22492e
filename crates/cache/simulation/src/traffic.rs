//! What a server receives and sends.

use std::collections::BTreeMap;

use crate::redis::{Command, Message};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The commands, by their names in lower case.
    pub commands: BTreeMap<&'static str, u64>,
    /// Messages that report changes, and the names in them.
    pub pushes: u64,
    pub pushed_names: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

impl Traffic {
    pub(crate) fn command(&mut self, command: &Command) {
        *self.commands.entry(command.label()).or_default() += 1;
        self.bytes_in += command.wire_bytes() as u64;
    }

    pub(crate) fn message(&mut self, message: &Message) {
        self.bytes_out += message.wire_bytes() as u64;
        match message {
            Message::Reply(_) => {}
            Message::Changed(names) => {
                self.pushes += 1;
                self.pushed_names += names.len() as u64;
            }
            Message::Flushed => self.pushes += 1,
        }
    }

    /// All commands.
    pub fn all(&self) -> u64 {
        self.commands.values().sum()
    }
}
