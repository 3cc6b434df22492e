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

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand, from the specification of the protocol.
    #[test]
    fn sizes_are_those_of_the_protocol() {
        let get = Command::Get("t:1:k0".into());
        assert_eq!(get.wire_bytes(), "*2\r\n$3\r\nGET\r\n$6\r\nt:1:k0\r\n".len());
        for (reply, wire) in [
            (Reply::Status("OK"), "+OK\r\n"),
            (Reply::Null, "_\r\n"),
            (Reply::Int(-2), ":-2\r\n"),
            (Reply::Int(86_400_000), ":86400000\r\n"),
            (Reply::Bytes(b"".as_slice().into()), "$0\r\n\r\n"),
            (Reply::Bytes(b"0123456789".as_slice().into()), "$10\r\n0123456789\r\n"),
            (Reply::Error("ERR no such key".to_owned()), "-ERR no such key\r\n"),
            (Reply::List(vec![Reply::Int(0), Reply::Null]), "*2\r\n:0\r\n_\r\n"),
        ] {
            assert_eq!(Message::Reply(reply).wire_bytes(), wire.len(), "{wire:?}");
        }
        let push = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nt:1:k0\r\n";
        assert_eq!(Message::Changed(vec!["t:1:k0".into()]).wire_bytes(), push.len());
        assert_eq!(Message::Flushed.wire_bytes(), ">2\r\n$10\r\ninvalidate\r\n_\r\n".len());
    }
}
