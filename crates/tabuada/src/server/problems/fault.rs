//! Errors of a request that are not about its expression, with their messages in both languages. The codes are those of
//! the [`catalogue`](super::catalogue).

use axum::http::StatusCode;
use serde_json::error::Category;
use tabuada_lang::{Error, Language, PresentationError};

use crate::answer::Nameless;
use crate::plot::Refusal;
use crate::server::body::BODY_BYTES;
use crate::server::query::NotText;

/// An error of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) enum Fault {
    NothingHere,
    MethodNotAllowed,
    BodyTooLarge,
    BodyTooSlow,
    BodyBroken,
    BodyNotText,
    BodyUnlike(Unlike),
    QueryNotText,
    /// `expr`, in the query or in the body.
    ExprMissing {
        in_query: bool,
    },
    Mode,
    Notation,
    /// How an answer is shown.
    Shown(PresentationError),
    /// A parameter that is `true` or `false`.
    Truth(&'static str),
    /// A parameter in pixels.
    Pixels(&'static str),
    /// An end of an axis, the size of a picture, or the number of its curves.
    Picture(Refusal),
    LinesTooMany {
        most: usize,
    },
    /// A member that is no string.
    NoString(&'static str),
    TableMode,
    RowsTooMany {
        most: usize,
    },
    ColumnsTooMany {
        most: usize,
    },
    NoColumn,
    ColumnsUnequal,
    ColumnUnlike {
        name: String,
        unlike: Unlike,
    },
    RangeTooWide {
        name: String,
    },
    /// A token is set for the operator, and is not what was sent.
    Token,
    /// No token is set, and the listener can be reached from other machines.
    Listener,
    /// The request came through a proxy.
    Proxied,
    /// `Host` is missing or names another host.
    Host,
    /// The same, for the metrics.
    MetricsHost,
    /// A page of another origin sent it.
    Origin,
    /// The number of entries of a page.
    Limit {
        most: usize,
    },
    Cursor,
    KeyMissing,
    /// A key that is neither a name nor an expression.
    Key {
        error: Error,
        text: String,
    },
    /// Other parameters on a request that removes everything or one variant.
    ClearsAll,
    /// The text is not a variant.
    Variant,
    NotRemembered {
        name: String,
    },
    /// Not in memory, and Redis cannot be reached.
    Unreachable {
        name: String,
    },
    RedisRefused,
    Overloaded,
}

/// JSON of an unexpected form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Unlike {
    /// The message of the library, which repeats nothing of the JSON but names.
    english: String,
    is_json: bool,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for Unlike {
    fn from(error: serde_json::Error) -> Self {
        let is_json = error.classify() == Category::Data;
        Self { is_json, line: error.line(), column: error.column(), english: error.to_string() }
    }
}

impl Unlike {
    /// The messages of the library are in English only.
    fn portuguese(&self) -> String {
        let what = if self.is_json { "não tem a forma esperada" } else { "não é JSON válido" };
        format!("{what} (linha {}, coluna {})", self.line, self.column)
    }
}

impl From<NotText> for Fault {
    fn from(_: NotText) -> Self {
        Self::QueryNotText
    }
}

impl From<PresentationError> for Fault {
    fn from(error: PresentationError) -> Self {
        Self::Shown(error)
    }
}

impl Fault {
    /// Why a key is not valid.
    pub(in crate::server) fn of_key(nameless: Nameless, text: String) -> Self {
        match nameless {
            Nameless::Unreadable(error) => Self::Key { error, text },
            Nameless::Overloaded => Self::Overloaded,
        }
    }

    /// The status, and the code for programs.
    pub(in crate::server) fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NothingHere => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::BodyTooLarge | Self::LinesTooMany { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, "timeout"),
            Self::TableMode => (StatusCode::UNPROCESSABLE_ENTITY, "unsupported"),
            Self::RowsTooMany { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too-large"),
            Self::Token => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Listener | Self::Proxied | Self::Host | Self::MetricsHost | Self::Origin => {
                (StatusCode::FORBIDDEN, "forbidden")
            }
            Self::NotRemembered { .. } | Self::Unreachable { .. } => (StatusCode::NOT_FOUND, "not-remembered"),
            Self::RedisRefused => (StatusCode::BAD_GATEWAY, "redis-refused"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::BodyBroken
            | Self::BodyNotText
            | Self::BodyUnlike(_)
            | Self::QueryNotText
            | Self::ExprMissing { .. }
            | Self::Mode
            | Self::Notation
            | Self::Shown(_)
            | Self::Truth(_)
            | Self::Pixels(_)
            | Self::Picture(_)
            | Self::NoString(_)
            | Self::ColumnsTooMany { .. }
            | Self::NoColumn
            | Self::ColumnsUnequal
            | Self::ColumnUnlike { .. }
            | Self::RangeTooWide { .. }
            | Self::Limit { .. }
            | Self::Cursor
            | Self::KeyMissing
            | Self::Key { .. }
            | Self::ClearsAll
            | Self::Variant => (StatusCode::BAD_REQUEST, "malformed"),
        }
    }

    /// The message, for people.
    pub(in crate::server) fn message(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Portuguese => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        let plain = match self {
            Self::NothingHere => "there is nothing here",
            Self::MethodNotAllowed => "this is not done here; the header Allow says what is",
            Self::BodyTooLarge => return format!("the body is larger than {BODY_BYTES} bytes"),
            Self::BodyTooSlow => "the body did not arrive in time",
            Self::BodyBroken => "the body broke off",
            Self::BodyNotText => "the body is not valid UTF-8",
            Self::BodyUnlike(Unlike { english, .. }) => return format!("the body is not as expected: {english}"),
            Self::QueryNotText => "the query is not valid UTF-8",
            Self::ExprMissing { in_query: true } => "expr is missing in the query",
            Self::ExprMissing { in_query: false } => "expr is missing",
            Self::Mode => "mode is python, exact or decimal:N, N from 1 to 1000",
            Self::Notation => "notation is python or school",
            Self::Shown(error) => error.message(),
            Self::Truth(name) => return format!("{name} is true or false"),
            Self::Pixels(name) => return format!("{name} is a whole number of pixels"),
            Self::Picture(refusal) => return refusal.message(Language::English),
            Self::LinesTooMany { most } => return format!("a batch has at most {most} lines"),
            Self::NoString(name) => return format!("{name} is not a string"),
            Self::TableMode => "a table is computed in mode python only",
            Self::RowsTooMany { most } => return format!("a table has at most {most} rows"),
            Self::ColumnsTooMany { most } => return format!("a table has at most {most} columns"),
            Self::NoColumn => "a table has a column at least",
            Self::ColumnsUnequal => "the columns are not equally long",
            Self::ColumnUnlike { name, unlike: Unlike { english, .. } } => {
                return format!(
                    "'{name}' is neither an array of numbers nor a range with from, to and count: {english}"
                );
            }
            Self::RangeTooWide { name } => return format!("the range of '{name}' is too wide"),
            Self::Token => "expected the header Authorization: Bearer, with the token that the server was given",
            Self::Listener => "no TABUADA_ADMIN_TOKEN is set, and the server does not listen on loopback only",
            Self::Proxied => {
                "a proxy passed the request on (Forwarded, X-Forwarded-…, X-Real-IP or Via): that asks for the token in \
                 TABUADA_ADMIN_TOKEN"
            }
            Self::MetricsHost => {
                "the request's Host is none of loopback (localhost, 127.0.0.1, [::1]), nor one of --metrics-host"
            }
            Self::Host => {
                "no TABUADA_ADMIN_TOKEN is set, and the request's Host is none of loopback (localhost, 127.0.0.1, [::1])"
            }
            Self::Origin => "no TABUADA_ADMIN_TOKEN is set, and a page of another origin asks",
            Self::Limit { most } => return format!("limit is a number from 1 to {most}"),
            Self::Cursor => "expected a cursor as the page before gave it",
            Self::KeyMissing => "expected ?key=, a name as it stands in Redis or an expression",
            Self::Key { error, .. } => return Nameless::unreadable(&error.kind, Language::English),
            Self::ClearsAll => {
                "DELETE here removes everything, or with ?variant=2 one variant, and takes no other parameters; \
                 one entry is /v1/cache/entry?key=…"
            }
            Self::Variant => "a variant is printable ASCII without : and #, such as 2 or 2@exact",
            Self::NotRemembered { name } => return format!("nothing is remembered under {name}"),
            Self::Unreachable { name } => {
                return format!("memory holds nothing under {name}, and Redis cannot be reached");
            }
            Self::RedisRefused => "this node's memory has forgotten it, but Redis does not let us remove it there",
            Self::Overloaded => "too much is going on; try again in a second",
        };
        plain.to_owned()
    }

    fn portuguese(&self) -> String {
        let plain = match self {
            Self::NothingHere => "não há nada neste endereço",
            Self::MethodNotAllowed => "isto não se faz aqui; o cabeçalho Allow diz o que se faz",
            Self::BodyTooLarge => return format!("o corpo tem mais de {BODY_BYTES} bytes"),
            Self::BodyTooSlow => "o corpo não chegou a tempo",
            Self::BodyBroken => "o corpo foi interrompido",
            Self::BodyNotText => "o corpo não é UTF-8 válido",
            Self::BodyUnlike(unlike) => return format!("o corpo {}", unlike.portuguese()),
            Self::QueryNotText => "a query não é UTF-8 válido",
            Self::ExprMissing { in_query: true } => "falta expr na query",
            Self::ExprMissing { in_query: false } => "falta expr",
            Self::Mode => "mode é python, exact ou decimal:N, com N de 1 a 1000",
            Self::Notation => "notation é python ou school",
            Self::Shown(PresentationError::Digits) => "digits é um número de 1 a 1000",
            Self::Shown(PresentationError::Format) => "format é auto, fixed:N com N de 0 a 100, sci, eng ou fraction",
            Self::Shown(PresentationError::Group) => "group é none, space ou sign",
            Self::Shown(_) => "decimal é point ou comma",
            Self::Truth(name) => return format!("{name} é true ou false"),
            Self::Pixels(name) => return format!("{name} é um número inteiro de pixels"),
            Self::Picture(refusal) => return refusal.message(Language::Portuguese),
            Self::LinesTooMany { most } => return format!("um lote tem no máximo {most} linhas"),
            Self::NoString(name) => return format!("{name} não é um texto"),
            Self::TableMode => "uma tabela só se calcula no modo python",
            Self::RowsTooMany { most } => return format!("uma tabela tem no máximo {most} linhas"),
            Self::ColumnsTooMany { most } => return format!("uma tabela tem no máximo {most} colunas"),
            Self::NoColumn => "uma tabela tem pelo menos uma coluna",
            Self::ColumnsUnequal => "as colunas não têm o mesmo comprimento",
            Self::ColumnUnlike { name, unlike } => {
                let unlike = unlike.portuguese();
                return format!("'{name}' deve ser um array de números ou um intervalo com from, to e count: {unlike}");
            }
            Self::RangeTooWide { name } => return format!("o intervalo de '{name}' é largo demais"),
            Self::Token => "falta o cabeçalho Authorization: Bearer com o token que o servidor recebeu",
            Self::Listener => "não há TABUADA_ADMIN_TOKEN, e o servidor não escuta só em loopback",
            Self::Proxied => {
                "a requisição passou por um proxy (Forwarded, X-Forwarded-…, X-Real-IP ou Via): isso pede o token de \
                 TABUADA_ADMIN_TOKEN"
            }
            Self::MetricsHost => {
                "o Host da requisição não é de loopback (localhost, 127.0.0.1, [::1]) nem um dos de --metrics-host"
            }
            Self::Host => {
                "não há TABUADA_ADMIN_TOKEN, e o Host da requisição não é de loopback (localhost, 127.0.0.1, [::1])"
            }
            Self::Origin => "não há TABUADA_ADMIN_TOKEN, e quem pede é uma página de outra origem",
            Self::Limit { most } => return format!("limit é um número de 1 a {most}"),
            Self::Cursor => "cursor deve ser o que a página anterior deu",
            Self::KeyMissing => "falta ?key=, um nome como está no Redis ou uma expressão",
            Self::Key { error, .. } => return Nameless::unreadable(&error.kind, Language::Portuguese),
            Self::ClearsAll => {
                "DELETE aqui remove tudo, ou com ?variant=2 uma variante, e não aceita outros parâmetros; \
                 uma só entrada é /v1/cache/entry?key=…"
            }
            Self::Variant => "uma variante é ASCII visível sem : e #, como 2 ou 2@exact",
            Self::NotRemembered { name } => return format!("nada é lembrado com o nome {name}"),
            Self::Unreachable { name } => {
                return format!("a memória não tem nada com o nome {name}, e o Redis está inacessível");
            }
            Self::RedisRefused => "a memória deste nó já esqueceu, mas o Redis não nos deixa remover lá",
            Self::Overloaded => "há pedidos demais no momento; tente de novo em um segundo",
        };
        plain.to_owned()
    }
}
