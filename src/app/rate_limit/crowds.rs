//! Private addresses by which many accounts come: each is probably a proxy of which nobody has told Doorward, and its users
//! must not be taken for one client.
//!
//! Knows no limits. Invariant: it remembers a bounded number of addresses, and of each a bounded number of accounts; public
//! addresses never count as proxies, since their owners could then switch limits off for themselves.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::model::network_of;

/// Most private addresses that are watched at a time.
const MOST: usize = 256;
/// So many different accounts in an hour are a crowd.
const MANY: usize = 20;
/// So many are, when the address says that it speaks for others.
const MANY_FORWARDED: usize = 5;
/// In milliseconds, as all instants here.
const HOUR: u64 = 3_600_000;

/// How an account came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalKind {
    LogIn,
    SignUp,
}

/// The addresses that are watched.
#[derive(Default)]
pub struct Crowds(Mutex<BTreeMap<IpAddr, Watched>>);

struct Watched {
    /// The last one of its network.
    address: IpAddr,
    hour_began: u64,
    logged_in: Accounts,
    signed_up: Accounts,
    forwards: bool,
    /// Until when it is taken for a crowd.
    crowd_until: u64,
}

/// Different accounts, up to [`MANY`] of them.
#[derive(Default)]
struct Accounts {
    marks: [u64; MANY],
    number: usize,
}

impl Crowds {
    /// Notes that an account comes by a private address; whether that is a crowd's.
    pub fn note(&self, address: IpAddr, coming: ArrivalKind, account: u64, now: u64) -> bool {
        let mut watched = self.lock();
        let entry = entry(&mut watched, address, now);
        entry.address = address;
        match coming {
            ArrivalKind::LogIn => entry.logged_in.add(account),
            ArrivalKind::SignUp => entry.signed_up.add(account),
        }
        let many = if entry.forwards { MANY_FORWARDED } else { MANY };
        if entry.logged_in.number.max(entry.signed_up.number) >= many {
            // Through the next hour, in which it can show that it still is one.
            entry.crowd_until = entry.hour_began.saturating_add(2 * HOUR);
        }
        now < entry.crowd_until
    }

    /// Notes that a private address says for whom it speaks, as proxies do.
    pub fn note_forwarding(&self, address: IpAddr, now: u64) {
        entry(&mut self.lock(), address, now).forwards = true;
    }

    /// The addresses that are a crowd's.
    pub fn now(&self, now: u64) -> Vec<IpAddr> {
        self.lock().values().filter(|entry| now < entry.crowd_until).map(|entry| entry.address).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(watched: &mut BTreeMap<IpAddr, Watched>, address: IpAddr, now: u64) -> &mut Watched {
    let network = network_of(address);
    if watched.len() >= MOST && !watched.contains_key(&network) {
        let oldest = watched.iter().min_by_key(|(_, entry)| (now < entry.crowd_until, entry.hour_began));
        if let Some(oldest) = oldest.map(|(network, _)| *network) {
            watched.remove(&oldest);
        }
    }
    let entry = watched.entry(network).or_insert_with(|| Watched::new(address, now));
    if now >= entry.hour_began.saturating_add(HOUR) {
        let crowd_until = entry.crowd_until;
        *entry = Watched { crowd_until, ..Watched::new(address, now) };
    }
    entry
}

impl Watched {
    fn new(address: IpAddr, now: u64) -> Self {
        Self {
            address,
            hour_began: now,
            logged_in: Accounts::default(),
            signed_up: Accounts::default(),
            forwards: false,
            crowd_until: 0,
        }
    }
}

impl Accounts {
    fn add(&mut self, mark: u64) {
        if !self.marks.iter().take(self.number).any(|known| *known == mark)
            && let Some(free) = self.marks.get_mut(self.number)
        {
            *free = mark;
            self.number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn twenty_accounts_in_an_hour_are_a_crowd() {
        let (crowds, proxy) = (Crowds::default(), address("10.0.0.5"));
        let note = |account, now| crowds.note(proxy, ArrivalKind::LogIn, account, now);
        assert!((0..1000).all(|number| !note(number % 19, 5)), "nineteen, however often");
        assert!(crowds.now(5).is_empty());
        assert!(note(19, 5));
        assert!(note(0, 5), "whoever comes");
        assert_eq!(crowds.now(5), [proxy]);
        assert!(!crowds.note(address("10.0.0.6"), ArrivalKind::LogIn, 0, 5), "each address for itself");
        assert!(note(0, 5 + 2 * HOUR - 1), "through the next hour");
        assert!(!note(0, 5 + 2 * HOUR), "which showed no crowd");
    }

    #[test]
    fn nineteen_an_hour_are_none_for_ever() {
        let crowds = Crowds::default();
        for number in 0..200 {
            assert!(!crowds.note(address("::1"), ArrivalKind::LogIn, number, number * (HOUR / 19 + 1)));
        }
    }

    #[test]
    fn those_who_sign_up_are_counted_apart() {
        let (crowds, proxy) = (Crowds::default(), address("fd00::5"));
        assert!((0..19).all(|number| !crowds.note(proxy, ArrivalKind::SignUp, number, 5)));
        assert!((20..39).all(|number| !crowds.note(proxy, ArrivalKind::LogIn, number, 5)), "they log in next");
        assert!(crowds.note(proxy, ArrivalKind::SignUp, 19, 5));
    }

    #[test]
    fn five_are_when_it_speaks_for_others() {
        let (crowds, proxy) = (Crowds::default(), address("192.168.1.1"));
        crowds.note_forwarding(proxy, 5);
        assert!((0..4).all(|number| !crowds.note(proxy, ArrivalKind::LogIn, number, 5)));
        assert!(crowds.note(proxy, ArrivalKind::LogIn, 4, 5));
    }

    // D10
    #[test]
    fn a_bounded_number_is_watched_and_crowds_go_last() {
        let (crowds, proxy) = (Crowds::default(), address("10.0.0.5"));
        assert!((0..20).any(|number| crowds.note(proxy, ArrivalKind::LogIn, number, 5)));
        for number in 0..10_000_u32 {
            let other = IpAddr::from((0x0b00_0000 + number).to_be_bytes());
            crowds.note(other, ArrivalKind::LogIn, 1, 6);
            crowds.note_forwarding(other, 6);
        }
        assert_eq!(crowds.lock().len(), MOST);
        assert_eq!(crowds.now(6), [proxy]);
    }
}
