//! Properties, and agreement with the formula as it is written.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_wrap, clippy::float_cmp)]

use proptest::prelude::*;
use qwenlong_advantages::{Error, Scale, group_advantages, pass_at_k};

fn reward() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0_f32), Just(1.0), Just(f32::NAN), -2.0_f32..2.0]
}

fn one_group(rewards: &[f32], scale: Scale) -> (Vec<f32>, bool) {
    let credit = group_advantages(rewards, &[0, rewards.len() as i64], 1e-6, scale).unwrap();
    (credit.advantages, credit.has_signal[0])
}

proptest! {
    #[test]
    fn advantages_follow_the_formula(rewards in prop::collection::vec(reward(), 0..20)) {
        let (advantages, has_signal) = one_group(&rewards, Scale::Std);
        let scored: Vec<f64> = rewards.iter().filter(|r| !r.is_nan()).map(|&r| f64::from(r)).collect();
        let count = scored.len() as f64;
        let mean = scored.iter().sum::<f64>() / count;
        let std = (scored.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        prop_assert_eq!(has_signal, scored.iter().any(|&r| r != scored[0]));
        for (&advantage, &reward) in advantages.iter().zip(&rewards) {
            let expected =
                if has_signal && !reward.is_nan() { (f64::from(reward) - mean) / (std + 1e-6) } else { 0.0 };
            prop_assert!((f64::from(advantage) - expected).abs() <= 1e-6 * expected.abs());
        }
    }

    #[test]
    fn a_missing_reward_changes_nothing_for_the_others(rewards in prop::collection::vec(reward(), 1..12)) {
        let scored: Vec<f32> = rewards.iter().copied().filter(|reward| !reward.is_nan()).collect();
        for scale in [Scale::Std, Scale::None] {
            let (with, signal) = one_group(&rewards, scale);
            let (without, same_signal) = one_group(&scored, scale);
            let kept: Vec<f32> = with.iter().zip(&rewards).filter(|(_, r)| !r.is_nan()).map(|(a, _)| *a).collect();
            prop_assert_eq!(kept, without);
            prop_assert_eq!(signal, same_signal);
        }
    }

    #[test]
    fn a_group_does_not_see_its_neighbours(
        a in prop::collection::vec(reward(), 0..9),
        b in prop::collection::vec(reward(), 0..9),
    ) {
        let offsets = [0, a.len() as i64, (a.len() + b.len()) as i64];
        let both = group_advantages(&[a.clone(), b.clone()].concat(), &offsets, 1e-6, Scale::Std).unwrap();
        let (left, right) = (one_group(&a, Scale::Std), one_group(&b, Scale::Std));
        prop_assert_eq!(both.advantages, [left.0, right.0].concat());
        prop_assert_eq!(both.has_signal, [left.1, right.1]);
    }

    #[test]
    fn pass_at_k_equals_the_binomials((n, c, k) in (1_i64..40).prop_flat_map(|n| (Just(n), 0..=n, 1..=n))) {
        let choose = |n: i64, k: i64| (0..k).fold(1_u128, |product, j| product * u128::try_from((n - j).max(0)).unwrap()
            / u128::try_from(j + 1).unwrap());
        let expected = 1.0 - choose(n - c, k) as f64 / choose(n, k) as f64;
        let estimate = pass_at_k(&[n], &[c], k).unwrap()[0];
        prop_assert!((estimate - expected).abs() < 1e-12);
    }
}

#[test]
fn an_infinite_reward_is_refused_by_index() {
    let error = group_advantages(&[0.0, f32::NEG_INFINITY], &[0, 2], 0.0, Scale::None).unwrap_err();
    assert_eq!(error, Error::Infinite { index: 1, reward: f32::NEG_INFINITY });
    assert_eq!(error.to_string(), "reward 1 is -inf but must be finite, or NaN where there is none");
}

#[test]
fn rewards_one_bit_apart_are_a_signal() {
    let (advantages, has_signal) = one_group(&[0.1, 0.1_f32.next_up()], Scale::None);
    assert!(has_signal && advantages[0] < 0.0 && advantages[1] > 0.0);
}

#[test]
fn pass_at_k_of_many_samples_neither_overflows_nor_loses_its_digits() {
    // c = 1: the estimate is k / n.
    assert!((pass_at_k(&[100_000], &[1], 50_000).unwrap()[0] - 0.5).abs() < 1e-12);
    // C(2000, 1000) is beyond f64.
    assert!((pass_at_k(&[2000], &[1], 1000).unwrap()[0] - 0.5).abs() < 1e-12);
}
