//! `doorward adopt scan`: prints the census of the legacy table.

use serde_json::{Value, json};

use super::{
    left_behind::{LISTED, LISTED_AS_JSON, key_json, left_json, left_line},
    unknown,
};
use crate::{
    Error, Result,
    app::LegacyApplication,
    cli::{
        outcome::CommandOutcome,
        output::{self, printable},
        progress::Shown,
        runtime,
    },
    config::{Config, LegacyDatabase},
    model::{LegacyKey, Rng, shown_text},
    ops::legacy::{
        KEY_ATTRIBUTE, PlainText,
        census::{Census, PasswordKind},
        scan::{self, Scan, ScanOptions},
    },
    store::{Db, DbOptions, LOCK_WAIT, status},
};

pub(super) async fn run(config: &Config, plain_text: PlainText, json: bool) -> Result<CommandOutcome> {
    let rng = Rng::system();
    let application =
        LegacyApplication::open(config, &rng)?.ok_or_else(|| Error::Config("`adopt.from`: is not set".to_owned()))?;
    let own = own_database(config, rng)?;
    let db = match (application.other_db(), &own) {
        (Some(other), _) => other,
        (None, Some(own)) => own,
        (None, None) => {
            let message = "`adopt.from`: say where the old table is; Doorward's own database is not there yet";
            return Err(Error::Config(message.to_owned()));
        }
    };
    status::ping(db, LOCK_WAIT).await.map_err(runtime::of_legacy)?;
    if let Some(own) = &own {
        status::ping(own, LOCK_WAIT).await?;
    }
    let mut shown = Shown::new();
    let limit = if json { LISTED_AS_JSON } else { LISTED };
    let wanted = ScanOptions { limit, plain_text };
    let scan = scan::scan(&application, db, own.as_ref(), wanted, &mut |progress| shown.show(progress)).await;
    shown.clear();
    let scan = scan?;
    if json {
        output::json(&as_json(&scan)?);
    } else {
        print(&scan, &place(config))?;
        unknown::advise(&scan, plain_text);
    }
    Ok(CommandOutcome::Done)
}

/// Opens Doorward's own database without changing it, if it exists.
fn own_database(config: &Config, rng: Rng) -> Result<Option<Db>> {
    let database = &config.database;
    if !Db::is_there(&database.url) {
        return Ok(None);
    }
    let options = DbOptions { url: database.url.clone(), connections: database.connections, timeout: database.timeout };
    Db::open_foreign(&options, rng, false).map(Some)
}

fn place(config: &Config) -> String {
    match &config.adopt.from {
        Some(LegacyDatabase::Url(url)) => crate::config::redacted(url),
        Some(LegacyDatabase::Export(file)) => format!("{}:{}", file.format.word(), file.path),
        _ => config.database.shown(),
    }
}

fn print(scan: &Scan<'_>, place: &str) -> Result<()> {
    let Scan { table, census, .. } = scan;
    let [id, name, password] = &table.columns;
    let role = table.role_column.as_ref().map_or_else(|| "no role".to_owned(), |role| format!("role {role}"));
    output::line(format_args!("table   {} in {place}", printable(&table.name)));
    output::line(format_args!(
        "columns {}",
        printable(&format!("id {id}, username {name}, password {password}, {role}"))
    ));
    output::line(format_args!("rows    {}", census.rows));
    output::line(format_args!("  a run would adopt   {}", census.adoptable));
    if census.adoptable_disabled > 0 {
        output::line(format_args!("  adopt as disabled   {}", census.adoptable_disabled));
    }
    if census.renumbered.total > 0 {
        output::line(format_args!("  under a new number  {}", census.renumbered.total));
    }
    output::line(format_args!("  already here        {}", census.already_here));
    let left: u64 = census.left_behind.values().map(|sample| sample.total).sum();
    output::line(format_args!("  and leave behind    {}", left));
    output::line("");
    passwords(census);
    unknown::shapes(census);
    unknown::names(census);
    unknown::states(&scan.states);
    if table.role_column.is_some() {
        output::line("");
        let rows = census.roles.iter().map(|(there, rows)| {
            let (here, is_known) = scan.role_here(there.as_deref())?;
            let note = if is_known { "" } else { "no such role here" };
            let there = there.as_ref().map_or_else(|| "(null)".to_owned(), |role| shown_text(role));
            Ok(vec![there, here.to_owned(), rows.to_string(), note.to_owned()])
        });
        output::table(&["ROLE THERE", "HERE", "ROWS", ""], &rows.collect::<Result<Vec<_>>>()?);
    }
    left_behind(census);
    Ok(())
}

fn passwords(census: &Census) {
    let row = |(kind, rows): (&PasswordKind, &u64)| {
        let (what, cost, strength, because) = match kind {
            PasswordKind::Hash { scheme, cost, strength, because } => (*scheme, cost.as_str(), *strength, *because),
            PasswordKind::Unrecognized => ("UNRECOGNISED", "", "", "in clear only if you say so"),
            PasswordKind::Unreadable { because, .. } => ("unreadable", "", "", because.as_str()),
            PasswordKind::Locked => ("locked", "", "", ""),
            PasswordKind::Empty => ("empty", "", "", ""),
            PasswordKind::Null => ("null", "", "", ""),
            PasswordKind::NotText => ("not text", "", "", ""),
            PasswordKind::Other => ("others", "", "", "too many kinds to be told apart"),
        };
        vec![what.to_owned(), cost.to_owned(), rows.to_string(), strength.to_owned(), because.to_owned()]
    };
    output::table(
        &["PASSWORDS", "COST", "ROWS", "STRENGTH", ""],
        &census.passwords.iter().map(row).collect::<Vec<_>>(),
    );
    if census.unrecognized.total > 0 {
        let ids: Vec<_> = census.unrecognized.first.iter().map(LegacyKey::shown).collect();
        let more = if census.unrecognized.total > LISTED as u64 { " …" } else { "" };
        output::line(format_args!("not recognised: the passwords of {}{more}", ids.join(", ")));
    }
}

fn left_behind(census: &Census) {
    if let Some(first) = census.renumbered.first.first() {
        output::line("");
        output::line(format_args!(
            "{} ids are not numbers, as {}: these users get new numbers, and the attribute {KEY_ATTRIBUTE} for \
             administrators keeps the id",
            census.renumbered.total,
            first.shown()
        ));
    }
    for sample in census.left_behind.values() {
        let Some(first) = sample.first.first() else { continue };
        output::line("");
        output::line(format_args!("{} left behind: {}", sample.total, first.why.kind()));
        for row in &sample.first {
            output::line(format_args!("  {}", left_line(row)));
        }
        if sample.total > sample.first.len() as u64 {
            output::line("  …");
        }
    }
    if census.collisions.total > 0 {
        output::line("");
        output::line(format_args!(
            "names that fold to the same key: {}; of each, the first row that is not shut out is imported",
            census.collisions.total
        ));
        for group in &census.collisions.first {
            let rows: Vec<_> =
                group.iter().map(|(key, name)| format!("{} \"{}\"", key.shown(), shown_text(name))).collect();
            output::line(format_args!("  {}", rows.join(", ")));
        }
    }
}

fn as_json(scan: &Scan<'_>) -> Result<Value> {
    let Scan { table, census, .. } = scan;
    let [id, username, password] = &table.columns;
    let passwords = census.passwords.iter().map(|(kind, rows)| match kind {
        PasswordKind::Hash { scheme, cost, strength, because } => json!({
            "kind": kind.code(), "scheme": scheme, "cost": cost, "strength": strength, "because": because, "rows": rows
        }),
        PasswordKind::Unreadable { why, because } => {
            json!({ "kind": kind.code(), "why": why, "because": because, "rows": rows })
        }
        _ => json!({ "kind": kind.code(), "rows": rows }),
    });
    let left_behind = census.left_behind.iter().map(|(code, sample)| {
        let first: Vec<_> = sample.first.iter().map(left_json).collect();
        json!({ "code": code, "rows": sample.total, "first": first })
    });
    let collisions = census.collisions.first.iter().map(|group| {
        group.iter().map(|(key, name)| json!({ "id": key_json(key), "name": shown_text(name) })).collect::<Value>()
    });
    let roles = census.roles.iter().map(|(there, rows)| {
        let (here, is_known) = scan.role_here(there.as_deref())?;
        Ok(json!({ "there": there, "here": here, "is_known": is_known, "rows": rows }))
    });
    let unrecognized: Vec<_> = census.unrecognized.first.iter().map(key_json).collect();
    let renumbered: Vec<_> = census.renumbered.first.iter().map(key_json).collect();
    Ok(json!({
        "table": table.name,
        "columns": { "id": id, "username": username, "password": password, "role": table.role_column },
        "rows": census.rows,
        "adoptable": census.adoptable,
        "adoptable_disabled": census.adoptable_disabled,
        "already_here": census.already_here,
        "renumbered": { "rows": census.renumbered.total, "first": renumbered },
        "passwords": passwords.collect::<Value>(),
        "unrecognized": { "rows": census.unrecognized.total, "first": unrecognized },
        "shapes": unknown::shapes_json(census),
        "names": unknown::names_json(census),
        "states": unknown::states_json(&scan.states),
        "left_behind": left_behind.collect::<Value>(),
        "collisions": { "names": census.collisions.total, "first": collisions.collect::<Value>() },
        "roles": roles.collect::<Result<Value>>()?,
    }))
}
