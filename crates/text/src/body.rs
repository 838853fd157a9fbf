//! Which parts of a text its author wrote now: not the quoted mail, not the signature.

use std::ops::Range;

/// How much of a text is judged, in characters. What somebody wants stands at the beginning.
pub(crate) const LIMIT: usize = 4_000;

/// Byte ranges of the author's own lines, in order, up to [`LIMIT`] characters.
pub(crate) fn own_words(text: &str) -> Vec<Range<usize>> {
    let text = beginning(text);
    if !text.contains('\n') {
        return std::iter::once(0..text.len()).collect();
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut written = false;
    while start < text.len() {
        let end = line_end(text, start);
        let line = text[start..end].trim_end();
        if line == "--" || is_forward_mark(line) {
            break;
        }
        if let Some(after) = attribution_end(text, start) {
            // Under an attribution everything is quoted, unless the quotation is marked line by line.
            if !next_line_is_quoted(text, after) && written {
                break;
            }
            if next_line_is_quoted(text, after) {
                start = after;
                continue;
            }
        }
        if !line.trim_start().starts_with('>') {
            written |= !line.trim().is_empty();
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        start = end;
    }
    ranges
}

fn beginning(text: &str) -> &str {
    if text.len() <= LIMIT {
        return text;
    }
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// End of the line that starts at `start`, its newline included.
fn line_end(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |length| start + length + 1)
}

fn is_forward_mark(line: &str) -> bool {
    let inner = line.trim().trim_matches('-').trim();
    inner.len() < line.trim().len()
        && [
            "Original Message",
            "Messaggio originale",
            "Messaggio Originale",
            "Forwarded message",
            "Messaggio inoltrato",
        ]
        .contains(&inner)
}

/// If "On ... wrote:" or "Il giorno ... ha scritto:" starts here (on one line or broken over two), where it ends.
fn attribution_end(text: &str, start: usize) -> Option<usize> {
    let opening = text[start..].trim_start();
    if !opening.starts_with("On ") && !opening.starts_with("Il ") {
        return None;
    }
    let first = line_end(text, start);
    let second = line_end(text, first);
    [first, second].into_iter().find(|&end| {
        let lines = text[start..end].trim_end();
        lines.ends_with("wrote:") || lines.ends_with("ha scritto:")
    })
}

fn next_line_is_quoted(text: &str, after: usize) -> bool {
    text[after..].trim_start().starts_with('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        own_words(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn passes_over_what_others_wrote() {
        for (text, expected) in [
            ("one line > only", "one line > only"),
            ("Ciao\n> vecchio\nfine\n", "Ciao\nfine\n"),
            ("Hello\n-- \nAnna, Acme Ltd\n", "Hello\n"),
            ("Thanks\nOn Mon, 3 Feb, Anna wrote:\nold text\n", "Thanks\n"),
            (
                "Grazie\nIl giorno lun 3 feb 2025 alle ore 10\nAnna <a@b.it> ha scritto:\n> vecchio\nnuovo",
                "Grazie\nnuovo",
            ),
            (
                "Il tecnico non è venuto.\nAspetto.",
                "Il tecnico non è venuto.\nAspetto.",
            ),
            (
                "On Monday your agent wrote:\nwe refund you",
                "On Monday your agent wrote:\nwe refund you",
            ),
            ("Vedi sotto\n-----Messaggio originale-----\nDa: Anna", "Vedi sotto\n"),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn reads_only_the_beginning() {
        assert_eq!(read(&"è".repeat(9_000)).chars().count(), LIMIT);
    }
}
