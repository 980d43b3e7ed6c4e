//! The stored strings of recipes, and how a row's columns become one.
//!
//! `$dw-form$v=1$RECIPE$SALT$TAG` is a digest; `$dw-pre$v=1$RECIPE$SALT$HASH` is another hash, to which the recipe's result
//! is the password. `,pepper=CHECK` after the version names the pepper. Salt and tag are base64 for URLs without padding.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{
    bound::{FORM, PRE_HASH},
    node::{DigestName, Needs, Node, Recipe, RecipeNumber},
    pepper::LegacyPepper,
};
use crate::{StoredHash, Unreadable, compute::Digest, limits, text};

/// The names of values that a bare word may be: `sha256` is `hex(sha256(pass))`.
const BARE_HMAC: &str = "hmac";

/// How a legacy application stored what Doorward stores in one string.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyForms {
    /// Computes the tag in the password column.
    pub form: Option<Recipe>,
    /// Computes what was hashed instead of the password.
    pub pre_hash: Option<Recipe>,
    pub firebase: Option<FirebaseProject>,
    pub pepper: Option<LegacyPepper>,
}

/// The values of a row that a form needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormColumns<'a> {
    pub username: &'a str,
    /// The bytes of the column: text, or what a binary column holds.
    pub salt: Option<&'a [u8]>,
    pub algorithm: Option<&'a str>,
    pub iterations: Option<&'a str>,
}

/// The reason why a form is unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    #[error("is not a recipe such as md5(salt.pass), sha256(pass.salt) or hex(sha256(pass))")]
    Malformed,
    #[error("costs too much time or memory")]
    Cost,
    #[error("does not use the password")]
    NoPassword,
    #[error("must end with a digest, as in md5(salt.pass)")]
    NoDigest,
    #[error("is not the parameters of a Firebase project")]
    Firebase,
}

/// The parameters of a Firebase project, as its console shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct FirebaseProject {
    parameters: String,
}

impl fmt::Debug for FirebaseProject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FirebaseProject(…)")
    }
}

impl From<Unreadable> for FormProblem {
    fn from(why: Unreadable) -> Self {
        if why == Unreadable::Cost { Self::Cost } else { Self::Malformed }
    }
}

impl LegacyForms {
    /// Parses a recipe whose result is in the password column.
    ///
    /// # Errors
    /// [`FormProblem`].
    pub fn parse_form(text: &str) -> Result<Recipe, FormProblem> {
        let recipe = parsed(text)?;
        if recipe.ends_with_digest() { Ok(recipe) } else { Err(FormProblem::NoDigest) }
    }

    /// Parses a recipe whose result was hashed instead of the password. The name of a digest alone means its lower-case
    /// hexadecimal text, and `hmac-…` alone the same with the pepper as key.
    ///
    /// # Errors
    /// [`FormProblem`].
    pub fn parse_pre_hash(text: &str) -> Result<Recipe, FormProblem> {
        let word = text.trim().to_ascii_lowercase().replace('-', "_");
        let name = word.strip_prefix(BARE_HMAC).map_or(word.as_str(), |name| name.trim_start_matches('_'));
        let is_bare = Digest::named(name).is_some();
        let recipe = match (is_bare, word.starts_with(BARE_HMAC)) {
            (true, true) => parsed(&format!("hex(hmac_{name}(pepper,pass))")),
            (true, false) => parsed(&format!("hex({name}(pass))")),
            (false, _) => parsed(text),
        }?;
        if recipe.memory_kib() > 0 { Err(FormProblem::Cost) } else { Ok(recipe) }
    }

    /// Returns whether any form changes how a password column is read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.form.is_none() && self.pre_hash.is_none() && self.firebase.is_none()
    }

    /// Returns what the forms need of a row or of the operator.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let [form, pre] =
            [&self.form, &self.pre_hash].map(|recipe| recipe.as_ref().map_or_else(Needs::default, Recipe::needs));
        Needs {
            salt: form.salt || pre.salt || self.firebase.is_some(),
            pepper: form.pepper || pre.pepper,
            algorithm: form.algorithm || pre.algorithm,
            iterations: form.iterations || pre.iterations,
            password: form.password || pre.password,
        }
    }

    /// Returns the string that stands for `stored` and the other columns of its row. A value that has no form of these is
    /// returned as it is, and is identified as any other.
    #[must_use]
    pub fn compose(&self, stored: &str, columns: FormColumns<'_>) -> String {
        let of_firebase = || self.firebase.as_ref().and_then(|project| project.compose(stored, columns));
        let composed = self.form.as_ref().and_then(|form| self.tagged(form, stored, columns)).or_else(of_firebase);
        composed.or_else(|| self.pre_hashed(stored, columns)).unwrap_or_else(|| stored.to_owned())
    }

    /// Like [`LegacyForms::compose`], for a password column whose value is not text: the bytes of a digest.
    #[must_use]
    pub fn compose_bytes(&self, stored: &[u8], columns: FormColumns<'_>) -> Option<String> {
        self.tagged(self.form.as_ref()?, &text::to_hex(stored), columns)
    }

    fn tagged(&self, form: &Recipe, stored: &str, columns: FormColumns<'_>) -> Option<String> {
        let recipe = form.bind(columns);
        // A tag of an algorithm that is not known must not be read as a tag of another scheme.
        let Some(recipe) = recipe else { return may_be_tag(stored).then(|| format!("{FORM}v=1$?$")) };
        let tag = text::tag(stored, recipe.digest_bytes()?)?;
        let salt = columns.salt.unwrap_or_default();
        let [salt, tag] = [salt, &tag].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Some(format!("{FORM}{}${recipe}${salt}${tag}", self.version(&recipe)))
    }

    fn pre_hashed(&self, stored: &str, columns: FormColumns<'_>) -> Option<String> {
        let recipe = self.pre_hash.as_ref()?;
        if matches!(StoredHash::parse(stored), Err(Unreadable::Scheme | Unreadable::Refused)) {
            return None;
        }
        let Some(recipe) = recipe.bind(columns) else { return Some(format!("{PRE_HASH}v=1$?$$")) };
        let salt = if recipe.needs().salt { columns.salt.unwrap_or_default() } else { &[] };
        let salt = URL_SAFE_NO_PAD.encode(salt);
        Some(format!("{PRE_HASH}{}${recipe}${salt}${stored}", self.version(&recipe)))
    }

    fn version(&self, recipe: &Recipe) -> String {
        match &self.pepper {
            Some(pepper) if recipe.needs().pepper => format!("v=1,pepper={}", pepper.check()),
            _ => "v=1".to_owned(),
        }
    }
}

/// Returns whether a value may be a digest in hexadecimal or base64.
fn may_be_tag(stored: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    stored.len() >= limits::TAG_BYTES_MINIMUM && stored.bytes().all(is_sign)
}

fn parsed(text: &str) -> Result<Recipe, FormProblem> {
    let recipe = Recipe::parse(text)?;
    if recipe.needs().password { Ok(recipe) } else { Err(FormProblem::NoPassword) }
}

impl Recipe {
    /// Returns the recipe with the values of a row in place of columns; `None` if a column holds no such value.
    fn bind(&self, columns: FormColumns<'_>) -> Option<Self> {
        let recipe = Self { root: bound(&self.root, columns)? };
        recipe.check().ok()?;
        Some(recipe)
    }
}

fn bound(node: &Node, columns: FormColumns<'_>) -> Option<Node> {
    let boxed = |node: &Node| bound(node, columns).map(Box::new);
    let digest = |name: &DigestName| match name {
        DigestName::Is(digest) => Some(DigestName::Is(*digest)),
        DigestName::OfColumn => {
            let name = columns.algorithm?.trim().to_ascii_lowercase().replace(['-', '_'], "");
            Digest::named(&name).map(DigestName::Is)
        }
    };
    let number = |number: &RecipeNumber| match number {
        RecipeNumber::Is(number) => Some(RecipeNumber::Is(*number)),
        RecipeNumber::OfColumn => {
            let most = limits::PBKDF2_ITERATIONS;
            text::number(columns.iterations?.trim(), 1, most).ok().map(RecipeNumber::Is)
        }
    };
    Some(match node {
        Node::Username => Node::Bytes(columns.username.as_bytes().to_vec()),
        Node::Pass | Node::Salt | Node::Pepper | Node::Bytes(_) => node.clone(),
        Node::Joined(parts) => Node::Joined(parts.iter().map(|part| bound(part, columns)).collect::<Option<_>>()?),
        Node::Digest(name, text) => Node::Digest(digest(name)?, boxed(text)?),
        Node::Hmac(name, key, text) => Node::Hmac(digest(name)?, boxed(key)?, boxed(text)?),
        Node::Rounds { digest: name, kind, text, rounds } => {
            Node::Rounds { digest: digest(name)?, kind: *kind, text: boxed(text)?, rounds: number(rounds)? }
        }
        Node::Pbkdf2 { digest: name, secret, salt, iterations, length } => Node::Pbkdf2 {
            digest: digest(name)?,
            secret: boxed(secret)?,
            salt: boxed(salt)?,
            iterations: number(iterations)?,
            length: *length,
        },
        Node::Scrypt { secret, salt, cost, length } => {
            Node::Scrypt { secret: boxed(secret)?, salt: boxed(salt)?, cost: *cost, length: *length }
        }
        Node::Changed(change, text) => Node::Changed(*change, boxed(text)?),
    })
}

impl FirebaseProject {
    /// Reads the parameters as the console shows them (`hash_config { … }`) or as JSON.
    ///
    /// # Errors
    /// [`FormProblem::Firebase`] if one is missing or out of bounds.
    pub fn parse(text: &str) -> Result<Self, FormProblem> {
        let json: Option<Value> = serde_json::from_str(text).ok();
        let field = |names: [&str; 2]| match &json {
            Some(json) => names.iter().find_map(|name| {
                let value = json.get(name).or_else(|| json.get("hash_config")?.get(name))?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }),
            None => names.iter().find_map(|name| console_field(text, name)),
        };
        let required = |names| field(names).ok_or(FormProblem::Firebase);
        let for_urls = |text: &str| {
            text::base64_of_any_kind(text).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).map_err(|_| FormProblem::Firebase)
        };
        let key = for_urls(&required(["base64_signer_key", "signer_key"])?)?;
        let separator = for_urls(&field(["base64_salt_separator", "salt_separator"]).unwrap_or_default())?;
        let (rounds, memory) = (required(["rounds", "rounds"])?, required(["mem_cost", "memory_cost"])?);
        let parameters = format!("v=1,n={memory},r={rounds},p=1,ss={separator},sk={key}");
        let project = Self { parameters };
        // The shortest possible hash shows whether every parameter is within its bounds.
        let tag = vec![0; text::base64_of_any_kind(&key).map_err(|_| FormProblem::Firebase)?.len()];
        let sample = project.string("c2FsdA", &URL_SAFE_NO_PAD.encode(tag));
        StoredHash::parse(&sample).map(|_| project).map_err(|_| FormProblem::Firebase)
    }

    /// Returns the string of a hash and its salt, as Firebase exports them.
    #[must_use]
    pub fn compose(&self, stored: &str, columns: FormColumns<'_>) -> Option<String> {
        let tag = text::base64_of_any_kind(stored.trim()).ok().filter(|tag| tag.len() >= limits::TAG_BYTES_MINIMUM)?;
        let salt = text::base64_of_any_kind(std::str::from_utf8(columns.salt?).ok()?.trim()).ok()?;
        let [salt, tag] = [salt, tag].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Some(self.string(&salt, &tag))
    }

    fn string(&self, salt: &str, tag: &str) -> String {
        format!("$fbscrypt${}${salt}${tag}", self.parameters)
    }
}

/// Returns the value of a line `name: value,`.
fn console_field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.trim().split_once(':')?;
        let value = value.trim().trim_end_matches(',').trim_matches(['"', ' ']);
        (key.trim().trim_matches('"') == name).then(|| value.to_owned())
    })
}
