//! Where the weak matches begin, as far as one library under one search can tell.
//!
//! Scores mean nothing by themselves: another library, another focus, and the same number is another likeness. What does
//! mean something is the way from a typical photo of the library to its best matches. Weak is what has not come half of it, or another
//! share that the person chooses.

/// Share of the photos that count as the best matches, and their least number: a single near-duplicate must not push
/// everything else below the mark.
const BEST: f32 = 0.005;
const BEST_AT_LEAST: usize = 3;
/// Below this number there is no typical photo.
const ENOUGH: usize = 12;

/// How many photos, from the start of the order, match well. `scores`: of the ranked photos, falling after the first
/// `references`, which stand where they stand because they are the question. `share`, 0 to 1: how much of the way from a typical
/// photo to the best matches a strong match has come. `None` where there are too few to tell.
pub(super) fn strong_matches(scores: &[f32], references: usize, share: f32) -> Option<usize> {
    let others = scores.get(references..)?;
    if others.len() < ENOUGH {
        return None;
    }
    let best = ((others.len() as f32 * BEST) as usize).max(BEST_AT_LEAST);
    let top = others.get(..best)?.iter().sum::<f32>() / best as f32;
    let typical = *others.get(others.len() / 2)?;
    let mark = typical + share * (top - typical);
    // At least the best matches stay, also where all photos score the same.
    let strong = others.partition_point(|score| *score >= mark).max(best);
    Some(references + strong)
}

#[cfg(test)]
mod tests {
    use crate::search::STRONG_SHARE;

    fn strong_matches(scores: &[f32], references: usize) -> Option<usize> {
        super::strong_matches(scores, references, STRONG_SHARE)
    }

    fn library(matches: usize, others: usize) -> Vec<f32> {
        let matches = (0..matches).map(|n| 0.9 - 0.001 * n as f32);
        let others = (0..others).map(|n| 0.3 - 0.2 * n as f32 / 1000.0);
        matches.chain(others).collect()
    }

    #[test]
    fn the_matches_stay_and_the_rest_is_weak_whatever_the_scale() {
        let scores = library(20, 980);
        assert_eq!(strong_matches(&scores, 0), Some(20));
        let stretched: Vec<f32> = scores.iter().map(|score| 7.0 * score - 3.0).collect();
        assert_eq!(strong_matches(&stretched, 0), Some(20));
    }

    #[test]
    fn a_lower_bar_lets_more_photos_count_as_strong() {
        let scores: Vec<f32> = (0..1000).map(|n| 1.0 - 0.001 * n as f32).collect();
        let at = |share| super::strong_matches(&scores, 0, share).unwrap();
        assert!(
            at(0.2) > at(0.5) && at(0.5) > at(0.8),
            "{} {} {}",
            at(0.2),
            at(0.5),
            at(0.8)
        );
        assert_eq!(at(0.0), 501, "whatever is better than a typical photo");
        assert_eq!(at(1.0), 5, "the best matches always stay");
    }

    #[test]
    fn references_stay_and_do_not_raise_the_mark() {
        let mut scores = vec![-1.0, 1.0];
        scores.extend(library(20, 980));
        assert_eq!(strong_matches(&scores, 2), Some(22));
    }

    #[test]
    fn a_library_too_small_or_too_even_hides_nothing_by_chance() {
        assert_eq!(strong_matches(&[0.5; 8], 0), None);
        assert_eq!(strong_matches(&[0.5; 100], 0), Some(100));
    }
}
