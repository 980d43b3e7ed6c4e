//! `GET /docs`: the descriptions of the operations as a page for people.
//!
//! The page has no scripts and loads nothing. Its content security policy allows its style by hash and nothing else.
//! Invariant: every text goes through [`escaped`].

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{document::DESCRIPTION, objects::objects};
use crate::http::api::{
    invalid::Violation,
    operation::{Access, Content, Operation, Tag},
    problem::ErrorCode,
    query::Parameter,
    request_body::Field,
    schema::ObjectSchema,
};

const STYLE: &str = include_str!("page.css");

/// Returns the content security policy of the page.
pub fn page_policy() -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // Base64 is always valid in a header.
    HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// Returns the page.
pub fn page(operations: &[&Operation]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Doorward's API</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>{STYLE}</style>\n</head>\n<body>\n"
    );
    html.push_str("<header><h1>Doorward's API</h1>\n");
    DESCRIPTION.split("\n\n").for_each(|paragraph| html.push_str(&format!("<p>{}</p>\n", marked(paragraph))));
    html.push_str("<p>For programs: <a href=\"openapi.json\">openapi.json</a>, OpenAPI 3.1.</p></header>\n");
    contents(&mut html, operations);
    html.push_str("<main>\n");
    for tag in Tag::ALL {
        let (name, meaning) = tag.describe();
        html.push_str(&format!("<h2>{}</h2>\n<p>{}</p>\n", escaped(name), marked(meaning)));
        operations.iter().filter(|operation| operation.tag == tag).for_each(|operation| section(&mut html, operation));
    }
    html.push_str("<h2 id=\"objects\">Objects</h2>\n");
    objects(operations).into_iter().for_each(|object| describe_object(&mut html, object));
    errors(&mut html);
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn contents(html: &mut String, operations: &[&Operation]) {
    html.push_str("<nav>\n");
    for tag in Tag::ALL {
        html.push_str(&format!("<h2>{}</h2>\n<ul>\n", escaped(tag.describe().0)));
        for operation in operations.iter().filter(|operation| operation.tag == tag) {
            let (id, summary) = (operation.id, escaped(operation.summary));
            html.push_str(&format!("<li><a href=\"#{id}\">{summary}</a> <small>{}</small></li>\n", line_of(operation)));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("<p><a href=\"#objects\">Objects</a> · <a href=\"#errors\">Errors</a></p>\n</nav>\n");
}

fn section(html: &mut String, operation: &Operation) {
    html.push_str(&format!("<section id=\"{}\">\n<h3>{}</h3>\n", operation.id, escaped(operation.summary)));
    html.push_str(&format!("<p>{}</p>\n", line_of(operation)));
    html.push_str(&format!("<p>{} {}</p>\n", marked(operation.description), marked(&operation.access.sentence())));
    if !operation.query.is_empty() {
        html.push_str("<h4>Query</h4>\n");
        table(html, operation.query.iter().map(parameter_row));
    }
    if operation.is_conditional {
        html.push_str("<p>Accepts <code>If-Match</code>.</p>\n");
    }
    if operation.is_idempotent {
        html.push_str("<p>Accepts <code>Idempotency-Key</code>.</p>\n");
    }
    if let Some(body) = &operation.body {
        html.push_str(if body.is_optional { "<h4>Optional body</h4>\n" } else { "<h4>Body</h4>\n" });
        table(html, body.fields.iter().map(field_row));
    }
    html.push_str(&format!("<pre>{}</pre>\n", escaped(&curl(operation))));
    succeeded(html, operation);
    let codes: Vec<String> = operation.problems().iter().map(|code| link_to(*code)).collect();
    html.push_str(&format!("<p>Problems: {}.</p>\n</section>\n", codes.join(", ")));
}

fn succeeded(html: &mut String, operation: &Operation) {
    let success = &operation.success;
    let headers: Vec<&str> = success.headers.iter().map(|header| header.name()).collect();
    let headers = if headers.is_empty() { String::new() } else { format!(" With {}.", headers.join(", ")) };
    let status = success.status.as_u16();
    html.push_str(&format!("<p><b>{status}</b> {}{}", escaped(success.meaning), escaped(&headers)));
    match success.content {
        Content::Nothing => {}
        Content::One(object) => html.push_str(&format!(" Body: {}.", link_to_object(object))),
        Content::Page(object) => {
            html.push_str(&format!(" Body: <code>items</code>, a list of {}.", link_to_object(object)))
        }
    }
    html.push_str("</p>\n");
}

fn describe_object(html: &mut String, object: &ObjectSchema) {
    let (name, meaning) = (object.name, escaped(object.meaning));
    html.push_str(&format!("<section id=\"{name}\">\n<h3>{name}</h3>\n<p>{meaning}</p>\n"));
    table(
        html,
        object.members.iter().map(|member| {
            let shape = escaped(&member.shape.in_words());
            let shape = match member.shape.object() {
                Some(inner) => format!("<a href=\"#{}\">{shape}</a>", inner.name),
                None => shape,
            };
            [member.name.to_owned(), shape, marked(member.meaning)]
        }),
    );
    html.push_str(&format!("<pre>{}</pre>\n</section>\n", escaped(&indented(&object.example()))));
}

fn errors(html: &mut String) {
    html.push_str("<h2 id=\"errors\">Errors</h2>\n");
    for code in ErrorCode::ALL {
        let entry = code.entry();
        let (word, status, title) = (entry.word, entry.status.as_u16(), escaped(entry.title));
        html.push_str(&format!("<section id=\"{word}\">\n<h3>{title}</h3>\n"));
        html.push_str(&format!("<p><code>{word}</code>, {status}. {}</p>\n</section>\n", marked(entry.meaning)));
    }
    html.push_str("<h3 id=\"values\">Invalid values</h3>\n<dl>\n");
    for (word, meaning) in Violation::ALL.iter().map(|flaw| flaw.describe()) {
        html.push_str(&format!("<dt><code>{word}</code></dt><dd>{}</dd>\n", marked(meaning)));
    }
    html.push_str("</dl>\n");
}

fn field_row(field: &Field) -> [String; 3] {
    let need = if field.is_required { "required" } else { "optional" };
    [field.name.to_owned(), need.to_owned(), marked(field.meaning)]
}

fn parameter_row(parameter: &Parameter) -> [String; 3] {
    [parameter.name.to_owned(), format!("as in <code>{}</code>", escaped(parameter.example)), marked(parameter.meaning)]
}

/// Writes a table of names with two cells of HTML.
fn table(html: &mut String, rows: impl Iterator<Item = [String; 3]>) {
    html.push_str("<table>\n");
    for [name, second, third] in rows {
        html.push_str(&format!("<tr><th><code>{name}</code></th><td>{second}</td><td>{third}</td></tr>\n"));
    }
    html.push_str("</table>\n");
}

/// Returns the method and the path.
fn line_of(operation: &Operation) -> String {
    format!("<code>{} {}</code>", operation.method.name(), escaped(operation.path))
}

/// Returns a command line with an example.
fn curl(operation: &Operation) -> String {
    let mut line = format!("curl -X {}", operation.method.name());
    if !matches!(operation.access, Access::Public) {
        line.push_str(" -H \"Authorization: Bearer $TOKEN\"");
    }
    if operation.is_conditional {
        line.push_str(" -H 'If-Match: \"7\"'");
    }
    if operation.is_idempotent {
        line.push_str(" -H 'Idempotency-Key: 6f1c2a34-8f0b-4f0e-9a53-2a7f7a3c9d11'");
    }
    if let Some(body) = &operation.body {
        // No example contains a quote.
        let example = body.example();
        line.push_str(&format!(" \\\n  -H 'Content-Type: application/json' -d '{example}'"));
    }
    // A variable part becomes a variable of the shell.
    let parts =
        operation.path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => format!("${}", name.to_uppercase()),
            None => part.to_owned(),
        });
    line.push_str(&format!(" \\\n  \"$SERVER{}\"", parts.collect::<Vec<_>>().join("/")));
    line
}

fn link_to(code: ErrorCode) -> String {
    let word = code.entry().word;
    format!("<a href=\"#{word}\">{word}</a>")
}

fn link_to_object(object: &ObjectSchema) -> String {
    format!("<a href=\"#{0}\">{0}</a>", object.name)
}

fn indented(value: &Value) -> String {
    // Serialising such a value cannot fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Returns text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns text as HTML, with parts between backticks as code.
fn marked(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(index, piece)| if index % 2 == 1 { format!("<code>{}</code>", escaped(piece)) } else { escaped(piece) })
        .collect()
}
