//! Pictures to encodings, the way the engine does it: the library's decode gate, then the model's own `prepare` and
//! `encode`, on worker threads that each encode a small batch.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use image::RgbImage;

use super::EvaluationError;
use super::cache::{CacheKey, EncodingCache};
use refocus_media::decode::read_and_decode;
use refocus_media::{DecodeLimits, Scale};
use refocus_model::{FactorMap, PhotoModel, Prepared};
use refocus_workers::in_pool;

/// Threads that decode and encode; more gain nothing on small machines, and an evaluation is nobody's hurry.
const THREADS: usize = 2;
/// Pictures of one forward pass.
const BATCH: usize = 4;

/// A picture and what is known of it.
pub struct Loaded {
    /// The pixels.
    pub picture: RgbImage,
    /// What is known of it, as the source writes it; kept beside the encoding.
    pub truth: Vec<u8>,
}

/// Where a picture comes from.
pub trait PictureSource: Sync {
    /// Whether the factors of the picture's patches are wanted as well, for heat maps.
    const WITH_PATCHES: bool = false;

    /// What the picture is, for the cache: other pixels have another name. `None` if that cannot be told.
    fn identity(&self) -> Option<Vec<u8>>;

    /// The picture; `input_side` is the side in pixels of the square that the model reads.
    ///
    /// # Errors
    /// A line that says why there is no picture.
    fn load(&self, input_side: u32) -> Result<Loaded, String>;
}

/// A photo on disk.
#[derive(Debug, Clone)]
pub struct PhotoFile(pub PathBuf);

impl PictureSource for PhotoFile {
    fn identity(&self) -> Option<Vec<u8>> {
        let path = std::path::absolute(&self.0).ok()?;
        let metadata = std::fs::metadata(&path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let facts = format!("file {} {} ", metadata.len(), modified.as_nanos());
        Some([facts.as_bytes(), path.as_os_str().as_encoded_bytes()].concat())
    }

    fn load(&self, input_side: u32) -> Result<Loaded, String> {
        let scale = Scale::ShortSideAtLeast(2 * input_side);
        let picture = read_and_decode(&self.0, scale, &DecodeLimits::default()).map_err(|failure| failure.message)?;
        let picture = RgbImage::from_raw(picture.width, picture.height, picture.rgb)
            .ok_or_else(|| "its size is wrong".to_owned())?;
        Ok(Loaded {
            picture,
            truth: Vec::new(),
        })
    }
}

/// An encoded picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The model's encoding.
    pub encoding: Vec<u8>,
    /// What the source knows of the picture.
    pub truth: Vec<u8>,
    /// Factors of its patches, where the source wants them.
    pub patches: Option<FactorMap>,
}

impl Encoded {
    fn into_parts(self) -> Vec<Vec<u8>> {
        let patches = self.patches.map(|map| {
            let mut bytes = (map.side as u32).to_le_bytes().to_vec();
            bytes.extend(map.factors.iter().flat_map(|factor| factor.to_le_bytes()));
            bytes
        });
        [Some(self.encoding), Some(self.truth), patches]
            .into_iter()
            .flatten()
            .collect()
    }

    fn from_parts(parts: &[Vec<u8>]) -> Option<Self> {
        let (encoding, truth) = (parts.first()?, parts.get(1)?);
        let patches = match parts.get(2) {
            Some(bytes) => {
                let (side, factors) = bytes.split_first_chunk::<4>()?;
                Some(FactorMap {
                    side: u32::from_le_bytes(*side) as usize,
                    factors: factors
                        .as_chunks::<4>()
                        .0
                        .iter()
                        .map(|f| f32::from_le_bytes(*f))
                        .collect(),
                })
            }
            None => None,
        };
        Some(Self {
            encoding: encoding.clone(),
            truth: truth.clone(),
            patches,
        })
    }
}

/// Encodes pictures, in their order; those that are in the cache are not loaded. A picture that cannot be encoded is
/// the line that says why. `progress` is told how many of how many are done.
///
/// # Errors
/// [`EvaluationError::File`] if the cache cannot be written.
pub fn encode_all<S: PictureSource>(
    model: &dyn PhotoModel,
    sources: &[S],
    cache: &mut EncodingCache,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Result<Encoded, String>>, EvaluationError> {
    let keys: Vec<Option<CacheKey>> = sources.iter().map(|source| key_of(model, source)).collect();
    let mut encoded: Vec<Option<Result<Encoded, String>>> = keys
        .iter()
        .map(|key| kept(model, cache.get(key.as_ref()?)?, S::WITH_PATCHES).map(Ok))
        .collect();
    let wanted: Vec<usize> = (0..sources.len())
        .filter(|&place| encoded.get(place).is_some_and(Option::is_none))
        .collect();
    let known = sources.len() - wanted.len();
    progress(known, sources.len());

    let batches: Vec<&[usize]> = wanted.chunks(BATCH).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(known));
    let results = Mutex::new(Vec::with_capacity(wanted.len()));
    let work = || {
        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            let pictures: Vec<&S> = batch.iter().filter_map(|&place| sources.get(place)).collect();
            let new = encode_batch(model, &pictures);
            let so_far = done.fetch_add(new.len(), Ordering::Relaxed) + new.len();
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(batch.iter().copied().zip(new));
            progress(so_far, sources.len());
        }
    };
    let encoding = in_pool(|pool| {
        for _ in 1..THREADS {
            // Without a second thread the first does all of it.
            let _ = pool.start("refocus-encode", work);
        }
        work();
    });
    encoding.unwrap_or_else(|panic| panic.resume());
    for (place, result) in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let (Ok(new), Some(Some(key))) = (&result, keys.get(place)) {
            cache.put(*key, new.clone().into_parts());
        }
        if let Some(slot) = encoded.get_mut(place) {
            *slot = Some(result);
        }
    }
    cache.save()?;
    Ok(encoded
        .into_iter()
        .map(|one| one.unwrap_or_else(|| Err("it was not reached".to_owned())))
        .collect())
}

fn key_of<S: PictureSource>(model: &dyn PhotoModel, source: &S) -> Option<CacheKey> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(model.info().id.0.as_bytes());
    hasher.update(&[0, u8::from(S::WITH_PATCHES)]);
    hasher.update(&source.identity()?);
    Some(*hasher.finalize().as_bytes())
}

/// What was kept of a picture, if it is whole.
fn kept(model: &dyn PhotoModel, parts: &[Vec<u8>], with_patches: bool) -> Option<Encoded> {
    Encoded::from_parts(parts).filter(|encoded| {
        let layout = model.layout();
        let patches = encoded.patches.as_ref().map(|map| map.factors.len());
        let expected = encoded
            .patches
            .as_ref()
            .map(|map| map.side * map.side * layout.factor_dim());
        layout.check(&encoded.encoding).is_ok() && patches.is_some() == with_patches && patches == expected
    })
}

/// Encodes a batch; where the batch as a whole fails, each picture by itself.
fn encode_batch<S: PictureSource>(model: &dyn PhotoModel, sources: &[&S]) -> Vec<Result<Encoded, String>> {
    let loaded: Vec<Result<(Prepared, Vec<u8>), String>> = sources
        .iter()
        .map(|source| {
            let Loaded { picture, truth } = source.load(model.input_side())?;
            let prepared = model.prepare_pixels(picture.width(), picture.height(), picture.as_raw());
            Ok((prepared.map_err(|e| e.to_string())?, truth))
        })
        .collect();
    let ready: Vec<Prepared> = loaded.iter().flatten().map(|(prepared, _)| prepared.clone()).collect();
    let together = model
        .encode(&ready)
        .ok()
        .filter(|encodings| encodings.len() == ready.len());
    let mut encodings = together.map(Vec::into_iter);
    loaded
        .into_iter()
        .map(|loaded| {
            let (prepared, truth) = loaded?;
            let encoding = match encodings.as_mut().and_then(Iterator::next) {
                Some(encoding) => encoding,
                None => model.encode_one(&prepared).map_err(|e| e.to_string())?,
            };
            let patches = if S::WITH_PATCHES {
                Some(model.patch_text_factors(&prepared).map_err(|e| e.to_string())?)
            } else {
                None
            };
            Ok(Encoded {
                encoding,
                truth,
                patches,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_model::{EncodingLayout, ModelError, ModelId, ModelInfo};
    use refocus_search::synthetic;

    /// A model whose encodings begin with the picture's first byte.
    struct Tiny(ModelInfo);

    impl Tiny {
        fn new() -> Self {
            Self(ModelInfo {
                id: ModelId("tiny@1".to_owned()),
                name: String::new(),
                licence: String::new(),
                description: String::new(),
                bytes_per_photo: synthetic::BYTES,
                text_dim: synthetic::TEXT_DIM,
                has_focus_encoder: false,
            })
        }
    }

    impl PhotoModel for Tiny {
        fn info(&self) -> &ModelInfo {
            &self.0
        }

        fn input_side(&self) -> u32 {
            2
        }

        fn prepare(&self, picture: refocus_model::PictureView<'_>) -> Result<Prepared, ModelError> {
            Ok(Prepared {
                pixels: picture.rgb().to_vec(),
                side: 2,
                statistics: None,
            })
        }

        /// Refuses a whole batch that holds a picture of 200s.
        fn encode(&self, batch: &[Prepared]) -> Result<Vec<Vec<u8>>, ModelError> {
            if batch.iter().any(|picture| picture.pixels[0] == 200) {
                return Err(ModelError::Prepared("200".to_owned()));
            }
            let encoding = |picture: &Prepared| vec![picture.pixels[0]; synthetic::BYTES];
            Ok(batch.iter().map(encoding).collect())
        }

        fn embed_text(&self, _: &[&str]) -> Result<Vec<f32>, ModelError> {
            Ok(Vec::new())
        }

        fn layout(&self) -> &dyn EncodingLayout {
            &synthetic::Model
        }

        fn patch_text_factors(&self, picture: &Prepared) -> Result<FactorMap, ModelError> {
            Ok(FactorMap {
                side: 1,
                factors: vec![f32::from(picture.pixels[0]); synthetic::FACTOR_DIM],
            })
        }
    }

    struct Grey<'a, const PATCHES: bool>(u8, &'a AtomicUsize);

    impl<const PATCHES: bool> PictureSource for Grey<'_, PATCHES> {
        const WITH_PATCHES: bool = PATCHES;

        fn identity(&self) -> Option<Vec<u8>> {
            Some(vec![self.0])
        }

        fn load(&self, side: u32) -> Result<Loaded, String> {
            self.1.fetch_add(1, Ordering::Relaxed);
            if self.0 == 100 {
                return Err("it is no picture".to_owned());
            }
            Ok(Loaded {
                picture: RgbImage::from_pixel(side, side, image::Rgb([self.0; 3])),
                truth: vec![self.0, 7],
            })
        }
    }

    fn encode<const PATCHES: bool>(values: &[u8], cache: &mut EncodingCache) -> (Vec<Result<Encoded, String>>, usize) {
        let loads = AtomicUsize::new(0);
        let sources: Vec<Grey<'_, PATCHES>> = values.iter().map(|&value| Grey(value, &loads)).collect();
        let encoded = encode_all(&Tiny::new(), &sources, cache, &|_, _| {}).unwrap();
        (encoded, loads.into_inner())
    }

    #[test]
    fn encodings_come_in_order_and_one_bad_picture_fails_alone() {
        let values = [1, 2, 100, 3, 200, 4, 5, 6, 7, 8, 9];
        let (encoded, _) = encode::<false>(&values, &mut EncodingCache::default());
        for (value, encoded) in values.iter().zip(&encoded) {
            match value {
                100 => assert_eq!(encoded.as_ref().unwrap_err(), "it is no picture"),
                200 => assert!(encoded.is_err()),
                value => {
                    let encoded = encoded.as_ref().unwrap();
                    assert_eq!(
                        (encoded.encoding[0], encoded.truth.as_slice()),
                        (*value, &[*value, 7][..])
                    );
                }
            }
        }
    }

    #[test]
    fn a_second_evaluation_loads_nothing_that_the_cache_holds() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache");
        let open = || EncodingCache::open(Some(&file)).unwrap();
        let (first, loads) = encode::<true>(&[1, 2, 3], &mut open());
        assert_eq!(loads, 3);
        assert_eq!(first[1].as_ref().unwrap().patches.as_ref().unwrap().factors[0], 2.0);
        let (second, loads) = encode::<true>(&[3, 2, 1, 4], &mut open());
        assert_eq!(loads, 1);
        assert_eq!(second[2], first[0]);
        let (_, loads) = encode::<false>(&[1], &mut open());
        assert_eq!(loads, 1, "what was kept with patches is another thing");
    }

    #[test]
    fn a_photo_file_is_another_one_once_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = PhotoFile(folder.path().join("a.png"));
        assert!(file.identity().is_none() && file.load(2).is_err());
        RgbImage::new(3, 2).save(&file.0).unwrap();
        let first = file.identity().unwrap();
        assert_eq!(
            file.load(2).unwrap_or_else(|e| panic!("{e}")).picture.dimensions(),
            (3, 2)
        );
        RgbImage::new(30, 20).save(&file.0).unwrap();
        assert_ne!(file.identity().unwrap(), first);
    }
}
