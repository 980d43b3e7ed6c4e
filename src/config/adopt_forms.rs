//! `adopt.form` and its relatives: how the legacy application computed its hashes, and what that needs.

use std::{fs::File, io::Read as _};

use doorward_password::{FirebaseProject, LegacyForms, LegacyPepper};

use super::values::RawValues;
use crate::{Result, model::LegacyTableNames};

/// The largest file of a pepper or of parameters.
const FILE_BYTES: u64 = 64 * 1024;

/// Reads the recipes and the files that they need.
pub(super) fn read(values: &RawValues) -> Result<LegacyForms> {
    let recipe = |path: &str, parse: fn(&str) -> std::result::Result<_, _>| {
        let text = values.text(path)?;
        let recipe = if text.is_empty() { None } else { Some(parse(text)) };
        recipe.transpose().map_err(|problem: doorward_password::FormProblem| values.problem(path, problem))
    };
    let firebase = text_file(values, "adopt.firebase_path")?
        .map(|text| FirebaseProject::parse(&text))
        .transpose()
        .map_err(|problem| values.problem("adopt.firebase_path", problem))?;
    Ok(LegacyForms {
        form: recipe("adopt.form", LegacyForms::parse_form)?,
        pre_hash: recipe("adopt.pre_hash", LegacyForms::parse_pre_hash)?,
        firebase,
        pepper: text_file(values, "adopt.pepper_path")?.map(|text| LegacyPepper::new(text.into_bytes())),
    })
}

/// Checks that the recipes have what they need, and nothing that they do not use.
pub(super) fn check(values: &RawValues, names: &LegacyTableNames) -> Result<()> {
    let needs = names.forms.needs();
    let columns = [
        ("salt", needs.salt, &names.salt),
        ("algorithm", needs.algorithm, &names.algorithm),
        ("iterations", needs.iterations, &names.iterations),
    ];
    for (word, is_needed, column) in columns {
        let message = match (is_needed, column) {
            (true, None) => format!("has no column for `{word}`, which the recipe uses: name it, as in {word}={word}"),
            (false, Some(_)) => format!(
                "has `{word}`, and no recipe uses it: say how the hashes were computed, as in --form 'md5(salt.pass)'"
            ),
            _ => continue,
        };
        return Err(values.problem("adopt.columns", message));
    }
    match (needs.pepper, &names.forms.pepper) {
        (true, None) => Err(values.problem("adopt.pepper_path", "is not set, and a recipe uses `pepper`")),
        (false, Some(_)) => Err(values.problem(
            "adopt.pepper_path",
            "is set, and no recipe uses `pepper`: say how it was mixed in, as in --pre-hash hmac-sha256 or --pre-hash \
             'pass.pepper'",
        )),
        _ => Ok(()),
    }
}

/// Reads a file without the newline at its end. Other invisible characters at the ends are more often a mistake than a part
/// of the value, and would lock all users out.
fn text_file(values: &RawValues, path: &str) -> Result<Option<String>> {
    let name = values.text(path)?;
    if name.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let cannot = |error: std::io::Error| values.problem(path, format_args!("the file cannot be read: {error}"));
    File::open(name).map_err(cannot)?.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES {
        return Err(values.problem(path, format_args!("the file is larger than {FILE_BYTES} bytes")));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| {
        values.problem(path, "the file is not text: write its bytes in hexadecimal, and `unhex(pepper)`")
    })?;
    if text.ends_with('\n') {
        text.pop();
    }
    if text.is_empty() {
        return Err(values.problem(path, "the file is empty"));
    }
    let is_invisible = |sign: char| sign.is_whitespace() || sign.is_control() || sign == '\u{feff}';
    if text.starts_with(is_invisible) || text.ends_with(is_invisible) {
        return Err(values.problem(
            path,
            "the file begins or ends with a blank, a carriage return, a second line or another invisible character",
        ));
    }
    Ok(Some(text))
}
