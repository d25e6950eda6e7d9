//! Which address a request came from, where balancers stand between the caller and the service.
//!
//! Anybody can send a header, so it counts only where a balancer that was named in the settings hands it on, and is read
//! from its end, where that one wrote: what stands before the first address that is no balancer's was sent by a stranger.
//! Refused: `Forwarded` (RFC 7239) beside it. A balancer that writes one header hands the other on as it was sent.

use actix_web::http::header::{HeaderMap, HeaderName};
use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An address, or all that begin with the same bits: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    /// How many bits must be the same.
    prefix: u32,
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let same = match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => (base.to_bits() ^ address.to_bits()).leading_zeros(),
            (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits() ^ address.to_bits()).leading_zeros(),
            _ => return false,
        };
        same >= self.prefix
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || format!("`{text}` is no address and no network; write 10.0.0.7 or 10.0.0.0/8");
        let (base, prefix) = match text.trim().split_once('/') {
            Some((base, prefix)) => (base, Some(prefix)),
            None => (text.trim(), None),
        };
        let base: IpAddr = base.parse().map_err(|_| wanted())?;
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            // Digits only: `parse` would take a plus sign.
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().map_err(|_| wanted())?
            }
            Some(_) => return Err(wanted()),
            None => bits,
        };
        if prefix > bits {
            return Err(format!("`{text}` has a prefix of more than {bits} bits"));
        }
        let network = Self { base, prefix };
        // 10.0.0.1/8 may mean one address or sixteen million; whoever is trusted is said without doubt.
        let cleared = match base {
            IpAddr::V4(base) => base.to_bits() & u32::MAX.checked_shr(prefix).unwrap_or(0) == 0,
            IpAddr::V6(base) => base.to_bits() & u128::MAX.checked_shr(prefix).unwrap_or(0) == 0,
        };
        if !cleared {
            return Err(format!(
                "`{text}` has bits behind its prefix; write the network's first address"
            ));
        }
        Ok(network)
    }
}

/// The balancers whose word is taken for where a request came from; none unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// These, and no others.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Where the request came from: the peer, or where that is a balancer the last address of `X-Forwarded-For` that is
    /// none. The peer, too, where the header is not there, names balancers only, or holds something else than an address
    /// before that one is found.
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        // A header sent twice is one list, in this order.
        let lines: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
        for line in lines.into_iter().rev() {
            let Ok(line) = line.to_str() else { return peer };
            for item in line.rsplit(',') {
                match address(item.trim()) {
                    None => return peer,
                    Some(address) if !self.trusts(address) => return address,
                    Some(_) => {}
                }
            }
        }
        peer
    }
}

/// An address as balancers write it: by itself, or with a port.
fn address(item: &str) -> Option<IpAddr> {
    let plain = item.parse::<IpAddr>().ok();
    let found = plain.or_else(|| item.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn caller(trusted: &[&str], peer: &str, lines: &[&str]) -> String {
        let proxies = TrustedProxies::new(trusted.iter().map(|one| one.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        proxies.caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_network_is_an_address_or_what_begins_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.7", "10.0.0.7", "10.0.0.6"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ] {
            let read: Network = network.parse().unwrap();
            assert!(read.holds(inside.parse().unwrap()), "{network} {inside}");
            assert!(!read.holds(outside.parse().unwrap()), "{network} {outside}");
        }
        for wrong in [
            "",
            "balancer",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "10.0.0.1/8",
            "::/129",
            "fd00::1/8",
            "10.0.0.1:80",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_balancer_says_where_a_request_came_from() {
        let here = ["10.0.0.0/8", "fd00::/8"];
        for (peer, lines, wanted) in [
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            // Through two balancers.
            ("10.0.0.1", vec!["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", vec!["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
            // Whatever stands further on was sent by whoever called, readable or not.
            ("10.0.0.1", vec!["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["unknown, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            // With a port, and IPv6 in both ways of writing it.
            ("10.0.0.1", vec!["203.0.113.9:51234"], "203.0.113.9"),
            ("10.0.0.1", vec!["[2001:db8::1]:443"], "2001:db8::1"),
            ("fd00::1", vec!["2001:db8::1"], "2001:db8::1"),
            // A socket that takes both kinds shows IPv4 within IPv6.
            ("::ffff:10.0.0.1", vec!["::ffff:203.0.113.9"], "203.0.113.9"),
            // Nobody is named who is not a balancer, or what is named is no address.
            ("10.0.0.1", vec!["10.0.0.2"], "10.0.0.1"),
            ("10.0.0.1", vec![""], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9,"], "10.0.0.1"),
            // A stranger's own word counts for nothing.
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
        ] {
            assert_eq!(caller(&here, peer, &lines), wanted, "{peer} {lines:?}");
        }
        assert_eq!(caller(&[], "10.0.0.1", &["203.0.113.9"]), "10.0.0.1");
    }
}
