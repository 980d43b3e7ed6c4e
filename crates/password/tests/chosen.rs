//! Typical passwords: each may be accepted as clear text, and its shape shows little of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use doorward_password::{Shape, StoredValue, mask};

#[test]
fn typical_passwords_can_be_accepted_as_clear_text() {
    for value in [
        "hunter2",
        "Pa$$w0rd",
        "correct horse battery staple",
        "summer2024!",
        "letmein",
        "password",
        "123456",
        "12345678",
        "qwerty",
        "abc123",
        "iloveyou",
        "admin",
        "welcome1",
        "monkey",
        "dragon",
        "football",
        "P@ssw0rd",
        "Password1!",
        "trustno1",
        "starwars",
        "passw0rd",
        "1q2w3e4r",
        "zaq12wsx",
        "qwertyuiop",
        "Sommer2023",
        "M0nday!2024",
        "iLoveNewYork",
        "Correct-Horse-Battery-Staple",
        "correct-horse-battery-staple-9",
        "McDonald's2019",
        "ch@ngeMe!",
        "grüne Heide",
        "mot de passe",
        "contraseña",
        "пароль123",
        "密码密码",
        "mein Hund heißt Bello",
        "12.05.1987",
        "1987-05-12",
        "0171 2345678",
        "ann@example.com",
        "Tr0ub4dor&3",
        "Fluffy&Bello",
        "hello world!",
        "to be or not to be, that is the question",
        "Liverpool4ever",
        "blink-182",
        "ac/dc",
        "user1234",
        "test",
        "changeme123",
        "50% off",
        "R&D dept",
        "a=b",
        "(hello)",
        "what?!",
        "sharpshooter!",
        "shadow!",
        "hashtag#blessed",
        "md5 is broken",
        "C'est la vie",
        "O'Brien",
        "<3iloveyou",
    ] {
        assert!(matches!(StoredValue::identify(value), StoredValue::Unrecognized), "{value}");
    }
}

#[test]
fn a_shape_shows_no_letter_and_no_digit() {
    for (value, shape, masked) in [
        ("hunter2", "lowercase letters, digits: 6 to 8 characters", "aaaaaa9"),
        ("Pa$$w0rd", "lowercase letters, capital letters, digits, punctuation: 6 to 8 characters", "Aa##a9aa"),
        ("correct horse", "lowercase letters, blanks: 13 to 20 characters", "aaaaaaa aaaaa"),
        ("deadbeef", "hexadecimal digits: 8 characters", "aaaaaaaa"),
        ("пароль1", "digits, characters beyond ASCII: 6 to 8 characters", "aaaaaa9"),
    ] {
        assert_eq!((Shape::of(value).to_string().as_str(), mask(value, false).as_str()), (shape, masked), "{value}");
    }
    assert_eq!(mask(":B:ab12:\u{1b}[2J$x", true), ":A:aa99:##9A$a");
    assert_eq!(mask(&"x".repeat(100), true), "a".repeat(40) + "…");
}
