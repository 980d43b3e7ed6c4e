//! A user's own password: by whoever is signed in, for the old contract, or by whoever shows the current one.
//!
//! Invariant: a password that must be changed is not replaced by itself, and whoever asks whether it is the same is counted
//! as whoever logs in by it.

use doorward_password::Password;

use super::{ChangePassword, ChangedBy, LegacyChange, Prepared, admits_before, prepare};
use crate::{
    Result,
    app::App,
    model::{Event, PasswordPolicy, PasswordProblem, PlainToken, Precondition, Reason},
    ops::{
        audit::{self, Entry},
        auth::{
            check_password::{Compared, compare_new},
            reauthenticate::PasswordConfirmed,
            throttle::{self, ThrottleTicket},
        },
        authority::SignedIn,
        legacy::shut_out,
    },
    store::{Tx, credentials, session_ends, sessions, users},
};

/// Changes the password of the user whose session this is; that session lives on by a new token (ASVS 7.2.4).
///
/// For the old contract, which asks for no current password.
///
/// # Errors
/// The database's, or the machine's.
pub async fn own(
    app: &App,
    signed_in: &SignedIn,
    password: Password,
    policy: PasswordPolicy,
) -> Result<ChangePassword> {
    let new = match prepare_own(app, signed_in, None, password, policy).await? {
        Ok(new) => new,
        Err(why) => return Ok(why),
    };
    perform(app, signed_in, new, None).await
}

/// Changes the password of a user who has shown the current one; the session lives on by a new token (ASVS 7.2.4).
///
/// # Errors
/// The database's, or the machine's.
pub async fn own_confirmed(
    app: &App,
    confirmed: &PasswordConfirmed,
    password: Password,
    precondition: &Precondition,
) -> Result<ChangePassword> {
    let signed_in = confirmed.signed_in();
    let new = match prepare_own(app, signed_in, Some(confirmed), password, app.config.password.clone()).await? {
        Ok(new) => new,
        Err(why) => return Ok(why),
    };
    perform(app, signed_in, new, Some((confirmed, precondition))).await
}

/// A user's own new password.
struct Own<'a> {
    prepared: Prepared<'a>,
    /// The comparison with the current password, which stays a failure if no change follows.
    ticket: Option<ThrottleTicket>,
}

/// Sets the password, with all that goes with it; with a proof only in the place of the one that was shown.
async fn perform(
    app: &App,
    signed_in: &SignedIn,
    Own { prepared, ticket }: Own<'_>,
    proof: Option<(&PasswordConfirmed, &Precondition)>,
) -> Result<ChangePassword> {
    let id = signed_in.user_id();
    let now = app.clock.now();
    let token = PlainToken::new(&app.rng)?;
    let new_token = token.hash();
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            if is_flagged_since(&mut tx, signed_in).await? {
                return tx.roll_back(Err(ChangePassword::AuthorityLost)).await;
            }
            let is_set = match proof {
                Some((confirmed, _)) => {
                    credentials::replace_password(&mut tx, confirmed.credential(), &prepared.hash).await?
                }
                None => credentials::set_password(&mut tx, id, &prepared.hash, None).await?,
            };
            if !is_set || !signed_in.still_holds(&mut tx).await? {
                return tx.roll_back(Err(ChangePassword::AuthorityLost)).await;
            }
            if let Some((_, precondition)) = proof
                && !admits_before(&mut tx, id, precondition).await?
            {
                return tx.roll_back(Err(ChangePassword::Outdated)).await;
            }
            let sessions_ended = session_ends::end_others_of(&mut tx, id, signed_in.session().uid).await?;
            if !sessions::renew(&mut tx, signed_in.token(), &new_token, now).await? {
                return tx.roll_back(Err(ChangePassword::AuthorityLost)).await;
            }
            let Some(found) = sessions::by_token(&mut tx, &new_token).await? else {
                return tx.roll_back(Err(ChangePassword::AuthorityLost)).await;
            };
            let cleared = throttle::clear_all_of(&mut tx, id).await?;
            let entry =
                Entry::done(Event::PasswordChange).on(signed_in.user().clone()).with("sessions_ended", sessions_ended);
            audit::record(app, &mut tx, &signed_in.audit_context(), entry).await?;
            prepared.legacy.perform(app, &mut tx, id, now).await?;
            let changed = credentials::by_id(&mut tx, id).await?;
            tx.commit(Ok((cleared, changed, found))).await
        })
        .await?;
    let (cleared, changed, found) = match outcome {
        Ok(done) => done,
        Err(why) => return Ok(why),
    };
    if let Some(ticket) = ticket {
        ticket.pass(app, cleared);
    }
    let device = changed.and_then(|changed| throttle::after_change(app, &signed_in.audit_context().source, &changed));
    Ok(ChangePassword::Renewed(token, device, Box::new(signed_in.renewed(new_token, found))))
}

/// Whether somebody has demanded another password since the session was looked up: the one that is about to be set may
/// be the very one that is to be changed.
async fn is_flagged_since(tx: &mut Tx, signed_in: &SignedIn) -> Result<bool> {
    let user = users::by_id(tx, signed_in.user_id()).await?;
    let is_flagged = user.is_some_and(|user| user.password_change_required_at.is_some());
    Ok(is_flagged && !signed_in.must_change_password())
}

async fn prepare_own<'a>(
    app: &'a App,
    signed_in: &SignedIn,
    confirmed: Option<&PasswordConfirmed>,
    password: Password,
    policy: PasswordPolicy,
) -> Result<std::result::Result<Own<'a>, ChangePassword>> {
    let (id, name) = (signed_in.user_id(), signed_in.user().name.as_str());
    // Before the look at the current one, which would otherwise tell whoever guesses at it and changes nothing.
    if let Err(problem) = policy.check(&password, name) {
        return Ok(Err(ChangePassword::PasswordRefused(problem)));
    }
    let mut ticket = None;
    if signed_in.must_change_password() {
        // The one that was given is another than the one here, where it was changed in the old application.
        let compared = match confirmed.is_some_and(|confirmed| confirmed.is_current(&password)) {
            true => Compared::Same,
            false => compare_new(app, &signed_in.audit_context(), id, &password).await?,
        };
        match compared {
            Compared::Differs(counted) => ticket = counted,
            Compared::Same => {
                let entry = Entry::refused(Event::PasswordChangeFail, Reason::PasswordUnchanged);
                audit::record_refusal(app, &signed_in.audit_context(), entry.on(signed_in.user().clone())).await?;
                return Ok(Err(ChangePassword::PasswordRefused(PasswordProblem::IsCurrent)));
            }
            Compared::Throttled(after) => return Ok(Err(ChangePassword::Throttled(after))),
            Compared::Overloaded(full) => return Ok(Err(ChangePassword::Overloaded(full))),
        }
    }
    let whose = (ChangedBy::Owner, id, name);
    let prepared = match prepare(app, whose, password, policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Err(why.into())),
    };
    if let LegacyChange::ShutOut(adoption) = &prepared.legacy {
        shut_out::shut_out_now(app, adoption).await?;
        return Ok(Err(ChangePassword::AuthorityLost));
    }
    Ok(Ok(Own { prepared, ticket }))
}
