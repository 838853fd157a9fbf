//! Bytes to text when the label may lie.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Decodes `bytes`, labelled `label` or not at all. Text that is valid UTF-8 beyond ASCII is UTF-8 whatever a Western
/// label says: such sequences do not occur in real text of the other charsets. Text labelled UTF-8 or ASCII that is
/// neither is taken for the Windows charset of Western Europe, of which ISO 8859-1 is a part (WHATWG Encoding, 4.2).
/// NUL characters, which databases refuse, are dropped.
pub fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let label = label.unwrap_or_default().trim().trim_matches('"').to_ascii_lowercase();
    let label = label.split('*').next().unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match charset_decoder(label.as_bytes()).filter(|_| !label.is_empty()) {
        Some(decoder) if !is_western(label) => decoder(bytes),
        known => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) if is_utf8(label) && mostly_utf8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(_) => match known
                .filter(|_| !is_utf8(label))
                .or_else(|| charset_decoder(b"windows-1252"))
            {
                Some(decoder) => decoder(bytes),
                None => String::from_utf8_lossy(bytes).into_owned(),
            },
        },
    };
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text
    }
}

/// Labels that are put on anything.
fn is_western(label: &str) -> bool {
    let latin = [
        "iso-8859-1",
        "iso8859-1",
        "iso_8859-1",
        "latin1",
        "iso-8859-15",
        "windows-1252",
        "cp1252",
    ];
    is_utf8(label) || label.ends_with("ascii") || latin.contains(&label)
}

fn is_utf8(label: &str) -> bool {
    matches!(label, "utf-8" | "utf8")
}

/// Real UTF-8 with a few broken bytes (a text cut in the middle of a character) stays UTF-8.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    sound > broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_may_lie() {
        for (bytes, label, expected) in [
            (&b"perch\xe9 10 \x80"[..], Some("iso-8859-1"), "perché 10 €"),
            (b"10 \xa4", Some("ISO-8859-15"), "10 €"),
            (b"perch\xe9", Some("utf-8"), "perché"),
            (b"perch\xe9", None, "perché"),
            (b"perch\xe9", Some("us-ascii"), "perché"),
            ("perché".as_bytes(), Some("iso-8859-1"), "perché"),
            ("perché".as_bytes(), Some("no-such-charset"), "perché"),
            ("perché è così ".as_bytes(), Some("utf-8"), "perché è così "),
            (b"perch\xc3\xa9 \xc3\xa8 cos\xc3", Some("utf-8"), "perché è cos\u{fffd}"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("windows-1251"), "Привет"),
            (b"\xef\xbb\xbfciao\0", None, "ciao"),
        ] {
            assert_eq!(decode(bytes, label), expected, "{label:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_become_text(bytes: Vec<u8>, label in "\\PC{0,60}") {
            decode(&bytes, Some(&label));
            for label in ["utf-7", "utf-16", "iso-2022-jp", "gb18030", "big5", "ibm850", "macintosh"] {
                decode(&bytes, Some(label));
            }
        }
    }
}
