//! What is kept of an example: the hashes of its n-grams, never its words.

use crate::features::{DENSE, Features};

/// Buckets have this many bits here: enough for the examples of one company, few enough to be kept in two bytes each.
const BITS: u32 = 20;
/// Changes when the same text gets other n-grams or other sums, for then what was kept says nothing of it.
pub(super) const FEATURES: u8 = 1;
/// N-grams kept of one example.
const MOST: usize = 1_200;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// Sorted, without repetitions.
    words: Vec<u32>,
    letters: Vec<u32>,
    pub dense: [f32; DENSE],
}

impl Sample {
    pub fn of(features: &Features) -> Self {
        let (words, letters) = features.sparse.split_at(features.words);
        let buckets = |group: &[crate::features::Feature]| {
            let mut buckets: Vec<u32> = group.iter().take(MOST).map(|feature| bucket(feature.bucket)).collect();
            buckets.sort_unstable();
            buckets.dedup();
            buckets
        };
        Self {
            words: buckets(words),
            letters: buckets(letters),
            dense: features.dense.map(kept),
        }
    }

    pub fn len(&self) -> usize {
        self.words.len() + self.letters.len()
    }

    pub fn groups(&self) -> [&[u32]; 2] {
        [&self.words, &self.letters]
    }

    pub fn buckets(&self) -> impl Iterator<Item = u32> {
        self.words.iter().chain(&self.letters).copied()
    }

    pub fn write(&self, bytes: &mut Vec<u8>) {
        for group in self.groups() {
            write_number(group.len() as u32, bytes);
            let mut before = 0;
            for bucket in group {
                write_number(bucket - before, bytes);
                before = *bucket;
            }
        }
        bytes.extend(self.dense.map(|value| small(value) as u8));
    }

    /// Takes a sample from the beginning of the bytes; `None` when there is none.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let words = read_group(bytes)?;
        let letters = read_group(bytes)?;
        let (dense, rest) = bytes.split_first_chunk::<DENSE>()?;
        *bytes = rest;
        Some(Self {
            words,
            letters,
            dense: dense.map(|byte| f32::from(byte as i8) / STEPS),
        })
    }
}

/// The bucket of a feature as samples keep it.
pub(super) fn bucket(bucket: u32) -> u32 {
    bucket & ((1 << BITS) - 1)
}

const STEPS: f32 = 60.0;

/// A value as it will be read back.
fn kept(value: f32) -> f32 {
    f32::from(small(value)) / STEPS
}

fn small(value: f32) -> i8 {
    (value * STEPS).round() as i8
}

fn read_group(bytes: &mut &[u8]) -> Option<Vec<u32>> {
    let length = read_number(bytes)? as usize;
    if length > MOST {
        return None;
    }
    let mut group = Vec::with_capacity(length);
    let mut before = 0_u32;
    for at in 0..length {
        let step = read_number(bytes)?;
        before = before.checked_add(step).filter(|bucket| *bucket >> BITS == 0)?;
        if at > 0 && step == 0 {
            return None;
        }
        group.push(before);
    }
    Some(group)
}

/// Seven bits a byte, lowest first (LEB128).
pub(super) fn write_number(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn read_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for place in 0..5 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(place * 7)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
