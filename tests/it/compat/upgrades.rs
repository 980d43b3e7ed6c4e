//! Upgrades: a successful login replaces a hash that is weaker than the current settings, and changes nothing else.
//!
//! The server upgrades hashes in the background. In-process, a test starts the upgrades. Invariant: a change between the
//! login and the upgrade is kept.

use doorward::ops::auth::upgrade_hash;
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Database, Program, Site, eventually, site::password_of};

/// Longer than the 72 bytes that bcrypt reads.
const LONG: &str = "a long password whose tail is beyond what bcrypt reads, which is seventy-two bytes";
/// bcrypt of its first 72 bytes.
const BCRYPT_OF_LONG: &str = "$2b$04$abcdefghijklmnopqrstuuq3RDLZFrMVU8KXZS0J9AeeKpRxMIWqG";
/// Werkzeug's hash of `the password of ann`.
const PBKDF2_OF_ANN: &str =
    "pbkdf2:sha256:10$saltsaltsaltsalt$5979664b2e95f267bc40a73a7458327d847cb896a654ed39475fc1c0d85e30fe";

async fn stored(site: &Site) -> String {
    site.database.password_hash("ann").await
}

async fn version(site: &Site) -> String {
    site.database.password_version("ann").await
}

async fn store(database: &Database, hash: &str) {
    database.set_password_hash("ann", hash).await;
}

/// A site with the account `ann` and this stored hash.
async fn site_with(hash: &str) -> Site {
    let site = Site::new().await;
    site.create("ann", "user").await;
    store(&site.database, hash).await;
    site
}

async fn log_in(site: &Site, password: &str) -> u16 {
    site.anon().log_in("ann", password).await.status.as_u16()
}

async fn perform_pending(site: &Site) -> usize {
    upgrade_hash::perform_pending(&site.app).await.unwrap()
}

async fn may_look(client: &mut Client, id: i64) -> bool {
    client.get(&format!("/user/{id}")).await.status.as_u16() == 200
}

// B1
#[async_test]
async fn after_an_upgrade_from_bcrypt_the_whole_password_counts() {
    let site = site_with(BCRYPT_OF_LONG).await;
    let cut = &LONG[..72];
    // Until then, only the first 72 bytes of the password count.
    assert_eq!(log_in(&site, "wrong").await, 401);
    assert_eq!(perform_pending(&site).await, 0, "a wrong password must not replace the hash");
    assert_eq!(log_in(&site, LONG).await, 200);
    assert_eq!(stored(&site).await, BCRYPT_OF_LONG, "the login must not wait for the upgrade");
    assert_eq!(perform_pending(&site).await, 1);
    assert!(stored(&site).await.starts_with("$argon2id$"));
    assert_eq!(log_in(&site, cut).await, 401);
    assert_eq!(log_in(&site, &format!("{cut}any other tail")).await, 401);
    assert_eq!(log_in(&site, LONG).await, 200);
    assert_eq!(perform_pending(&site).await, 0);
}

// A4
#[async_test]
async fn a_weaker_scheme_is_replaced_and_nothing_else_changes() {
    let site = site_with(PBKDF2_OF_ANN).await;
    let id = site.id_of("ann").await;
    let mut before = site.log_in("ann").await;
    let (old_version, sessions) = (version(&site).await, "SELECT COUNT(*) FROM dw_sessions");
    assert_eq!(perform_pending(&site).await, 1);
    let replaced = stored(&site).await;
    assert!(replaced.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{replaced}");
    assert_eq!(version(&site).await, old_version);
    assert_eq!(site.database.value(sessions).await, "1");
    assert!(may_look(&mut before, id).await, "the session must stay valid");
    let mut after = site.log_in("ann").await;
    assert!(may_look(&mut after, id).await);
    assert_eq!(log_in(&site, "wrong").await, 401);
    assert_eq!(perform_pending(&site).await, 0);
    assert_eq!(stored(&site).await, replaced, "a hash with the current settings must stay");
}

#[async_test]
async fn several_logins_before_the_upgrade_cause_one_hash() {
    let site = site_with(PBKDF2_OF_ANN).await;
    for _ in 0..5 {
        assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    }
    let hashed_before = site.app.hasher.state().counts.done;
    assert_eq!(perform_pending(&site).await, 5);
    assert_eq!(site.app.hasher.state().counts.done, hashed_before + 1);
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
}

#[async_test]
async fn a_hash_is_replaced_only_by_a_stronger_one() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let weak = stored(&site).await;
    let costly = [("hashing.argon2_memory_kib", "128"), ("hashing.argon2_iterations", "2")];
    let strict = site.another_node(&costly).await;
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    assert_eq!(perform_pending(&site).await, 0);
    assert_eq!(stored(&site).await, weak);
    assert_eq!(log_in(&strict, &password_of("ann")).await, 200);
    assert_eq!(perform_pending(&strict).await, 1);
    let strong = stored(&site).await;
    assert!(strong.starts_with("$argon2id$v=19$m=128,t=2,p=1$"), "{strong}");
    // A node with the former settings does not undo it.
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    assert_eq!(perform_pending(&site).await, 0);
    assert_eq!(stored(&site).await, strong);
}

#[async_test]
async fn a_password_changed_before_the_upgrade_stays_changed() {
    let site = site_with(PBKDF2_OF_ANN).await;
    let id = site.id_of("ann").await;
    let mut ann = site.log_in("ann").await;
    let change = json!({ "password": "another password" });
    assert_eq!(ann.put(&format!("/user/update-password/{id}"), change).await.status, 200);
    let changed = stored(&site).await;
    assert_eq!(perform_pending(&site).await, 1);
    assert_eq!(stored(&site).await, changed);
    assert_eq!(log_in(&site, &password_of("ann")).await, 401);
    assert_eq!(log_in(&site, "another password").await, 200);
}

#[async_test]
async fn an_account_deleted_before_the_upgrade_stays_deleted() {
    let site = site_with(PBKDF2_OF_ANN).await;
    let mut admin = site.admin("root").await;
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    let id = site.id_of("ann").await;
    assert_eq!(admin.delete(&format!("/user/{id}")).await.status, 200);
    assert_eq!(perform_pending(&site).await, 1);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

#[async_test]
async fn a_failed_upgrade_is_dropped_until_the_next_login() {
    let site = site_with(PBKDF2_OF_ANN).await;
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    site.database.execute("ALTER TABLE dw_credentials RENAME TO dw_away").await;
    assert!(upgrade_hash::perform_pending(&site.app).await.is_err());
    site.database.execute("ALTER TABLE dw_away RENAME TO dw_credentials").await;
    assert_eq!(perform_pending(&site).await, 0);
    assert_eq!(stored(&site).await, PBKDF2_OF_ANN);
    assert_eq!(log_in(&site, &password_of("ann")).await, 200);
    assert_eq!(perform_pending(&site).await, 1);
    assert!(stored(&site).await.starts_with("$argon2id$"));
}

#[async_test]
async fn the_server_upgrades_hashes_by_itself() {
    let database = Database::new().await;
    let mut server = Program::new(&database).serve();
    assert_eq!(server.web.sign_up("ann", &password_of("ann")).status, 201);
    store(&database, PBKDF2_OF_ANN).await;
    assert_eq!(server.web.log_in("ann", &password_of("ann")).status, 200);
    let handle = tokio::runtime::Handle::current();
    let hash = eventually("the new hash", || {
        let hash = tokio::task::block_in_place(|| handle.block_on(database.password_hash("ann")));
        (hash != PBKDF2_OF_ANN).then_some(hash)
    });
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_eq!(server.web.log_in("ann", &password_of("ann")).status, 200);
}
