//! `doorward doctor`: looks for what is wrong or weak in this installation, and says what to do about it.

use std::time::{Duration, Instant};

use doorward_password::{Password, Salt};
use serde_json::json;

use super::{Outcome, app_over_what_is_there, output};
use crate::{
    Result,
    app::App,
    config::Config,
    http,
    model::PasswordPolicy,
    ops::administrators,
    store::{migrate, status},
};

const LIMIT: Duration = Duration::from_secs(5);

/// What one look found.
struct Finding {
    about: &'static str,
    state: State,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Weak,
    Wrong,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Weak => "weak",
            Self::Wrong => "wrong",
        }
    }
}

pub(super) async fn run(config: Config, json: bool) -> Result<Outcome> {
    let app = app_over_what_is_there(config)?;
    let mut findings = database(&app).await;
    if let Some(application) = &app.old {
        findings.push(match application.table(&app.db).await {
            Ok(table) => finding("old table", State::Ok, format!("{} is there, and every login asks it", table.name)),
            Err(error) => finding("old table", State::Wrong, format!("every login fails: {error}")),
        });
    }
    findings.push(hashing(&app).await?);
    findings.extend(front_door(&app.config));
    if json {
        let rows = findings
            .iter()
            .map(|finding| json!({ "about": finding.about, "state": finding.state.word(), "detail": finding.detail }));
        output::json(&rows.collect());
    } else {
        for Finding { about, state, detail } in &findings {
            output::line(format_args!("{:5}  {about:14} {detail}", state.word()));
        }
    }
    let is_wrong = findings.iter().any(|finding| finding.state == State::Wrong);
    Ok(if is_wrong { Outcome::Refused } else { Outcome::Done })
}

fn finding(about: &'static str, state: State, detail: impl Into<String>) -> Finding {
    Finding { about, state, detail: detail.into() }
}

async fn database(app: &App) -> Vec<Finding> {
    let shown = app.config.database.shown();
    let version = match status::version(&app.db, LIMIT).await {
        Ok(version) => version,
        Err(error) => return vec![finding("database", State::Wrong, format!("{shown}: {error}"))],
    };
    let state = if is_supported(&version) { State::Ok } else { State::Wrong };
    let advice = if state == State::Ok { "" } else { "; MySQL 8.0 or MariaDB 10.6 is needed" };
    let mut findings = vec![finding("database", state, format!("{shown}: {version}{advice}"))];
    let schema = match migrate::check(&app.db).await {
        Ok(None) => finding("schema", State::Ok, "up to date"),
        Ok(Some(pending)) => {
            let detail = format!("migration {} is pending: run `doorward migrate up`", pending.name);
            finding("schema", State::Wrong, detail)
        }
        Err(error) => finding("schema", State::Wrong, error.to_string()),
    };
    let is_ready = schema.state == State::Ok;
    findings.push(schema);
    if is_ready {
        findings.push(match administrators::exist(app).await {
            Ok(true) => finding("administrator", State::Ok, "there is one"),
            Ok(false) => finding("administrator", State::Weak, "there is none: doorward user create NAME --role admin"),
            Err(error) => finding("administrator", State::Wrong, error.to_string()),
        });
    }
    findings
}

/// SQLite is compiled in; the others must be recent enough.
fn is_supported(version: &str) -> bool {
    let Some((engine, number)) = version.split_once(' ') else { return false };
    let mut parts = number.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    match engine {
        "MariaDB" => number >= (10, 6),
        "MySQL" => number >= (8, 0),
        _ => true,
    }
}

/// Times one hash, as new passwords are made.
async fn hashing(app: &App) -> Result<Finding> {
    let started = Instant::now();
    let salt = Salt(app.rng.bytes()?);
    let hashed = app.hasher.hash(Password::new("a password for the doctor alone".to_owned()), salt).await;
    let taken = started.elapsed();
    let threads = app.hasher.threads();
    Ok(match hashed {
        Ok(_) => {
            let rate = threads as f64 / taken.as_secs_f64();
            let detail = format!("{taken:.1?} a hash on {threads} threads: some {rate:.0} logins a second");
            finding("hashing", State::Ok, detail)
        }
        Err(error) => finding("hashing", State::Wrong, error.to_string()),
    })
}

fn front_door(config: &Config) -> Vec<Finding> {
    let is_local = config.server.listen.ip().is_loopback();
    let is_https = config.server.public_url.as_ref().is_some_and(|url| url.is_https);
    let https = match (is_https, is_local) {
        (true, _) => finding("public_url", State::Ok, "https: the session cookie is __Host- and Secure"),
        (false, true) => finding(
            "public_url",
            State::Weak,
            "not https: right for this machine alone; set server.public_url to go on",
        ),
        (false, false) => finding(
            "public_url",
            State::Weak,
            "not https, and others can reach this address: passwords and cookies can be read on the way",
        ),
    };
    let tls = config.server.tls.as_ref().map(|files| match http::Tls::load(files) {
        Ok(_) => finding("certificate", State::Ok, "it can be read, and the key fits it"),
        Err(error) => finding("certificate", State::Wrong, error.to_string()),
    });
    let policy = match &config.compat.password_policy {
        _ if !config.compat.enabled => finding("old routes", State::Ok, "off"),
        PasswordPolicy::Enforce(rules) => {
            let (least, listed) = (rules.min_length(), rules.listed());
            let detail = format!("new passwords have at least {least} characters and are none of {listed} listed ones");
            finding("old routes", State::Ok, detail)
        }
        PasswordPolicy::Accept => {
            finding("old routes", State::Weak, "take any new password: compat.password_policy = \"enforce\" is better")
        }
    };
    let throttle = match config.throttle_enabled {
        true => finding("throttling", State::Ok, "guessing at passwords is slowed down"),
        false => finding("throttling", State::Weak, "off: nothing slows down whoever guesses; throttle.enabled = true"),
    };
    [https, policy, throttle].into_iter().chain(tls).collect()
}
