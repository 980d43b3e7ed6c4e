//! The use of a quota by clients, in memory of a fixed size. A keyed hash chooses the set of eight entries for a
//! client, so an attacker cannot choose which client to displace.
//!
//! Invariant: the table never exceeds its size, and a part takes no memory before its first entry. A full set forgets
//! the entry with the least use of the quota.

use std::{
    mem::size_of,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{client_key::ClientKey, quota::Quota};

/// The number of entries of a set.
const ENTRIES: usize = 8;
/// The number of parts, each with a lock. A part is allocated at its first use: with huge pages, a few scattered bytes
/// would otherwise make the whole table resident, even if the system zeroed it.
const PARTS: usize = 64;

/// The client's key, and the time until which it has used its quota. Plain integers, because the standard library then
/// allocates zeroed memory without writing to it.
type Entry = [u64; 2];
type Set = [Entry; ENTRIES];

/// The use of a quota by clients.
pub struct Table {
    quota: Quota,
    parts: Box<[Mutex<Vec<Set>>]>,
    sets_of_a_part: usize,
}

impl Table {
    /// Creates a table for about this number of clients.
    pub fn new(quota: Quota, clients: usize) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { quota, parts, sets_of_a_part: (clients / ENTRIES / PARTS).max(1) }
    }

    /// Counts an attempt of a client, or returns the time to wait.
    pub fn take(&self, key: ClientKey, now: u64) -> Result<(), Duration> {
        self.with_set(key, |set| {
            let entry = match set.iter().position(|[mark, _]| *mark == key.0) {
                Some(known) => set.get_mut(known),
                // An expired entry, if the set has one.
                None => set.iter_mut().min_by_key(|[_, used_until]| *used_until),
            };
            let Some([mark, used_until]) = entry else { return Ok(()) };
            let used = if *mark == key.0 { *used_until } else { 0 };
            let used = self.quota.take(used, now)?;
            (*mark, *used_until) = (key.0, used);
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Refunds an attempt, if the client is still known.
    pub fn give_back(&self, key: ClientKey) {
        self.with_set(key, |set| {
            if let Some([_, used_until]) = set.iter_mut().find(|[mark, _]| *mark == key.0) {
                *used_until = self.quota.give_back(*used_until);
            }
        });
    }

    /// Returns its memory in bytes.
    pub fn bytes(&self) -> usize {
        let sets: usize =
            self.parts.iter().map(|part| part.lock().unwrap_or_else(PoisonError::into_inner).capacity()).sum();
        sets * size_of::<Set>() + self.parts.len() * size_of::<Mutex<Vec<Set>>>()
    }

    fn with_set<T>(&self, key: ClientKey, work: impl FnOnce(&mut Set) -> T) -> Option<T> {
        let parts = self.parts.len() as u64;
        let at = key.0 % (self.sets_of_a_part as u64 * parts);
        let mut part = self.parts.get((at % parts) as usize)?.lock().unwrap_or_else(PoisonError::into_inner);
        if part.is_empty() {
            *part = vec![[[0u64; 2]; ENTRIES]; self.sets_of_a_part];
        }
        part.get_mut((at / parts) as usize).map(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::new(3, Duration::from_secs(10));

    /// Returns a client of this set, in a table of 1024 entries.
    fn key(set: u64, mark: u64) -> ClientKey {
        ClientKey(mark * 128 + set)
    }

    #[test]
    fn each_client_has_its_own_quota() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=ENTRIES as u64 {
            assert!((0..3).all(|_| table.take(key(7, mark), 5).is_ok()));
            assert_eq!(table.take(key(7, mark), 5), Err(Duration::from_secs(10)));
        }
        assert!((1..=ENTRIES as u64).all(|mark| table.take(key(7, mark), 5).is_err()), "no client was displaced");
        table.give_back(key(7, 3));
        assert_eq!(table.take(key(7, 3), 5), Ok(()));
        assert!(table.take(key(7, 3), 5).is_err());
        assert!(table.take(key(7, 4), 5).is_err(), "a refund concerns one client");
        table.give_back(key(7, 1000));
    }

    #[test]
    fn a_full_set_forgets_the_entry_that_used_least() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=ENTRIES as u64 {
            let attempts = if mark == 5 { 1 } else { 3 };
            (0..attempts).for_each(|_| assert!(table.take(key(9, mark), 5).is_ok()));
        }
        assert!(table.take(key(9, 99), 5).is_ok());
        assert!((1..=ENTRIES as u64).all(|mark| table.take(key(9, mark), 5).is_err() || mark == 5));
    }

    #[test]
    fn expired_entries_are_reused() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=ENTRIES as u64 {
            (0..3).for_each(|_| assert!(table.take(key(9, mark), 5).is_ok()));
        }
        let later = 5 + 30_000;
        for mark in 101..=100 + ENTRIES as u64 {
            (0..3).for_each(|_| assert!(table.take(key(9, mark), later).is_ok()));
        }
        assert!((101..=100 + ENTRIES as u64).all(|mark| table.take(key(9, mark), later).is_err()));
    }
}
