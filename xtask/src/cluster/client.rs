//! A small HTTP client: one connection, one request after another, with a time limit.

use std::{
    io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The longest wait for an answer. Doorward answers earlier, or its node is broken.
const LIMIT: Duration = Duration::from_secs(15);

/// A connection to a node, which is opened again when it was lost.
pub struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// A response.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// Returns the first string member of this name, which must have no escapes.
    pub fn member(&self, name: &str) -> Option<&str> {
        let rest = self.body.split_once(&format!("\"{name}\":\""))?.1;
        rest.split_once('"').map(|(value, _)| value)
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends a request and returns its response. An answer that does not arrive has the status 0.
    pub fn send(&mut self, method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
        let outcome = self.try_send(method, path, token, body);
        outcome.unwrap_or_else(|error| {
            self.stream = None;
            Answer { status: 0, body: error.to_string() }
        })
    }

    fn try_send(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> std::io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.address, LIMIT)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(LIMIT))?;
                BufReader::new(stream)
            }
        };
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if let Some(token) = token {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        match body {
            Some(body) => {
                let head = "Content-Type: application/json\r\nContent-Length";
                request.push_str(&format!("{head}: {}\r\n\r\n{body}", body.len()));
            }
            None => request.push_str("\r\n"),
        }
        stream.get_mut().write_all(request.as_bytes())?;
        let (answer, stays) = read(&mut stream)?;
        if stays {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<(Answer, bool)> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::new(ErrorKind::UnexpectedEof, "the connection was closed"))?;
    let (mut length, mut stays) = (0, true);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let header = line.trim().to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            Some(("connection", value)) => stays = value != "close",
            _ if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((Answer { status, body: String::from_utf8_lossy(&body).into_owned() }, stays))
}
