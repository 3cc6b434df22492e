//! `tabuada repl`: lines without a terminal, and keys on a real terminal from Python's `pty`.

#![allow(clippy::panic)]

use crate::support;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use support::{clean, tabuada};

/// The output for these lines, the error output and the exit status.
fn lines(arguments: &[&str], typed: impl AsRef<[u8]>) -> (String, String, Option<i32>) {
    let mut process = tabuada(&[&["repl"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    process.stdin.take().expect("it is piped").write_all(typed.as_ref()).expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("it is UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn printed(typed: &str) -> String {
    let (printed, said, status) = lines(&[], typed);
    assert_eq!((said.as_str(), status), ("", Some(0)), "{typed}");
    printed
}

#[test]
fn a_line_has_one_answer_and_no_prompt() {
    assert_eq!(printed("2+2\n2**100\n'é'"), "4\n1267650600228229401496703205376\n'é'\n");
    assert_eq!(printed(""), "");
    assert_eq!(printed("\n  \n# nothing\n1\n"), "1\n");
    assert_eq!(printed("max(1,\n  2,\n  3)\n4\n"), "3\n4\n");
    assert_eq!(lines(&["--mode", "exact"], "1/3+1/6\n"), ("1/2\n".to_owned(), String::new(), Some(0)));
    assert_eq!(printed("1\n:quit\n2\n"), "1\n");
    for word in ["quit", "exit", "sair", "exit()", "  quit  "] {
        assert_eq!(printed(&format!("1\n{word}\n2\n")), "1\n", "{word}");
    }
}

/// The definition is longer than the memory that the process may have.
#[test]
fn a_line_too_long_to_be_held_is_passed_over() {
    let typed = "echo 2+2; head -c 300000000 /dev/zero; echo; echo 3+3";
    let script = format!("({typed}) | (ulimit -v 200000; exec '{}' repl)", env!("CARGO_BIN_EXE_tabuada"));
    let output = clean(Command::new("sh")).args(["-c", &script]).output().expect("sh is there");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "4\n6\n", "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("tabuada: ") && said.contains("300,000,001") && said.len() < 100, "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn definitions_last_for_the_session() {
    for (typed, answers) in [
        ("x = 3\nx**2\n", "3\n9\n"),
        ("6*7\n_ + 1\n_ + 1\n", "42\n43\n44\n"),
        // A variable keeps its value; a formula is evaluated at each use.
        ("r = 2\narea @= r**2\nb = area\nr = 3\narea\nb\n", "2\n4\n3\n9\n4\n"),
        ("f(n) @= n*k\nk = 2\nf(21)\n", "2\n42\n"),
        ("a, b = 1, 'x;y'\nb\na\n", "(1, 'x;y')\n'x;y'\n1\n"),
        ("x = 1; y = x + 1; x + y\ny\n", "3\n2\n"),
        ("x = rnd()\nx == x\ny = x\ny == x\n", ""),
        ("x = 5\nx =\nx = 7\nx\n", "5\n7\n7\n"),
        (":mode exact\n1/3\n:mode decimal:5\n1/3\n:mode\n", "exact\n1/3\ndecimal:5\n0.33333\ndecimal:5\n"),
        ("x = 3\nf(a) @= a+1\n:vars\n", "3\nx = 3\nf(a) @= a+1\n"),
    ] {
        let all = printed(typed);
        if answers.is_empty() {
            assert_eq!(all.lines().filter(|line| *line == "True").count(), 2, "{all}");
        } else {
            assert_eq!(all, answers, "{typed}");
        }
    }
}

#[test]
fn an_error_is_marked_and_the_session_goes_on() {
    let (printed, said, status) = lines(&[], "x = 2\n1 + x/0\nx\ny\n");
    assert_eq!((printed.as_str(), status), ("2\n2\n", Some(1)));
    assert!(said.contains("1 + x/0\n    ^^^\n"), "{said}");
    // The position and the fix refer to the typed text, whatever definitions come before it.
    let (_, said, _) = lines(&[], "longer_name = 2\n2x + 1\n");
    assert!(said.contains("\n2x + 1\n^^\nhelp: write 2*x + 1\n"), "{said}");
    let (_, said, _) = lines(&[], "f(a) @= 1/a\nf(0)\n");
    assert!(said.contains("f(a) @= 1/a\n        ^^^"), "{said}");
    let (_, said, _) = lines(&[], "a = 1; a = 2; 1/0\n");
    assert!(said.contains("a = 1; a = 2; 1/0\n              ^^^"), "{said}");
    let (printed, said, status) = lines(&[], b"1\n2\xff\n3\n");
    assert_eq!((printed.as_str(), status), ("1\n3\n", Some(1)), "{said}");
    // A value that cannot be written as an expression does not break later lines.
    let (printed, _, _) = lines(&[], "x = 1e999*1j\n1+1\n");
    assert!(printed.ends_with("\n2\n"), "{printed}");
}

#[test]
fn a_session_has_a_notation() {
    let school = ["--notation", "school", "--decimal", "comma"];
    let answers = |typed: &str| {
        let (printed, said, status) = lines(&school, typed);
        assert_eq!((said.as_str(), status), ("", Some(0)), "{typed}");
        printed
    };
    assert_eq!(answers("x = 1,5\n2x + 2^3\n_ + 1\n"), "1,5\n11\n12\n");
    assert_eq!(answers("f(x) = x²/2\nf(3)\n"), "4,5\n");
    assert_eq!(answers("[1,5; 2]\n_\n"), "[1,5; 2]\n[1,5; 2]\n");
    assert_eq!(answers("a = [5;]\na\n"), "[5]\n[5]\n");
    // Definitions follow the session into another notation.
    let both = "k = 2,5\nf(x) = k·x^2\n:notation python\nf(2)\nf(2)**2\n:notation school point\nf(2)^2\n:notation\n";
    assert_eq!(answers(both), "2,5\npython comma\n10\n100\nschool point\n100\nschool point\n");
    let (printed, said, _) = lines(&[], "f(v) @= v[0]\n:notation school\nf([7])\n:notation\n:notation roman\n");
    assert_eq!(printed, "7\npython point\n");
    assert!(said.contains("not every definition") && said.contains("a notation is python or school"), "{said}");
    // The readings are those of the line, not of the definitions before it.
    let (_, said, status) = lines(&["--notation", "school"], "y = 3\n1/2y\n");
    assert_eq!(status, Some(1));
    assert!(said.contains("write 1/2*y or 1/(2y)\n1/2y\n"), "{said}");
    assert!(said.ends_with("help: did you mean 1/2*y, or 1/(2y)?\n"), "{said}");
}

#[test]
fn commands_show_the_session() {
    let help = printed(":help\n");
    for command in [":help", ":mode", ":notation", ":vars", ":explain", ":plot", ":quit"] {
        assert!(help.lines().any(|line| line.starts_with(command)), "{help}");
    }
    for word in ["help", "ajuda", "help()"] {
        assert_eq!(printed(&format!("{word}\n")), help, "{word}");
    }
    // A definition of the session has the word.
    assert_eq!(printed("exit = 3\nexit\nhelp @= 4\nhelp\nsair(x) @= x\nsair(5)\nexit + 1\n"), "3\n3\n4\n5\n4\n");
    assert_eq!(lines(&[], "sair(x) @= x\nsair\n1\n").0, "1\n");
    assert_eq!(lines(&[], "exit 1\n1\n").0, "1\n");
    assert!(printed(":help sqrt\n").starts_with("sqrt(x"), "{}", printed(":help sqrt\n"));
    assert_eq!(printed("a = 2\n:explain a + 3*4\n"), "2\n  a+3*4\n= 2+3*4\n= 2+12\n= 14\n");
    let plot = printed("k = 2\nx = 5\n:plot k*x\n");
    assert!(plot.lines().nth(2).is_some_and(|names| names.trim() == "k*x"), "{plot}");
    assert!(plot.chars().any(|character| ('\u{2801}'..='\u{28ff}').contains(&character)), "{plot}");
    for (typed, said) in [
        (":what\n", "no command :what"),
        (":mode roman\n", "a mode is python"),
        (":help nothing\n", "nothing"),
        (":plot x +\n", "tabuada: "),
        (":explain 1 +\n", "tabuada: "),
    ] {
        let (_, complaint, status) = lines(&[], typed);
        assert!(complaint.contains(said) && status == Some(1), "{typed}: {complaint}");
    }
}

/// Types keys at a real terminal, and waits for the output after each. Gives the exit status and the history file.
fn type_keys(name: &str, keys: &[(&str, &str)]) -> (String, String) {
    let script = r#"
import json, os, pty, re, select, sys, termios
binary, keys = sys.argv[1], json.loads(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    os.execv(binary, [binary, "repl"])
shown = b""
def read(patience):
    global shown
    if not select.select([terminal], [], [], patience)[0]:
        return False
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        return False
    # The editor asks where the cursor is.
    for _ in range(piece.count(b"\x1b[6n")):
        os.write(terminal, b"\x1b[1;1R")
    shown += piece
    return bool(piece)
plain = lambda: re.sub(rb"\x1b(\[[0-9;?]*[a-zA-Z]|[78])", b"", shown).decode(errors="replace")
def wait_for(text):
    while text not in plain():
        if not read(30):
            sys.exit("%r is not shown: %r" % (text, shown))
wait_for("> ")
for typed, expected in keys:
    shown = b""
    line, interrupts = typed.removesuffix("\x03"), typed.endswith("\r\x03")
    os.write(terminal, (line if interrupts else typed).encode())
    if interrupts:
        # The editor has let the terminal go: it makes a signal of the key.
        for _ in range(3_000):
            if termios.tcgetattr(terminal)[3] & termios.ICANON:
                break
            read(0.01)
        else:
            sys.exit("nothing is being computed: %r" % shown)
        os.write(terminal, b"\x03")
    wait_for(expected)
    # The next key may be sent once the editor shows its prompt, and so has the terminal again.
    while not plain().endswith(("> ", ". ")):
        if not read(30):
            sys.exit("it does not ask after %r: %r" % (typed, shown))
os.write(terminal, b"\x04")
while read(30): pass
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;
    let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&state);
    let keys = serde_json::to_string(keys).expect("texts are JSON");
    let mut python = clean(Command::new("python3"));
    python.args(["-c", script, env!("CARGO_BIN_EXE_tabuada"), &keys]);
    python.env("XDG_STATE_HOME", &state).env("TERM", "xterm-256color").env("LC_ALL", "C").env_remove("NO_COLOR");
    let output = python.output().expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let history = fs::read_to_string(state.join("tabuada/history")).unwrap_or_default();
    (String::from_utf8_lossy(&output.stdout).trim().to_owned(), history)
}

#[test]
fn ctrl_c_ends_an_evaluation_and_not_the_session() {
    // Twenty times the work that one statement may do.
    let long = "sum(sum(sin(j*k),j,1,800),k,1,800);".repeat(20);
    let keys = [
        ("x = 6\r", "6\r\n"),
        (&*format!("{long}\r\x03"), "^C\r\ninterrupted\r\n"),
        ("x*7\r", "42\r\n"),
        (&*format!(":explain {long}\r\x03"), "\r\ninterrupted\r\n"),
        ("x*8\r", "48\r\n"),
    ];
    assert_eq!(type_keys("repl-interrupted", &keys).0, "0");
}

#[test]
fn a_person_types_on_a_terminal() {
    let keys = [
        ("6*7\r", "42\r\n"),
        ("_ + 1\r", "43\r\n"),
        // The mark is below the wrong characters, shifted by the prompt.
        ("1 + 1/0\r", "\r\n      ^^^\r\ndivision by zero\r\n"),
        // An open bracket continues the line.
        ("max(1,\r", ". "),
        ("2)\r", "2\r\n"),
        // Ctrl-C clears the line.
        ("garbage\x03", "> "),
        ("5+5\r", "10\r\n"),
        // The up arrow brings the previous line back.
        ("\x1b[A\r", "10\r\n"),
        // Tab completes, and shows the signature.
        ("hypo\t(3,4)\r", "5.0\r\n"),
        ("isp\t\r", "isprime"),
        ("\x03", "> "),
    ];
    let (status, history) = type_keys("repl-keys", &keys.map(|(typed, shown)| (typed, shown)));
    assert_eq!(status, "0");
    assert!(history.lines().any(|line| line == "6*7") && history.contains("hypot(3,4)"), "{history}");
    assert!(!history.contains("garbage"), "{history}");
}
