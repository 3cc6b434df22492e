//! Programs as LaTeX and MathML. Every expectation is written by hand, after how the formula is printed.

// Helper functions of tests may panic, like the tests.
#![allow(clippy::unwrap_used)]

use tabuada_lang::{Context, DecimalSign, Fuel, Language, Limits, Mode, Notation, Program, Style, parse, parse_with};

const COMMA: Notation = Notation::School { decimal: DecimalSign::Comma };

fn read(text: &str) -> Program {
    parse(text, &Limits::default()).unwrap()
}

/// Every kind of node, with the brackets that its place needs.
#[test]
fn a_program_is_written_as_latex() {
    for (text, latex) in [
        ("1+2*3", r"1+2\cdot 3"),
        ("(1+2)*3", r"\left(1+2\right)\cdot 3"),
        ("1-(2-3)", r"1-\left(2-3\right)"),
        ("2*-3", r"2\cdot \left(-3\right)"),
        ("-x**2", r"-x^{2}"),
        ("(-x)**2", r"\left(-x\right)^{2}"),
        ("2**3**4", r"2^{3^{4}}"),
        ("(2**3)**4", r"\left(2^{3}\right)^{4}"),
        ("2**(x+1)", r"2^{x+1}"),
        ("1/2", r"\frac{1}{2}"),
        ("(x+1)/(x-1)", r"\frac{x+1}{x-1}"),
        ("a/b/c", r"\frac{\frac{a}{b}}{c}"),
        ("a/b*c", r"\frac{a}{b}\cdot c"),
        ("a*(b/c)", r"a\cdot \frac{b}{c}"),
        ("(1/2)**2", r"\left(\frac{1}{2}\right)^{2}"),
        ("-(1/2)", r"-\frac{1}{2}"),
        ("7//2", r"\left\lfloor \frac{7}{2}\right\rfloor "),
        ("7 % 2 + 1", r"7\bmod 2+1"),
        ("√2", r"\sqrt{2}"),
        ("√2**2", r"\sqrt{2}^{2}"),
        ("³√(x+1)", r"\sqrt[3]{x+1}"),
        ("sqrt(x+1)", r"\sqrt{x+1}"),
        ("5!", "5!"),
        ("(1+2)!", r"\left(1+2\right)!"),
        ("(3!)!", r"\left(3!\right)!"),
        ("factorial(n+1)", r"\left(n+1\right)!"),
        ("abs(x-1)", r"\left|x-1\right|"),
        ("floor(x)+ceil(y)", r"\left\lfloor x\right\rfloor +\left\lceil y\right\rceil "),
        ("sin(2*x)", r"\sin\left(2\cdot x\right)"),
        ("sin(30°)", r"\sin\left(30^{\circ}\right)"),
        ("sin((20+10)°)", r"\sin\left(\left(20+10\right)^{\circ}\right)"),
        ("asin(x)", r"\arcsin\left(x\right)"),
        ("log(x)", r"\ln\left(x\right)"),
        ("log10(x)", r"\log_{10}\left(x\right)"),
        ("log(8, 2)", r"\log_{2}\left(8\right)"),
        ("exp(2*x)**3", r"\left(e^{2\cdot x}\right)^{3}"),
        ("comb(5, 2)", r"\binom{5}{2}"),
        ("gcd(12, 18)", r"\gcd\left(12,18\right)"),
        ("isprime(7)", r"\operatorname{isprime}\left(7\right)"),
        ("round(x, ndigits=2)", r"\operatorname{round}\left(x,\mathrm{ndigits}=2\right)"),
        ("sum(k**2, k, 1, 10)", r"\sum_{k=1}^{10}k^{2}"),
        ("2*sum(k+1, k, 1, n)", r"2\cdot \left(\sum_{k=1}^{n}\left(k+1\right)\right)"),
        ("prod(k, k, 1, 5)", r"\prod_{k=1}^{5}k"),
        ("integral(x**2, x, 0, 1)", r"\int_{0}^{1}x^{2}\,dx"),
        ("derivative(x**2, x, 3)", r"\left.\frac{d}{dx}x^{2}\right|_{x=3}"),
        ("root(x-1, x, 0, 2)", r"\operatorname{root}\left(x-1,x,0,2\right)"),
        ("{1, 2} | {3}", r"\left\{1,2\right\}\mathbin{|}\left\{3\right\}"),
        ("[1, x]", r"\left[1,x\right]"),
        ("(1, 2)", r"\left(1,2\right)"),
        ("(1,)", r"\left(1,\right)"),
        ("a[1]", r"a_{1}"),
        ("a[1:3]", r"a_{1:3}"),
        ("1 < x <= 2", r"1<x\leq 2"),
        ("x == 1 or not y", r"x=1\lor \lnot y"),
        ("(a or b) and c", r"\left(a\lor b\right)\land c"),
        ("x in {1}", r"x\in \left\{1\right\}"),
        ("1 if x > 0 else -1", r"1\text{ if }x>0\text{ else }-1"),
        ("6 ^ 5 & 3", r"6\oplus 5\mathbin{\&}3"),
        ("1 << 2", r"1\ll 2"),
        ("~5", r"{\sim}5"),
        ("2*pi*r", r"2\cdot \pi \cdot r"),
        ("area_1 + x", r"\mathrm{area\_1}+x"),
        ("1e25*x", r"1\cdot 10^{25}\cdot x"),
        ("1.5e-07", r"1.5\cdot 10^{-7}"),
        ("2j", r"2\,\mathrm{j}"),
        ("'a_b'", r"\text{'a\_b'}"),
        ("True", r"\text{True}"),
        ("x = 3; x", r"x=3; x"),
        ("f(x, y) @= x*y; f(1, 2)", r"f\left(x,y\right)=x\cdot y; f\left(1,2\right)"),
    ] {
        assert_eq!(read(text).latex(Notation::Python), latex, "{text}");
    }
}

#[test]
fn a_program_is_written_as_mathml() {
    for (text, mathml) in [
        ("1+2", "<mn>1</mn><mo>+</mo><mn>2</mn>"),
        ("x*2", "<mi>x</mi><mo>⋅</mo><mn>2</mn>"),
        ("-x", "<mo>−</mo><mi>x</mi>"),
        ("1/x", "<mfrac><mrow><mn>1</mn></mrow><mrow><mi>x</mi></mrow></mfrac>"),
        ("x**2", "<msup><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></msup>"),
        ("√x", "<msqrt><mi>x</mi></msqrt>"),
        ("³√x", "<mroot><mrow><mi>x</mi></mrow><mn>3</mn></mroot>"),
        ("(1+x)!", "<mrow><mo>(</mo><mn>1</mn><mo>+</mo><mi>x</mi><mo>)</mo></mrow><mo>!</mo>"),
        ("sin(x)", "<mi>sin</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"),
        ("abs(x)", "<mrow><mo>|</mo><mi>x</mi><mo>|</mo></mrow>"),
        ("1 < x", "<mn>1</mn><mo>&lt;</mo><mi>x</mi>"),
        ("a[1]", "<msub><mrow><mi>a</mi></mrow><mrow><mn>1</mn></mrow></msub>"),
        ("'<b>&'", "<mtext>'&lt;b&gt;&amp;'</mtext>"),
        (
            "sum(k, k, 1, 9)",
            "<munderover><mo>∑</mo><mrow><mi>k</mi><mo>=</mo><mn>1</mn></mrow><mrow><mn>9</mn></mrow></munderover><mi>k</mi>",
        ),
        (
            "integral(x, x, 0, 1)",
            "<msubsup><mo>∫</mo><mrow><mn>0</mn></mrow><mrow><mn>1</mn></mrow></msubsup><mi>x</mi><mi>d</mi><mi>x</mi>",
        ),
        ("1e25", "<mn>1</mn><mo>⋅</mo><msup><mn>10</mn><mn>25</mn></msup>"),
    ] {
        assert_eq!(read(text).mathml(Notation::Python), mathml, "{text}");
    }
}

#[test]
fn numbers_and_separators_are_those_of_the_notation() {
    let program = read("max(1.5, 2)");
    assert_eq!(program.latex(COMMA), r"\max\left(1{,}5;2\right)");
    assert!(program.mathml(COMMA).contains("<mn>1,5</mn><mo>;</mo><mn>2</mn>"));
    let exact = Context { mode: Mode::Exact, ..Context::default() };
    assert_eq!(parse_with("0.5*x", &exact, &Limits::default()).unwrap().latex(COMMA), r"0{,}5\cdot x");
}

/// Every element is closed in the order in which elements are opened, and no text is markup.
#[test]
fn mathml_is_well_formed() {
    let texts = [
        "((1+2)/(3-x))**(1/2)",
        "³√(1/√2)!",
        "f(x) @= x**2 if x > 0 else '<mi>'; f(2)",
        "{1, (2, [3])} | {4}",
        "sum(prod(i/j, j, 1, 2), i, 1, 3)",
        "derivative(sin(x°), x, 1)",
        "root(x**2-2, x, 0, 2)",
        "comb(5, 2)[1:2]",
        "1 < 2 <= 3 != 4 and not 5 in [6]",
        "log(8, 2) + exp(1)//floor(2.5e-7j)",
        "a, b = 1, 2; a*b",
    ];
    for text in texts {
        let mathml = read(text).mathml(Notation::Python);
        let mut open = Vec::new();
        for tag in mathml.split('<').skip(1) {
            let tag = tag.split_once('>').unwrap().0;
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{text}: {mathml}"),
                None => open.push(tag.split(' ').next().unwrap()),
            }
        }
        assert!(open.is_empty(), "{text}: {mathml}");
    }
}

#[test]
fn steps_are_told_in_the_words_of_a_student() {
    for (text, english, portuguese) in [
        (
            "(1+2)*3",
            &["Start with the expression.", "Add: 1+2 = 3.", "Multiply: 3*3 = 9."][..],
            &["Comece pela expressão.", "Some: 1+2 = 3.", "Multiplique: 3*3 = 9."][..],
        ),
        (
            "x = 4; √x > 1",
            &[
                "Give the name its value.",
                "Go on with the next expression.",
                "Replace the names with their values: x = 4.",
                "Take the square root: √4 = 2.0.",
                "Compare: 2.0 > 1 is True.",
            ],
            &[
                "Dê ao nome o seu valor.",
                "Siga para a próxima expressão.",
                "Troque os nomes pelos seus valores: x = 4.",
                "Extraia a raiz quadrada: √4 = 2.0.",
                "Compare: 2.0 > 1 é True.",
            ],
        ),
        (
            "(1-3)*(2-(1-3))",
            &[
                "Start with the expression.",
                "Subtract: 1-3 = -2.",
                "Subtract: 1-3 = -2.",
                "Subtract: 2-(-2) = 4.",
                "Multiply: (-2)*4 = -8.",
            ],
            &[
                "Comece pela expressão.",
                "Subtraia: 1-3 = -2.",
                "Subtraia: 1-3 = -2.",
                "Subtraia: 2-(-2) = 4.",
                "Multiplique: (-2)*4 = -8.",
            ],
        ),
        (
            "sum(k, k, 1, 3)",
            &["Start with the expression.", "Write out the terms: sum(k,k,1,3) = 1+2+3.", "Add the terms: 1+2+3 = 6."],
            &["Comece pela expressão.", "Escreva as parcelas: sum(k,k,1,3) = 1+2+3.", "Some as parcelas: 1+2+3 = 6."],
        ),
    ] {
        let program = read(text);
        let limits = Limits::default();
        let steps = program.explain(&[], &limits, &mut Fuel::new(limits.fuel)).steps;
        for (language, expected) in [(Language::English, english), (Language::Portuguese, portuguese)] {
            let before = std::iter::once(None).chain(steps.iter().map(Some));
            let told: Vec<String> =
                steps.iter().zip(before).map(|(step, before)| step.sentence(before, &program, language)).collect();
            assert_eq!(told, expected, "{text}");
        }
    }
}

#[test]
fn steps_are_spelled_in_a_notation_and_as_formulas() {
    let limits = Limits::default();
    let school = Context { notation: COMMA, ..Context::default() };
    let program = parse_with("2^3 + 1,5·√4", &school, &limits).unwrap();
    let style = Style { notation: COMMA, has_formulas: true };
    let steps = program.explain_in(style, &[], &limits, &mut Fuel::new(limits.fuel)).steps;
    let texts: Vec<&str> = steps.iter().map(|step| &*step.text).collect();
    assert_eq!(texts, ["2^3+1,5*√4", "8+1,5*√4", "8+1,5*2,0", "8+3,0", "11,0"]);
    let latex: Vec<&str> = steps.iter().map(|step| step.latex.as_deref().unwrap()).collect();
    assert_eq!(
        latex,
        [r"2^{3}+1{,}5\cdot \sqrt{4}", r"8+1{,}5\cdot \sqrt{4}", r"8+1{,}5\cdot 2{,}0", r"8+3{,}0", r"11{,}0"]
    );
    // What the next step computes is marked.
    assert!(steps[0].mathml.as_deref().unwrap().starts_with("<mrow class=\"next\"><msup>"));
    assert_eq!(steps[4].mathml.as_deref(), Some("<mn>11,0</mn>"));
    // Indexes are Python's alone.
    let program = parse("[1.5, 2][0]", &limits).unwrap();
    let steps = program.explain_in(style, &[], &limits, &mut Fuel::new(limits.fuel)).steps;
    assert_eq!(steps[0].text, "[1.5,2][0]");
}
