//! Two objects in a picture: does "the colour of the X" mean the X, and does the heat map look at it?
//!
//! | metric | meaning | chance |
//! |---|---|---|
//! | `binding` | under "the colour of the X", the word for X's colour is nearer than the word for the other object's | half |
//! | `pointing` | more than half of the heat lies inside X's box | `even_map_pointing` |
//! | `map_pointing` | the same on the map that the window shows (finer than the 4 × 4 cells) | 0 |
//! | `heat_inside` | mean share of the heat inside X's box | `even_map_heat_inside` |
//! | `named_over_other` | the heat is denser in X's box than in the other's | half |
//!
//! The last three are given for two instructions: "the colour of the X", and "the X" (`object_…`). `best_cell_pointing`
//! is what a map would reach whose heat is all in the best of the sixteen cells.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use refocus_model::FactorMap;
use refocus_scenes::{Colour, ObjectBox, ObjectTruth, SceneTruth};
use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::cells::{CELLS, heat_inside, map_inside, shares_inside};
use refocus_training::evaluation::metrics::mean;
use refocus_training::evaluation::ways::{Contender, PhotoSet, Under};

/// A picture of two objects; one of them is named.
#[derive(Debug, Clone)]
pub struct PairPicture {
    /// The object that is asked for.
    pub named: ObjectTruth,
    /// The other one.
    pub other: ObjectTruth,
    /// Factors of the picture's patches.
    pub patches: FactorMap,
}

impl PairPicture {
    /// From a picture's truth; its `number` decides which object is named: by turns the left and the right one. `None`
    /// if there are not two objects of two known colours.
    #[must_use]
    pub fn new(truth: &SceneTruth, number: usize, patches: FactorMap) -> Option<Self> {
        let [first, second] = truth.objects.as_slice() else {
            return None;
        };
        let known = first.colour.is_some() && second.colour.is_some() && first.colour != second.colour;
        let (named, other) = if number.is_multiple_of(2) {
            (first, second)
        } else {
            (second, first)
        };
        known.then(|| Self {
            named: named.clone(),
            other: other.clone(),
            patches,
        })
    }
}

/// Figures by name.
pub type Metrics = BTreeMap<String, f64>;

/// Judges pictures of two objects, one for each photo of the set, in each of some ways.
///
/// # Errors
/// Those of the product's ranking.
pub fn judge_pointing(
    set: &PhotoSet<'_>,
    ways: &[Contender],
    pictures: &[PairPicture],
) -> Result<Metrics, EvaluationError> {
    let mut metrics = even_map(pictures);
    let mut by_name: BTreeMap<&str, Vec<(u32, &PairPicture)>> = BTreeMap::new();
    for (photo, picture) in (0u32..).zip(pictures) {
        by_name.entry(&picture.named.name).or_default().push((photo, picture));
    }
    for &way in ways {
        let (mut bound, mut colour_heat, mut object_heat) = (Vec::new(), Vec::new(), Vec::new());
        let mut shown = Vec::new();
        for (name, pictures) in &by_name {
            set.under(way, &format!("the colour of the {name}"), |under| {
                bound.extend(binding(under, pictures)?);
                colour_heat.extend(heat_of(under, pictures)?);
                for (photo, picture) in pictures {
                    let map = under.shown_heat(*photo, &picture.patches)?;
                    shown.extend(map.map(|map| f64::from(u8::from(map_inside(&map, &picture.named.bounds) > 0.5))));
                }
                Ok(())
            })?;
            set.under(way, &format!("the {name}"), |under| {
                object_heat.extend(heat_of(under, pictures)?);
                Ok(())
            })?;
        }
        let mut put = |metric: &str, value: Option<f64>| {
            if let Some(value) = value {
                metrics.insert(format!("{}_{metric}", way.key()), value);
            }
        };
        put("binding", mean(bound));
        put("map_pointing", mean(shown));
        for (prefix, heat) in [("", &colour_heat), ("object_", &object_heat)] {
            put(&format!("{prefix}pointing"), mean(heat.iter().map(|heat| heat.hit())));
            put(
                &format!("{prefix}heat_inside"),
                mean(heat.iter().map(|heat| f64::from(heat.inside))),
            );
            put(
                &format!("{prefix}named_over_other"),
                mean(heat.iter().map(|heat| heat.denser)),
            );
        }
    }
    Ok(metrics)
}

/// What maps reach that know nothing, or all.
fn even_map(pictures: &[PairPicture]) -> Metrics {
    let even: Vec<Heat> = pictures
        .iter()
        .map(|picture| Heat::new(&[1.0; CELLS], &picture.named.bounds, &picture.other.bounds))
        .collect();
    let best = |picture: &PairPicture| {
        let best = shares_inside(&picture.named.bounds).into_iter().fold(0.0, f32::max);
        f64::from(u8::from(best > 0.5))
    };
    let mut metrics = Metrics::from([
        ("chance_binding".to_owned(), 0.5),
        ("chance_named_over_other".to_owned(), 0.5),
    ]);
    for (name, value) in [
        ("even_map_pointing", mean(even.iter().map(Heat::hit))),
        (
            "even_map_heat_inside",
            mean(even.iter().map(|heat| f64::from(heat.inside))),
        ),
        ("best_cell_pointing", mean(pictures.iter().map(best))),
    ] {
        metrics.extend(value.map(|value| (name.to_owned(), value)));
    }
    metrics
}

/// For each picture 1 if the named object's colour word is the nearer one, 0 if the other's is, a half if neither.
fn binding(under: &Under<'_>, pictures: &[(u32, &PairPicture)]) -> Result<Vec<f64>, EvaluationError> {
    let mut scores: BTreeMap<Colour, Vec<f32>> = BTreeMap::new();
    let mut bound = Vec::with_capacity(pictures.len());
    for (photo, picture) in pictures {
        let mut score = |object: &ObjectTruth| -> Result<f32, EvaluationError> {
            let Some(colour) = object.colour else {
                return Ok(f32::NAN);
            };
            let scores = match scores.entry(colour) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(under.matching(&under.words(colour.word())?, 0.0, None)?.score),
            };
            Ok(scores.get(*photo as usize).copied().unwrap_or(f32::NAN))
        };
        let (named, other) = (score(&picture.named)?, score(&picture.other)?);
        bound.push(won(named, other));
    }
    Ok(bound)
}

/// 1 if `ours` is larger, 0 if `theirs` is, a half if neither.
fn won(ours: f32, theirs: f32) -> f64 {
    match ours.partial_cmp(&theirs) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => 0.0,
        _ => 0.5,
    }
}

/// Where the heat of a picture lies.
struct Heat {
    /// Share of it inside the named object's box.
    inside: f32,
    /// 1 if it is denser there than in the other's box, 0 if not, a half if equal.
    denser: f64,
}

impl Heat {
    fn new(cells: &[f32; CELLS], named: &ObjectBox, other: &ObjectBox) -> Self {
        let area = |bounds: &ObjectBox| ((bounds.x1 - bounds.x0) * (bounds.y1 - bounds.y0)).max(1e-6);
        let inside = heat_inside(cells, named);
        let (density, theirs) = (inside / area(named), heat_inside(cells, other) / area(other));
        let equal = (density - theirs).abs() < 1e-4;
        Self {
            inside,
            denser: if equal { 0.5 } else { won(density, theirs) },
        }
    }

    fn hit(&self) -> f64 {
        f64::from(u8::from(self.inside > 0.5))
    }
}

fn heat_of(under: &Under<'_>, pictures: &[(u32, &PairPicture)]) -> Result<Vec<Heat>, EvaluationError> {
    let mut heat = Vec::with_capacity(pictures.len());
    for (photo, picture) in pictures {
        let cells = under.cell_heat(*photo, &picture.patches)?;
        heat.extend(cells.map(|cells| Heat::new(&cells, &picture.named.bounds, &picture.other.bounds)));
    }
    Ok(heat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_scenes::{Composition, Materials, Split, composite_scene_with};
    use refocus_search::synthetic;
    use refocus_training::evaluation::tiny::{self, Rows};

    const LEFT: ObjectBox = ObjectBox {
        x0: 0.0,
        y0: 0.0,
        x1: 0.5,
        y1: 0.5,
    };
    const RIGHT: ObjectBox = ObjectBox {
        x0: 0.5,
        y0: 0.5,
        x1: 1.0,
        y1: 1.0,
    };

    fn object(colour: Colour, bounds: ObjectBox) -> ObjectTruth {
        ObjectTruth {
            name: "cup".to_owned(),
            kind: None,
            colour: Some(colour),
            bounds,
            position: bounds.position(),
            size: bounds.size(),
        }
    }

    fn picture(named: Colour, other: Colour) -> PairPicture {
        PairPicture {
            named: object(named, LEFT),
            other: object(other, RIGHT),
            patches: FactorMap {
                side: 1,
                factors: vec![1.0, 0.0],
            },
        }
    }

    #[test]
    fn the_nearer_colour_word_binds_and_equal_ones_are_half_right() {
        // The text tower of these rows reads "red" as the first factor and "blue" as the second.
        let rows = Rows::new(&[(0.0, [1.0, 0.0]), (0.0, [0.0, 1.0]), (0.0, [0.5, 0.5])]);
        let bank = synthetic::bank();
        let set = PhotoSet::new(rows.gallery(), &bank, &tiny::Texts, None);
        let pictures = [0; 3].map(|_| picture(Colour::Red, Colour::Blue));
        let metrics = judge_pointing(&set, &[Contender::Plain], &pictures).unwrap();
        assert_eq!(metrics["plain_binding"], 0.5, "right, wrong and neither");
        assert!(
            !metrics.contains_key("plain_pointing"),
            "plain looks nowhere: {metrics:?}"
        );
        // A quarter of the picture, and a cell lies wholly inside.
        assert_eq!(metrics["even_map_heat_inside"], 0.25);
        assert_eq!(
            (metrics["even_map_pointing"], metrics["best_cell_pointing"]),
            (0.0, 1.0)
        );
    }

    #[test]
    fn heat_hits_with_more_than_half_inside_the_box() {
        let mut cells = [0.0; CELLS];
        (cells[0], cells[15]) = (3.0, 2.0);
        let heat = Heat::new(&cells, &LEFT, &RIGHT);
        assert!((heat.inside - 0.6).abs() < 1e-6);
        assert_eq!((heat.hit(), heat.denser), (1.0, 1.0));
        let heat = Heat::new(&cells, &RIGHT, &LEFT);
        assert_eq!((heat.hit(), heat.denser), (0.0, 0.0));
        let even = Heat::new(&[1.0; CELLS], &LEFT, &RIGHT);
        assert_eq!((even.hit(), even.denser), (0.0, 0.5));
    }

    #[test]
    fn both_objects_of_the_rendered_pairs_are_named_by_turns() {
        let patches = || FactorMap {
            side: 0,
            factors: Vec::new(),
        };
        let truth = composite_scene_with(3, Split::Test, 48, Some(Composition::Pair), &Materials::default()).1;
        let (even, odd) = (
            PairPicture::new(&truth, 0, patches()).unwrap(),
            PairPicture::new(&truth, 1, patches()).unwrap(),
        );
        assert_eq!(
            (even.named.name.as_str(), odd.named.name.as_str()),
            (truth.objects[0].name.as_str(), truth.objects[1].name.as_str())
        );
        assert_eq!(even.other, odd.named);
        let single = composite_scene_with(3, Split::Test, 48, Some(Composition::Single), &Materials::default()).1;
        assert!(PairPicture::new(&single, 0, patches()).is_none());
    }
}
