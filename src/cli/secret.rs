//! `doorward secret …`: the versions in the secrets file. No key is ever printed.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{outcome::CommandOutcome, output, runtime};
use crate::{
    Result,
    app::{Missing, NotChanged, Purpose, SecretsFile, Versions},
    config::Config,
    model::{Rng, SecretKey},
    ops::secrets::{self, Forget, Retire},
    store::Db,
};

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// List the secrets and their versions
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Create the file with the keys that every node needs; no database is needed
    Init,
    /// Add a version and make it current
    Rotate {
        purpose: PurposeArgument,
        /// Keep the current version, so that the file can first be copied to all nodes
        #[arg(long)]
        later: bool,
    },
    /// Make a version current; 0 turns the pepper off
    Use { purpose: PurposeArgument, version: u32 },
    /// Remove the key of a version that is no longer needed
    Retire { purpose: PurposeArgument, version: u32 },
    /// Forget the versions whose keys are lost, so that the database can be used without them
    Forget {
        purpose: PurposeArgument,
        /// Confirm the loss; without this flag, only show what would be lost
        #[arg(long)]
        yes: bool,
    },
}

/// A purpose on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum PurposeArgument {
    /// Signs the cookies of known devices
    Throttle,
    /// Computes the fingerprints of the legacy application's passwords
    Adopt,
    /// Is mixed into passwords before they are hashed
    Pepper,
}

impl From<PurposeArgument> for Purpose {
    fn from(which: PurposeArgument) -> Self {
        match which {
            PurposeArgument::Throttle => Self::Throttle,
            PurposeArgument::Adopt => Self::Adopt,
            PurposeArgument::Pepper => Self::Pepper,
        }
    }
}

pub(super) fn run(config: &Config, command: SecretCommand) -> Result<CommandOutcome> {
    let file = SecretsFile::of(config);
    match command {
        SecretCommand::List { json } => list(&file, json),
        SecretCommand::Init => init(&file),
        SecretCommand::Rotate { purpose, later } => runtime::run(config, rotate(config.clone(), purpose.into(), later)),
        SecretCommand::Use { purpose, version } => {
            let purpose = Purpose::from(purpose);
            let changed = file.change(&Rng::system(), |document| Ok(document.make_current(purpose, version)))?;
            Ok(match changed {
                Ok(()) => {
                    let what =
                        if version == 0 { "is off for new hashes".to_owned() } else { format!("{version} is current") };
                    output::line(format_args!("{} {what}: restart Doorward", purpose.word()));
                    CommandOutcome::Done
                }
                Err(why) => refused(purpose, why),
            })
        }
        SecretCommand::Retire { purpose, version } => {
            runtime::run(config, retire(config.clone(), purpose.into(), version))
        }
        SecretCommand::Forget { purpose, yes } => runtime::run(config, forget(config.clone(), purpose.into(), yes)),
    }
}

/// Creates the file for all nodes before any of them starts. An existing file is not changed.
fn init(file: &SecretsFile) -> Result<CommandOutcome> {
    let rng = Rng::system();
    let (throttle, adopt) = (SecretKey::new(rng.bytes()?), SecretKey::new(rng.bytes()?));
    let is_new = file.change(&rng, |document| {
        let is_new = document.is_empty();
        if is_new {
            document.begin(Purpose::Throttle, throttle.clone());
            document.begin(Purpose::Adopt, adopt.clone());
        }
        Ok(is_new)
    })?;
    let path = file.path().display();
    if is_new {
        output::line(format_args!("{path} was created: copy it to every node before its first start"));
        return Ok(CommandOutcome::Done);
    }
    output::error(format_args!("refused: {path} has secrets already; `doorward secret rotate` adds a version"));
    Ok(CommandOutcome::Refused)
}

/// This needs no database. If one exists, the file must belong to it: otherwise the new version would overwrite the
/// right file on other nodes.
async fn rotate(config: Config, purpose: Purpose, is_for_later: bool) -> Result<CommandOutcome> {
    let file = SecretsFile::of(&config);
    if Db::is_there(&config.database.url)
        && let Ok(app) = runtime::app(config, Missing::Left)
        && let Ok(Some(problem)) = secrets::look(&app, &[purpose]).await
    {
        output::error(format_args!("refused: {}: {problem}", file.path().display()));
        return Ok(CommandOutcome::Refused);
    }
    let key = SecretKey::new(Rng::system().bytes()?);
    let outcome = file.change(&Rng::system(), |document| {
        let outcome = document.rotate(purpose, key.clone(), is_for_later);
        let current = document.get(purpose).and_then(Versions::current).map(|(version, _)| version);
        Ok(outcome.map(|version| (version, current == Some(version))))
    })?;
    Ok(match outcome {
        Ok((version, is_current)) => {
            added(&file, purpose, version, is_current);
            CommandOutcome::Done
        }
        Err(why) => refused(purpose, why),
    })
}

fn added(file: &SecretsFile, purpose: Purpose, version: u32, is_current: bool) {
    let (word, path) = (purpose.word(), file.path().display());
    if is_current {
        output::line(format_args!(
            "{word} {version} is current: copy {path} to every node, and restart Doorward there"
        ));
    } else {
        output::line(format_args!(
            "{word} {version} was added for later: copy {path} to every node, restart Doorward there, and then \
             `doorward secret use {word} {version}` on each"
        ));
    }
}

async fn retire(config: Config, purpose: Purpose, version: u32) -> Result<CommandOutcome> {
    let app = runtime::ready_app(config).await?;
    Ok(match secrets::retire(&app, purpose, version).await? {
        Retire::Done => {
            output::line(format_args!("{} {version} is retired: restart Doorward", purpose.word()));
            CommandOutcome::Done
        }
        Retire::NotChanged(why) => refused(purpose, why),
        Retire::Needed(hashes) => {
            output::error(format_args!(
                "refused: {hashes} password hashes can be verified only with {} {version}. Each is upgraded at its user's \
                 next login",
                purpose.word()
            ));
            CommandOutcome::Refused
        }
    })
}

async fn forget(config: Config, purpose: Purpose, is_confirmed: bool) -> Result<CommandOutcome> {
    let app = runtime::ready_app(config).await?;
    let named = |versions: &[u32]| {
        versions.iter().map(|version| format!("{} {version}", purpose.word())).collect::<Vec<_>>().join(", ")
    };
    Ok(match secrets::forget(&app, purpose, is_confirmed).await? {
        Forget::Done { versions, hashes } => {
            output::line(format_args!("forgotten: {}{}", named(&versions), consequence(purpose, hashes)));
            CommandOutcome::Done
        }
        Forget::NotConfirmed { versions, hashes } => {
            output::error(format_args!(
                "refused: look for a copy of the file first, on another node or in a backup. Without one, --yes forgets {}{}",
                named(&versions),
                consequence(purpose, hashes)
            ));
            CommandOutcome::Refused
        }
        Forget::NothingLost => {
            output::error(format_args!(
                "refused: {}: the file has every key that the database is used with",
                purpose.word()
            ));
            CommandOutcome::Refused
        }
        Forget::NotChanged(why) => refused(purpose, why),
    })
}

/// Returns the consequence of the loss of a secret for users.
fn consequence(purpose: Purpose, hashes: i64) -> String {
    match purpose {
        Purpose::Pepper => format!("; {hashes} users cannot log in until each is given a new password"),
        Purpose::Throttle | Purpose::Adopt => "; known devices are strangers once".to_owned(),
    }
}

fn refused(purpose: Purpose, why: NotChanged) -> CommandOutcome {
    output::error(format_args!("refused: {}: {why}", purpose.word()));
    CommandOutcome::Refused
}

fn list(file: &SecretsFile, json: bool) -> Result<CommandOutcome> {
    file.remove_leftovers();
    let document = file.read()?.unwrap_or_default();
    let mut rows = Vec::new();
    for purpose in Purpose::ALL {
        let Some(versions) = document.get(purpose) else { continue };
        let current = versions.current().map(|(version, _)| version);
        for (version, key) in versions.all() {
            let state = match key {
                None => "retired",
                Some(_) if current == Some(version) => "current",
                Some(_) => "honoured",
            };
            rows.push((purpose.word(), version, state));
        }
    }
    if json {
        let rows =
            rows.iter().map(|(word, version, state)| json!({ "purpose": word, "version": version, "state": state }));
        output::json(&rows.collect());
    } else {
        let rows: Vec<_> = rows
            .iter()
            .map(|(word, version, state)| vec![(*word).to_owned(), version.to_string(), (*state).to_owned()])
            .collect();
        output::table(&["SECRET", "VERSION", "STATE"], &rows);
    }
    Ok(CommandOutcome::Done)
}
