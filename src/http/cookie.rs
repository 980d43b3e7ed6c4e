//! The cookies: how that of a session, and that of a known device, are written and found.
//!
//! `__Host-session` with `Secure` when the public URL is https, else `session` without; always `HttpOnly`,
//! `SameSite=Lax`, `Path=/`, no `Domain` and no lifetime (RFC 6265bis §4.1, ASVS 3.3). `__Host-device`, else `device`, is
//! the same with a year's lifetime.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

use crate::{
    Error, Result,
    config::Config,
    model::{DEVICE_LIFETIME, DeviceToken, PlainToken, PresentedDevice, TokenHash},
};

/// The name and attributes, by whether browsers come over https.
fn name_and_attributes(config: &Config) -> (&'static str, &'static str) {
    match &config.server.public_url {
        Some(url) if url.is_https => ("__Host-session", "; Path=/; HttpOnly; SameSite=Lax; Secure"),
        _ => ("session", "; Path=/; HttpOnly; SameSite=Lax"),
    }
}

/// The name of the cookie.
pub fn name(config: &Config) -> &'static str {
    name_and_attributes(config).0
}

/// `Set-Cookie` that hands a token to its owner.
///
/// # Errors
/// Never for a token of ours.
pub fn set(config: &Config, token: &PlainToken) -> Result<HeaderValue> {
    let (name, attributes) = name_and_attributes(config);
    let mut value = HeaderValue::try_from(format!("{name}={}{attributes}", token.reveal()))
        .map_err(|_| Error::Corrupt("a token that cannot stand in a header"))?;
    // Keeps it out of what a library may print of the headers.
    value.set_sensitive(true);
    Ok(value)
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// ASVS 14.3.1: what was shown is not to be found in the cache. Not `cookies`, which would take those of the whole
/// registrable domain, and not `storage`, which is the front end's own and which the old application left alone.
const FORGET_WHAT_WAS_SHOWN: HeaderValue = HeaderValue::from_static("\"cache\"");

/// The same response, which ends what the browser knows of the session.
pub fn forgotten(config: &Config, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, clear(config));
    headers.insert(CLEAR_SITE_DATA, FORGET_WHAT_WAS_SHOWN);
    response
}

/// `Set-Cookie` that takes the cookie back.
fn clear(config: &Config) -> HeaderValue {
    match name_and_attributes(config).0 {
        "__Host-session" => {
            HeaderValue::from_static("__Host-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0")
        }
        _ => HeaderValue::from_static("session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    }
}

/// The name and attributes of the cookie by which a device is known, as the session's but for its lifetime.
fn device_name_and_attributes(config: &Config) -> (&'static str, &'static str) {
    match name_and_attributes(config).0 {
        "__Host-session" => ("__Host-device", "; Path=/; HttpOnly; SameSite=Lax; Secure"),
        _ => ("device", "; Path=/; HttpOnly; SameSite=Lax"),
    }
}

/// The same response, which makes the client a known device, if it is to become one.
pub fn with_device(config: &Config, mut response: Response, device: Option<&DeviceToken>) -> Response {
    let (name, attributes) = device_name_and_attributes(config);
    let value =
        device.map(|device| format!("{name}={}{attributes}; Max-Age={}", device.reveal(), DEVICE_LIFETIME.as_secs()));
    // What is in base64url can always stand in a header.
    if let Some(mut value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// What the request presents as the cookie of a known device.
pub fn presented_device(config: &Config, headers: &HeaderMap) -> Option<PresentedDevice> {
    value_of(device_name_and_attributes(config).0, headers).and_then(PresentedDevice::new)
}

/// The token that the request presents. Of several cookies of that name the first counts, as browsers send the most
/// specific one first (RFC 6265 §5.4).
pub fn presented(config: &Config, headers: &HeaderMap) -> Option<TokenHash> {
    value_of(name_and_attributes(config).0, headers).and_then(TokenHash::of_presented)
}

/// The value of the first cookie of this name.
fn value_of<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .next()
}
