//! `GET /api/v1/users`: accounts, by the beginning of their names.

use axum::extract::{Request, State};

use crate::{
    http::{
        api::{
            cursor::{self, List},
            input::Input,
            objects::USER,
            operation::{Access, Operation, Success, Tag},
            query::{DEFAULT_PAGE, Kind, LIMIT, cursor_of, parameter},
            values::{KnownName, Position},
            views::{Reply, Viewer, account_json, page},
        },
        auth::Authorized,
        method::RouteMethod,
        state::AppState,
    },
    model::{Permission, RoleName},
    ops::UsersRead,
    store::{
        accounts::{self, Account},
        roles,
        user_search::{self, UserSearch},
    },
};

pub static DOC: Operation = Operation {
    summary: "List accounts",
    description: "Accounts in the order of their folded names, filtered by what is given.",
    access: Access::Permission(Permission::UsersRead),
    query: &[
        parameter("name", Kind::NamePrefix, "Only names that begin so; case and width do not count.", "an"),
        parameter("role", Kind::RoleName, "Only users of this role.", "user"),
        parameter("state", Kind::Choice(&["enabled", "disabled"]), "Only accounts in this state.", "enabled"),
        LIMIT,
        cursor_of(List::Users, "AWFubg"),
    ],
    ..Operation::new(
        RouteMethod::Get,
        "/api/v1/users",
        "listUsers",
        Tag::Users,
        Success::page("A page of accounts.", &USER),
    )
};

/// `GET /api/v1/users`
pub async fn list(_: Authorized<UsersRead>, State(app): State<AppState>, request: Request) -> Reply {
    let mut query = Input::read(request, &DOC).await?.query;
    let prefix: Option<KnownName> = query.optional("name")?;
    let role: Option<RoleName> = query.optional("role")?;
    let state: Option<String> = query.optional("state")?;
    let limit = query.optional("limit")?.unwrap_or(DEFAULT_PAGE);
    let position: Option<Position> = query.optional("cursor")?;
    let (from, until) = user_search::bounds_of(prefix.as_ref().map_or("", |prefix| prefix.key.as_text()));
    let from = match position {
        Some(Position(key)) => user_search::after(&key).max(from),
        None => from,
    };
    let mut conn = app.db.read().await?;
    let roles = roles::all(&mut conn).await?;
    let role = match role {
        None => None,
        Some(name) => match roles.iter().find(|role| role.name == name.as_text()) {
            Some(role) => Some(role.id),
            None => return Ok(page(Vec::new(), None)),
        },
    };
    let search = UserSearch {
        from: &from,
        until: &until,
        role,
        is_disabled: state.map(|state| state == "disabled"),
        // One more tells whether there is another page.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let mut found = user_search::page(&mut conn, &search).await?;
    drop(conn);
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|last| cursor::write(List::Users, &last.name_key));
    let mut items = Vec::with_capacity(found.len());
    for placed in found {
        let role = roles.iter().find(|role| role.id == placed.user.role_id);
        let account = match role {
            Some(role) => Some(Account { role: role.clone(), attributes: placed.attributes, user: placed.user }),
            // Of a role that was made since the roles were read; so both are read again.
            None => accounts::find(&mut app.db.read().await?, placed.user.id.into()).await?,
        };
        items.extend(account.map(|account| account_json(&account, Viewer::Administrator)));
    }
    Ok(page(items, next))
}
