//! Hashes with a pepper: their form, their verification, and their replacement.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{num::NonZeroUsize, time::Duration};

use doorward_password::{
    HashPoolSize, Hasher, Password, Peppers, Salt, Scratch, Settings, StoredHash, Unreadable, Verification,
};

const ARGON2: Settings = Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
const ALL: [Settings; 3] = [ARGON2, Settings::Pbkdf2Sha256 { iterations: 10 }, Settings::Bcrypt { cost: 4 }];
const WAIT: Duration = Duration::from_secs(600);

fn peppers(current: Option<u32>, versions: &[u32]) -> Peppers {
    Peppers::new(current, versions.iter().map(|version| (*version, [u8::try_from(*version).unwrap(); 32])))
}

fn hasher(settings: Settings, peppers: Peppers) -> Hasher {
    let size = HashPoolSize { threads: NonZeroUsize::MIN, keep_kib: 64 };
    Hasher::start(settings, size, WAIT, (Salt([1; 16]), [2; 32])).unwrap().peppered(peppers)
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

#[tokio::test]
async fn only_the_password_with_its_pepper_matches() {
    // Longer than bcrypt reads, and in two Unicode forms.
    let long = "x".repeat(100);
    for settings in ALL {
        for text in ["e\u{301}t\u{e9}", &long] {
            let with = hasher(settings, peppers(Some(2), &[1, 2]));
            let hash = with.hash(password(text), Salt([9; 16])).await.unwrap();
            assert!(hash.starts_with("$dw-pepper$v=2$") && hash.len() < 255, "{hash}");
            assert_eq!(StoredHash::parse(&hash).unwrap().pepper(), Some(2));
            let fits = async |hasher: &Hasher, hash: &str, text: &str| {
                hasher.verify(Some(hash), password(text)).await.unwrap()
            };
            assert_eq!(fits(&with, &hash, text).await, Verification::Fits, "{hash}");
            assert_eq!(fits(&with, &hash, &text.replace("e\u{301}", "\u{e9}")).await, Verification::Fits, "{hash}");
            assert_eq!(fits(&with, &hash, &format!("{text}x")).await, Verification::Differs);
            // Another pepper of the same version, no pepper, and the inner hash alone.
            let other = hasher(settings, Peppers::new(Some(2), [(2, [7; 32])]));
            assert_eq!(fits(&other, &hash, text).await, Verification::Differs);
            let without = hasher(settings, Peppers::default());
            assert_eq!(fits(&without, &hash, text).await, Verification::Unreadable(Unreadable::Pepper));
            let inner = hash.strip_prefix("$dw-pepper$v=2").unwrap();
            let inner = if inner.contains("pbkdf2") { inner.trim_start_matches('$') } else { inner };
            assert_eq!(fits(&with, inner, text).await, Verification::Differs, "{inner}");
            assert!(!StoredHash::parse(&hash).unwrap().verify(&password(text), &mut Scratch::default()));
        }
    }
}

#[tokio::test]
async fn a_hash_with_another_pepper_than_the_current_one_is_replaced() {
    let old = hasher(ARGON2, peppers(Some(1), &[1])).hash(password("p"), Salt([9; 16])).await.unwrap();
    let new = hasher(ARGON2, peppers(Some(2), &[1, 2])).hash(password("p"), Salt([9; 16])).await.unwrap();
    let none = hasher(ARGON2, Peppers::default()).hash(password("p"), Salt([9; 16])).await.unwrap();
    let weaker = |current: Option<u32>| {
        let hasher = hasher(ARGON2, peppers(current, &[1, 2]));
        [&none, &old, &new].map(|hash| hasher.is_weaker(hash, &password("p")))
    };
    assert_eq!(weaker(None), [false, true, true], "off: hashes with a pepper are replaced");
    assert_eq!(weaker(Some(1)), [true, false, true], "an older version: hashes with the later one are replaced");
    assert_eq!(weaker(Some(2)), [true, true, false]);
}

#[test]
fn no_other_form_of_a_pepper_is_accepted() {
    let tag = "$argon2id$v=19$m=64,t=1,p=1$CQkJCQkJCQkJCQkJCQkJCQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(StoredHash::parse(&format!("$dw-pepper$v=1{tag}")).is_ok());
    for start in [
        "$dw-pepper$v=",
        "$dw-pepper$v=0",
        "$dw-pepper$v=01",
        "$dw-pepper$v=-1",
        "$dw-pepper$v=4294967296",
        "$dw-pepper$v=1$dw-pepper$v=1",
    ] {
        assert_eq!(StoredHash::parse(&format!("{start}{tag}")).err(), Some(Unreadable::Malformed), "{start}");
    }
    for inner in
        ["", "$", "$$", "$1$abc$def", "$9cc2ae8a1ba7a93da39b46fc1019c481", "${SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK"]
    {
        assert!(StoredHash::parse(&format!("$dw-pepper$v=1{inner}")).is_err(), "{inner}");
    }
    assert!(!format!("{:?}", peppers(Some(1), &[1])).contains("[1, 1"));
}
