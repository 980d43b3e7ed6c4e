//! Where a request came from: its number, the client's address and what the client calls itself.
//!
//! For the audit trail, the list of a user's devices and the limits on guessing. Invariant: nothing here is believed; no
//! decision rests on what a client says of itself, and a presented device counts only once its signature was checked.

use std::{fmt, net::IpAddr, sync::Arc};

use super::PresentedDevice;

/// Longest client description that is kept, in code points.
const CLIENT_CODE_POINTS: usize = 200;

/// A request's number: which process, and which of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    /// Random, so that the numbers of different processes differ.
    pub process: u32,
    pub number: u64,
}

/// Where a request came from. The default is the command line: no request at all.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub request_id: Option<RequestId>,
    pub address: Option<IpAddr>,
    /// The `User-Agent`, cut to 200 characters, with those that cannot be seen replaced.
    pub client: Option<Arc<str>>,
    /// What the client presents as the cookie of a known device. Neither logged nor written down anywhere.
    pub device: Option<PresentedDevice>,
}

impl Source {
    /// What is kept of a `User-Agent` header.
    #[must_use]
    pub fn client_of(user_agent: &[u8]) -> Option<Arc<str>> {
        // Nearly every one, and this is on the way of every request.
        if user_agent.len() <= CLIENT_CODE_POINTS && user_agent.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return str::from_utf8(user_agent).ok().map(str::trim).filter(|text| !text.is_empty()).map(Arc::from);
        }
        let text = String::from_utf8_lossy(user_agent);
        let kept: String = text
            .chars()
            .take(CLIENT_CODE_POINTS)
            .map(|character| if super::name::is_unseen(character) { '\u{fffd}' } else { character })
            .collect();
        (!kept.trim().is_empty()).then(|| kept.trim().into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}-{:x}", self.process, self.number)
    }
}
