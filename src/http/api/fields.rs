//! The members of a request's body, as a table: what each must be is stated once, for the reader, the schema and the
//! documents alike.
//!
//! Invariant: [`read`] finds all that is wrong at once, and what it yields meets every rule of the table. Whether a new
//! password is good enough is not for here: that rule has its home below HTTP.

use doorward_password::Password;
use serde_json::{Map, Value, json};

use super::{
    invalid::{Invalid, Violation, name_flaw},
    schema::{or_null, with},
    values::{Given, KnownName, Values},
};
use crate::model::{
    ATTRIBUTES_BYTES, NAME_CODE_POINTS, Name, NameKey, Permissions, ROLE_PERMISSIONS, RoleName, WORD_CHARACTERS,
    is_permission,
};

/// A member of a body.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub is_required: bool,
    /// Whether null may stand for a value.
    pub is_nullable: bool,
    /// One sentence or two, for the documents.
    pub meaning: &'static str,
    /// A value that would do, as text for kinds of text and as JSON for others.
    pub example: &'static str,
    /// Whether the example of the whole body has it.
    pub is_exemplary: bool,
}

/// What a member must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// What a new account may be called.
    NewName,
    /// What an account may be called that there is.
    KnownName,
    /// A password that somebody has.
    Password,
    /// A password that somebody wants.
    NewPassword,
    /// Text of at most so many code points.
    Text(usize),
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A JSON object of the application's own.
    Object,
    RoleName,
    Permission,
    Permissions,
}

/// A member that must be there.
pub const fn required(name: &'static str, kind: Kind, meaning: &'static str, example: &'static str) -> Field {
    Field { name, kind, is_required: true, is_nullable: false, meaning, example, is_exemplary: true }
}

/// A member that may be left out.
pub const fn optional(name: &'static str, kind: Kind, meaning: &'static str, example: &'static str) -> Field {
    Field { name, kind, is_required: false, is_nullable: false, meaning, example, is_exemplary: true }
}

impl Field {
    /// The same, which may also be null.
    pub const fn or_null(mut self) -> Self {
        self.is_nullable = true;
        self
    }

    /// The same, left out of the example of the whole body, as only some may give it.
    pub const fn for_some(mut self) -> Self {
        self.is_exemplary = false;
        self
    }

    /// The example as JSON.
    pub fn example(&self) -> Value {
        match self.kind {
            Kind::Boolean | Kind::Object | Kind::Permissions => serde_json::from_str(self.example).unwrap_or_default(),
            _ => Value::from(self.example),
        }
    }

    /// Its JSON Schema.
    pub fn schema(&self) -> Value {
        let schema = if self.is_nullable { or_null(self.kind.schema()) } else { self.kind.schema() };
        with(with(schema, "description", self.meaning), "examples", json!([self.example()]))
    }

    fn read(&self, value: Value) -> Result<Given, Vec<Invalid>> {
        if value.is_null() && self.is_nullable {
            return Ok(Given::Null);
        }
        self.kind.read(self.name, value)
    }
}

/// Reads the members of a body.
pub fn read(members: Map<String, Value>, fields: &'static [Field]) -> (Values, Vec<Invalid>) {
    let (mut values, mut errors) = (Values::default(), Vec::new());
    for field in fields.iter().filter(|field| field.is_required && !members.contains_key(field.name)) {
        errors.push(Invalid::member(field.name, Violation::Missing, "This member is required."));
    }
    for (name, value) in members {
        match fields.iter().find(|field| field.name == name) {
            None => errors.push(Invalid::member(&name, Violation::Unknown, "This member is not known here.")),
            Some(field) => match field.read(value) {
                Ok(given) => drop(values.insert(field.name, given)),
                Err(found) => errors.extend(found),
            },
        }
    }
    (values, errors)
}

/// The JSON Schema of a body.
pub fn schema(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), field.schema())).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A body that would do for everybody who may ask: the members that are exemplary.
pub fn example(fields: &[Field]) -> Value {
    let exemplary = fields.iter().filter(|field| field.is_exemplary);
    Value::Object(exemplary.map(|field| (field.name.to_owned(), field.example())).collect())
}

impl Kind {
    fn read(self, name: &str, value: Value) -> Result<Given, Vec<Invalid>> {
        let wrong = |flaw, detail: String| Err(vec![Invalid::member(name, flaw, detail)]);
        let given = match (self, value) {
            (Self::Boolean, Value::Bool(value)) => Ok(Given::Boolean(value)),
            (Self::Object, Value::Object(members)) => object(members).map(Given::Object),
            (Self::Permissions, Value::Array(words)) => return permissions(name, words).map(Given::Permissions),
            (kind, Value::String(text)) if kind.is_text() => kind.read_text(text),
            (kind, _) => return wrong(Violation::WrongType, format!("Must be {}.", kind.type_in_words())),
        };
        given.or_else(|(flaw, detail)| wrong(flaw, detail))
    }

    fn read_text(self, text: String) -> Result<Given, (Violation, String)> {
        let of_name = |problem| {
            let (flaw, detail) = name_flaw(problem);
            (flaw, detail.to_owned())
        };
        match self {
            Self::NewName => Name::new(&text).map(Given::Name).map_err(of_name),
            Self::KnownName => match NameKey::to_find(&text) {
                Ok(key) => Ok(Given::KnownName(KnownName { typed: text, key })),
                Err(problem) => Err(of_name(problem)),
            },
            Self::Password | Self::NewPassword => Ok(Given::Password(Password::new(text))),
            Self::Text(most) if text.chars().count() > most => {
                Err((Violation::TooLong, format!("Must be at most {most} characters long.")))
            }
            Self::Choice(words) if !words.contains(&text.as_str()) => {
                Err((Violation::NotAChoice, format!("Must be one of: {}.", words.join(", "))))
            }
            Self::RoleName => match RoleName::new(&text) {
                Some(name) => Ok(Given::RoleName(name)),
                None => Err((Violation::Malformed, ROLE_NAME_RULE.to_owned())),
            },
            Self::Permission if !is_permission(&text) => Err((Violation::Malformed, PERMISSION_RULE.to_owned())),
            _ => Ok(Given::Text(text)),
        }
    }

    const fn is_text(self) -> bool {
        !matches!(self, Self::Boolean | Self::Object | Self::Permissions)
    }

    const fn type_in_words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Object => "an object",
            Self::Permissions => "a list of permissions",
            _ => "a string",
        }
    }

    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::NewName => json!({ "type": "string", "minLength": 1, "maxLength": NAME_CODE_POINTS }),
            Self::KnownName => {
                json!({ "type": "string", "maxLength": NAME_CODE_POINTS, "pattern": NO_CONTROL_CHARACTERS })
            }
            Self::Password => json!({ "type": "string", "format": "password", "writeOnly": true }),
            Self::NewPassword => {
                json!({ "type": "string", "format": "password", "writeOnly": true, "minLength": 8, "maxLength": 1024 })
            }
            Self::Text(most) => json!({ "type": "string", "maxLength": most }),
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::Object => json!({ "type": "object", "additionalProperties": true }),
            Self::RoleName => json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": ROLE_NAME_PATTERN }),
            Self::Permission => {
                json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": PERMISSION_PATTERN })
            }
            Self::Permissions => {
                json!({ "type": "array", "items": Self::Permission.schema(), "maxItems": ROLE_PERMISSIONS })
            }
        }
    }
}

const NO_CONTROL_CHARACTERS: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
pub const ROLE_NAME_PATTERN: &str = "^[a-z][a-z0-9_-]*$";
pub const PERMISSION_PATTERN: &str = "^[a-z][a-z0-9_.-]*:[a-z][a-z0-9_.-]*$";
pub const ROLE_NAME_RULE: &str =
    "Must be of lower-case letters, digits, `_` and `-`, a letter first, at most 64 characters long.";
pub const PERMISSION_RULE: &str = "Must be two words with a colon between, as in invoices:read, of lower-case letters, \
     digits, `_`, `-` and `.`, letters first, at most 64 characters long.";

fn object(members: Map<String, Value>) -> Result<Map<String, Value>, (Violation, String)> {
    let value = Value::Object(members);
    if value.to_string().len() > ATTRIBUTES_BYTES {
        return Err((Violation::TooLong, format!("Must have at most {ATTRIBUTES_BYTES} bytes as compact JSON.")));
    }
    match value {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

fn permissions(name: &str, words: Vec<Value>) -> Result<Permissions, Vec<Invalid>> {
    if words.len() > ROLE_PERMISSIONS {
        let detail = format!("Must have at most {ROLE_PERMISSIONS} permissions.");
        return Err(vec![Invalid::member(name, Violation::TooLong, detail)]);
    }
    let (mut sound, mut errors) = (Vec::new(), Vec::new());
    for (index, word) in words.into_iter().enumerate() {
        match word {
            Value::String(word) if is_permission(&word) => sound.push(word),
            Value::String(_) => errors.push(Invalid::member(name, Violation::Malformed, PERMISSION_RULE).at(index)),
            _ => errors.push(Invalid::member(name, Violation::WrongType, "Must be a string.").at(index)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let set = Permissions::new(sound.iter().map(String::as_str));
    set.ok_or_else(|| vec![Invalid::member(name, Violation::Malformed, PERMISSION_RULE)])
}
