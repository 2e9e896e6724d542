//! Sentence vectors: all-MiniLM-L6-v2 (sentence-transformers; Wang et al., MiniLM, arXiv 2002.10957).
//!
//! Weights are stored, and kept in memory, as int8 with a scale for every 128 values of a row (cosine with the parent's
//! own vectors at least 0.999) and computed in f32. The sentence vector is the mean of the last layer over the real
//! tokens, scaled to unit length (reference: `1_Pooling/config.json` of the parent).

pub(crate) mod network;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokenizers::Tokenizer;

use self::network::Network;

use super::ModelError;
use super::assets::{self, WeightFile};
use super::vector_math::normalise;

/// Length of a sentence vector.
pub const TEXT_DIM: usize = 384;
/// Tokens that are read of a text, `[CLS]` and `[SEP]` included; the rest is cut off.
pub const MAX_TOKENS: usize = 64;
/// Transformer layers.
const LAYERS: usize = 6;
/// Texts that go through the network together.
const BATCH: usize = 64;
/// Sentence vectors that are remembered: more than a person types in a session.
const REMEMBERED: usize = 512;

/// The text tower; may be shared between threads.
pub struct TextTower {
    tokenizer: Tokenizer,
    network: Network<'static>,
    recent: Mutex<Recent>,
}

/// The most recently used sentence vectors.
#[derive(Default)]
struct Recent {
    vectors: HashMap<String, Arc<[f32]>>,
    order: VecDeque<String>,
}

impl Recent {
    fn get(&mut self, text: &str) -> Option<Arc<[f32]>> {
        let vector = self.vectors.get(text).cloned()?;
        if let Some(place) = self.order.iter().position(|known| known == text)
            && let Some(key) = self.order.remove(place)
        {
            self.order.push_back(key);
        }
        Some(vector)
    }

    fn insert(&mut self, text: &str, vector: Arc<[f32]>) {
        if self.vectors.insert(text.to_owned(), vector).is_none() {
            self.order.push_back(text.to_owned());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.vectors.remove(&oldest);
            }
        }
    }
}

impl TextTower {
    /// Loads the tower that ships inside the binary.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a file of it does not fit.
    pub fn built_in() -> Result<Self, ModelError> {
        let weights = WeightFile::open("text-tower.safetensors", assets::text_tower(), &assets::TEXT_TOWER_IS)?;
        let network = Network::read(&weights, MAX_TOKENS, LAYERS)?;
        let tokenizer = Tokenizer::from_bytes(assets::tokenizer()).map_err(|e| ModelError::Asset {
            asset: "tokenizer.json".to_owned(),
            detail: e.to_string(),
        })?;
        Ok(Self {
            tokenizer,
            network,
            recent: Mutex::default(),
        })
    }

    /// Unit-length sentence vectors, one for each text: `[texts, 384]`, row after row.
    ///
    /// A text without any word is read as ".". Vectors of recent texts come from memory.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`].
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let mut vectors: Vec<Option<Arc<[f32]>>> = {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            texts.iter().map(|text| recent.get(text)).collect()
        };
        let mut unknown = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            if vectors.get(place).is_some_and(Option::is_none) {
                unknown.push((place, self.tokens(text)?));
            }
        }
        for batch in unknown.chunks(BATCH) {
            let ids: Vec<&[u32]> = batch.iter().map(|(_, ids)| ids.as_slice()).collect();
            let mut rows = self.network.forward(&ids);
            rows.chunks_exact_mut(TEXT_DIM).for_each(normalise);
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            for ((place, _), row) in batch.iter().zip(rows.chunks_exact(TEXT_DIM)) {
                let vector: Arc<[f32]> = row.into();
                if let (Some(slot), Some(text)) = (vectors.get_mut(*place), texts.get(*place)) {
                    recent.insert(text, Arc::clone(&vector));
                    *slot = Some(vector);
                }
            }
        }
        Ok(vectors
            .iter()
            .flatten()
            .flat_map(|vector| vector.iter().copied())
            .collect())
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let text = if text.trim().is_empty() { "." } else { text };
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|e| ModelError::Tokenizer(e.to_string()))?;
        let mut ids = encoding.get_ids().to_vec();
        ids.truncate(MAX_TOKENS);
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector_math::dot;
    use candle_core::{DType, Device, Tensor};
    use candle_nn::VarBuilder;
    use candle_transformers::models::bert::{BertModel, Config};
    use std::sync::OnceLock;

    fn tower() -> &'static TextTower {
        static TOWER: OnceLock<TextTower> = OnceLock::new();
        TOWER.get_or_init(|| TextTower::built_in().unwrap())
    }

    #[test]
    fn sentence_vectors_equal_the_parents_f32_weights() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/text_tower");
        let sentences = std::fs::read_to_string(folder.join("sentences.txt")).unwrap();
        let expected = candle_core::safetensors::load(folder.join("vectors.safetensors"), &Device::Cpu).unwrap();
        let expected = expected["vectors"].to_vec2::<f32>().unwrap();
        let sentences: Vec<&str> = sentences.lines().collect();
        let vectors = tower().embed(&sentences).unwrap();
        assert_eq!(vectors.len(), expected.len() * TEXT_DIM);
        for ((sentence, ours), theirs) in sentences.iter().zip(vectors.chunks_exact(TEXT_DIM)).zip(&expected) {
            let cosine = dot(ours, theirs);
            assert!(cosine >= 0.999, "{cosine} for {sentence}");
        }
    }

    /// The shipped weights, in f32, in candle's own BERT.
    fn reference() -> BertModel {
        let weights = WeightFile::open("text-tower.safetensors", assets::text_tower(), &assets::TEXT_TOWER_IS).unwrap();
        let names = weights.names().into_iter().filter(|name| !name.ends_with(".scale"));
        let tensors = names
            .map(|name| (name.to_owned(), weights.tensor(name, &Device::Cpu).unwrap()))
            .collect();
        let config = Config {
            vocab_size: weights.shape("embeddings.word_embeddings.weight").unwrap()[0],
            hidden_size: TEXT_DIM,
            num_hidden_layers: 6,
            num_attention_heads: 12,
            intermediate_size: 1536,
            max_position_embeddings: MAX_TOKENS,
            ..Config::default()
        };
        BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu), &config).unwrap()
    }

    #[test]
    fn the_kernels_compute_what_candles_own_network_computes_with_the_same_weights() {
        let reference = reference();
        let long = "a street with many signs ".repeat(20);
        for text in ["rain", "the colour of the car", "is it a creature or a gadget?", &long] {
            let ids = Tensor::new(tower().tokens(text).unwrap(), &Device::Cpu).unwrap();
            let ids = ids.unsqueeze(0).unwrap();
            let last = reference.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
            let mut expected: Vec<f32> = last.mean(1).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            normalise(&mut expected);
            let ours = tower().embed(&[text]).unwrap();
            let differences = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs());
            let furthest = differences.fold(0.0, f32::max);
            assert!(furthest < 1e-4, "{furthest} for {text}");
        }
    }

    #[test]
    fn a_text_has_the_same_vector_alone_and_in_a_batch() {
        let texts = [
            "a violet umbrella",
            "rain",
            "a violet scarf",
            "something rather longer than the others",
        ];
        let together = tower().embed(&texts).unwrap();
        let alone = TextTower::built_in().unwrap().embed(&["a violet umbrella"]).unwrap();
        assert!(dot(together.get(..TEXT_DIM).unwrap(), &alone) > 0.999_99);
    }

    #[test]
    fn a_text_without_words_and_a_very_long_text_have_vectors() {
        let long = "word ".repeat(5000);
        for text in ["", "  \n", long.as_str(), "\u{0}\u{202e}🦀"] {
            let vector = tower().embed(&[text]).unwrap();
            assert!((dot(&vector, &vector) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn the_least_recently_used_vector_is_forgotten_first() {
        let mut recent = Recent::default();
        for i in 0..REMEMBERED {
            recent.insert(&i.to_string(), Arc::new([]));
        }
        assert!(recent.get("0").is_some());
        recent.insert("one more", Arc::new([]));
        assert!(recent.get("0").is_some() && recent.get("1").is_none());
        assert_eq!(recent.vectors.len(), REMEMBERED);
    }
}
