//! Database URLs: which are accepted, and how they are displayed without their secrets.

use url::Url;

use super::{export_file::ExportFile, url_dialects::in_own_form, values::RawValues};
use crate::{Result, model::urls_of_hosts};

/// The value of `adopt.from` for Doorward's own database.
pub const SAME: &str = "same";

/// Returns the URL at `path` if it is a database URL.
pub(super) fn accepted_url(values: &RawValues, path: &str) -> Result<String> {
    let url = in_own_form(values.text(path)?).map_err(|problem| values.problem(path, problem))?;
    if url.starts_with("mysql:") && !names_database(&url) {
        return Err(values.problem(path, "must have the form mysql://USER:PASSWORD@HOST:PORT/DATABASE"));
    }
    Ok(url)
}

/// Returns whether `url` is valid and names a host and a database. A longer path comes from a password with an
/// unescaped special character.
fn names_database(url: &str) -> bool {
    urls_of_hosts(url).iter().all(|url| has_database(url))
}

fn has_database(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        let name = url.path().strip_prefix('/').unwrap_or_default();
        url.host_str().is_some_and(|host| !host.is_empty()) && !name.is_empty() && !name.contains(['/', '@'])
    })
}

/// Returns a database URL without its password and parameters; an invalid URL is reduced to its scheme.
#[must_use]
pub fn redacted(url: &str) -> String {
    if url.is_empty() || url == SAME {
        return url.to_owned();
    }
    let Some((scheme, rest)) = url.split_once(':') else { return "…".to_owned() };
    if scheme == "sqlite" || ExportFile::parse(url).is_some() {
        return url.to_owned();
    }
    let urls = urls_of_hosts(url);
    let (Some(first), true) = (urls.first(), names_database(url)) else {
        return format!("{scheme}:{}", if rest.is_empty() { "" } else { "…" });
    };
    match Url::parse(first) {
        Ok(url) => {
            let secret = if url.password().is_some() { ":…" } else { "" };
            let at = if url.username().is_empty() && secret.is_empty() { "" } else { "@" };
            let hosts: Vec<_> = urls.iter().filter_map(|url| host_and_port(url)).collect();
            format!("{scheme}://{}{secret}{at}{}{}", url.username(), hosts.join(","), url.path())
        }
        Err(_) => format!("{scheme}:…"),
    }
}

fn host_and_port(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}{port}", url.host_str()?))
}
