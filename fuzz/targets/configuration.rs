//! Fuzzes the configuration file: no text causes a panic, and an error names the key and never the value.
//!
//! A text that could name a file is skipped, since reading `/dev/zero` never ends.

#![no_main]

use std::path::Path;

use doorward::config::{Config, Inputs, RawValues};
use libfuzzer_sys::fuzz_target;

/// Marks a secret in the text.
const CANARY: &str = "hunter2hunter2";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains('/') || text.contains("\\u") || text.contains("\\x") {
        return;
    }
    let file = Some((Path::new("doorward.toml"), text.to_owned()));
    let read = RawValues::read(Inputs { file, variables: Vec::new(), flags: Vec::new() });
    let error = read.and_then(|values| Config::new(&values).map(drop)).err();
    // A canary that is a name, not a value, may be shown, as any unknown key is.
    let is_value = text.lines().any(|line| line.contains(&format!("= \"{CANARY}\"")));
    let is_name = text.lines().any(|line| line.split('=').next().is_some_and(|name| name.contains(CANARY)));
    if is_value && !is_name {
        assert!(error.is_none_or(|error| !error.to_string().contains(CANARY)));
    }
});
