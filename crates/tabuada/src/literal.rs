//! Parses the texts of values from a store that others can write to: character by character, without evaluation.
//!
//! It takes linear time and recurses as deep as values are nested. It accepts what the language prints: numbers of the
//! mode, strings, `None`, `True`, `False`, and lists, tuples and sets of these with `, ` between elements. It does not
//! check the order of a set, or whether a long fraction is in lowest terms: such a text is shown unchanged, which does
//! no harm.

use tabuada_lang::{JsonNumbers, Limits, Mode, repr};

use crate::json::{write_float, write_string};

/// Exponents of decimals are within ±999,999, or lower by the number of digits, which is at most 1,000.
const EXPONENT_DIGITS_MAX: usize = 7;
/// The longest float is `-2.2250738585072014e-308`.
const FLOAT_BYTES_MAX: usize = 24;
/// Two floats with a `j`, in brackets.
const COMPLEX_BYTES_MAX: usize = 2 * FLOAT_BYTES_MAX + 4;
/// A character of a string may be written as `\U0001f600`, and each empty list in a list takes four bytes.
const BYTES_PER_CHARACTER: u64 = 12;

/// The type and the JSON forms of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The `type` of the API.
    pub(crate) type_name: &'static str,
    /// The JSON in which numbers are numbers only if every reader of JSON gets them exactly.
    pub(crate) exact: String,
    /// The JSON in which all numbers are numbers.
    pub(crate) all: String,
}

/// Parses a string, a list, a tuple or a set; `None` if the language does not print such a text in this mode.
pub(crate) fn read(text: &str, mode: Mode, limits: &Limits) -> Option<Literal> {
    if text.len() as u64 > limits.answer_characters.saturating_mul(BYTES_PER_CHARACTER) {
        return None;
    }
    let mut reader = Reader { rest: text, mode, limits, exact: String::new(), all: String::new() };
    let type_name = reader.value(0)?;
    let Reader { rest, exact, all, .. } = reader;
    rest.is_empty().then_some(Literal { type_name, exact, all })
}

/// The type of a text that is neither a string nor a container; `None` if the language does not print such a text.
pub(crate) fn scalar(text: &str, mode: Mode) -> Option<&'static str> {
    Some(match text {
        "None" => "none",
        "True" | "False" => "bool",
        _ if is_integer(text) => "int",
        _ => match mode {
            Mode::Python if is_float(text) => "float",
            Mode::Python if is_complex(text) => "complex",
            Mode::Exact if is_fraction(text) => "fraction",
            Mode::Decimal(_) if is_decimal(text) => "decimal",
            _ => return None,
        },
    })
}

/// Appends the JSON form of such a text: a number, or the text itself.
pub(crate) fn write_scalar(type_name: &str, text: &str, numbers: JsonNumbers, out: &mut String) {
    match (type_name, text) {
        ("none", _) => out.push_str("null"),
        ("bool", "True") => out.push_str("true"),
        ("bool", _) => out.push_str("false"),
        ("float", text) if !text.ends_with(['f', 'n']) => out.push_str(text),
        ("int", text) if numbers == JsonNumbers::All || is_exact(text) => out.push_str(text),
        // The digits and the exponent as printed are valid JSON.
        ("decimal", text) if numbers == JsonNumbers::All => out.push_str(text),
        (_, text) => write_string(text, out),
    }
}

/// Whether every reader of JSON gets this integer exactly.
fn is_exact(digits: &str) -> bool {
    digits.parse::<i64>().is_ok_and(|value| value.unsigned_abs() <= JsonNumbers::INTEGER_MAX)
}

/// Digits with a sign, as Python writes them. The value is not needed, and would cost more than the rest.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => text.len() == 1,
        [first, ..] => *first != b'0',
        [] => false,
    };
    canonical && is_digits(digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text is the one that its own value is printed as.
fn is_float(text: &str) -> bool {
    let Some(value) = Some(text).filter(|text| text.len() <= FLOAT_BYTES_MAX).and_then(|text| text.parse().ok()) else {
        return false;
    };
    let mut again = String::with_capacity(FLOAT_BYTES_MAX);
    write_float(value, &mut again);
    again == text
}

/// `2j`, or `(1-2j)` if the real part is not 0.0: floats without `.0`.
fn is_complex(text: &str) -> bool {
    let is_part = |part: &str| !part.ends_with(".0") && (is_float(part) || is_float(&format!("{part}.0")));
    if text.len() > COMPLEX_BYTES_MAX {
        return false;
    }
    let Some(inside) = text.strip_prefix('(').and_then(|text| text.strip_suffix("j)")) else {
        return text.strip_suffix('j').is_some_and(is_part);
    };
    // The sign between the parts is the last one that is not in an exponent.
    let mut signs = inside.match_indices(['+', '-']).filter(|(at, _)| *at > 0 && !inside[..*at].ends_with('e'));
    let Some((at, sign)) = signs.next_back() else { return false };
    let (real, imaginary) = (&inside[..at], &inside[at..]);
    real != "0" && is_part(real) && is_part(if sign == "+" { &imaginary[1..] } else { imaginary })
}

/// `-1/2`, in lowest terms if the parts are short.
fn is_fraction(text: &str) -> bool {
    let Some((numerator, denominator)) = text.split_once('/') else { return false };
    let is_sound = is_integer(numerator) && numerator != "0" && is_integer(denominator) && denominator != "1";
    let unsigned = numerator.strip_prefix('-').unwrap_or(numerator);
    let (mut a, mut b) = match (unsigned.parse::<u128>(), denominator.parse::<u128>()) {
        (Ok(a), Ok(b)) => (a, b),
        _ => return is_sound && !denominator.starts_with('-') && denominator != "0",
    };
    while b != 0 {
        (a, b) = (b, a % b);
    }
    is_sound && denominator != "0" && a == 1
}

/// Digits as Python's `decimal` writes them: `-1.20`, `2`, `1.5E+7`, `0E-7`. Their number is not checked, since an
/// unchanged literal may have more digits than the mode.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (coefficient, exponent) = unsigned.split_once('E').unwrap_or((unsigned, "+1"));
    let (whole, part) = coefficient.split_once('.').unwrap_or((coefficient, "0"));
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    is_digits(whole)
        && is_digits(part)
        && (whole == "0" || !whole.starts_with('0'))
        && is_digits(exponent_digits)
        && !exponent_digits.starts_with('0')
        && exponent_digits.len() <= EXPONENT_DIGITS_MAX
}

/// A text and its two forms in JSON, in progress.
struct Reader<'t> {
    rest: &'t str,
    mode: Mode,
    limits: &'t Limits,
    exact: String,
    all: String,
}

impl<'t> Reader<'t> {
    /// Reads a value inside `depth` others, and gives its type. Recursion ends at the nesting limit of values.
    fn value(&mut self, depth: u64) -> Option<&'static str> {
        if self.take("set()") {
            self.push("[]");
            return (depth < self.limits.depth).then_some("set");
        }
        match self.rest.as_bytes().first()? {
            b'[' => self.items(']', depth).map(|_| "list"),
            b'{' => self.items('}', depth).filter(|count| *count > 0).map(|_| "set"),
            b'(' if !self.is_at_complex() => self.items(')', depth).map(|_| "tuple"),
            b'\'' | b'"' => self.string(),
            _ => self.scalar(),
        }
    }

    /// The elements up to the closing bracket, and their number.
    fn items(&mut self, close: char, depth: u64) -> Option<u64> {
        if depth >= self.limits.depth {
            return None;
        }
        self.rest = &self.rest[1..];
        self.push("[");
        let mut count = 0;
        while !self.take_character(close) {
            if count > 0 && !self.take(", ") {
                // A tuple of one element has a comma.
                return (close == ')' && count == 1 && self.take(",)")).then(|| {
                    self.push("]");
                    count
                });
            }
            if count > 0 {
                self.push(",");
            }
            self.value(depth + 1)?;
            count += 1;
            if count > self.limits.elements {
                return None;
            }
        }
        self.push("]");
        (close != ')' || count != 1).then_some(count)
    }

    /// A string as `repr` prints it.
    fn string(&mut self) -> Option<&'static str> {
        let quote = self.rest.chars().next()?;
        let mut string = String::new();
        let mut characters = self.rest[1..].chars();
        loop {
            match characters.next()? {
                end if end == quote => break,
                '\\' => string.push(escaped(&mut characters)?),
                plain => string.push(plain),
            }
        }
        let (text, rest) = self.rest.split_at(self.rest.len() - characters.as_str().len());
        if string.chars().count() as u64 > self.limits.string_characters || repr(&string) != text {
            return None;
        }
        write_string(&string, &mut self.exact);
        write_string(&string, &mut self.all);
        self.rest = rest;
        Some("str")
    }

    fn scalar(&mut self) -> Option<&'static str> {
        let complex = if self.is_at_complex() { self.rest.find(')').map(|end| end + 1) } else { None };
        let end = complex.or_else(|| self.rest.find([',', ')', ']', '}'])).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let type_name = scalar(text, self.mode)?;
        write_scalar(type_name, text, JsonNumbers::Exact, &mut self.exact);
        write_scalar(type_name, text, JsonNumbers::All, &mut self.all);
        self.rest = rest;
        Some(type_name)
    }

    /// Whether a complex number in brackets comes next.
    fn is_at_complex(&self) -> bool {
        let end = self.rest.bytes().take(COMPLEX_BYTES_MAX).position(|byte| byte == b')');
        self.mode == Mode::Python && end.is_some_and(|end| is_complex(&self.rest[..=end]))
    }

    fn take(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_character(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn push(&mut self, json: &str) {
        self.exact.push_str(json);
        self.all.push_str(json);
    }
}

/// The character of an escape.
fn escaped(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = match characters.next()? {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        plain => return Some(plain),
    };
    let code = u32::from_str_radix(characters.as_str().get(..digits)?, 16).ok()?;
    *characters = characters.as_str()[digits..].chars();
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;
    use tabuada_lang::{Answer, Digits};

    use super::*;
    use crate::engine::{self, Question};

    const PYTHON: &[&str] = &[
        "1",
        "-2**70",
        "True",
        "False",
        "None",
        "0.1",
        "-0.0",
        "1e16",
        "5e-324",
        "1e22",
        "inf",
        "-inf",
        "nan",
        "2j",
        "-0j",
        "1+2j",
        "-1.5-2e-7j",
        "inf+2j",
        "nan-2j",
        "3-1e999j",
        "1e999j",
        "-0.0+1e300j",
        "-1e-300-1e-300j",
        "''",
        "'a'",
        "\"it's\"",
        "'\"'",
        "'q\\'\"'",
        "'é\\n\\\\\\t\\r'",
        "'\\x00\\x7f\\xa0\\u200b\\U000e0001'",
        "'😀'",
        "'(1, 2]'",
    ];
    const EXACT: &[&str] = &["1", "-1", "0", "1/3", "-7/2", "2**130/3**90", "-2**70", "'x, y'", "None", "True"];
    const DECIMAL: &[&str] =
        &["1", "0.5", "-1/3", "1e-9/3", "1e30/7", "0.0", "0e-9", "'x'", "False", "12345678901234567890123/7"];

    fn modes() -> [(Mode, &'static [&'static str]); 4] {
        let decimal = |digits| Mode::Decimal(Digits::new(digits).expect("few digits"));
        [(Mode::Python, PYTHON), (Mode::Exact, EXACT), (decimal(1), DECIMAL), (decimal(28), DECIMAL)]
    }

    fn value(text: &str, mode: Mode) -> Answer {
        let limits = Limits::default();
        let program = engine::ask(&Question::new(text, mode), &limits);
        let program = program.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        engine::try_evaluate(&program, &limits, limits.fuel).expect("it is cheap").outcome.expect("it has a value")
    }

    /// Texts of values in one of the modes, with containers.
    fn held() -> impl Strategy<Value = (Mode, String)> {
        (0..modes().len()).prop_flat_map(|at| {
            let (mode, listed) = modes()[at];
            let leaf = if mode == Mode::Python {
                prop_oneof![
                    proptest::sample::select(listed).prop_map(str::to_owned),
                    any::<f64>()
                        .prop_filter("finite", |value| value.is_finite())
                        .prop_map(|value| format!("{value:e}")),
                    any::<i128>().prop_map(|value| value.to_string()),
                    (any::<f32>(), any::<f32>())
                        .prop_filter("finite", |(a, b)| a.is_finite() && b.is_finite())
                        .prop_map(|(a, b)| format!("({a:e}+({b:e}j))")),
                    any::<Vec<char>>().prop_map(|string| quoted(&string)),
                ]
                .boxed()
            } else {
                proptest::sample::select(listed).prop_map(str::to_owned).boxed()
            };
            let tree = leaf.prop_recursive(5, 40, 6, |inner| {
                (0_usize..3, prop::collection::vec(inner, 0..6)).prop_map(|(kind, parts)| match (kind, &parts[..]) {
                    (0, _) => format!("[{}]", parts.join(", ")),
                    (1, [one]) => format!("({one},)"),
                    (1, _) => format!("({})", parts.join(", ")),
                    (_, []) => "set()".to_owned(),
                    _ if parts.iter().any(|part| part.contains('[')) => format!("[{}]", parts.join(", ")),
                    _ => format!("{{{}}}", parts.join(", ")),
                })
            });
            tree.prop_map(move |text| (mode, format!("[{text}]")))
        })
    }

    fn quoted(string: &[char]) -> String {
        let code = |character: &char| format!("\\U{:08x}", u32::from(*character));
        format!("'{}'", string.iter().map(code).collect::<String>())
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_it_was((mode, text) in held()) {
            let printed = value(&text, mode);
            let literal = read(printed.text(), mode, &Limits::default());
            let literal = literal.unwrap_or_else(|| panic!("{mode}: {}", printed.text()));
            prop_assert_eq!(literal.type_name, printed.type_name());
            prop_assert_eq!(&literal.all, &printed.json(JsonNumbers::All), "{}", printed.text());
            // Whole decimals look like ints; the lines in the store distinguish them.
            if !matches!(mode, Mode::Decimal(_)) {
                prop_assert_eq!(&literal.exact, &printed.json(JsonNumbers::Exact), "{}", printed.text());
            }
        }

        /// Every accepted text is parsed by the language, which prints it again.
        #[test]
        fn nothing_else_is_read(text in "[\\[({]([0-9]|[1-9]\\.[05]|, |,|[-+ejinfa]|'|[()\\[\\]{}]|set\\(\\)|\\\\|x){0,12}[\\])}]") {
            if let Some(literal) = read(&text, Mode::Python, &Limits::default()) {
                prop_assert_ne!(literal.type_name, "");
                if !text.contains(['{', '\'']) {
                    let again = value(&text, Mode::Python);
                    prop_assert_eq!(again.text(), &text);
                }
            }
        }
    }

    #[test]
    fn each_leaf_is_read() {
        for (mode, listed) in modes() {
            for element in listed {
                let printed = value(&format!("({element},)"), mode);
                let literal = read(printed.text(), mode, &Limits::default());
                assert!(
                    literal.is_some_and(|literal| literal.all == printed.json(JsonNumbers::All)),
                    "{}",
                    printed.text()
                );
            }
        }
    }

    #[test]
    fn what_is_no_literal_is_not_read() {
        for text in [
            "",
            "[",
            "]",
            "[1",
            "[1,]",
            "[1, ]",
            "[,]",
            "[ 1]",
            "[1 ]",
            "[1,2]",
            "(1)",
            "(1, )",
            "(,)",
            "{}",
            "{,}",
            "set",
            "set( )",
            "[1]]",
            "[1]x",
            "[1+1]",
            "[x]",
            "[01]",
            "[-0]",
            "[+1]",
            "[1.]",
            "[.5]",
            "[1e5]",
            "[1/2]",
            "[f(1)]",
            "[true]",
            "[1:2]",
            "'a",
            "'a'b",
            "'\\q'",
            "'\\x41'",
            "'\\x0A'",
            "'\\u0041'",
            "'\\ud800'",
            "'\\x'",
            "\"a\"",
            "'it\\'s'",
            "'\n'",
            "'\\x0a'",
            "[+++e.inf-nanj]",
            "[1+2j]",
            "[(1+2)]",
            "[(0+2j)]",
            "[(1.0+2j)]",
            "[(1++2j)]",
            "[(1+-2j)]",
            "[1j2]",
            "[(2j)]",
            "[infinity]",
            "range(0, 3)",
            "<function>",
            "[<function>]",
            "[1][0]",
            "[1]*10000",
        ] {
            assert_eq!(read(text, Mode::Python, &Limits::default()), None, "{text}");
        }
        for text in
            ["[0.5]", "[1/1]", "[2/4]", "[0/3]", "[1/0]", "[1/-2]", "[1//2]", "[1/2/3]", "[/2]", "[2j]", "[inf]"]
        {
            assert_eq!(read(text, Mode::Exact, &Limits::default()), None, "{text}");
        }
    }

    #[test]
    fn a_complex_number_has_two_parts() {
        for text in [
            "+++e.inf-nanj",
            "j",
            "+1j",
            "(1j)",
            "(+1+1j)",
            "(1+1j",
            "1+1j)",
            "1+1j",
            "(1-+1j)",
            "(e+1j)",
            "(nan)",
            "infj)",
        ] {
            assert_eq!(scalar(text, Mode::Python), None, "{text}");
        }
        for text in ["1j", "-0j", "nanj", "(-0+1j)", "(1e+16-1e-07j)", "(inf-infj)", "(nan+nanj)", "(-inf+1.5j)"] {
            assert_eq!(scalar(text, Mode::Python), Some("complex"), "{text}");
        }
    }

    /// Texts that once took the evaluator seconds: deeply nested lists that are compared, long lists, brackets.
    #[test]
    fn reading_is_linear_and_bounded() {
        let nested = format!("{}{}{}", "[".repeat(190), "[1e+300]", "]".repeat(190));
        assert!(read(&nested, Mode::Python, &Limits::default()).is_some());
        assert_eq!(read(&format!("{nested}<{nested}"), Mode::Python, &Limits::default()), None);
        let limits = Limits::default();
        let deeper = format!("{}{}", "[".repeat(limits.depth as usize), "]".repeat(limits.depth as usize));
        assert!(read(&deeper, Mode::Python, &limits).is_some());
        assert_eq!(read(&format!("[{deeper}]"), Mode::Python, &limits), None);
        let begun = Instant::now();
        for bracket in ["[", "(", "{", "((", "('", "[1, ", "(1, "] {
            let text = bracket.repeat(100_000);
            assert_eq!(read(&text, Mode::Python, &limits), None, "{bracket}");
        }
        // It takes milliseconds; quadratic time would be minutes.
        assert!(begun.elapsed().as_secs() < 30);
    }
}
