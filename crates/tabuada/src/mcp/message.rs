//! Messages of JSON-RPC 2.0 as the protocol has them: what a client sends, and the frames of what it is sent.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::json::write_string;

/// The longest message, which is the longest body of the service too.
pub(crate) const MESSAGE_BYTES: usize = 1 << 20;

/// The longest ID: it is echoed, and kept while the request is answered.
const ID_BYTES: usize = 256;

/// The longest part of a name from a client that a message repeats.
const REPEATED_CHARACTERS: usize = 80;

/// The ID of a request, a string or an integer, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(Box<str>);

impl Id {
    fn read(json: &str) -> Option<Self> {
        let is_integer = || json.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        (json.len() <= ID_BYTES && (json.starts_with('"') || is_integer())).then(|| Self(json.into()))
    }
}

/// What a client sends.
#[derive(Debug)]
pub(crate) enum Message {
    Request(Request),
    /// The client does not want the answer to a request any more.
    Cancelled(Id),
    /// Another notification, or an answer to what was never asked. Neither is answered.
    Other,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: Id,
    pub(crate) method: String,
    /// The version in `_meta`, which only modern requests have.
    pub(crate) version: Option<String>,
    /// Whether `_meta` has the client's capabilities.
    pub(crate) has_capabilities: bool,
    /// The name of the tool in `tools/call`.
    pub(crate) name: Option<String>,
    /// The arguments of the tool.
    pub(crate) arguments: Option<Box<RawValue>>,
    /// The version in `initialize`.
    pub(crate) proposed: Option<String>,
}

/// What is wrong with a message as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) message: Cow<'static, str>,
    /// JSON for programs.
    pub(crate) data: Option<String>,
    /// The request, if its ID could be read.
    pub(crate) id: Option<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// No JSON.
    Parse,
    /// No request.
    Request,
    /// An unknown method.
    Method,
    /// The parameters of a method.
    Params,
    /// The fields that each modern request has in `_meta`.
    Meta,
    /// The headers of HTTP differ from the body.
    Headers,
    /// The version.
    Version,
    /// There is more to do than can be done.
    Overloaded,
}

impl FaultKind {
    /// The code of JSON-RPC, or the protocol's own.
    fn code(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::Request => -32600,
            Self::Method => -32601,
            Self::Params | Self::Meta => -32602,
            Self::Headers => -32020,
            Self::Version => -32022,
            Self::Overloaded => -32603,
        }
    }
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), data: None, id: None }
    }

    pub(crate) fn of(self, id: &Id) -> Self {
        Self { id: Some(id.clone()), ..self }
    }

    /// A message longer than [`MESSAGE_BYTES`].
    pub(crate) fn too_long() -> Self {
        Self::new(FaultKind::Request, format!("the message is longer than {MESSAGE_BYTES} bytes"))
    }

    /// The message that reports it.
    pub(crate) fn written(&self) -> String {
        let mut out = String::from(r#"{"jsonrpc":"2.0","#);
        // Of what has no ID, JSON-RPC would write null, which the protocol's schema does not allow.
        if let Some(Id(id)) = &self.id {
            out.extend(["\"id\":", id, ","]);
        }
        out.push_str(&format!(r#""error":{{"code":{},"message":"#, self.kind.code()));
        write_string(&self.message, &mut out);
        if let Some(data) = &self.data {
            out.extend([",\"data\":", data]);
        }
        out.push_str("}}");
        out
    }
}

/// The answer to a request: `result` writes the members of its result.
pub(crate) fn result_of(Id(id): &Id, result: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(1 << 10);
    out.extend([r#"{"jsonrpc":"2.0","id":"#, id, r#","result":{"#]);
    result(&mut out);
    out.push_str("}}");
    out
}

/// A name from a client, short enough to be repeated.
pub(crate) fn repeated(name: &str) -> String {
    name.chars().take(REPEATED_CHARACTERS).collect()
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Envelope<'m> {
    #[serde(borrow, default, deserialize_with = "given")]
    jsonrpc: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    id: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    method: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    params: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    result: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    error: Option<&'m RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "an object", rename_all = "camelCase")]
struct Params<'m> {
    #[serde(rename = "_meta", borrow)]
    meta: Option<&'m RawValue>,
    name: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'m RawValue>,
    protocol_version: Option<String>,
    #[serde(borrow)]
    request_id: Option<&'m RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "an object")]
struct Meta<'m> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<String>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities", borrow)]
    capabilities: Option<&'m RawValue>,
}

/// A member that is there, also if it is null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads an object. Serde would read the members from an array, too.
fn object<'m, T: Deserialize<'m>>(json: &'m str) -> Result<T, serde_json::Error> {
    if json.trim_start().starts_with('[') {
        return Err(serde::de::Error::custom("expected an object"));
    }
    serde_json::from_str(json)
}

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    ///
    /// If it is no JSON, no single message of JSON-RPC 2.0, or its parameters have the wrong types. Nothing answers a
    /// notification, whatever is wrong with its parameters.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let wrong = |message: &'static str| Fault::new(FaultKind::Request, message);
        let text =
            std::str::from_utf8(bytes).map_err(|_| Fault::new(FaultKind::Parse, "the message is not valid UTF-8"))?;
        if text.trim_start().starts_with('[') {
            return Err(wrong("send one message at a time: no arrays"));
        }
        let envelope: Envelope<'_> = object(text).map_err(|error| match error.classify() {
            Category::Data => Fault::new(FaultKind::Request, format!("no message of JSON-RPC: {error}")),
            _ => Fault::new(FaultKind::Parse, format!("no JSON: {error}")),
        })?;
        let id = match envelope.id.map(|json| Id::read(json.get())) {
            Some(None) => return Err(wrong("id is a string or an integer, of at most 256 bytes")),
            Some(id) => id,
            None => None,
        };
        let of_it = |fault: Fault| Fault { id: id.clone(), ..fault };
        if envelope.jsonrpc.is_none_or(|version| version.get() != "\"2.0\"") {
            return Err(of_it(wrong("jsonrpc is \"2.0\"")));
        }
        let Some(method) = envelope.method else {
            let is_answer = envelope.result.is_some() != envelope.error.is_some();
            return if is_answer { Ok(Self::Other) } else { Err(of_it(wrong("there is no method"))) };
        };
        let method: String = serde_json::from_str(method.get()).map_err(|_| of_it(wrong("method is a string")))?;
        let params = envelope.params.map_or(Ok(Params::default()), |params| object(params.get()));
        let Some(id) = id else {
            let cancelled = params.ok().filter(|_| method == "notifications/cancelled").and_then(|it| it.request_id);
            return Ok(cancelled.and_then(|json| Id::read(json.get())).map_or(Self::Other, Self::Cancelled));
        };
        let unlike = |error| Fault::new(FaultKind::Params, format!("params of {}: {error}", repeated(&method))).of(&id);
        let params = params.map_err(unlike)?;
        let meta = params.meta.map_or(Ok(Meta::default()), |meta| object(meta.get())).map_err(unlike)?;
        Ok(Self::Request(Request {
            id,
            method,
            has_capabilities: meta.capabilities.is_some_and(|json| json.get().starts_with('{')),
            version: meta.version,
            name: params.name,
            arguments: params.arguments.map(ToOwned::to_owned),
            proposed: params.protocol_version,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (i32, bool) {
        let fault = Message::read(text.as_bytes()).expect_err(text);
        (fault.kind.code(), fault.id.is_some())
    }

    #[test]
    fn a_request_has_an_id_and_a_notification_has_none() {
        for (id, is_one) in [
            ("1", true),
            ("-1", true),
            ("0", true),
            ("12345678901234567890", true),
            (r#""a""#, true),
            (r#""""#, true),
            ("null", false),
            ("1.5", false),
            ("1e3", false),
            ("true", false),
            ("[1]", false),
            (r#"{"a":1}"#, false),
            (&format!("\"{}\"", "x".repeat(254)), true),
            (&format!("\"{}\"", "x".repeat(255)), false),
            (&"9".repeat(257), false),
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            match Message::read(text.as_bytes()) {
                Ok(Message::Request(request)) => assert!(is_one && &*request.id.0 == id, "{id}"),
                other => assert!(!is_one && other.is_err_and(|fault| fault.id.is_none()), "{id}"),
            }
        }
        for text in [
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":3}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#,
        ] {
            assert!(matches!(Message::read(text.as_bytes()), Ok(Message::Other)), "{text}");
        }
        let cancelled = br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}}"#;
        assert!(matches!(Message::read(cancelled), Ok(Message::Cancelled(id)) if &*id.0 == "\"7\""));
    }

    #[test]
    fn what_is_no_message_is_told_so() {
        for (text, told) in [
            ("", (-32700, false)),
            ("{", (-32700, false)),
            ("x", (-32700, false)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#, (-32700, false)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[}}"#, (-32700, false)),
            ("1", (-32600, false)),
            ("[]", (-32600, false)),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, (-32600, false)),
            ("{}", (-32600, false)),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, (-32600, false)),
            (r#"{"id":1,"method":"ping"}"#, (-32600, true)),
            (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, (-32600, true)),
            (r#"{"jsonrpc":"2.0","id":1}"#, (-32600, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":3}"#, (-32600, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, (-32602, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#, (-32602, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":3}}"#, (-32602, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":3}}"#, (-32602, true)),
            // In the order of the members.
            (r#"["2.0",1,"ping",{},null,null]"#, (-32600, false)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[null,"a",null,null,null]}"#, (-32602, true)),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":["2026-07-28",{}]}}"#, (-32602, true)),
        ] {
            assert_eq!(fault(text), told, "{text}");
        }
        let no_text = Message::read(b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}");
        assert_eq!(no_text.expect_err("no text").kind, FaultKind::Parse);
        // Nothing recurses on what nobody reads.
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","x":{}}}"#, "[".repeat(500_000));
        assert_eq!(fault(&deep), (-32700, false));
    }
}
