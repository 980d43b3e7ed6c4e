//! Random requests to the routes of the table, by random callers, mostly valid with a few faults.
//!
//! Later requests use values of earlier answers: identifiers, tags, cursors and tokens.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Uri},
};
use doorward::http::Peer;
use serde_json::{Map, Value, json};

use super::{
    dice::Dice,
    words::{HEADERS, METHODS, PARAMETERS, TEXTS},
};
use crate::support::{Reply, routes};

/// Values from the site's answers, and the source of requests.
pub struct Memory {
    dice: Dice,
    routes: Vec<(String, String)>,
    /// The members of a route's bodies, by method and path.
    members: Vec<((String, String), Vec<String>)>,
    /// Texts from answers: identifiers, names, tags, cursors, tokens.
    seen: Vec<String>,
    /// Bearer tokens and cookies of signed-in users.
    pub tokens: Vec<String>,
    pub cookies: Vec<String>,
}

impl Memory {
    /// Reads the routes, and the members of their bodies from `document`.
    pub fn new(seed: u64, document: &Value) -> Self {
        let old = ["username", "password"].map(str::to_owned).to_vec();
        let members = routes().into_iter().map(|(method, path)| {
            let schema = "/requestBody/content/application~1json/schema/properties";
            let properties = document["paths"][&path][method.to_lowercase()].pointer(schema).and_then(Value::as_object);
            let names = properties.map_or_else(|| old.clone(), |properties| properties.keys().cloned().collect());
            ((method, path), names)
        });
        Self {
            dice: Dice::new(seed),
            routes: routes().into_iter().collect(),
            members: members.collect(),
            seen: vec!["1".to_owned(), "admin".to_owned()],
            tokens: Vec::new(),
            cookies: Vec::new(),
        }
    }

    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// The next request.
    pub fn request(&mut self) -> Request<Body> {
        let (mut method, route) = self.dice.one_of(&self.routes.clone()).clone();
        let body = self.body(&method, &route);
        if self.dice.is_one_in(12) {
            method = (*self.dice.one_of(METHODS)).to_owned();
        }
        let target = self.target(&route);
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = target;
        let headers = request.headers_mut();
        if !self.dice.is_one_in(15) {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        match self.dice.below(8) {
            0 => {}
            number if number % 2 == 0 && !self.tokens.is_empty() => {
                let token = self.dice.one_of(&self.tokens);
                headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
            }
            _ if !self.cookies.is_empty() => {
                headers.insert("cookie", self.dice.one_of(&self.cookies).parse().unwrap());
            }
            _ => {}
        }
        for _ in 0..self.dice.below(3) {
            let name = HeaderName::from_static(self.dice.one_of::<&str>(HEADERS));
            let text = self.text().into_bytes();
            let text = if self.dice.is_one_in(4) { self.dice.spoiled(text) } else { text };
            if let Ok(value) = HeaderValue::from_bytes(&text) {
                request.headers_mut().append(name, value);
            }
        }
        let peer = format!("10.0.{}.{}:1", self.dice.below(2), self.dice.below(200)).parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        request
    }

    /// Remembers values of an answer.
    pub fn learn(&mut self, reply: &Reply) {
        let json = serde_json::from_slice(&reply.body).unwrap_or_default();
        self.keep(&json, 0);
        self.seen.extend(reply.headers.get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned));
        if let Some(token) = json.get("token").and_then(Value::as_str) {
            self.tokens.push(token.to_owned());
        }
        let cookie = reply.headers.get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        if let Some(pair) = cookie.and_then(|cookie| cookie.split(';').next()).filter(|pair| !pair.ends_with('=')) {
            self.cookies.push(pair.to_owned());
        }
        for list in [&mut self.seen, &mut self.tokens, &mut self.cookies] {
            let excess = list.len().saturating_sub(60);
            list.drain(..excess);
        }
    }

    fn keep(&mut self, value: &Value, depth: usize) {
        match value {
            Value::String(text) if text.len() < 200 && self.dice.is_one_in(3) => self.seen.push(text.clone()),
            Value::Array(items) if depth < 4 => items.iter().take(5).for_each(|item| self.keep(item, depth + 1)),
            Value::Object(members) if depth < 4 => members.values().for_each(|value| self.keep(value, depth + 1)),
            _ => {}
        }
    }

    fn text(&mut self) -> String {
        match self.dice.below(10) {
            0..4 => (*self.dice.one_of(TEXTS)).to_owned(),
            4..8 => self.dice.one_of(&self.seen).clone(),
            8 => format!("{}{}", self.dice.one_of(TEXTS), self.dice.number()),
            _ => {
                let length = *self.dice.one_of(&[1, 63, 64, 65, 100, 101, 255, 256, 1024, 1025, 9000]);
                (*self.dice.one_of(&["x", "\u{e9}", "\u{1f980}", "a\u{301}", "%"])).repeat(length)
            }
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.dice.below(14) {
            0 => Value::Null,
            1 => Value::Bool(self.dice.is_one_in(2)),
            2 => json!(self.dice.number()),
            3 => json!(-1.5e300),
            4 if depth < 3 => (0..self.dice.below(4)).map(|_| self.value(depth + 1)).collect(),
            5 | 6 if depth < 3 => self.object(depth + 1),
            _ => Value::String(self.text()),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        for _ in 0..self.dice.below(4) {
            let (name, value) = (self.text(), self.value(depth));
            members.insert(name, value);
        }
        Value::Object(members)
    }

    /// A body, mostly with the members of the route.
    fn body(&mut self, method: &str, route: &str) -> Vec<u8> {
        let is_this = |known: &(String, String)| known.0 == method && known.1 == route;
        let names = self.members.iter().find(|(known, _)| is_this(known)).map(|(_, names)| names.clone());
        let mut members = Map::new();
        for name in names.unwrap_or_default() {
            if !self.dice.is_one_in(4) {
                let value = self.fitting(&name);
                members.insert(name, value);
            }
        }
        if self.dice.is_one_in(15) {
            let (name, value) = (self.text(), self.value(0));
            members.insert(name, value);
        }
        let body = Value::Object(members).to_string().into_bytes();
        match self.dice.below(40) {
            0 => Vec::new(),
            1..4 => self.dice.spoiled(body),
            4 => self.dice.bytes(300),
            5 => "[".repeat(self.dice.below(3000)).into_bytes(),
            6 => vec![b' '; 65_536 - 8 + self.dice.below(16)],
            _ if method == "GET" => Vec::new(),
            _ => body,
        }
    }

    /// A value that is usually valid for this member.
    fn fitting(&mut self, name: &str) -> Value {
        if self.dice.is_one_in(8) {
            return self.value(0);
        }
        match name {
            "attributes" | "admin_attributes" => self.object(1),
            "must_change_password" => json!(self.dice.is_one_in(3)),
            "permissions" => {
                json!([self.dice.one_of(&["users:read", "roles:write", "audit:read", "invoices:read", "X"])])
            }
            "token" => json!(self.dice.one_of(&["cookie", "body"])),
            "password" | "new_password" | "current_password" => {
                let known = ["a violin in the greenhouse", "the password of ann", "another violin in the greenhouse"];
                json!(self.dice.one_of(&known))
            }
            "name" | "username" if !self.dice.is_one_in(3) => json!(format!("somebody {}", self.dice.below(500))),
            "permission" => json!(self.dice.one_of(&["users:read", "invoices:read"])),
            _ => Value::String(self.text()),
        }
    }

    fn target(&mut self, route: &str) -> Uri {
        let mut path = String::new();
        for part in route.split_inclusive('/') {
            match part.starts_with('{') {
                true if !self.dice.is_one_in(3) => {
                    path.push_str(&percent_encoded(&self.dice.one_of(&self.seen).clone(), false))
                }
                true => path.push_str(&percent_encoded(&self.text(), self.dice.is_one_in(3))),
                false => path.push_str(part),
            }
        }
        if self.dice.is_one_in(25) {
            let end = *self.dice.one_of(&["/", "//", "%00", "/..", "%2f", "/%ff", ";x", "\u{e9}"]);
            path.push_str(end);
        }
        let mut sign = '?';
        for _ in 0..self.dice.below(4).saturating_sub(1) {
            let (name, value) = (*self.dice.one_of(PARAMETERS), self.text());
            path.push(sign);
            path.push_str(&format!("{name}={}", percent_encoded(&value, self.dice.is_one_in(2))));
            sign = '&';
        }
        let spoiled = if self.dice.is_one_in(30) { self.dice.spoiled(path.into_bytes()) } else { path.into_bytes() };
        // The server refuses an invalid target before the router.
        let target = Uri::try_from(spoiled).ok().filter(|uri| uri.path().starts_with('/'));
        target.unwrap_or_else(|| Uri::from_static("/"))
    }
}

/// Percent-encodes all characters of `text`, or only those that a path cannot contain.
fn percent_encoded(text: &str, is_all: bool) -> String {
    let keeps = |byte: u8| byte.is_ascii_alphanumeric() && !is_all || b"-_.~:".contains(&byte);
    let sign = |byte: u8| if keeps(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(sign).collect()
}
