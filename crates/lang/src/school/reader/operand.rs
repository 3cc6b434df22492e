//! Where an operand is expected: names and functions, signs, opening brackets.

use super::{Call, Edit, Meaning, Opener, Outcome, Reader, State, Step};
use crate::error::{Ambiguity, NotationError, Span, Syntax};
use crate::school::names::{self, Operator, Target, Word};
use crate::school::numbers::Place;
use crate::school::tokens::{Command, Kind};

impl Reader<'_, '_> {
    pub(super) fn operand(&mut self) -> Step {
        let token = self.token();
        match token.kind {
            Kind::Number => self.number(),
            Kind::Fraction(numerator, denominator) => {
                self.begin_operand();
                self.write_as(format!("({numerator}/{denominator})"));
                Ok(State::Operator)
            }
            Kind::Name => self.name(),
            Kind::String | Kind::Constant => {
                self.begin_operand();
                self.write();
                Ok(State::Operator)
            }
            Kind::Plus | Kind::Minus => {
                // A sign leaves a percentage one.
                self.write();
                self.frame().term.is_long = true;
                Ok(State::Operand)
            }
            Kind::Not => {
                self.write();
                self.begin_sum();
                Ok(State::Operand)
            }
            Kind::Root => self.root(),
            Kind::Command(command) => self.command(command),
            Kind::Open('|') => self.open_bars(Opener::PairedBars),
            Kind::Bar => self.open_bars(Opener::Bars),
            Kind::Open(bracket) => self.open(bracket),
            Kind::Close(bracket) => self.close(bracket),
            Kind::Semicolon | Kind::Comma { .. } if self.is_in_brackets() => self.separator(),
            Kind::Semicolon | Kind::End => self.end(),
            Kind::Newline => self.newline(State::Operand),
            Kind::RunEnd => self.end_run(),
            Kind::RunStart => self.fail(Syntax::DetachedSuperscript, token.span),
            Kind::UnknownCommand => self.unknown_command(),
            Kind::Foreign => self.foreign(),
            _ => self.stray(),
        }
    }

    fn open_bars(&mut self, opener: Opener) -> Step {
        self.begin_operand();
        self.leave_plain();
        let (at, piece) = (self.at, self.written.len());
        self.write_as("abs(");
        self.push(opener, at, piece)?;
        Ok(State::Operand)
    }

    /// What means nothing ends the text here: Python's reader refuses it.
    pub(super) fn stray(&mut self) -> Step {
        self.write();
        Ok(State::Done)
    }

    /// A newline is blank inside brackets.
    pub(super) fn newline(&mut self, state: State) -> Step {
        if self.depth > 0 {
            self.at += 1;
            return Ok(state);
        }
        self.end()
    }

    /// The end of a statement, in either state.
    pub(super) fn end(&mut self) -> Step {
        self.end_arguments();
        if self.depth > 0 {
            return self.unclosed();
        }
        self.end_statement()
    }

    pub(super) fn unknown_command<T>(&self) -> Outcome<T> {
        let token = self.token();
        self.fail(NotationError::Command { name: token.text.to_string() }, token.span)
    }

    pub(super) fn foreign<T>(&self) -> Outcome<T> {
        let token = self.token();
        let character = token.text.chars().next().unwrap_or('&');
        self.fail(Syntax::UnknownCharacter { character }, token.span)
    }

    /// The argument without brackets that is read is more than numbers and names with their powers.
    fn leave_plain(&mut self) {
        let is_exponent = self.before().is_some_and(|token| token.kind == Kind::Power);
        if let Opener::Argument { plain, .. } = &mut self.frame().opener {
            *plain &= is_exponent;
        }
    }

    fn root(&mut self) -> Step {
        let token = self.token();
        self.leave_plain();
        if self.top().term.root.is_none() {
            self.begin_operand();
            let at = self.at;
            self.frame().term.root = Some(at);
        }
        self.frame().term.is_long = true;
        self.written.push(&*token.text, token.span);
        self.at += 1;
        Ok(State::Operand)
    }

    fn open(&mut self, bracket: char) -> Step {
        self.begin_operand();
        self.leave_plain();
        let (at, piece) = (self.at, self.written.len());
        self.write();
        self.push(Opener::Bracket(bracket), at, piece)?;
        Ok(State::Operand)
    }

    /// `\frac{a}{b}`, `\sqrt[n]{a}`, `\binom{n}{k}`.
    fn command(&mut self, command: Command) -> Step {
        self.begin_operand();
        let (at, piece) = (self.at, self.written.len());
        let mut opening = match command {
            Command::Fraction => "((".to_owned(),
            Command::SquareRoot => "(√(".to_owned(),
            Command::Binomial => "comb(".to_owned(),
        };
        let mut next = self.at + 1;
        let kind = |at: usize| self.tokens.get(at).map_or(Kind::End, |token| token.kind);
        if command == Command::SquareRoot && kind(next) == Kind::Open('[') {
            let index = &self.tokens[next + 1];
            let digits = index.text.parse::<u32>().ok().filter(|_| kind(next + 2) == Kind::Close(']'));
            let Some(digits) = digits else { return self.fail(Syntax::RootIndex, index.span) };
            opening = format!("({}√(", crate::lexer::to_superscript(digits.into()));
            next += 3;
        }
        if kind(next) != Kind::Open('{') {
            return self.unknown_command();
        }
        let span = self.token().span.to(self.span(next));
        self.written.push(opening, span);
        self.at = next + 1;
        self.push(Opener::Command(command, 0), at, piece)?;
        Ok(State::Operand)
    }

    fn name(&mut self) -> Step {
        let token = self.token();
        let word = &*token.text;
        // `round(2,567; ndigits=1)`.
        if matches!(self.top().opener, Opener::Call(_)) && self.ahead(1) == Kind::Assign && self.is_first_of_argument()
        {
            self.write();
            self.write();
            return Ok(State::Operand);
        }
        if let Some((Operator::Sign(Kind::Plus | Kind::Minus, python), words)) = self.operator_at(self.at) {
            self.write_words(python, words);
            self.frame().term.is_long = true;
            return Ok(State::Operand);
        }
        self.begin_operand();
        // `math.sqrt` is Python's function of that name, and `math.pi` its constant.
        if word == "math" && self.ahead(1) == Kind::Other && self.ahead(2) == Kind::Name {
            return self.of_math();
        }
        let meaning = match self.meaning_at(self.at).unwrap_or(Meaning::Unknown) {
            // One letter is a function only where it is called.
            Meaning::Function(_) if word.chars().nth(1).is_none() && self.ahead(1) != Kind::Open('(') => {
                Meaning::Unknown
            }
            meaning => meaning,
        };
        if !matches!(meaning, Meaning::Variable | Meaning::Own) {
            if let Some((python, words)) = names::phrase_of_function(self.folded(self.at)) {
                let span = token.span.to(self.span(self.at + words - 1));
                self.at += words;
                return self.apply(Target::Named(python), span);
            }
            if self.folded(self.at)(0) == Some("nao") {
                self.write_as("not");
                self.begin_sum();
                return Ok(State::Operand);
            }
        }
        match meaning {
            Meaning::Variable => self.variable(),
            Meaning::Constant(python) => {
                self.write_as(python);
                Ok(State::Operator)
            }
            Meaning::Own if self.ahead(1) == Kind::RunStart => self.power_of_own(),
            Meaning::Own => self.own(),
            Meaning::Unknown => match self.logarithm_of_base(word) {
                Some((closing, python)) => {
                    self.at += 1;
                    self.apply_with(Target::Named(python), token.span, closing)
                }
                None if self.ahead(1) == Kind::Open('(') => self.own(),
                None => self.variable(),
            },
            Meaning::Function(target) => {
                self.at += 1;
                self.apply(target, token.span)
            }
        }
    }

    fn of_math(&mut self) -> Step {
        for _ in 0..3 {
            self.write();
        }
        if self.token().kind == Kind::Open('(') {
            return self.begin_call(None, String::new());
        }
        Ok(State::Operator)
    }

    fn is_first_of_argument(&self) -> bool {
        matches!(self.before().map(|token| token.kind), Some(Kind::Open(_) | Kind::Comma { .. } | Kind::Semicolon))
    }

    fn variable(&mut self) -> Step {
        let token = self.token();
        if self.ahead(1) == Kind::Open('[') {
            let name = token.text.to_string();
            let close = self.extent().behind_bracket(self.at + 1);
            return self.fail(NotationError::Index { name }, token.span.to(self.span(close - 1)));
        }
        self.write();
        Ok(State::Operator)
    }

    /// A function of the text, or a name that nothing is known of, with brackets behind it.
    fn own(&mut self) -> Step {
        let name = self.token().text.to_string();
        match self.ahead(1) {
            Kind::Open('(') => {
                self.write();
                self.begin_call(None, String::new())
            }
            next if next.begins_operand()
                && !matches!(next, Kind::Bar | Kind::Open('|'))
                && self.operator_at(self.at + 1).is_none() =>
            {
                self.fail(Syntax::CallNeedsBrackets { name }, self.span(self.at + 1))
            }
            _ => {
                self.write();
                Ok(State::Operator)
            }
        }
    }

    /// `f²(3)`: f twice, or the square.
    fn power_of_own(&self) -> Step {
        let run = self.at + 1;
        let behind = self.extent().behind_run(run);
        let exponent = Span { start: self.span(run).start, end: self.span(behind - 1).end };
        let (name, raised) = (self.token().text.to_string(), exponent.of(self.text));
        let open = self.tokens.get(behind).map_or(Kind::End, |token| token.kind);
        if open != Kind::Open('(') || raised != "²" {
            return self.fail(Syntax::FunctionPower { name }, exponent);
        }
        let end = self.span(self.extent().behind_bracket(behind) - 1).end;
        let twice = vec![Edit::replace(exponent, format!("({name}")), Edit::insert(end, ")")];
        let square = vec![Edit::replace(exponent, ""), Edit::insert(end, raised)];
        self.ambiguous(Ambiguity::FunctionPower, self.token().span.to(exponent), twice, square)
    }

    /// `log₂`, `log_b`: what is written behind the argument, and the function.
    pub(super) fn logarithm_of_base(&self, word: &str) -> Option<(String, &'static str)> {
        let base = word.get(3..).filter(|_| matches!(&word[..3], "log" | "Log" | "LOG"))?;
        let is_index = |c: char| ('₀'..='₉').contains(&c);
        let base = match base.strip_prefix('_') {
            Some(base) => base.to_owned(),
            None if !base.is_empty() && base.chars().all(is_index) => {
                base.chars().filter_map(|c| char::from_digit(c as u32 - '₀' as u32, 10)).collect()
            }
            None => return None,
        };
        let is_number = base.bytes().all(|byte| byte.is_ascii_digit()) && !base.is_empty() && !base.starts_with('0');
        match &*base {
            "2" => Some((")".to_owned(), "log2")),
            "10" => Some((")".to_owned(), "log10")),
            _ if is_number => Some((format!(",{base})"), "log")),
            _ => match self.meaning(&Word::new(&base)) {
                Meaning::Variable => Some((format!(",{base})"), "log")),
                Meaning::Constant(python) => Some((format!(",{python})"), "log")),
                _ => None,
            },
        }
    }

    // Functions.

    /// Behind the name of a function.
    fn apply(&mut self, target: Target, name: Span) -> Step {
        match target {
            Target::Lg => {
                let (ten, two) = (vec![Edit::replace(name, "log")], vec![Edit::replace(name, "log₂")]);
                return self.ambiguous(Ambiguity::LogarithmBase, name, ten, two);
            }
            Target::Spread if matches!(self.token().kind, Kind::Open(_)) => {
                let word = name.of(self.text);
                let of = |kind: &str| vec![Edit::replace(name, format!("{word}_{kind}"))];
                return self.ambiguous(Ambiguity::Spread, name, of("amostral"), of("populacional"));
            }
            _ => {}
        }
        self.apply_with(target, name, ")".to_owned())
    }

    /// Behind the name of a function, given what is to be written behind its argument.
    fn apply_with(&mut self, target: Target, name: Span, mut closing: String) -> Step {
        let mut python = target.python();
        let mut opening = String::new();
        if matches!(target, Target::Reciprocal(_)) && self.takes_argument() {
            if let Target::Reciprocal(of) = target {
                python = of;
            }
            opening.push_str("(1/");
            closing.push(')');
        }
        if let Some(exponent) = self.power_of_function(name)? {
            match (&*exponent, target.inverse()) {
                ("-1", Some(inverse)) => python = inverse,
                _ if exponent.starts_with('-') => return self.fail(Syntax::AmbiguousPower, name),
                _ => {
                    opening.insert(0, '(');
                    closing.push_str(&format!("**({exponent}))"));
                }
            }
        }
        let piece = self.written.push(opening + python, name);
        match self.token().kind {
            Kind::Open(bracket) if bracket != '|' => {
                self.frame().operand.1 = piece;
                self.begin_call(Some(target), closing)
            }
            _ if !self.takes_argument() => Ok(State::Operator),
            _ if !target.takes_one() => {
                let name = name.of(self.text).to_owned();
                self.fail(Syntax::CallNeedsBrackets { name }, self.token().span)
            }
            _ => {
                self.leave_plain();
                self.written.push("(", Span { start: name.end, end: name.end });
                let at = self.at;
                self.push(Opener::Argument { plain: true, closing }, at, piece)?;
                Ok(State::Operand)
            }
        }
    }

    /// Whether an argument follows a function's name. A sign may stand before it.
    fn takes_argument(&self) -> bool {
        let signs = self.tokens[self.at..].iter().take_while(|token| matches!(token.kind, Kind::Plus | Kind::Minus));
        let signs = signs.count();
        let next = self.ahead(signs);
        // Without a sign before it, a bar closes the innermost bracket, if that is one.
        let is_bar = next == Kind::Bar && signs == 0 && self.is_in_bars();
        let is_power = signs == 0 && matches!(next, Kind::RunStart | Kind::Power);
        is_power || (signs <= 1 && next.begins_operand() && !is_bar && self.operator_at(self.at + signs).is_none())
    }

    /// The exponent between a function's name and its argument: `sin²x`, `sin^-1 x`.
    fn power_of_function(&mut self, name: Span) -> Outcome<Option<String>> {
        let refuse = |reader: &Self| {
            let name = name.of(reader.text).to_owned();
            reader.fail(Syntax::FunctionPower { name }, reader.token().span)
        };
        match self.token().kind {
            Kind::RunStart => {
                let behind = self.extent().behind_run(self.at);
                let run = &self.tokens[self.at + 1..behind - 1];
                let exponent: Vec<&str> = run.iter().map(|token| &*token.text).collect();
                let exponent = exponent.concat();
                let names = run.iter().filter(|token| token.kind == Kind::Name).count();
                if names > 1 || (names == 1 && run.len() > 1) {
                    return refuse(self);
                }
                self.at = behind;
                Ok(Some(exponent))
            }
            Kind::Power => {
                let braces = usize::from(self.ahead(1) == Kind::Open('{'));
                let sign = usize::from(self.ahead(1 + braces) == Kind::Minus);
                let number = self.at + 1 + braces + sign;
                let is_closed = braces == 0 || self.ahead(2 + braces + sign) == Kind::Close('}');
                let digits = self.tokens.get(number).filter(|token| token.kind == Kind::Number && is_closed);
                let digits = digits.filter(|token| token.text.bytes().all(|byte| byte.is_ascii_digit()));
                let Some(digits) = digits else { return refuse(self) };
                let exponent = format!("{}{}", if sign > 0 { "-" } else { "" }, digits.text);
                self.at = number + 1 + braces;
                Ok(Some(exponent))
            }
            _ => Ok(None),
        }
    }

    /// At the bracket of a call whose name has been written.
    fn begin_call(&mut self, target: Option<Target>, mut closing: String) -> Step {
        let Kind::Open(bracket) = self.token().kind else { return Ok(State::Operator) };
        if closing.is_empty() {
            closing.push(')');
        }
        let at = self.at;
        let bound = target.and_then(|_| self.bound_name());
        let binds = bound.is_some();
        let integers = target.filter(|target| target.is_of_integers()).map(|target| {
            let is_semicolon = |kind| kind == Kind::Semicolon;
            let semicolon = || self.extent().next_in_brackets(at + 1, self.tokens.len(), is_semicolon);
            if target.takes_one() || semicolon().is_some() { Place::Integers } else { Place::SeparatedIntegers }
        });
        let piece = self.written.len();
        self.write_as("(");
        self.locals.extend(bound);
        self.push(Opener::Call(Call { bracket, target, binds, integers, closing }), at, piece)?;
        Ok(State::Operand)
    }

    /// At the bracket of `soma(k^2; k; 1; 10)`: the name that is bound, where there are as many parts as the form has and
    /// the second is a bare name.
    fn bound_name(&self) -> Option<String> {
        let binder = self.words.at(self.at.checked_sub(1)?)?.binder()?;
        let is_separator = |kind: Kind| matches!(kind, Kind::Comma { .. } | Kind::Semicolon);
        let extent = self.extent();
        let closing = extent.closing(self.at)?;
        let (mut commas, mut name) = (0, None);
        let mut at = self.at + 1;
        // One with more parts is no binder.
        while at < closing && commas < binder.parts() {
            match self.tokens[at].kind {
                Kind::Open(_) => at = extent.closing(at).unwrap_or(closing),
                kind if is_separator(kind) => {
                    commas += 1;
                    let behind = self.tokens.get(at + 2).map(|token| token.kind);
                    if commas == 1 {
                        let is_bare = behind.is_some_and(|kind| is_separator(kind) || matches!(kind, Kind::Close(_)));
                        name = Some(self.words.at(at + 1).filter(|_| is_bare)?.normal.to_string());
                    }
                }
                // `1,10` with a decimal point.
                Kind::Number if self.decimal == crate::notation::DecimalSign::Point => {
                    commas += self.tokens[at].text.matches(',').count() as u32;
                }
                _ => {}
            }
            at += 1;
        }
        name.filter(|_| commas + 1 == binder.parts())
    }
}
