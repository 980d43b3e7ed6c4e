//! Types and rules without input or output: users, names, roles, sessions and tokens.
//!
//! This module knows no SQL, HTTP or files. Time and randomness are parameters.

mod address;
mod attributes;
mod audit;
mod audit_event;
mod blocklist;
mod device;
mod failure_key;
mod finding;
mod fingerprint;
pub mod legacy_state;
pub mod legacy_state_names;
mod legacy_user;
mod name;
mod password_policy;
mod pattern;
mod precondition;
mod random;
mod reserved_names;
mod role;
mod secret_key;
mod session;
mod skeleton;
mod source;
mod throttle;
mod time;
mod token;
mod uid;
mod user;

pub use address::{first_of, is_private, is_within, network_of};
pub use attributes::{ATTRIBUTES_BYTES, Attributes, AttributesPatch, TooLarge};
pub use audit::{Actor, Event, Outcome, Party, Reason};
pub use audit_event::{AuditEvent, NewAuditEvent};
pub use blocklist::{Blocklist, BlocklistKey, BlocklistProblem, in_lower_case};
pub use device::{DEVICE_LIFETIME, DeviceToken, KnownDevice, PresentedDevice};
pub use failure_key::FailureKey;
pub use finding::{Finding, FindingState};
pub use fingerprint::{Fingerprint, FingerprintKey};
pub use legacy_user::{LegacyId, LegacyPassword, LegacyTableNames, LegacyUser, LegacyValue};
pub use name::{NAME_CODE_POINTS, NAME_KEY_BYTES, Name, NameKey, NameProblem, is_unseen};
pub use password_policy::{PASSWORD_CODE_POINTS, PasswordPolicy, PasswordProblem, PasswordRules};
pub use precondition::Precondition;
pub use random::Rng;
pub use reserved_names::{RESERVED, ReservedNames};
pub use role::{Permission, Permissions, ROLE_PERMISSIONS, Role, RoleId, RoleName, WORD_CHARACTERS, is_permission};
pub use secret_key::SecretKey;
pub use session::{RECENT, Session, SessionLimits, SessionRules};
pub use skeleton::Skeleton;
pub use source::{RequestId, Source};
pub use throttle::{FORGOTTEN, Failures, Limit};
pub use time::{Clock, UnixMillis};
pub use token::{PlainToken, TokenHash};
pub use uid::Uid;
pub use user::{User, UserAttributes, UserId};
