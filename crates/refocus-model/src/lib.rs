//! The candle networks and what feeds them.
//!
//! A decoded picture enters and leaves as an *encoding* (photo tokens and global vectors, once a photo); a text enters
//! and leaves as a unit vector. Nothing here knows of SQLite or egui, or reads files other than checkpoints.
//!
//! ```text
//! PictureView ─ preprocess ─▶ Prepared ─ image_tower ─▶ maps ─ pooling ─▶ PhotoFeatures ─ projections ─▶ Encoding
//!                    └─ colour_statistics (masks, colours, edges) ─┘
//! text ─ text_tower ─▶ sentence vector ─ text_space ─▶ centred unit vector
//! ```
//!
//! | file | idea |
//! |---|---|
//! | `photo_model` | the interface that every model offers to the rest of the program |
//! | `built_in` | the model that ships inside the binary |
//! | `choice` | weights in place of those inside the program |
//! | `assets` | the bytes of that model and the checks of their headers |
//! | `preprocess` | picture → the square that the image tower reads |
//! | `image_tower`, `ops/` | EfficientNet-Lite2 and its kernels |
//! | `detector/` | NanoDet-g: which things are where in a picture |
//! | `faces/` | BlazeFace and dlib's networks: where faces are, and which are one person's |
//! | `named_colours` | Lab colours and their 32 names |
//! | `colour_statistics` | colours, edges and the foreground mask, from pixels alone |
//! | `objects` | the separate objects in a picture, their places and how many there are |
//! | `things` | the detector's boxes as regions and numbers: people, kinds, counts |
//! | `pooling` | feature maps → one vector for each of 25 regions |
//! | `projections` | bases, means and class vectors that turn features into tokens |
//! | `encoding` | what is stored for a photo, byte by byte |
//! | `focus_encoder/` | the trained head: an instruction acts on stored tokens |
//! | `clip/` | checkpoints that people bring: CLIP, OpenCLIP, SigLIP |
//! | `text/` | PP-OCRv6: where text is in a picture, and what it says |
//! | `text_tower`, `text_space` | MiniLM sentence vectors, and the centring that makes them comparable |
//! | `languages/` | multilingual-e5-small: what a focus or find in another language says in English |
//! | `vector_math` | the few loops on slices that the files above share |
//! | `loading` | the chosen model on the best device |
//! | `device` | which device computes, whether it may be trusted, and why |

pub mod assets;
pub mod built_in;
pub mod choice;
pub mod clip;
pub mod colour_statistics;
pub mod detector;
pub mod device;
pub mod encoding;
pub mod faces;
pub mod focus_encoder;
pub mod image_tower;
pub mod languages;
pub mod loading;
pub mod named_colours;
pub mod objects;
pub mod ops;
pub mod photo_model;
pub mod pooling;
pub mod preprocess;
pub mod projections;
pub mod text;
pub mod text_space;
pub mod text_tower;
pub mod things;
pub mod vector_math;

mod error;

pub use built_in::BuiltIn;
pub use choice::ModelChoice;
pub use encoding::{BuiltInLayout, Encoding, EncodingError, EncodingLayout, LikenessBounds, Part};
pub use error::ModelError;
pub use photo_model::{ConditionedTower, FactorMap, ModelId, ModelInfo, PhotoModel, Prepared};
pub use preprocess::PictureView;
pub use text_tower::TextTower;
