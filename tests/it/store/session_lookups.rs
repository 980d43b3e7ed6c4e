//! Session checks that arrive at the same time, which a server answers by one statement.

use std::sync::Arc;

use doorward::model::{TokenHash, UserId};
use doorward_test_macros::async_test;
use tokio::task::JoinSet;

use crate::support::{Client, Site, site::password_of};

const USERS: usize = 12;

/// What a client is answered: the status and the body.
type Answer = (u16, String);

async fn ask(mut client: Client, path: String) -> Answer {
    let reply = client.get(&path).await;
    let body = reply.json();
    // Each response has a request id of its own.
    let shown = body.get("request_id").map_or_else(|| reply.text(), |_| body["code"].to_string());
    (reply.status.as_u16(), shown)
}

/// Users with sessions that are alive, ended, of a disabled user, and of a user whose role cannot be read.
async fn clients_of(site: &Site) -> (Vec<Client>, Vec<i64>) {
    let (mut clients, mut ids) = (Vec::new(), Vec::new());
    for number in 0..USERS {
        let name = format!("user{number}");
        clients.push(site.user(&name).await);
        ids.push(site.id_of(&name).await);
    }
    let ended = clients[3].clone();
    clients[3].send(axum::http::Method::DELETE, "/api/v1/sessions/current", None).await;
    clients[3] = ended;
    let disable = format!("UPDATE dw_users SET disabled_at = 1, version = version + 1 WHERE id = {}", ids[5]);
    site.database.execute(&disable).await;
    let role =
        "INSERT INTO dw_roles (id, name, permissions, version, created_at) VALUES (77, 'odd', 'NO SUCH WORD', 1, 0)";
    site.database.execute(role).await;
    let give = "UPDATE dw_users SET role_id = 77 WHERE id = ";
    site.database.execute(&format!("{give}{}", ids[7])).await;
    clients.push(site.anon().with_token("dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    (clients, ids)
}

#[async_test]
async fn each_concurrent_check_gets_its_own_answer() {
    let site = Site::user_crud().await;
    let (clients, ids) = clients_of(&site).await;
    let path = |client: usize, round: usize| match (client + round) % 3 {
        0 => "/api/v1/sessions/current".to_owned(),
        // The name of another user, and of nobody.
        1 => format!("/user/{}", ids[(client * 5 + round) % ids.len()]),
        _ => "/user/999999".to_owned(),
    };
    for round in 0..12 {
        let mut alone = Vec::new();
        for (at, client) in clients.iter().enumerate() {
            alone.push(ask(client.clone(), path(at, round)).await);
        }
        let mut together = JoinSet::new();
        for _ in 0..4 {
            for (at, client) in clients.iter().enumerate() {
                let request = ask(client.clone(), path(at, round));
                together.spawn(async move { (at, request.await) });
            }
        }
        for (at, answer) in together.join_all().await {
            assert_eq!(answer, alone[at], "{at}: {}", path(at, round));
        }
        let statuses: Vec<_> = alone.iter().map(|(status, _)| *status).collect();
        assert!(statuses.contains(&200) && (round % 3 > 0 || statuses[7] == 500), "{statuses:?}");
    }
}

/// A check sees what was committed before it arrived, whatever other checks are in progress.
#[async_test]
async fn an_ended_session_is_refused_at_once_among_many_checks() {
    let site = Site::new().await;
    let busy = site.user("busy").await;
    site.create("ann", "user").await;
    for _ in 0..30 {
        let mut others = JoinSet::new();
        for _ in 0..40 {
            others.spawn(ask(busy.clone(), "/api/v1/sessions/current".to_owned()));
        }
        let mut ann = site.anon();
        ann.log_in("ann", &password_of("ann")).await;
        let kept = ann.clone();
        assert_eq!(ask(ann.clone(), "/api/v1/sessions/current".to_owned()).await.0, 200);
        assert_eq!(ann.delete("/api/v1/sessions/current").await.status, 204);
        assert_eq!(ask(kept, "/api/v1/sessions/current".to_owned()).await.0, 401);
        assert!(others.join_all().await.iter().all(|(status, _)| *status == 200));
    }
}

#[async_test]
async fn a_client_that_goes_does_not_disturb_the_others() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let unknown = TokenHash::of_presented(b"dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let id = UserId(site.id_of("ann").await);
    for _ in 0..20 {
        let (mut leaving, mut staying) = (JoinSet::new(), JoinSet::new());
        for _ in 0..40 {
            for tasks in [&mut leaving, &mut staying] {
                let app = Arc::clone(&site.app);
                tasks.spawn(async move { app.session_lookups.find(&app.db, &unknown, Some(id)).await });
            }
        }
        tokio::task::yield_now().await;
        leaving.abort_all();
        for answer in staying.join_all().await {
            assert!(matches!(answer, Ok(None)), "{:?}", answer.err());
        }
    }
}
