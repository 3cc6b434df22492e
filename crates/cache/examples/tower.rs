//! A Tower layer that caches the responses of a pure service: `cargo run --example tower [redis://127.0.0.1:6379]`.
//!
//! A service is pure if method, path, query and some headers determine its response. Its `GET` requests are answered
//! from the cache; the same request at the same time, on any node, runs the service once. Failures of the service and
//! responses other than 200 are not stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderName, Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tabuada_cache::{Cache, ComputeError, Json, Key, Options};
use tower::{BoxError, Layer, Service, ServiceExt};

/// A part of every key: change it with the service, since the same request may then have another response.
const SERVICE: &str = "squares1";

type BoxFuture<T> = std::pin::Pin<Box<dyn Future<Output = T> + Send>>;

/// What is kept of a response.
#[derive(Serialize, Deserialize)]
struct Stored {
    headers: Vec<(String, String)>,
    body: String,
}

/// Why a response is not stored.
enum NotStored {
    Response(Response<String>),
    Failure(BoxError),
}

/// Adds the cache to a service.
#[derive(Clone)]
struct CacheLayer {
    cache: Arc<Cache<Json<Stored>>>,
    /// The headers that determine the response, with those of the service's `Vary`.
    vary: Arc<[HeaderName]>,
}

impl<S> Layer<S> for CacheLayer {
    type Service = Cached<S>;

    fn layer(&self, inner: S) -> Cached<S> {
        Cached { layer: self.clone(), inner }
    }
}

#[derive(Clone)]
struct Cached<S> {
    layer: CacheLayer,
    inner: S,
}

impl CacheLayer {
    /// The key of a request: everything that determines its response, readable in Redis, and as JSON, so that no header
    /// can imitate another one.
    fn key(&self, request: &Request<String>) -> Key {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let values_of =
            |name| request.headers().get_all(name).iter().map(|value| value.as_bytes().escape_ascii().to_string());
        let headers: Vec<Vec<String>> = self.vary.iter().map(|name| values_of(name).collect()).collect();
        Key::new(SERVICE, &serde_json::json!([request.method().as_str(), target, headers]).to_string())
    }
}

impl<S> Service<Request<String>> for Cached<S>
where
    S: Service<Request<String>, Response = Response<String>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    type Response = Response<String>;
    type Error = BoxError;
    type Future = BoxFuture<Result<Response<String>, BoxError>>;

    /// Always: the service may be needed or not, and is waited for in the computation.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let (layer, inner) = (self.layer.clone(), self.inner.clone());
        Box::pin(async move {
            if request.method() != Method::GET {
                return inner.oneshot(request).await.map_err(Into::into);
            }
            let key = layer.key(&request);
            let compute = move || async move {
                match inner.oneshot(request).await {
                    Ok(response) => stored(&response).ok_or(NotStored::Response(response)),
                    Err(error) => Err(NotStored::Failure(error.into())),
                }
            };
            match layer.cache.get_or_compute(&key, compute).await {
                Ok(found) => restored(&found.value, &format!("{:?}", found.source)),
                Err(ComputeError::Computation(NotStored::Response(response))) => Ok(response),
                Err(ComputeError::Computation(NotStored::Failure(error))) => Err(error),
                Err(_) => Err("the service panicked".into()),
            }
        })
    }
}

/// The stored form of a response; `None` if it is not to be stored.
fn stored(response: &Response<String>) -> Option<Stored> {
    let texts =
        response.headers().iter().map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let headers = texts.collect::<Option<Vec<_>>>().filter(|_| response.status() == StatusCode::OK)?;
    Some(Stored { headers, body: response.body().clone() })
}

fn restored(stored: &Stored, source: &str) -> Result<Response<String>, BoxError> {
    let mut response = Response::builder().header("x-cache", source);
    for (name, value) in &stored.headers {
        response = response.header(name, value);
    }
    Ok(response.body(stored.body.clone())?)
}

/// The service: squares, slowly, in the language of the client.
async fn squares(request: Request<String>) -> Result<Response<String>, BoxError> {
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let query = request.uri().query().unwrap_or_default();
    let Ok(n) = query.trim_start_matches("n=").parse::<u32>() else {
        return Ok(Response::builder().status(StatusCode::BAD_REQUEST).body("expected ?n=".to_owned())?);
    };
    let is_portuguese = request.headers().get("accept-language").is_some_and(|value| value == "pt");
    let square = u64::from(n).pow(2);
    let text = if is_portuguese { format!("{n} ao quadrado é {square}") } else { format!("{n} squared is {square}") };
    Ok(Response::builder().header("content-type", "text/plain").body(text)?)
}

/// Requests, and how often each status and source came.
async fn run(redis: Option<String>) -> Result<BTreeMap<String, u32>, BoxError> {
    let mut options = Options::default();
    options.namespace = "tower".to_owned();
    options.redis = redis;
    let cache = Arc::new(Cache::new(Json::new(), options)?);
    cache.wait_until_ready(std::time::Duration::from_secs(2)).await;
    let layer = CacheLayer { cache: cache.clone(), vary: [http::header::ACCEPT_LANGUAGE].into() };
    let service = tower::ServiceBuilder::new().layer(layer).service(tower::service_fn(squares));

    let requests =
        [("/?n=12", "en"), ("/?n=12", "en"), ("/?n=12", "pt"), ("/?n=13", "en"), ("/?n=x", "en"), ("/?n=x", "en")];
    let mut counts = BTreeMap::new();
    for (target, language) in requests {
        let request = Request::get(target).header("accept-language", language).body(String::new())?;
        let response = service.clone().oneshot(request).await?;
        let source = response.headers().get("x-cache").map_or("not stored", |value| value.to_str().unwrap_or_default());
        println!("{target} {language}: {} {} ({source})", response.status(), response.body());
        *counts.entry(format!("{} {source}", response.status().as_u16())).or_default() += 1;
    }
    cache.shutdown().await;
    Ok(counts)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    run(std::env::args().nth(1)).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn equal_requests_run_the_service_once() {
        let counts = run(None).await.unwrap();
        let expected = [("200 Computed { stored: true }", 3), ("200 Memory", 1), ("400 not stored", 2)];
        assert_eq!(counts, expected.map(|(text, count)| (text.to_owned(), count)).into());
    }

    #[test]
    fn everything_that_determines_the_response_is_in_the_key() {
        let cache = Arc::new(Cache::new(Json::new(), Options::default()).unwrap());
        let layer = CacheLayer { cache, vary: [http::header::ACCEPT_LANGUAGE].into() };
        let text = |target: &str, languages: &[&str]| {
            let request = Request::get(target);
            let request = languages.iter().fold(request, |request, value| request.header("accept-language", *value));
            layer.key(&request.header("user-agent", "any").body(String::new()).unwrap()).text().to_owned()
        };
        assert_eq!(text("/a?n=1", &["pt", "en"]), r#"["GET","/a?n=1",[["pt","en"]]]"#);
        assert_eq!(text("/a?n=1", &["pt\",\"en"]), r#"["GET","/a?n=1",[["pt\\\",\\\"en"]]]"#);
        assert_eq!(text("/a", &[]), r#"["GET","/a",[[]]]"#);
    }
}
