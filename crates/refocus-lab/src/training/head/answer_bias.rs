//! The answer bias of an aspect: what is added to y so that its answers come as often as in everyday photos.
//!
//! y is trained to lie where the answer's text vector lies. Answers that are near each other there ("smiling", "serious") pull a
//! photo that could be either to the middle, which is nearer to one of them than to the others, whatever the photo shows: under
//! "the facial expression" nothing was ever "smiling". One vector an aspect moves all its photos alike and so changes what they
//! are called, and hardly what they are like. It is the bias of a logistic regression whose weights are the answers' text vectors.

use refocus_model::vector_math::{add_scaled, dot, softmax};

/// What a cosine is multiplied by before the softmax.
const SHARPNESS: f32 = 20.0;
/// Weight of half of the bias's squared length beside the loss: words that are no answer of a training photo lie in its way too.
const DECAY: f32 = 3.0;
/// Steps of gradient descent, and their length.
const STEPS: usize = 800;
/// See [`STEPS`].
const RATE: f32 = 0.02;
/// What a bias must be worth on sources that it was not fitted on, as a share of photos that are called rightly.
const WORTH: f64 = 0.005;

/// Photos with answers of one kind.
pub struct Answered {
    /// y of each photo, unit length, `[photos, width]`.
    pub y: Vec<f32>,
    /// Which answer is a photo's, `[photos]`.
    pub labels: Vec<usize>,
    /// The answers in the space of y, unit length, `[answers, width]`.
    pub answers: Vec<f32>,
    /// Length of y.
    pub width: usize,
    /// Which half a photo belongs to, `[photos]`: all photos of a source are in one.
    pub first_half: Vec<bool>,
}

impl Answered {
    /// Cosine of each answer with a photo's y after the bias.
    fn scores(&self, y: &[f32], bias: &[f32]) -> Vec<f32> {
        let answers = self.answers.chunks_exact(self.width);
        answers.map(|answer| dot(answer, y) + dot(answer, bias)).collect()
    }

    /// The photos of one half, or all, with their answers.
    fn photos(&self, half: Option<bool>) -> impl Iterator<Item = (&[f32], usize)> {
        let photos = self.y.chunks_exact(self.width).zip(&self.labels).zip(&self.first_half);
        photos
            .filter(move |(_, first)| half.is_none_or(|half| half == **first))
            .map(|((y, label), _)| (y, *label))
    }

    /// How many photos of a half are called rightly.
    fn right(&self, bias: &[f32], half: bool) -> usize {
        let right = self.photos(Some(half)).filter(|(y, label)| {
            let scores = self.scores(y, bias);
            let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.is_some_and(|(answer, _)| answer == *label)
        });
        right.count()
    }

    /// Gradient of the mean cross-entropy with respect to the bias, added to `sum`.
    fn add_gradient(&self, bias: &[f32], half: Option<bool>, sum: &mut [f32]) {
        let count = self.photos(half).count().max(1) as f32;
        for (y, label) in self.photos(half) {
            let mut shares = self.scores(y, bias);
            shares.iter_mut().for_each(|score| *score *= SHARPNESS);
            softmax(&mut shares);
            for (number, (share, answer)) in shares.iter().zip(self.answers.chunks_exact(self.width)).enumerate() {
                let off = share - f32::from(u8::from(number == label));
                add_scaled(sum, off / count, answer);
            }
        }
    }
}

/// What was found for an aspect.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerBias {
    /// The bias, `[width]`.
    pub bias: Vec<f32>,
    /// Photos that were called rightly without it, and with one that was fitted on the sources of the other half, as shares.
    pub before: f64,
    /// See [`AnswerBias::before`].
    pub after: f64,
    /// Photos, counted once for each kind of answer.
    pub n: usize,
}

impl AnswerBias {
    /// Whether it is worth having.
    #[must_use]
    pub fn is_worth(&self) -> bool {
        self.after >= self.before + WORTH
    }
}

/// Fits the bias of an aspect to its photos; the kinds of answers (a place, and the broader kind of place) count alike.
#[must_use]
pub fn fit(kinds: &[Answered]) -> Option<AnswerBias> {
    let width = kinds.first()?.width;
    let none = vec![0.0; width];
    let (mut before, mut after) = (0, 0);
    for half in [false, true] {
        let bias = descended(kinds, Some(!half), width);
        before += kinds.iter().map(|kind| kind.right(&none, half)).sum::<usize>();
        after += kinds.iter().map(|kind| kind.right(&bias, half)).sum::<usize>();
    }
    let n: usize = kinds.iter().map(|kind| kind.labels.len()).sum();
    let share = |right: usize| right as f64 / n.max(1) as f64;
    Some(AnswerBias {
        bias: descended(kinds, None, width),
        before: share(before),
        after: share(after),
        n,
    })
}

fn descended(kinds: &[Answered], half: Option<bool>, width: usize) -> Vec<f32> {
    let mut bias = vec![0.0; width];
    for _ in 0..STEPS {
        let mut gradient = vec![0.0; width];
        add_scaled(&mut gradient, DECAY / SHARPNESS, &bias);
        for kind in kinds {
            let mut own = vec![0.0; width];
            kind.add_gradient(&bias, half, &mut own);
            add_scaled(&mut gradient, 1.0 / kinds.len() as f32, &own);
        }
        add_scaled(&mut bias, -RATE, &gradient);
    }
    bias
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two answers at a right angle; y of every photo leans to the first, a little less where the second is right.
    fn leaning() -> Answered {
        let (mut y, mut labels, mut first_half) = (Vec::new(), Vec::new(), Vec::new());
        for photo in 0..200 {
            let label = photo % 2;
            let angle = if label == 0 { 0.3f32 } else { 0.7 } + (photo % 7) as f32 * 0.01;
            y.extend([angle.cos(), angle.sin()]);
            labels.push(label);
            first_half.push(photo % 4 < 2);
        }
        Answered {
            y,
            labels,
            answers: vec![1.0, 0.0, 0.0, 1.0],
            width: 2,
            first_half,
        }
    }

    #[test]
    fn what_leans_to_one_answer_is_called_rightly_after_the_bias() {
        let found = fit(&[leaning()]).unwrap();
        assert_eq!((found.before, found.n), (0.5, 200));
        assert!(found.after > 0.95 && found.is_worth(), "{found:?}");
        assert!(found.bias[0] < found.bias[1], "{:?}", found.bias);
    }

    #[test]
    fn photos_that_are_called_rightly_already_need_none() {
        let mut right = leaning();
        for (y, label) in right.y.chunks_exact_mut(2).zip(&right.labels) {
            y.copy_from_slice(if *label == 0 { &[1.0, 0.0] } else { &[0.0, 1.0] });
        }
        let found = fit(&[right]).unwrap();
        assert!(!found.is_worth() && found.before == 1.0, "{found:?}");
    }
}
