//! Bodies that are not one JSON object in UTF-8: malformed, of another type, with a repeated name, or nested too deep.

use axum::http::Method;
use doorward_test_macros::async_test;

use super::{JSON, LIMIT, all_refuse, bytes};
use crate::support::Site;

#[async_test]
async fn a_body_that_is_not_json_is_refused() {
    let bodies = [
        "",
        " ",
        "{",
        "}",
        "nonsense",
        "username=ann&password=p",
        "{'username':'new','password':'p'}",
        r#"{"username":"new","password":"p""#,
        r#"{"username":"new","password":"p",}"#,
        r#"{"username":"new","password":"p"}{}"#,
        r#"{"username":"new","password":"p"} x"#,
        "{\"username\":\"new\",\"password\":\"p\"}\0",
        "\u{feff}{\"username\":\"new\",\"password\":\"p\"}",
        "{\"username\":\"ne\nw\",\"password\":\"p\"}",
        r#"{"username":"new","password":"\x70"}"#,
        r#"{"username":"new","password":"p","number":1e400}"#,
        r#"{"username":"new","password":"p","number":NaN}"#,
        r#"{"username":"new","password":"p","number":01}"#,
        "{\"username\":\"new\",\"password\":\"p\"/**/}",
    ];
    all_refuse(400, JSON, &bytes(&bodies)).await;
}

#[async_test]
async fn a_body_that_is_not_an_object_is_refused() {
    let bodies = ["null", "true", "0", r#""text""#, "[]", r#"["new","p"]"#, r#"[{"username":"new","password":"p"}]"#];
    all_refuse(400, JSON, &bytes(&bodies)).await;
}

// G1
#[async_test]
async fn a_repeated_name_is_refused() {
    let bodies = [
        r#"{"username":"new","password":"p","password":"q"}"#,
        r#"{"username":"new","password":"p","password":"p"}"#,
        r#"{"username":"new","password":"p","role":"user","role":"admin"}"#,
        r#"{"username":"new","password":null,"password":"p"}"#,
        // The same name, once with an escape.
        r#"{"username":"new","password":"p","\u0070assword":"q"}"#,
        // In an object that no route looks at.
        r#"{"username":"new","password":"p","extra":[{"a":1,"a":1}]}"#,
    ];
    all_refuse(400, JSON, &bytes(&bodies)).await;
}

// G4
#[async_test]
async fn deep_nesting_is_refused_and_overflows_no_stack() {
    let deep = |text: &str, depth: usize| text.repeat(depth);
    let bodies = [
        deep("[", LIMIT - 1),
        deep(r#"{"a":"#, 10_000),
        format!(r#"{{"username":"new","password":"p","x":{}{}}}"#, deep("[", 30_000), deep("]", 30_000)),
        format!(r#"{{"username":"new","password":{}{}}}"#, deep("[", 30_000), deep("]", 30_000)),
        format!(r#"{{"username":"new","password":"p","x":{}1{}}}"#, deep(r#"{"a":"#, 9_000), deep("}", 9_000)),
    ];
    all_refuse(400, JSON, &bodies.map(String::into_bytes)).await;
    // A hundred thousand levels exceed the size limit.
    all_refuse(413, JSON, &[deep("[", 100_000).into_bytes(), deep(r#"{"a":"#, 100_000).into_bytes()]).await;
}

#[async_test]
async fn text_that_is_not_unicode_is_refused() {
    let mut bodies = vec![
        br#"{"username":"new","password":"\ud800"}"#.to_vec(),
        br#"{"username":"new","password":"\udc00\ud800"}"#.to_vec(),
        br#"{"username":"new","password":"p","\ud800":1}"#.to_vec(),
    ];
    // Lone bytes, an overlong form, a surrogate in UTF-8, beyond U+10FFFF, and UTF-16.
    for invalid in [&b"\xff"[..], b"\x80", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] {
        bodies.push([br#"{"username":"new","password":""#, invalid, br#""}"#].concat());
    }
    let utf16: Vec<u8> = r#"{"username":"new","password":"p"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bodies.push(utf16);
    all_refuse(400, JSON, &bodies).await;
}

// G1: a repetition is found among any number of names, and many names are accepted.
#[async_test]
async fn a_repeated_name_is_found_among_thousands() {
    let many: String = (0..6_000).map(|number| format!("\"{number:x}\":0,")).collect();
    let sound = format!(r#"{{"username":"new",{many}"password":"p"}}"#);
    let repeated = format!(r#"{{"username":"new",{many}"password":"p","0":1}}"#);
    all_refuse(400, JSON, &[repeated.into_bytes()]).await;
    let reply = Site::new().await.anon().send_raw(Method::POST, "/signup", JSON, sound).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}
