//! The table of all configuration keys: name, kind, default and meaning.
//!
//! The loader, `config show` and `docs/configuration.md` all use this table.

/// The kind of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    Text,
    /// A database URL: text that may contain a password.
    SecretUrl,
    /// An integer, not negative.
    Number,
    Boolean,
    /// A number and a unit: `ms`, `s`, `m`, `h` or `d`.
    Duration,
    /// Texts: an array in the file, separated by commas in the environment.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A configuration key.
#[derive(Debug)]
pub struct Key {
    /// `section.name`, as in the file.
    pub path: &'static str,
    pub kind: KeyType,
    /// The value as written in the environment.
    pub default: &'static str,
    /// A short description for the reference.
    pub meaning: &'static str,
}

const fn key(path: &'static str, kind: KeyType, default: &'static str, meaning: &'static str) -> Key {
    Key { path, kind, default, meaning }
}

/// All keys, in the order of the documentation.
pub const KEYS: [Key; 39] = [
    key("server.listen", KeyType::Text, "127.0.0.1:5000", "Address and port to listen on."),
    key(
        "server.public_url",
        KeyType::Text,
        "",
        "The URL that browsers use, as in `https://accounts.example.com`; empty when it is the listening address. With \
         `https`, the session cookie is `__Host-session` and `Secure`.",
    ),
    key(
        "server.trusted_proxies",
        KeyType::List,
        "",
        "Addresses and networks of the proxies in front, as in `10.0.0.5` or `10.0.0.0/8`: what they say of the client's \
         address in `X-Forwarded-For` or `Forwarded` is believed, and nobody else's word is.",
    ),
    key(
        "server.proxy_protocol",
        KeyType::Boolean,
        "false",
        "Whether the trusted proxies begin each connection with a header of the PROXY protocol, version 1 or 2.",
    ),
    key(
        "server.tls_certificate",
        KeyType::Text,
        "",
        "The file of the server's certificate chain in PEM; empty when connections are not encrypted here. Read again at \
         SIGHUP.",
    ),
    key("server.tls_key", KeyType::Text, "", "The file of the certificate's private key in PEM."),
    key(
        "server.cors_origins",
        KeyType::List,
        "",
        "Other origins whose pages may ask with the user's cookies, as in `https://app.example.com`.",
    ),
    key(
        "database.url",
        KeyType::SecretUrl,
        "sqlite:doorward.db",
        "`sqlite:PATH`, or `mysql://USER:PASSWORD@HOST:PORT/DATABASE` for MySQL and MariaDB. `DATABASE_URL` is honoured.",
    ),
    key(
        "database.connections",
        KeyType::Number,
        "16",
        "Connections to MySQL at most, 1 to 1000; on SQLite, readers at most.",
    ),
    key(
        "database.timeout",
        KeyType::Duration,
        "1500ms",
        "How long a request waits for the database before it is answered with 503.",
    ),
    key(
        "database.migrate",
        KeyType::Boolean,
        "true",
        "Create and migrate the tables at start. When false, `doorward migrate up` does it.",
    ),
    key(
        "password.min_length",
        KeyType::Number,
        "15",
        "Shortest new password in characters, 8 to 1024: on `/api/v1`, and on the old routes where the policy is enforced \
         (see `compat.password_policy`).",
    ),
    key(
        "password.blocklist",
        KeyType::Text,
        "",
        "A file that `doorward breached build` has made: no password of its list may be chosen. Empty: none but those of \
         the list in the program. See [Passwords](passwords.md).",
    ),
    key(
        "hashing.scheme",
        KeyType::Choice(&["argon2id", "pbkdf2-sha256", "bcrypt"]),
        "argon2id",
        "How new passwords are hashed. Hashes of all kinds that `docs/password-hashes.md` lists are read, whatever this says.",
    ),
    key("hashing.argon2_memory_kib", KeyType::Number, "19456", "argon2id: memory in KiB."),
    key("hashing.argon2_iterations", KeyType::Number, "2", "argon2id: passes over the memory."),
    key("hashing.argon2_parallelism", KeyType::Number, "1", "argon2id: lanes."),
    key("hashing.pbkdf2_iterations", KeyType::Number, "600000", "pbkdf2-sha256: iterations."),
    key("hashing.bcrypt_cost", KeyType::Number, "12", "bcrypt: base-2 logarithm of the rounds, 4 to 15."),
    key("hashing.threads", KeyType::Number, "0", "Threads that hash; 0 means one for each core."),
    key(
        "hashing.max_wait",
        KeyType::Duration,
        "3s",
        "How long a request may wait for its hash. One that would wait longer is refused at once, with 503.",
    ),
    key("session.idle_timeout", KeyType::Duration, "24h", "A session that is not used for so long ends."),
    key("session.absolute_timeout", KeyType::Duration, "30d", "A session ends after so long, however much it is used."),
    key(
        "session.admin_idle_timeout",
        KeyType::Duration,
        "1h",
        "As `idle_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "session.admin_absolute_timeout",
        KeyType::Duration,
        "12h",
        "As `absolute_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "signup.enabled",
        KeyType::Boolean,
        "true",
        "Whether anybody may sign up. Administrators and `doorward user create` always can.",
    ),
    key(
        "signup.reserved_names",
        KeyType::List,
        "",
        "Names that nobody may sign up with, beside those that are reserved in the program. See [Names](names.md).",
    ),
    key(
        "throttle.enabled",
        KeyType::Boolean,
        "true",
        "Whether guessing at passwords is slowed down. False for benchmarks alone. See [Throttling](throttling.md).",
    ),
    key(
        "secrets.path",
        KeyType::Text,
        "",
        "The file of the secrets, the same on every node; made at first use. Empty: `DATABASE.secrets` beside an SQLite \
         database, else `doorward.secrets`. See [Secrets](secrets.md).",
    ),
    key("compat.enabled", KeyType::Boolean, "true", "Whether the routes of the two old contracts are there."),
    key(
        "compat.login",
        KeyType::Choice(&["signup-login", "user-crud"]),
        "signup-login",
        "Which of the two contracts `POST /login` speaks.",
    ),
    key(
        "compat.password_policy",
        KeyType::Choice(&["accept", "enforce"]),
        "accept",
        "On the old routes: `accept` any password of 1 to 1024 characters, as the old applications did, or `enforce` the \
         policy of the section `password`.",
    ),
    key(
        "adopt.from",
        KeyType::SecretUrl,
        "",
        "The old application's database while it still runs: a URL as in `database.url`, or `same` when its table is in \
         Doorward's own database. Empty: no link to an old application. See [Adoption](adoption.md).",
    ),
    key("adopt.table", KeyType::Text, "", "The old table's name; empty when it is `users` or `user`."),
    key(
        "adopt.columns",
        KeyType::Text,
        "",
        "The old table's columns, as in `id=number,username=login,password=hash,role=kind`, where they have other names \
         than `id`, `username`, `password` and `role`; and who is shut out there, as in `disabled=status!active`.",
    ),
    key(
        "adopt.write_back",
        KeyType::Boolean,
        "false",
        "Whether sign-ups and changes of passwords are also written to the old table, so that going back loses nothing.",
    ),
    key(
        "audit.retention",
        KeyType::Duration,
        "365d",
        "How long events stay in the audit trail, a day at least; `0s` keeps them for ever. See [Audit trail](audit.md).",
    ),
    key(
        "log.level",
        KeyType::Choice(&["error", "warn", "info", "debug", "trace"]),
        "info",
        "Least severe level that is logged. `debug` has a line a request.",
    ),
    key("log.format", KeyType::Choice(&["text", "json"]), "text", "Log lines for people, or one JSON object a line."),
];

/// Returns the environment variable that sets the key `path`.
#[must_use]
pub fn variable(path: &str) -> String {
    format!("DOORWARD_{}", path.replace('.', "__").to_ascii_uppercase())
}

/// Returns the reference of all keys, one Markdown table for each section: the generated part of
/// `docs/configuration.md`.
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
            KeyType::Text => "text".to_owned(),
            KeyType::SecretUrl => "URL, secret".to_owned(),
            KeyType::Number => "number".to_owned(),
            KeyType::Boolean => "true or false".to_owned(),
            KeyType::Duration => "duration".to_owned(),
            KeyType::List => "list of texts".to_owned(),
            KeyType::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        };
        let default = if key.default.is_empty() { "empty".to_owned() } else { format!("`{}`", key.default) };
        text.push_str(&format!("| `{}` | {kind} | {default} | {} |\n", key.path, key.meaning));
    }
    text
}
