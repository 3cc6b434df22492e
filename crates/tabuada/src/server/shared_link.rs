//! What a chat shows of a shared link (`/?expr=…`): the Open Graph tags in the head of the page, and their picture.
//!
//! The cost is that of `GET /v1/evaluate` for the same expression, and of one picture. A text without a value or a
//! curve is not shown: the link then looks as that of the page without an expression.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use tabuada_lang::{ANSWER_VERSION, Digits, Language, Limits, Mode, Notation, Presentation};

use crate::answer::{DEADLINE, Outcome};
use crate::engine::Question;
use crate::peer::Peer;
use crate::plot::{CARD, Plot, VARIABLE, card};
use crate::priority;
use crate::server::http_cache::{Freshness, Tag};
use crate::server::negotiation::language;
use crate::server::query::{last, parameters};
use crate::server::render::detail;
use crate::server::state::App;

/// The version of the pictures, as part of their tag.
const VERSION: &str = "card 1";
/// The longest wait for an answer: the page itself is not to be delayed by a long computation.
const PATIENCE: Duration = Duration::from_millis(250);
/// The most characters of an expression, and of a value.
const EXPRESSION_MAX: usize = 60;
const VALUE_MAX: usize = 40;
/// The significant digits of a float.
const FLOAT_DIGITS: u64 = 15;
/// A curve is drawn smaller and enlarged, so that its line and texts can be read in a small preview.
const ENLARGED: f64 = 2.5;

/// Marks a request that came through a trusted proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByProxy;

/// What is shown of an expression.
enum Shown {
    Value(String),
    /// A function of x.
    Curve,
}

/// The expression in the address of the page. Definitions come before it; its notation is that of schools if none is
/// given.
fn question(uri: &Uri) -> Option<Question<'static>> {
    let [expr, mode, notation, decimal] = last(uri.query(), ["expr", "mode", "notation", "decimal"]).ok()?;
    let mut texts = parameters(uri.query(), "def").ok()?;
    texts.push(expr?);
    let decimal = decimal.as_deref().unwrap_or("point").parse().ok()?;
    let notation = Notation::named(notation.as_deref().unwrap_or("school"), decimal)?;
    let mode = mode.map_or(Ok(Mode::default()), |mode| mode.parse()).ok()?;
    Some(Question { notation, ..Question::new(texts.join("; "), mode) })
}

/// What is shown of an expression; nothing if it has neither a value nor a curve, takes long, or differs each time.
async fn shown(app: &App, peer: Peer, question: &Question<'_>) -> Option<Shown> {
    let reply = tokio::time::timeout(PATIENCE, app.calculator.answer_for(peer, question)).await.ok()?;
    let Outcome::Answered(program, answer) = &reply.outcome else { return None };
    match &answer.outcome {
        _ if !program.is_pure() => None,
        Ok(printed) => {
            let text = presentation(question.notation, printed.type_name)
                .and_then(|shown| Question { shown: Some(shown), ..Question::from(question) }.show(&printed.text));
            Some(Shown::Value(visible(text.as_deref().unwrap_or(&printed.text), VALUE_MAX)))
        }
        Err(_) if program.free_names() == [VARIABLE] => Some(Shown::Curve),
        Err(_) => None,
    }
}

/// How the page shows a value: in school notation with the decimal sign of the text, and floats rounded.
fn presentation(notation: Notation, kind: &str) -> Option<Presentation> {
    let Notation::School { decimal } = notation else { return None };
    let digits = if kind == "float" { Digits::new(FLOAT_DIGITS) } else { None };
    Some(Presentation { digits, decimal, ..Presentation::default() })
}

/// The tags for the head of the page.
pub(super) async fn tags(app: &App, peer: Peer, request: &Parts) -> String {
    let language = language::preferred(&request.headers);
    let asked = question(&request.uri);
    let found = match &asked {
        Some(question) => shown(app, peer, question).await.map(|shown| (question, shown)),
        None => None,
    };
    let base = base(request);
    let mut tags = String::new();
    let mut tag = |name: &str, content: &str| {
        // Open Graph names its tags in `property`, Twitter in `name`.
        let attribute = if name.starts_with("og:") { "property" } else { "name" };
        // Writing to a `String` cannot fail.
        let _ = writeln!(tags, "    <meta {attribute}=\"{name}\" content=\"{}\">", escaped(content));
    };
    tag("og:site_name", "Tabuada");
    tag("og:type", "website");
    let about = match (language, &found) {
        (Language::English, Some((_, Shown::Curve))) => "The graph, on Tabuada: a calculator that remembers.",
        (Language::Portuguese, Some((_, Shown::Curve))) => "O gráfico, na Tabuada: uma calculadora com memória.",
        (Language::English, _) => "Tabuada: a calculator that remembers.",
        (Language::Portuguese, _) => "Tabuada: uma calculadora com memória.",
    };
    tag("og:description", about);
    match found {
        Some((question, shown)) => {
            let expression = visible(&question.text, EXPRESSION_MAX);
            let title = match shown {
                Shown::Value(value) => format!("{expression} = {value}"),
                Shown::Curve => expression,
            };
            tag("og:title", &title);
            tag("og:image:width", &CARD.0.to_string());
            tag("og:image:height", &CARD.1.to_string());
            tag("og:image:alt", &title);
            tag("og:image", &format!("{base}page/card.png?{}", request.uri.query().unwrap_or_default()));
            tag("twitter:card", "summary_large_image");
        }
        None => {
            tag("og:title", "Tabuada");
            tag("og:image", &format!("{base}page/icon-512.png"));
            tag("twitter:card", "summary");
        }
    }
    tags
}

/// `/page/card.png`: the picture of a shared link; 404 for a text that has none, 503 if there is no time to draw it now.
pub(super) async fn picture(State(app): State<Arc<App>>, peer: Peer, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let query = uri.query().unwrap_or_default();
    let freshness = Freshness::new(Tag::of(&[VERSION, ANSWER_VERSION, query])).packed();
    let drawn = async {
        let question = question(&uri)?;
        let shown = shown(&app, peer, &question).await?;
        let ends = last(uri.query(), ["from", "to", "y_from", "y_to"]).ok()?;
        Some(app.calculator.workers().by(peer).run(DEADLINE, move || drawn(question, shown, ends)).await)
    };
    let bytes = match drawn.await {
        Some(Ok(Some(bytes))) => bytes,
        // Chats keep what they are told: that there is no picture must not depend on the load.
        Some(Err(_)) => return detail(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        None | Some(Ok(None)) => return detail(StatusCode::NOT_FOUND, "Not Found"),
    };
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    freshness.put_on(response, &headers, app.calculator.workers().by(peer)).await
}

fn drawn(question: Question<'static>, shown: Shown, ends: [Option<String>; 4]) -> Option<Vec<u8>> {
    let expression = visible(&question.text, EXPRESSION_MAX);
    if let Shown::Value(value) = shown {
        return card(&expression, &value);
    }
    let begun = Instant::now();
    let stop = || {
        priority::give_way();
        begun.elapsed() >= DEADLINE
    };
    let [from, to, y_from, y_to] = ends;
    let size = (f64::from(CARD.0) / ENLARGED, f64::from(CARD.1) / ENLARGED);
    let size = (size.0 as u32, size.1 as u32);
    let plot = Plot::new(vec![question.text.into_owned()], question.notation, Language::English);
    let plot = Plot { from, to, y_from, y_to, size, ..plot };
    plot.picture(&Limits::default(), 0, &stop).ok()?.png(ENLARGED, &stop)
}

/// The address of the page in the world, if a trusted proxy tells its scheme; else nothing, and addresses are relative.
fn base(request: &Parts) -> String {
    let told = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let is_of = |text: &&str, signs: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || signs.contains(b as char));
    let scheme = told("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https"));
    let host = told(HOST.as_str()).filter(|host| is_of(host, ".-:[]"));
    let (Some(scheme), Some(host), Some(ByProxy)) = (scheme, host, request.extensions.get::<ByProxy>()) else {
        return String::new();
    };
    let prefix = told("x-forwarded-prefix").filter(|prefix| prefix.starts_with('/') && is_of(prefix, "/.-_~"));
    format!("{scheme}://{host}{}/", prefix.unwrap_or_default().trim_end_matches('/'))
}

/// A text on one line. Characters that cannot be seen, or that turn the direction of what follows, are written as their
/// code points.
fn visible(text: &str, most: usize) -> String {
    let text = text.trim();
    let mut line = String::new();
    for character in text.chars().take(most) {
        match character {
            '\n' | '\t' => line.push(' '),
            // Writing to a `String` cannot fail.
            _ if is_unseen(character) => drop(write!(line, "U+{:04X}", character as u32)),
            _ => line.push(character),
        }
    }
    if text.chars().count() > most {
        line.push('…');
    }
    line
}

fn is_unseen(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    is_format || character.is_control()
}

/// A text as the value of an attribute.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use axum::http::header::ACCEPT_LANGUAGE;

    use super::*;

    fn parts(target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::get(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    async fn told(target: &str) -> String {
        tags(&App::for_tests(), Peer::default(), &parts(target, &[])).await
    }

    fn has(tags: &str, name: &str, content: &str) -> bool {
        ["property", "name"]
            .iter()
            .any(|kind| tags.contains(&format!("<meta {kind}=\"{name}\" content=\"{content}\">")))
    }

    #[tokio::test]
    async fn a_shared_link_tells_the_expression_and_its_value() {
        for (target, title) in [
            ("/?expr=2%5E10", "2^10 = 1024"),
            ("/?expr=2**10&notation=python", "2**10 = 1024"),
            ("/?expr=2%5E10&notation=python", "2^10 = 8"),
            ("/?expr=0,5%2B1&decimal=comma", "0,5+1 = 1,5"),
            ("/?expr=0.1%2B0.2", "0.1+0.2 = 0.3"),
            ("/?expr=0.1%2B0.2&notation=python", "0.1+0.2 = 0.30000000000000004"),
            ("/?expr=1/3%2B1/6&mode=exact", "1/3+1/6 = 1/2"),
            ("/?expr=f(3)&def=f(x)%3Dx%5E2", "f(x)=x^2; f(3) = 9"),
            ("/?expr=sin(x)/x", "sin(x)/x"),
        ] {
            let tags = told(target).await;
            assert!(has(&tags, "og:title", title), "{target}: {tags}");
            let picture = format!("page/card.png?{}", target.trim_start_matches("/?").replace('&', "&amp;"));
            assert!(has(&tags, "og:image", &picture), "{target}: {tags}");
            assert!(has(&tags, "twitter:card", "summary_large_image"), "{target}: {tags}");
        }
    }

    #[tokio::test]
    async fn a_text_without_a_value_or_a_curve_is_not_told() {
        for target in
            ["/", "/?expr=2%2B", "/?expr=1/0", "/?expr=y%2B1", "/?expr=randint(1,6)", "/?expr=1&mode=x", "/?expr=%ff"]
        {
            let tags = told(target).await;
            assert!(
                has(&tags, "og:title", "Tabuada") && has(&tags, "og:image", "page/icon-512.png"),
                "{target}: {tags}"
            );
            let (app, uri) = (App::for_tests(), target.parse().unwrap());
            let response = picture(State(app), Peer::default(), HeaderMap::new(), uri).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{target}");
        }
    }

    #[tokio::test]
    async fn an_expression_in_a_tag_is_text() {
        let tags = told("/?notation=python&expr=%27%22%3C/title%3E%3Cscript%3E%26%E2%80%AE%27").await;
        assert!(tags.contains("content=\"&#39;&quot;&lt;/title&gt;&lt;script&gt;&amp;U+202E&#39; = "), "{tags}");
        assert!(!tags.contains("</title>") && !tags.contains('\u{202e}'), "{tags}");
        assert_eq!(visible("a\nb\u{0}\u{200f}\u{2066}c", 60), "a bU+0000U+200FU+2066c");
        assert_eq!(visible("12345", 3), "123…");
    }

    #[tokio::test]
    async fn the_address_of_the_picture_is_whole_where_a_trusted_proxy_tells_it() {
        let headers = [("host", "calc.example"), ("x-forwarded-proto", "https"), ("x-forwarded-prefix", "/calc")];
        let app = App::for_tests();
        let mut request = parts("/?expr=1", &headers);
        let tags_of = async |request: &Parts| tags(&app, Peer::default(), request).await;
        assert!(has(&tags_of(&request).await, "og:image", "page/card.png?expr=1"), "nobody is trusted");
        request.extensions.insert(ByProxy);
        assert!(has(&tags_of(&request).await, "og:image", "https://calc.example/calc/page/card.png?expr=1"));
        for (name, value) in [("x-forwarded-proto", "javascript"), ("host", "a\"b"), ("host", "a/b")] {
            let mut request = request.clone();
            request.headers.insert(axum::http::HeaderName::from_static(name), HeaderValue::from_static(value));
            assert!(has(&tags_of(&request).await, "og:image", "page/card.png?expr=1"), "{name}: {value}");
        }
    }

    #[tokio::test]
    async fn the_words_are_those_of_the_language() {
        let app = App::for_tests();
        let request = parts("/", &[(ACCEPT_LANGUAGE.as_str(), "pt-BR")]);
        let tags = tags(&app, Peer::default(), &request).await;
        assert!(has(&tags, "og:description", "Tabuada: uma calculadora com memória."), "{tags}");
    }

    /// The size is in the first chunk of a PNG.
    #[tokio::test]
    async fn the_picture_has_the_size_that_the_tags_tell() {
        for target in ["/page/card.png?expr=2%5E10", "/page/card.png?expr=sin(x)"] {
            let uri = target.parse().unwrap();
            let response = picture(State(App::for_tests()), Peer::default(), HeaderMap::new(), uri).await;
            assert_eq!(response.headers()[CONTENT_TYPE], "image/png", "{target}");
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(body[..8], *b"\x89PNG\r\n\x1a\n", "{target}");
            assert_eq!(
                (body[16..20].to_vec(), body[20..24].to_vec()),
                (1200_u32.to_be_bytes().to_vec(), 630_u32.to_be_bytes().to_vec())
            );
        }
    }
}
