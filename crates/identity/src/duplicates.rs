//! Which contacts may be one person: found by few words, weighed by all that both say, suggested and never merged by itself.
//!
//! The weights are in bits of evidence, after Fellegi and Sunter, "A Theory for Record Linkage" (1969): what speaks for one
//! person adds, what contradicts subtracts. They were set by hand and are measured on FEBRL and Splink's example in the tests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strsim::jaro_winkler;
use voce_domain::identity::{Address, IdentityKind};
use voce_text::fold;

use crate::name;

/// What is known about a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub addresses: Vec<Address>,
    pub organization: Option<String>,
    pub fields: BTreeMap<String, String>,
}

/// How strongly two contacts look like one person, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// Bits of evidence.
    pub score: f64,
    pub reasons: Vec<Reason>,
}

/// One thing that both say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Reason {
    SameName,
    SimilarName,
    SameAddress(String),
    SimilarEmail(String),
    SimilarPhone(String),
    SameOrganization,
    /// The name of the custom field.
    SameField(String),
    SimilarField(String),
}

/// From this score on two contacts are suggested as one.
pub const SUGGESTED: f64 = 6.0;

/// Weighs everything that both profiles say.
pub fn compare(one: &Profile, other: &Profile) -> Likeness {
    let mut likeness = Likeness {
        score: 0.0,
        reasons: Vec::new(),
    };
    likeness.names(one, other);
    likeness.names_on_channels(one, other);
    likeness.phones(one, other);
    if let (Some(mine), Some(theirs)) = (&one.organization, &other.organization)
        && name::key(mine) == name::key(theirs)
    {
        likeness.add(2.0, Reason::SameOrganization);
    }
    likeness.fields(one, other);
    likeness
}

/// Words by which contacts like this one are looked up: for each list, those that have all its words, each at the
/// beginning of a word of theirs. Folded.
pub fn lookups(profile: &Profile) -> Vec<Vec<String>> {
    let start = |word: &String| word.chars().take(3).collect::<String>();
    let by_name: Vec<String> = name::words(&profile.name).iter().map(start).collect();
    let names = profile
        .addresses
        .iter()
        .filter(|address| matches!(address.kind, IdentityKind::Email | IdentityKind::Handle));
    let by_handle = names.filter_map(|address| Some(split(local_part(address)?)));
    let by_field = profile
        .fields
        .values()
        .filter(|value| value.chars().count() >= 6)
        .map(|value| split(value));
    let several = |words: &Vec<String>| words.len() >= 2 || words.iter().any(|word| word.len() >= 5);
    let by_name = Some(by_name).filter(|words| words.len() >= 2);
    by_name
        .into_iter()
        .chain(by_handle.filter(several))
        .chain(by_field.filter(several))
        .collect()
}

impl Likeness {
    fn add(&mut self, bits: f64, reason: Reason) {
        self.score += bits;
        self.reasons.push(reason);
    }

    fn names(&mut self, one: &Profile, other: &Profile) {
        if name::is_missing(&one.name) || name::is_missing(&other.name) {
            return;
        }
        match name_similarity(&one.name, &other.name) {
            0.995.. => self.add(5.0, Reason::SameName),
            0.93.. => self.add(4.0, Reason::SimilarName),
            0.85.. => self.add(2.0, Reason::SimilarName),
            0.75.. => {}
            _ => self.score -= 3.0,
        }
    }

    /// What stands before the `@` of mail addresses, and the names on social platforms.
    fn names_on_channels(&mut self, one: &Profile, other: &Profile) {
        let closeness = |mine: &Address, theirs: &Address| {
            if mine == theirs {
                return 2.0;
            }
            match (handle(mine), handle(theirs)) {
                (Some(mine), Some(theirs)) => jaro_winkler(&mine, &theirs),
                _ => 0.0,
            }
        };
        let kinds = [IdentityKind::Email, IdentityKind::Handle];
        let Some((closeness, mine, theirs)) = closest(one, other, &kinds, closeness) else {
            return;
        };
        match closeness {
            2.0 => self.add(5.0, Reason::SameAddress(mine.value.clone())),
            0.999.. => self.add(5.0, Reason::SimilarEmail(theirs.value.clone())),
            0.92.. => self.add(3.0, Reason::SimilarEmail(theirs.value.clone())),
            _ => self.score -= 0.5,
        }
    }

    fn phones(&mut self, one: &Profile, other: &Profile) {
        let digits = |mine: &Address, theirs: &Address| match strsim::levenshtein(&mine.value, &theirs.value) {
            0 => 2.0,
            1 => 1.0,
            _ => 0.0,
        };
        match closest(one, other, &[IdentityKind::Phone], digits) {
            Some((2.0, mine, _)) => self.add(5.0, Reason::SameAddress(mine.value.clone())),
            Some((1.0, _, theirs)) => self.add(3.0, Reason::SimilarPhone(theirs.value.clone())),
            _ => {}
        }
    }

    fn fields(&mut self, one: &Profile, other: &Profile) {
        for (key, mine) in &one.fields {
            let Some(theirs) = other.fields.get(key) else { continue };
            let (mine, theirs) = (name::key(mine), name::key(theirs));
            let short = mine.chars().count().min(theirs.chars().count()) < 4;
            match (mine.is_empty() || theirs.is_empty(), mine == theirs, short) {
                (true, ..) => {}
                (_, true, true) => self.add(1.0, Reason::SameField(key.clone())),
                (_, true, false) => self.add(3.0, Reason::SameField(key.clone())),
                (_, false, false) if jaro_winkler(&mine, &theirs) >= 0.92 => {
                    self.add(2.0, Reason::SimilarField(key.clone()))
                }
                (_, false, true) => self.score -= 0.5,
                _ => self.score -= 1.5,
            }
        }
    }
}

/// 0..1: the words of the shorter name, each beside the most similar one of the longer, or both written together.
pub fn name_similarity(one: &str, other: &str) -> f64 {
    let (one, other) = (name::words(one), name::words(other));
    let (fewer, more) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if fewer.is_empty() {
        return 0.0;
    }
    let together = jaro_winkler(&fewer.join(""), &more.join(""));
    let best = |word: &String| {
        let closest = more.iter().map(|candidate| {
            if starts(word, candidate) {
                0.9
            } else {
                jaro_winkler(word, candidate)
            }
        });
        closest.fold(0.0, f64::max)
    };
    let apart = fewer.iter().map(best).sum::<f64>() / fewer.len() as f64;
    // A word that the other leaves out says a little against.
    let left_out = 0.05 * (more.len() - fewer.len()) as f64;
    let one_word = if fewer.len() == 1 && more.len() > 1 { 0.1 } else { 0.0 };
    together.max(apart - left_out - one_word)
}

/// An initial, or a short form such as `Rob` for `Robert`.
fn starts(one: &str, other: &str) -> bool {
    one != other && (one.starts_with(other) || other.starts_with(one))
}

/// The closest pair of addresses of a kind. `None` when one side has none.
fn closest<'p>(
    one: &'p Profile,
    other: &'p Profile,
    kinds: &[IdentityKind],
    closeness: impl Fn(&Address, &Address) -> f64,
) -> Option<(f64, &'p Address, &'p Address)> {
    let of = |profile: &'p Profile| profile.addresses.iter().filter(|address| kinds.contains(&address.kind));
    of(one)
        .flat_map(|mine| of(other).map(move |theirs| (mine, theirs)))
        .map(|(mine, theirs)| (closeness(mine, theirs), mine, theirs))
        .max_by(|left, right| left.0.total_cmp(&right.0))
}

/// Letters and digits of the name before the `@` of a mail address or on a platform, unless it names an office and not a
/// person.
fn handle(address: &Address) -> Option<String> {
    let name = local_part(address)?;
    Some(name.chars().filter(|letter| letter.is_alphanumeric()).collect())
}

fn local_part(address: &Address) -> Option<&str> {
    let value = match address.kind {
        IdentityKind::Handle => address
            .value
            .split_once(':')
            .map_or(address.value.as_str(), |(_, name)| name),
        _ => address.value.as_str(),
    };
    let local = value.split_once('@').map_or(value, |(local, _)| local);
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    (local.len() >= 3 && !OFFICES.contains(&local)).then_some(local)
}

/// Mailboxes that many companies have.
const OFFICES: [&str; 24] = [
    "accounts",
    "admin",
    "acquisti",
    "amministrazione",
    "assistenza",
    "clienti",
    "commerciale",
    "contact",
    "contatti",
    "contabilita",
    "fatture",
    "hello",
    "help",
    "info",
    "mail",
    "marketing",
    "noreply",
    "office",
    "ordini",
    "orders",
    "sales",
    "segreteria",
    "service",
    "support",
];

fn split(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, addresses: &[(IdentityKind, &str)], fields: &[(&str, &str)]) -> Profile {
        Profile {
            name: name.into(),
            addresses: addresses
                .iter()
                .map(|(kind, value)| Address::new(*kind, *value))
                .collect(),
            organization: None,
            fields: fields
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
        }
    }

    fn check(one: &Profile, other: &Profile, suggested: bool) {
        let (there, back) = (compare(one, other), compare(other, one));
        assert_eq!(there.score >= SUGGESTED, suggested, "{there:?}");
        assert_eq!(there.score, back.score, "the same from both sides");
    }

    #[test]
    fn a_name_alone_is_not_enough() {
        use IdentityKind::{Email, Phone};
        let anna = profile("Anna Rossi", &[(Email, "anna.rossi@example.com")], &[]);
        check(&anna, &profile("Anna Rossi", &[(Email, "ar@example.org")], &[]), false);
        check(
            &anna,
            &profile("Anna Rossi", &[(Email, "anna.rossi@example.org")], &[]),
            true,
        );
        check(
            &anna,
            &profile("Rossi A.", &[(Email, "anna.rossi@example.org")], &[]),
            true,
        );
        check(
            &anna,
            &profile("Carlo Verdi", &[(Email, "anna.rossi@example.org")], &[]),
            false,
        );
        let phone = profile("Mario Rossi", &[(Phone, "+393471234567")], &[]);
        check(&phone, &profile("Mario Rossi", &[(Phone, "+393471234568")], &[]), true);
        check(&phone, &profile("Mario Rossi", &[], &[]), false);
    }

    #[test]
    fn a_name_on_a_platform_is_like_that_of_a_mailbox() {
        let mail = profile("Anna Rossi", &[(IdentityKind::Email, "anna.rossi77@example.com")], &[]);
        let social = profile(
            "Anna Rossi",
            &[(IdentityKind::Handle, "mastodon:anna_rossi77@social.example")],
            &[],
        );
        check(&mail, &social, true);
        assert!(lookups(&mail).contains(&vec!["anna".into(), "rossi77".into()]));
        assert!(lookups(&social).contains(&vec!["anna".into(), "rossi77".into()]));
    }

    #[test]
    fn an_office_mailbox_says_nothing() {
        let one = profile("Anna Rossi", &[(IdentityKind::Email, "info@example.com")], &[]);
        let other = profile("Anna Rossi", &[(IdentityKind::Email, "info@example.org")], &[]);
        check(&one, &other, false);
    }

    #[test]
    fn lookups_are_words_that_together_are_rare() {
        let anna = profile(
            "Anna Rossi",
            &[(IdentityKind::Email, "a.rossi@example.com")],
            &[("cf", "RSSNNA80A41L219X"), ("prov", "TO")],
        );
        let lookups = lookups(&anna);
        assert_eq!(
            lookups,
            [vec!["ann", "ros"], vec!["a", "rossi"], vec!["rssnna80a41l219x"]]
        );
    }
}
