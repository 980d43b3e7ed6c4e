//! The origin of a request: its id, the client's address and its self-description.
//!
//! The audit trail, the list of a user's devices and the rate limits use it. Invariant: no value in it is trusted. No
//! decision depends on a client's claims, and a presented device counts only after its signature was verified.

use std::{fmt, net::IpAddr, sync::Arc};

use super::PresentedDevice;

/// The longest stored client description, in code points.
const CLIENT_CODE_POINTS: usize = 200;

/// The id of a request: its process, and its number within the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    /// Random, so that all processes differ.
    pub process: u32,
    pub number: u64,
}

/// The origin of a request. The default is the command line, without a request.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub request_id: Option<RequestId>,
    pub address: Option<IpAddr>,
    /// The `User-Agent`, truncated to 200 characters, with invisible characters replaced.
    pub client: Option<Arc<str>>,
    /// The presented cookie of a known device. It is neither logged nor stored.
    pub device: Option<PresentedDevice>,
}

impl Source {
    /// Returns the stored form of a `User-Agent` header.
    #[must_use]
    pub fn client_of(user_agent: &[u8]) -> Option<Arc<str>> {
        // The fast path for most values, because every request runs this code.
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
