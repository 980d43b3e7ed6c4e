//! Whole requests that are read as an operation says.

use super::*;

fn request(headers: &[(&str, &str)], query: &str, body: &str) -> Request {
    let mut request = Request::builder().uri(format!("/x{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn input<B: RequestBody, Q: Query>(
    operation: &TypedOperation<B, Q>,
    headers: &[(&str, &str)],
    query: &str,
    body: &str,
) -> Result<Input<B, Q>, Problem> {
    Input::read(request(headers, query, body), operation).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn an_optional_body_may_be_left_out_with_any_type() {
    let doc = &users::me::DELETE;
    assert!(input(doc, &[], "", "").await.is_ok());
    assert!(input(doc, &[JSON], "", r#"{"current_password":"p"}"#).await.ok().unwrap().body.current_password.is_some());
    let refused =
        async |headers: &[(&str, &str)], body: &str| input(doc, headers, "", body).await.err().unwrap().code();
    assert_eq!(refused(&[], "{}").await, ErrorCode::UnsupportedMediaType);
    assert_eq!(refused(&[JSON], " ").await, ErrorCode::MalformedBody);
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
        let read = input(doc, &[("content-type", content_type)], "", "").await.ok().unwrap();
        assert!(read.body.current_password.is_none(), "{content_type}");
    }
    assert_eq!(refused(&[("content-type", "text/plain")], "{}").await, ErrorCode::UnsupportedMediaType);
    let none = &users::state::DISABLE;
    for body in ["", "{}"] {
        assert!(input(none, &[JSON], "", body).await.is_ok());
    }
    assert_eq!(input(none, &[JSON], "", r#"{"reason":"x"}"#).await.err().unwrap().code(), ErrorCode::InvalidInput);
    assert_eq!(
        refused(&[("content-type", "application/merge-patch+json")], "{}").await,
        ErrorCode::UnsupportedMediaType
    );
    let login = input(&sessions::log_in::DOC, &[], "", "").await;
    assert_eq!(login.err().unwrap().code(), ErrorCode::UnsupportedMediaType);
    let patch = &users::me::CHANGE;
    assert!(input(patch, &[("content-type", "application/merge-patch+json")], "", "{}").await.is_ok());
    let large = " ".repeat(65_537);
    assert_eq!(input(patch, &[JSON], "", &large).await.err().unwrap().code(), ErrorCode::BodyTooLarge);
}

#[tokio::test]
async fn what_is_wrong_in_query_headers_and_body_is_found_together() {
    let headers = [JSON, ("idempotency-key", "a b")];
    let problem = input(&users::create::DOC, &headers, "?x=1", r#"{"name":"ann"}"#).await.err().unwrap();
    let mut response = axum::response::Response::new(Body::empty());
    problem.write(&mut response, ("1-1", ""));
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let codes: Vec<&str> = body["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown", "malformed", "missing"]);
    assert_eq!(body["request_id"], "1-1");
    // Where no condition is asked for, one that is given cannot be held against anything.
    let login = r#"{"name":"ann","password":"p"}"#;
    let read = input(&sessions::log_in::DOC, &headers, "", login).await.ok().unwrap();
    assert_eq!((read.idempotency_key, read.precondition), (None, Precondition::None));
    let refused = input(&sessions::log_in::DOC, &[JSON, ("if-match", "*")], "", login).await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::InvalidInput);
    assert!(input(&users::me::SHOW, &[("if-match", "\"1\"")], "", "").await.is_ok());
    let many: String = (0..1000).map(|number| format!("\"{number}\":0,")).collect();
    let problem = input(&users::me::CHANGE, &[JSON], "", &format!("{{{many}\"x\":0}}")).await.err().unwrap();
    let mut response = axum::response::Response::new(Body::empty());
    problem.write(&mut response, ("1-1", ""));
    let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(length < 4096);
}

/// Every example of a request is one that its own operation accepts.
#[tokio::test]
async fn the_examples_of_requests_are_accepted() {
    for route in super::super::routes() {
        let (operation, check) = (route.operation.unwrap(), route.check.unwrap());
        let body = operation.body.as_ref().map(|body| body.example().to_string()).unwrap_or_default();
        let query: Vec<String> = operation
            .query
            .iter()
            .map(|parameter| format!("{}={}", parameter.name, parameter.example.replace('+', "%2B")))
            .collect();
        let read = check(request(&[JSON], &format!("?{}", query.join("&")), &body)).await;
        assert!(read.is_ok(), "{}: {:?}", operation.id, read.unwrap_err());
        assert!(!operation.summary.is_empty() && operation.description.ends_with('.'), "{}", operation.id);
    }
}
