//! The readable text of an HTML mail.

use mail_parser::decoders::html::add_html_token;

/// Turns HTML into text: paragraphs, line breaks, lists, table cells, links with their targets, quotes as `> `.
/// Never fails; runs in linear time.
pub fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    // Once no `>` is left, every further `<` is text: looking again would take quadratic time.
    let mut tags_end = true;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        writer.text(before);
        rest = match tag {
            _ if tag.starts_with("<!--") => tag
                .get(4..)
                .and_then(|t| t.split_once("-->"))
                .map_or("", |(_, after)| after),
            _ if tags_end && looks_like_tag(tag) => match tag.split_once('>') {
                Some((inside, after)) => writer.tag(inside.get(1..).unwrap_or_default(), after),
                None => {
                    tags_end = false;
                    tag
                }
            },
            _ => {
                writer.text("<");
                tag.get(1..).unwrap_or_default()
            }
        };
    }
    writer.text(rest);
    writer.finish()
}

fn looks_like_tag(tag: &str) -> bool {
    let mark = tag.as_bytes().get(1);
    mark.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?'))
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The line being written, without the marks of quotes.
    line: String,
    quotes: usize,
    /// Depth of the last line that was written.
    last_quotes: usize,
    /// An empty line is due.
    gap: bool,
    preformatted: usize,
    lists: Vec<Option<u32>>,
    /// Targets of the open links and where their texts begin in `line`.
    links: Vec<(String, usize)>,
}

/// Deeper quotes and lists are written like the deepest.
const MAX_DEPTH: usize = 12;

impl Writer {
    /// Handles the tag whose inside is given and returns what is left after it.
    fn tag<'a>(&mut self, inside: &str, after: &'a str) -> &'a str {
        let (closing, inside) = match inside.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, inside),
        };
        let end = inside
            .find(|c: char| !c.is_ascii_alphanumeric() && c != ':')
            .unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(end);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" | "title" | "template" | "head" if !closing => return skip_to_end(after, &name),
            "br" => self.line_break(),
            "hr" => {
                self.paragraph();
                self.line.push_str("---");
                self.paragraph();
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "dl" => self.paragraph(),
            "pre" => {
                self.paragraph();
                self.preformatted = step(self.preformatted, closing);
            }
            "blockquote" => {
                self.paragraph();
                self.quotes = step(self.quotes, closing);
            }
            "ul" | "ol" => self.list(&name, closing),
            "li" if !closing => self.item(),
            "td" | "th" if closing => self.cell(),
            "a" => self.link(closing, attributes),
            "img" => {
                if let Some(text) = attribute(attributes, "alt") {
                    self.text(&text);
                }
            }
            "div" | "tr" | "li" | "section" | "article" | "header" | "footer" | "address" | "center" | "form"
            | "dt" | "dd" | "body" | "caption" | "figure" | "figcaption" | "main" | "nav" | "aside" => self.block(),
            _ => {}
        }
        after
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            let (before, entity) = rest.split_at(at);
            self.plain(before);
            let end = entity.bytes().take(34).position(|byte| byte == b';');
            rest = match end.and_then(|end| entity.split_at_checked(end + 1)) {
                Some((token, after)) => {
                    let mut character = String::new();
                    add_html_token(&mut character, token.as_bytes(), false);
                    self.plain(&character);
                    after
                }
                None => {
                    self.plain("&");
                    entity.get(1..).unwrap_or_default()
                }
            };
        }
        self.plain(rest);
    }

    /// Text without entities. Space is one space, except in preformatted text; invisible characters are dropped.
    fn plain(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.preformatted > 0 => self.line_break(),
                ' ' | '\t' if self.preformatted > 0 => self.line.push(c),
                '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{34f}' => {}
                c if c.is_whitespace() => {
                    if !self.line.is_empty() && !self.line.ends_with([' ', '\t']) {
                        self.line.push(' ');
                    }
                }
                c if c.is_control() => {}
                c => self.line.push(c),
            }
        }
    }

    fn line_break(&mut self) {
        let line = std::mem::take(&mut self.line);
        for link in &mut self.links {
            link.1 = 0;
        }
        let line = line.trim_end();
        // Of several empty lines one is written, once it is known that something follows.
        if line.is_empty() {
            self.gap = !self.out.is_empty();
            return;
        }
        if std::mem::take(&mut self.gap) {
            let between = self.quotes.min(self.last_quotes);
            self.out.extend(std::iter::repeat_n('>', between));
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n('>', self.quotes));
        if self.quotes > 0 {
            self.out.push(' ');
        }
        self.out.push_str(line);
        self.out.push('\n');
        self.last_quotes = self.quotes;
    }

    /// Ends the line if anything is on it.
    fn block(&mut self) {
        if self.line.trim().is_empty() {
            self.line.clear();
        } else {
            self.line_break();
        }
    }

    fn paragraph(&mut self) {
        self.block();
        self.line_break();
    }

    fn list(&mut self, name: &str, closing: bool) {
        self.block();
        if closing {
            self.lists.pop();
        }
        if self.lists.is_empty() {
            self.paragraph();
        }
        if !closing && self.lists.len() < MAX_DEPTH {
            self.lists.push((name == "ol").then_some(0));
        }
    }

    fn item(&mut self) {
        self.block();
        self.line.push_str(&"  ".repeat(self.lists.len().saturating_sub(1)));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                self.line.push_str(&format!("{number}. "));
            }
            _ => self.line.push_str("- "),
        }
    }

    fn cell(&mut self) {
        let kept = self.line.trim_end().len();
        self.line.truncate(kept);
        if kept > 0 && !self.line.ends_with('\t') {
            self.line.push('\t');
        }
    }

    fn link(&mut self, closing: bool, attributes: &str) {
        if !closing {
            if self.links.len() < MAX_DEPTH {
                self.links
                    .push((attribute(attributes, "href").unwrap_or_default(), self.line.len()));
            }
            return;
        }
        let Some((target, start)) = self.links.pop() else {
            return;
        };
        let shown = self.line.get(start..).unwrap_or_default().trim();
        let bare = target.strip_prefix("https://").or(target.strip_prefix("http://"));
        if let Some(bare) = bare
            && !shown.is_empty()
            && !shown.contains(bare.trim_end_matches('/'))
        {
            let kept = self.line.trim_end().len();
            self.line.truncate(kept);
            self.line.push_str(&format!(" ({target})"));
        }
    }

    fn finish(mut self) -> String {
        self.line_break();
        self.out.trim_end().to_owned()
    }
}

fn step(depth: usize, closing: bool) -> usize {
    if closing {
        depth.saturating_sub(1)
    } else {
        (depth + 1).min(MAX_DEPTH)
    }
}

/// What follows the closing tag; nothing when it is missing.
fn skip_to_end<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find("</")) {
        let start = from + at + 2;
        let tail = rest.get(start..).unwrap_or_default();
        if tail
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return tail.split_once('>').map_or("", |(_, after)| after);
        }
        from = start;
    }
    ""
}

/// The value of an attribute, entities decoded, on one line.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        let (before, after) = rest.split_once('=')?;
        let key = before
            .rsplit(|c: char| c.is_whitespace() || c == '/')
            .find(|word| !word.is_empty())?;
        let after = after.trim_start();
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after.get(1..)?.split_once(quote).unwrap_or((after.get(1..)?, "")),
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            let mut writer = Writer::default();
            writer.text(value);
            return Some(writer.line.trim().to_owned()).filter(|text| !text.is_empty());
        }
        rest = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_the_page() {
        for (html, expected) in [
            (
                "<p>Ciao &egrave; &#8364;&#x20ac;&nbsp;ok &bogus; &amp;lt; 3 < 4 && 5</p>",
                "Ciao è €€ ok &bogus; &lt; 3 < 4 && 5",
            ),
            (
                "<p>uno</p><p>due<br>tre<br/><br/>quattro</p>",
                "uno\n\ndue\ntre\n\nquattro",
            ),
            (
                "<head><title>t</title><style>p{}</style></head><script>if (a<b) x()</script>resta<!-- no > -->",
                "resta",
            ),
            (
                "<ul><li>a<li>b<ol><li>c</li><li>d</li></ol></ul>fine",
                "- a\n- b\n  1. c\n  2. d\n\nfine",
            ),
            (
                "<table><tr><td>N.</td><td>12</td></tr><tr><th>x</th></tr></table>",
                "N.\t12\nx",
            ),
            (
                "Vedi <a href=\"https://example.com/a?b=1&amp;c=2\">qui</a>, <a href='https://example.com/'>example.com</a>",
                "Vedi qui (https://example.com/a?b=1&c=2), example.com",
            ),
            ("<a href='javascript:x()'>no</a> <a>vuoto</a>", "no vuoto"),
            (
                "sopra<blockquote>a<br>b<blockquote>c</blockquote></blockquote>sotto",
                "sopra\n\n> a\n> b\n>\n>> c\n\nsotto",
            ),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("<div>a</div><div>b</div><div><br></div><div>c</div>", "a\nb\n\nc"),
            (
                "<img alt='Logo &quot;X&quot;' src=x> testo\u{200b}\u{feff}",
                "Logo \"X\" testo",
            ),
            ("<p>aperto <b>mai chiuso <unfinished", "aperto mai chiuso <unfinished"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), expected, "{html}");
        }
    }

    #[test]
    fn hostile_html_takes_linear_time() {
        for piece in [
            "<a",
            "<!--",
            "<script>",
            "</",
            "&",
            "<a href=",
            "<blockquote>",
            "<li>",
            "<ul>",
            "<td>x</td>",
            "<a href=http://x>y",
        ] {
            to_text(&piece.repeat(200_000));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(html in "([<>/&;=\"'!a-z -]|<(p|br|a href=|li|ul|td|blockquote|pre|script)>?|\\PC){0,120}") {
            to_text(&html);
        }
    }
}
