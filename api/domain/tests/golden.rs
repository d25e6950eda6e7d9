//! Figures against those that others published.
//!
//! Consensus is held against what the production Polis maths gave on real conversations.
//!
//! Figures from `tests/fixtures/<name>/math-pca2.json` of polis-community/red-dwarf (MPL-2.0), as published by the
//! Polis API (The Computational Democracy Project); numbers only. A group without a vote adds a factor of 0.5 there
//! and is left out here.

use domain::{
    agreement::{Coincidences, Undefined},
    consensus::{GroupAnswers, consensus},
    report::{Report, digest},
};

/// Agree, disagree and seen of each opinion group, and the product that Polis published.
type Published = ([(u64, u64, u64); 3], f64);

/// The conversation `50ptpt-3gp-strict-no-meta`.
const STRICT: &[Published] = &[
    ([(0, 13, 14), (2, 5, 11), (1, 7, 10)], 0.002403846153846154),
    ([(13, 0, 14), (5, 6, 14), (1, 9, 11)], 0.05048076923076923),
    ([(10, 6, 16), (11, 0, 14), (2, 7, 11)], 0.10576923076923075),
    ([(1, 11, 13), (4, 6, 13), (1, 8, 11)], 0.006837606837606838),
    ([(13, 1, 15), (11, 0, 14), (3, 4, 11)], 0.1900452488687783),
    ([(15, 0, 15), (12, 0, 13), (7, 0, 11)], 0.5019607843137255),
    ([(14, 0, 15), (8, 1, 11), (4, 1, 10)], 0.254524886877828),
    ([(13, 1, 16), (6, 1, 10), (6, 1, 10)], 0.2646604938271604),
    ([(9, 5, 15), (3, 10, 14), (3, 2, 11)], 0.04524886877828055),
    ([(14, 2, 16), (12, 0, 15), (0, 11, 11)], 0.04901960784313725),
    ([(0, 13, 13), (1, 6, 10), (1, 7, 10)], 0.0018518518518518515),
    ([(5, 8, 13), (2, 4, 12), (2, 3, 10)], 0.02142857142857143),
    ([(13, 0, 14), (3, 3, 12), (2, 3, 10)], 0.0625),
    ([(0, 1, 1), (0, 0, 0), (0, 0, 0)], 0.08333333333333333),
    ([(1, 0, 1), (0, 0, 0), (1, 0, 1)], 0.2222222222222222),
    ([(16, 0, 16), (9, 1, 13), (7, 1, 10)], 0.419753086419753),
    ([(0, 0, 2), (0, 0, 1), (0, 0, 1)], 0.027777777777777776),
    ([(12, 0, 15), (6, 3, 12), (3, 2, 9)], 0.13903743315508021),
    ([(0, 13, 13), (0, 7, 10), (0, 5, 8)], 0.0005555555555555556),
    ([(0, 13, 13), (1, 8, 11), (1, 6, 9)], 0.0018648018648018648),
    ([(5, 9, 15), (2, 7, 11), (1, 8, 10)], 0.013574660633484163),
    ([(0, 13, 13), (0, 7, 9), (0, 8, 9)], 0.0005509641873278238),
    ([(12, 0, 14), (4, 1, 10), (2, 2, 9)], 0.09232954545454544),
    ([(10, 1, 14), (6, 1, 9), (4, 1, 9)], 0.19886363636363638),
    ([(0, 13, 13), (3, 2, 9), (0, 3, 9)], 0.002203856749311295),
    ([(0, 13, 14), (2, 5, 9), (1, 5, 9)], 0.003099173553719008),
    ([(10, 0, 12), (8, 0, 10), (5, 1, 9)], 0.3214285714285714),
    ([(8, 3, 13), (10, 0, 12), (3, 2, 10)], 0.15714285714285714),
    ([(6, 0, 6), (3, 2, 7), (5, 0, 7)], 0.2592592592592592),
];

/// The conversation `below-100-ptpts`.
const SMALL: &[Published] = &[
    ([(0, 5, 5), (0, 3, 3), (0, 3, 6)], 0.0035714285714285713),
    ([(1, 1, 5), (0, 2, 3), (3, 2, 7)], 0.025396825396825393),
    ([(4, 1, 5), (1, 1, 3), (0, 2, 6)], 0.03571428571428571),
    ([(3, 0, 5), (2, 0, 3), (1, 1, 6)], 0.08571428571428573),
    ([(6, 0, 6), (1, 2, 3), (3, 0, 7)], 0.15555555555555556),
    ([(2, 0, 5), (2, 0, 3), (3, 0, 7)], 0.1142857142857143),
    ([(4, 0, 6), (2, 0, 3), (3, 2, 8)], 0.15000000000000002),
    ([(2, 0, 5), (1, 1, 3), (1, 1, 6)], 0.04285714285714286),
    ([(3, 0, 5), (1, 1, 3), (3, 0, 7)], 0.10158730158730157),
    ([(5, 1, 7), (2, 0, 3), (0, 4, 7)], 0.044444444444444446),
    ([(0, 1, 5), (2, 1, 3), (1, 2, 7)], 0.01904761904761905),
    ([(1, 0, 1), (1, 0, 1), (1, 0, 2)], 0.2222222222222222),
    ([(3, 1, 5), (2, 0, 3), (5, 0, 6)], 0.2571428571428572),
    ([(6, 0, 6), (3, 0, 3), (0, 4, 7)], 0.07777777777777778),
    ([(6, 0, 7), (1, 0, 3), (2, 2, 6)], 0.11666666666666667),
    ([(3, 0, 6), (1, 1, 3), (1, 1, 7)], 0.044444444444444446),
    ([(5, 0, 7), (1, 2, 3), (4, 0, 7)], 0.14814814814814814),
    ([(3, 0, 5), (3, 0, 3), (1, 2, 8)], 0.09142857142857143),
    ([(5, 0, 5), (1, 1, 3), (3, 0, 6)], 0.17142857142857143),
    ([(7, 1, 8), (2, 1, 3), (1, 3, 7)], 0.10666666666666669),
    ([(4, 2, 6), (3, 0, 3), (1, 3, 7)], 0.1111111111111111),
    ([(5, 0, 6), (0, 0, 0), (1, 4, 6)], 0.09375),
    ([(1, 4, 6), (0, 3, 3), (3, 2, 7)], 0.022222222222222223),
    ([(1, 1, 5), (1, 0, 3), (1, 2, 6)], 0.02857142857142857),
    ([(5, 0, 5), (1, 0, 3), (3, 0, 7)], 0.15238095238095237),
    ([(3, 1, 5), (2, 1, 3), (1, 4, 7)], 0.0761904761904762),
    ([(4, 0, 5), (3, 0, 3), (7, 0, 7)], 0.5079365079365079),
    ([(4, 0, 5), (2, 0, 2), (0, 1, 5)], 0.07653061224489793),
    ([(6, 0, 6), (1, 0, 1), (4, 0, 4)], 0.486111111111111),
    ([(1, 0, 5), (0, 0, 0), (2, 1, 4)], 0.07142857142857142),
    ([(2, 0, 3), (0, 0, 0), (3, 0, 3)], 0.24000000000000005),
    ([(1, 0, 2), (0, 0, 0), (3, 0, 4)], 0.16666666666666666),
    ([(1, 0, 2), (0, 0, 0), (3, 0, 3)], 0.2),
    ([(1, 0, 1), (0, 0, 0), (0, 0, 0)], 0.16666666666666666),
    ([(3, 0, 4), (0, 0, 0), (1, 1, 3)], 0.13333333333333333),
    ([(2, 0, 3), (0, 0, 0), (0, 1, 2)], 0.07500000000000001),
    ([(2, 0, 2), (0, 0, 0), (2, 0, 3)], 0.22500000000000003),
    ([(1, 0, 1), (0, 0, 0), (0, 0, 0)], 0.16666666666666666),
    ([(3, 0, 3), (0, 0, 0), (2, 0, 3)], 0.24000000000000005),
    ([(0, 0, 0), (0, 0, 0), (0, 0, 0)], 0.125),
    ([(0, 0, 0), (0, 0, 0), (0, 0, 0)], 0.125),
    ([(0, 0, 0), (0, 0, 0), (0, 0, 0)], 0.125),
    ([(0, 0, 0), (0, 0, 0), (0, 0, 0)], 0.125),
    ([(0, 0, 0), (0, 0, 0), (0, 0, 0)], 0.125),
];

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12
}

#[test]
fn the_product_is_the_published_group_aware_consensus() {
    for (groups, published) in STRICT.iter().chain(SMALL) {
        let answers = groups.map(|(agree, disagree, seen)| GroupAnswers {
            agree,
            disagree,
            unsure: seen - agree - disagree,
        });
        let ours = consensus(answers);
        let silent = groups.iter().filter(|(_, _, seen)| *seen == 0).count();
        assert_eq!(
            (ours.groups_heard, ours.groups_silent),
            (3 - silent as u64, silent as u64)
        );
        let product = ours.product.unwrap_or(1.0) * 0.5f64.powi(silent as i32);
        assert!(
            close(product, *published),
            "{groups:?}: {product} is not {published}"
        );
    }
}

#[test]
fn the_published_table_holds_silent_groups_too() {
    assert!(
        STRICT
            .iter()
            .chain(SMALL)
            .any(|(groups, _)| groups.iter().any(|(_, _, seen)| *seen == 0))
    );
}

/// Units by coders; 0 is a gap.
fn alpha<const V: usize>(coders: &[&[usize]]) -> Result<f64, Undefined> {
    let mut all = Coincidences::default();
    for unit in 0..coders[0].len() {
        let mut counts = [0; V];
        for value in coders.iter().map(|coder| coder[unit]).filter(|value| *value > 0) {
            counts[value - 1] += 1;
        }
        all.add(&Coincidences::of_unit(counts), 1.0);
    }
    all.alpha()
}

fn near(found: Result<f64, Undefined>, published: f64, to: f64) {
    assert!(
        found.is_ok_and(|found| (found - published).abs() < to),
        "{found:?} is not {published}"
    );
}

/// Nominal data of Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), and of the tables with which the package
/// `krippendorff` is tested; figures only, recomputed with that package (0.9.0).
#[test]
fn alpha_is_krippendorff_s() {
    let four_observers: [&[usize]; 4] = [
        &[1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        &[1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        &[0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        &[1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ];
    near(alpha::<5>(&four_observers), 0.743_421_052_631_579, 1e-9);
    let three_coders: [&[usize]; 3] = [
        &[0, 0, 0, 0, 0, 3, 4, 1, 2, 1, 1, 3, 3, 0, 3],
        &[1, 0, 2, 1, 3, 3, 4, 3, 0, 0, 0, 0, 0, 0, 0],
        &[0, 0, 2, 1, 3, 4, 4, 0, 2, 1, 1, 3, 3, 0, 4],
    ];
    near(alpha::<4>(&three_coders), 0.691_358_024_691_358, 1e-9);
    // "pos", "neg", "neu"; published to six places.
    near(
        alpha::<3>(&[&[1, 2, 3, 0], &[1, 2, 3, 1], &[1, 2, 1, 1]]),
        0.722_222,
        1e-6,
    );
    near(
        alpha::<4>(&[&[1, 2, 3, 4], &[1, 2, 3, 4], &[1, 2, 3, 4]]),
        1.0,
        1e-9,
    );
    assert_eq!(alpha::<2>(&[&[1, 1], &[1, 1]]), Err(Undefined::NoVariation));
    assert_eq!(
        alpha::<2>(&[&[1, 0], &[0, 2]]),
        Err(Undefined::NothingDoubleCoded)
    );
}

/// Fleiss' worked example of ten subjects and fourteen raters. Where nobody leaves a gap his kappa and alpha differ by the
/// correction for small samples alone: 1 - kappa = (1 - alpha) n / (n - 1), with n values.
#[test]
fn alpha_without_gaps_is_fleiss_kappa_corrected_for_small_samples() {
    let raters = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    let mut all = Coincidences::default();
    raters
        .iter()
        .for_each(|counts| all.add(&Coincidences::of_unit(*counts), 1.0));
    let values = 140.0;
    let kappa = all
        .alpha()
        .map(|alpha| 1.0 - (1.0 - alpha) * values / (values - 1.0));
    near(kappa, 0.209_930_704_421_955_22, 1e-9);
}

/// A report as it was published once, and its digest as another program reckoned it. Whoever gives a report a field of which it has none
/// leaves it out of its JSON: or every report that was published before reads as one that was tampered with.
#[test]
fn a_report_that_was_published_keeps_its_digest() {
    const PUBLISHED: &str = include_str!("published.json");
    const DIGEST: &str = "82a53cfe772080adba55ef39a9426034a58b24f3bc612179d1ef5232d53733b4";
    let held = digest::verify(PUBLISHED.as_bytes()).unwrap();
    assert_eq!(
        (held.digest.as_str(), held.quotes, held.taken_out),
        (DIGEST, 1, 1)
    );
    let report: Report = serde_json::from_str(PUBLISHED).unwrap();
    let given: serde_json::Value = serde_json::from_str(PUBLISHED).unwrap();
    assert_eq!(serde_json::to_value(&report).unwrap(), given);
    assert_eq!(digest::digest(&report).unwrap(), DIGEST);
    // As it is kept, too: without words.
    let kept = serde_json::to_string(&digest::kept(report)).unwrap();
    assert!(!kept.contains("takeaway on Friday") && !kept.contains("5a17"));
    let read: Report = serde_json::from_str(&kept).unwrap();
    assert_eq!(digest::digest(&read).unwrap(), DIGEST);
}
