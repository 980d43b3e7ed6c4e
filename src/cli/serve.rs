//! `doorward serve`: starts the service, prints a few lines about it, and shuts it down gracefully.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::{AbortHandle, JoinHandle},
    time::{sleep, timeout},
};

use super::{announce, metrics_listener, outcome::CommandOutcome, runtime};
use crate::{
    Error, Remedy, Result,
    app::{App, Missing, Purpose, file_mode_findings},
    config::{self, Config, Flags},
    http, jobs,
    log::ServiceLog,
    model::FindingState,
    ops::{legacy, secrets},
    store::{migrate, status},
};

/// The interval between attempts to reach the database.
const KNOCK: Duration = Duration::from_millis(500);
/// The interval of the log lines while a migration lasts.
const MIGRATION_REPORT: Duration = Duration::from_secs(5);
/// The longest wait for the database at start.
const GREETING: Duration = Duration::from_secs(2);

/// Runs the server to its end. The log starts before the configuration is read, so that every line has its format.
pub(super) fn run(flags: &Flags) -> Result<CommandOutcome> {
    let log = ServiceLog::start(config::log_format(flags))?;
    let outcome = start(flags, &log);
    if let Err(error) = &outcome {
        log.error(&error.to_string());
    }
    log.flush();
    Ok(outcome.unwrap_or(CommandOutcome::Refused))
}

fn start(flags: &Flags, log: &ServiceLog) -> Result<CommandOutcome> {
    let values = config::read(flags)?;
    let config = runtime::validated(&values)?;
    log.subscribe(&config.log);
    if let Some(ignored) = values.ignored_variables() {
        tracing::warn!("{ignored}");
    }
    runtime::block_on(serve(config, log))
}

async fn serve(config: Config, log: &ServiceLog) -> Result<CommandOutcome> {
    let listen = config.server.listen;
    let tls = config.server.tls.as_ref().map(http::load_tls).transpose()?;
    let mut app = runtime::app(config, Missing::Made)?;
    app.dropped_lines = log.dropped_lines();
    let app = Arc::new(app);
    // No request is served before the secrets are known to match the database.
    app.db.hold();
    let listener =
        TcpListener::bind(listen).await.map_err(|error| Error::system(&format!("cannot listen on {listen}"), error))?;
    let metrics_listener = metrics_listener::bind(&app.config).await?;
    let stop = stop_signal()?;
    tokio::spawn(reload_at_hangup(listen_for(SignalKind::hangup())?, tls.clone()));
    let is_up = bring_up_at_start(&app).await?;
    for finding in file_mode_findings(&app.config).iter().filter(|finding| finding.state != FindingState::Ok) {
        tracing::warn!("{}", finding.detail);
    }
    let jobs = jobs::Runner::start(&app, &jobs::JOBS)?;
    let service = http::HttpService::new(&app)?;
    let listens_on = listener.local_addr().unwrap_or(listen);
    let settings = server_settings(&app, tls);
    announce::start(&app, log, (listens_on, &settings), is_up).await;
    let metrics = metrics_listener.zip(service.metrics()).map(|(listener, service)| {
        if let Ok(address) = listener.local_addr() {
            log.announce(&format!("  metrics    http://{address}/metrics"));
        }
        metrics_listener::serve(listener, service)
    });
    let handle = move |request| {
        let service = service.clone();
        async move { service.handle(request).await }
    };
    let in_time = http::serve(listener, settings, handle, stop).await;
    jobs.stop().await;
    metrics.inspect(AbortHandle::abort);
    log.announce(if in_time { "stopped" } else { "stopped; some connections did not end in time" });
    Ok(CommandOutcome::Done)
}

/// Returns the settings of the HTTP server, with its limits.
fn server_settings(app: &App, tls: Option<http::Tls>) -> http::ServerSettings {
    let config = &app.config;
    let databases = 1 + usize::from(app.legacy.is_some());
    let proxies = if config.server.proxy_protocol { config.server.trusted_proxies.clone() } else { Vec::new() };
    let connections = http::connections(databases * config.database.connections);
    let limits = http::Limits { idle: config.server.keep_alive, ..http::Limits::of(connections) };
    http::ServerSettings { limits, is_proxy: http::proxies_within(proxies), tls }
}

/// Reloads the certificate at each SIGHUP. Without a certificate the signal has no effect, because some tools send it
/// to all services.
async fn reload_at_hangup(mut hangup: Signal, tls: Option<http::Tls>) {
    while hangup.recv().await.is_some() {
        match tls.as_ref().map(|tls| tls.reload().map_err(http::tls_error)) {
            Some(Ok(())) => tracing::info!("the certificate was reloaded; new connections use it"),
            Some(Err(error)) => tracing::error!(%error, "the certificate was not reloaded; the old one stays in use"),
            None => tracing::info!("SIGHUP ignored: no certificate is configured"),
        }
    }
}

/// Opens the database in a separate task and waits briefly for it. Returns false if it is not ready; the task then
/// continues. An unreachable database or a long migration therefore does not delay the server's answer to `/livez`.
async fn bring_up_at_start(app: &Arc<App>) -> Result<bool> {
    let mut task = tokio::spawn(bring_up_in_the_end(Arc::clone(app)));
    match timeout(GREETING, &mut task).await {
        Ok(Ok(outcome)) => outcome.map(|()| true),
        Ok(Err(_panicked)) => Err(Error::System("the database could not be brought up".to_owned())),
        Err(_elapsed) => {
            tokio::spawn(keep_bringing_up(Arc::clone(app), task));
            Ok(false)
        }
    }
}

/// Retries without limit. The server already answers 503, so every obstacle may pass: an operator may migrate, or a
/// fail-over may end.
async fn keep_bringing_up(app: Arc<App>, mut task: JoinHandle<Result<()>>) {
    let mut logged = String::new();
    loop {
        let reason = match task.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        if reason != logged {
            tracing::error!(reason, "the database cannot be used; retrying");
            logged = reason;
        }
        sleep(KNOCK).await;
        task = tokio::spawn(bring_up_in_the_end(Arc::clone(&app)));
    }
}

/// Retries until the database is open, or returns why it cannot be used.
async fn bring_up_in_the_end(app: Arc<App>) -> Result<()> {
    let mut away = None;
    let mut logged = String::new();
    loop {
        match bring_up(&app).await {
            Err(error) if error.is_outage() && !is_refusal(&error) => {
                let which = if app.db.is_schema_ready() { "the legacy database" } else { "the database" };
                let reason = error.to_string();
                if logged != reason {
                    let state = if matches!(error, Error::Unavailable(_)) { "unreachable" } else { "not usable" };
                    tracing::warn!(reason, "{which} is {state}; retrying");
                    logged = reason;
                }
                away = Some(which);
            }
            Err(Error::Conflict(_) | Error::Uncertain(_)) => {}
            Ok(()) if away.is_some() => {
                tracing::info!("{} is reachable", away.unwrap_or_default());
                return Ok(());
            }
            outcome => return outcome,
        }
        sleep(KNOCK).await;
    }
}

/// Returns whether the settings of the server must change before it can be used.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Unusable { remedy: Remedy::Settings, .. })
}

/// Migrates the database, or checks its schema, and opens it if the secrets match.
async fn bring_up(app: &App) -> Result<()> {
    if app.config.database.migrate {
        // Checks in bounded time that the database is reachable; a migration itself may take long.
        status::ping(&app.db, GREETING).await?;
        watched(migrate::up(&app.db, &app.clock, &app.rng)).await?;
    } else if migrate::check(&app.db).await?.is_some() {
        return Err(Error::Schema("the database is not migrated yet: run `doorward migrate up`".to_owned()));
    }
    secrets::agree(app, &[Purpose::Throttle, Purpose::Pepper]).await?;
    app.db.release();
    legacy::bring_up_link(app).await
}

/// Runs a migration, and logs while it lasts, because another session may block it.
async fn watched<T>(migration: impl Future<Output = Result<T>>) -> Result<T> {
    let mut migration = pin!(migration);
    loop {
        match timeout(MIGRATION_REPORT, &mut migration).await {
            Ok(outcome) => return outcome,
            Err(_elapsed) => {
                let advice = "SHOW PROCESSLIST on the database server shows whether another session holds a lock";
                tracing::warn!(advice, "the migration of the database has not ended; no request is served meanwhile");
            }
        }
    }
}

fn listen_for(kind: SignalKind) -> Result<Signal> {
    signal(kind).map_err(|error| Error::system("cannot listen for signals", error))
}

/// Returns a future that is ready at the first SIGINT or SIGTERM. A second signal ends the process at once.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let mut terminate = listen_for(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: requests in flight have {} s to end", http::GRACE.as_secs());
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(1);
        });
    })
}
