//! Ends the use of versions of a secret: retires those that are no longer needed, and forgets those whose keys are lost.
//!
//! Invariant: an ended version is never used again, and no other key gets its number.

use super::name::name;
use crate::{
    Error, Result,
    app::{App, NotChanged, Purpose, SecretsFile, Versions},
    model::{Event, Reason, SecretKey},
    ops::{
        audit::{self, AuditEntry},
        principal::Principal,
    },
    store::{
        Tx,
        secrets::{self, KnownSecret},
    },
};

/// The result of retiring a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retire {
    Done,
    NotChanged(NotChanged),
    /// Only this version can verify this number of password hashes.
    Needed(i64),
}

/// Retires a version: its key is removed, and its number stays used.
///
/// # Errors
/// Returns [`Error::Config`] if the file cannot be written, and another error if the database fails.
pub async fn retire(app: &App, purpose: Purpose, version: u32) -> Result<Retire> {
    let file = file(app)?;
    if let Err(why) = file.read()?.unwrap_or_default().may_retire(purpose, version) {
        return Ok(Retire::NotChanged(why));
    }
    let hashes = hashes_with(app, purpose, &[version]).await?;
    if hashes > 0 {
        return Ok(Retire::Needed(hashes));
    }
    // The record is first, so a node that starts meanwhile with this version as the current one is rejected.
    note_ends(app, purpose, &[version], None).await?;
    Ok(match file.change(&app.rng, |document| Ok(document.retire(purpose, version)))? {
        Ok(()) => Retire::Done,
        Err(why) => Retire::NotChanged(why),
    })
}

/// The result of forgetting the lost versions of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// These versions are forgotten, and this number of password hashes no longer matches any password.
    Done {
        versions: Vec<u32>,
        hashes: i64,
    },
    /// The same would happen after the operator's confirmation.
    NotConfirmed {
        versions: Vec<u32>,
        hashes: i64,
    },
    /// The file has all keys that the database uses.
    NothingLost,
    NotChanged(NotChanged),
}

/// Forgets the versions that the database uses and whose keys are not in the file. This cannot be undone.
///
/// # Errors
/// Returns [`Error::Config`] if the file cannot be written, and another error if the database fails.
pub async fn forget(app: &App, purpose: Purpose, is_confirmed: bool) -> Result<Forget> {
    if purpose == Purpose::Adopt {
        return Ok(Forget::NotChanged(NotChanged::OneForGood));
    }
    let file = file(app)?;
    let versions = lost(&secrets::all(&app.db).await?, purpose, file.read()?.unwrap_or_default().get(purpose));
    if versions.is_empty() {
        return Ok(Forget::NothingLost);
    }
    let hashes = hashes_with(app, purpose, &versions).await?;
    if !is_confirmed {
        return Ok(Forget::NotConfirmed { versions, hashes });
    }
    let new = SecretKey::new(app.rng.bytes()?);
    // The file is first: until the database also has the record, the node is rejected as before, and the command can be
    // repeated.
    file.change(&app.rng, |document| {
        document.forget(purpose, &versions, &new);
        Ok(())
    })?;
    note_ends(app, purpose, &versions, Some(Reason::KeyLost)).await?;
    Ok(Forget::Done { versions, hashes })
}

/// Returns the versions in use whose keys the node lacks.
fn lost(known: &[KnownSecret], purpose: Purpose, here: Option<&Versions>) -> Vec<u32> {
    let of_purpose = known.iter().filter(|known| !known.is_retired).filter_map(|known| {
        let (word, version) = known.name.split_once('.')?;
        let version = version.parse().ok().filter(|_| word == purpose.word())?;
        Some((version, known.check))
    });
    let is_here = |version, check| here.and_then(|here| here.get(version)).is_some_and(|key| key.check() == check);
    of_purpose.filter(|(version, check)| !is_here(*version, *check)).map(|(version, _)| version).collect()
}

async fn note_ends(app: &App, purpose: Purpose, versions: &[u32], reason: Option<Reason>) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            for version in versions {
                let name = name(purpose, *version);
                secrets::note_retired(&mut tx, &name, app.clock.now()).await?;
                let entry = AuditEntry::done(Event::SecretRetired).with("secret", name);
                let entry = reason.map_or(entry.clone(), |reason| entry.because(reason));
                audit::record(app, &mut tx, &Principal::Operator.audit_context(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}

/// Returns the number of password hashes that only these versions can verify.
async fn hashes_with(app: &App, purpose: Purpose, versions: &[u32]) -> Result<i64> {
    let mut hashes = 0;
    if purpose == Purpose::Pepper {
        for version in versions {
            hashes += secrets::with_pepper(&mut app.db.read().await?, *version).await?;
        }
    }
    Ok(hashes)
}

fn file(app: &App) -> Result<&SecretsFile> {
    app.secrets.file().ok_or(Error::Corrupt("secrets without a file"))
}
