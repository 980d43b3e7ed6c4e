//! A connection's stream, which tells its [`Pulse`] and its [`Framing`] of every byte.
//!
//! Invariant: what hyper gets is what came, unchanged.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{framing::Framing, pulse::Pulse};

/// A stream under watch.
pub struct Watched<S> {
    stream: S,
    framing: Framing,
    shared: Arc<Shared>,
}

/// What the stream and the service of one connection share.
pub struct Shared {
    pub pulse: Pulse,
    /// Whether a part of a head is there, and its end is not.
    is_in_head: AtomicBool,
    ends_after_answer: AtomicBool,
}

impl Shared {
    /// Of a connection that came at this moment.
    pub fn new(accepted: Instant) -> Self {
        Self {
            pulse: Pulse::new(accepted),
            is_in_head: AtomicBool::new(false),
            ends_after_answer: AtomicBool::new(false),
        }
    }

    /// Whether the next answer is the last one.
    pub fn ends_after_answer(&self) -> bool {
        self.ends_after_answer.load(Relaxed)
    }

    pub fn end_after_answer(&self, ends: bool) {
        self.ends_after_answer.store(ends, Relaxed);
    }

    /// The answer to a request is known.
    pub fn answered(&self) {
        self.pulse.answered(self.is_in_head.load(Relaxed));
    }
}

impl<S> Watched<S> {
    pub fn new(stream: S, shared: Arc<Shared>) -> Self {
        Self { stream, framing: Framing::default(), shared }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let known = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let arrived = buffer.filled().get(known..).unwrap_or_default();
        if !arrived.is_empty() {
            self.framing.read(arrived);
            let is_in_head = self.framing.is_in_head();
            self.shared.is_in_head.store(is_in_head, Relaxed);
            self.shared.pulse.arrived(is_in_head, self.framing.malformed_from());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => self.shared.pulse.stalled(),
            Poll::Ready(Ok(bytes)) => self.shared.pulse.took(*bytes),
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        match &flushed {
            Poll::Pending => self.shared.pulse.stalled(),
            Poll::Ready(_) => self.shared.pulse.flushed(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        if shut.is_pending() {
            self.shared.pulse.stalled();
        }
        shut
    }
}
