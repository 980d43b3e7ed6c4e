//! TLS: a certificate and its key from files, which can be reloaded without a stop.
//!
//! rustls provides TLS 1.2 and 1.3 without weak suites (ASVS 12.1). Only HTTP/1.1 is offered. Invariant: unusable files
//! never replace the certificate in use.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
        version::{TLS12, TLS13},
    },
    server::TlsStream,
};

/// The largest certificate chain or key.
const MOST: u64 = 1024 * 1024;

/// The certificate in use. Its clones share it.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    in_use: Arc<RwLock<Arc<ServerConfig>>>,
}

#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// An unusable certificate or key. No message contains a part of the key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {reason}", path.display())]
    Certificate { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Key { path: PathBuf, reason: String },
    #[error("{0}")]
    Setup(rustls::Error),
}

impl Tls {
    /// Loads a chain and its private key, both in PEM.
    ///
    /// # Errors
    /// Returns a [`TlsError`], which names the file, if a file is unusable.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let config = Arc::new(server_config(&files)?);
        Ok(Self { files, in_use: Arc::new(RwLock::new(config)) })
    }

    /// Loads the files again. New connections use the new certificate.
    ///
    /// # Errors
    /// Returns the errors of [`Tls::load`]. The previous certificate then stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(server_config(&self.files)?);
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Performs the handshake.
    pub(crate) async fn accept<S>(&self, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.acceptor().accept(stream).await
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.in_use.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Reads a regular file up to a bound. A pipe would block, and a device may never end.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unread = |error: std::io::Error| format!("cannot be read: {error}");
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() as u64 > MOST { Err(format!("is too large: it must not exceed {MOST} bytes")) } else { Ok(bytes) }
}

fn server_config(files: &Files) -> Result<ServerConfig, TlsError> {
    let certificate = |reason| TlsError::Certificate { path: files.certificate.clone(), reason };
    let key = |reason| TlsError::Key { path: files.key.clone(), reason };
    let chain = CertificateDer::pem_slice_iter(&read(&files.certificate).map_err(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| certificate(format!("cannot be read as PEM: {error}")))?;
    if chain.is_empty() {
        return Err(certificate("contains no certificate".to_owned()));
    }
    // The message describes only the format, and contains no part of the key.
    let private = PrivateKeyDer::from_pem_slice(&read(&files.key).map_err(key)?)
        .map_err(|error| key(format!("contains no readable private key in PEM: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => certificate(format!("contains no usable certificate: {error}")),
            _ => key(format!("does not match the certificate of {}: {error}", files.certificate.display())),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
