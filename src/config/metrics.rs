//! `[metrics]`: the listener for Prometheus.

use std::net::SocketAddr;

use super::values::RawValues;
use crate::Result;

/// Reads the address of the metrics, which must not be that of the public listener.
pub(super) fn listen(values: &RawValues, public: SocketAddr) -> Result<Option<SocketAddr>> {
    let path = "metrics.listen";
    let text = values.text(path)?;
    if text.is_empty() {
        return Ok(None);
    }
    let address: SocketAddr = text.parse().map_err(|_| {
        values.problem(path, "must be an IP address and a port, for example 127.0.0.1:9464 or [::1]:9464")
    })?;
    // Port 0 is another one each time.
    let is_same_port = address.port() == public.port() && address.port() != 0;
    let overlaps = address.ip().is_unspecified() || public.ip().is_unspecified() || address.ip() == public.ip();
    if is_same_port && overlaps {
        return Err(values.problem(path, "must not be the address of `server.listen`: metrics are not for the public"));
    }
    Ok(Some(address))
}
