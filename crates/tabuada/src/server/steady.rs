//! A stream that ends when nobody takes what is written to it, and that tells the clock of its connection what comes in.
//!
//! What counts is progress, not time: whoever reads slowly, but reads, has all of an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::head_clock::HeadClock;

/// The stream of one connection.
pub(super) struct Steady<S> {
    stream: S,
    /// How long a write may wait for room.
    patience: Duration,
    clock: HeadClock,
    /// Runs while a write waits.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> Steady<S> {
    pub(super) fn new(stream: S, patience: Duration, clock: HeadClock) -> Self {
        Self { stream, patience, clock, alarm: None }
    }

    /// What came of a write, or that it has waited for too long.
    fn in_time<T>(&mut self, written: Poll<io::Result<T>>, task: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.alarm = None;
            return written;
        }
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience)));
        alarm.as_mut().poll(task).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(task, buffer);
        if buffer.filled().len() > before {
            self.clock.something_came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.in_time(written, task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, parts);
        self.in_time(written, task)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::{Instant, sleep};

    use super::*;

    const HALF_A_MINUTE: Duration = Duration::from_secs(30);

    fn steady<S>(stream: S) -> Steady<S> {
        Steady::new(stream, HALF_A_MINUTE, HeadClock::new(HALF_A_MINUTE))
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_not_waited_for() {
        let (ours, mut theirs) = duplex(16);
        let mut ours = steady(ours);
        let begun = Instant::now();
        let error = ours.write_all(&[0; 17]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (io::ErrorKind::TimedOut, HALF_A_MINUTE));
        // The one time after the other: what was taken between counts for nothing then.
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
}
