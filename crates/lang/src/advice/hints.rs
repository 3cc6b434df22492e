//! What to know of a text that is read otherwise than it may be meant. A hint changes nothing.

use super::Fix;
use super::failing::{caret_of, is_decimal_comma};
use super::tokens::Tokens;
use crate::arithmetic::{Binary, Comparison, Unary};
use crate::diagnostic::Language;
use crate::error::Span;
use crate::functions;
use crate::lexer::{Token, to_superscript};
use crate::program::{Node, Program};

/// Hints for one text, at most: nobody reads more, and each may quote a part of the text.
const HINTS: usize = 16;

/// What to know of a place in a text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub kind: HintKind,
    /// Where in the text.
    pub span: Span,
    /// How to write what may have been meant, the likeliest first; the text then means something else.
    pub fixes: Vec<Fix>,
}

/// What a hint is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HintKind {
    /// `2^3` is exclusive or; powers are `**`.
    Xor,
    /// `x<-3` is a comparison with −3, no assignment.
    LessThanNegative {
        /// The name before it.
        name: String,
    },
    /// `1,5` is two numbers; decimals have a point.
    DecimalComma,
    /// A root with a coefficient binds tighter than what stands around it: `2√9²` is (2√9)².
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
    /// `5% + 3` is the remainder by +3.
    Percent,
}

impl HintKind {
    /// The stable code: `xor`, `decimal-comma`, …
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xor => "xor",
            Self::LessThanNegative { .. } => "less-than-negative",
            Self::DecimalComma => "decimal-comma",
            Self::TightRoot { .. } => "tight-root",
            Self::ComplexRoot { .. } => "complex-root",
            Self::DoubleBar => "double-bar",
            Self::Percent => "percent",
        }
    }

    /// A sentence for people: lower-case, without a full stop, and without saying where.
    pub fn message(&self, language: Language) -> String {
        let say = |english: String, portuguese: String| match language {
            Language::English => english,
            Language::Portuguese => portuguese,
        };
        match self {
            Self::Xor => say(
                "'^' is exclusive or, bit by bit; for a power write **".into(),
                "'^' é o ou exclusivo, bit a bit; para potência escreva **".into(),
            ),
            Self::LessThanNegative { name } => say(
                format!("read as {name} < -…; to assign write {name} = … or {name} ← …"),
                format!("lido como {name} < -…; para atribuir escreva {name} = … ou {name} ← …"),
            ),
            Self::DecimalComma => say(
                "a comma separates values; decimals are written with a point".into(),
                "a vírgula separa valores; casas decimais se escrevem com ponto".into(),
            ),
            Self::TightRoot { read_as } => say(format!("read as {read_as}"), format!("lido como {read_as}")),
            Self::ComplexRoot { index: 3 } => say(
                "the root of a negative number is complex here; for the real one write cbrt(…)".into(),
                "a raiz de um número negativo é complexa aqui; para a raiz real escreva cbrt(…)".into(),
            ),
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
        }
    }
}

/// The hints for a text and its program, in order of place.
pub(super) fn of(program: &Program, text: &str) -> Vec<Hint> {
    // Nothing can be hinted at without one of these.
    if !text.contains(['^', ',', '√', '|', '%']) && !text.contains("<-") && !text.contains("<−") {
        return Vec::new();
    }
    let tokens = Tokens::of(text);
    let mut hints = from_tokens(&tokens);
    let starts = program.subtrees();
    for (at, node) in program.nodes.iter().enumerate() {
        if hints.len() >= HINTS {
            break;
        }
        let hint = match node {
            Node::Binary(Binary::Xor) => xor(program, text, &starts, at),
            Node::Binary(Binary::Power) => tight_root(program, text, &starts, at),
            Node::Root(index) => {
                tight_root(program, text, &starts, at).or_else(|| complex_root(program, text, at, *index))
            }
            Node::Compare(Comparison::Less) | Node::CompareStep(Comparison::Less, _) => {
                less_than_negative(program, text, &starts, at)
            }
            _ => None,
        };
        hints.extend(hint);
    }
    for root in &program.statements {
        hints.extend(decimal_comma(program, text, *root as usize));
    }
    hints.sort_by_key(|hint| (hint.span.start, hint.span.end));
    hints.truncate(HINTS);
    hints
}

/// What is seen without the program.
fn from_tokens(tokens: &Tokens<'_>) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut double_bars: Vec<Span> = Vec::new();
    let mut before = None;
    for (at, (token, span)) in tokens.iter().enumerate() {
        // The token before, newlines passed over.
        let last = if token == Token::Newline { before } else { before.replace((token, span)) };
        let Some((left, left_span)) = last else { continue };
        let Some((next, next_span)) = tokens.get(at + 1) else { continue };
        let is_operand_end =
            left.is_number() || matches!(left, Token::Name | Token::Close(_) | Token::True | Token::False);
        match token {
            // `a || b || c`: behind an operand, and nothing between the two.
            Token::Bar if is_operand_end && next == Token::Bar && next_span.start == span.end => {
                // `|a||b|` closes and opens: not these.
                let blank_around = left_span.end < span.start
                    && tokens.get(at + 2).is_some_and(|(_, right)| right.start > next_span.end);
                let double = span.to(next_span);
                if blank_around {
                    double_bars.push(double);
                }
            }
            // `5% + 3`: the sign, with a blank on both sides, looks like a sum.
            Token::Percent if is_operand_end && left_span.end == span.start && next_span.start > span.end => {
                let signed = matches!(next, Token::Plus | Token::Minus)
                    && tokens.get(at + 2).is_some_and(|(_, right)| right.start > next_span.end);
                if signed && span.of(tokens.text) == "%" {
                    let fixes = vec![Fix::replacing(span, "/100")];
                    hints.push(Hint { kind: HintKind::Percent, span, fixes });
                }
            }
            _ => {}
        }
    }
    // One alone, and it is the beginning of an absolute value: `1 || 2|`.
    if let [first, .., last] = double_bars[..] {
        let all = first.to(last);
        let fixes = vec![Fix::replacing(all, all.of(tokens.text).replace("||", "or"))];
        hints.push(Hint { kind: HintKind::DoubleBar, span: first, fixes });
    }
    hints
}

fn xor(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Hint> {
    let span = caret_of(program, text, starts, at)?;
    let (left, right) = program.operands(starts, at)?;
    // Whoever writes sets, truth values or bits means what it says.
    let means_it = |root: usize| match program.nodes[root] {
        Node::Set(_)
        | Node::Bool(_)
        | Node::Compare(_)
        | Node::Unary(Unary::Not | Unary::Invert)
        | Node::Binary(Binary::Xor | Binary::And | Binary::Or | Binary::ShiftLeft | Binary::ShiftRight) => true,
        Node::CallFunction { row, .. } => functions::at(row).is_some_and(|function| function.name == "set"),
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
    Some(Hint { kind: HintKind::Xor, span, fixes: vec![Fix::replacing(span, "**")] })
}

/// `x<-3`, where a statement begins with it.
fn less_than_negative(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Hint> {
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
    Some(Hint { kind: HintKind::LessThanNegative { name }, span, fixes: vec![Fix::replacing(span, "=")] })
}

/// A root with a coefficient, written without brackets under an exponent or another root.
fn tight_root(program: &Program, text: &str, starts: &[u32], at: usize) -> Option<Hint> {
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
    // A product written as one has its `*` there, and a root in it its sign behind that.
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
    // Brackets around it say what is meant.
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
    Some(Hint { kind, span, fixes: vec![Fix::new(place, place, "*")] })
}

/// `³√-8`.
fn complex_root(program: &Program, text: &str, at: usize, index: u32) -> Option<Hint> {
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
    // A root with a coefficient covers its operand only.
    let Some(argument) = covered.split_once('√').map(|(_, argument)| argument.trim()) else {
        return Some(Hint { kind, span, fixes: Vec::new() });
    };
    let inside = argument.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(argument);
    let fix = match (index, inside.strip_prefix(['-', '−'])) {
        (3, _) => Some(Fix::replacing(span, format!("cbrt({inside})"))),
        (_, Some(positive)) => {
            Some(Fix::replacing(span, format!("(-{}√{})", to_superscript(u64::from(index)), positive.trim())))
        }
        _ => None,
    };
    Some(Hint { kind, span, fixes: Vec::from_iter(fix) })
}

/// `1,5+1`: a tuple without brackets or blanks.
fn decimal_comma(program: &Program, text: &str, statement: usize) -> Option<Hint> {
    let at = match program.nodes[statement] {
        Node::Assign { .. } | Node::EndDefine { .. } => statement.checked_sub(1)?,
        _ => statement,
    };
    let Node::Tuple(_) = program.nodes[at] else { return None };
    let span = program.spans[at];
    let covered = span.of(text);
    let tokens = Tokens::of(covered);
    if covered.starts_with('(') && tokens.closing(0).is_some_and(|close| tokens.token(close + 1) == Some(Token::End)) {
        return None;
    }
    let mut depth = 0;
    let mut commas = Vec::new();
    for (token, comma) in tokens.iter() {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth -= 1,
            Token::Comma if depth == 0 => commas.push(comma.start as usize),
            _ => {}
        }
    }
    let plain = covered.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let decimal = commas.iter().all(|comma| is_decimal_comma(covered, *comma));
    // `1,2,3` is a list of numbers to anybody; so is `1,2` behind a name for each.
    let list = plain && commas.len() > 1;
    let unpacked = matches!(program.nodes[statement], Node::Assign { unpack: true, .. });
    if commas.is_empty() || !decimal || list || unpacked {
        return None;
    }
    let mut mended = covered.to_owned();
    for comma in &commas {
        mended.replace_range(comma..&(comma + 1), ".");
    }
    let comma = Span::new(span.start as usize + commas[0], span.start as usize + commas[0] + 1);
    Some(Hint { kind: HintKind::DecimalComma, span: comma, fixes: vec![Fix::replacing(span, mended)] })
}
