//! The user that a command concerns, by name or by id.

use clap::Args;

use crate::{
    Result,
    app::App,
    model::{NameKey, User, UserId},
    store::users,
};

/// The user that a command concerns.
#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The user's name, or their id with --by-id
    user: String,
    /// USER is an id
    #[arg(long)]
    by_id: bool,
}

impl Target {
    /// Returns the user by name, number or UUID. A name that looks like a number is still a name. For commands that only
    /// read: a change of another account than the one that was meant must not happen.
    pub(super) async fn find_in_any_form(&self, app: &App) -> Result<Option<User>> {
        let named = self.find(app).await?;
        if named.is_some() || self.by_id {
            return Ok(named);
        }
        let mut conn = app.db.read().await?;
        match (self.user.parse(), self.user.parse()) {
            (Ok(id), _) => users::by_id(&mut conn, UserId(id)).await,
            (_, Ok(uid)) => users::by_uid(&mut conn, uid).await,
            (Err(_), Err(_)) => Ok(None),
        }
    }

    /// Returns the user, if present.
    pub(super) async fn find(&self, app: &App) -> Result<Option<User>> {
        let mut conn = app.db.read().await?;
        if self.by_id {
            return match self.user.parse() {
                Ok(id) => users::by_id(&mut conn, UserId(id)).await,
                Err(_) => Ok(None),
            };
        }
        match NameKey::to_find(&self.user) {
            Ok(key) => users::by_key(&mut conn, &key).await,
            Err(_) => Ok(None),
        }
    }
}
