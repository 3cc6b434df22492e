//! Numbers with a decimal comma, or with separators between thousands.

use super::tokens::Tokens;
use super::{Choice, Fix};
use crate::error::Span;

/// The edits of a text whose commas, or some of whose points, belong to numbers.
#[derive(Default)]
pub(super) struct Separators {
    pub(super) edits: Vec<Fix>,
    pub(super) has_thousands: bool,
    /// Whether there is another reading that is as likely: `1,234` may be 1234 or 1.234.
    pub(super) is_ambiguous: bool,
}

/// What the separators in a number mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// `1,05`: surely decimal, since nobody writes a list so.
    Surely,
    /// `1,5`: probably decimal.
    Decimal,
    /// `1,234`: decimal, or thousands.
    Either,
    /// `1,234,567` and `1.234.567`.
    Thousands,
    /// `1,234.56`, or with a decimal comma `1.234,56`.
    Both { decimal: u8 },
    /// `1.234`: valid as it stands, but the point may separate thousands.
    Point,
    /// `0.5`: the point is surely decimal.
    DecimalPoint,
    /// `1,2,3`.
    List,
}

struct Number {
    start: usize,
    end: usize,
    kind: Kind,
}

/// The text between two brackets, or a statement.
#[derive(Default)]
struct Part {
    /// Whether commas normally separate values here: arguments, elements, subscripts.
    is_list: bool,
    /// Whether it is an operand: a numeric operator stands beside its brackets.
    is_operand: bool,
    /// Whether its commas must be decimal, because the call fails with them as separators.
    is_forced: bool,
    is_bracketed: bool,
    /// Whether it holds anything other than numbers and separators.
    is_calculated: bool,
    /// Commas and semicolons that belong to no number.
    commas: usize,
    semicolons: Vec<usize>,
    numbers: Vec<Number>,
}

/// What to write for the numbers of a text. Arguments with commas are left alone unless they are certain to be numbers,
/// or lie in `all_within`.
pub(super) fn of(tokens: &Tokens<'_>, choice: Choice, all_within: Option<Span>) -> Separators {
    let code = tokens.code();
    if !code.iter().any(|byte| matches!(byte, b',' | b';')) && code.iter().filter(|byte| **byte == b'.').count() < 2 {
        return Separators::default();
    }
    let mut parts = parts(&code);
    if let Some(span) = all_within {
        let inside = |number: &Number| span.start as usize <= number.start && number.end <= span.end as usize;
        for part in &mut parts {
            part.is_forced = part.numbers.iter().any(inside);
        }
    }
    let all = || parts.iter().flat_map(|part| &part.numbers).map(|number| number.kind);
    // One number may show what the comma or the point means in the whole text.
    let comma_groups = all().any(|kind| matches!(kind, Kind::Both { decimal: b'.' } | Kind::DecimalPoint));
    let comma_is_decimal =
        all().any(|kind| matches!(kind, Kind::Surely | Kind::Decimal | Kind::Both { decimal: b',' })) && !comma_groups;
    let mut separators = Separators::default();
    let mut changed = false;
    for part in &parts {
        let takes = part.taken() && !choice.listed;
        for number in part.numbers.iter().filter(|number| takes || number.is_certain(&code)) {
            let is_decimal = match number.kind {
                // Semicolons separate the arguments: `round(2,345; 2)`.
                Kind::Either if comma_is_decimal || !part.semicolons.is_empty() => true,
                Kind::Either if comma_groups => false,
                Kind::Either => {
                    separators.is_ambiguous = true;
                    !choice.grouped
                }
                Kind::Thousands => false,
                Kind::Both { decimal } => decimal == b',',
                _ => true,
            };
            if matches!(number.kind, Kind::Point | Kind::DecimalPoint | Kind::List) {
                continue;
            }
            changed = true;
            let is_plain =
                matches!(number.kind, Kind::Surely | Kind::Decimal) || (number.kind == Kind::Either && is_decimal);
            separators.has_thousands |= !is_plain;
            separators.edits.extend(number.edits(&code, is_decimal));
        }
        if part.is_list && takes {
            let commas = part.semicolons.iter().map(|at| Fix::new(*at, at + 1, ","));
            separators.edits.extend(commas);
        }
    }
    if changed && comma_is_decimal {
        // `1.000 + 0,50`: the points may separate thousands.
        for number in parts.iter().flat_map(|part| &part.numbers).filter(|number| number.kind == Kind::Point) {
            separators.is_ambiguous = true;
            if choice.grouped {
                separators.has_thousands = true;
                separators.edits.extend(number.edits(&code, false));
            }
        }
    }
    separators
}

impl Part {
    /// Whether the commas in its numbers belong to these numbers.
    fn taken(&self) -> bool {
        let is = |kind: fn(Kind) -> bool| self.numbers.iter().any(|number| kind(number.kind));
        if self.is_forced {
            return !is(|kind| kind == Kind::List);
        }
        if self.is_list {
            // Semicolons separate the arguments: `max(1,5; 2)`.
            return !self.semicolons.is_empty() && !is(|kind| kind == Kind::List);
        }
        if self.commas > 0 || is(|kind| kind == Kind::List) || (self.is_bracketed && !self.is_operand) {
            return false;
        }
        let commas =
            self.numbers.iter().filter(|number| !matches!(number.kind, Kind::Point | Kind::DecimalPoint)).count();
        self.is_calculated || (!self.is_bracketed && commas == 1) || is(|kind| matches!(kind, Kind::Both { .. }))
    }
}

impl Number {
    /// Whether the number cannot be several values: `1,05`, and `1.000.000` with or without decimals.
    fn is_certain(&self, code: &[u8]) -> bool {
        let points = code[self.start..self.end].iter().filter(|byte| **byte == b'.').count();
        self.kind == Kind::Surely || (points > 1 && self.kind != Kind::List)
    }

    /// The edits of a number. With `is_decimal`, its last separator is the decimal one.
    fn edits(&self, code: &[u8], is_decimal: bool) -> Vec<Fix> {
        let places: Vec<usize> = (self.start..self.end).filter(|at| matches!(code[*at], b',' | b'.')).collect();
        let last = places.last().copied();
        let has_both = matches!(self.kind, Kind::Both { .. });
        let edit = |at: usize| {
            let is_point = Some(at) == last && (is_decimal || has_both);
            match (is_point, code[at]) {
                (true, b'.') => None,
                (true, _) => Some(Fix::new(at, at + 1, ".")),
                (false, _) => Some(Fix::new(at, at + 1, "")),
            }
        };
        places.into_iter().filter_map(edit).collect()
    }
}

/// The parts of a text with the numbers in each.
fn parts(code: &[u8]) -> Vec<Part> {
    let (mut open, mut done) = (vec![Part::default()], Vec::new());
    let mut at = 0;
    while at < code.len() {
        let byte = code[at];
        let is_inside_word = at > 0 && is_word(code[at - 1]);
        let mut next = at + 1;
        if matches!(byte, b')' | b']' | b'}') && open.len() > 1 {
            let closed = open.pop().unwrap_or_default();
            let behind = code[next..].iter().copied().find(|byte| *byte != b' ');
            done.push(Part { is_operand: closed.is_operand || behind.is_some_and(is_operator), ..closed });
            at = next;
            continue;
        }
        match (byte, open.last_mut()) {
            (b'0'..=b'9', Some(part)) if !is_inside_word => {
                let number = number(code, at);
                next = number.end;
                part.numbers.extend(Some(number).filter(|number| number.end > at && has_separator(code, number)));
            }
            (b'.', Some(part)) if code.get(at + 1).is_some_and(u8::is_ascii_digit) && !is_inside_word => {
                part.is_calculated = true;
                // `.5`: the digits after the point are not a number of their own.
                next = at + 1 + code[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            }
            (b'(' | b'[' | b'{', Some(part)) => {
                part.is_calculated = true;
                let is_list = byte != b'(' || is_called(code, at);
                let is_operand = before(code, at).is_some_and(is_operator);
                open.push(Part { is_list, is_operand, is_bracketed: true, ..Part::default() });
            }
            (b';' | b'\n', Some(part)) if !part.is_bracketed => {
                done.extend(open.pop());
                open.push(Part::default());
            }
            (b';', Some(part)) => part.semicolons.push(at),
            (b',', Some(part)) => part.commas += 1,
            (b' ' | b'\t' | b'\n' | b'\r', _) => {}
            (_, Some(part)) => part.is_calculated = true,
            (_, None) => {}
        }
        at = next;
    }
    done.extend(open);
    done
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn is_operator(byte: u8) -> bool {
    // Every byte outside ASCII is painted over: a superscript, a root sign or a look-alike of an operator.
    matches!(byte, b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'<' | b'>' | b'!' | b'~')
}

fn before(code: &[u8], at: usize) -> Option<u8> {
    code[..at].iter().rev().copied().find(|byte| *byte != b' ')
}

/// Whether the bracket at `at` belongs to a call: a name that is not an operator stands before it.
fn is_called(code: &[u8], at: usize) -> bool {
    let length = code[..at].iter().rev().take_while(|byte| is_word(**byte) || **byte == b'~').count();
    let word = &code[at - length..at];
    let is_name = word.first().is_some_and(|byte| !byte.is_ascii_digit()) && word.iter().any(u8::is_ascii_alphabetic);
    is_name && !matches!(word, b"and" | b"or" | b"not" | b"in" | b"if" | b"else" | b"mod" | b"is")
}

fn has_separator(code: &[u8], number: &Number) -> bool {
    code[number.start..number.end].iter().any(|byte| matches!(byte, b',' | b'.'))
}

/// The digits that begin at `at`, with the separators that have digits on both sides.
fn number(code: &[u8], at: usize) -> Number {
    let digits = |at: usize| code[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
    let mut end = at + digits(at);
    let first = end - at;
    let mut groups: Vec<(u8, &[u8])> = Vec::new();
    while let Some(separator) = code.get(end).copied().filter(|byte| matches!(byte, b',' | b'.')) {
        if !code.get(end + 1).is_some_and(u8::is_ascii_digit) {
            break;
        }
        let length = digits(end + 1);
        groups.push((separator, &code[end + 1..end + 1 + length]));
        end += 1 + length;
    }
    let is_thousands = |groups: &[(u8, &[u8])]| {
        (1..=3).contains(&first) && code[at] != b'0' && groups.iter().all(|(_, group)| group.len() == 3)
    };
    let count = |wanted: u8| groups.iter().filter(|(separator, _)| *separator == wanted).count();
    let kind = match (groups.as_slice(), count(b','), count(b'.')) {
        ([(b',', group)], ..) => match group {
            [b'0', b'0', b'0'] if is_thousands(&groups) => Kind::Either,
            [b'0', _, ..] => Kind::Surely,
            _ if is_thousands(&groups) => Kind::Either,
            _ => Kind::Decimal,
        },
        ([(b'.', _)], ..) if is_thousands(&groups) => Kind::Point,
        ([(b'.', _)], ..) => Kind::DecimalPoint,
        ([whole @ .., (decimal, _)], commas, points) if commas.min(points) > 0 => {
            let is_last_alone = whole.iter().all(|(separator, _)| separator != decimal);
            if is_last_alone && is_thousands(whole) { Kind::Both { decimal: *decimal } } else { Kind::List }
        }
        (groups, ..) if is_thousands(groups) => Kind::Thousands,
        _ => Kind::List,
    };
    Number { start: at, end, kind }
}
