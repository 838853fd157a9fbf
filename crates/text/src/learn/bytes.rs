//! A company's knowledge as bytes, to be kept in one row of the database.
//!
//! ```text
//! "voce company " <format> <features>
//! people:   count, then 16 bytes each
//! words:    count, then length and UTF-8 each
//! memories: count, then label, count of examples, and each example:
//!           sample, value, said, how sure (a byte), person, time (8 bytes)
//! ```
//! Counts, lengths and places are LEB128.

use std::collections::BTreeSet;
use std::fmt;

use voce_domain::labels::LabelKind;

use super::company::{Company, Example, MOST};
use super::sample::{FEATURES, Sample, read_number, write_number};

/// Why bytes are no company's knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyError {
    /// Not written by Voce, or cut off, or changed.
    Damaged,
    /// Written by a version that read texts otherwise: learn the corrections again.
    Outdated,
}

impl fmt::Display for CompanyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "what was learnt from corrections cannot be read: it is damaged",
            Self::Outdated => "what was learnt from corrections was written by another version of Voce",
        })
    }
}

impl std::error::Error for CompanyError {}

const HEAD: &[u8] = b"voce company ";
const FORMAT: u8 = 1;

impl Company {
    /// What was learnt, about 250 bytes for each correction.
    pub fn to_bytes(&self) -> Vec<u8> {
        let examples = || self.memories().flat_map(|memory| &memory.examples);
        let people: Vec<u128> = examples()
            .map(|example| example.by)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let words: BTreeSet<&String> = examples()
            .flat_map(|example| [&example.value, &example.said.0])
            .collect();
        let words: Vec<&String> = words.into_iter().collect();
        let mut bytes = HEAD.to_vec();
        bytes.extend([FORMAT, FEATURES]);
        write_number(people.len() as u32, &mut bytes);
        people.iter().for_each(|person| bytes.extend(person.to_le_bytes()));
        write_number(words.len() as u32, &mut bytes);
        for word in &words {
            write_number(word.len() as u32, &mut bytes);
            bytes.extend(word.as_bytes());
        }
        write_number(self.memories().count() as u32, &mut bytes);
        for memory in self.memories() {
            bytes.push(memory.kind as u8);
            write_number(memory.examples.len() as u32, &mut bytes);
            for example in &memory.examples {
                let word = |word: &String| words.binary_search(&word).unwrap_or_default() as u32;
                example.sample.write(&mut bytes);
                write_number(word(&example.value), &mut bytes);
                write_number(word(&example.said.0), &mut bytes);
                bytes.push((example.said.1.clamp(0.0, 1.0) * 255.0).round() as u8);
                write_number(people.binary_search(&example.by).unwrap_or_default() as u32, &mut bytes);
                bytes.extend(example.at.to_le_bytes());
            }
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote. Any bytes are read or refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CompanyError> {
        match bytes.strip_prefix(HEAD) {
            Some([FORMAT, FEATURES, rest @ ..]) => read(rest).ok_or(CompanyError::Damaged),
            Some([_, _, ..]) => Err(CompanyError::Outdated),
            _ => Err(CompanyError::Damaged),
        }
    }
}

fn read(mut bytes: &[u8]) -> Option<Company> {
    let bytes = &mut bytes;
    let people: Vec<u128> = many(bytes, |bytes| take(bytes).map(u128::from_le_bytes))?;
    let words: Vec<String> = many(bytes, |bytes| {
        let length = read_number(bytes)? as usize;
        let (word, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        String::from_utf8(word.to_vec()).ok()
    })?;
    let mut company = Company::default();
    for _ in 0..read_number(bytes)? {
        let [kind] = take(bytes)?;
        let kind = *LabelKind::ALL.get(usize::from(kind))?;
        let examples = many(bytes, |bytes| example(bytes, &people, &words))?;
        if examples.len() > MOST {
            return None;
        }
        company.put(kind, examples);
    }
    bytes.is_empty().then_some(company)
}

fn example(bytes: &mut &[u8], people: &[u128], words: &[String]) -> Option<Example> {
    Some(Example {
        sample: Sample::read(bytes)?,
        value: words.get(read_number(bytes)? as usize)?.clone(),
        said: (
            words.get(read_number(bytes)? as usize)?.clone(),
            f32::from(take::<1>(bytes)?[0]) / 255.0,
        ),
        by: *people.get(read_number(bytes)? as usize)?,
        at: i64::from_le_bytes(take(bytes)?),
    })
}

/// A count, and as many of what `one` reads. Nothing is set aside for a count that the bytes do not bear out.
fn many<T>(bytes: &mut &[u8], one: impl Fn(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let count = read_number(bytes)? as usize;
    if count > bytes.len() {
        return None;
    }
    (0..count).map(|_| one(bytes)).collect()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
