//! What each step of a calculation does, in a sentence for students.

use super::Language::{self, English};
use crate::arithmetic::{Binary, Unary};
use crate::error::Span;
use crate::explain::{Step, StepKind};
use crate::functions;
use crate::program::{Binder, Node, Program};

/// Longer parts are not repeated in a sentence, in characters.
const PART_MAX: usize = 40;

impl Step {
    /// What the step does, as a sentence. `before` is the step before it.
    ///
    /// ```
    /// use tabuada_lang::{Fuel, Language, Limits, parse};
    ///
    /// let limits = Limits::default();
    /// let program = parse("2 + 3*4", &limits)?;
    /// let steps = program.explain(&[], &limits, &mut Fuel::new(limits.fuel)).steps;
    /// assert_eq!(steps[1].sentence(Some(&steps[0]), &program, Language::English), "Multiply: 3*4 = 12.");
    /// assert_eq!(steps[1].sentence(Some(&steps[0]), &program, Language::Portuguese), "Multiplique: 3*4 = 12.");
    /// # Ok::<(), tabuada_lang::Error>(())
    /// ```
    pub fn sentence(&self, before: Option<&Self>, program: &Program, language: Language) -> String {
        let say = |english: &str, portuguese: &str| if language == English { english } else { portuguese }.to_owned();
        let node = self.node.and_then(|node| program.nodes.get(node as usize)).copied();
        let is_product = matches!(node, Some(Node::BinderEnd { binder: Binder::Product, .. }));
        let does = match self.kind {
            StepKind::Statement => return self.beginning(program, language),
            StepKind::Names => say("Replace the names with their values", "Troque os nomes pelos seus valores"),
            StepKind::Definition => say("Use the definition", "Use a definição"),
            StepKind::Branch => match node {
                Some(Node::Conditional) => {
                    say("Keep the part that the condition chooses", "Fique com a parte que a condição escolhe")
                }
                _ => say("This part does not decide: go on with the rest", "Esta parte não decide: siga com o resto"),
            },
            StepKind::Terms if is_product => say("Write out the factors", "Escreva os fatores"),
            StepKind::Terms => say("Write out the terms", "Escreva as parcelas"),
            StepKind::Value => {
                let (english, portuguese) = node.map_or(("Compute", "Calcule"), verb);
                say(english, portuguese)
            }
            StepKind::Answer if language == English => return format!("The answer is {}.", self.text),
            StepKind::Answer => return format!("A resposta é {}.", self.text),
        };
        match before.and_then(|before| self.change(before, language)) {
            Some(change) => format!("{does}: {change}."),
            None => format!("{does}."),
        }
    }

    /// What a statement is for.
    fn beginning(&self, program: &Program, language: Language) -> String {
        let root = program.statements.get(self.statement as usize).and_then(|root| program.nodes.get(*root as usize));
        let (english, portuguese) = match root {
            Some(Node::EndDefine { .. }) => ("Write the definition down.", "Anote a definição."),
            Some(Node::Assign { .. }) => ("Give the name its value.", "Dê ao nome o seu valor."),
            _ if self.statement == 0 => ("Start with the expression.", "Comece pela expressão."),
            _ => ("Go on with the next expression.", "Siga para a próxima expressão."),
        };
        if language == English { english } else { portuguese }.to_owned()
    }

    /// The replaced part and its replacement, if both are short: `3*4 = 12`.
    fn change(&self, before: &Self, language: Language) -> Option<String> {
        let ([from], [to]) = (&*self.replaced, &*self.by) else { return None };
        let part = |text: &str, span: &Span| {
            let part = unbracketed(text.get(span.start as usize..span.end as usize)?);
            (part.chars().count() <= PART_MAX).then(|| part.to_owned())
        };
        let (from, to) = (part(&before.text, from)?, part(&self.text, to)?);
        let is = match (&*to, language) {
            ("True" | "False", English) => "is",
            ("True" | "False", _) => "é",
            _ if self.error.is_some() => "≈",
            _ => "=",
        };
        Some(format!("{from} {is} {to}"))
    }
}

/// A part without the brackets around it, which its place in the text needed; a tuple keeps its own.
fn unbracketed(part: &str) -> &str {
    let Some(inner) = part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) else { return part };
    let mut depth = 0_i64;
    let is_one_pair = inner.chars().all(|character| {
        depth += i64::from(character == '(') - i64::from(character == ')');
        depth >= 0
    });
    let is_tuple = inner.contains(", ") || inner.contains("; ");
    if is_one_pair && !is_tuple { inner } else { part }
}

/// What the evaluation of a node does.
fn verb(node: Node) -> (&'static str, &'static str) {
    match node {
        Node::Binary(Binary::Power) => ("Compute the power", "Calcule a potência"),
        Node::Binary(Binary::Multiply) => ("Multiply", "Multiplique"),
        Node::Binary(Binary::Divide) => ("Divide", "Divida"),
        Node::Binary(Binary::FloorDivide) => ("Divide and round down", "Divida e arredonde para baixo"),
        Node::Binary(Binary::Modulo) => ("Find the remainder", "Ache o resto da divisão"),
        Node::Binary(Binary::Add) => ("Add", "Some"),
        Node::Binary(Binary::Subtract) => ("Subtract", "Subtraia"),
        Node::Unary(Unary::Minus) => ("Change the sign", "Troque o sinal"),
        Node::Unary(Unary::Not) => ("Negate", "Negue"),
        Node::Factorial => ("Compute the factorial", "Calcule o fatorial"),
        Node::Root(2) => ("Take the square root", "Extraia a raiz quadrada"),
        Node::Root(3) => ("Take the cube root", "Extraia a raiz cúbica"),
        Node::Root(_) => ("Take the root", "Extraia a raiz"),
        Node::Compare(_) | Node::CompareStep(..) => ("Compare", "Compare"),
        Node::BinderEnd { binder, .. } => match binder {
            Binder::Sum => ("Add the terms", "Some as parcelas"),
            Binder::Product => ("Multiply the factors", "Multiplique os fatores"),
            Binder::Integral => ("Compute the integral", "Calcule a integral"),
            Binder::Root => ("Find the root", "Ache a raiz"),
            Binder::Derivative => ("Compute the derivative", "Calcule a derivada"),
        },
        Node::Call { .. } | Node::Name(_) => ("The definition gives", "A definição dá"),
        Node::And | Node::Or | Node::Conditional => ("This gives", "Isto dá"),
        Node::CallFunction { row, .. } => {
            let name = functions::without_degrees(row).or(functions::at(row).map(|function| function.name));
            function(name.unwrap_or_default())
        }
        _ => ("Compute", "Calcule"),
    }
}

fn function(name: &str) -> (&'static str, &'static str) {
    match name {
        "sqrt" => ("Take the square root", "Extraia a raiz quadrada"),
        "cbrt" => ("Take the cube root", "Extraia a raiz cúbica"),
        "abs" | "fabs" => ("Take the absolute value", "Tome o valor absoluto"),
        "sin" => ("Compute the sine", "Calcule o seno"),
        "cos" => ("Compute the cosine", "Calcule o cosseno"),
        "tan" => ("Compute the tangent", "Calcule a tangente"),
        "asin" | "acos" | "atan" => ("Find the angle", "Ache o ângulo"),
        "log" | "log10" | "log2" => ("Compute the logarithm", "Calcule o logaritmo"),
        "exp" => ("Compute the power of e", "Calcule a potência de e"),
        "factorial" => ("Compute the factorial", "Calcule o fatorial"),
        "gcd" => ("Find the greatest common divisor", "Ache o máximo divisor comum"),
        "lcm" => ("Find the least common multiple", "Ache o mínimo múltiplo comum"),
        "max" => ("Take the largest", "Fique com o maior"),
        "min" => ("Take the smallest", "Fique com o menor"),
        "mean" => ("Compute the mean", "Calcule a média"),
        "median" => ("Find the median", "Ache a mediana"),
        "round" => ("Round", "Arredonde"),
        "floor" => ("Round down", "Arredonde para baixo"),
        "ceil" => ("Round up", "Arredonde para cima"),
        "sum" => ("Add", "Some"),
        "sorted" => ("Sort", "Ordene"),
        "len" => ("Count", "Conte"),
        "comb" | "binomial" => ("Count the combinations", "Conte as combinações"),
        "perm" => ("Count the arrangements", "Conte os arranjos"),
        _ => ("Compute", "Calcule"),
    }
}
