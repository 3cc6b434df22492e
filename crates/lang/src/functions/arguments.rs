//! Binding of arguments to parameters, with CPython's errors.

use super::keyword;
use super::row::{Body, Parameters};
use crate::error::{Arity, Bound, Counted, ErrorKind, TypeError};
use crate::value::Value;

impl Body {
    /// Checks the number of arguments, with CPython's error.
    pub(super) fn check_count(
        &self,
        name: &str,
        qualified: impl Fn() -> String,
        given: usize,
    ) -> Result<(), ErrorKind> {
        match self {
            Self::Float(_) | Self::Overflowing(_) | Self::One(_) if given != 1 => {
                Err(TypeError::Arity(Arity::ExactlyOne { function: qualified(), given: given as u64 }).into())
            }
            Self::Counted { least, most, .. } if given < *least || given > *most => {
                let (bound, wanted) = match (least == most, given < *least) {
                    (true, _) => (Bound::Exactly, *least),
                    (false, true) => (Bound::AtLeast, *least),
                    (false, false) => (Bound::AtMost, *most),
                };
                Err(expected(name, bound, wanted, given))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn expected(function: &str, bound: Bound, wanted: usize, given: usize) -> ErrorKind {
    let (function, wanted, given) = (function.to_owned(), wanted as u64, given as u64);
    TypeError::Arity(Arity::Expected { function, bound, wanted, given }).into()
}

fn takes(function: &str, bound: Bound, wanted: usize, counted: Counted, given: usize) -> ErrorKind {
    let (function, wanted, given) = (function.to_owned(), wanted as u64, given as u64);
    TypeError::Arity(Arity::Takes { function, bound, wanted, given, counted }).into()
}

/// The error for more arguments than a function has parameters.
pub(super) fn too_many(function: &str, most: usize, positional: usize, named: usize) -> ErrorKind {
    let counted = if positional == 0 { Counted::Keyword } else { Counted::All };
    takes(function, Bound::AtMost, most, counted, positional + named)
}

impl Parameters {
    /// One value for each parameter, `None` if it is not given. Errors come in CPython's order.
    pub(super) fn bind(
        &self,
        function: &str,
        positional: &[Value],
        keywords: &[&str],
        named: &[Value],
    ) -> Result<Vec<Option<Value>>, ErrorKind> {
        let function = || function.to_owned();
        let given = positional.len() + named.len();
        let all = self.positional == self.names.len();
        if self.required == 0 && keywords.is_empty() && given > self.names.len() {
            // Constructors of types have another message for too many positional arguments.
            return Err(expected(&function(), Bound::AtMost, self.names.len(), given));
        }
        if given > self.names.len() {
            return Err(too_many(&function(), self.names.len(), positional.len(), named.len()));
        }
        if positional.len() > self.positional {
            let (bound, counted) = (Bound::Exactly, Counted::Positional);
            return Err(takes(&function(), bound, self.positional, counted, positional.len()));
        }
        let mut bound: Vec<Option<Value>> = positional.iter().cloned().map(Some).collect();
        bound.resize(self.names.len(), None);
        let keyword = |parameter: &str| keywords.iter().position(|keyword| *keyword == parameter);
        for (at, parameter) in self.names.iter().enumerate().skip(positional.len()) {
            bound[at] = keyword(parameter).map(|at| named[at].clone());
            if bound[at].is_none() && at < self.required && parameter.is_empty() {
                // Parameters without a name: CPython counts them instead of naming them.
                let bound = if all { Bound::AtLeast } else { Bound::Exactly };
                let counted = Counted::Positional;
                return Err(takes(&function(), bound, self.required, counted, positional.len()));
            }
            if bound[at].is_none() && at < self.required {
                let (name, position) = ((*parameter).to_owned(), at as u64 + 1);
                return Err(TypeError::MissingArgument { function: function(), name, position }.into());
            }
        }
        for (at, parameter) in self.names[..positional.len()].iter().enumerate() {
            if keyword(parameter).is_some() {
                let (name, position) = ((*parameter).to_owned(), at as u64 + 1);
                return Err(TypeError::GivenTwice { function: function(), name, position }.into());
            }
        }
        match keywords.iter().find(|keyword| !self.names.contains(keyword)) {
            Some(unknown) => Err(keyword::unknown(&function(), unknown, self.names)),
            None => Ok(bound),
        }
    }
}

/// One value for each parameter of a [`Body::Written`], `None` if it is not given. Errors come in the order of a call
/// of a Python function in CPython.
pub(super) fn bind_written(
    function: &str,
    names: &[&str],
    positional: &[Value],
    keywords: &[&str],
    named: &[Value],
) -> Result<Vec<Option<Value>>, ErrorKind> {
    let function = || function.to_owned();
    let mut bound: Vec<Option<Value>> = positional.iter().cloned().map(Some).collect();
    bound.resize(names.len().max(positional.len()), None);
    for (keyword, value) in keywords.iter().zip(named) {
        let Some(at) = names.iter().position(|name| name == keyword) else {
            return Err(keyword::unknown(&function(), keyword, names));
        };
        if bound[at].replace(value.clone()).is_some() {
            let (name, position) = ((*keyword).to_owned(), at as u64 + 1);
            return Err(TypeError::MultipleValues { function: function(), name, position }.into());
        }
    }
    if positional.len() > names.len() {
        let (most, given) = (names.len() as u64, positional.len() as u64);
        return Err(TypeError::Arity(Arity::TakesPositional { function: function(), least: 1, most, given }).into());
    }
    if bound[0].is_none() {
        let name = names[0].to_owned();
        return Err(TypeError::MissingPositional { function: function(), name, position: 1 }.into());
    }
    Ok(bound)
}
