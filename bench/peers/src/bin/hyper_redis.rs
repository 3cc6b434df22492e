//! The least that an answer from Redis takes: hyper, one `GET` over a connection that all requests share, and its bytes.
//!
//!     hyper_redis HOST:PORT REDIS_URL KEY      (port 0: a free one; the ready line on stderr names it)

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn answer(
    request: Request<Incoming>,
    mut redis: MultiplexedConnection,
    key: String,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    let held: Vec<u8> = redis.get(key).await.unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(held)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: hyper_redis HOST:PORT REDIS_URL KEY");
    let (address, url, key) = (next()?, next()?, next()?);
    let redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let listener = TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (redis, key) = (redis.clone(), key.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, redis.clone(), key.clone()));
            let _ = http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
