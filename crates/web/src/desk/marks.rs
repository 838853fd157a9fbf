//! Small signs of people and things that templates need everywhere.

use crate::shell::Shell;

impl Shell {
    /// The colour that a name keeps on every page.
    pub fn hue(&self, name: &str) -> u8 {
        voce_assets::hue(name)
    }

    /// Two letters for an avatar.
    pub fn initials(&self, name: &str) -> String {
        initials(name)
    }
}

/// The first letters of the first and the last word, e.g. `MB`; `?` for a name without letters.
pub fn initials(name: &str) -> String {
    let mut letters = name
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '@' | '.' | '_' | '-'))
        .filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let Some(first) = letters.next() else { return "?".into() };
    let last = if name.contains('@') { letters.next() } else { letters.next_back() };
    first.to_uppercase().chain(last.into_iter().flat_map(char::to_uppercase)).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn names_handles_and_nothing() {
        for (name, expected) in [
            ("Marta Bianchi", "MB"),
            ("Anna Maria de Rossi", "AR"),
            ("luca", "L"),
            ("@lucads@mastodon.uno", "LM"),
            ("  ", "?"),
            ("日本 語", "日語"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
