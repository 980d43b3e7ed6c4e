//! `[server]`: the listening address, the public URL and the trusted proxies.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{
    public_url::{PublicUrl, cors_origins, hosts},
    values::RawValues,
};
use crate::Result;
use ipnet::IpNet;

/// The limit of `server.keep_alive`.
const MOST_KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// `[server]`
#[derive(Debug, Clone)]
pub struct Server {
    pub listen: SocketAddr,
    /// The scheme, host and port that browsers use, if not the listening address.
    pub public_url: Option<PublicUrl>,
    /// The values of `Host` under which requests may address Doorward, in lower case; empty if any.
    pub hosts: Vec<String>,
    /// The proxies that are trusted to name the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the trusted proxies start each connection with a PROXY protocol header.
    pub proxy_protocol: bool,
    /// `None` when this server does not encrypt connections.
    pub tls: Option<TlsFiles>,
    /// Other origins whose pages may send requests with the user's cookies, as browsers write them in `Origin`.
    pub cors_origins: Vec<String>,
    /// Whether browsers must use https for the subdomains of the public host too.
    pub hsts_subdomains: bool,
    /// How long a connection stays open without a request.
    pub keep_alive: Duration,
}

/// The files of the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain in PEM, with the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
}

impl Server {
    pub(super) fn new(values: &RawValues) -> Result<Self> {
        let path = "server.listen";
        let listen = values.text(path)?.parse().map_err(|_| {
            values.problem(path, "must be an IP address and a port, for example 127.0.0.1:5000 or [::1]:5000")
        })?;
        let path = "server.public_url";
        let text = values.text(path)?;
        let public_url = if text.is_empty() {
            None
        } else {
            let url = PublicUrl::new(text);
            Some(url.ok_or_else(|| {
                values.problem(
                    path,
                    "must have the form https://accounts.example.com or https://example.com/accounts, without a query",
                )
            })?)
        };
        let proxy_protocol = values.boolean("server.proxy_protocol")?;
        let trusted_proxies = trusted_proxies(values)?;
        if proxy_protocol && trusted_proxies.is_empty() {
            return Err(
                values.problem("server.proxy_protocol", "requires `server.trusted_proxies`: the proxies that send it")
            );
        }
        let is_https = public_url.as_ref().is_some_and(|url| url.is_https);
        let tls = TlsFiles::new(values)?;
        if tls.is_some() && !is_https {
            // The public URL alone determines the responses to browsers, such as the cookie's name.
            return Err(values.problem("server.tls_certificate", "needs an https URL in `server.public_url`"));
        }
        let hsts_subdomains = values.boolean("server.hsts_subdomains")?;
        if hsts_subdomains && !is_https {
            return Err(values.problem("server.hsts_subdomains", "needs an https URL in `server.public_url`"));
        }
        Ok(Self {
            listen,
            hosts: hosts(values, public_url.as_ref())?,
            public_url,
            trusted_proxies,
            proxy_protocol,
            tls,
            cors_origins: cors_origins(values, is_https)?,
            hsts_subdomains,
            keep_alive: values.duration("server.keep_alive", Duration::from_secs(1)..=MOST_KEEP_ALIVE)?,
        })
    }
}

fn trusted_proxies(values: &RawValues) -> Result<Vec<IpNet>> {
    let path = "server.trusted_proxies";
    let mut proxies = Vec::new();
    for item in values.list(path)? {
        let proxy = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
        if proxy.is_some_and(|proxy| proxy.prefix_len() == 0) {
            // Otherwise any client could choose its own address.
            return Err(values.problem(path, "must not include all addresses: name the proxies, or their networks"));
        }
        proxies.push(proxy.ok_or_else(|| {
            values.problem(path, "must be a list of addresses or networks, as in 10.0.0.5 or 10.0.0.0/8 or fd00::/8")
        })?);
    }
    Ok(proxies)
}

impl TlsFiles {
    fn new(values: &RawValues) -> Result<Option<Self>> {
        let (certificate, key) = (values.text("server.tls_certificate")?, values.text("server.tls_key")?);
        match (certificate.is_empty(), key.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(Self { certificate: certificate.into(), key: key.into() })),
            (true, false) => Err(values.problem("server.tls_key", "needs `server.tls_certificate`")),
            (false, true) => Err(values.problem("server.tls_certificate", "needs `server.tls_key`")),
        }
    }
}
