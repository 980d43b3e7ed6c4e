//! The keys of `[server]` and `[session]` for an application behind a proxy, and variables that miss an underscore.

use std::time::Duration;

use super::{from_keys, read, refusal};

const URL: (&str, &str) = ("server.public_url", "https://accounts.example.com");

#[test]
fn hosts_need_a_public_url_and_have_no_path() {
    let hosts = from_keys(&[URL, ("server.hosts", "http://127.0.0.1:15000,api")]).unwrap().server.hosts;
    assert_eq!(hosts, ["accounts.example.com", "accounts.example.com:443", "127.0.0.1:15000", "api", "api:80"]);
    assert!(from_keys(&[]).unwrap().server.hosts.is_empty());
    let message = refusal(from_keys(&[("server.hosts", "http://127.0.0.1:15000")]));
    assert!(message.contains("needs `server.public_url`"), "{message}");
    for wrong in ["*.example.com", "http://a/b", "ftp://a", "http://ann:x@a", "a b", "http://", "http://a?x", "a:99999"]
    {
        let message = refusal(from_keys(&[URL, ("server.hosts", wrong)]));
        assert!(message.contains("`server.hosts`") && message.contains("127.0.0.1:15000"), "{wrong}: {message}");
    }
}

#[test]
fn a_public_url_may_have_a_plain_path() {
    for (text, path) in
        [("https://a.example", ""), ("https://a.example/", ""), ("https://a.example/auth/v1/", "/auth/v1")]
    {
        let url = from_keys(&[("server.public_url", text)]).unwrap().server.public_url.unwrap();
        assert_eq!((url.origin.as_str(), url.path.as_str()), ("https://a.example", path));
    }
    for wrong in [
        "https://a.example//x",
        "https://a.example/x//",
        "https://a.example/%41",
        "https://a.example/a b",
        "https://a.example/x?y",
    ] {
        let message = refusal(from_keys(&[("server.public_url", wrong)]));
        assert!(message.contains("https://example.com/accounts"), "{wrong}: {message}");
    }
}

#[test]
fn origins_of_apps_are_accepted_and_others_without_an_origin_are_not() {
    let listed = |text| Ok::<_, doorward::Error>(from_keys(&[URL, ("server.cors_origins", text)])?.server.cors_origins);
    for origin in
        ["capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://bundle:81", "http://x.localhost"]
    {
        assert_eq!(listed(origin).unwrap(), [origin]);
    }
    for wrong in [
        "file:///",
        "file://localhost",
        "data:text/plain,x",
        "ws://localhost",
        "capacitor://",
        "capacitor://localhost/x",
        "capacitor://*",
        "null",
        "about:blank",
        "blob:https://a.example/x",
        "https://a.example/x",
    ] {
        let message = refusal(listed(wrong));
        assert!(message.contains("`server.cors_origins`"), "{wrong}: {message}");
    }
}

#[test]
fn the_name_of_the_cookie_is_one_that_browsers_accept() {
    let cookies = from_keys(&[URL, ("session.cookie_name", "sid")]).unwrap().cookies;
    assert_eq!((cookies.session.as_str(), cookies.device), ("__Host-sid", "__Host-device"));
    let cookies = from_keys(&[("session.cookie_name", "my.app_sid-1")]).unwrap().cookies;
    assert_eq!((cookies.session.as_str(), cookies.device), ("my.app_sid-1", "device"));
    let long = "x".repeat(65);
    for wrong in ["", "a b", "a=b", "a;b", "\u{e9}", "__Host-sid", "__secure-sid", "device", long.as_str()] {
        let message = refusal(from_keys(&[("session.cookie_name", wrong)]));
        assert!(message.contains("`session.cookie_name`"), "{wrong}: {message}");
    }
}

#[test]
fn the_keep_alive_time_has_bounds_and_subdomains_need_https() {
    assert_eq!(from_keys(&[]).unwrap().server.keep_alive, Duration::from_secs(30));
    assert_eq!(from_keys(&[("server.keep_alive", "75s")]).unwrap().server.keep_alive, Duration::from_secs(75));
    for wrong in ["0s", "999ms", "2h", "75"] {
        assert!(refusal(from_keys(&[("server.keep_alive", wrong)])).contains("`server.keep_alive`"));
    }
    let message = refusal(from_keys(&[("server.hsts_subdomains", "true")]));
    assert!(message.contains("needs an https URL in `server.public_url`"), "{message}");
}

#[test]
fn a_variable_that_misses_an_underscore_is_explained() {
    for (name, own) in [
        ("DOORWARD_SERVER_PORT", "DOORWARD_SERVER__LISTEN"),
        ("DOORWARD_PORT", "DOORWARD_SERVER__LISTEN"),
        ("DOORWARD_SERVER_LISTEN", "DOORWARD_SERVER__LISTEN"),
        ("DOORWARD_LOG_LEVEL", "DOORWARD_LOG__LEVEL"),
        ("DOORWARD_SERVER_TRUSTED_PROXY", "DOORWARD_SERVER__TRUSTED_PROXIES"),
    ] {
        let line = read(None, &[(name, "5000 canary")], &[]).unwrap().ignored_variables().unwrap();
        assert!(line.contains(&format!("did you mean {own}?")) && !line.contains("canary"), "{line}");
        // Kubernetes sets such a variable for a service with this name.
        let line = read(None, &[(name, "tcp://10.0.0.1:5000")], &[]).unwrap().ignored_variables().unwrap();
        assert!(!line.contains("did you mean"), "{line}");
    }
    for (name, own) in [
        ("DOORWARD_SERVER__PORT", "DOORWARD_SERVER__LISTEN"),
        ("DOORWARD_SERVER__TRUSTED_PROXY", "DOORWARD_SERVER__TRUSTED_PROXIES"),
    ] {
        let message = refusal(read(None, &[(name, "canary")], &[]));
        assert!(message.contains(&format!("did you mean {own}?")) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn metrics_never_share_the_public_address() {
    let listen = |public, metrics| from_keys(&[("server.listen", public), ("metrics.listen", metrics)]);
    for (public, metrics) in [
        ("127.0.0.1:5000", "127.0.0.1:9464"),
        ("0.0.0.0:5000", "127.0.0.1:5001"),
        ("127.0.0.2:5000", "127.0.0.1:5000"),
        ("127.0.0.1:0", "127.0.0.1:0"),
    ] {
        assert!(listen(public, metrics).unwrap().metrics_listen.is_some(), "{public} {metrics}");
    }
    assert!(listen("127.0.0.1:5000", "").unwrap().metrics_listen.is_none());
    for (public, metrics) in [
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("0.0.0.0:5000", "127.0.0.1:5000"),
        ("127.0.0.1:5000", "0.0.0.0:5000"),
        ("[::]:5000", "10.0.0.1:5000"),
    ] {
        let message = refusal(listen(public, metrics));
        assert!(message.contains("`metrics.listen`") && message.contains("`server.listen`"), "{message}");
    }
    for wrong in ["9464", ":9464", "localhost:9464", "127.0.0.1"] {
        assert!(refusal(listen("127.0.0.1:5000", wrong)).contains("`metrics.listen`"), "{wrong}");
    }
}
