//! Every configuration key there is: its name, its kind, its default and what it means, in one table.
//!
//! The loader, `config show` and `docs/configuration.md` are all made from this table.

/// What a key's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// A database URL: text that may hold a password.
    SecretUrl,
    /// A whole number, not negative.
    Number,
    Boolean,
    /// A number and a unit: `ms`, `s`, `m`, `h` or `d`.
    Duration,
    /// Texts: an array of them in the file, separated by commas in the environment.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A configuration key.
#[derive(Debug)]
pub struct Key {
    /// `section.name`, as in the file.
    pub path: &'static str,
    pub kind: Kind,
    /// As it would be written in the environment.
    pub default: &'static str,
    /// One sentence for the reference.
    pub meaning: &'static str,
}

const fn key(path: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key { path, kind, default, meaning }
}

/// All keys, in the order in which they are documented.
pub const KEYS: [Key; 39] = [
    key("server.listen", Kind::Text, "127.0.0.1:5000", "Address and port to listen on."),
    key(
        "server.public_url",
        Kind::Text,
        "",
        "The URL that browsers use, such as `https://accounts.example.com`; empty if it is the listening address. \
         With `https`, the session cookie is `Secure` and its name is `__Host-session`.",
    ),
    key(
        "server.trusted_proxies",
        Kind::List,
        "",
        "Addresses and networks of the proxies in front, such as `10.0.0.5` or `10.0.0.0/8`. The client's address is \
         read from `X-Forwarded-For` or `Forwarded` only if one of them sends it.",
    ),
    key(
        "server.proxy_protocol",
        Kind::Boolean,
        "false",
        "Whether the trusted proxies begin each connection with a header of the PROXY protocol, version 1 or 2.",
    ),
    key(
        "server.tls_certificate",
        Kind::Text,
        "",
        "The file of the server's certificate chain in PEM; empty if Doorward does not terminate TLS. Read again at \
         SIGHUP.",
    ),
    key("server.tls_key", Kind::Text, "", "The file of the certificate's private key in PEM."),
    key(
        "server.cors_origins",
        Kind::List,
        "",
        "Other origins whose pages may use the API with the user's cookies, such as `https://app.example.com`.",
    ),
    key(
        "database.url",
        Kind::SecretUrl,
        "sqlite:doorward.db",
        "`sqlite:PATH`, or `mysql://USER:PASSWORD@HOST:PORT/DATABASE` for MySQL and MariaDB. `DATABASE_URL` sets it \
         too.",
    ),
    key(
        "database.connections",
        Kind::Number,
        "16",
        "Maximum number of connections to MySQL, 1 to 1000; on SQLite, maximum number of readers.",
    ),
    key(
        "database.timeout",
        Kind::Duration,
        "1500ms",
        "How long a request waits for the database before the response is 503.",
    ),
    key(
        "database.migrate",
        Kind::Boolean,
        "true",
        "Create and migrate the tables at start. If false, run `doorward migrate up`.",
    ),
    key(
        "password.min_length",
        Kind::Number,
        "15",
        "Minimum length of a new password in characters, 8 to 1024: on `/api/v1`, and on the legacy routes if they \
         enforce the policy (see `compat.password_policy`).",
    ),
    key(
        "password.blocklist",
        Kind::Text,
        "",
        "A file from `doorward breached build`, whose passwords are rejected. Empty: only the built-in list applies. \
         See [Passwords](passwords.md).",
    ),
    key(
        "hashing.scheme",
        Kind::Choice(&["argon2id", "pbkdf2-sha256", "bcrypt"]),
        "argon2id",
        "How new passwords are hashed. All formats in `docs/password-hashes.md` are verified, whatever this value.",
    ),
    key("hashing.argon2_memory_kib", Kind::Number, "19456", "argon2id: memory in KiB."),
    key("hashing.argon2_iterations", Kind::Number, "2", "argon2id: passes over the memory."),
    key("hashing.argon2_parallelism", Kind::Number, "1", "argon2id: lanes."),
    key("hashing.pbkdf2_iterations", Kind::Number, "600000", "pbkdf2-sha256: iterations."),
    key("hashing.bcrypt_cost", Kind::Number, "12", "bcrypt: base-2 logarithm of the rounds, 4 to 15."),
    key("hashing.threads", Kind::Number, "0", "Threads that hash; 0 means one for each core."),
    key(
        "hashing.max_wait",
        Kind::Duration,
        "3s",
        "How long a request may wait for its hash. A request that would wait longer is rejected at once with 503.",
    ),
    key("session.idle_timeout", Kind::Duration, "24h", "A session ends after this time without use."),
    key("session.absolute_timeout", Kind::Duration, "30d", "A session ends after this time, even if it is used."),
    key(
        "session.admin_idle_timeout",
        Kind::Duration,
        "1h",
        "Like `idle_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "session.admin_absolute_timeout",
        Kind::Duration,
        "12h",
        "Like `absolute_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "signup.enabled",
        Kind::Boolean,
        "true",
        "Whether anyone may sign up. Administrators and `doorward user create` can always create users.",
    ),
    key(
        "signup.reserved_names",
        Kind::List,
        "",
        "Additional names that are rejected at sign-up. See [Names](names.md).",
    ),
    key(
        "throttle.enabled",
        Kind::Boolean,
        "true",
        "Whether the rate limit for logins is on. Set it to false only for benchmarks. See \
         [Throttling](throttling.md).",
    ),
    key(
        "secrets.path",
        Kind::Text,
        "",
        "The secrets file, the same on every node; created at first use. Empty: `DATABASE.secrets` beside an SQLite \
         database, otherwise `doorward.secrets`. See [Secrets](secrets.md).",
    ),
    key("compat.enabled", Kind::Boolean, "true", "Whether the routes of the two legacy contracts exist."),
    key("compat.login", Kind::Choice(&["signup-login", "user-crud"]), "signup-login", "The contract of `POST /login`."),
    key(
        "compat.password_policy",
        Kind::Choice(&["accept", "enforce"]),
        "accept",
        "On the legacy routes: `accept` any password of 1 to 1024 characters, as the legacy applications did, or \
         `enforce` the policy of the section `password`.",
    ),
    key(
        "adopt.from",
        Kind::SecretUrl,
        "",
        "The legacy application's database while both run: a URL as in `database.url`, or `same` if its table is in \
         Doorward's own database. Empty: no sync with a legacy application. See [Adoption](adoption.md).",
    ),
    key("adopt.table", Kind::Text, "", "The legacy table's name; empty if it is `users` or `user`."),
    key(
        "adopt.columns",
        Kind::Text,
        "",
        "The legacy table's columns, such as `id=number,username=login,password=hash,role=kind`, if their names are \
         not `id`, `username`, `password` and `role`.",
    ),
    key(
        "adopt.write_back",
        Kind::Boolean,
        "false",
        "Whether sign-ups and password changes are also written to the legacy table, so that going back loses nothing.",
    ),
    key(
        "audit.retention",
        Kind::Duration,
        "365d",
        "How long events stay in the audit log, at least one day; `0s` keeps them forever. See [Audit log](audit.md).",
    ),
    key(
        "log.level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        "info",
        "Least severe level that is logged. `debug` logs one line for each request.",
    ),
    key("log.format", Kind::Choice(&["text", "json"]), "text", "Log lines for people, or one JSON object a line."),
];

/// The environment variable that sets the key `path`.
#[must_use]
pub fn variable(path: &str) -> String {
    format!("DOORWARD_{}", path.replace('.', "__").to_ascii_uppercase())
}

/// The reference of all keys, as Markdown tables, one a section: the part of `docs/configuration.md` that is generated.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    let mut section = "";
    for key in &KEYS {
        let of = key.path.split('.').next().unwrap_or_default();
        if of != section {
            section = of;
            text.push_str(&format!(
                "\n### `[{section}]`\n\n| key | kind | default | meaning |\n| --- | --- | --- | --- |\n"
            ));
        }
        let kind = match key.kind {
            Kind::Text => "text".to_owned(),
            Kind::SecretUrl => "URL, secret".to_owned(),
            Kind::Number => "number".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Duration => "duration".to_owned(),
            Kind::List => "list of texts".to_owned(),
            Kind::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        };
        let default = if key.default.is_empty() { "empty".to_owned() } else { format!("`{}`", key.default) };
        text.push_str(&format!("| `{}` | {kind} | {default} | {} |\n", key.path, key.meaning));
    }
    text
}
