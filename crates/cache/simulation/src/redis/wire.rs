//! How many bytes commands, replies and pushes take in RESP3.

use super::{Command, Message, Name, Reply};

/// `$12\r\n…\r\n`.
fn bulk(bytes: usize) -> usize {
    head(bytes) + bytes + 2
}

/// A type, a number, and the end of the line.
fn head(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 4
}

impl Command {
    pub fn wire_bytes(&self) -> usize {
        let words = self.words();
        head(words.len()) + words.iter().map(|word| bulk(word.len())).sum::<usize>()
    }
}

impl Message {
    pub fn wire_bytes(&self) -> usize {
        let push = |what: usize| head(2) + bulk("invalidate".len()) + what;
        match self {
            Self::Reply(reply) => reply.wire_bytes(),
            Self::Changed(names) => {
                push(head(names.len()) + names.iter().map(|name: &Name| bulk(name.len())).sum::<usize>())
            }
            Self::Flushed => push(Reply::Null.wire_bytes()),
        }
    }
}

impl Reply {
    fn wire_bytes(&self) -> usize {
        match self {
            Self::Status(text) => text.len() + 3,
            Self::Null => 3,
            Self::Int(number) => head(usize::try_from(number.unsigned_abs()).unwrap_or(0)) + usize::from(*number < 0),
            Self::Bytes(bytes) => bulk(bytes.len()),
            Self::List(items) => head(items.len()) + items.iter().map(Self::wire_bytes).sum::<usize>(),
            Self::Error(text) => text.len() + 3,
        }
    }
}
