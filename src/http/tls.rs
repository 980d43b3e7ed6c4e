//! TLS of the server's own connections: the certificate and its key from files, and new ones from the same files without
//! a stop.
//!
//! TLS 1.2 and 1.3 as rustls has them, which knows no weak suite (ASVS 12.1), and HTTP/1.1 alone. Invariant: files that
//! are of no use never take the place of those in force.

use std::{
    path::Path,
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

use crate::{Error, Result, config::TlsFiles};

/// The certificate in force. Its clones are one.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    in_force: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Error::Config`], which names the key and the file of it.
    pub fn load(files: &TlsFiles) -> Result<Self> {
        Ok(Self { files: files.clone(), in_force: Arc::new(RwLock::new(Arc::new(server_config(files)?))) })
    }

    /// Reads the files again; connections that come from now on use what they hold.
    ///
    /// # Errors
    /// As [`Tls::load`]; then everything stays as it was.
    pub fn reload(&self) -> Result<()> {
        let fresh = Arc::new(server_config(&self.files)?);
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The handshake.
    pub(super) async fn accept<S>(&self, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.acceptor().accept(stream).await
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn server_config(files: &TlsFiles) -> Result<ServerConfig> {
    let problem = |key: &str, file: &Path, what: String| Error::Config(format!("`{key}`: {}: {what}", file.display()));
    let certificate = |what: String| problem("server.tls_certificate", &files.certificate, what);
    let key = |what: String| problem("server.tls_key", &files.key, what);
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|error| certificate(format!("cannot be read as PEM: {error}")))?;
    if chain.is_empty() {
        return Err(certificate("has no certificate in it".to_owned()));
    }
    // Its message is of the form alone and shows nothing of the key.
    let private = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| key(format!("has no private key in PEM that can be read: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| Error::system("TLS", error))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => certificate(format!("holds no certificate of use: {error}")),
            _ => key(format!("does not fit the certificate of `server.tls_certificate`: {error}")),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
