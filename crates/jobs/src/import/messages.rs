//! Messages out of JSONL, CSV and TSV files into the queue of an account of the open intake. The position is the row.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use jiff::tz::TimeZone;
use voce_channels::api::{
    Invalid,
    columns::roots,
    mapping::Mapping,
    message::{self, ApiMessage},
};
use voce_store::imports::RowError;

use super::{
    ImportError,
    decode::Decoded,
    delimited::{Dialect, line_of},
    feed::{Piece, Pieces},
    table::TableError,
};
use crate::now;

pub const KIND: &str = "messages";

/// Longest line of JSONL, in bytes.
const LONGEST: u64 = 32 << 20;

/// How the files of an account are read: the country of national phone numbers, and the zone of moments without one.
#[derive(Debug, Clone)]
pub struct Reading {
    pub country: String,
    pub zone: TimeZone,
    /// `None` guesses by the columns.
    pub mapping: Option<Mapping>,
}

/// How many rows a file has, for the progress.
pub fn count(path: &Path) -> Result<i64, ImportError> {
    let mut file = File::open(path).map_err(TableError::Io)?;
    let count = if is_lines(path) {
        BufReader::new(file).split(b'\n').count()
    } else {
        let dialect = Dialect::detect(&mut file).map_err(TableError::Io)?;
        let reader = dialect.reader(file).map_err(TableError::Io)?;
        reader.into_byte_records().count().saturating_sub(1)
    };
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The messages of a file from row `position` on.
pub fn open(path: &Path, position: i64, reading: &Reading) -> Result<Pieces, ImportError> {
    let passed = usize::try_from(position).unwrap_or_default();
    if is_lines(path) {
        lines(path, passed, reading)
    } else {
        rows(path, passed, reading)
    }
}

fn is_lines(path: &Path) -> bool {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(ending.as_str(), "jsonl" | "ndjson" | "json")
}

fn lines(path: &Path, passed: usize, reading: &Reading) -> Result<Pieces, ImportError> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(TableError::Io)?);
    let country = reading.country.clone();
    let lines = std::iter::from_fn(move || next_line(&mut file).transpose());
    Ok(Box::new(lines.enumerate().skip(passed).map(move |(at, line)| {
        let line = line?;
        let number = i64::try_from(at + 1).unwrap_or_default();
        Ok(if line.trim_ascii().is_empty() {
            Piece {
                body: None,
                passed: 1,
                problem: None,
            }
        } else {
            checked(line, number, &country)
        })
    })))
}

/// A line of any length up to the longest; the rest of a longer one is passed over, so that it shows as wrong.
fn next_line(file: &mut BufReader<File>) -> Result<Option<Vec<u8>>, ImportError> {
    use std::io::Read;
    let mut line = Vec::new();
    file.by_ref()
        .take(LONGEST)
        .read_until(b'\n', &mut line)
        .map_err(TableError::Io)?;
    if line.is_empty() {
        return Ok(None);
    }
    if !line.ends_with(b"\n") && line.len() as u64 == LONGEST {
        file.skip_until(b'\n').map_err(TableError::Io)?;
    }
    Ok(Some(line))
}

fn rows(path: &Path, passed: usize, reading: &Reading) -> Result<Pieces, ImportError> {
    let mut file = File::open(path).map_err(TableError::Io)?;
    let dialect = Dialect::detect(&mut file).map_err(TableError::Io)?;
    let threads = threads(path, &dialect, reading)?;
    let mut records = Records::open(file, &dialect)?;
    let mapping = mapping_of(&records.columns, reading);
    let country = reading.country.clone();
    for _ in 0..passed {
        records.read()?;
    }
    Ok(Box::new(std::iter::from_fn(move || {
        let line = match records.read() {
            Ok(Some(line)) => line,
            Ok(None) => return None,
            Err(error) => return Some(Err(error)),
        };
        let mut message = mapping.apply(&records.cells()[..]);
        if message.conversation.is_none() {
            message.conversation = threads.get(&message.id).cloned();
        }
        let body = serde_json::to_vec(&message).map_err(ImportError::from);
        Some(body.map(|body| checked(body, line, &country)))
    })))
}

/// The rows of a delimited file under the names of their columns.
struct Records {
    csv: csv::Reader<Decoded<File>>,
    columns: Vec<String>,
    record: csv::StringRecord,
}

impl Records {
    fn open(file: File, dialect: &Dialect) -> Result<Self, ImportError> {
        let csv = dialect.reader(file).map_err(TableError::Io)?;
        let mut records = Self {
            csv,
            columns: Vec::new(),
            record: csv::StringRecord::new(),
        };
        while let Some(line) = records.read()? {
            if u64::try_from(line).unwrap_or_default() >= dialect.first_line {
                records.columns = records.record.iter().map(|name| name.trim().to_owned()).collect();
                return Ok(records);
            }
        }
        Err(TableError::Empty.into())
    }

    /// Reads a row and says in which line it begins; `None` at the end.
    fn read(&mut self) -> Result<Option<i64>, ImportError> {
        let found = self
            .csv
            .read_record(&mut self.record)
            .map_err(|error| TableError::Unreadable(error.to_string()))?;
        Ok(found.then(|| i64::try_from(line_of(&self.csv, &self.record)).unwrap_or_default()))
    }

    fn cells(&self) -> Vec<(&str, &str)> {
        self.columns.iter().map(String::as_str).zip(&self.record).collect()
    }
}

fn mapping_of(columns: &[String], reading: &Reading) -> Mapping {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    reading
        .mapping
        .clone()
        .unwrap_or_else(|| Mapping::guess(&names, reading.zone.clone()))
}

/// The thread of each message that stands in one with others: an answer may come in the file before what it answers.
fn threads(path: &Path, dialect: &Dialect, reading: &Reading) -> Result<HashMap<String, String>, ImportError> {
    let mut records = Records::open(File::open(path).map_err(TableError::Io)?, dialect)?;
    let mapping = mapping_of(&records.columns, reading);
    let targets = mapping.to_json();
    if targets.get("conversation").is_some() || targets.get("reply_to").is_none() {
        return Ok(HashMap::new());
    }
    let mut pairs: Vec<(String, Option<String>)> = Vec::new();
    while records.read()?.is_some() {
        let ApiMessage { id, reply_to, .. } = mapping.apply(&records.cells()[..]);
        pairs.push((id, reply_to));
    }
    let roots = roots(pairs.iter().map(|(id, reply_to)| (id.as_str(), reply_to.as_deref())));
    Ok(roots
        .into_iter()
        .map(|(id, root)| (id.to_owned(), root.to_owned()))
        .collect())
}

/// A message that can be read, or what is wrong with it.
fn checked(body: Vec<u8>, line: i64, country: &str) -> Piece {
    match message::read(&body, country, now()) {
        Ok(_) => Piece {
            body: Some(body),
            passed: 1,
            problem: None,
        },
        Err(Invalid(problems)) => {
            let first = problems.into_iter().next();
            let (column_name, problem) = first
                .map(|problem| (problem.pointer, problem.message))
                .unwrap_or_default();
            let value = String::from_utf8_lossy(&body)
                .chars()
                .take(200)
                .filter(|letter| *letter != '\0')
                .collect();
            Piece {
                body: None,
                passed: 1,
                problem: Some(RowError {
                    row_number: line,
                    column_name,
                    problem,
                    value,
                }),
            }
        }
    }
}
