//! Auth0: the file of password hashes that its support exports, and the form of its bulk import.

use doorward_password::{FormColumns, LegacyForms};
use serde_json::Value;

use super::{
    fields::{Field, UserFields},
    state::{is_one_of, set_state},
};

/// The value of a hash in a form that cannot be read. It is never a password.
const UNKNOWN: &str = "$auth0$unknown";

/// Takes the password hash out of a user.
pub(super) fn take_password(user: &mut Value) -> Option<String> {
    let user = user.as_object_mut()?;
    let custom = user.remove("custom_password_hash").filter(|custom| !custom.is_null());
    let plain = ["passwordHash", "password_hash"].map(|name| user.remove(name));
    if let Some(custom) = custom {
        return Some(custom_hash(&custom).unwrap_or_else(|| UNKNOWN.to_owned()));
    }
    plain.into_iter().flatten().find_map(|value| value.as_str().map(str::to_owned))
}

/// Returns the string of a `custom_password_hash`; `None` if it has no known form.
fn custom_hash(custom: &Value) -> Option<String> {
    let word = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (algorithm, hash) = (word(custom, "algorithm")?, custom.get("hash")?);
    let value = word(hash, "value")?;
    let mut pass = "pass".to_owned();
    match custom.get("password").and_then(|password| word(password, "encoding")).as_deref() {
        None | Some("utf8") => {}
        Some("utf16le" | "ucs2" | "ucs-2") => pass = "utf16(pass)".to_owned(),
        Some(_) => return None,
    }
    let salt = custom.get("salt").filter(|salt| !salt.is_null());
    let part = |of: &Value| {
        let decode = match word(of, "encoding").as_deref() {
            None | Some("utf8") => "salt",
            Some("hex") => "unhex(salt)",
            Some("base64") => "unbase64(salt)",
            Some(_) => return None,
        };
        Some((decode, word(of, "value")?))
    };
    let (recipe, salt) = match algorithm.as_str() {
        "argon2" | "bcrypt" | "pbkdf2" | "ldap" if pass == "pass" && salt.is_none() => return Some(value),
        "md5" | "sha1" | "sha256" | "sha512" => match salt {
            None => (format!("{algorithm}({pass})"), String::new()),
            Some(salt) => {
                let is_first = match word(salt, "position").as_deref() {
                    None | Some("prefix") => true,
                    Some("suffix") => false,
                    Some(_) => return None,
                };
                let (salt, value) = part(salt)?;
                let joined = if is_first { format!("{salt}.{pass}") } else { format!("{pass}.{salt}") };
                (format!("{algorithm}({joined})"), value)
            }
        },
        "hmac" => {
            let (key, value) = part(hash.get("key")?)?;
            (format!("hmac_{}({key},{pass})", word(hash, "digest")?), value)
        }
        "scrypt" => {
            let number = |name: &str| custom.get(name).or_else(|| hash.get(name)).and_then(Value::as_u64);
            let (salt, value) = part(salt?)?;
            let (n, r, p) = (number("cost")?, number("blockSize")?, number("parallelization")?);
            (format!("scrypt({pass},{salt},{n},{r},{p},{})", number("keylen")?), value)
        }
        _ => return None,
    };
    let form = Some(LegacyForms::parse_form(&recipe).ok()?);
    let forms = LegacyForms { form, ..LegacyForms::default() };
    let composed = forms.compose(&value, FormColumns { salt: Some(salt.as_bytes()), ..FormColumns::default() });
    (composed != value).then_some(composed)
}

pub(super) fn rename(fields: &mut UserFields) {
    for id in ["user_id", "_id.$oid", "Id"] {
        if fields.get("id").is_none() {
            fields.rename(id, "id");
        }
    }
    let name = ["username", "email"].iter().find_map(|name| fields.text(name)).map(str::to_owned);
    fields.set("username", name.map_or(Field::Null, Field::Text));
    // The export has the member only if it is set.
    let blocked = fields.take("blocked").unwrap_or(Field::Null);
    set_state(fields, blocked == Field::Null || is_one_of(&blocked, &["false"]));
}
