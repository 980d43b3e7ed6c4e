//! CSV (RFC 4180): a header, and one record a user. The separator is a comma, a semicolon or a tab.

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Terminator};

use super::{
    fields::{Field, UserFields},
    limited::{BoundedFile, TOO_LONG},
    problem::{ExportProblem, ReadResult},
};
use crate::{model::shown_text, store::staging::COLUMNS};

/// Reads all records. `columns` are the names of a file without a header.
pub(super) fn read(
    mut input: BoundedFile,
    columns: Option<&[&str]>,
    sink: &mut dyn FnMut(UserFields) -> ReadResult<bool>,
) -> ReadResult<()> {
    let separator = separator(&input.first_line()?);
    let meter = input.meter();
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .terminator(Terminator::CRLF)
        .has_headers(false)
        // A file without a header has optional columns at its end.
        .flexible(columns.is_some())
        .from_reader(input);
    let mut record = ByteRecord::new();
    let mut names: Option<Vec<String>> = columns.map(|columns| columns.iter().map(|&name| name.to_owned()).collect());
    loop {
        meter.start();
        let line = reader.position().line();
        if !reader.read_byte_record(&mut record).map_err(|error| problem(&error, line))? {
            return Ok(());
        }
        match &names {
            None => names = Some(header(&record)?),
            Some(names) => {
                let line = record.position().map_or(line, csv::Position::line);
                if !sink(fields(names, &record, line)?)? {
                    return Ok(());
                }
            }
        }
    }
}

/// Returns the separator that the first line has.
fn separator(line: &[u8]) -> u8 {
    let count = |sign: u8| line.iter().filter(|byte| **byte == sign).count();
    // The comma comes last, so it wins among equals.
    [b';', b'\t', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

fn header(record: &ByteRecord) -> ReadResult<Vec<String>> {
    let line = record.position().map_or(1, csv::Position::line);
    let refuse = |message: String| ExportProblem::at(line, message);
    let mut names: Vec<String> = Vec::new();
    for (index, name) in record.iter().enumerate() {
        let name =
            std::str::from_utf8(name).map_err(|_| refuse(format!("column {} has no name in UTF-8", index + 1)))?;
        let name = name.trim();
        if name.is_empty() || name.contains('\0') || name.chars().count() > 100 {
            return Err(refuse(format!(
                "column {} has no usable name: the first line must name the columns",
                index + 1
            )));
        }
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(refuse(format!("two columns are named \"{}\"", shown_text(name))));
        }
        names.push(name.to_owned());
    }
    if names.len() > COLUMNS {
        return Err(refuse(format!("the file has more than {COLUMNS} columns")));
    }
    Ok(names)
}

fn fields(names: &[String], record: &ByteRecord, line: u64) -> ReadResult<UserFields> {
    let mut fields = UserFields::default();
    for (name, value) in names.iter().zip(record.iter()) {
        if value.contains(&0) {
            return Err(ExportProblem::at(line, format!("column \"{}\" contains a NUL character", shown_text(name))));
        }
        // CSV does not distinguish an empty text from no value; `\N` is MySQL's spelling of null.
        let field = match std::str::from_utf8(value) {
            Ok("" | "\\N") => Field::Null,
            Ok(text) => Field::Text(text.to_owned()),
            Err(_) => Field::Bytes(value.to_vec()),
        };
        fields.add(name, field);
    }
    Ok(fields)
}

fn problem(error: &csv::Error, line: u64) -> ExportProblem {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => ExportProblem::at(
            pos.as_ref().map_or(line, csv::Position::line),
            format!("the record has {len} fields, and the first line names {expected_len}"),
        ),
        ErrorKind::Io(error) if error.to_string() == TOO_LONG => {
            ExportProblem::at(line, format!("{TOO_LONG}: is a quotation mark missing?"))
        }
        ErrorKind::Io(error) => ExportProblem::at(line, format!("cannot be read: {error}")),
        _ => ExportProblem::at(line, "not a record of CSV"),
    }
}
