//! Whether a write-ahead log that a killed process left belongs to its database file.
//!
//! SQLite applies every valid frame of `FILE-wal` to `FILE` and does not check that they belong together. After a kill
//! and a restored backup, it would mix the pages of two databases. The first commit of Doorward in each log, and the first
//! after each checkpoint, therefore counts in `application_id`, which is in the header of page 1. A log belongs to a file if its first commit follows the file's
//! count, or if a checkpoint has copied one of its headers to the file
//! (<https://sqlite.org/fileformat2.html>, sections 1.3 and 4).

use std::{fs::File, path::Path};

/// The header of the database, at the beginning of page 1.
pub(super) type DatabaseHeader = [u8; 100];

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The magic number of a log; its last bit states the byte order of the checksums.
const MAGIC: u32 = 0x377f_0682;

/// The committed part of a log.
#[derive(Default)]
pub(super) struct WriteAheadLog {
    /// The number of frames.
    pub frames: usize,
    /// The headers of the database in the frames of page 1, oldest first.
    headers: Vec<DatabaseHeader>,
}

impl WriteAheadLog {
    /// Reads the frames that SQLite would apply: those with valid checksums, up to the last commit. A missing or
    /// invalid log has none.
    pub(super) fn read(path: &Path) -> std::io::Result<Self> {
        match File::open(path) {
            Ok(file) => Ok(Self::parse(std::io::BufReader::with_capacity(1 << 20, file)).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(mut file: impl std::io::Read) -> Option<Self> {
        let mut head = [0; LOG_HEADER];
        file.read_exact(&mut head).ok()?;
        let magic = word(&head, 0)?;
        let mut sum = Checksum { is_big_endian: magic & 1 == 1, first: 0, second: 0 };
        let page_size = usize::try_from(word(&head, 8)?).ok()?;
        sum.add(head.get(..24)?);
        let is_sound = magic & !1 == MAGIC && (512..=65_536).contains(&page_size) && page_size.is_power_of_two();
        if !is_sound || !sum.is(&head, 24) {
            return None;
        }
        let mut log = Self::default();
        let (mut frames, mut headers) = (0, Vec::new());
        let mut frame = vec![0; FRAME_HEADER + page_size];
        while file.read_exact(&mut frame).is_ok() {
            let (about, page) = frame.split_at_checked(FRAME_HEADER)?;
            sum.add(about.get(..8)?);
            sum.add(page);
            // The salts tell the frames of this log from older ones, over which it is written.
            if about.get(8..16) != head.get(16..24) || !sum.is(about, 16) {
                break;
            }
            frames += 1;
            if word(about, 0)? == 1 {
                headers.push(*page.first_chunk()?);
            }
            if word(about, 4)? > 0 {
                log.frames = frames;
                log.headers.append(&mut headers);
            }
        }
        Some(log)
    }

    /// Returns whether the log continues the database with this header. Without a count, nothing can be judged.
    pub(super) fn continues(&self, database: &DatabaseHeader) -> bool {
        let Some(first) = self.headers.first() else { return true };
        let (before, after) = (count(database), count(first));
        if before == 0 {
            return true;
        }
        // A copy by `VACUUM INTO` has the count of its source in other pages, and a higher schema cookie.
        let follows = before == after || before == after.wrapping_sub(1);
        (follows && schema_cookie(database) <= schema_cookie(first)) || self.headers.contains(database)
    }
}

/// Returns the count; 0 for a database of another program.
pub(super) fn count(header: &DatabaseHeader) -> u32 {
    word(header, 68).unwrap_or(0)
}

fn schema_cookie(header: &DatabaseHeader) -> u32 {
    word(header, 40).unwrap_or(0)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The running checksum of a log.
struct Checksum {
    is_big_endian: bool,
    first: u32,
    second: u32,
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        let number = |bytes: [u8; 4]| match self.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        };
        let (mut first, mut second) = (self.first, self.second);
        for pair in bytes.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *pair;
            first = first.wrapping_add(number([a, b, c, d])).wrapping_add(second);
            second = second.wrapping_add(number([e, f, g, h])).wrapping_add(first);
        }
        (self.first, self.second) = (first, second);
    }

    fn is(&self, bytes: &[u8], at: usize) -> bool {
        word(bytes, at) == Some(self.first) && word(bytes, at + 4) == Some(self.second)
    }
}
