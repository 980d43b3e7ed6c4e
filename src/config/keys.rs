//! The table of all configuration keys: name, kind, default and meaning.
//!
//! The loader, `config show` and [`super::reference`] all use this table.

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
pub const KEYS: [Key; 50] = [
    key("server.listen", KeyType::Text, "127.0.0.1:5000", "Address and port to listen on."),
    key(
        "server.public_url",
        KeyType::Text,
        "",
        "The URL that browsers use, such as `https://accounts.example.com` or `https://example.com/accounts`; empty if \
         it is the listening address. With `https`, the session cookie is `Secure` and its name begins with `__Host-`.",
    ),
    key(
        "server.hosts",
        KeyType::List,
        "",
        "Further hosts under which programs may send requests beside that of `server.public_url`, such as \
         `http://127.0.0.1:15000` or `doorward.internal:5000`. Browsers use `server.public_url`.",
    ),
    key(
        "server.trusted_proxies",
        KeyType::List,
        "",
        "Addresses and networks of the proxies in front, such as `10.0.0.5` or `10.0.0.0/8`. The client's address is \
         read from `X-Forwarded-For` or `Forwarded` only if one of them sends it.",
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
        "The file of the server's certificate chain in PEM; empty if Doorward does not terminate TLS. Read again at \
         SIGHUP.",
    ),
    key("server.tls_key", KeyType::Text, "", "The file of the certificate's private key in PEM."),
    key(
        "server.cors_origins",
        KeyType::List,
        "",
        "Other origins whose pages may use the API with the user's cookies, such as `https://app.example.com`, and \
         origins of apps, such as `capacitor://localhost`.",
    ),
    key(
        "server.hsts_subdomains",
        KeyType::Boolean,
        "false",
        "Whether browsers must use https for all subdomains of the public host too (`includeSubDomains`).",
    ),
    key(
        "server.keep_alive",
        KeyType::Duration,
        "30s",
        "How long a connection stays open without a request. Must be longer than the time for which a proxy in front \
         keeps its connections.",
    ),
    key(
        "database.url",
        KeyType::SecretUrl,
        "sqlite:doorward.db",
        "`sqlite:PATH`, or `mysql://USER:PASSWORD@HOST:PORT/DATABASE` for MySQL and MariaDB. `DATABASE_URL` sets it \
         too.",
    ),
    key(
        "database.connections",
        KeyType::Number,
        "16",
        "Maximum number of connections to MySQL, 1 to 1000; on SQLite, maximum number of readers.",
    ),
    key(
        "database.timeout",
        KeyType::Duration,
        "1500ms",
        "How long a request waits for the database before the response is 503.",
    ),
    key(
        "database.migrate",
        KeyType::Boolean,
        "true",
        "Create and migrate the tables at start. If false, run `doorward migrate up`.",
    ),
    key(
        "password.min_length",
        KeyType::Number,
        "15",
        "Minimum length of a new password in characters, 8 to 1024: on `/api/v1`, and on the legacy routes if they \
         enforce the policy (see `compat.password_policy`).",
    ),
    key(
        "password.blocklist",
        KeyType::Text,
        "",
        "A file from `doorward breached build`, whose passwords are rejected. Empty: only the built-in list applies. \
         See [Passwords](passwords.md).",
    ),
    key(
        "hashing.scheme",
        KeyType::Choice(&["argon2id", "pbkdf2-sha256", "bcrypt"]),
        "argon2id",
        "How new passwords are hashed. All formats in `docs/password-hashes.md` are verified, whatever this value.",
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
        "How long a request may wait for its hash. A request that would wait longer is rejected at once with 503.",
    ),
    key(
        "session.cookie_name",
        KeyType::Text,
        "session",
        "The name of the session cookie. With an https `server.public_url`, `__Host-` precedes it.",
    ),
    key("session.idle_timeout", KeyType::Duration, "24h", "A session ends after this time without use."),
    key("session.absolute_timeout", KeyType::Duration, "30d", "A session ends after this time, even if it is used."),
    key(
        "session.admin_idle_timeout",
        KeyType::Duration,
        "1h",
        "Like `idle_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "session.admin_absolute_timeout",
        KeyType::Duration,
        "12h",
        "Like `absolute_timeout`, for users whose role holds an administrative permission.",
    ),
    key(
        "signup.enabled",
        KeyType::Boolean,
        "true",
        "Whether anyone may sign up. Administrators and `doorward user create` can always create users.",
    ),
    key(
        "signup.reserved_names",
        KeyType::List,
        "",
        "Additional names that are rejected at sign-up. See [Names](names.md).",
    ),
    key(
        "throttle.enabled",
        KeyType::Boolean,
        "true",
        "Whether the rate limit for logins is on. Set it to false only for benchmarks. See \
         [Throttling](throttling.md).",
    ),
    key(
        "throttle.alert_failures",
        KeyType::Number,
        "100",
        "How many failed logins within five minutes are reported as a possible attack, 1 to 1000000; 0 reports none. See \
         [Audit log](audit.md#an-attack).",
    ),
    key(
        "secrets.path",
        KeyType::Text,
        "",
        "The secrets file, the same on every node; created at first use. Empty: `DATABASE.secrets` beside an SQLite \
         database, otherwise `doorward.secrets`. See [Secrets](secrets.md).",
    ),
    key("compat.enabled", KeyType::Boolean, "true", "Whether the routes of the two legacy contracts exist."),
    key(
        "compat.login",
        KeyType::Choice(&["signup-login", "user-crud"]),
        "signup-login",
        "The contract of `POST /login`.",
    ),
    key(
        "compat.password_policy",
        KeyType::Choice(&["accept", "enforce"]),
        "accept",
        "On the legacy routes: `accept` any password of 1 to 1024 characters, as the legacy applications did, or \
         `enforce` the policy of the section `password`.",
    ),
    key(
        "adopt.from",
        KeyType::SecretUrl,
        "",
        "The legacy application's database while both run: a URL as in `database.url`, or `same` if its table is in \
         Doorward's own database. Empty: no sync with a legacy application. See [Adoption](adoption.md).",
    ),
    key("adopt.table", KeyType::Text, "", "The legacy table's name; empty if it is `users` or `user`."),
    key(
        "adopt.columns",
        KeyType::Text,
        "",
        "The legacy table's columns, such as `id=number,username=login,password=hash,role=kind`, if their names are \
         not `id`, `username`, `password` and `role`. The entry `disabled=status!active` names the users that are shut out.",
    ),
    key(
        "adopt.form",
        KeyType::Text,
        "",
        "How the hashes in the legacy table were computed, if their salt or algorithm is in a column of its own: \
         `md5(salt.pass)`. See [Password hashes](password-hashes.md#recipes).",
    ),
    key(
        "adopt.pre_hash",
        KeyType::Text,
        "",
        "What the legacy application hashed instead of the password: `sha256`, `base64(hmac-sha384(pepper,pass))`, \
         `pass.pepper`.",
    ),
    key(
        "adopt.pepper_path",
        KeyType::Text,
        "",
        "The file with the pepper of the legacy application, for recipes with `pepper`. It is needed until the last user \
         with such a hash has logged in, also without `adopt.from`.",
    ),
    key(
        "adopt.firebase_path",
        KeyType::Text,
        "",
        "The file with the password hash parameters of a Firebase project, as its console shows them.",
    ),
    key(
        "adopt.repair",
        KeyType::Text,
        "",
        "The repair of damaged names in the legacy table: `utf8`, `entities` or `utf8,entities`; `none` keeps names that look \
         damaged. Empty: such rows are not adopted.",
    ),
    key(
        "adopt.write_back",
        KeyType::Boolean,
        "false",
        "Whether sign-ups and password changes are also written to the legacy table, so that going back loses nothing.",
    ),
    key(
        "audit.retention",
        KeyType::Duration,
        "365d",
        "How long events stay in the audit log, at least one day; `0s` keeps them forever. See [Audit log](audit.md).",
    ),
    key(
        "log.level",
        KeyType::Choice(&["error", "warn", "info", "debug", "trace"]),
        "info",
        "Least severe level that is logged. `debug` logs one line for each request.",
    ),
    key("log.format", KeyType::Choice(&["text", "json"]), "text", "Log lines for people, or one JSON object a line."),
    key(
        "metrics.listen",
        KeyType::Text,
        "",
        "Address and port of `/metrics` for Prometheus, such as `127.0.0.1:9464`; empty if there is none. Must not be \
         public. See [Metrics](metrics.md).",
    ),
];
