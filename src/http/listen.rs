//! The connection between Doorward and the crate `doorward-server`, which knows nothing of Doorward: the handler's
//! types, the configuration, and errors.

use axum::{body::Body, extract::Request, response::Response};
use doorward_server::{IsProxy, ServerSettings, Tls, TlsError};
use ipnet::IpNet;
use tokio::net::TcpListener;

use crate::{Error, Result, config::TlsFiles, model::is_within};

/// Answers requests with `handle` until `stop` is ready. Returns false if the open requests did not end in time.
pub async fn serve<H, F>(listener: TcpListener, door: ServerSettings, handle: H, stop: impl Future<Output = ()>) -> bool
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    doorward_server::serve(listener, door, move |request| handle(request.map(Body::new)), stop).await
}

/// Returns a test whether an address is in one of these networks.
#[must_use]
pub fn proxies_within(networks: Vec<IpNet>) -> IsProxy {
    Box::new(move |address| is_within(&networks, address))
}

/// Reads the configured certificate and its key.
///
/// # Errors
/// [`Error::Config`], which names the key and its file.
pub fn load_tls(files: &TlsFiles) -> Result<Tls> {
    Tls::load(&files.certificate, &files.key).map_err(tls_error)
}

/// Names the configuration key of a certificate or key that cannot be used.
#[must_use]
pub fn tls_error(error: TlsError) -> Error {
    match error {
        TlsError::Certificate { .. } => Error::Config(format!("`server.tls_certificate`: {error}")),
        TlsError::Key { .. } => Error::Config(format!("`server.tls_key`: {error}")),
        TlsError::Setup(error) => Error::system("TLS", error),
    }
}
