//! `doorward breached`: builds a filter from a list, and the server refuses the listed passwords.

use doorward_test_macros::async_test;
use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use doorward::model::{Blocklist, BlocklistKey, BlocklistProblem};
use proptest::{prelude::*, test_runner::Config};
use serde_json::json;

use super::one_line;
use crate::support::{Database, Program, Site, program::Ran};

/// The binary in its own folder, without configuration.
struct Bench {
    database: Database,
    program: Program,
}

impl Bench {
    fn new() -> Self {
        let database = Database::sqlite();
        Self { program: Program::bare(&database), database }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.database.folder().join(name)
    }

    fn builds(&self, list: &[u8], flags: &[&str]) -> Ran {
        fs::write(self.path("list"), list).unwrap();
        self.program.run(&[["breached", "build", "--from", "list", "--to", "filter"].as_slice(), flags].concat())
    }

    fn built(&self) -> Blocklist {
        Blocklist::from_bytes(&fs::read(self.path("filter")).unwrap()).unwrap()
    }

    fn checks(&self, arguments: &[&str], password: &str) -> Ran {
        let arguments = [["breached", "check", "--password-stdin"].as_slice(), arguments].concat();
        self.program.run_with_input(&arguments, password.as_bytes())
    }
}

#[test]
fn lines_become_a_filter_and_invalid_ones_are_counted() {
    let bench = Bench::new();
    let long = "long ".repeat(300);
    let list = [
        b"Sunny Harbour Nights\r\nsunny harbour nights\n\n\xff\xfe not text\n  blanks count \n".as_slice(),
        "Größenwahn und Kälte\n".as_bytes(),
        long.as_bytes(),
        b"\nthe last line has no end",
    ];
    let ran = bench.builds(&list.concat(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let size = fs::metadata(bench.path("filter")).unwrap().len();
    let first = "8 lines: 4 different passwords; 1 empty lines and 2 that cannot be a password left out";
    assert_eq!(ran.stdout, format!("{first}\nfilter: {size} bytes\n"));
    let list = bench.built();
    assert_eq!(list.entries(), 4);
    for listed in [
        "Sunny Harbour Nights",
        "SUNNY HARBOUR NIGHTS",
        "sunny harbour nights",
        "  blanks count ",
        "gro\u{308}ßenwahn und KÄLTE",
        "the last line has no end",
    ] {
        assert!(list.lists(listed), "{listed}");
    }
    for other in ["Sunny Harbour Night", "sunny harbour nights\r", "blanks count", "", "the last line has no en"] {
        assert!(!list.lists(other), "{other}");
    }
}

#[test]
fn sha1_values_are_read_in_the_form_of_public_lists() {
    let bench = Bench::new();
    // SHA-1 of `password`, of `P@ssw0rd` and of `Hunter2`, in either case, with and without a count.
    let list = b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179\r\n21bd12dc183f740ee76f27b78eb39c8ad972a757\n\
                 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD\nnot hexadecimal, but of forty characters\n:3\n";
    let ran = bench.builds(list, &["--sha1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("5 lines: 2 different passwords; 0 empty lines and 3 that cannot be a SHA-1 "));
    let list = bench.built();
    // A listed password in lower case is found in capitals too. A SHA-1 of capitals does not cover lower case.
    for (password, is_listed) in
        [("password", true), ("PassWord", true), ("P@ssw0rd", true), ("p@ssw0rd", false), ("Hunter2", false)]
    {
        assert_eq!(list.lists(password), is_listed, "{password}");
    }
}

#[test]
fn a_password_can_be_looked_up() {
    let bench = Bench::new();
    bench.builds(b"a harbour of our own\n", &[]);
    for arguments in [["--file", "filter"].as_slice(), &[]] {
        let ran = bench.checks(arguments, "a harbour of nobody\n");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.starts_with("the password is none of the "), "{ran:?}");
    }
    assert!(bench.checks(&[], "a harbour of nobody").stdout.contains("393124"));
    let refused = "refused: the password is on the list";
    assert_eq!(one_line(&bench.checks(&["--file", "filter"], "A Harbour of Our Own\n"), 1), refused);
    assert_eq!(one_line(&bench.checks(&[], "Manchesterunited"), 1), refused);
}

#[test]
fn the_filter_file_is_written_whole_or_not_at_all() {
    let bench = Bench::new();
    fs::write(bench.path("filter"), "what was there").unwrap();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(bench.database.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(one_line(&bench.builds(b"\n\xff\n", &[]), 1), "refused: list: it contains no password");
    assert_eq!(fs::read(bench.path("filter")).unwrap(), b"what was there");
    let absent = bench.program.run(&["breached", "build", "--from", "absent", "--to", "filter"]);
    assert!(one_line(&absent, 1).starts_with("error: absent: "));
    let nowhere = bench.program.run(&["breached", "build", "--from", "list", "--to", "no/folder"]);
    assert!(one_line(&nowhere, 1).starts_with("refused: list: "), "{nowhere:?}");
    fs::write(bench.path("list"), "one\n").unwrap();
    let nowhere = bench.program.run(&["breached", "build", "--from", "list", "--to", "no/folder"]);
    assert!(one_line(&nowhere, 1).starts_with("error: no/folder: "), "{nowhere:?}");
    assert_eq!(bench.builds(b"one\n", &[]).code, 0);
    assert_eq!(names(), ["filter", "list"]);
    assert_eq!(fs::metadata(bench.path("filter")).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(bench.program.run(&["breached", "build", "--from", "list"]).code, 2);
}

#[test]
fn a_damaged_filter_file_is_refused_at_the_start_by_the_keys_name() {
    let bench = Bench::new();
    bench.builds(b"a harbour of our own\nanother\n", &[]);
    let whole = fs::read(bench.path("filter")).unwrap();
    let program = bench.program.clone().set("password.blocklist", "filter");
    assert_eq!(program.run(&["config", "check"]).code, 0);
    let mut other_version = whole.clone();
    other_version[8] = 2;
    for (bytes, why) in [
        (whole[..whole.len() - 1].to_vec(), "it is damaged"),
        (whole[..9].to_vec(), "it is damaged"),
        ([whole.as_slice(), b"x"].concat(), "it is damaged"),
        (other_version, "it is of another version of the format; rebuild it with `doorward breached build`"),
        (b"password\n".to_vec(), "it is not a file of `doorward breached build`"),
        (Vec::new(), "it is not a file of `doorward breached build`"),
    ] {
        fs::write(bench.path("filter"), bytes).unwrap();
        let said = format!("the file cannot be used: {why}");
        for command in [["config", "check"].as_slice(), &["serve"], &["user", "list"]] {
            let ran = program.run(command);
            let line = one_line(&ran, 1);
            assert!(line.contains("`password.blocklist`") && line.ends_with(&said), "{line}");
        }
        assert!(one_line(&bench.checks(&["--file", "filter"], "x"), 1).ends_with(why));
    }
    fs::remove_file(bench.path("filter")).unwrap();
    let ran = program.run(&["serve"]);
    assert!(one_line(&ran, 1).contains("`password.blocklist` (from DOORWARD_PASSWORD__BLOCKLIST): the file cannot be"));
    // `hash` does not read the filter.
    assert_eq!(program.run_with_input(&["hash", "identify", "--stdin"], b"").code, 0);
}

#[test]
fn every_changed_bit_of_the_filter_file_is_detected() {
    let keys = ["one", "two", "three"].map(BlocklistKey::of).to_vec();
    let whole = Blocklist::build(keys).unwrap().to_bytes();
    for at in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(Blocklist::from_bytes(&bytes).is_err(), "bit {at}");
    }
    assert_eq!(Blocklist::from_bytes(&whole).unwrap().entries(), 3);
    assert!(matches!(Blocklist::build(Vec::new()), Err(BlocklistProblem::Empty)));
}

// An attacker who can write the file can also write its checksum. Inconsistent numbers must not crash the server.
#[test]
fn inconsistent_numbers_in_a_filter_file_are_refused() {
    use sha2::Digest as _;
    let whole = Blocklist::build(vec![BlocklistKey::of("one")]).unwrap().to_bytes();
    let content = &whole[..whole.len() - 32];
    for (field, value) in [(12, 0), (12, 3), (12, 1 << 31), (32, 0), (32, 5), (32, u32::MAX), (36, 0), (36, 11)] {
        let mut bytes = content.to_vec();
        bytes[field..field + 4].copy_from_slice(&u32::to_le_bytes(value));
        let checksum = sha2::Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        assert_eq!(Blocklist::from_bytes(&bytes).err(), Some(BlocklistProblem::Damaged), "{field}: {value}");
    }
}

#[async_test]
async fn the_server_refuses_passwords_of_the_operators_list() {
    let bench = Bench::new();
    bench.builds(b"tangled kite brook\n", &[]);
    let file = bench.path("filter");
    let site = Site::builder().set("password.blocklist", file.to_str().unwrap());
    let site = site.set("compat.password_policy", "enforce").start().await;
    for (password, status) in [
        ("Tangled Kite Brook", 400),
        ("tangled kite brook 123", 201),
        ("tangled kite brook123", 400),
        ("manchesterunited", 400),
        ("tangled kite brooks", 201),
    ] {
        let body = json!({ "username": format!("of {password}"), "password": password });
        assert_eq!(site.anon().post("/signup", body).await.status, status, "{password}");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(24))]

    // Every listed password is found, in lower case and in capitals.
    #[test]
    fn every_line_of_the_list_is_found(lines in prop::collection::vec("[^\\r\\n]{1,40}", 1..60)) {
        let bench = Bench::new();
        let ran = bench.builds(lines.join("\n").as_bytes(), &[]);
        prop_assert_eq!(ran.code, 0, "{:?}", ran);
        let list = bench.built();
        for line in &lines {
            prop_assert!(list.lists(line), "{:?}", line);
            prop_assert!(list.lists(&line.to_lowercase()), "{:?}", line);
            prop_assert!(list.lists(&line.to_ascii_uppercase()), "{:?}", line);
        }
    }
}
