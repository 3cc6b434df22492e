//! `functions`: what expressions may use, by name or subject.

use std::collections::BTreeMap;

use serde::Serialize;
use tabuada_lang::{FunctionInfo, functions};

use super::Output;
use crate::mcp::arguments::{Arguments, Signature};
use crate::mcp::mistake::Mistake;

pub(super) const SIGNATURE: Signature = Signature {
    tool: "functions",
    arguments: &[("query", "a string with a name, a subject or a word of a description, such as prime")],
    example: r#"{"query": "statistics"}"#,
};

/// The most matches that are shown.
const SHOWN_MAX: usize = 25;

/// The least similarity of names (Jaro and Winkler's, from 0 to 1) of a name that may have been meant.
const SIMILAR: f64 = 0.8;

#[derive(Serialize)]
struct Found {
    functions: Vec<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
}

#[derive(Serialize)]
struct Told {
    name: &'static str,
    signature: String,
    doc: &'static str,
}

impl From<FunctionInfo> for Told {
    fn from(info: FunctionInfo) -> Self {
        let prefix = if info.needs_prefix { "math." } else { "" };
        let arguments = if info.signature.is_empty() { String::new() } else { format!("({})", info.signature) };
        Self { name: info.name, signature: format!("{prefix}{}{arguments}", info.name), doc: info.doc }
    }
}

pub(super) fn call(arguments: &Arguments<'_>) -> Result<Output, Mistake> {
    let query = arguments.optional::<String>("query")?.unwrap_or_default().trim().to_lowercase();
    if query.is_empty() {
        return Ok(Output::of(by_section()));
    }
    let mut found: Vec<(u8, FunctionInfo)> =
        functions().filter_map(|info| Some((rank(&info, &query)?, info))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let left_out = found.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0);
    let functions = found.into_iter().take(SHOWN_MAX).map(|(_, info)| info.into()).collect();
    // Texts always serialise.
    Ok(Output::of(serde_json::to_string(&Found { functions, left_out }).unwrap_or_default()))
}

/// How well a function fits a query: the name, a part of it, the subject, the description, a similar name.
fn rank(info: &FunctionInfo, query: &str) -> Option<u8> {
    let name = info.name.to_lowercase();
    let words = [info.section.title(), info.doc].map(str::to_lowercase);
    let ranks = [
        name == query,
        name.contains(query),
        words[0].contains(query),
        words[1].contains(query),
        strsim::jaro_winkler(&name, query) >= SIMILAR,
    ];
    ranks.iter().position(|fits| *fits).map(|rank| rank as u8)
}

fn by_section() -> String {
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for info in functions() {
        sections.entry(info.section.title()).or_default().push(info.name);
    }
    serde_json::to_string(&BTreeMap::from([("sections", sections)])).unwrap_or_default()
}
