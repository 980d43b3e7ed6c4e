//! What `doorward serve` announces at its start.

use std::{net::SocketAddr, time::Duration};

use crate::{
    app::App,
    http::{self, ServerSettings},
    log::ServiceLog,
    model::PasswordPolicy,
    ops::roles::administrators,
    store::status,
};

/// The longest wait for the database's version.
const GREETING: Duration = Duration::from_secs(2);

/// Announces the start. `is_up` states whether the databases are ready.
pub(super) async fn start(app: &App, log: &ServiceLog, (address, server): (SocketAddr, &ServerSettings), is_up: bool) {
    let config = &app.config;
    let url = format!("{}://{address}", if server.tls.is_some() { "https" } else { "http" });
    let (version, text) =
        (env!("CARGO_PKG_VERSION"), format!("Doorward {} listens on {url}", env!("CARGO_PKG_VERSION")));
    log.announce_with(&text, &[("version", version), ("url", &url)]);
    let connections = server.limits.connections;
    if connections < http::MOST_CONNECTIONS {
        log.announce(&format!("  at most {connections} connections at once; the limit of open files allows no more"));
    }
    // If only the legacy database is unreachable, Doorward's own is ready.
    let is_own_up = is_up || app.db.is_schema_ready();
    let version = if is_own_up { status::version(&app.db, GREETING).await.ok() } else { None };
    let version = version.as_deref().unwrap_or("unreachable; retrying");
    log.announce(&format!("  database   {} ({version})", config.database.shown()));
    routes(app, log);
    if let Some(legacy) = &app.legacy {
        let written = if legacy.write_back { "written back to it" } else { "not written to it" };
        let away = if is_own_up && !is_up { ", which is unreachable; retrying" } else { "" };
        log.announce(&format!(
            "  synchronised with the legacy table (adopt.from){away}; changes made here are {written}"
        ));
    }
    if !config.throttle_enabled {
        tracing::warn!("throttle.enabled is false: password guessing is not throttled");
        log.announce("  password guessing is not throttled (throttle.enabled = false)");
    }
    if app.db.recovered_pages() > 0 {
        let pages = app.db.recovered_pages();
        tracing::warn!(
            pages,
            "the -wal beside the database holds commits of a process that was killed; they are applied"
        );
    }
    if let Some(warning) = config.hashing.warning() {
        tracing::warn!("{warning}");
    }
    if is_own_up {
        administrator(app, log).await;
    }
}

/// Announces the contract of the legacy routes.
fn routes(app: &App, log: &ServiceLog) {
    let compat = &app.config.compat;
    if compat.enabled {
        let passwords = match &compat.password_policy {
            PasswordPolicy::Accept => "any password of 1 to 1024 characters".to_owned(),
            PasswordPolicy::Enforce(rules) => format!("passwords of at least {} characters", rules.min_length()),
        };
        let login = compat.login.word();
        log.announce(&format!("  POST /login speaks {login} (compat.login); the old routes take {passwords}"));
    }
}

/// Announces that no administrator exists.
async fn administrator(app: &App, log: &ServiceLog) {
    match administrators::exist(app).await {
        Ok(true) => {}
        Ok(false) => log.announce("  no administrator yet; make one: doorward user create NAME --role admin"),
        Err(error) => tracing::warn!(%error, "cannot read whether an administrator exists"),
    }
}
