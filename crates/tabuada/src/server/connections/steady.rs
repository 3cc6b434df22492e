//! The stream of a connection. It passes input to the framing and the head clock, ends when the client reads nothing,
//! and detects whether a client that has closed its side still wants its answer.
//!
//! The write timeout is for progress, not for the whole: a client that reads slowly receives all of an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::framing::{Framing, Wrong};
use super::head_clock::HeadClock;
use super::listener::Stream;
use crate::server::body::{DRAIN_BYTES, DRAIN_TIME};

/// How often to check whether a client that has closed its side has gone.
const LOOK_TIME: Duration = Duration::from_millis(50);

/// The beginning of every answer.
const FIRST: &[u8] = b"H";

/// A stream that can tell whether the other side is gone.
pub(super) trait Line {
    fn is_broken(&self) -> bool;
}

impl Line for Stream {
    fn is_broken(&self) -> bool {
        let error = match self {
            Self::Left(stream) => stream.take_error(),
            Self::Right(stream) => stream.take_error(),
        };
        !matches!(error, Ok(None))
    }
}

/// The stream of one connection.
pub(super) struct Steady<S> {
    stream: S,
    /// How long a write may block.
    patience: Duration,
    clock: HeadClock,
    framing: Framing,
    /// Whether a head has begun, as the clock knows it: the first has with the connection.
    is_in_head: bool,
    /// The error of the body after what was read.
    wrong: Option<io::ErrorKind>,
    /// Whether the library has written all.
    is_flushed: bool,
    /// Whether the client has closed its side.
    has_ended: bool,
    /// Whether the first byte of the next answer was sent already.
    has_begun_answer: bool,
    /// Runs while a write blocks, and while the rest of the input is discarded.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Runs while it is checked whether the client has gone.
    look: Option<Pin<Box<Sleep>>>,
    /// Bytes that were discarded after reading ended.
    thrown_away: Option<usize>,
}

impl<S> Steady<S> {
    pub(super) fn new(stream: S, patience: Duration, clock: HeadClock, framing: Framing) -> Self {
        Self {
            stream,
            patience,
            clock,
            framing,
            is_in_head: true,
            wrong: None,
            is_flushed: true,
            has_ended: false,
            has_begun_answer: false,
            alarm: None,
            look: None,
            thrown_away: None,
        }
    }

    /// The result of a write, or an error if it has blocked for too long.
    fn in_time<T>(&mut self, written: Poll<io::Result<T>>, task: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.is_flushed = false;
        if written.is_ready() {
            self.alarm = None;
            return written;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        alarm.as_mut().poll(task).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Processes the input, and gives how much of it the library may read.
    fn follow(&mut self, bytes: &mut [u8]) -> usize {
        let heads = self.framing.heads();
        let read = match self.framing.follow(bytes) {
            Ok(()) => bytes.len(),
            Err(Wrong { before, kind }) => {
                self.wrong = Some(kind);
                before
            }
        };
        let is_in_head = self.framing.is_in_head();
        if is_in_head != self.is_in_head || is_in_head && self.framing.heads() != heads {
            self.clock.head_has_begun(is_in_head);
            self.is_in_head = is_in_head;
        }
        read
    }
}

impl<S: AsyncWrite + Line + Unpin> Steady<S> {
    /// The end of the input, reported to the library once it waits for another request. A client that has only closed
    /// its sending side still gets its answer; work for one that has gone ends. The two look alike until something is
    /// sent, so the first byte of the answer is.
    fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.clock.is_busy() {
            if self.stream.is_broken() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            if self.is_flushed && !self.has_begun_answer && self.clock.owes_an_answer() {
                self.has_begun_answer = ready!(Pin::new(&mut self.stream).poll_write(task, FIRST))? == FIRST.len();
            }
            ready!(self.look.get_or_insert_with(|| Box::pin(tokio::time::sleep(LOOK_TIME))).as_mut().poll(task));
            self.look = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether this write is of the byte that was sent before.
    fn is_sent(&mut self, bytes: &[u8]) -> bool {
        self.has_begun_answer && bytes.starts_with(FIRST) && std::mem::take(&mut self.has_begun_answer)
    }
}

impl<S: AsyncRead + AsyncWrite + Line + Unpin> Steady<S> {
    /// Discards the rest of the input for a while: most clients look for an answer only when they have sent everything,
    /// and would not see it on a closed connection.
    fn poll_throw_away(&mut self, task: &mut Context<'_>) -> Poll<()> {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(DRAIN_TIME)));
        if alarm.as_mut().poll(task).is_ready() {
            return Poll::Ready(());
        }
        let mut scrap = [0; 4 << 10];
        while self.thrown_away < Some(DRAIN_BYTES) {
            let mut scrap = ReadBuf::new(&mut scrap);
            let read = ready!(Pin::new(&mut self.stream).poll_read(task, &mut scrap));
            if read.is_err() || scrap.filled().is_empty() {
                break;
            }
            self.thrown_away = self.thrown_away.map(|bytes| bytes + scrap.filled().len());
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Line + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.has_ended {
            return self.poll_end(task);
        }
        if let Some(wrong) = self.wrong {
            return Poll::Ready(Err(wrong.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(task, buffer))?;
        if buffer.filled().len() == before {
            // A body that breaks off is none.
            self.has_ended = !self.framing.is_in_body();
            return if self.has_ended { self.poll_end(task) } else { Poll::Ready(Ok(())) };
        }
        let read = self.follow(&mut buffer.filled_mut()[before..]);
        buffer.set_filled(before + read);
        match self.wrong {
            Some(wrong) if read == 0 => Poll::Ready(Err(wrong.into())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Line + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_sent(bytes) {
            return Poll::Ready(Ok(FIRST.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.in_time(written, task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.has_begun_answer {
            // Byte by byte: this happens once.
            let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
            return self.poll_write(task, first);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, parts);
        self.in_time(written, task)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Requested when there is nothing left to write.
        self.is_flushed = true;
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.thrown_away.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(task))?;
            if self.wrong.is_none() && !self.framing.is_refused() {
                return Poll::Ready(Ok(()));
            }
            self.thrown_away = Some(0);
            self.alarm = None;
        }
        self.poll_throw_away(task).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{Instant, sleep};

    use super::*;

    const HALF_A_MINUTE: Duration = Duration::from_secs(30);

    impl Line for tokio::io::DuplexStream {
        fn is_broken(&self) -> bool {
            false
        }
    }

    fn steady<S>(stream: S) -> Steady<S> {
        Steady::new(stream, HALF_A_MINUTE, HeadClock::new(HALF_A_MINUTE), Framing::default())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_not_waited_for() {
        let (ours, mut theirs) = duplex(16);
        let mut ours = steady(ours);
        let begun = Instant::now();
        let error = ours.write_all(&[0; 17]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, HALF_A_MINUTE));
        // One timeout after the other: what was read between does not count.
        theirs.read_exact(&mut [0; 8]).await.unwrap();
        ours.write_all(&[0; 8]).await.unwrap();
        let begun = Instant::now();
        assert_eq!(ours.write_all(&[0; 1]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), HALF_A_MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_little_at_a_time_has_all_of_it() {
        let (ours, mut theirs) = duplex(1);
        let begun = Instant::now();
        let reader = tokio::spawn(async move {
            for _ in 0..20 {
                sleep(HALF_A_MINUTE - Duration::from_secs(1)).await;
                theirs.read_u8().await.unwrap();
            }
        });
        steady(ours).write_all(&[0; 20]).await.unwrap();
        reader.await.unwrap();
        assert!(begun.elapsed() > HALF_A_MINUTE * 19);
    }

    /// A stream that owes an answer, and the client's end.
    async fn asked() -> (Steady<Stream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (theirs, ours) = tokio::join!(TcpStream::connect(address), listener.accept());
        (steady(Stream::Left(ours.unwrap().0)), theirs.unwrap())
    }

    #[tokio::test]
    async fn a_client_that_sends_nothing_more_has_its_answer_to_the_byte() {
        let (mut ours, mut theirs) = asked().await;
        theirs.shutdown().await.unwrap();
        let mut buffer = [0; 8];
        let ended = ours.read(&mut buffer);
        let first = theirs.read_u8();
        let first = tokio::select! {
            first = first => first.unwrap(),
            ended = ended => panic!("its answer is owed: {ended:?}"),
        };
        assert_eq!(first, b'H');
        ours.write_all(b"HTTP/1.1 200 OK\r\nHHH").await.unwrap();
        // While another request is waited for, there is none.
        let waits = hyper::rt::Timer::sleep(&ours.clock, HALF_A_MINUTE);
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
        drop((ours, waits));
        let mut rest = String::new();
        theirs.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "TTP/1.1 200 OK\r\nHHH");
    }

    #[tokio::test]
    async fn a_client_that_has_gone_is_noticed() {
        let (mut ours, theirs) = asked().await;
        drop(theirs);
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    /// An answer that is being written is not begun again.
    #[tokio::test]
    async fn an_answer_that_has_begun_is_not_begun_twice() {
        for is_flushed in [false, true] {
            let (mut ours, mut theirs) = asked().await;
            ours.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
            if is_flushed {
                ours.flush().await.unwrap();
                ours.clock.answered();
            }
            theirs.shutdown().await.unwrap();
            let ended = tokio::time::timeout(LOOK_TIME * 3, ours.read(&mut [0; 8])).await;
            assert!(ended.is_err());
            drop(ours);
            let mut all = String::new();
            theirs.read_to_string(&mut all).await.unwrap();
            assert_eq!(all, "HTTP/1.1 200 OK\r\n");
        }
    }
}
