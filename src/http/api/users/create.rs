//! `POST /api/v1/users`: sign-up, and accounts that administrators make.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use doorward_password::Password;
use serde_json::json;

use super::user::{UserBody, Viewer, tagged_account};
use crate::{
    app::App,
    http::{
        api::{
            input::Input,
            invalid::{Invalid, Violation},
            member_types::ChosenPassword,
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            problem::{ErrorCode, Problem},
            reply::{Reply, located},
            request_body::request_body,
        },
        auth::{Caller, OptionalAuth, permission_missing},
        method::RouteMethod,
        source,
        state::AppState,
    },
    model::{Attributes, Name, Permission, RoleName, UserAttributes},
    ops::{
        Can, RolesWrite, UsersWrite,
        accounts::{
            role_grant::RoleGrant,
            sign_up::{self, NewAccount},
        },
        idempotency::IdempotencyKey,
        roles::SIGN_UP_ROLE,
    },
};

request_body! {
    /// The body of `POST /api/v1/users`.
    pub struct CreateUser: required {
        /// The name of the account.
        #[example = "Ann"]
        pub name: Name,
        /// The password: at least `password.min_length` characters (15 by default) and at most 1024, of any kind. Neither
        /// the name nor a common password.
        #[example = "correct horse battery staple"]
        pub password: ChosenPassword,
        /// The name of a role; `user` by default.
        #[example = "user"]
        #[restricted]
        pub role: Option<RoleName>,
        /// Whether the user must change the password before anything else.
        #[example = "false"]
        #[restricted]
        pub must_change_password: Option<bool>,
        /// The application's data of the user.
        #[example = r#"{"locale": "en"}"#]
        pub attributes: Option<Attributes>,
        /// The application's data of the user that only administrators see.
        #[example = r#"{"plan": "team"}"#]
        #[restricted]
        pub admin_attributes: Option<Attributes>,
    }
}

pub static DOC: TypedOperation<CreateUser> = TypedOperation::new(Operation {
    summary: "Sign up, or create an account",
    description: "Creates an account. With the permission `users:write`, the caller may also send \
        `must_change_password` and `admin_attributes`, and with `roles:write` a `role` other than `user`. The response \
        reveals whether a name is taken.",
    access: Access::PublicOr(Permission::UsersWrite),
    is_idempotent: true,
    problems: &[
        ErrorCode::SignUpDisabled,
        ErrorCode::AuthorityExceeded,
        ErrorCode::NameTaken,
        ErrorCode::TooManyAttempts,
    ],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users",
        "createUser",
        Tag::Users,
        Success::created::<UserBody<'_>>("The account was created.", &[ResponseHeader::Location, ResponseHeader::ETag]),
    )
});

/// `POST /api/v1/users`
pub async fn create(State(app): State<AppState>, OptionalAuth(caller): OptionalAuth, request: Request) -> Reply {
    let source = source::of(&app.config, request.headers(), request.extensions());
    // The owner of an idempotency key: a signed-in user, even one without permissions.
    let client = caller.as_ref().map(|caller| caller.signed_in.user_id());
    let maker = maker(&app, caller).await?;
    let input = Input::read(request, &DOC).await?;
    let asked = Asked::take(input.body, maker.is_some())?;
    let key = input.idempotency_key.map(|key| IdempotencyKey::new(client, "user", &key, &asked.without_password()));
    let new = NewAccount {
        name: &asked.name,
        password: asked.password,
        policy: app.config.password.clone(),
        must_change_password: asked.must_change_password,
        attributes: asked.attributes,
    };
    let (account, viewer) = match (&maker, key) {
        (None, None) => (sign_up::sign_up(&app, source, new).await??, Viewer::Owner),
        (None, Some(key)) => (sign_up::sign_up_repeatably(&app, source, new, &key).await??, Viewer::Owner),
        (Some(can), key) => {
            let grant = grant(&app, can, asked.role).await?;
            let account = sign_up::as_administrator(&app, can, grant.as_ref(), new, key.as_ref()).await??;
            (account, Viewer::Administrator)
        }
    };
    let path = format!("/api/v1/users/{}", account.user.uid);
    Ok(located(tagged_account(StatusCode::CREATED, &account, viewer), &path))
}

/// Returns the authority to give a role other than the usual one, if such a role is requested.
async fn grant(app: &App, can: &Can<UsersWrite>, role: String) -> Result<Option<RoleGrant>, Problem> {
    if role == SIGN_UP_ROLE {
        return Ok(None);
    }
    let authority = can.holder().demand::<RolesWrite>(app, "POST /api/v1/users (role)").await?;
    Ok(Some(RoleGrant { role, authority: authority.ok_or_else(permission_missing::<RolesWrite>)? }))
}

/// Returns the authority to create accounts; `None` for a client that signs up.
async fn maker(app: &App, caller: Option<Caller>) -> Result<Option<Can<UsersWrite>>, Problem> {
    let Some(Caller { signed_in, .. }) = caller else {
        return if app.config.signup_enabled { Ok(None) } else { Err(ErrorCode::SignUpDisabled.into()) };
    };
    if signed_in.must_change_password() {
        signed_in.refuse_until_password_is_changed(app, "POST /api/v1/users").await?;
        return Err(ErrorCode::PasswordChangeRequired.into());
    }
    if app.config.signup_enabled {
        return Ok(signed_in.can());
    }
    let can = signed_in.demand(app, "POST /api/v1/users").await?;
    can.map(Some).ok_or_else(permission_missing::<UsersWrite>)
}

/// The account that the caller may create.
struct Asked {
    name: Name,
    password: Password,
    role: String,
    must_change_password: bool,
    attributes: UserAttributes,
}

impl Asked {
    fn take(body: CreateUser, is_by_administrator: bool) -> Result<Self, Problem> {
        if !is_by_administrator {
            // These members do not exist for a client that signs up (threats F1).
            let restricted = [
                ("role", body.role.is_some()),
                ("must_change_password", body.must_change_password.is_some()),
                ("admin_attributes", body.admin_attributes.is_some()),
            ];
            let sent = restricted.into_iter().filter(|(_, is_sent)| *is_sent);
            let errors: Vec<_> = sent
                .map(|(name, _)| Invalid::member(name, Violation::Unknown, "Only administrators may send this member."))
                .collect();
            if !errors.is_empty() {
                return Err(Problem::invalid(errors));
            }
        }
        let role = body.role.map_or_else(|| SIGN_UP_ROLE.to_owned(), |role| role.as_text().to_owned());
        Ok(Self {
            name: body.name,
            password: body.password.0,
            role,
            must_change_password: body.must_change_password.unwrap_or(false),
            attributes: UserAttributes {
                own: body.attributes.unwrap_or_default(),
                admin: body.admin_attributes.unwrap_or_default(),
            },
        })
    }

    fn without_password(&self) -> String {
        let UserAttributes { own, admin } = &self.attributes;
        json!([self.name.as_typed(), self.role, self.must_change_password, own.sorted(), admin.sorted()]).to_string()
    }
}
