//! Cursors of pages: a list takes its own, whatever they hold, and no other text. G5 and G16 of threats.md.

use crate::support::Site;
use doorward_test_macros::async_test;

#[async_test]
async fn a_cursor_of_another_list_or_of_nobodys_making_is_refused() {
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
        // One character fewer or more, or standard base64: of the lists whose keys have one length, none is a cursor.
        let cursor = &cursors[at];
        if at > 0 {
            get(&cursor[..cursor.len() - 1]).await.assert_invalid("?cursor", "invalid_cursor");
            get(&cursor[..cursor.len() - 4]).await.assert_invalid("?cursor", "invalid_cursor");
            get(&format!("{cursor}AAAA")).await.assert_invalid("?cursor", "invalid_cursor");
        } else {
            // A list by name begins behind any bytes.
            get("Af8").await.assert_status(200);
        }
    }
}
