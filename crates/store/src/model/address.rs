//! Internet addresses: private networks, and the network that counts as one client.
//!
//! Invariant: an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The bits of an IPv6 address that identify one client: a network always has a whole /64 (RFC 6177).
const CLIENT_BITS: u32 = 64;

/// Returns whether an address is outside the public internet: loopback, link-local, RFC 1918, RFC 6598 (between a
/// carrier and its customers), RFC 4193 (unique local).
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Returns whether an address is in one of these networks, in either notation.
#[must_use]
pub fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| match address {
        IpAddr::V4(v4) => network.contains(&address) || network.contains(&IpAddr::V6(v4.to_ipv6_mapped())),
        IpAddr::V6(_) => network.contains(&address),
    })
}

/// Returns the address that identifies a client: the IPv4 address, or the first address of its IPv6 /64.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    first_of(address, Some(32), CLIENT_BITS).unwrap_or(address)
}

/// Returns the first address of an address's network of this prefix length; `None` for IPv4 when its length is missing.
#[must_use]
pub fn first_of(address: IpAddr, v4_bits: Option<u32>, v6_bits: u32) -> Option<IpAddr> {
    match counted_as(address) {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - v4_bits?.min(32)).unwrap_or(0);
            Some(Ipv4Addr::from_bits(v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - v6_bits.min(128)).unwrap_or(0);
            Some(Ipv6Addr::from_bits(v6.to_bits() & mask).into())
        }
    }
}

/// Returns the IPv4 address in a translated address (RFC 6052, `64:ff9b::/96`); otherwise all of IPv4 would be one
/// client. It only serves counting: trust decisions use the address itself.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, _, _]) => {
            let [.., a, b, c, d] = v6.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_end_where_they_end() {
        let private = |text: &str| is_private(text.parse().unwrap());
        let inside = "127.0.0.1 127.255.0.9 10.0.0.5 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.1 169.254.0.1 \
                      100.64.0.0 100.127.255.255 ::1 fc00::1 fdff::1 fe80::1 febf::1 ::ffff:10.0.0.5 ::ffff:100.64.0.1";
        let outside = "9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 169.253.255.255 \
                       100.63.255.255 100.128.0.0 0.0.0.0 255.255.255.255 128.0.0.1 :: ::2 fbff::1 fe00::1 fec0::1 \
                       2001:db8::1 ::ffff:8.8.8.8 ::ffff:100.128.0.0";
        for text in inside.split_whitespace() {
            assert!(private(text), "{text}");
        }
        for text in outside.split_whitespace() {
            assert!(!private(text), "{text}");
        }
    }

    #[test]
    fn a_network_is_found_in_either_form() {
        let networks = ["10.0.0.0/8", "::ffff:192.0.2.0/120", "fd00::/8"].map(|text| text.parse().unwrap());
        let within = |text: &str| is_within(&networks, text.parse().unwrap());
        assert!(["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.9", "::ffff:192.0.2.9", "fd00::1"].into_iter().all(within));
        assert!(!["11.0.0.0", "192.0.3.0", "fe80::1", "::ffff:11.0.0.0", "::10.1.2.3"].into_iter().any(within));
    }

    #[test]
    fn a_network_begins_with_its_first_address() {
        let of = |text: &str, v4, v6| first_of(text.parse().unwrap(), v4, v6).map(|first| first.to_string());
        assert_eq!(of("192.0.2.7", Some(24), 48).unwrap(), "192.0.2.0");
        assert_eq!(of("::ffff:192.0.2.7", Some(24), 48).unwrap(), "192.0.2.0");
        assert_eq!(of("192.0.2.7", Some(32), 48).unwrap(), "192.0.2.7");
        assert_eq!(of("192.0.2.7", Some(0), 0).unwrap(), "0.0.0.0");
        assert_eq!(of("192.0.2.7", None, 48), None);
        assert_eq!(of("2001:db8:1:2ff:3::4", None, 56).unwrap(), "2001:db8:1:200::");
        assert_eq!(of("2001:db8:1:2ff:3::4", None, 48).unwrap(), "2001:db8:1::");
        assert_eq!(of("2001:db8:1:2ff:3::4", None, 32).unwrap(), "2001:db8::");
        assert_eq!(of("2001:db8::1", None, 0).unwrap(), "::");
    }

    #[test]
    fn a_client_is_an_address_or_a_network_of_64_bits() {
        let of = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:3::"), "2001:db8:1:3::");
        assert_eq!(of("64:ff9b::192.0.2.7"), "192.0.2.7");
        assert_eq!(of("64:ff9b::1:192.0.2.7"), "64:ff9b::");
        // A translated address is never private.
        assert!(!is_private("64:ff9b::10.0.0.1".parse().unwrap()));
    }
}
