//! `doorward session …`: lists and revokes sessions.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    outcome::{CommandOutcome, no_such_user, refused},
    output::{self, printable},
};
use crate::{
    Result,
    app::App,
    model::{NameKey, Uid, UserId},
    ops::sessions::end,
    store::{
        sessions::{self, Found},
        users,
    },
};

/// The number of sessions in one database query.
const PAGE: u32 = 1000;

#[derive(Subcommand)]
pub(super) enum SessionCommand {
    /// List live sessions, of all users or of one
    List {
        /// Only this user's
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End one session, all sessions of a user, or all sessions
    Revoke {
        #[command(flatten)]
        which: SessionSelection,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct SessionSelection {
    /// The session's id, as `session list` shows it
    id: Option<Uid>,
    /// All sessions of this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// All sessions of all users
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(app: &App, command: SessionCommand) -> Result<CommandOutcome> {
    match command {
        SessionCommand::List { user, json } => {
            let of = match user {
                None => None,
                Some(name) => match id_of(app, &name).await? {
                    Some(id) => Some(id),
                    None => return no_such_user(),
                },
            };
            list(app, of, json).await
        }
        SessionCommand::Revoke { which } => revoke(app, which).await,
    }
}

async fn revoke(app: &App, which: SessionSelection) -> Result<CommandOutcome> {
    let ended = match which {
        SessionSelection { id: Some(id), .. } => match end::one(app, id).await? {
            true => 1,
            false => return refused("no such session"),
        },
        SessionSelection { user: Some(name), .. } => match id_of(app, &name).await? {
            Some(id) => end::all_of(app, id).await?,
            None => return no_such_user(),
        },
        SessionSelection { .. } => end::all(app).await?,
    };
    output::line(format_args!("sessions ended: {ended}"));
    Ok(CommandOutcome::Done)
}

async fn id_of(app: &App, name: &str) -> Result<Option<UserId>> {
    let Ok(key) = NameKey::to_find(name) else { return Ok(None) };
    Ok(users::by_key(&mut app.db.read().await?, &key).await?.map(|user| user.id))
}

async fn list(app: &App, of: Option<UserId>, json: bool) -> Result<CommandOutcome> {
    let mut conn = app.db.read().await?;
    let mut live = Vec::new();
    let mut after = None;
    loop {
        let page = sessions::page(&mut conn, after, of, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.session.uid);
        live.extend(page.into_iter().filter(|found| !has_ended(app, found)));
    }
    let end = |found: &Found| app.config.session.for_holder_of(&found.permissions).end_of(&found.session).to_string();
    if json {
        let rows = live.iter().map(|found| {
            json!({
                "id": found.session.uid.to_string(),
                "user_id": found.session.user_id.0,
                "user_name": found.user.name,
                "created_at": found.session.created_at.to_string(),
                "last_used_at": found.session.last_used_at.to_string(),
                "ends_at": end(found),
            })
        });
        output::json(&rows.collect());
    } else {
        let rows: Vec<_> = live
            .iter()
            .map(|found| {
                vec![
                    found.session.uid.to_string(),
                    printable(&found.user.name),
                    found.session.created_at.to_string(),
                    found.session.last_used_at.to_string(),
                    end(found),
                ]
            })
            .collect();
        output::table(&["ID", "USER", "CREATED", "LAST USED", "ENDS"], &rows);
    }
    Ok(CommandOutcome::Done)
}

fn has_ended(app: &App, found: &Found) -> bool {
    app.config.session.for_holder_of(&found.permissions).have_ended(&found.session, app.clock.now())
}
