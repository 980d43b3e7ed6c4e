//! Doorward's side of the server: its handler's types, its configuration, and its errors.
//!
//! `front_door` and `tls` know nothing of Doorward. Whatever joins them to it is here.

use axum::{body::Body, extract::Request, response::Response};
use ipnet::IpNet;
use tokio::net::TcpListener;

use super::{
    FrontDoor, Tls,
    front_door::{self, IsProxy},
    tls::TlsError,
};
use crate::{Error, Result, config::TlsFiles, model::is_within};

/// Answers requests with `handle` until `stop` is ready, then lets those in flight end. False when they did not end in time.
pub async fn serve<H, F>(listener: TcpListener, door: FrontDoor, handle: H, stop: impl Future<Output = ()>) -> bool
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    front_door::serve(listener, door, move |request| handle(request.map(Body::new)), stop).await
}

/// Whether an address is in one of these networks.
#[must_use]
pub fn proxies_within(networks: Vec<IpNet>) -> IsProxy {
    Box::new(move |address| is_within(&networks, address))
}

/// Reads the configured certificate and its key.
///
/// # Errors
/// [`Error::Config`], which names the key and its file.
pub fn load_tls(files: &TlsFiles) -> Result<Tls> {
    Ok(Tls::load(&files.certificate, &files.key)?)
}

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::Certificate { .. } => Self::Config(format!("`server.tls_certificate`: {error}")),
            TlsError::Key { .. } => Self::Config(format!("`server.tls_key`: {error}")),
            TlsError::Setup(error) => Self::system("TLS", error),
        }
    }
}
