//! The secrets file: its permissions, and its creation and change.

use doorward_test_macros::async_test;
use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    path::Path,
    sync::Barrier,
};

use doorward::{
    app::{Missing, Purpose, Secrets, SecretsFile},
    config::Config,
    model::{Rng, SecretKey},
};

use super::keys;
use crate::support::{Database, Program, Site};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn config(path: &Path) -> Config {
    let database = Database::sqlite();
    Site::builder().set("secrets.path", path.to_str().unwrap()).config(&database)
}

fn key() -> SecretKey {
    SecretKey::new(Rng::system().bytes().unwrap())
}

fn change(path: &Path, rng: &Rng) -> doorward::Result<()> {
    SecretsFile::of(&config(path)).change(rng, |document| {
        document.begin(Purpose::Adopt, key());
        Ok(())
    })
}

fn load(path: &Path, missing: Missing) -> doorward::Result<Secrets> {
    Secrets::load(&config(path), missing, &Rng::system())
}

#[async_test]
async fn the_server_creates_the_secrets_file_and_reading_commands_do_not() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let path = database.secrets_file();
    assert_eq!(program.run(&["migrate", "up"]).code, 0);
    assert_eq!(program.run_with_input(&["user", "create", "ann", "--password-stdin"], b"the password of ann").code, 0);
    for command in [&["user", "list"][..], &["secret", "list"], &["config", "check"], &["doctor"], &["adopt", "status"]]
    {
        program.run(command);
        assert!(!path.exists(), "{command:?}");
    }
    drop(program.serve().stop());
    let made = fs::read_to_string(&path).unwrap();
    assert_eq!((mode(&path), keys(&path).len()), (0o600, 1), "{made}");
    assert!(made.contains("[throttle]\ncurrent = 1\n1 = "), "{made}");
    assert!(!made.contains("pepper"), "{made}");
    drop(program.serve().stop());
    assert_eq!(fs::read_to_string(&path).unwrap(), made);
    let beside = fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = beside.filter(|name| name.to_str().unwrap().contains("secrets.")).collect();
    assert!(left.is_empty(), "{left:?}");
}

// F8, and ASVS 13.3.2: only its owner can read it.
#[test]
fn a_secrets_file_that_others_can_read_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    load(&path, Missing::Made).unwrap();
    let key = keys(&path).remove(0);
    for (mode, is_right) in
        [(0o600, true), (0o400, true), (0o604, false), (0o602, false), (0o620, false), (0o666, false)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let loaded = load(&path, Missing::Made);
        assert_eq!(loaded.is_ok(), is_right, "{mode:o}");
        if let Err(error) = loaded {
            let text = error.to_string();
            assert!(text.contains(&format!("chmod 600 {}", path.display())) && !text.contains(&key), "{text}");
        }
    }
}

#[test]
fn an_invalid_secrets_file_is_refused_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    for content in [&b""[..], b"\xff\xfe", b"[throttle", b"[throttle]\ncurrent = 1\n1 = \"\"\n", &[b'#'; 70_000]] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for missing in [Missing::Made, Missing::Left] {
            let text = load(&path, missing).unwrap_err().to_string();
            assert!(text.starts_with(path.to_str().unwrap()), "{text}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(load(&path, Missing::Made).unwrap_err().to_string().ends_with("is not a file"));
    let nowhere = folder.path().join("nowhere/secrets");
    assert!(load(&nowhere, Missing::Left).is_ok());
    assert!(load(&nowhere, Missing::Made).unwrap_err().to_string().contains("`secrets.path`"));
}

#[test]
fn concurrent_creators_of_a_secrets_file_get_the_same_key() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let config = config(&path);
        let start = Barrier::new(8);
        let one = || {
            start.wait();
            let secrets = Secrets::load(&config, Missing::Made, &Rng::system()).unwrap();
            secrets.make_fingerprint_key(&Rng::system()).unwrap();
            secrets.throttle.current().1.to_hex()
        };
        let got: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let kept = keys(&path);
        assert!(kept.len() == 2 && got.iter().all(|key| kept.contains(key)), "{}", kept.len());
    }
}

#[test]
fn a_link_to_a_secrets_file_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (path, real) = (folder.path().join("secrets"), folder.path().join("elsewhere"));
    load(&real, Missing::Made).unwrap();
    symlink(&real, &path).unwrap();
    load(&path, Missing::Made).unwrap().make_fingerprint_key(&Rng::system()).unwrap();
    assert_eq!(keys(&path).len(), 2);
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(keys(&real), keys(&path));
}

/// A change by root leaves the file to the service's user.
#[test]
fn a_changed_file_keeps_its_owner_group_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    load(&path, Missing::Made).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    // Only root can change the owner. For other users, the test checks that the owner stays.
    let is_given = chown(&path, Some(4321), Some(4322)).is_ok();
    let kept =
        |path: &Path| fs::metadata(path).map(|found| (found.ino(), found.uid(), found.gid(), mode(path))).unwrap();
    let before = kept(&path);
    assert!(!is_given || (before.1, before.2) == (4321, 4322));
    change(&path, &Rng::system()).unwrap();
    let after = kept(&path);
    assert_ne!(before.0, after.0, "the change must write another file");
    assert_eq!((before.1, before.2, before.3), (after.1, after.2, after.3));
}

/// A link with the name of the partial file is neither followed, written nor removed.
#[test]
fn a_link_with_the_partial_files_name_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    load(&path, Missing::Made).unwrap();
    let before = fs::read(&path).unwrap();
    let rng = Rng::from_fn(|bytes| {
        bytes.fill(7);
        Ok(())
    });
    let partial = folder.path().join("secrets.0707070707070707");
    let victim = folder.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    symlink(&victim, &partial).unwrap();
    assert!(change(&path, &rng).unwrap_err().to_string().contains("cannot be written"));
    assert_eq!((fs::read(&path).unwrap(), fs::read_to_string(&victim).unwrap()), (before, "theirs".to_owned()));
    assert!(fs::symlink_metadata(&partial).unwrap().is_symlink());
    fs::remove_file(&partial).unwrap();
    // As after a crash between the link and the removal: another name of the live file.
    fs::hard_link(&path, &partial).unwrap();
    change(&path, &rng).unwrap();
    assert_eq!((keys(&path).len(), fs::read_dir(folder.path()).unwrap().count()), (2, 2));
}

#[test]
fn an_older_versions_fingerprint_key_is_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite();
    let path = folder.path().join("secrets");
    let config = Site::builder().set("secrets.path", path.to_str().unwrap()).config(&database);
    let old = database.folder().join("doorward.db.adopt-key");
    let key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    fs::write(&old, key).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    let looks = Secrets::load(&config, Missing::Left, &Rng::system()).unwrap();
    assert!(!path.exists() && old.exists());
    let takes = Secrets::load(&config, Missing::Made, &Rng::system()).unwrap();
    assert!(!old.exists() && keys(&path).contains(&key.to_owned()));
    let after = Secrets::load(&config, Missing::Left, &Rng::system()).unwrap();
    let check = |secrets: &Secrets| secrets.fingerprint_key().unwrap().unwrap().check();
    assert!(check(&looks) == check(&takes) && check(&takes) == check(&after));
}

#[test]
fn the_secrets_file_is_beside_the_database_by_default() {
    let at = |url: &str, path: &str| {
        let mut config = config(Path::new("/unused"));
        url.clone_into(&mut config.database.url);
        config.secrets_file = Some(path).filter(|path| !path.is_empty()).map(Into::into);
        SecretsFile::of(&config).path().display().to_string()
    };
    assert_eq!(at("sqlite:/data/doorward.db", ""), "/data/doorward.db.secrets");
    assert_eq!(at("sqlite:///data/doorward.db", ""), "/data/doorward.db.secrets");
    assert_eq!(at("mysql://ann@host/doorward", ""), "doorward.secrets");
    assert_eq!(at("mysql://ann@host/doorward", "/run/secrets/doorward"), "/run/secrets/doorward");
}
