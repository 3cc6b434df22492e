//! The tools: one file each, and their list.

mod evaluate;
mod explain;
mod table;
mod plot;
mod functions;

use std::sync::{Arc, LazyLock};

use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::{Arguments, Signature};
use super::mistake::Mistake;
use crate::answer::{Calculator, Caller, Reply};

/// What a tool gives.
#[derive(Debug)]
pub(super) struct Output {
    /// The result, a JSON object as the tool's output schema has it.
    pub(super) json: String,
    /// A picture in PNG.
    pub(super) picture: Option<Vec<u8>>,
    pub(super) is_error: bool,
}

impl Output {
    fn of(json: String) -> Self {
        Self { json, picture: None, is_error: false }
    }
}

impl From<Mistake> for Output {
    fn from(mistake: Mistake) -> Self {
        Self { is_error: true, ..Self::of(mistake.json()) }
    }
}

/// An evaluated expression and its reply, for the log.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) expression: String,
    pub(crate) reply: Reply,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Evaluate,
    Explain,
    Table,
    Plot,
    Functions,
}

impl Tool {
    const ALL: [Self; 5] = [Self::Evaluate, Self::Explain, Self::Table, Self::Plot, Self::Functions];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.signature().tool == name)
    }

    fn signature(self) -> &'static Signature {
        match self {
            Self::Evaluate => &evaluate::SIGNATURE,
            Self::Explain => &explain::SIGNATURE,
            Self::Table => &table::SIGNATURE,
            Self::Plot => &plot::SIGNATURE,
            Self::Functions => &functions::SIGNATURE,
        }
    }

    /// Calls the tool. What is wrong with the arguments is an output too.
    pub(super) async fn call(
        self,
        calculator: &Arc<Calculator>,
        caller: Caller,
        arguments: Option<&RawValue>,
    ) -> (Output, Option<Asked>) {
        let arguments = match Arguments::read(self.signature(), arguments) {
            Ok(arguments) => arguments,
            Err(mistake) => return (mistake.into(), None),
        };
        // Boxed: the futures of the others would enlarge that of the hot tool.
        let output = match self {
            Self::Evaluate => return evaluate::call(calculator, caller, &arguments).await,
            Self::Explain => Box::pin(explain::call(calculator, caller.peer, &arguments)).await,
            Self::Table => Box::pin(table::call(calculator, caller.peer, &arguments)).await,
            Self::Plot => Box::pin(plot::call(calculator, caller.peer, &arguments)).await,
            Self::Functions => functions::call(&arguments),
        };
        (output.unwrap_or_else(Output::from), None)
    }
}

/// The tools as `tools/list` tells them, always in this order: hosts cache the list, and prompts begin with it.
pub(super) static LIST: LazyLock<String> = LazyLock::new(|| {
    // The file is JSON, which a test checks.
    let list: Value = serde_json::from_str(include_str!("tools.json")).unwrap_or_default();
    list.to_string()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_what_the_tools_take_and_small() {
        assert!(LIST.len() < 8_000, "{} bytes", LIST.len());
        let list: Vec<Value> = serde_json::from_str(&LIST).expect("it is a list");
        assert_eq!(list.len(), Tool::ALL.len());
        for (told, tool) in list.iter().zip(Tool::ALL) {
            let signature = tool.signature();
            assert_eq!(told["name"], signature.tool);
            assert!(told["description"].as_str().expect("a description").len() < 2_000);
            assert!(told["title"].is_string() && told["outputSchema"]["type"] == "object", "{told}");
            let hints = ["readOnlyHint", "idempotentHint", "destructiveHint", "openWorldHint"];
            assert_eq!(hints.map(|hint| told["annotations"][hint].as_bool()), [true, true, false, false].map(Some));
            let schema = &told["inputSchema"];
            assert_eq!(schema["additionalProperties"], false);
            let properties = schema["properties"].as_object().expect("properties");
            assert!(properties.values().all(|property| property["description"].is_string()), "{told}");
            let names: BTreeSet<&str> = signature.arguments.iter().map(|(name, _)| *name).collect();
            assert!(properties.keys().eq(names), "{told}");
            let example: Value = serde_json::from_str(signature.example).expect("an object");
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            assert!(required.iter().all(|name| example.get(name.as_str().expect("a name")).is_some()), "{told}");
        }
    }
}
