//! Shape scenes of the test split: four aspects of which the truth is known (after Clevr4, arXiv 2310.17614).

use refocus_scenes::{Composition, Materials, SceneTruth, Split, composite_scene_with, shape_scene};
use refocus_training::evaluation::encode::{Loaded, PictureSource};
use refocus_training::evaluation::labels::LabelColumn;

/// Side of a scene in pixels: what the built-in image tower reads.
pub const SIDE: u32 = 260;

/// The aspects and their instructions.
pub const ASPECTS: [(&str, &str); 4] = [
    ("colour", "the colour"),
    ("shape", "the shape"),
    ("texture", "the texture"),
    ("count", "how many objects are there"),
];

const NUMBERS: [&str; 10] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// What a rendered scene shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SceneKind {
    /// Objects that share shape, texture and colour.
    Shapes,
    /// Two different drawn objects of different colours.
    Pair,
}

/// A scene of the test split, rendered when it is loaded. `PATCHES`: whether heat maps will be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scene<const PATCHES: bool> {
    kind: SceneKind,
    seed: u64,
    /// Changes when the renderer paints otherwise.
    renderer: u64,
}

impl<const PATCHES: bool> Scene<PATCHES> {
    /// The scenes of an evaluation: `count` of them, of one kind, all different for different `seed`s.
    #[must_use]
    pub fn series(kind: SceneKind, seed: u64, count: usize) -> Vec<Self> {
        let renderer = fingerprint(kind);
        (0..count as u64)
            .map(|number| Self {
                kind,
                seed: seed.wrapping_mul(1 << 32).wrapping_add(number),
                renderer,
            })
            .collect()
    }
}

fn render(kind: SceneKind, seed: u64, side: u32) -> (image::RgbImage, SceneTruth) {
    match kind {
        SceneKind::Shapes => shape_scene(seed, Split::Test, side),
        SceneKind::Pair => {
            let pair = Some(Composition::Pair);
            composite_scene_with(seed, Split::Test, side, pair, &Materials::default())
        }
    }
}

/// A few small scenes stand for how the renderer paints: encodings of another renderer's scenes are not taken for this
/// one's.
fn fingerprint(kind: SceneKind) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for seed in 0..4 {
        let (picture, truth) = render(kind, u64::MAX - seed, 48);
        hasher.update(picture.as_raw());
        hasher.update(&serde_json::to_vec(&truth).unwrap_or_default());
    }
    let bytes = hasher.finalize();
    bytes
        .as_bytes()
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl<const PATCHES: bool> PictureSource for Scene<PATCHES> {
    const WITH_PATCHES: bool = PATCHES;

    fn identity(&self) -> Option<Vec<u8>> {
        let Self { kind, seed, renderer } = self;
        Some(format!("scene {kind:?} {seed} {SIDE} {renderer:x}").into_bytes())
    }

    fn load(&self, _: u32) -> Result<Loaded, String> {
        let (picture, truth) = render(self.kind, self.seed, SIDE);
        let truth = serde_json::to_vec(&truth).map_err(|error| error.to_string())?;
        Ok(Loaded { picture, truth })
    }
}

/// The labels of shape scenes, in the order of [`ASPECTS`].
#[must_use]
pub fn columns(truths: &[SceneTruth]) -> Vec<LabelColumn> {
    let column =
        |name: &str, word: fn(&SceneTruth) -> Option<&'static str>| LabelColumn::new(name, truths.iter().map(word));
    vec![
        column("colour", |truth| truth.colour.map(|colour| colour.word())),
        column("shape", |truth| truth.shape.map(|shape| shape.word())),
        column("texture", |truth| truth.texture.map(|texture| texture.word())),
        column("count", |truth| {
            NUMBERS.get((truth.count as usize).checked_sub(1)?).copied()
        }),
    ]
}

/// Which scenes show a pair of shape and colour, or of texture and colour, that training never sees.
#[must_use]
pub fn held_out(truths: &[SceneTruth]) -> Vec<bool> {
    truths.iter().map(SceneTruth::is_held_out).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_the_truth_of_the_scenes() {
        let truths: Vec<SceneTruth> = (0..60).map(|seed| shape_scene(seed, Split::Test, 32).1).collect();
        let columns = columns(&truths);
        assert_eq!(
            columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
            ASPECTS.map(|(name, _)| name)
        );
        for (photo, truth) in truths.iter().enumerate() {
            let word = |column: &LabelColumn| column.words[column.labels[photo].unwrap() as usize].clone();
            assert_eq!(word(&columns[0]), truth.colour.unwrap().word());
            assert_eq!(word(&columns[2]), truth.texture.unwrap().word());
            assert_eq!(word(&columns[3]), NUMBERS[truth.count as usize - 1]);
        }
        let held_out = held_out(&truths);
        assert!(held_out.contains(&true) && held_out.contains(&false));
    }

    #[test]
    fn scenes_of_other_seeds_and_kinds_have_other_identities() {
        let shapes = Scene::<false>::series(SceneKind::Shapes, 0, 2);
        let others = Scene::<false>::series(SceneKind::Shapes, 1, 1);
        let pairs = Scene::<false>::series(SceneKind::Pair, 0, 1);
        let mut identities: Vec<_> = shapes
            .iter()
            .chain(&others)
            .chain(&pairs)
            .map(|s| s.identity())
            .collect();
        identities.sort();
        identities.dedup();
        assert_eq!(identities.len(), 4);
        let truth: SceneTruth =
            serde_json::from_slice(&pairs[0].load(1).unwrap_or_else(|e| panic!("{e}")).truth).unwrap();
        assert_eq!(truth.objects.len(), 2);
    }
}
