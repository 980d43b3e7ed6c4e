//! `doorward adopt status`: prints the progress of the adoption.

use serde_json::{Value, json};

use crate::{
    Error, Result,
    cli::{outcome::CommandOutcome, output, runtime},
    config::Config,
    ops::legacy::status::{self, Status},
    store::migrate,
};

pub(super) async fn run(config: Config, json: bool) -> Result<CommandOutcome> {
    let app = runtime::existing_app(config)?;
    if migrate::check(&app.db).await?.is_some() {
        return Err(Error::Schema("the database is not migrated yet: run `doorward migrate up`".to_owned()));
    }
    let status = status::status(&app).await?;
    if json {
        output::json(&as_json(&status));
    } else {
        print(&status);
    }
    Ok(CommandOutcome::Done)
}

fn print(status: &Status) {
    let Status { counts, source, .. } = status;
    output::line(format_args!("{:9}  rows in {}", status.rows_there, output::printable(&status.table_name)));
    output::line(format_args!("{:9}  adopted", counts.all));
    output::line(format_args!("{:9}  not adopted: still to come, or left behind", status.not_adopted()));
    output::line(format_args!("{:9}  have logged in here", counts.logged_in));
    output::line(format_args!("{:9}  have a password that was set here since", counts.password_set_here));
    output::line(format_args!("{:9}  gone or locked there", counts.gone));
    output::line(format_args!("{:9}  deleted here", counts.deleted_here));
    output::line("");
    let rows: Vec<_> = status
        .hashes
        .iter()
        .map(|(scheme, hashes)| {
            let as_there = if status.has_key { hashes.as_there.to_string() } else { "?".to_owned() };
            vec![(*scheme).to_owned(), hashes.all.to_string(), as_there]
        })
        .collect();
    output::table(&["PASSWORD HASHES", "USERS", "AS THERE"], &rows);
    if !status.has_key && source.is_some() {
        output::line(
            "the key of the fingerprints is not here (section [adopt] of the secrets): which hashes are as there cannot be told",
        );
    }
    output::line("");
    output::line(format_args!("first run      {}", at(source.as_ref().map(|source| source.first_run_at))));
    let finished = source.as_ref().and_then(|source| source.finished_at);
    output::line(format_args!("last finished  {}", at(finished)));
    output::line(format_args!("write-back     {}", if status.write_back { "on" } else { "off" }));
}

fn at(instant: Option<crate::model::UnixMillis>) -> String {
    instant.map_or_else(|| "never".to_owned(), |at| at.to_string())
}

fn as_json(status: &Status) -> Value {
    let Status { counts, source, .. } = status;
    let hashes = status.hashes.iter().map(|(scheme, hashes)| {
        let as_there = status.has_key.then_some(hashes.as_there);
        json!({ "scheme": scheme, "users": hashes.all, "as_there": as_there })
    });
    json!({
        "table": status.table_name,
        "rows_there": status.rows_there,
        "adopted": counts.all,
        "not_adopted": status.not_adopted(),
        "logged_in": counts.logged_in,
        "password_set_here": counts.password_set_here,
        "gone_there": counts.gone,
        "deleted_here": counts.deleted_here,
        "password_hashes": hashes.collect::<Value>(),
        "first_run_at": source.as_ref().map(|source| source.first_run_at.to_string()),
        "finished_at": source.as_ref().and_then(|source| source.finished_at).map(|at| at.to_string()),
        "write_back": status.write_back,
    })
}
