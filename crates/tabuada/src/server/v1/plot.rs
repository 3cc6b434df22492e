//! `/v1/plot`: pictures of functions of `x`.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, Uri};
use tabuada_lang::{ANSWER_VERSION, ErrorKind, Language, Limits};

use super::cacheable::{self, Made};
use super::question::{notation_of, truth};
use crate::answer::DEADLINE;
use crate::engine::random_seed;
use crate::peer::Peer;
use crate::plot::{Aspect, DIGITS, FONT_SIZE, FONT_SIZES, Plot, Refusal, SIZE};
use crate::server::http_cache::{Freshness, Tag};
use crate::server::negotiation::language;
use crate::server::negotiation::qvalues::liking;
use crate::server::problems::{Fault, Problem};
use crate::server::query::{last, parameter, parameters};
use crate::server::state::App;

/// A picture that is opened by itself may load and run nothing but its own style.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// The version of pictures, as part of their tag. Raised with any change of the picture of the same question.
pub(super) const VERSION: &str = "plot 6";

/// Plots functions of x.
pub(in crate::server) async fn get(
    State(app): State<Arc<App>>,
    peer: Peer,
    headers: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    let (language, format) = (language::preferred(&headers), Format::preferred(&headers));
    let asked = || {
        let mut plot = asked(&uri, language)?;
        plot.has_points |= format == Format::Json;
        Ok((freshness(&plot, format), drawn(&app, peer, plot, format)))
    };
    cacheable::answer(app.calculator.workers().by(peer), &headers, &uri, asked).await
}

/// A picture depends on the exact texts of the question: it shows them.
fn freshness(plot: &Plot, format: Format) -> Freshness {
    let size = format!("{}x{}", plot.size.0, plot.size.1);
    let end = |end: &'static str, text: &Option<String>| text.as_ref().map(|text| format!("{end}={text}"));
    let ends = [("from", &plot.from), ("to", &plot.to), ("y_from", &plot.y_from), ("y_to", &plot.y_to)];
    let ends: Vec<String> = ends.into_iter().map(|(name, text)| end(name, text).unwrap_or_default()).collect();
    let notation = format!("{:?}", plot.notation);
    let style = format!("{:?} {:?} {} {}", plot.aspect, plot.digits, plot.font_size, plot.has_points);
    let mut parts =
        vec![VERSION, ANSWER_VERSION, format.name(), language::tag(plot.language), &notation, &size, &style];
    parts.extend(ends.iter().map(String::as_str));
    parts.extend(plot.exprs.iter().map(String::as_str));
    let freshness = Freshness::new(Tag::of(&parts)).of_a_kind().in_words();
    match format {
        Format::Svg | Format::Json => freshness,
        Format::Png => freshness.packed(),
    }
}

async fn drawn(app: &App, peer: Peer, plot: Plot, format: Format) -> Result<Made, Problem> {
    let language = plot.language;
    let begun = Instant::now();
    // A text that does not parse is answered without waiting for other pictures.
    let read = move || plot.read(&Limits::default()).map_err(|refusal| told(&plot, refusal)).map(|_| plot);
    let plot = app.calculator.readers().by(peer).run(DEADLINE, read).await??;
    let work = move |stop: &dyn Fn() -> bool| {
        let picture = plot.picture(&Limits::default(), random_seed(), stop).map_err(|refusal| told(&plot, refusal))?;
        let bytes = match format {
            Format::Svg => picture.svg().into_bytes(),
            Format::Json => picture.json().into_bytes(),
            Format::Png => match picture.png(1.0, stop) {
                Some(bytes) => bytes,
                None if stop() => return Err(told(&plot, Refusal::Stopped(ErrorKind::Deadline))),
                None => return Err(Fault::Overloaded.into()),
            },
        };
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.name()));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        Ok(Made { response, is_pure: picture.is_pure })
    };
    app.calculator.workers().by(peer).run_while_awaited(DEADLINE, begun, work).await?
}

fn asked(uri: &Uri, language: Language) -> Result<Plot, Fault> {
    let exprs = parameters(uri.query(), "expr")?;
    if exprs.is_empty() {
        return Err(Fault::ExprMissing { in_query: true });
    }
    let pixels = |name, otherwise| {
        let text = parameter(uri.query(), name)?;
        text.map_or(Ok(otherwise), |text| text.parse::<u32>().map_err(|_| Fault::Pixels(name)))
    };
    let [from, to, y_from, y_to] = last(uri.query(), ["from", "to", "y_from", "y_to"])?;
    let [notation, decimal] = last(uri.query(), ["notation", "decimal"])?;
    let notation = notation_of(notation.as_deref(), decimal.as_deref())?;
    let size = (pixels("width", SIZE.0)?, pixels("height", SIZE.1)?);
    let [aspect, digits, font_size] = last(uri.query(), ["aspect", "digits", "font_size"])?;
    let aspect = match aspect.as_deref() {
        None | Some("free") => Aspect::Free,
        Some("equal") => Aspect::Equal,
        Some(_) => return Err(Fault::Picture(Refusal::Aspect)),
    };
    let has_points = truth(uri, "points")?;
    let whole = |name, text: Option<String>, bounds: RangeInclusive<u32>| {
        let refusal = Refusal::Bounds(name, *bounds.start(), *bounds.end());
        text.map(|text| text.parse::<u32>().map_err(|_| Fault::Picture(refusal))).transpose()
    };
    let digits = whole("digits", digits, DIGITS)?;
    let font_size = whole("font_size", font_size, FONT_SIZES)?.unwrap_or(FONT_SIZE);
    let plot = Plot::new(exprs, notation, language);
    Ok(Plot { from, to, y_from, y_to, size, aspect, digits, font_size, has_points, ..plot })
}

fn told(plot: &Plot, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Expression { at, error, fixes } => {
            let text = &plot.exprs[at];
            Problem::of_text(&error, text).written_in(plot.notation).advising(&fixes, text)
        }
        // An expression with random values may be cheaper another time.
        Refusal::Stopped(kind) => Problem::of_expression(&kind, None).passing(),
        refusal => Fault::Picture(refusal).into(),
    }
}

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
    Json,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Json => "application/json",
        }
    }

    /// PNG or JSON for clients that prefer it (RFC 9110, section 12.5.1); browsers do not.
    fn preferred(headers: &HeaderMap) -> Self {
        let weight = |format: Self| liking(headers, format.name());
        let other = if weight(Self::Json) > weight(Self::Png) { Self::Json } else { Self::Png };
        if weight(other) > weight(Self::Svg) { other } else { Self::Svg }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT;

    use super::*;

    #[test]
    fn png_is_for_those_who_like_it_better() {
        for (accepted, format) in [
            ("image/png", Format::Png),
            ("IMAGE/PNG", Format::Png),
            ("image/png, */*;q=0.5", Format::Png),
            ("image/svg+xml;q=0.5, image/*", Format::Png),
            ("image/png;q=0.5, */*", Format::Svg),
            ("image/png;q=x, */*;q=0.1", Format::Svg),
            ("application/json", Format::Json),
            ("application/json, image/png;q=0.5", Format::Json),
            ("image/png, application/json;q=0.5", Format::Png),
            ("application/json, */*", Format::Svg),
            ("*/*", Format::Svg),
            ("text/html", Format::Svg),
            ("", Format::Svg),
            // Two browsers, for an image.
            ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", Format::Svg),
            ("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Format::Svg),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accepted.parse().unwrap());
            assert_eq!(Format::preferred(&headers), format, "{accepted}");
        }
        assert_eq!(Format::preferred(&HeaderMap::new()), Format::Svg);
    }
}
