//! How good labels are, against those that people gave.

mod measures;
mod task;

pub use measures::{Certainty, auc, pearson};
pub use task::{EvaluateError, Report, Task};

/// Counts of given and predicted labels over a closed list of classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: Vec<String>,
    /// `counts[given][predicted]`.
    counts: Vec<Vec<usize>>,
}

/// Quality on one class, each 0..1; 0 where nothing was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassQuality {
    pub precision: f64,
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// How many examples people gave this class.
    pub given: usize,
}

impl Confusion {
    pub fn new<S: Into<String>>(classes: impl IntoIterator<Item = S>) -> Self {
        let classes: Vec<String> = classes.into_iter().map(Into::into).collect();
        let counts = vec![vec![0; classes.len()]; classes.len()];
        Self { classes, counts }
    }

    /// Counts one example. Says `false`, and counts nothing, when a label is not among the classes.
    pub fn add(&mut self, given: &str, predicted: &str) -> bool {
        let place = |label: &str| self.classes.iter().position(|class| class == label);
        let (Some(given), Some(predicted)) = (place(given), place(predicted)) else {
            return false;
        };
        self.counts[given][predicted] += 1;
        true
    }

    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How often a given label was predicted as another.
    pub fn count(&self, given: &str, predicted: &str) -> usize {
        let place = |label: &str| self.classes.iter().position(|class| class == label);
        match (place(given), place(predicted)) {
            (Some(given), Some(predicted)) => self.counts[given][predicted],
            _ => 0,
        }
    }

    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// Share of examples whose label was predicted, 0..1.
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.classes.len()).map(|class| self.counts[class][class]).sum();
        share(right, self.total())
    }

    /// Unweighted mean of the classes' F1, 0..1.
    pub fn macro_f1(&self) -> f64 {
        self.mean(|quality| quality.f1)
    }

    /// Unweighted mean of the classes' recall, 0..1.
    pub fn macro_recall(&self) -> f64 {
        self.mean(|quality| quality.recall)
    }

    /// Quality of each class, in the order of [`Self::classes`].
    pub fn per_class(&self) -> Vec<ClassQuality> {
        (0..self.classes.len()).map(|class| self.quality(class)).collect()
    }

    fn quality(&self, class: usize) -> ClassQuality {
        let right = self.counts[class][class];
        let given = self.counts[class].iter().sum();
        let predicted = self.counts.iter().map(|row| row[class]).sum();
        ClassQuality {
            precision: share(right, predicted),
            recall: share(right, given),
            f1: share(2 * right, given + predicted),
            given,
        }
    }

    fn mean(&self, of: impl Fn(ClassQuality) -> f64) -> f64 {
        if self.classes.is_empty() {
            return 0.0;
        }
        self.per_class().into_iter().map(of).sum::<f64>() / self.classes.len() as f64
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_worked_out_by_hand() {
        let mut confusion = Confusion::new(["a", "b"]);
        for (given, predicted) in [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")] {
            assert!(confusion.add(given, predicted));
        }
        assert!(!confusion.add("a", "c"));
        assert_eq!(confusion.total(), 4);
        assert_eq!(confusion.count("a", "b"), 1);
        assert_eq!(confusion.accuracy(), 0.75);
        assert!((confusion.macro_recall() - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-9);
        assert!((confusion.macro_f1() - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Confusion::new(["a"]).macro_f1(), 0.0);
        assert_eq!(Confusion::new(Vec::<String>::new()).macro_f1(), 0.0);
    }
}
