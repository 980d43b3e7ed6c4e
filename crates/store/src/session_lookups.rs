//! The look-up of the session of a request: by the most frequent statement of all.
//!
//! A server answers the look-ups that wait at the same time by one statement ([`super::db`]). Nothing is cached, so the
//! state of the session, the user and the role is the one after the request arrived.

use super::{
    db::{Answers, Conn, Db, Gather, Param},
    sessions::{self, Found},
};
use crate::{
    Error, Result,
    model::{TokenHash, UserId},
};

/// The look-ups of the sessions of requests.
pub struct SessionLookups(Option<Gather<Key, Answer>>);

/// A token, and the user whose name is also read.
type Key = (TokenHash, Option<UserId>);
type Answer = Option<(Found, Option<String>)>;

/// `?`, as many as in one of the statements. The last value fills the rest.
macro_rules! marks {
    (1) => {
        "?"
    };
    (2) => {
        "?, ?"
    };
    (4) => {
        concat!(marks!(2), ", ", marks!(2))
    };
    (8) => {
        concat!(marks!(4), ", ", marks!(4))
    };
    (16) => {
        concat!(marks!(8), ", ", marks!(8))
    };
    (32) => {
        concat!(marks!(16), ", ", marks!(16))
    };
}

/// The sessions of some tokens.
macro_rules! by_tokens {
    ($number:tt) => {
        concat!(
            "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                    u.uid, u.name, u.password_change_required_at, r.name, r.permissions, s.token_hash
             FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
             WHERE s.token_hash IN (",
            marks!($number),
            ") AND u.disabled_at IS NULL"
        )
    };
}

/// The sessions of some tokens, and the names of some users.
macro_rules! by_tokens_beside {
    ($number:tt) => {
        concat!(
            by_tokens!($number),
            " UNION ALL
             SELECT NULL, o.id, NULL, NULL, NULL, NULL, o.name, NULL, NULL, NULL, NULL
             FROM dw_users o WHERE o.id IN (",
            marks!($number),
            ")"
        )
    };
}

/// The numbers of keys, with their statements.
const STATEMENTS: [(usize, &str, &str); 5] = [
    (2, by_tokens!(2), by_tokens_beside!(2)),
    (4, by_tokens!(4), by_tokens_beside!(4)),
    (8, by_tokens!(8), by_tokens_beside!(8)),
    (16, by_tokens!(16), by_tokens_beside!(16)),
    (32, by_tokens!(32), by_tokens_beside!(32)),
];

/// A row of one of [`STATEMENTS`].
enum Line {
    Session([u8; 32], Result<Found>),
    Name(UserId, Result<String>),
}

impl SessionLookups {
    /// Creates the look-ups in `db`.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        Self(db.gather(ask))
    }

    /// Returns the session with this token if its user exists and is enabled, and the name of the user `beside`. The
    /// caller must check whether the session has expired.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn find(&self, db: &Db, token: &TokenHash, beside: Option<UserId>) -> Result<Answer> {
        match &self.0 {
            Some(gather) => db.find_gathered(gather, (*token, beside)).await,
            None => find_alone(&mut db.read().await?, token, beside).await,
        }
    }
}

async fn find_alone(conn: &mut Conn, token: &TokenHash, beside: Option<UserId>) -> Result<Answer> {
    match beside {
        Some(other) => sessions::by_token_beside(conn, token, other).await,
        None => Ok(sessions::by_token(conn, token).await?.map(|found| (found, None))),
    }
}

fn ask<'a>(conn: &'a mut Conn, keys: &'a [Key]) -> Answers<'a, Answer> {
    Box::pin(async move {
        match keys {
            [(token, beside)] => Ok(vec![Ok(find_alone(conn, token, *beside).await?)]),
            _ => find_all(conn, keys).await,
        }
    })
}

async fn find_all(conn: &mut Conn, keys: &[Key]) -> Result<Vec<Result<Answer>>> {
    let fitting = STATEMENTS.iter().find(|(number, ..)| *number >= keys.len());
    let (number, alone, with_names) = fitting.ok_or(Error::Corrupt("more keys than a statement has"))?;
    let tokens = keys.iter().map(|(token, _)| Param::from(token.as_bytes()));
    let mut params = filled(tokens.collect(), *number);
    let others: Vec<Param<'_>> = keys.iter().filter_map(|(_, other)| Some(other.as_ref()?.0.into())).collect();
    let sql = if others.is_empty() { *alone } else { *with_names };
    if !others.is_empty() {
        params.extend(filled(others, *number));
    }
    let lines = conn.all(sql, &params, line).await?;
    Ok(keys.iter().map(|key| answer(key, &lines)).collect())
}

/// Repeats the last value until there are `number` of them.
fn filled(mut values: Vec<Param<'_>>, number: usize) -> Vec<Param<'_>> {
    if let Some(last) = values.last().copied() {
        values.resize(number, last);
    }
    values
}

fn line(row: &super::db::Row<'_>) -> Result<Line> {
    match row.bytes_or_null(10, |token| token.try_into().map_err(|_| Error::Corrupt("a token hash")))? {
        // Only the check of this session fails if a value of its row is unreadable.
        Some(token) => Ok(Line::Session(token, sessions::found(row))),
        None => Ok(Line::Name(UserId(row.integer(1)?), row.text(6))),
    }
}

fn answer((token, beside): &Key, lines: &[Line]) -> Result<Answer> {
    let session = lines.iter().find_map(|line| match line {
        Line::Session(hash, found) if hash.as_slice() == token.as_bytes() => Some(found),
        _ => None,
    });
    let name = lines.iter().find_map(|line| match line {
        Line::Name(id, name) if Some(*id) == *beside => Some(name),
        _ => None,
    });
    match session {
        None => Ok(None),
        Some(found) => Ok(Some((found.clone()?, name.cloned().transpose()?))),
    }
}
