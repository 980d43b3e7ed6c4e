//! Ending sessions: by their users, by others, and by time.

use std::time::Duration;

use doorward::ops::{
    auth::{log_out, sign_in_check},
    outcome::Denied,
    sessions::end::{self, EndSessionsRefused, WhichSessions},
};
use serde_json::json;

use super::{Case, done, refused, source};

const EVENT: &str = "session_expired";

pub fn cases() -> Vec<Case> {
    [own(), others()].into_iter().flatten().collect()
}

fn own() -> Vec<Case> {
    vec![
        Case {
            name: "a logout",
            events: vec![done(EVENT, "ann", Some("ann"), json!({ "session": "…" })).because("logout")],
            perform: |fixture| {
                Box::pin(async move { log_out::log_out(&fixture.site.app, &fixture.ann).await.map(|()| true) })
            },
        },
        Case {
            name: "an own session, ended",
            events: vec![
                done(EVENT, "ann", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |fixture| {
                Box::pin(async move {
                    let (fresh, uid) = (fixture.fresh(&fixture.ann).await, fixture.session(&fixture.ann_elsewhere));
                    Ok(end::own(&fixture.site.app, &fresh, WhichSessions::One(uid)).await? == Ok(1))
                })
            },
        },
        Case {
            name: "all other own sessions, ended",
            events: vec![done(EVENT, "ann", Some("ann"), json!({ "sessions_ended": 1 })).because("revoked")],
            perform: |fixture| {
                Box::pin(async move {
                    let fresh = fixture.fresh(&fixture.ann).await;
                    Ok(end::own(&fixture.site.app, &fresh, WhichSessions::All).await? == Ok(1))
                })
            },
        },
        Case {
            name: "a session past its limit",
            events: vec![done(EVENT, "system", Some("ann"), json!({ "session": "…" })).because("expired")],
            perform: |fixture| {
                Box::pin(async move {
                    fixture.site.database.expire_sessions(fixture.id(&fixture.ann).0).await;
                    let token = fixture.token_of_ann;
                    let found = sign_in_check::check(&fixture.site.app, &token, source(fixture.number)).await?;
                    Ok(found.is_none())
                })
            },
        },
    ]
}

fn others() -> Vec<Case> {
    vec![
        Case {
            name: "another's session, ended by a manager",
            events: vec![
                done(EVENT, "mia", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, ann) = (fixture.mia.can().unwrap(), fixture.id(&fixture.ann));
                    let which = WhichSessions::One(fixture.session(&fixture.ann));
                    Ok(end::of_other(&fixture.site.app, &can, ann, which).await? == Ok(1))
                })
            },
        },
        Case {
            name: "all of another's sessions, ended by a manager",
            events: vec![done(EVENT, "mia", Some("ann"), json!({ "sessions_ended": 2 })).because("revoked")],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, ann) = (fixture.mia.can().unwrap(), fixture.id(&fixture.ann));
                    Ok(end::of_other(&fixture.site.app, &can, ann, WhichSessions::All).await? == Ok(2))
                })
            },
        },
        Case {
            name: "a superior's sessions, ended by a manager",
            events: vec![refused(EVENT, "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, boss) = (fixture.mia.can().unwrap(), fixture.id(&fixture.boss));
                    let outcome = end::of_other(&fixture.site.app, &can, boss, WhichSessions::All).await?;
                    Ok(outcome == Err(EndSessionsRefused::Denied(Denied::Exceeded)))
                })
            },
        },
        Case {
            name: "a session ended by the operator",
            events: vec![
                done(EVENT, "operator", Some("ann"), json!({ "session": "…", "sessions_ended": 1 })).because("revoked"),
            ],
            perform: |fixture| {
                Box::pin(async move { end::one(&fixture.site.app, fixture.session(&fixture.ann)).await })
            },
        },
        Case {
            name: "a user's sessions ended by the operator",
            events: vec![done(EVENT, "operator", Some("ann"), json!({ "sessions_ended": 2 })).because("revoked")],
            perform: |fixture| {
                Box::pin(async move { Ok(end::all_of(&fixture.site.app, fixture.id(&fixture.ann)).await? == 2) })
            },
        },
        Case {
            name: "all sessions ended by the operator",
            events: vec![
                done(EVENT, "operator", None, json!({ "sessions_ended": 5, "of": "all users" })).because("revoked"),
            ],
            perform: |fixture| Box::pin(async move { Ok(end::all(&fixture.site.app).await? == 5) }),
        },
        Case {
            name: "expired sessions removed by Doorward",
            events: vec![done(EVENT, "system", None, json!({ "sessions_ended": 5 })).because("expired")],
            perform: |fixture| {
                Box::pin(async move {
                    fixture.site.advance(Duration::from_secs(25 * 3600));
                    Ok(end::expired(&fixture.site.app).await? == 5)
                })
            },
        },
    ]
}
