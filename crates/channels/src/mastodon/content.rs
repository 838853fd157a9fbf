//! The text of a status, out of its HTML.

/// Plain text of a status' HTML: paragraphs and breaks as lines, lists with dashes, links whole (servers shorten them
/// with hidden spans, whose text is the link's), the address of a link that is called otherwise in brackets.
/// For reading, not for showing: it makes no promise about safety.
pub fn to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        writer.text(before);
        let is_tag = tag
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => {
                writer.tag(tag.get(1..end).unwrap_or_default());
                rest = tag.get(end + 1..).unwrap_or_default();
            }
            None => {
                writer.text("<");
                rest = tag.get(1..).unwrap_or_default();
            }
        }
    }
    writer.text(rest);
    writer.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Where the text of the open link begins in `out`, and where it leads.
    link: Option<(usize, String)>,
    preformatted: bool,
    /// Inside an element whose content is not text.
    hidden: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.hidden {
            return;
        }
        let text = unescape(text);
        if self.preformatted {
            self.out.push_str(&text);
            return;
        }
        for c in text.chars() {
            if !c.is_ascii_whitespace() {
                self.out.push(c);
            } else if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
        }
    }

    fn tag(&mut self, tag: &str) {
        let name_end = tag.trim_start_matches('/').find(|c: char| !c.is_ascii_alphanumeric());
        let name = tag.trim_start_matches('/');
        let name = name
            .get(..name_end.unwrap_or(name.len()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let closes = tag.starts_with('/');
        match name.as_str() {
            "br" => self.out.push('\n'),
            "p" | "blockquote" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.preformatted = name == "pre" && !closes;
                self.lines(2);
            }
            "ul" | "ol" | "div" => self.lines(1),
            "li" if !closes => {
                self.lines(1);
                self.out.push_str("- ");
            }
            "script" | "style" => self.hidden = !closes,
            "a" if closes => self.close_link(),
            "a" => self.link = attribute(tag, "href").map(|href| (self.out.len(), href)),
            _ => {}
        }
    }

    /// The address of a link, when its text does not say it: not for mentions and hashtags.
    fn close_link(&mut self) {
        let Some((start, href)) = self.link.take() else { return };
        let text = self.out.get(start..).unwrap_or_default().trim();
        let says_it = text.starts_with(['@', '#']) || href.contains(text) || text.contains(&href);
        if !says_it && href.starts_with("http") {
            self.out.push_str(&format!(" ({href})"));
        }
    }

    /// Ends the line, so that the next text stands `count` lines below.
    fn lines(&mut self, count: usize) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        if self.out.is_empty() {
            return;
        }
        let present = self.out.len() - self.out.trim_end_matches('\n').len();
        (present..count).for_each(|_| self.out.push('\n'));
    }

    fn finish(self) -> String {
        let lines: Vec<&str> = self.out.trim().lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}="))? + name.len() + 2;
    let value = tag.get(start..)?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value.get(1..)?.split(quote).next()?,
        None => value.split_ascii_whitespace().next()?,
    };
    Some(unescape(value))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, entity) = rest.split_at(start);
        out.push_str(before);
        let name = entity
            .get(1..)
            .and_then(|name| name.split_once(';'))
            .map(|(name, _)| name);
        match name
            .filter(|name| name.len() <= 8)
            .and_then(|name| Some((name.len(), character(name)?)))
        {
            Some((length, c)) => {
                out.push(c);
                rest = entity.get(length + 2..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// The references that servers write; they keep other characters as they are.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "laquo" => '«',
        "raquo" => '»',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "euro" => '€',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_write() {
        for (html, text) in [
            ("<p>Ciao</p><p>a tutti<br>e due</p>", "Ciao\n\na tutti\ne due"),
            ("<p>Ciao<br />\nqui</p>", "Ciao\nqui"),
            (
                r#"<p><span class="h-card" translate="no"><a href="https://a.example/@voce" class="u-url mention">@<span>voce</span></a></span> il pacco &egrave; perso &amp; non &lt;arriva&gt;</p>"#,
                "@voce il pacco &egrave; perso & non <arriva>",
            ),
            (
                r#"<p>Vedi <a href="https://www.example.com/a/long/path"><span class="invisible">https://www.</span><span class="ellipsis">example.com/a/long</span><span class="invisible">/path</span></a>!</p>"#,
                "Vedi https://www.example.com/a/long/path!",
            ),
            (
                r#"<p>La <a href="https://shop.example/o/7?a=1&amp;b=2">mia fattura</a> è sbagliata</p>"#,
                "La mia fattura (https://shop.example/o/7?a=1&b=2) è sbagliata",
            ),
            (
                r##"<a href="https://a.example/tags/aiuto" rel="tag">#<span>aiuto</span></a>"##,
                "#aiuto",
            ),
            (
                "<p>Due cose:</p><ul><li>una</li><li>altra</li></ul><p>fine</p>",
                "Due cose:\n\n- una\n- altra\n\nfine",
            ),
            ("<pre><code>a  b\n c</code></pre><p>x</p>", "a  b\n c\n\nx"),
            ("3 < 4 &#38; 5 &#x3E; 4 &", "3 < 4 & 5 > 4 &"),
            ("<script>alert(1)</script>ok", "ok"),
            ("testo nudo", "testo nudo"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(html in "(\\PC|<|>|&|;|/|<a href=|</a>|<p>|#x){0,60}") {
            to_text(&html);
        }
    }
}
