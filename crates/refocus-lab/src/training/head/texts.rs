//! Text vectors of instructions and answers, kept in a file beside the training pictures: they are thousands.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::cache::write_whole;
use refocus_model::text_space::embed_centred;
use refocus_model::text_tower::{TEXT_DIM, TextTower};
use refocus_training::TrainError;

/// Texts that go through the tower together.
const BATCH: usize = 32;

/// Centred unit vectors of texts.
pub struct TextVectors<'a> {
    tower: &'a TextTower,
    mean: &'a [f32],
    known: HashMap<String, Vec<f32>>,
}

impl<'a> TextVectors<'a> {
    /// With what an earlier run left in `file`; a file of another mean is passed over.
    #[must_use]
    pub fn open(tower: &'a TextTower, mean: &'a [f32], file: &Path) -> Self {
        let known = std::fs::read(file)
            .ok()
            .and_then(|bytes| read(&bytes, mean))
            .unwrap_or_default();
        Self { tower, mean, known }
    }

    /// Makes the vectors of these texts that are not known yet, on all cores.
    ///
    /// # Errors
    /// [`TrainError::Model`].
    pub fn learn<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Result<usize, TrainError> {
        let mut new: Vec<&str> = texts
            .into_iter()
            .filter(|text| !self.known.contains_key(*text))
            .collect();
        new.sort_unstable();
        new.dedup();
        // Texts of like length together: a batch is as long as its longest.
        new.sort_by_key(|text| text.len());
        let batches: Vec<Vec<f32>> = new
            .par_chunks(BATCH)
            .map(|batch| embed_centred(self.tower, self.mean, batch))
            .collect::<Result<_, _>>()?;
        let rows = batches.iter().flat_map(|batch| batch.chunks_exact(TEXT_DIM));
        self.known.extend(
            new.iter()
                .zip(rows)
                .map(|(text, row)| ((*text).to_owned(), row.to_vec())),
        );
        Ok(new.len())
    }

    /// The vector of a text that was learnt; zeros of one that was not.
    #[must_use]
    pub fn get(&self, text: &str) -> Vec<f32> {
        self.known.get(text).cloned().unwrap_or_else(|| vec![0.0; TEXT_DIM])
    }

    /// Keeps the vectors for the next run.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write(&self, file: &Path) -> Result<(), TrainError> {
        let mut texts: Vec<&String> = self.known.keys().collect();
        texts.sort();
        let names = serde_json::to_vec(&texts)?;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(fingerprint(self.mean).as_slice());
        bytes.extend_from_slice(&(names.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&names);
        for text in texts {
            bytes.extend(self.get(text).iter().flat_map(|v| v.to_le_bytes()));
        }
        write_whole(file, &bytes)
    }
}

fn fingerprint(mean: &[f32]) -> [u8; 32] {
    let bytes: Vec<u8> = mean.iter().flat_map(|v| v.to_le_bytes()).collect();
    *blake3::hash(&bytes).as_bytes()
}

fn read(bytes: &[u8], mean: &[f32]) -> Option<HashMap<String, Vec<f32>>> {
    let (hash, rest) = bytes.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (names, vectors) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
    if *hash != fingerprint(mean) {
        return None;
    }
    let names: Vec<String> = serde_json::from_slice(names).ok()?;
    let vectors: Vec<f32> = vectors
        .as_chunks::<4>()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    (vectors.len() == names.len() * TEXT_DIM).then(|| {
        let rows = vectors.chunks_exact(TEXT_DIM).map(<[f32]>::to_vec);
        names.into_iter().zip(rows).collect()
    })
}
