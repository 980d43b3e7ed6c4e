//! The URL of a MySQL server: its hosts, the driver's options, and MySQL's own TLS parameters.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use mysql_async::{ClientIdentity, Opts, OptsBuilder, SslOpts, UrlError};
use url::Url;

use crate::{Error, Result, model::urls_of_hosts};

const STATEMENTS_KEPT: usize = 64;
/// The limit of a packet from the server. The driver would otherwise ask each server for its limit.
const MAX_PACKET: usize = 64 * 1024 * 1024;

/// How a connection to one host is opened.
#[derive(Debug, Clone)]
pub(in crate::db) struct HostOptions {
    /// The host and the port, for messages.
    pub name: String,
    pub opts: Opts,
    /// The options of a second attempt, without TLS, if the server does not offer it.
    pub without_tls: Option<Opts>,
}

/// MySQL's own TLS parameters.
struct TlsParameters {
    mode: Option<String>,
    certificates: SslOpts,
    has_certificates: bool,
}

/// Reads `url`: the options for each of its hosts, in order. The messages contain no value of the URL.
pub(in crate::db) fn hosts(url: &str) -> Result<Vec<HostOptions>> {
    urls_of_hosts(url).iter().map(|url| host(url)).collect()
}

/// Checks that the files which the URL names can be read.
pub(in crate::db) fn check_files(url: &str) -> Result<()> {
    for url in urls_of_hosts(url) {
        let Ok(url) = Url::parse(&url) else { continue };
        for (name, path) in url.query_pairs().filter(|(name, _)| matches!(&**name, "ssl-ca" | "ssl-cert" | "ssl-key")) {
            std::fs::File::open(Path::new(&*path))
                .map_err(|error| problem(&format!("the file of {name} cannot be read: {error}")))?;
        }
    }
    Ok(())
}

fn problem(message: &str) -> Error {
    Error::Config(format!("`database.url`: {message}"))
}

fn host(url: &str) -> Result<HostOptions> {
    let (url, tls) = tls_parameters(url)?;
    // The driver's messages are not used, because they quote values.
    let opts = Opts::from_url(url.as_str()).map_err(|error| match error {
        UrlError::UnknownParameter { param } => problem(&format!("unknown parameter {param}")),
        UrlError::InvalidParamValue { param, .. } => problem(&format!("the parameter {param} has an invalid value")),
        UrlError::FeatureRequired { param, .. } => problem(&format!("the parameter {param} is not supported")),
        _ => problem("must have the form mysql://USER:PASSWORD@HOST:PORT/DATABASE"),
    })?;
    if opts.db_name().is_none_or(str::is_empty) {
        return Err(problem("the path must name a database, as in mysql://host/name"));
    }
    let name = format!("{}:{}", opts.ip_or_hostname(), opts.tcp_port());
    // The URL has an IPv6 address in brackets, which are not part of the address.
    let host = opts.ip_or_hostname().trim_start_matches('[').trim_end_matches(']').to_owned();
    let uses_socket = opts.socket().is_some();
    let driver_tls = opts.ssl_opts().cloned();
    let is_local = uses_socket || is_loopback(&host);
    let (tls, may_go_without) = tls.decide(driver_tls, is_local)?;
    let builder = OptsBuilder::from_opts(opts)
        .ip_or_hostname(host)
        .prefer_socket(uses_socket)
        .client_found_rows(true)
        .stmt_cache_size(STATEMENTS_KEPT)
        .max_allowed_packet(Some(MAX_PACKET))
        .wait_timeout(Some(0))
        .tcp_keepalive(Some(Duration::from_secs(30)));
    let plain = builder.clone().ssl_opts(None::<SslOpts>);
    Ok(HostOptions { name, opts: builder.ssl_opts(tls).into(), without_tls: may_go_without.then(|| plain.into()) })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Removes MySQL's own TLS parameters (`ssl-mode`, `ssl-ca`, `ssl-cert`, `ssl-key`) from the URL, because the driver
/// rejects them.
fn tls_parameters(url: &str) -> Result<(Url, TlsParameters)> {
    let mut url = Url::parse(url).map_err(|error| problem(&error.to_string()))?;
    let (mut mode, mut authority, mut certificate, mut key) = (None, None, None, None);
    let mut others = Vec::new();
    for (name, value) in url.query_pairs().into_owned() {
        match name.as_str() {
            "ssl-mode" | "ssl_mode" | "sslmode" => mode = Some(value.to_ascii_uppercase()),
            "ssl-ca" => authority = Some(value),
            "ssl-cert" => certificate = Some(value),
            "ssl-key" => key = Some(value),
            _ => others.push((name, value)),
        }
    }
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
    let has_certificates = authority.is_some() || certificate.is_some();
    let mut certificates = SslOpts::default();
    if let Some(path) = authority {
        certificates = certificates.with_root_certs(vec![PathBuf::from(path).into()]).with_disable_built_in_roots(true);
    }
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let identity = ClientIdentity::new(PathBuf::from(certificate).into(), PathBuf::from(key).into());
            certificates = certificates.with_client_identity(Some(identity));
        }
        (None, None) => {}
        _ => return Err(problem("ssl-cert and ssl-key require each other")),
    }
    Ok((url, TlsParameters { mode, certificates, has_certificates }))
}

impl TlsParameters {
    /// Returns the TLS options, and whether a server without TLS is acceptable.
    fn decide(self, driver_tls: Option<SslOpts>, is_local: bool) -> Result<(Option<SslOpts>, bool)> {
        let tls = self.certificates;
        let unverified = || tls.clone().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
        Ok(match self.mode.as_deref() {
            // Certificates without a mode also require TLS.
            None if self.has_certificates => (Some(tls), false),
            None if driver_tls.is_some() => (driver_tls, false),
            None if is_local => (None, false),
            None | Some("PREFERRED") => (Some(unverified()), true),
            Some("DISABLED") => (None, false),
            Some("REQUIRED") => (Some(unverified()), false),
            Some("VERIFY_CA") => (Some(tls.with_danger_skip_domain_validation(true)), false),
            Some("VERIFY_IDENTITY") => (Some(tls), false),
            Some(_) => {
                let modes = "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";
                return Err(problem(&format!("ssl-mode must be {modes}")));
            }
        })
    }
}
