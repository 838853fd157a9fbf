//! Mailbox files (`mbox`, RFC 4155 and its dialects mboxo and mboxrd), read as a stream.

use std::io::{self, BufRead, Read};

/// Mails of a mailbox file, one after the other, in bounded memory.
///
/// Reading can be resumed: seek the reader to an offset that was given and start again with [`Mbox::resume`].
pub struct Mbox<R> {
    reader: R,
    /// Of the next unread byte.
    offset: u64,
    limit: usize,
    /// A separator was read: a mail begins at `offset`.
    begun: bool,
    finished: bool,
    line: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum MboxError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("this is not a mailbox file: it does not begin with \"From \"")]
    NotMbox,
    /// The mail was skipped; reading can go on.
    #[error("the mail at byte {offset} has more than {limit} bytes")]
    TooLong {
        offset: u64,
        offset_after: u64,
        limit: usize,
    },
}

impl<R: BufRead> Mbox<R> {
    /// Reads from the beginning of the file. A mail of more than `limit` bytes is skipped with an error.
    pub fn new(reader: R, limit: usize) -> Self {
        Self::resume(reader, 0, limit)
    }

    /// Goes on at `offset`, to which the reader has been moved.
    pub fn resume(reader: R, offset: u64, limit: usize) -> Self {
        Self {
            reader,
            offset,
            limit,
            begun: false,
            finished: false,
            line: Vec::new(),
        }
    }

    /// Reads a line, at most `limit` bytes of it at a time. False at the end of the file.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = self.limit.max(MIN_LINE_BYTES) as u64;
        let count = self.reader.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        self.offset += count as u64;
        Ok(count > 0)
    }

    fn find_first(&mut self) -> Result<bool, MboxError> {
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            if is_separator(&self.line) {
                return Ok(true);
            }
            if !self.line.trim_ascii().is_empty() {
                return Err(MboxError::NotMbox);
            }
        }
    }

    fn read_mail(&mut self) -> Result<Option<(u64, Vec<u8>)>, MboxError> {
        if !self.begun && !self.find_first()? {
            return Ok(None);
        }
        self.begun = false;
        let start = self.offset;
        let mut mail = Vec::new();
        let mut too_long = false;
        let mut after_empty = true;
        // `read_line` gives a very long line in pieces: only the first begins a line.
        let mut line_begins = true;
        let mut end = self.offset;
        while self.read_line()? {
            if line_begins && after_empty && is_separator(&self.line) {
                self.begun = true;
                break;
            }
            let line = if line_begins { unquoted(&self.line) } else { &self.line };
            too_long |= mail.len() + line.len() > self.limit;
            if too_long {
                mail = Vec::new();
            } else {
                mail.extend_from_slice(line);
            }
            after_empty = line_begins && matches!(self.line.as_slice(), b"\n" | b"\r\n");
            line_begins = self.line.ends_with(b"\n");
            end = self.offset;
        }
        if too_long {
            return Err(MboxError::TooLong {
                offset: start,
                offset_after: end,
                limit: self.limit,
            });
        }
        // The empty line before a separator belongs to the separator.
        let kept = match mail.as_slice() {
            [.., b'\n', b'\r', b'\n'] => mail.len() - 2,
            [.., b'\n', b'\n'] => mail.len() - 1,
            _ => mail.len(),
        };
        mail.truncate(kept);
        Ok(Some((end, mail)))
    }
}

const MIN_LINE_BYTES: usize = 1024;

impl<R: BufRead> Iterator for Mbox<R> {
    /// The offset after the mail (where reading can be resumed) and its bytes.
    type Item = Result<(u64, Vec<u8>), MboxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let result = self.read_mail().transpose();
        self.finished = matches!(result, None | Some(Err(MboxError::Io(_) | MboxError::NotMbox)));
        result
    }
}

/// `From somebody Mon Nov 22 10:00:00 2026`: a time tells it from a sentence that was not quoted.
fn is_separator(line: &[u8]) -> bool {
    line.starts_with(b"From ")
        && line
            .windows(5)
            .any(|w| matches!(w, [a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit())))
}

/// `>From ` and `>>From ` lose one mark.
fn unquoted(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|&&byte| byte == b'>').count();
    match line.get(marks..) {
        Some(rest) if marks > 0 && rest.starts_with(b"From ") => line.get(1..).unwrap_or_default(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "From a@example.it Sun Nov 22 10:00:00 2026\nSubject: uno\n\nciao\n>From qui\n>>From la\n\nFrom now on it is text\n\nFrom b@example.it Sun Nov 22 10:00:01 2026 +0100\nSubject: due\n\nfine";

    fn mails(file: &str, limit: usize) -> Vec<Result<(u64, String), String>> {
        Mbox::new(file.as_bytes(), limit)
            .map(|mail| {
                mail.map(|(at, bytes)| (at, String::from_utf8(bytes).unwrap()))
                    .map_err(|e| e.to_string())
            })
            .collect()
    }

    #[test]
    fn mails_are_parted_and_unquoted() {
        let found: Vec<_> = mails(FILE, 1 << 20).into_iter().map(|mail| mail.unwrap().1).collect();
        assert_eq!(
            found,
            [
                "Subject: uno\n\nciao\nFrom qui\n>From la\n\nFrom now on it is text\n",
                "Subject: due\n\nfine"
            ]
        );
        assert_eq!(mails(&FILE.replace('\n', "\r\n"), 1 << 20).len(), 2);
        assert!(mails("", 1 << 20).is_empty());
    }

    #[test]
    fn reading_resumes_after_each_mail() {
        let all = mails(FILE, 1 << 20);
        let (offset, _) = all[0].clone().unwrap();
        let rest: Vec<_> = Mbox::resume(&FILE.as_bytes()[offset as usize..], offset, 1 << 20)
            .map(Result::unwrap)
            .collect();
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].0, all[1].clone().unwrap().0);
        assert_eq!(rest[0].0, FILE.len() as u64);
    }

    #[test]
    fn long_mails_are_told_and_skipped() {
        let file = format!("From a Sun Nov 22 10:00:00 2026\n\n{}\n\n{FILE}", "x".repeat(5_000));
        let found = mails(&file, 200);
        assert_eq!(found.len(), 3);
        assert!(
            found[0]
                .as_ref()
                .is_err_and(|error| error.contains("more than 200 bytes"))
        );
        assert!(found[1].is_ok() && found[2].is_ok());
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(mails("PK\u{3}\u{4} zip", 100).len(), 1);
        assert!(mails("Subject: uno\n\nciao", 100)[0].is_err());
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_panics(pieces in proptest::collection::vec("(From a 10:00|>From |\\n|x|\r\n){0,6}", 0..20)) {
            let file = pieces.concat();
            for (offset, _) in Mbox::new(file.as_bytes(), 64).flatten() {
                assert!(offset <= file.len() as u64);
            }
        }
    }
}
