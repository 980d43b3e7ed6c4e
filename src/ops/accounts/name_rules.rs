//! Rejects names that impersonate others: reserved names, and names that look like an administrator's.
//!
//! Both get the same response, so it reveals less about the administrators. The current appearance of an account is not
//! checked again.

use crate::{
    Result,
    app::App,
    model::{Name, Skeleton, UserId},
    store::{Conn, roles, users},
};

/// The maximum number of holders of a role whose names are compared. A larger administrative role consists of
/// customers, whose names need no protection.
const HOLDERS: u32 = 1000;

/// The party that requests a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Asking {
    /// A user for their own account.
    ForThemselves,
    /// A holder of `users:write`, who may assign reserved names.
    Administrator,
    /// The operator, without restriction.
    Operator,
}

/// Returns whether `name` is rejected. Must be called before a transaction, because it compares the appearances of many
/// names. `own` is the existing account that gets the name, if any.
pub(in crate::ops) async fn refuse(
    app: &App,
    conn: &mut Conn,
    (name, own): (&Name, Option<UserId>),
    asking: Asking,
) -> Result<bool> {
    if asking == Asking::Operator {
        return Ok(false);
    }
    let looks = Skeleton::of(name);
    if let Some(holder) = users::by_key(conn, name.key()).await? {
        // A taken name gets another response. An account may keep its appearance, in any spelling.
        let looks_so = || Name::adopted(&holder.name).is_ok_and(|called| looks.are_among(&Skeleton::of(&called)));
        if own != Some(holder.id) || looks_so() {
            return Ok(false);
        }
    }
    if asking == Asking::ForThemselves && app.config.reserved_names.hold(&looks) {
        return Ok(true);
    }
    for role in roles::all(conn).await?.iter().filter(|role| role.permissions.are_administrative()) {
        for (id, held) in users::names_with_role(conn, role.id, HOLDERS).await? {
            let Ok(held) = Name::adopted(&held) else { continue };
            if own != Some(id) && Skeleton::of(&held).are_alike(&looks) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
