//! What a mail says and carries: its text, its HTML, its attachments.

use voce_domain::message::{AttachmentBody, IncomingAttachment};

use super::{
    html,
    mime::{Part, clean},
};

#[derive(Default)]
pub struct Content {
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<IncomingAttachment>,
}

/// Collects the content of a mail.
pub fn read(mail: &Part<'_>) -> Content {
    let mut found = Found::default();
    found.visit(mail);
    let has_html = found.pieces.iter().any(|piece| piece.html.is_some());
    let texts: Vec<String> = found
        .pieces
        .iter()
        .map(Piece::as_text)
        .filter(|text| !text.is_empty())
        .collect();
    Content {
        text: texts.join("\n\n"),
        html: has_html.then(|| found.pieces.iter().map(Piece::as_html).collect()),
        attachments: found.attachments,
    }
}

/// A stretch of the body, in one or both forms.
#[derive(Default)]
struct Piece {
    text: Option<String>,
    html: Option<String>,
}

#[derive(Default)]
struct Found {
    pieces: Vec<Piece>,
    attachments: Vec<IncomingAttachment>,
}

impl Found {
    fn visit(&mut self, part: &Part<'_>) {
        match (part.kind().as_str(), part.children.as_slice()) {
            ("multipart/alternative", [_, ..]) => self.alternatives(&part.children),
            (_, [_, ..]) => part.children.iter().for_each(|child| self.visit(child)),
            ("text/html", []) if self.is_body(part) => self.pieces.push(Piece {
                html: Some(part.text()),
                text: None,
            }),
            // An empty type and a multipart without parts come from broken programs: their text must not be lost.
            (kind, []) if self.is_body(part) && (kind == "text/plain" || is_broken(kind)) => self.pieces.push(Piece {
                text: Some(plain(part)),
                html: None,
            }),
            (kind, []) => self.attach(kind, part),
        }
    }

    /// The same thing in several forms: the plain one is the text, the HTML one is the HTML, the rest are attachments.
    fn alternatives(&mut self, children: &[Part<'_>]) {
        let mut joined = Piece::default();
        for child in children {
            let mut inner = Found::default();
            inner.visit(child);
            self.attachments.append(&mut inner.attachments);
            for piece in inner.pieces {
                joined.text = joined.text.or(piece.text.filter(|text| !text.trim().is_empty()));
                joined.html = joined.html.or(piece.html);
            }
        }
        self.pieces.push(joined);
    }

    /// A text part is body unless it is meant as a file.
    fn is_body(&self, part: &Part<'_>) -> bool {
        let named = part.file_name().is_some() && !self.pieces.is_empty();
        !part.is_attachment() && !named && part.body.len() <= MAX_BODY_BYTES
    }

    fn attach(&mut self, kind: &str, part: &Part<'_>) {
        let number = self.attachments.len() + 1;
        self.attachments.push(IncomingAttachment {
            name: part
                .file_name()
                .map(safe_name)
                .unwrap_or_else(|| default_name(kind, part, number)),
            content_type: clean(kind),
            content_id: part.head.ids("Content-ID").into_iter().next(),
            body: AttachmentBody::Bytes(part.bytes().into_owned()),
        });
    }
}

impl Piece {
    fn as_text(&self) -> String {
        match (&self.text, &self.html) {
            (Some(text), _) => text.trim_end().trim_start_matches('\n').to_owned(),
            (None, Some(html)) => html::to_text(html),
            (None, None) => String::new(),
        }
    }

    fn as_html(&self) -> String {
        match (&self.html, &self.text) {
            (Some(html), _) => html.clone(),
            (None, Some(text)) => {
                let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                format!("<div style=\"white-space: pre-wrap\">{escaped}</div>")
            }
            (None, None) => String::new(),
        }
    }
}

/// A longer text is a file, not something that somebody wrote.
const MAX_BODY_BYTES: usize = 4 << 20;

fn is_broken(kind: &str) -> bool {
    kind.starts_with("multipart/") || !kind.contains('/') || kind.ends_with('/') || kind == "text/text"
}

fn plain(part: &Part<'_>) -> String {
    let text = part.text();
    if part
        .attribute("format")
        .is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
    {
        let delete_space = part
            .attribute("delsp")
            .is_some_and(|value| value.eq_ignore_ascii_case("yes"));
        unflow(&text, delete_space)
    } else {
        text
    }
}

/// Joins the lines of a flowed paragraph (RFC 3676, 4).
fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Quote depth of the paragraph that the next line may continue.
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let quoted = line.get(depth..).unwrap_or_default();
        let body = quoted.strip_prefix(' ').unwrap_or(quoted);
        if open != Some(depth) {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !body.is_empty() {
                out.push(' ');
            }
        }
        let flows = body.ends_with(' ') && body != "-- ";
        out.push_str(if flows && delete_space {
            body.strip_suffix(' ').unwrap_or(body)
        } else {
            body
        });
        open = flows.then_some(depth);
        if !flows && line.is_empty() && out.is_empty() {
            out.push('\n');
        }
    }
    out
}

/// A name that is no path and fits everywhere.
fn safe_name(name: &str) -> String {
    let name = clean(name);
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let short: String = last.trim_start_matches('.').chars().take(200).collect();
    if short.trim().is_empty() { "file".into() } else { short }
}

fn default_name(kind: &str, part: &Part<'_>, number: usize) -> String {
    if kind == "message/rfc822" || kind == "message/global" {
        let bytes = part.bytes();
        let subject = Part::read(&bytes).and_then(|mail| mail.head.text("Subject"));
        let subject = subject
            .filter(|subject| !subject.is_empty())
            .unwrap_or_else(|| format!("mail-{number}"));
        let short: String = subject.replace(['/', '\\'], "-").chars().take(100).collect();
        return format!("{}.eml", safe_name(&short));
    }
    let extension = match kind {
        "text/calendar" => "ics",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "text/vcard" | "text/x-vcard" => "vcf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/pgp-signature" | "application/pgp-encrypted" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/ms-tnef" => return "winmail.dat".into(),
        _ => "bin",
    };
    format!("attachment-{number}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_paragraphs_are_joined() {
        assert_eq!(unflow("uno \ndue\ntre", false), "uno due\ntre");
        assert_eq!(unflow("uno \ndue", true), "unodue");
        assert_eq!(
            unflow("> a \n> b\n>> c \nd\n-- \nfirma", false),
            "> a b\n>> c \nd\n-- \nfirma"
        );
        assert_eq!(unflow(" >non citato\n\nfine", false), ">non citato\n\nfine");
    }

    #[test]
    fn names_are_no_paths() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("C:\\x\\.hidden"), "hidden");
        assert_eq!(safe_name("a\r\nb.txt"), "a  b.txt");
        assert_eq!(safe_name("/"), "file");
    }
}
