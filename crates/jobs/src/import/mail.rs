//! Archives of mail (mbox) into the queue of a mail account. The position is the byte in the file.

use std::{
    fs::File,
    io::{BufReader, Seek, SeekFrom},
    path::Path,
};

use voce_channels::email::mbox::{Mbox, MboxError};
use voce_store::imports::RowError;

use super::{
    ImportError,
    feed::{Piece, Pieces},
    table::TableError,
};

pub const KIND: &str = "mbox";

/// Longest mail that is taken, in bytes.
const LONGEST: usize = 64 << 20;

/// The mails of an archive from `position` on.
pub fn open(path: &Path, position: i64) -> Result<Pieces, ImportError> {
    let start = u64::try_from(position).unwrap_or_default();
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path).map_err(TableError::Io)?);
    reader.seek(SeekFrom::Start(start)).map_err(TableError::Io)?;
    let mails = match start {
        0 => Mbox::new(reader, LONGEST),
        _ => Mbox::resume(reader, start, LONGEST),
    };
    let mut at = start;
    Ok(Box::new(mails.map(move |mail| {
        let piece = |end: u64, from: u64, body, problem| Piece {
            body,
            passed: i64::try_from(end.saturating_sub(from)).unwrap_or_default(),
            problem,
        };
        let (end, piece) = match mail {
            Ok((end, bytes)) => (end, piece(end, at, Some(bytes), None)),
            Err(MboxError::TooLong {
                offset, offset_after, ..
            }) => {
                let error = RowError {
                    row_number: i64::try_from(offset).unwrap_or_default(),
                    column_name: String::new(),
                    problem: "import-problem-mail-long".into(),
                    value: String::new(),
                };
                (offset_after, piece(offset_after, at, None, Some(error)))
            }
            Err(error) => return Err(TableError::Unreadable(error.to_string()).into()),
        };
        at = end;
        Ok(piece)
    })))
}
