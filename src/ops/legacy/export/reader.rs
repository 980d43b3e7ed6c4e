//! Reads the users of a file, whatever its format is.

use std::path::Path;

use super::{csv_records, fields::UserFields, firebase, json_records, limited, problem::ReadResult, shape::UserShape};
use crate::config::{ExportFile, ImportFormat};

/// Receives the users of an export. It returns false to stop the reader.
type Sink<'a> = &'a mut dyn FnMut(UserFields) -> bool;

/// Reads the users of `file`, and passes each to `sink`.
pub(super) fn read(file: &ExportFile, model: Option<&str>, sink: Sink<'_>) -> ReadResult<()> {
    let mut input = limited::open(Path::new(&file.path))?;
    let is_json = match file.format {
        ImportFormat::Csv => false,
        ImportFormat::Json | ImportFormat::Auth0 | ImportFormat::Keycloak | ImportFormat::Django => true,
        ImportFormat::Firebase | ImportFormat::WordPress => input.begins_json()?,
    };
    let mut shape = UserShape::new(file.format, model);
    if is_json {
        json_records::read(input, file.format.layout(), &mut |value, number| {
            Ok(shape.of_json(value, number)?.is_none_or(&mut *sink))
        })?;
    } else if file.format == ImportFormat::Firebase {
        csv_records::read(input, Some(&firebase::COLUMNS), &mut |fields| Ok(sink(shape.of_fields(fields)?)))?;
    } else {
        csv_records::read(input, None, &mut |fields| Ok(sink(shape.of_fields(fields)?)))?;
    }
    shape.finish()
}
