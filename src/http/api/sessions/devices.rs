//! Pages of a user's sessions, which two endpoints share.

use super::super::{
    cursor::{self, List},
    parameter_types::{Cursor, PageSize, invalid_cursor},
    query::query,
    views::{self, Reply, page},
};
use crate::{
    app::App,
    model::{SessionLimits, Uid, UserId},
    store::sessions,
};

query! {
    /// The query of lists of sessions.
    pub struct SessionPage {
        /// The most items of a page.
        #[example = "20"]
        pub limit: Option<PageSize>,
        /// The `next` of the page before; missing for the first page.
        #[example = "AwGarFIQAHwRjk9V0LGiw9Q"]
        pub cursor: Option<Cursor<{ List::Sessions as u8 }>>,
    }
}

/// Returns a page of the live sessions of a user, oldest first.
pub async fn devices(
    app: &App,
    user: UserId,
    (limits, current): (SessionLimits, Option<Uid>),
    query: SessionPage,
) -> Reply {
    let limit = PageSize::or_default(query.limit);
    let after = match query.cursor {
        None => None,
        Some(Cursor(key)) => Some(Uid::from_stored(&key).map_err(|_| invalid_cursor())?),
    };
    let mut conn = app.db.read().await?;
    // One more item shows whether another page exists.
    let mut found = sessions::devices_of(&mut conn, user, after, u32::try_from(limit + 1).unwrap_or(u32::MAX)).await?;
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|last| cursor::write(List::Sessions, last.session.uid.as_bytes()));
    let now = app.clock.now();
    let live = found.iter().filter(|device| !limits.have_ended(&device.session, now));
    Ok(page(live.map(|device| views::device(device, limits, current)).collect(), next))
}
