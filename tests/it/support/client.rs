//! A client that sends requests through the router and keeps cookies, as a browser does.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use doorward::http::HttpService;
use http_body_util::BodyExt;
use serde_json::{Value, json};

const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/// A client of a site, with its cookies and headers.
#[derive(Clone)]
pub struct Client {
    pub router: HttpService,
    /// The `Host` of its requests.
    pub host: String,
    /// The session cookie as `name=value`.
    pub cookie: Option<String>,
    /// The cookie of a known device, in the same form.
    pub device: Option<String>,
    /// Headers sent with every request.
    pub headers: Vec<(String, String)>,
}

/// A whole response.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(router: HttpService) -> Self {
        Self { router, host: "127.0.0.1:5000".to_owned(), cookie: None, device: None, headers: Vec::new() }
    }

    /// The same client on another node.
    pub fn through(&self, router: &HttpService) -> Self {
        Self { router: router.clone(), ..self.clone() }
    }

    /// The same client with an additional header in every request.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client with this bearer token and without a session cookie.
    pub fn with_token(&self, token: &str) -> Self {
        let headers = self.headers.iter().filter(|(name, _)| name != "authorization").cloned().collect();
        Self { cookie: None, headers, ..self.clone() }.with_header("authorization", &format!("Bearer {token}"))
    }

    /// The same client without a session, on the device of this cookie.
    pub fn on_device(&self, device: Option<&str>) -> Self {
        Self { cookie: None, device: device.map(str::to_owned), ..self.clone() }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// A `DELETE` request with a body, for reauthentication.
    pub async fn delete_with(&mut self, path: &str, body: Value) -> Reply {
        self.send(Method::DELETE, path, Some(body)).await
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Reply {
        self.post("/login", json!({ "username": name, "password": password })).await
    }

    pub async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder().method(method).uri(path);
        self.send_request(match body {
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json");
                request.body(Body::from(body.to_string())).unwrap()
            }
            None => request.body(Body::empty()).unwrap(),
        })
        .await
    }

    /// Sends any bytes with any content type.
    pub async fn send_raw(
        &mut self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        self.send_request(request.body(body.into()).unwrap()).await
    }

    pub async fn send_request(&mut self, mut request: Request<Body>) -> Reply {
        let headers = request.headers_mut();
        headers.entry(header::HOST).or_insert_with(|| self.host.parse().unwrap());
        let cookies: Vec<_> = self.cookie.iter().chain(&self.device).map(String::as_str).collect();
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        for (name, value) in &self.headers {
            headers.append(header::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let response = self.router.handle(request).await;
        let (parts, body) = response.into_parts();
        let reply = Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        };
        if let Some(device) = reply.device_cookie() {
            let (pair, _) = device.split_once(';').unwrap();
            self.device = Some(pair.to_owned());
        }
        if let Some(cookie) = reply.set_cookie() {
            let (pair, _) = cookie.split_once(';').unwrap_or((&cookie, ""));
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        reply
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The `Set-Cookie` value that sets or removes the session cookie.
    pub fn set_cookie(&self) -> Option<String> {
        self.set_cookies().into_iter().find(|cookie| !is_of_device(cookie))
    }

    /// The `Set-Cookie` value that sets the device cookie.
    pub fn device_cookie(&self) -> Option<String> {
        self.set_cookies().into_iter().find(|cookie| is_of_device(cookie))
    }

    pub fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(header::SET_COOKIE).into_iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// Asserts the browser headers of every answer. `what` names the route.
    #[track_caller]
    pub fn assert_browser_headers(&self, what: &str, is_over_https: bool) {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("vary", "Authorization, Cookie"),
        ] {
            let values: Vec<_> = self.headers.get_all(name).iter().collect();
            assert_eq!(values, [value], "{what}: {name}");
        }
        // The policy of `/docs` also allows its style.
        if !what.ends_with("/docs") {
            assert_eq!(self.headers["content-security-policy"], POLICY, "{what}");
        }
        let policy = self.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{what}");
        let transport = self.headers.get("strict-transport-security").map(|value| value.to_str().unwrap());
        let expected = is_over_https.then_some("max-age=31536000");
        assert_eq!(transport, expected, "{what}");
        assert!(!self.headers.contains_key("server") && !self.headers.contains_key("x-powered-by"), "{what}");
    }

    /// Asserts that the request was throttled. Returns the seconds to wait.
    #[track_caller]
    pub fn assert_throttled(&self) -> u64 {
        assert_eq!(self.status.as_u16(), 429, "{}", self.text());
        self.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub fn assert_json(&self, status: u16, body: Value) {
        assert_eq!((self.status.as_u16(), self.json()), (status, body));
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
    }

    /// Asserts the status, and a body of one text under `key` that is not empty.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, key: &str) {
        let json = self.json();
        let object = json.as_object().unwrap();
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert!(object.len() == 1 && object[key].as_str().is_some_and(|text| !text.is_empty()), "{}", self.text());
    }

    /// Asserts the status. Returns the body as JSON.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts a problem with this code, complete as RFC 9457 requires, with the request id of its header.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) -> Value {
        let json = self.json();
        assert_eq!((self.status.as_u16(), json["code"].as_str()), (status, Some(code)), "{}", self.text());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.headers[header::CONTENT_LENGTH], self.body.len().to_string().as_str());
        assert_eq!(self.request_id(), json["request_id"]);
        assert_eq!(json["status"], status);
        assert_eq!(json["type"], format!("/docs#{code}"));
        assert!(["title", "detail"].iter().all(|name| !json[name].as_str().unwrap().is_empty()));
        assert_eq!(json.get("errors").is_some(), code == "invalid_input");
        assert_eq!(self.headers.contains_key(header::WWW_AUTHENTICATE), status == 401);
        assert_eq!(self.headers.contains_key(header::RETRY_AFTER), status == 503 || status == 429);
        json
    }

    /// Asserts that exactly one value of the request is invalid. `place` is a JSON pointer, the name of a query parameter
    /// after a question mark, or the name of a header.
    #[track_caller]
    pub fn assert_invalid(&self, place: &str, code: &str) {
        let json = self.assert_problem(422, "invalid_input");
        let errors = json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{json}");
        let error = &errors[0];
        let found = match (error["pointer"].as_str(), error["parameter"].as_str(), error["header"].as_str()) {
            (Some(pointer), None, None) => pointer.to_owned(),
            (None, Some(parameter), None) => format!("?{parameter}"),
            (None, None, Some(header)) => header.to_owned(),
            _ => panic!("{error}"),
        };
        assert_eq!((found.as_str(), error["code"].as_str()), (place, Some(code)), "{error}");
        assert!(!error["detail"].as_str().unwrap().is_empty());
    }

    pub fn request_id(&self) -> &str {
        self.headers["x-request-id"].to_str().unwrap()
    }

    #[track_caller]
    pub fn etag(&self) -> &str {
        self.headers[header::ETAG].to_str().unwrap()
    }
}

fn is_of_device(cookie: &str) -> bool {
    cookie.starts_with("device=") || cookie.starts_with("__Host-device=")
}
