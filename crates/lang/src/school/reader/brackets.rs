//! What separates and what closes.

use super::{Call, Edit, Frame, Opener, Outcome, Reader, State, Step};
use crate::error::{Ambiguity, Span, Syntax};
use crate::lexer::on_line;
use crate::school::extent::Extent;
use crate::school::names::{Operator, Target};
use crate::school::tokens::{Command, Kind};

impl Frame {
    pub(super) fn is_bracket(&self) -> bool {
        self.is_bars()
            || matches!(
                self.opener,
                Opener::Bracket(_) | Opener::Call(_) | Opener::PairedBars | Opener::Command(..) | Opener::Run
            )
    }

    fn is_bars(&self) -> bool {
        matches!(self.opener, Opener::Bars)
    }
}

impl Reader<'_, '_> {
    /// Whether the innermost bracket has elements.
    pub(super) fn is_in_brackets(&self) -> bool {
        let innermost = self.frames.iter().rev().find(|frame| frame.is_bracket());
        innermost.is_some_and(|frame| matches!(frame.opener, Opener::Bracket(_) | Opener::Call(_)))
    }

    /// Whether the innermost bracket is a bar that a plain bar closes.
    pub(super) fn is_in_bars(&self) -> bool {
        self.frames.iter().rev().find(|frame| frame.is_bracket()).is_some_and(Frame::is_bars)
    }

    /// Ends what only an operator keeps open: arguments without brackets, and what follows `% de`.
    pub(super) fn end_arguments(&mut self) {
        while matches!(self.top().opener, Opener::Argument { .. } | Opener::PercentOf) {
            self.end_argument();
        }
    }

    /// Ends the argument without brackets, or what follows `% de`, on top.
    pub(super) fn end_argument(&mut self) {
        match self.pop().map(|frame| frame.opener) {
            Some(Opener::Argument { closing, .. }) => self.write_closing(closing),
            Some(Opener::PercentOf) => {
                self.write_closing("/100)");
                self.frame().term.is_long = true;
            }
            _ => {}
        }
    }

    pub(super) fn count_separator(&mut self) {
        let at = self.at;
        let frame = self.frame();
        if frame.separators == 0 {
            frame.first_separator = at;
        }
        frame.separators += 1;
        frame.is_compared = false;
        if let Opener::Call(Call { binds, .. }) = &mut frame.opener
            && std::mem::take(binds)
        {
            self.locals.pop();
        }
    }

    /// `,`, and `;` in brackets.
    pub(super) fn separator(&mut self) -> Step {
        self.comma_between_numbers()?;
        self.end_arguments();
        if matches!(self.top().opener, Opener::Question) {
            return self.fail(Syntax::MissingColon, self.span(self.top().token));
        }
        self.count_separator();
        self.write_as(",");
        self.begin_sum();
        Ok(State::Operand)
    }

    pub(super) fn close(&mut self, bracket: char) -> Step {
        self.end_arguments();
        let span = self.token().span;
        let open = match &self.top().opener {
            Opener::Bracket(open) => *open,
            Opener::Call(call) => call.bracket,
            Opener::Command(..) => '{',
            Opener::Bars | Opener::PairedBars => '|',
            Opener::Question => return self.fail(Syntax::MissingColon, self.span(self.top().token)),
            _ => return self.fail(Syntax::Unmatched { bracket, open: None }, span),
        };
        if !matches!((open, bracket), ('(', ')') | ('[', ']') | ('{', '}') | ('|', '|')) {
            return self.fail(Syntax::Unmatched { bracket, open: Some(open) }, span);
        }
        let Some(frame) = self.pop() else { return Ok(State::Done) };
        match frame.opener {
            Opener::Bracket(open) => {
                let is_empty = frame.token + 1 == self.at;
                // One value in square or curly brackets is a group.
                let is_group = open == '(' || (frame.separators == 0 && !is_empty);
                if is_group && open != '(' {
                    self.written.replace(frame.piece, "(");
                }
                if is_group {
                    self.write_as(")");
                } else {
                    self.write();
                }
                Ok(State::Operator)
            }
            Opener::Call(call) => {
                self.end_call(call, frame.token, frame.piece, frame.separators, frame.first_separator)
            }
            Opener::Bars | Opener::PairedBars => {
                self.write_as(")");
                Ok(State::Operator)
            }
            Opener::Command(command, parts) => self.end_braces(command, parts, frame.token, frame.piece),
            _ => Ok(State::Operator),
        }
    }

    fn end_call(&mut self, mut call: Call, open: usize, piece: usize, separators: u32, first: usize) -> Step {
        if call.binds {
            // The form has no separator behind its body.
            self.locals.pop();
        }
        let is_empty = open + 1 == self.at;
        let is_trailing = matches!(self.before().map(|t| t.kind), Some(Kind::Comma { .. } | Kind::Semicolon));
        let arguments = if is_empty { 0 } else { separators + 1 - u32::from(is_trailing) };
        match call.target {
            Some(Target::Listed(_)) if !is_empty && self.is_of_values(open, arguments, is_trailing) => {
                self.written.replace(piece, "([");
                call.closing.insert(0, ']');
            }
            Some(target @ (Target::Logarithm | Target::Root)) if arguments == 2 => {
                if self.tokens[open - 1].kind != Kind::Name {
                    let name = self.span(open - 1).of(self.text).to_owned();
                    return self.fail(Syntax::FunctionPower { name }, self.span(open - 1));
                }
                return self.order_of_arguments(target, open, first);
            }
            _ => {}
        }
        self.write_as(call.closing);
        Ok(State::Operator)
    }

    /// Whether the arguments of a call are the values themselves, and no list of them nor a form over a variable.
    fn is_of_values(&self, open: usize, arguments: u32, is_trailing: bool) -> bool {
        if arguments > 1 {
            let name = open.checked_sub(1).and_then(|name| self.words.at(name));
            let is_form = name.and_then(|name| name.binder()).is_some_and(|binder| {
                let is_separator = |kind| matches!(kind, Kind::Comma { .. } | Kind::Semicolon);
                let second = self.extent().next_in_brackets(open + 1, self.at, is_separator);
                let kind = |at: usize| self.tokens.get(at).map_or(Kind::End, |token| token.kind);
                let is_bare = |at: usize| {
                    kind(at + 1) == Kind::Name && matches!(kind(at + 2), Kind::Comma { .. } | Kind::Semicolon)
                };
                arguments == binder.parts() && second.is_some_and(is_bare)
            });
            return !is_form;
        }
        // One: a list, or what may be one.
        let first = &self.tokens[open + 1];
        let is_whole = |from: usize| self.extent().behind_bracket(from) == self.at;
        let is_list = match first.kind {
            Kind::Open('[') => is_whole(open + 1),
            Kind::Name => open + 2 == self.at || (self.tokens[open + 2].kind == Kind::Open('(') && is_whole(open + 2)),
            _ => false,
        };
        is_trailing || !is_list
    }

    /// `log(8; 2)`, `raiz(27; 3)`: which of the two is the base, or the index.
    fn order_of_arguments(&self, target: Target, open: usize, first: usize) -> Step {
        let name = open - 1;
        let inside = |from: usize, to: usize| -> String {
            let span = Span { start: self.span(from).start, end: self.span(to - 1).end };
            span.of(self.text).to_owned()
        };
        // With a decimal point both may be one token.
        let (a, b) = match inside(open + 1, self.at).split_once(',') {
            Some((a, b)) if self.tokens[first].kind == Kind::Number => (a.to_owned(), b.to_owned()),
            _ => (inside(open + 1, first), inside(first + 1, self.at)),
        };
        let whole = Span { start: self.span(name).start, end: self.span(self.at).end };
        let edit = |value: &str, of: &str| {
            let of = of.trim_end_matches([';', ',', ' ']);
            let is_index = of.bytes().all(|byte| byte.is_ascii_digit()) && !of.starts_with('0') && !of.is_empty();
            let below = || of.chars().filter_map(|c| char::from_u32('₀' as u32 + c.to_digit(10)?)).collect::<String>();
            let text = match (target, is_index) {
                (Target::Root, true) if of != "1" => {
                    let index = of.parse().map(crate::lexer::to_superscript).unwrap_or_default();
                    format!("({index}√({value}))")
                }
                (Target::Root, _) => format!("(({value})^(1/({of})))"),
                (_, true) => format!("log{}({value})", below()),
                _ => format!("(ln({value})/ln({of}))"),
            };
            vec![Edit::replace(whole, text)]
        };
        self.ambiguous(Ambiguity::ArgumentOrder, whole, edit(&a, &b), edit(&b, &a))
    }

    fn end_braces(&mut self, command: Command, parts: u32, token: usize, piece: usize) -> Step {
        let is_last = parts == 1 || command == Command::SquareRoot;
        if is_last {
            self.write_as(if command == Command::Binomial { ")" } else { "))" });
            return Ok(State::Operator);
        }
        if self.ahead(1) != Kind::Open('{') {
            let name = self.span(token).of(self.text).to_owned();
            return self.fail(crate::error::NotationError::Command { name }, self.span(token));
        }
        let between = if command == Command::Binomial { "," } else { ")/(" };
        self.at += 1;
        self.write_as(between);
        self.push(Opener::Command(command, 1), token, piece)?;
        Ok(State::Operand)
    }

    /// `|` where an operator is expected.
    pub(super) fn bar(&mut self) -> Step {
        if !self.is_in_bars() {
            return self.juxtaposed();
        }
        self.check_bars()?;
        self.end_arguments();
        if !self.top().is_bars() {
            return self.fail(Syntax::MissingColon, self.span(self.top().token));
        }
        self.pop();
        self.write_as(")");
        Ok(State::Operator)
    }

    /// `|x|y|z|`, `|x|-y|-z|`: a bar that closes the innermost bars may open others too, if the next one can close these.
    fn check_bars(&self) -> Outcome<()> {
        let is_sign = |kind| matches!(kind, Kind::Plus | Kind::Minus);
        let first = self.kind_of_operator(self.at + 1);
        if !is_sign(first) && (!first.begins_operand() || first == Kind::Bar) {
            return Ok(());
        }
        let next = self.extent().next_in_brackets(self.at + 1, self.tokens.len(), |kind| kind == Kind::Bar);
        let Some(next) = next.filter(|next| self.ends_operand(next - 1)) else { return Ok(()) };
        let second = self.kind_of_operator(next + 1);
        // With one sign, the bars before it are read as a term of the sum. Before another operator no bar opens.
        if !is_sign(second) && (is_sign(first) || !second.begins_operand()) {
            return Ok(());
        }
        // In either reading the bars behind the next one close what is open; without as many, all of them close.
        let is_bracket = |frame: &&Frame| frame.is_bracket();
        let open = self.frames.iter().rev().filter(is_bracket).take_while(|frame| frame.is_bars()).count();
        if (self.bars_behind[next] as usize) < open {
            return Ok(());
        }
        let (this, next) = (self.token().span, self.span(next));
        let (mut apart, mut nested) = (vec![Edit::insert(next.start, "*")], vec![Edit::insert(this.start, "*")]);
        if !is_sign(first) {
            apart.push(Edit::insert(this.end, "*"));
        }
        if !is_sign(second) {
            nested.push(Edit::insert(next.end, "*"));
        }
        self.ambiguous(Ambiguity::Bars, this.to(next), apart, nested)
    }

    /// Whether an operand can end with a token.
    fn ends_operand(&self, at: usize) -> bool {
        // The longest operator has four words.
        let is_word = |words: usize| {
            let begin = (at + 1).checked_sub(words);
            let operator = begin.and_then(|begin| self.operator_at(begin));
            matches!(operator, Some((Operator::Sign(..), count)) if count == words)
        };
        self.tokens[at].kind.ends_operand() && !(self.tokens[at].kind == Kind::Name && (1..=4).any(is_word))
    }

    /// A run of superscripts, which is the exponent of the operand before it.
    pub(super) fn begin_run(&mut self) -> Step {
        let span = self.token().span;
        let is_attached = self.before().is_some_and(|token| token.span.end == span.start);
        if !is_attached {
            return self.fail(Syntax::DetachedSuperscript, span);
        }
        self.check_raised(|extent| extent.behind_run(self.at))?;
        let (at, base) = (self.at, self.top().operand.1);
        self.written.insert(base, "(");
        let piece = self.written.len();
        self.write_as("**(");
        self.push(Opener::Run, at, piece)?;
        Ok(State::Operand)
    }

    pub(super) fn end_run(&mut self) -> Step {
        self.end_arguments();
        let span = self.token().span;
        let is_complete = self.before().is_some_and(|token| !matches!(token.kind, Kind::Plus | Kind::Minus));
        if !matches!(self.top().opener, Opener::Run) || !is_complete || self.top().token + 1 == self.at {
            let found = span.of(self.text).to_owned();
            return self.fail(Syntax::Exponent { on_line: on_line(&found), found }, span);
        }
        self.pop();
        self.write_as("))");
        self.frame().term.is_long = true;
        Ok(State::Operator)
    }

    /// Refuses an exponent behind a root's operand, and behind a percentage, given the token behind the exponent.
    pub(super) fn check_raised(&self, behind: impl Fn(&Extent<'_, '_>) -> usize) -> Outcome<()> {
        let term = &self.top().term;
        if term.root.is_none() && term.percent.is_none() {
            return Ok(());
        }
        let behind = behind(&self.extent());
        let end = self.span(behind.saturating_sub(1)).end;
        if let Some(root) = term.root {
            let operand = self.operand_of_root(root);
            let inner = vec![Edit::insert(self.span(operand).start, "("), Edit::insert(end, ")")];
            let outer = self.bracketed(root, self.at);
            return self.ambiguous(Ambiguity::Root, self.span(root).to(self.span(behind - 1)), inner, outer);
        }
        if let Some(percent) = term.percent {
            let start = self.span(self.top().operand.0).start;
            let percent = self.span(percent);
            let first = vec![Edit::insert(start, "("), Edit::insert(percent.end, ")")];
            let second = vec![Edit::insert(start, "("), Edit::replace(percent, ""), Edit::insert(end, ")%")];
            return self.ambiguous(Ambiguity::PercentReach, percent, first, second);
        }
        Ok(())
    }

    /// The token that the operand of a root begins with.
    pub(super) fn operand_of_root(&self, root: usize) -> usize {
        let is_prefix = |at: &usize| self.tokens.get(*at).is_some_and(|token| token.kind == Kind::Root);
        (root..).find(|at| !is_prefix(at)).unwrap_or(root)
    }
}
