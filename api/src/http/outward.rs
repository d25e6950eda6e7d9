//! Addresses of others that a page of ours leads to.

use super::problem::Faults;

/// Adds a fault where a text is no address that begins with one of these schemes and names a host. Whoever follows it is led there by a
/// page of ours, so that nothing else may stand in it: neither a script nor a name and password before the host.
pub fn check_address(address: &str, schemes: &[&str], pointer: &str, faults: &mut Faults) {
    let rest = schemes.iter().find_map(|scheme| address.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let named = host.is_some_and(|host| !host.is_empty() && !host.contains(['@', '\\']));
    let plain = !address.contains(|letter: char| {
        letter.is_whitespace() || letter.is_control() || matches!(letter, '"' | '<' | '>' | '\\')
    });
    faults.add_if(
        !(named && plain),
        pointer,
        "not-an-address",
        format!(
            "An address without blanks is wanted that begins with {}.",
            schemes.join(" or ")
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_host_and_nowhere_else() {
        let taken = |address: &str, schemes: &[&str]| {
            let mut faults = Faults::default();
            check_address(address, schemes, "/url", &mut faults);
            faults.end().is_ok()
        };
        for address in [
            "https://example.org",
            "https://example.org/film?x=1#at",
            "https://example.org:8443/a",
        ] {
            assert!(taken(address, &["https://"]), "{address}");
        }
        for address in [
            "http://example.org/film",
            "javascript:alert(1)",
            "https:///film",
            "https://",
            "https://one:two@example.org/",
            "https://example.org/a film",
            "https://example.org/\"onclick=",
            "HTTPS://example.org",
        ] {
            assert!(!taken(address, &["https://"]), "{address}");
        }
        assert!(taken("http://example.org", &["https://", "http://"]));
    }
}
