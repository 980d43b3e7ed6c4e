//! The bytes of an export, with a limit for each record and a check of the encoding.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    rc::Rc,
};

use super::problem::{ExportProblem, ReadResult};

/// The largest record, in bytes.
const RECORD_BYTES: u64 = 1024 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;
/// The message of the error that a record above the limit causes.
pub(super) const TOO_LONG: &str = "a record is longer than 1 MiB";

/// A file whose reader counts the bytes of the current record.
pub(super) struct BoundedFile {
    file: BufReader<File>,
    meter: RecordMeter,
}

/// The count of bytes of the current record, shared with the parser.
#[derive(Clone, Default)]
pub(super) struct RecordMeter {
    left: Rc<Cell<Option<u64>>>,
    is_exceeded: Rc<Cell<bool>>,
}

impl RecordMeter {
    /// Starts a record.
    pub(super) fn start(&self) {
        self.left.set(Some(RECORD_BYTES));
    }

    /// Ends a record. What follows is not limited, because it is skipped.
    pub(super) fn stop(&self) {
        self.left.set(None);
    }

    /// Returns whether a record exceeded the limit.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }
}

/// Opens a file, without a byte order mark of UTF-8.
pub(super) fn open(path: &Path) -> ReadResult<BoundedFile> {
    let cannot = |error: io::Error| ExportProblem::of_file(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.is_dir() {
        return Err(ExportProblem::of_file("is a folder"));
    }
    let mut file = BufReader::with_capacity(BUFFER_BYTES, file);
    let start = file.fill_buf().map_err(cannot)?;
    if start.is_empty() {
        return Err(ExportProblem::of_file("is empty"));
    }
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(ExportProblem::of_file("is UTF-16: save it as UTF-8"));
    }
    if start.starts_with(&[0x1f, 0x8b]) || start.starts_with(b"PK\x03\x04") {
        return Err(ExportProblem::of_file("is compressed: unpack it first"));
    }
    let mark = if start.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    file.consume(mark);
    Ok(BoundedFile { file, meter: RecordMeter::default() })
}

impl BoundedFile {
    /// Returns the meter of the records.
    pub(super) fn meter(&self) -> RecordMeter {
        self.meter.clone()
    }

    /// Returns whether the file begins like JSON.
    pub(super) fn begins_json(&mut self) -> ReadResult<bool> {
        let first = self.first_sign()?;
        Ok(matches!(first, Some(b'{' | b'[')))
    }

    /// Returns the first line, as far as the buffer holds it.
    pub(super) fn first_line(&mut self) -> ReadResult<Vec<u8>> {
        let start = self.file.fill_buf().map_err(|error| ExportProblem::of_file(format!("cannot be read: {error}")))?;
        Ok(start.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec())
    }

    fn first_sign(&mut self) -> ReadResult<Option<u8>> {
        let start = self.file.fill_buf().map_err(|error| ExportProblem::of_file(format!("cannot be read: {error}")))?;
        Ok(start.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
    }
}

impl Read for BoundedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(left) = self.meter.left.get() {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            if count > left {
                self.meter.is_exceeded.set(true);
                return Err(io::Error::other(TOO_LONG));
            }
            self.meter.left.set(Some(left - count));
        }
        Ok(count)
    }
}
