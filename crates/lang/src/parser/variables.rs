//! Variables that come with a text: statements before it, but parsed after it, since only the text shows which it uses.

use super::{Context, Parser, Stacks, fail};
use crate::error::{Error, ErrorKind, Span, VariableError};
use crate::lexer::Lexer;
use crate::limits::Limits;
use crate::program::{Node, Program};
use crate::variables::{Variable, Variables};

/// Parses a text with variables; gives whether some part of it has another spelling in the canonical text.
pub(super) fn read(
    program: &mut Program,
    stacks: &mut Stacks,
    text: &str,
    context: &Context<'_>,
    variables: &Variables,
    limits: &Limits,
) -> Result<bool, Error> {
    let mut given: Vec<&Variable> = variables.list.iter().collect();
    loop {
        program.clear();
        stacks.clear();
        let statements: String;
        let mut parser = Parser::new(text, limits, program, stacks);
        parser.program.mode = context.mode;
        context.parameters.iter().try_for_each(|name| parser.declare(name))?;
        given.iter().try_for_each(|variable| parser.assume(&variable.name))?;
        parser.statements()?;
        // An unused variable must not change the program: without it, `pi=;pi` reads the constant at once. So the text
        // is parsed again without the unused ones; the second result is final, since the used variables stay the same.
        let used = parser.program.names_from_before();
        let all = given.len();
        given.retain(|variable| parser.known(&variable.name).is_some_and(|name| used.contains(&name)));
        if given.len() < all {
            continue;
        }
        if !given.is_empty() {
            let list: Vec<String> =
                given.iter().map(|variable| format!("{}={}", variable.name, variable.literal)).collect();
            statements = list.join(";");
            let bytes = (text.len() + statements.len() + 1) as u64;
            if bytes > limits.text_bytes {
                return fail(ErrorKind::TooLong { bytes, limit: limits.text_bytes }, Span::default());
            }
            parser.prepend(&statements)?;
        }
        return Ok(parser.rewritten);
    }
}

impl<'t> Parser<'t, '_> {
    /// Declares a name that has a value before the text begins.
    fn assume(&mut self, name: &str) -> Result<(), Error> {
        if self.known(name).is_some() {
            let (name, other) = (name.to_owned(), name.to_owned());
            return fail(VariableError::Repeated { name, other }, Span::default());
        }
        let index = self.intern(name);
        self.set_assigned(index);
        Ok(())
    }

    /// Parses statements as if they stood before the text, which has been parsed already. Their nodes have empty spans.
    fn prepend(&mut self, statements: &'t str) -> Result<(), Error> {
        let (nodes, roots) = (self.program.nodes.len(), self.program.statements.len());
        (self.text, self.lexer, self.ahead, self.started) = (statements, Lexer::new(statements), None, false);
        let nowhere = |error| Error { span: Span::default(), ..error };
        self.statements().map_err(nowhere)?;
        self.push_node(Node::Drop, Span::default())?;
        self.program.spans[nodes..].fill(Span::default());
        // Jumps are relative, but other references to nodes are absolute.
        self.rotate(0, nodes as u32);
        let before = (self.program.nodes.len() - nodes) as u32;
        let (text, prepended) = self.program.statements.split_at_mut(roots);
        text.iter_mut().for_each(|root| *root += before);
        prepended.iter_mut().for_each(|root| *root -= nodes as u32);
        self.program.statements.rotate_left(roots);
        self.program.definitions.iter_mut().for_each(|definition| definition.body += before);
        Ok(())
    }
}
