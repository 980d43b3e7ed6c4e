//! TLS of the server's own connections: the certificate and its key from files, and new ones from the same files without
//! a stop.
//!
//! TLS 1.2 and 1.3 as rustls has them, which knows no weak suite (ASVS 12.1), and HTTP/1.1 alone. Invariant: files that
//! are of no use never take the place of those in force.

use std::{
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

/// The certificate in force. Its clones are one.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    in_force: Arc<RwLock<Arc<ServerConfig>>>,
}

#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// A certificate or key that cannot be used. No message shows anything of the key.
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
    /// Reads a chain and its private key, both in PEM.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let config = Arc::new(server_config(&files)?);
        Ok(Self { files, in_force: Arc::new(RwLock::new(config)) })
    }

    /// Reads the files again. New connections use what they hold.
    ///
    /// # Errors
    /// As [`Tls::load`]; then everything stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(server_config(&self.files)?);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The handshake.
    pub(crate) async fn accept<S>(&self, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.acceptor().accept(stream).await
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn server_config(files: &Files) -> Result<ServerConfig, TlsError> {
    let certificate = |reason| TlsError::Certificate { path: files.certificate.clone(), reason };
    let key = |reason| TlsError::Key { path: files.key.clone(), reason };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate(format!("cannot be read as PEM: {error}")))?;
    if chain.is_empty() {
        return Err(certificate("has no certificate in it".to_owned()));
    }
    // Its message is of the form alone and shows nothing of the key.
    let private = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| key(format!("has no private key in PEM that can be read: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => certificate(format!("holds no certificate of use: {error}")),
            _ => key(format!("does not fit the certificate of {}: {error}", files.certificate.display())),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
