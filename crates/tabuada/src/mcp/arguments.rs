//! The arguments of a call, by name. Each error names the argument and shows a call that works.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tabuada_lang::Mode;

use super::message::repeated;
use super::mistake::Mistake;
use crate::columns::Members;
use crate::engine::Question;

/// What a tool takes.
pub(super) struct Signature {
    pub(super) tool: &'static str,
    /// The name of each argument, and what it is.
    pub(super) arguments: &'static [(&'static str, &'static str)],
    /// Arguments that work.
    pub(super) example: &'static str,
}

/// The arguments of a call.
pub(super) struct Arguments<'a> {
    signature: &'static Signature,
    given: Vec<(String, &'a RawValue)>,
}

impl<'a> Arguments<'a> {
    /// # Errors
    ///
    /// If they are no object, or one of them has an unknown name or occurs twice.
    pub(super) fn read(signature: &'static Signature, json: Option<&'a RawValue>) -> Result<Self, Mistake> {
        let given = json.map(|json| serde_json::from_str::<Members<'_>>(json.get())).transpose();
        let given = given.map_err(|_| signature.refusal("arguments are an object"))?.unwrap_or_default().0;
        for (at, (name, _)) in given.iter().enumerate() {
            if !signature.arguments.iter().any(|(known, _)| known == name) {
                return Err(signature.refusal(&format!("there is no argument {}", repeated(name))));
            }
            if given[..at].iter().any(|(before, _)| before == name) {
                return Err(signature.refusal(&format!("{name} is given twice")));
            }
        }
        Ok(Self { signature, given })
    }

    /// The JSON of an argument, if it is given and not null.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        let found = self.given.iter().find(|(given, _)| given == name).map(|(_, json)| json.get());
        found.filter(|json| *json != "null")
    }

    /// An argument, if it is given.
    pub(super) fn optional<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, Mistake> {
        self.raw(name).map(|json| serde_json::from_str(json).map_err(|_| self.wrong(name))).transpose()
    }

    /// An argument that has to be given.
    pub(super) fn needed<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Mistake> {
        self.optional(name)?.ok_or_else(|| self.signature.refusal(&format!("{name} is missing")))
    }

    /// The question of `expr`, `mode` and `variables`.
    pub(super) fn question(&self) -> Result<Question<'static>, Mistake> {
        let text: String = self.needed("expr")?;
        let mode = self.optional::<String>("mode")?.map_or(Ok(Mode::default()), |mode| mode.parse());
        let mode = mode.map_err(|_| self.wrong("mode"))?;
        let variables = self.raw("variables").map(|json| json.to_owned().into());
        Ok(Question { variables, ..Question::new(text, mode) })
    }

    /// An argument is not what it has to be.
    pub(super) fn wrong(&self, name: &str) -> Mistake {
        let known = self.signature.arguments.iter().find(|(known, _)| *known == name);
        self.signature.refusal(&format!("{name} is {}", known.map_or("", |(_, what)| what)))
    }

    /// The arguments do not fit together.
    pub(super) fn refusal(&self, why: &str) -> Mistake {
        self.signature.refusal(why)
    }
}

impl Signature {
    fn refusal(&self, why: &str) -> Mistake {
        let Self { tool, arguments, example } = self;
        let names: Vec<&str> = arguments.iter().map(|(name, _)| *name).collect();
        Mistake::of_arguments(&format!("{why}. {tool} takes {}; for example {example}", names.join(", ")))
    }
}
