//! A persona: sends requests through the router and keeps the session cookie, as a browser would.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use doorward::http::Front;
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// Who sends requests.
#[derive(Clone)]
pub struct Client {
    router: Front,
    /// The session cookie as `name=value`.
    pub cookie: Option<String>,
    /// Headers sent with every request.
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(router: Front) -> Self {
        Self { router, cookie: None, headers: Vec::new() }
    }

    /// The same persona through another node.
    pub fn through(&self, router: &Front) -> Self {
        Self { router: router.clone(), ..self.clone() }
    }

    /// The same persona, who sends one more header from now on.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
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

    pub async fn delete(&mut self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
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

    /// Sends bytes under any content type.
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
        headers.entry(header::HOST).or_insert_with(|| "127.0.0.1:5000".parse().unwrap());
        if let Some(cookie) = &self.cookie {
            headers.insert(header::COOKIE, cookie.parse().unwrap());
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

    pub fn set_cookie(&self) -> Option<String> {
        self.headers.get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned())
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub fn is(&self, status: u16, body: Value) {
        assert_eq!((self.status.as_u16(), self.json()), (status, body));
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
    }

    /// Asserts the status, and a body of one text under `key` that is not empty.
    #[track_caller]
    pub fn refuses(&self, status: u16, key: &str) {
        let json = self.json();
        let object = json.as_object().unwrap();
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert!(object.len() == 1 && object[key].as_str().is_some_and(|text| !text.is_empty()), "{}", self.text());
    }
}
