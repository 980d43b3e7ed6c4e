//! Ends the use of versions of a secret: retires those that nothing needs any more, and forgets those whose keys are lost.
//!
//! Invariant: a version that was ended is never used again, and its number is given to no other key.

use super::name;
use crate::{
    Error, Result,
    app::{App, NotChanged, Purpose, SecretsFile, Versions},
    model::{Event, Reason, SecretKey},
    ops::audit::{self, AuditContext, Entry},
    store::{
        Tx,
        secrets::{self, KnownSecret},
    },
};

/// What retiring a version came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retire {
    Done,
    NotChanged(NotChanged),
    /// So many password hashes can be checked with it alone.
    Needed(i64),
}

/// Retires a version: its key is forgotten, and its number stays taken.
///
/// # Errors
/// The database's; [`Error::Config`] when the file cannot be written.
pub async fn retire(app: &App, purpose: Purpose, version: u32) -> Result<Retire> {
    let file = file(app)?;
    if let Err(why) = file.read()?.unwrap_or_default().may_retire(purpose, version) {
        return Ok(Retire::NotChanged(why));
    }
    let hashes = hashes_with(app, purpose, &[version]).await?;
    if hashes > 0 {
        return Ok(Retire::Needed(hashes));
    }
    // Written down first: a node that starts meanwhile with this version as its current one is refused.
    note_ends(app, purpose, &[version], None).await?;
    Ok(match file.change(&app.rng, |document| Ok(document.retire(purpose, version)))? {
        Ok(()) => Retire::Done,
        Err(why) => Retire::NotChanged(why),
    })
}

/// What forgetting the lost versions of a secret came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// These versions are forgotten, and with them so many password hashes fit no password any more.
    Done {
        versions: Vec<u32>,
        hashes: i64,
    },
    /// The same, if it is confirmed.
    NotReauthenticated {
        versions: Vec<u32>,
        hashes: i64,
    },
    /// The file has every key that the database is used with.
    NothingLost,
    NotChanged(NotChanged),
}

/// Forgets the versions of a secret that the database is used with and whose keys are not in the file. Nobody can undo it.
///
/// # Errors
/// The database's; [`Error::Config`] when the file cannot be written.
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
        return Ok(Forget::NotReauthenticated { versions, hashes });
    }
    let new = SecretKey::new(app.rng.bytes()?);
    // First in the file: until it is written down as well, the node is refused as before, and this can be done again.
    file.change(&app.rng, |document| {
        document.forget(purpose, &versions, &new);
        Ok(())
    })?;
    note_ends(app, purpose, &versions, Some(Reason::KeyLost)).await?;
    Ok(Forget::Done { versions, hashes })
}

/// The versions in use whose keys a node does not have.
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
                let entry = Entry::done(Event::SecretRetired).with("secret", name);
                let entry = reason.map_or(entry.clone(), |reason| entry.because(reason));
                audit::record(app, &mut tx, &AuditContext::operator(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}

/// How many password hashes can be checked with these versions alone.
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
