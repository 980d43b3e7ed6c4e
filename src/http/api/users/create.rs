//! `POST /api/v1/users`: sign-up, and accounts that administrators make.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use doorward_password::Password;
use serde_json::json;

use crate::{
    app::App,
    http::{
        api::{
            fields::{Kind, optional, required},
            input::Input,
            invalid::{Invalid, Violation},
            objects::USER,
            operation::{Access, Header, Operation, RequestBody, Success, Tag},
            problem::{ErrorCode, Problem},
            views::{self, Reply, Viewer, located},
        },
        auth::{Caller, OptionalAuth, permission_missing},
        method::RouteMethod,
        source,
        state::AppState,
    },
    model::{Name, Permission, RoleName, UserAttributes},
    ops::{
        Can, RolesWrite, UsersWrite,
        accounts::{
            role_grant::RoleGrant,
            sign_up::{self, NewAccount, SIGN_UP_ROLE},
        },
        idempotency::IdempotencyKey,
    },
};

pub static DOC: Operation = Operation {
    summary: "Sign up, or create an account",
    description: "Makes an account. Holders of `users:write` may also say `must_change_password` and the attributes, \
        and, with `roles:write`, a role other than `user`. That a name is taken cannot be hidden here.",
    access: Access::PublicOr(Permission::UsersWrite),
    body: Some(RequestBody::required(&[
        required("name", Kind::NewName, "What the account is to be called.", "Ann"),
        required(
            "password",
            Kind::NewPassword,
            "The password: at least `password.min_length` characters (15 unless configured otherwise), at most 1024, of \
             any kind; not the name and not a common one.",
            "correct horse battery staple",
        ),
        optional("role", Kind::RoleName, "The name of a role; `user` when left out.", "user").for_some(),
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else.",
            "false",
        )
        .for_some(),
        optional("attributes", Kind::Object, "What the application keeps of the user.", r#"{"locale": "en"}"#),
        optional(
            "admin_attributes",
            Kind::Object,
            "What the application keeps of the user for administrators alone.",
            r#"{"plan": "team"}"#,
        )
        .for_some(),
    ])),
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
        Success::created("The account is made.", &USER, &[Header::Location, Header::ETag]),
    )
};

/// `POST /api/v1/users`
pub async fn create(State(app): State<AppState>, OptionalAuth(caller): OptionalAuth, request: Request) -> Reply {
    let source = source::of(&app.config, request.headers(), request.extensions());
    // Whose an idempotency key is, be it somebody who may do no more than anybody.
    let client = caller.as_ref().map(|caller| caller.signed_in.user_id());
    let maker = maker(&app, caller).await?;
    let mut input = Input::read(request, &DOC).await?;
    let asked = Asked::take(&mut input, maker.is_some())?;
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
    Ok(located(views::account(StatusCode::CREATED, &account, viewer), &path))
}

/// Returns the authority to give a role other than the usual one, if such a role is requested.
async fn grant(app: &App, can: &Can<UsersWrite>, role: String) -> Result<Option<RoleGrant>, Problem> {
    if role == SIGN_UP_ROLE {
        return Ok(None);
    }
    let authority = can.holder().demand::<RolesWrite>(app, "POST /api/v1/users (role)").await?;
    Ok(Some(RoleGrant { role, authority: authority.ok_or_else(permission_missing::<RolesWrite>)? }))
}

/// The authority by which the account is made; `None` for whoever signs up.
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

/// What the body asks for.
struct Asked {
    name: Name,
    password: Password,
    role: String,
    must_change_password: bool,
    attributes: UserAttributes,
}

impl Asked {
    fn take(input: &mut Input, is_by_administrator: bool) -> Result<Self, Problem> {
        let body = &mut input.body;
        if !is_by_administrator {
            // To somebody who signs up these members do not exist (threats F1).
            let reserved = ["role", "must_change_password", "admin_attributes"].into_iter();
            let given = reserved.filter(|name| body.has(name));
            let errors: Vec<_> = given
                .map(|name| Invalid::member(name, Violation::Unknown, "Only administrators may give this member."))
                .collect();
            if !errors.is_empty() {
                return Err(Problem::invalid(errors));
            }
        }
        let role: Option<RoleName> = body.optional("role")?;
        let role = role.map_or_else(|| SIGN_UP_ROLE.to_owned(), |role| role.as_text().to_owned());
        Ok(Self {
            name: body.required("name")?,
            password: body.required("password")?,
            role,
            must_change_password: body.optional("must_change_password")?.unwrap_or(false),
            attributes: UserAttributes {
                own: body.optional("attributes")?.unwrap_or_default(),
                admin: body.optional("admin_attributes")?.unwrap_or_default(),
            },
        })
    }

    fn without_password(&self) -> String {
        let UserAttributes { own, admin } = &self.attributes;
        json!([self.name.as_typed(), self.role, self.must_change_password, own.sorted(), admin.sorted()]).to_string()
    }
}
