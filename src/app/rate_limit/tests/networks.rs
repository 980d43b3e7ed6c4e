//! The limits of clients with many addresses: the networks of a subscriber, of a provider, and neighbours.

use std::net::Ipv6Addr;

use super::*;

/// Returns the number of admitted attempts, each for another account and from another network of 64 bits within the
/// network that begins with `first` and has `bits` bits.
fn let_in_of(limits: &AddressRateLimits, first: &str, bits: u32, tries: u64) -> usize {
    let first = first.parse::<Ipv6Addr>().unwrap().to_bits();
    // Consecutive numbers are far apart, so that limits of narrower networks have no effect.
    let scattered = |number: u64| u128::from(number.reverse_bits() >> bits) << 64;
    let address = |number| IpAddr::V6(Ipv6Addr::from_bits(first | scattered(number)));
    (0..tries).filter(|number| limits.enter(Some(address(*number)), &account(*number), false).is_ok()).count()
}

// D6
#[test]
fn all_networks_of_one_subscriber_share_a_quota() {
    let (limits, hand) = limits();
    assert_eq!(let_in_of(&limits, "2001:db8:1:200::", 56, 1000), 240, "256 of them");
    assert_eq!(let_in_of(&limits, "2001:db8:1:300::", 56, 1000), 240, "the next subscriber's");
    assert_eq!(let_in_of(&limits, "2001:db8:2::", 48, 5000), 600, "65,536 of them");
    hand.fetch_add(10 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in_of(&limits, "2001:db8:1:200::", 56, 1000), 4);
    assert_eq!(let_in_of(&limits, "2001:db8:2::", 48, 5000), 10);
    assert_eq!(let_in_of(&limits, "2001:db9::", 32, 20_000), 2400, "and of a whole provider");
}

// D6
#[test]
fn no_subscriber_can_use_up_the_overall_limit() {
    let (limits, hand) = limits();
    for _ in 0..100 {
        assert!(let_in_of(&limits, "2001:db8::", 32, 5000) > 0);
        assert!(let_in_of(&limits, "2001:db9:1::", 48, 5000) > 0);
        hand.fetch_add(10 * SECOND, Ordering::Relaxed);
    }
    assert!(let_in_of(&limits, "2001:db8::", 32, 5000) <= 40, "their quota is used");
    assert_eq!(let_in(&limits, "192.0.2.1", None, 300), 60, "and all others keep their quotas");
    assert_eq!(let_in_of(&limits, "2001:dba::", 32, 20_000), 2400);
}

#[test]
fn the_neighbours_of_an_ipv4_address_share_a_quota_too() {
    let (limits, _) = limits();
    let try_from = |network: &str, number: u64| {
        let address = format!("{network}.{}", number % 100);
        limits.enter(at(&address), &account(number), false).is_ok()
    };
    assert_eq!((0..2000).filter(|number| try_from("198.51.100", *number)).count(), 600);
    assert_eq!((0..2000).filter(|number| try_from("198.51.101", *number)).count(), 600);
    assert_eq!((0..2000).filter(|number| try_from("10.0.0", *number)).count(), 2000, "private networks have no limit");
}

#[test]
fn an_attempt_that_a_network_rejects_costs_its_addresses_nothing() {
    let (limits, hand) = limits();
    assert_eq!(let_in_of(&limits, "2001:db8:1:200::", 56, 1000), 240);
    assert_eq!(let_in(&limits, "2001:db8:1:2aa::1", None, 300), 0);
    hand.fetch_add(600 * SECOND, Ordering::Relaxed);
    assert_eq!(let_in(&limits, "2001:db8:1:2aa::1", None, 300), 60);
    let entered: Vec<_> =
        (0..60_u64).filter_map(|n| limits.enter(at("2001:db8:1:2bb::"), &account(n), false).ok()).collect();
    entered.into_iter().for_each(|entered| limits.give_back(entered));
    assert_eq!(let_in_of(&limits, "2001:db8:1:200::", 56, 1000), 180, "the network gets its refund");
}
