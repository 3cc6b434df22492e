//! What is wrong with a request: its causes, the catalogue of codes, and the problem that is sent (RFC 9457).

mod catalogue;
mod fault;
mod problem;

pub(super) use fault::Fault;
pub(super) use problem::{Advice, CharacterSpan, Problem, Suggestion, Words};
