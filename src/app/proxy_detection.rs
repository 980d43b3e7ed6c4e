//! Detects a proxy in front of this server that `server.trusted_proxies` lacks, or that does not name its clients.
//!
//! It only warns, and changes no limit. Invariants: memory and log lines are limited, although any client can send the
//! headers of a proxy. An address of the public internet is never suggested, because its owner could otherwise make the
//! operator trust it.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;

use crate::{
    config::Config,
    model::{Clock, is_private, is_within, network_of},
};

/// The maximum number of remembered networks. The network that was seen least recently is forgotten first.
const MAX_NETWORKS: usize = 16;
/// The time for which a network is remembered, and the shortest time between two log lines.
const HOUR: Duration = Duration::from_secs(3600);

/// The proxies that this node noticed.
pub struct ProxyDetection {
    trusted: Vec<IpNet>,
    clock: Clock,
    noticed: Mutex<Noticed>,
}

#[derive(Default)]
struct Noticed {
    networks: BTreeMap<IpAddr, Suspect>,
    logged_at: Option<Duration>,
}

struct Suspect {
    /// The last address of the network.
    address: IpAddr,
    is_trusted: bool,
    seen_at: Duration,
}

/// A probable proxy, with the advice for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyWarning {
    pub address: IpAddr,
    pub advice: String,
}

impl ProxyDetection {
    /// Creates a detection that has noticed nothing.
    #[must_use]
    pub fn new(config: &Config, clock: &Clock) -> Self {
        Self::trusting(&config.server.trusted_proxies, clock)
    }

    fn trusting(trusted: &[IpNet], clock: &Clock) -> Self {
        Self { trusted: trusted.to_vec(), clock: clock.clone(), noticed: Mutex::default() }
    }

    /// Observes a request. `client` is the address that counts, and `names_client` whether a header of a proxy is present.
    pub fn observe(&self, peer: IpAddr, client: IpAddr, names_client: bool) {
        let peer = peer.to_canonical();
        let is_trusted = is_within(&self.trusted, peer);
        let is_suspect = if is_trusted { client == peer } else { names_client && is_private(peer) };
        if !is_suspect {
            return;
        }
        let now = self.clock.monotonic();
        let mut noticed = self.lock();
        noticed.remember(Suspect { address: peer, is_trusted, seen_at: now });
        if noticed.logged_at.is_none_or(|logged_at| now.saturating_sub(logged_at) >= HOUR) {
            noticed.logged_at = Some(now);
            drop(noticed);
            let advice = self.advice(peer, is_trusted);
            tracing::warn!(address = %peer, advice, "a proxy is not configured correctly");
        }
    }

    /// Returns a warning for each proxy that was noticed within the last hour.
    #[must_use]
    pub fn warnings(&self) -> Vec<ProxyWarning> {
        let now = self.clock.monotonic();
        let noticed = self.lock();
        let recent = noticed.networks.values().filter(|suspect| now.saturating_sub(suspect.seen_at) < HOUR);
        let warning = |suspect: &Suspect| ProxyWarning {
            address: suspect.address,
            advice: self.advice(suspect.address, suspect.is_trusted),
        };
        recent.map(warning).collect()
    }

    fn advice(&self, address: IpAddr, is_trusted: bool) -> String {
        if is_trusted {
            return format!(
                "requests from the trusted proxy {address} have no readable X-Forwarded-For or Forwarded, so all its \
                 clients count as one; let it set one of the two headers and remove the other"
            );
        }
        let known = self.trusted.iter().map(|network| format!("\"{network}\", ")).collect::<String>();
        format!(
            "{address} sends X-Forwarded-For or Forwarded and is not trusted, so all its clients count as one; if it is \
             your proxy, set server.trusted_proxies = [{known}\"{address}\"]"
        )
    }

    fn lock(&self) -> MutexGuard<'_, Noticed> {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noticed {
    fn remember(&mut self, suspect: Suspect) {
        let network = network_of(suspect.address);
        if self.networks.len() >= MAX_NETWORKS && !self.networks.contains_key(&network) {
            let oldest = self.networks.iter().min_by_key(|(_, known)| known.seen_at).map(|(network, _)| *network);
            if let Some(oldest) = oldest {
                self.networks.remove(&oldest);
            }
        }
        self.networks.insert(network, suspect);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use super::*;
    use crate::model::UnixMillis;

    fn detection(trusted: &str) -> (ProxyDetection, Arc<AtomicI64>) {
        let (clock, hand) = Clock::manual(UnixMillis(1_795_348_800_000));
        let trusted: Vec<_> = trusted.split_whitespace().map(|network| network.parse().unwrap()).collect();
        (ProxyDetection::trusting(&trusted, &clock), hand)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_private_address_that_sends_proxy_headers_is_named_with_the_line_to_configure() {
        let (detection, _) = detection("10.0.0.5/32 fd00::/8");
        detection.observe(ip("10.0.0.9"), ip("10.0.0.9"), false);
        assert!(detection.warnings().is_empty(), "without a header it is a client");
        detection.observe(ip("::ffff:10.0.0.9"), ip("10.0.0.9"), true);
        let warnings = detection.warnings();
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].address, ip("10.0.0.9"));
        let line = "set server.trusted_proxies = [\"10.0.0.5/32\", \"fd00::/8\", \"10.0.0.9\"]";
        assert!(warnings[0].advice.contains(line), "{}", warnings[0].advice);
    }

    // D6: a client must not be able to suggest its own address.
    #[test]
    fn a_public_address_is_never_suggested() {
        let (detection, _) = detection("");
        detection.observe(ip("192.0.2.1"), ip("192.0.2.1"), true);
        detection.observe(ip("2001:db8::1"), ip("2001:db8::1"), true);
        assert!(detection.warnings().is_empty());
    }

    #[test]
    fn a_trusted_proxy_that_does_not_name_its_clients_is_reported() {
        let (detection, _) = detection("10.0.0.5/32");
        detection.observe(ip("10.0.0.5"), ip("192.0.2.1"), true);
        assert!(detection.warnings().is_empty());
        detection.observe(ip("10.0.0.5"), ip("10.0.0.5"), true);
        assert!(detection.warnings()[0].advice.contains("the trusted proxy 10.0.0.5 have no readable"));
    }

    // D10
    #[test]
    fn a_bounded_number_of_networks_is_remembered_for_an_hour() {
        let (detection, hand) = detection("");
        for number in 0..10_000_u32 {
            let address = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
            detection.observe(address, address, true);
            hand.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(detection.lock().networks.len(), MAX_NETWORKS);
        detection.observe(ip("192.168.0.1"), ip("192.168.0.1"), true);
        assert!(detection.warnings().iter().any(|warning| warning.address == ip("192.168.0.1")), "the latest is shown");
        hand.fetch_add(3_600_000, Ordering::Relaxed);
        assert!(detection.warnings().is_empty());
    }
}
