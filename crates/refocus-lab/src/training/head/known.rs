//! The wordings that a focus encoder keeps, to know what is like something it was trained with.

use std::collections::BTreeMap;

use super::instructions::Instructions;
use refocus_model::text_tower::TEXT_DIM;
use refocus_model::vector_math::{add_scaled, dot, normalise};

/// Wordings more alike than this stand for each other.
const NEARLY_THE_SAME: f32 = 0.7;
/// The same for phrases and questions as they are.
const THE_SAME: f32 = 0.76;
/// The same for those that name something: they stand for all that could be named.
const NAMING_THE_SAME: f32 = 0.6;

/// The same for what the file of a focus encoder holds.
const KEPT_APART: f32 = 0.735;

/// Text vectors of wordings, all of one aspect after the other.
#[derive(Debug, Default)]
pub struct Known {
    /// `[wordings, text_dim]`, unit length.
    pub vectors: Vec<f32>,
    /// `[wordings]`: the number of the aspect.
    pub aspects: Vec<u8>,
    /// `[wordings]`: 1 for those that name something in the photo, else 0.
    pub names: Vec<u8>,
}

impl Known {
    /// The wordings of each aspect that are not nearly the same as another of it. Aspects that are asked for in the same
    /// words count as one. Wrapped phrases are kept more sparingly than bare ones: they differ from each other less than
    /// from anything else.
    #[must_use]
    pub fn of(instructions: &Instructions) -> Self {
        let aspects = &instructions.of_aspect;
        let mut known = Self::default();
        for (number, wordings) in aspects.iter().enumerate() {
            let earlier = aspects.iter().take(number);
            if earlier.into_iter().any(|earlier| earlier.first() == wordings.first()) {
                continue;
            }
            let bare = instructions.bare.get(number).copied().unwrap_or(0);
            let (bare, wrapped) = wordings.split_at(bare.min(wordings.len()));
            known.add(number, false, &[(bare, THE_SAME), (wrapped, NEARLY_THE_SAME)]);
        }
        for (number, wordings) in &instructions.naming {
            known.add(*number, true, &[(wordings, NAMING_THE_SAME)]);
        }
        known
    }

    /// The middle of the wordings of each aspect that names nothing in the photo, unit length.
    #[must_use]
    pub fn centroids(&self) -> BTreeMap<u8, Vec<f32>> {
        let mut all: BTreeMap<u8, Vec<f32>> = BTreeMap::new();
        let wordings = self.vectors.chunks_exact(TEXT_DIM).zip(&self.aspects).zip(&self.names);
        for ((wording, aspect), _) in wordings.filter(|(_, names)| **names == 0) {
            let middle = all.entry(*aspect).or_insert_with(|| vec![0.0; TEXT_DIM]);
            add_scaled(middle, 1.0, wording);
        }
        all.values_mut().for_each(|middle| normalise(middle));
        all
    }

    /// Those that a focus encoder's file has room for: further apart.
    #[must_use]
    pub fn to_keep(&self) -> Self {
        let mut kept = Self::default();
        let mut wordings: BTreeMap<(u8, u8), Vec<Vec<f32>>> = BTreeMap::new();
        let all = self.vectors.chunks_exact(TEXT_DIM).zip(&self.aspects).zip(&self.names);
        for ((wording, aspect), names) in all {
            wordings.entry((*names, *aspect)).or_default().push(wording.to_vec());
        }
        for ((names, aspect), wordings) in &wordings {
            kept.add(usize::from(*aspect), *names != 0, &[(wordings, KEPT_APART)]);
        }
        kept
    }

    /// Adds the wordings of an aspect that are no more alike than said to one before them.
    fn add(&mut self, aspect: usize, names: bool, wordings: &[(&[Vec<f32>], f32)]) {
        let mut own: Vec<&Vec<f32>> = Vec::new();
        for (wordings, same) in wordings {
            for wording in *wordings {
                if own.iter().all(|other| dot(other, wording) < *same) {
                    own.push(wording);
                }
            }
        }
        self.aspects.extend(std::iter::repeat_n(aspect as u8, own.len()));
        self.names.extend(std::iter::repeat_n(u8::from(names), own.len()));
        self.vectors.extend(own.into_iter().flatten().copied());
    }
}
