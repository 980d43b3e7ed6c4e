//! Times the kernels of this crate and the crates that they replace in turns, for decision 12.
//!
//! Prints for each scheme the fastest and the median time of both, the ratio of the fastest times, and the median of the
//! ratios of neighbouring runs. The argument is the number of rounds.

#![expect(clippy::print_stdout, reason = "the result is read by a developer")]

use std::{hint::black_box, time::Instant};

use doorward_password::{Password, Scratch, StoredHash};

const TEXT: &str = "correct horse battery staple";
const SALT: &[u8] = b"sixteenbytes";
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(50);
    for (scheme, stored, library) in [
        ("pbkdf2-sha256", format!("pbkdf2:sha256:600000$sixteenbytes${ZEROS}"), pbkdf2 as fn()),
        ("scrypt", format!("scrypt:32768:8:1$sixteenbytes${ZEROS}{ZEROS}"), scrypt as fn()),
    ] {
        let Ok(stored) = StoredHash::parse(&stored) else { return println!("cannot parse {scheme}") };
        let password = Password::new(TEXT.to_owned());
        let mut scratch = Scratch::default();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(milliseconds(|| _ = black_box(stored.verify(&password, &mut scratch))));
            theirs.push(milliseconds(library));
        }
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| theirs / ours).collect();
        let ([least, middle], [their_least, their_middle]) = (summary(ours), summary(theirs));
        println!(
            "{scheme}: kernel {least:.1} ms (median {middle:.1}), crate {their_least:.1} ms (median {their_middle:.1}), \
             ratio {:.2} (median of pairs {:.2})",
            their_least / least,
            summary(ratios)[1]
        );
    }
}

fn pbkdf2() {
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha2::Sha256>(TEXT.as_bytes(), SALT, 600_000, &mut key);
    black_box(key);
}

fn scrypt() {
    let mut key = [0; 64];
    if let Ok(params) = scrypt::Params::new(15, 8, 1) {
        _ = scrypt::scrypt(TEXT.as_bytes(), SALT, &params, &mut key);
    }
    black_box(key);
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1000.0
}

/// The fastest and the median.
fn summary(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [0, times.len() / 2].map(|place| times.get(place).copied().unwrap_or_default())
}
