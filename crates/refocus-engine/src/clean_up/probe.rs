//! Comparing a made-up library, for measurements.

use std::sync::Arc;
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use refocus_media::DateSource;
use refocus_model::encoding::{EncodingParts, PLAIN_DIM, SEMANTIC_DIM, TOKEN_DIM};
use refocus_model::named_colours::COLOURS;
use refocus_model::things::Things;
use refocus_model::{BuiltIn, ModelChoice, ModelError};
use refocus_search::Work;
use refocus_store::{ContentRow, FileRow, Stated, StatedDate};

use crate::encodings::Encodings;
use crate::event::{Folder, Noticing};
use crate::library_index::LibraryIndex;
use crate::rows::FolderId;

use super::CleanUpKind;
use super::kept_alike::KeptAlike;
use super::looking::Looking;

/// Subjects that the photos are of: those of one subject are more alike than others, as in a real library.
const SUBJECTS: usize = 300;

/// Shots of a burst, and how many photos in a hundred are of one.
const OF_A_BURST: usize = 5;
const IN_BURSTS: usize = 20;

/// One photo in so many has a copy that is nearly the same.
const COPIED: usize = 20;

/// A library of made-up encodings in memory, and the code that compares them.
pub struct AlikeProbe {
    model: BuiltIn,
    index: LibraryIndex,
    looking: Looking,
    photos: MadeUpPhotos,
    threads: usize,
}

/// What came of comparing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlikeFound {
    /// Seconds that it took.
    pub seconds: f64,
    /// Groups of photos that are nearly the same.
    pub same: usize,
    /// Bursts.
    pub bursts: usize,
}

impl AlikeProbe {
    /// A library of so many photos, and as many threads as there are cores, or two.
    ///
    /// # Errors
    /// [`ModelError`] where the built-in model does not load.
    pub fn new(photos: usize, threads: usize) -> Result<Self, ModelError> {
        let (model, _) = refocus_model::device::load_on_best_device(&ModelChoice::default())?;
        let mut index = LibraryIndex::default();
        index.now.encodings = Encodings::new(refocus_model::PhotoModel::info(&model).bytes_per_photo);
        index.now.folders.push(Folder {
            id: FolderId(1),
            path: "/photos".into(),
            photos: 0,
            online: true,
            noticing: Noticing::default(),
            left_out: Arc::default(),
        });
        let mut probe = Self {
            photos: MadeUpPhotos::new(),
            model,
            index,
            looking: Looking::default(),
            threads,
        };
        probe.add(photos);
        Ok(probe)
    }

    /// Adds photos to the library; nothing is compared.
    pub fn add(&mut self, photos: usize) {
        for _ in 0..photos {
            let (file, encoding) = self.photos.next(&self.model);
            self.index.put(file, Some(&encoding));
        }
    }

    /// Compares what was not compared yet, and groups all photos.
    ///
    /// # Errors
    /// Why that is impossible.
    pub fn look(&mut self) -> Result<AlikeFound, String> {
        let snapshot = self.index.next_snapshot();
        let work = Work {
            threads: self.threads,
            stale: &|| false,
        };
        let layout = refocus_model::PhotoModel::layout(&self.model);
        let start = Instant::now();
        self.looking
            .compare(&snapshot, layout, work, |_, _| {})
            .map_err(|error| error.to_string())?;
        let groups = self
            .looking
            .groups(&snapshot, layout, &KeptAlike::default())
            .map_err(|error| error.to_string())?;
        let count = |kind| groups.iter().filter(|group| group.kind == kind).count();
        Ok(AlikeFound {
            seconds: start.elapsed().as_secs_f64(),
            same: count(CleanUpKind::Same),
            bursts: count(CleanUpKind::Burst),
        })
    }
}

/// Made-up photos, one after the other.
struct MadeUpPhotos {
    random: ChaCha8Rng,
    subjects: Vec<Vec<f32>>,
    number: usize,
    /// What the photo before is made of.
    before: (Vec<f32>, Vec<f32>),
    /// Shots of the burst that are to come.
    left: usize,
    copies_left: usize,
    ms: i64,
}

impl MadeUpPhotos {
    fn new() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let subjects = (0..SUBJECTS).map(|_| normal(&mut random, PLAIN_DIM)).collect();
        Self {
            random,
            subjects,
            number: 0,
            before: (normal_zero(PLAIN_DIM), normal_zero(TOKEN_DIM)),
            left: 0,
            copies_left: 0,
            ms: 1_300_000_000_000,
        }
    }

    fn next(&mut self, model: &BuiltIn) -> (FileRow, Vec<u8>) {
        const TOKENS: usize = refocus_model::colour_statistics::REGIONS;
        let mut share = |of: usize| self.random.random_range(0..of);
        let (follows, copies) = (self.left > 0, self.copies_left > 0);
        let subject = share(SUBJECTS);
        let starts_burst = !follows && !copies && share(100 * OF_A_BURST) < IN_BURSTS;
        let starts_copy = !follows && !copies && !starts_burst && share(COPIED) == 0;
        // A second shot differs a little, a copy hardly.
        let apart = match (follows, copies) {
            (true, _) => 0.45,
            (_, true) => 0.2,
            _ => 0.0,
        };
        let (mut plain, mut token) = if apart > 0.0 {
            self.before.clone()
        } else {
            let mut plain = normal(&mut self.random, PLAIN_DIM);
            let of_subject = self.subjects.get(subject).into_iter().flatten();
            plain.iter_mut().zip(of_subject).for_each(|(value, of)| *value += of);
            (plain, normal(&mut self.random, TOKEN_DIM))
        };
        let own = (normal(&mut self.random, PLAIN_DIM), normal(&mut self.random, TOKEN_DIM));
        plain
            .iter_mut()
            .zip(&own.0)
            .for_each(|(value, own)| *value += apart * own);
        token
            .iter_mut()
            .zip(&own.1)
            .for_each(|(value, own)| *value += apart * own);
        self.left = match (starts_burst, follows) {
            (true, _) => OF_A_BURST - 1,
            (false, true) => self.left - 1,
            (false, false) => 0,
        };
        self.copies_left = usize::from(starts_copy);
        self.ms += if follows { 400 } else { 600_000 };
        self.before = (plain.clone(), token.clone());
        let histogram = [1.0 / COLOURS as f32; COLOURS];
        let encoding = refocus_model::BuiltIn::encoding_layout(model).pack(&EncodingParts {
            tokens: &token.repeat(TOKENS),
            conse: &normal_zero(SEMANTIC_DIM),
            plain: &plain,
            foreground: &histogram,
            background: &histogram,
            boxes: Default::default(),
            objects: Default::default(),
            things: &Things::default(),
        });
        let file = self.file(!copies);
        (file, encoding.into_bytes())
    }

    /// A file of which nothing is on the disk.
    fn file(&mut self, dated: bool) -> FileRow {
        self.number += 1;
        let mut hash = [0; 32];
        hash.iter_mut()
            .zip(self.number.to_le_bytes())
            .for_each(|(place, byte)| *place = byte);
        let taken = StatedDate {
            seconds: self.ms.div_euclid(1000),
            milliseconds: Some(self.ms.rem_euclid(1000) as u16),
            source: DateSource::Exif.as_str().to_owned(),
            ..StatedDate::default()
        };
        FileRow {
            id: self.number as i64,
            folder_id: 1,
            path: format!("/photos/{}.jpg", self.number).into(),
            bytes: 4_000_000,
            modified_ns: 0,
            same_as: None,
            added_at: 0,
            photo: ContentRow {
                hash,
                width: 4000,
                height: 3000,
                format: "JPEG".into(),
                stated: Stated {
                    taken: dated.then_some(taken),
                    ..Stated::default()
                },
                ..ContentRow::default()
            },
        }
    }
}

/// Numbers that are normal enough: sums of a few uniform ones.
fn normal(random: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| (0..4).map(|_| random.random::<f32>() - 0.5).sum())
        .collect()
}

fn normal_zero(count: usize) -> Vec<f32> {
    vec![0.0; count]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_is_compared_with_what_is_there_and_gives_what_a_look_at_all_gives() {
        let found = |all: usize, steps: &[usize]| {
            let mut probe = AlikeProbe::new(all, 2).unwrap();
            probe.look().unwrap();
            for new in steps {
                probe.add(*new);
                probe.look().unwrap();
            }
            let found = probe.look().unwrap();
            (found.same, found.bursts)
        };
        let at_once = found(1500, &[]);
        assert_eq!(found(700, &[1, 299, 500]), at_once);
        assert!(at_once.0 > 40 && at_once.1 > 20, "{at_once:?}");
    }
}
