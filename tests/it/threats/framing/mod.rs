//! ASVS 4.2.1: only requests that the client sent are answered, and each answer belongs to its own request.
//!
//! The requests of `corpus` are sent to Doorward directly, and through the proxies of `proxies`. Each answer names its
//! request, so that the tests can compare the requests that Doorward answered with the answers that the client received.

use doorward_test_macros::async_test;

mod corpus;
mod proxies;

use std::sync::{Arc, Mutex};

use self::corpus::{Reading, rows};
use crate::support::{ListeningSite, Site};

/// The header of an answer that names its request.
const FOR: &str = "x-request-target";

/// A listening site that records the targets of the requests that it answered with 200.
struct Watched {
    door: ListeningSite,
    answered: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    async fn new(site: &Site) -> Self {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let (front, noted) = (site.router.clone(), Arc::clone(&answered));
        let handle = move |request: axum::extract::Request| {
            let (front, noted, target) = (front.clone(), Arc::clone(&noted), request.uri().to_string());
            async move {
                let mut response = front.handle(request).await;
                response.headers_mut().insert(FOR, target.parse().unwrap());
                if response.status() == 200 {
                    noted.lock().unwrap().push(target);
                }
                response
            }
        };
        Self { door: ListeningSite::serve(handle, |_| ()).await, answered }
    }

    /// The targets answered since the last call.
    fn answered(&self) -> Vec<String> {
        std::mem::take(&mut *self.answered.lock().unwrap())
    }
}

/// The targets of the answers with 200 in `text`.
fn targets(text: &str) -> Vec<String> {
    let heads = text.split("HTTP/1.").skip(1).map(|answer| answer.split("\r\n\r\n").next().unwrap());
    let successes = heads.filter(|head| head.get(1..6) == Some(" 200 "));
    let target_of =
        |head: &str| head.lines().find_map(|line| line.strip_prefix(FOR)?.strip_prefix(": ")).map(str::to_owned);
    successes.filter_map(target_of).collect()
}

#[async_test]
async fn no_request_is_hidden_in_another() {
    let site = Site::new().await;
    let watched = Watched::new(&site).await;
    let mut wrong = Vec::new();
    for row in rows() {
        let answer = watched.door.send(&row.bytes);
        let expected: &[&str] = if row.reading == Reading::Clear { &["/version?next"] } else { &[] };
        let (answered, received) = (watched.answered(), targets(&answer));
        if answered != expected || received != expected {
            let text = String::from_utf8_lossy(&row.bytes);
            wrong.push(format!("{:?} {text:?}: answered {answered:?}: {answer:?}", row.reading));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
