//! Prints the median time of one hash with the default settings in milliseconds: one thread, memory reused.
//!
//! `cargo xtask bench` runs it beside the server, so that both are measured in the same minute.

#![expect(clippy::print_stdout, reason = "the bench reads the number from here")]

use std::time::Instant;

use doorward_password::{Password, Salt, Scratch, Settings};

const HASHES: usize = 60;

fn main() {
    let settings = Settings::default();
    let password = Password::new("correct horse battery staple".to_owned());
    let mut scratch = Scratch::default();
    let mut times: Vec<f64> = (0..HASHES)
        .filter_map(|number| {
            let started = Instant::now();
            settings.hash(&password, Salt([u8::try_from(number).unwrap_or(0); 16]), &mut scratch)?;
            Some(started.elapsed().as_secs_f64() * 1000.0)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:.4}", times.get(times.len() / 2).copied().unwrap_or(0.0));
}
