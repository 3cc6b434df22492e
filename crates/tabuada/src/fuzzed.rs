//! What must hold for every line in Redis and for every message of the Model Context Protocol, for the fuzz targets of
//! `fuzz/` and, with their seeds, for `./test`. No released build contains it.
#![allow(
    missing_docs,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "for two callers, which are tests"
)]

use std::sync::{Arc, LazyLock};

use serde_json::Value;
use serde_json::value::RawValue;
use tabuada_lang::{JsonNumbers, Limits};
use tokio::runtime::Runtime;

use crate::answer::{Calculator, Caller};
use crate::config::Options;
use crate::counters::Counters;
use crate::engine::{Question, ask, try_evaluate};
use crate::mcp::{Message, answer};
use crate::record::Answer;

/// The fuel of an expression here: little, so that many can be tried.
const FUEL: u64 = 200_000;

/// Reads a text as a line from Redis: it is unusable, or an answer that is written and read back unchanged. Also reads
/// it as an expression: its answer in each mode is read back unchanged.
pub fn check_entry(text: &str) {
    let limits = Limits::default();
    if let Some(answer) = Answer::decode(text, &limits) {
        check_kept(&answer, &limits);
    }
    for mode in ["python", "exact", "decimal:28"] {
        let mode = mode.parse().unwrap();
        let Ok(program) = ask(&Question::new(text, mode), &limits) else { continue };
        let Some(evaluation) = try_evaluate(&program, &limits, FUEL).filter(|_| program.is_pure()) else { continue };
        check_kept(&Answer::new(evaluation, mode, 1), &limits);
    }
}

fn check_kept(answer: &Answer, limits: &Limits) {
    let mut forms = vec![answer.resultado()];
    if let Ok(printed) = &answer.outcome {
        let mut exact = String::new();
        printed.write_json(JsonNumbers::Exact, &mut exact);
        forms.push(exact);
    }
    for form in &forms {
        assert!(serde_json::from_str::<&RawValue>(form).is_ok(), "{form} of {answer:?}");
    }
    // A line that would be read as another value is not written.
    let Some(line) = answer.encode(limits) else { return };
    let again = Answer::decode(&line, limits).unwrap_or_else(|| panic!("{line} is not read back"));
    assert_eq!((again.encode(limits), again.resultado()), (Some(line), forms.swap_remove(0)));
}

/// Reads bytes as a message: it gets no answer, or one, which is JSON-RPC with the ID of the request, and a result whose
/// text is its structured content.
pub fn check_message(bytes: &[u8]) {
    static RUNTIME: LazyLock<(Runtime, Arc<Calculator>)> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let entered = runtime.enter();
        let calculator = Calculator::new(Options::default(), 1, Counters::default()).unwrap();
        drop(entered);
        (runtime, calculator)
    });
    let (runtime, calculator) = &*RUNTIME;
    let (text, id) = match Message::read(bytes) {
        Ok(Message::Request(request)) => {
            let answered = runtime.block_on(answer(calculator, Caller::default(), &request));
            (answered.text, serde_json::from_slice::<Value>(bytes).ok().map(|message| message["id"].clone()))
        }
        Ok(Message::Cancelled(_) | Message::Other) => return,
        Err(fault) => (fault.written(), None),
    };
    assert!(!text.contains('\n'), "a message is a line: {text}");
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(told["jsonrpc"], "2.0", "{text}");
    assert!(told["error"]["code"].is_i64() != told["result"].is_object(), "{text}");
    // Its depth may be beyond what a reader of whole documents takes.
    if let Some(id) = id {
        assert_eq!(told["id"], id, "{text}");
    }
    let result = &told["result"];
    if let Some(block) = result["content"].as_array().and_then(|content| content.last()) {
        let said: Value = serde_json::from_str(block["text"].as_str().unwrap()).unwrap();
        assert_eq!(said, result["structuredContent"], "{text}");
        assert_eq!(result["isError"], said.get("error").is_some(), "{text}");
    }
}

#[cfg(test)]
mod tests {
    /// A seed is a text whose characters are the bytes.
    fn replay(seeds: &str, law: impl Fn(&[u8])) {
        for line in seeds.lines() {
            let seed: String = serde_json::from_str(line).unwrap();
            law(&seed.chars().map(|byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_seed_is_kept_or_unusable() {
        let seeds = include_str!("../../../fuzz/seeds/entries.jsonl");
        replay(seeds, |bytes| super::check_entry(std::str::from_utf8(bytes).unwrap()));
    }

    #[test]
    fn every_message_has_at_most_one_answer() {
        replay(include_str!("../../../fuzz/seeds/mcp.jsonl"), super::check_message);
    }
}
