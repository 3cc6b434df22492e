//! How to mend a text whose evaluation failed.

use super::Fix;
use super::names::Scope;
use super::tokens::Tokens;
use crate::arithmetic::Binary;
use crate::error::{Arity, ErrorKind, Failure, Span, Type, TypeError};
use crate::functions;
use crate::lexer::{Token, normal_name};
use crate::program::{Node, Program};

pub(super) fn mend(program: &Program, text: &str, failure: &Failure) -> Option<Fix> {
    let span = program.span(failure.node);
    let covered = span.of(text);
    match &failure.kind {
        ErrorKind::UnknownName { name } => {
            if *normal_name(covered) != **name {
                return None;
            }
            let called = text[span.end as usize..].trim_start().starts_with('(');
            let meant = Scope::new(&own_names(program, failure.node as usize)).meant(name, called)?;
            // A product is one factor where it stands: `2**xy`.
            let product = meant.contains('*') && !stands_alone(text, span);
            Some(Fix::replacing(span, if product { format!("({meant})") } else { meant }))
        }
        ErrorKind::UnknownMathName { name } => {
            if functions::find(name).is_some() || name == "phi" {
                return Some(Fix::replacing(span, name.clone()));
            }
            let called = text[span.end as usize..].trim_start().starts_with('(');
            let meant = Scope::math().meant(name, called)?;
            let qualified = functions::find_math(&meant).is_some() || functions::find_constant(&meant).is_some();
            qualified.then(|| Fix::replacing(span, format!("math.{meant}")))
        }
        ErrorKind::RangeAsAnswer if covered.starts_with("range") => {
            Some(Fix::replacing(span, format!("list({covered})")))
        }
        ErrorKind::Type(TypeError::NotCallable { found }) => not_callable(text, span, *found),
        ErrorKind::Type(TypeError::Operands { operator, types }) if operator == "^" => {
            let numbers = types.iter().all(|kind| matches!(kind, Type::Int | Type::Float | Type::Complex | Type::Bool));
            let caret =
                numbers.then(|| caret_of(program, text, &program.subtrees(), failure.node as usize)).flatten()?;
            Some(Fix::replacing(caret, "**"))
        }
        ErrorKind::Type(TypeError::Operands { operator, types }) if matches!(types[..], [Type::Function, _]) => {
            // `sin -1`.
            let function = covered.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
            let argument = covered[function..].trim_start();
            (functions::find(&covered[..function]).is_some() && operator == "-" && argument.starts_with(['-', '−']))
                .then(|| Fix::replacing(span, format!("{}({argument})", &covered[..function])))
        }
        ErrorKind::Type(TypeError::Arity(
            Arity::ExactlyOne { given: 2, .. } | Arity::Takes { .. } | Arity::Expected { .. },
        ))
        | ErrorKind::DefinedArity { .. } => decimal_comma(text, span),
        _ => None,
    }
}

/// Whether an operator of products may stand here without brackets: nothing that binds tighter is beside it.
fn stands_alone(text: &str, span: Span) -> bool {
    let before = text[..span.start as usize].trim_end();
    let after = text[span.end as usize..].trim_start();
    (before.is_empty() || before.ends_with(['(', ',', '+', '=', '[', '{', ';']))
        && (after.is_empty() || after.starts_with([')', ',', '+', ']', '}', ';', '-']))
}

/// The names that the text has given a meaning where the node stands, and whether each can be called.
fn own_names(program: &Program, at: usize) -> Vec<(String, bool)> {
    let mut names: Vec<(u32, bool)> = (0..program.parameters).map(|name| (name, false)).collect();
    // What a definition's body names is looked up when it is used: by then more may be known.
    let mut in_definition = false;
    for (here, node) in program.nodes.iter().enumerate() {
        match *node {
            Node::Define { definition, jump } if (here..here + jump as usize + 1).contains(&at) => {
                in_definition = true;
                let parameters = program.definitions[definition as usize].parameters.iter().flatten();
                names.extend(parameters.map(|name| (*name, false)));
            }
            Node::BinderEnd { name, jump, .. } if (here.saturating_sub(jump as usize)..here).contains(&at) => {
                names.push((name, false));
            }
            _ => {}
        }
    }
    for (here, node) in program.nodes.iter().enumerate() {
        match *node {
            Node::Assign { count, names_at } if here < at || in_definition => {
                let targets = &program.targets[names_at as usize..(names_at + count) as usize];
                names.extend(targets.iter().map(|name| (*name, false)));
            }
            Node::Define { definition, .. } if here < at || in_definition => {
                let definition = &program.definitions[definition as usize];
                names.push((definition.name, definition.parameters.is_some()));
            }
            _ => {}
        }
    }
    names.iter().map(|(name, callable)| (program.names[*name as usize].to_string(), *callable)).collect()
}

/// `2(3)`, and `[1, 2](0)`.
fn not_callable(text: &str, call: Span, found: Type) -> Option<Fix> {
    let tokens = Tokens::of(text);
    let close = tokens.from(call.end.checked_sub(1)?);
    let open = tokens.opening(close)?;
    let (_, bracket) = tokens.get(open)?;
    let (_, _, callee) = tokens.before(open)?;
    let inside = tokens.between(open, close);
    // One argument, without a keyword.
    let ends = |token| matches!(token, Token::Comma | Token::Assign);
    if open + 1 == close || tokens.end(open + 1, ends) != close {
        return None;
    }
    match found {
        Type::Int | Type::Float | Type::Complex => Some(Fix::new(callee.end as usize, bracket.start as usize, "*")),
        Type::List | Type::Tuple | Type::Str | Type::Range => {
            let index = inside.get(1..inside.len() - 1)?;
            Some(Fix::new(callee.end as usize, call.end as usize, format!("[{index}]")))
        }
        _ => None,
    }
}

/// The `^` of a node.
pub(super) fn caret_of(program: &Program, text: &str, starts: &[u32], node: usize) -> Option<Span> {
    if program.nodes.get(node) != Some(&Node::Binary(Binary::Xor)) {
        return None;
    }
    let gap = program.between_operands(starts, node)?;
    // Beside the operator there are brackets and comments in between.
    let tokens = Tokens::of(gap.of(text));
    let (_, caret) = tokens.iter().find(|(token, _)| *token == Token::Caret)?;
    Some(Span { start: gap.start + caret.start, end: gap.start + caret.end })
}

/// A call with an argument too many, whose text has `1,5` in it.
fn decimal_comma(text: &str, call: Span) -> Option<Fix> {
    let covered = call.of(text);
    let mut commas = covered.match_indices(',').map(|(at, _)| at).filter(|at| is_decimal_comma(covered, *at));
    let comma = call.start as usize + commas.next()?;
    // Of two, which is it?
    commas.next().is_none().then(|| Fix::new(comma, comma + 1, "."))
}

/// Whether a digit stands directly on both sides of the comma at `at`, and no point is near.
pub(super) fn is_decimal_comma(text: &str, at: usize) -> bool {
    let digits = |character: &char| character.is_ascii_digit();
    let left = text[..at].trim_end_matches(|c: char| c.is_ascii_digit());
    let right = text[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit());
    text[..at].chars().next_back().as_ref().is_some_and(digits)
        && text[at + 1..].chars().next().as_ref().is_some_and(digits)
        && !left.ends_with(|c: char| c == '.' || c == '_' || c.is_alphabetic())
        && !right.starts_with(['.', '_', 'j'])
}
