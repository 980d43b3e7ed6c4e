//! The PROXY protocol, versions 1 and 2 (haproxy.org, `proxy-protocol.txt`): a header at the start of a connection, in
//! which a proxy states the client.
//!
//! [`parse`] is a pure function of the bytes. The settings determine which peers must send the header. Invariants: no
//! byte after the header is read. Any deviation from the format is an error.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The fixed part of version 2.
const FIXED: usize = 16;
/// The maximum length of the rest in version 2. Addresses use at most 36 bytes, and the remaining bytes are ignored.
const MOST_ADDED: usize = 2048;
/// The shortest header: `PROXY UNKNOWN` with its line ending.
const SHORTEST: usize = 15;
/// The longest line of version 1.
const LONGEST_LINE: usize = 107;

/// The result of parsing the bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// An incomplete header. At least this number of bytes is missing.
    Missing(usize),
    /// A complete header.
    Done(Client),
    Malformed,
}

/// The client that a header states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Address(SocketAddr),
    /// The proxy itself, as for a health check.
    Own,
    /// A client whose address the proxy does not know.
    Unknown,
}

/// Parses the beginning of a connection.
pub fn parse(bytes: &[u8]) -> Parsed {
    if bytes.len() < SHORTEST {
        return Parsed::Missing(SHORTEST - bytes.len());
    }
    if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
        return binary(rest);
    }
    let Some(line) = bytes.strip_prefix(b"PROXY ") else { return Parsed::Malformed };
    match line.strip_suffix(b"\r\n") {
        Some(line) => text(line).map_or(Parsed::Malformed, Parsed::Done),
        None if bytes.len() >= LONGEST_LINE || line.contains(&b'\n') => Parsed::Malformed,
        None => Parsed::Missing(if line.ends_with(b"\r") { 1 } else { 2 }),
    }
}

/// Reads the header of a connection, and nothing after it.
///
/// # Errors
/// Returns `InvalidData` if the header is missing or malformed.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Client> {
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes) {
            Parsed::Done(client) => return Ok(client),
            Parsed::Malformed => return Err(io::Error::new(io::ErrorKind::InvalidData, "no PROXY header")),
            Parsed::Missing(count) => {
                let known = bytes.len();
                bytes.resize(known + count, 0);
                stream.read_exact(bytes.get_mut(known..).unwrap_or_default()).await?;
            }
        }
    }
}

/// Parses version 1, without its first word and its line ending.
fn text(line: &[u8]) -> Option<Client> {
    let line = str::from_utf8(line).ok().filter(|line| !line.contains(['\r', '\n', '\0']))?;
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        // "the receiver must ignore anything presented before the CRLF"
        return Some(Client::Unknown);
    }
    let (source, destination) = (words.next()?, words.next()?);
    let (source_port, destination_port) = (port(words.next()?)?, port(words.next()?)?);
    let (source, destination): (IpAddr, IpAddr) = match family {
        "TCP4" => (source.parse::<Ipv4Addr>().ok()?.into(), destination.parse::<Ipv4Addr>().ok()?.into()),
        "TCP6" => (source.parse::<Ipv6Addr>().ok()?.into(), destination.parse::<Ipv6Addr>().ok()?.into()),
        _ => return None,
    };
    let _ = (destination, destination_port);
    words.next().is_none().then(|| Client::Address(SocketAddr::new(source, source_port)))
}

/// Parses a port: digits without a leading zero.
fn port(word: &str) -> Option<u16> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    word.parse().ok().filter(|_| is_plain)
}

/// Parses version 2, without its signature.
fn binary(rest: &[u8]) -> Parsed {
    let [version_and_command, family, high, low, added @ ..] = rest else {
        return Parsed::Missing(FIXED - SIGNATURE.len() - rest.len());
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > MOST_ADDED || !matches!(version_and_command, 0x20 | 0x21) {
        return Parsed::Malformed;
    }
    if added.len() < length {
        return Parsed::Missing(length - added.len());
    }
    let addresses = match (version_and_command, family) {
        // LOCAL: the proxy itself, as for a health check.
        (0x20, _) => return Parsed::Done(Client::Own),
        // A stream over IPv4 or IPv6; an unspecified family, or a Unix socket of the proxy's machine.
        (_, 0x11) => ipv4(added),
        (_, 0x21) => ipv6(added),
        (_, 0x00 | 0x31) => return Parsed::Done(Client::Unknown),
        _ => None,
    };
    addresses.map_or(Parsed::Malformed, |address| Parsed::Done(Client::Address(address)))
}

/// Returns the source of the block: source, destination, and their ports.
fn ipv4(added: &[u8]) -> Option<SocketAddr> {
    let (source, rest) = added.split_first_chunk::<4>()?;
    let (_destination, rest) = rest.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    rest.first_chunk::<2>()?;
    Some(SocketAddr::new(Ipv4Addr::from(*source).into(), u16::from_be_bytes(*port)))
}

fn ipv6(added: &[u8]) -> Option<SocketAddr> {
    let (source, rest) = added.split_first_chunk::<16>()?;
    let (_destination, rest) = rest.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    rest.first_chunk::<2>()?;
    Some(SocketAddr::new(Ipv6Addr::from(*source).into(), u16::from_be_bytes(*port)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the result of reading `bytes`, followed by more, and the number of bytes that were read.
    fn read_of(bytes: &[u8]) -> (Result<Client, io::ErrorKind>, usize) {
        let stream = [bytes, b"GET / HTTP/1.1\r\n\r\n"].concat();
        let mut rest = stream.as_slice();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(read(&mut rest)).map_err(|error| error.kind());
        (outcome, stream.len() - rest.len())
    }

    fn version_2(command: u8, family: u8, added: &[u8]) -> Vec<u8> {
        let length = u16::try_from(added.len()).unwrap().to_be_bytes();
        [SIGNATURE.as_slice(), &[command, family], &length, added].concat()
    }

    fn address(text: &str) -> Client {
        Client::Address(text.parse().unwrap())
    }

    const FOUR: [u8; 12] = [203, 0, 113, 7, 10, 0, 0, 1, 0x9c, 0x40, 0, 80];

    #[test]
    fn headers_are_read_to_their_last_byte() {
        let six = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[7], &[0; 16], &[1, 0, 0, 80]].concat();
        for (bytes, source) in [
            (b"PROXY TCP4 203.0.113.7 10.0.0.1 40000 80\r\n".to_vec(), address("203.0.113.7:40000")),
            (b"PROXY TCP6 2001:db8::7 ::1 40000 443\r\n".to_vec(), address("[2001:db8::7]:40000")),
            (b"PROXY UNKNOWN\r\n".to_vec(), Client::Unknown),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2 and more\r\n".to_vec(), Client::Unknown),
            (version_2(0x21, 0x11, &FOUR), address("203.0.113.7:40000")),
            (version_2(0x21, 0x11, &[&FOUR[..], &[4, 0, 1, 0]].concat()), address("203.0.113.7:40000")),
            (version_2(0x21, 0x21, &six), address("[2001:db8::7]:256")),
            (version_2(0x20, 0x00, &[]), Client::Own),
            (version_2(0x20, 0x11, &FOUR), Client::Own),
            (version_2(0x21, 0x00, &[1, 2, 3]), Client::Unknown),
            (version_2(0x21, 0x31, &[0; 216]), Client::Unknown),
        ] {
            assert_eq!(read_of(&bytes), (Ok(source), bytes.len()), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_header_is_refused() {
        let line = |line: &str| line.as_bytes().to_vec();
        for bytes in [
            line("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            line("proxy TCP4 203.0.113.7 10.0.0.1 40000 80\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 40000\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 40000 80 \r\n"),
            line("PROXY TCP4  203.0.113.7 10.0.0.1 40000 80\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 040000 80\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 +4000 80\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 65536 80\r\n"),
            line("PROXY TCP4 203.0.113.07 10.0.0.1 4000 80\r\n"),
            line("PROXY TCP4 2001:db8::7 10.0.0.1 4000 80\r\n"),
            line("PROXY TCP6 203.0.113.7 10.0.0.1 4000 80\r\n"),
            line("PROXY TCP6 fe80::1%eth0 ::1 4000 80\r\n"),
            line("PROXY UDP4 203.0.113.7 10.0.0.1 4000 80\r\n"),
            line("PROXY TCP4 203.0.113.7 10.0.0.1 4000 80\n"),
            line(&format!("PROXY UNKNOWN {}\r\n", "x".repeat(LONGEST_LINE))),
            version_2(0x11, 0x11, &FOUR),
            version_2(0x22, 0x11, &FOUR),
            version_2(0x21, 0x12, &FOUR),
            version_2(0x21, 0x11, &FOUR[..11]),
            version_2(0x21, 0x21, &FOUR),
            version_2(0x21, 0x11, &[0; MOST_ADDED + 1]),
        ] {
            assert_eq!(read_of(&bytes).0, Err(io::ErrorKind::InvalidData), "{:?}", String::from_utf8_lossy(&bytes));
        }
        // A client could send bytes before the proxy's header.
        assert_eq!(parse(b"XPROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n"), Parsed::Malformed);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic_and_within_bounds(
            start in prop::sample::select(vec![&b""[..], b"PROXY ", b"PROXY TCP4 1.1.1.1 ", SIGNATURE]),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [start, &bytes].concat();
            if let Parsed::Missing(count) = parse(&bytes) {
                prop_assert!((1..=MOST_ADDED).contains(&count));
            }
            let (_, taken) = read_of(&bytes);
            prop_assert!(taken <= FIXED + MOST_ADDED);
        }
    }
}
