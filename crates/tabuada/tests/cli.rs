//! The command line: output, error output and exit status.

#![allow(clippy::panic)]

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::tabuada;
use tabuada::settings::table::OF_SERVE;

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut process = tabuada(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let writing = std::thread::spawn(move || {
        // The command may end before it reads everything.
        let _ = stdin.write_all(&input);
    });
    let output = process.wait_with_output().expect("it ends");
    writing.join().expect("the input is sent");
    output
}

/// The output of a command, its error output and its exit status.
pub(crate) fn outcome(arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    let output = run(arguments, input.as_bytes());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// `2>&1 | head -1` closes the pipe early, which is not an error.
#[test]
fn a_reader_of_standard_error_may_go() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    for (arguments, status) in [
        (&["config", "--ttl", "soon"][..], 2),
        (&["serve", "--ttl", "soon"], 2),
        (&["serve", "--listen", "192.0.2.1:1"], 1),
        (&["batch", "nothing-here.csv"], 1),
        (&["plot", "x", "-o", "a.pdf"], 2),
        (&["plot", "1/"], 1),
        (&["health", "127.0.0.1:1"], 1),
        (&["man", "nothing"], 2),
        (&["cache", "keys", "--server", "127.0.0.1:1"], 1),
        (&["nothing"], 2),
    ] {
        for locale in ["C", "pt_BR.UTF-8"] {
            let mut command = tabuada(arguments);
            let mine = writer.try_clone().expect("a descriptor");
            let ended = command.env("LC_ALL", locale).stdout(Stdio::null()).stderr(mine).status().expect("it starts");
            assert_eq!(ended.code(), Some(status), "{arguments:?} {locale}");
        }
    }
}

#[test]
fn eval_prints_a_line_for_each_expression() {
    for (arguments, printed) in [
        (&["eval", "2+2"][..], "4\n"),
        (&["eval", "-3+2"], "-1\n"),
        (&["eval", "-3"], "-3\n"),
        (&["eval", "--3"], "3\n"),
        (&["eval", "--", "-3+2"], "-1\n"),
        (&["eval", "-hypot(3,4)"], "-5.0\n"),
        (&["eval", "2**100", "1e16", "3>2", "None"], "1267650600228229401496703205376\n1e+16\nTrue\nNone\n"),
        (&["eval", "1", "-1"], "1\n-1\n"),
        (&["eval", "--mode", "exact", "1/3+1/6", "-1/2"], "1/2\n-1/2\n"),
        (&["eval", "--mode=decimal:20", "-1.10"], "-1.10\n"),
        (&["eval", "1/3", "--mode", "exact"], "1/3\n"),
        (&["eval", "-1/3", "--mode=exact", "-x if 0 else --3"], "-1/3\n3\n"),
        (&["eval", "--mode", "exact", "--", "1/3", "--3"], "1/3\n3\n"),
        // After `--`, a text that looks like an option is an expression.
        (&["eval", "1", "--", "-(-2)", "--3", "- - 4"], "1\n2\n3\n4\n"),
        (&["eval", "2+2", "--json"], "{\"result\":4,\"type\":\"int\",\"text\":\"4\"}\n"),
    ] {
        assert_eq!(outcome(arguments, ""), (printed.to_owned(), String::new(), Some(0)), "{arguments:?}");
    }
    assert_eq!(outcome(&["eval", "-"], "(3 *\n 4)\n"), ("12\n".to_owned(), String::new(), Some(0)));
    assert_eq!(outcome(&["eval", "1+1", "-"], "2+2"), ("2\n4\n".to_owned(), String::new(), Some(0)));
    assert_eq!(outcome(&["eval", "-"], "\u{feff}2+2"), ("4\n".to_owned(), String::new(), Some(0)));
    let (_, said, status) = outcome(&["eval", "-"], "\u{feff}\u{feff}2+2");
    assert!(status == Some(1) && said.starts_with("tabuada: "), "{said}");
}

#[test]
fn commands_read_school_notation() {
    let comma = &["--notation", "school", "--decimal", "comma"];
    let said = |arguments: &[&str], input: &str| outcome(&[arguments, comma].concat(), input);
    let values = said(&["eval", "3,5 + 2^10", "sen 30°", "1.000,50"], "");
    assert_eq!(values, ("1027,5\n0,5\n1000,5\n".to_owned(), String::new(), Some(0)));
    let object = "{\"result\":1024,\"type\":\"int\",\"text\":\"1024\",\"shown\":\"1024\",\"read_as\":\"2**10\"}\n";
    assert_eq!(said(&["eval", "--json", "2^10"], ""), (object.to_owned(), String::new(), Some(0)));
    let (_, refused, status) = said(&["eval", "6/2(1+2)"], "");
    assert_eq!(status, Some(1));
    let offer = "\n ^^^^^^^\nhelp: did you mean 6/2*(1+2), or 6/(2(1+2))?\n";
    assert!(refused.contains("6/2*(1+2) or 6/(2(1+2))") && refused.ends_with(offer), "{refused}");
    let (_, hinted, _) = said(&["eval", "sen 30"], "");
    assert!(hinted.contains("sen 30°"), "{hinted}");
    // The options are for lines that do not name their notation.
    let lines = "2^10\n{\"expr\":\"2^3\",\"notation\":\"python\"}\n{\"expr\":\"1,5\"}\n{\"expr\":\"1.5\",\"decimal\":\"point\"}\n";
    let (printed, _, _) = said(&["batch"], lines);
    let texts: Vec<String> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("it is JSON")["text"].to_string())
        .collect();
    assert_eq!(texts, ["\"1024\"", "\"1\"", "\"1.5\"", "\"1.5\""]);
    let (rows, _, _) = said(&["batch", "--csv"], "expr,x\n2x²,3\n");
    assert!(rows.starts_with("{\"result\":18,"), "{rows}");
    let (picture, _, status) = said(&["plot", "0,5x²", "--to", "2π", "--output", "-"], "");
    assert!(status == Some(0) && picture.contains("0,5x²"), "{picture}");
    for wrong in [&["--notation", "roman"], &["--decimal", "dot"]] {
        assert_eq!(outcome(&[&["eval", "1"][..], wrong].concat(), "").2, Some(2), "{wrong:?}");
    }
}

/// By hand, from the rules of docs/http.md.
#[test]
fn numbers_are_shown_as_the_options_say() {
    for (arguments, shown) in [
        (&["--decimal", "comma", "4.5", "(3, 6)", "'1.5'"][..], "4,5\n(3; 6)\n'1.5'\n"),
        (&["--digits", "3", "2/3", "123456"], "0.667\n123000\n"),
        (&["--format=fixed:2", "2.675", "-0.001"], "2.68\n0.00\n"),
        (&["--format", "sci", "299792458"], "2.99792458·10^8\n"),
        (&["--format", "fraction", "7/12"], "7/12\n"),
        (&["--group", "sign", "1234567.5"], "1,234,567.5\n"),
        (&["--group", "sign", "--decimal", "comma", "1234567.5"], "1.234.567,5\n"),
        (&["--mode", "exact", "--format", "fixed:3", "22/7"], "3.143\n"),
        (&["4/2"], "2.0\n"),
    ] {
        assert_eq!(outcome(&[&["eval"], arguments].concat(), ""), (shown.to_owned(), String::new(), Some(0)));
    }
    let (lines, _, _) =
        outcome(&["batch", "--digits", "2"], "2/3\n{\"expr\":\"2/3\",\"digits\":4,\"decimal\":\"comma\"}\n");
    let shown: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["shown"].clone()).collect();
    assert_eq!(shown, ["0.67", "0,6667"]);
    let csv = outcome(&["batch", "--expr", "x/3", "--output", "csv", "--format", "fixed:2"], "x\n2\n").0;
    assert_eq!(csv, "x,result,error\n2,0.67,\n");
    for wrong in [["--digits", "0"], ["--digits", "1001"], ["--format", "fixed:101"], ["--group", "dot"]] {
        for command in ["eval", "batch"] {
            assert_eq!(outcome(&[command, wrong[0], wrong[1], "1"], "").2, Some(2), "{wrong:?}");
        }
    }
}

#[test]
fn eval_marks_errors_and_goes_on() {
    let (printed, said, status) = outcome(&["eval", "1 + 1/0", "2+2"], "");
    assert_eq!((printed.as_str(), status), ("4\n", Some(1)));
    assert_eq!(said, "tabuada: division by zero\n1 + 1/0\n    ^^^\n");
    let (printed, said, status) = outcome(&["eval", "é +"], "");
    assert_eq!((printed.as_str(), status), ("", Some(1)));
    assert!(said.starts_with("tabuada: ") && said.ends_with("\né +\n   ^\n"), "{said}");
}

#[test]
fn an_error_for_a_long_text_gives_its_size() {
    for (bytes, said) in [(65_537, "65,537"), (2 << 20, "2,097,152"), ((3 << 20) + 1, "3,145,729")] {
        let text = "é".repeat(bytes / 2) + &"1".repeat(bytes % 2);
        let message = format!("the text has {said} bytes; the limit is 65,536");
        let from_stdin = (String::new(), format!("tabuada: {message}\n"), Some(1));
        assert_eq!(outcome(&["eval", "-"], &text), from_stdin);
        let line = format!(
            "{{\"error\":{{\"code\":\"too-long\",\"message\":\"{message}\",\"span\":{{\"start\":0,\"end\":0}}}}}}\n"
        );
        assert_eq!(outcome(&["eval", "--json", "-"], &text), (line.clone(), String::new(), Some(1)));
        for end in ["", "\n"] {
            assert_eq!(outcome(&["batch"], &format!("{text}{end}")), (line.clone(), String::new(), Some(0)), "{bytes}");
        }
    }
}

#[test]
fn eval_prints_json_as_batch_does() {
    let expressions = ["2**100", "[1, 0.5]", "1/0", "2 +", "foo"];
    let (lines, _, _) = outcome(&["batch"], &expressions.join("\n"));
    let arguments = [&["eval", "--json"][..], &expressions].concat();
    assert_eq!(outcome(&arguments, ""), (lines, String::new(), Some(1)));
    let (printed, _, status) = outcome(&["eval", "1/3", "--json", "--mode", "exact"], "");
    assert_eq!((printed.as_str(), status), ("{\"result\":\"1/3\",\"type\":\"fraction\",\"text\":\"1/3\"}\n", Some(0)));
}

#[test]
fn eval_prints_fixes() {
    for (text, printed, said) in [
        ("2x + 1", "", "tabuada: write * between a number and a name: 2*x\n2x + 1\n^^\nhelp: write 2*x + 1\n"),
        (
            "sqr(16)",
            "",
            "tabuada: 'sqr' is not defined: it is no function or constant, and was given no value\nsqr(16)\n^^^\n\
             help: write sqrt(16)\n",
        ),
        ("2^3", "1\n", "hint: ^ is bitwise XOR here. For a power, write **\n2^3\n ^\nhelp: write 2**3\n"),
        (
            "1\n2",
            "",
            "tabuada: the line ended the expression; put it in parentheses to go on, or ';' between two of them\n2\n^\nhelp: put in ;\n",
        ),
    ] {
        let (out, err, _) = outcome(&["eval", text], "");
        assert_eq!((out.as_str(), err.as_str()), (printed, said), "{text:?}");
    }
}

#[test]
fn misuse_exits_with_2_and_prints_the_usage() {
    for arguments in [
        &[][..],
        &["eval"],
        &["eval", "--"],
        &["eval", "--json"],
        &["eval", "--mode", "nonsense", "1"],
        &["eval", "1", "--mode", "nonsense"],
        &["eval", "1", "-2", "--mode=decimal:0"],
        &["eval", "1", "--mode"],
        &["plot"],
        &["plot", "x", "-o", "a.pdf"],
        &["plot", "x", "-o", "a.svgz"],
        &["plot", "x", "-o", "noext"],
        &["plot", "x", "-o", ".svg"],
        &["evaluate"],
        &["batch", "--no-such-flag"],
        &["serve", "--ttl", "soon"],
        &["serve", "--lookup", "never"],
        &["serve", "--memory", "much"],
        &["serve", "--threads", "0"],
        &["serve", "--threads", "1025"],
        &["serve", "--threads", "100000"],
        &["serve", "--redis", "http://127.0.0.1"],
        &["serve", "--namespace", "a:b"],
        &["serve", "--listen", "foo"],
        &["serve", "--listen", "127.0.0.1:http"],
        &["serve", "--redis", "redis://h/abc"],
        &["serve", "--hide-memory=maybe"],
        &["serve", "--config", "no/such/file.toml"],
        &["health", "https://127.0.0.1"],
    ] {
        let (printed, said, status) = outcome(arguments, "");
        assert_eq!((printed.as_str(), status), ("", Some(2)), "{arguments:?}: {said}");
        assert!(!said.is_empty(), "{arguments:?}");
    }
    let (printed, _, status) = outcome(&["eval", "--help"], "");
    assert!(printed.contains("Usage: tabuada eval"), "{printed}");
    assert_eq!(status, Some(0));
    let (printed, _, status) = outcome(&["--version"], "");
    let version = format!("tabuada {}\n", env!("CARGO_PKG_VERSION"));
    let [commit, rustc] = [tabuada::version::COMMIT, tabuada::version::RUSTC];
    assert_eq!((printed, status), (format!("{version}commit {commit}\nrustc {rustc}\n"), Some(0)));
    assert_eq!(outcome(&["-V"], "").0, version);
}

#[test]
fn a_port_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let (printed, said, status) = outcome(&["serve", "--listen", &address], "");
    assert_eq!((printed.as_str(), status), ("", Some(1)));
    assert!(said.contains(&address), "{said}");
}

#[test]
fn help_shows_variables_without_their_values() {
    let output = tabuada(&["serve", "--help"]).env("TABUADA_REDIS", "redis://:geheim@h").output().expect("it ends");
    let help = String::from_utf8_lossy(&output.stdout);
    assert!(help.contains("TABUADA_REDIS") && !help.contains("geheim"), "{help}");
}

#[test]
fn batch_answers_every_line_in_its_place() {
    let lines: [(&[u8], &str); 25] = [
        (b"2+2", r#"{"result":4,"type":"int","text":"4"}"#),
        (b"", r#"{"error":{"code":"syntax","message":"the expression is empty","span":{"start":0,"end":0}}}"#),
        (b"0.1+0.2", r#"{"result":0.30000000000000004,"type":"float","text":"0.30000000000000004"}"#),
        (b"1e999", r#"{"result":"inf","type":"float","text":"inf"}"#),
        (b"3>2", r#"{"result":true,"type":"bool","text":"True"}"#),
        (b"None", r#"{"result":null,"type":"none","text":"None"}"#),
        (b"\"\xc3\xa9\" 1/0", ""),
        (
            "é1".as_bytes(),
            r#"{"error":{"code":"unknown-name","message":"name 'é1' is not defined","span":{"start":0,"end":2}}}"#,
        ),
        (b"1/0", r#"{"error":{"code":"division-by-zero","message":"division by zero","span":{"start":0,"end":3}}}"#),
        (br#"{"expr":"7//2"}"#, r#"{"result":3,"type":"int","text":"3"}"#),
        (
            br#"  {"x":[1],"expr":"7\u002f2","mode":"python","variables":{}}  "#,
            r#"{"result":3.5,"type":"float","text":"3.5"}"#,
        ),
        (br#"{"expr":"x","variables":{"x":3}}"#, r#"{"result":3,"type":"int","text":"3"}"#),
        (
            br#"{"expr":"x + x","variables":{"y":[],"x":"\u00e9'","x":[-1.50,"1+1",null]}}"#,
            r#"{"result":[-1.5,"1+1",null,-1.5,"1+1",null],"type":"list","text":"[-1.5, '1+1', None, -1.5, '1+1', None]"}"#,
        ),
        (
            br#"{"expr":"x + y","variables":{"x":3}}"#,
            r#"{"error":{"code":"unknown-name","message":"name 'y' is not defined","span":{"start":4,"end":5}}}"#,
        ),
        (
            br#"{"expr":"x","variables":[3]}"#,
            r#"{"error":{"code":"malformed","message":"variables are names with their values, as in {\"x\": 3}"}}"#,
        ),
        (
            br#"{"expr":"x","variables":{"x":[{}]}}"#,
            r#"{"error":{"code":"malformed","message":"the value of 'x' has names of its own ({…}); a variable is a number, a string or a list"}}"#,
        ),
        (
            br#"{"expr":"x","variables":{"x=1;y":2}}"#,
            r#"{"error":{"code":"malformed","message":"'x=1;y' cannot be the name of a variable"}}"#,
        ),
        (
            br#"{"expr":"1/3 + x","mode":"exact","variables":{"x":0.5}}"#,
            r#"{"result":"5/6","type":"fraction","text":"5/6"}"#,
        ),
        (br#"{"expr":"1.10+2.20","mode":"decimal:28"}"#, r#"{"result":"3.30","type":"decimal","text":"3.30"}"#),
        (
            br#"{"expr":"sqrt(2)","mode":"decimal:10"}"#,
            r#"{"result":"1.414213562","type":"decimal","text":"1.414213562"}"#,
        ),
        (
            br#"{"expr":"1/3","mode":"decimal:0"}"#,
            r#"{"error":{"code":"malformed","message":"mode is python, exact or decimal:N, N from 1 to 1000"}}"#,
        ),
        (br#"{"expr":5}"#, r#"{"error":{"code":"malformed","message":"expr is not a string"}}"#),
        (b"1+\xff", r#"{"error":{"code":"malformed","message":"the line is not valid UTF-8"}}"#),
        (b"1+1\r", r#"{"result":2,"type":"int","text":"2"}"#),
        ("1+1 # \u{2028} \u{85} \u{b}".as_bytes(), r#"{"result":2,"type":"int","text":"2"}"#),
    ];
    let input = lines.map(|(line, _)| line).join(&b'\n');
    for end in [&b"\n"[..], b""] {
        let output = run(&["batch"], &[&input[..], end].concat());
        assert_eq!(output.status.code(), Some(0));
        let answers = String::from_utf8(output.stdout).expect("it speaks UTF-8");
        let answers: Vec<&str> = answers.split_terminator('\n').collect();
        assert_eq!(answers.len(), lines.len());
        for ((line, expected), answer) in lines.iter().zip(answers) {
            let line = String::from_utf8_lossy(line);
            serde_json::from_str::<Value>(answer).unwrap_or_else(|error| panic!("{line:?}: {error}: {answer}"));
            assert!(expected.is_empty() || answer == *expected, "{line:?}: {answer}");
        }
    }
    assert_eq!(run(&["batch"], b"").stdout, b"");
}

#[test]
fn explain_is_added_to_every_line_that_was_read() {
    let (printed, _, _) = outcome(&["batch", "--explain"], " (2) + 0x2\n1 / 0\n2 +\n");
    let answers: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(
        (&answers[0]["result"], &answers[0]["canonical"], &answers[0]["pure"]),
        (&4.into(), &"2+2".into(), &true.into())
    );
    assert!(answers[0]["fuel"].as_u64().is_some_and(|fuel| fuel > 0));
    assert_eq!((&answers[1]["error"]["code"], &answers[1]["canonical"]), (&"division-by-zero".into(), &"1/0".into()));
    assert!(answers[1]["fuel"].is_u64() && answers[2].get("canonical").is_none(), "{printed}");
}

#[test]
fn lines_are_independent() {
    // Two lines longer than the kept length between valid ones, and a hostile one.
    let long = "1+".repeat(2 << 20);
    let input = format!("1+1\n{long}\n2+2\n9**9**9**9\n{{\"expr\":\"{long}\"}}\n3+3");
    let (printed, _, status) = outcome(&["batch"], &input);
    let answers: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(status, Some(0));
    let results: Vec<_> = answers.iter().map(|answer| answer["result"].as_u64()).collect();
    assert_eq!(results, [Some(2), None, Some(4), None, None, Some(6)]);
    let codes: Vec<_> = answers.iter().map(|answer| answer["error"]["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("too-long"), None, Some("too-large"), Some("too-long"), None]);
}

#[test]
fn a_byte_order_mark_at_the_very_beginning_is_no_part_of_the_first_line() {
    let (printed, _, _) = outcome(&["batch"], "\u{feff}1+1\n\u{feff}2\n");
    let answers: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!((&answers[0]["result"], &answers[1]["error"]["code"]), (&2.into(), &"syntax".into()), "{printed}");
    let (printed, _, _) = outcome(&["batch"], "\u{feff}{\"expr\":\"7//2\"}");
    assert_eq!(printed, "{\"result\":3,\"type\":\"int\",\"text\":\"3\"}\n");
}

#[test]
fn an_object_without_an_expression_is_an_error() {
    let malformed =
        r#"{"error":{"code":"malformed","message":"an object asks by one member expr, as in {\"expr\": \"2+2\"}"}}"#;
    for line in [r#"{"x":1}"#, r#" {"Expr":"1"} "#, r#"{"expr":"1","expr":"2"}"#, r#"{"a":{"expr":"1"}}"#] {
        assert_eq!(outcome(&["batch"], line).0, format!("{malformed}\n"), "{line}");
    }
    // These are sets, and a dictionary that is not JSON.
    for (line, answer) in [("{}", "\"text\":\"set()\""), ("{1, 2}", "\"text\":\"{1, 2}\""), ("{1: 2}", "dictionaries")]
    {
        let (printed, _, _) = outcome(&["batch"], line);
        assert!(printed.contains(answer), "{line}: {printed}");
    }
}

#[test]
fn errors_of_plot_name_its_options() {
    for (arguments, said) in [
        (&["plot", "x", "--from", "3", "--to", "1"][..], "--from must be below --to"),
        (&["plot", "x", "--y-from", "1", "--y-to", "1"], "--y-from must be below --y-to"),
        (&["plot", "x", "--y-to", "'a'"], "--y-to must be a number"),
        (&["plot", "x", "--width", "10"], "--width is from 200 to 2000"),
        (&["plot", "1", "2", "3", "4", "5", "6", "7"], "6 expressions can be drawn at once"),
        (&["plot", "x", "-o", "curve.pdf"], "curve.pdf: the name of a picture ends in .svg or .png"),
    ] {
        let (printed, complaint, status) = outcome(arguments, "");
        assert_eq!((printed.as_str(), status), ("", Some(2)), "{arguments:?}");
        assert!(complaint.contains(said), "{arguments:?}: {complaint}");
    }
    let (printed, said, status) = outcome(&["plot", "-x", "--from", "-2", "-x**2", "-o", "-"], "");
    assert!(printed.starts_with("<svg") && said.is_empty() && status == Some(0), "{said}");
}

#[test]
fn batch_answers_before_its_input_ends() {
    let mut process = tabuada(&["batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut asking = process.stdin.take().expect("it is piped");
    let mut answers = BufReader::new(process.stdout.take().expect("it is piped"));
    for n in 0..3 {
        asking.write_all(format!("{n}+1\n").as_bytes()).expect("it listens");
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("it answers");
        assert!(answer.starts_with(&format!("{{\"result\":{},", n + 1)), "{answer}");
    }
    drop(asking);
    assert!(process.wait().expect("it ends").success());
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut process = tabuada(&["batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut asking = process.stdin.take().expect("it is piped");
    let mut answers = process.stdout.take().expect("it is piped");
    asking.write_all(b"1+1\n").expect("it listens");
    let mut first = [0; 10];
    answers.read_exact(&mut first).expect("it answers");
    drop(answers);
    let lines = "1+1\n".repeat(100_000);
    // The command ends before it has read all of this.
    let _ = asking.write_all(lines.as_bytes());
    drop(asking);
    let mut said = String::new();
    process.stderr.take().expect("it is piped").read_to_string(&mut said).expect("it speaks UTF-8");
    assert!(process.wait().expect("it ends").success(), "{said}");
    assert_eq!(said, "");
}

#[test]
fn a_missing_file_is_reported() {
    let (printed, said, status) = outcome(&["batch", "no/such/file"], "");
    assert_eq!((printed.as_str(), status), ("", Some(1)));
    assert!(said.contains("no/such/file"), "{said}");
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (printed, said, status) = outcome(&["batch", folder], "");
    assert_eq!((printed.as_str(), status), ("", Some(1)));
    assert!(said.contains(folder), "{said}");
}

/// The documents list every setting with its flag, variable and default, and no other; so does the help of `serve`.
#[test]
fn the_documented_flags_exist() {
    let (help, _, _) = outcome(&["serve", "--help"], "");
    for page in ["../../docs/operations.md", "../../docs/operations.pt-BR.md"] {
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("it is there");
        lists_every_setting(&page, &help);
    }
}

fn lists_every_setting(page: &str, help: &str) {
    let rows = page.lines().filter(|row| row.starts_with("| `--") && row.contains("| `TABUADA_"));
    let documented: BTreeSet<_> = rows
        .map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).skip(1);
            let mut cell = || cells.next().expect("three cells");
            (cell(), cell(), cell())
        })
        .collect();
    for setting in OF_SERVE {
        let (flag, variable) = (format!("--{}", setting.name), setting.variable());
        let row = documented.iter().find(|row| row.0 == flag);
        // The operator's token has no flag, because other users can see command lines.
        if setting.name == "admin-token" {
            assert!(row.is_none() && page.contains(&variable), "{variable}");
            continue;
        }
        let (_, of, default) = row.unwrap_or_else(|| panic!("{flag} is not documented"));
        assert_eq!(*of, variable);
        assert!(setting.default.is_none_or(|text| text == default), "{flag} is not {default} by default");
        assert!(help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}[")), "{flag}");
        assert!(help.contains(&format!("[env: {variable}]")), "{flag}");
    }
    assert_eq!(documented.len(), OF_SERVE.len() - 1, "{documented:?}");
}
