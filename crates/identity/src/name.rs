//! Names of people and companies as they are compared.

use voce_text::fold;

/// The form in which names are sorted and looked up: folded, words separated by one space.
///
/// ```
/// assert_eq!(voce_identity::name::key("  Niccolò   D’Angelo "), "niccolo d'angelo");
/// ```
pub fn key(name: &str) -> String {
    fold(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a name, folded, without marks and forms of address, in alphabetical order.
pub fn words(name: &str) -> Vec<String> {
    let folded = fold(name);
    let mut words: Vec<String> = folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty() && !TITLES.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words
}

/// Forms of address that people write before their name, and that say nothing about who they are.
const TITLES: [&str; 18] = [
    "arch",
    "avv",
    "avvocato",
    "dott",
    "dottor",
    "dottoressa",
    "dottssa",
    "dr",
    "geom",
    "ing",
    "mr",
    "mrs",
    "ms",
    "prof",
    "rag",
    "sig",
    "signor",
    "sigra",
];

/// Whether a "name" is only an address or a number, as channels give it for people who told none.
pub fn is_missing(name: &str) -> bool {
    let name = name.trim();
    !name.chars().any(char::is_alphabetic) || (name.contains('@') && !name.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_titles_and_marks_out() {
        assert_eq!(words("Dott. Rossi, Mario"), ["mario", "rossi"]);
        assert_eq!(words("Jean-Luc Picard"), ["jean", "luc", "picard"]);
        assert_eq!(words("  "), [""; 0]);
    }

    #[test]
    fn an_address_is_no_name() {
        for (name, missing) in [
            ("anna@example.com", true),
            ("@anna", true),
            ("+39 347 1234567", true),
            ("", true),
            ("Anna", false),
            ("Anna @home", false),
        ] {
            assert_eq!(is_missing(name), missing, "{name:?}");
        }
    }
}
