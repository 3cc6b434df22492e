//! The least that an HTTP server must do: read the body and answer with constant bytes. No service can be faster.
//!
//!     bare_hyper HOST:PORT [full]     (port 0: a free one; the ready line on stderr names it)
//!
//! With `full`, it sends the headers and the body of a `GET /v1/evaluate` from memory, also constant.

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The headers besides `content-type`, `content-length` and `date`.
const FULL: [(HeaderName, HeaderValue); 7] = [
    (HeaderName::from_static("etag"), HeaderValue::from_static("\"2254b8ea684d27f7e58535a25a4af683\"")),
    (HeaderName::from_static("cache-control"), HeaderValue::from_static("public, max-age=86401")),
    (HeaderName::from_static("age"), HeaderValue::from_static("1")),
    (HeaderName::from_static("vary"), HeaderValue::from_static("Accept-Encoding")),
    (HeaderName::from_static("cache-status"), HeaderValue::from_static("tabuada; hit; detail=memory; ttl=87506")),
    (HeaderName::from_static("server-timing"), HeaderValue::from_static("total;dur=0.122")),
    (HeaderName::from_static("x-request-id"), HeaderValue::from_static("b2f65ab3a5a4-4c")),
];

async fn answer(request: Request<Incoming>, is_full: bool) -> Result<Response<Full<Bytes>>, Infallible> {
    // An incomplete body ends the connection anyway, so the error is ignored.
    let _ = request.into_body().collect().await;
    let body: &[u8] = if is_full { br#"{"result":4,"type":"int","text":"4"}"# } else { br#"{"resultado":4}"# };
    let mut response = Response::new(Full::new(Bytes::from_static(body)));
    if is_full {
        *response.headers_mut() = HeaderMap::with_capacity(FULL.len() + 1);
        for (name, value) in FULL {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: bare_hyper HOST:PORT [full]")?;
    let is_full = std::env::args().nth(2).is_some_and(|what| what == "full");
    let listener = TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that disconnects is not an error of the server.
            let service = service_fn(move |request| answer(request, is_full));
            let _ = http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
