//! nginx and HAProxy, which the tests start in front of Doorward.

use std::path::Path;

use crate::{Result, packages};

/// Installs the proxies that are missing.
pub fn install() -> Result<()> {
    let is_missing = |program: &&str| !Path::new("/usr/sbin").join(program).is_file();
    let missing: Vec<_> = ["nginx", "haproxy"].into_iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    packages::install(&missing, "nginx or HAProxy is missing: install Debian's packages nginx and haproxy")
}
