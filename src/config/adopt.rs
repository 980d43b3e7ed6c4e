//! `[adopt]`: the legacy table, and whether local changes are written back to it.

use super::{
    adopt_forms,
    database_url::{SAME, accepted_url, redacted},
    export_file::{ExportFile, ImportFormat},
    values::RawValues,
};
use crate::{
    Result,
    model::{LegacyTableNames, RoleValues, TextRepair},
};

/// `[adopt]`
#[derive(Debug, Clone)]
pub struct Adopt {
    /// The legacy database; `None` without one.
    pub from: Option<LegacyDatabase>,
    pub table: LegacyTableNames,
    /// Whether sign-ups and password changes are also written to the legacy table.
    pub write_back: bool,
    /// The URL of the temporary table of an export, once it was read.
    pub staged: Option<String>,
}

/// The database that contains the legacy table.
#[derive(Clone, PartialEq, Eq)]
pub enum LegacyDatabase {
    /// Doorward's own database.
    Same,
    /// Another database. Its URL contains a secret.
    Url(String),
    /// No database: a file that another program exported.
    Export(ExportFile),
}

/// An example of a value for the columns.
const EXAMPLE: &str = "id=number,username=login,password=hash,role=kind:1=admin|0=user,disabled=status!active|trial,disabled=banned:1,\
                       disabled=state:none";

impl Adopt {
    pub(super) fn new(values: &RawValues) -> Result<Self> {
        let from = match values.text("adopt.from")? {
            "" => None,
            SAME => Some(LegacyDatabase::Same),
            text => Some(match ExportFile::parse(text) {
                Some(file) => LegacyDatabase::Export(file),
                None => LegacyDatabase::Url(accepted_url(values, "adopt.from")?),
            }),
        };
        let write_back = values.boolean("adopt.write_back")?;
        if write_back && from.is_none() {
            return Err(values.problem("adopt.write_back", "requires `adopt.from`, the database to write back to"));
        }
        let mut table = Self::table_names(values)?;
        table.forms = adopt_forms::read(values)?;
        if let Some(LegacyDatabase::Export(file)) = &from {
            of_export(values, file, &mut table, write_back)?;
        }
        if from.is_some() {
            adopt_forms::check(values, &table)?;
        }
        table.repair = TextRepair::parse(values.text("adopt.repair")?)
            .ok_or_else(|| values.problem("adopt.repair", "must be utf8, entities, utf8,entities or none"))?;
        if write_back && table.repair.changes() {
            return Err(values.problem("adopt.write_back", "cannot write names as `adopt.repair` reads them"));
        }
        if write_back && !table.forms.is_empty() {
            return Err(
                values.problem("adopt.write_back", "cannot write hashes in the forms that `adopt.form` describes")
            );
        }
        Ok(Self { from, table, write_back, staged: None })
    }
}

/// Completes the names for the temporary table of an export.
fn of_export(values: &RawValues, file: &ExportFile, table: &mut LegacyTableNames, write_back: bool) -> Result<()> {
    if write_back {
        return Err(values.problem("adopt.write_back", "requires a database, and `adopt.from` is a file"));
    }
    if table.table.is_some() && file.format != ImportFormat::Django {
        return Err(values.problem("adopt.table", "a file has no tables; only `django:` has models"));
    }
    let is_decided = table.states.rules.iter().any(|rule| rule.column == "disabled");
    if file.format.has_state() && !is_decided && !table.states.add("disabled!false") {
        return Err(values.problem("adopt.columns", "has entries for `disabled` that contradict each other"));
    }
    if file.format == ImportFormat::Firebase {
        if table.forms.firebase.is_none() {
            return Err(values.problem("adopt.firebase_path", "is not set, and the hashes of Firebase need it"));
        }
        table.salt.get_or_insert_with(|| "salt".to_owned());
    }
    Ok(())
}

impl Adopt {
    fn table_names(values: &RawValues) -> Result<LegacyTableNames> {
        let mut names = LegacyTableNames::default();
        let table = values.text("adopt.table")?;
        if !table.is_empty() {
            names.table = Some(table.to_owned());
        }
        let path = "adopt.columns";
        let problem = || values.problem(path, format_args!("must be as in {EXAMPLE}"));
        for pair in values.text(path)?.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (column, name) = pair.split_once('=').ok_or_else(problem)?;
            let slot = match column.trim() {
                "id" => &mut names.id,
                "username" => &mut names.username,
                "password" => &mut names.password,
                "role" => &mut names.role,
                "salt" => &mut names.salt,
                "algorithm" => &mut names.algorithm,
                "iterations" => &mut names.iterations,
                "disabled" if names.states.add(name) => continue,
                _ => return Err(problem()),
            };
            let (name, values) = match name.split_once(':') {
                Some((name, values)) if column.trim() == "role" => (name, Some(values)),
                _ => (name, None),
            };
            if let Some(values) = values {
                names.role_values = RoleValues::parse(values).ok_or_else(problem)?;
            }
            if name.trim().is_empty() || slot.replace(name.trim().to_owned()).is_some() {
                return Err(problem());
            }
        }
        Ok(names)
    }
}

impl std::fmt::Debug for LegacyDatabase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Same => formatter.write_str(SAME),
            Self::Url(url) => formatter.write_str(&redacted(url)),
            Self::Export(file) => write!(formatter, "{}:{}", file.format.word(), file.path),
        }
    }
}
