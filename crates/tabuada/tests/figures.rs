//! `/v1/plot`, `tabuada plot` and `/v1/explain`: the contents of pictures and explanations.

// Clippy allows panics in tests, but not in their helper functions.
#![allow(clippy::panic, clippy::unwrap_used)]

use crate::support;

use std::process::{Command, Output};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};
use serde_json::Value;
use support::{Client, Response, Server, corpus};

/// A target with a query of these pairs.
fn target(path: &str, pairs: &[(&str, &str)]) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("{path}?{}", pairs.join("&"))
}

fn ask(client: &mut Client, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
    client.request("GET", &target("/v1/plot", pairs), headers, b"")
}

/// The picture of some expressions over a range.
fn plot(client: &mut Client, exprs: &[&str], from: &str, to: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = exprs.iter().map(|expr| ("expr", *expr)).collect();
    pairs.extend([("from", from), ("to", to)]);
    let response = ask(client, &pairs, &[]);
    assert_eq!(response.status, 200, "{exprs:?}: {}", response.text());
    response.text().to_owned()
}

fn of_class<'d>(picture: &'d Document<'_>, class: &str) -> Vec<Node<'d, 'd>> {
    let nodes = picture.descendants();
    nodes.filter(|node| node.attribute("class") == Some(class)).collect()
}

/// The lines of a curve, without its sample in the legend, which comes last.
fn lines(svg: &str, curve: usize) -> Vec<Vec<(f64, f64)>> {
    let picture = Document::parse(svg).unwrap();
    let paths = of_class(&picture, &format!("tabuada-curve-{curve}"));
    let [path, _] = &paths[..] else { return Vec::new() };
    let lines = path.attribute("d").unwrap().split('M').skip(1);
    let numbers = |line: &str| -> Vec<f64> {
        let line = line.replace("h0", "").replace('L', " ");
        line.split_whitespace().map(|number| number.parse().unwrap()).collect()
    };
    lines.map(|line| numbers(line).chunks(2).map(|place| (place[0], place[1])).collect()).collect()
}

/// The texts of the axes: those below, and those to the left.
fn numbers(svg: &str) -> (Vec<String>, Vec<String>) {
    let picture = Document::parse(svg).unwrap();
    let grid = of_class(&picture, "tabuada-grid")[0].attribute("d").unwrap();
    let downs = grid.split(['M', 'L', ' ']).filter_map(|number| number.parse().ok()).skip(1).step_by(2);
    let bottom: f64 = downs.fold(0.0, f64::max);
    let texts = of_class(&picture, "tabuada-number").into_iter();
    let (below, left): (Vec<_>, Vec<_>) =
        texts.partition(|node| node.attribute("y").unwrap().parse::<f64>().unwrap() > bottom + 10.0);
    let words = |nodes: Vec<Node<'_, '_>>| nodes.iter().map(|node| node.text().unwrap().to_owned()).collect();
    (words(below), words(left))
}

fn words(svg: &str, tag: &str) -> String {
    let picture = Document::parse(svg).unwrap();
    let node = picture.root_element().children().find(|node| node.has_tag_name(tag)).unwrap_or_else(|| {
        // Elements without a namespace prefix.
        picture.descendants().find(|node| node.tag_name().name() == tag).unwrap()
    });
    node.text().unwrap().to_owned()
}

/// An operation on a type that does not support it fails at every x: the expression itself is wrong, with the same
/// problem as from `/v1/evaluate`.
#[test]
fn an_expression_that_fails_everywhere_is_a_problem() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (pairs, wrong, mended) in [
        (&[("expr", "x^2")][..], "x^2", Some("x**2")),
        (&[("expr", "x"), ("expr", "1 + (x^2)")], "x^2", Some("1 + (x**2)")),
        (&[("expr", "1.5^2")], "1.5^2", Some("1.5 ** 2")),
        (&[("expr", "x + 'a'")], "x + 'a'", None),
    ] {
        let response = ask(&mut client, pairs, &[]);
        assert_eq!(response.status, 422, "{pairs:?}");
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(problem["code"], "type-error", "{problem}");
        let (_, text) = pairs[pairs.len() - 1];
        let (start, end) = (&problem["span"]["start"], &problem["span"]["end"]);
        let [start, end] = [start, end].map(|place| place.as_u64().unwrap() as usize);
        assert_eq!(&text[start..end], wrong, "{problem}");
        // Ignores blanks around the sign.
        let suggested = problem["suggestion"]["expr"].as_str().map(|text| text.replace(' ', ""));
        assert_eq!(suggested, mended.map(|text| text.replace(' ', "")), "{problem}");
    }
    // Expressions that fail only somewhere, or in several ways, or because of the value of x: the picture shows it.
    for expr in ["x^2 if x < 0 else 1", "x^2 if x < 0 else x + 'a'", "sqrt(-1-x**2)", "x // 0"] {
        assert_eq!(ask(&mut client, &[("expr", expr)], &[]).status, 200, "{expr}");
    }
}

#[test]
fn a_curve_has_as_many_lines_as_the_function_has_pieces() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, from, to, pieces) in [
        ("sin(x)", "-10", "10", 1),
        ("x**2", "-3", "3", 1),
        ("1/x", "-10", "10", 2),
        // The pole is at no point of the grid.
        ("1/(x-1/3)", "-10", "10", 2),
        ("1/x**2", "-10", "10", 2),
        // Poles at ±π/2, ±3π/2, ±5π/2.
        ("tan(x)", "-10", "10", 7),
        ("floor(x)", "0.5", "4.5", 5),
        ("sqrt(x)", "-10", "10", 1),
        ("log(x)", "-1", "10", 1),
        ("5", "-10", "10", 1),
        // Complex below 0.
        ("x**0.5", "-10", "10", 1),
        ("x > 0", "-1", "1", 2),
        ("abs(x)", "-1", "1", 1),
        // Steep, but continuous.
        ("tanh(1000*x)", "-1", "1", 1),
        ("sqrt(x**2-1)", "-2", "2", 2),
        ("1 if x < 0 else 1/0", "-1", "1", 1),
        ("exp(x)", "0", "700", 1),
        ("x", "-1e300", "1e300", 1),
        ("sqrt(-1-x**2)", "-1", "1", 0),
        ("inf*x", "-1", "1", 0),
        ("'a'*floor(x)", "-1", "1", 0),
    ] {
        let svg = plot(&mut client, &[expr], from, to);
        assert_eq!(lines(&svg, 0).len(), pieces, "{expr}");
    }
}

/// The ends of the y axis.
fn shown(svg: &str) -> (f64, f64) {
    let picture = Document::parse(svg).unwrap();
    let ends: Vec<f64> =
        picture.root_element().attribute("data-y").unwrap().split(' ').map(|end| end.parse().unwrap()).collect();
    (ends[0], ends[1])
}

/// A bounded curve is shown from its minimum to its maximum, with a twentieth of that to spare. The true ranges are
/// those of the functions, as mathematics has them.
#[test]
fn a_bounded_curve_is_never_cut() {
    use std::f64::consts::{E, FRAC_PI_2, PI};
    let server = Server::start();
    let mut client = Client::connect(server.address);
    // The minimum of sin(x)/x is at the first positive root of tan(x) = x.
    let sinc = -0.217_233_628_211_221_66;
    let wave = (1.0 / (2.0 * E)).sqrt();
    for (expr, low, high) in [
        ("exp(-(3*x)**2)", 0.0, 1.0),
        ("exp(-(5*x)**2)", 0.0, 1.0),
        ("exp(-(10*x)**2)", 0.0, 1.0),
        ("1/(1+25*x**2)", 1.0 / 2_501.0, 1.0),
        ("1/(1+100*x**2)", 1.0 / 10_001.0, 1.0),
        ("exp(-10*abs(x))", 0.0, 1.0),
        ("1/cosh(5*x)", 0.0, 1.0),
        ("sin(20*x)/(20*x)", sinc, 1.0),
        ("exp(-(x-3)**2/0.02)", 0.0, 1.0),
        ("acos(x)", 0.0, PI),
        ("sqrt(1-x**2)", 0.0, 1.0),
        ("sqrt(4-x**2)", 0.0, 2.0),
        ("sin(x)", -1.0, 1.0),
        ("1/(1+x**2)", 1.0 / 101.0, 1.0),
        ("tanh(20*x)", -1.0, 1.0),
        ("tanh(100*x)", -1.0, 1.0),
        ("x*exp(-x**2)", -wave, wave),
        ("-1/(1+50*x**2)", -1.0, -1.0 / 5_001.0),
        ("asin(x)", -FRAC_PI_2, FRAC_PI_2),
        ("sin(x)+3*exp(-(8*x)**2)", -1.0, 3.0013),
        // Narrow peaks between the points of the grid, alone, together, on a slope and upside down.
        ("exp(-(200*(x-0.013))**2)", 0.0, 1.0),
        ("1/(1+(3000*(x-1.2345))**2)", 0.0, 1.0),
        ("exp(-1000*abs(x-2.7182))", 0.0, 1.0),
        ("-exp(-(70*(x+7.77))**2)", -1.0, 0.0),
        ("exp(-(40*(x-1.01))**2)+2*exp(-(90*(x+3.003))**2)", 0.0, 2.0),
        ("1/cosh(30*(x-2.22))-3/cosh(60*(x-6.66))", -3.0, 1.0),
        ("x/10+3*exp(-(30*(x-0.013))**2)", -1.0, 3.0013),
        ("sin(x)-4*exp(-(40*(x-3.3))**2)", -4.0 + f64::sin(3.3), 1.0),
        // Peaks at the ends of the range.
        ("exp(-100*(x-10)**2)", 0.0, 1.0),
        ("exp(-((x-9.987)*100)**2)", 0.0, 1.0),
        ("exp(-((x+9.99)*80)**2)", 0.0, 1.0),
        // Ends of the domain that are on no point of the grid.
        ("sqrt(x-1/3)", 0.0, 3.109_126),
        ("acos(x/3)", 0.0, PI),
        ("sqrt(1-abs(x-1/7))", 0.0, 1.0),
        ("x*log(x)", -1.0 / E, 10.0 * 10_f64.ln()),
        // Kinks, steps and teeth.
        ("abs(x-1/3)", 0.0, 10.0 + 1.0 / 3.0),
        ("abs(abs(x)-5)", 0.0, 5.0),
        ("floor(x)", -10.0, 10.0),
        ("x > 0", 0.0, 1.0),
        ("x % 1", 0.0, 1.0),
        ("max(0, 1-25*abs(x-0.3))", 0.0, 1.0),
        // Waves that are finer than the grid.
        ("sin(99*x)", -1.0, 1.0),
        ("sin(1/x)", -1.0, 1.0),
        ("1e9+sin(x)", 1e9 - 1.0, 1e9 + 1.0),
        ("x**2", 0.0, 100.0),
        ("x**3", -1_000.0, 1_000.0),
        ("x**6", 0.0, 1e6),
    ] {
        let (shown_low, shown_high) = shown(&plot(&mut client, &[expr], "-10", "10"));
        let span = high - low;
        let is_close = |shown: f64, to: f64| (shown - to).abs() <= 0.012 * span;
        let is_right = is_close(shown_low, low - 0.05 * span) && is_close(shown_high, high + 0.05 * span);
        assert!(is_right, "{expr}: {shown_low} to {shown_high}, not {low} to {high}");
    }
    for (expr, from, to, low, high) in [
        ("exp(-(x-500)**2/50)", "0", "1000", 0.0, 1.0),
        ("exp(-(x-500.3)**2)", "0", "1000", 0.0, 1.0),
        // The minimum of x**x is at 1/e.
        ("x**x", "0", "3", (-1.0 / E).exp(), 27.0),
        ("exp(x)", "-2", "2", f64::exp(-2.0), f64::exp(2.0)),
        ("1/x", "1", "10", 0.1, 1.0),
        ("tan(x)", "-1", "1", f64::tan(-1.0), f64::tan(1.0)),
    ] {
        let (shown_low, shown_high) = shown(&plot(&mut client, &[expr], from, to));
        let span = high - low;
        let is_right = (shown_low - (low - 0.05 * span)).abs() <= 0.012 * span
            && (shown_high - (high + 0.05 * span)).abs() <= 0.012 * span;
        assert!(is_right, "{expr}: {shown_low} to {shown_high}, not {low} to {high}");
    }
}

/// A curve that grows without bound is cut on that side, and held on the other.
#[test]
fn a_curve_that_grows_without_bound_is_cut() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, low, high) in [
        ("1/x", None, None),
        ("1/(x-1/3)", None, None),
        // Very near to a point of the grid.
        ("1/(x-7.617109343261831)", None, None),
        ("tan(x)", None, None),
        ("tan(3*x)", None, None),
        ("1/sin(x)", None, None),
        ("gamma(x)", None, None),
        ("1/x**2", Some(0.01), None),
        ("1/(x-1/3)**2", Some(0.0088), None),
        ("-1/x**2", None, Some(-0.01)),
        ("1/sqrt(1-x**2)", Some(1.0), None),
        ("log(x)", None, Some(10_f64.ln())),
        ("log(abs(x-1/3))", None, Some(f64::ln(10.0 + 1.0 / 3.0))),
        ("exp(1/x)", Some(0.0), None),
        ("abs(x)**-0.5", Some(10_f64.powf(-0.5)), None),
        ("1/x+20*exp(-(5*(x-5))**2)", None, Some(20.2)),
    ] {
        let (shown_low, shown_high) = shown(&plot(&mut client, &[expr], "-10", "10"));
        assert!(shown_low > -100.0 && shown_high < 100.0, "{expr}: {shown_low} to {shown_high}");
        let free = 0.06 * (shown_high - shown_low);
        for (end, shown) in [(low, shown_low), (high, shown_high)] {
            assert!(end.is_none_or(|end| (end - shown).abs() <= free), "{expr}: {shown_low} to {shown_high}");
        }
    }
    // The branches are drawn to the edges.
    for (expr, lines_of_it) in [("1/x", 2), ("1/x**2", 2), ("log(x)", 1)] {
        let svg = plot(&mut client, &[expr], "-10", "10");
        let drawn = lines(&svg, 0);
        assert_eq!(drawn.len(), lines_of_it, "{expr}");
        let edges: Vec<f64> = drawn.iter().flat_map(|line| [line[0].1, line[line.len() - 1].1]).collect();
        let frame = Document::parse(&svg).unwrap().root_element().attribute("data-frame").unwrap().to_owned();
        let frame: Vec<f64> = frame.split(' ').map(|number| number.parse().unwrap()).collect();
        let (top, bottom) = (frame[1], frame[1] + frame[3]);
        assert!(edges.iter().any(|y| (y - top).abs() < 0.1 || (y - bottom).abs() < 0.1), "{expr}: {edges:?}");
    }
}

/// A curve that grows towards an end of x, and would be flat elsewhere, is shown as far up and down as x goes.
#[test]
fn a_curve_that_would_look_flat_is_shown_as_far_as_x_goes() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for expr in ["exp(x)", "exp(-x)", "2**x", "10**x", "sinh(x)", "cosh(x)", "exp(x)-3", "gamma(x)"] {
        assert_eq!(shown(&plot(&mut client, &[expr], "-10", "10")), (-10.0, 10.0), "{expr}");
    }
    assert_eq!(shown(&plot(&mut client, &["exp(x)", "sin(x)"], "-10", "10")), (-10.0, 10.0));
    // Of these, nothing or little would be left.
    for (expr, from, to) in [("exp(x)", "0", "700"), ("exp(x)+100", "-10", "10"), ("x**20", "-10", "10")] {
        assert!(shown(&plot(&mut client, &[expr], from, to)).1 > 10_000.0, "{expr}");
    }
}

/// The value at a whole number by chance is no piece of a curve, unless there are only such values.
#[test]
fn a_dot_is_drawn_only_where_a_function_has_values_at_whole_numbers_alone() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let svg = plot(&mut client, &["x**x"], "-10", "10");
    assert!(lines(&svg, 0).iter().all(|line| line.len() > 1), "{svg}");
    for (expr, from, to, count) in [
        ("factorial(x)", "0", "5", 6),
        ("x!", "0", "5", 6),
        ("factorial(x)", "-10", "5.5", 6),
        ("comb(4, x)", "0", "4", 5),
        ("fib(x)", "0", "8", 9),
        ("isprime(x)", "2", "11", 10),
    ] {
        let drawn = lines(&plot(&mut client, &[expr], from, to), 0);
        assert_eq!((drawn.len(), drawn.concat().len()), (count, count), "{expr}");
    }
    // All dots are seen: 1 to 120, and a twentieth of that to spare.
    let (low, high) = shown(&plot(&mut client, &["factorial(x)"], "0", "5"));
    assert!((low + 4.95).abs() < 0.01 && (high - 125.95).abs() < 0.01, "{low} {high}");
    // Its arguments are the wrong ones everywhere.
    assert_eq!(ask(&mut client, &[("expr", "comb(x)")], &[]).status, 422);
}

#[test]
fn each_element_of_a_list_is_a_curve() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let apart = plot(&mut client, &["sin(x)", "cos(x)"], "-3", "3");
    for expr in ["[sin(x), cos(x)]", "(sin(x), cos(x))", "( sin(x) ,cos(x), )"] {
        let together = plot(&mut client, &[expr], "-3", "3");
        for curve in 0..2 {
            assert_eq!(lines(&together, curve), lines(&apart, curve), "{expr}");
        }
        let picture = Document::parse(&together).unwrap();
        let names: Vec<_> = of_class(&picture, "tabuada-text").iter().filter_map(Node::text).collect();
        assert_eq!(names, ["sin(x)", "cos(x)"], "{expr}");
    }
    let made = plot(&mut client, &["a = 2; [a*x, x] * 2"], "-3", "3");
    assert!(words(&made, "desc").contains("[a*x, x] * 2 (4): values from −3 to 3."), "{made}");
    assert_eq!(ask(&mut client, &[("expr", "[x]*7")], &[]).status, 400);
    // Some values have fewer elements.
    assert_eq!(lines(&plot(&mut client, &["[x, x] if x < 0 else [x]"], "-1", "1"), 1).len(), 1);
    assert!(words(&plot(&mut client, &["[]"], "-1", "1"), "desc").contains("no real value here"));
}

/// An axis of 720 pixels has 6 to 10 numbers, or 11 where no round step gives so few.
#[test]
fn axes_have_some_numbers_and_a_minor_grid() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (from, to, most) in [
        ("-10", "10", 10),
        ("0", "1", 11),
        ("-5", "5", 11),
        ("0", "7", 10),
        ("-1", "12", 10),
        ("0", "0.003", 10),
        ("-99", "1", 11),
    ] {
        let svg = plot(&mut client, &["x"], from, to);
        let (below, _) = numbers(&svg);
        assert!((6..=most).contains(&below.len()), "{from} to {to}: {below:?}");
        let picture = Document::parse(&svg).unwrap();
        let count = |class: &str| of_class(&picture, class)[0].attribute("d").unwrap().matches('M').count();
        assert!(count("tabuada-minor") > 2 * count("tabuada-grid"), "{from} to {to}");
        let names: Vec<_> = of_class(&picture, "tabuada-name").iter().filter_map(Node::text).collect();
        assert_eq!(names, ["x", "y"]);
    }
}

#[test]
fn an_axis_with_ends_in_pi_has_ticks_of_pi() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (from, to, texts) in [
        ("-2*pi", "2*pi", "−2π −3π/2 −π −π/2 0 π/2 π 3π/2 2π"),
        ("0", "2*π", "0 π/4 π/2 3π/4 π 5π/4 3π/2 7π/4 2π"),
        ("-pi/2", "pi/2", "−π/2 −3π/8 −π/4 −π/8 0 π/8 π/4 3π/8 π/2"),
        // Multiples of π without its name.
        ("-6.283185307179586", "6.283185307179586", "−2π −3π/2 −π −π/2 0 π/2 π 3π/2 2π"),
        // Its name, but other ends.
        ("0", "pi+4", "0 π/4 π/2 3π/4 π 5π/4 3π/2 7π/4 2π 9π/4"),
    ] {
        let (below, _) = numbers(&plot(&mut client, &["sin(x)"], from, to));
        assert_eq!(below.join(" "), texts, "{from} to {to}");
    }
    let pairs = [("expr", "atan(x)"), ("y_from", "-pi/2"), ("y_to", "pi/2")];
    let (_, left) = numbers(ask(&mut client, &pairs, &[]).text());
    assert_eq!(left.join(" "), "−π/2 −π/4 0 π/4 π/2");
}

/// A picture has one convention: who writes 0,5 reads 0,5 on the axes and in the description.
#[test]
fn numbers_have_the_decimal_sign_of_the_notation() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (notation, decimal, texts, told) in [
        ("school", "comma", "0 0,2 0,4 0,6 0,8 1,0", "x from 0 to 1, y from −0,025 to 0,525."),
        ("school", "point", "0 0.2 0.4 0.6 0.8 1.0", "x from 0 to 1, y from −0.025 to 0.525."),
        ("python", "point", "0 0.2 0.4 0.6 0.8 1.0", "x from 0 to 1, y from −0.025 to 0.525."),
    ] {
        let pairs = [("expr", "x/2"), ("from", "0"), ("to", "1"), ("notation", notation), ("decimal", decimal)];
        let answer = ask(&mut client, &pairs, &[]);
        let (below, _) = numbers(answer.text());
        assert_eq!(below.join(" "), texts, "{notation} {decimal}");
        assert!(words(answer.text(), "desc").starts_with(told), "{}", words(answer.text(), "desc"));
    }
}

#[test]
fn equal_axes_have_one_scale() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (exprs, more) in [
        (&["sqrt(1-x**2)", "-sqrt(1-x**2)"][..], &[][..]),
        (&["x**2"], &[]),
        (&["1000000+x/1000"], &[]),
        (&["x"], &[("from", "0"), ("to", "1e6")]),
        (&["sin(x)"], &[("y_from", "-50"), ("y_to", "50")]),
        (&["sin(x)"], &[("width", "300"), ("height", "600"), ("font_size", "24")]),
    ] {
        let mut pairs: Vec<(&str, &str)> = exprs.iter().map(|expr| ("expr", *expr)).collect();
        pairs.push(("aspect", "equal"));
        pairs.extend(more);
        let response = ask(&mut client, &pairs, &[]);
        let picture = Document::parse(response.text()).unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let text = picture.root_element().attribute(name).unwrap();
            text.split(' ').map(|number| number.parse().unwrap()).collect()
        };
        let (x, y, frame) = (numbers("data-x"), numbers("data-y"), numbers("data-frame"));
        let (scale_x, scale_y) = (frame[2] / (x[1] - x[0]), frame[3] / (y[1] - y[0]));
        assert!((scale_x / scale_y - 1.0).abs() < 1e-3, "{exprs:?}: {scale_x} {scale_y}");
    }
    // Of a curve that is too high for it, the part near 0 is shown.
    let parabola = ask(&mut client, &[("expr", "x**2"), ("aspect", "equal")], &[]);
    let (low, high) = shown(parabola.text());
    assert!(low <= 0.0 && high >= 0.0, "{low} to {high}");
    // The command draws round circles, too.
    let sketch = run(&["sqrt(1-x**2)", "-sqrt(1-x**2)", "--from=-2", "--to=2", "--aspect=equal", "--terminal"]);
    let (dots, _) = dots(std::str::from_utf8(&sketch.stdout).unwrap());
    let span =
        |of: fn(&(usize, usize)) -> usize| dots.iter().map(of).max().unwrap() - dots.iter().map(of).min().unwrap();
    assert!(span(|dot| dot.0).abs_diff(span(|dot| dot.1)) <= 2, "{dots:?}");
}

#[test]
fn texts_have_the_size_and_the_digits_that_the_client_wants() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for size in ["8", "24", "48"] {
        for (width, height) in [("200", "120"), ("720", "450")] {
            let pairs = [("expr", "1e9*x"), ("font_size", size), ("width", width), ("height", height)];
            let svg = ask(&mut client, &pairs, &[]);
            let picture = Document::parse(svg.text()).unwrap();
            assert_eq!(picture.root_element().attribute("font-size"), Some(size));
        }
    }
    let mut png = |size| ask(&mut client, &[("expr", "x"), ("font_size", size)], &[("Accept", "image/png")]).body;
    assert_ne!(png("12"), png("24"));
    let described = words(&plot(&mut client, &["1e9+sin(x)"], "-10", "10"), "desc");
    assert!(described.ends_with("1e9+sin(x): values from 999999999 to 1000000001."), "{described}");
    let pairs = [("expr", "x/3"), ("from", "0"), ("to", "1"), ("digits", "7")];
    let described = words(ask(&mut client, &pairs, &[]).text(), "desc");
    assert!(described.ends_with("x/3: values from 0 to 0.3333333."), "{described}");
    let pairs = [("expr", "x"), ("from", "1e7"), ("to", "1e7+5"), ("digits", "8")];
    let (below, _) = numbers(ask(&mut client, &pairs, &[]).text());
    assert!(below.contains(&"10000003".to_owned()), "{below:?}");
    for (name, value) in [
        ("font_size", "7"),
        ("font_size", "49"),
        ("font_size", "big"),
        ("digits", "0"),
        ("digits", "16"),
        ("digits", "-1"),
        ("aspect", "round"),
        ("points", "yes"),
    ] {
        let response = ask(&mut client, &[("expr", "x"), (name, value)], &[]);
        assert_eq!(response.status, 400, "{name}={value}");
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        assert!(problem["detail"].as_str().unwrap().starts_with(name), "{problem}");
    }
}

/// The JSON of some expressions from -10 to 10.
fn told(client: &mut Client, exprs: &[&str], more: &[(&str, &str)]) -> Value {
    let mut pairs: Vec<(&str, &str)> = exprs.iter().map(|expr| ("expr", *expr)).collect();
    pairs.extend(more);
    let response = ask(client, &pairs, &[("Accept", "application/json")]);
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")), "{exprs:?}");
    serde_json::from_slice(&response.body).unwrap()
}

fn places(found: &Value) -> Vec<(f64, f64)> {
    let number = |value: &Value| value.as_f64().unwrap();
    found.as_array().unwrap().iter().map(|point| (number(&point["x"]), number(&point["y"]))).collect()
}

/// Zeros and extremes are those of the functions, as mathematics has them.
#[test]
fn zeros_and_extremes_are_found() {
    use std::f64::consts::{E, FRAC_1_SQRT_2, FRAC_PI_2, PI, SQRT_2};
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let wave = (1.0 / (2.0 * E)).sqrt();
    let cubic = 2.0 / 27_f64.sqrt();
    for (expr, zeros, maxima, minima) in [
        (
            "sin(x)",
            &[-3.0 * PI, -2.0 * PI, -PI, 0.0, PI, 2.0 * PI, 3.0 * PI][..],
            &[(-3.0 * FRAC_PI_2, 1.0), (FRAC_PI_2, 1.0), (5.0 * FRAC_PI_2, 1.0)][..],
            &[(-5.0 * FRAC_PI_2, -1.0), (-FRAC_PI_2, -1.0), (3.0 * FRAC_PI_2, -1.0)][..],
        ),
        ("x**2-2", &[-SQRT_2, SQRT_2], &[], &[(0.0, -2.0)]),
        ("(x-3)**2", &[3.0], &[], &[(3.0, 0.0)]),
        ("(x-1/3)**2+1", &[], &[], &[(1.0 / 3.0, 1.0)]),
        ("x**3-x", &[-1.0, 0.0, 1.0], &[(-(1_f64 / 3.0).sqrt(), cubic)], &[((1_f64 / 3.0).sqrt(), -cubic)]),
        ("x*exp(-x**2)", &[0.0], &[(FRAC_1_SQRT_2, wave)], &[(-FRAC_1_SQRT_2, -wave)]),
        ("abs(x-1/7)-1", &[1.0 / 7.0 - 1.0, 1.0 / 7.0 + 1.0], &[], &[(1.0 / 7.0, -1.0)]),
        ("exp(-(200*(x-0.013))**2)", &[], &[(0.013, 1.0)], &[]),
        ("log(x)", &[1.0], &[], &[]),
        // At ends of the domain.
        ("acos(x)", &[1.0], &[], &[]),
        ("sqrt(1-x**2)", &[-1.0, 1.0], &[(0.0, 1.0)], &[]),
        ("cbrt(x-1/3)", &[1.0 / 3.0], &[], &[]),
        // Neither a pole nor a jump is a zero, and neither is an extreme.
        ("1/x", &[], &[], &[]),
        ("1/(x-1/3)", &[], &[], &[]),
        ("1/(x-1/3)**2", &[], &[], &[]),
        ("x % 1 - 0.5", &[], &[], &[]),
        ("1 if x > 1/3 else -1", &[], &[], &[]),
        ("exp(x)", &[], &[], &[]),
        ("5", &[], &[], &[]),
        ("0", &[], &[], &[]),
        ("max(x, 0)", &[], &[], &[]),
        ("sqrt(-1-x**2)", &[], &[], &[]),
        ("rnd()-0.5", &[], &[], &[]),
    ] {
        let curve = told(&mut client, &[expr], &[])["curves"][0].clone();
        if expr == "x % 1 - 0.5" {
            assert_eq!(places(&curve["zeros"]).len(), 20, "{curve}");
            continue;
        }
        let is_near = |found: &[(f64, f64)], right: &[(f64, f64)]| {
            let near = |(a, b): (&(f64, f64), &(f64, f64))| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9;
            found.len() == right.len() && found.iter().zip(right).all(near)
        };
        let zeros: Vec<(f64, f64)> = zeros.iter().map(|x| (*x, 0.0)).collect();
        for (kind, right) in [("zeros", &*zeros), ("maxima", maxima), ("minima", minima)] {
            let found = places(&curve[kind]);
            assert!(is_near(&found, right), "{expr}: {kind} {found:?}, not {right:?}");
        }
    }
}

/// Every number is the value of the expression, as `/v1/evaluate` gives it.
#[test]
fn values_are_those_of_evaluate() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let expr = "x*exp(-x**2)+0.1";
    let shown = told(&mut client, &[expr], &[]);
    let curve = &shown["curves"][0];
    let (at, values) = (shown["at"].as_array().unwrap(), curve["values"].as_array().unwrap());
    assert_eq!(at.len(), values.len());
    assert!(at.len() > 600 && at.iter().all(|x| x.to_string().len() <= 5), "{at:?}");
    let mut checked: Vec<(Value, Value)> = at.iter().cloned().zip(values.iter().cloned()).step_by(60).collect();
    for kind in ["zeros", "maxima", "minima"] {
        let points = curve[kind].as_array().unwrap();
        checked.extend(points.iter().map(|point| (point["x"].clone(), point["y"].clone())));
    }
    for (x, y) in checked {
        let text = format!("x={x}; {expr}");
        let answer = client.request("GET", &target("/v1/evaluate", &[("expr", &text)]), &[], b"");
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["result"], y, "{text}");
    }
}

#[test]
fn intersections_are_found() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let found = told(&mut client, &["x**2", "x+2", "2*x-1", "0"], &[]);
    let mut meetings: Vec<(u64, u64, f64, f64)> = found["intersections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|meeting| {
            let curve = |at: usize| meeting["curves"][at].as_u64().unwrap();
            (curve(0), curve(1), meeting["x"].as_f64().unwrap(), meeting["y"].as_f64().unwrap())
        })
        .collect();
    meetings.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
    // x² touches 2x−1 in (1; 1), and the axis in 0.
    let right = [
        (0, 1, -1.0, 1.0),
        (0, 1, 2.0, 4.0),
        (0, 2, 1.0, 1.0),
        (0, 3, 0.0, 0.0),
        (1, 2, 3.0, 5.0),
        (1, 3, -2.0, 0.0),
        (2, 3, 0.5, 0.0),
    ];
    assert_eq!(meetings.len(), right.len(), "{meetings:?}");
    for (a, b) in meetings.iter().zip(&right) {
        assert!((a.0, a.1) == (b.0, b.1) && (a.2 - b.2).abs() < 1e-6 && (a.3 - b.3).abs() < 1e-6, "{meetings:?}");
    }
}

#[test]
fn points_are_marked_if_the_client_wants_it() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let plain = plot(&mut client, &["sin(x)"], "-10", "10");
    assert!(!plain.contains("<path class=\"tabuada-open"), "{plain}");
    let marked = ask(&mut client, &[("expr", "sin(x)"), ("points", "true")], &[]);
    let picture = Document::parse(marked.text()).unwrap();
    let dots = of_class(&picture, "tabuada-open-0");
    // 7 zeros and 6 extremes.
    assert_eq!(dots[0].attribute("d").unwrap().matches('M').count(), 13);
    // The picture in the JSON is the same, and the rest says what is in it.
    let shown = told(&mut client, &["sin(x)"], &[]);
    assert_eq!(shown["svg"], marked.text());
    assert_eq!((&shown["title"], &shown["curves"][0]["name"]), (&"Graph of sin(x)".into(), &"sin(x)".into()));
    assert_eq!((&shown["x"], &shown["points_cut"]), (&serde_json::json!([-10.0, 10.0]), &false.into()));
    let frame = picture.root_element().attribute("data-frame").unwrap().to_owned();
    let width: f64 = frame.split(' ').nth(2).unwrap().parse().unwrap();
    assert!((shown["frame"]["width"].as_f64().unwrap() - width).abs() < 0.01);
    // At the ends of the range, too.
    let period = told(&mut client, &["sin(x)"], &[("from", "-2*pi"), ("to", "2*pi")]);
    assert_eq!(places(&period["curves"][0]["zeros"]).len(), 5, "{period}");
    // More than are listed.
    assert_eq!(told(&mut client, &["sin(99*x)"], &[])["points_cut"], true);
    // The whole of a curve that is cut.
    let whole = told(&mut client, &["exp(x)"], &[]);
    assert_eq!(whole["y"], serde_json::json!([-10.0, 10.0]));
    assert!(whole["y_whole"][1].as_f64().unwrap() > 22_026.0, "{whole}");
    let command = run(&["sin(x)", "--points"]);
    assert_eq!(String::from_utf8(command.stdout).unwrap(), marked.text());
}

/// No line leaves the frame, and no line is vertical where the function is not.
#[test]
fn a_curve_has_gaps_at_poles() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    // The last number is the largest step of the curve in pixels: near a pole it is almost vertical.
    for (expr, from, to, height) in [
        ("tan(x)", "-10", "10", 300.0),
        ("tan(x)", "0", "60", 300.0),
        ("1/x", "-1", "1", 300.0),
        ("1/(x-1/3)", "-1", "1", 300.0),
        ("gamma(x)", "-5", "5", 300.0),
        ("floor(x)", "-20", "20", 1.0),
    ] {
        let svg = plot(&mut client, &[expr], from, to);
        for line in lines(&svg, 0) {
            for (a, b) in line.iter().zip(line.iter().skip(1)) {
                assert!(b.0 >= a.0, "{expr}: {a:?} {b:?}");
                assert!((b.0 - a.0) > 0.5 || (b.1 - a.1).abs() < height, "{expr} from {from} to {to}: {a:?} {b:?}");
            }
            assert!(line.iter().all(|(x, y)| (0.0..=720.0).contains(x) && (0.0..=450.0).contains(y)), "{expr}");
        }
    }
}

type Function = fn(f64) -> f64;

/// Every point of the curve is a value of the function, within a pixel.
#[test]
fn points_of_a_curve_are_values_of_the_function() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let functions: [(&str, Function); 6] = [
        ("sin(x)", f64::sin),
        ("exp(-x**2)", |x| (-x * x).exp()),
        ("sqrt(abs(x))", |x| x.abs().sqrt()),
        ("x**3-5*x", |x| x * x * x - 5.0 * x),
        ("sin(20*x)", |x| (20.0 * x).sin()),
        // Only slightly wider than an interval of the grid.
        ("exp(-((x-0.006)*70)**2)", |x| (-((x - 0.006) * 70.0).powi(2)).exp()),
    ];
    for (expr, function) in functions {
        let pairs = [("expr", expr), ("from", "-3"), ("to", "3"), ("y_from", "-2"), ("y_to", "2")];
        let svg = ask(&mut client, &pairs, &[]).text().to_owned();
        let picture = Document::parse(&svg).unwrap();
        // The grid lines show where −3, 3, −2 and 2 are.
        let grid = of_class(&picture, "tabuada-grid")[0].attribute("d").unwrap();
        let places: Vec<f64> = grid.split(['M', 'L', ' ']).filter_map(|number| number.parse().ok()).collect();
        let xs = places.iter().step_by(2).copied();
        let ys = places.iter().skip(1).step_by(2).copied();
        let (left, right) = (xs.clone().fold(f64::MAX, f64::min), xs.fold(0.0, f64::max));
        let (top, bottom) = (ys.clone().fold(f64::MAX, f64::min), ys.fold(0.0, f64::max));
        let of_x = |pixels: f64| (pixels - left) / (right - left) * 6.0 - 3.0;
        let of_y = |y: f64| top + (2.0 - y) / 4.0 * (bottom - top);
        let lines = lines(&svg, 0);
        for (x, y) in lines.iter().flatten().filter(|(_, y)| *y > top && *y < bottom) {
            // A value nearby, because a steep curve moves far within a hundredth of a pixel.
            let near = [-0.02, 0.0, 0.02].map(|aside| of_y(function(of_x(x + aside))));
            let (low, high) = (near.into_iter().fold(f64::MAX, f64::min), near.into_iter().fold(f64::MIN, f64::max));
            assert!((low - 0.5..=high + 0.5).contains(y), "{expr} at {}: {y} is not {near:?}", of_x(*x));
        }
        // Between the points it hardly deviates from a straight line.
        for (a, b) in lines.iter().flat_map(|line| line.iter().zip(line.iter().skip(1))) {
            let (x, y) = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
            let near = [-0.1, 0.0, 0.1].map(|aside| of_y(function(of_x(x + aside))));
            let (low, high) = (near.into_iter().fold(f64::MAX, f64::min), near.into_iter().fold(f64::MIN, f64::max));
            assert!((low - 1.0..=high + 1.0).contains(&y), "{expr} between {a:?} and {b:?}: {y} is not {near:?}");
        }
    }
}

#[test]
fn axes_have_round_numbers() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let (below, left) = numbers(&plot(&mut client, &["sin(x)"], "-10", "10"));
    assert_eq!(below, ["−10.0", "−7.5", "−5.0", "−2.5", "0", "2.5", "5.0", "7.5", "10.0"]);
    assert_eq!(left, ["−1.0", "−0.5", "0", "0.5", "1.0"]);
    let (below, _) = numbers(&plot(&mut client, &["x"], "1e9", "1e9+0.001"));
    assert_eq!(below, ["0", "0.0002", "0.0004", "0.0006", "0.0008", "0.0010", "+1000000000"]);
    let (below, left) = numbers(&plot(&mut client, &["x**2"], "-2e150", "2e150"));
    assert_eq!(below, ["−2×10¹⁵⁰", "−1×10¹⁵⁰", "0", "1×10¹⁵⁰", "2×10¹⁵⁰"]);
    assert!(left.len() >= 3, "{left:?}");
    // A single value is not a range, but its picture has one.
    let (_, left) = numbers(&plot(&mut client, &["5"], "-1", "1"));
    assert!(left.contains(&"5".to_owned()), "{left:?}");
    // Ends that are expressions.
    let svg = plot(&mut client, &["sin(x)"], "-2*pi", "2*pi");
    assert!(words(&svg, "desc").starts_with("x from −6.283 to 6.283, y from "), "{svg}");
}

#[test]
fn a_picture_has_a_text_alternative() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let svg = plot(&mut client, &["x**2", "1/x", "sqrt(-1-x**2)"], "-2", "2");
    let picture = Document::parse(&svg).unwrap();
    let root = picture.root_element();
    assert_eq!((root.attribute("role"), root.attribute("lang")), (Some("img"), Some("en")));
    // Assistive software reads the title only if it comes first.
    assert_eq!(root.first_element_child().unwrap().tag_name().name(), "title");
    assert_eq!(words(&svg, "title"), "Graph of x**2, 1/x, sqrt(-1-x**2)");
    let description = words(&svg, "desc");
    let lines: Vec<&str> = description.lines().collect();
    assert!(lines[0].starts_with("x from −2 to 2, y from "), "{description}");
    assert_eq!(lines[1], "x**2: values from 0 to 4.");
    assert_eq!(lines[2], "1/x: values below and above the picture, in 2 pieces.");
    let why = "no real square root of -5.0; the complex one is 2.23606797749979j, written √(-5.0) or (-5.0)**0.5";
    assert_eq!(lines[3], format!("sqrt(-1-x**2): no real value here: {why}."));
    let legend = of_class(&picture, "tabuada-text");
    let names: Vec<_> = legend.iter().filter_map(Node::text).collect();
    assert_eq!(names, ["x**2", "1/x", "sqrt(-1-x**2)"]);

    let hinted = words(&plot(&mut client, &["x*(2^3)"], "0", "1"), "desc");
    assert!(hinted.contains("values from 0 to 1. Hint: ^ is bitwise XOR"), "{hinted}");

    let portuguese = [("Accept-Language", "pt-BR")];
    let response = ask(&mut client, &[("expr", "sin(x)")], &portuguese);
    assert_eq!(response.header("content-language"), Some("pt-BR"));
    let svg = response.text();
    assert_eq!(words(svg, "title"), "Gráfico de sin(x)");
    assert!(words(svg, "desc").ends_with("sin(x): valores de −1 a 1."), "{svg}");
    assert!(svg.contains("lang=\"pt-BR\""));
    let response = ask(&mut client, &[("expr", "1/0")], &portuguese);
    assert!(response.text().contains("nenhum valor real aqui: divisão por zero"), "{}", response.text());
}

#[test]
fn colours_are_attributes_and_dark_mode_overrides_them() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let svg = plot(&mut client, &["x", "x+1", "x+2", "x+3", "x+4", "x+5"], "-2", "2");
    let picture = Document::parse(&svg).unwrap();
    let style = words(&svg, "style");
    assert!(style.starts_with("@media (prefers-color-scheme:dark){"), "{style}");
    let mut colours = Vec::new();
    for node in picture.descendants().filter(|node| node.has_attribute("class")) {
        let class = node.attribute("class").unwrap();
        let colour = node.attribute("stroke").or(node.attribute("fill")).unwrap();
        assert!(style.contains(&format!(".{class}{{")), "{class}");
        assert!(!style.contains(colour), "{class} is the same in the dark");
        colours.push((class, colour, node.attribute("stroke-dasharray")));
    }
    colours.retain(|(class, ..)| class.starts_with("tabuada-curve"));
    colours.sort_unstable();
    colours.dedup();
    assert_eq!(colours.len(), 6);
    let mut dashes: Vec<_> = colours.iter().map(|(.., dashes)| dashes).collect();
    dashes.sort_unstable();
    dashes.dedup();
    assert_eq!(dashes.len(), 6, "curves differ without colours too");
    // The picture may not load or run anything.
    let response = ask(&mut client, &[("expr", "x")], &[]);
    let policy = response.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(response.header("content-type"), Some("image/svg+xml"));
}

#[test]
fn a_text_never_becomes_markup() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for text in [
        "x if '<script>alert(1)</script>' else 1",
        "x # </title><script>1</script>",
        "x # ]]> & &amp; &#0; \" '",
        "x # \u{1} \u{fffe} \u{7f}",
    ] {
        let svg = plot(&mut client, &[text], "-1", "1");
        let picture = Document::parse(&svg).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(picture.descendants().all(|node| node.tag_name().name() != "script"), "{text}");
        let shown = words(&svg, "title");
        if text.is_ascii() && !text.contains('\u{1}') {
            assert_eq!(shown, format!("Graph of {text}"));
        }
        assert_eq!(of_class(&picture, "tabuada-curve-0").len(), 2, "{text}");
    }
    // A text of any length fits.
    let long = format!("x # {}", "<&>".repeat(5_000));
    assert!(plot(&mut client, &[&long], "-1", "1").len() < 10_000);
}

#[test]
fn a_plot_that_cannot_be_drawn_is_a_problem() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let seven = [("expr", "x"); 7];
    for (pairs, status, code) in [
        (&[][..], 400, "malformed"),
        (&seven, 400, "malformed"),
        (&[("expr", "x"), ("from", "1"), ("to", "1")], 400, "malformed"),
        (&[("expr", "x"), ("from", "2"), ("to", "1")], 400, "malformed"),
        (&[("expr", "x"), ("from", "1e9"), ("to", "1e9+1e-6")], 400, "malformed"),
        (&[("expr", "x"), ("to", "1e308")], 400, "malformed"),
        (&[("expr", "x"), ("to", "nan")], 400, "malformed"),
        (&[("expr", "x"), ("to", "x")], 400, "malformed"),
        (&[("expr", "x"), ("to", "10+rnd()")], 400, "malformed"),
        (&[("expr", "x"), ("to", "'5'")], 400, "malformed"),
        (&[("expr", "x"), ("y_from", "1"), ("y_to", "0")], 400, "malformed"),
        (&[("expr", "x"), ("width", "199")], 400, "malformed"),
        (&[("expr", "x"), ("width", "2001")], 400, "malformed"),
        (&[("expr", "x"), ("height", "119")], 400, "malformed"),
        (&[("expr", "x"), ("height", "-5")], 400, "malformed"),
        (&[("expr", "x"), ("height", "big")], 400, "malformed"),
        (&[("expr", "")], 422, "syntax"),
        (&[("expr", "x"), ("expr", "2x")], 422, "syntax"),
        (&[("expr", "x*y")], 422, "unknown-name"),
        (&[("expr", "math.foo(x)")], 422, "unknown-name"),
        (&[("expr", "sum(k*x, k, 1, 10**9)")], 422, "out-of-fuel"),
    ] {
        let response = ask(&mut client, pairs, &[]);
        assert_eq!(response.status, status, "{pairs:?}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{pairs:?}");
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let problem = ask(&mut client, &[("expr", "x + sqr(x)")], &[]);
    let problem: Value = serde_json::from_slice(&problem.body).unwrap();
    assert_eq!((&problem["span"]["start"], &problem["span"]["end"]), (&Value::from(4), &Value::from(7)), "{problem}");
    assert_eq!(problem["suggestion"]["expr"], "x + sqrt(x)");
    // An expression may define names.
    for text in ["a = 3; a*x", "f(t) @= t**2; f(x)", "sum(k*x, k, 1, 3)"] {
        assert_eq!(lines(&plot(&mut client, &[text], "-1", "1"), 0).len(), 1, "{text}");
    }
}

#[test]
fn the_client_chooses_size_and_format() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (width, height) in [("200", "120"), ("720", "450"), ("2000", "2000"), ("200", "2000"), ("2000", "120")] {
        let six = ["sin(x)", "cos(x)", "x", "x**2", "a_long_name = 4; a_long_name * x", "exp(x)"];
        let mut pairs: Vec<(&str, &str)> = six.iter().map(|expr| ("expr", *expr)).collect();
        pairs.extend([("width", width), ("height", height)]);
        let svg = ask(&mut client, &pairs, &[]);
        let picture = Document::parse(svg.text()).unwrap();
        let root = picture.root_element();
        assert_eq!((root.attribute("width"), root.attribute("height")), (Some(width), Some(height)));
        let (right, bottom): (f64, f64) = (width.parse().unwrap(), height.parse().unwrap());
        for text in picture.descendants().filter(|node| node.tag_name().name() == "text") {
            let place = |name| text.attribute(name).unwrap().parse::<f64>().unwrap();
            assert!((0.0..right).contains(&place("x")) && (0.0..bottom).contains(&place("y")), "{text:?}");
        }
        if right > 720.0 || bottom > 450.0 {
            // Without optimisation, so many pixels take too long.
            continue;
        }
        let png = ask(&mut client, &pairs, &[("Accept", "image/png")]);
        assert_eq!(png.header("content-type"), Some("image/png"));
        // The signature, and the size in the first chunk (PNG, 11.2.2).
        assert_eq!(png.body[..8], *b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(png.body[at..at + 4].try_into().unwrap()).to_string();
        assert_eq!((number(16).as_str(), number(20).as_str()), (width, height));
    }
    let vary = ask(&mut client, &[("expr", "x")], &[]).header("vary").unwrap().to_ascii_lowercase();
    assert!(vary.contains("accept-language") && vary.split(", ").any(|name| name == "accept"), "{vary}");
}

#[test]
fn the_same_question_has_the_same_picture_unless_it_is_random() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for expr in ["sin(1/x)", "gamma(x)", "x**x"] {
        assert_eq!(plot(&mut client, &[expr], "-3", "3"), plot(&mut client, &[expr], "-3", "3"), "{expr}");
    }
    let first = ask(&mut client, &[("expr", "rnd()")], &[]);
    let second = ask(&mut client, &[("expr", "rnd()")], &[]);
    assert_ne!(first.body, second.body);
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let kept = ask(&mut client, &[("expr", "x")], &[]);
    assert!(kept.header("cache-control").unwrap().starts_with("public, max-age="));
}

fn explain(client: &mut Client, expr: &str) -> Response {
    client.request("GET", &target("/v1/explain", &[("expr", expr)]), &[], b"")
}

#[test]
fn an_explanation_has_the_canonical_text_and_the_steps() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut told = |expr: &str| -> Value {
        let response = explain(&mut client, expr);
        assert_eq!(response.status, 200, "{expr}: {}", response.text());
        serde_json::from_slice(&response.body).unwrap()
    };
    let explained = told(" 2 + (3*4)");
    assert_eq!(explained["canonical"], "2+3*4");
    assert_eq!(explained["key"], "tabuada:2:2+3*4");
    assert_eq!(explained["free_names"], Value::from(Vec::<Value>::new()));
    assert_eq!((&explained["pure"], &explained["result"]), (&Value::from(true), &Value::from(14)));
    assert_eq!((&explained["type"], &explained["text"]), (&Value::from("int"), &Value::from("14")));
    assert!(explained["fuel"].as_u64().unwrap() > 0);
    let steps = explained["steps"].as_array().unwrap();
    let texts: Vec<&str> = steps.iter().map(|step| step["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["2+3*4", "2+12", "14"]);
    assert_eq!(steps[0]["kind"], "statement");
    // The span of the second step: `3*4` of the first step has become `12`, and has no brackets in the client's text.
    let span = |start: u64, end: u64| serde_json::json!({ "start": start, "end": end });
    assert_eq!(steps[1]["replaced"][0], span(2, 5));
    assert_eq!(steps[1]["by"][0], span(2, 4));
    assert_eq!(steps[1]["span"], span(6, 9));
    assert_eq!((&explained["steps_cut"], &explained["error"]), (&Value::from(false), &Value::Null));

    // Positions are counted in characters.
    let explained = told("√16 + 2^3");
    assert_eq!(explained["steps"][1]["replaced"][0], span(0, 3), "{explained}");
    assert_eq!(explained["error"]["code"], "type-error", "a float has no exclusive or");
    assert_eq!(explained["hints"][0]["code"], "xor");

    let explained = told("1 + y/0");
    assert_eq!(explained["free_names"], serde_json::json!(["y"]));
    assert_eq!(explained["error"]["code"], "unknown-name");
    assert_eq!(explained["error"]["span"], span(4, 5));
    assert_eq!(explained["failed"], span(2, 3));
    let explained = told("randint(1, 6)");
    assert_eq!((&explained["pure"], &explained["key"]), (&Value::from(false), &Value::Null));

    // More steps than the maximum.
    let explained = told(&(0..500).map(|n| n.to_string()).collect::<Vec<_>>().join("+"));
    assert_eq!((&explained["steps_cut"], &explained["result"]), (&Value::from(true), &Value::from(124_750)));
    assert!(explained["steps"].as_array().unwrap().len() <= 200);

    let mode = target("/v1/explain", &[("expr", "1/3+1/6"), ("mode", "exact")]);
    let explained: Value = serde_json::from_slice(&client.request("GET", &mode, &[], b"").body).unwrap();
    assert_eq!((&explained["text"], &explained["key"]), (&Value::from("1/2"), &Value::from("tabuada:2@exact:1/3+1/6")));
    for (expr, status) in [("2 +", 422), ("", 422)] {
        let response = explain(&mut client, expr);
        assert_eq!(response.status, status);
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(client.request("GET", "/v1/explain", &[], b"").status, 400);
}

/// Recording the steps does not change the result.
#[test]
fn an_explanation_has_the_result_of_the_evaluation() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let mut compared = 0;
    for record in corpus("python_arith.jsonl").iter().step_by(29) {
        let expr = record["expr"].as_str().unwrap();
        let evaluated = client.request("GET", &target("/v1/evaluate", &[("expr", expr)]), &[], b"");
        let explained = explain(&mut client, expr);
        let [answer, told] = [&evaluated, &explained].map(|it| serde_json::from_slice::<Value>(&it.body).unwrap());
        if evaluated.status == 200 {
            assert_eq!(explained.status, 200, "{expr}");
            for member in ["result", "type", "text", "hints"] {
                assert_eq!(answer[member], told[member], "{expr}");
            }
        } else if explained.status == 200 {
            for member in ["code", "detail", "span", "suggestion"] {
                assert_eq!(answer[member], told["error"][member], "{expr}");
            }
        } else {
            assert_eq!(answer, told, "{expr}");
        }
        compared += 1;
    }
    assert!(compared > 200, "{compared}");
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tabuada")).arg("plot").args(arguments).output().unwrap()
}

#[test]
fn the_command_draws_what_the_service_draws() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    let svg = plot(&mut client, &["-x", "sin(x)"], "-pi", "pi");
    let output = run(&["-x", "sin(x)", "--from", "-pi", "--to=pi"]);
    assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap()), (Some(0), svg.clone()));

    let folder = std::env::temp_dir().join(format!("tabuada-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (vector, pixels) = (file("curve.svg"), file("curve.PNG"));
    assert!(run(&["--from", "-pi", "--to", "pi", "-o", &vector, "-x", "sin(x)"]).status.success());
    assert_eq!(std::fs::read_to_string(&vector).unwrap(), svg);
    assert!(run(&["x**2", "--output", &pixels, "--width", "300", "--height", "200"]).status.success());
    assert!(std::fs::read(&pixels).unwrap().starts_with(b"\x89PNG"));
    std::fs::remove_dir_all(&folder).unwrap();

    for (arguments, status, complaint) in [
        (&["x*(2^3)"][..], 0, "x*(2^3)\n    ^\nhelp: write x*(2**3)\n"),
        (&["x*y"], 1, "tabuada: 'y' is not defined: it is no function or constant, and was given no value\nx*y\n  ^\n"),
        (&["2x"], 1, "help: write 2*x\n"),
        (&["x", "x^2"], 1, "\nx^2\n^^^\nhelp: write x**2\n"),
        (&["x", "--from", "1", "--to", "1"], 2, "--from must be below --to"),
        (&["x", "--width", "10"], 2, "width is from 200 to 2000"),
        (&["x", "-o", "/nowhere/at/all.svg"], 1, "/nowhere/at/all.svg"),
        (&[], 2, "Usage: tabuada plot"),
    ] {
        let output = run(arguments);
        let complained = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {complained}");
        assert!(complained.contains(complaint), "{arguments:?}: {complained}");
    }
}

/// The peak memory of the command in MiB, as far as the test read `/proc` in time, and its CPU time in seconds.
fn cost_of_pixels(exprs: &[&str]) -> (u64, f64) {
    let file = std::env::temp_dir().join(format!("tabuada-figures-cost-{}.png", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tabuada"));
    command.args(["plot", "--width", "2000", "--height", "2000", "-o"]).arg(&file).args(exprs);
    let mut process = command.spawn().unwrap();
    let proc = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", process.id())).unwrap();
    let mut peak = 0;
    // The process keeps its entry, without memory, until the test waits for it.
    loop {
        let status = proc("status");
        let Some(held) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")) else {
            break;
        };
        peak = held.parse::<u64>().unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    // In hundredths of a second, fields 14 and 15. Field 2 is the name in brackets (proc_pid_stat(5)).
    let stat = proc("stat");
    let fields = stat.rsplit(") ").next().unwrap().split(' ');
    let ticks: u32 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    let cpu = f64::from(ticks) / 100.0;
    let status = process.wait().unwrap();
    // The command has ten seconds by the clock. On a busy machine they pass before it has computed for five.
    if !status.success() && cpu < 5.0 {
        return cost_of_pixels(exprs);
    }
    assert!(status.success());
    assert!(std::fs::read(&file).unwrap().starts_with(b"\x89PNG"));
    std::fs::remove_file(&file).unwrap();
    (peak >> 10, cpu)
}

/// Lines that go up and down in every column of pixels had many dashes. The first one once took 1,132 MiB and 13 s.
#[test]
fn pictures_of_many_lines_are_bounded_in_memory_and_time() {
    for expr in [
        "rnd()",
        "randint(0, 9)",
        "tan(1e9*x)",
        "sin(1e9*x)",
        "sin(11.9*x)",
        "x if rnd() < 0.5 else 1/0",
        "1e9*(rnd()-0.5)*x",
    ] {
        let (peak, cpu) = cost_of_pixels(&[expr; 6]);
        println!("{expr}: {peak} MiB, {cpu} s");
        assert!(peak <= 64, "{expr}: {peak} MiB");
        assert!(cpu <= 5.0, "{expr}: {cpu} s");
    }
}

#[test]
fn a_line_too_long_for_dashes_is_solid() {
    let server = Server::start();
    let mut client = Client::connect(server.address);
    for (expr, dashed) in [("sin(x)", 2), ("sin(10*x)", 2), ("sin(99*x)", 1), ("tan(1e9*x)", 1)] {
        let svg = plot(&mut client, &["0", expr], "-10", "10");
        // The sample in the legend still has its dashes.
        let paths = Document::parse(&svg).unwrap();
        let count =
            of_class(&paths, "tabuada-curve-1").iter().filter(|path| path.has_attribute("stroke-dasharray")).count();
        assert_eq!(count, dashed, "{expr}");
        let points: usize = lines(&svg, 1).iter().map(Vec::len).sum();
        assert!(points <= 4 * 720, "{expr}: {points}");
    }
}

/// The dots of a sketch, from the left and from above, by the definition of U+2800 to U+28FF. And the number of
/// characters in the widest line.
fn dots(sketch: &str) -> (Vec<(usize, usize)>, usize) {
    const BITS: [(usize, usize); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let mut dots = Vec::new();
    for (row, line) in sketch.lines().enumerate() {
        for (column, character) in line.chars().enumerate() {
            let bits = (character as u32).checked_sub(0x2800).filter(|bits| *bits < 256).unwrap_or_default();
            let set = BITS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            dots.extend(set.map(|(_, (x, y))| (column * 2 + x, row * 4 + y)));
        }
    }
    (dots, sketch.lines().map(|line| line.chars().count()).max().unwrap_or_default())
}

#[test]
fn a_curve_is_drawn_in_characters() {
    let sketch = |expr: &str, columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tabuada"));
        let output = command.args(["plot", expr, "--terminal"]).env("COLUMNS", columns).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for columns in [20, 80, 123] {
        let drawn = sketch("x", &columns.to_string());
        let (mut line, width) = dots(&drawn);
        assert_eq!(width, columns, "{drawn}");
        // A straight line: as wide as the frame, always rising, and half-way up in the middle.
        line.sort_unstable();
        line.dedup_by_key(|(x, _)| *x);
        assert!(line.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0 && pair[0].1 >= pair[1].1), "{drawn}");
        let (first, last) = (line[0], line[line.len() - 1]);
        assert!(last.0 + 2 >= columns * 2 && first.1 > last.1 + 8, "{drawn}");
        let ends = drawn.lines().last().unwrap();
        assert!(ends.trim_start().starts_with("−10 ") && ends.ends_with(" 10"), "{drawn}");
    }
    // A pole is not a line, and an expression without a value has a notice.
    let (pole, _) = dots(&sketch("1/x", "80"));
    assert!(pole.len() > 80);
    assert!(sketch("sqrt(-1-x**2)", "80").contains("no real value here"));
}

/// On a terminal: as wide as the terminal, and coloured. With `-o -` it is SVG there too.
#[test]
fn on_a_terminal_a_curve_is_drawn_in_characters() {
    let script = "import fcntl, os, pty, struct, subprocess, sys, termios\n\
        terminal, other = pty.openpty()\n\
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 61, 0, 0))\n\
        running = subprocess.Popen(sys.argv[1:], stdout=other, stdin=subprocess.DEVNULL)\n\
        os.close(other)\n\
        shown = b''\n\
        try:\n\
        \x20   while piece := os.read(terminal, 4096): shown += piece\n\
        except OSError: pass\n\
        sys.stdout.buffer.write(shown.replace(b'\\r\\n', b'\\n'))\n\
        sys.exit(running.wait())\n";
    let shown = |arguments: &[&str]| {
        let mut python = Command::new("python3");
        python.args(["-c", script, env!("CARGO_BIN_EXE_tabuada"), "plot", "x**2"]).args(arguments);
        let output = python.env_remove("NO_COLOR").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let drawn = shown(&[]);
    assert!(drawn.contains("\u{1b}[36mx**2\u{1b}[0m"), "{drawn}");
    assert_eq!(drawn.lines().last().unwrap().chars().count(), 61, "{drawn}");
    assert!(shown(&["-o", "-"]).starts_with("<svg"));
}
