//! Variables from JSON, converted to the literals that a person would type. So a value is never an expression, `{"x":
//! 3}` with `x**2` is the program of `x=3;x**2`, and a mode treats a variable like a literal.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Variable, Variables};
use crate::error::{ErrorKind, VariableError};
use crate::lexer::{is_name, normal_name};
use crate::limits::Limits;
use crate::value::quoted;

impl Variables {
    /// The variables in a JSON object: `{"x": 3, "values": [1.50, -2]}`.
    ///
    /// Numbers are taken as they are spelled: `3` is an `int` of any size; `3.0`, `3e0` and `-0.0` are floats. Arrays
    /// become lists, `true`, `false` and `null` become `True`, `False` and `None`, and strings stay strings. If a name
    /// is repeated, the last value counts, as usual in JSON.
    ///
    /// ```
    /// use tabuada_lang::{Context, Limits, Variables, parse_with};
    ///
    /// let limits = Limits::default();
    /// let variables = Variables::from_json(r#"{"x": 3, "y": "never used"}"#, &limits).unwrap();
    /// let context = Context { variables: Some(&variables), ..Context::default() };
    /// assert_eq!(parse_with("x**2", &context, &limits)?.canonical(), "x=3;x**2");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Variable`] if the text is not such an object; a limit if a value is too long or too deeply nested.
    /// Unused variables must be valid too.
    pub fn from_json(json: &str, limits: &Limits) -> Result<Self, ErrorKind> {
        let members = members(json).ok_or(VariableError::NotAnObject)?;
        // By normal name, in the order of code points, each with its spelling in the JSON.
        let mut read: BTreeMap<String, (&str, String)> = BTreeMap::new();
        let mut bytes = 0_u64;
        for (spelled, value) in &members {
            if !is_name(spelled) || normal_name(spelled) == "mod" {
                return Err(VariableError::Name { name: shown(spelled) }.into());
            }
            let literal = literal(spelled, value.get(), limits)?;
            // With the `=` and the `;` of the assignment.
            bytes += (spelled.len() + literal.len() + 2) as u64;
            if let Some((other, _)) = read.insert(normal_name(spelled).into_owned(), (spelled, literal)) {
                return Err(VariableError::Repeated { name: shown(spelled), other: shown(other) }.into());
            }
        }
        if bytes > limits.text_bytes {
            return Err(ErrorKind::TooLong { bytes, limit: limits.text_bytes });
        }
        let list = read.into_iter().map(|(name, (_, literal))| Variable { name, literal }).collect();
        Ok(Self { list })
    }
}

/// The members of an object, of repeated names the last; `None` if the text is not a JSON object.
fn members(json: &str) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    struct Members;
    impl<'j> Visitor<'j> for Members {
        type Value = BTreeMap<Cow<'j, str>, &'j RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, _>()? {
                members.insert(Cow::Owned(name), value);
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    let members = reader.deserialize_map(Members).ok()?;
    reader.end().ok()?;
    Some(members)
}

/// The literal for a JSON value, in one pass without recursion; the caller knows that the text is JSON.
fn literal(name: &str, json: &str, limits: &Limits) -> Result<String, ErrorKind> {
    let mut literal = String::with_capacity(json.len());
    let mut depth = 0_u64;
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            b'{' => return Err(VariableError::Object { name: shown(name) }.into()),
            b'"' => {
                let length = string_length(&json[at..]);
                let string: Cow<'_, str> = serde_json::from_str(&json[at..at + length])
                    // The only error that valid JSON can still have is half of a surrogate pair.
                    .map_err(|_| VariableError::Surrogate { name: shown(name) })?;
                literal.push_str(&quoted(&string, |character| !character.is_control()));
                length
            }
            b'n' => word("None", 4, &mut literal),
            b't' => word("True", 4, &mut literal),
            b'f' => word("False", 5, &mut literal),
            // Numbers as they are spelled: JSON's numbers are valid in the language.
            other => {
                match other {
                    b'[' => depth += 1,
                    b']' => depth -= 1,
                    _ => {}
                }
                if depth > limits.depth {
                    return Err(ErrorKind::TooDeep { limit: limits.depth });
                }
                literal.push(char::from(*other));
                1
            }
        };
        at += length;
    }
    Ok(literal)
}

/// Writes a word, and gives the length of the JSON word that it replaces.
fn word(word: &str, length: usize, literal: &mut String) -> usize {
    literal.push_str(word);
    length
}

/// The length of the string at the beginning of `json`, with its quotes.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    let closes = |(_, byte): &(usize, u8)| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    };
    json.bytes().enumerate().skip(1).find(closes).map_or(json.len(), |(at, _)| at + 1)
}

/// Enough characters of a name to recognise it.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}
