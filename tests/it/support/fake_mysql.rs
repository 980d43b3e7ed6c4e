//! A MySQL server that greets, reads the login, and then answers with one scripted packet.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

/// The answer of a [`FakeMySql`].
#[derive(Clone)]
pub enum Answer {
    /// An error instead of the greeting.
    Refuse(u16, &'static str),
    /// An error after the login.
    Reject(u16, &'static str),
    /// A request for another authentication plugin, and then error 1045.
    Switch(&'static str),
}

/// A running server.
pub struct FakeMySql {
    address: SocketAddr,
}

impl FakeMySql {
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                // The client may leave at any time.
                drop(serve(client, &answer));
            }
        });
        Self { address }
    }

    pub fn url(&self) -> String {
        format!("mysql://app:secret-canary@{}/app", self.address)
    }
}

fn serve(mut client: TcpStream, answer: &Answer) -> std::io::Result<()> {
    if let Answer::Refuse(code, text) = answer {
        return send(&mut client, 0, &error(*code, text));
    }
    send(&mut client, 0, &greeting())?;
    read(&mut client)?;
    match answer {
        Answer::Refuse(..) => Ok(()),
        Answer::Reject(code, text) => send(&mut client, 2, &error(*code, text)),
        Answer::Switch(plugin) => {
            send(&mut client, 2, &[&[0xfe], plugin.as_bytes(), &[0], &[7; 32]].concat())?;
            read(&mut client)?;
            send(&mut client, 4, &error(1045, "Access denied for user 'app'"))
        }
    }
}

/// Protocol version 10, with mysql_native_password and without TLS.
fn greeting() -> Vec<u8> {
    let mut packet = vec![10];
    packet.extend_from_slice(b"8.0.36\0");
    packet.extend_from_slice(&1_u32.to_le_bytes());
    packet.extend_from_slice(b"12345678\0");
    // Protocol 4.1, transactions, secure connection, database in the login, plugins.
    let capabilities: u32 = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
    packet.extend_from_slice(&capabilities.to_le_bytes()[..2]);
    packet.push(45);
    packet.extend_from_slice(&2_u16.to_le_bytes());
    packet.extend_from_slice(&capabilities.to_le_bytes()[2..]);
    packet.push(21);
    packet.extend_from_slice(&[0; 10]);
    packet.extend_from_slice(b"123456789012\0");
    packet.extend_from_slice(b"mysql_native_password\0");
    packet
}

fn error(code: u16, text: &str) -> Vec<u8> {
    [&[0xff], &code.to_le_bytes()[..], b"#HY000", text.as_bytes()].concat()
}

fn send(client: &mut TcpStream, sequence: u8, payload: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    client.write_all(&[&length[..3], &[sequence], payload].concat())
}

fn read(client: &mut TcpStream) -> std::io::Result<()> {
    let mut head = [0; 4];
    client.read_exact(&mut head)?;
    let mut payload = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    client.read_exact(&mut payload)
}
