//! The inventory of dependencies: Cargo.lock.
//!
//! Invariant: every package is part of this workspace or comes from crates.io with a checksum.

use crate::architecture::root;

// ASVS 15.2.4
#[test]
fn every_package_is_local_or_from_the_registry_with_a_checksum() {
    let lock: toml::Table = std::fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let local = [
        "doorward",
        "doorward-password",
        "doorward-server",
        "doorward-store",
        "doorward-test-macros",
        "xtask",
        "xtask-floor",
    ];
    let mut counted = 0;
    for package in lock["package"].as_array().unwrap() {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        let name = text("name").unwrap();
        if local.contains(&name) && text("source").is_none() {
            continue;
        }
        assert_eq!(text("source"), Some("registry+https://github.com/rust-lang/crates.io-index"), "{name}");
        assert_eq!(text("checksum").map(str::len), Some(64), "{name}");
        counted += 1;
    }
    assert!(counted > 100, "{counted}");
}
