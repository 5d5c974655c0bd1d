use crate::answer::Answer;

/// What several golds give together.
#[derive(Debug, PartialEq)]
pub(super) struct Best<const N: usize> {
    /// The largest value of every metric, each on its own.
    pub(super) values: [f64; N],
    /// The first gold with the largest value of the first metric.
    pub(super) gold: usize,
}

impl<const N: usize> Best<N> {
    /// Judges every gold; there is at least one.
    pub(super) fn of(golds: &[Answer<'_>], mut judge: impl FnMut(&Answer<'_>) -> [f64; N]) -> Self {
        let mut best: Option<Self> = None;
        for (gold, answer) in golds.iter().enumerate() {
            let values = judge(answer);
            match &mut best {
                None => best = Some(Self { values, gold }),
                Some(best) => {
                    if values.first() > best.values.first() {
                        best.gold = gold;
                    }
                    for (value, new) in best.values.iter_mut().zip(values) {
                        *value = value.max(new);
                    }
                }
            }
        }
        best.unwrap_or(Self { values: [0.0; N], gold: 0 })
    }

    /// The gold that gave the score; none where the score is 0.
    pub(super) fn matched(&self) -> Option<usize> {
        self.values.first().is_some_and(|&score| score > 0.0).then_some(self.gold)
    }
}
