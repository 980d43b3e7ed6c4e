//! `docs/errors.md`, generated from the catalogue.

use super::{invalid::Violation, problem::ErrorCode};

const HEAD: &str = "\
# Errors of `/api/v1`

This file is generated from the catalogue in `src/http/api/problem.rs` and `src/http/api/invalid.rs`. A test compares
them, and `UPDATE_DOCS=1` writes it.

Every error is `application/problem+json` (RFC 9457):

```json
{
  \"type\": \"/docs#name_taken\",
  \"title\": \"Name taken\",
  \"status\": 409,
  \"detail\": \"Another account has this name, or a name that is considered equal.\",
  \"code\": \"name_taken\",
  \"request_id\": \"5f3a9c01-2a\"
}
```

Programs should use `code`, which is stable. `title` and `detail` are for people and may change. `request_id` is also in
the header `X-Request-Id` and in the server's log. 401 has the header `WWW-Authenticate`, 405 `Allow`, 429 and 503
`Retry-After`.

";

const VALUES: &str = "
## Invalid values

A problem `invalid_input` has a list `errors` of all invalid values, at most 20 of them. Each entry has a `pointer` to its
place in the body (a JSON pointer, RFC 6901). If `pointer` is null, `parameter` names the query parameter, or `header` the
header. `code` is the violated rule, and `detail` says what would be valid. The value itself is never repeated.

";

const SILENCE: &str = "
## What no response reveals

No response reveals whether an account exists. An unknown name, a wrong password and a disabled account get one response at
login, of one size and after the work of one hash ([more](api.md#what-responses-reveal)). One exception is unavoidable: a
name is unique, so a client that signs up with a name, or changes its name, learns from `name_taken` that it exists.
";

/// Returns the whole file.
pub fn errors() -> String {
    let codes = ErrorCode::ALL.iter().map(|code| {
        let entry = code.entry();
        [format!("`{}`", entry.word), entry.status.as_u16().to_string(), entry.meaning.to_owned()]
    });
    let flaws = Violation::ALL.iter().map(|flaw| {
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
