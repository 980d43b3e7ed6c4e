//! By what authority an account is made, and whether it suffices for the role that the account is to have.

use super::SignUp;
use crate::{
    Result,
    model::Role,
    ops::{
        accounts::name_rules::Asking,
        authority::{Authority, Can, Denied, RolesWrite, UsersWrite},
        roles::administrators,
    },
    store::{Tx, roles},
};

/// What the authority for a sign-up is needed for.
pub(super) enum Granting<'a> {
    /// For nothing: everybody may have this.
    Nothing,
    /// For an account with the role that everybody gets.
    Account(&'a Can<UsersWrite>),
    /// For an account with any role, by whoever may make accounts too, unless it is the operator.
    Role(Authority<'a, RolesWrite>, Option<&'a Can<UsersWrite>>),
}

impl Granting<'_> {
    /// Who asks for the name.
    pub(super) fn asking(&self) -> Asking {
        match self {
            Self::Nothing => Asking::ForThemselves,
            Self::Account(_) | Self::Role(Authority::Holder(_), _) => Asking::Administrator,
            Self::Role(Authority::Operator, _) => Asking::Operator,
        }
    }

    /// Inside the transaction: whether the role may be given, which then stays as it is until the end.
    pub(super) async fn judge(&self, tx: &mut Tx, role: &Role) -> Result<std::result::Result<(), SignUp>> {
        if matches!(self, Self::Nothing) {
            // A role of Doorward's own is never deleted.
            return Ok(Ok(()));
        }
        administrators::take_turns(tx).await?;
        let Some(role) = roles::by_id(tx, role.id).await? else { return Ok(Err(SignUp::NoSuchRole)) };
        let judged = match self {
            Self::Nothing => Ok(()),
            Self::Account(authority) => Authority::Holder(authority).judge(tx, &role.permissions).await?,
            Self::Role(acting, making) => match making {
                Some(making) => match Authority::Holder(*making).judge(tx, &role.permissions).await? {
                    Ok(()) => acting.judge(tx, &role.permissions).await?,
                    denied => denied,
                },
                None => acting.judge(tx, &role.permissions).await?,
            },
        };
        Ok(judged.map_err(|denied| match denied {
            Denied::Lost => SignUp::AuthorityLost,
            Denied::Exceeded => SignUp::AuthorityExceeded,
        }))
    }
}
