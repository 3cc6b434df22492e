//! Blocks of questions through all threads and out again in their order.
//!
//! One thread reads, some answer, and the caller's writes. Each block has a channel of its own, through which its answers
//! come in pieces; the channels stand in a queue in the order of the blocks. Every queue is bounded, so that the memory does
//! not depend on the length of the input. Whatever has been read is answered before more is waited for, so that a program
//! that sends one line and waits has its answer.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tabuada_lang::Language;

use super::progress::Progress;
use crate::engine::Engine;
use crate::words::said;

/// Answers that are handed on together, in bytes.
pub(super) const PIECE_BYTES: usize = 64 << 10;
/// Fuel after which answers are handed on however few they are: some 10 ms.
const PIECE_FUEL: u64 = 1_000_000;
/// Pieces of one block that may wait for the blocks before it.
const PIECES: usize = 4;
/// Blocks that are under way for each thread.
const BLOCKS_EACH: usize = 4;
/// A block has a part of what has been read so far, so that a short input has blocks for all threads; in bytes.
const BLOCK_PART: u64 = 32;
const BLOCK_BYTES: (u64, u64) = (256, 16 << 10);

/// Why a batch ends before its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The input cannot be read.
    Input(io::Error),
    /// The output cannot be written.
    Output(io::Error),
    /// The command does not fit the input.
    Misused(Misuse),
}

/// What does not fit.
#[derive(Debug)]
pub(super) enum Misuse {
    /// There is no such column.
    NoColumn(String),
    /// The header is written in another encoding.
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

/// Some answers.
#[derive(Debug, Default)]
struct Piece {
    text: Vec<u8>,
    /// How many they are.
    count: u64,
}

/// A block and where its answers go.
type Job<B> = (B, SyncSender<Piece>);

/// A block's answers, and how many bytes of the input it was.
type Answers = (Receiver<Piece>, u64);

/// Takes blocks, in the order of the input.
pub(super) struct Feeder<B> {
    jobs: SyncSender<Job<B>>,
    answers: SyncSender<Answers>,
    /// Bytes of the input that were handed on.
    bytes: u64,
}

/// Nobody wants the answers any more.
#[derive(Debug)]
pub(super) struct Gone;

impl<B> Feeder<B> {
    /// How many bytes the next block should have.
    pub(super) fn block_bytes(&self) -> usize {
        (self.bytes / BLOCK_PART).clamp(BLOCK_BYTES.0, BLOCK_BYTES.1) as usize
    }

    /// Hands a block on, which was so many bytes of the input; waits while too many are under way.
    pub(super) fn send(&mut self, block: B, bytes: u64) -> Result<(), Gone> {
        let (pieces, answers) = sync_channel(PIECES);
        self.bytes += bytes;
        self.answers.send((answers, bytes)).map_err(|_| Gone)?;
        self.jobs.send((block, pieces)).map_err(|_| Gone)
    }
}

/// What a thread answers with: memory that serves one question after the other.
pub(super) struct Hand {
    pub(super) engine: Engine,
    /// The answer that is being written.
    pub(super) line: String,
    piece: Piece,
    fuel: u64,
    pieces: SyncSender<Piece>,
}

impl Hand {
    /// The answer in `line` is complete, and took so much fuel. Where nobody wants the answers, there is no use in more.
    pub(super) fn done(&mut self, fuel: u64) -> Result<(), Gone> {
        let line = std::mem::take(&mut self.line);
        let done = self.done_with(line.as_bytes(), fuel);
        self.line = line;
        self.line.clear();
        done
    }

    /// The same of an answer that stands elsewhere.
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

/// Answers what `feed` gives by `answer`, on so many threads, and writes it.
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
    // These threads are not waited for: the one may never come back from a read, when nobody wants the answers any more.
    let reading =
        thread::Builder::new().spawn(move || feed(Feeder { jobs, answers, bytes: 0 })).map_err(Trouble::Input)?;
    write(&in_order, output, progress).map_err(Trouble::Output)?;
    // It has ended, since its end of the queue is closed.
    reading.join().unwrap_or(Ok(())).map_err(Trouble::Input)
}

/// Starts the threads that answer: as many as the system gives, and one at least.
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

/// Writes the answers of block after block. Whenever there is none yet, what there is goes out.
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

/// What comes next; `None` at the end.
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
