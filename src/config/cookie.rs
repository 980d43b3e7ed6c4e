//! The names and attributes of the cookies, from `session.cookie_name` and the scheme of the public URL.
//!
//! Invariant: over https every name begins with `__Host-`, so that no subdomain and no plain connection can set the cookie
//! (RFC 6265bis §4.1.3.2).

use super::values::RawValues;
use crate::Result;

/// The longest name of a cookie that an operator chooses.
const NAME_BYTES: usize = 64;
/// The name of the device cookie.
const DEVICE: &str = "device";

/// The names and attributes of the cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookies {
    /// The name of the session cookie.
    pub session: String,
    /// The name of the cookie of a known device.
    pub device: &'static str,
    /// The attributes of both, with the separator before them.
    pub attributes: &'static str,
}

impl Cookies {
    pub(super) fn new(values: &RawValues, is_https: bool) -> Result<Self> {
        let path = "session.cookie_name";
        let name = values.text(path)?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if name.is_empty() || name.len() > NAME_BYTES || !name.bytes().all(is_token) {
            return Err(values.problem(path, "must be 1 to 64 letters, digits, `-`, `_` or `.`"));
        }
        if name.starts_with("__") {
            // Browsers give names with such prefixes a meaning, whatever the case of their letters.
            return Err(values.problem(path, "must not begin with `__`; over https, `__Host-` is added to the name"));
        }
        if name == DEVICE {
            return Err(values.problem(path, "must not be `device`, which is the name of another cookie of Doorward"));
        }
        Ok(if is_https {
            Self {
                session: format!("__Host-{name}"),
                device: "__Host-device",
                attributes: "; Path=/; HttpOnly; SameSite=Lax; Secure",
            }
        } else {
            Self { session: name.to_owned(), device: DEVICE, attributes: "; Path=/; HttpOnly; SameSite=Lax" }
        })
    }
}
