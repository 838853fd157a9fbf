//! The dialect of a delimited file: what stands between its cells, and whether quotes mean anything in it.

use std::io::{self, BufRead, BufReader, Read, Seek};

use encoding_rs::Encoding;

use super::decode::{Decoded, detect};

#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    pub encoding: &'static Encoding,
    pub delimiter: u8,
    /// Cells may stand in quotes; otherwise a quote is a letter like any other.
    pub quoting: bool,
    /// At which the rows begin: Excel may write `sep=;` before them.
    pub first_line: u64,
}

impl Dialect {
    /// Looks at the whole file where a sample would not do.
    pub fn detect(file: &mut (impl Read + Seek)) -> io::Result<Self> {
        let encoding = detect(file)?;
        let mut sample = Vec::new();
        Decoded::new(&mut *file, encoding)
            .take(1 << 16)
            .read_to_end(&mut sample)?;
        let (delimiter, first_line) = delimiter(&sample);
        let quoting = delimiter != b'\t' || is_quoted(file, encoding)?;
        file.rewind()?;
        Ok(Self {
            encoding,
            delimiter,
            quoting,
            first_line,
        })
    }

    /// Reads the file from its beginning, without taking its first row for a header.
    pub fn reader<R: Read + Seek>(&self, mut file: R) -> io::Result<csv::Reader<Decoded<R>>> {
        file.rewind()?;
        let mut builder = csv::ReaderBuilder::new();
        builder
            .delimiter(self.delimiter)
            .quoting(self.quoting)
            .has_headers(false)
            .flexible(true);
        Ok(builder.from_reader(Decoded::new(file, self.encoding)))
    }
}

/// The line at which a record begins that the reader has just read, as a person counts.
pub fn line_of<R: Read>(reader: &csv::Reader<R>, record: &csv::StringRecord) -> u64 {
    // Blank lines before a record count as its own for the parser; those after it do not.
    let within = record
        .iter()
        .map(|cell| cell.bytes().filter(|byte| *byte == b'\n').count())
        .sum::<usize>();
    reader.position().line().saturating_sub(1 + within as u64)
}

/// The delimiter that cuts the most lines of a sample into the same number of cells, and the line at which the rows begin.
fn delimiter(sample: &[u8]) -> (u8, u64) {
    if let [
        b's' | b'S',
        b'e' | b'E',
        b'p' | b'P',
        b'=',
        delimiter,
        b'\r' | b'\n',
        ..,
    ] = sample
    {
        return (*delimiter, 2);
    }
    // The last line may be cut.
    let end = sample
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(sample.len(), |end| end + 1);
    let whole = sample.get(..end).unwrap_or(sample);
    let score = |delimiter: &u8| {
        let reader = csv::ReaderBuilder::new()
            .delimiter(*delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(whole);
        let mut counts = std::collections::BTreeMap::<usize, usize>::new();
        for record in reader
            .into_byte_records()
            .take(200)
            .flatten()
            .filter(|record| record.len() > 1)
        {
            *counts.entry(record.len()).or_default() += 1;
        }
        counts
            .into_iter()
            .map(|(width, count)| (count, width))
            .max()
            .unwrap_or_default()
    };
    // The last of equals wins: the most usual stands last.
    let best = [b'|', b'\t', b';', b','].into_iter().max_by_key(score).unwrap_or(b',');
    (best, 1)
}

/// Many programs write tabs without quoting. Such a file has the same width in every line, and now and then a cell that
/// begins with a quote and does not end with one.
fn is_quoted(file: &mut (impl Read + Seek), encoding: &'static Encoding) -> io::Result<bool> {
    file.rewind()?;
    let mut reader = BufReader::new(Decoded::new(file, encoding));
    let (mut line, mut width, mut half_quoted) = (Vec::new(), None, false);
    while reader.read_until(b'\n', &mut line)? > 0 {
        let cells = line.trim_ascii_end().split(|byte| *byte == b'\t');
        half_quoted |= cells
            .clone()
            .any(|cell| cell.starts_with(b"\"") && (cell.len() == 1 || !cell.ends_with(b"\"")));
        let count = line.iter().filter(|byte| **byte == b'\t').count();
        if *width.get_or_insert(count) != count {
            return Ok(true);
        }
        line.clear();
    }
    Ok(!half_quoted)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut file = Cursor::new(text.as_bytes());
        let dialect = Dialect::detect(&mut file).unwrap();
        let records = dialect.reader(file).unwrap().into_records();
        records
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn quotes_in_tab_separated_text_are_letters_unless_cells_are_quoted() {
        assert_eq!(rows("id\ttext\n1\t\"so\" she said\n2\tb\n")[1][1], "\"so\" she said");
        assert_eq!(rows("id\ttext\n1\t\"two\nlines\"\n2\tb\n")[1][1], "two\nlines");
        assert_eq!(rows("id\ttext\n1\t\"a \"\"b\"\"\"\n")[1][1], "a \"b\"");
    }
}
