//! `[server]`: the listening address, the public URL and the trusted proxies.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;
use url::{Host, Url};

use super::values::RawValues;
use crate::Result;

/// `[server]`
#[derive(Debug, Clone)]
pub struct Server {
    pub listen: SocketAddr,
    /// The scheme, host and port that browsers use, if not the listening address.
    pub public_url: Option<PublicUrl>,
    /// The proxies that are trusted to name the client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the trusted proxies start each connection with a PROXY protocol header.
    pub proxy_protocol: bool,
    /// `None` when this server does not encrypt connections.
    pub tls: Option<TlsFiles>,
    /// Other origins whose pages may send requests with the user's cookies, as browsers write them in `Origin`.
    pub cors_origins: Vec<String>,
}

/// The files of the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain in PEM, with the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
}

/// An `http` or `https` URL without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// The form that browsers write in `Origin` (RFC 6454 §6.2).
    pub origin: String,
    pub is_https: bool,
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
                values.problem(path, "must have the form https://accounts.example.com, without a path")
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
        let cors_origins = cors_origins(values, is_https)?;
        Ok(Self { listen, public_url, trusted_proxies, proxy_protocol, tls, cors_origins })
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

fn cors_origins(values: &RawValues, is_https: bool) -> Result<Vec<String>> {
    let path = "server.cors_origins";
    let mut origins = Vec::new();
    for item in values.list(path)? {
        // A wildcard would be compared literally and match nothing.
        let origin = PublicUrl::new(item).filter(|_| !item.contains('*'));
        let origin = origin.ok_or_else(|| values.problem(path, "must be a list as in https://app.example.com"))?;
        // An attacker on the network can impersonate any http origin and send requests with the user's cookies.
        if is_https && !origin.is_https && !origin.is_this_machine() {
            return Err(values.problem(path, "must be https origins, as `server.public_url` is"));
        }
        origins.push(origin.origin);
    }
    Ok(origins)
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

impl PublicUrl {
    fn new(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let is_https = url.scheme() == "https";
        (is_bare && (is_https || url.scheme() == "http"))
            .then(|| Self { origin: url.origin().ascii_serialization(), is_https })
    }

    /// Returns whether the URL points to the user's own machine, as during front-end development.
    fn is_this_machine(&self) -> bool {
        match Url::parse(&self.origin).ok().as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Returns the host name, unless the host is an address.
    pub(super) fn host_name(&self) -> Option<String> {
        match Url::parse(&self.origin).ok()?.host()? {
            Host::Domain(name) => Some(name.to_owned()),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }
}
