//! One aspect in which photos can be alike: how people ask for it, and how answers are phrased.

use refocus_model::focus_encoder::ROUTES;

/// Where a wrapper takes a phrase and a phrasing takes a value.
pub(super) const SLOT: &str = "{}";

/// An aspect of photos, such as the colour, the season or what it is made of.
///
/// Wordings may hold `{object}` or `{position}` (aspects `object_colour`, `companion`, `named` and `object_at`): the name of an
/// object in the picture, or a side of it.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aspect {
    /// Phrases that training uses, each inside every wrapper.
    pub train: Vec<String>,
    /// Wordings that training never sees: the measure of how well new words are understood.
    pub test: Vec<String>,
    /// Questions that training uses as they are.
    pub questions_train: Vec<String>,
    /// Participles that say in what manner the things have their answer ("painted" of the colour), for turns of speech
    /// such as "how are the objects painted?".
    #[serde(default)]
    pub manners: Vec<String>,
    /// The same of the picture as a whole ("drawn" of the style).
    #[serde(default)]
    pub picture_manners: Vec<String>,
    /// Questions that name what it could be instead of the aspect ("is it a creature or a gadget?").
    #[serde(default)]
    pub alternatives: Option<Alternatives>,
    /// Phrasings of an answer; each holds `{}` once. The first is the bare value.
    pub answers: Vec<String>,
    /// Whether answers name the thing itself. Two such aspects are no contrast to each other: what is a right answer to
    /// one is often right for the other.
    pub objectlike: bool,
    /// The part of a photo that it speaks of.
    pub part: AspectPart,
    /// What the router is trained towards.
    pub router: RouterTarget,
}

/// What an answer could be, in the words that people use, which need not be the answers' own.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternatives {
    /// Questions that take "a or b" in `{}`.
    pub frames: Vec<String>,
    /// Words that mean nearly the same, one list for each thing that it could be. A question takes its words from different
    /// lists.
    pub sides: Vec<Vec<String>>,
}

/// The part of a photo that an aspect speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AspectPart {
    /// The thing that the photo shows.
    Foreground,
    /// What surrounds it.
    Background,
    /// The picture as a whole.
    Whole,
}

/// How much each ready-made description of a photo counts under an aspect: 0 not at all; the attended tokens alone
/// count 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct RouterTarget {
    /// Class probabilities as text.
    pub semantic: f32,
    /// The foreground's named colours as text.
    pub colour: f32,
    /// The global feature of the photo.
    pub plain: f32,
    /// The colour histogram of the foreground.
    pub foreground: f32,
    /// The colour histogram of the background.
    pub background: f32,
    /// Share of the words that can answer in the squared length of a conditional embedding.
    #[serde(default)]
    pub answers: f32,
}

impl RouterTarget {
    /// The targets in the router's order: semantic, colour, plain, foreground, background, answers.
    pub const fn weights(self) -> [f32; ROUTES] {
        [
            self.semantic,
            self.colour,
            self.plain,
            self.foreground,
            self.background,
            self.answers,
        ]
    }
}

impl Aspect {
    /// Every training wording: each phrase in each wrapper, and the questions. `{object}` and `{position}` stay open.
    pub fn training_instructions(&self, wrappers: &[String]) -> Vec<String> {
        let wrapped = self
            .train
            .iter()
            .flat_map(|phrase| wrappers.iter().map(move |wrapper| wrapper.replacen(SLOT, phrase, 1)));
        wrapped.chain(self.questions_train.iter().cloned()).collect()
    }

    /// The wordings that training never sees, as they are.
    pub fn test_instructions(&self) -> &[String] {
        &self.test
    }

    /// The value in each phrasing.
    pub fn answers_for(&self, value: &str) -> Vec<String> {
        self.answers
            .iter()
            .map(|phrasing| phrasing.replacen(SLOT, value, 1))
            .collect()
    }
}
