//! `docs/errors.md`, from the catalogue.

use super::{invalid::Flaw, problem::Code};

const HEAD: &str = "\
# Errors of `/api/v1`

This file is made from the catalogue in `src/http/api/problem.rs` and `src/http/api/invalid.rs`; a test compares them,
and `UPDATE_DOCS=1` writes it anew.

Every refusal and every failure is `application/problem+json` (RFC 9457):

```json
{
  \"type\": \"/docs#name_taken\",
  \"title\": \"Name taken\",
  \"status\": 409,
  \"detail\": \"Another account has this name, or one that counts as the same.\",
  \"code\": \"name_taken\",
  \"request_id\": \"5f3a9c01-2a\"
}
```

Programs look at `code`, which stays; `title` and `detail` are for people and may change. `request_id` is also in the header
`X-Request-Id`, and in the server's log. 401 comes with `WWW-Authenticate`, 405 with `Allow`, 429 and 503 with `Retry-After`.

";

const VALUES: &str = "
## Values that break a rule

With `invalid_input` comes a list, `errors`, of all values that break a rule, at most 20 of them. Each has `pointer`, where
it stands in the body (a JSON pointer, RFC 6901); or, with `pointer` null, `parameter`, the query parameter that it is, or
`header`. Then `code`, and `detail`, which says what would do. The value itself is never repeated.

";

const SILENCE: &str = "
## What no answer tells

Whether an account exists. An unknown name, a wrong password and a disabled account have one answer at login, of one size
and after the work of one hash ([more](api.md#what-responses-reveal)). The exception cannot be hidden: a name can be had once, so whoever signs up by a name, or changes
theirs, learns from `name_taken` that somebody has it.
";

/// The whole file.
pub fn errors() -> String {
    let codes = Code::ALL.iter().map(|code| {
        let entry = code.entry();
        [format!("`{}`", entry.word), entry.status.as_u16().to_string(), entry.meaning.to_owned()]
    });
    let flaws = Flaw::ALL.iter().map(|flaw| {
        let (word, meaning) = flaw.describe();
        [format!("`{word}`"), meaning.to_owned()]
    });
    format!(
        "{HEAD}{}{VALUES}{}{SILENCE}",
        table(["code", "status", "meaning"], codes),
        table(["code", "meaning"], flaws)
    )
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}
