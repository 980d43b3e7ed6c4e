//! The tables of other programs: no user whom the program shuts out is imported as an active one.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, assert_login, log_in, quoted, werkzeug};

/// A program: the columns of its table, the operator's rules, the values of an open user, and those of others.
type Table = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// State columns as these programs declare them.
const TABLES: [Table; 18] = [
    (
        "WordPress",
        "user_status INT, spam INT, deleted INT",
        "disabled=user_status!0,disabled=spam!0,disabled=deleted!0",
        "0, 0, 0",
        &["0, 1, 0", "0, 0, 1"],
    ),
    ("Drupal", "status INT", "disabled=status!1", "1", &["0"]),
    ("Joomla", "block INT, requireReset INT", "disabled=block!0", "0, 0", &["1, 0"]),
    (
        "phpBB",
        "user_type INT, user_inactive_reason INT",
        "disabled=user_type!0|3,disabled=user_inactive_reason!0",
        "3, 0",
        &["1, 1", "2, 0", "0, 3"],
    ),
    ("MyBB", "usergroup INT", "disabled=usergroup!2|4", "2", &["7", "5"]),
    ("SMF", "is_activated INT", "disabled=is_activated!1", "1", &["0", "11", "3"]),
    (
        "XenForo",
        "user_state VARCHAR(20), is_banned INT",
        "disabled=user_state!valid,disabled=is_banned!0",
        "'valid', 0",
        &["'disabled', 0", "'valid', 1", "'moderated', 0"],
    ),
    ("Django", "is_active INT, is_superuser INT", "disabled=is_active!1", "1, 0", &["0, 1"]),
    (
        "Laravel",
        "deleted_at VARCHAR(30), banned_until VARCHAR(30)",
        "disabled=deleted_at!null,disabled=banned_until!null",
        "NULL, NULL",
        &["'2024-01-01 00:00:00', NULL", "NULL, '2099-01-01 00:00:00'"],
    ),
    (
        "Devise",
        "locked_at VARCHAR(30), failed_attempts INT",
        "disabled=locked_at!null",
        "NULL, 3",
        &["'2024-01-01 00:00:00', 3"],
    ),
    (
        "Discourse",
        "active INT, staged INT, suspended_till VARCHAR(30)",
        "disabled=active!1,disabled=staged!0,disabled=suspended_till!null",
        "1, 0, NULL",
        &["0, 0, NULL", "1, 1, NULL", "1, 0, '2099-01-01'"],
    ),
    (
        "Gitea",
        "is_active INT, prohibit_login INT",
        "disabled=is_active!1,disabled=prohibit_login!0",
        "1, 0",
        &["1, 1", "0, 0"],
    ),
    (
        "Moodle",
        "auth VARCHAR(20), deleted INT, suspended INT",
        "disabled=auth!manual|email,disabled=deleted!0,disabled=suspended!0",
        "'manual', 0, 0",
        &["'nologin', 0, 0", "'email', 1, 0", "'manual', 0, 1"],
    ),
    ("JHipster", "activated INT", "disabled=activated!1", "1", &["0"]),
    (
        "Spring",
        "enabled INT, credentialsNonExpired INT",
        "disabled=enabled!1,disabled=credentialsNonExpired!1",
        "1, 1",
        &["0, 1", "1, 0"],
    ),
    (
        "Bugzilla",
        "disabledtext VARCHAR(80), is_enabled INT",
        "disabled=disabledtext!,disabled=is_enabled!1",
        "'', 1",
        &["'left', 1", "'', 0"],
    ),
    ("OpenMRS", "retired INT", "disabled=retired!0", "0", &["1"]),
    ("phpList", "disabled INT, superuser INT", "disabled=disabled!0", "0, 1", &["1, 0"]),
];

#[async_test]
async fn the_state_columns_of_other_programs_must_be_decided() {
    for (program, columns, rules, open, shut) in TABLES {
        let setup = LegacySetup::with_columns(Location::File, "users", &format!("{}, {columns}", super::LOOSE)).await;
        for (id, values) in (1..).zip([open].iter().chain(shut)) {
            let hash = quoted(&werkzeug("the secret"));
            let row = format!("({id}, 'person {id}', {hash}, NULL, {values})");
            setup.legacy.execute(&format!("INSERT INTO users VALUES {row}")).await;
        }
        let refused = setup.tries(&["run"]);
        assert!(refused.code == 1 && refused.stderr.contains("who is shut out"), "{program}: {refused:?}");
        let columns: Vec<&str> = rules.split(',').map(|rule| rule.trim_start_matches("disabled=")).collect();
        for column in columns {
            let column = column.split('!').next().unwrap();
            assert!(refused.stderr.contains(column), "{program}: {column} {refused:?}");
        }
        let rules = rules.replace("disabledtext!,", "disabledtext:left,");
        let (left, summary) = setup.run_with(&["--columns", &rules]);
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(1)), "{program}: {left:?}");
        assert_eq!(summary["adopted_disabled"], json!(shut.len()), "{program}");
        let active = setup.own.rows("SELECT id FROM dw_users WHERE disabled_at IS NULL").await;
        assert_eq!(active, [["1"]], "{program}");
    }
}

/// The group of a banned user may be the role.
#[async_test]
async fn a_role_that_says_banned_disables_its_user() {
    for location in LOCATIONS {
        let setup = LegacySetup::user(location).await;
        for (id, role) in [(1, "user"), (2, "banned"), (3, "Inactive"), (4, "member")] {
            let sql = "INSERT INTO user (id, username, password, role) VALUES";
            let hash = super::bcrypt("the secret");
            setup.legacy.execute(&format!("{sql} ({id}, 'person {id}', '{hash}', '{role}')")).await;
        }
        let (_, summary) = setup.run();
        assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(2), &json!(2)), "{location:?}");
        let site = setup.site().await;
        for (id, is_in) in [(1, true), (2, false), (3, false), (4, true)] {
            assert_login(log_in(&site, &format!("person {id}"), "the secret").await.0, is_in, &format!("{id}"));
        }
        // The operator may give the value a role, and a later change is applied by the next run.
        setup.legacy.execute("UPDATE user SET role = 'user' WHERE id = 3").await;
        let (_, summary) = setup.run_with(&["--columns", "role=role:banned=user"]);
        assert_eq!((&summary["back_there"], &summary["already_here"]), (&json!(2), &json!(2)), "{location:?}");
        assert_login(log_in(&site, "person 2", "the secret").await.0, true, "person 2");
    }
}

/// The passwords of other programs: what is not recognised is never taken for clear text.
#[async_test]
async fn derived_values_of_other_programs_are_never_clear_text() {
    let setup = LegacySetup::loose(Location::Other).await;
    let derived = [
        // MediaWiki, Nextcloud, Discourse, Moodle, MyBB, SMF, vBulletin, Keycloak, Magento, PrestaShop, Odoo, Zabbix.
        ":B:1b2c3d4e:0123456789abcdef0123456789abcdef",
        ":pbkdf2:sha512:30000:64:c2FsdHNhbHRzYWx0c2FsdA==:aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g=",
        "3|$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$aGFzaA",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
        "5f4dcc3b5aa765d61d8327deb882cf99:Xy",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef:Q0xJQ0s4TGtP:1",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef:Q0xJQ0s4TGtPQ0xJQ0s4TGtPQ0xJ:3_32_2_67108864",
        "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}",
        "sha1$abcde$0123456789abcdef0123456789abcdef01234567!",
        "0x0100A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718",
        "AQAAAAEAACcQAAAAEB0RERERERERERERERERERERERERERERERERERERERERERERERERERERERERERERER==",
    ];
    for (id, value) in (1..).zip(derived) {
        setup.add(id, &format!("person {id}"), value).await;
    }
    let (_, summary) = setup.run_accepting();
    assert_eq!((&summary["plain_text_hashed"]), (&json!(0)));
    let site = setup.site().await;
    for (id, value) in (1..).zip(derived) {
        assert_login(log_in(&site, &format!("person {id}"), value).await.0, false, value);
    }
}
