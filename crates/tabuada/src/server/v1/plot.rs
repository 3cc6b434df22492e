//! `/v1/plot`: the picture of functions of x.

use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use tabuada_lang::{ErrorKind, Language, Limits};

use super::super::language;
use super::super::problem::{Problem, Suggestion};
use super::super::query::parameters;
use super::super::state::App;
use super::question::text_in_query;
use crate::answer::DEADLINE;
use crate::engine::chance;
use crate::plot::{Picture, Plot, Refusal, SIZE};
use crate::workers::NotDone;

/// A picture that is looked at by itself may do nothing; what it looks like is its own style.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// `?expr=…&from=…&to=…`, `expr` once for each curve.
pub(super) async fn get(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    match draw(&app, &uri, language::preferred(&headers)).await {
        Ok((picture, language)) => svg(&picture, language),
        Err(problem) => problem.response(),
    }
}

async fn draw(app: &App, uri: &Uri, language: Language) -> Result<(Picture, Language), Problem> {
    let plot = asked(uri, language)?;
    let begun = Instant::now();
    let work = move || {
        let stop = || begun.elapsed() >= DEADLINE;
        plot.picture(&Limits::default(), chance(), &stop).map_err(|refusal| told(&plot, refusal))
    };
    let picture = app.calculator.workers().run(DEADLINE, work).await.map_err(|not_done| match not_done {
        NotDone::Overloaded => Problem::overloaded(language),
        NotDone::Panicked => Problem::of_expression(&ErrorKind::Internal, None, language),
    })?;
    Ok((picture?, language))
}

fn asked(uri: &Uri, language: Language) -> Result<Plot, Problem> {
    let exprs = parameters(uri.query(), "expr").map_err(|_| Problem::malformed("the query is not valid UTF-8"))?;
    if exprs.is_empty() {
        return Err(Problem::malformed("expr is missing in the query"));
    }
    let pixels = |name, otherwise| {
        let text = text_in_query(uri, name)?;
        let unread = |_| Problem::malformed(format!("{name} is a whole number of pixels"));
        text.map_or(Ok(otherwise), |text| text.parse::<u32>().map_err(unread))
    };
    Ok(Plot {
        exprs,
        from: text_in_query(uri, "from")?,
        to: text_in_query(uri, "to")?,
        y_from: text_in_query(uri, "y_from")?,
        y_to: text_in_query(uri, "y_to")?,
        size: (pixels("width", SIZE.0)?, pixels("height", SIZE.1)?),
        language,
    })
}

fn told(plot: &Plot, refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Expression { at, error, fix } => {
            let text = &plot.exprs[at];
            let mended = fix.map(|fix| Suggestion::new(&fix, text));
            Problem::of_text(&error, text, plot.language).suggesting(mended)
        }
        Refusal::Stopped(kind) => Problem::of_expression(&kind, None, plot.language),
        refusal => Problem::malformed(refusal.message()),
    }
}

fn svg(picture: &Picture, language: Language) -> Response<Body> {
    let mut response = Response::new(Body::from(picture.svg()));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language::tag(language)));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    response
}
