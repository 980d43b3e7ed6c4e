//! `doorward user list`: all accounts.

use super::display::{as_json, cells};
use crate::{
    Result,
    app::App,
    cli::{outcome::CommandOutcome, output},
    model::UserId,
    store::{roles, users},
};

/// The number of users in one database query.
const PAGE: u32 = 1000;

pub(super) async fn run(app: &App, json: bool) -> Result<CommandOutcome> {
    let mut conn = app.db.read().await?;
    let roles = roles::all(&mut conn).await?;
    let mut after = UserId(0);
    let mut found = Vec::new();
    loop {
        let page = users::page(&mut conn, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        found.extend(page);
    }
    if json {
        output::json(&found.iter().map(|user| as_json(user, &roles)).collect());
    } else {
        let rows: Vec<_> = found.iter().map(|user| cells(user, &roles)).collect();
        output::table(&["ID", "NAME", "ROLE", "CREATED", "LAST LOGIN", "DISABLED"], &rows);
    }
    Ok(CommandOutcome::Done)
}
