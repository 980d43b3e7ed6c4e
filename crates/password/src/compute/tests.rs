//! PBKDF2 and scrypt against the vectors of the RFCs.

use super::{Digest, ScryptCost};

fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// RFC 7914 §11.
#[test]
fn pbkdf2_matches_the_vectors_of_the_rfc() {
    for (password, salt, iterations, expected) in [
        (
            "passwd",
            "salt",
            1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc
             49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
        ),
        (
            "Password",
            "NaCl",
            80_000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56
             a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
        ),
    ] {
        let mut key = [0; 64];
        Digest::Sha256.pbkdf2(password.as_bytes(), salt.as_bytes(), iterations, &mut key);
        assert_eq!(key.as_slice(), bytes(expected), "{password}");
    }
}

/// RFC 7914 §12, without the vector that needs a GiB.
#[test]
fn scrypt_matches_the_vectors_of_the_rfc() {
    for (password, salt, parameters, expected) in [
        (
            "",
            "",
            (4, 1, 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
             fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
        ),
        (
            "password",
            "NaCl",
            (10, 8, 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
             2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        ),
        (
            "pleaseletmein",
            "SodiumChloride",
            (14, 8, 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
             d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        ),
    ] {
        let mut key = [0; 64];
        let (log_n, r, p) = parameters;
        let cost = ScryptCost::new(log_n, r, p).ok().unwrap();
        cost.key(password.as_bytes(), salt.as_bytes(), &mut key).unwrap();
        assert_eq!(key.as_slice(), bytes(expected), "{password}");
    }
}
