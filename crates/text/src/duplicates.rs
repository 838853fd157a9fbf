//! Texts that are nearly the same, found while they stream past and in bounded memory.
//!
//! A text becomes a signature by one permutation hashing (P. Li, A. Owen, C.-H. Zhang, "One Permutation Hashing", NIPS 2012) of its
//! runs of five letters, empty places filled by rotation (A. Shrivastava, P. Li, ICML 2014): the share of equal places estimates the
//! share of runs that two texts have in common. Signatures are looked up by bands of places (locality-sensitive hashing).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::fold::fold_into;

const PLACES: usize = 32;
const BANDS: usize = 8;
const IN_BAND: usize = PLACES / BANDS;
/// Length of the runs of letters that are compared.
const RUN: usize = 5;
/// Shorter texts ("ok, grazie") are written alike by people who do not know each other.
const FEWEST_RUNS: usize = 16;
/// Of longer texts the beginning is compared, in letters.
const READ: usize = 4_000;
/// From this share of common runs on two texts are near-duplicates.
const ALIKE: f32 = 0.7;

/// What a text looks like: case, accents, punctuation, names, links and numbers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u32; PLACES]);

impl Signature {
    /// `None` for texts that are too short to be called copies of each other.
    pub fn of(text: &str) -> Option<Self> {
        let letters = comparable(text);
        let runs = letters.windows(RUN);
        if runs.len() < FEWEST_RUNS {
            return None;
        }
        let mut places = [u32::MAX; PLACES];
        for run in runs {
            let hash = mix(run
                .iter()
                .fold(0, |hash, letter| mix(hash ^ u64::from(u32::from(*letter)))));
            let place = hash as usize % PLACES;
            places[place] = places[place].min((hash >> 32) as u32);
        }
        Some(Self(fill(places)))
    }

    /// Estimated share of runs that two texts have in common, 0..1.
    pub fn similarity(&self, other: &Self) -> f32 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f32 / PLACES as f32
    }

    pub fn to_bytes(self) -> Vec<u8> {
        self.0.iter().flat_map(|place| place.to_le_bytes()).collect()
    }

    /// `None` when these are not the bytes of a signature.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (places, rest) = bytes.as_chunks::<4>();
        let places: [[u8; 4]; PLACES] = places.try_into().ok().filter(|_| rest.is_empty())?;
        Some(Self(places.map(u32::from_le_bytes)))
    }

    fn bands(&self) -> impl Iterator<Item = (u8, u32)> {
        self.0.chunks_exact(IN_BAND).enumerate().map(|(band, places)| {
            let hash = places.iter().fold(0, |hash, place| mix(hash ^ u64::from(*place)));
            (band as u8, hash as u32)
        })
    }
}

/// Folded letters with single blanks, without words that start with `@`, links and digits.
fn comparable(text: &str) -> Vec<char> {
    let mut letters = Vec::with_capacity(text.len().min(READ));
    let mut folded = String::new();
    for word in text.split_whitespace() {
        if letters.len() >= READ {
            break;
        }
        let is_link = word.contains("://") || word.starts_with("www.");
        if word.starts_with('@') || is_link || word == "RT" {
            continue;
        }
        folded.clear();
        word.chars()
            .filter(|letter| letter.is_alphabetic())
            .for_each(|letter| fold_into(letter, &mut folded));
        if !folded.is_empty() {
            letters.extend(folded.chars());
            letters.push(' ');
        }
    }
    letters.truncate(READ);
    letters
}

/// Gives each empty place what stands in the next filled one, and how far that was.
fn fill(places: [u32; PLACES]) -> [u32; PLACES] {
    let mut filled = places;
    for (at, place) in filled.iter_mut().enumerate() {
        if *place != u32::MAX {
            continue;
        }
        let next = (1..PLACES).find_map(|step| {
            let value = places[(at + step) % PLACES];
            (value != u32::MAX).then(|| value.wrapping_add(0x9e37_79b9_u32.wrapping_mul(step as u32)))
        });
        *place = next.unwrap_or_default();
    }
    filled
}

fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30))
        .wrapping_add(0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// That a text is nearly the same as one seen before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate<K> {
    /// The first text of the group, as far as it is remembered.
    pub of: K,
    /// Estimated share of common runs of letters, 0..1.
    pub similarity: f32,
    /// How many texts of the group were seen, this one included.
    pub seen: u32,
}

/// Remembers the signatures of the last texts, about 400 bytes each.
#[derive(Debug)]
pub struct Duplicates<K> {
    capacity: usize,
    remembered: Vec<Remembered<K>>,
    /// Where the next signature goes when all places are taken.
    oldest: usize,
    bands: HashMap<(u8, u32), u32>,
}

#[derive(Debug, Clone, Copy)]
struct Remembered<K> {
    signature: Signature,
    group: K,
    seen: u32,
}

impl<K: Copy> Duplicates<K> {
    /// Remembers up to `capacity` texts; the oldest go first.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.clamp(1, u32::MAX as usize),
            remembered: Vec::new(),
            oldest: 0,
            bands: HashMap::new(),
        }
    }

    /// Says whether a text like this was seen before, and remembers it under the given key.
    pub fn see(&mut self, key: K, text: &str) -> Option<Duplicate<K>> {
        self.see_signature(key, Signature::of(text)?)
    }

    /// As [`Self::see`], for a signature that was kept.
    pub fn see_signature(&mut self, key: K, signature: Signature) -> Option<Duplicate<K>> {
        let alike: Vec<(Remembered<K>, f32)> = self.alike(&signature).collect();
        let closest = alike.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied();
        let seen = alike
            .iter()
            .map(|(before, _)| before.seen)
            .max()
            .unwrap_or(0)
            .saturating_add(1);
        let group = closest.map_or(key, |(before, _)| before.group);
        self.remember(Remembered { signature, group, seen });
        closest.map(|(_, similarity)| Duplicate {
            of: group,
            similarity,
            seen,
        })
    }

    pub fn len(&self) -> usize {
        self.remembered.len()
    }

    pub fn is_empty(&self) -> bool {
        self.remembered.is_empty()
    }

    fn alike(&self, signature: &Signature) -> impl Iterator<Item = (Remembered<K>, f32)> {
        signature
            .bands()
            .filter_map(|band| self.remembered.get(*self.bands.get(&band)? as usize))
            .map(|before| (*before, before.signature.similarity(signature)))
            .filter(|(_, similarity)| *similarity >= ALIKE)
    }

    fn remember(&mut self, new: Remembered<K>) {
        let place = if self.remembered.len() < self.capacity {
            self.remembered.push(new);
            self.remembered.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (place + 1) % self.capacity;
            let old = std::mem::replace(&mut self.remembered[place], new);
            for band in old.signature.bands() {
                if let Entry::Occupied(entry) = self.bands.entry(band)
                    && *entry.get() as usize == place
                {
                    entry.remove();
                }
            }
            place
        };
        for band in new.signature.bands() {
            self.bands.insert(band, place as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POST: &str = "Attenzione! Da domani il servizio clienti non risponde più al numero verde, inoltra questo messaggio a tutti i tuoi contatti";

    #[test]
    fn finds_copies_with_small_changes() {
        let mut duplicates = Duplicates::new(100);
        assert_eq!(duplicates.see(1, POST), None);
        for (key, text) in [
            (2, format!("RT @anna: {} https://example.org/1", POST.to_uppercase())),
            (3, POST.replace("più", "piu").replace("domani", "oggi")),
            (4, format!("{POST} 🙏🙏 #importante")),
        ] {
            let found = duplicates.see(key, &text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.of, found.seen), (1, key));
        }
        let other =
            "Buongiorno, il servizio clienti mi ha risposto subito e il problema al numero di telefono è risolto";
        assert_eq!(duplicates.see(5, other), None);
    }

    #[test]
    fn leaves_short_answers_alone() {
        let mut duplicates = Duplicates::new(100);
        assert_eq!(duplicates.see(1, "ok, grazie mille!"), None);
        assert_eq!(duplicates.see(2, "ok, grazie mille!"), None);
    }

    #[test]
    fn forgets_the_oldest() {
        let mut duplicates = Duplicates::new(3);
        duplicates.see(0, POST);
        for key in 1..=3_u32 {
            let text = format!("{}{}", "abcdefghij klmno".repeat(3), char::from(b'a' + key as u8)).repeat(key as usize);
            let text: String = text
                .chars()
                .map(|c| char::from_u32(u32::from(c) + key).unwrap_or(c))
                .collect();
            duplicates.see(key, &text);
        }
        assert_eq!(duplicates.len(), 3);
        assert_eq!(duplicates.see(9, POST), None);
        assert!(duplicates.bands.len() <= 3 * BANDS);
    }

    proptest! {
        #[test]
        fn signatures_survive_their_bytes(text in any::<String>()) {
            if let Some(signature) = Signature::of(&text) {
                prop_assert_eq!(Signature::from_bytes(&signature.to_bytes()), Some(signature));
                prop_assert_eq!(signature.similarity(&signature), 1.0);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Signature::from_bytes(&bytes).is_some(), bytes.len() == PLACES * 4);
        }
    }
}
