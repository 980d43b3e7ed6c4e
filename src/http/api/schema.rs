//! Descriptions of the objects in responses, and their JSON Schemas.
//!
//! Invariant: a schema allows only described members, so tests find a member of a response without a description.

use serde_json::{Map, Value, json};

/// An object with a name in the document.
#[derive(Debug)]
pub struct ObjectSchema {
    pub name: &'static str,
    pub meaning: &'static str,
    pub members: &'static [Member],
    /// An example, as JSON.
    pub example: &'static str,
}

/// A member of an object.
#[derive(Debug)]
pub struct Member {
    pub name: &'static str,
    pub shape: ValueType,
    pub meaning: &'static str,
    /// Whether the member is always present.
    pub is_always_there: bool,
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum ValueType {
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
    Nullable(&'static ValueType),
}

/// Adds a member to `value`, an object.
pub fn with(mut value: Value, name: &str, member: impl Into<Value>) -> Value {
    if let Value::Object(members) = &mut value {
        members.insert(name.to_owned(), member.into());
    }
    value
}

/// Allows null in `schema`.
pub fn or_null(schema: Value) -> Value {
    let types = json!([schema.get("type"), "null"]);
    with(schema, "type", types)
}

impl ValueType {
    /// Returns the JSON Schema.
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

    /// Returns the type for people.
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

    /// Returns the object in the type, if any.
    pub const fn object(self) -> Option<&'static ObjectSchema> {
        match self {
            Self::Object(object) | Self::List(object) => Some(object),
            Self::Nullable(shape) => shape.object(),
            _ => None,
        }
    }
}

impl ObjectSchema {
    /// Returns a reference to the schema.
    pub fn reference(&self) -> Value {
        json!({ "$ref": format!("#/components/schemas/{}", self.name) })
    }

    /// Returns the example as JSON.
    pub fn example(&self) -> Value {
        serde_json::from_str(self.example).unwrap_or_default()
    }

    /// Returns the JSON Schema.
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

    /// Returns the name and the schema of a page of these objects.
    pub fn page_schema(&self) -> (String, Value) {
        let schema = json!({
            "type": "object",
            "description": "A page of a list.",
            "properties": {
                "items": { "type": "array", "items": self.reference() },
                "next": { "type": ["string", "null"], "description": "The `cursor` of the next page, if any." },
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
