//! The names of keys outside of the file: their environment variables, and their reference in `docs/configuration.md`.

use super::keys::{KEYS, KeyType};

/// Returns the environment variable that sets the key `path`.
#[must_use]
pub fn variable(path: &str) -> String {
    format!("DOORWARD_{}", path.replace('.', "__").to_ascii_uppercase())
}

/// Returns the reference of all keys, one Markdown table for each section: the generated part of
/// `docs/configuration.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    let mut section = "";
    for key in &KEYS {
        let of = key.path.split('.').next().unwrap_or_default();
        if of != section {
            section = of;
            text.push_str(&format!(
                "\n### `[{section}]`\n\n| key | kind | default | meaning |\n| --- | --- | --- | --- |\n"
            ));
        }
        let kind = match key.kind {
            KeyType::Text => "text".to_owned(),
            KeyType::SecretUrl => "URL, secret".to_owned(),
            KeyType::Number => "number".to_owned(),
            KeyType::Boolean => "true or false".to_owned(),
            KeyType::Duration => "duration".to_owned(),
            KeyType::List => "list of texts".to_owned(),
            KeyType::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        };
        let default = if key.default.is_empty() { "empty".to_owned() } else { format!("`{}`", key.default) };
        text.push_str(&format!("| `{}` | {kind} | {default} | {} |\n", key.path, key.meaning));
    }
    text
}
