//! Measures over scores rather than classes.

/// Area under the receiver operating characteristic, 0..1: how likely a yes scores above a no, a tie counting half. `None` when there
/// is not one of each. (J. Hanley, B. McNeil, Radiology 143, 1982.)
pub fn auc(scored: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let yes = scored.iter().filter(|(_, yes)| *yes).count() as f64;
    let no = scored.len() as f64 - yes;
    let mut below = 0.0;
    let mut won = 0.0;
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let yes = tied.iter().filter(|(_, yes)| *yes).count() as f64;
        let no = tied.len() as f64 - yes;
        won += yes * (below + no / 2.0);
        below += no;
    }
    (yes > 0.0 && no > 0.0).then(|| won / (yes * no))
}

/// Pearson's correlation, -1 to 1; `None` where one side does not vary.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (a, b) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let together: f64 = pairs.iter().map(|pair| (pair.0 - a) * (pair.1 - b)).sum();
    let alone = |of: fn(&(f64, f64)) -> f64, mean: f64| pairs.iter().map(|pair| (of(pair) - mean).powi(2)).sum::<f64>();
    let size = (alone(|pair| pair.0, a) * alone(|pair| pair.1, b)).sqrt();
    (size > 0.0).then(|| together / size)
}

/// Whether probabilities hold: of what was said with 70 %, 70 % should be right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Certainty {
    /// Count, sum of confidences and number right, by tenths of confidence.
    tenths: [(usize, f64, usize); 10],
}

impl Certainty {
    pub fn add(&mut self, confidence: f64, right: bool) {
        let tenth = &mut self.tenths[((confidence * 10.0) as usize).min(9)];
        tenth.0 += 1;
        tenth.1 += confidence;
        tenth.2 += usize::from(right);
    }

    /// Expected calibration error, 0..1: how far confidence and share of right answers lie apart on average. `None` when nothing
    /// was added. (C. Guo et al., ICML 2017.)
    pub fn error(&self) -> Option<f64> {
        let count: usize = self.tenths.iter().map(|tenth| tenth.0).sum();
        let apart = self
            .tenths
            .iter()
            .map(|(_, confidence, right)| (confidence - *right as f64).abs());
        (count > 0).then(|| apart.sum::<f64>() / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_as_worked_out_by_hand() {
        assert_eq!(auc(&[(0.9, true), (0.8, false), (0.7, true), (0.1, false)]), Some(0.75));
        assert_eq!(auc(&[(0.5, true), (0.5, false)]), Some(0.5));
        assert_eq!(auc(&[(0.5, true)]), None);
    }

    #[test]
    fn pearson_as_worked_out_by_hand() {
        let r = pearson(&[(1.0, 2.0), (2.0, 1.0), (3.0, 3.0)]).unwrap();
        assert!((r - 0.5).abs() < 1e-9);
        assert_eq!(pearson(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn certainty_is_wrong_by_what_it_claims_too_much() {
        let mut certainty = Certainty::default();
        assert_eq!(certainty.error(), None);
        certainty.add(0.9, true);
        certainty.add(0.9, false);
        assert!((certainty.error().unwrap() - 0.4).abs() < 1e-9);
    }
}
