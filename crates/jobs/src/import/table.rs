//! Sheets and delimited files as one kind of table: UTF-8, commas, the number of the original line before each row.
//!
//! A file is read once, when it arrives; everything after that reads the table, row by row, from wherever it stopped.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use calamine::{Data, DataRef, Reader, Sheets, XlsxError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use voce_store::blobs::Blobs;

use super::delimited::{Dialect, line_of};

/// More columns than this are not a registry.
pub const MOST_COLUMNS: usize = 200;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the blob that holds the rows.
    pub blob: String,
    /// All rows, with the header if there is one.
    pub rows: i64,
    pub columns: usize,
    /// Whether the first row looks like the names of the columns.
    pub header: bool,
    pub source: Source,
}

/// How the file was read, told to the person who brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Source {
    Text { encoding: String, delimiter: char },
    Sheet { name: String },
}

/// Why a file is no table. The text of each is in the locales under `import-file-…`.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("empty")]
    Empty,
    #[error("columns")]
    Columns,
    #[error("unreadable")]
    Unreadable(String),
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl TableError {
    /// Key of the sentence for people.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "import-file-empty",
            Self::Columns => "import-file-columns",
            Self::Unreadable(_) | Self::Io(_) => "import-file-unreadable",
        }
    }
}

/// Reads a CSV, TSV, XLSX, XLS or ODS file and keeps its rows as a blob. Blocks.
pub fn take(path: &Path, blobs: &Blobs) -> Result<Table, TableError> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let read = file.read(&mut magic)?;
    let mut writer = RowWriter::new(blobs.folder())?;
    let source = match magic.get(..read).unwrap_or_default() {
        b"PK\x03\x04" | b"\xd0\xcf\x11\xe0" => take_sheet(path, &mut writer)?,
        _ => take_text(&mut file, &mut writer)?,
    };
    writer.finish(blobs, source)
}

fn take_text(file: &mut File, writer: &mut RowWriter) -> Result<Source, TableError> {
    let dialect = Dialect::detect(file)?;
    let mut reader = dialect.reader(file)?;
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| TableError::Unreadable(error.to_string()))?
    {
        let line = line_of(&reader, &record);
        if line >= dialect.first_line {
            writer.row(line, record.iter())?;
        }
    }
    Ok(Source::Text {
        encoding: dialect.encoding.name().to_owned(),
        delimiter: dialect.delimiter.into(),
    })
}

fn take_sheet(path: &Path, writer: &mut RowWriter) -> Result<Source, TableError> {
    let unreadable = |error: &dyn std::fmt::Display| TableError::Unreadable(error.to_string());
    let mut book = calamine::open_workbook_auto(path).map_err(|error| unreadable(&error))?;
    for name in book.sheet_names() {
        let before = writer.rows;
        match &mut book {
            // Cell by cell: a sheet of a million rows never lies in memory as a whole.
            Sheets::Xlsx(book) => take_xlsx(book, &name, writer)?,
            other => {
                let range = other.worksheet_range(&name).map_err(|error| unreadable(&error))?;
                let first = range.start().map_or(0, |start| u64::from(start.0));
                for (row, cells) in (first + 1..).zip(range.rows()) {
                    writer.row(row, cells.iter().map(owned_text))?;
                }
            }
        }
        if writer.rows > before {
            return Ok(Source::Sheet { name });
        }
    }
    Err(TableError::Empty)
}

fn take_xlsx<R: Read + io::Seek>(
    book: &mut calamine::Xlsx<R>,
    name: &str,
    writer: &mut RowWriter,
) -> Result<(), TableError> {
    let unreadable = |error: XlsxError| TableError::Unreadable(error.to_string());
    let mut reader = match book.worksheet_cells_reader(name) {
        // A sheet that holds a chart has no cells.
        Err(XlsxError::WorksheetNotFound(_) | XlsxError::NotAWorksheet(_)) => return Ok(()),
        other => other.map_err(unreadable)?,
    };
    let (mut at, mut cells) = (None, Vec::<String>::new());
    while let Some(cell) = reader.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        if at != Some(row)
            && let Some(at) = at.replace(row)
        {
            writer.row(u64::from(at) + 1, cells.drain(..))?;
        }
        let column = column as usize;
        if column >= MOST_COLUMNS {
            // Formatted far beyond the last column with words.
            if text(cell.get_value()).is_empty() {
                continue;
            } else {
                return Err(TableError::Columns);
            }
        }
        cells.resize(cells.len().max(column + 1), String::new());
        if let Some(place) = cells.get_mut(column) {
            *place = text(cell.get_value());
        }
    }
    match at {
        Some(at) => writer.row(u64::from(at) + 1, cells.drain(..)),
        None => Ok(()),
    }
}

fn owned_text(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(moment) => date_text(moment),
        _ => String::new(),
    }
}

fn text(cell: &DataRef) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => date_text(moment),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Customer numbers and phones are kept as floats by Excel: `40112`, not `40112.0`.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        number.to_string()
    }
}

fn date_text(moment: &calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// Writes the rows of a table into a file that becomes a blob.
struct RowWriter {
    csv: csv::Writer<BufWriter<NamedTempFile>>,
    rows: i64,
    columns: usize,
    first: Vec<String>,
    second: Vec<String>,
}

impl RowWriter {
    fn new(folder: &Path) -> io::Result<Self> {
        let file = BufWriter::new(NamedTempFile::new_in(folder)?);
        let csv = csv::WriterBuilder::new().flexible(true).from_writer(file);
        Ok(Self {
            csv,
            rows: 0,
            columns: 0,
            first: Vec::new(),
            second: Vec::new(),
        })
    }

    /// Takes a row; one without a word is left out.
    fn row<C: AsRef<str>>(&mut self, line: u64, cells: impl Iterator<Item = C>) -> Result<(), TableError> {
        let mut cells: Vec<String> = cells.map(|cell| clean(cell.as_ref())).collect();
        let width = cells
            .iter()
            .rposition(|cell| !cell.is_empty())
            .map_or(0, |last| last + 1);
        cells.truncate(width);
        if width == 0 {
            return Ok(());
        }
        if width > MOST_COLUMNS {
            return Err(TableError::Columns);
        }
        let written = self
            .csv
            .write_record(std::iter::once(line.to_string()).chain(cells.iter().cloned()));
        written.map_err(|error| TableError::Io(error.into()))?;
        match self.rows {
            0 => self.first = cells,
            1 => self.second = cells,
            _ => {}
        }
        self.rows += 1;
        self.columns = self.columns.max(width);
        Ok(())
    }

    fn finish(self, blobs: &Blobs, source: Source) -> Result<Table, TableError> {
        if self.rows == 0 {
            return Err(TableError::Empty);
        }
        let header = is_header(&self.first, &self.second);
        let buffered = self
            .csv
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let file = buffered
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let blob = keep(file, blobs)?;
        Ok(Table {
            blob,
            rows: self.rows,
            columns: self.columns,
            header,
            source,
        })
    }
}

/// Without NUL, which PostgreSQL cannot store, and blanks around.
fn clean(cell: &str) -> String {
    let cell = cell.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    if cell.contains('\0') {
        cell.replace('\0', "")
    } else {
        cell.to_owned()
    }
}

/// Names of columns hold no digits or addresses, and no name comes twice; the row below usually differs in that.
fn is_header(first: &[String], second: &[String]) -> bool {
    let named = |cells: &[String]| {
        let value = |cell: &String| {
            cell.contains('@') || cell.chars().filter(char::is_ascii_digit).count() * 2 > cell.chars().count()
        };
        let mut seen = std::collections::BTreeSet::new();
        !cells.iter().any(value)
            && cells
                .iter()
                .filter(|cell| !cell.is_empty())
                .all(|cell| seen.insert(cell.to_lowercase()))
    };
    let known = first.iter().any(|cell| super::columns::guess(cell).is_some());
    named(first) && (known || !named(second))
}

/// Makes a finished file a blob, without reading it into memory.
fn keep(file: NamedTempFile, blobs: &Blobs) -> io::Result<String> {
    file.as_file().sync_all()?;
    let name = hash(file.path())?;
    let path = blobs.path(&name).ok_or_else(|| io::Error::other("not a blob's name"))?;
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("a blob lies in a folder"))?
        .to_owned();
    fs::create_dir_all(&folder)?;
    file.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()?;
    Ok(name)
}

/// SHA-256 of a file in hexadecimal, whatever its size.
pub fn hash(path: &Path) -> io::Result<String> {
    struct Hashing(Sha256);
    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hashing = Hashing(Sha256::new());
    io::copy(&mut BufReader::with_capacity(1 << 16, File::open(path)?), &mut hashing)?;
    Ok(hashing.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the original file, as a person counts.
    pub line: i64,
    cells: csv::StringRecord,
}

impl Row {
    /// The cell of a column; empty where the row is shorter.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column + 1).unwrap_or_default()
    }

    #[cfg(test)]
    pub fn of(line: i64, cells: &[&str]) -> Self {
        let number = line.to_string();
        Self {
            line,
            cells: std::iter::once(number.as_str()).chain(cells.iter().copied()).collect(),
        }
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().skip(1)
    }
}

/// Reads the rows of a kept table.
pub struct Rows {
    csv: csv::Reader<File>,
}

impl Rows {
    /// Opens a table past its first `passed` rows.
    pub fn open(blobs: &Blobs, blob: &str, passed: i64) -> Result<Self, TableError> {
        let path = blobs
            .path(blob)
            .ok_or_else(|| TableError::Unreadable("not a blob's name".into()))?;
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_path(path);
        let mut rows = Self {
            csv: csv.map_err(|error| TableError::Io(error.into()))?,
        };
        let mut record = csv::ByteRecord::new();
        for _ in 0..passed {
            rows.csv
                .read_byte_record(&mut record)
                .map_err(|error| TableError::Io(error.into()))?;
        }
        Ok(rows)
    }

    /// The next rows, at most `most`; none at the end.
    pub fn next(&mut self, most: usize) -> Result<Vec<Row>, TableError> {
        let mut rows = Vec::with_capacity(most.min(1_000));
        for record in self.csv.records().take(most) {
            let cells = record.map_err(|error| TableError::Unreadable(error.to_string()))?;
            let line = cells.get(0).and_then(|line| line.parse().ok()).unwrap_or_default();
            rows.push(Row { line, cells });
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The table, the cells of its rows, and the lines on which they stand.
    type Taken = (Table, Vec<Vec<String>>, Vec<i64>);

    fn taken(bytes: &[u8]) -> Result<Taken, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path().join("blobs")).unwrap();
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        let table = take(&path, &blobs)?;
        let rows = Rows::open(&blobs, &table.blob, 0).unwrap().next(10_000).unwrap();
        let cells = rows
            .iter()
            .map(|row| row.cells().map(str::to_owned).collect())
            .collect();
        Ok((table, cells, rows.iter().map(|row| row.line).collect()))
    }

    fn check(bytes: &[u8], delimiter: char, header: bool, rows: &[&[&str]]) {
        let (table, cells, _) = taken(bytes).unwrap();
        assert!(
            matches!(&table.source, Source::Text { delimiter: found, .. } if *found == delimiter),
            "{:?}",
            table.source
        );
        assert_eq!(cells, rows);
        assert_eq!(table.header, header);
    }

    #[test]
    fn delimiters_and_headers_are_recognised() {
        check(
            b"Nome;E-mail\nAnna;a@example.com\n",
            ';',
            true,
            &[&["Nome", "E-mail"], &["Anna", "a@example.com"]],
        );
        check(
            b"Nome,Citt\xe0\r\n\"Rossi, Anna\",Torino\r\n",
            ',',
            true,
            &[&["Nome", "Città"], &["Rossi, Anna", "Torino"]],
        );
        check(
            b"name\tnote\nAnna\ta; b, c\nBea\td; e\n",
            '\t',
            true,
            &[&["name", "note"], &["Anna", "a; b, c"], &["Bea", "d; e"]],
        );
        check(
            b"sep=;\r\nNome;Note\r\nAnna;x,y\r\n",
            ';',
            true,
            &[&["Nome", "Note"], &["Anna", "x,y"]],
        );
        check(
            b"Anna,anna@example.com\nBea,bea@example.com\n",
            ',',
            false,
            &[&["Anna", "anna@example.com"], &["Bea", "bea@example.com"]],
        );
        check(b"Nome\nAnna\n", ',', true, &[&["Nome"], &["Anna"]]);
    }

    #[test]
    fn lines_count_as_in_the_file() {
        let (table, _, lines) = taken(b"Nome,Note\n\nAnna,\"two\nlines\"\n,\nBea,x\0\n").unwrap();
        assert_eq!(lines, [1, 3, 6]);
        assert_eq!((table.rows, table.columns), (3, 2));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(matches!(taken(b""), Err(TableError::Empty)));
        assert!(matches!(taken(b"\n \n\t\n"), Err(TableError::Empty)));
        assert!(matches!(taken(b"PK\x03\x04 not a zip"), Err(TableError::Unreadable(_))));
        assert!(matches!(
            taken(",".repeat(300).replace(",", "a,").as_bytes()),
            Err(TableError::Columns)
        ));
    }

    #[test]
    fn a_table_is_read_on_from_any_row() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "n\n1\n2\n3\n4\n").unwrap();
        let table = take(&path, &blobs).unwrap();
        let mut rows = Rows::open(&blobs, &table.blob, 2).unwrap();
        assert_eq!(
            rows.next(2)
                .unwrap()
                .iter()
                .map(|row| row.cell(0).to_owned())
                .collect::<Vec<_>>(),
            ["2", "3"]
        );
        assert_eq!(rows.next(2).unwrap().len(), 1);
        assert_eq!(rows.next(2).unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), zip in any::<bool>()) {
            let bytes = if zip { [b"PK\x03\x04".as_slice(), &bytes].concat() } else { bytes };
            let _ = taken(&bytes);
        }
    }
}
