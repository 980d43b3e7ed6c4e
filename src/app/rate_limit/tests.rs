//! What one place may try, what it gets back, and what is remembered of a million places.

mod networks;

use std::sync::{Arc, atomic::AtomicI64};

use super::*;
use crate::model::UnixMillis;

const SECOND: i64 = 1000;

fn limits_trusting(trusted: &str) -> (AddressRateLimits, Arc<AtomicI64>) {
    let (clock, hand) = Clock::manual(UnixMillis(1_795_348_800_000));
    let trusted: Vec<_> = trusted.split_whitespace().map(|network| network.parse().unwrap()).collect();
    (AddressRateLimits::of(true, &trusted, &clock, &Rng::system()).unwrap(), hand)
}

fn limits() -> (AddressRateLimits, Arc<AtomicI64>) {
    limits_trusting("")
}

fn at(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

fn account(number: u64) -> [u8; 32] {
    let mut account = [7; 32];
    account[..8].copy_from_slice(&number.to_le_bytes());
    account
}

/// How many of `tries` are let in, each for another account unless `of` says for which.
fn let_in(limits: &AddressRateLimits, address: &str, of: Option<u64>, tries: u64) -> usize {
    (0..tries).filter(|number| limits.enter(at(address), &account(of.unwrap_or(*number)), false).is_ok()).count()
}

#[test]
fn one_address_may_try_sixty_and_then_one_every_ten_seconds() {
    let (limits, hand) = limits();
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60);
    assert_eq!(limits.enter(at("192.0.2.1"), &account(900), false).unwrap_err(), Duration::from_secs(10));
    assert_eq!(let_in(&limits, "192.0.2.2", None, 300), 60, "another one has its own");
    hand.fetch_add(10 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 1);
    assert_eq!(let_in(&limits, "::ffff:192.0.2.1", None, 300), 0, "the same in the clothes of IPv6");
}

#[test]
fn one_address_may_try_twenty_for_one_account() {
    let (limits, hand) = limits();
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20);
    assert_eq!(let_in(&limits, "192.0.2.1", Some(2), 300), 20, "the refused ones cost nothing");
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
    assert_eq!(let_in(&limits, "2001:db8:1:3::1", None, 300), 60, "the next network is another one");
}

#[test]
fn all_together_may_try_twelve_thousand_and_then_only_known_devices_go_on() {
    let (limits, hand) = limits();
    let tries = (0..20_000_u32).filter(|number| {
        let address = IpAddr::from((0x2000_0000 + (number << 8)).to_be_bytes());
        limits.enter(Some(address), &account(u64::from(*number)), false).is_ok()
    });
    assert_eq!(tries.count(), 12_000);
    assert!(limits.enter(None, &account(1), false).is_err(), "wherever it comes from");
    assert!(limits.enter(at("192.0.2.1"), &account(1), true).is_ok());
    hand.fetch_add(SECOND, Ordering::Relaxed);
    let later = (0..20_000_u32).filter(|number| {
        let address = IpAddr::from((0x3000_0000 + (number << 8)).to_be_bytes());
        limits.enter(Some(address), &account(u64::from(*number)), false).is_ok()
    });
    assert_eq!(later.count(), 100);
}

#[test]
fn what_was_right_is_given_back() {
    let (limits, _) = limits();
    for _ in 0..1000 {
        let entered = limits.enter(at("192.0.2.1"), &account(1), false).unwrap();
        limits.give_back(entered);
    }
    assert_eq!(limits.overall.load(Ordering::Relaxed), limits.now(), "overall, too");
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20, "and no more than that");
}

#[test]
fn a_known_device_neither_uses_the_budget_nor_needs_it() {
    let (limits, _) = limits();
    assert!((0..1000).all(|_| limits.enter(at("192.0.2.1"), &account(1), true).is_ok()));
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 300), 20);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 40);
    let entered = limits.enter(at("192.0.2.1"), &account(1), true).unwrap();
    limits.give_back(entered);
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 0, "nothing comes back that was not taken");
}

#[test]
fn one_address_may_make_a_hundred_accounts() {
    let (limits, hand) = limits();
    let made = |address| (0..300_u64).filter(|name| limits.sign_up(at(address), &name.to_le_bytes()).is_ok()).count();
    assert_eq!(made("192.0.2.1"), 100);
    assert_eq!(made("2001:db8::1"), 100);
    assert_eq!(made("2001:db8::2"), 0);
    let networks =
        (0..1000_u64).filter(|n| limits.sign_up(at(&format!("2001:db9:1:2{:02x}::", n % 256)), b"ada").is_ok());
    assert_eq!(networks.count(), 400, "and one subscriber four hundred");
    assert_eq!(limits.sign_up(at("192.0.2.1"), b"ada").unwrap_err(), Duration::from_secs(10));
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60, "passwords are counted apart");
    hand.fetch_add(20 * SECOND, Ordering::Relaxed);
    assert_eq!(made("192.0.2.1"), 2);
    assert!((0..300).all(|_| limits.sign_up(None, b"ada").is_ok()));
}

#[test]
fn a_private_address_of_many_has_ten_times_as_much() {
    let (limits, hand) = limits_trusting("10.0.0.5/32 fd00::/8");
    assert_eq!(let_in(&limits, "10.0.0.9", None, 19), 19);
    assert_eq!(let_in(&limits, "10.0.0.9", Some(0), 300), 19, "nineteen accounts are a client like any other");
    assert!(limits.probable_proxies().is_empty());
    assert_eq!(let_in(&limits, "10.0.0.9", Some(19), 1), 1, "the twentieth");
    // Nineteen cost what they cost anybody, the twentieth and all others a tenth.
    assert_eq!(let_in(&limits, "10.0.0.9", None, 1000), 10 * (60 - 19 - 19) - 1);
    assert_eq!(limits.enter(at("10.0.0.9"), &account(1), false).unwrap_err(), Duration::from_secs(1));
    hand.fetch_add(600 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in(&limits, "10.0.0.9", Some(77), 1000), 200);
    let proxies = limits.probable_proxies();
    assert_eq!(proxies.len(), 1);
    let line = "server.trusted_proxies = [\"10.0.0.5/32\", \"fd00::/8\", \"10.0.0.9\"]";
    assert!(proxies[0].advice.contains(line), "{}", proxies[0].advice);
    let made = (0..3000_u64).filter(|name| limits.sign_up(at("10.0.0.8"), &name.to_le_bytes()).is_ok()).count();
    assert_eq!(made, 19 + 10 * (100 - 19));
}

// D6: nor are invented names a switch that turns the limits off.
#[test]
fn one_account_from_many_addresses_of_one_private_network_is_one() {
    let (limits, _) = limits_trusting("");
    for number in 0..100 {
        drop(limits.enter(at(&format!("fd00::{number:x}")), &account(1), false));
    }
    assert!(limits.probable_proxies().is_empty());
    assert_eq!(let_in(&limits, "fd00::ffff", Some(1), 100), 0, "twenty of it were let in");
}

#[test]
fn neither_a_public_nor_a_trusted_address_ever_is() {
    let (limits, _) = limits_trusting("10.0.0.5/32");
    limits.note_forwarding("192.0.2.1".parse().unwrap());
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60);
    assert!(limits.probable_proxies().is_empty());
    assert_eq!(let_in(&limits, "10.0.0.5", None, 300), 60, "behind it is whoever made its headers unreadable");
    assert!(limits.probable_proxies()[0].advice.contains("is trusted, but"));
}

#[test]
fn who_speaks_for_others_is_found_sooner() {
    let (limits, _) = limits();
    limits.note_forwarding("10.0.0.9".parse().unwrap());
    assert_eq!(let_in(&limits, "10.0.0.9", None, 4), 4);
    assert!(limits.probable_proxies().is_empty());
    assert_eq!(let_in(&limits, "10.0.0.9", None, 5), 5);
    assert_eq!(limits.probable_proxies()[0].address, "10.0.0.9".parse::<IpAddr>().unwrap());
}

#[test]
fn the_crowd_of_a_proxy_uses_up_what_is_everybodys() {
    let (limits, _) = limits();
    assert_eq!(let_in(&limits, "10.0.0.9", None, 5000), 19 + 10 * (60 - 19));
    assert_eq!(limits.overall.load(Ordering::Relaxed) - limits.now(), 10 * (19 + 10 * (60 - 19)));
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
    assert!(limits.bytes() < 64 << 10, "before anybody has come it is next to nothing: {}", limits.bytes());
    let everybody = |number: u32| {
        let address = Some(IpAddr::from(number.to_be_bytes()));
        drop(limits.enter(address, &account(u64::from(number)), false));
        let _ = limits.sign_up(address, &number.to_le_bytes());
    };
    for number in 0..1_000_000 {
        // Each of another network of 24 bits, as far as there are that many.
        everybody(0x2000_0000 + (number << 8) + (number >> 16));
        hand.fetch_add(SECOND / 20, Ordering::Relaxed);
    }
    assert!(limits.bytes() < 16 << 20, "{}", limits.bytes());
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60, "and the limits still hold");
}

#[test]
fn switched_off_it_refuses_nothing() {
    let (clock, _) = Clock::manual(UnixMillis(0));
    let limits = AddressRateLimits::of(false, &[], &clock, &Rng::system()).unwrap();
    assert_eq!(let_in(&limits, "192.0.2.1", Some(1), 5000), 5000);
    assert!((0..300).all(|_| limits.sign_up(at("192.0.2.1"), b"ada").is_ok()));
    assert!(limits.probable_proxies().is_empty());
}

// D2
#[test]
fn who_tries_all_at_once_gets_no_more() {
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
