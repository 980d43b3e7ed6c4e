//! Pages of a user's sessions, which two endpoints share.

use super::super::{
    cursor::{self, List},
    parameter_types::{Cursor, PageSize, invalid_cursor},
    query::query,
    reply::{Reply, page},
    response_body::response_body,
};
use crate::{
    app::App,
    model::{SessionLimits, Uid, UnixMillis, UserId},
    store::sessions::{self, Device},
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

response_body! {
    /// A session in a list.
    #[example = r#"{
        "id": "019aac52-1000-7c11-8e4f-55d0b1a2c3d4", "current": true, "created_at": "2026-11-22T12:05:00Z",
        "last_used_at": "2026-11-22T12:05:00Z", "expires_at": "2026-11-23T12:05:00Z",
        "address": "203.0.113.7", "client": "curl/8.14.1"
    }"#]
    pub struct DeviceBody<'a>: "Device" {
        /// The session's identifier.
        pub id: Uid,
        /// Whether it is the session of the request.
        pub current: bool,
        /// The time of the login.
        pub created_at: UnixMillis,
        /// The last recorded use, to the minute.
        pub last_used_at: UnixMillis,
        /// The time when it expires without further use.
        pub expires_at: UnixMillis,
        /// The address of the login.
        pub address: Option<&'a str>,
        /// The client's own name (`User-Agent`), which is not verified.
        pub client: Option<&'a str>,
    }
}

impl<'a> DeviceBody<'a> {
    fn of(device: &'a Device, limits: SessionLimits, current: Option<Uid>) -> Self {
        let session = &device.session;
        Self {
            id: session.uid,
            current: current == Some(session.uid),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: limits.end_of(session),
            address: device.address.as_deref(),
            client: device.client.as_deref(),
        }
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
    Ok(page(live.map(|device| DeviceBody::of(device, limits, current)).collect(), next))
}
