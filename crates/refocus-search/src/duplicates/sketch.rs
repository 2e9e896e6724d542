//! What stands for a vector while all pairs are gone through: signs of random projections (Charikar, "Similarity estimation techniques
//! from rounding algorithms", STOC 2002). Two vectors at an angle θ differ in a sign with probability θ/π, so that the number of
//! signs in which they differ tells their cosine, in a few instructions a pair.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use refocus_model::vector_math::dot;

/// Signs of a sketch: the first word is looked at first, and tells most pairs apart.
const WORDS: usize = 4;

/// A vector of which the share of differing signs is this many standard deviations beyond what is expected of it is missed: one in
/// several thousand.
const DEVIATIONS: f32 = 3.4;

/// The signs of a vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sketch(pub(super) [u64; WORDS]);

/// The directions that signs are taken along: `[64 * WORDS, dim]`.
#[derive(Clone, Debug)]
pub(super) struct Planes {
    dim: usize,
    values: Vec<f32>,
}

impl Planes {
    /// Always the same ones for a length.
    pub(super) fn new(dim: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        // The sum of a few uniform numbers points in all directions nearly evenly.
        let values = (0..64 * WORDS * dim)
            .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
            .collect();
        Self { dim, values }
    }

    /// The signs of a vector.
    #[inline(always)]
    pub(super) fn sketch(&self, vector: &[f32]) -> Sketch {
        let mut sketch = Sketch::default();
        let words = self.values.chunks_exact((64 * self.dim).max(1));
        for (word, planes) in sketch.0.iter_mut().zip(words) {
            *word = planes
                .chunks_exact(self.dim.max(1))
                .fold(0, |signs, plane| signs << 1 | u64::from(dot(vector, plane) > 0.0));
        }
        sketch
    }
}

/// Signs in which two vectors may differ and still have a cosine.
#[derive(Clone, Copy, Debug)]
pub(super) struct MayDiffer {
    /// Of the first word.
    first: u32,
    /// Of all.
    all: u32,
}

impl MayDiffer {
    /// For vectors with this cosine or more.
    pub(super) fn at(cosine: f32) -> Self {
        let share = cosine.clamp(-1.0, 1.0).acos() / std::f32::consts::PI;
        let most = |signs: f32| signs * share + DEVIATIONS * (signs * share * (1.0 - share)).sqrt();
        Self {
            first: most(64.0).ceil() as u32,
            all: most(64.0 * WORDS as f32).ceil() as u32,
        }
    }

    /// The places of those of `others` whose signs differ from `sketch` in no more than that, appended to `out`.
    #[inline(always)]
    pub(super) fn candidates(self, sketch: Sketch, others: &[Sketch], out: &mut Vec<usize>) {
        let [first, ..] = sketch.0;
        for (place, other) in others.iter().enumerate() {
            let [of_other, ..] = other.0;
            if (first ^ of_other).count_ones() <= self.first && self.holds(sketch, *other) {
                out.push(place);
            }
        }
    }

    #[inline(always)]
    fn holds(self, a: Sketch, b: Sketch) -> bool {
        let differ: u32 = a.0.iter().zip(b.0).map(|(a, b)| (a ^ b).count_ones()).sum();
        differ <= self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_with_the_cosine_are_candidates_and_others_are_not() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let dim = 256;
        let mut normal = || -> Vec<f32> {
            (0..dim)
                .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
                .collect()
        };
        let unit = |v: &[f32]| {
            let length = dot(v, v).sqrt();
            v.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let planes = Planes::new(dim);
        let may_differ = MayDiffer::at(0.8);
        let (mut found, mut wrong) = (0, 0);
        for _ in 0..500 {
            let a = unit(&normal());
            let mut away = normal();
            let along = dot(&a, &away);
            away.iter_mut().zip(&a).for_each(|(x, a)| *x -= along * a);
            let away = unit(&away);
            let b: Vec<f32> = a.iter().zip(&away).map(|(a, w)| 0.8 * a + 0.6 * w).collect();
            let mut places = Vec::new();
            may_differ.candidates(
                planes.sketch(&a),
                &[planes.sketch(&away), planes.sketch(&b)],
                &mut places,
            );
            found += usize::from(places.contains(&1));
            wrong += usize::from(places.contains(&0));
        }
        assert!(found >= 497 && wrong == 0, "{found} found, {wrong} wrong");
    }
}
