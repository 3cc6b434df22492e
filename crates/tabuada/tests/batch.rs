//! `tabuada batch`: order, threads, streams, CSV. `cli.rs` tests the answers to single lines.

#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{clean, tabuada};

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut process = tabuada(&[&["batch"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    let input = input.to_vec();
    // The command may end before it has read everything.
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = process.wait_with_output().expect("it ends");
    writing.join().expect("it is sent");
    output
}

/// The output for an input that succeeds.
fn printed(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input.as_bytes());
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

fn results(ndjson: &str) -> Vec<Value> {
    ndjson.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON")["result"].take()).collect()
}

/// A file for this test only.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("it can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn the_answers_are_the_same_on_any_number_of_threads() {
    // A mix of cheap, expensive, long and blank lines, so that blocks do not end in the order in which they began.
    let line = |n: u64| match n % 97 {
        0 => format!("sum(k**2 % {}, k, 1, 3000)", n + 2),
        1 => format!("1{}", " ".repeat((n % 7_000) as usize)),
        2 => String::new(),
        3 => "(".repeat(3),
        _ => format!("{n}**2 + {}", n % 13),
    };
    let input: Vec<String> = (0..20_000).map(line).collect();
    let input = input.join("\n");
    let alone = printed(&["--threads", "1", "--explain"], &input);
    assert_eq!(alone.lines().count(), 20_000);
    for n in [5_u64, 790, 19_999] {
        let answer: Value = serde_json::from_str(alone.lines().nth(n as usize).unwrap()).unwrap();
        assert_eq!(answer["result"], n * n + n % 13);
    }
    for threads in ["2", "3", "8"] {
        assert!(printed(&["--threads", threads, "--explain"], &input) == alone, "{threads} threads");
    }
    assert!(printed(&["--explain", &file("lines.txt", &input)], "") == alone, "from a file");
}

#[test]
fn lines_are_whole_wherever_a_read_ends() {
    // Every length around the read size and the cut size, with and without a final line break.
    for length in [1, 255, 256, 257, 16_383, 16_384, 16_385, 65_535] {
        let line = format!("1{}", " ".repeat(length - 1));
        let input = vec![line; 140_000 / length + 1].join("\n");
        for end in ["", "\n"] {
            let answers = results(&printed(&[], &format!("{input}{end}")));
            assert_eq!(answers, vec![Value::from(1); 140_000 / length + 1], "{length}");
        }
    }
    assert_eq!(results(&printed(&[], "\n\n1\n\n")), [Value::Null, Value::Null, 1.into(), Value::Null]);
}

#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    for (arguments, first, question) in
        [(&["--threads", "3"][..], None, "1+1\n"), (&["--csv", "--expr", "x+1"], Some("x\n"), "1\n")]
    {
        let mut process = tabuada(&[&["batch"], arguments].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut asking = process.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped"));
        asking.write_all(first.unwrap_or_default().as_bytes()).expect("it reads");
        for _ in 0..5 {
            asking.write_all(question.as_bytes()).expect("it reads");
            let mut answer = String::new();
            answers.read_line(&mut answer).expect("it answers");
            assert_eq!(answer, "{\"result\":2,\"type\":\"int\",\"text\":\"2\"}\n");
        }
        drop(asking);
        assert!(process.wait().expect("it ends").success());
    }
}

#[test]
fn the_option_sets_the_mode_of_lines_without_one() {
    let input = "1/3\n{\"expr\":\"1/4\"}\n{\"expr\":\"1/4\",\"mode\":\"python\"}\n";
    assert_eq!(results(&printed(&["--mode", "exact"], input)), ["1/3".into(), "1/4".into(), Value::from(0.25)]);
}

#[test]
fn the_cells_of_a_row_are_the_variables_of_its_expression() {
    let csv = "name,expr,x,y,unit price\n\
               first,x + y,3,0.5,9\n\
               second,\"name + ', ' + y\",1,a string,9\n\
               third,\"max(x,\ny)\",+7,.5,9\n\
               fourth,1/0,,,\n\
               fifth,x,1,2\n\
               sixth,expr,1,2,3\n\
               seventh,x,12345678901234567890123,2,3\n";
    let path = file("rows.csv", csv);
    let ndjson = printed(&[&path], "");
    assert_eq!(printed(&["--csv"], csv), ndjson);
    assert_eq!(printed(&["--csv", "--threads", "1"], &format!("\u{feff}{}", csv.replace('\n', "\r\n"))), ndjson);
    let answers: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 7);
    assert_eq!((&answers[0]["result"], &answers[1]["result"]), (&3.5.into(), &"second, a string".into()));
    assert_eq!((&answers[2]["result"], &answers[3]["error"]["message"]), (&7.into(), &"division by zero".into()));
    assert_eq!(answers[4]["error"]["message"], "the row has 4 fields and the header 5");
    assert_eq!(answers[5]["error"]["message"], "name 'expr' is not defined");
    assert_eq!(answers[6]["text"], "12345678901234567890123");
    let columns = "formula,x\nx**2,5\n";
    assert_eq!(results(&printed(&["--column", "formula"], columns)), [25]);
    assert_eq!(results(&printed(&["--expr", "-x + 1"], "x\n1\n2\n")), [0, -1]);
    assert_eq!(results(&printed(&["--expr", "x/3", "--mode", "exact"], "x\n1\n")), ["1/3"]);
    for (arguments, column) in [(&["--csv"][..], "expr"), (&["--column", "f"], "f")] {
        let output = run(arguments, b"x,y\n1,2\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{said}");
        assert!(said.contains(&format!("no column '{column}'")), "{said}");
    }
}

/// The format of spreadsheets with a decimal comma: semicolons, a byte order mark, quotes.
#[test]
fn a_file_of_a_spreadsheet_has_semicolons_and_decimal_commas() {
    let csv = "\u{feff}item;preço;qtd\r\n\"Chá; verde\";2,50;4\r\n\"Pão, integral\";0,3;2\r\nBolo;1.234,56;1\r\n";
    let answered = printed(&["--expr", "preço*qtd", "--output", "csv"], csv);
    let expected = "item;preço;qtd;result;error\n\"Chá; verde\";2,50;4;10,0;\nPão, integral;0,3;2;0,6;\n\
                    Bolo;1.234,56;1;1.234,56;\n";
    assert_eq!(answered, expected);
    assert_eq!(results(&printed(&["--expr", "preço*qtd"], csv))[..2], [Value::from(10.0), Value::from(0.6)]);
    // The header decides the separator, outside quotes; other rows do not count.
    assert_eq!(results(&printed(&["--expr", "a*b"], "a\tb\n2\t3\n")), [6]);
    assert_eq!(results(&printed(&["--expr", "a"], "a,\";;;\"\n7,1\n")), [7]);
    assert_eq!(results(&printed(&["--csv"], "expr\n\"max(1;2)\"\n1+1\n"))[1], 2);
    let output = run(&["--expr", "1"], b"pre\xe7o\n1\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{said}");
    assert!(said.contains("UTF-8"), "{said}");
}

/// Python's csv module reads the output.
#[test]
fn rows_come_out_with_their_answers() {
    let csv = "who,expr,x\n\"a, \"\"b\"\"\",x*2,21\nc,'é' * x,2\nd,1/0,0\ne,\"[1, x]\",0.5\nf,1\n";
    let output = printed(&["--output", "csv"], csv);
    let path = file("answered.csv", &output);
    let script =
        "import csv, json, sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8')))))";
    let read = clean(Command::new("python3")).args(["-c", script, &path]).output().expect("python3 starts");
    let rows: Vec<Vec<String>> = serde_json::from_slice(&read.stdout).expect("it prints JSON");
    assert_eq!(
        rows,
        [
            ["who", "expr", "x", "result", "error"],
            ["a, \"b\"", "x*2", "21", "42", ""],
            ["c", "'é' * x", "2", "éé", ""],
            ["d", "1/0", "0", "", "division by zero"],
            ["e", "[1, x]", "0.5", "[1, 0.5]", ""],
            ["f", "1", "", "", "the row has 2 fields and the header 3"],
        ]
    );
    let many: String = (0..5_000).map(|n| format!("{n},x+{n},{}\n", n % 7)).collect();
    let many = format!("who,expr,x\n{many}");
    let alone = printed(&["--output", "csv", "--threads", "1"], &many);
    assert_eq!(alone.lines().last(), Some("4999,x+4999,1,5000,"));
    assert!(printed(&["--output", "csv", "--threads", "4"], &many) == alone);
}

#[test]
fn rows_are_independent() {
    let input = b"expr,x\nx,1\n\xff,2\nx,\xff\nx,3,4\nx,5\n";
    let output = run(&["--csv"], input);
    let answers = String::from_utf8(output.stdout).expect("it is UTF-8");
    assert_eq!(results(&answers), [1.into(), Value::Null, Value::Null, Value::Null, Value::from(5)]);
    // An unclosed quote takes the rest of the input, up to the maximum length of a row.
    let open = [&b"expr\n1+1\n\""[..], &vec![b'x'; 20 << 20]].concat();
    let output = run(&["--csv"], &open);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("is a quote not closed?"), "{said}");
    assert_eq!(results(&String::from_utf8_lossy(&output.stdout)), [2]);
}

/// On a terminal, a progress bar appears and is removed again; it is not part of the output.
#[test]
fn progress_is_shown_only_on_a_terminal() {
    let script = "import os, pty, subprocess, sys\n\
        terminal, other = pty.openpty()\n\
        done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=other, stdin=subprocess.DEVNULL)\n\
        os.close(other)\n\
        shown = b''\n\
        try:\n\
        \x20   while piece := os.read(terminal, 4096): shown += piece\n\
        except OSError: pass\n\
        print(done.returncode, done.stdout.count(b'\\n'), b'answers' in shown)\n";
    let path = file("progress.txt", &"1+1\n".repeat(1_000));
    let binary = env!("CARGO_BIN_EXE_tabuada");
    let output = clean(Command::new("python3")).args(["-c", script, binary, "batch", &path]).output();
    let output = output.expect("python3 starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0 1000 True\n", "{output:?}");
}
