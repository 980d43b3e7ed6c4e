//! `GET /api/v1/users`: accounts, by the beginning of their names.

use axum::extract::{Request, State};

use super::user::{AccountState, UserBody, Viewer};
use crate::{
    http::{
        api::{
            cursor::{self, List},
            input::Input,
            member_types::KnownName,
            operation::{Access, Operation, Success, Tag, TypedOperation},
            parameter_types::{Cursor, PageSize},
            query::query,
            reply::{Reply, page},
            request_body::NoBody,
        },
        auth::Authorized,
        method::RouteMethod,
        state::AppState,
    },
    model::{Permission, RoleName},
    ops::UsersRead,
    store::{
        accounts::{Account, find},
        roles,
        user_search::{self, UserSearch},
    },
};

query! {
    /// The query of `GET /api/v1/users`.
    pub struct UserFilter {
        /// Only names with this beginning; case and width are ignored.
        #[example = "an"]
        pub name: Option<KnownName>,
        /// Only users of this role.
        #[example = "user"]
        pub role: Option<RoleName>,
        /// Only accounts in this state.
        #[example = "enabled"]
        pub state: Option<AccountState>,
        /// The most items of a page.
        #[example = "20"]
        pub limit: Option<PageSize>,
        /// The `next` of the page before; missing for the first page.
        #[example = "AWFubg"]
        pub cursor: Option<Cursor<{ List::Users as u8 }>>,
    }
}

pub static DOC: TypedOperation<NoBody, UserFilter> = TypedOperation::new(Operation {
    summary: "List accounts",
    description: "Accounts in the order of their folded names, optionally filtered.",
    access: Access::Permission(Permission::UsersRead),
    ..Operation::new(
        RouteMethod::Get,
        "/api/v1/users",
        "listUsers",
        Tag::Users,
        Success::page::<UserBody<'_>>("A page of accounts."),
    )
});

/// `GET /api/v1/users`
pub async fn list(_: Authorized<UsersRead>, State(app): State<AppState>, request: Request) -> Reply {
    let UserFilter { name, role, state, limit, cursor } = Input::read(request, &DOC).await?.query;
    let limit = PageSize::or_default(limit);
    let (from, until) = user_search::bounds_of(name.as_ref().map_or("", |prefix| prefix.key.as_text()));
    let from = match cursor {
        Some(Cursor(key)) => user_search::after(&key).max(from),
        None => from,
    };
    let mut conn = app.db.read().await?;
    let roles = roles::all(&mut conn).await?;
    let role = match role {
        None => None,
        Some(name) => match roles.iter().find(|role| role.name == name.as_text()) {
            Some(role) => Some(role.id),
            None => return Ok(page(Vec::<UserBody<'_>>::new(), None)),
        },
    };
    let search = UserSearch {
        from: &from,
        until: &until,
        role,
        is_disabled: state.map(|state| state == AccountState::Disabled),
        // One more item shows whether another page exists.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let mut found = user_search::page(&mut conn, &search).await?;
    drop(conn);
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|last| cursor::write(List::Users, &last.name_key));
    let mut accounts = Vec::with_capacity(found.len());
    for placed in found {
        let role = roles.iter().find(|role| role.id == placed.user.role_id);
        let account = match role {
            Some(role) => Some(Account { role: role.clone(), attributes: placed.attributes, user: placed.user }),
            // The role was created after the roles were read, so the account is read again.
            None => find(&mut app.db.read().await?, placed.user.id.into()).await?,
        };
        accounts.extend(account);
    }
    Ok(page(accounts.iter().map(|account| UserBody::of(account, Viewer::Administrator)).collect(), next))
}
