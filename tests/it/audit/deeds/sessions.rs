//! Sessions: ended by their users, by others, and by time.

use std::time::Duration;

use doorward::ops::{
    auth::{log_out, sign_in_check},
    sessions::end::{self, EndSessions, Which},
};
use serde_json::json;

use super::{Deed, done, refused, source};

const EVENT: &str = "session_expired";

pub fn deeds() -> Vec<Deed> {
    [own(), others()].into_iter().flatten().collect()
}

fn own() -> Vec<Deed> {
    vec![
        Deed {
            name: "a logout",
            events: vec![done(EVENT, "ann", Some("ann"), json!({ "session": "…" })).because("logout")],
            perform: |cast| Box::pin(async move { log_out::log_out(&cast.site.app, &cast.ann).await.map(|()| true) }),
        },
        Deed {
            name: "one of one's own, ended",
            events: vec![
                done(EVENT, "ann", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |cast| {
                Box::pin(async move {
                    let (fresh, uid) = (cast.fresh(&cast.ann).await, cast.session(&cast.ann_elsewhere));
                    Ok(end::own(&cast.site.app, &fresh, Which::One(uid)).await? == EndSessions::Done(1))
                })
            },
        },
        Deed {
            name: "all others of one's own, ended",
            events: vec![done(EVENT, "ann", Some("ann"), json!({ "sessions_ended": 1 })).because("revoked")],
            perform: |cast| {
                Box::pin(async move {
                    let fresh = cast.fresh(&cast.ann).await;
                    Ok(end::own(&cast.site.app, &fresh, Which::All).await? == EndSessions::Done(1))
                })
            },
        },
        Deed {
            name: "a session past its limit",
            events: vec![done(EVENT, "system", Some("ann"), json!({ "session": "…" })).because("expired")],
            perform: |cast| {
                Box::pin(async move {
                    let sql = "UPDATE dw_sessions SET created_at = 1, last_used_at = 1 WHERE user_id =";
                    let id = cast.id(&cast.ann).0;
                    cast.site.database.execute(&format!("{sql} {id}")).await;
                    let token = cast.token_of_ann;
                    let found = sign_in_check::check(&cast.site.app, &token, source(cast.number)).await?;
                    Ok(found.is_none())
                })
            },
        },
    ]
}

fn others() -> Vec<Deed> {
    vec![
        Deed {
            name: "another's session, ended by a manager",
            events: vec![
                done(EVENT, "mia", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |cast| {
                Box::pin(async move {
                    let (can, ann) = (cast.mia.can().unwrap(), cast.user(&cast.ann).await);
                    let which = Which::One(cast.session(&cast.ann));
                    Ok(end::of_other(&cast.site.app, &can, &ann, which).await? == EndSessions::Done(1))
                })
            },
        },
        Deed {
            name: "all of another's sessions, ended by a manager",
            events: vec![done(EVENT, "mia", Some("ann"), json!({ "sessions_ended": 2 })).because("revoked")],
            perform: |cast| {
                Box::pin(async move {
                    let (can, ann) = (cast.mia.can().unwrap(), cast.user(&cast.ann).await);
                    Ok(end::of_other(&cast.site.app, &can, &ann, Which::All).await? == EndSessions::Done(2))
                })
            },
        },
        Deed {
            name: "a superior's sessions, ended by a manager",
            events: vec![refused(EVENT, "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, boss) = (cast.mia.can().unwrap(), cast.user(&cast.boss).await);
                    let outcome = end::of_other(&cast.site.app, &can, &boss, Which::All).await?;
                    Ok(outcome == EndSessions::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "a session ended by the operator",
            events: vec![
                done(EVENT, "operator", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |cast| Box::pin(async move { end::one(&cast.site.app, cast.session(&cast.ann)).await }),
        },
        Deed {
            name: "a user's sessions ended by the operator",
            events: vec![done(EVENT, "operator", Some("ann"), json!({ "sessions_ended": 2 })).because("revoked")],
            perform: |cast| Box::pin(async move { Ok(end::all_of(&cast.site.app, cast.id(&cast.ann)).await? == 2) }),
        },
        Deed {
            name: "all sessions ended by the operator",
            events: vec![
                done(EVENT, "operator", None, json!({ "sessions_ended": 5, "of": "all users" })).because("revoked"),
            ],
            perform: |cast| Box::pin(async move { Ok(end::all(&cast.site.app).await? == 5) }),
        },
        Deed {
            name: "expired sessions removed by Doorward",
            events: vec![done(EVENT, "system", None, json!({ "sessions_ended": 5 })).because("expired")],
            perform: |cast| {
                Box::pin(async move {
                    cast.site.advance(Duration::from_secs(25 * 3600));
                    Ok(end::expired(&cast.site.app).await? == 5)
                })
            },
        },
    ]
}
