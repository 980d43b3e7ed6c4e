//! Compares a node's secrets with those of the first use of its database, and ends the use of versions.
//!
//! The rule is a pure function of the records in the database and the content of the file. Invariant: a node with other
//! secrets than the recorded ones neither serves requests nor hashes passwords.

mod end;
mod legacy_pepper;
mod name;

pub use self::end::{Forget, Retire, forget, retire};
use self::name::name;
use crate::{
    Error, Result,
    app::{App, Purpose, Versions},
    model::Event,
    ops::audit::{self, AuditContext, AuditEntry},
    store::{
        Tx,
        secrets::{self, KnownSecret, Use},
    },
};

/// The judgement of a node's versions of one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The versions match the database's records.
    Right,
    /// The versions match, and this version is used for the first time.
    FirstUse(u32),
    /// This version has another key than at its first use.
    Other(u32),
    /// This version is in use, and the file lacks it.
    Missing(u32),
    /// The node's current version was retired.
    Retired(u32),
}

/// Judges a node's versions of a secret.
#[must_use]
pub fn judge(known: &[KnownSecret], purpose: Purpose, versions: Option<&Versions>) -> Judgement {
    let none = Versions::default();
    let versions = versions.unwrap_or(&none);
    let current = versions.current().map(|(version, _)| version);
    let mut first_use = current;
    for known in known {
        let Some((word, version)) = known.name.split_once('.') else { continue };
        let Ok(version) = version.parse() else { continue };
        if word != purpose.word() {
            continue;
        }
        if current == Some(version) {
            first_use = None;
        }
        match versions.get(version) {
            Some(key) if key.check() != known.check => return Judgement::Other(version),
            Some(_) if known.is_retired && current == Some(version) => return Judgement::Retired(version),
            None if !known.is_retired => return Judgement::Missing(version),
            _ => {}
        }
    }
    first_use.map_or(Judgement::Right, Judgement::FirstUse)
}

/// Requires that this node has the recorded secrets for `purposes`. If all match, records those that are used for the
/// first time. Secrets that exist only in this process are not compared.
///
/// # Errors
/// Returns [`Error::Config`] with the remedy if the secrets differ, and another error if the database fails.
pub async fn agree(app: &App, purposes: &[Purpose]) -> Result<()> {
    let Some(file) = app.secrets.file() else { return Ok(()) };
    let mut judged = judge_all(app, purposes).await?;
    let first = |(purpose, judgement): &(Purpose, Judgement)| {
        let Judgement::FirstUse(version) = *judgement else { return None };
        let key = app.secrets.kept(*purpose)?.get(version)?;
        Some((*purpose, version, key.check()))
    };
    let uses: Vec<_> = judged.iter().filter_map(first).collect();
    if !uses.is_empty() && judged.iter().all(|(purpose, judgement)| problem(*purpose, *judgement).is_none()) {
        note_uses(app, &uses).await?;
        // Another node may already have recorded another key.
        judged = judge_all(app, purposes).await?;
    }
    if judged.iter().any(|(purpose, judgement)| (*purpose, *judgement) == (Purpose::Throttle, Judgement::Other(1))) {
        // The database has recorded another key, so the new key is certainly unused. No other case is certain.
        app.secrets.withdraw_what_was_made(&app.rng)?;
    }
    let found = judged.iter().find_map(|(purpose, judgement)| problem(*purpose, *judgement));
    if let Some(problem) = found {
        return Err(Error::Config(format!("{}: {problem}", file.path().display())));
    }
    if let Err(error) = app.secrets.note_database_in_use(&app.rng) {
        tracing::warn!(%error, "a lost database would begin again with no users: remove `new_database` from the secrets file");
    }
    if !purposes.contains(&Purpose::Pepper) {
        return Ok(());
    }
    match legacy_pepper::problem(app).await? {
        Some(problem) => Err(Error::Config(problem)),
        None => legacy_pepper::note_use(app).await,
    }
}

/// Returns the problem with this node's secrets and its remedy. Writes nothing.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn look(app: &App, purposes: &[Purpose]) -> Result<Option<String>> {
    let judged = judge_all(app, purposes).await?;
    match judged.iter().find_map(|(purpose, judgement)| problem(*purpose, *judgement)) {
        None if purposes.contains(&Purpose::Pepper) => legacy_pepper::problem(app).await,
        found => Ok(found),
    }
}

/// Records the use of all these versions, or of none if another key is recorded for one of them.
async fn note_uses(app: &App, uses: &[(Purpose, u32, [u8; 32])]) -> Result<()> {
    app.db
        .write_unhurried(async |mut tx: Tx| {
            for (purpose, version, check) in uses {
                let name = name(*purpose, *version);
                match secrets::note_use(&mut tx, &name, check, app.clock.now()).await? {
                    // The key of the first start needs no event.
                    Use::First if (*purpose, *version) == (Purpose::Throttle, 1) => {}
                    Use::First => {
                        let entry = AuditEntry::done(Event::SecretUsed).with("secret", name);
                        audit::record(app, &mut tx, &AuditContext::system(), entry).await?;
                    }
                    Use::Known => {}
                    Use::Other => return tx.roll_back(()).await,
                }
            }
            tx.commit(()).await
        })
        .await
}

async fn judge_all(app: &App, purposes: &[Purpose]) -> Result<Vec<(Purpose, Judgement)>> {
    let known = secrets::all(&app.db).await?;
    Ok(purposes.iter().map(|&purpose| (purpose, judge(&known, purpose, app.secrets.kept(purpose)))).collect())
}

/// Returns the problem with a node's secrets file and its remedy, if any.
fn problem(purpose: Purpose, judgement: Judgement) -> Option<String> {
    let word = purpose.word();
    let wrong = match judgement {
        Judgement::Right | Judgement::FirstUse(_) => return None,
        Judgement::Other(version) => {
            format!("`{word}.{version}` is not the key with which this database was first used")
        }
        Judgement::Missing(version) => format!("`{word}.{version}` is missing, and this database uses it"),
        Judgement::Retired(version) => {
            return Some(format!(
                "`{word}.{version}` is current and was retired: make another version current by `doorward secret use`, or \
                 copy the file from another node"
            ));
        }
    };
    Some(format!(
        "{wrong}: bring back this file from a backup or copy it from another node, and start again; if nobody has it any \
         more, `doorward secret forget {word}`"
    ))
}
