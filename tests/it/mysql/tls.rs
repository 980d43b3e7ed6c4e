//! TLS to a server that offers it, with each value of `ssl-mode`.

use doorward_test_macros::async_test;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{Database, MariaDb, Program};

/// Writes an authority, a certificate for localhost and its key, and another authority.
fn write_certificates(folder: &std::path::Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.join(name), params.self_signed(&key).unwrap().pem()).unwrap();
        Issuer::new(params, key)
    };
    let issuer = authority("ca.pem");
    drop(authority("other.pem"));
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("server.pem"), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}

#[async_test]
async fn every_ssl_mode_does_what_it_says() {
    let folder = tempfile::TempDir::new().unwrap();
    write_certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let options = [format!("--ssl-cert={}", file("server.pem")), format!("--ssl-key={}", file("server.key"))];
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let Some(server) = MariaDb::start(&options) else { return };
    server.execute("CREATE USER tls IDENTIFIED BY 'secret' REQUIRE SSL").await;
    server.execute("CREATE USER plain IDENTIFIED BY 'secret'").await;
    server.execute("GRANT ALL ON doorward.* TO tls, plain").await;
    let (right, wrong) = (format!("ssl-ca={}", file("ca.pem")), format!("ssl-ca={}", file("other.pem")));
    let cases = [
        ("tls", "localhost", "ssl-mode=REQUIRED".to_owned(), true),
        ("tls", "localhost", "ssl-mode=preferred".to_owned(), true),
        ("tls", "localhost", "ssl-mode=DISABLED".to_owned(), false),
        ("plain", "localhost", "ssl-mode=DISABLED".to_owned(), true),
        ("tls", "localhost", format!("ssl-mode=VERIFY_CA&{right}"), true),
        ("tls", "localhost", format!("ssl-mode=VERIFY_CA&{wrong}"), false),
        ("tls", "localhost", format!("ssl-mode=VERIFY_IDENTITY&{right}"), true),
        ("tls", "127.0.0.1", format!("ssl-mode=VERIFY_IDENTITY&{right}"), false),
        ("tls", "localhost", right.clone(), true),
        ("tls", "localhost", "ssl-mode=VERIFY_IDENTITY".to_owned(), false),
        ("tls", "localhost", "ssl-mode=SOMETIMES".to_owned(), false),
        ("tls", "localhost", format!("ssl-ca={}", file("missing.pem")), false),
    ];
    for (user, host, parameters, works) in cases {
        let url = format!("mysql://{user}:secret@{host}:{}/doorward?{parameters}", server.port);
        let ran = Program::new(&Database::at(&url)).set("database.timeout", "10s").run(&["migrate", "status"]);
        let is_reached = ran.stdout.contains("0001_first_schema");
        assert_eq!(is_reached, works, "{user} {parameters}: {ran:?}");
    }
}

/// A server that is not local and offers TLS is used with TLS, without any parameter.
#[async_test]
async fn a_distant_server_is_used_with_tls_if_it_offers_it() {
    let folder = tempfile::TempDir::new().unwrap();
    write_certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let options = [format!("--ssl-cert={}", file("server.pem")), format!("--ssl-key={}", file("server.key"))];
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let Some(name) = other_name() else { return };
    let (Some(server), Some(without)) = (MariaDb::start(&options), MariaDb::start(&["--skip-ssl"])) else { return };
    for (server, right) in [(&server, "REQUIRE SSL"), (&without, "")] {
        server.execute(&format!("CREATE USER app IDENTIFIED BY 'secret' {right}")).await;
        server.execute("GRANT ALL ON doorward.* TO app").await;
        let url = format!("mysql://app:secret@{name}:{}/doorward", server.port);
        let ran = Program::new(&Database::at(&url)).run(&["migrate", "status"]);
        assert!(ran.stdout.contains("0001_first_schema"), "{ran:?}");
    }
}

/// A name of 127.0.0.1 that the program does not know to be this machine, if the system has one.
fn other_name() -> Option<String> {
    let hosts = std::fs::read_to_string("/etc/hosts").ok()?;
    let lines = hosts.lines().filter_map(|line| line.strip_prefix("127.0.0.1"));
    lines.flat_map(str::split_whitespace).find(|name| *name != "localhost").map(str::to_owned)
}
