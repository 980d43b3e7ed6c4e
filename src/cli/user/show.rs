//! `doorward user show`: one account, and whether wrong passwords block its login.

use serde_json::{Value, json};

use super::{
    display::{as_json, cells},
    target::Target,
};
use crate::{
    Result,
    app::App,
    cli::{
        outcome::{CommandOutcome, no_such_user},
        output,
    },
    model::{FailureKey, Failures, UnixMillis},
    store::{login_failures, roles},
};

pub(super) async fn run(app: &App, user: &Target, json: bool) -> Result<CommandOutcome> {
    let Some(user) = user.find_in_any_form(app).await? else { return no_such_user() };
    let (roles, failures) = {
        let mut conn = app.db.read().await?;
        let failures = login_failures::find(&mut conn, &FailureKey::of_user(user.id)).await?;
        (roles::all(&mut conn).await?, failures)
    };
    let now = app.clock.now();
    let failures = failures.unwrap_or_default().as_of(now);
    let next_at = failures.wait(now).map(|wait| now.plus(wait));
    if json {
        let mut value = as_json(&user, &roles);
        let closed_until = failures.closed_until().map(|at| at.to_string());
        let next_at = next_at.map(|at| at.to_string());
        let failed = json!({ "count": failures.count(), "next_try_at": next_at, "closed_until": closed_until });
        if let Value::Object(members) = &mut value {
            members.insert("failed_logins".to_owned(), failed);
        }
        output::json(&value);
    } else {
        let names = ["id", "name", "role", "created", "last login", "disabled"];
        output::line(format_args!("{:11} {}", "uid", user.uid));
        for (name, cell) in names.into_iter().zip(cells(&user, &roles)) {
            output::line(format_args!("{name:11} {cell}"));
        }
        output::line(format_args!("{:11} {}", "login", password_login(&failures, next_at)));
    }
    Ok(CommandOutcome::Done)
}

/// Describes the effect of wrong passwords for a client without a known device.
fn password_login(failures: &Failures, next_at: Option<UnixMillis>) -> String {
    let count = failures.count();
    match (failures.closed_until(), next_at) {
        (Some(until), _) => format!("closed until {until}, after {count} wrong passwords; see `doorward user unlock`"),
        (None, Some(at)) => format!("waits until {at}, after {count} wrong passwords"),
        (None, None) if count > 0 => format!("open; wrong passwords since the last right one: {count}"),
        (None, None) => "open".to_owned(),
    }
}
