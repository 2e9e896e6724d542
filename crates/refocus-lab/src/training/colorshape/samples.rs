//! Pictures, instructions and answers: what the tower is shown.

use candle_core::{Device, Tensor};
use image::RgbImage;

use refocus_model::ModelError;
use refocus_model::assets;
use refocus_model::projections::Projections;
use refocus_model::text_space::embed_centred;
use refocus_model::text_tower::{TEXT_DIM, TextTower};
use refocus_scenes::{SHAPE_COLOURS, Shape, Split, single_shape};

use super::tower::SIDE;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// In which colour the shape is.
    Colour,
    /// Which shape it is.
    Shape,
}

impl Aspect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Colour, Self::Shape];

    /// Wordings of the instruction; the last one is only judged with.
    #[must_use]
    pub fn instructions(self) -> [&'static str; 4] {
        match self {
            Self::Colour => [
                "the colour",
                "what colour is it?",
                "the hue of the object",
                "which colour the thing has",
            ],
            Self::Shape => [
                "the shape",
                "what shape is it?",
                "the outline of the object",
                "which form the thing has",
            ],
        }
    }

    /// Wordings that training uses.
    pub const TRAINED: usize = 3;
}

/// A picture, as numbers of its shape and colour among all.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The picture.
    pub picture: RgbImage,
    /// Place in [`Shape::ALL`].
    pub shape: usize,
    /// Place in [`SHAPE_COLOURS`].
    pub colour: usize,
}

impl Sample {
    /// A picture of a seed.
    #[must_use]
    pub fn of(seed: u64, split: Split) -> Self {
        let (picture, shape, colour) = single_shape(seed, split, SIDE);
        Self {
            picture,
            shape: Shape::ALL.iter().position(|known| *known == shape).unwrap_or(0),
            colour: SHAPE_COLOURS.iter().position(|known| *known == colour).unwrap_or(0),
        }
    }

    /// The answer's place among all answers: colours first, then shapes.
    #[must_use]
    pub fn answer(&self, aspect: Aspect) -> u32 {
        match aspect {
            Aspect::Colour => self.colour as u32,
            Aspect::Shape => (SHAPE_COLOURS.len() + self.shape) as u32,
        }
    }
}

/// The text vectors of instructions and answers.
pub struct Samples {
    /// `[aspects × wordings, text_dim]`.
    instructions: Vec<Vec<f32>>,
    /// `[answers, text_dim]`.
    answers: Tensor,
}

impl Samples {
    /// Embeds all texts with the built-in text tower.
    ///
    /// # Errors
    /// As [`TextTower::built_in`].
    pub fn new() -> Result<Self, ModelError> {
        let tower = TextTower::built_in()?;
        let mean = Projections::read("projections.safetensors", assets::projections())?.text_mean;
        let wordings: Vec<&str> = Aspect::ALL.iter().flat_map(|aspect| aspect.instructions()).collect();
        let instructions = embed_centred(&tower, &mean, &wordings)?;
        let colours = SHAPE_COLOURS.iter().map(|colour| colour.word());
        let answers: Vec<&str> = colours.chain(Shape::ALL.iter().map(|shape| shape.word())).collect();
        let vectors = embed_centred(&tower, &mean, &answers)?;
        Ok(Self {
            instructions: instructions.chunks_exact(TEXT_DIM).map(<[f32]>::to_vec).collect(),
            answers: Tensor::from_vec(vectors, (answers.len(), TEXT_DIM), &Device::Cpu)?,
        })
    }

    /// The vector of an instruction in one of its wordings.
    #[must_use]
    pub fn instruction(&self, aspect: Aspect, wording: usize) -> &[f32] {
        let wordings = aspect.instructions().len();
        let place = aspect as usize * wordings + wording % wordings;
        self.instructions.get(place).map_or(&[], Vec::as_slice)
    }

    /// `[answers, text_dim]`: colours first, then shapes.
    #[must_use]
    pub fn answers(&self) -> &Tensor {
        &self.answers
    }
}
