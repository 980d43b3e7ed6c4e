//! The bytes of a request's body, read within bounds of size and time, for all routes.
//!
//! Invariant: no more than 64 KiB of a body are kept, and no body keeps a request longer than ten seconds.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

/// The size limit of a body, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;
/// The part of a body over the limit that is read and discarded, so that the client receives the response.
const DRAINED_BYTES: usize = 8 * 1024 * 1024;
/// The time limit for a body to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// The time limit for discarding a body over the size limit.
const DRAINING: Duration = Duration::from_secs(2);

/// The reason why a body cannot be read, independent of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    UnsupportedMediaType,
    TooLarge,
    TooSlow,
    /// The connection ended early, or the framing is invalid.
    Unreadable,
}

/// Requires one content type that `accepts`, in UTF-8 and uncompressed. `accepts` gets it in lower case, without parameters.
///
/// # Errors
/// [`BodyProblem::UnsupportedMediaType`].
pub fn require_type(headers: &HeaderMap, accepts: impl Fn(&str) -> bool) -> Result<(), BodyProblem> {
    let mut types = headers.get_all(header::CONTENT_TYPE).into_iter();
    let (Some(content_type), None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else {
        return Err(BodyProblem::UnsupportedMediaType);
    };
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let is_utf8 = parts
        .filter_map(|part| part.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())))
        .filter(|(name, _)| name == "charset")
        .all(|(_, charset)| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"));
    let is_plain = headers.get_all(header::CONTENT_ENCODING).iter().all(|encoding| encoding == "identity");
    if accepts(&essence) && is_utf8 && is_plain { Ok(()) } else { Err(BodyProblem::UnsupportedMediaType) }
}

/// Reads a body of at most [`BODY_BYTES`] within ten seconds.
///
/// # Errors
/// [`BodyProblem`], except for the content type.
pub async fn read_bounded(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyProblem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_BYTES) {
        // A client that sent `Expect` waits for an answer. Any other client is already sending.
        if !headers.contains_key(header::EXPECT) {
            drain(body).await;
        }
        return Err(BodyProblem::TooLarge);
    }
    let mut limited = Limited::new(body, BODY_BYTES);
    match timeout(ARRIVAL, (&mut limited).collect()).await {
        Err(_) => Err(BodyProblem::TooSlow),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyProblem::TooLarge),
        Ok(Err(_)) => Err(BodyProblem::Unreadable),
    }
}

/// Discards the body for a while. A connection that is closed while the client sends is reset, and the client then never
/// receives the response.
async fn drain(body: Body) {
    let mut limited = Limited::new(body, DRAINED_BYTES);
    let read_on = async { while let Some(Ok(_)) = limited.frame().await {} };
    // The response is the same whether the time limit was reached or not.
    drop(timeout(DRAINING, read_on).await);
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use axum::body::HttpBody;
    use hyper::body::Frame;
    use tokio::time::{Instant, Sleep, sleep};

    use super::*;

    /// An endless body of single bytes, with a pause before each.
    struct Trickle {
        pause: Duration,
        next: Pin<Box<Sleep>>,
    }

    impl HttpBody for Trickle {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            ready!(self.next.as_mut().poll(context));
            self.next = Box::pin(sleep(self.pause));
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    fn trickle(seconds: u64) -> Body {
        let pause = Duration::from_secs(seconds);
        Body::new(Trickle { pause, next: Box::pin(sleep(pause)) })
    }

    // G10
    #[tokio::test(start_paused = true)]
    async fn a_body_has_ten_seconds_as_a_whole() {
        for pause in [1, 3, 60] {
            let began = Instant::now();
            let read = read_bounded(&HeaderMap::new(), trickle(pause)).await;
            assert_eq!(read, Err(BodyProblem::TooSlow), "{pause}");
            assert_eq!(began.elapsed().as_secs(), 10, "{pause}");
        }
    }

    // G10
    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_too_large_is_thrown_away_for_two_seconds() {
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, (BODY_BYTES + 1).into())]);
        let began = Instant::now();
        assert_eq!(read_bounded(&headers, trickle(1)).await, Err(BodyProblem::TooLarge));
        assert_eq!(began.elapsed().as_secs(), 2);
    }
}
