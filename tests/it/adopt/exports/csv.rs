//! CSV: separators, quotes, encodings, and what is refused by name.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{Import, codes};
use crate::adopt::bcrypt;

#[async_test]
async fn csv_of_every_common_kind_is_read() {
    let (ann, zoe) = (bcrypt("ann's password"), bcrypt("zoë's password"));
    let files = [
        format!("id,username,password\n1,ann,{ann}\n2,Zoë,{zoe}\n"),
        format!("id,username,password\r\n1,ann,{ann}\r\n2,Zoë,{zoe}"),
        format!("\u{feff}id,username,password\n1,ann,{ann}\n2,Zoë,{zoe}\n"),
        format!("id;username;password\n1;ann;{ann}\n2;Zoë;{zoe}\n"),
        format!("id\tusername\tpassword\n1\tann\t{ann}\n2\tZoë\t{zoe}\n"),
        format!("\"id\",\"username\",\"password\"\n\"1\",\"ann\",\"{ann}\"\n\"2\",\"Zoë\",\"{zoe}\"\n"),
        format!("Password,note, Username ,ID\n{ann},\"a \"\"note\"\",\nof two lines\",ann,1\n{zoe},,Zoë,2\n"),
    ];
    for content in files {
        let import = Import::new().await;
        let path = import.file("users.csv", &content);
        let (left, summary) = import.run("csv", &path, &[]);
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(2)), "{content}: {summary}");
        import
            .assert_logins(&[("ann", "ann's password", true), ("Zoë", "zoë's password", true), ("ann", "x", false)])
            .await;
    }
}

#[async_test]
async fn columns_are_mapped_and_state_columns_are_obeyed() {
    let import = Import::new().await;
    let hash = bcrypt("a password");
    let path = import.file(
        "people.csv",
        format!("nr,login,hash,kind,banned,deleted_at\n1,ann,{hash},admin,0,\n2,ben,{hash},,1,\n3,cleo,{hash},,0,2024-01-02\n"),
    );
    let columns = "id=nr,username=login,password=hash,role=kind";
    let ran = import.tries("run", "csv", &path, &[]);
    assert!(ran.code == 1 && ran.stderr.contains("has no column for id"), "{ran:?}");
    let ran = import.tries("run", "csv", &path, &["--columns", columns]);
    assert!(ran.code == 1 && ran.stderr.contains("banned") && ran.stderr.contains("deleted_at"), "{ran:?}");
    let decided = format!("{columns},disabled=banned!0,disabled=deleted_at!null");
    let scan = import.scan("csv", &path, &["--columns", &decided]);
    assert_eq!(scan["rows"], json!(3), "{scan}");
    let (left, summary) = import.run("csv", &path, &["--columns", &decided]);
    assert_eq!((left.len(), &summary["adopted"], &summary["adopted_disabled"]), (0, &json!(1), &json!(2)), "{summary}");
    import
        .assert_logins(&[("ann", "a password", true), ("ben", "a password", false), ("cleo", "a password", false)])
        .await;
}

#[async_test]
async fn a_row_that_cannot_be_adopted_is_left_behind_and_the_others_are_not() {
    let import = Import::new().await;
    let hash = bcrypt("a password");
    let mut content =
        format!("id,username,password\n1,ann,{hash}\n2,,{hash}\n3,cleo,\n4,dora,hunter2\n5,Ann,{hash}\n").into_bytes();
    content.extend_from_slice(b"6,J\xfcrgen,");
    content.extend_from_slice(hash.as_bytes());
    content.extend_from_slice(format!("\n7,eve,*\n7,eva,{hash}\n,no number,{hash}\n8,\\N,{hash}\n").as_bytes());
    let path = import.file("users.csv", &content);
    let (left, summary) = import.run("csv", &path, &[]);
    assert_eq!(summary["adopted"], json!(1), "{summary}");
    let mut found = codes(&left);
    found.sort_unstable();
    for code in ["name_not_text", "name_taken", "no_name", "no_password", "number_not_unique", "password_unrecognized"]
    {
        assert!(found.contains(&code), "{code}: {left:?}");
    }
    let (_, summary) = import.run("csv", &path, &["--plain-text", "accept"]);
    assert_eq!((&summary["adopted"], &summary["plain_text_hashed"]), (&json!(1), &json!(1)), "{summary}");
    import.assert_logins(&[("ann", "a password", true), ("dora", "hunter2", true)]).await;
}

#[async_test]
async fn what_is_no_csv_is_refused_with_its_line() {
    let import = Import::new().await;
    let long = "x".repeat(3 * 1024 * 1024);
    let many: Vec<String> = (0..300).map(|number| format!("c{number}")).collect();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("id,username".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (content, cause) in [
        (Vec::new(), "is empty"),
        (b"id,username,password\n".to_vec(), "has no users"),
        (b"id,username,Username,password\n1,a,b,c\n".to_vec(), "line 1: two columns are named \"Username\""),
        (b"id,,password\n1,a,b\n".to_vec(), "line 1: column 2 has no usable name"),
        (
            b"id,username,password\n1,ann,x\n2,ben\n".to_vec(),
            "line 3: the record has 2 fields, and the first line names 3",
        ),
        (b"id,username,password\n1,ann,x\n2,ben,x,y\n".to_vec(), "line 3: the record has 4 fields"),
        (b"id,username,password\n1,an\0n,x\n".to_vec(), "line 2: column \"username\" contains a NUL character"),
        (format!("id,username,password\n1,ann,x\n2,\"{long}\n").into_bytes(), "line 3: a record is longer than 1 MiB"),
        (format!("{}\n", many.join(",")).into_bytes(), "line 1: the file has more than 200 columns"),
        (utf16, "is UTF-16: save it as UTF-8"),
        (vec![0x1f, 0x8b, 8, 0], "is compressed"),
        (b"\xff\xfcid,username,password\n".to_vec(), "line 1: column 1 has no name in UTF-8"),
    ] {
        import.refuses("csv", content, cause);
    }
    let ran = import.tries("run", "csv", std::path::Path::new("/nonexistent/users.csv"), &[]);
    assert!(ran.code == 1 && ran.stderr.contains("/nonexistent/users.csv: cannot be read"), "{ran:?}");
    let ran = import.tries("run", "csv", import.own.folder(), &[]);
    assert!(ran.code == 1 && ran.stderr.contains("is a folder"), "{ran:?}");
}

/// A salt may be in any column.
#[async_test]
async fn csv_may_have_a_salt_column() {
    let import = Import::new().await;
    // sha1("s4lt" . "a password")
    let path =
        import.file("users.csv", "id,username,password,salt\n1,ann,cf74ec6ab5cfc0d9e965f1698acd2a67de3ce608,s4lt\n");
    let (_, summary) = import.run("csv", &path, &["--columns", "salt=salt", "--form", "sha1(salt.pass)"]);
    assert_eq!(summary["adopted"], json!(1), "{summary}");
    import.assert_logins(&[("ann", "a password", true), ("ann", "another password", false)]).await;
}
