//! Text files in whatever encoding their program wrote them, read as UTF-8.

use std::io::{self, BufRead, BufReader, Read, Seek};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The encoding of a text: by its mark, by the zeros that UTF-16 puts between letters, UTF-8 if all of it is, otherwise
/// Windows-1252, in which Excel writes CSV in the west of Europe. Leaves the reader at its beginning.
pub fn detect(file: &mut (impl Read + Seek)) -> io::Result<&'static Encoding> {
    file.rewind()?;
    let mut start = Vec::new();
    file.by_ref().take(4_096).read_to_end(&mut start)?;
    file.rewind()?;
    if let Some((encoding, _)) = Encoding::for_bom(&start) {
        return Ok(encoding);
    }
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), start.len() / 2);
    if half > 0 && even + odd > half / 2 {
        return Ok(if odd >= even { UTF_16LE } else { UTF_16BE });
    }
    let encoding = if is_utf8(file)? { UTF_8 } else { WINDOWS_1252 };
    file.rewind()?;
    Ok(encoding)
}

fn is_utf8(file: &mut impl Read) -> io::Result<bool> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    // The beginning of a letter that the last piece ended in.
    let mut open: Vec<u8> = Vec::new();
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(open.is_empty());
        }
        let count = bytes.len();
        open.extend_from_slice(bytes);
        reader.consume(count);
        match std::str::from_utf8(&open) {
            Ok(_) => open.clear(),
            Err(error) if error.error_len().is_some() => return Ok(false),
            Err(error) => {
                open.drain(..error.valid_up_to());
            }
        }
    }
}

/// Reads as UTF-8 what is written in another encoding; what is no letter in it becomes `�`. Every line ends in `\n`, also the
/// last, whatever the file's system ends its lines with.
pub struct Decoded<R> {
    inner: BufReader<R>,
    decoder: Decoder,
    /// UTF-8 that does not fit into the caller's buffer yet.
    ready: Vec<u8>,
    given: usize,
    ended: bool,
    /// The last letter read.
    last: u8,
}

impl<R: Read> Decoded<R> {
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner: BufReader::with_capacity(1 << 16, inner),
            decoder: encoding.new_decoder_with_bom_removal(),
            ready: Vec::new(),
            given: 0,
            ended: false,
            last: b'\n',
        }
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let bytes = self.inner.fill_buf()?;
        let last = bytes.is_empty();
        let room = self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(1 << 20);
        self.ready.resize(room, 0);
        let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.ready, last);
        self.inner.consume(read);
        self.ready.truncate(written);
        self.given = 0;
        self.ended = last && result == CoderResult::InputEmpty;
        self.end_lines();
        Ok(())
    }

    fn end_lines(&mut self) {
        let last = &mut self.last;
        self.ready.retain_mut(|letter| {
            let second_half = *letter == b'\n' && *last == b'\r';
            *last = *letter;
            if *letter == b'\r' {
                *letter = b'\n';
            }
            !second_half
        });
        if self.ended && !matches!(self.last, b'\n' | b'\r') {
            self.ready.push(b'\n');
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.ended {
            self.decode_more()?;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], encoding: &str, text: &str) {
        let mut file = Cursor::new(bytes);
        let found = detect(&mut file).unwrap();
        assert_eq!(found.name(), encoding, "{text:?}");
        let mut read = String::new();
        Decoded::new(file, found).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert!(read.is_empty() || read.ends_with('\n'));
    }

    #[test]
    fn encodings_are_recognised() {
        check("Città;1\n".as_bytes(), "UTF-8", "Città;1\n");
        check("\u{feff}Città\r\na\rb".as_bytes(), "UTF-8", "Città\na\nb\n");
        check(b"Citt\xe0;\x80 5", "windows-1252", "Città;€ 5\n");
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        check(&utf16("\u{feff}Nome;Città"), "UTF-16LE", "Nome;Città\n");
        check(&utf16("Nome;Città"), "UTF-16LE", "Nome;Città\n");
        let big: Vec<u8> = "Nome;Città".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&big, "UTF-16BE", "Nome;Città\n");
        check(b"", "UTF-8", "");
    }

    #[test]
    fn one_bad_byte_far_away_changes_the_encoding() {
        let mut bytes = "è".repeat(200_000).into_bytes();
        assert_eq!(detect(&mut Cursor::new(&bytes)).unwrap(), UTF_8);
        bytes.push(0xe8);
        assert_eq!(detect(&mut Cursor::new(&bytes)).unwrap(), WINDOWS_1252);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_as_text(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut file = Cursor::new(&bytes);
            let encoding = detect(&mut file).unwrap();
            let mut text = String::new();
            Decoded::new(file, encoding).read_to_string(&mut text).unwrap();
        }
    }
}
