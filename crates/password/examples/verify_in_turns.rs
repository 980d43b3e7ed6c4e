//! Times one verification of each scheme on demand, so that `cargo xtask bench hashes` can alternate with other
//! software.
//!
//! Prints a line for each scheme (scheme and library, separated by a tab) and an empty line. Then answers each such
//! line from standard input with the milliseconds that one verification took. One thread, memory reused.

#![expect(clippy::print_stdout, reason = "the bench reads the numbers from here")]

use std::{io::stdin, time::Instant};

use doorward_password::{Password, Scratch, StoredHash};

/// Hashes with the settings that the other software uses. Their tags match no known password.
const STORED: [(&str, &str); 4] = [
    (
        "pbkdf2-sha256",
        "pbkdf2:sha256:600000$sixteenbytes$0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "scrypt",
        "scrypt:32768:8:1$sixteenbytes$\
         0000000000000000000000000000000000000000000000000000000000000000\
         0000000000000000000000000000000000000000000000000000000000000000",
    ),
    ("argon2id", "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyAuLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ("bcrypt", "$2b$12$abcdefghijklmnopqrstuu..............................."),
];
const LIBRARY: &str = "Doorward";

fn main() {
    let password = Password::new("correct horse battery staple".to_owned());
    let mut scratch = Scratch::default();
    for (scheme, _) in STORED {
        println!("{scheme}\t{LIBRARY}");
    }
    println!();
    for line in stdin().lines().map_while(Result::ok) {
        let scheme = line.split('\t').next().unwrap_or_default();
        let stored =
            STORED.iter().find(|(known, _)| *known == scheme).and_then(|(_, text)| StoredHash::parse(text).ok());
        let Some(stored) = stored else { return println!("unknown scheme {scheme}") };
        let started = Instant::now();
        let fits = stored.verify(&password, &mut scratch);
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        println!("{}", if fits { 0.0 } else { milliseconds });
    }
}
