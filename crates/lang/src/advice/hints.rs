//! Hints for a text whose meaning may not be the intended one. A hint does not change the answer.

use std::collections::HashSet;

use super::failing::caret_of;
use super::tokens::Tokens;
use super::{Choice, Fix, TEXT_BYTES};
use super::{groups, percent, separators, surroundings};
use crate::arithmetic::{Binary, Comparison, Unary};
use crate::diagnostic::{Language, in_notation};
use crate::error::Span;
use crate::functions::{self, named};
use crate::lexer::{Token, to_superscript};
use crate::notation::Notation;
use crate::program::{Node, Program};

/// The maximum number of hints for one text: nobody reads more, and each may quote a part of the text.
const HINTS: usize = 16;

// The functions that a hint is about.
const SIN: u16 = named("sin");
const COS: u16 = named("cos");
const TAN: u16 = named("tan");
const LOG: u16 = named("log");
const SET: u16 = named("set");

/// A place of a valid text whose meaning may not be the intended one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub kind: HintKind,
    /// The place in the text.
    pub span: Span,
    /// How to write what may have been intended, the likeliest first. Each fix changes the meaning of the text.
    pub fixes: Vec<Fix>,
}

/// What a hint is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HintKind {
    /// `2^3` is exclusive or; a power is `**`.
    Xor,
    /// `x<-3` is a comparison with −3, not an assignment.
    LessThanNegative {
        /// The name before `<-`.
        name: String,
    },
    /// `1,5` is two numbers; the decimal sign is a point.
    DecimalComma,
    /// `1,234` is two numbers, and `1.234,56` is two too: thousands have no separator.
    Thousands,
    /// `[2+3]*4` repeats a list; only round brackets group.
    Brackets,
    /// `sin(90)` is the sine of 90 radians.
    Radians {
        /// The function.
        function: String,
    },
    /// `log(100)` is the natural logarithm.
    NaturalLogarithm,
    /// `3√27` is 3·√27.
    RootCoefficient {
        /// The number before the root.
        coefficient: u64,
    },
    /// `3!!` is (3!)!.
    DoubleFactorial,
    /// `0.1+0.2` is not 0.3 in binary floats.
    BinaryFloat {
        /// The result in decimal numbers.
        decimal: String,
    },
    /// A root with a coefficient binds tighter than the operators around it: `2√9²` is (2√9)².
    TightRoot {
        /// The reading, as canonical text.
        read_as: String,
    },
    /// `³√-8` is the principal root, a complex number.
    ComplexRoot {
        /// The index of the root.
        index: u32,
    },
    /// `a || b || c` is read as bars and bitwise or.
    DoubleBar,
    /// `5% + 3` is the remainder of 5 divided by +3.
    Percent,
    /// `"2+2"` is a text, not a calculation.
    Quoted,
}

impl HintKind {
    /// The stable code: `xor`, `decimal-comma`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xor => "xor",
            Self::LessThanNegative { .. } => "less-than-negative",
            Self::DecimalComma => "decimal-comma",
            Self::Thousands => "thousands",
            Self::Brackets => "brackets",
            Self::Radians { .. } => "radians",
            Self::NaturalLogarithm => "natural-logarithm",
            Self::RootCoefficient { .. } => "root-coefficient",
            Self::DoubleFactorial => "double-factorial",
            Self::BinaryFloat { .. } => "binary-float",
            Self::TightRoot { .. } => "tight-root",
            Self::ComplexRoot { .. } => "complex-root",
            Self::DoubleBar => "double-bar",
            Self::Percent => "percent",
            Self::Quoted => "quoted",
        }
    }

    /// The sentence of [`message`](Self::message), with what it tells to write in a notation.
    pub fn message_in(&self, language: Language, notation: Notation) -> String {
        in_notation(self.message(language), notation)
    }

    /// A sentence for people: lower-case, without a full stop, and without saying where.
    pub fn message(&self, language: Language) -> String {
        let say = |english: String, portuguese: String| match language {
            Language::English => english,
            Language::Portuguese => portuguese,
        };
        match self {
            Self::Xor => say(
                "^ is bitwise XOR here. For a power, write **".into(),
                "aqui ^ é “ou exclusivo” (XOR), não potência. Para potência, escreva **".into(),
            ),
            Self::LessThanNegative { name } => say(
                format!("read as {name} < -…; to assign write {name} = … or {name} ← …"),
                format!("lido como {name} < -…; para atribuir escreva {name} = … ou {name} ← …"),
            ),
            Self::DecimalComma => say(
                "a comma separates values; decimals are written with a point".into(),
                "a vírgula separa valores; casas decimais se escrevem com ponto".into(),
            ),
            Self::Thousands => say(
                "a comma separates values, and a point begins the decimals; thousands are written without a separator"
                    .into(),
                "a vírgula separa valores e o ponto inicia as casas decimais; milhares se escrevem sem separador"
                    .into(),
            ),
            Self::Brackets => say(
                "[…] is a list and {…} a set; to group write parentheses (…)".into(),
                "[…] é uma lista e {…} um conjunto; para agrupar escreva parênteses (…)".into(),
            ),
            Self::Radians { function } => say(
                format!("the argument of {function} is in radians; for degrees write ° behind it"),
                format!("o argumento de {function} está em radianos; para graus escreva ° depois dele"),
            ),
            Self::NaturalLogarithm => say(
                "log is the natural logarithm; for base 10 write log10".into(),
                "log é o logaritmo natural; para base 10 escreva log10".into(),
            ),
            Self::RootCoefficient { coefficient } => {
                let root = to_superscript(*coefficient);
                say(
                    format!("read as {coefficient}*√…; a root with an index is written {root}√…"),
                    format!("lido como {coefficient}*√…; uma raiz com índice se escreve {root}√…"),
                )
            }
            Self::DoubleFactorial => say(
                "read as (…!)!, the factorial of the factorial; the double factorial of mathematics is something else"
                    .into(),
                "lido como (…!)!, o fatorial do fatorial; o duplo fatorial da matemática é outra coisa".into(),
            ),
            Self::BinaryFloat { decimal } => say(
                format!(
                    "floats are binary and round most decimals; in decimal mode this is {decimal}, and isclose compares \
                     floats"
                ),
                format!(
                    "floats são binários e arredondam quase todo decimal; no modo decimal isto é {decimal}, e isclose \
                     compara floats"
                ),
            ),
            Self::TightRoot { read_as } => say(format!("read as {read_as}"), format!("lido como {read_as}")),
            Self::ComplexRoot { index } => {
                let root = to_superscript(u64::from(*index));
                say(
                    format!("the root of a negative number is complex here; for the real one write -{root}√…"),
                    format!("a raiz de um número negativo é complexa aqui; para a raiz real escreva -{root}√…"),
                )
            }
            Self::DoubleBar => say(
                "'||' is read as '|' and an absolute value; for the logical or write or".into(),
                "'||' é lido como '|' e um valor absoluto; para o ou lógico escreva or".into(),
            ),
            Self::Percent => say(
                "'%' is the remainder of a division; for percent write /100".into(),
                "'%' é o resto da divisão; para porcentagem escreva /100".into(),
            ),
            Self::Quoted => say(
                "what stands in quotation marks is a text; to calculate it, leave them out".into(),
                "o que está entre aspas é um texto; para calcular, escreva sem elas".into(),
            ),
        }
    }
}

/// A hint with the edits that mend its place.
pub(super) struct Found {
    pub(super) kind: HintKind,
    pub(super) span: Span,
    pub(super) edits: Vec<Fix>,
}

/// All findings in a text and its program.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Found>,
    /// Whether another choice of separators, or of percentages, gives another reading.
    pub(super) separators_differ: bool,
    pub(super) percentages_differ: bool,
}

impl HintKind {
    /// Whether the hint is about notation, so that any fix of the text also mends it. A hint about a function or a root
    /// is not: the caller chooses what is meant.
    pub(super) fn is_notation(&self) -> bool {
        matches!(
            self,
            Self::Xor | Self::DecimalComma | Self::Thousands | Self::Brackets | Self::DoubleBar | Self::Percent
        )
    }
}

/// The findings in a text and its program, in order of place. `failing` if the text has no value.
pub(super) fn of(program: &Program, text: &str, choice: Choice, failing: bool) -> Findings {
    // A text without any of these has no findings.
    let signs = ['^', ',', '√', '|', '%', '[', '{', '"', '\''];
    let parts = ["!!", "<-", "<−", "sin", "cos", "tan", "log", "."];
    if !text.contains(signs) && !parts.iter().any(|part| text.contains(part)) {
        return Findings::default();
    }
    let mut found = Findings::default();
    if text.len() <= TEXT_BYTES {
        from_tokens(&mut found, text, choice, failing);
    }
    found.list.extend(from_nodes(program, text));
    found.list.sort_by_key(|found| (found.span.start, found.span.end));
    found.list.truncate(HINTS);
    found
}

fn from_tokens(found: &mut Findings, text: &str, choice: Choice, failing: bool) {
    let tokens = Tokens::of(text);
    found.list.extend(double_bar(&tokens));
    if let Some((span, inside)) = surroundings::quoted(&tokens) {
        found.list.push(Found { kind: HintKind::Quoted, span, edits: vec![Fix::replacing(span, inside)] });
    }
    let percentages = percent::of(&tokens, choice.commercial);
    if let Some(span) = percentages.first {
        found.percentages_differ = percentages.is_ambiguous;
        found.list.push(Found { kind: HintKind::Percent, span, edits: percentages.edits });
    }
    let separated = separators::of(&tokens, choice, None);
    if let Some(first) = separated.edits.iter().min_by_key(|edit| edit.span.start) {
        found.separators_differ = separated.is_ambiguous;
        let is_thousands = separated.has_thousands || separated.is_ambiguous;
        let kind = if is_thousands { HintKind::Thousands } else { HintKind::DecimalComma };
        found.list.push(Found { kind, span: first.span, edits: separated.edits });
    }
    let groups = groups::of(&tokens, failing);
    if let Some(outermost) = groups.iter().map(|group| groups::span(&tokens, *group)).min_by_key(|span| span.start) {
        let edits = groups::edits(&tokens, &groups);
        found.list.push(Found { kind: HintKind::Brackets, span: outermost, edits });
    }
}

fn from_nodes(program: &Program, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let starts = program.subtrees();
    let mut carets = HashSet::new();
    for (at, node) in program.nodes.iter().enumerate() {
        if program.spans[at] == Span::default() {
            // A node of a variable that comes with the text has no place in the text.
            continue;
        }
        let next = match node {
            Node::Binary(Binary::Xor) => xor(program, text, &starts, &mut carets, at),
            Node::CallFunction { row, arguments: 1, keywords: 0, .. } => of_a_number(program, text, at, *row),
            _ if found.len() >= HINTS => None,
            Node::Binary(Binary::Power) => tight_root(program, text, &starts, at),
            Node::Binary(Binary::Multiply) => root_coefficient(program, text, &starts, at),
            Node::Root(index) => {
                tight_root(program, text, &starts, at).or_else(|| complex_root(program, text, at, *index))
            }
            Node::Compare(Comparison::Less) | Node::CompareStep(Comparison::Less, _) => {
                less_than_negative(program, text, &starts, at)
            }
            Node::Factorial => double_factorial(program, text, at),
            _ => None,
        };
        next.into_iter().for_each(|next| join(&mut found, next));
    }
    found
}

/// All findings of some kinds become one, so that all their places are mended at once.
fn join(found: &mut Vec<Found>, next: Found) {
    let is_joined = matches!(next.kind, HintKind::Xor | HintKind::Radians { .. } | HintKind::NaturalLogarithm);
    let is_same = |first: &&mut Found| std::mem::discriminant(&first.kind) == std::mem::discriminant(&next.kind);
    match found.iter_mut().find(is_same).filter(|_| is_joined) {
        Some(first) => first.edits.extend(next.edits),
        None => found.push(next),
    }
}

/// `sin(90)` and `log(100)`.
fn of_a_number(program: &Program, text: &str, call: usize, row: u16) -> Option<Found> {
    let argument = call.checked_sub(1)?;
    let is_negative = program.nodes[argument] == Node::Unary(Unary::Minus);
    let number = if is_negative { argument.checked_sub(1)? } else { argument };
    let Node::Small(value) = program.nodes[number] else { return None };
    let (span, whole) = (program.spans[argument], program.spans[call]);
    let is_written = span.of(text).bytes().any(|byte| byte.is_ascii_digit()) && span.end <= whole.end;
    if !is_written {
        return None;
    }
    match row {
        SIN | COS | TAN if value != 0 && value % 15 == 0 => {
            // `sin(90°)` converts to radians in between: no hint.
            let end = span.end as usize;
            let kind = HintKind::Radians { function: functions::at(row)?.name.to_owned() };
            Some(Found { kind, span, edits: vec![Fix::new(end, end, "°")] })
        }
        LOG if !is_negative && is_power_of_ten(value) => {
            let name = Span { start: whole.start, end: whole.start + 3 };
            (name.of(text) == "log").then(|| Found {
                kind: HintKind::NaturalLogarithm,
                span: name,
                edits: vec![Fix::replacing(name, "log10")],
            })
        }
        _ => None,
    }
}

fn is_power_of_ten(value: i32) -> bool {
    value >= 10 && value.to_string().trim_end_matches('0') == "1"
}

/// `3√27`, where 27 is the cube of a whole number.
fn root_coefficient(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Found> {
    let (left, right) = program.operands(starts, at)?;
    let radicand = right.checked_sub(1)?;
    let (Node::Small(coefficient), Node::Root(2), Node::Small(value)) =
        (program.nodes[left], program.nodes[right], program.nodes[radicand])
    else {
        return None;
    };
    let (coefficient, value) = (u64::try_from(coefficient).ok()?, u64::try_from(value).ok()?);
    let span = program.spans[left];
    let is_spelled = text[span.end as usize..].starts_with('√');
    // A square root is written without an index.
    let is_perfect = (3..=62).contains(&coefficient)
        && (2_u64..)
            .map_while(|base| base.checked_pow(coefficient as u32))
            .take_while(|power| *power <= value)
            .any(|power| power == value);
    (is_spelled && is_perfect).then(|| Found {
        kind: HintKind::RootCoefficient { coefficient },
        span,
        edits: vec![Fix::replacing(span, to_superscript(coefficient))],
    })
}

/// `3!!`, without brackets.
fn double_factorial(program: &Program, text: &str, at: usize) -> Option<Found> {
    let inner = at.checked_sub(1)?;
    let end = program.spans[inner].end as usize;
    let is_double =
        program.nodes[inner] == Node::Factorial && text.get(..end)?.ends_with('!') && text[end..].starts_with('!');
    is_double.then(|| Found { kind: HintKind::DoubleFactorial, span: Span::new(end - 1, end + 1), edits: Vec::new() })
}

/// `a || b || c`.
fn double_bar(tokens: &Tokens<'_>) -> Option<Found> {
    let mut double_bars: Vec<Span> = Vec::new();
    let mut before = None;
    for (at, (token, span)) in tokens.iter().enumerate() {
        // The token before, newlines passed over.
        let last = if token == Token::Newline { before } else { before.replace(at) };
        let Some((left, (next, next_span))) = last.zip(tokens.get(at + 1)) else { continue };
        // `||` after an operand, without a blank. In `|a||b|` the bars close and open, so no finding.
        if token == Token::Bar && tokens.ends_operand(left) && next == Token::Bar && next_span.start == span.end {
            let blank_around = tokens.get(left).is_some_and(|(_, left)| left.end < span.start)
                && tokens.get(at + 2).is_some_and(|(_, right)| right.start > next_span.end);
            if blank_around {
                double_bars.push(span.to(next_span));
            }
        }
    }
    // A single `||` begins an absolute value: `1 || 2|`.
    let [first, _, ..] = double_bars[..] else { return None };
    let edits = double_bars.iter().map(|bar| Fix::replacing(*bar, "or")).collect();
    Some(Found { kind: HintKind::DoubleBar, span: first, edits })
}

/// A `^` between numbers. `carets` are the carets found before it: they show that `2^3^2` means powers too.
fn xor(program: &Program, text: &str, starts: &[u32], carets: &mut HashSet<usize>, at: usize) -> Option<Found> {
    let span = caret_of(program, text, starts, at)?;
    let (left, right) = program.operands(starts, at)?;
    // If the text also has sets, truth values or bitwise operators, `^` means exclusive or.
    let means_it = |root: usize| match program.nodes[root] {
        Node::Binary(Binary::Xor) => !carets.contains(&root),
        Node::Set(_)
        | Node::Bool(_)
        | Node::Compare(_)
        | Node::Unary(Unary::Not | Unary::Invert)
        | Node::Binary(Binary::And | Binary::Or | Binary::ShiftLeft | Binary::ShiftRight) => true,
        Node::CallFunction { row, .. } => row == SET,
        Node::Small(_) | Node::Constant(_) => {
            let written = program.spans[root].of(text);
            written.len() > 2
                && written.starts_with('0')
                && !written.as_bytes()[1].is_ascii_digit()
                && !written.contains('.')
        }
        _ => false,
    };
    if means_it(left) || means_it(right) {
        return None;
    }
    carets.insert(at);
    Some(Found { kind: HintKind::Xor, span, edits: vec![Fix::replacing(span, "**")] })
}

/// `x<-3` at the beginning of a statement.
fn less_than_negative(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Found> {
    let right = at.checked_sub(1)?;
    let left = (starts[right] as usize).checked_sub(1)?;
    let (Node::Name(name) | Node::Unknown(name)) = program.nodes[left] else { return None };
    let begins = left == 0 || program.nodes[left - 1] == Node::Drop;
    let name_span = program.spans[left];
    let behind = text.get(name_span.end as usize..)?;
    let arrow = behind.trim_start();
    let sign = arrow.strip_prefix('<')?.chars().next().filter(|sign| matches!(sign, '-' | '−'))?;
    if !begins {
        return None;
    }
    let start = name_span.end as usize + behind.len() - arrow.len();
    let span = Span::new(start, start + 1 + sign.len_utf8());
    let name = program.names[name as usize].to_string();
    Some(Found { kind: HintKind::LessThanNegative { name }, span, edits: vec![Fix::replacing(span, "=")] })
}

/// A root with a coefficient, without brackets, under an exponent or another root.
fn tight_root(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Found> {
    let inner = match program.nodes[at] {
        Node::Root(_) => at.checked_sub(1)?,
        _ => program.operands(starts, at)?.0,
    };
    if program.nodes[inner] != Node::Binary(Binary::Multiply) {
        return None;
    }
    let root = inner.checked_sub(1)?;
    if !matches!(program.nodes[root], Node::Root(_)) {
        return None;
    }
    // An explicit product has a `*` in this gap; a root with a coefficient has the sign of the root there.
    let left = (starts[root] as usize).checked_sub(1)?;
    let radicand = root.checked_sub(1)?;
    let gap = Span { start: program.spans[left].end, end: program.spans[radicand].start };
    let gap_tokens = Tokens::of(gap.of(text));
    let (first, first_span) = gap_tokens.iter().find(|(token, _)| !matches!(token, Token::Close(_)))?;
    let spelled = match first {
        Token::Root => true,
        Token::Superscript => gap_tokens.iter().any(|(token, _)| token == Token::Root),
        _ => false,
    };
    // Brackets around it make its meaning explicit.
    let span = program.spans[inner];
    let outer = match program.nodes[at] {
        Node::Root(_) => Span { start: program.spans[at].start.min(span.start), end: span.start },
        _ => Span { start: span.end, end: program.spans[at].end },
    };
    let bracketed = match program.nodes[at] {
        Node::Root(_) => Tokens::of(outer.of(text)).iter().any(|(token, _)| matches!(token, Token::Open(_))),
        _ => text[span.end as usize..].trim_start().starts_with(')'),
    };
    if !spelled || bracketed {
        return None;
    }
    let place = gap.start as usize + first_span.start as usize;
    let kind = HintKind::TightRoot { read_as: program.canonical_of(at as u32) };
    Some(Found { kind, span, edits: vec![Fix::new(place, place, "*")] })
}

/// `³√-8`.
fn complex_root(program: &Program, text: &str, at: usize, index: u32) -> Option<Found> {
    let operand = at.checked_sub(1)?;
    if index.is_multiple_of(2) || program.nodes[operand] != Node::Unary(Unary::Minus) {
        return None;
    }
    if !matches!(program.nodes[operand - 1], Node::Small(_) | Node::Constant(_)) {
        return None;
    }
    let span = program.spans[at];
    let covered = span.of(text);
    let kind = HintKind::ComplexRoot { index };
    // The span of a root with a coefficient begins at its operand.
    let Some(argument) = covered.split_once('√').map(|(_, argument)| argument.trim()) else {
        return Some(Found { kind, span, edits: Vec::new() });
    };
    let inside = argument.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(argument);
    let fix = inside
        .strip_prefix(['-', '−'])
        .map(|positive| Fix::replacing(span, format!("(-{}√{})", to_superscript(u64::from(index)), positive.trim())));
    Some(Found { kind, span, edits: Vec::from_iter(fix) })
}
