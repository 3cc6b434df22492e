//! `/v1/table`: one expression, row by row of named columns, as JSON or as CSV.
//!
//! Rows are computed and written in blocks on the workers, of which bulk work gets half, and sent as the client reads
//! them: a table is never whole in memory. Errors of rows follow the rows; an error of the expression replaces them, if
//! it is known in time.

mod columns;
mod form;
mod job;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::VARY;
use axum::http::{HeaderValue, Response};

use super::question::no_body;
use crate::answer::{Calculator, DEADLINE};
use crate::peer::Peer;
use crate::server::negotiation::language::{self, Language};
use crate::server::problems::Problem;
use crate::server::state::App;
use crate::server::v1::ordered_stream::{Parts, Pieces, streamed};
use form::Form;
use job::{Job, Stretch};

/// Evaluates an expression row by row.
pub(in crate::server) async fn post(State(app): State<Arc<App>>, peer: Peer, request: Request) -> Response<Body> {
    let language = language::preferred(request.headers());
    answer(&app, peer, request, language).await.unwrap_or_else(|problem| problem.response(language))
}

async fn answer(app: &App, peer: Peer, request: Request, language: Language) -> Result<Response<Body>, Problem> {
    let (head, body) = request.into_parts();
    let form = Form::preferred(&head.headers);
    let body: Bytes = app.bodies.read(peer, &head.headers, body).await.map_err(no_body)?;
    let workers = app.calculator.workers();
    let bulk = workers.by(peer).bulk().await;
    // The first rows are computed before anything is sent: an error of the question shows in them.
    let begin = move || {
        let job = Job::read(&body, form, language)?;
        let mut piece = job.head();
        let mut first = job.stretches().next().unwrap_or_default();
        job.write(&mut first, &mut piece, || false);
        while job.is_in_doubt(&first, &piece) {
            job.write(&mut first, &mut piece, || false);
        }
        job.foresee(&first)?;
        match job.wrong_with_all() {
            Some(problem) => Err(problem),
            None => Ok((job, piece, first)),
        }
    };
    let (job, piece, first) = workers.by(peer).run(DEADLINE, begin).await??;
    drop(bulk);
    let (mut response, parts) = streamed(form.content_type(), workers.bulk_at_once(), &app.counters);
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    let how = How { calculator: app.calculator.clone(), peer, job: Arc::new(job) };
    tokio::spawn(send(how, piece, first, parts));
    Ok(response)
}

/// The table, its caller and the calculator.
#[derive(Clone)]
struct How {
    calculator: Arc<Calculator>,
    peer: Peer,
    job: Arc<Job>,
}

/// Sends the rows in order. `first` is the rest of the first stretch, whose beginning is in `piece`.
async fn send(how: How, piece: String, first: Stretch, parts: Parts) {
    let Some(pieces) = parts.next().await else { return };
    if pieces.send(piece.into()).await.is_err() {
        return;
    }
    let mut under_way = tokio::task::JoinSet::new();
    under_way.spawn(write(how.clone(), first, pieces));
    for stretch in how.job.stretches().skip(1) {
        let Some(pieces) = parts.next().await else { return };
        under_way.spawn(write(how.clone(), stretch, pieces));
        // Forgets tasks that have ended.
        while under_way.try_join_next().is_some() {}
    }
    let Some(pieces) = parts.next().await else { return };
    // The tail is known when all rows are.
    while under_way.join_next().await.is_some() {}
    let _ = pieces.send(how.job.tail().into()).await;
}

/// Computes a stretch of rows, piece by piece.
async fn write(how: How, mut stretch: Stretch, pieces: Pieces) {
    let How { calculator, peer, job } = how;
    let workers = calculator.workers().by(peer);
    while !stretch.is_done() {
        // Reserves the place in the channel first: a worker never waits for a client.
        let Ok(room) = pieces.reserve().await else { return };
        let bulk = workers.bulk().await;
        let work = {
            let (job, pieces, mut stretch) = (job.clone(), pieces.clone(), stretch.clone());
            move || {
                let mut piece = String::new();
                job.write(&mut stretch, &mut piece, || pieces.is_closed());
                (stretch, piece)
            }
        };
        let piece = match workers.run_within(DEADLINE, 3 * DEADLINE, work).await {
            Ok((so_far, piece)) => {
                stretch = so_far;
                piece
            }
            Err(_) => {
                let mut piece = String::new();
                job.give_up(&mut stretch, &mut piece);
                piece
            }
        };
        drop(bulk);
        room.send(piece.into());
    }
}
