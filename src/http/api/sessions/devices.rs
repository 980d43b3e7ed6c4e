//! Pages of a user's sessions, which two endpoints share.

use super::super::{
    cursor::{self, List},
    query::{DEFAULT_PAGE, invalid_cursor},
    values::{Position, Values},
    views::{self, Reply, page},
};
use crate::{
    app::App,
    model::{SessionLimits, Uid, UserId},
    store::sessions,
};

/// A page of the live sessions of a user, oldest first.
pub async fn devices(
    app: &App,
    user: UserId,
    (limits, current): (SessionLimits, Option<Uid>),
    mut query: Values,
) -> Reply {
    let limit = query.optional("limit")?.unwrap_or(DEFAULT_PAGE);
    let after = match query.optional("cursor")? {
        None => None,
        Some(Position(key)) => Some(Uid::from_stored(&key).map_err(|_| invalid_cursor())?),
    };
    let mut conn = app.db.read().await?;
    // One more tells whether there is another page.
    let mut found = sessions::devices_of(&mut conn, user, after, u32::try_from(limit + 1).unwrap_or(u32::MAX)).await?;
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|last| cursor::write(List::Sessions, last.session.uid.as_bytes()));
    let now = app.clock.now();
    let live = found.iter().filter(|device| !limits.have_ended(&device.session, now));
    Ok(page(live.map(|device| views::device(device, limits, current)).collect(), next))
}
