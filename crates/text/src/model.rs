//! Trained models as files: a line that says what it is, then the numbers, then a checksum.
//!
//! ```text
//! voce-model 1 <name> <version> <link> <bits> <dense sums> <output,output,...>\n
//! temperature, steps, bias, dense sums   (f32, little-endian)
//! rows                                   (one byte per weight)
//! FNV-1a of everything before            (u64, little-endian)
//! ```

use std::borrow::Cow;
use std::fmt;

use crate::features::DENSE;
use crate::linear::{Linear, Link};

/// A linear model with its name and the names of its outputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub name: String,
    /// Counts up with every training that changed the shipped weights.
    pub version: u32,
    pub outputs: Vec<String>,
    pub linear: Linear,
}

/// Why bytes are not a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelError {
    /// Not a file of this kind, or of another version of the format.
    Unknown,
    /// Shorter or longer than its first line says.
    Length,
    /// Changed after it was written.
    Checksum,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "this is not a model of this version of Voce",
            Self::Length => "the model is cut off or has something behind its end",
            Self::Checksum => "the model was changed after it was written",
        })
    }
}

impl std::error::Error for ModelError {}

const FORMAT: &str = "voce-model 1";
/// More would not fit in the memory of a small machine.
const MOST_BITS: u32 = 24;

impl Model {
    /// Reads a model; the rows stay where they are.
    pub fn read(bytes: &'static [u8]) -> Result<Self, ModelError> {
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(ModelError::Unknown)?;
        let head = bytes.get(..end).and_then(|head| std::str::from_utf8(head).ok());
        let head = Head::parse(head.ok_or(ModelError::Unknown)?).ok_or(ModelError::Unknown)?;
        let outputs = head.outputs.len();
        let body = bytes.len().checked_sub(8).and_then(|body| bytes.split_at_checked(body));
        let (body, sum) = body.ok_or(ModelError::Length)?;
        if checksum(body).to_le_bytes() != sum {
            return Err(ModelError::Checksum);
        }
        let floats = 1 + outputs * (2 + head.dense);
        let numbers = body.get(end + 1..).unwrap_or_default();
        let (numbers, rows) = numbers.split_at_checked(floats * 4).ok_or(ModelError::Length)?;
        if rows.len() != outputs << head.bits {
            return Err(ModelError::Length);
        }
        let (numbers, _) = numbers.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let mut take = |count: usize| -> Vec<f32> { numbers.by_ref().take(count).collect() };
        let temperature = take(1).first().copied().unwrap_or(1.0);
        let linear = Linear {
            link: head.link,
            bits: head.bits,
            rows: Cow::Borrowed(rows),
            temperature,
            steps: take(outputs),
            bias: take(outputs),
            dense: take(outputs * head.dense),
        };
        Ok(Self {
            name: head.name.to_owned(),
            version: head.version,
            outputs: head.outputs.into_iter().map(str::to_owned).collect(),
            linear,
        })
    }

    pub fn write(&self) -> Vec<u8> {
        let linear = &self.linear;
        let link = match linear.link {
            Link::Softmax => "softmax",
            Link::Logistic => "logistic",
        };
        let outputs = self.outputs.join(",");
        let dense = linear.dense.len() / self.outputs.len().max(1);
        let head = format!(
            "{FORMAT} {} {} {link} {} {dense} {outputs}\n",
            self.name, self.version, linear.bits
        );
        let mut bytes = head.into_bytes();
        let numbers = [linear.temperature].into_iter().chain(linear.steps.iter().copied());
        for number in numbers
            .chain(linear.bias.iter().copied())
            .chain(linear.dense.iter().copied())
        {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(linear.rows.iter());
        bytes.extend(checksum(&bytes).to_le_bytes());
        bytes
    }
}

struct Head<'a> {
    name: &'a str,
    version: u32,
    link: Link,
    bits: u32,
    /// How many of the dense sums there were when it was trained; later ones it does not know.
    dense: usize,
    outputs: Vec<&'a str>,
}

impl<'a> Head<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.strip_prefix(FORMAT)?.strip_prefix(' ')?.split(' ');
        let mut word = || words.next().filter(|word| !word.is_empty());
        let head = Self {
            name: word()?,
            version: word()?.parse().ok()?,
            link: match word()? {
                "softmax" => Link::Softmax,
                "logistic" => Link::Logistic,
                _ => return None,
            },
            bits: word()?.parse().ok().filter(|bits| *bits <= MOST_BITS)?,
            dense: word()?.parse().ok().filter(|dense| *dense <= DENSE)?,
            outputs: word()?.split(',').collect(),
        };
        (words.next().is_none() && head.outputs.iter().all(|output| !output.is_empty())).then_some(head)
    }
}

/// Fowler-Noll-Vo 1a, 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn model() -> Model {
        Model {
            name: "weather".to_owned(),
            version: 3,
            outputs: vec!["rain".to_owned(), "sun".to_owned()],
            linear: Linear {
                link: Link::Softmax,
                bits: 4,
                rows: Cow::Owned((0..32).collect()),
                steps: vec![0.1, 0.2],
                dense: vec![0.5; 2 * DENSE],
                bias: vec![-1.0, 1.0],
                temperature: 1.5,
            },
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(Model::read(model().write().leak()), Ok(model()));
    }

    #[test]
    fn what_was_changed_is_refused() {
        let bytes = model().write();
        let changed = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            Model::read(bytes.leak())
        };
        assert_eq!(changed(0, b'x'), Err(ModelError::Unknown));
        assert_eq!(changed(bytes.len() - 20, 0), Err(ModelError::Checksum));
        assert_eq!(Model::read(b""), Err(ModelError::Unknown));
        let mut longer = bytes[..bytes.len() - 8].to_vec();
        longer.push(0);
        longer.extend(checksum(&longer).to_le_bytes());
        assert_eq!(Model::read(longer.leak()), Err(ModelError::Length));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(head in "(voce-model 1 a 1 (softmax|logistic) [0-9]{1,2} [0-9]{1,2} [a,]{0,5}\n)?", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = head.into_bytes();
            bytes.extend(body);
            bytes.extend(checksum(&bytes).to_le_bytes());
            let _ = Model::read(bytes.leak());
        }
    }
}
