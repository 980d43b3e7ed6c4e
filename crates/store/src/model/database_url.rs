//! URLs of database servers with several hosts, as in `mysql://user:password@h1:3306,h2:3306/name`.

/// Returns one URL for each host of `url`, in order. Any other URL is returned alone.
#[must_use]
pub fn urls_of_hosts(url: &str) -> Vec<String> {
    let alone = || vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return alone() };
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |end| rest.split_at(end));
    let (user, hosts) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    if !hosts.contains(',') {
        return alone();
    }
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::urls_of_hosts;

    #[test]
    fn each_host_gets_a_url_of_its_own() {
        for (url, urls) in [
            ("mysql://u:p@h1:3306,h2/db?a=b,c", vec!["mysql://u:p@h1:3306/db?a=b,c", "mysql://u:p@h2/db?a=b,c"]),
            ("mysql://h1,[::1]:3307/db", vec!["mysql://h1/db", "mysql://[::1]:3307/db"]),
            ("mysql://u,v:p,q@h1/db", vec!["mysql://u,v:p,q@h1/db"]),
            ("mysql://h1,/db", vec!["mysql://h1/db", "mysql:///db"]),
            ("sqlite:a,b.db", vec!["sqlite:a,b.db"]),
        ] {
            assert_eq!(urls_of_hosts(url), urls);
        }
    }
}
