//! How long a status is, as Mastodon counts it.

use unicode_segmentation::UnicodeSegmentation;

/// Every web address counts as this many characters.
const URL_CHARACTERS: usize = 23;

/// The characters of `text` as Mastodon counts them: what a reader sees as one character is one, a web address is 23
/// however long it is, and of `@user@instance` only `@user` counts
/// (<https://docs.joinmastodon.org/user/posting/#text>).
pub fn length(text: &str) -> usize {
    let mut count = 0;
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        if !after_word && let Some(end) = url_end(rest) {
            count += URL_CHARACTERS;
            rest = rest.get(end..).unwrap_or_default();
            after_word = true;
        } else if !after_word && let Some((user, end)) = mention_end(rest) {
            count += user;
            rest = rest.get(end..).unwrap_or_default();
            after_word = true;
        } else {
            let character = rest.graphemes(true).next().unwrap_or(rest);
            count += 1;
            rest = rest.get(character.len()..).unwrap_or_default();
            after_word = first.is_alphanumeric() || matches!(first, '_' | '/' | '@');
        }
    }
    count
}

/// Where the web address ends with which `text` begins.
fn url_end(text: &str) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| starts_with_ignoring_case(text, scheme))?;
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        .unwrap_or(text.len());
    let mut url = text.get(..end)?;
    while let Some(last) = url.chars().next_back() {
        let unbalanced = last == ')' && url.matches(')').count() > url.matches('(').count();
        if !unbalanced && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '»' | ']' | '…') {
            break;
        }
        url = url.get(..url.len() - last.len_utf8())?;
    }
    let host = url.get(scheme.len()..)?.split(['/', '?', '#']).next()?;
    host.contains('.').then_some(url.len())
}

/// How much of the mention counts with which `text` begins (`@user`), and where it ends.
fn mention_end(text: &str) -> Option<(usize, usize)> {
    let after = text.strip_prefix('@')?;
    let user = span(after, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let domain_and_more = after.get(user..)?.strip_prefix('@')?;
    let domain =
        domain_and_more.get(..span(domain_and_more, |c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':')))?;
    let domain = domain.trim_end_matches(['.', '-', ':']);
    (user > 0 && !domain.is_empty()).then_some((1 + user, 1 + user + 1 + domain.len()))
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_mastodon_does() {
        for (text, expected) in [
            ("", 0),
            ("ciao", 4),
            ("perché", 6),
            ("👨‍👩‍👧 e 🇮🇹", 5),
            ("https://example.com/a/very/long/path?with=a&query=of&many=parts", 23),
            ("vedi https://example.com/x.", 5 + 23 + 1),
            ("(https://en.wikipedia.org/wiki/A_(b))", 1 + 23 + 1),
            ("http://localhost", 16),
            ("https://", 8),
            ("xhttps://example.com/aaaaaaaaaaaaaaaaaaa", 40),
            ("@anna@example.social ciao", 5 + 5),
            ("@anna ciao", 10),
            ("ciao @anna@example.social.", 5 + 5 + 1),
            ("mail anna@example.social", 24),
            ("@@", 2),
            ("https://a.example https://b.example", 23 + 1 + 23),
        ] {
            assert_eq!(length(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_length(text in "\\PC{0,80}", piece in "(@|https://|[a-z.]){0,12}") {
            length(&text);
            length(&format!("{text}{piece}{text}"));
        }

        #[test]
        fn plain_words_count_as_they_are(text in "[a-z ]{0,40}") {
            proptest::prop_assert_eq!(length(&text), text.len());
        }
    }
}
