//! Messages of JSON-RPC 2.0 as the protocol has them: what a client sends, and the frames of what it is sent.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json::write_string;

/// The longest message, which is the longest body of the service too.
pub(crate) const MESSAGE_BYTES: usize = 1 << 20;

/// The longest ID: it is echoed, and kept while the request is answered.
const ID_BYTES: usize = 256;

/// The longest part of a name from a client that a message repeats.
const REPEATED_CHARACTERS: usize = 80;

/// The longest message of an error: texts repeat what they are about.
pub(super) const SAID_CHARACTERS: usize = 500;

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
        let mut message = message.into();
        // The library's words repeat what the client sent.
        if message.len() > SAID_CHARACTERS {
            message = shortened_to(SAID_CHARACTERS, &message).into();
        }
        Self { kind, message, data: None, id: None }
    }

    pub(crate) fn of(self, id: &Id) -> Self {
        Self { id: Some(id.clone()), ..self }
    }

    /// What is no JSON, or JSON that is no message.
    fn of_json(error: &serde_json::Error) -> Self {
        if error.is_data() {
            return Self::new(FaultKind::Request, format!("no message of JSON-RPC: {error}"));
        }
        Self::new(FaultKind::Parse, format!("no JSON: {error}"))
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

/// A text that a model can read, cut at its end.
pub(super) fn shortened_to(characters: usize, text: &str) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A message; `P` is how its parameters are read.
#[derive(Deserialize)]
struct Envelope<'m, P> {
    #[serde(borrow, default, deserialize_with = "given")]
    jsonrpc: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    id: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    method: Option<&'m RawValue>,
    params: Option<P>,
    #[serde(borrow, default, deserialize_with = "given")]
    result: Option<&'m RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    error: Option<&'m RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params<'m> {
    #[serde(rename = "_meta")]
    meta: Option<Object<Meta>>,
    name: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'m RawValue>,
    protocol_version: Option<String>,
    #[serde(borrow)]
    request_id: Option<&'m RawValue>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<String>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    capabilities: Option<Object<Nothing>>,
}

/// The members of an object, which are not read.
#[derive(Deserialize)]
struct Nothing {}

/// What is read from an object. Serde would read the members from an array, too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// A member that is there, also if it is null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A message whose parameters are read as `P`.
fn envelope<'m, P: Deserialize<'m>>(text: &'m str) -> Result<Envelope<'m, P>, serde_json::Error> {
    serde_json::from_str(text).map(|Object(envelope)| envelope)
}

impl<P> Envelope<'_, P> {
    /// The ID and the method. Neither: an answer.
    fn head(&self) -> Result<(Option<Id>, Option<String>), Fault> {
        let wrong = |message: &'static str| Fault::new(FaultKind::Request, message);
        let id = self.id.map(|json| Id::read(json.get()));
        let id = id.map(|id| id.ok_or(wrong("id is a string or an integer, of at most 256 bytes"))).transpose()?;
        let of_it = |message| Fault { id: id.clone(), ..wrong(message) };
        if self.jsonrpc.is_none_or(|version| version.get() != "\"2.0\"") {
            return Err(of_it("jsonrpc is \"2.0\""));
        }
        match self.method {
            Some(method) => match serde_json::from_str(method.get()) {
                Ok(method) => Ok((id, Some(method))),
                Err(_) => Err(of_it("method is a string")),
            },
            None if self.result.is_some() != self.error.is_some() => Ok((None, None)),
            None => Err(of_it("there is no method")),
        }
    }
}

impl Message {
    /// Reads one message.
    ///
    /// # Errors
    ///
    /// If it is no JSON, no single message of JSON-RPC 2.0, or its parameters have the wrong types. Nothing answers a
    /// notification, whatever is wrong with its parameters.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| Fault::new(FaultKind::Parse, "the message is not valid UTF-8"))?;
        // In one pass; what is wrong is found in a second.
        let envelope: Envelope<'_, Object<Params<'_>>> = match envelope(text) {
            Ok(envelope) => envelope,
            Err(error) if error.is_data() => return Self::unlike(text),
            Err(error) => return Err(Fault::of_json(&error)),
        };
        let (id, Some(method)) = envelope.head()? else { return Ok(Self::Other) };
        let Object(params) = envelope.params.unwrap_or(Object(Params::default()));
        let Some(id) = id else {
            let cancelled = params.request_id.filter(|_| method == "notifications/cancelled");
            return Ok(cancelled.and_then(|json| Id::read(json.get())).map_or(Self::Other, Self::Cancelled));
        };
        let Meta { version, capabilities } =
            params.meta.map_or(Meta { version: None, capabilities: None }, |Object(meta)| meta);
        Ok(Self::Request(Request {
            id,
            method,
            has_capabilities: capabilities.is_some(),
            version,
            name: params.name,
            arguments: params.arguments.map(ToOwned::to_owned),
            proposed: params.protocol_version,
        }))
    }

    /// Finds out what is wrong with JSON that is no message.
    fn unlike(text: &str) -> Result<Self, Fault> {
        if text.trim_start().starts_with('[') {
            return Err(Fault::new(FaultKind::Request, "send one message at a time: no arrays"));
        }
        let envelope: Envelope<'_, &RawValue> = envelope(text).map_err(|error| Fault::of_json(&error))?;
        let (Some(id), Some(method)) = envelope.head()? else { return Ok(Self::Other) };
        let params = envelope.params.map(|json| serde_json::from_str::<Object<Params<'_>>>(json.get()));
        let why = params.and_then(Result::err).map_or(String::new(), |error| error.to_string());
        Err(Fault::new(FaultKind::Params, format!("params of {}: {why}", repeated(&method))).of(&id))
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
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":3,"#, (-32700, false)),
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
