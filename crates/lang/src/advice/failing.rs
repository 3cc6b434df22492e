//! How to mend a text whose evaluation failed.

use super::names::{Meant, Scope, is_letter};
use super::separators;
use super::tokens::Tokens;
use super::{Choice, Fix};
use crate::arithmetic::Binary;
use crate::error::{ErrorKind, Failure, Span, Type, TypeError};
use crate::functions;
use crate::lexer::{Token, normal_name, to_superscript};
use crate::program::{Binder, Node, Program};

/// The edits that may mend the text. `given` are the names that come with the text; `is_ambiguous` becomes true if its
/// separators have another reading that is as likely.
pub(super) fn mend(
    program: &Program,
    text: &str,
    failure: &Failure,
    given: &[(String, bool)],
    choice: Choice,
    is_ambiguous: &mut bool,
) -> Option<Vec<Fix>> {
    let span = program.span(failure.node);
    let covered = span.of(text);
    let tokens = Tokens::of(text);
    match &failure.kind {
        ErrorKind::UnknownName { name } => {
            if *normal_name(covered) != **name {
                return None;
            }
            let at = tokens.from(span.start);
            if let Some(edits) = form(&tokens, at) {
                return Some(edits);
            }
            let mut own = own_names(program, failure.node as usize);
            own.extend_from_slice(given);
            unknown_name(&tokens, at, &Scope::new(&own))
        }
        ErrorKind::UnknownMathName { name } => {
            if functions::find(name).is_some() || name == "phi" {
                return Some(vec![Fix::replacing(span, name.clone())]);
            }
            let called = text[span.end as usize..].trim_start().starts_with('(');
            let Meant::Name(meant) = Scope::math().meant(name, called)? else { return None };
            let qualified = functions::find_math(&meant).is_some() || functions::find_constant(&meant).is_some();
            qualified.then(|| vec![Fix::replacing(span, format!("math.{meant}"))])
        }
        ErrorKind::RangeAsAnswer if covered.starts_with("range") => {
            Some(vec![Fix::replacing(span, format!("list({covered})"))])
        }
        ErrorKind::Type(TypeError::NotCallable { found }) => not_callable(&tokens, span, *found, given),
        ErrorKind::Type(TypeError::NotSubscriptable { found: Type::Int | Type::Float }) => {
            round_brackets(&tokens, span, "*(")
        }
        ErrorKind::Type(TypeError::NotSubscriptable { found: Type::Function | Type::Defined }) => {
            round_brackets(&tokens, span, "(")
        }
        ErrorKind::Type(TypeError::Operands { operator, types }) if matches!(types[..], [Type::Function, _]) => {
            // `sin -1`: a function minus a number.
            let function = covered.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
            let argument = covered[function..].trim_start();
            (functions::find(&covered[..function]).is_some() && operator == "-" && argument.starts_with(['-', '−']))
                .then(|| vec![Fix::replacing(span, format!("{}({argument})", &covered[..function]))])
        }
        ErrorKind::Type(_) | ErrorKind::DefinedArity { .. } => {
            let at = tokens.from(span.start);
            let call = Call::at(&tokens, at);
            if call.is_none() && covered.contains(['[', '{']) {
                // Elements of a list, not separators of a number.
                return None;
            }
            let call = call.as_ref();
            call.and_then(|call| call.form().or_else(|| call.spread())).or_else(|| {
                let commas = separators::of(&tokens, choice, Some(span));
                *is_ambiguous = commas.is_ambiguous;
                if commas.edits.is_empty() { call?.root() } else { Some(commas.edits) }
            })
        }
        _ => None,
    }
}

struct Call<'t> {
    tokens: &'t Tokens<'t>,
    /// The token of the function's name, and its brackets.
    name: usize,
    open: usize,
    close: usize,
    /// The first and the last token of each argument.
    arguments: Vec<(usize, usize)>,
}

impl<'t> Call<'t> {
    /// The call whose function's name is the token at `name`.
    fn at(tokens: &'t Tokens<'t>, name: usize) -> Option<Self> {
        let open = name + 1;
        if (tokens.token(name)?, tokens.token(open)?) != (Token::Name, Token::Open('(')) {
            return None;
        }
        let close = tokens.closing(open)?;
        let mut arguments = Vec::new();
        let mut from = open + 1;
        while from < close {
            let comma = tokens.end(from, |token| token == Token::Comma);
            if comma == from {
                return None;
            }
            arguments.push((from, comma - 1));
            from = comma + 1;
        }
        Some(Self { tokens, name, open, close, arguments })
    }

    fn function(&self) -> &'t str {
        self.tokens.spelled(self.name)
    }

    fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or(Span::default(), |(_, span)| span)
    }

    fn whole(&self) -> Span {
        self.span(self.name).to(self.span(self.close))
    }

    /// `sum(k**2, 1, 3)`, `sum(k**2, k=1, 3)`: forms that bind a name, but lack it.
    fn form(&self) -> Option<Vec<Fix>> {
        let name = self.function();
        let needs = match name {
            "derivative" => 2,
            _ if Binder::NAMES.contains(&name) => 3,
            _ => return None,
        };
        if self.arguments.len() != needs {
            return None;
        }
        let (first, last) = self.arguments[0];
        let (second, _) = self.arguments[1];
        if (self.tokens.token(second), self.tokens.token(second + 1)) == (Some(Token::Name), Some(Token::Assign)) {
            let assign = self.span(second + 1);
            return Some(vec![Fix::new(self.span(second).end as usize, self.span(second + 2).start as usize, ", ")])
                .filter(|_| assign.of(self.tokens.text) == "=");
        }
        let is_variable = |at: &usize| {
            self.tokens.token(*at) == Some(Token::Name)
                && is_letter(self.tokens.spelled(*at))
                && self.tokens.spelled(*at) != "e"
        };
        let mut letters: Vec<&str> = (first..=last).filter(is_variable).map(|at| self.tokens.spelled(at)).collect();
        letters.sort_unstable();
        letters.dedup();
        // If there are several letters, one that has a value is not the bound one.
        if letters.len() > 1 {
            letters.retain(|letter| !self.tokens.assigns(letter));
        }
        let [letter] = letters[..] else { return None };
        let end = self.span(last).end as usize;
        Some(vec![Fix::new(end, end, format!(", {letter}"))])
    }

    /// `mean(1, 2, 3)` needs a list; `gcd([12, 18])` needs the elements.
    fn spread(&self) -> Option<Vec<Fix>> {
        let takes_a_list = functions::takes_a_list(self.function());
        let is_list = |(first, last): (usize, usize)| {
            matches!(self.tokens.token(first), Some(Token::Open('['))) && self.tokens.closing(first) == Some(last)
        };
        if let [(first, last)] = self.arguments[..] {
            let is_tuple = self.tokens.token(first) == Some(Token::Open('('))
                && self.tokens.closing(first) == Some(last)
                && self.tokens.end(first + 1, |token| token == Token::Comma) != last;
            let unpacks = (is_list((first, last)) || is_tuple) && last > first + 1 && !takes_a_list;
            return unpacks.then(|| vec![Fix::replacing(self.span(first), ""), Fix::replacing(self.span(last), "")]);
        }
        let wraps = takes_a_list && self.arguments.len() > 1 && !self.arguments.iter().any(|a| is_list(*a));
        let (start, end) = (self.span(self.open).end as usize, self.span(self.close).start as usize);
        wraps.then(|| vec![Fix::new(start, start, "["), Fix::new(end, end, "]")])
    }

    /// `root(64, 3)`, `sqrt(8, 3)`: a root with its index.
    fn root(&self) -> Option<Vec<Fix>> {
        let [(first, last), (second, end)] = self.arguments[..] else { return None };
        let index = self.tokens.spelled(second).parse::<u64>().ok().filter(|index| (2..=99).contains(index))?;
        if !matches!(self.function(), "root" | "sqrt" | "cbrt") || second != end {
            return None;
        }
        let radicand = self.tokens.between(first, last);
        let is_one = first == last;
        let (open, close) = if is_one { ("", "") } else { ("(", ")") };
        let root = format!("{}√{open}{radicand}{close}", to_superscript(index));
        let is_exponentiated = self.tokens.token(self.close + 1) == Some(Token::Superscript);
        Some(vec![Fix::replacing(self.whole(), if is_exponentiated { format!("({root})") } else { root })])
    }
}

/// The first form with a keyword in a text that cannot be parsed: `sum(k**2, k=1, 3)`.
pub(super) fn form_with_keyword(tokens: &Tokens<'_>) -> Option<Vec<Fix>> {
    (0..tokens.iter().count()).find_map(|at| Call::at(tokens, at)?.form())
}

/// The call whose name is the token at `at`, if it is a form with too few arguments, or another form is meant.
pub(super) fn form(tokens: &Tokens<'_>, at: usize) -> Option<Vec<Fix>> {
    let call = Call::at(tokens, at)?;
    call.form().or_else(|| call.root())
}

fn unknown_name(tokens: &Tokens<'_>, at: usize, scope: &Scope) -> Option<Vec<Fix>> {
    let (_, span) = tokens.get(at)?;
    let name = normal_name(span.of(tokens.text));
    let called = tokens.token(at + 1) == Some(Token::Open('('));
    let meant = scope.meant(&name, called).or_else(|| {
        // `2πr(h+1)`: the brackets are the next factor.
        let product = called.then(|| scope.meant(&name, false)).flatten()?;
        matches!(product, Meant::Product(_)).then_some(product)
    })?;
    match meant {
        Meant::Name(meant) => Some(vec![Fix::replacing(span, meant)]),
        Meant::Product(product) => {
            // `² ³ ! °` stay with the last factor.
            let is_bound = matches!(tokens.token(at + 1), Some(Token::Superscript | Token::Bang | Token::Degree));
            let brackets = !is_bound && !called && !stands_alone(tokens.text, span);
            let product = if called { format!("{product}*") } else { product };
            Some(vec![Fix::replacing(span, if brackets { format!("({product})") } else { product })])
        }
        Meant::Applied { function, argument } => {
            // `cos60°`: an operator that binds to the argument becomes a part of it.
            let last = tokens.operand_end(at)?;
            let end = tokens.get(last)?.1.end;
            let bound = Span { start: span.end, end }.of(tokens.text);
            Some(vec![Fix::new(span.start as usize, end as usize, format!("{function}({argument}{bound})"))])
        }
        Meant::Call(formula) => {
            let call = Call::at(tokens, at)?;
            let written = fill(formula, &call);
            let wanted = (0..3).filter(|place| formula.contains(&format!("{{{place}}}"))).count();
            let fits = call.arguments.len() == wanted;
            let alone = stands_alone(tokens.text, call.whole());
            let brackets = !alone && !written.starts_with('(');
            fits.then(|| vec![Fix::replacing(call.whole(), if brackets { format!("({written})") } else { written })])
        }
    }
}

/// A formula with the arguments of a call in its placeholders. An argument of one token needs no brackets.
fn fill(formula: &str, call: &Call<'_>) -> String {
    let mut written = formula.to_owned();
    for (place, (first, last)) in call.arguments.iter().enumerate() {
        let argument = call.tokens.between(*first, *last);
        let place = format!("{{{place}}}");
        let bracketed = format!("({place})");
        if first == last {
            // A placeholder inside the brackets of a call needs no brackets of its own.
            let is_call = |at: usize| written[..at].ends_with(|c: char| c.is_ascii_alphabetic());
            let places: Vec<usize> =
                written.match_indices(&bracketed).map(|(at, _)| at).filter(|at| !is_call(*at)).collect();
            for at in places.into_iter().rev() {
                written.replace_range(at..at + bracketed.len(), argument);
            }
        }
        written = written.replace(&place, argument);
    }
    written
}

/// Whether a product may stand here without brackets: no operator beside it binds as tightly.
fn stands_alone(text: &str, span: Span) -> bool {
    let before = text[..span.start as usize].trim_end();
    let after = text[span.end as usize..].trim_start();
    let is_factor = before.ends_with(['*', '×']) && !before.ends_with("**");
    (before.is_empty() || is_factor || before.ends_with(['(', ',', '+', '=', '[', '{', ';']))
        && (after.is_empty() || after.starts_with([')', ',', '+', ']', '}', ';', '-']))
}

/// The names that the text has defined before the node, and whether each can be called.
fn own_names(program: &Program, at: usize) -> Vec<(String, bool)> {
    let mut names: Vec<(u32, bool)> = (0..program.parameters).map(|name| (name, false)).collect();
    // The names in a definition's body are looked up when it is called, when more names may be defined.
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
            Node::Assign { count, names_at, .. } if here < at || in_definition => {
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

/// `2(3)`, `[1, 2](0)` and `pi()`.
fn not_callable(tokens: &Tokens<'_>, call: Span, found: Type, given: &[(String, bool)]) -> Option<Vec<Fix>> {
    let close = tokens.from(call.end.checked_sub(1)?);
    let open = tokens.opening(close)?;
    let (_, bracket) = tokens.get(open)?;
    let (_, token, callee) = tokens.before(open)?;
    let name = normal_name(callee.of(tokens.text));
    let is_constant = functions::find_constant(&name).is_some();
    if open + 1 == close {
        return is_constant.then(|| vec![Fix::new(callee.end as usize, call.end as usize, "")]);
    }
    // A letter without a value may be a function.
    let is_free = token == Token::Name
        && !is_constant
        && !tokens.defines(&name)
        && !given.iter().any(|(known, _)| *known == *name);
    // One argument without a keyword.
    let ends = |token| matches!(token, Token::Comma | Token::Assign);
    if is_free || tokens.end(open + 1, ends) != close {
        return None;
    }
    let inside = tokens.between(open, close);
    match found {
        Type::Int | Type::Float | Type::Complex | Type::Fraction | Type::Decimal => {
            Some(vec![Fix::new(callee.end as usize, bracket.start as usize, "*")])
        }
        Type::List | Type::Tuple | Type::Str | Type::Range => {
            let index = inside.get(1..inside.len() - 1)?;
            Some(vec![Fix::new(callee.end as usize, call.end as usize, format!("[{index}]"))])
        }
        _ => None,
    }
}

/// `2[3+4]`, `sin[1]`: brackets that group or call, not an index; `open_with` replaces the opening bracket.
fn round_brackets(tokens: &Tokens<'_>, index: Span, open_with: &str) -> Option<Vec<Fix>> {
    let close = tokens.from(index.end.checked_sub(1)?);
    let open = tokens.opening(close)?;
    let single = tokens.end(open + 1, |token| matches!(token, Token::Comma | Token::Colon)) == close;
    let ((_, first), (_, last)) = (tokens.get(open)?, tokens.get(close)?);
    single.then(|| vec![Fix::replacing(first, open_with), Fix::replacing(last, ")")])
}

/// The `^` of a node.
pub(super) fn caret_of(program: &Program, text: &str, starts: &[u32], node: usize) -> Option<Span> {
    if program.nodes.get(node) != Some(&Node::Binary(Binary::Xor)) {
        return None;
    }
    let gap = program.between_operands(starts, node)?;
    // The gap between the operands may also hold brackets and comments.
    let tokens = Tokens::of(gap.of(text));
    let (_, caret) = tokens.iter().find(|(token, _)| *token == Token::Caret)?;
    Some(Span { start: gap.start + caret.start, end: gap.start + caret.end })
}
