//! Which of the people who share an address wrote a message, by the name that stands beside the address.

use crate::name;

/// Somebody who writes from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharer<'n, K> {
    pub key: K,
    pub name: &'n str,
}

/// How sure the choice is; the first that fits exactly one person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same words in another order, or with some left out: `Rossi Mario`, `Mario Luigi Rossi`.
    Words,
    /// One writes initials: `M. Rossi`.
    Initials,
    /// The same but for case, accents and spaces.
    Folded,
    /// Letter by letter.
    Exact,
}

/// The person whom `display_name` means, and how it was recognised. `None` when it means none of them or more than one:
/// then the message belongs to the owner of the address.
///
/// ```
/// use voce_identity::resolve::{Likeness, Sharer, choose};
/// let people = [Sharer { key: 1, name: "Anna Bianchi" }, Sharer { key: 2, name: "Mario Rossi" }];
/// assert_eq!(choose(Some("M. Rossi"), &people), Some((2, Likeness::Initials)));
/// assert_eq!(choose(Some("Ufficio acquisti"), &people), None);
/// ```
pub fn choose<K: Copy>(display_name: Option<&str>, people: &[Sharer<K>]) -> Option<(K, Likeness)> {
    let display_name = display_name.map(str::trim).filter(|name| !name::is_missing(name))?;
    let alike: Vec<(K, Likeness)> = people
        .iter()
        .filter_map(|person| Some((person.key, likeness(display_name, person.name)?)))
        .collect();
    let best = alike.iter().map(|(_, likeness)| *likeness).max()?;
    let mut first = alike.iter().filter(|(_, likeness)| *likeness == best);
    match (first.next(), first.next()) {
        (Some(&found), None) => Some(found),
        _ => None,
    }
}

/// How alike two names are; `None` when they mean different people.
pub fn likeness(one: &str, other: &str) -> Option<Likeness> {
    if one == other {
        return Some(Likeness::Exact);
    }
    if name::key(one) == name::key(other) {
        return Some(Likeness::Folded);
    }
    let (one, other) = (name::words(one), name::words(other));
    let (fewer, more) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    // One word alone ("Mario") would fit too many people.
    if fewer.len() < 2 {
        return (fewer.len() == 1 && fewer == more).then_some(Likeness::Words);
    }
    if contained(&fewer, &more, |word, full| word == full) {
        return Some(Likeness::Words);
    }
    let initials = contained(&fewer, &more, |word, full| {
        word == full || is_initial(word, full) || is_initial(full, word)
    });
    let spelled = fewer.iter().any(|word| word.chars().count() > 1 && more.contains(word));
    (initials && spelled).then_some(Likeness::Initials)
}

fn is_initial(short: &str, long: &str) -> bool {
    short.chars().count() == 1 && long.starts_with(short)
}

/// Whether each of `fewer` finds a partner of its own in `more`.
fn contained(fewer: &[String], more: &[String], fits: impl Fn(&str, &str) -> bool) -> bool {
    let mut taken = vec![false; more.len()];
    let mut find = |word: &str, equal_only: bool| {
        let place = more
            .iter()
            .zip(&taken)
            .position(|(other, taken)| !taken && if equal_only { word == other } else { fits(word, other) });
        if let Some(taken) = place.and_then(|place| taken.get_mut(place)) {
            *taken = true;
        }
        place.is_some()
    };
    // Whole words first, so that an initial does not take the place of one.
    let rest: Vec<&String> = fewer.iter().filter(|word| !find(word, true)).collect();
    rest.into_iter().all(|word| find(word, false))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEOPLE: [Sharer<u8>; 4] = [
        Sharer {
            key: 1,
            name: "Anna Bianchi",
        },
        Sharer {
            key: 2,
            name: "Andrea Bianchi",
        },
        Sharer {
            key: 3,
            name: "Niccolò De Luca",
        },
        Sharer {
            key: 4,
            name: "Mario Rossi",
        },
    ];

    fn check(name: &str, expected: Option<(u8, Likeness)>) {
        assert_eq!(choose(Some(name), &PEOPLE), expected, "{name:?}");
    }

    #[test]
    fn the_best_likeness_decides() {
        check("Anna Bianchi", Some((1, Likeness::Exact)));
        check("NICCOLO DE LUCA", Some((3, Likeness::Folded)));
        check("Rossi Mario", Some((4, Likeness::Words)));
        check("dott. Mario G. Rossi", Some((4, Likeness::Words)));
        check("M. Rossi", Some((4, Likeness::Initials)));
        check("N De Luca", Some((3, Likeness::Initials)));
    }

    #[test]
    fn doubt_chooses_nobody() {
        check("A. Bianchi", None);
        check("Bianchi", None);
        check("Servizio clienti", None);
        check("mario@example.com", None);
        assert_eq!(choose(None, &PEOPLE), None);
        assert_eq!(choose::<u8>(Some("Anna"), &[]), None);
    }

    proptest! {
        #[test]
        fn likeness_does_not_depend_on_the_side(one in "[a-cA-C. ]{0,12}", other in "[a-cA-C. ]{0,12}") {
            prop_assert_eq!(likeness(&one, &other), likeness(&other, &one));
        }
    }
}
