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
            let name = request.name.as_deref().ok_or(Fault::new(FaultKind::Params, "tools/call takes a name"))?;
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
pub(super) fn unsupported(version: &str) -> Fault {
    let mut data = format!("{{\"supported\":{VERSIONS:?},\"requested\":");
    write_string(&repeated(version), &mut data);
    data.push('}');
    Fault { data: Some(data), ..Fault::new(FaultKind::Version, "unsupported protocol version") }
}

/// Compares the headers of HTTP with the message, so that a proxy that routes by them and this server see the same
/// request. `header` gives the values of a header.
///
/// # Errors
///
/// If they differ, a modern request lacks one, or the version is unknown.
pub(crate) fn check_headers<'h, V: Iterator<Item = Option<&'h str>>>(
    request: &Request,
    header: impl Fn(&'static str) -> V,
) -> Result<(), Fault> {
    let differs = |name| Fault::new(FaultKind::Headers, format!("header mismatch: {name} is not that of the body"));
    let one = |name: &'static str| {
        let mut values = header(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(Some(value)), None) => Ok(Some(value.trim())),
            // More than one, or no text.
            _ => Err(differs(name)),
        }
    };
    let version = one("mcp-protocol-version")?;
    if request.method == "initialize" {
        return Ok(());
    }
    match (version, request.version.as_deref()) {
        (Some(version), None) if !VERSIONS.contains(&version) => return Err(unsupported(version)),
        (Some(MODERN), None) => {
            let missing = "params._meta has no io.modelcontextprotocol/protocolVersion";
            return Err(Fault::new(FaultKind::Meta, missing));
        }
        (Some(version), Some(of_body)) if version != of_body => return Err(differs("MCP-Protocol-Version")),
        (None, Some(MODERN)) => return Err(differs("MCP-Protocol-Version")),
        (_, Some(MODERN)) => {}
        _ => return Ok(()),
    }
    if one("mcp-method")? != Some(&request.method) {
        return Err(differs("Mcp-Method"));
    }
    let name = request.name.as_deref().filter(|_| request.method == "tools/call");
    let given = one("mcp-name")?;
    // A name that is no text of a header comes in base64.
    let is_it = |name: &str| {
        given == Some(name) || given == Some(&format!("=?base64?{}?=", BASE64_STANDARD.encode(name)))
    };
    if name.is_none_or(is_it) { Ok(()) } else { Err(differs("Mcp-Name")) }
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
        // Writing to a `String` cannot fail.
        let _ = write!(out, r#"}}],"structuredContent":{},"isError":{}"#, output.json, output.is_error);
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
    let _ = write!(out, r#"{{"name":"tabuada","title":"Tabuada","version":"{VERSION}"}}"#);
}
