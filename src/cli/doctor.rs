//! `doorward doctor`: looks for mistakes and weaknesses in this installation, and gives advice.

use std::time::{Duration, Instant};

use doorward_password::{Password, Salt};
use serde_json::{Value, json};

use super::{failed_logins, local_server, outcome::CommandOutcome, output, runtime};
use crate::{
    Result,
    app::{App, Purpose, file_mode_findings},
    config::{Config, Server},
    http,
    model::{Finding, FindingState, PasswordPolicy},
    ops::{roles::administrators, secrets},
    store::{migrate, status},
};

const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn run(config: Config, ignored: Option<String>, json: bool) -> Result<CommandOutcome> {
    let app = runtime::existing_app(config)?;
    let mut findings = database(&app).await;
    findings.extend(ignored.map(|text| Finding::new("environment", FindingState::Weak, text)));
    if let Some(application) = &app.legacy {
        findings.push(match application.table(&app.db).await {
            Ok(table) => {
                Finding::new("old table", FindingState::Ok, format!("{} was found; every login reads it", table.name))
            }
            Err(error) => Finding::new("old table", FindingState::Wrong, format!("every login fails: {error}")),
        });
    }
    findings.push(hashing(&app).await?);
    findings.extend(server(&app.config));
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
    let is_wrong = findings.iter().any(|finding| finding.state == FindingState::Wrong);
    Ok(if is_wrong { CommandOutcome::Refused } else { CommandOutcome::Done })
}

async fn database(app: &App) -> Vec<Finding> {
    let shown = app.config.database.shown();
    let version = match status::version(&app.db, LIMIT).await {
        Ok(version) => version,
        Err(error) => return vec![Finding::new("database", FindingState::Wrong, format!("{shown}: {error}"))],
    };
    let state = if is_supported(&version) { FindingState::Ok } else { FindingState::Wrong };
    let advice = if state == FindingState::Ok { "" } else { "; MySQL 8.0 or MariaDB 10.6 is needed" };
    let mut findings = vec![Finding::new("database", state, format!("{shown}: {version}{advice}"))];
    let schema = match migrate::check(&app.db).await {
        Ok(None) => Finding::new("schema", FindingState::Ok, "up to date"),
        Ok(Some(pending)) => {
            let detail = format!("migration {} is pending: run `doorward migrate up`", pending.name);
            Finding::new("schema", FindingState::Wrong, detail)
        }
        Err(error) => Finding::new("schema", FindingState::Wrong, error.to_string()),
    };
    let is_ready = schema.state == FindingState::Ok;
    findings.push(schema);
    if is_ready {
        if let Err(error) = status::write_lasts(&app.db, &app.rng, LIMIT).await {
            findings.push(Finding::new("writing", FindingState::Wrong, error.to_string()));
        }
        findings.push(own_secrets(app).await);
        findings.push(failed_logins::finding(app).await);
        findings.push(match administrators::exist(app).await {
            Ok(true) => Finding::new("administrator", FindingState::Ok, "present"),
            Ok(false) => Finding::new(
                "administrator",
                FindingState::Weak,
                "missing; create one: doorward user create NAME --role admin",
            ),
            Err(error) => Finding::new("administrator", FindingState::Wrong, error.to_string()),
        });
    }
    findings
}

/// Checks that the secrets file belongs to the database.
async fn own_secrets(app: &App) -> Finding {
    let Some(file) = app.secrets.file() else {
        return Finding::new("secrets", FindingState::Wrong, "the file is missing");
    };
    let path = file.path().display();
    match secrets::look(app, &[Purpose::Throttle, Purpose::Pepper]).await {
        Ok(None) if app.secrets.kept(Purpose::Throttle).is_none() => {
            Finding::new("secrets", FindingState::Ok, format!("{path} will be created at the first start"))
        }
        Ok(None) => Finding::new("secrets", FindingState::Ok, format!("{path} matches this database")),
        Ok(Some(problem)) => Finding::new("secrets", FindingState::Wrong, format!("{path}: {problem}")),
        Err(error) => Finding::new("secrets", FindingState::Wrong, error.to_string()),
    }
}

/// SQLite is compiled in; other databases must be recent enough.
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

/// Times one hash with the current settings.
async fn hashing(app: &App) -> Result<Finding> {
    let started = Instant::now();
    let salt = Salt(app.rng.bytes()?);
    let hashed = app.hasher.hash(Password::new("a password for the doctor alone".to_owned()), salt).await;
    let taken = started.elapsed();
    let threads = app.hasher.threads();
    Ok(match hashed {
        Ok(_) => {
            let rate = threads as f64 / taken.as_secs_f64();
            let speed = format!("{taken:.1?} per hash on {threads} threads: about {rate:.0} logins per second");
            match app.config.hashing.warning() {
                None => Finding::new("hashing", FindingState::Ok, speed),
                Some(warning) => Finding::new("hashing", FindingState::Weak, format!("{warning}; {speed}")),
            }
        }
        Err(error) => Finding::new("hashing", FindingState::Wrong, error.to_string()),
    })
}

fn server(config: &Config) -> Vec<Finding> {
    let is_local = config.server.listen.ip().is_loopback();
    let is_https = config.server.public_url.as_ref().is_some_and(|url| url.is_https);
    let https = match (is_https, is_local) {
        (true, _) => Finding::new("public_url", FindingState::Ok, "https: the session cookie is __Host- and Secure"),
        (false, true) => Finding::new(
            "public_url",
            FindingState::Weak,
            "not https: only safe on this machine; set server.public_url for other clients",
        ),
        (false, false) => Finding::new(
            "public_url",
            FindingState::Weak,
            "not https, and other machines can reach this address: passwords and cookies can be intercepted",
        ),
    };
    let tls = config.server.tls.as_ref().map(|files| match http::load_tls(files) {
        Ok(_) => Finding::new("certificate", FindingState::Ok, "it is readable and matches the key"),
        Err(error) => Finding::new("certificate", FindingState::Wrong, error.to_string()),
    });
    let policy = match &config.compat.password_policy {
        _ if !config.compat.enabled => Finding::new("old routes", FindingState::Ok, "off"),
        PasswordPolicy::Enforce(rules) => {
            let (least, listed) = (rules.min_length(), rules.listed());
            let detail = format!(
                "new passwords must have at least {least} characters and must not be among {listed} listed ones"
            );
            Finding::new("old routes", FindingState::Ok, detail)
        }
        PasswordPolicy::Accept => Finding::new(
            "old routes",
            FindingState::Weak,
            "accept any new password: compat.password_policy = \"enforce\" is better",
        ),
    };
    let throttle = match config.throttle_enabled {
        true => Finding::new("throttling", FindingState::Ok, "password guessing is throttled"),
        false => Finding::new(
            "throttling",
            FindingState::Weak,
            "off: password guessing is not throttled; set throttle.enabled = true",
        ),
    };
    let modes = file_mode_findings(config);
    [https, policy, throttle].into_iter().chain(addresses(config)).chain(tls).chain(modes).collect()
}

/// Checks the configuration, and asks the server of this machine, if it runs, which proxies it noticed.
fn addresses(config: &Config) -> Vec<Finding> {
    let (noticed, broken) = of_running_server(&config.server);
    let addresses = if noticed.is_empty() { vec![configured_addresses(config)] } else { noticed };
    addresses.into_iter().chain(broken).collect()
}

/// Returns the proxies that the running server noticed, and what it cannot do: it may still use a file that was
/// replaced since. A server that does not run, or does not trust this client, reports nothing.
fn of_running_server(server: &Server) -> (Vec<Finding>, Vec<Finding>) {
    let nothing = || (Vec::new(), Vec::new());
    let Ok(response) = local_server::get(server, "/readyz?verbose") else { return nothing() };
    let Ok(Value::Object(answer)) = serde_json::from_str(&response.body) else { return nothing() };
    let checks = answer.get("checks").and_then(Value::as_array).into_iter().flatten();
    let (mut noticed, mut broken) = nothing();
    for check in checks {
        let (about, state) = (check["about"].as_str().unwrap_or_default(), check["state"].as_str());
        let detail = output::printable(check["detail"].as_str().unwrap_or_default());
        match state {
            Some("weak") if about == "addresses" => {
                noticed.push(Finding::new("addresses", FindingState::Weak, detail));
            }
            Some("wrong") => {
                let about = output::printable(about);
                broken.push(Finding::new("running server", FindingState::Wrong, format!("{about}: {detail}")));
            }
            _ => {}
        }
    }
    (noticed, broken)
}

fn configured_addresses(config: &Config) -> Finding {
    let server = &config.server;
    let is_https = server.public_url.as_ref().is_some_and(|url| url.is_https);
    if !server.trusted_proxies.is_empty() {
        let proxies = server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Finding::new("addresses", FindingState::Ok, format!("clients' addresses come from {proxies}"))
    } else if is_https && server.tls.is_none() {
        let ip = server.listen.ip();
        let proxy = if ip.is_loopback() { ip.to_string() } else { "the proxy's address".to_owned() };
        Finding::new(
            "addresses",
            FindingState::Weak,
            format!(
                "a proxy seems to provide https, so all clients have its address; set server.trusted_proxies = \
                 [\"{proxy}\"]"
            ),
        )
    } else {
        Finding::new("addresses", FindingState::Ok, "a client's address is that of its connection")
    }
}
