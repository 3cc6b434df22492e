//! Every problem of a request under `/v1` is in English or in Portuguese, and never in a mix.
#![allow(clippy::panic)]

use crate::support;

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::{Client, Node, Response, Server};

fn problem(response: &Response) -> Value {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    serde_json::from_slice(&response.body).expect("it is JSON")
}

/// Sends a request in both languages; the two problems must differ only in their texts. Gives the Portuguese text.
fn said(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    // A new connection for each, because the server closes it after a body that is too large.
    let english = Client::connect(address).request(method, target, headers, body.as_bytes());
    let headers = [headers, &[("accept-language", "pt-BR, en;q=0.5")]].concat();
    let portuguese = Client::connect(address).request(method, target, &headers, body.as_bytes());
    let place = format!("{method} {target} {body}");
    assert_eq!((english.status, english.header("content-language")), (portuguese.status, Some("en")), "{place}");
    assert_eq!(portuguese.header("content-language"), Some("pt-BR"), "{place}: {}", portuguese.text());
    let (english, mut other) = (problem(&english), problem(&portuguese));
    let words = other["detail"].as_str().expect("words").to_owned();
    assert_ne!(english["detail"], words, "{place}");
    // Words that occur in one of the two languages only.
    let is_of = |text: &str, marks: &[&str]| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| marks.contains(&word.to_lowercase().as_str()))
    };
    let (of_english, of_portuguese) = (
        ["the", "is", "has", "expected", "or", "of", "field", "there", "under"],
        ["é", "o", "não", "um", "uma", "falta", "ou", "em", "aqui", "os", "de"],
    );
    assert!(is_of(&words, &of_portuguese) && !is_of(&words, &of_english), "{place}: {words}");
    assert!(!is_of(english["detail"].as_str().expect("words"), &of_portuguese[..5]), "{place}: {english}");
    other["detail"] = english["detail"].clone();
    assert_eq!(other, english, "{place}");
    (portuguese.status, words)
}

#[test]
fn problems_are_in_the_clients_language() {
    let server = Server::start();
    let long = json!({ "exprs": vec!["1"; 10_001] }).to_string();
    let columns = (0..65).map(|n| (format!("x{n}"), json!([1]))).chain([("expr".to_owned(), "1".into())]);
    let columns = Value::from(columns.collect::<serde_json::Map<_, _>>()).to_string();
    for (method, target, body, status, words) in [
        ("GET", "/v1/evaluate", "", 400, "falta expr na query"),
        ("GET", "/v1/evaluate?expr=%ff", "", 400, "a query não é UTF-8 válido"),
        ("GET", "/v1/evaluate?expr=1&mode=x", "", 400, "mode é python, exact ou decimal:N, com N de 1 a 1000"),
        ("POST", "/v1/evaluate", "{", 400, "o corpo não é JSON válido (linha 1, coluna 1)"),
        ("POST", "/v1/evaluate", "{}", 400, "o corpo não tem a forma esperada (linha 1, coluna 2)"),
        ("POST", "/v1/evaluate", r#"{"expr":"1","mode":"x"}"#, 400, ""),
        ("POST", "/v1/batch?explain=yes", r#"{"exprs":[]}"#, 400, "explain é true ou false"),
        ("POST", "/v1/batch", "[]", 400, ""),
        ("POST", "/v1/batch", &long, 413, "um lote tem no máximo 10000 linhas"),
        ("POST", "/v1/table", "{}", 400, "falta expr"),
        ("POST", "/v1/table", r#"{"expr":5}"#, 400, "expr não é um texto"),
        ("POST", "/v1/table", r#"{"expr":"1"}"#, 400, ""),
        ("POST", "/v1/table", r#"{"expr":"x","x":[1],"mode":"exact"}"#, 422, ""),
        ("POST", "/v1/table", r#"{"expr":"x","x":["1"]}"#, 400, ""),
        ("POST", "/v1/table", r#"{"expr":"x","x":[1],"y":[]}"#, 400, ""),
        (
            "POST",
            "/v1/table",
            r#"{"expr":"x","x":{"from":-1e308,"to":1e308,"count":2}}"#,
            400,
            "o intervalo de 'x' é largo demais",
        ),
        ("POST", "/v1/table", r#"{"expr":"x","x":{"from":0,"to":1,"count":1000001}}"#, 422, ""),
        ("POST", "/v1/table", &columns, 400, "uma tabela tem no máximo 64 colunas"),
        ("GET", "/v1/plot", "", 400, "falta expr na query"),
        ("GET", "/v1/plot?expr=%ff", "", 400, ""),
        ("GET", "/v1/plot?expr=x&width=a", "", 400, "width é um número inteiro de pixels"),
        ("GET", "/v1/plot?expr=x&width=1", "", 400, "width vai de 200 a 2000 e height de 120 a 2000"),
        ("GET", "/v1/plot?expr=x&from=a", "", 400, "em “x de” (from) vai um número ou uma conta, como 2*pi"),
        ("GET", "/v1/plot?expr=x&from=1&to=0", "", 400, ""),
        ("GET", "/v1/plot?expr=x&expr=x&expr=x&expr=x&expr=x&expr=x&expr=x", "", 400, ""),
        ("GET", "/v1/explain", "", 400, "falta expr na query"),
        ("GET", "/v1/explain?expr=2%20%2B", "", 422, ""),
        ("GET", "/v1/nothing", "", 404, "não há nada neste endereço"),
        ("PUT", "/v1/evaluate", "", 405, ""),
        ("PUT", "/v1/cache", "", 405, ""),
        ("GET", "/v1/cache/keys?limit=0", "", 400, "limit é um número de 1 a 1000"),
        ("GET", "/v1/cache/keys?limit=%ff", "", 400, ""),
        ("GET", "/v1/cache/keys?cursor=x", "", 400, "cursor deve ser o que a página anterior deu"),
        ("GET", "/v1/cache/entry", "", 400, "falta ?key=, um nome como está no Redis ou uma expressão"),
        ("GET", "/v1/cache/entry?key=6*7", "", 404, "nada é lembrado com o nome tabuada:2:6*7"),
        ("DELETE", "/v1/cache/entry?key=6*7", "", 404, "nada é lembrado com o nome tabuada:2:6*7"),
        ("GET", "/v1/cache/entry?key=2%20%2B", "", 400, ""),
        ("DELETE", "/v1/cache?key=1", "", 400, ""),
    ] {
        let headers: &[_] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
        let (found, told) = said(server.address, method, target, headers, body);
        assert_eq!(found, status, "{method} {target}: {told}");
        assert!(words.is_empty() || words == told, "{method} {target}: {told}");
    }
    // The reason why a text cannot be parsed, and the advice on `+` in a query, are in the same language.
    let (_, told) = said(server.address, "GET", "/v1/cache/entry?key=2+2", &[], "");
    assert!(told.starts_with("isto não é um nome como está no Redis nem uma expressão: "), "{told}");
    assert!(told.ends_with(" (numa query + é um espaço; o sinal se escreve %2B)"), "{told}");

    let mut client = Client::connect(server.address);
    client.send(b"POST /v1/table HTTP/1.1\r\nHost: x\r\nAccept-Language: pt\r\nContent-Length: 1048577\r\n\r\n");
    let response = client.receive(false);
    assert_eq!((response.status, &problem(&response)["detail"]), (413, &json!("o corpo tem mais de 1048576 bytes")));
}

#[test]
fn refusals_of_access_are_in_the_clients_language() {
    let server = Server::start();
    let (status, told) = said(server.address, "GET", "/v1/cache", &[("origin", "http://elsewhere")], "");
    assert_eq!((status, &*told), (403, "não há TABUADA_ADMIN_TOKEN, e quem pede é uma página de outra origem"));
    let mut client = Client::connect(server.address);
    client.send(b"GET /v1/cache HTTP/1.1\r\nHost: elsewhere\r\nAccept-Language: pt\r\n\r\n");
    let response = client.receive(false);
    let detail = problem(&response)["detail"].clone();
    assert!(
        response.status == 403 && detail.as_str().is_some_and(|detail| detail.contains("não é de loopback")),
        "{detail}"
    );

    let node = Node::start_with(&[("TABUADA_ADMIN_TOKEN", "s3cret-of-the-test")], &[]);
    let (status, told) = said(node.address, "DELETE", "/v1/cache", &[], "");
    assert_eq!((status, &*told), (401, "falta o cabeçalho Authorization: Bearer com o token que o servidor recebeu"));
}
