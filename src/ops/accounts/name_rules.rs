//! Which names nobody may take who could be mistaken for somebody else by them: reserved ones, and those that look like an
//! administrator's.
//!
//! Both have one answer, so that it tells less of who administers. How an account looks already is not judged again.

use crate::{
    Result,
    app::App,
    model::{Name, Skeleton, UserId},
    store::{Conn, roles, users},
};

/// The names of a role's holders that are compared. Who gives an administrative permission to more of them than this has a
/// role of customers, of whom nobody is impressed.
const HOLDERS: u32 = 1000;

/// Who asks for the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Asking {
    /// Somebody for themselves.
    ForThemselves,
    /// A holder of `users:write`, who may give reserved names.
    Administrator,
    /// Bound by nothing.
    Operator,
}

/// Whether `name` may not be taken; to be asked before a transaction, since it compares the looks of many. `own` is the
/// account that is to be called so, if it is there already.
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
        // That another has the name is another answer. And one may look as one does already, in whatever spelling.
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
