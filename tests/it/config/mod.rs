//! The configuration: accepted and refused values, their sources, and the reference document.

mod bounds;
mod environment;
mod hostile;
mod in_front;
mod reference;
mod sources;
mod unknown;

use std::path::Path;

use doorward::config::{Config, Inputs, RawValues, variable};

/// Reads this file, these variables and these flags.
fn read(file: Option<&str>, variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> doorward::Result<RawValues> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    RawValues::read(Inputs {
        file: file.map(|text| (Path::new("doorward.toml"), text.to_owned())),
        variables: variables.iter().map(owned).collect(),
        flags: flags.iter().map(|(key, value)| (*key, "--flag", (*value).to_owned())).collect(),
    })
}

/// Makes a configuration from the file `text`.
fn from_file(text: &str) -> doorward::Result<Config> {
    Config::new(&read(Some(text), &[], &[])?)
}

/// Makes a configuration from an environment with these keys.
fn from_keys(keys: &[(&str, &str)]) -> doorward::Result<Config> {
    let variables: Vec<_> = keys.iter().map(|(key, value)| (variable(key), *value)).collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    Config::new(&read(None, &variables, &[])?)
}

/// The message of a configuration that must be refused.
#[track_caller]
fn refusal<T>(outcome: doorward::Result<T>) -> String {
    match outcome {
        Err(doorward::Error::Config(message)) => {
            assert_eq!(message.lines().count(), 1, "{message}");
            message
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}
