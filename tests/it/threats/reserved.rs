//! Names that impersonate: reserved names, and look-alikes of administrators (UTS 39).
//!
//! Also the classes of characters that no new name may contain, for every code point.

use doorward::model::{Name, RESERVED, ReservedNames, Skeleton, is_unseen};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::{
    architecture::root,
    support::{Reply, Site, site::password_of},
};

fn looks(name: &str) -> Skeleton {
    Skeleton::of(&Name::adopted(name).unwrap())
}

async fn sign_up(site: &Site, name: &str) -> [Reply; 2] {
    let (old, new) = (
        json!({ "username": name, "password": "the password" }),
        json!({ "name": name, "password": "a password of some length" }),
    );
    [site.anon().post("/api/v1/users", new).await, site.anon().post("/signup", old).await]
}

#[track_caller]
fn is_refused([api, old]: &[Reply; 2], name: &str) {
    assert_eq!((api.status.as_u16(), api.json()["errors"][0]["code"].as_str()), (422, Some("reserved")), "{name}");
    assert_eq!(api.json()["errors"][0]["pointer"], "/name");
    assert_eq!((old.status.as_u16(), old.json()), (400, json!({ "error": "This username cannot be used" })), "{name}");
}

#[async_test]
async fn a_user_cannot_choose_a_reserved_name_or_a_look_alike() {
    let site = Site::builder().set("signup.reserved_names", "ACME, Acme support").start().await;
    let more =
        ["ADMIN", "\u{430}dmin", "Adm1n", "adm\u{456}n", "r\u{43e}ot", "ro0t", "acme", "\u{430}cme", "acme  Support"];
    for name in RESERVED.into_iter().chain(more) {
        is_refused(&sign_up(&site, name).await, name);
    }
    for name in ["ann", "administrated", "acme supporter", "roots"] {
        assert_eq!(sign_up(&site, name).await[0].status, 201, "{name}");
    }
    // The list does not apply to callers that may write users.
    let mut boss = site.admin("root").await;
    let body = json!({ "name": "support", "password": "a password of some length" });
    assert_eq!(boss.post("/api/v1/users", body).await.status, 201);
    // A user cannot take a reserved name by renaming.
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "a password of some length").await.status, 200);
    let reply = ann.patch("/api/v1/users/me", json!({ "name": "billing" })).await;
    assert_eq!((reply.status.as_u16(), reply.json()["errors"][0]["code"].as_str()), (422, Some("reserved")));
    assert_eq!(ann.patch("/api/v1/users/me", json!({ "name": "Ann" })).await.status, 200);
    assert_eq!(boss.patch("/api/v1/users/me", json!({ "name": "owner" })).await.status, 200);
}

#[async_test]
async fn no_new_name_looks_like_an_administrator() {
    let site = Site::new().await;
    let mut paul = site.admin("Paul Smith").await;
    let mut ann = site.user("ann").await;
    let alike = [
        "\u{440}aul smith",
        "PauI Smith",
        "PAUI SMITH",
        "pau1 smith",
        "Paul  Smith",
        "paul smit\u{4bb}",
        "p\u{251}ul smith",
    ];
    for name in alike {
        is_refused(&sign_up(&site, name).await, name);
        let body = json!({ "name": name, "password": "a password of some length" });
        assert_eq!(paul.post("/api/v1/users", body).await.status, 422, "{name}");
        assert_eq!(ann.patch("/api/v1/users/me", json!({ "name": name })).await.status, 422, "{name}");
        let other = format!("/api/v1/users/{}", site.uid_of("ann").await);
        assert_eq!(paul.patch(&other, json!({ "name": name })).await.status, 422, "{name}");
    }
    // The identical name is taken, which is another error. Users without administration may look alike, and a user may
    // look like their own former name.
    assert_eq!(sign_up(&site, "paul smith").await.map(|reply| reply.status.as_u16()), [409, 409]);
    assert_eq!(sign_up(&site, "\u{430}nn").await[0].status, 201);
    assert_eq!(paul.patch("/api/v1/users/me", json!({ "name": "PauI Smith" })).await.status, 200);
    // The operator may create such a name, and its user can log in.
    site.create("\u{440}aul smith", "user").await;
    let reply = site.anon().log_in("\u{440}aul smith", &password_of("\u{440}aul smith")).await;
    assert_eq!(reply.status, 200);
}

/// Another spelling of the user's own name may look like another name: a capital Greek nu is an N, a small one is a v.
#[async_test]
async fn another_spelling_of_the_own_name_must_not_be_a_look_alike() {
    let site = Site::new().await;
    let mut root = site.admin("ann").await;
    for (harmless, misleading) in
        [("admi\u{3bd}", "ADMI\u{39d}"), ("a\u{3bd}\u{3bd}", "A\u{39d}\u{39d}"), ("a\u{3bd}n", "a\u{39d}n")]
    {
        is_refused(&sign_up(&site, misleading).await, misleading);
        let mut own = site.user(harmless).await;
        let change = json!({ "name": misleading });
        own.patch("/api/v1/users/me", change.clone()).await.assert_invalid("/name", "reserved");
        own.patch("/api/v1/users/me", json!({ "name": format!(" {harmless} ") })).await.assert_status(200);
        if misleading != "ADMI\u{39d}" {
            let path = format!("/api/v1/users/{}", site.uid_of(&format!(" {harmless} ")).await);
            root.patch(&path, change).await.assert_invalid("/name", "reserved");
        }
    }
    // A name that is already a look-alike may stay one.
    site.create("support", "user").await;
    let mut support = site.log_in("support").await;
    support.patch("/api/v1/users/me", json!({ "name": "SUPPORT" })).await.assert_status(200);
    root.patch("/api/v1/users/me", json!({ "name": "Ann" })).await.assert_status(200);
}

/// Characters that are drawn as nothing, and marks without a base character.
#[async_test]
async fn no_new_name_looks_blank() {
    let site = Site::new().await;
    for name in [
        "\u{2800}",
        "an\u{2800}n",
        "ann\u{1d159}",
        "ann\u{fffc}",
        "ann\u{16fe4}",
        "\u{301}",
        "\u{301} \u{20dd}",
        "\u{3164}",
        "a\u{115f}",
    ] {
        let [api, old] = sign_up(&site, name).await;
        assert_eq!((api.status.as_u16(), old.status.as_u16()), (422, 400), "{name:?}");
    }
    assert_eq!(sign_up(&site, "ann\u{301}").await[0].status, 201);
    // An existing name with such a character looks like the name without it.
    assert!(looks("ad\u{2800}min\u{1d159}").are_alike(&looks("admin")));
}

#[test]
fn only_look_alikes_have_the_same_skeleton() {
    for (one, other) in [
        ("admin", "\u{430}dm\u{456}n"),
        ("rn", "m"),
        ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"),
        ("O", "0"),
        ("l", "I"),
        ("ILL", "lll"),
        ("ann", "a\u{200b}nn"),
        ("admin", "adm\u{131}\u{307}n"),
        ("root", "ro\u{22f}t"),
        ("a b", "a \u{a0} b"),
    ] {
        assert!(looks(one).are_alike(&looks(other)) && looks(other).are_alike(&looks(one)), "{one} {other}");
    }
    for (one, other) in [("ann", "anne"), ("admin", "admins"), ("jose", "jos\u{e9}"), ("a b", "ab"), ("x", "y")] {
        assert!(!looks(one).are_alike(&looks(other)), "{one} {other}");
    }
    assert!(ReservedNames::new([""]).is_err());
}

// Issue 5: zero-width, bidirectional, control, unassigned and private-use characters and non-characters, for every code
// point. A Rust string contains no surrogates.
#[test]
fn no_new_name_contains_an_invisible_character() {
    let is_noncharacter = |code: u32| (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe;
    let is_private = |code: u32| matches!(code, 0xe000..=0xf8ff | 0xf_0000..=0xf_fffd | 0x10_0000..=0x10_fffd);
    let is_bidirectional = |code: u32| matches!(code, 0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
    let is_zero_width = |code: u32| matches!(code, 0xad | 0x34f | 0x180e | 0x200b..=0x200d | 0x2060..=0x2064 | 0xfeff);
    let is_tag = |code: u32| (0xe_0000..=0xe_0fff).contains(&code);
    let mut refused = 0;
    for character in '\0'..=char::MAX {
        let code = u32::from(character);
        let is_bad = character.is_control()
            || is_noncharacter(code)
            || is_private(code)
            || is_bidirectional(code)
            || is_zero_width(code)
            || is_tag(code);
        assert!(!is_bad || is_unseen(character), "U+{code:04X}");
        assert_eq!(is_unseen(character), Name::new(&format!("a{character}b")).is_err(), "U+{code:04X}");
        // Letters and digits are allowed.
        assert!(!(character.is_alphanumeric() && is_unseen(character) && is_old(character)), "U+{code:04X}");
        refused += u32::from(is_unseen(character));
    }
    assert!(refused > 900_000, "unassigned ones are not refused: {refused}");
}

/// Whether a letter is in an old block of Unicode. The fillers of Hangul are letters that cannot be seen.
fn is_old(character: char) -> bool {
    u32::from(character) < 0x3000 && !matches!(character, '\u{115f}' | '\u{1160}')
}

// Issue 5: Unicode 18.0.0. New tables may fold names differently. Before raising this version, fold the keys in the
// database again, or check that none of them has changed.
#[test]
fn the_version_of_unicode_is_pinned() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for tables in ["icu_casemap_data", "icu_normalizer_data", "icu_properties_data"] {
        assert!(lock.contains(&format!("name = \"{tables}\"\nversion = \"2.4.0\"\n")), "{tables}");
    }
    assert_eq!(unicode_security::UNICODE_VERSION, (18, 0, 0));
}
