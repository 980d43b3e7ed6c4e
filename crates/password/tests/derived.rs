//! Hash formats of other programs: none is taken for a clear-text password.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use doorward_password::StoredValue;

const BCRYPT: &str = "$2b$12$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
const ARGON2: &str =
    "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHRzb21lc2FsdA$A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";

/// `count` bytes like those of a digest, different for each `seed`.
fn digest(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as digits of another alphabet, one for each byte, like base32, base58 and crypt(3).
fn digits(bytes: &[u8], alphabet: &str) -> String {
    bytes.iter().map(|byte| char::from(alphabet.as_bytes()[usize::from(*byte) % alphabet.len()])).collect()
}

const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CRYPT: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Bare digests of every usual length, in every usual encoding.
fn bare() -> Vec<String> {
    let mut all = Vec::new();
    for (seed, count) in [(1, 8), (2, 16), (3, 20), (4, 24), (5, 28), (6, 32), (7, 48), (8, 64)] {
        let bytes = digest(seed, count);
        let lower = hex(&bytes);
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let quads: Vec<String> = bytes.chunks(4).map(hex).collect();
        let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        let signed: Vec<String> = bytes.iter().map(|byte| byte.cast_signed().to_string()).collect();
        all.extend([
            lower.clone(),
            lower.to_uppercase(),
            format!("0x{lower}"),
            format!("0X{}", lower.to_uppercase()),
            format!("\\x{lower}"),
            format!("x'{lower}'"),
            format!("#{lower}"),
            pairs.join(":"),
            pairs.join("-").to_uppercase(),
            pairs.join(" "),
            quads.join("-"),
            numbers.join(","),
            format!("[{}]", signed.join(", ")),
            format!("<{lower}>"),
            format!("\"{lower}\""),
            format!("b'{lower}'"),
            STANDARD.encode(&bytes),
        ]);
        if count >= 16 {
            let (base32, base58) = (digits(&digest(seed + 40, count * 8 / 5), BASE32), digits(&bytes, BASE58));
            all.extend([
                STANDARD_NO_PAD.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
                base32.clone(),
                base32.to_lowercase(),
                format!("{base58}{base58}"),
                digits(&digest(seed + 80, count * 4 / 3), CRYPT),
            ]);
        }
    }
    for seed in 100..120 {
        let crc = hex(&digest(seed, 4));
        if !crc.bytes().all(|byte| byte.is_ascii_digit()) {
            all.extend([crc.to_uppercase(), format!("0x{crc}"), crc]);
        }
    }
    all
}

/// A salt and a digest with any separator.
fn joined() -> Vec<String> {
    let mut all = Vec::new();
    for (seed, separator) in
        ["$", ":", "|", ";", ",", "-", ".", "_", "/", " ", "@", "#", "~", "&", "=", "*"].iter().enumerate()
    {
        let seed = seed as u64;
        let (salt, tag) = (digest(seed + 200, 8), digest(seed + 300, 20));
        for (salt, tag) in [
            (hex(&salt), hex(&tag)),
            (STANDARD.encode(&salt), STANDARD.encode(&tag)),
            (URL_SAFE_NO_PAD.encode(&salt), URL_SAFE_NO_PAD.encode(&tag)),
            ("xy".to_owned(), hex(&digest(seed + 400, 16))),
            ("10000".to_owned(), STANDARD_NO_PAD.encode(digest(seed + 500, 32))),
        ] {
            all.push(format!("{salt}{separator}{tag}"));
            all.push(format!("{tag}{separator}{salt}"));
        }
    }
    all
}

/// A known hash, changed or wrapped as by an export, a template or another program.
fn wrapped() -> Vec<String> {
    let mut all = Vec::new();
    let md5 = hex(&digest(9, 16));
    for hash in [BCRYPT, ARGON2, md5.as_str(), "{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK"] {
        let percent = hash.replace('$', "%24").replace('{', "%7B");
        let entity = hash.replace('$', "&#36;").replace('{', "&#123;");
        all.extend([
            percent.clone(),
            percent.replace('%', "%25"),
            entity.clone(),
            entity.replace('&', "&amp;"),
            hash.replace('$', "&dollar;"),
            hash.replace('$', "&#x24;"),
            hash.replace('$', "\\u0024"),
            hash.replace('$', "\\x24"),
            hash.replace('$', "\\$"),
            hash.replace('$', "$$"),
            hash.replace('$', "=24"),
            hash.replace('$', "\u{ff04}"),
            hash.replace('$', ""),
            hash.replace('$', " "),
            hash.replace('$', "_"),
            format!("\u{feff}{hash}"),
            format!("ï»¿{hash}"),
            format!("\u{200b}{hash}"),
            format!("{hash}\u{200b}"),
            format!("\u{a0}{hash}"),
            format!("   {hash}  "),
            format!("{hash}\n"),
            format!("'{hash}'"),
            format!("\u{201c}{hash}\u{201d}"),
            format!("b'{hash}'"),
            format!("N'{hash}'"),
            format!("[\"{hash}\"]"),
            format!("{{\"hash\": \"{hash}\"}}"),
            format!("{{\"bcrypt\":\"{hash}\"}}"),
            format!("({hash})"),
            format!("<{hash}>"),
            format!("ann:{hash}"),
            format!("{hash}:ann"),
            format!("hash={hash}"),
            format!("password: {hash}"),
            format!("1|{hash}"),
            format!("3|{hash}"),
            format!("#jbcrypt:{hash}"),
            format!("a:1:{{s:4:\"hash\";s:{}:\"{hash}\";}}", hash.len()),
            format!("s:{}:\"{hash}\";", hash.len()),
            STANDARD.encode(hash),
            hex(hash.as_bytes()),
        ]);
    }
    all
}

/// Formats of other programs that no common rule covers.
const OTHERS: [&str; 92] = [
    ":A:5f4dcc3b5aa765d61d8327deb882cf99",
    ":B:838c83e1:e4ab7024509eef084cdabd03d8b2972c",
    ":pbkdf2:sha512:30000:64:c29tZXNhbHQ=:b2theQ==",
    ":pbkdf2-legacyA:!sha256:10000:128:QkEwM0JF:hxR0",
    "#jbcrypt:x",
    "1|8d2e0ee4c3b9ba0b",
    "2|c2FsdA|aGFzaA",
    "S:8F2D65FB5547B71C8DA3760F10960428CD307B1C6271691FC55C1F56554A;T:EA2F",
    "T:DC7C37B5E9C3D2A1",
    "4F9FB54A8D7D9A01",
    "0x01004086CEB6BF932BC4151A1AF1F13CD17301D70816A8886908",
    "0x0200F733058A07892C5CACE899768F89965F6BD1DED7955FE89E",
    "md5a6343a68d964ca596d9752250d54bb8a",
    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVk:c2VydmVy",
    "$1$mERr$hx5rVt7rPNoS4wqbXKX7m0",
    "$8$dsYGNam3K1SIJO$7nv/35M/qr6t.dVc7UY9zrJDWRVqncHub1PE9UlMQFs",
    "$9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM",
    "094F471A1A0A",
    "02050D480809",
    "!Xk3fGh",
    "$P$B7zVRVYmfeVgOqDNKFQ0HVvHVsXzFj1",
    "U$S$DTestTestTestTestTestTestTestTestTestTestTestTestTes",
    "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
    "M$P$8Be5KvT3",
    "C$H$9abcdefgh",
    "d9a1b2c3d4e5f60718293a4b5c6d7e8f:hT0kDq9ZxYcVbNm1LkJhGfDsApOiUyTr",
    "5f4dcc3b5aa765d61d8327deb882cf99:7f",
    "{CRYPT}KFmQ5lVvXeXrc",
    "{x-issha, 1024}hmiyJ2a/Z+HRpjQ37Osz+rYax9UxMjM0NTY3ODkwYWJjZGVm",
    "{SHA512-CRYPT}$6$abc$def",
    "{ARGON2ID}x",
    "{xor}Lz4sLChvLTs=",
    "{AES}7Jv2",
    "(GDpOtD35gGlyDksQRxEU)",
    "(HsjFebq0Kh9kH7aAZYc7kY30mC30mC3KmC30mCluagXrvWKj1)",
    "355E98E7C7B59BD810ED845AD0FD2FC4",
    "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "eyJpdiI6IkpTIn0=",
    "v2.local.QAxIpVe-ECVNI1z4xQbm_qQYomyT3h8FtV8bxkz8pBJWkT8f7HtlOpbroPDEZUKop_vaglyp76CzYy375cHmKCW8e1CCkV0Lflu4GTDyXMqQdpZMM1E6OaoQW27gaRSvWBrR3IgbFIa0AkuUFw.UGFyYWdvbiBJbml0aWF0aXZlIEVudGVycHJpc2Vz",
    "gAAAAABhZ",
    "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
    "ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)",
    "sha256|17|lMzlNz0XK9eiPIYPY96QCQ==|1ZJ/R3qLEF0oCBVNtvNKLwZLpXPM7bLEy/Nc6QBxWro=",
    "bcrypt+sha512$01020304$12$aabbcc",
    "pbkdf2+sha256$c2FsdA$aGFzaA",
    "sha1$abc$def",
    "sha512:x",
    "md5:abc",
    "MD5(x)",
    "NTLM:8846F7EA",
    "OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v",
    "CRYPT:ad1ks..kc.1Ug",
    "aad3b435b51404ee:31d6cfe0d16ae931",
    "NO PASSWORD*********************:8846f7eaee8fb117ad06bdd830b7586c",
    "root:$6$x$y",
    "ann:x:1001:1001::/home/ann:/bin/sh:KFmQ5lVvXeXrc",
    "user:realm:939e7552ed17dfb8a9d2e4c1a0b3f56c",
    "565491d704013245",
    "2fc38bfd5a1c9f0e",
    "grub.pbkdf2.sha512.10000.AABB.CCDD",
    "400$8$36$78f4ae6983f76119$37ec6ce55a2b928dc56ff9a7d0cdafbd",
    "-pbkdf2-4b5ee1b0d7,9b0b5b0d,10",
    "018f3c1e-7b1a-7c3d-9e2f-0123456789ab",
    "-1989271643",
    "[B@1b6d3586",
    "<Buffer 5f 4d cc 3b 5a a7 65 d6>",
    "<~87cURD]i,\"Ebo80~>",
    "<<131,109,0,0,0,16>>",
    "BinData(0,\"XohImNooBHFR0OVvjcYpJw==\")",
    "HASHBYTES('SHA1','x')",
    "bytearray(b'abc')",
    "PASSWORD('secret')",
    "O:8:\"stdClass\":1:{}",
    "i:3735928559;",
    "<hash>x</hash>",
    "nKVUM2rwMUzPcrkG5sWIHdCtqkAibn",
    "AK1AAECAwQFBgcIRlI7fX",
    "%^%#X*Y2Zq%^%#",
    "-----BEGIN PGP MESSAGE-----",
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "ZuYF4h0e3GZGg",
    "ab1eVd5Qz.x2.",
    "_J9..rasmBYk8r9AiWNc",
    "USER$6F3BA2B6C2A1D0E9",
    "base64:aGVsbG8=",
    "0bVeL2qR9xT4kZ7w",
    "Ôû\u{a7}\u{ac}\u{b1}Ú¿e",
];

#[test]
fn no_hash_of_another_program_is_taken_for_clear_text() {
    let mut all = [bare(), joined(), wrapped()].concat();
    all.extend(OTHERS.map(str::to_owned));
    all.sort();
    all.dedup();
    assert!(all.len() >= 440, "only {} samples", all.len());
    let clear: Vec<_> =
        all.iter().filter(|value| matches!(StoredValue::identify(value), StoredValue::Unrecognized)).collect();
    assert!(clear.is_empty(), "{} of {}: {clear:#?}", clear.len(), all.len());
}
