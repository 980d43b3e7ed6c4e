//! `doorward healthcheck`: asks the server of this configuration whether it is ready.

use super::{local_server, outcome::CommandOutcome, output};
use crate::{Error, Result, config::Config};

pub(super) fn run(config: &Config) -> Result<CommandOutcome> {
    let address = local_server::address(&config.server);
    let response = local_server::get(&config.server, "/readyz")
        .map_err(|error| Error::system(&format!("{address} does not answer"), error))?;
    if response.status == "200" {
        output::line("ready");
        Ok(CommandOutcome::Done)
    } else {
        output::error(format_args!("not ready: {address} answers {}", response.status));
        Ok(CommandOutcome::Refused)
    }
}
