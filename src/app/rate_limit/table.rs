//! What clients have used of a budget, in memory of a fixed size: places in sets of eight, chosen by a keyed hash, so that
//! nobody can choose whom to push out.
//!
//! Invariant: the table never grows beyond its size, and a part takes no memory before somebody comes to it. When a set is
//! full, whoever has used least of the budget is forgotten.

use std::{
    mem::size_of,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{client_key::ClientKey, quota::Quota};

/// Places in a set.
const PLACES: usize = 8;
/// Parts that are locked one by one, and made when they are first used: an allocator that asks for huge pages makes all of
/// a table resident by a few bytes here and there, even if it was zeroed by the system.
const PARTS: usize = 64;

/// Whose it is, and until when that client has used its budget. Plain integers, because of those the standard library knows
/// that zeroed memory will do.
type Place = [u64; 2];
type Set = [Place; PLACES];

/// What clients have used of a budget.
pub struct Table {
    quota: Quota,
    parts: Box<[Mutex<Vec<Set>>]>,
    sets_of_a_part: usize,
}

impl Table {
    /// A table for about so many clients at once.
    pub fn new(quota: Quota, clients: usize) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { quota, parts, sets_of_a_part: (clients / PLACES / PARTS).max(1) }
    }

    /// One more try by a client who has so many times the budget, or how long it has to wait.
    pub fn take(&self, key: ClientKey, times: u64, now: u64) -> Result<(), Duration> {
        self.with_set(key, |set| {
            let place = match set.iter().position(|[mark, _]| *mark == key.0) {
                Some(known) => set.get_mut(known),
                // Somebody of whom nothing has to be known any more, if there is one.
                None => set.iter_mut().min_by_key(|[_, used_until]| *used_until),
            };
            let Some([mark, used_until]) = place else { return Ok(()) };
            let used = if *mark == key.0 { *used_until } else { 0 };
            let used = self.quota.times(times).take(used, now)?;
            (*mark, *used_until) = (key.0, used);
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// One try less of so many times the budget, if the client is still known.
    pub fn give_back(&self, key: ClientKey, times: u64) {
        self.with_set(key, |set| {
            if let Some([_, used_until]) = set.iter_mut().find(|[mark, _]| *mark == key.0) {
                *used_until = self.quota.times(times).give_back(*used_until);
            }
        });
    }

    /// The memory that it takes by now.
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
            *part = vec![[[0u64; 2]; PLACES]; self.sets_of_a_part];
        }
        part.get_mut((at / parts) as usize).map(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::new(3, Duration::from_secs(10));

    /// A client of this set, in a table of 1024 places.
    fn key(set: u64, mark: u64) -> ClientKey {
        ClientKey(mark * 128 + set)
    }

    #[test]
    fn each_client_has_its_own_budget() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=PLACES as u64 {
            assert!((0..3).all(|_| table.take(key(7, mark), 1, 5).is_ok()));
            assert_eq!(table.take(key(7, mark), 1, 5), Err(Duration::from_secs(10)));
        }
        assert!((1..=PLACES as u64).all(|mark| table.take(key(7, mark), 1, 5).is_err()), "nobody was pushed out");
        table.give_back(key(7, 3), 1);
        assert_eq!(table.take(key(7, 3), 1, 5), Ok(()));
        assert!(table.take(key(7, 3), 1, 5).is_err());
        assert!(table.take(key(7, 4), 1, 5).is_err(), "what is given back is one's own");
        table.give_back(key(7, 1000), 1);
    }

    #[test]
    fn a_full_set_forgets_whoever_used_least() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=PLACES as u64 {
            let tries = if mark == 5 { 1 } else { 3 };
            (0..tries).for_each(|_| assert!(table.take(key(9, mark), 1, 5).is_ok()));
        }
        assert!(table.take(key(9, 99), 1, 5).is_ok());
        assert!((1..=PLACES as u64).all(|mark| table.take(key(9, mark), 1, 5).is_err() || mark == 5));
    }

    #[test]
    fn places_whose_time_is_over_are_used_anew() {
        let table = Table::new(QUOTA, 1024);
        for mark in 1..=PLACES as u64 {
            (0..3).for_each(|_| assert!(table.take(key(9, mark), 1, 5).is_ok()));
        }
        let later = 5 + 30_000;
        for mark in 101..=100 + PLACES as u64 {
            (0..3).for_each(|_| assert!(table.take(key(9, mark), 1, later).is_ok()));
        }
        assert!((101..=100 + PLACES as u64).all(|mark| table.take(key(9, mark), 1, later).is_err()));
    }
}
