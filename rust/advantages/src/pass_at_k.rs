use crate::Error;

/// The chance that at least one of k samples is correct, estimated without bias from n samples of which c were:
/// `1 - C(n - c, k) / C(n, k)` for every question (Chen et al., Evaluating Large Language Models Trained on Code, 2021).
///
/// The quotient of the binomials is taken as a product of factors within 0 and 1, so nothing overflows. `1 - (1 - c / n)^k`,
/// as if the samples were drawn with replacement, would be too low.
///
/// Runs in O(min(c, k)) for each question.
///
/// # Errors
///
/// [`Error::Questions`] where the two arrays differ in length, [`Error::K`] for a k below 1, [`Error::TooFewSamples`] for
/// fewer samples than k, [`Error::Correct`] for a number of correct samples outside `0..=n`.
///
/// # Examples
///
/// ```
/// // 1 - C(12, 2) / C(16, 2) = 1 - 66 / 120
/// let estimates = qwenlong_advantages::pass_at_k(&[16], &[4], 2)?;
/// assert!((estimates[0] - 0.45).abs() < 1e-15);
/// # Ok::<(), qwenlong_advantages::Error>(())
/// ```
pub fn pass_at_k(num_samples: &[i64], num_correct: &[i64], k: i64) -> Result<Vec<f64>, Error> {
    if num_samples.len() != num_correct.len() {
        return Err(Error::Questions { num_samples: num_samples.len(), num_correct: num_correct.len() });
    }
    if k < 1 {
        return Err(Error::K { k });
    }
    let counts = num_samples.iter().zip(num_correct).enumerate();
    counts.map(|(question, (&samples, &correct))| estimate(question, samples, correct, k)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "nobody draws 2^53 samples")]
fn estimate(question: usize, num_samples: i64, num_correct: i64, k: i64) -> Result<f64, Error> {
    if k > num_samples {
        return Err(Error::TooFewSamples { question, num_samples, k });
    }
    if !(0..=num_samples).contains(&num_correct) {
        return Err(Error::Correct { question, num_correct, num_samples });
    }
    if num_samples - num_correct < k {
        return Ok(1.0);
    }
    // C(n - c, k) / C(n, k) is symmetric in c and k: the product over the smaller of j of (n - larger - j) / (n - j).
    let (smaller, larger) = (k.min(num_correct), k.max(num_correct));
    let mut none_correct = 1.0;
    for drawn in 0..smaller {
        none_correct *= (num_samples - larger - drawn) as f64 / (num_samples - drawn) as f64;
    }
    Ok(1.0 - none_correct)
}
