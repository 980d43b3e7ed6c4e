//! Database URLs as other libraries write them.
//!
//! A URL with one meaning is understood. Any other is refused with the right spelling, and its value is not shown.

use std::path::Path;

/// Names of the character set that Doorward always uses.
const UNICODE: [&str; 2] = ["utf8", "utf8mb4"];
const FORMS: &str = "sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE";

/// Returns the URL in Doorward's form, or the problem with it.
pub(super) fn in_own_form(text: &str) -> Result<String, String> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(format!("must have the form {FORMS}"));
    };
    let scheme = scheme.to_ascii_lowercase();
    // SQLAlchemy names a driver after a plus sign.
    match scheme.split('+').next().unwrap_or_default() {
        "sqlite" | "sqlite3" => sqlite(rest),
        "mysql" | "mysql2" | "mariadb" => Ok(format!("mysql:{}", without_unicode_parameters(rest))),
        "jdbc" => Err(format!("is a URL of JDBC; Doorward's form is {FORMS}")),
        "file" => Err("must begin with sqlite: and the path of the file, as in sqlite:/var/lib/app/app.db".to_owned()),
        "postgres" | "postgresql" | "pgsql" | "psql" | "postgis" | "mssql" | "sqlserver" | "oracle" | "mongodb" => {
            Err(format!("names an engine that is not supported; the forms are {FORMS}"))
        }
        _ => Err(format!("must have the form {FORMS}")),
    }
}

/// Returns the URL of a file. SQLAlchemy writes three slashes before a relative path and four before an absolute one;
/// other libraries write three before an absolute one.
fn sqlite(rest: &str) -> Result<String, String> {
    if let Some(path) = rest.strip_prefix("////") {
        return Ok(format!("sqlite:/{}", path.trim_start_matches('/')));
    }
    if let Some(path) = rest.strip_prefix("///") {
        return three_slashes(path);
    }
    Ok(format!("sqlite:{}", rest.strip_prefix("//").unwrap_or(rest)))
}

fn three_slashes(path: &str) -> Result<String, String> {
    let relative = Path::new(path);
    let absolute = Path::new("/").join(relative);
    let has_folder = |path: &Path| path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir());
    let is_absolute = match (absolute.exists(), relative.exists()) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        // A new file.
        (false, false) if has_folder(&absolute) && !has_folder(relative) => Some(true),
        _ => None,
    };
    match is_absolute {
        Some(true) => Ok(format!("sqlite:{}", absolute.display())),
        Some(false) => Ok(format!("sqlite:{path}")),
        None => Err("is ambiguous with three slashes: write sqlite:PATH, with a path that is relative to the current \
                     directory or begins with one slash"
            .to_owned()),
    }
}

/// Removes parameters that ask a driver for Unicode, which Doorward always uses.
fn without_unicode_parameters(rest: &str) -> String {
    let Some((address, query)) = rest.split_once('?') else { return rest.to_owned() };
    let is_needed = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.to_ascii_lowercase();
        !(["charset", "encoding", "collation"].contains(&name)
            && UNICODE.iter().any(|unicode| value == *unicode || value.starts_with(&format!("{unicode}_"))))
    };
    let needed: Vec<&str> = query.split('&').filter(is_needed).collect();
    if needed.is_empty() { address.to_owned() } else { format!("{address}?{}", needed.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_other_libraries_have_one_meaning_or_are_refused() {
        for (url, own) in [
            ("sqlite:app.db", "sqlite:app.db"),
            ("sqlite:/data/app.db", "sqlite:/data/app.db"),
            ("sqlite://app.db", "sqlite:app.db"),
            ("sqlite:////data/app.db", "sqlite:/data/app.db"),
            ("sqlite+pysqlite:////data/app.db", "sqlite:/data/app.db"),
            ("SQLite:app.db", "sqlite:app.db"),
            // The folder of a unit test is that of its crate.
            ("sqlite:///Cargo.toml", "sqlite:Cargo.toml"),
            ("sqlite:///etc/passwd", "sqlite:/etc/passwd"),
            ("sqlite:///tmp/no-such-file.db", "sqlite:/tmp/no-such-file.db"),
            ("mysql+pymysql://u:p@h/x?charset=utf8mb4", "mysql://u:p@h/x"),
            ("mysql+mysqldb://u@h/x?charset=utf8&ssl-mode=REQUIRED", "mysql://u@h/x?ssl-mode=REQUIRED"),
            ("mysql2://u:p@h:1/x?encoding=utf8mb4&collation=utf8mb4_unicode_ci", "mysql://u:p@h:1/x"),
            ("mariadb+mariadbconnector://h/x", "mysql://h/x"),
            ("mysql://h/x?charset=latin1", "mysql://h/x?charset=latin1"),
        ] {
            assert_eq!(in_own_form(url).as_deref(), Ok(own), "{url}");
        }
        for (url, told) in [
            ("sqlite:///app.db", "three slashes"),
            ("sqlite+aiosqlite:///app.db", "three slashes"),
            ("jdbc:mysql://h/x?user=canary", "JDBC"),
            ("jdbc:sqlite:canary.db", "JDBC"),
            ("file:canary.db", "sqlite:"),
            ("postgres://canary@h/x", "not supported"),
            ("postgresql+psycopg2://canary@h/x", "not supported"),
            ("canary.db", "sqlite:PATH"),
            ("C:\\canary.db", "sqlite:PATH"),
            ("", "sqlite:PATH"),
        ] {
            let problem = in_own_form(url).unwrap_err();
            assert!(problem.contains(told) && !problem.contains("canary"), "{url}: {problem}");
        }
    }
}
