//! The reference, CPython 3.14, evaluates expressions: the system's `python3` if it is that version, else the one in
//! WebAssembly that `fetch` has fetched, under node.
//!
//! That one has C's `long` and `ssize_t` of 32 bits and musl's mathematical functions: what is asked keeps within the
//! first, and values of the second are compared within a few units in the last place.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The timeout of a batch.
const TIME_MAX: Duration = Duration::from_secs(300);

/// Type and `repr` of each expression's value, or class and words of its error; `None`, and a word about it, where
/// there is no reference to ask. In continuous integration there has to be one.
pub(crate) fn answers(texts: &[String]) -> Option<Vec<(String, String)>> {
    let Some(mut command) = interpreter() else {
        assert!(std::env::var_os("CI").is_none(), "no CPython 3.14: crates/lang/tests/reference/fetch fetches one");
        eprintln!("SKIPPED: no CPython 3.14 to compare with; crates/lang/tests/reference/fetch fetches one");
        return None;
    };
    let mut python = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (python.stdin.take().unwrap(), python.stdout.take().unwrap());
    let input = serde_json::to_vec(texts).unwrap();
    let (sender, receiver) = mpsc::channel();
    let asking = std::thread::spawn(move || {
        stdin.write_all(&input).unwrap();
        drop(stdin);
        let mut output = Vec::new();
        stdout.read_to_end(&mut output).unwrap();
        sender.send(output).unwrap();
    });
    let Ok(output) = receiver.recv_timeout(TIME_MAX) else {
        python.kill().unwrap();
        panic!("CPython has not answered");
    };
    asking.join().unwrap();
    assert!(python.wait().unwrap().success());
    let answers: Vec<(String, String)> = serde_json::from_slice(&output).unwrap();
    assert_eq!(answers.len(), texts.len());
    Some(answers)
}

fn interpreter() -> Option<Command> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.version_info[:2])"]).output();
    if asked.is_ok_and(|output| output.stdout.starts_with(b"(3, 14)")) {
        let limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))";
        let main = "import sys; from judge import answers; sys.stdout.write(answers(sys.stdin.read()))";
        let mut python = Command::new("python3");
        python.current_dir(here).args(["-B", "-c", &format!("{limits}; {main}")]);
        return Some(python);
    }
    // Beside the folder that tests are given for their files.
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("reference/node_modules/pyodide/pyodide.mjs");
    let node = Command::new("node").arg("--version").output();
    if !fetched.exists() || node.is_err() {
        return None;
    }
    let mut node = Command::new("node");
    // The parser recurses: a stack for some 20,000 operators in a row.
    node.arg("--stack-size=7000").arg(here.join("judge.mjs")).arg(fetched);
    Some(node)
}

/// Whether two floats differ in their last digit only: `**` on floats is the C library's in CPython.
pub(crate) fn near(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) if a.is_finite() => (a.to_bits() as i64).abs_diff(b.to_bits() as i64) <= 1,
        _ => false,
    }
}
