//! From encodings, references, focus and find to an order.
//!
//! Pure functions over slices: no file, no database, no window. A library enters as its encodings, in chunks or
//! in one array ([`Gallery`]), read through the model's layout ([`EncodingRows`]); an instruction enters as text with its vectors and
//! becomes a [`Condition`]; out come orders ([`rank()`]), groups ([`group_photos`]), value words ([`ValueWordReader`])
//! and heat maps ([`heat_map()`]).
//!
//! ```text
//! instruction ─ Instruction ─▶ Condition ─▶ Subspace ─▶ ConditionedGallery ─▶ rank · group_photos · ValueWordReader
//!               aspects of     value words,  + mean of   [photos, dim], kept
//!               the word bank  subspace      the gallery while the focus stays
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `rows.rs` | the gallery: the encodings of a library in memory, and how a model reads them |
//! | `instruction.rs` | a typed instruction and the respects it names |
//! | `word_bank.rs`, `word_vectors.rs`, `lexicon.rs` | value words, their vectors, their spelling |
//! | `aspect_match.rs` | which aspects an instruction means |
//! | `condition.rs`, `principal_directions.rs` | value words and subspace of an instruction |
//! | `subspace_way.rs`, `encoder_way.rs` | the two ways to embed photos under a condition |
//! | `gallery.rs` | a library under a condition |
//! | `required.rs` | what a photo must show before a focus says anything of it |
//! | `understanding.rs` | **the one** understanding of an instruction |
//! | `conditioned.rs`, `condition_cache.rs` | a focus on a library, and what is kept between searches |
//! | `rank.rs`, `find.rs`, `counted.rs` | the order, words and numbers that photos are looked for by |
//! | `counting.rs` | a focus that asks for a number |
//! | `find_notice.rs` | words of which nothing in the library is true |
//! | `value_words.rs`, `groups.rs`, `heat.rs` | what the focus saw |
//! | `duplicates/` | photos that are nearly the same |
//! | `people/` | which faces are one person's, and photos by who is in them |
//! | `text_query.rs`, `written_text.rs`, `document_kind.rs` | what is asked of text in photos, how alike texts are, what kind of document it is |
//! | `work.rs`, `error.rs` | threads and cancellation, errors |

mod aspect_match;
mod condition;
mod condition_cache;
mod conditioned;
mod counted;
mod counting;
pub mod document_kind;
pub mod duplicates;
mod encoder_way;
mod error;
mod find;
mod find_notice;
mod gallery;
mod groups;
mod heat;
mod instruction;
mod lexicon;
pub mod people;
mod principal_directions;
mod rank;
mod required;
mod rows;
mod subspace_way;
/// Made-up galleries for tests and benchmarks.
#[cfg(any(test, feature = "synthetic"))]
pub mod synthetic;
mod text_query;
mod understanding;
mod value_words;
mod word_bank;
mod word_vectors;
mod work;
pub mod written_text;

pub use aspect_match::AspectMatch;
pub use condition::{Condition, EditedWords, Notice, ValueWord};
pub use condition_cache::ConditionCache;
pub use conditioned::Conditioned;
pub use counting::Counting;
pub use encoder_way::{EncoderConditions, EncoderWay};
pub use error::FocusError;
pub use find::{FindQuery, FindVector};
pub use find_notice::{FindNotice, Vocabulary};
pub use gallery::{ConditionalEmbedder, ConditionedGallery, embed_outside};
pub use groups::{Group, GroupKind, Groups, group_photos};
pub use heat::heat_map;
pub use instruction::Instruction;
pub use principal_directions::symmetric_eigen;
pub use rank::{Focus, NO_RANK, NO_SCORE, Query, Ranking, Reference, ReferencePhoto, SHOWS, Timings, rank};
pub use rows::{EncodingRows, Gallery, PHOTOS_A_CHUNK, Part, TextEmbedder};
pub use subspace_way::{GalleryStatistics, Subspace};
pub use text_query::TextQuery;
pub use understanding::{FocusKey, Knowledge, Understanding};
pub use value_words::ValueWordReader;
pub use word_bank::{Asks, Aspect, BankWords, ReadyFocus, Value, WordBank};
pub use word_vectors::WordVectors;
pub use work::Work;

/// How an order came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Not ranked: by date, name, size or folder.
    #[default]
    Sorted,
    /// Plain similarity: no focus, or strength 0.
    Plain,
    /// Match with the find text alone.
    Text,
    /// Training-free: the subspace of the value words.
    Subspace,
    /// A trained focus encoder.
    FocusEncoder,
    /// Who is in the photos.
    People,
    /// What is written in the photos.
    WrittenText,
}
