//! A proxy to a MySQL server that reads the packets of the client, and may change them or lose their answers.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// What the proxy does with a packet of the client.
pub enum Fate {
    /// The server gets it.
    Pass,
    /// The server gets this query instead.
    Replace(&'static str),
    /// The server gets it, and its answer and the connection are lost.
    LoseAnswer,
    /// The server never gets it, and the connection is lost.
    Lose,
}

/// Decides by the payload of a packet, without its header.
type Rule = dyn Fn(&[u8]) -> Fate + Send + Sync;

/// A running proxy. Its threads end with their connections.
pub struct PacketProxy {
    address: SocketAddr,
}

impl PacketProxy {
    /// A proxy to the server of the URL `mysql://…@HOST:PORT/…`.
    pub fn start(url: &str, rule: impl Fn(&[u8]) -> Fate + Send + Sync + 'static) -> Self {
        let upstream = upstream(url);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let rule: Arc<Rule> = Arc::new(rule);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let Ok(server) = TcpStream::connect(&upstream) else { continue };
                let rule = Arc::clone(&rule);
                let answers = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || carry(client, server, &*rule));
                thread::spawn(move || copy(answers.0, answers.1));
            }
        });
        Self { address }
    }

    /// `url` through this proxy.
    pub fn url(&self, url: &str) -> String {
        url.replace(&upstream(url), &self.address.to_string())
    }
}

/// The query of a packet, if it is one in text.
pub fn query(payload: &[u8]) -> Option<&str> {
    payload.strip_prefix(&[3]).and_then(|text| std::str::from_utf8(text).ok())
}

fn upstream(url: &str) -> String {
    url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned()
}

fn carry(mut client: TcpStream, mut server: TcpStream, rule: &Rule) {
    let mut head = [0; 4];
    while client.read_exact(&mut head).is_ok() {
        let mut payload = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
        if client.read_exact(&mut payload).is_err() {
            break;
        }
        match rule(&payload) {
            Fate::Pass => send(&mut server, head[3], &payload),
            Fate::Replace(query) => send(&mut server, head[3], &[&[3], query.as_bytes()].concat()),
            Fate::LoseAnswer => {
                // The client is cut off first, so that the answer has no way.
                drop(client.shutdown(Shutdown::Both));
                send(&mut server, head[3], &payload);
                // The server reads the command before it notices the end.
                let mut answer = [0; 1];
                drop(server.read(&mut answer));
                break;
            }
            Fate::Lose => break,
        }
    }
    drop(client.shutdown(Shutdown::Both));
    drop(server.shutdown(Shutdown::Both));
}

fn send(server: &mut TcpStream, sequence: u8, payload: &[u8]) {
    let mut packet = u32::try_from(payload.len()).unwrap().to_le_bytes()[..3].to_vec();
    packet.push(sequence);
    packet.extend_from_slice(payload);
    // A broken server ends the connection at the next read.
    drop(server.write_all(&packet));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
}
