//! The cookies of a session and of a known device.
//!
//! The session cookie has the name of `session.cookie_name`, with `__Host-` and `Secure` if the public URL is https. It
//! always has `HttpOnly`, `SameSite=Lax` and `Path=/`, and neither `Domain` nor a lifetime (RFC 6265bis §4.1, ASVS 3.3).
//! The device cookie is `__Host-device` or `device`, with a lifetime of a year.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

use crate::{
    Error, Result,
    config::{Config, Cookies},
    model::{DEVICE_LIFETIME, DeviceToken, PlainToken, PresentedDevice, TokenHash},
};

/// Returns `Set-Cookie` with a token.
///
/// # Errors
/// A token that is invalid in a header. Doorward makes none.
pub fn set(config: &Config, token: &PlainToken) -> Result<HeaderValue> {
    let Cookies { session: name, attributes, .. } = &config.cookies;
    let mut value = HeaderValue::try_from(format!("{name}={}{attributes}", token.reveal()))
        .map_err(|_| Error::Corrupt("a token that cannot stand in a header"))?;
    // Keeps the token out of the headers that a library prints.
    value.set_sensitive(true);
    Ok(value)
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Clears the browser's cache (ASVS 14.3.1). Not `cookies`, which are those of the whole registrable domain, and not
/// `storage`, which belongs to the front end.
const CLEAR_CACHE: HeaderValue = HeaderValue::from_static("\"cache\"");

/// Removes the session cookie and clears the browser's cache.
pub fn forgotten(config: &Config, mut response: Response) -> Response {
    let Cookies { session: name, attributes, .. } = &config.cookies;
    let headers = response.headers_mut();
    // The configuration accepts only names that are valid in a header.
    if let Ok(value) = HeaderValue::try_from(format!("{name}={attributes}; Max-Age=0")) {
        headers.insert(header::SET_COOKIE, value);
    }
    headers.insert(CLEAR_SITE_DATA, CLEAR_CACHE);
    response
}

/// Adds the device cookie, if `device` has a token.
pub fn with_device(config: &Config, mut response: Response, device: Option<&DeviceToken>) -> Response {
    let Cookies { device: name, attributes, .. } = &config.cookies;
    let value =
        device.map(|device| format!("{name}={}{attributes}; Max-Age={}", device.reveal(), DEVICE_LIFETIME.as_secs()));
    // base64url is always valid in a header.
    if let Some(mut value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Returns the device cookie of a request.
pub fn presented_device(config: &Config, headers: &HeaderMap) -> Option<PresentedDevice> {
    value_of(config.cookies.device, headers).and_then(PresentedDevice::new)
}

/// Returns the token in the session cookie. Browsers send the most specific cookie of a name first (RFC 6265 §5.4).
pub fn presented(config: &Config, headers: &HeaderMap) -> Option<TokenHash> {
    value_of(&config.cookies.session, headers).and_then(TokenHash::of_presented)
}

/// Returns the value of the first cookie with this name.
fn value_of<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .next()
}
