//! The comparison of the ledger with the rows of every member, and with what every node says.

use std::collections::HashMap;

use super::{
    account::password,
    client::{Answer, Client},
    fresh::root_token,
    member::{Cluster, Member},
    person::Person,
    report::{Counts, Report, Verdict},
    site::Site,
};
use crate::Result;

const TABLES: [&str; 5] = ["dw_users", "dw_credentials", "dw_sessions", "dw_audit_events", "dw_roles"];
const USERS: &str = "SELECT u.name, u.disabled_at IS NOT NULL, r.name FROM doorward.dw_users u \
     JOIN doorward.dw_roles r ON r.id = u.role_id";
const TWICE: &str = "SELECT name_key FROM doorward.dw_users GROUP BY name_key HAVING COUNT(*) > 1";
const RECORDED: &str = "SELECT subject_name, event, COUNT(*) FROM doorward.dw_audit_events \
     WHERE event IN ('authn_password_change', 'user_archived') AND outcome = 'success' GROUP BY subject_name, event";

/// Compares the accounts with the rows of all members, and with log-ins and ended sessions on all nodes that serve.
pub fn compare(cluster: &dyn Cluster, site: &Site, mut people: Vec<Person>, report: &mut Report) -> Result<()> {
    for node in site.serving(cluster) {
        node.wait_for(200, std::time::Duration::from_secs(30))?;
    }
    println!("the rows of each member, for {} accounts", people.len());
    for member in cluster.members() {
        compare_rows(member, &people, report)?;
    }
    let sums: Vec<_> = cluster.members().iter().map(checksums).collect::<Result<_>>()?;
    let are_equal = sums.windows(2).all(|pair| matches!(pair, [one, two] if one == two));
    report.check(&format!("the tables of all members are equal: {are_equal}"), are_equal);
    println!("what each node says");
    let serving = site.serving(cluster);
    let root = root_token(&serving)?;
    let (passwords, dead) = (Counts::default(), Counts::default());
    for (at, node) in serving.iter().enumerate() {
        let mut client = Client::new(node.address);
        for person in &mut people {
            if at == 0 && person.disabled.allows(true) {
                let answer = client.set_disabled(&root, &person.id, false);
                if answer.status != 200 {
                    return Err(format!("enable {}: {} {}", person.name, answer.status, answer.body));
                }
            }
            passwords.add(compare_password(&mut client, person));
            for token in person.ended.iter().rev().take(3) {
                dead.add(match patiently(|| client.session(token)).status {
                    401 => Verdict::Right,
                    0 | 503 => Verdict::Unavailable(format!("{} does not answer", node.name)),
                    status => Verdict::Wrong(format!("an ended session of {}: {status}", person.name)),
                });
            }
        }
    }
    report.counts("passwords", &passwords, Some(0));
    report.counts("ended sessions", &dead, Some(0));
    Ok(())
}

/// Asks again while a busy node does not serve, because 503 says nothing about the account.
fn patiently(mut ask: impl FnMut() -> Answer) -> Answer {
    let mut answer = ask();
    for _ in 0..20 {
        if !matches!(answer.status, 0 | 503) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        answer = ask();
    }
    answer
}

/// Exactly one possible password is accepted.
fn compare_password(client: &mut Client, person: &Person) -> Verdict {
    let mut statuses = Vec::new();
    for number in person.password.values() {
        let answer = patiently(|| client.log_in(&person.name, &password(*number)));
        if let Some(token) = answer.member("token").map(str::to_owned) {
            client.log_out(&token);
        }
        statuses.push(answer.status);
    }
    match statuses.iter().filter(|status| **status == 201).count() {
        1 => Verdict::Right,
        _ => Verdict::Wrong(format!("{}: log-ins with {:?}: {statuses:?}", person.name, person.password.values())),
    }
}

fn compare_rows(member: &Member, people: &[Person], report: &mut Report) -> Result<()> {
    let rows = member.sql(USERS)?;
    let mut found = HashMap::new();
    for row in rows.lines() {
        let mut words = row.split('\t');
        if let (Some(name), Some(disabled), Some(role)) = (words.next(), words.next(), words.next()) {
            found.insert(name, (disabled == "1", role));
        }
    }
    let recorded = member.sql(RECORDED)?;
    let mut events = HashMap::new();
    for row in recorded.lines() {
        let mut words = row.split('\t');
        if let (Some(name), Some(event), Some(count)) = (words.next(), words.next(), words.next()) {
            events.insert((name, event), count.parse::<usize>().unwrap_or(0));
        }
    }
    let mut lost = Vec::new();
    for person in people {
        let count = |event| events.get(&(person.name.as_str(), event)).copied().unwrap_or(0);
        match found.get(person.name.as_str()) {
            None => lost.push(format!("{} is missing", person.name)),
            Some((disabled, _)) if !person.disabled.allows(*disabled) => {
                lost.push(format!("{} is disabled: {disabled}", person.name));
            }
            Some((_, role)) if !person.role.values().contains(role) => {
                lost.push(format!("{} has the role {role} and not {:?}", person.name, person.role.values()));
            }
            Some(_) if count("authn_password_change") < person.changed => {
                lost.push(format!("{}: a password change is not in the audit log", person.name));
            }
            Some(_) if count("user_archived") < person.shut_out => {
                lost.push(format!("{}: a disabling is not in the audit log", person.name));
            }
            Some(_) => {}
        }
    }
    for change in lost.iter().take(5) {
        println!("      {change}");
    }
    let twice = member.sql(TWICE)?.lines().count();
    let text = format!("{}: acknowledged changes lost: {}, names twice: {twice}", member.process.name, lost.len());
    report.check(&text, lost.is_empty() && twice == 0);
    Ok(())
}

fn checksums(member: &Member) -> Result<String> {
    let tables: Vec<_> = TABLES.iter().map(|table| format!("doorward.{table}")).collect();
    // The last commits of the others may still be applied.
    let mut before = String::new();
    for _ in 0..50 {
        let sums = member.sql(&format!("CHECKSUM TABLE {}", tables.join(", ")))?;
        if sums == before {
            break;
        }
        before = sums;
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    Ok(before)
}
