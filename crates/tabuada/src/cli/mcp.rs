//! `tabuada mcp`: the Model Context Protocol over standard input and output, one message a line.
//!
//! A thread reads the messages, a task answers each, and a thread writes the answers in the order in which they are ready.
//! Nothing else is written to standard output. Its end, like that of the input, ends the process.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use tabuada_lang::Language;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::config::misused;
use super::flags::{OfMcp, SettingFlags};
use super::log;
use super::output::complain;
use crate::answer::{Calculator, Caller};
use crate::config::ServeConfig;
use crate::counters::Counters;
use crate::mcp::{Fault, Id, MESSAGE_BYTES, Message, answer};
use crate::peer::Share;
use crate::settings::Settings;
use crate::version::VERSION;
use crate::words::{of_system, said};
use crate::workers::Threads;

/// How long the first call waits for the connection to Redis.
const FIRST_HANDSHAKE: std::time::Duration = std::time::Duration::from_millis(200);

/// Calls that are worked on at a time, for each thread: no call waits for a thread until its deadline. The others wait
/// before it begins.
const AT_ONCE_EACH: usize = 4;

/// The memory of the calls that have been read and not answered, and what one takes beside its text. While it is all
/// taken, nothing is read.
const CALLS_BYTES: usize = 64 << 20;
const CALL_BYTES: usize = 8 << 10;

/// Messages and answers between a thread and the tasks.
const QUEUE: usize = 64;

/// Threads for blocking work beside those of the workers and the readers.
const SPARE_THREADS: usize = 8;

/// Arguments of `tabuada mcp`.
#[derive(Debug, clap::Args)]
pub struct McpArgs {
    #[command(flatten)]
    flags: SettingFlags<OfMcp>,
}

/// A message and the bytes that it came in.
type Received = (Result<Message, Fault>, usize);

/// Answers messages until the end of the input. Status 0; 1 if it could not begin; 2 if a setting is wrong.
pub fn mcp(args: &McpArgs, language: Language) -> ExitCode {
    let settings = Settings::read(&args.flags.0, |name| std::env::var_os(name));
    let config = match settings.and_then(|settings| ServeConfig::read(&settings)) {
        Ok(config) => config,
        Err(error) => return misused(&error, language),
    };
    // Dropped last, so that it also writes the lines logged while everything else ends.
    let (_log, _) = log::begin(config.log_format);
    match serve(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(said::CANNOT_SERVE.with(language, &[&of_system(&error, language)]));
            ExitCode::FAILURE
        }
    }
}

fn serve(config: &ServeConfig) -> io::Result<()> {
    let count = config.threads.get();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(count).max_blocking_threads(2 * count + SPARE_THREADS).enable_all().build()?;
    let (received, messages) = mpsc::channel(QUEUE);
    let (answers, told) = mpsc::channel(QUEUE);
    // It waits for input until the process ends.
    let reader = thread::Builder::new().name("input".to_owned()).spawn(move || read(io::stdin().lock(), &received))?;
    let writer = thread::Builder::new().name("output".to_owned()).spawn(move || write(io::stdout(), told))?;
    let threads = Threads { peer_share: Share::ALL, queue_each: AT_ONCE_EACH, ..count.into() };
    let is_all_read = runtime.block_on(async {
        let options = config.cache.clone();
        let calculator = Calculator::with_deadlines(options, config.deadlines, threads, Counters::default());
        let calculator = calculator.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        calculator.cache().wait_until_ready(FIRST_HANDSHAKE).await;
        tracing::info!(version = VERSION, "answering on standard output");
        let is_all_read = answer_all(&calculator, AT_ONCE_EACH * count, messages, answers).await;
        calculator.cache().shutdown().await;
        Ok::<_, io::Error>(is_all_read)
    });
    // The writer ends with the last answer, or when nobody reads; the reader, which may wait for ever, with the input.
    let written = writer.join().unwrap_or(Ok(()));
    let read = if is_all_read? { reader.join().unwrap_or(Ok(())) } else { Ok(()) };
    runtime.shutdown_background();
    written.and(read)
}

/// Reads a message a line, until the end of the input or until nobody takes them. A line that is too long is skipped.
fn read(mut input: impl BufRead, received: &mpsc::Sender<Received>) -> io::Result<()> {
    while let Some(mut line) = next_line(&mut input)? {
        line.pop_if(|last| *last == b'\n');
        if line.trim_ascii().is_empty() {
            continue;
        }
        let message = if line.len() > MESSAGE_BYTES { Err(Fault::too_long()) } else { Message::read(&line) };
        if received.blocking_send((message, line.len())).is_err() {
            break;
        }
    }
    Ok(())
}

/// The next line, or its beginning if it is longer than a message; `None` at the end of the input.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = MESSAGE_BYTES as u64 + 1;
    if io::Read::take(&mut *input, limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > MESSAGE_BYTES && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

/// Writes each answer as a line, until there are no more or nobody reads them.
fn write(output: impl Write, mut answers: mpsc::Receiver<String>) -> io::Result<()> {
    let mut output = io::BufWriter::new(output);
    while let Some(answer) = answers.blocking_recv() {
        let written = output.write_all(answer.as_bytes()).and_then(|()| output.write_all(b"\n"));
        // What is ready is written together.
        match written.and_then(|()| if answers.is_empty() { output.flush() } else { Ok(()) }) {
            Ok(()) => {}
            // The process that started this may end first.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Calls that have been read and not answered.
#[derive(Default)]
struct Calls {
    tasks: JoinSet<Id>,
    by_id: HashMap<Id, AbortHandle>,
}

impl Calls {
    fn begin(&mut self, id: Id, call: impl Future<Output = ()> + Send + 'static) {
        let of_task = id.clone();
        let handle = self.tasks.spawn(async move {
            call.await;
            of_task
        });
        self.by_id.insert(id, handle);
    }

    /// Ends a call without an answer.
    fn cancel(&mut self, id: &Id) {
        if let Some(call) = self.by_id.remove(id) {
            call.abort();
        }
    }

    /// Waits for the end of a call; never, if there is none.
    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Err(_)) => {}
            Some(Ok((task, id))) => {
                // A client may have used the ID again.
                if self.by_id.get(&id).is_some_and(|call| call.id() == task) {
                    self.by_id.remove(&id);
                }
            }
        }
    }
}

/// Answers messages until there are no more, and then until all are answered; or until nobody reads the answers. Gives
/// whether there were no more.
async fn answer_all(
    calculator: &Arc<Calculator>,
    at_once: usize,
    mut messages: mpsc::Receiver<Received>,
    answers: mpsc::Sender<String>,
) -> bool {
    let (room, turns) = (Arc::new(Semaphore::new(CALLS_BYTES)), Arc::new(Semaphore::new(at_once)));
    let mut calls = Calls::default();
    loop {
        let (message, bytes) = tokio::select! {
            biased;
            () = answers.closed() => return false,
            () = calls.ended() => continue,
            received = messages.recv() => match received {
                Some(received) => received,
                None => break,
            },
        };
        match message {
            Ok(Message::Request(request)) => {
                // A line is far shorter than 4 GiB; nothing closes the semaphores.
                let taken = u32::try_from(bytes + CALL_BYTES).unwrap_or(u32::MAX);
                let Ok(place) = room.clone().acquire_many_owned(taken).await else { return false };
                let (calculator, turns, answers) = (calculator.clone(), turns.clone(), answers.clone());
                calls.begin(request.id.clone(), async move {
                    let turn = turns.acquire().await;
                    let answered = answer(&calculator, Caller::default(), &request).await;
                    // If nobody reads them, the loop ends. Until one is taken, it is part of its turn: so few wait.
                    let _ = answers.send(answered.text).await;
                    drop((turn, place));
                });
            }
            Ok(Message::Cancelled(id)) => calls.cancel(&id),
            Ok(Message::Other) => {}
            Err(fault) => {
                let _ = answers.send(fault.written()).await;
            }
        }
    }
    while !calls.tasks.is_empty() {
        tokio::select! {
            () = answers.closed() => return false,
            () = calls.ended() => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tabuada_cache::Options;

    use super::*;

    /// A client that sends calls and reads no answers.
    /// The clock is paused: time passes when no task has anything to do.
    #[tokio::test(start_paused = true)]
    async fn answers_that_nobody_reads_are_few() {
        const CALLS: usize = 1_000;
        const AT_ONCE: usize = 4;
        let counters = Counters::default();
        let calculator = Calculator::new(Options::default(), 1, counters.clone()).unwrap();
        let (received, messages) = mpsc::channel(CALLS);
        for id in 0..CALLS {
            let params = r#"{"name":"evaluate","arguments":{"expr":"2+2"}}"#;
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#);
            received.try_send((Message::read(text.as_bytes()), text.len())).unwrap();
        }
        let (answers, told) = mpsc::channel(QUEUE);
        let answering = tokio::spawn(async move { answer_all(&calculator, AT_ONCE, messages, answers).await });
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(counters.asked.get(), (QUEUE + AT_ONCE) as u64);
        drop(told);
        assert!(!answering.await.unwrap(), "there was more to read");
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        let long = "x".repeat(MESSAGE_BYTES);
        for (input, lengths) in [
            ("", vec![]),
            ("a", vec![1]),
            ("a\n\nb", vec![2, 1, 1]),
            (&format!("{long}\nb\n"), vec![MESSAGE_BYTES + 1, 2]),
            (&format!("{long}x\nb\n"), vec![MESSAGE_BYTES + 1, 2]),
            (&format!("{long}{long}{long}\nb"), vec![MESSAGE_BYTES + 1, 1]),
            (&format!("{long}x"), vec![MESSAGE_BYTES + 1]),
        ] {
            let mut rest = input.as_bytes();
            let lines = std::iter::from_fn(|| next_line(&mut rest).unwrap());
            assert_eq!(lines.map(|line| line.len()).collect::<Vec<_>>(), lengths, "{} bytes", input.len());
        }
    }
}
