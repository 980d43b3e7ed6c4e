//! The bounds of every key: values at a bound are accepted, and values beyond are refused with the key's name.

use doorward::config::{KEYS, KeyType};

use super::{from_keys, refusal};

/// Each key with bounds, with accepted and refused values.
const BOUNDS: [(&str, &[&str], &[&str]); 20] = [
    ("database.connections", &["1", "1000"], &["0", "1001"]),
    ("database.timeout", &["50ms", "60s", "1m"], &["49ms", "61s", "2m", "0s"]),
    ("password.min_length", &["8", "1024"], &["7", "1025", "0"]),
    ("hashing.argon2_memory_kib", &["8", "262144"], &["7", "262145", "0"]),
    ("hashing.argon2_iterations", &["1", "16"], &["0", "17"]),
    ("hashing.argon2_parallelism", &["1", "16"], &["0", "17"]),
    ("hashing.pbkdf2_iterations", &["1", "10000000"], &["0", "10000001"]),
    ("hashing.bcrypt_cost", &["4", "15"], &["3", "16", "31"]),
    ("hashing.threads", &["0", "1", "256"], &["257"]),
    ("hashing.max_wait", &["1ms", "60s"], &["0ms", "61s"]),
    ("session.idle_timeout", &["1m", "30d"], &["59s", "31d", "366d"]),
    ("throttle.alert_failures", &["0", "1000000"], &["1000001", "-1"]),
    ("server.keep_alive", &["1s", "1h"], &["999ms", "3601s"]),
    ("session.absolute_timeout", &["24h", "365d"], &["23h", "366d", "59s"]),
    ("session.admin_idle_timeout", &["1m", "12h"], &["59s", "13h"]),
    ("session.admin_absolute_timeout", &["1h", "365d"], &["59m", "366d"]),
    ("audit.retention", &["0s", "1d", "3650d"], &["1ms", "23h", "3651d"]),
    (
        "server.trusted_proxies",
        &["10.0.0.5", "10.0.0.0/8, ::1", "fd00::/8", ""],
        &["proxy", "10.0.0.0/33", "10.0.0", "10.0.0.5:80", "*", "fd00::/129", "0.0.0.0/0", "10.0.0.5, ::/0"],
    ),
    (
        "server.cors_origins",
        &["https://app.example.com", "http://localhost:3000, https://app.example.com", ""],
        &["*", "null", "app.example.com", "https://app.example.com/path", "https://*.example.com", "file:///x"],
    ),
    ("server.listen", &["0.0.0.0:1", "[::1]:65535"], &["localhost:1", "127.0.0.1", ":5000", "127.0.0.1:65536", ""]),
];

#[test]
fn values_at_the_bounds_are_accepted_and_those_beyond_are_refused() {
    for (key, accepted, refused) in BOUNDS {
        for value in accepted {
            assert!(from_keys(&[(key, value)]).is_ok(), "{key} = {value} was refused");
        }
        for value in refused {
            let message = refusal(from_keys(&[(key, value)]));
            assert!(message.contains(&format!("`{key}`")), "{key} = {value}: {message}");
        }
    }
    let counted = |key: &&doorward::config::Key| matches!(key.kind, KeyType::Number | KeyType::Duration);
    for key in KEYS.iter().filter(counted) {
        assert!(BOUNDS.iter().any(|(known, ..)| *known == key.path), "no bounds are tested for {}", key.path);
    }
}

#[test]
fn numbers_durations_and_booleans_have_one_form() {
    for (key, wrong) in [
        ("database.connections", ["-1", "0x10", "1e2", " 1", "1 ", "", "canary", "4294967296"].as_slice()),
        ("database.timeout", &["1500", "1500 ms", "-1s", "1.5s", "1S", "s", "", "canary", "99999999999999999999d"]),
        ("database.migrate", &["yes", "1", "True", "", "canary"]),
    ] {
        for value in wrong {
            let message = refusal(from_keys(&[(key, value)]));
            assert!(message.contains(&format!("`{key}`")) && !message.contains("canary"), "{value}: {message}");
        }
    }
}

#[test]
fn argon2_needs_memory_for_its_parallelism() {
    let keys = [("hashing.argon2_parallelism", "4"), ("hashing.argon2_memory_kib", "31")];
    assert!(refusal(from_keys(&keys)).contains("`hashing.argon2_memory_kib`"));
    from_keys(&[keys[0], ("hashing.argon2_memory_kib", "32")]).unwrap();
}

#[test]
fn settings_of_unused_schemes_are_checked_too() {
    let message = refusal(from_keys(&[("hashing.scheme", "argon2id"), ("hashing.bcrypt_cost", "16")]));
    assert!(message.contains("`hashing.bcrypt_cost`"), "{message}");
}

#[test]
fn database_urls() {
    for url in ["sqlite:x.db", "sqlite:////x.db", "mysql://h/x", "mysql://u:p@h:1/x?ssl-mode=REQUIRED", "mariadb://h/x"]
    {
        from_keys(&[("database.url", url)]).unwrap();
    }
    for url in [
        "",
        "x.db",
        "sqlite:///x.db",
        "postgres://h/x",
        "jdbc:mysql://h/x",
        "mysql:",
        "mysql://h",
        "mysql://h/",
        "mysql:///x",
        "mysql://h:99999/x",
    ] {
        assert!(refusal(from_keys(&[("database.url", url)])).contains("`database.url`"), "{url}");
    }
    assert_eq!(from_keys(&[("database.url", "mariadb://h/x")]).unwrap().database.url, "mysql://h/x");
    let config = from_keys(&[("database.url", "mysql://u:canary@h/x?password=canary")]).unwrap();
    assert_eq!(config.database.shown(), "mysql://u:…@h/x");
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn public_urls() {
    for (url, origin, is_https) in [
        ("https://accounts.example.com", "https://accounts.example.com", true),
        ("https://Accounts.Example.com:443/", "https://accounts.example.com", true),
        ("http://localhost:5000", "http://localhost:5000", false),
    ] {
        let public = from_keys(&[("server.public_url", url)]).unwrap().server.public_url.unwrap();
        assert_eq!((public.origin.as_str(), public.is_https), (origin, is_https));
    }
    for url in [
        "accounts.example.com",
        "ftp://x",
        "https://x//path",
        "https://x?a",
        "https://x#a",
        "https://u:p@x",
        "https://",
    ] {
        assert!(refusal(from_keys(&[("server.public_url", url)])).contains("`server.public_url`"), "{url}");
    }
    assert!(from_keys(&[("server.public_url", "")]).unwrap().server.public_url.is_none());
}

#[test]
fn keys_that_need_another_key_are_refused_without_it() {
    for (alone, needed) in [
        (("server.proxy_protocol", "true"), "server.trusted_proxies"),
        (("server.tls_certificate", "chain.pem"), "server.tls_key"),
        (("server.tls_key", "key.pem"), "server.tls_certificate"),
    ] {
        let message = refusal(from_keys(&[alone]));
        assert!(message.contains(alone.0) && message.contains(needed), "{message}");
    }
}
