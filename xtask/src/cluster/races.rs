//! Races: the same name, or the same old password, on several nodes at the same time. At most one request wins.

use std::sync::Barrier;

use super::{
    account::password,
    client::{Answer, Client},
    member::Cluster,
    report::{Counts, Report, Verdict},
    site::Site,
};
use crate::Result;

/// Runs `rounds` races of each kind.
pub fn run(cluster: &dyn Cluster, site: &Site, rounds: usize, report: &mut Report) -> Result<()> {
    println!("races over all nodes that serve");
    let nodes = site.serving(cluster);
    let mut clients: Vec<_> = nodes.iter().map(|node| Client::new(node.address)).collect();
    let (names, passwords) = (Counts::default(), Counts::default());
    for round in 0..rounds {
        let name = format!("race-{round}");
        let answers = at_once(&mut clients, |_, client| client.sign_up(&name, &password(0)));
        names.add(judge(&answers, 201, &[409]));
        let tokens: Vec<_> = clients
            .iter_mut()
            .map(|client| client.log_in(&name, &password(0)).member("token").unwrap_or_default().to_owned())
            .collect();
        let answers = at_once(&mut clients, |at, client| {
            let token = tokens.get(at).map_or("", String::as_str);
            client.change_password(token, &password(0), &password(at as u64 + 1))
        });
        // The loser's session ended, or its password is no longer the current one, or it must try again.
        passwords.add(judge(&answers, 200, &[401, 403, 409]));
    }
    report.counts("one name, signed up on every node", &names, Some(rounds / 20));
    report.counts("one old password, changed on every node", &passwords, Some(rounds / 20));
    Ok(())
}

fn at_once(clients: &mut [Client], ask: impl Fn(usize, &mut Client) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(clients.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .enumerate()
            .map(|(at, client)| {
                let (barrier, ask) = (&barrier, &ask);
                scope.spawn(move || {
                    barrier.wait();
                    ask(at, client)
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

fn judge(answers: &[Answer], won: u16, lost: &[u16]) -> Verdict {
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let is_expected = |status: &u16| *status == won || *status == 503 || lost.contains(status);
    match statuses.iter().filter(|status| **status == won).count() {
        1 if statuses.iter().all(is_expected) => Verdict::Right,
        0 if statuses.contains(&503) => Verdict::Unavailable(format!("nobody won: {statuses:?}")),
        _ => Verdict::Wrong(format!("{statuses:?}")),
    }
}
