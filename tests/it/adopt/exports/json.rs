//! JSON and JSON lines of any program.

use doorward_test_macros::async_test;
use serde_json::json;

use super::Import;
use crate::adopt::bcrypt;

#[async_test]
async fn json_and_json_lines_are_read_alike() {
    let hash = bcrypt("a password");
    let one = json!({ "id": 1, "username": "ann", "password": hash, "profile": { "role": "admin", "tags": ["a"] } });
    let two = json!({ "id": "2", "username": "Zoë", "password": hash, "extra": null });
    for content in [
        format!("[{one},{two}]"),
        format!("[\n  {one},\n  {two}\n]\n"),
        format!("{one}\n{two}\n"),
        format!("{one}\r\n{two}\r\n"),
        format!("\u{feff}{one}\n\n{two}"),
        serde_json::to_string_pretty(&one).unwrap() + &serde_json::to_string_pretty(&two).unwrap(),
    ] {
        for format in ["json", "jsonl"] {
            let import = Import::new().await;
            let path = import.file("users.json", &content);
            let (left, summary) = import.run(format, &path, &["--columns", "role=profile.role"]);
            assert_eq!((left.len(), &summary["adopted"]), (0, &json!(2)), "{content}: {summary}");
            import.assert_logins(&[("ann", "a password", true), ("Zoë", "a password", true)]).await;
        }
    }
}

#[async_test]
async fn what_is_no_json_of_users_is_refused_with_its_line() {
    let import = Import::new().await;
    let long = format!("[{{\"id\":1,\"username\":\"{}\"}}]", "x".repeat(3 * 1024 * 1024));
    let deep = format!("[{}", "[".repeat(10_000));
    let many: Vec<String> = (0..300).map(|number| format!("\"c{number}\":1")).collect();
    for (content, cause) in [
        ("[]".to_owned(), "has no users"),
        ("{\"id\":1,\"username\":\"a\"}\n{\"id\":2,\n".to_owned(), "the file ends within a value"),
        ("{\"id\":1}\n{\"id\":2]\n".to_owned(), "line 2: not valid JSON"),
        ("id,username\n1,ann\n".to_owned(), "line 1: not valid JSON"),
        ("[1,2]".to_owned(), "not valid JSON, or not of the form"),
        ("[[{\"id\":1}]]".to_owned(), "not valid JSON, or not of the form"),
        ("[{\"id\":1,\n\"id\":2}]".to_owned(), "line 2: a member occurs twice: \"id\""),
        ("[{\"id\":1,\"ID\":2}]".to_owned(), "user 1: the member \"ID\" occurs twice, in different case"),
        (long, "a record is longer than 1 MiB"),
        (deep, "not valid JSON"),
        (format!("[{{{}}}]", many.join(",")), "the users have more than 200 different fields"),
        ("[{\"id\":1,\"username\":\"\\ud800\"}]".to_owned(), "not valid JSON"),
    ] {
        import.refuses("json", content, cause);
    }
    import.refuses("json", b"[{\"id\":1,\"username\":\"J\xfcrgen\"}]", "line 1: not valid JSON");
}
