//! The command in the language of the locale, and the output that is the same in every locale.

#![allow(clippy::panic)]

use crate::support;

use std::process::Command;

use support::{Node, tabuada};

/// The output of a command, its error output and its exit status.
fn outcome(command: &mut Command) -> (String, String, Option<i32>) {
    let output = command.output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it speaks UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn brazilian(arguments: &[&str]) -> Command {
    let mut command = tabuada(arguments);
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "pt_BR.UTF-8");
    command
}

#[test]
fn errors_and_hints_of_expressions_are_in_portuguese() {
    let (printed, said, status) = outcome(&mut brazilian(&["eval", "1 + 1/0", "2+2"]));
    assert_eq!((printed.as_str(), status), ("4\n", Some(1)));
    assert!(said.starts_with("tabuada: ") && said.contains("divisão por zero"), "{said}");
    let (_, said, _) = outcome(&mut brazilian(&["eval", "sqr(16)"]));
    assert!(said.ends_with("\najuda: escreva sqrt(16)\n"), "{said}");
    let (printed, said, status) = outcome(&mut brazilian(&["eval", "2^3"]));
    assert_eq!((printed.as_str(), status), ("1\n", Some(0)));
    assert!(said.starts_with("dica: "), "{said}");
    let (_, said, status) = outcome(&mut brazilian(&["plot", "1/"]));
    assert_eq!(status, Some(1));
    assert!(!said.contains("expression") && said.contains("expressão"), "{said}");
}

#[test]
fn help_and_misuse_are_in_portuguese() {
    for (arguments, holds) in [
        (&["--help"][..], "Comandos:"),
        (&["serve", "--help"], "[padrão: 1d]"),
        (&["serve", "-h"], "[valores possíveis: adaptive, always]"),
        (&["cache", "--help"], "Código de saída"),
        (&["help", "eval"], "Uso: tabuada eval"),
    ] {
        let (printed, said, status) = outcome(&mut brazilian(arguments));
        assert_eq!((said.as_str(), status), ("", Some(0)), "{arguments:?}");
        assert!(printed.contains(holds), "{arguments:?}: {printed}");
    }
    for (arguments, holds) in [
        (&[][..], "Comandos:"),
        (&["evaluate"], "erro: comando desconhecido: 'evaluate'"),
        (&["eval"], "erro: falta um argumento obrigatório: <EXPR>..."),
        (&["batch", "--explian"], "dica: existe '--explain'"),
        (&["batch", "a", "b"], "erro: argumento desconhecido: 'b'"),
        (&["serve", "--ttl"], "erro: '--ttl <TIME>' precisa de um valor"),
        (&["cache"], "Comandos:"),
        (&["completions", "tcsh"], "[valores possíveis: bash"),
        (&["eval", "--mode", "x", "1"], "erro: valor inválido 'x' para '--mode <MODE>'"),
        (&["serve", "--ttl", "soon"], "tabuada: --ttl: era esperado um tempo"),
        (&["serve", "--redis", "redis://h/abc"], "o banco é um número"),
        (&["cache", "keys", "--server", "https://a"], "não é um servidor"),
    ] {
        let (printed, said, status) = outcome(&mut brazilian(arguments));
        assert_eq!((printed.as_str(), status), ("", Some(2)), "{arguments:?}: {said}");
        assert!(said.contains(holds), "{arguments:?}: {said}");
        assert!(!said.contains("Usage") && !said.contains("error:"), "{arguments:?}: {said}");
    }
}

#[test]
fn an_expression_in_the_place_of_a_command_is_told_which_command_evaluates_it() {
    for (arguments, text) in [
        (&["2+2"][..], "'2+2'"),
        (&["2", "+", "2"], "'2 + 2'"),
        (&["-3+2"], "'-3+2'"),
        (&["sqrt(pi)"], "'sqrt(pi)'"),
        (&["'a'*3"], r"''\''a'\''*3'"),
    ] {
        let (printed, said, status) = outcome(&mut tabuada(arguments));
        let english = format!("tabuada: {text} is an expression and no command; to evaluate it: tabuada eval {text}\n");
        assert_eq!((printed.as_str(), said, status), ("", english, Some(2)), "{arguments:?}");
        let (_, said, status) = outcome(&mut brazilian(arguments));
        assert!(said.contains("é uma expressão") && said.ends_with(&format!("tabuada eval {text}\n")), "{said}");
        assert_eq!(status, Some(2));
    }
    for arguments in [&["evall"][..], &["--hlep"], &["2+"], &["eval", "--mode", "2+2"], &["serve", "2+2"]] {
        let (_, said, status) = outcome(&mut tabuada(arguments));
        assert!(said.starts_with("error: ") && status == Some(2), "{arguments:?}: {said}");
    }
}

#[test]
fn errors_of_the_system_are_in_portuguese_beside_its_own_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let unused = "127.0.0.1:1";
    for (arguments, status, portuguese, system) in [
        (&["batch", "nowhere"][..], 1, "não existe", "No such file or directory (os error 2)"),
        (&["batch", "/"], 1, "é uma pasta", "Is a directory (os error 21)"),
        (&["plot", "x", "-o", "/nowhere/a.svg"], 1, "não existe", "No such file or directory (os error 2)"),
        (&["config", "--config", "nowhere"], 2, "não existe", "No such file or directory (os error 2)"),
        (&["serve", "--redis-ca", "nowhere"], 2, "não existe", "No such file or directory (os error 2)"),
        (&["health", unused], 1, "conexão recusada", "Connection refused (os error 111)"),
        (&["cache", "stats", "--redis", "redis://127.0.0.1:1"], 1, "conexão recusada", "(os error 111)"),
        (&["serve", "--listen", &address], 1, "o endereço já está em uso", "Address already in use (os error 98)"),
    ] {
        let (_, said, ended) = outcome(&mut brazilian(arguments));
        assert!(said.contains(portuguese) && said.contains(system), "{arguments:?}: {said}");
        assert_eq!(ended, Some(status), "{arguments:?}");
        let (_, said, _) = outcome(&mut tabuada(arguments));
        assert!(!said.contains(portuguese) && said.contains(system), "{arguments:?}: {said}");
    }
    // What to do about it stands on a line of its own.
    let (_, said, _) = outcome(&mut tabuada(&["serve", "--listen", &address]));
    assert!(said.contains("\nhelp: choose another address, such as --listen"), "{said}");
}

#[test]
fn cache_config_and_health_are_in_portuguese() {
    let node = Node::start(&[]);
    let server = format!("http://{}", node.address);
    let (_, said, status) = outcome(&mut brazilian(&["cache", "get", "7*6", "--server", &server]));
    assert_eq!(status, Some(1));
    assert!(said.contains("nada"), "the server's own words: {said}");
    let (printed, _, _) = outcome(&mut brazilian(&["cache", "clear", "--yes", "--server", &server]));
    assert!(printed.starts_with("removidas: "), "{printed}");
    let (printed, _, _) = outcome(&mut brazilian(&["config"]));
    assert!(printed.lines().all(|line| line.ends_with("padrão")), "{printed}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("an address").to_string();
    let (_, said, status) = outcome(&mut brazilian(&["health", &address]));
    assert_eq!((said, status), (format!("tabuada: sem resposta de {address} em 1 s\n"), Some(1)));
    let (_, said, _) = outcome(&mut tabuada(&["health", &address]));
    assert_eq!(said, format!("tabuada: no answer from {address} within 1 s\n"));
}

#[test]
fn output_for_programs_is_the_same_in_every_locale() {
    let server = Node::start(&[]);
    server.evaluate("2+2");
    let address = server.address.to_string();
    let lines = std::env::temp_dir().join(format!("tabuada-locale-{}", std::process::id()));
    std::fs::write(&lines, "1/0\n1 +\n2^3\n{}\n").expect("ours");
    let lines_path = lines.to_str().expect("UTF-8");
    for arguments in [
        &["batch", lines_path][..],
        &["eval", "--json", "1/0", "2^3"],
        &["config", "--json"],
        &["cache", "stats", "--json", "--server", &address],
        &["cache", "keys", "--json", "--server", &address],
        &["health", &address],
    ] {
        let english = outcome(&mut tabuada(arguments));
        let portuguese = outcome(&mut brazilian(arguments));
        assert_eq!((&english.0, english.2), (&portuguese.0, portuguese.2), "{arguments:?}");
        assert!(!english.0.is_empty(), "{arguments:?}: {english:?}");
    }
    std::fs::remove_file(&lines).expect("it is there");
    let node = Node::start_with(&[("LC_ALL", "pt_BR.UTF-8")], &["--log-requests=all"]);
    node.evaluate("2+2");
    node.signal("TERM");
    assert!(node.whole_log().iter().any(|line| line.contains("INFO asked to stop")));
}
