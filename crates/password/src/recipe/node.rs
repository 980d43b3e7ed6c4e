//! The parts of a recipe, and what they need and cost.

use crate::{
    Work,
    compute::{Digest, ScryptCost},
    first_guess, limits,
    unreadable::Unreadable,
};

/// A parsed recipe. All values are known except password, salt and pepper, once [`Recipe::bind`] was called.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipe {
    pub(super) root: Node,
}

/// A part of a recipe.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Node {
    Pass,
    Salt,
    Pepper,
    /// The name in the same row.
    Username,
    Bytes(Vec<u8>),
    Joined(Vec<Node>),
    Digest(DigestName, Box<Node>),
    /// HMAC of the second part with the first part as key.
    Hmac(DigestName, Box<Node>, Box<Node>),
    Rounds {
        digest: DigestName,
        kind: RoundKind,
        text: Box<Node>,
        rounds: RecipeNumber,
    },
    Pbkdf2 {
        digest: DigestName,
        secret: Box<Node>,
        salt: Box<Node>,
        iterations: RecipeNumber,
        length: u32,
    },
    Scrypt {
        secret: Box<Node>,
        salt: Box<Node>,
        cost: ScryptCost,
        length: u32,
    },
    Changed(Change, Box<Node>),
}

/// What each further round digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundKind {
    /// The digest before it: `repeat_…`.
    Repeat,
    /// The digest before it, followed by the text: `stretch_…`.
    Stretch,
}

/// A change of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Hex,
    Base64,
    Unhex,
    Unbase64,
    Upper,
    Lower,
    Trim,
    /// PHP's `htmlspecialchars`, as forums apply it to every input.
    Html,
    /// UTF-16, little-endian, as in .NET and SQL Server.
    Utf16,
}

/// A digest: one of these, or the one that a column names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestName {
    Is(Digest),
    OfColumn,
}

/// A number: this one, or the one in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RecipeNumber {
    Is(u32),
    OfColumn,
}

/// The values that a recipe needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub salt: bool,
    pub pepper: bool,
    pub algorithm: bool,
    pub iterations: bool,
    pub password: bool,
}

impl Node {
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Pass | Self::Salt | Self::Pepper | Self::Username | Self::Bytes(_) => Vec::new(),
            Self::Joined(parts) => parts.iter().collect(),
            Self::Digest(_, text) | Self::Changed(_, text) | Self::Rounds { text, .. } => vec![text],
            Self::Hmac(_, key, text) => vec![key, text],
            Self::Pbkdf2 { secret, salt, .. } | Self::Scrypt { secret, salt, .. } => vec![secret, salt],
        }
    }

    pub(super) fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self) || self.parts().into_iter().any(|part| part.any(is))
    }

    /// Returns the number of bytes, if the node is a digest or a key.
    pub(super) fn digest_bytes(&self) -> Option<usize> {
        match self {
            Self::Digest(DigestName::Is(digest), _)
            | Self::Hmac(DigestName::Is(digest), ..)
            | Self::Rounds { digest: DigestName::Is(digest), .. } => Some(digest.bytes()),
            Self::Pbkdf2 { length, .. } | Self::Scrypt { length, .. } => usize::try_from(*length).ok(),
            _ => None,
        }
    }

    pub(super) fn is_digest(&self) -> bool {
        matches!(
            self,
            Self::Digest(..) | Self::Hmac(..) | Self::Rounds { .. } | Self::Pbkdf2 { .. } | Self::Scrypt { .. }
        )
    }

    fn work(&self) -> Work {
        let of_digest = |units: u64| Work { kernel: "digest", units };
        let own = match self {
            Self::Digest(..) => of_digest(1),
            Self::Hmac(..) => of_digest(2),
            Self::Rounds { rounds: RecipeNumber::Is(rounds), .. } => of_digest((*rounds).into()),
            Self::Pbkdf2 {
                digest: DigestName::Is(digest), iterations: RecipeNumber::Is(iterations), length, ..
            } => {
                let blocks = u64::from(*length).div_ceil(u64::try_from(digest.bytes()).unwrap_or(1));
                Work { kernel: digest.pbkdf2_kernel(), units: u64::from(*iterations).saturating_mul(blocks) }
            }
            Self::Scrypt { cost, .. } => Work { kernel: "scrypt", units: cost.work_units() },
            _ => of_digest(0),
        };
        self.parts().into_iter().map(Self::work).fold(own, Work::and)
    }

    fn memory_kib(&self) -> u64 {
        let own = if let Self::Scrypt { cost, .. } = self { cost.memory_kib() } else { 0 };
        self.parts().into_iter().map(Self::memory_kib).fold(own, u64::max)
    }
}

impl Recipe {
    /// Returns what the recipe needs beside the password.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let has = |is: &dyn Fn(&Node) -> bool| self.root.any(is);
        let names_column = |node: &Node| match node {
            Node::Digest(name, _)
            | Node::Hmac(name, ..)
            | Node::Rounds { digest: name, .. }
            | Node::Pbkdf2 { digest: name, .. } => *name == DigestName::OfColumn,
            _ => false,
        };
        Needs {
            salt: has(&|node| *node == Node::Salt),
            pepper: has(&|node| *node == Node::Pepper),
            password: has(&|node| *node == Node::Pass),
            algorithm: has(&names_column),
            iterations: has(&|node| {
                matches!(
                    node,
                    Node::Rounds { rounds: RecipeNumber::OfColumn, .. }
                        | Node::Pbkdf2 { iterations: RecipeNumber::OfColumn, .. }
                )
            }),
        }
    }

    /// Returns the largest work.
    pub(crate) fn work(&self) -> Work {
        self.root.work()
    }

    /// Returns the memory in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.root.memory_kib()
    }

    /// Returns the slowest key derivation in the recipe, whose cost decides the strength.
    pub(crate) fn slow_part(&self) -> Option<SlowPart> {
        fn of(node: &Node) -> Option<SlowPart> {
            let own = match node {
                Node::Pbkdf2 { digest: DigestName::Is(digest), iterations: RecipeNumber::Is(iterations), .. } => {
                    Some(SlowPart::Pbkdf2(*digest, *iterations))
                }
                Node::Scrypt { cost, .. } => Some(SlowPart::Scrypt(*cost)),
                _ => None,
            };
            own.or_else(|| node.parts().into_iter().find_map(of))
        }
        of(&self.root)
    }

    /// Returns the rounds of the recipe that each read the whole text.
    pub(crate) fn rounds_that_read(&self) -> u64 {
        fn of(node: &Node) -> u64 {
            let own = match node {
                Node::Rounds { kind: RoundKind::Stretch, rounds: RecipeNumber::Is(rounds), .. } => (*rounds).into(),
                _ => 0,
            };
            node.parts().into_iter().map(of).fold(own, u64::max)
        }
        of(&self.root)
    }

    /// Checks the cost against the limits.
    pub(super) fn check(&self) -> Result<(), Unreadable> {
        let is_sound = self.memory_kib() <= limits::MEMORY_KIB.into() && first_guess(self.work()) <= limits::WORK;
        if is_sound { Ok(()) } else { Err(Unreadable::Cost) }
    }
}

/// A key derivation within a recipe.
pub(crate) enum SlowPart {
    Pbkdf2(Digest, u32),
    Scrypt(ScryptCost),
}
