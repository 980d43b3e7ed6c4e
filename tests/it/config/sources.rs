//! The source of a value: a flag overrides the environment, then the file, then the default.

use std::fs;

use doorward::config::{KEYS, KeyType, Origin, variable};

use super::{from_file, read, refusal};

const FILE: &str = "[server]\nlisten = \"127.0.0.1:1\"\n[database]\nurl = \"sqlite:from-file\"\n";

#[test]
fn a_flag_overrides_environment_file_and_default() {
    let listen = |values: doorward::Result<doorward::config::RawValues>| {
        let values = values.unwrap();
        let given = values.given("server.listen").unwrap();
        (given.text.clone(), given.origin.clone())
    };
    let variables = [("DOORWARD_SERVER__LISTEN", "127.0.0.1:2")];
    let flags = [("server.listen", "127.0.0.1:3")];
    assert_eq!(listen(read(None, &[], &[])), ("127.0.0.1:5000".to_owned(), Origin::Default));
    assert_eq!(listen(read(Some(FILE), &[], &[])), ("127.0.0.1:1".to_owned(), Origin::File));
    let from_variable = Origin::Variable(variables[0].0.to_owned());
    assert_eq!(listen(read(Some(FILE), &variables, &[])), ("127.0.0.1:2".to_owned(), from_variable));
    assert_eq!(listen(read(Some(FILE), &variables, &flags)), ("127.0.0.1:3".to_owned(), Origin::Flag("--flag")));
}

#[test]
fn database_url_is_used_unless_doorwards_own_variable_is_set() {
    let url =
        |variables: &[(&str, &str)]| read(Some(FILE), variables, &[]).unwrap().text("database.url").unwrap().to_owned();
    assert_eq!(url(&[]), "sqlite:from-file");
    assert_eq!(url(&[("DATABASE_URL", "sqlite:common")]), "sqlite:common");
    let own = ("DOORWARD_DATABASE__URL", "sqlite:own");
    assert_eq!(url(&[("DATABASE_URL", "sqlite:common"), own]), "sqlite:own");
    assert_eq!(url(&[own, ("DATABASE_URL", "sqlite:common")]), "sqlite:own");
    // Variables of other programs are ignored.
    assert_eq!(url(&[("DATABASE_HOST", "x"), ("DATABASE_URL_FALLBACK", "x"), ("LOG_LEVEL", "x")]), "sqlite:from-file");
}

#[test]
fn secrets_can_come_from_separate_files() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let path = secret.to_str().unwrap();
    for name in ["DATABASE_URL_FILE", "DOORWARD_DATABASE__URL_FILE"] {
        let url = || read(None, &[(name, path)], &[]).map(|values| values.text("database.url").unwrap().to_owned());
        for content in ["mysql://ann:x@db.example/y", "mysql://ann:x@db.example/y\n"] {
            fs::write(&secret, content).unwrap();
            assert_eq!(url().unwrap(), "mysql://ann:x@db.example/y");
        }
        for empty in ["", "\n"] {
            fs::write(&secret, empty).unwrap();
            assert!(refusal(url()).contains(name));
        }
        fs::write(&secret, b"canary\xff").unwrap();
        assert!(!refusal(url()).contains("canary"));
        let missing = read(None, &[(name, "/no/such/file")], &[]);
        assert!(refusal(missing).contains(name));
    }
    // Only secrets may come from separate files.
    for key in KEYS.iter().filter(|key| key.kind != KeyType::SecretUrl) {
        let name = format!("{}_FILE", variable(key.path));
        assert!(refusal(read(None, &[(&name, path)], &[])).contains(&name));
    }
}

#[test]
fn a_secret_that_is_given_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "sqlite:from-file.db").unwrap();
    let path = secret.to_str().unwrap();
    for (value, file) in
        [("DATABASE_URL", "DATABASE_URL_FILE"), ("DOORWARD_DATABASE__URL", "DOORWARD_DATABASE__URL_FILE")]
    {
        let message = refusal(read(None, &[(value, "sqlite:canary.db"), (file, path)], &[]));
        assert!(message.contains(value) && message.contains(file) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn every_key_can_be_set_in_the_file_and_in_the_environment() {
    for key in &KEYS {
        let (section, name) = key.path.split_once('.').unwrap();
        let text = match key.kind {
            KeyType::Number | KeyType::Boolean => format!("[{section}]\n{name} = {}\n", key.default),
            KeyType::List => format!("[{section}]\n{name} = []\n"),
            _ => format!("[{section}]\n{name} = \"{}\"\n", key.default),
        };
        let values = read(Some(&text), &[], &[]).unwrap();
        assert_eq!(values.given(key.path).unwrap().origin, Origin::File, "{}", key.path);
        assert_eq!(values.text(key.path).unwrap(), key.default);
        let name = variable(key.path);
        let values = read(None, &[(&name, key.default)], &[]).unwrap();
        assert_eq!(values.given(key.path).unwrap().origin, Origin::Variable(name));
    }
}

#[test]
fn an_empty_file_is_the_default_configuration() {
    let config = from_file("# nothing\n").unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(config.database.url, "sqlite:doorward.db");
    assert!(config.signup_enabled && config.compat.enabled && config.database.migrate);
    assert_eq!(config.hashing.settings, doorward_password::Settings::default());
}

#[test]
fn a_list_is_an_array_in_the_file_and_separated_by_commas_in_the_environment() {
    let listed = |values: &doorward::config::RawValues| {
        values.list("server.trusted_proxies").unwrap().map(str::to_owned).collect::<Vec<_>>()
    };
    let both = ["10.0.0.5", "fd00::/8"];
    let from_file = read(Some("[server]\ntrusted_proxies = [\"10.0.0.5\", \" fd00::/8 \"]\n"), &[], &[]).unwrap();
    assert_eq!(listed(&from_file), both);
    let name = variable("server.trusted_proxies");
    assert_eq!(listed(&read(None, &[(&name, "10.0.0.5, fd00::/8,")], &[]).unwrap()), both);
    for wrong in ["\"10.0.0.5\"", "[1]", "[[\"10.0.0.5\"]]", "[\"10.0.0.5,10.0.0.6\"]"] {
        let message = refusal(read(Some(&format!("[server]\ntrusted_proxies = {wrong}\n")), &[], &[]));
        assert!(message.contains("`server.trusted_proxies` must be a list"), "{wrong}: {message}");
    }
}
