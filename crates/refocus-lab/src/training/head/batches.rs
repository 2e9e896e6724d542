//! What one step of training sees.
//!
//! A batch has four *slots*. A slot is a few dozen photos of one kind, each under three aspects: the same photo under
//! several instructions (FocalLens' hard negatives), and the same instruction over other photos (or the head would copy
//! the text). Slots are drawn from the seed, the step and their number alone, so that threads change nothing.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::examples::{Example, Examples};
use super::instructions::Instructions;
use super::known::Known;
use refocus_model::focus_encoder::condition::TOWARDS_KNOWN;
use refocus_model::text_tower::TEXT_DIM;
use refocus_model::vector_math::normalise;
use refocus_training::parameters::normal;
use refocus_training::slot::{AspectId, Row, Slot, Target};

/// Slots of a batch.
pub const SLOTS: usize = 4;
/// Aspects that the photos of a slot are asked about.
const ASPECTS: usize = 3;

/// Photos of one kind and how often the kind is drawn.
struct Pool {
    weight: f64,
    /// For each aspect the photos that answer it.
    of_aspect: Vec<(AspectId, Vec<usize>)>,
    /// Aspects that only others answer, and that many photos have nothing of.
    absent: Vec<AspectId>,
}

/// Draws slots.
pub struct Batches<'a> {
    examples: &'a Examples,
    instructions: &'a Instructions,
    /// Middle of the wordings of each aspect that names nothing in the photo.
    centroids: BTreeMap<u8, Vec<f32>>,
    pools: Vec<Pool>,
    photos_per_slot: usize,
    seed: u64,
}

/// Photos that must answer an aspect, or have nothing of it, for it to be asked of a kind of photos.
const ENOUGH: usize = 24;
/// How often one of a slot's aspects is one that its photos have nothing of.
const ABSENT: f32 = 0.25;
/// Share of instructions that are moved towards the middle of their aspect.
const MOVED: f32 = 0.7;

/// How often an aspect is asked about in broader words: photos are alike then when their broader answers are.
const BROADER: f32 = 0.6;

/// How often all right answers are asked for where there are several, and not the first alone.
const ALL_ANSWERS: f32 = 0.3;

/// How often an aspect is drawn beside others, by its name.
fn aspect_weight(name: &str) -> f64 {
    match name {
        "object_colour" => 4.5,
        "texture" => 4.0,
        "caption" => 4.0,
        "scene_place" => 3.0,
        "who" | "doing" => 2.5,
        "object" | "colour" | "people" | "expression" | "light" => 2.0,
        "neutral" | "imagenet" | "style" | "count" | "shape" | "garment" | "companion" | "object_at" | "named"
        | "indoors" | "framing" | "event" | "weather" | "clothes_colour" | "daytime" | "black_white" => 1.5,
        "food" | "bg" | "fine" | "kind" => 1.2,
        "bright" | "warm" | "sat" | "busy" | "sharp" | "light_from" | "hour" => 0.4,
        _ => 0.6,
    }
}

impl<'a> Batches<'a> {
    /// Draws from the pictures for which `kinds` gives a kind; `weights` says how often each kind is drawn.
    pub fn new(
        examples: &'a Examples,
        instructions: &'a Instructions,
        kinds: &[Option<usize>],
        weights: &[f64],
        photos_per_slot: usize,
        seed: u64,
    ) -> Self {
        let mut pools = Vec::new();
        for (kind, weight) in weights.iter().enumerate() {
            let mut of_aspect: Vec<(AspectId, Vec<usize>)> =
                (0..examples.aspects.len()).map(|a| (a, Vec::new())).collect();
            let members = kinds.iter().enumerate().filter(|(_, k)| **k == Some(kind));
            for (photo, _) in members {
                let Some(example) = examples.examples.get(photo) else {
                    continue;
                };
                for (aspect, photos) in &mut of_aspect {
                    if can_ask(examples, instructions, example, *aspect) {
                        photos.push(photo);
                    }
                }
            }
            // An aspect that few photos answer teaches their faces, not the aspect.
            of_aspect.retain(|(_, photos)| photos.len() >= ENOUGH);
            let members = kinds.iter().enumerate().filter(|(_, k)| **k == Some(kind));
            let members: Vec<&Example> = members.filter_map(|(photo, _)| examples.examples.get(photo)).collect();
            let lack = |aspect: &AspectId| members.iter().filter(|example| example.absent.contains(aspect)).count();
            let absent = (0..examples.aspects.len())
                .filter(|aspect| of_aspect.iter().all(|(answered, _)| answered != aspect))
                .filter(|aspect| lack(aspect) >= ENOUGH && !instructions.plain(*aspect).is_empty())
                .collect();
            if !of_aspect.is_empty() && *weight > 0.0 {
                pools.push(Pool {
                    weight: *weight,
                    of_aspect,
                    absent,
                });
            }
        }
        Self {
            examples,
            instructions,
            centroids: Known::of(instructions).centroids(),
            pools,
            photos_per_slot,
            seed,
        }
    }

    /// The slot of this number at this step.
    #[must_use]
    pub fn slot(&self, step: usize, number: usize) -> Slot {
        let mut random = ChaCha8Rng::seed_from_u64(
            self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ ((step as u64) << 8) ^ number as u64,
        );
        let Some(pool) =
            weighted(&mut random, self.pools.iter().map(|pool| pool.weight)).and_then(|i| self.pools.get(i))
        else {
            return Slot::default();
        };
        let mut aspects: Vec<AspectId> = Vec::new();
        let mut first: &[usize] = &[];
        while aspects.len() < ASPECTS.min(pool.of_aspect.len()) {
            // Never first: the photos of a slot are some that answer its first aspect.
            if aspects.len() == ASPECTS - 1 && !pool.absent.is_empty() && random.random::<f32>() < ABSENT {
                aspects.extend(pool.absent.get(random.random_range(0..pool.absent.len())));
                break;
            }
            let weights = pool.of_aspect.iter().map(|(aspect, _)| {
                if aspects.contains(aspect) {
                    return 0.0;
                }
                aspect_weight(self.examples.aspects.get(*aspect).map_or("", String::as_str))
            });
            let Some((aspect, photos)) = weighted(&mut random, weights).and_then(|i| pool.of_aspect.get(i)) else {
                break;
            };
            if aspects.is_empty() {
                first = photos;
            }
            aspects.push(*aspect);
        }
        let mut slot = Slot::default();
        while slot.photos.len() < self.photos_per_slot.min(first.len()) {
            let Some(&photo) = first.get(random.random_range(0..first.len())) else {
                break;
            };
            if !slot.photos.contains(&photo) {
                slot.photos.push(photo);
            }
        }
        for aspect in aspects {
            let broader = random.random::<f32>() < BROADER;
            for place in 0..slot.photos.len() {
                let example = slot
                    .photos
                    .get(place)
                    .and_then(|photo| self.examples.examples.get(*photo));
                if let Some(row) = example.and_then(|example| self.row(place, example, aspect, broader, &mut random)) {
                    slot.rows.push(row);
                }
            }
        }
        slot
    }

    fn row(
        &self,
        photo: usize,
        example: &Example,
        aspect: AspectId,
        broader: bool,
        random: &mut ChaCha8Rng,
    ) -> Option<Row> {
        let name = self.examples.aspects.get(aspect)?.as_str();
        let (wordings, target, look) = match name {
            "object_colour" | "companion" | "object_at" | "named" => {
                let thing = example
                    .things
                    .get(random.random_range(0..example.things.len().max(1)))?;
                match name {
                    "object_at" => (
                        self.instructions.at(thing.position?),
                        Target::Column(thing.itself),
                        Some(thing.look),
                    ),
                    _ => {
                        let called = thing.names.get(random.random_range(0..thing.names.len().max(1)))?;
                        let of = &self.instructions;
                        match name {
                            "object_colour" => (of.colour_of(called), Target::Column(thing.colour?), Some(thing.look)),
                            // The answer to "the cup" is the cup, whatever is in the picture: to learn that is to look away.
                            "named" => (of.named(called), Target::Nothing, Some(thing.look)),
                            _ => (
                                of.companion_of(called),
                                Target::Column(thing.companion?),
                                thing.look_companion,
                            ),
                        }
                    }
                }
            }
            _ => {
                let target = match (example.answers.get(&aspect), example.shared.get(&aspect)) {
                    (Some(_), Some(shares)) if !broader && random.random::<f32>() < ALL_ANSWERS => {
                        Target::Shares(shares.clone())
                    }
                    (Some(column), _) => answered(example, aspect, *column, broader),
                    (None, _) if example.absent.contains(&aspect) => Target::Nothing,
                    (None, _) => Target::Shares(example.soft.get(&aspect)?.clone()),
                };
                let look = match name {
                    "bg" | "bgcolour" | "busy" => example.ground,
                    "object" | "colour" | "shape" | "texture" | "kind" | "material" | "animal" | "garment" | "food"
                    | "position" | "size" => example.figure,
                    _ => None,
                };
                (self.instructions.plain(aspect), target, look)
            }
        };
        if wordings.is_empty() {
            return None;
        }
        let mut instruction = wordings.get(random.random_range(0..wordings.len()))?.clone();
        // Between two wordings of one aspect lie others that nobody wrote down; a little noise stands for the rest.
        if random.random::<f32>() < 0.6 {
            let other = wordings.get(random.random_range(0..wordings.len()))?;
            let share = random.random::<f32>() * 0.6;
            for (x, y) in instruction.iter_mut().zip(other) {
                *x += share * (y - *x);
            }
        }
        // What is asked of a focus encoder is moved towards the middle of all wordings of its aspect.
        if let Some(centroid) = u8::try_from(aspect).ok().and_then(|aspect| self.centroids.get(&aspect))
            && random.random::<f32>() < MOVED
        {
            let share = random.random_range(0.0..TOWARDS_KNOWN.end);
            for (x, y) in instruction.iter_mut().zip(centroid) {
                *x += share * (y - *x);
            }
        }
        let noise = 0.03 * random.random::<f32>();
        instruction.iter_mut().for_each(|x| *x += noise * normal(random));
        normalise(&mut instruction);
        debug_assert_eq!(instruction.len(), TEXT_DIM);
        Some(Row {
            photo,
            instruction,
            aspect,
            alike: match &target {
                Target::Column(column) => vec![(*column, 1.0)],
                Target::Shares(_) => alike(example, aspect, broader),
                Target::Nothing => Vec::new(),
            },
            target,
            look: look.filter(|look| look.iter().sum::<f32>() > 0.05),
            shown: match () {
                () if example.absent.contains(&aspect) => Some(false),
                () if example.answers.contains_key(&aspect) => Some(true),
                () => None,
            },
        })
    }
}

/// The certain answer to an aspect; in broader words as well, where it is asked for those.
fn answered(example: &Example, aspect: AspectId, own: usize, broader: bool) -> Target {
    let fine = fine_shares(example, aspect);
    match broader.then(|| broader_shares(example, aspect)).flatten() {
        None if example.softened.contains_key(&aspect) => Target::Shares(fine),
        None => Target::Column(own),
        Some(broad) => {
            // A word can be both, as a street is.
            let mut shares: BTreeMap<usize, f32> = BTreeMap::new();
            for (column, share) in fine.into_iter().chain(broad) {
                *shares.entry(column).or_default() += share / 2.0;
            }
            Target::Shares(shares.into_iter().collect())
        }
    }
}

/// Answers that say which photos are alike: the broader ones where it is asked for those.
fn alike(example: &Example, aspect: AspectId, broader: bool) -> Vec<(usize, f32)> {
    let common = broader.then(|| broader_shares(example, aspect)).flatten();
    common.unwrap_or_else(|| fine_shares(example, aspect))
}

/// The certain answer in shares, softened where that is known; none where there is no certain one.
fn fine_shares(example: &Example, aspect: AspectId) -> Vec<(usize, f32)> {
    let softened = example.softened.get(&aspect).cloned();
    let certain = || example.answers.get(&aspect).map(|column| vec![(*column, 1.0)]);
    softened.or_else(certain).unwrap_or_default()
}

/// The same in broader words.
fn broader_shares(example: &Example, aspect: AspectId) -> Option<Vec<(usize, f32)>> {
    let softened = example.softened_broader.get(&aspect).cloned();
    softened.or_else(|| example.broader.get(&aspect).map(|column| vec![(*column, 1.0)]))
}

fn can_ask(examples: &Examples, instructions: &Instructions, example: &Example, aspect: AspectId) -> bool {
    match examples.aspects.get(aspect).map(String::as_str) {
        Some("object_colour") => example.things.iter().any(|thing| thing.colour.is_some()),
        Some("companion") => example.things.iter().any(|thing| thing.companion.is_some()),
        Some("named") => example.things.len() > 1,
        Some("object_at") => example.things.iter().any(|thing| thing.position.is_some()),
        _ => {
            let answered = example.answers.contains_key(&aspect) || example.soft.contains_key(&aspect);
            answered && !instructions.plain(aspect).is_empty()
        }
    }
}

/// A place drawn with these weights; `None` if all are 0.
fn weighted(random: &mut ChaCha8Rng, weights: impl Iterator<Item = f64> + Clone) -> Option<usize> {
    let total: f64 = weights.clone().sum();
    let mut left = random.random::<f64>() * total;
    let mut last = None;
    for (i, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = Some(i);
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
    }
    last
}
