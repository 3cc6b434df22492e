//! Distributes blocks of questions to all threads and writes the answers in order.
//!
//! One thread reads, several threads answer, and the caller's thread writes. Each block has its own channel, which
//! carries its answers in pieces. A queue holds the channels in the order of the blocks. Every queue is bounded, so
//! memory does not depend on the length of the input. All input read so far is answered before the reader waits for
//! more, so a program that sends one line and waits receives its answer.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tabuada_lang::Language;

use super::progress::Progress;
use crate::engine::Engine;
use crate::words::said;

/// The size in bytes at which a piece of answers is sent on.
pub(super) const PIECE_BYTES: usize = 64 << 10;
/// The fuel after which a piece is sent on even if it is small: about 10 ms.
const PIECE_FUEL: u64 = 1_000_000;
/// The maximum of pieces of one block that may wait for earlier blocks.
const PIECES: usize = 4;
/// The maximum of blocks in progress, per thread.
const BLOCKS_EACH: usize = 4;
/// A block is this fraction of the input read so far, so that a short input gives blocks to all threads.
const BLOCK_PART: u64 = 32;
const BLOCK_BYTES: (u64, u64) = (256, 16 << 10);

/// Why a batch ends early.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The input cannot be read.
    Input(io::Error),
    /// The output cannot be written.
    Output(io::Error),
    /// An option does not fit the input.
    Misused(Misuse),
}

/// How an option does not fit.
#[derive(Debug)]
pub(super) enum Misuse {
    /// There is no such column.
    NoColumn(String),
    /// The header is not UTF-8.
    NotUtf8,
}

impl Misuse {
    pub(super) fn message(&self, language: Language) -> String {
        match self {
            Self::NoColumn(name) => said::NO_COLUMN.with(language, &[name]),
            Self::NotUtf8 => said::HEADER_NOT_UTF_8.say(language).to_owned(),
        }
    }
}

/// A piece of a block's answers.
#[derive(Debug, Default)]
struct Piece {
    text: Vec<u8>,
    /// The number of answers.
    count: u64,
}

/// A block, and the channel for its answers.
type Job<B> = (B, SyncSender<Piece>);

/// The answers to a block, and the number of input bytes it covers.
type Answers = (Receiver<Piece>, u64);

/// Takes the blocks in the order of the input.
pub(super) struct Feeder<B> {
    jobs: SyncSender<Job<B>>,
    answers: SyncSender<Answers>,
    /// Bytes of the input sent so far.
    bytes: u64,
}

/// The answers are no longer needed.
#[derive(Debug)]
pub(super) struct Gone;

impl<B> Feeder<B> {
    /// The size of the next block in bytes.
    pub(super) fn block_bytes(&self) -> usize {
        (self.bytes / BLOCK_PART).clamp(BLOCK_BYTES.0, BLOCK_BYTES.1) as usize
    }

    /// Sends a block that covers this many bytes of the input. Waits while too many blocks are in progress.
    pub(super) fn send(&mut self, block: B, bytes: u64) -> Result<(), Gone> {
        let (pieces, answers) = sync_channel(PIECES);
        self.bytes += bytes;
        self.answers.send((answers, bytes)).map_err(|_| Gone)?;
        self.jobs.send((block, pieces)).map_err(|_| Gone)
    }
}

/// What a thread needs to answer: memory that it reuses for each question.
pub(super) struct Hand {
    pub(super) engine: Engine,
    /// The answer that is being written.
    pub(super) line: String,
    piece: Piece,
    fuel: u64,
    pieces: SyncSender<Piece>,
}

impl Hand {
    /// Completes the answer in `line`, which took this much fuel. An error says that the answers are no longer needed.
    pub(super) fn done(&mut self, fuel: u64) -> Result<(), Gone> {
        let line = std::mem::take(&mut self.line);
        let done = self.done_with(line.as_bytes(), fuel);
        self.line = line;
        self.line.clear();
        done
    }

    /// As [`Self::done`], for an answer in other memory.
    pub(super) fn done_with(&mut self, answer: &[u8], fuel: u64) -> Result<(), Gone> {
        self.line.clear();
        self.piece.text.extend_from_slice(answer);
        self.piece.text.push(b'\n');
        self.piece.count += 1;
        self.fuel += fuel;
        if self.piece.text.len() < PIECE_BYTES && self.fuel < PIECE_FUEL { Ok(()) } else { self.hand_on() }
    }

    fn hand_on(&mut self) -> Result<(), Gone> {
        self.fuel = 0;
        self.pieces.send(std::mem::take(&mut self.piece)).map_err(|_| Gone)
    }
}

/// Answers the blocks of `feed` by `answer`, on this many threads, and writes the answers.
pub(super) fn run<B: Send + 'static>(
    threads: usize,
    feed: impl FnOnce(Feeder<B>) -> io::Result<()> + Send + 'static,
    answer: impl Fn(B, &mut Hand) -> Result<(), Gone> + Send + Sync + 'static,
    output: &mut impl Write,
    progress: &Progress,
) -> Result<(), Trouble> {
    let (jobs, queue) = sync_channel(threads * BLOCKS_EACH);
    let (answers, in_order) = sync_channel(threads * BLOCKS_EACH);
    start(threads, &Arc::new(Mutex::new(queue)), &Arc::new(answer)).map_err(Trouble::Input)?;
    // These threads are not joined if writing fails: the reading thread may block in a read for ever.
    let reading =
        thread::Builder::new().spawn(move || feed(Feeder { jobs, answers, bytes: 0 })).map_err(Trouble::Input)?;
    write(&in_order, output, progress).map_err(Trouble::Output)?;
    // The thread has ended, because its end of the queue is closed.
    reading.join().unwrap_or(Ok(())).map_err(Trouble::Input)
}

/// Starts the answering threads: as many as the system allows, at least one.
fn start<B: Send + 'static>(
    threads: usize,
    queue: &Arc<Mutex<Receiver<Job<B>>>>,
    answer: &Arc<impl Fn(B, &mut Hand) -> Result<(), Gone> + Send + Sync + 'static>,
) -> io::Result<()> {
    for at in 0..threads {
        let (queue, answer) = (queue.clone(), answer.clone());
        let work = move || {
            let mut engine = Engine::default();
            let mut line = String::new();
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((block, pieces)) = job else { return };
                let mut hand = Hand { engine, line, piece: Piece::default(), fuel: 0, pieces };
                if answer(block, &mut hand).is_ok() {
                    let _ = hand.hand_on();
                }
                (engine, line) = (hand.engine, hand.line);
                line.clear();
            }
        };
        match thread::Builder::new().spawn(work) {
            Err(error) if at == 0 => return Err(error),
            Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Writes the answers of block after block. Flushes the output whenever no answer is ready.
fn write(in_order: &Receiver<Answers>, output: &mut impl Write, progress: &Progress) -> io::Result<()> {
    while let Some((pieces, bytes)) = next(in_order, output)? {
        while let Some(piece) = next(&pieces, output)? {
            output.write_all(&piece.text)?;
            progress.answered(piece.count);
        }
        progress.read(bytes);
    }
    output.flush()
}

/// The next item; `None` at the end.
fn next<T>(queue: &Receiver<T>, output: &mut impl Write) -> io::Result<Option<T>> {
    match queue.try_recv() {
        Ok(item) => Ok(Some(item)),
        Err(TryRecvError::Disconnected) => Ok(None),
        Err(TryRecvError::Empty) => {
            output.flush()?;
            Ok(queue.recv().ok())
        }
    }
}
