//! The formats of an account: JSON, and the cells of a table.

use serde_json::{Value, json};

use crate::{
    cli::output::printable,
    model::{Role, UnixMillis, User},
};

fn role_name<'a>(user: &User, roles: &'a [Role]) -> &'a str {
    roles.iter().find(|role| role.id == user.role_id).map_or("", |role| &role.name)
}

pub(super) fn as_json(user: &User, roles: &[Role]) -> Value {
    json!({
        "id": user.id.0,
        "uid": user.uid.to_string(),
        "name": user.name,
        "role": role_name(user, roles),
        "created_at": user.created_at.to_string(),
        "last_login_at": user.last_login_at.map(|at| at.to_string()),
        "disabled_at": user.disabled_at.map(|at| at.to_string()),
    })
}

pub(super) fn cells(user: &User, roles: &[Role]) -> Vec<String> {
    let or_dash = |at: Option<UnixMillis>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    vec![
        user.id.0.to_string(),
        printable(&user.name),
        role_name(user, roles).to_owned(),
        user.created_at.to_string(),
        or_dash(user.last_login_at),
        or_dash(user.disabled_at),
    ]
}
