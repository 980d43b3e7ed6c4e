//! J22: an unknown key or a value of the wrong type is refused with the key's name. No value is ever shown.

use super::{from_file, from_keys, read, refusal};

// J22
#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    for (text, named) in [
        ("[server]\nlisen = \"canary\"", "`server.lisen` is not a key; did you mean `server.listen`?"),
        ("[sever]\nlisten = \"canary\"", "`sever.listen` is not a key; did you mean `server.listen`?"),
        ("[hashing]\nthread = 3", "`hashing.thread` is not a key; did you mean `hashing.threads`?"),
        ("[Server]\nlisten = \"canary\"", "`Server.listen` is not a key; did you mean `server.listen`?"),
        ("[nonsense]\nvalue = \"canary\"", "`nonsense.value` is not a key"),
        ("[nonsense]", "`[nonsense]` is not a section"),
        ("[server]\nlisten = \"127.0.0.1:1\"\n[server.tls]\nkey = \"canary\"", "`server.tls` is not a key"),
    ] {
        let message = refusal(from_file(text));
        assert!(message.starts_with("doorward.toml: ") && message.contains(named), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
    assert!(!refusal(from_file("[nonsense]\nvalue = 1")).contains("did you mean"));
    // A section may be empty.
    assert!(from_file("[server]\n[throttle]\n").is_ok());
}

#[test]
fn a_key_outside_a_section_is_refused() {
    for text in ["listen = \"canary\"", "server = \"canary\"", "[[server]]\nlisten = \"canary\""] {
        let message = refusal(from_file(text));
        assert!(message.contains("must be a section") && !message.contains("canary"), "{message}");
    }
}

#[test]
fn unknown_variables_are_refused() {
    for name in [
        "DOORWARD_SERVER__LISEN",
        "DOORWARD_SERVER__LISTEN__X",
        "DOORWARD_NONSENSE__KEY_FILE",
        "DOORWARD_server__listen",
    ] {
        let message = refusal(read(None, &[(name, "canary")], &[]));
        assert!(message.contains(name) && !message.contains("canary"), "{message}");
    }
    // `DOORWARD_CONFIG` names the file and is not a key.
    assert!(read(None, &[("DOORWARD_CONFIG", "doorward.toml")], &[]).is_ok());
}

#[test]
fn invalid_toml_is_refused_with_its_line() {
    for text in ["[database]\nurl = canary", "[database]\nurl = \"canary", "[database]\nurl = \"a\"\nurl = \"canary\""]
    {
        let message = refusal(from_file(text));
        assert!(message.contains("near line ") && !message.contains("canary"), "{message}");
    }
    assert!(refusal(from_file("\n\n\n[server\n")).contains("near line 4"));
}

// J22
#[test]
fn wrong_types_are_refused() {
    for (key, value, kind) in [
        ("server.listen", "5000", "text in quotes"),
        ("server.listen", "true", "text in quotes"),
        ("server.public_url", "[\"canary\"]", "text in quotes"),
        ("database.url", "{ host = \"canary\" }", "text in quotes"),
        ("database.connections", "\"16\"", "a whole number"),
        ("database.connections", "1.5", "a whole number"),
        ("database.connections", "true", "a whole number"),
        ("database.timeout", "1500", "text in quotes"),
        ("database.migrate", "\"true\"", "true or false"),
        ("database.migrate", "1", "true or false"),
        ("compat.login", "1979-05-27", "text in quotes"),
    ] {
        let (section, name) = key.split_once('.').unwrap();
        let message = refusal(from_file(&format!("[{section}]\n{name} = {value}")));
        assert!(message.contains(&format!("`{key}` must be {kind}")) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn unknown_choices_are_refused_with_the_known_ones() {
    for (key, words) in [
        ("hashing.scheme", "argon2id, pbkdf2-sha256, bcrypt"),
        ("compat.login", "signup-login, user-crud"),
        ("compat.password_policy", "accept, enforce"),
        ("log.level", "error, warn, info, debug, trace"),
        ("log.format", "text, json"),
    ] {
        for word in words.split(", ") {
            from_keys(&[(key, word)]).unwrap();
        }
        for wrong in ["canary", "", " "] {
            let message = refusal(from_keys(&[(key, wrong)]));
            assert!(message.contains(&format!("`{key}`")) && message.contains(words), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }
}
