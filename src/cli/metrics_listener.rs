//! The listener of `/metrics` beside that of `doorward serve`.

use std::future::pending;

use tokio::{net::TcpListener, task::AbortHandle};

use crate::{
    Error, Result,
    config::Config,
    http::{self, Limits, MetricsService, ServerSettings},
};

/// The most connections: those of a few programs that scrape.
const CONNECTIONS: usize = 16;

/// Listens on `metrics.listen`, if configured.
pub(super) async fn bind(config: &Config) -> Result<Option<TcpListener>> {
    let Some(address) = config.metrics_listen else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|error| Error::system(&format!("cannot listen on {address} (metrics.listen)"), error))
}

/// Answers until the task is aborted.
pub(super) fn serve(listener: TcpListener, service: MetricsService) -> AbortHandle {
    let settings =
        ServerSettings { limits: Limits::of(CONNECTIONS), is_proxy: http::proxies_within(Vec::new()), tls: None };
    let handle = move |request| {
        let service = service.clone();
        async move { service.handle(&request) }
    };
    tokio::spawn(http::serve(listener, settings, handle, pending())).abort_handle()
}
