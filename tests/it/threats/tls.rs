//! Doorward's own TLS (ASVS 12.1): versions and protocols, and the replacement of a certificate.

use doorward_test_macros::async_test;
use std::{path::PathBuf, sync::Arc, time::Duration};

use doorward::{
    config::TlsFiles,
    http::{ServerSettings, Tls, load_tls, tls_error},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName},
        version::{TLS12, TLS13},
    },
};

use crate::support::{Database, ListeningSite, Program, Site, eventually, listening_site::statuses};

const HOST: &str = "accounts.example.com";

/// A folder with a certificate and its key.
struct Certificate {
    folder: TempDir,
    der: CertificateDer<'static>,
}

fn fresh() -> (String, String, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem(), cert.der().clone())
}

impl Certificate {
    fn new() -> Self {
        let mut certificate = Self { folder: TempDir::new().unwrap(), der: CertificateDer::from(Vec::new()) };
        certificate.renew();
        certificate
    }

    /// Puts another certificate into the files.
    fn renew(&mut self) {
        let (chain, key, der) = fresh();
        std::fs::write(self.path("chain.pem"), chain).unwrap();
        std::fs::write(self.path("key.pem"), key).unwrap();
        self.der = der;
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> TlsFiles {
        TlsFiles { certificate: self.path("chain.pem"), key: self.path("key.pem") }
    }

    fn program(&self, database: &Database) -> Program {
        Program::new(database)
            .set("server.public_url", &format!("https://{HOST}"))
            .set("server.tls_certificate", self.path("chain.pem").to_str().unwrap())
            .set("server.tls_key", self.path("key.pem").to_str().unwrap())
    }
}

/// A handshake by a client that trusts only `certificate`, with these versions and protocols.
async fn connect(
    address: std::net::SocketAddr,
    certificate: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), stream).await
}

async fn trusts(address: std::net::SocketAddr, certificate: &CertificateDer<'static>) -> bool {
    connect(address, certificate, &[&TLS13], &[]).await.is_ok()
}

async fn site() -> Site {
    Site::builder().set("server.public_url", &format!("https://{HOST}")).start().await
}

fn with(tls: &Tls) -> impl FnOnce(&mut ServerSettings) {
    let tls = tls.clone();
    move |door| door.tls = Some(tls)
}

// ASVS 12.1.1
#[async_test]
async fn only_current_tls_versions_are_accepted() {
    let certificate = Certificate::new();
    let tls = load_tls(&certificate.files()).unwrap();
    let site = site().await;
    let door = ListeningSite::open(&site, with(&tls)).await;
    for (versions, protocols, version) in [
        (&[&TLS12, &TLS13][..], &["h2", "http/1.1"][..], ProtocolVersion::TLSv1_3),
        (&[&TLS12], &["http/1.1"], ProtocolVersion::TLSv1_2),
        (&[&TLS13], &[], ProtocolVersion::TLSv1_3),
    ] {
        let mut stream = connect(door.address, &certificate.der, versions, protocols).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(version));
        let agreed = if protocols.is_empty() { None } else { Some(&b"http/1.1"[..]) };
        assert_eq!(session.alpn_protocol(), agreed);
        let request = format!("GET /version HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(statuses(&answer), [200]);
        assert!(answer.to_ascii_lowercase().contains("\r\nstrict-transport-security: max-age="), "{answer}");
    }
    // G13: a client that offers only HTTP/2 is rejected.
    assert!(connect(door.address, &certificate.der, &[&TLS13], &["h2"]).await.is_err());
    // Nothing is answered without TLS.
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(format!("GET /version HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The server sends an alert and closes.
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
}

#[async_test]
async fn a_certificate_is_replaced_without_a_restart_and_an_invalid_one_is_not_used() {
    let mut certificate = Certificate::new();
    let tls = load_tls(&certificate.files()).unwrap();
    let site = site().await;
    let door = ListeningSite::open(&site, with(&tls)).await;
    let first = certificate.der.clone();
    let mut open = connect(door.address, &first, &[&TLS13], &[]).await.unwrap();
    certificate.renew();
    assert!(trusts(door.address, &first).await);
    tls.reload().unwrap();
    assert!(trusts(door.address, &certificate.der).await);
    assert!(!trusts(door.address, &first).await);
    let second = certificate.der.clone();
    let (other_chain, other_key, _) = fresh();
    let key = std::fs::read_to_string(certificate.path("key.pem")).unwrap();
    let chain = std::fs::read_to_string(certificate.path("chain.pem")).unwrap();
    for (name, content) in [
        ("key.pem", other_key.as_str()),
        ("chain.pem", &other_chain),
        ("key.pem", ""),
        ("chain.pem", "nonsense"),
        ("key.pem", &chain),
    ] {
        std::fs::write(certificate.path(name), content).unwrap();
        let problem = tls_error(tls.reload().unwrap_err()).to_string();
        assert!(problem.contains("`server.tls_") && problem.contains(".pem"), "{problem}");
        assert!(!problem.contains("PRIVATE"), "{problem}");
        assert!(trusts(door.address, &second).await, "{name}");
        std::fs::write(certificate.path("key.pem"), &key).unwrap();
        std::fs::write(certificate.path("chain.pem"), &chain).unwrap();
    }
    tls.reload().unwrap();
    // A connection from before the change still works.
    let request = format!("GET /version HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    open.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.unwrap();
    assert_eq!(statuses(&answer), [200]);
}

// J16: an unfinished handshake is not a request in flight.
#[async_test]
async fn a_silent_client_does_not_delay_the_shutdown() {
    let certificate = Certificate::new();
    let tls = load_tls(&certificate.files()).unwrap();
    let site = site().await;
    let door = ListeningSite::open(&site, |door| {
        door.tls = Some(tls);
        door.limits.connections = 2;
        door.limits.handshake = Duration::from_secs(3600);
    })
    .await;
    let silent = TcpStream::connect(door.address).await.unwrap();
    // Connections are accepted in order: once this one is served, the silent one has been accepted.
    assert!(trusts(door.address, &certificate.der).await);
    assert!(door.close().await);
    drop(silent);
}

#[async_test]
async fn the_program_reloads_its_certificate_on_sighup() {
    let mut certificate = Certificate::new();
    let database = Database::new().await;
    let server = certificate.program(&database).serve();
    let address = server.web.address;
    assert!(server.printed().contains("listens on https://"));
    let health = certificate.program(&database).set("server.listen", &address.to_string());
    assert_eq!(health.run(&["healthcheck"]).stdout, "ready\n");
    assert!(trusts(address, &certificate.der).await);
    certificate.renew();
    server.signal("HUP");
    eventually("the new certificate", || server.printed().contains("new connections use it").then_some(()));
    assert!(trusts(address, &certificate.der).await);
    std::fs::write(certificate.path("chain.pem"), "nonsense").unwrap();
    server.signal("HUP");
    eventually("the complaint", || server.printed().contains("the old one stays in use").then_some(()));
    assert!(trusts(address, &certificate.der).await);
    let (status, printed) = server.stop();
    assert!(status.success(), "{printed}");
}

#[async_test]
async fn unusable_tls_files_are_named_at_the_start() {
    let database = Database::new().await;
    // `doctor` needs an existing schema.
    assert_eq!(Program::new(&database).run(&["migrate", "up"]).code, 0);
    for (name, key) in [("chain.pem", "server.tls_certificate"), ("key.pem", "server.tls_key")] {
        for content in
            [None, Some(""), Some("nonsense"), Some("-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n")]
        {
            let certificate = Certificate::new();
            match content {
                None => std::fs::remove_file(certificate.path(name)).unwrap(),
                Some(content) => std::fs::write(certificate.path(name), content).unwrap(),
            }
            for command in [&["config", "check"][..], &["serve", "--listen", "127.0.0.1:0"]] {
                let ran = certificate.program(&database).run(command);
                assert_eq!(ran.code, 1, "{content:?}: {}", ran.stderr);
                assert!(ran.stderr.contains(&format!("`{key}`")) && ran.stderr.contains(name), "{}", ran.stderr);
                assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
            }
            let told = certificate.program(&database).run(&["doctor"]);
            assert!(told.stdout.contains("wrong  certificate") && told.stdout.contains(key), "{}", told.stdout);
        }
    }
    let certificate = Certificate::new();
    let ran = certificate.program(&database).run(&["config", "check"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = certificate.program(&database).set("server.public_url", "http://a.example").run(&["config", "check"]);
    assert!(
        ran.stderr.contains("`server.tls_certificate`") && ran.stderr.contains("needs an https URL"),
        "{}",
        ran.stderr
    );
}
