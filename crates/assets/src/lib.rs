//! Styles, scripts, icons and fonts of the pages, bundled at build time and embedded in the binary.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A file to serve under `/assets/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    pub bytes: &'static [u8],
    pub content_type: &'static str,
    /// The name holds a hash of the content, so a browser may keep the file for ever.
    pub immutable: bool,
}

/// The file behind `/assets/{path}`.
pub fn get(path: &str) -> Option<Asset> {
    find(FILES, path).map(|bytes| Asset {
        bytes,
        content_type: content_type(path),
        immutable: true,
    })
}

/// The address of a file by its plain name: `app.css` gives `/assets/app.3F2A.css`.
/// An unknown name gives an address that answers 404.
pub fn url(name: &str) -> &'static str {
    find(URLS, name).unwrap_or("/assets/unknown")
}

/// The `<svg class="icon" aria-hidden="true">` of an icon of `icons.txt`, ready to stand in a page; empty if there is none.
pub fn icon(name: &str) -> &'static str {
    find(ICONS, name).unwrap_or_default()
}

/// The names that [`icon`] knows.
pub fn icons() -> impl Iterator<Item = &'static str> {
    ICONS.iter().map(|(name, _)| *name)
}

/// The colour (0 to 9) that a person or a tag keeps everywhere: FNV-1a of its id or name.
pub fn hue(seed: &str) -> u8 {
    let hash = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ((hash ^ (hash >> 32)) % 10) as u8
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let at = table.binary_search_by_key(&name, |(name, _)| name).ok()?;
    table.get(at).map(|(_, value)| *value)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_to_its_file() {
        for (name, address) in URLS {
            let path = address.strip_prefix("/assets/").expect("served under /assets/");
            let asset = get(path).expect(name);
            assert!(!asset.bytes.is_empty(), "{name} is empty");
            assert_ne!(asset.content_type, "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn names_carry_a_hash_and_unknown_ones_give_nothing() {
        let address = url("app.css");
        assert!(address.starts_with("/assets/app.") && address.ends_with(".css"));
        assert!(address.len() > "/assets/app.css".len());
        assert_eq!(get("app.css"), None);
        assert_eq!(get("../Cargo.toml"), None);
        assert_eq!(get(url("absent.css").trim_start_matches("/assets/")), None);
    }

    #[test]
    fn pages_get_style_script_and_logo() {
        let kind = |name| get(url(name).trim_start_matches("/assets/")).map(|asset| asset.content_type);
        assert_eq!(kind("app.css"), Some("text/css; charset=utf-8"));
        assert_eq!(kind("app.js"), Some("text/javascript; charset=utf-8"));
        assert_eq!(kind("boot.js"), Some("text/javascript; charset=utf-8"));
        assert_eq!(kind("favicon.svg"), Some("image/svg+xml"));
    }

    #[test]
    fn fonts_named_in_the_style_are_embedded() {
        let style = get(url("app.css").trim_start_matches("/assets/")).expect("style").bytes;
        let style = std::str::from_utf8(style).expect("UTF-8");
        let fonts: Vec<_> = style
            .split("/assets/")
            .skip(1)
            .filter_map(|rest| rest.split(['"', ')', '\'']).next())
            .collect();
        assert!(!fonts.is_empty());
        for font in fonts {
            assert_eq!(get(font).expect(font).content_type, "font/woff2");
        }
    }

    #[test]
    fn icons_are_inline_and_hidden_from_readers() {
        assert!(icons().count() > 100);
        for name in icons() {
            let svg = icon(name);
            assert!(
                svg.starts_with("<svg class=\"icon") && svg.ends_with("</svg>"),
                "{name}"
            );
            assert!(
                svg.contains("aria-hidden=\"true\"") && !svg.contains("style="),
                "{name}"
            );
        }
        assert_eq!(icon("absent"), "");
    }

    #[test]
    fn nothing_breaks_the_content_security_policy() {
        for (name, bytes) in FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            let script = std::str::from_utf8(bytes).expect("UTF-8");
            for refused in ["createElement(\"style\").", "eval(", "new Function("] {
                assert!(!script.contains(refused), "{name} has {refused}");
            }
        }
    }

    #[test]
    fn hues_are_stable_and_spread() {
        assert_eq!(hue("Marta Bianchi"), hue("Marta Bianchi"));
        let mut seen = [0; 10];
        for id in 0..1000 {
            seen[usize::from(hue(&id.to_string()))] += 1;
        }
        assert!(seen.iter().all(|&count| count > 50), "{seen:?}");
    }
}
