//! The service as one would write it with well-known parts: axum, moka, and our language. Answers by text.
//!
//!     axum_moka HOST:PORT      (port 0: a free one; the ready line on stderr names it)

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use tabuada_lang::{Evaluator, Fuel, Limits};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Asked {
    expressao: String,
}

#[derive(Serialize)]
struct Answered {
    resultado: Arc<str>,
}

async fn evaluate(State(cache): State<Cache<String, Arc<str>>>, Json(asked): Json<Asked>) -> Json<Answered> {
    if let Some(resultado) = cache.get(&asked.expressao).await {
        return Json(Answered { resultado });
    }
    let limits = Limits::default();
    let text = match Evaluator::default().evaluate(&asked.expressao, &limits, &mut Fuel::new(limits.fuel)) {
        Ok(answer) => answer.text().to_string(),
        Err(error) => error.to_string(),
    };
    let resultado: Arc<str> = text.into();
    cache.insert(asked.expressao, resultado.clone()).await;
    Json(Answered { resultado })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: axum_moka HOST:PORT")?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let cache = Cache::builder()
        .max_capacity(64 << 20)
        .weigher(|key: &String, text: &Arc<str>| (key.len() + text.len() + 64) as u32);
    let router = Router::new().route("/evaluate", post(evaluate)).with_state(cache.build());
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}
