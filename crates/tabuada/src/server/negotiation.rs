//! What a client prefers: the language and the encoding of an answer, its type, and how it receives problems.

pub(super) mod qvalues;
pub(super) mod language;
pub(super) mod encoding;
pub(super) mod prefer;
