//! The law of advice: every mended text can be parsed and evaluated, or has no value only because a variable is
//! missing, and loses nothing.

use tabuada_lang::{Context, Fix, Limits, Program, Variables, fixes, parse, parse_with};

pub(crate) fn limits() -> Limits {
    Limits { fuel: 2_000_000, ..Limits::default() }
}

/// All fixes that are offered for a text: those of its error and those of its hints.
pub(crate) fn offered(text: &str) -> Vec<Fix> {
    let (limits, context) = (limits(), Context::default());
    let program = match parse(text, &limits) {
        Ok(program) => program,
        Err(error) => return fixes(text, &error, &context, &limits),
    };
    let mut all: Vec<Fix> = program.hints(text, &context, &limits).into_iter().flat_map(|hint| hint.fixes).collect();
    if let Err(failure) = program.evaluate(&limits) {
        all.extend(program.fixes(text, &failure, &context, &limits));
    }
    all
}

pub(crate) fn value(program: &Program) -> Result<String, String> {
    let limits = limits();
    let answer = program.evaluate(&limits);
    answer.map(|answer| answer.text().to_owned()).map_err(|failure| format!("{:?}", failure.kind))
}

/// Why a mended text may not be offered.
fn fault(mended: &str) -> Option<String> {
    let program = match parse(mended, &limits()) {
        Ok(program) => program,
        Err(error) => return Some(format!("cannot be read: {:?}", error.kind)),
    };
    let free: Vec<&str> = program.free_names();
    if free.is_empty() {
        return value(&program).err();
    }
    if let Some(word) = free.iter().find(|name| name.chars().count() != 1) {
        return Some(format!("{word} is no variable"));
    }
    // With some values for its variables, it has a value.
    let samples = [r#"3"#, "0.5", "[1, 2, 3]"].map(|sample| {
        let member = |(at, name): (usize, &&str)| match sample {
            "3" => format!("{name:?}: {}", at + 3),
            "0.5" => format!("{name:?}: {}.5", at + 3),
            _ => format!("{name:?}: {sample}"),
        };
        let members: Vec<String> = free.iter().enumerate().map(member).collect();
        let variables = Variables::from_json(&format!("{{{}}}", members.join(", ")), &limits()).unwrap();
        let context = Context { variables: Some(&variables), ..Context::default() };
        parse_with(mended, &context, &limits()).map_err(|error| format!("{:?}", error.kind)).and_then(|p| value(&p))
    });
    if samples.iter().any(Result::is_ok) { None } else { samples[0].clone().err() }
}

pub(crate) fn raised(character: char) -> bool {
    matches!(character, '²' | '³' | '¹' | '⁰'..='ⁿ' | '°' | '√')
}

fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|found| found == wanted))
}

/// The text without digits that have a letter on both sides, in a word that begins with a letter: `deg2rad` has no
/// number.
fn without_words(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut kept = String::new();
    for word in text.split_inclusive(|c| !is_word(c)) {
        let begins = word.starts_with(|c: char| c.is_ascii_alphabetic());
        let last = word.rfind(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        kept.extend(
            word.char_indices().filter(|(at, c)| !(begins && *at < last && c.is_ascii_digit())).map(|(_, c)| c),
        );
    }
    kept
}

/// The numbers of a text, without leading zeros.
fn numbers(text: &str) -> Vec<String> {
    let text = &without_words(text);
    let digit = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|raised| raised == c);
    let on_line: String = text.chars().map(|c| digit(c).map_or(' ', |digit| (b'0' + digit as u8) as char)).collect();
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let texts = [plain, on_line];
    let runs = texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_digit()));
    runs.map(|run| run.trim_start_matches('0').to_owned()).filter(|run| !run.is_empty()).collect()
}

/// Whether the mended text has every number of the text: in order, digit by digit, or each one somewhere.
fn keeps(text: &str, mended: &str) -> bool {
    let signs = |text: &str| -> String { text.chars().filter(|c| raised(*c)).collect() };
    let mut there = numbers(mended);
    let each = numbers(text)
        .iter()
        .all(|number| there.iter().position(|found| found == number).map(|at| there.swap_remove(at)).is_some());
    is_within(&signs(text), &signs(mended)) && (each || is_within(&numbers(text).concat(), &numbers(mended).concat()))
}

/// Checks the law for one text; gives the number of fixes.
pub(crate) fn follow(text: &str) -> usize {
    let offered = offered(text);
    for fix in &offered {
        let (start, end) = (fix.span.start as usize, fix.span.end as usize);
        assert!(text.get(start..end).is_some(), "{text:?}: {fix:?}");
        let mended = fix.apply(text);
        assert_ne!(mended, text, "{fix:?}");
        if let Some(fault) = fault(&mended) {
            panic!("{text:?} -> {mended:?}: {fault}");
        }
        assert!(keeps(text, &mended), "{text:?} -> {mended:?} loses something");
    }
    offered.len()
}
