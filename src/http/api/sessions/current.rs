//! `/api/v1/sessions/current`: who am I, and log out.

use crate::http::api::{
    objects::SESSION,
    openapi::{Header, Operation, Success, Tag, Who},
};

const PATH: &str = "/api/v1/sessions/current";

pub const SHOW: Operation = Operation {
    summary: "Show the session",
    description: "Who is logged in, with which role and permissions, and until when.",
    who: Who::SignedInAnyhow,
    ..Operation::new("get", PATH, "showSession", Tag::Sessions, Success::ok("The session.", &SESSION, &[]))
};

pub const END: Operation = Operation {
    summary: "Log out",
    description: "Ends the session that the request came with.",
    who: Who::SignedInAnyhow,
    ..Operation::new(
        "delete",
        PATH,
        "logOut",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[Header::SetCookie, Header::ClearSiteData]),
    )
};
