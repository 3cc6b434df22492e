//! The reference, CPython 3.14, evaluates expressions: the system's `python3` if it has that version, otherwise the one
//! in WebAssembly that `fetch` has downloaded, under node.
//!
//! The latter has a `long` and `ssize_t` of 32 bits, and musl's mathematical functions. So the expressions stay within
//! 32 bits, and values of these functions are compared within a few units in the last place.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The timeout of a batch.
const TIME_MAX: Duration = Duration::from_secs(300);

/// The type and `repr` of each expression's value, or the class and message of its error. `None`, with a printed note,
/// if there is no reference. In continuous integration there must be one.
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
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.version_info[:2])"]).output();
    if asked.is_ok_and(|output| output.stdout.starts_with(b"(3, 14)")) {
        let limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))";
        let main = "import sys; from judge import answers; sys.stdout.write(answers(sys.stdin.read()))";
        let mut python = Command::new("python3");
        python.current_dir(here).args(["-B", "-c", &format!("{limits}; {main}")]);
        return Some(python);
    }
    // Beside the folder that Cargo gives tests for their files.
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("reference/node_modules/pyodide/pyodide.mjs");
    let node = Command::new("node").arg("--version").output();
    if !fetched.exists() || node.is_err() {
        return None;
    }
    let mut node = Command::new("node");
    // CPython's parser recurses, and needs a stack for some 20,000 operators in a row.
    node.arg("--stack-size=7000").arg(here.join("judge.mjs")).arg(fetched);
    Some(node)
}

/// Whether two floats differ only in their last digit: in CPython, `**` on floats is that of the C library.
pub(crate) fn near(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) if a.is_finite() => (a.to_bits() as i64).abs_diff(b.to_bits() as i64) <= 1,
        _ => false,
    }
}
