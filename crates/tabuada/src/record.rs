//! The stored record of an answer, and its line of JSON in Redis.
//!
//! A record contains only facts: for a value its type and Python's text, for a failure its kind and node. The functions
//! here make every body from the record, so that an answer has the same bytes whether it was computed or comes from
//! memory or Redis, on any node. Nothing in a line is trusted when it is parsed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tabuada_lang::{ErrorKind, Failure, JsonNumbers, Language, Limits, Mode, Program, repr};

use crate::engine::{Evaluation, Texts};
use crate::json::write_string;
use crate::literal::{self, write_scalar};

/// The longest time for which a refusal is stored, since a node with a higher limit may answer.
pub(crate) const REFUSAL_LIFETIME: Duration = Duration::from_secs(60);

/// The prefix of every error of the course's route.
const ERROR_PREFIX: &str = "Erro na expressão informada: ";

/// An answer as it is stored.
#[derive(Debug)]
pub struct Answer {
    /// The result of the expression.
    pub outcome: Result<Printed, Failure>,
    /// The fuel that it took.
    pub fuel: u64,
    /// When it was computed, in seconds since 1970.
    pub born: u64,
    /// The number mode.
    pub mode: Mode,
}

/// A printed value.
#[derive(Debug, PartialEq, Eq)]
pub struct Printed {
    /// The `type` of the API.
    pub type_name: &'static str,
    /// Python's `repr`.
    pub text: Box<str>,
    /// The JSON forms of strings and containers, which do not follow directly from the text.
    json: Option<Box<JsonForms>>,
}

/// A value as JSON in two forms.
#[derive(Debug, PartialEq, Eq)]
struct JsonForms {
    /// The form in which numbers are numbers only if every reader of JSON gets them exactly.
    exact: Box<str>,
    /// The form in which all numbers are numbers, if it differs.
    all: Option<Box<str>>,
}

impl JsonForms {
    fn of(value: &tabuada_lang::Answer) -> Self {
        let [exact, all] = [JsonNumbers::Exact, JsonNumbers::All].map(|numbers| Box::from(value.json(numbers)));
        Self { all: (all != exact).then_some(all), exact }
    }

    fn with(&self, numbers: JsonNumbers) -> &str {
        match numbers {
            JsonNumbers::Exact => &self.exact,
            JsonNumbers::All => self.all.as_ref().unwrap_or(&self.exact),
        }
    }

    fn len(&self) -> usize {
        self.exact.len() + self.all.as_ref().map_or(0, |all| all.len())
    }
}

impl From<&tabuada_lang::Answer> for Printed {
    fn from(value: &tabuada_lang::Answer) -> Self {
        let json = is_composite(value.type_name()).then(|| Box::new(JsonForms::of(value)));
        Self { type_name: value.type_name(), text: value.text().into(), json }
    }
}

impl Printed {
    /// Appends the JSON form: a number, one of the two stored forms, or the Python text.
    pub fn write_json(&self, numbers: JsonNumbers, out: &mut String) {
        if let Some(json) = &self.json {
            return out.push_str(json.with(numbers));
        }
        write_scalar(self.type_name, &self.text, numbers, out);
    }

    /// A value from a type and a text from outside; `None` if the language does not print such a value in this mode.
    fn checked(type_name: &str, text: &str, mode: Mode, limits: &Limits) -> Option<Self> {
        if is_composite(type_name) {
            let literal = literal::read(text, mode, limits).filter(|literal| literal.type_name == type_name)?;
            let json = JsonForms {
                all: (literal.all != literal.exact).then(|| literal.all.into()),
                exact: literal.exact.into(),
            };
            return Some(Self { type_name: literal.type_name, text: text.into(), json: Some(Box::new(json)) });
        }
        if text.len() as u64 > limits.answer_characters {
            return None;
        }
        let type_name = match literal::scalar(text, mode)? {
            // Whole decimals look like ints.
            "int" if type_name == "decimal" && matches!(mode, Mode::Decimal(_)) => "decimal",
            found => Some(found).filter(|found| *found == type_name)?,
        };
        Some(Self { type_name, text: text.into(), json: None })
    }
}

impl From<tabuada_lang::Answer> for Printed {
    fn from(value: tabuada_lang::Answer) -> Self {
        Self::from(&value)
    }
}

impl From<Texts> for Printed {
    /// A list of strings, or a string.
    fn from(texts: Texts) -> Self {
        let (type_name, text, json) = match texts {
            Texts::One(text) => {
                let mut json = String::new();
                write_string(&text, &mut json);
                ("str", repr(&text), json)
            }
            Texts::Many(texts) => {
                let (mut text, mut json) = (String::from("["), String::from("["));
                for (at, one) in texts.iter().enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                        json.push(',');
                    }
                    text.push_str(&repr(one));
                    write_string(one, &mut json);
                }
                ("list", text + "]", json + "]")
            }
        };
        let json = JsonForms { exact: json.into(), all: None };
        Self { type_name, text: text.into(), json: Some(Box::new(json)) }
    }
}

impl Printed {
    /// The strings of an answer in math.js's language; other values have none.
    pub(crate) fn texts(&self) -> Texts {
        let json = self.json.as_ref().map_or("null", |json| &json.exact);
        match serde_json::from_str(json) {
            Ok(text) => Texts::One(text),
            Err(_) => Texts::Many(serde_json::from_str(json).unwrap_or_default()),
        }
    }
}

fn is_composite(type_name: &str) -> bool {
    matches!(type_name, "str" | "list" | "tuple" | "set")
}

impl Answer {
    /// The record of an evaluation.
    pub fn new<T: Into<Printed>>(evaluation: Evaluation<T>, mode: Mode, born: u64) -> Self {
        Self { outcome: evaluation.outcome.map(Into::into), fuel: evaluation.fuel, born, mode }
    }

    /// Its [proof](Program::proof); `program` is that of the question.
    pub fn proof(&self, program: &Program) -> Option<String> {
        program.proof(match &self.outcome {
            Ok(printed) => Ok((printed.type_name, &printed.text)),
            Err(failure) => Err(&failure.kind),
        })
    }

    /// How long it may be stored; `None` if only the cache limits it.
    pub fn lifetime(&self) -> Option<Duration> {
        let refusal = self.outcome.as_ref().is_err_and(|failure| failure.kind.limit().is_some());
        refusal.then_some(REFUSAL_LIFETIME)
    }

    /// Its bytes in memory.
    pub fn weight(&self) -> usize {
        let outside = match &self.outcome {
            Ok(printed) => {
                let forms = printed.json.as_ref().map_or(0, |json| size_of::<JsonForms>() + json.len());
                printed.text.len() + forms
            }
            // The arguments of an error are short: names from the text, numbers.
            Err(_) => 64,
        };
        size_of::<Self>() + outside
    }

    /// The line of JSON under its key in Redis, which begins with the response of the course's route. `None` if it
    /// would not be parsed as the same answer: with decimals, the texts `(-0, 1)` and `[2]` are also those of ints.
    pub fn encode(&self, limits: &Limits) -> Option<String> {
        if let Ok(printed) = &self.outcome
            && matches!(self.mode, Mode::Decimal(_))
            && is_composite(printed.type_name)
            && Printed::checked(printed.type_name, &printed.text, self.mode, limits).as_ref() != Some(printed)
        {
            return None;
        }
        let line = Line {
            // The text is valid JSON.
            resultado: RawValue::from_string(self.resultado()).unwrap_or_default(),
            type_name: self.outcome.as_ref().ok().map(|printed| printed.type_name.into()),
            text: self.outcome.as_ref().ok().map(|printed| (&*printed.text).into()),
            error: self.outcome.as_ref().err().map(|failure| failure.kind.clone()),
            node: self.outcome.as_ref().err().map(|failure| failure.node),
            mode: self.mode,
            fuel: self.fuel,
            born: self.born,
        };
        // Strings, numbers and options can always be serialised.
        serde_json::to_string(&line).ok()
    }

    /// Parses a line; `None` if it is malformed or contradictory, of an unknown type, or refused for a limit below
    /// ours.
    pub fn decode(line: &str, limits: &Limits) -> Option<Self> {
        let line: Line<'_> = serde_json::from_str(line).ok()?;
        let outcome = match (line.type_name, line.text, line.error, line.node) {
            (Some(type_name), Some(text), None, None) => Ok(Printed::checked(&type_name, &text, line.mode, limits)?),
            (None, None, Some(kind), Some(node)) => Err(Failure { kind, node }),
            _ => return None,
        };
        if let Err(failure) = &outcome
            && !is_usable(&failure.kind, limits)
        {
            return None;
        }
        let answer = Self { outcome, fuel: line.fuel, born: line.born, mode: line.mode };
        (answer.resultado() == line.resultado.get()).then_some(answer)
    }

    /// The response of the course's route, in JSON, as its application writes it: numbers with all digits, and a
    /// failure without its position, which depends on the caller's text.
    pub fn resultado(&self) -> String {
        let mut out = String::new();
        match &self.outcome {
            Ok(printed) => printed.write_json(JsonNumbers::All, &mut out),
            Err(failure) => write_string(&course_sentence(&failure.kind, None), &mut out),
        }
        out
    }
}

/// Whether this process would give the same failure: it depends on the text alone, and is not for a limit below ours.
fn is_usable(kind: &ErrorKind, limits: &Limits) -> bool {
    let limit_here = match kind {
        ErrorKind::IntegerTooLarge { .. } => limits.integer_bits,
        ErrorKind::RationalTooLarge { .. } => Limits::FRACTION_BITS,
        ErrorKind::AnswerTooLong { .. } => limits.answer_characters,
        ErrorKind::CollectionTooLarge { limit, .. } => {
            // In elements or characters: the same limits give the same refusal.
            return [limits.elements, limits.string_characters].contains(limit);
        }
        ErrorKind::TooDeep { .. } => limits.depth,
        ErrorKind::OutOfFuel { .. } => limits.fuel,
        ErrorKind::OutOfMemory { .. } => limits.memory_bytes,
        // A refusal before evaluation is never stored.
        kind => return kind.limit().is_none() && kind.is_deterministic(),
    };
    kind.limit() >= Some(limit_here)
}

#[derive(Serialize, Deserialize)]
struct Line<'l> {
    resultado: Box<RawValue>,
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    type_name: Option<std::borrow::Cow<'l, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<std::borrow::Cow<'l, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u32>,
    /// Python's mode is left out, since it is the default of every reader.
    #[serde(default, skip_serializing_if = "is_python")]
    mode: Mode,
    fuel: u64,
    born: u64,
}

fn is_python(mode: &Mode) -> bool {
    *mode == Mode::Python
}

/// The message of the course's route for a failure: CPython's for its failures at run time, otherwise ours in
/// Portuguese, with the position (the first character is 1) if it is known.
pub(crate) fn course_sentence(kind: &ErrorKind, position: Option<usize>) -> String {
    match (kind.python(), position) {
        (Some(words), _) => format!("{ERROR_PREFIX}{words}"),
        (None, None) => format!("{ERROR_PREFIX}{}", kind.message(Language::Portuguese)),
        (None, Some(position)) => {
            format!("{ERROR_PREFIX}{} (posição {position})", kind.message(Language::Portuguese))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    use proptest::prelude::*;
    use tabuada_lang::Digits;

    use super::*;
    use crate::engine;

    const SAFE: i128 = JsonNumbers::INTEGER_MAX as i128;

    fn value(text: &str) -> tabuada_lang::Answer {
        let limits = Limits::default();
        let program = engine::read(text, &limits).unwrap();
        engine::try_evaluate(&program, &limits, limits.fuel).unwrap().outcome.unwrap()
    }

    fn answer(text: &str) -> Answer {
        let limits = Limits::default();
        let program = engine::read(text, &limits).unwrap();
        let evaluation = engine::evaluate(&program, &limits, Instant::now() + Duration::from_secs(600));
        Answer::new(evaluation, program.mode(), 1_700_000_000)
    }

    #[test]
    fn a_line_begins_with_what_the_course_answers() {
        let line = answer("2+2").encode(&Limits::default()).unwrap();
        assert_eq!(line, r#"{"resultado":4,"type":"int","text":"4","fuel":12,"born":1700000000}"#);
        let line = answer("1/0").encode(&Limits::default()).unwrap();
        let start = r#"{"resultado":"Erro na expressão informada: division by zero","error":{"#;
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with(r#","node":2,"fuel":9,"born":1700000000}"#), "{line}");
    }

    /// Whether a JSON reader that only has doubles gets the value of the text (RFC 7493, section 2.2).
    fn arrives(json: &str, text: &str) -> bool {
        let as_double = |number: &str| number.parse::<f64>().ok().map(f64::to_bits);
        match serde_json::from_str::<&RawValue>(json).unwrap().get() {
            string if string.starts_with('"') => serde_json::from_str::<String>(string).unwrap() == text,
            // Two integers with the same double could not be distinguished.
            integer if integer.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
                integer == text
                    && as_double(integer).map(f64::from_bits).is_some_and(|value| value.abs() < 2f64.powi(53))
            }
            float => as_double(float) == as_double(text),
        }
    }

    #[test]
    fn numbers_arrive_at_every_reader() {
        const DECIMAL: &str = "0.3333333333333333333333333333";
        let decimal = Mode::Decimal(Digits::new(28).unwrap());
        for (text, mode, exact, all) in [
            ("2**53-1", Mode::Python, "9007199254740991", "9007199254740991"),
            ("2**53", Mode::Python, r#""9007199254740992""#, "9007199254740992"),
            ("-2**53", Mode::Python, r#""-9007199254740992""#, "-9007199254740992"),
            ("1-2**53", Mode::Python, "-9007199254740991", "-9007199254740991"),
            ("[2**64, 1]", Mode::Python, r#"["18446744073709551616",1]"#, "[18446744073709551616,1]"),
            ("({2**64}, 1.5)", Mode::Python, r#"[["18446744073709551616"],1.5]"#, "[[18446744073709551616],1.5]"),
            ("2.0**70", Mode::Python, "1.1805916207174113e+21", "1.1805916207174113e+21"),
            ("-0.0", Mode::Python, "-0.0", "-0.0"),
            ("5e-324", Mode::Python, "5e-324", "5e-324"),
            ("[1e16, -0.0]", Mode::Python, "[1e+16,-0.0]", "[1e+16,-0.0]"),
            ("2**64", Mode::Exact, r#""18446744073709551616""#, "18446744073709551616"),
            ("1/3", Mode::Exact, r#""1/3""#, r#""1/3""#),
            ("1/3", decimal, &format!("\"{DECIMAL}\""), DECIMAL),
            ("[1/3, 2]", decimal, &format!("[\"{DECIMAL}\",2]"), &format!("[{DECIMAL},2]")),
            ("4/2", decimal, r#""2""#, "2"),
        ] {
            let limits = Limits::default();
            let program = engine::ask(&engine::Question::new(text, mode), &limits).unwrap();
            let evaluation = engine::try_evaluate(&program, &limits, limits.fuel).unwrap();
            let value = evaluation.outcome.as_ref().unwrap();
            let printed = Printed::from(value);
            for (numbers, json) in [(JsonNumbers::Exact, exact), (JsonNumbers::All, all)] {
                let mut written = String::new();
                printed.write_json(numbers, &mut written);
                assert_eq!(written, json, "{mode}: {text}");
                assert_eq!(value.json(numbers), json, "{mode}: {text}");
            }
            assert_eq!(Answer::new(evaluation, mode, 1).resultado(), all, "{mode}: {text}");
        }
    }

    /// Integers of every size, many near the limits.
    fn integer() -> impl Strategy<Value = i128> {
        prop_oneof![any::<i64>().prop_map(i128::from), any::<i128>(), -SAFE - 3..3 - SAFE, SAFE - 3..SAFE + 3]
    }

    proptest! {
        #[test]
        fn an_integer_arrives(n in integer()) {
            let text = n.to_string();
            let printed = Printed::from(&value(&text));
            let mut json = String::new();
            printed.write_json(JsonNumbers::Exact, &mut json);
            prop_assert!(arrives(&json, &text), "{json}");
            // It is a string only if necessary.
            prop_assert_eq!(json.starts_with('"'), n.unsigned_abs() > SAFE.unsigned_abs(), "{}", json);
            let mut all = String::new();
            printed.write_json(JsonNumbers::All, &mut all);
            prop_assert_eq!(all, text);
        }

        #[test]
        fn a_float_arrives(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let printed = Printed::from(&self::value(&format!("{value:e}")));
            prop_assume!(printed.type_name == "float");
            let mut json = String::new();
            printed.write_json(JsonNumbers::Exact, &mut json);
            prop_assert_eq!(serde_json::from_str::<f64>(&json).unwrap().to_bits(), bits);
            prop_assert!(arrives(&json, &printed.text), "{json}");
        }
    }

    /// A written line is parsed as the same answer, which is written as the same line.
    #[test]
    fn lines_are_read_back() {
        for text in [
            "2+2",
            "-2**100",
            "0",
            "0.1+0.2",
            "-0.0",
            "1e16",
            "1e-5",
            "5e-324",
            "1e999",
            "-1e999",
            "1e999-1e999",
            "3>2",
            "3<2",
            "None",
            "1j",
            "(-8)**(1/3)",
            "-1j",
            "'a'",
            "'\"é\\n\\\\'",
            "[1, 2.0, True, None, 'x', (1,), set()]",
            "(1, 2)",
            "()",
            "{3, 1, 2}",
            "{1, 'a', (2, {3})}",
            "[1e999, 1e999-1e999, 2j]",
            "'a'*10**6",
            "1 in 2",
            "1/0",
            "foo",
            "sqrt(-1)",
            "sqrt(-0.5)",
            "log(-inf)",
            "log(-10**400)",
            "cos(1e999)",
            "{(1, [2])}",
            "round(1, digits=2)",
            "1+None",
            "max()",
            "9**9**9",
            "2**1000000",
            "factorial(-1)",
            "ç",
            "10**99_999",
        ] {
            let line = answer(text).encode(&Limits::default()).unwrap();
            let again = Answer::decode(&line, &Limits::default()).unwrap_or_else(|| panic!("{text}: {line}"));
            assert_eq!(again.encode(&Limits::default()).unwrap(), line, "{text}");
        }
    }

    /// The corpora of the other modes, and what they lack: containers, failures, whole decimals that look like ints.
    #[test]
    fn lines_are_read_back_in_every_mode() {
        let corpus = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(name);
            let records = std::fs::read_to_string(path).unwrap();
            let records = records.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            records.collect::<Vec<_>>()
        };
        let decimal = |n: u64| Mode::Decimal(Digits::new(n).unwrap());
        let mut questions: Vec<(String, Mode)> = Vec::new();
        for record in corpus("exact.jsonl") {
            questions.push((record["t"].as_str().unwrap().to_owned(), Mode::Exact));
        }
        for record in corpus("decimals.jsonl") {
            questions.push((record["t"].as_str().unwrap().to_owned(), decimal(record["n"].as_u64().unwrap())));
        }
        let more =
            ["[1/2, 2, (1/3, 'a')]", "{1/2, 1/4}", "1/0", "2j", "'1/2'", "1/3 > 0", "None", "2.0", "4/2", "2.", "-0.0"];
        for text in more {
            questions.extend([Mode::Exact, decimal(1), decimal(28)].map(|mode| (text.to_owned(), mode)));
        }
        let limits = Limits::default();
        for (text, mode) in questions {
            let Ok(program) = engine::ask(&engine::Question::new(&*text, mode), &limits) else {
                continue;
            };
            let evaluation = engine::evaluate(&program, &limits, Instant::now() + Duration::from_secs(600));
            let Some(line) = Answer::new(evaluation, mode, 1).encode(&limits) else {
                // With whole decimals, or with a decimal zero.
                assert!(text.starts_with("divmod") && matches!(mode, Mode::Decimal(_)), "{mode}: {text}");
                continue;
            };
            let again = Answer::decode(&line, &limits).unwrap_or_else(|| panic!("{mode}: {text}: {line}"));
            assert_eq!(again.encode(&Limits::default()).unwrap(), line, "{mode}: {text}");
        }
    }

    /// The text of a list does not distinguish whole decimals from ints, but their JSON does.
    #[test]
    fn a_line_that_would_be_read_as_another_answer_is_not_written() {
        let limits = Limits::default();
        let mode = Mode::Decimal(Digits::new(28).unwrap());
        for (text, is_written) in [("[4/2]", false), ("[(1, 4/2)]", false), ("[4//2, 1/2, 2.0]", true), ("4/2", true)] {
            let program = engine::ask(&engine::Question::new(text, mode), &limits).unwrap();
            let evaluation = engine::try_evaluate(&program, &limits, limits.fuel).unwrap();
            assert_eq!(Answer::new(evaluation, mode, 1).encode(&limits).is_some(), is_written, "{text}");
        }
    }

    #[test]
    fn what_a_mode_cannot_have_written_is_unusable() {
        for line in [
            r#"{"resultado":0.5,"type":"decimal","text":"0.5","fuel":4,"born":1}"#,
            r#"{"resultado":0.5,"type":"decimal","text":"0.5","mode":"exact","fuel":4,"born":1}"#,
            r#"{"resultado":0.5,"type":"float","text":"0.5","mode":"decimal:5","fuel":4,"born":1}"#,
            r#"{"resultado":"1/2","type":"fraction","text":"1/2","fuel":4,"born":1}"#,
            r#"{"resultado":"2/4","type":"fraction","text":"2/4","mode":"exact","fuel":4,"born":1}"#,
            r#"{"resultado":"1j","type":"complex","text":"1j","mode":"exact","fuel":4,"born":1}"#,
            r#"{"resultado":01.5,"type":"decimal","text":"01.5","mode":"decimal:5","fuel":4,"born":1}"#,
            r#"{"resultado":1e5,"type":"decimal","text":"1e5","mode":"decimal:5","fuel":4,"born":1}"#,
            r#"{"resultado":1.E+5,"type":"decimal","text":"1.E+5","mode":"decimal:5","fuel":4,"born":1}"#,
            r#"{"resultado":1E+05,"type":"decimal","text":"1E+05","mode":"decimal:5","fuel":4,"born":1}"#,
            r#"{"resultado":4,"type":"int","text":"4","mode":"decimal:0","fuel":4,"born":1}"#,
            r#"{"resultado":4,"type":"int","text":"4","mode":"roman","fuel":4,"born":1}"#,
        ] {
            assert!(Answer::decode(line, &Limits::default()).is_none(), "{line}");
        }
    }

    #[test]
    fn unknown_members_are_passed_over() {
        let line = r#"{"resultado":4,"new":[1],"type":"int","text":"4","fuel":4,"born":1}"#;
        assert!(Answer::decode(line, &Limits::default()).is_some());
    }

    #[test]
    fn what_contradicts_itself_or_cannot_have_been_written_is_unusable() {
        let long = format!(r#"{{"resultado":{0},"type":"int","text":"{0}","fuel":4,"born":1}}"#, "1".repeat(100_001));
        for line in [
            "",
            "4",
            "null",
            "[]",
            "{}",
            "{",
            "\u{1}",
            r#"{"resultado":4}"#,
            r#"{"resultado":4,"type":"int","text":"4","fuel":4}"#,
            r#"{"resultado":4,"type":"int","text":"4","born":4}"#,
            r#"{"resultado":4,"type":"int","text":"4","fuel":-4,"born":1}"#,
            r#"{"resultado":4,"type":"int","text":"4","fuel":4,"born":1}x"#,
            r#"{"resultado":5,"type":"int","text":"4","fuel":4,"born":1}"#,
            r#"{"resultado":"4","type":"int","text":"4","fuel":4,"born":1}"#,
            r#"{"resultado":04,"type":"int","text":"04","fuel":4,"born":1}"#,
            r#"{"resultado":-0,"type":"int","text":"-0","fuel":4,"born":1}"#,
            r#"{"resultado":1e5,"type":"int","text":"1e5","fuel":4,"born":1}"#,
            r#"{"resultado":"","type":"int","text":"","fuel":4,"born":1}"#,
            r#"{"resultado":"-","type":"int","text":"-","fuel":4,"born":1}"#,
            r#"{"resultado":4,"type":"float","text":"4","fuel":4,"born":1}"#,
            r#"{"resultado":0.10,"type":"float","text":"0.10","fuel":4,"born":1}"#,
            r#"{"resultado":0.1000000000000000055511151231257827,"type":"float","text":"0.1000000000000000055511151231257827","fuel":4,"born":1}"#,
            r#"{"resultado":"infinity","type":"float","text":"infinity","fuel":4,"born":1}"#,
            r#"{"resultado":"NaN","type":"float","text":"NaN","fuel":4,"born":1}"#,
            r#"{"resultado":true,"type":"bool","text":"true","fuel":4,"born":1}"#,
            r#"{"resultado":null,"type":"none","text":"null","fuel":4,"born":1}"#,
            r#"{"resultado":"x","type":"str","text":"x","fuel":4,"born":1}"#,
            r#"{"resultado":"x","type":"str","text":"'y'","fuel":4,"born":1}"#,
            r#"{"resultado":"x","type":"str","text":"'x'+''","fuel":4,"born":1}"#,
            r#"{"resultado":[1],"type":"list","text":"[ 1]","fuel":4,"born":1}"#,
            r#"{"resultado":[1,2],"type":"list","text":"[1]","fuel":4,"born":1}"#,
            r#"{"resultado":[1],"type":"tuple","text":"[1]","fuel":4,"born":1}"#,
            r#"{"resultado":"x","type":"complex","text":"x","fuel":4,"born":1}"#,
            r#"{"resultado":"+++e.inf-nanj","type":"complex","text":"+++e.inf-nanj","fuel":4,"born":1}"#,
            r#"{"resultado":true,"type":"bool","text":"[1]<[2]","fuel":4,"born":1}"#,
            r#"{"resultado":[2],"type":"list","text":"[1+1]","fuel":4,"born":1}"#,
            r#"{"resultado":4,"type":"int","text":"4","node":1,"fuel":4,"born":1}"#,
            r#"{"resultado":"Erro na expressão informada: x","error":"no-such-kind","node":1,"fuel":4,"born":1}"#,
            r#"{"resultado":"Erro na expressão informada: erro interno","error":"internal","node":1,"fuel":4,"born":1}"#,
            r#"{"resultado":"Erro na expressão informada: expected a finite input, got inf","error":{"value":{"outside":{"function":"sin","given":{"value":"1e999","integer":false}}}},"node":1,"fuel":4,"born":1}"#,
            r#"{"resultado":"Erro na expressão informada: expected a finite input, got inf","error":{"value":{"outside":{"function":"sin","given":{"value":"infinity","integer":false}}}},"node":1,"fuel":4,"born":1}"#,
            r#"{"resultado":"Erro na expressão informada: expected a finite input, got inf","error":{"value":{"outside":{"function":"sin","given":{"value":null,"integer":false}}}},"node":1,"fuel":4,"born":1}"#,
            &long,
        ] {
            assert!(Answer::decode(line, &Limits::default()).is_none(), "{line}");
        }
    }

    /// A node with a higher limit computes it again.
    #[test]
    fn a_refusal_counts_only_where_the_limit_is_no_higher() {
        let ours = Limits::default();
        let fuel = Limits { fuel: ours.fuel * 2, ..ours.clone() };
        let bits = Limits { integer_bits: ours.integer_bits * 2, ..ours.clone() };
        let characters = Limits { answer_characters: ours.answer_characters * 2, ..ours.clone() };
        let lower = Limits { fuel: 1, integer_bits: 1, answer_characters: 1, ..ours.clone() };
        for (text, higher) in [("9**9**9", &bits), ("2**1000000", &characters)] {
            let refusal = answer(text);
            assert_eq!(refusal.lifetime(), Some(REFUSAL_LIFETIME), "{text}");
            let line = refusal.encode(&Limits::default()).unwrap();
            assert!(Answer::decode(&line, &ours).is_some(), "{text}");
            assert!(Answer::decode(&line, &lower).is_some(), "{text}");
            assert!(Answer::decode(&line, &fuel).is_some(), "{text}: another limit");
            assert!(Answer::decode(&line, higher).is_none(), "{text}");
        }
        assert_eq!(answer("1/0").lifetime(), None);
    }

    /// Found by fuzzing: a node wrote this line to Redis, and every node found it unusable.
    #[test]
    fn a_fraction_that_is_too_large_is_remembered_as_such() {
        let limits = Limits::default();
        let program = engine::ask(&engine::Question::new("1e99940", Mode::Exact), &limits).unwrap();
        let evaluation = engine::try_evaluate(&program, &limits, limits.fuel).unwrap();
        let refusal = Answer::new(evaluation, Mode::Exact, 1_700_000_000);
        assert_eq!(refusal.lifetime(), Some(REFUSAL_LIFETIME));
        let line = refusal.encode(&limits).unwrap();
        assert!(Answer::decode(&line, &limits).is_some(), "{line}");
        let more = line.replace(&Limits::FRACTION_BITS.to_string(), "32768");
        assert!(Answer::decode(&more, &limits).is_none(), "{more}");
    }
}
