//! The stream of a connection, which reports every byte to its [`ConnectionActivity`] and its [`Framing`].
//!
//! Invariant: hyper reads the bytes of the stream unchanged.

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

use super::{activity::ConnectionActivity, framing::Framing};

/// A stream that reports its activity.
pub struct MonitoredStream<S> {
    stream: S,
    framing: Framing,
    connection_state: Arc<ConnectionState>,
}

/// The state that the stream and the service of one connection share.
pub struct ConnectionState {
    pub activity: ConnectionActivity,
    /// Whether a head has arrived in part.
    is_in_head: AtomicBool,
    ends_after_answer: AtomicBool,
}

impl ConnectionState {
    /// Starts the state of a connection that was accepted at this instant.
    pub fn new(accepted: Instant) -> Self {
        Self {
            activity: ConnectionActivity::new(accepted),
            is_in_head: AtomicBool::new(false),
            ends_after_answer: AtomicBool::new(false),
        }
    }

    /// Returns whether the connection closes after the next response.
    pub fn ends_after_answer(&self) -> bool {
        self.ends_after_answer.load(Relaxed)
    }

    pub fn end_after_answer(&self, ends: bool) {
        self.ends_after_answer.store(ends, Relaxed);
    }

    /// Records that the response to a request is known.
    pub fn answered(&self) {
        self.activity.answered(self.is_in_head.load(Relaxed));
    }
}

impl<S> MonitoredStream<S> {
    pub fn new(stream: S, connection_state: Arc<ConnectionState>) -> Self {
        Self { stream, framing: Framing::default(), connection_state }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MonitoredStream<S> {
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
            self.connection_state.is_in_head.store(is_in_head, Relaxed);
            self.connection_state.activity.arrived(is_in_head, self.framing.malformed_from());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> MonitoredStream<S> {
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => self.connection_state.activity.stalled(),
            Poll::Ready(Ok(bytes)) => self.connection_state.activity.took(*bytes),
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MonitoredStream<S> {
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
            Poll::Pending => self.connection_state.activity.stalled(),
            Poll::Ready(_) => self.connection_state.activity.flushed(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        if shut.is_pending() {
            self.connection_state.activity.stalled();
        }
        shut
    }
}
