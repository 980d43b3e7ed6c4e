//! Computes a recipe.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    node::{Change, DigestName, Node, Recipe, RecipeNumber, RoundKind},
    pepper::LegacyPepper,
};
use crate::{compute::Digest, escapes::html_escaped, text, unreadable::Unreadable};

/// The values of one computation.
#[derive(Clone, Copy)]
pub(crate) struct RecipeInputs<'a> {
    pub(crate) password: &'a [u8],
    pub(crate) salt: &'a [u8],
    pub(crate) pepper: Option<&'a LegacyPepper>,
}

type Bytes = Zeroizing<Vec<u8>>;

/// The reason why a recipe has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// A value is missing or cannot be decoded, so no password matches.
    Value,
    Memory,
}

type Outcome = Result<Bytes, NoResult>;

impl Recipe {
    /// Returns the result as text, as another hash reads it.
    pub(crate) fn text(&self, inputs: RecipeInputs<'_>) -> Outcome {
        self.root.text(inputs)
    }

    /// Returns the bytes of the digest that the recipe ends with.
    pub(crate) fn digest(&self, inputs: RecipeInputs<'_>) -> Outcome {
        self.tagged().raw(inputs)
    }

    /// Returns the length in bytes of that digest; `None` if the recipe ends with anything else.
    pub(crate) fn digest_bytes(&self) -> Option<usize> {
        self.tagged().digest_bytes()
    }

    /// Returns whether the recipe ends with a digest.
    pub(crate) fn ends_with_digest(&self) -> bool {
        self.tagged().is_digest()
    }

    /// Returns whether every `unhex` and `unbase64` of the salt can be computed.
    pub(crate) fn reads_salt(&self, salt: &[u8]) -> bool {
        let inputs = RecipeInputs { password: &[], salt, pepper: None };
        let is_decoded = |node: &Node| match node {
            Node::Changed(Change::Unhex | Change::Unbase64, inner) => {
                !matches!(**inner, Node::Salt | Node::Bytes(_)) || node.text(inputs).is_ok()
            }
            _ => true,
        };
        !self.root.any(&|node| !is_decoded(node))
    }

    /// Returns the recipe without an encoding of its result: a stored tag is decoded instead.
    fn tagged(&self) -> &Node {
        let mut node = &self.root;
        while let Node::Changed(Change::Hex | Change::Base64 | Change::Upper | Change::Lower, inner) = node {
            node = inner;
        }
        node
    }
}

impl Node {
    /// Returns the value as text: a digest in lower-case hexadecimal.
    fn text(&self, inputs: RecipeInputs<'_>) -> Outcome {
        let text = match self {
            Self::Pass => inputs.password.to_vec(),
            Self::Salt => inputs.salt.to_vec(),
            Self::Pepper => inputs.pepper.ok_or(NoResult::Value)?.bytes().to_vec(),
            Self::Username => return Err(NoResult::Value),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Joined(parts) => {
                let mut joined = Zeroizing::new(Vec::new());
                for part in parts {
                    joined.extend_from_slice(&part.text(inputs)?);
                }
                return Ok(joined);
            }
            Self::Changed(change, inner) => return change.of(inner, inputs),
            _ => text::to_hex(&self.raw(inputs)?).into_bytes(),
        };
        Ok(Zeroizing::new(text))
    }

    /// Returns the value of a digest as bytes, and any other value as text.
    fn raw(&self, inputs: RecipeInputs<'_>) -> Outcome {
        let zeros = |length: u32| usize::try_from(length).map(|length| vec![0; length]).map_err(|_| NoResult::Memory);
        let bytes = match self {
            Self::Digest(DigestName::Is(digest), text) => digest.of(&[&text.text(inputs)?]),
            Self::Hmac(DigestName::Is(digest), key, text) => digest.keyed(&key.text(inputs)?, &text.text(inputs)?),
            Self::Rounds { digest: DigestName::Is(digest), kind, text, rounds: RecipeNumber::Is(rounds) } => {
                rounds_of(*digest, *kind, &text.text(inputs)?, *rounds)
            }
            Self::Pbkdf2 {
                digest: DigestName::Is(digest),
                secret,
                salt,
                iterations: RecipeNumber::Is(iterations),
                length,
            } => {
                let mut key = zeros(*length)?;
                digest.pbkdf2(&secret.text(inputs)?, &salt.text(inputs)?, *iterations, &mut key);
                key
            }
            Self::Scrypt { secret, salt, cost, length } => {
                let mut key = zeros(*length)?;
                let (secret, salt) = (secret.text(inputs)?, salt.text(inputs)?);
                cost.key(&secret, &salt, &mut key).ok_or(NoResult::Memory)?;
                key
            }
            _ if self.is_digest() => return Err(NoResult::Value),
            _ => return self.text(inputs),
        };
        Ok(Zeroizing::new(bytes))
    }
}

fn rounds_of(digest: Digest, kind: RoundKind, text: &[u8], rounds: u32) -> Vec<u8> {
    let first = digest.of(&[text]);
    (1..rounds).fold(first, |last, _| match kind {
        RoundKind::Repeat => digest.of(&[&last]),
        RoundKind::Stretch => digest.of(&[&last, text]),
    })
}

impl Change {
    fn of(self, inner: &Node, inputs: RecipeInputs<'_>) -> Outcome {
        let bytes = match self {
            Self::Hex | Self::Base64 => inner.raw(inputs)?,
            _ => inner.text(inputs)?,
        };
        let text = || std::str::from_utf8(&bytes).map_err(|_| NoResult::Value);
        let decoded = |bytes: Result<Vec<u8>, Unreadable>| bytes.map_err(|_| NoResult::Value);
        let changed = match self {
            Self::Hex => text::to_hex(&bytes).into_bytes(),
            Self::Base64 => STANDARD.encode(&*bytes).into_bytes(),
            Self::Unhex => decoded(text::hex(text()?))?,
            Self::Unbase64 => decoded(text::base64_of_any_kind(text()?))?,
            Self::Upper => bytes.to_ascii_uppercase(),
            Self::Lower => bytes.to_ascii_lowercase(),
            Self::Trim => bytes.trim_ascii().to_vec(),
            Self::Html => html_escaped(text()?).as_bytes().to_vec(),
            Self::Utf16 => text()?.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        };
        Ok(Zeroizing::new(changed))
    }
}
