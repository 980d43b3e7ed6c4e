//! Cursors of pages: a list accepts only its own cursors. G5 and G16 of threats.md.

use crate::support::Site;
use doorward_test_macros::async_test;

#[async_test]
async fn a_foreign_or_invalid_cursor_is_refused() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.admin("other").await;
    site.user("ann").await;
    let users = format!("/api/v1/users/{}/sessions", site.uid_of("ann").await);
    site.bearer("ann").await;
    let lists = ["/api/v1/users".to_owned(), "/api/v1/audit-events".to_owned(), users];
    let mut cursors = Vec::new();
    for list in &lists {
        let page = root.clone().get(&format!("{list}?limit=1")).await.assert_status(200);
        cursors.push(page["next"].as_str().unwrap().to_owned());
    }
    for (at, list) in lists.iter().enumerate() {
        let get = async |cursor: &str| root.clone().get(&format!("{list}?limit=1&cursor={cursor}")).await;
        for (other, cursor) in cursors.iter().enumerate() {
            if other == at {
                get(cursor).await.assert_status(200);
            } else {
                get(cursor).await.assert_invalid("?cursor", "invalid_cursor");
            }
        }
        for odd in [
            "",
            "AA",
            "A",
            "AQ",
            "BAAA",
            "!!!!",
            "AQ%3D%3D",
            "AQE%3D",
            "1",
            "-1",
            "null",
            "%00",
            &"A".repeat(1025),
            &"A".repeat(5000),
        ] {
            get(odd).await.assert_invalid("?cursor", "invalid_cursor");
        }
        // Lists whose keys have a fixed length refuse a cursor that is shorter or longer.
        let cursor = &cursors[at];
        if at > 0 {
            get(&cursor[..cursor.len() - 1]).await.assert_invalid("?cursor", "invalid_cursor");
            get(&cursor[..cursor.len() - 4]).await.assert_invalid("?cursor", "invalid_cursor");
            get(&format!("{cursor}AAAA")).await.assert_invalid("?cursor", "invalid_cursor");
        } else {
            // The list by name accepts a key of any length.
            get("Af8").await.assert_status(200);
        }
    }
}
