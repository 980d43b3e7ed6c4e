//! The limits of one address, refunds, and the memory for a million addresses.

mod networks;

use std::sync::{Arc, atomic::AtomicI64};

use super::*;
use crate::model::UnixMillis;

const SECOND: i64 = 1000;

fn limits() -> (AddressRateLimits, Arc<AtomicI64>) {
    let (clock, hand) = Clock::manual(UnixMillis(1_795_348_800_000));
    (AddressRateLimits::of(true, &clock, &Rng::system()).unwrap(), hand)
}

fn at(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn account(number: u64) -> [u8; 32] {
    let mut account = [7; 32];
    account[..8].copy_from_slice(&number.to_le_bytes());
    account
}

/// Returns the number of `tries` that are admitted, each for another account unless `of` names one.
fn let_in(limits: &AddressRateLimits, address: &str, of: Option<u64>, tries: u64) -> usize {
    (0..tries).filter(|number| limits.enter(at(address), &account(of.unwrap_or(*number)), false).is_ok()).count()
}

#[test]
fn one_address_may_try_sixty_and_then_one_every_ten_seconds() {
    let (limits, hand) = limits();
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60);
    assert_eq!(limits.enter(at("192.0.2.1"), &account(900), false).unwrap_err(), Duration::from_secs(10));
    assert_eq!(let_in(&limits, "192.0.2.2", None, 300), 60, "another address has its own quota");
    hand.fetch_add(10 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 1);
    assert_eq!(let_in(&limits, "::ffff:192.0.2.1", None, 300), 0, "the same address in IPv6 notation");
}

#[test]
fn one_address_may_try_twenty_for_one_account() {
    let (limits, hand) = limits();
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20);
    assert_eq!(let_in(&limits, "192.0.2.1", Some(2), 300), 20, "rejected attempts cost nothing");
    assert_eq!(let_in(&limits, "192.0.2.2", Some(1), 300), 20);
    hand.fetch_add(60 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 1);
}

// D6
#[test]
fn ten_thousand_addresses_of_one_network_are_one_client() {
    let (limits, _) = limits();
    let tries = (0..10_000_u64).filter(|number| {
        let address = format!("2001:db8:1:2:{:x}::{:x}", number >> 16, number & 0xffff);
        limits.enter(at(&address), &account(*number), false).is_ok()
    });
    assert_eq!(tries.count(), 60);
    assert_eq!(let_in(&limits, "2001:db8:1:3::1", None, 300), 60, "the next network is another client");
}

#[test]
fn all_together_may_try_twelve_thousand_and_then_only_known_devices_go_on() {
    let (limits, hand) = limits();
    let tries = (0..20_000_u32).filter(|number| {
        let address = IpAddr::from((0x2000_0000 + (number << 8)).to_be_bytes());
        limits.enter(Some(address), &account(u64::from(*number)), false).is_ok()
    });
    assert_eq!(tries.count(), 12_000);
    assert!(limits.enter(None, &account(1), false).is_err(), "from any address");
    assert!(limits.enter(at("192.0.2.1"), &account(1), true).is_ok());
    hand.fetch_add(SECOND, Ordering::Relaxed);
    let later = (0..20_000_u32).filter(|number| {
        let address = IpAddr::from((0x3000_0000 + (number << 8)).to_be_bytes());
        limits.enter(Some(address), &account(u64::from(*number)), false).is_ok()
    });
    assert_eq!(later.count(), 100);
}

#[test]
fn right_passwords_are_refunded() {
    let (limits, _) = limits();
    for _ in 0..1000 {
        let entered = limits.enter(at("192.0.2.1"), &account(1), false).unwrap();
        limits.give_back(entered);
    }
    assert_eq!(limits.overall.load(Ordering::Relaxed), limits.now(), "in the overall limit too");
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20, "and no more than was taken");
}

#[test]
fn a_known_device_neither_uses_nor_needs_the_quota() {
    let (limits, _) = limits();
    assert!((0..1000).all(|_| limits.enter(at("192.0.2.1"), &account(1), true).is_ok()));
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 40);
    let entered = limits.enter(at("192.0.2.1"), &account(1), true).unwrap();
    limits.give_back(entered);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 0, "nothing is refunded that was not taken");
}

#[test]
fn one_address_may_make_a_hundred_accounts() {
    let (limits, hand) = limits();
    let made = |address| (0..300).filter(|_| limits.sign_up(at(address)).is_ok()).count();
    assert_eq!(made("192.0.2.1"), 100);
    assert_eq!(made("2001:db8::1"), 100);
    assert_eq!(made("2001:db8::2"), 0);
    let networks = (0..1000_u64).filter(|n| limits.sign_up(at(&format!("2001:db9:1:2{:02x}::", n % 256))).is_ok());
    assert_eq!(networks.count(), 400, "and one subscriber four hundred");
    assert_eq!(limits.sign_up(at("192.0.2.1")).unwrap_err(), Duration::from_secs(10));
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60, "passwords are counted separately");
    hand.fetch_add(20 * SECOND, Ordering::Relaxed);
    assert_eq!(made("192.0.2.1"), 2);
    assert!((0..300).all(|_| limits.sign_up(None).is_ok()));
}

// D6: many names, or a proxy's headers, must not raise a limit.
#[test]
fn a_private_address_has_the_limits_of_any_other() {
    let (limits, _) = limits();
    assert_eq!(let_in(&limits, "10.0.0.9", None, 1000), 60);
    assert_eq!(let_in(&limits, "fd00::9", Some(1), 1000), 20);
    assert_eq!((0..1000).filter(|_| limits.sign_up(at("10.0.0.9")).is_ok()).count(), 100);
}

// J14
#[test]
fn no_step_of_the_clock_makes_anybody_wait_longer() {
    let (limits, hand) = limits();
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20);
    for instant in [0, -1, i64::MIN, 1_795_348_800_000, i64::MAX, 253_402_300_800_000] {
        hand.store(instant, Ordering::Relaxed);
        if let Err(wait) = limits.enter(at("192.0.2.1"), &account(1), false) {
            assert!(wait <= Duration::from_secs(60), "{instant}: {wait:?}");
        }
    }
    hand.store(0, Ordering::Relaxed);
    hand.fetch_add(3600 * SECOND, Ordering::Relaxed);
    assert!(limits.enter(at("192.0.2.1"), &account(1), false).is_ok());
}

// D10
#[test]
fn a_million_addresses_and_names_take_bounded_memory() {
    let (limits, hand) = limits();
    assert!(limits.bytes() < 64 << 10, "it is small before the first client: {}", limits.bytes());
    let attempt = |number: u32| {
        let address = Some(IpAddr::from(number.to_be_bytes()));
        drop(limits.enter(address, &account(u64::from(number)), false));
        let _ = limits.sign_up(address);
    };
    for number in 0..1_000_000 {
        // Each address is in another network of 24 bits, up to the number of such networks.
        attempt(0x2000_0000 + (number << 8) + (number >> 16));
        hand.fetch_add(SECOND / 20, Ordering::Relaxed);
    }
    assert!(limits.bytes() < 16 << 20, "{}", limits.bytes());
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60, "and the limits still hold");
}

#[test]
fn switched_off_it_rejects_nothing() {
    let (clock, _) = Clock::manual(UnixMillis(0));
    let limits = AddressRateLimits::of(false, &clock, &Rng::system()).unwrap();
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 5000), 5000);
    assert!((0..300).all(|_| limits.sign_up(at("192.0.2.1")).is_ok()));
}

// D2
#[test]
fn parallel_attempts_do_not_exceed_the_limit() {
    let (limits, _) = limits();
    let barrier = std::sync::Barrier::new(30);
    let try_ten = &|thread: u64| {
        barrier.wait();
        (0..10).filter(|number| limits.enter(at("192.0.2.1"), &account(thread * 10 + number), false).is_ok()).count()
    };
    let let_in: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..30).map(|thread| scope.spawn(move || try_ten(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(let_in, 60);
}
