//! The methods of the protocol, and in which era a request is answered.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::message::{Fault, FaultKind, Id, Request, repeated, result_of};
pub(crate) use super::tools::Asked;
use super::tools::{LIST, Output, Tool};
use crate::answer::{Calculator, Caller};
use crate::json::write_string;
use crate::version::VERSION;

/// The version whose requests stand alone, and with it the modern era.
pub(crate) const MODERN: &str = "2026-07-28";

/// Every version that is served, the newest first. All but the first begin with `initialize`.
pub(crate) const VERSIONS: [&str; 5] = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// How long a client may keep the list of tools, which only another release changes.
const LIST_MS: u64 = 60 * 60 * 1_000;

/// What the host tells its model of all tools together.
const INSTRUCTIONS: &str = "A calculator with Python's arithmetic, exact and safe: use it for every calculation instead of \
    doing it in the head. Nothing is kept between calls. An error has a fix, an expression to call with as it is, wherever \
    one is known; what is too large is refused with its size.";

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The message.
    pub(crate) text: String,
    /// What is wrong with the request, if it is answered with an error of the protocol.
    pub(crate) fault: Option<FaultKind>,
    pub(crate) is_modern: bool,
    /// The expression that was evaluated.
    pub(crate) asked: Option<Asked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Era {
    Legacy,
    Modern,
}

/// Answers a request of a caller.
pub(crate) async fn answer(calculator: &Arc<Calculator>, caller: Caller, request: &Request) -> Answered {
    let era = era(request);
    let is_modern = era == Ok(Era::Modern);
    let reply = match era {
        Ok(era) => reply(calculator, caller, request, era).await,
        Err(fault) => Err(fault),
    };
    match reply {
        Ok((text, asked)) => Answered { text, fault: None, is_modern, asked },
        Err(fault) => {
            let fault = fault.of(&request.id);
            Answered { text: fault.written(), fault: Some(fault.kind), is_modern, asked: None }
        }
    }
}

async fn reply(
    calculator: &Arc<Calculator>,
    caller: Caller,
    request: &Request,
    era: Era,
) -> Result<(String, Option<Asked>), Fault> {
    let id = &request.id;
    let text = match (request.method.as_str(), era) {
        ("tools/call", _) => {
            let name = request.name.as_deref();
            let name = name.ok_or_else(|| Fault::new(FaultKind::Params, "tools/call takes a name"))?;
            let tool = Tool::named(name)
                .ok_or_else(|| Fault::new(FaultKind::Params, format!("unknown tool: {}", repeated(name))))?;
            let (output, asked) = tool.call(calculator, caller, request.arguments.as_deref()).await;
            return Ok((called(id, era, &output), asked));
        }
        ("tools/list", _) => listed(id, era),
        ("initialize", Era::Legacy) => initialized(id, request.proposed.as_deref()),
        ("server/discover", Era::Modern) => discovered(id),
        // Gone from the modern era, where nothing but a request keeps a connection.
        ("ping", Era::Legacy) => result_of(id, |_| {}),
        (method, _) => {
            return Err(Fault::new(FaultKind::Method, format!("there is no method {}", repeated(method))));
        }
    };
    Ok((text, None))
}

/// The era of a request.
///
/// # Errors
///
/// If its version is unknown, or what every modern request has is missing.
fn era(request: &Request) -> Result<Era, Fault> {
    let meta = |what| Fault::new(FaultKind::Meta, format!("params._meta has no io.modelcontextprotocol/{what}"));
    match request.version.as_deref() {
        // `initialize` is the beginning of a legacy client, whatever else it says.
        _ if request.method == "initialize" => Ok(Era::Legacy),
        None if request.method == "server/discover" => Err(meta("protocolVersion")),
        None => Ok(Era::Legacy),
        Some(MODERN) if !request.has_capabilities => Err(meta("clientCapabilities")),
        Some(MODERN) => Ok(Era::Modern),
        Some(version) if VERSIONS.contains(&version) => Ok(Era::Legacy),
        Some(version) => Err(unsupported(version)),
    }
}

/// The fault of a version that is not served, with those that are.
pub(crate) fn unsupported(version: &str) -> Fault {
    let mut data = format!("{{\"supported\":{VERSIONS:?},\"requested\":");
    write_string(&repeated(version), &mut data);
    data.push('}');
    Fault { data: Some(data), ..Fault::new(FaultKind::Version, "unsupported protocol version") }
}

/// The answer to `tools/call`.
fn called(id: &Id, era: Era, output: &Output) -> String {
    result_of(id, |out| {
        out.push_str("\"content\":[");
        if let Some(png) = &output.picture {
            out.push_str(r#"{"type":"image","mimeType":"image/png","data":""#);
            BASE64_STANDARD.encode_string(png, out);
            out.push_str("\"},");
        }
        // For hosts that show their model no structured content.
        out.push_str(r#"{"type":"text","text":"#);
        write_string(&output.json, out);
        let is_error = if output.is_error { "true" } else { "false" };
        out.extend([r#"}],"structuredContent":"#, &output.json, r#","isError":"#, is_error]);
        end(era, out);
    })
}

fn listed(id: &Id, era: Era) -> String {
    result_of(id, |out| {
        out.extend(["\"tools\":", &LIST]);
        cached(era, out);
        end(era, out);
    })
}

fn initialized(id: &Id, proposed: Option<&str>) -> String {
    let legacy = &VERSIONS[1..];
    let version = legacy.iter().find(|version| proposed == Some(version)).unwrap_or(&legacy[0]);
    result_of(id, |out| {
        let _ = write!(out, r#""protocolVersion":"{version}","capabilities":{{"tools":{{}}}},"serverInfo":"#);
        about_us(out);
        out.push_str(",\"instructions\":");
        write_string(INSTRUCTIONS, out);
    })
}

fn discovered(id: &Id) -> String {
    result_of(id, |out| {
        let _ = write!(out, r#""supportedVersions":{VERSIONS:?},"capabilities":{{"tools":{{}}}},"instructions":"#);
        write_string(INSTRUCTIONS, out);
        cached(Era::Modern, out);
        end(Era::Modern, out);
    })
}

/// What a modern client is told of how long it may keep a list.
fn cached(era: Era, out: &mut String) {
    if era == Era::Modern {
        // Writing to a `String` cannot fail.
        let _ = write!(out, r#","ttlMs":{LIST_MS},"cacheScope":"public""#);
    }
}

/// The end of every result in the modern era.
fn end(era: Era, out: &mut String) {
    if era == Era::Modern {
        out.push_str(r#","resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":"#);
        about_us(out);
        out.push('}');
    }
}

fn about_us(out: &mut String) {
    out.extend([r#"{"name":"tabuada","title":"Tabuada","version":""#, VERSION, "\"}"]);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::config::Options;
    use crate::counters::Counters;
    use crate::mcp::Message;

    const META: &str =
        r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

    fn calculator() -> Arc<Calculator> {
        Calculator::new(Options::default(), 1, Counters::default()).expect("the options are good")
    }

    fn request(text: &str) -> Request {
        match Message::read(text.as_bytes()) {
            Ok(Message::Request(request)) => request,
            other => panic!("{text}: {other:?}"),
        }
    }

    async fn answered(calculator: &Arc<Calculator>, method: &str, params: &str) -> Value {
        let text = format!(r#"{{"jsonrpc":"2.0","id":"a","method":"{method}","params":{params}}}"#);
        let answered = answer(calculator, Caller::default(), &request(&text)).await;
        let answer: Value = serde_json::from_str(&answered.text).expect("it is JSON");
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!("a")), "{answer}");
        assert_eq!(answered.fault.is_some(), answer.get("error").is_some(), "{answer}");
        answer
    }

    async fn called(calculator: &Arc<Calculator>, tool: &str, arguments: &str) -> Value {
        let params = format!(r#"{{"name":"{tool}","arguments":{arguments}}}"#);
        answered(calculator, "tools/call", &params).await["result"].take()
    }

    #[tokio::test]
    async fn a_legacy_client_gets_its_version_or_the_newest_of_its_era() {
        let calculator = calculator();
        for (proposed, given) in [
            (r#""2025-11-25""#, "2025-11-25"),
            (r#""2024-11-05""#, "2024-11-05"),
            (r#""2026-07-28""#, "2025-11-25"),
            (r#""1900-01-01""#, "2025-11-25"),
            ("null", "2025-11-25"),
        ] {
            let params = format!(r#"{{"protocolVersion":{proposed},"capabilities":{{}}}}"#);
            let result = &answered(&calculator, "initialize", &params).await["result"];
            assert_eq!(result["protocolVersion"], given, "{proposed}");
            assert_eq!(result["serverInfo"]["name"], "tabuada");
            assert_eq!(result["capabilities"], json!({"tools": {}}));
            assert!(result.get("resultType").is_none());
        }
        assert_eq!(answered(&calculator, "ping", "{}").await["result"], json!({}));
        let list = &answered(&calculator, "tools/list", "{}").await["result"];
        assert!(list.get("ttlMs").is_none() && list["tools"].as_array().is_some_and(|tools| tools.len() == 5));
        for (method, params, code) in [
            ("no/method", "{}", -32601),
            ("resources/list", "{}", -32601),
            ("server/discover", "{}", -32602),
            ("tools/call", "{}", -32602),
            ("tools/call", r#"{"name":"exec"}"#, -32602),
            ("tools/list", r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"1900-01-01"}}"#, -32022),
        ] {
            assert_eq!(answered(&calculator, method, params).await["error"]["code"], code, "{method}");
        }
    }

    #[tokio::test]
    async fn a_modern_request_stands_alone() {
        let calculator = calculator();
        let params = format!(r#"{{"_meta":{META}}}"#);
        let us =
            json!({"io.modelcontextprotocol/serverInfo": {"name": "tabuada", "title": "Tabuada", "version": VERSION}});
        let discovered = &answered(&calculator, "server/discover", &params).await["result"];
        assert_eq!(discovered["supportedVersions"], json!(VERSIONS));
        for method in ["server/discover", "tools/list"] {
            let result = &answered(&calculator, method, &params).await["result"];
            assert_eq!((&result["resultType"], &result["_meta"]), (&json!("complete"), &us), "{method}");
            assert_eq!((&result["cacheScope"], result["ttlMs"].is_u64()), (&json!("public"), true), "{method}");
        }
        let call = format!(r#"{{"name":"evaluate","arguments":{{"expr":"2+2"}},"_meta":{META}}}"#);
        let result = &answered(&calculator, "tools/call", &call).await["result"];
        assert_eq!((&result["resultType"], &result["_meta"]), (&json!("complete"), &us));
        // Gone with the handshake.
        assert_eq!(answered(&calculator, "ping", &params).await["error"]["code"], -32601);
        let incapable = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        assert_eq!(answered(&calculator, "tools/list", incapable).await["error"]["code"], -32602);
        let other = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}"#;
        let error = &answered(&calculator, "tools/list", other).await["error"];
        assert_eq!(error["data"], json!({"supported": VERSIONS, "requested": "2031-01-01"}));
    }

    #[tokio::test]
    async fn what_a_model_can_mend_is_a_result_with_its_fix() {
        let calculator = calculator();
        for (tool, arguments, code, fix) in [
            ("evaluate", r#"{"expr":"2x"}"#, "syntax", Some("2*x")),
            ("evaluate", r#"{"expr":"sqr(16)"}"#, "unknown-name", Some("sqrt(16)")),
            ("evaluate", r#"{"expr":"1/0"}"#, "division-by-zero", None),
            ("evaluate", r#"{"expr":"9**9**9"}"#, "too-large", None),
            ("evaluate", r#"{"expr":"factorial(10**7)"}"#, "too-large", None),
            ("evaluate", r#"{"expr":"x","variables":{"x":{}}}"#, "malformed", None),
            ("evaluate", r#"{"expr":5}"#, "malformed", None),
            ("evaluate", r#"{"expr":"2","mode":"octal"}"#, "malformed", None),
            ("evaluate", r#"{"expr":"2","expr":"3"}"#, "malformed", None),
            ("evaluate", r#"{"expression":"2"}"#, "malformed", None),
            ("evaluate", "{}", "malformed", None),
            ("evaluate", "[]", "malformed", None),
            ("evaluate", "null", "malformed", None),
            ("explain", r#"{"expr":"2+"}"#, "syntax", None),
            ("explain", r#"{"expr":"1/0"}"#, "division-by-zero", None),
            ("table", r#"{"expr":"x","columns":{}}"#, "malformed", None),
            ("table", r#"{"expr":"x","columns":{"x":[1],"y":[1,2]}}"#, "malformed", None),
            ("table", r#"{"expr":"x","columns":{"x":{"from":-1e308,"to":1e308,"count":3}}}"#, "malformed", None),
            ("table", r#"{"expr":"y","columns":{"x":[1]}}"#, "unknown-name", None),
            ("plot", r#"{"expr":[]}"#, "malformed", None),
            ("plot", r#"{"expr":"x","from":"2","to":1}"#, "malformed", None),
            ("plot", r#"{"expr":"2x"}"#, "syntax", Some("2*x")),
            ("functions", r#"{"query":1}"#, "malformed", None),
        ] {
            let result = called(&calculator, tool, arguments).await;
            assert_eq!(result["isError"], true, "{tool} {arguments}: {result}");
            let error = &result["structuredContent"]["error"];
            assert_eq!(
                (error["code"].as_str(), error["fix"].as_str()),
                (Some(code), fix),
                "{tool} {arguments}: {error}"
            );
            let text: Value =
                serde_json::from_str(result["content"][0]["text"].as_str().expect("a text")).expect("JSON");
            assert_eq!(text, result["structuredContent"]);
        }
        let said = called(&calculator, "evaluate", r#"{"expr":"Please tell me the price of tea"}"#).await;
        assert!(
            said["content"][0]["text"].as_str().is_some_and(|text| text.contains("pass only an expression")),
            "{said}"
        );
        let said = called(&calculator, "evaluate", r#"{"precision":3}"#).await.to_string();
        assert!(
            said.contains("there is no argument precision") && said.contains("evaluate takes expr, mode"),
            "{said}"
        );
        let said = called(&calculator, "evaluate", r#"{"expr":"9**9**9"}"#).await.to_string();
        assert!(said.contains("369,693,100 digits"), "{said}");
    }

    #[tokio::test]
    async fn a_value_comes_with_all_that_is_known_of_it() {
        let calculator = calculator();
        for (arguments, told) in [
            (r#"{"expr":" (2) ** 10"}"#, json!({"result": 1024, "type": "int", "exact": true, "canonical": "2**10"})),
            (r#"{"expr":"1/3+1/6","mode":"exact"}"#, json!({"result": "1/2", "type": "fraction", "exact": true})),
            (r#"{"expr":"0.5"}"#, json!({"result": 0.5, "type": "float", "exact": false})),
            (r#"{"expr":"[1,2.0]"}"#, json!({"result": [1, 2.0], "type": "list", "exact": false})),
            (r#"{"expr":"x*y","variables":{"x":3,"y":true}}"#, json!({"text": "3", "exact": true})),
            // printf '2:2+2\nint\n4' | sha256sum
            (
                r#"{"expr":"2+2"}"#,
                json!({"proof": "sha256:9b4aea1bedca886351aef4cb3f9ce4c79f4ab8b73d46755b8e2fcdecb7a0f793"}),
            ),
        ] {
            let result = called(&calculator, "evaluate", arguments).await;
            assert_eq!(result["isError"], false, "{result}");
            for (name, value) in told.as_object().expect("members") {
                assert_eq!(&result["structuredContent"][name], value, "{arguments}: {result}");
            }
        }
        let hinted = called(&calculator, "evaluate", r#"{"expr":"2^10"}"#).await;
        assert_eq!(hinted["structuredContent"]["hints"][0]["fix"], "2**10", "{hinted}");
        assert_eq!(hinted["structuredContent"]["result"], 8);
    }

    /// A model gets both ends, and an expression for the digits before the last.
    #[tokio::test]
    async fn a_long_value_is_cut_and_the_rest_can_be_had() {
        let calculator = calculator();
        let result = called(&calculator, "evaluate", r#"{"expr":"10**99_999 + 7"}"#).await;
        assert!(result.to_string().len() < 4_000);
        let told = &result["structuredContent"];
        let text = told["text"].as_str().expect("a text");
        assert!(text.starts_with("1000") && text.ends_with("0007") && told.get("result").is_none(), "{told}");
        assert_eq!(told["cut"]["characters"], 100_000);
        let next = told["cut"]["next"].as_str().expect("an expression");
        let more = called(&calculator, "evaluate", &json!({"expr": next}).to_string()).await;
        assert_eq!(more["structuredContent"]["result"], "0".repeat(1_000), "{next}");
        for (expr, next) in [
            ("'ab'*2000", Some("str(['ab'*2000])[201:1201]")),
            ("[1]*2000", Some("str([1]*2000)[200:1200]")),
            ("a = 7; a**9999", None),
            ("a = 'x'*3000; a", None),
        ] {
            let result = called(&calculator, "evaluate", &json!({"expr": expr}).to_string()).await;
            assert_eq!(result["structuredContent"]["cut"]["next"].as_str(), next, "{result}");
        }
    }

    #[tokio::test]
    async fn the_other_tools_show_what_a_model_can_read() {
        let calculator = calculator();
        let explained = called(&calculator, "explain", r#"{"expr":"2 + 3*4"}"#).await["structuredContent"].take();
        let texts = explained["steps"].as_array().expect("steps").iter().map(|step| step["text"].clone());
        assert_eq!((texts.collect(), &explained["text"]), (json!(["2+3*4", "2+12", "14"]), &json!("14")));
        let fifty = json!({"expr": vec!["1"; 50].join("+")}).to_string();
        let many = called(&calculator, "explain", &fifty).await;
        let steps = many["structuredContent"]["steps"].as_array().expect("steps");
        assert_eq!((steps.len(), &steps[39]["text"]), (40, &json!("50")));
        assert_eq!(many["structuredContent"]["left_out"], 10);

        let table =
            called(&calculator, "table", r#"{"expr":"1/x","columns":{"x":{"from":0,"to":999,"count":1000}}}"#).await;
        let table = &table["structuredContent"];
        assert_eq!((&table["columns"], &table["left_out"]), (&json!(["x", "result"]), &json!(900)));
        assert_eq!((&table["rows"][0], &table["rows"][2]), (&json!([0.0, null]), &json!([2.0, 0.5])));
        assert_eq!(table["errors"][0]["code"], "division-by-zero");
        let wide = called(&calculator, "table", r#"{"expr":"10**3000","columns":{"x":{"from":0,"to":1,"count":200}}}"#);
        assert!(wide.await.to_string().len() < 50_000);

        let plot = called(&calculator, "plot", r#"{"expr":["tan(x)","x**2"],"from":-3,"to":"pi"}"#).await;
        assert_eq!(
            (&plot["content"][0]["type"], &plot["content"][0]["mimeType"]),
            (&json!("image"), &json!("image/png"))
        );
        let png = BASE64_STANDARD.decode(plot["content"][0]["data"].as_str().expect("a picture")).expect("base64");
        assert!(png.starts_with(b"\x89PNG") && png.len() < 400_000, "{} bytes", png.len());
        assert!(
            plot["structuredContent"]["description"].as_str().is_some_and(|text| text.contains("tan(x)")),
            "{plot}"
        );

        for (query, name) in [("GCD", "gcd"), ("statistics", "mean"), ("sqr", "sqrt"), ("isprme", "isprime")] {
            let found = called(&calculator, "functions", &json!({"query": query}).to_string()).await;
            let functions = found["structuredContent"]["functions"].as_array().expect("functions");
            assert!(functions.iter().any(|function| function["name"] == name), "{query}: {found}");
            assert!(found.to_string().len() < 20_000);
        }
        let all = called(&calculator, "functions", "{}").await;
        assert!(all["structuredContent"]["sections"].to_string().contains("\"gcd\""), "{all}");
    }
}
