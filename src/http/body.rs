//! Request bodies: read within bounds, for all routes, and as JSON objects, for those of the old contracts.
//!
//! Invariant: what is not exactly a JSON object in UTF-8, of at most 64 KiB and of no name twice, is refused before a
//! handler looks at it. Unknown names are for the handler to ignore or refuse.

use std::{collections::BTreeMap, fmt, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use tokio::time::timeout;

use super::legacy_error::{LegacyError, TOO_LARGE, TOO_SLOW, UNSUPPORTED_MEDIA_TYPE};

/// Largest body, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;
/// How much of a body that is too large is read and thrown away, so that the client gets to read the answer.
const DRAINED_BYTES: usize = 8 * 1024 * 1024;
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// How long the rest of a body that is too large may take.
const DRAINING: Duration = Duration::from_secs(2);

/// Why a body cannot be read, whatever is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyProblem {
    UnsupportedMediaType,
    TooLarge,
    TooSlow,
    /// The connection broke, or its framing did.
    Unreadable,
}

impl From<BodyProblem> for LegacyError {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE,
            BodyProblem::TooLarge => TOO_LARGE,
            BodyProblem::TooSlow => TOO_SLOW,
            BodyProblem::Unreadable => Self::bad_request("The request body could not be read"),
        }
    }
}

/// The members of a JSON object. No `Debug`: a password is among them.
pub struct JsonObject(BTreeMap<String, Value>);

impl JsonObject {
    /// Reads the body of `request`.
    ///
    /// # Errors
    /// 415, 413, 408 or 400.
    pub async fn read(request: Request) -> Result<Self, LegacyError> {
        let (parts, body) = request.into_parts();
        require_type(&parts.headers, |essence| {
            essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
        })?;
        let bytes = read_bounded(&parts.headers, body).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // The parser's message may quote the body, so only its kind is told.
            LegacyError::bad_request(match error.classify() {
                serde_json::error::Category::Data => "The request body must be a JSON object without repeated names",
                _ => "The request body is not valid JSON",
            })
        })
    }

    /// The text called `name`; `None` when it is missing, null or empty.
    ///
    /// # Errors
    /// 400 when it is something else than text.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, LegacyError> {
        match self.0.get_mut(name).map(Value::take) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(LegacyError::bad_request(format!("{name} must be a string"))),
        }
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = JsonObject;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
        // A tree, since 64 KiB hold thousands of names, and comparing each with all others would cost a core.
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            // Two parsers that pick different ones of two values are a way around a check (ASVS 1.5.3).
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a repeated name"));
            }
        }
        Ok(JsonObject(members))
    }
}

/// One content type, which `accepts` takes without its parameters and in lower case; in UTF-8 and not compressed.
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

/// The bytes of a body, of which there are at most [`BODY_BYTES`] and which take ten seconds at most.
///
/// # Errors
/// [`BodyProblem`], but for its content type.
pub async fn read_bounded(headers: &HeaderMap, body: Body) -> Result<Bytes, BodyProblem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_BYTES) {
        // A client that asks first is told no; any other is already sending.
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

/// Reads on for a while without keeping anything: a connection that is closed while the client still sends is reset, and
/// the client then never sees why.
async fn drain(body: Body) {
    let mut limited = Limited::new(body, DRAINED_BYTES);
    let read_on = async { while let Some(Ok(_)) = limited.frame().await {} };
    // Late or not, the answer is the same.
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

    /// Any number of bytes, each so long after the one before.
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
        assert_eq!(LegacyError::from(BodyProblem::TooSlow).status.as_u16(), 408);
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
