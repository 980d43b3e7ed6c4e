//! Recipes: how a legacy application computed a hash from a password, a salt and a pepper, as an operator writes it:
//! `md5(salt.pass)`, `base64(hmac_sha384(pepper, pass))`.
//!
//! A digest is lower-case hexadecimal text wherever text is needed, as in PHP and SQL; only `hex`, `base64` and `unhex` read
//! its bytes. Invariants: a recipe has a bounded length, depth and cost, and it never contains the pepper.

mod bound;
mod eval;
mod form;
mod node;
mod parse;
mod pepper;
mod print;

pub(crate) use self::{
    bound::{BoundRecipe, FORM, PRE_HASH},
    node::SlowPart,
};
pub use self::{
    form::{FirebaseProject, FormColumns, FormProblem, LegacyForms},
    node::{Needs, Recipe},
    pepper::LegacyPepper,
};
