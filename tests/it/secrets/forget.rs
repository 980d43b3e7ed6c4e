//! `doorward secret forget`: gives up a key that is lost.

use doorward_test_macros::async_test;
use std::fs;

use doorward::{
    app::{Purpose, SecretsDocument},
    model::{Rng, SecretKey},
};
use serde_json::json;

use super::keys;
use crate::support::{Database, Program};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// The secrets that the database knows, and whether their use has ended.
async fn known(database: &Database) -> Vec<Vec<String>> {
    let ended = "CASE WHEN retired_at IS NULL THEN 'used' ELSE 'ended' END";
    database.rows(&format!("SELECT name, {ended} FROM dw_secrets ORDER BY name")).await
}

async fn trail(database: &Database) -> Vec<Vec<String>> {
    let sql = "SELECT event, COALESCE(reason, ''), actor_kind, details FROM dw_audit_events
               WHERE event LIKE 'sensitive%' ORDER BY uid";
    database.rows(sql).await
}

/// Asserts that the command is refused with these texts and changes nothing.
async fn is_refused(database: &Database, program: &Program, arguments: &[&str], says: &[&str]) {
    let all = async || (known(database).await, fs::read(database.secrets_file()).ok(), trail(database).await);
    let before = all().await;
    let ran = program.run(&[&["secret", "forget"], arguments].concat());
    assert!(ran.code == 1 && ran.stdout.is_empty() && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(says.iter().all(|part| ran.stderr.contains(part)), "{ran:?}");
    assert_eq!(all().await, before);
}

#[async_test]
async fn a_forgotten_device_key_keeps_its_number() {
    let database = Database::new().await;
    let program = Program::new(&database);
    drop(program.serve().stop());
    let file = database.secrets_file();
    is_refused(&database, &program, &["throttle", "--yes"], &["the file has every key"]).await;
    let lost = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(program.run(&SERVE).code, 1);
    is_refused(&database, &program, &["throttle"], &["look for a copy", "throttle 1", "strangers"]).await;
    is_refused(&database, &program, &["adopt", "--yes"], &["always has one version"]).await;

    let ran = program.run(&["secret", "forget", "throttle", "--yes"]);
    assert_eq!((ran.code, ran.stdout.trim()), (0, "forgotten: throttle 1; known devices are strangers once"));
    drop(program.serve().stop());
    assert_eq!(known(&database).await, [["throttle.1", "ended"], ["throttle.2", "used"]]);
    assert_eq!(keys(&file).len(), 1);
    assert_eq!(
        trail(&database).await,
        [
            ["sensitive_update", "key_lost", "operator", r#"{"secret":"throttle.1"}"#],
            ["sensitive_create", "", "system", r#"{"secret":"throttle.2"}"#],
        ]
    );
    // A node with the old file is refused.
    fs::write(&file, lost).unwrap();
    let ran = program.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.1` is current and was retired"), "{ran:?}");
}

/// Also if a new pepper was created meanwhile with the number of the lost one.
#[async_test]
async fn a_forgotten_pepper_invalidates_the_passwords_that_need_it() {
    let database = Database::new().await;
    let program = Program::new(&database);
    assert_eq!(program.run(&["secret", "rotate", "pepper"]).code, 0);
    let password = b"the password of bob";
    assert_eq!(program.run_with_input(&["user", "create", "bob", "--password-stdin"], password).code, 0);
    fs::remove_file(database.secrets_file()).unwrap();
    let ran = program.run(&["secret", "rotate", "pepper"]);
    assert!(ran.code == 1 && ran.stderr.contains("`pepper.1` is missing, and this database uses it"), "{ran:?}");
    assert!(!database.secrets_file().exists(), "no key with the number of the lost one may be created");
    let nowhere = format!("sqlite:{}", database.folder().join("nowhere.db").display());
    let path = database.secrets_file();
    let apart = program.clone().set("database.url", &nowhere).set("secrets.path", path.to_str().unwrap());
    assert_eq!(apart.run(&["secret", "rotate", "pepper"]).code, 0);
    let new = keys(&database.secrets_file());
    is_refused(&database, &program, &["pepper"], &["pepper 1", "1 users cannot log in"]).await;
    let ran = program.run(&["secret", "forget", "pepper", "--yes"]);
    assert_eq!(ran.stdout.trim(), "forgotten: pepper 1; 1 users cannot log in until each is given a new password");
    assert_eq!(keys(&database.secrets_file()), new, "the new pepper must be kept with another number");

    let server = program.serve();
    assert_eq!(known(&database).await[..2], [["pepper.1", "ended"], ["pepper.2", "used"]]);
    let log_in = || server.web.clone().log_in("bob", "the password of bob").status;
    assert_eq!(log_in(), 401);
    assert_eq!(program.run_with_input(&["user", "set-password", "bob", "--password-stdin"], password).code, 0);
    let hash = database.password_hash("bob").await;
    assert!(hash.starts_with("$dw-pepper$v=2$"), "{hash}");
    assert_eq!(log_in(), 200);
}

#[test]
fn a_document_can_forget_versions() {
    let key = || SecretKey::new(Rng::system().bytes().unwrap());
    let versions = |document: &SecretsDocument, purpose| {
        let versions = document.get(purpose).unwrap();
        let numbers: Vec<_> = versions.all().map(|(version, key)| (version, key.is_some())).collect();
        (versions.current().map(|(version, _)| version), numbers)
    };
    let new = key();
    let mut document = SecretsDocument::default();
    document.forget(Purpose::Throttle, &[3], &new);
    assert_eq!(versions(&document, Purpose::Throttle), (Some(4), vec![(3, false), (4, true)]));
    document.forget(Purpose::Pepper, &[1, 2], &new);
    assert_eq!(versions(&document, Purpose::Pepper), (None, vec![(1, false), (2, false)]));
    let (second, third) = (key(), key());
    let mut document = SecretsDocument::default();
    for added in [&new, &second, &third] {
        document.rotate(Purpose::Throttle, added.clone(), false).unwrap();
    }
    // A current version and one for later, whose numbers belonged to lost keys.
    document.forget(Purpose::Throttle, &[1, 3], &key());
    let numbers = vec![(1, false), (2, true), (3, false), (4, true), (5, true)];
    assert_eq!(versions(&document, Purpose::Throttle), (Some(5), numbers));
    assert_eq!(document.get(Purpose::Throttle).unwrap().current().unwrap().1, &third);
    assert_eq!(SecretsDocument::parse(&document.to_text()), Ok(document.clone()), "{}", json!(document.to_text()));
}
