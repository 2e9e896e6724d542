//! Wordings whose English is known, as vectors, and the nearest of them.

use crate::ModelError;
use crate::assets::WeightFile;
use crate::text_tower::TEXT_DIM;
use crate::vector_math::dot;

/// The nearest keys that have a say in which wording is meant.
const VOTERS: usize = 5;
/// How fast a key's say falls with its distance from the nearest: e-fold for each 1/30 of a cosine.
const SHARPNESS: f32 = 30.0;

/// Keys and the English that each stands for.
pub(super) struct Keys {
    /// `[keys, 384]`, unit length.
    vectors: Vec<f32>,
    /// For each key the place of its English in `targets`.
    target: Vec<usize>,
    targets: Vec<String>,
}

impl Keys {
    /// Reads the tensors `name`, `name.scale` and `name.target`.
    ///
    /// # Errors
    /// [`ModelError::Asset`] where they do not fit each other.
    pub(super) fn read(file: &WeightFile<'_>, name: &str, targets: Vec<String>) -> Result<Self, ModelError> {
        let count = file.shape(name)?.first().copied().unwrap_or(0);
        let vectors = file.values_of_shape(name, &[count, TEXT_DIM])?;
        let target = file.values_of_shape(&format!("{name}.target"), &[count])?;
        let target: Vec<usize> = target.into_iter().map(|place| place as usize).collect();
        if target.iter().any(|place| *place >= targets.len()) {
            return Err(file.mismatch(format!("{name} speaks of wordings that are not in it")));
        }
        Ok(Self {
            vectors,
            target,
            targets,
        })
    }

    /// The nearest keys, nearest first: cosine and place of the target.
    fn voters(&self, vector: &[f32]) -> Vec<(f32, usize)> {
        let mut near: Vec<(f32, usize)> = self
            .vectors
            .chunks_exact(TEXT_DIM)
            .map(|key| dot(key, vector))
            .zip(self.target.iter().copied())
            .collect();
        let by_cosine = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let kept = near.len().min(4 * VOTERS);
        if kept < near.len() {
            near.select_nth_unstable_by(kept, by_cosine);
            near.truncate(kept);
        }
        near.sort_by(by_cosine);
        near
    }

    /// The English that the nearest keys together mean; `None` where even the nearest is further than `familiar` (a cosine).
    pub(super) fn best_target(&self, vector: &[f32], familiar: f32) -> Option<&str> {
        let near = self.voters(vector);
        let best = near
            .first()
            .map(|(cosine, _)| *cosine)
            .filter(|best| *best >= familiar)?;
        let mut votes: Vec<(usize, f32)> = Vec::new();
        for (cosine, target) in near.into_iter().take(VOTERS) {
            let say = (SHARPNESS * (cosine - best)).exp();
            match votes.iter_mut().find(|(voted, _)| *voted == target) {
                Some((_, votes)) => *votes += say,
                None => votes.push((target, say)),
            }
        }
        let (target, _) = votes
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        self.targets.get(target).map(String::as_str)
    }

    /// The English of at most `count` of the nearest keys, each once, that are as near as the nearest but for `as_near`.
    pub(super) fn nearest(&self, vector: &[f32], count: usize, as_near: f32) -> Vec<String> {
        let near = self.voters(vector);
        let best = near.first().map_or(0.0, |(cosine, _)| *cosine);
        let mut targets: Vec<usize> = Vec::new();
        for (cosine, target) in near {
            if cosine >= best - as_near && targets.len() < count && !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
            .into_iter()
            .filter_map(|place| self.targets.get(place).cloned())
            .collect()
    }
}
