//! Hashes of other programs in the spellings of directories, mail servers, forums and content systems, and hashes that an
//! operator's recipe describes. `forms.json` was written with the libraries that it names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use doorward_password::{
    FirebaseProject, FormColumns, FormProblem, LegacyForms, LegacyPepper, Password, Peppers, Scratch, Settings,
    StoredHash, StoredValue, Unreadable,
};
use serde_json::Value;

fn forms() -> Value {
    serde_json::from_str(include_str!("forms.json")).unwrap()
}

fn verifies(hash: &StoredHash, password: &str) -> bool {
    hash.verify(&Password::new(password.to_owned()), &mut Scratch::default())
}

#[test]
fn every_spelling_is_verified() {
    let all = forms();
    for vector in all["strings"].as_array().unwrap() {
        let (text, password) = (vector["hash"].as_str().unwrap(), vector["password"].as_str().unwrap());
        let hash = StoredHash::parse(text).unwrap_or_else(|why| panic!("{vector}: {why}"));
        assert_eq!(hash.scheme(), vector["scheme"].as_str().unwrap(), "{vector}");
        assert!(verifies(&hash, password), "{vector}");
        for wrong in ["", "wrong", text, &format!("{password} ")] {
            assert!(!verifies(&hash, wrong), "{vector}: {wrong}");
        }
    }
}

/// A damaged string of these forms is never a password, and never matches.
#[test]
fn no_spelling_is_taken_for_clear_text_when_it_is_damaged() {
    for vector in forms()["strings"].as_array().unwrap() {
        let (text, password) = (vector["hash"].as_str().unwrap(), vector["password"].as_str().unwrap());
        for cut in [text.len() - 1, text.len() - 2, text.len() - 5, text.len() / 2] {
            let damaged = &text[..cut];
            match StoredValue::identify(damaged) {
                StoredValue::Unreadable(_) => {}
                StoredValue::Hash(hash) => assert!(!verifies(&hash, password), "{damaged}"),
                _ => panic!("{damaged} of {vector}"),
            }
        }
    }
    let unknown = [
        "{CRAM-MD5}186ea2c0ae9e9d3b8e2f1a7bdb9c6d3e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c",
        "{SCRAM-SHA-1}4096,GetyLXdBuHzf1FWf8SLz2Q==,NvcRyA==,Zm9v",
        "{NTLM}8846F7EAEE8FB117AD06BDD830B7586C",
        "{SSHA.ROT13}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK",
        "{PLAIN}secret",
        "{plain}secret",
        "{CLEAR}secret",
        "{DES-CRYPT}ZuYF4h0e3GZGg",
        "{PLAIN.b64}c2VjcmV0",
        "U$S$short",
        "$S$",
        "$H\\2y$",
        "19e0e8d91c722e7091ca7a6a6fb0f4fa:short",
        "19e0E8d91c722e7091ca7a6a6fb0f4fA",
        "\\$H\\$9",
        "$dw-form$v=1$md5(pass)$$",
        "$dw-pre$v=1$md5(pass)$$$dw-pre$v=1$md5(pass)$$$2b$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
    ];
    for value in unknown {
        assert!(matches!(StoredValue::identify(value), StoredValue::Unreadable(_)), "{value}");
    }
}

fn legacy_forms(vector: &Value) -> LegacyForms {
    LegacyForms {
        form: vector["form"].as_str().map(|text| LegacyForms::parse_form(text).unwrap()),
        pre_hash: vector["pre_hash"].as_str().map(|text| LegacyForms::parse_pre_hash(text).unwrap()),
        pepper: vector["pepper"].as_str().map(|text| LegacyPepper::new(text.into())),
        firebase: None,
    }
}

fn columns(vector: &Value) -> FormColumns<'_> {
    FormColumns {
        username: vector["username"].as_str().unwrap_or("somebody"),
        salt: vector["salt"].as_str().map(str::as_bytes),
        algorithm: vector["algorithm"].as_str(),
        iterations: vector["iterations"].as_str(),
    }
}

#[test]
fn every_recipe_verifies_what_the_library_computed() {
    for vector in forms()["recipes"].as_array().unwrap() {
        let forms = legacy_forms(vector);
        let (stored, password) = (vector["stored"].as_str().unwrap(), vector["password"].as_str().unwrap());
        let composed = forms.compose(stored, columns(vector));
        let hash = StoredHash::parse(&composed).unwrap_or_else(|why| panic!("{vector}: {composed}: {why}"));
        assert_eq!(hash.scheme(), if forms.form.is_some() { "legacy-form" } else { "pre-hashed" }, "{vector}");
        let peppers = Peppers::default().with_legacy(forms.pepper.clone());
        let hash = hash.with(&peppers).unwrap();
        assert!(verifies(&hash, password), "{vector}: {composed}");
        for wrong in ["", "wrong", stored] {
            assert!(!verifies(&hash, wrong), "{vector}: {wrong}");
        }
        assert!(hash.is_weaker_than(&Settings::default(), &Password::new(password.to_owned())), "{vector}");
        if let Some(salt) = vector["salt"].as_str() {
            let other = format!("{salt}00");
            let other = forms.compose(stored, FormColumns { salt: Some(other.as_bytes()), ..columns(vector) });
            let other = StoredHash::parse(&other).ok().and_then(|hash| hash.with(&peppers).ok());
            assert!(other.is_none_or(|hash| !verifies(&hash, password)), "{vector}: the salt has no effect");
        }
    }
}

#[test]
fn a_report_shows_the_recipe_without_the_values_of_a_row() {
    let hash =
        StoredHash::parse(&format!("$dw-form$v=1$md5(lower(x'416e6e').x'70'.pass)$${}", "A".repeat(22))).unwrap();
    assert_eq!(hash.cost(), "md5(lower('…').'…'.pass)");
}

#[test]
fn a_hash_with_a_legacy_pepper_needs_that_pepper() {
    let forms = forms();
    let all: Vec<&Value> =
        forms["recipes"].as_array().unwrap().iter().filter(|vector| vector["pepper"].is_string()).collect();
    assert!(all.len() >= 6);
    for vector in all {
        let composed = legacy_forms(vector).compose(vector["stored"].as_str().unwrap(), columns(vector));
        assert!(!composed.contains(vector["pepper"].as_str().unwrap()), "the pepper is in the stored hash: {composed}");
        let hash = StoredHash::parse(&composed).unwrap();
        assert!(hash.needs_pepper() && !verifies(&hash, vector["password"].as_str().unwrap()));
        let another = Peppers::default().with_legacy(Some(LegacyPepper::new(b"another".to_vec())));
        assert_eq!(hash.clone().with(&Peppers::default()).err(), Some(Unreadable::Pepper));
        assert_eq!(hash.with(&another).err(), Some(Unreadable::Pepper));
    }
    let bare = StoredHash::parse("9cc2ae8a1ba7a93da39b46fc1019c481").unwrap();
    assert!(!bare.needs_pepper());
}

/// Mixed tables: what has not the form's shape is identified as ever, and what has no form is never a password.
#[test]
fn only_values_of_the_form_are_read_by_it() {
    let forms =
        LegacyForms { form: Some(LegacyForms::parse_form("sha1(salt.pass)").unwrap()), ..LegacyForms::default() };
    let with_salt = FormColumns { salt: Some(b"s"), ..FormColumns::default() };
    let bcrypt = "$2b$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
    for other in [bcrypt, "9cc2ae8a1ba7a93da39b46fc1019c481", "!", "", "hunter2", "sha1$$"] {
        assert_eq!(forms.compose(other, with_salt), other);
    }
    // sha1("s" . "pass") in a binary column.
    let bytes = [
        0x43, 0x1a, 0xfb, 0x4c, 0x4f, 0x1a, 0x60, 0xcf, 0x0b, 0x72, 0xd0, 0x6a, 0x82, 0xde, 0xe7, 0xb9, 0x9f, 0xc1,
        0xee, 0x1c,
    ];
    let hash = StoredHash::parse(&forms.compose_bytes(&bytes, with_salt).unwrap()).unwrap();
    assert!(verifies(&hash, "pass") && !verifies(&hash, "Pass"));
    assert_eq!(forms.compose_bytes(&bytes[1..], with_salt), None);
    let algorithm =
        LegacyForms { form: Some(LegacyForms::parse_form("algorithm(salt.pass)").unwrap()), ..LegacyForms::default() };
    for name in [None, Some(""), Some("whirlpool"), Some("sha3-256")] {
        let columns = FormColumns { salt: Some(b"s"), algorithm: name, ..FormColumns::default() };
        let composed = algorithm.compose("da39a3ee5e6b4b0d3255bfef95601890afd80709", columns);
        assert!(matches!(StoredValue::identify(&composed), StoredValue::Unreadable(_)), "{name:?}");
    }
    let pre_hash =
        LegacyForms { pre_hash: Some(LegacyForms::parse_pre_hash("sha256").unwrap()), ..LegacyForms::default() };
    for other in ["hunter2", "", "!", "$2x$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2"] {
        assert_eq!(pre_hash.compose(other, FormColumns::default()), other);
    }
    // A truncated hash stays unreadable, whatever was hashed.
    let composed = pre_hash.compose(&bcrypt[..50], FormColumns::default());
    assert!(matches!(StoredValue::identify(&composed), StoredValue::Unreadable(_)));
}

#[test]
fn a_recipe_that_is_wrong_is_refused() {
    let form = |text: &str| LegacyForms::parse_form(text).err();
    for text in [
        "",
        "md5",
        "md5(",
        "md5()",
        "md5(pass))",
        "md5(pass).",
        "md4(pass)",
        "md5(pass,salt)",
        "hmac_sha256(pass)",
        "md5(pass.$salt)",
        "md5('pass)",
        "x'0g'",
        "md5(x'zz'.pass)",
        "pbkdf2_sha256(pass,salt,01000,32)",
        "scrypt(pass,salt,1000,8,1,64)",
        "eval(pass)",
        "bcrypt(pass)",
    ] {
        assert_eq!(form(text), Some(FormProblem::Malformed), "{text}");
    }
    assert_eq!(form(&format!("md5({}pass)", "md5(".repeat(20))), Some(FormProblem::Malformed));
    assert_eq!(form(&format!("md5(pass.'{}')", "x".repeat(300))), Some(FormProblem::Malformed));
    assert_eq!(form("pbkdf2_sha256(pass,salt,0,32)"), Some(FormProblem::Cost));
    assert_eq!(form("md5(salt)"), Some(FormProblem::NoPassword));
    assert_eq!(form("pass.salt"), Some(FormProblem::NoDigest));
    assert_eq!(form("scrypt(pass,salt,1048576,64,1,64)"), Some(FormProblem::Cost));
    assert_eq!(form("pbkdf2_sha512(pass,salt,9000000,512)"), Some(FormProblem::Cost));
    assert_eq!(form("repeat_sha256(repeat_sha256(pass,2000001),1)"), Some(FormProblem::Cost));
    assert_eq!(LegacyForms::parse_pre_hash("scrypt(pass,'a',16384,8,1,64)").err(), Some(FormProblem::Cost));
    assert_eq!(LegacyForms::parse_pre_hash("pepper").err(), Some(FormProblem::NoPassword));
}

/// A stored string is hostile: it may come from the legacy table.
#[test]
fn a_stored_recipe_has_one_spelling_and_bounded_cost() {
    let tag = "A".repeat(22);
    let parse = |text: &str| StoredHash::parse(text).err();
    assert_eq!(parse(&format!("$dw-form$v=1$md5(salt.pass)$YQ${tag}")), None);
    for text in [
        format!("$dw-form$v=1$md5(salt . pass)$YQ${tag}"),
        format!("$dw-form$v=1$MD5(salt.pass)$YQ${tag}"),
        format!("$dw-form$v=2$md5(salt.pass)$YQ${tag}"),
        format!("$dw-form$v=1$md5(salt.pass)$YQ==${tag}"),
        format!("$dw-form$v=1$sha1(salt.pass)$YQ${tag}"),
        format!("$dw-form$v=1$algorithm(salt.pass)$YQ${tag}"),
        format!("$dw-form$v=1$md5(username.pass)$YQ${tag}"),
        format!("$dw-form$v=1$md5(salt)$YQ${tag}"),
        format!("$dw-form$v=1$md5(pepper.pass)$YQ${tag}"),
        format!("$dw-form$v=1,pepper=0123456789abcdef$md5(salt.pass)$YQ${tag}"),
        format!("$dw-form$v=1$md5(unhex(salt).pass)$YQ${tag}"),
    ] {
        assert_eq!(parse(&text), Some(Unreadable::Malformed), "{text}");
    }
    let dear = format!("$dw-form$v=1$pbkdf2_md5(pbkdf2_md5(pass,salt,9000000,16),salt,9000000,16)$YQ${tag}");
    assert_eq!(parse(&dear), Some(Unreadable::Cost));
}

#[test]
fn firebase_hashes_are_read_with_the_parameters_of_their_project() {
    // The example in the documentation of Firebase's own tool.
    let console = "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: \
                   jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n  \
                   base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n";
    let json = r#"{"base64_signer_key":"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
        "base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}"#;
    let stored = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
    for parameters in [console, json] {
        let project = FirebaseProject::parse(parameters).unwrap();
        assert!(!format!("{project:?}").contains("jxspr8"));
        let forms = LegacyForms { firebase: Some(project), ..LegacyForms::default() };
        for spelled in [stored.to_owned(), stored.replace('+', "-").replace('/', "_")] {
            let columns = FormColumns { salt: Some(b"42xEC+ixf3L2lw=="), ..FormColumns::default() };
            let hash = StoredHash::parse(&forms.compose(&spelled, columns)).unwrap();
            assert!(verifies(&hash, "user1password") && !verifies(&hash, "user2password"));
        }
        assert_eq!(forms.compose(stored, FormColumns::default()), stored, "without a salt it has no form");
    }
    let small = json.replace("14", "40");
    for wrong in ["", "{}", "hash_config {\n rounds: 8,\n}", &small] {
        assert_eq!(FirebaseProject::parse(wrong).err(), Some(FormProblem::Firebase), "{wrong}");
    }
}
