//! The parts of a mail (RFC 2045, RFC 2046), read in linear time and to a bounded depth, so that no mail can keep
//! a worker busy or exhaust its stack. Header values are read by `mail-parser`.

use std::borrow::Cow;

use mail_parser::{
    Address, ContentType, DateTime, Header, HeaderForm, HeaderValue, Message, MessageParser, MimeHeaders,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
};

use super::charset;

/// Multiparts within multiparts; what is deeper is kept as one attachment.
const MAX_DEPTH: usize = 24;
/// Parts of one mail; what follows is kept inside the last one.
const MAX_PARTS: usize = 500;
/// Longest header that is looked at.
const MAX_HEADER_BYTES: usize = 256 * 1024;

/// A mail or a part of one.
pub struct Part<'a> {
    pub head: Head,
    /// The body, still in its transfer encoding.
    pub body: &'a [u8],
    pub children: Vec<Part<'a>>,
}

/// The header of a part.
pub struct Head(Option<Message<'static>>);

impl<'a> Part<'a> {
    /// Reads a whole mail. `None` when it begins with nothing that looks like a header.
    pub fn read(raw: &'a [u8]) -> Option<Self> {
        let mut budget = MAX_PARTS;
        let part = read(strip_envelope(raw), 0, &mut budget);
        part.head.0.is_some().then_some(part)
    }

    /// `text/plain` and so on, in lower case.
    pub fn kind(&self) -> String {
        match self.head.content_type() {
            Some(ct) => format!("{}/{}", ct.ctype(), ct.subtype().unwrap_or_default()).to_ascii_lowercase(),
            None => "text/plain".into(),
        }
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.head.content_type().and_then(|ct| ct.attribute(name))
    }

    /// The body with its transfer encoding undone. What cannot be decoded is kept as it came.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        let encoding = self.head.text("Content-Transfer-Encoding").unwrap_or_default();
        let decoded = match encoding.trim().to_ascii_lowercase().as_str() {
            "base64" => decode_base64(self.body),
            "quoted-printable" => quoted_printable_decode(self.body),
            _ => None,
        };
        decoded.map_or(Cow::Borrowed(self.body), Cow::Owned)
    }

    /// The body as text, whatever the charset claims, with `\n` for line ends.
    pub fn text(&self) -> String {
        charset::decode(&self.bytes(), self.attribute("charset"))
            .replace("\r\n", "\n")
            .replace('\r', "\n")
    }

    /// The part and everything in it, depth first.
    pub fn walk(&self) -> Vec<&Part<'a>> {
        let mut found = vec![self];
        for child in &self.children {
            found.extend(child.walk());
        }
        found
    }

    /// File name as the sender gave it.
    pub fn file_name(&self) -> Option<&str> {
        self.head.0.as_ref()?.parts.first()?.attachment_name()
    }

    pub fn is_attachment(&self) -> bool {
        self.head.disposition().is_some_and(ContentType::is_attachment)
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..MAX_HEADER_BYTES).unwrap_or(bytes);
        // Headers in clear 8-bit are UTF-8 or, from old programs, the Windows charset of Western Europe.
        let text = charset::decode(bytes, None);
        let whole = format!("{}\r\n\r\n", text.trim_end());
        Self(MessageParser::default().parse_headers(&whole).map(Message::into_owned))
    }

    fn headers(&self) -> &[Header<'static>] {
        self.0
            .as_ref()
            .and_then(|message| message.parts.first())
            .map_or(&[], |part| &part.headers)
    }

    /// The values of a header, first the topmost.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &HeaderValue<'static>> {
        self.headers()
            .iter()
            .filter(move |header| header.name().eq_ignore_ascii_case(name))
            .map(Header::value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// The header's text, decoded where the header is of a kind that can be encoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.values(name).find_map(|value| match value {
            HeaderValue::Text(text) => Some(clean(text)),
            HeaderValue::TextList(list) => list.first().map(|text| clean(text)),
            _ => None,
        })
    }

    /// The header as it stands, in lower case; empty when it is missing.
    pub fn lower(&self, name: &str) -> String {
        let raw = |message: &Message<'static>| {
            let values = message.header_as(name.to_owned(), HeaderForm::Raw);
            values.first().and_then(|value| value.as_text().map(str::to_lowercase))
        };
        self.0.as_ref().and_then(raw).unwrap_or_default()
    }

    /// Message-IDs of a header, without their brackets, in their order, each once.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut add = |id: &str| {
            let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            if (3..=MAX_ID_BYTES).contains(&id.len()) && !ids.contains(&id) && ids.len() < MAX_IDS {
                ids.push(id);
            }
        };
        for value in self.values(name) {
            match value {
                HeaderValue::Text(text) => add(text),
                HeaderValue::TextList(list) => list.iter().for_each(|text| add(text)),
                _ => {}
            }
        }
        ids
    }

    /// Every mailbox of an address header as (name, address).
    pub fn mailboxes(&self, name: &str) -> Vec<(Option<String>, String)> {
        let addresses = self.values(name).filter_map(HeaderValue::as_address);
        addresses
            .flat_map(Address::iter)
            .filter_map(|mailbox| Some((mailbox.name().map(clean), clean(mailbox.address()?))))
            .take(MAX_MAILBOXES)
            .collect()
    }

    pub fn date(&self) -> Option<&DateTime> {
        self.values("Date")
            .find_map(HeaderValue::as_datetime)
            .filter(|date| date.is_valid())
    }

    pub fn content_type(&self) -> Option<&ContentType<'static>> {
        self.values("Content-Type").find_map(HeaderValue::as_content_type)
    }

    fn disposition(&self) -> Option<&ContentType<'static>> {
        self.values("Content-Disposition")
            .find_map(HeaderValue::as_content_type)
    }
}

/// Longest Message-ID that is believed.
const MAX_ID_BYTES: usize = 512;
const MAX_IDS: usize = 200;
const MAX_MAILBOXES: usize = 200;

/// Text for one line of a database: no control characters, no space around.
pub fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

fn read<'a>(raw: &'a [u8], depth: usize, budget: &mut usize) -> Part<'a> {
    let (header, body) = split_header(raw);
    let head = Head::read(header);
    let boundary = head
        .content_type()
        .filter(|ct| ct.ctype().eq_ignore_ascii_case("multipart"))
        .and_then(|ct| ct.attribute("boundary"))
        .filter(|boundary| !boundary.is_empty())
        .map(str::to_owned);
    let mut children = Vec::new();
    if let Some(boundary) = boundary.filter(|_| depth < MAX_DEPTH) {
        for piece in split_multipart(body, boundary.trim_end().as_bytes(), budget) {
            children.push(read(piece, depth + 1, budget));
        }
    }
    Part { head, body, children }
}

/// Some programs leave the `From ` line of a mailbox file above the header.
fn strip_envelope(raw: &[u8]) -> &[u8] {
    let envelope = raw.starts_with(b"From ") || raw.starts_with(b">From ");
    match raw.iter().position(|&byte| byte == b'\n') {
        Some(end) if envelope => raw.get(end + 1..).unwrap_or_default(),
        _ => raw,
    }
}

/// Header and body, parted by the first empty line.
fn split_header(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let next = start + line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return raw.split_at(next);
        }
        start = next;
    }
    (raw, b"")
}

/// The pieces between the boundary lines (RFC 2046, 5.1.1). A missing last boundary ends the last piece with the body.
fn split_multipart<'a>(body: &'a [u8], boundary: &[u8], budget: &mut usize) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let here = at;
        at += line.len();
        let Some(last) = is_boundary(line, boundary) else {
            continue;
        };
        if let Some(begin) = begun {
            pieces.push(without_line_end(body.get(begin..here).unwrap_or_default()));
        }
        begun = Some(at).filter(|_| !last);
        if last {
            break;
        }
        if *budget == 0 {
            break;
        }
        *budget -= 1;
    }
    if let Some(begin) = begun {
        pieces.push(body.get(begin..).unwrap_or_default());
    }
    pieces
}

/// Whether a line is this boundary, and then whether it is the last.
fn is_boundary(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(piece: &[u8]) -> &[u8] {
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    piece.strip_suffix(b"\r").unwrap_or(piece)
}

/// Base64 as mail carries it: line breaks and stray bytes are skipped, a cut end is dropped.
fn decode_base64(body: &[u8]) -> Option<Vec<u8>> {
    let end = body.iter().position(|&byte| byte == b'=').unwrap_or(body.len());
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let (data, tail) = body.split_at(end);
    // Some programs join separately encoded pieces: then the padding stands in the middle.
    if tail.iter().any(|byte| is_digit(&byte)) && tail.len() > 8 {
        return base64_decode(body).filter(|decoded| !decoded.is_empty());
    }
    let mut digits: Vec<u8> = data.iter().filter(is_digit).copied().collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    use base64::{Engine, alphabet, engine};
    let lenient = engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    engine::GeneralPurpose::new(&alphabet::STANDARD, lenient)
        .decode(digits)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\npre\r\n--x\r\n\r\none\r\n--xx\r\n--x  \r\nContent-Type: text/html\r\n\r\ntwo\r\n--x--\r\nepilogue";

    #[test]
    fn parts_end_at_their_own_boundary() {
        let mail = Part::read(TWO).unwrap();
        let texts: Vec<_> = mail.children.iter().map(|part| (part.kind(), part.text())).collect();
        assert_eq!(
            texts,
            [
                ("text/plain".into(), "one\n--xx".into()),
                ("text/html".to_owned(), "two".to_owned())
            ]
        );
    }

    #[test]
    fn a_cut_mail_keeps_its_last_part() {
        let mail = Part::read(&TWO[..TWO.len() - 18]).unwrap();
        assert_eq!(mail.children.len(), 2);
        assert!(mail.children[1].text().starts_with("tw"));
    }

    #[test]
    fn depth_and_parts_are_bounded() {
        let mut deep = Vec::new();
        for level in 0..5_000 {
            deep.extend(format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n").bytes());
        }
        assert!(Part::read(&deep).unwrap().walk().len() <= MAX_DEPTH + 1);
        let nested = "Content-Type: message/rfc822\n\n".repeat(100_000);
        assert_eq!(Part::read(nested.as_bytes()).unwrap().walk().len(), 1);
        let wide = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\n\nx\n".repeat(100_000)
        );
        assert!(Part::read(wide.as_bytes()).unwrap().walk().len() <= MAX_PARTS + 2);
    }

    #[test]
    fn base64_is_forgiving() {
        assert_eq!(decode_base64(b"SGVs\r\nbG8="), Some(b"Hello".to_vec()));
        assert_eq!(decode_base64(b"SGVs bG8"), Some(b"Hello".to_vec()));
        assert_eq!(decode_base64(b"SGVsbG8=\r\n\r\n"), Some(b"Hello".to_vec()));
        assert_eq!(decode_base64(b"SGVsb"), Some(b"Hel".to_vec()));
    }
}
