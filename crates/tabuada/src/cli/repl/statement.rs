//! The structure of a line, as far as a session needs it: its statements, the names they define, and whether it is
//! complete.

use tabuada_lang::Notation;

/// The kind of a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// Gives values to names: `x = 3`, `a, b = 1, 2`.
    Values(Vec<String>),
    /// Removes names: `x =`.
    Clearing(Vec<String>),
    /// Defines a formula or a function: `area @= pi*r**2`, `f(x) @= x**2`.
    Formula(String),
    /// An expression to evaluate.
    Expression,
}

impl Statement {
    /// In school notation, `f(x) = x²` defines too.
    pub(super) fn of(text: &str, notation: Notation) -> Self {
        let signs: Vec<(usize, char, usize)> = outside(text).collect();
        let is = |at: usize, wanted: &str| signs.get(at).is_some_and(|(_, sign, _)| wanted.contains(*sign));
        let assigns = |at: usize| match signs[at] {
            (_, '←', 0) => true,
            (_, '=', 0) => !is(at + 1, "=") && (at == 0 || !is(at - 1, "=<>!:")),
            _ => false,
        };
        let Some(sign) = (0..signs.len()).find(|at| assigns(*at)) else { return Self::Expression };
        let (at, character, _) = signs[sign];
        let before = text[..at].strip_suffix('@').unwrap_or(&text[..at]);
        let is_call = notation != Notation::Python && before.trim_end().ends_with(')');
        let is_formula = sign > 0 && is(sign - 1, "@") || is_call;
        if is_formula {
            let name = before.split('(').next().unwrap_or_default().trim();
            return if is_name(name) { Self::Formula(name.to_owned()) } else { Self::Expression };
        }
        let names: Vec<String> = before.split(',').map(|name| name.trim().to_owned()).collect();
        if !names.iter().all(|name| is_name(name)) {
            return Self::Expression;
        }
        if text[at + character.len_utf8()..].trim().is_empty() { Self::Clearing(names) } else { Self::Values(names) }
    }
}

/// The statements of a text that are not blank, without trailing comments, each with its offset.
pub(super) fn statements(text: &str) -> Vec<(usize, &str)> {
    let comment = outside(text).find(|(_, sign, depth)| *sign == '#' && *depth == 0);
    let text = &text[..comment.map_or(text.len(), |(at, ..)| at)];
    let ends = outside(text).filter(|(_, sign, depth)| *sign == ';' && *depth == 0).map(|(at, ..)| at);
    let mut found = Vec::new();
    let mut start = 0;
    for end in ends.chain([text.len()]) {
        let statement = &text[start..end];
        let blank = statement.len() - statement.trim_start().len();
        let rest = statement.trim();
        if !rest.is_empty() {
            found.push((start + blank, rest));
        }
        start = (end + 1).min(text.len());
    }
    found
}

/// Whether all brackets are closed, so that the text is complete.
pub(super) fn is_whole(text: &str) -> bool {
    outside(text).last().is_none_or(|(_, _, depth)| depth == 0)
}

pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

/// The characters outside strings and comments, and the character that begins a comment. Each has its offset and the
/// number of brackets open after it.
fn outside(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let (mut quote, mut is_escaped, mut is_comment, mut depth) = (None, false, false, 0_usize);
    text.char_indices().filter_map(move |(at, character)| {
        match (quote, character) {
            _ if is_comment => {
                is_comment = character != '\n';
                return None;
            }
            (Some(_), _) if is_escaped => {
                is_escaped = false;
                return None;
            }
            (Some(_), '\\') => {
                is_escaped = true;
                return None;
            }
            (Some(open), _) => {
                if character == open || character == '\n' {
                    quote = None;
                }
                return None;
            }
            (None, '\'' | '"') => {
                quote = Some(character);
                return None;
            }
            (None, '#') => is_comment = true,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        Some((at, character, depth))
    })
}

#[cfg(test)]
mod tests {
    use tabuada_lang::DecimalSign;

    use super::*;

    #[test]
    fn statements_are_classified() {
        assert_eq!(statements(" x = 3; x+1 ;"), [(1, "x = 3"), (8, "x+1")]);
        assert_eq!(statements("';'; [1;2] # a; b"), [(0, "';'"), (5, "[1;2]")]);
        assert_eq!(statements("f(1, # a; b\n 2) ; '#'"), [(0, "f(1, # a; b\n 2)"), (18, "'#'")]);
        assert!(statements(" # nothing").is_empty() && statements(";;").is_empty());
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (text, statement) in [
            ("x = 3", Statement::Values(names(&["x"]))),
            ("π ← 3", Statement::Values(names(&["π"]))),
            ("a, b = 1, 2", Statement::Values(names(&["a", "b"]))),
            ("x = y == 2", Statement::Values(names(&["x"]))),
            ("x =", Statement::Clearing(names(&["x"]))),
            ("area @= pi*r**2", Statement::Formula("area".to_owned())),
            ("f(x, y) @= x == y", Statement::Formula("f".to_owned())),
            ("x == 3", Statement::Expression),
            ("x <= 3", Statement::Expression),
            ("x != 3", Statement::Expression),
            ("max([1], key=abs)", Statement::Expression),
            ("'x = 3'", Statement::Expression),
            ("2 = 3", Statement::Expression),
        ] {
            assert_eq!(Statement::of(text, Notation::Python), statement, "{text}");
        }
        let school = Notation::School { decimal: DecimalSign::Comma };
        let function = Statement::Formula("f".to_owned());
        assert_eq!(Statement::of("f(x; y) = x²", school), function);
        assert_eq!(Statement::of("(x) = 3", school), Statement::Expression);
        assert_eq!(Statement::of("f(3) == 9", school), Statement::Expression);
    }

    #[test]
    fn a_text_continues_while_a_bracket_is_open() {
        for text in ["", "1+", "(1)", "')", "(1))", "'('", "1 # (", "[(1), {2}]"] {
            assert!(is_whole(text), "{text}");
        }
        for text in ["(", "f(1,", "[1, (2)", "{1\n,2 # }"] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
