//! Connections: how many, how long, and how they end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once; more wait in the system's queue. An idle one costs some 10 KiB.
const CONNECTIONS: usize = 8_192;

/// Time for a request's head to arrive, counted from the end of the request before: also how long a connection may be
/// idle. Longer than the 60 s for which proxies keep theirs, so that it is not us who closes under a request.
const HEAD_TIME: Duration = Duration::from_secs(75);

/// Largest head of a request; beyond it the answer is 431.
const HEAD_BYTES: usize = 64 << 10;

/// How long what is in flight may go on after the signal to stop.
const STOP_TIME: Duration = Duration::from_secs(10);

/// How long to wait when the system has no more descriptors for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` comes, then lets what is in flight finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let in_flight = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = connections.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = in_flight.watch(connection(stream, router.clone()));
                tokio::spawn(async move {
                    // What goes wrong with a connection is between the client and the network.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // Past this time whoever is still sending a body is cut off.
    let _ = tokio::time::timeout(STOP_TIME, in_flight.shutdown()).await;
}

fn connection(stream: TcpStream, router: Router) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
    // Answers are small and written at once; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(HEAD_BYTES)
        // A client that has nothing more to send still gets its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}

/// Whether only the connection that was to be accepted is lost.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
