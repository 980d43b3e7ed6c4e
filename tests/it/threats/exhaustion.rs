//! Section D of threats.md: what nobody has authority for leaves nothing behind.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::Site;

// D15
#[tokio::test(flavor = "multi_thread")]
async fn junk_cookies_write_no_rows() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    for number in 0..2_000_u32 {
        let junk = URL_SAFE_NO_PAD.encode(Sha256::digest(number.to_le_bytes()));
        let mut client = site.anon();
        client.cookie = Some(match number % 4 {
            // Of the right form, of another, too long, and one that says that it is a number.
            0 => format!("session=dws_{junk}"),
            1 => format!("session={junk}"),
            2 => format!("session=dws_{junk}{junk}"),
            _ => format!("session={number}"),
        });
        client.get("/user/1").await.is(401, json!({ "message": "Unauthorized" }));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}
