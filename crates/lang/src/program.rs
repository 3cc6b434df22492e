//! A program: nodes in postfix order, each with a span, and the constants and names that nodes refer to by index.
//!
//! A subtree is a contiguous slice that ends with its root. A loop with a stack evaluates the nodes, a walk over them
//! writes the canonical text, and dropping a program does not recurse.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use crate::arithmetic::{Binary, Comparison, Unary};
use crate::error::Span;
use crate::functions;
use crate::mode::Mode;
use crate::plan::Plan;
use crate::value::Value;

/// A node: an operation on the stack of values. Jumps are relative (`1` is the next node), so nodes can be moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    /// A small integer.
    Small(i32),
    /// Any other literal: an index into `constants`.
    Constant(u32),
    /// A literal in decimal form, in exact or decimal mode: an index into `constants`, which holds its text.
    Literal(u32),
    None,
    Bool(bool),
    /// An absent part of a slice: `None`, but not written.
    Absent,
    /// A constant of `math`: its row, and whether it was written with `math.`.
    MathConstant {
        row: u8,
        qualified: bool,
    },
    /// A built-in function: its row.
    Function(u16),
    /// A name that a statement may have defined: an index into `names`.
    Name(u32),
    /// An unknown name that no statement can have defined.
    Unknown(u32),
    /// An unknown name after `math.`.
    UnknownMath(u32),
    /// A parameter of a function, or a bound name: its index among the local values.
    Local {
        slot: u32,
        name: u32,
    },
    Unary(Unary),
    Binary(Binary),
    /// `x!`.
    Factorial,
    /// `√x` and `ⁿ√x`, with the index.
    Root(u32),
    /// The last (or only) comparison of a chain.
    Compare(Comparison),
    /// An earlier comparison of a chain. If it is false, jumps over the last comparison, with `False` as the result;
    /// else keeps its right operand.
    CompareStep(Comparison, u32),
    /// Before the right operand of `and`: if the top value is false, jumps and keeps it; else drops it.
    AndJump(u32),
    /// Before the right operand of `or`: if the top value is true, jumps and keeps it; else drops it.
    OrJump(u32),
    /// The end of `and`: does nothing.
    And,
    /// The end of `or`: does nothing.
    Or,
    /// After the condition: drops it, and jumps to the second branch if it was false.
    IfJump(u32),
    /// After the first branch: jumps over the second.
    ElseJump(u32),
    /// The end of a conditional: does nothing.
    Conditional,
    /// Makes a list of the last values.
    List(u32),
    /// Makes a tuple of the last values.
    Tuple(u32),
    /// Makes a set of the last values.
    Set(u32),
    /// `x[i]`.
    Index,
    /// `x[a:b:c]`.
    Slice,
    /// Calls a built-in function with the last values; those at the end belong to keywords.
    CallFunction {
        row: u16,
        keywords: u16,
        arguments: u32,
        first_keyword: u32,
    },
    /// Calls the function below the last values.
    Call {
        keywords: u16,
        arguments: u32,
        first_keyword: u32,
    },
    /// After the bounds of `sum(body, name, a, b)`: begins the loop, or jumps to its end if the range is empty.
    BinderStart {
        binder: Binder,
        jump: u32,
    },
    /// After the body: takes its value, and jumps back to the body (by `jump`) or ends the loop.
    BinderEnd {
        binder: Binder,
        name: u32,
        jump: u32,
    },
    /// Assigns the value on the stack to `count` names, from `names_at` in `targets` on. The value stays on the stack.
    Assign {
        count: u32,
        names_at: u32,
        /// `a, b = …` or `a, = …`: each name gets one element of the value.
        unpack: bool,
    },
    /// Removes the values of `count` names.
    Clear {
        count: u32,
        names_at: u32,
    },
    /// Defines a formula or a function (an index into `definitions`), and jumps over its body.
    Define {
        definition: u32,
        jump: u32,
    },
    /// The end of a definition's body: returns to the caller.
    EndDefine {
        definition: u32,
    },
    /// Between statements: drops the value.
    Drop,
}

/// A form with a bound name that runs over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binder {
    Sum,
    Product,
    Integral,
    Root,
    Derivative,
}

impl Binder {
    pub(crate) const NAMES: [&'static str; 5] = ["sum", "prod", "integral", "root", "derivative"];

    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "prod" => Self::Product,
            "integral" => Self::Integral,
            "root" => Self::Root,
            "derivative" => Self::Derivative,
            _ => return None,
        })
    }

    /// The number of its parts: the body, the name, and one or two bounds.
    pub(crate) fn parts(self) -> u32 {
        if self == Self::Derivative { 3 } else { 4 }
    }

    /// Its parts, as in `body, variable, from, to`.
    pub(crate) fn signature(self) -> &'static str {
        if self == Self::Derivative { "body, variable, at" } else { "body, variable, from, to" }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Product => "prod",
            Self::Integral => "integral",
            Self::Root => "root",
            Self::Derivative => "derivative",
        }
    }
}

/// `name @= …` or `name(parameters) @= …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: u32,
    /// `None` for a formula.
    pub(crate) parameters: Option<Vec<u32>>,
    /// The first node of its body.
    pub(crate) body: u32,
}

/// A parsed text, made by [`parse`](crate::parse).
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub(crate) mode: Mode,
    pub(crate) nodes: Vec<Node>,
    pub(crate) spans: Vec<Span>,
    pub(crate) constants: Vec<Value>,
    pub(crate) names: Vec<Box<str>>,
    pub(crate) keywords: Vec<u32>,
    pub(crate) targets: Vec<u32>,
    pub(crate) definitions: Vec<Definition>,
    /// The root of each statement.
    pub(crate) statements: Vec<u32>,
    /// The number of parameters. They are the first names and get their values for each evaluation.
    pub(crate) parameters: u32,
    /// Its plan, made on first use.
    pub(crate) plan: OnceLock<Option<Arc<Plan>>>,
}

impl Program {
    /// Its number mode, which is a part of the program.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Clears everything, but keeps the allocations.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.spans.clear();
        self.constants.clear();
        self.names.clear();
        self.keywords.clear();
        self.targets.clear();
        self.definitions.clear();
        self.statements.clear();
        self.parameters = 0;
        self.mode = Mode::Python;
        self.plan.take();
    }

    /// The span of a node in the parsed text; that of the whole text for an invalid node.
    pub fn span(&self, node: u32) -> Span {
        let whole = || Span { start: 0, end: self.spans.last().map_or(0, |span| span.end) };
        self.spans.get(node as usize).copied().unwrap_or_else(whole)
    }

    /// The names that are read before a statement assigns or clears them, so that their values must come from outside.
    /// A name that is read in a definition counts too, wherever the definition is used.
    pub(crate) fn names_from_before(&self) -> HashSet<u32> {
        let (mut given, mut free) = (HashSet::new(), HashSet::new());
        for node in &self.nodes {
            match *node {
                Node::Name(name) if !given.contains(&name) => {
                    free.insert(name);
                }
                Node::Assign { count, names_at, .. } | Node::Clear { count, names_at } => {
                    given.extend(&self.targets[names_at as usize..(names_at + count) as usize]);
                }
                Node::Define { definition, .. } => {
                    given.insert(self.definitions[definition as usize].name);
                }
                _ => {}
            }
        }
        free
    }

    /// Whether the answer depends only on the text, because no random function is used.
    pub fn is_pure(&self) -> bool {
        let by_row = |node: &Node| match node {
            Node::CallFunction { row, .. } | Node::Function(row) => functions::is_random(*row),
            _ => false,
        };
        // A name in a definition may mean the random function, so it counts as one.
        let by_name = |name: &str| functions::find(name).is_some_and(|function| functions::is_random(function.row));
        !self.nodes.iter().any(by_row) && !self.names.iter().any(|name| by_name(name))
    }

    /// Whether both are the same program: the same nodes with the same constants and names, wherever these are stored.
    pub fn same_as(&self, other: &Self) -> bool {
        let name = |program: &Self, name: u32| program.names[name as usize].clone();
        let names = |program: &Self, list: &[u32]| list.iter().map(|at| name(program, *at)).collect::<Vec<_>>();
        // What a node refers to, in full, and the node without its references.
        let resolved = |program: &Self, node: Node| -> (Node, String, Vec<Box<str>>) {
            let slice =
                |list: &[u32], from: u32, count: u32| names(program, &list[from as usize..(from + count) as usize]);
            match node {
                Node::Constant(at) => (Node::Constant(0), format!("{:?}", program.constants[at as usize]), Vec::new()),
                Node::Literal(at) => (Node::Literal(0), program.constants[at as usize].to_string(), Vec::new()),
                Node::Name(at) => (Node::Name(0), String::new(), names(program, &[at])),
                Node::Unknown(at) => (Node::Unknown(0), String::new(), names(program, &[at])),
                Node::UnknownMath(at) => (Node::UnknownMath(0), String::new(), names(program, &[at])),
                Node::Local { slot, name } => (Node::Local { slot, name: 0 }, String::new(), names(program, &[name])),
                Node::BinderEnd { binder, name, jump } => {
                    (Node::BinderEnd { binder, name: 0, jump }, String::new(), names(program, &[name]))
                }
                Node::CallFunction { row, keywords, arguments, first_keyword } => {
                    let keyword_names = slice(&program.keywords, first_keyword, keywords.into());
                    (Node::CallFunction { row, keywords, arguments, first_keyword: 0 }, String::new(), keyword_names)
                }
                Node::Call { keywords, arguments, first_keyword } => {
                    let keyword_names = slice(&program.keywords, first_keyword, keywords.into());
                    (Node::Call { keywords, arguments, first_keyword: 0 }, String::new(), keyword_names)
                }
                Node::Assign { count, names_at, unpack } => (
                    Node::Assign { count, names_at: 0, unpack },
                    String::new(),
                    slice(&program.targets, names_at, count),
                ),
                Node::Clear { count, names_at } => {
                    (Node::Clear { count, names_at: 0 }, String::new(), slice(&program.targets, names_at, count))
                }
                Node::Define { definition, .. } => {
                    let definition = &program.definitions[definition as usize];
                    let kind = definition.parameters.is_some().to_string();
                    let mut list = names(program, definition.parameters.as_deref().unwrap_or_default());
                    list.push(name(program, definition.name));
                    (node, kind, list)
                }
                node => (node, String::new(), Vec::new()),
            }
        };
        self.mode == other.mode
            && self.statements == other.statements
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(|(a, b)| resolved(self, *a) == resolved(other, *b))
    }

    /// For each node, the index at which its subtree begins; for jumps and similar nodes, their own index.
    pub(crate) fn subtrees(&self) -> Vec<u32> {
        let mut open: Vec<u32> = Vec::with_capacity(4);
        let mut starts = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let operands = match *node {
                Node::Unary(_) | Node::Factorial | Node::Root(_) | Node::Assign { .. } | Node::EndDefine { .. } => 1,
                Node::Binary(_) | Node::Compare(_) | Node::And | Node::Or | Node::Index => 2,
                Node::BinderEnd { binder, .. } => binder.parts() as usize - 1,
                Node::Conditional => 3,
                Node::Slice => 4,
                Node::List(count) | Node::Tuple(count) | Node::Set(count) => count as usize,
                Node::CallFunction { arguments, .. } => arguments as usize,
                Node::Call { arguments, .. } => arguments as usize + 1,
                // The right operand of the first comparison joins the left one, since the chain continues.
                Node::CompareStep(..) => {
                    open.pop();
                    starts.push(at as u32);
                    continue;
                }
                Node::AndJump(_)
                | Node::OrJump(_)
                | Node::IfJump(_)
                | Node::ElseJump(_)
                | Node::BinderStart { .. }
                | Node::Define { .. }
                | Node::Drop => {
                    starts.push(at as u32);
                    continue;
                }
                _ => 0,
            };
            let first = open.len().saturating_sub(operands);
            let start = if operands == 0 { at as u32 } else { open.get(first).copied().unwrap_or(0) };
            open.truncate(first);
            open.push(start);
            starts.push(start);
        }
        starts
    }

    /// The roots of a binary node's operands, given the beginning of each [subtree](Self::subtrees).
    pub(crate) fn operands(&self, starts: &[u32], node: usize) -> Option<(usize, usize)> {
        let right = node.checked_sub(1)?;
        let left = (*starts.get(right)? as usize).checked_sub(1)?;
        Some((left, right))
    }

    /// The part of the text between the two operands of a binary node.
    pub(crate) fn between_operands(&self, starts: &[u32], node: usize) -> Option<Span> {
        let (left, right) = self.operands(starts, node)?;
        Some(Span { start: self.spans[left].end, end: self.spans[right].start })
    }
}
