//! The Model Context Protocol (MCP): the calculator as tools of a language model.
//!
//! [`Message::read`] reads one message of a client, [`answer`] answers it; who carries the messages is elsewhere:
//! `server/mcp.rs` over HTTP, `cli/mcp.rs` over standard input and output. Nothing is kept between two messages.
//!
//! Two eras of the protocol are served. A *modern* request (2026-07-28) names its version and the client's capabilities
//! in `params._meta`; everything else is *legacy* (2025-11-25 and before), which begins with `initialize`.
//!
//! What a model can mend is the result of a tool ([`mistake`]); a [`Fault`] of the protocol is an error of JSON-RPC, which
//! few hosts show to their model.

mod message;
mod mistake;
mod arguments;
mod tools;
mod protocol;

pub(crate) use message::{Fault, FaultKind, Id, MESSAGE_BYTES, Message, Request};
pub(crate) use protocol::{Answered, MODERN, VERSIONS, answer, unsupported};
