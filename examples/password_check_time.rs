//! Prints the time to check one new password against the enforced policy, in nanoseconds.
//!
//! It measures the built-in blocklist, and that list together with the file in the first argument. It also counts how many
//! of ten million other passwords each list wrongly contains.

#![expect(clippy::print_stdout, reason = "the output is the result")]

use std::{fs, hint::black_box, sync::Arc, time::Instant};

use doorward::model::{Blocklist, BlocklistKey, PasswordPolicy, PasswordRules};
use doorward_password::Password;

const PASSWORDS: u64 = 20_000;
const ROUNDS: usize = 15;
const STRANGERS: u64 = 10_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("the list in the program");
    let rules = PasswordRules::new(15)?;
    report(&PasswordRules::common_passwords()?, rules);
    if let Some(path) = std::env::args().nth(1) {
        println!("and {path}");
        let bytes = fs::read(path)?;
        let started = Instant::now();
        let list = Blocklist::from_bytes(&bytes)?;
        println!("  {} bytes, {:.1} ms to read them", bytes.len(), started.elapsed().as_secs_f64() * 1000.0);
        report(&list.clone(), PasswordRules::new(15)?.with_list(list));
    }
    Ok(())
}

fn report(list: &Blocklist, rules: PasswordRules) {
    let policy = PasswordPolicy::Enforce(Arc::new(rules));
    for (kind, tail) in [("small letters", "tangled kite"), ("capitals too", "Tangled Kite"), ("200 characters", LONG)]
    {
        let make = |number: u64| Password::new(format!("{} {tail}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let passwords: Vec<Password> = (0..PASSWORDS).map(make).collect();
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                for password in &passwords {
                    let _ = black_box(policy.check(password, "Margaret Hamilton"));
                }
                started.elapsed().as_secs_f64() * 1e9 / PASSWORDS as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("  {kind}: {:.0} ns", times.get(ROUNDS / 2).copied().unwrap_or(0.0));
    }
    let taken = (0..STRANGERS).filter(|number| list.contains(BlocklistKey::of(&format!("stranger {number}")))).count();
    let percent = taken as f64 * 100.0 / STRANGERS as f64;
    println!("  {} entries; {taken} of {STRANGERS} strangers are taken for one: {percent:.5} %", list.entries());
}

const LONG: &str = "It was a bright cold day in April, and the clocks of the harbour were all of another opinion about the \
                    hour, as they had been ever since the last of the keepers went up to the light";
