//! School notation, judged by the records of `corpus/school.jsonl`, by sisters of ours, and by laws over generated texts.

// Helpers of tests may panic as tests do.
#![allow(clippy::panic, clippy::unwrap_used)]

use serde_json::Value as Json;
use tabuada_lang::{
    Context, DecimalSign, Error, ErrorKind, Limits, Notation, NotationError, Program, Reading, Variables, parse_with,
};

fn records(file: &str) -> Vec<Json> {
    let path = format!("{}/../../corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A text, its decimal sign and its variables.
struct Question<'r> {
    text: &'r str,
    decimal: DecimalSign,
    variables: Variables,
}

impl<'r> Question<'r> {
    fn of(record: &'r Json) -> Self {
        Self {
            text: record["text"].as_str().unwrap(),
            decimal: record["decimal"].as_str().unwrap_or("point").parse().unwrap(),
            variables: match &record["variables"] {
                Json::Null => Variables::default(),
                variables => Variables::from_json(&variables.to_string(), &Limits::default()).unwrap(),
            },
        }
    }

    fn read(&self, text: &str, notation: Notation) -> Result<Program, Error> {
        let context = Context { notation, variables: Some(&self.variables), ..Context::default() };
        parse_with(text, &context, &Limits::default())
    }

    fn school(&self) -> Notation {
        Notation::School { decimal: self.decimal }
    }
}

/// The type and the text of a program's value, or the code of its error.
fn value(program: &Program) -> (String, String) {
    match program.evaluate(&Limits::default()) {
        Ok(answer) => (answer.type_name().to_owned(), answer.text().to_owned()),
        Err(failure) => ("error".to_owned(), failure.kind.code().to_owned()),
    }
}

/// Whether two texts of values are the same, floats within the distance that libm's functions have from the true ones.
fn is_near(ours: &str, theirs: &str) -> bool {
    match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(a), Ok(b)) => ours == theirs || (a - b).abs() <= 4e-15 * b.abs(),
        _ => ours == theirs,
    }
}

/// What is wrong with a record that is read.
fn wrong_reading(record: &Json) -> Option<String> {
    let question = Question::of(record);
    let python = record["python"].as_str().unwrap();
    let program = match question.read(question.text, question.school()) {
        Ok(program) => program,
        Err(error) => return Some(format!("{}: {}", error.kind.code(), error)),
    };
    let spelled = question.read(python, Notation::Python).unwrap_or_else(|error| panic!("{python}: {error}"));
    if !program.same_as(&spelled) || program.canonical() != spelled.canonical() {
        return Some(format!("is {} and not {}", program.canonical(), spelled.canonical()));
    }
    let (kind, text) = value(&program);
    let expected = (record["type"].as_str().unwrap(), record["value"].as_str().unwrap());
    (kind != expected.0 || !is_near(&text, expected.1)).then(|| format!("is worth {kind} {text}"))
}

fn readings(error: &Error) -> Option<&[Reading]> {
    match &error.kind {
        ErrorKind::Notation(NotationError::Ambiguous { readings, .. }) => Some(readings),
        _ => None,
    }
}

/// What is wrong with a record that is refused.
fn wrong_refusal(record: &Json) -> Option<String> {
    let question = Question::of(record);
    let error = match question.read(question.text, question.school()) {
        Ok(program) => return Some(format!("is read as {}", program.canonical())),
        Err(error) => error,
    };
    let Some([first, second]) = readings(&error) else { return Some(format!("has no two readings: {error}")) };
    let ours = [first, second];
    for (at, reading) in ours.iter().enumerate() {
        let program =
            question.read(&reading.text, question.school()).unwrap_or_else(|error| panic!("{}: {error}", reading.text));
        assert_eq!(program.canonical(), reading.read_as, "{}", question.text);
        let (_, text) = value(&program);
        let expected = record["values"][at].as_str().unwrap();
        if !is_near(&text, expected) {
            return Some(format!("reading {} is worth {text}, not {expected}", reading.text));
        }
    }
    None
}

fn judge(file: &str) {
    let (wrong, all) = wrong_records(file);
    assert!(wrong.is_empty(), "{} of {all} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is wrong with the records of a file, and how many they are.
pub(crate) fn wrong_records(file: &str) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let all = records(file);
    for record in &all {
        let trouble = if record["refuse"] == true { wrong_refusal(record) } else { wrong_reading(record) };
        wrong.extend(trouble.map(|trouble| format!("{} {}: {trouble}", record["category"], record["text"])));
    }
    (wrong, all.len())
}

#[test]
fn the_records_of_the_design() {
    judge("school.jsonl");
}
