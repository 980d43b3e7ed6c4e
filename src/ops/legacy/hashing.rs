//! Hashes the plain-text passwords of the legacy table, with all hashing threads at once.
//!
//! Invariants: no transaction is open meanwhile. At most as many passwords are queued as the hash pool has threads.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
    task::Poll,
};

use doorward_password::{HashPoolError, Password, Salt};

use super::{candidate::LegacyCredential, plan::Plan};
use crate::{Error, Result, app::App, model::LegacyKey};

/// The hashes of plain-text passwords.
#[derive(Default)]
pub(super) struct Hashed(HashMap<LegacyKey, String>);

impl Hashed {
    /// Hashes the plain-text passwords of `plan`.
    pub async fn of(app: &App, plan: &Plan) -> Result<Self> {
        let new = plan.new.iter().map(|new| (&new.candidate.key, &new.candidate.credential));
        let changed = plan.changed.iter().map(|changed| (&changed.adoption.key, &changed.credential));
        let mut clear = new.chain(changed).filter_map(|(key, credential)| match credential {
            LegacyCredential::Hash(_) => None,
            LegacyCredential::PlainText(password) => Some((key, password)),
        });
        let Some(first) = clear.next() else { return Ok(Self::default()) };
        let left = Mutex::new(std::iter::once(first).chain(clear));
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let hashed = Mutex::new(HashMap::new());
        let one_after_another = async || {
            while let Some((key, password)) = next() {
                let hash = hash(app, password).await?;
                hashed.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), hash);
            }
            Ok(())
        };
        at_once((0..app.hasher.threads()).map(|_| one_after_another()).collect()).await?;
        Ok(Self(hashed.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Returns the hash to store for a row.
    pub fn stored<'a>(&'a self, key: &LegacyKey, credential: &'a LegacyCredential) -> Result<&'a str> {
        match credential {
            LegacyCredential::Hash(hash) => Ok(hash),
            LegacyCredential::PlainText(_) => {
                self.0.get(key).map(String::as_str).ok_or(Error::Corrupt("a password that was not hashed"))
            }
        }
    }
}

async fn hash(app: &App, password: &Password) -> Result<String> {
    loop {
        match app.hasher.hash(password.clone(), Salt(app.rng.bytes()?)).await {
            Ok(hash) => return Ok(hash),
            // Logins use all threads.
            Err(HashPoolError::Overloaded(full)) => tokio::time::sleep(full.retry_after).await,
            Err(error @ HashPoolError::Failed) => return Err(Error::system("hashing", error)),
        }
    }
}

/// Drives all futures until all have ended or one has failed.
async fn at_once(futures: Vec<impl Future<Output = Result<()>>>) -> Result<()> {
    let mut open: Vec<Pin<Box<_>>> = futures.into_iter().map(Box::pin).collect();
    let all = poll_fn(move |context| {
        let mut failed = None;
        open.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(outcome) => {
                failed = failed.take().or(outcome.err());
                false
            }
        });
        match failed {
            Some(error) => Poll::Ready(Err(error)),
            None if open.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    });
    pin!(all).await
}
