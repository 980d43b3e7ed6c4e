//! `doorward hash …`: identifies hashes, verifies passwords and measures the cost of hashing, without a database.

use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt as _, process::Command};

use doorward_password::{Password, Salt, Scratch, Settings};
use serde_json::{Value, json};

use super::one_line;
use crate::support::{Database, Program, program::Ran};

const CANARY: &str = "canary-of-a-password";

/// The binary in an empty folder, without configuration.
struct Bare {
    database: Database,
    program: Program,
}

impl Bare {
    fn new() -> Self {
        let database = Database::sqlite();
        Self { program: Program::bare(&database), database }
    }

    fn verify(&self, hash: &str, input: &[u8]) -> Ran {
        self.program.run_with_input(&["hash", "verify", "--password-stdin", "--", hash], input)
    }

    #[track_caller]
    fn fits(&self, hash: &str, input: &[u8]) -> bool {
        let ran = self.verify(hash, input);
        match (ran.code, ran.stdout.as_str(), ran.stderr.as_str()) {
            (0, "the password fits\n", "") => true,
            (1, "", "the password does not fit\n") => false,
            _ => panic!("{ran:?}"),
        }
    }

    #[track_caller]
    fn identifies(&self, hash: &str) -> Value {
        let ran = self.program.run(&["hash", "identify", "--json", "--", hash]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }
}

/// A cheap hash of `password`.
fn hash_of(password: &str) -> String {
    let settings = Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
    settings.hash_as_received(&Password::new(password.to_owned()), Salt([5; 16]), &mut Scratch::default()).unwrap()
}

#[test]
fn a_password_matches_a_hash_or_does_not() {
    let bare = Bare::new();
    let hash = hash_of("a password that is long");
    assert!(bare.fits(&hash, b"a password that is long\n"));
    for other in ["a password that is lon", "A password that is long", " a password that is long"] {
        assert!(!bare.fits(&hash, other.as_bytes()), "{other:?}");
    }
}

#[test]
fn an_existing_password_of_up_to_a_mebibyte_can_be_checked() {
    let bare = Bare::new();
    let longest = "🔑".repeat(1 << 18);
    let hash = hash_of(&longest);
    for input in [longest.clone(), format!("{longest}\n"), format!("\u{feff}{longest}\r\n")] {
        assert!(bare.fits(&hash, input.as_bytes()));
    }
    for input in [format!("{longest}x"), format!("{longest}\n\n"), "x".repeat(3 << 20)] {
        let line = "error: --password-stdin: standard input is longer than 1 MiB";
        assert_eq!(one_line(&bare.verify(&hash, input.as_bytes()), 1), line);
    }
    assert!(!one_line(&bare.verify(&hash, b"canary-of-a-password \xff"), 1).contains("canary"));
}

/// A string of every kind that is refused, with the reason.
const REFUSED: [(&str, &str); 11] = [
    ("an empty string", ""),
    ("a mark that disables password login", "!canary-of-a-hash"),
    ("a mark that disables password login", "*"),
    ("not a hash of a known scheme; possibly a plaintext password", "canary of a hash"),
    ("not a hash of a known scheme; possibly a plaintext password", "-canary"),
    ("a hash of an unknown scheme", "$nobody-knows$canary-of-a-hash"),
    ("a malformed hash string", "$2b$12$canary-of-a-hash"),
    ("a malformed hash string", "pbkdf2:sha256:canary-of-a-hash"),
    (
        "a hash whose cost is out of bounds",
        "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5",
    ),
    (
        "a hash whose cost is out of bounds",
        "pbkdf2:sha256:1000000000$canary$0000000000000000000000000000000000000000000000000000000000000000",
    ),
    ("a kind of hash that is never accepted", "{noop}canary-of-a-hash"),
];

#[test]
fn a_string_is_refused_before_the_password_is_requested() {
    let bare = Bare::new();
    for (why, hash) in REFUSED {
        // There is no terminal here, so asking for a password would print another message.
        for command in [["hash", "verify", "--", hash], ["hash", "identify", "--", hash]] {
            let ran = bare.program.run(&command);
            assert_eq!(one_line(&ran, 1), format!("refused: {why}"), "{command:?}");
        }
    }
    let endless = format!("$2b$12${}", "canary".repeat(10_000));
    assert!(one_line(&bare.program.run(&["hash", "verify", &endless]), 1).starts_with("refused: "));
    let ran = bare.program.run(&["hash", "verify", &hash_of(CANARY)]);
    assert_eq!(one_line(&ran, 1), "error: there is no terminal to ask for the password: use --password-stdin");
}

#[test]
fn a_string_that_is_not_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["verify", "identify"] {
        let mut run = Command::new(env!("CARGO_BIN_EXE_doorward"));
        run.args(["hash", command, "--"]).arg(OsStr::from_bytes(b"$2b$canary-\xff")).env_clear();
        let output = run.current_dir(folder.path()).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()));
        assert_eq!(output.stderr, b"refused: not valid UTF-8, so not a hash\n");
    }
}

#[test]
fn a_string_that_begins_with_a_hyphen_needs_two_hyphens_before_it() {
    let bare = Bare::new();
    for command in ["verify", "identify"] {
        assert!(one_line(&bare.program.run(&["hash", command, "-canary"]), 2).starts_with("error: "));
        assert_eq!(bare.program.run(&["hash", command, "--", "-canary"]).code, 1);
    }
    // A hash that begins with a dollar sign needs none.
    assert_eq!(bare.program.run(&["hash", "identify", &hash_of("x")]).code, 0);
}

#[test]
fn neither_a_password_nor_a_hash_is_printed() {
    let bare = Bare::new();
    let hash = hash_of(CANARY);
    let tag = hash.rsplit_once('$').unwrap().1.to_owned();
    let wrong = hash_of("another");
    let mut printed = String::new();
    for ran in [
        bare.verify(&hash, CANARY.as_bytes()),
        bare.verify(&wrong, CANARY.as_bytes()),
        bare.verify(CANARY, CANARY.as_bytes()),
        bare.verify(&hash, b"canary-of-a-password \xff"),
        bare.program.run(&["hash", "verify", &hash]),
        bare.program.run(&["hash", "identify", &hash]),
        bare.program.run(&["hash", "identify", "--json", &hash]),
        bare.program.run_with_input(&["hash", "identify", "--stdin"], format!("{hash}\n{CANARY}\n").as_bytes()),
    ] {
        printed += &ran.stdout;
        printed += &ran.stderr;
    }
    assert!(printed.contains("argon2id") && printed.contains("the password does not fit"), "{printed}");
    for secret in ["canary", "Y2FuYXJ5", tag.as_str()] {
        assert!(!printed.contains(secret), "{secret} is in:\n{printed}");
    }
}

#[test]
fn identify_shows_the_scheme_and_whether_the_hash_is_kept() {
    let bare = Bare::new();
    let today = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    let facts = bare.identifies(today);
    assert_eq!(
        (&facts["scheme"], &facts["cost"], &facts["memory_kib"], &facts["strength"], &facts["replaced_at_next_login"]),
        (&json!("argon2id"), &json!("m=19456 t=2 p=1"), &json!(19456), &json!("strong"), &json!(false))
    );
    assert!(facts["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    let weak = bare.identifies(&hash_of("x"));
    assert_eq!((&weak["strength"], &weak["replaced_at_next_login"]), (&json!("weak"), &json!(true)));
    // Whether a hash is kept depends on the configuration.
    let dearer = Bare { program: bare.program.clone().set("hashing.argon2_memory_kib", "32768"), ..Bare::new() };
    assert_eq!(dearer.identifies(today)["replaced_at_next_login"], json!(true));
    let text = bare.program.run(&["hash", "identify", today]);
    for fact in ["argon2id", "m=19456 t=2 p=1", "19 MiB", "strong", "kept"] {
        assert!(text.stdout.contains(fact), "{fact} is not in:\n{}", text.stdout);
    }
}

#[test]
fn hashes_can_be_identified_line_by_line() {
    let bare = Bare::new();
    let hash = hash_of("x");
    let lines = |arguments: &[&str], input: &[u8]| bare.program.run_with_input(arguments, input);
    let ran = lines(&["hash", "identify", "--stdin"], format!("{hash}\n{hash}").as_bytes());
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.lines().count()), (0, "", 3), "{ran:?}");

    // Lines may end with one carriage return and a line feed, as in an export from Windows.
    let ran = lines(&["hash", "identify", "--stdin"], format!("{hash}\r\n{hash}\r\r\n").as_bytes());
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, 2), "{ran:?}");
    assert!(ran.stderr.starts_with("line 2: refused: ") && ran.stderr.lines().count() == 1, "{ran:?}");

    let long = [b"x".repeat(200_000), b"\n".to_vec()].concat();
    let input = [hash.as_bytes(), b"\n\ncanary-\xff\n", &long, hash.as_bytes(), b"\n"].concat();
    let ran = lines(&["hash", "identify", "--stdin"], &input);
    let starts = ["line 2: refused: an empty string", "line 3: refused: not valid UTF-8", "line 4: refused: "];
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, 3), "{ran:?}");
    assert!(ran.stderr.lines().zip(starts).all(|(line, start)| line.starts_with(start)), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), starts.len());

    let ran = lines(&["hash", "identify", "--stdin", "--json"], &input);
    let facts: Value = serde_json::from_str(&ran.stdout).unwrap();
    let numbers: Vec<_> = facts.as_array().unwrap().iter().map(|one| one["line"].as_u64().unwrap()).collect();
    assert_eq!((ran.code, numbers, ran.stderr.as_str()), (1, vec![1, 2, 3, 4, 5], ""));
    assert_eq!((&facts[4]["scheme"], &facts[1]["refused"]), (&json!("argon2id"), &json!("an empty string")));

    let ran = lines(&["hash", "identify", "--stdin", "--json"], b"");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "[]\n"));
    for wrong in [["hash", "identify", "--stdin", &hash].as_slice(), &["hash", "identify"], &["hash", "verify"]] {
        assert_eq!(one_line(&lines(wrong, b""), 2).split(':').next(), Some("error"), "{wrong:?}");
    }
}

#[test]
fn hash_commands_need_no_database_and_create_no_file() {
    let bare = Bare::new();
    let nowhere = bare.program.clone().set("database.url", "mysql://nobody@127.0.0.1:9/nothing");
    let hash = hash_of("secret");
    for program in [&bare.program, &nowhere] {
        assert_eq!(program.run_with_input(&["hash", "verify", "--password-stdin", &hash], b"secret").code, 0);
        assert_eq!(program.run(&["hash", "identify", &hash]).code, 0);
    }
    assert_eq!(std::fs::read_dir(bare.database.folder()).unwrap().count(), 0);
}

#[test]
fn calibration_compares_schemes_with_the_current_settings() {
    let bare = Bare::new();
    let program = bare.program.clone().set("hashing.threads", "1").set("hashing.argon2_memory_kib", "64");
    let ran = program.run(&["hash", "calibrate", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let facts: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&facts["threads"], &facts["today"]["parameters"]), (&json!(1), &json!("m=64 t=2 p=1")));
    let rows = facts["measured"].as_array().unwrap();
    let schemes: BTreeSet<_> = rows.iter().map(|row| row["scheme"].as_str().unwrap()).collect();
    assert_eq!(schemes, BTreeSet::from(["argon2id", "bcrypt", "pbkdf2-sha256"]));
    // The first row of argon2id is OWASP's minimum, however slow the machine.
    assert_eq!(rows[0]["parameters"], json!("m=19456 t=2 p=1"));
    for row in rows {
        let alone = row["milliseconds_alone"].as_f64().unwrap();
        assert_eq!(row["within_50_to_250_ms"], json!((50.0..=250.0).contains(&alone)), "{row}");
        let logins = row["logins_per_second"].as_f64().unwrap() * row["milliseconds_busy"].as_f64().unwrap();
        assert!((logins - 1000.0).abs() < 1.0, "{row}");
    }
    // The suggested lines are a valid configuration.
    let proposed = facts["configuration"].as_array().unwrap();
    assert_eq!(proposed.len(), 3);
    for lines in proposed {
        std::fs::write(bare.database.folder().join("doorward.toml"), lines.as_str().unwrap()).unwrap();
        let checked = bare.program.run(&["config", "check"]);
        assert_eq!(checked.code, 0, "{lines}: {checked:?}");
    }
}
