//! A table of every operation that makes or refuses a change, with its actor and the expected events.

mod accounts;
mod closing;
mod passwords;
mod roles;
mod sessions;

use std::{net::IpAddr, pin::Pin};

use doorward::{
    model::{NameKey, RequestId, Rng, Source, TokenHash, Uid, UserId},
    ops::{
        SignedIn,
        auth::{
            log_in::{self, LogInAttempt},
            reauthenticate::{self, PasswordConfirmed, RecentlyAuthenticated},
            sign_in_check,
        },
    },
};
use doorward_password::Password;
use serde_json::Value;

use crate::support::{Site, site::password_of};

/// One operation with its expected events.
pub struct Case {
    pub name: &'static str,
    /// The events that it must leave.
    pub events: Vec<Expected>,
    /// Performs the operation. Returns whether it had the expected outcome.
    pub perform: for<'a> fn(&'a Fixture<'a>) -> Outcome<'a>,
}

pub type Outcome<'a> = Pin<Box<dyn Future<Output = doorward::Result<bool>> + 'a>>;

/// An expected event. Users are named by their role in the fixture: `ann` means the fixture's own ann.
pub struct Expected {
    pub event: &'static str,
    pub reason: Option<&'static str>,
    pub outcome: &'static str,
    pub actor: &'static str,
    pub subject: Option<&'static str>,
    pub details: Value,
}

/// An event of a change that was made.
fn done(event: &'static str, actor: &'static str, subject: Option<&'static str>, details: Value) -> Expected {
    Expected { event, reason: None, outcome: "success", actor, subject, details }
}

/// An event of a refusal.
fn refused(
    event: &'static str,
    reason: &'static str,
    actor: &'static str,
    subject: Option<&'static str>,
    details: Value,
) -> Expected {
    Expected { event, reason: Some(reason), outcome: "refused", actor, subject, details }
}

impl Expected {
    fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// All cases.
pub fn all() -> Vec<Case> {
    [accounts::cases(), closing::cases(), passwords::cases(), roles::cases(), sessions::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// The signed-in users of one case.
pub struct Fixture<'a> {
    pub site: &'a Site,
    pub number: u64,
    /// An administrator with all permissions.
    pub boss: SignedIn,
    /// A holder of the permissions on users and sessions, without any on roles.
    pub mia: SignedIn,
    /// A holder of only `roles:write` and `users:write`.
    pub rolf: SignedIn,
    /// A user with two sessions.
    pub ann: SignedIn,
    pub ann_elsewhere: SignedIn,
    pub token_of_ann: TokenHash,
}

impl<'a> Fixture<'a> {
    pub async fn new(site: &'a Site, number: u64) -> Self {
        let enter = async |part: &str, role: &str| {
            let name = format!("{part}{number}");
            site.create(&name, role).await;
            sign_in(site, &name, number).await.0
        };
        let ann = enter("ann", "user").await;
        let (ann_elsewhere, token_of_ann) = sign_in(site, &format!("ann{number}"), number).await;
        let fixture = Self {
            boss: enter("boss", "admin").await,
            mia: enter("mia", "manager").await,
            rolf: enter("rolf", "role-maker").await,
            ann_elsewhere,
            token_of_ann,
            ann,
            site,
            number,
        };
        passwords::prepare(&fixture).await;
        roles::prepare(&fixture).await;
        fixture
    }

    /// The name of this part's user.
    pub fn name(&self, part: &str) -> String {
        format!("{part}{}", self.number)
    }

    pub async fn fresh(&self, who: &SignedIn) -> RecentlyAuthenticated {
        let current = Password::new(password_of(&who.user().name));
        reauthenticate::recently(&self.site.app, who, Some(current), "a test").await.unwrap().unwrap()
    }

    pub async fn known(&self, who: &SignedIn) -> PasswordConfirmed {
        let current = Password::new(password_of(&who.user().name));
        reauthenticate::confirm_password(&self.site.app, who, current, doorward::model::Event::PasswordChangeFail)
            .await
            .unwrap()
            .unwrap()
    }

    pub fn id(&self, who: &SignedIn) -> UserId {
        who.user_id()
    }

    pub fn session(&self, of: &SignedIn) -> Uid {
        of.session().uid
    }
}

/// The source of a fixture's requests.
pub fn source(number: u64) -> Source {
    Source {
        request_id: Some(RequestId { process: 0x00c0_ffee, number }),
        address: Some("203.0.113.7".parse::<IpAddr>().unwrap()),
        client: Source::client_of(b"Test/1"),
        device: None,
    }
}

/// An attempt to log in.
pub fn attempt(name: &str, password: &str, number: u64) -> LogInAttempt {
    LogInAttempt {
        typed: name.to_owned(),
        name: NameKey::to_find(name).unwrap(),
        password: Password::new(password.to_owned()),
        replaces: None,
        source: source(number),
    }
}

pub async fn token_of(site: &Site, name: &str, number: u64) -> TokenHash {
    match log_in::with_password(&site.app, attempt(name, &password_of(name), number)).await.unwrap() {
        Ok(done) => done.token.hash(),
        other => panic!("{name}: {other:?}"),
    }
}

pub async fn sign_in(site: &Site, name: &str, number: u64) -> (SignedIn, TokenHash) {
    let token = token_of(site, name, number).await;
    (sign_in_check::check(&site.app, &token, source(number)).await.unwrap().unwrap(), token)
}

/// A site with the roles of the fixtures.
pub async fn site() -> Site {
    site_drawing(Rng::system()).await
}

/// The same, with another source of randomness.
pub async fn site_drawing(rng: Rng) -> Site {
    let site = Site::builder().rng(rng).start().await;
    site.role("manager", "sessions:read sessions:revoke users:read users:write").await;
    site.role("role-maker", "roles:write users:write").await;
    site
}
