//! The objects that responses hold, as tables, and their JSON Schemas.
//!
//! Invariant: a schema allows no member that its table does not name, so a member that is added to a response without
//! being documented shows.

use serde_json::{Map, Value, json};

/// An object with a name of its own in the document.
#[derive(Debug)]
pub struct ObjectSchema {
    pub name: &'static str,
    pub meaning: &'static str,
    pub members: &'static [Member],
    /// One such object, as JSON.
    pub example: &'static str,
}

/// A member of an object.
#[derive(Debug)]
pub struct Member {
    pub name: &'static str,
    pub shape: Shape,
    pub meaning: &'static str,
    /// Whether every such object has it.
    pub is_always_there: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    Text,
    Uid,
    Instant,
    Boolean,
    Integer,
    Choice(&'static [&'static str]),
    /// A URI reference.
    Uri,
    /// A JSON object of anything.
    Anything,
    /// A list of texts.
    Words,
    Object(&'static ObjectSchema),
    List(&'static ObjectSchema),
    /// Null, or this.
    Nullable(&'static Shape),
}

/// A member that is always there.
pub const fn member(name: &'static str, shape: Shape, meaning: &'static str) -> Member {
    Member { name, shape, meaning, is_always_there: true }
}

/// A member that is there at times.
pub const fn at_times(name: &'static str, shape: Shape, meaning: &'static str) -> Member {
    Member { name, shape, meaning, is_always_there: false }
}

/// `value`, an object, with one more member.
pub fn with(mut value: Value, name: &str, member: impl Into<Value>) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert(name.to_owned(), member.into());
    }
    value
}

/// `schema`, which may also be null.
pub fn or_null(schema: Value) -> Value {
    let types = json!([schema.get("type"), "null"]);
    with(schema, "type", types)
}

impl Shape {
    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Uid => json!({ "type": "string", "format": "uuid" }),
            Self::Instant => json!({ "type": "string", "format": "date-time" }),
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Integer => json!({ "type": "integer" }),
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::Uri => json!({ "type": "string", "format": "uri-reference" }),
            Self::Anything => json!({ "type": "object", "additionalProperties": true }),
            Self::Words => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Object(object) => object.reference(),
            Self::List(object) => json!({ "type": "array", "items": object.reference() }),
            Self::Nullable(Self::Object(object)) => json!({ "oneOf": [object.reference(), { "type": "null" }] }),
            Self::Nullable(shape) => or_null(shape.schema()),
        }
    }

    /// Its type in a word or two, for people.
    pub fn in_words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Uid => "UUID".to_owned(),
            Self::Instant => "instant".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Choice(words) => words.join(", "),
            Self::Uri => "URI".to_owned(),
            Self::Anything => "object".to_owned(),
            Self::Words => "list of texts".to_owned(),
            Self::Object(object) => object.name.to_owned(),
            Self::List(object) => format!("list of {}", object.name),
            Self::Nullable(shape) => format!("{} or null", shape.in_words()),
        }
    }

    /// The object that it is made of, if any.
    pub const fn object(self) -> Option<&'static ObjectSchema> {
        match self {
            Self::Object(object) | Self::List(object) => Some(object),
            Self::Nullable(shape) => shape.object(),
            _ => None,
        }
    }
}

impl ObjectSchema {
    /// A reference to its schema.
    pub fn reference(&self) -> Value {
        json!({ "$ref": format!("#/components/schemas/{}", self.name) })
    }

    /// The example as JSON.
    pub fn example(&self) -> Value {
        serde_json::from_str(self.example).unwrap_or_default()
    }

    /// Its JSON Schema.
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> = self.members.iter().map(Member::property).collect();
        let required: Vec<&str> =
            self.members.iter().filter(|member| member.is_always_there).map(|member| member.name).collect();
        json!({
            "type": "object",
            "description": self.meaning,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
            "examples": [self.example()],
        })
    }

    /// The schema of a page of such objects; it has a name of its own.
    pub fn page_schema(&self) -> (String, Value) {
        let schema = json!({
            "type": "object",
            "description": "A page of a list.",
            "properties": {
                "items": { "type": "array", "items": self.reference() },
                "next": { "type": ["string", "null"], "description": "The `cursor` of the next page, if there is one." },
            },
            "required": ["items", "next"],
            "additionalProperties": false,
        });
        (format!("{}Page", self.name), schema)
    }
}

impl Member {
    fn property(&self) -> (String, Value) {
        (self.name.to_owned(), with(self.shape.schema(), "description", self.meaning))
    }
}
