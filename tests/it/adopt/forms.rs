//! Hashes whose salt, algorithm or pepper is apart from them. The operator states how they were computed.
//!
//! The hashes are those of `crates/password/tests/forms.json`, which other libraries computed.

use doorward::ops::auth::upgrade_hash;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{LegacySetup, Location, assert_login, bcrypt, log_in, quoted};
use crate::support::{Database, Site};

const COLUMNS: &str = "username VARCHAR(80), password VARCHAR(700), salt VARCHAR(100), algo VARCHAR(20)";
const PEPPER: &str = "s3cr3t pepper";
const PASSWORD: &str = "correct horse battery staple";

/// The vectors of one recipe.
fn vectors(kind: &str, recipe: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../crates/password/tests/forms.json")).unwrap();
    let all = all["recipes"].as_array().unwrap().iter();
    let found: Vec<Value> = all.filter(|vector| vector[kind] == recipe).cloned().collect();
    assert!(!found.is_empty(), "{recipe}");
    found
}

async fn table(location: Location, vectors: &[Value]) -> LegacySetup {
    let setup = LegacySetup::with_columns(location, "users", COLUMNS).await;
    for (id, vector) in (1..).zip(vectors) {
        let or_null = |name: &str| vector[name].as_str().map_or("NULL".to_owned(), quoted);
        let (stored, salt, algorithm) = (or_null("stored"), or_null("salt"), or_null("algorithm"));
        let sql = format!(
            "INSERT INTO users (id, username, password, salt, algo) VALUES ({id}, 'user {id}', {stored}, {salt}, {algorithm})"
        );
        setup.legacy.execute(&sql).await;
    }
    setup
}

#[async_test]
async fn salt_and_algorithm_in_columns_of_their_own_are_read_as_the_operator_says() {
    for location in [Location::Other, Location::Same] {
        let vectors = vectors("form", "algorithm(salt.pass)");
        let setup = table(location, &vectors).await;
        let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let others = [
            (101, bcrypt("a bcrypt password"), "'x'", "NULL"),
            (102, sha1.to_owned(), "'x'", "'whirlpool'"),
            (103, sha1.to_owned(), "'x'", "NULL"),
            (104, "hunter2".to_owned(), "'x'", "'sha1'"),
        ];
        for (id, stored, salt, algorithm) in others {
            let sql = format!(
                "INSERT INTO users (id, username, password, salt, algo) VALUES ({id}, 'user {id}', {}, {salt}, {algorithm})",
                quoted(&stored)
            );
            setup.legacy.execute(&sql).await;
        }
        let before = setup.legacy_table().await;
        let flags = ["--form", "algorithm(salt.pass)", "--columns", "salt=salt,algorithm=algo"];
        let scan = setup.shows_with("scan", &flags);
        assert!(scan.to_string().contains("legacy-form"), "{scan}");
        let (left, summary) = setup.run_with(&flags);
        assert_eq!(summary["adopted"], json!(vectors.len() + 1), "{summary}");
        let codes: Vec<&str> = left.iter().map(|row| row["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["password_unreadable", "password_unreadable", "password_unrecognized"]);
        let (left, again) = setup.run_with(&flags);
        assert_eq!((left.len(), &again["already_here"]), (3, &summary["adopted"]), "a run is repeatable: {again}");
        assert_eq!(setup.legacy_table().await, before);
        let site = setup.site().await;
        for id in 1..=vectors.len() {
            assert_login(log_in(&site, &format!("user {id}"), "wrong password").await.0, false, "wrong");
            assert_login(log_in(&site, &format!("user {id}"), PASSWORD).await.0, true, &format!("{}", vectors[id - 1]));
        }
        assert_login(log_in(&site, "user 101", "a bcrypt password").await.0, true, "bcrypt");
        assert_login(log_in(&site, "user 1", vectors[0]["stored"].as_str().unwrap()).await.0, false, "the hash");
    }
}

/// A binary salt and a binary digest are the bytes themselves.
#[async_test]
async fn binary_columns_hold_salts_and_digests() {
    let columns = "username VARCHAR(80), password VARBINARY(64), salt VARBINARY(16)";
    let setup = LegacySetup::with_columns(Location::Other, "users", columns).await;
    // sha256(0x00ff80 . password)
    let digest = "a278246ef1650fc2716c85e4f9ff6321f237f25901738524c8df038d85a27581";
    let sql = "INSERT INTO users (id, username, password, salt) VALUES (1, 'ann', X'DIGEST', X'00ff80')";
    setup.legacy.execute(&sql.replace("DIGEST", digest)).await;
    let (_, summary) = setup.run_with(&["--form", "sha256(salt.pass)", "--columns", "salt=salt"]);
    assert_eq!(summary["adopted"], json!(1), "{summary}");
    assert_login(log_in(&setup.site().await, "ann", PASSWORD).await.0, true, "ann");
}

#[async_test]
async fn an_old_pepper_is_needed_until_the_last_of_its_hashes_is_replaced() {
    let vectors = vectors("pre_hash", "pass.pepper");
    let setup = table(Location::Other, &vectors).await;
    let file = setup.own.folder().join("old-pepper");
    std::fs::write(&file, format!("{PEPPER}\n")).unwrap();
    let path = file.to_str().unwrap();
    let (_, summary) = setup.run_with(&["--pre-hash", "pass.pepper", "--pepper-file", path]);
    assert_eq!(summary["adopted"], json!(vectors.len()), "{summary}");
    let stored = setup.own.rows("SELECT secret FROM dw_credentials").await;
    assert!(!format!("{stored:?}").contains(PEPPER), "the pepper is in the database: {stored:?}");

    let start =
        async |pepper: &str| Site::builder().database(setup.own.clone()).set("adopt.pepper_path", pepper).start().await;
    let without = setup.site().await;
    assert_login(log_in(&without, "user 1", PASSWORD).await.0, false, "without the pepper");
    let doctor = setup.program.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("`adopt.pepper_path` is not set"), "{doctor:?}");
    let ran = setup.program.run(&["serve"]);
    assert!(ran.code == 1 && ran.stderr.contains("`adopt.pepper_path` is not set"), "{ran:?}");
    let other = setup.own.folder().join("another-pepper");
    std::fs::write(&other, "another").unwrap();
    let ran = setup.program.clone().set("adopt.pepper_path", other.to_str().unwrap()).run(&["doctor"]);
    assert!(ran.code == 1 && ran.stdout.contains("is another pepper"), "{ran:?}");

    let site = start(path).await;
    for id in 1..=vectors.len() {
        let who = format!("user {id}");
        assert_login(log_in(&site, &who, PASSWORD).await.0, true, &who);
    }
    upgrade_hash::perform_pending(&site.app).await.unwrap();
    assert_login(log_in(&without, "user 1", PASSWORD).await.0, true, "once replaced");
    let doctor = setup.program.run(&["doctor"]);
    assert!(!doctor.stdout.contains("adopt.pepper_path"), "{doctor:?}");
}

#[async_test]
async fn the_sync_reads_hashes_by_the_configured_recipe() {
    let vectors = vectors("form", "sha1(salt.sha1(salt.sha1(pass)))");
    let setup = table(Location::Other, &vectors).await;
    let keys = [
        ("adopt.from", setup.legacy.url.as_str()),
        ("adopt.form", "sha1(salt.sha1(salt.sha1(pass)))"),
        ("adopt.columns", "salt=salt"),
    ];
    let builder = Site::builder().database(Database::new().await);
    let site = keys.iter().fold(builder, |builder, (key, value)| builder.set(key, value)).start().await;
    assert_login(log_in(&site, "user 1", "wrong password").await.0, false, "wrong");
    assert_login(log_in(&site, "user 1", PASSWORD).await.0, true, "user 1");
    // Another salt is another hash.
    setup.legacy.execute("UPDATE users SET salt = 'other'").await;
    assert_login(log_in(&site, "user 1", PASSWORD).await.0, false, "with another salt");
}

#[async_test]
async fn a_recipe_without_what_it_needs_is_refused_with_the_cause() {
    let setup = table(Location::Other, &vectors("form", "md5(salt.pass)")).await;
    let file = |name: &str, content: &[u8]| {
        let path = setup.own.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, carriage) = (file("good", b"pepper"), file("carriage", b"pepper\r\n"));
    let (marked, empty) = (file("marked", "\u{feff}pepper".as_bytes()), file("empty", b"\n"));
    let (bytes, large) = (file("bytes", &[0xff, 0xfe]), file("large", &[b'x'; 70_000]));
    let peppered = |path: &str| ["--pre-hash", "pass.pepper", "--pepper-file", path].map(str::to_owned).to_vec();
    let is = |arguments: &[&str]| arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>();
    for (flags, cause) in [
        (is(&["--form", "md5(salt.pass)"]), "has no column for `salt`, which the recipe uses"),
        (is(&["--columns", "salt=salt"]), "no recipe uses it: say how the hashes were computed"),
        (is(&["--form", "md5(pass)", "--columns", "salt=salt"]), "no recipe uses it"),
        (
            is(&["--form", "md5(salt.pass)", "--columns", "salt=nosuch"]),
            "has no column nosuch, which belongs to the hashes",
        ),
        (is(&["--form", "md4(pass)"]), "`adopt.form` (from --form): is not a recipe"),
        (is(&["--form", "pass"]), "must end with a digest"),
        (is(&["--form", "md5(salt)"]), "does not use the password"),
        (is(&["--pre-hash", "scrypt(pass,'x',16384,8,1,64)"]), "costs too much"),
        (is(&["--pre-hash", "pass.pepper"]), "is not set, and a recipe uses `pepper`"),
        (is(&["--pepper-file", &good]), "no recipe uses `pepper`: say how it was mixed in"),
        (peppered("/nonexistent"), "the file cannot be read"),
        (peppered(&carriage), "a carriage return"),
        (peppered(&marked), "another invisible character"),
        (peppered(&empty), "the file is empty"),
        (peppered(&bytes), "the file is not text"),
        (peppered(&large), "larger than 65536 bytes"),
        (is(&["--firebase-file", &good]), "is not the parameters of a Firebase project"),
    ] {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let ran = setup.tries(&[["run"].as_slice(), &flags].concat());
        assert!(ran.code == 1 && ran.stderr.contains(cause), "{flags:?}: {ran:?}");
        assert!(!ran.stderr.contains("pepper\n") && ran.stdout.is_empty(), "{ran:?}");
    }
    let program = setup.program.clone().set("adopt.from", &setup.legacy.url).set("adopt.write_back", "true");
    let program = program.set("adopt.form", "md5(salt.pass)").set("adopt.columns", "salt=salt");
    let ran = program.run(&["serve"]);
    assert!(ran.code == 1 && ran.stderr.contains("cannot write hashes in the forms"), "{ran:?}");
}
