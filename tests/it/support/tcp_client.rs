//! A plain HTTP client over TCP, for servers in other processes: one connection for each request, with timeouts.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

/// The longest time for an answer, even when the database is unavailable.
const LIMIT: Duration = Duration::from_secs(2);

/// A client of a server. It keeps the last session cookie.
#[derive(Clone)]
pub struct TcpClient {
    pub address: SocketAddr,
    /// The session cookie as `name=value`.
    pub cookie: Option<String>,
}

/// A whole response.
#[derive(Debug)]
pub struct TcpReply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl TcpClient {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    /// The same client at another server.
    pub fn at(&self, other: &Self) -> Self {
        Self { address: other.address, cookie: self.cookie.clone() }
    }

    pub fn get(&mut self, path: &str) -> TcpReply {
        self.send("GET", path, None).unwrap()
    }

    pub fn post(&mut self, path: &str, body: &Value) -> TcpReply {
        self.send("POST", path, Some(body)).unwrap()
    }

    pub fn sign_up(&mut self, name: &str, password: &str) -> TcpReply {
        self.post("/signup", &json!({ "username": name, "password": password }))
    }

    pub fn log_in(&mut self, name: &str, password: &str) -> TcpReply {
        self.post("/login", &json!({ "username": name, "password": password }))
    }

    /// Sends a request and reads the whole answer.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<TcpReply> {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_text(method, path, "application/json", &body)
    }

    /// As [`TcpClient::send`], with any body.
    pub fn send_text(&mut self, method: &str, path: &str, content_type: &str, body: &str) -> io::Result<TcpReply> {
        let mut stream = self.connect()?;
        let head = self.head(method, path, content_type, body.len());
        stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())?;
        let answer = TcpReply::read(&mut BufReader::new(stream))?;
        if let Some(cookie) = answer.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        Ok(answer)
    }

    /// Gets `path`, and returns none without an answer in time.
    pub fn send_once(&self, path: &str) -> Option<TcpReply> {
        self.clone().send("GET", path, None).ok()
    }

    /// A connection with timeouts.
    pub fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(stream)
    }

    /// The head of a request without its last blank line.
    pub fn head(&self, method: &str, path: &str, content_type: &str, length: usize) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if length > 0 {
            head.push_str(&format!("Content-Type: {content_type}\r\nContent-Length: {length}\r\n"));
        }
        if let Some(cookie) = &self.cookie {
            head.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        head
    }
}

impl TcpReply {
    /// Reads a head, and a body of its `Content-Length`.
    pub fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Self> {
        let mut line = || {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            Ok::<_, io::Error>(line.trim_end().to_owned())
        };
        let status = line()?.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let mut headers = Vec::new();
        loop {
            let line = line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Self { status, headers, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        stream.take(length).read_to_string(&mut answer.body)?;
        if u64::try_from(answer.body.len()).unwrap() == length {
            Ok(answer)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub fn assert_json(&self, status: u16, body: Value) {
        assert_eq!((self.status, self.body.as_str()), (status, body.to_string().as_str()));
    }
}
