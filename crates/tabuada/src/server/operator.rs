//! `/v1/cache`: what the cache holds and did, for its operator. [`admission`] decides about access.

mod admission;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::Next;
use serde_json::Value;
use tabuada_cache::{Cursor, CursorError, NameError, Operator, RedisStatus, RemovalStatus, Removed};

use crate::answer::Answers;
use crate::operator_json;
use crate::server::negotiation::language;
pub(super) use crate::server::operator::admission::is_from_no_other_page;
use crate::server::operator::admission::{admit, admit_scraper};
use crate::server::problems::{Fault, Problem};
use crate::server::query::parameter;
use crate::server::render::{json, not_kept};
use crate::server::state::{App, Served};

/// Entries of a page by default, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

/// The statistics of the cache.
pub(super) async fn statistics(State(app): State<Arc<App>>) -> Response<Body> {
    said(StatusCode::OK, &operator_json::stats(&app.calculator.cache().stats(), &app.counters))
}

/// Lists the entries.
pub(super) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let listed = async {
        let limit = match parameter(uri.query(), "limit")? {
            None => PAGE,
            Some(limit) => {
                let limit = limit.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                limit.ok_or(Fault::Limit { most: PAGE_MAX })?
            }
        };
        let cursor = parameter(uri.query(), "cursor")?.map(|cursor| cursor.parse::<Cursor>()).transpose();
        let cursor = cursor.map_err(|CursorError| Fault::Cursor)?;
        Ok(said(StatusCode::OK, &operator_json::page(&operator(&app).list(cursor.as_ref(), limit).await)))
    };
    listed.await.unwrap_or_else(|fault| refused(fault, &headers, &uri))
}

/// Shows one entry.
pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let shown = async {
        let name = name(&app, &uri).await?;
        match operator(&app).entry(&name).await {
            Ok((Some(entry), behind)) => Ok(said(StatusCode::OK, &operator_json::entry(&entry, Some(behind)))),
            Ok((None, RedisStatus::Unreachable)) => Err(Fault::Unreachable { name }),
            Ok((None, _)) | Err(NameError) => Err(Fault::NotRemembered { name }),
        }
    };
    shown.await.unwrap_or_else(|fault| refused(fault, &headers, &uri))
}

/// Removes one entry.
pub(super) async fn delete(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let deleted = async {
        let name = name(&app, &uri).await?;
        match operator(&app).delete(&name).await {
            Ok(Removed { count: 0, redis: RemovalStatus::Done, .. }) | Err(NameError) => {
                Err(Fault::NotRemembered { name })
            }
            Ok(removed) => gone(&removed),
        }
    };
    deleted.await.unwrap_or_else(|fault| refused(fault, &headers, &uri))
}

/// Removes all entries, or those of one variant.
pub(super) async fn clear(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response<Body> {
    let cleared = async {
        let removed = match variant(&uri)? {
            None => operator(&app).clear().await,
            Some(variant) => operator(&app).clear_variant(&variant).await.map_err(|_| Fault::Variant)?,
        };
        gone(&removed)
    };
    cleared.await.unwrap_or_else(|fault| refused(fault, &headers, &uri))
}

/// The variant to remove; `None` for everything. Other parameters are refused, so that a typing error in a request to
/// remove one entry does not remove all.
fn variant(uri: &Uri) -> Result<Option<String>, Fault> {
    let query = uri.query().filter(|query| !query.is_empty());
    match parameter(query, "variant")? {
        None if query.is_none() => Ok(None),
        Some(variant) if query.is_some_and(|query| !query.contains('&')) => Ok(Some(variant)),
        _ => Err(Fault::ClearsAll),
    }
}

/// Admits the operator, and clients that may read the metrics.
pub(super) async fn let_scraper_in(State(served): State<Served>, request: Request, next: Next) -> Response<Body> {
    let (token, names) = (served.app.setup.admin_token.as_ref(), &served.app.setup.metrics_hosts);
    match admit_scraper(token, served.is_loopback, names, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(fault) => refused(fault, request.headers(), request.uri()),
    }
}

/// Admits the operator.
pub(super) async fn let_operator_in(State(served): State<Served>, request: Request, next: Next) -> Response<Body> {
    match admit(served.app.setup.admin_token.as_ref(), served.is_loopback, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(fault) => refused(fault, request.headers(), request.uri()),
    }
}

/// The answer to a request that is refused.
fn refused(fault: Fault, headers: &HeaderMap, uri: &Uri) -> Response<Body> {
    Problem::from(fault).in_query(uri.query()).response(language::preferred(headers))
}

fn operator(app: &App) -> Operator<Answers> {
    app.calculator.cache().operator()
}

/// The name that the parameter `key` stands for.
async fn name(app: &App, uri: &Uri) -> Result<String, Fault> {
    let key = parameter(uri.query(), "key")?.filter(|key| !key.is_empty()).ok_or(Fault::KeyMissing)?;
    app.calculator.name_in_cache(&key).await.map_err(|nameless| Fault::of_key(nameless, key))
}

fn gone(removed: &Removed) -> Result<Response<Body>, Fault> {
    let status = match removed.redis {
        RemovalStatus::Done => StatusCode::OK,
        RemovalStatus::Pending => StatusCode::ACCEPTED,
        RemovalStatus::Refused => return Err(Fault::RedisRefused),
    };
    Ok(said(status, &operator_json::removed(removed)))
}

fn said(status: StatusCode, body: &Value) -> Response<Body> {
    not_kept(json(status, body.to_string()))
}
