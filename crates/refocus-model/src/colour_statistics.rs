//! Colours, edges and a foreground mask, measured from pixels without any network.
//!
//! The square picture is box-averaged to 64 × 64 and taken to Lab. *Background* is what looks like the border (the
//! distance to the 4th nearest of 64 border samples) and lies away from the centre; *foreground* is the opposite.
//! For each of the 25 regions (4 × 4 cells, whole picture, foreground, background, up to four
//! [objects](super::objects), the people, and what is beside them) 90 numbers are kept:
//!
//! | numbers | meaning |
//! |---|---|
//! | 0–31 | shares of the 32 named colours (soft assignment, σ = 8 in Lab) |
//! | 32–34, 35–37 | mean and deviation of 0.7·L*, a*, b*, divided by 50 |
//! | 38–45 | gradient energy in 8 orientations, on a 128 × 128 grey picture |
//! | 46, 47, 48 | gradient magnitude, Laplacian, share of strong edges |
//! | 49, 50 | share of foreground and of background |
//! | 51–59 | objects: place and form |
//! | 60–71 | whole picture and foreground: how many areas there are |
//! | 72–89 | whole picture, foreground, people and beside them: how many [things](super::things) of each kind; an object: which it is |

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use refocus_resize::ResizeFilter;

use super::ModelError;
use super::named_colours::{COLOURS, weighted_lab};
use super::objects::{COUNTS, FORM, OBJECTS, Objects};
use super::preprocess::{PictureView, reduce_plane, squash};
use super::things::{THINGS, Things, numbers_of};
use border::{PRIOR, border_samples, likeness_to_border};
use edges::EdgePlanes;
use named_shares::name_shares;

mod border;
mod edges;
mod named_shares;

pub use named_shares::colour_map;

/// Regions of a photo: 16 cells row by row, whole picture, foreground, background, four objects, people, beside people.
pub const REGIONS: usize = BESIDE + 1;
/// Region number of the whole picture.
pub const WHOLE: usize = 16;
/// Region number of the foreground.
pub const FOREGROUND: usize = 17;
/// Region number of the background.
pub const BACKGROUND: usize = 18;
/// Region number of the largest object.
pub const FIRST_OBJECT: usize = 19;
/// Region number of the people, together.
pub const PEOPLE: usize = FIRST_OBJECT + OBJECTS;
/// Region number of what is not people.
pub const BESIDE: usize = PEOPLE + 1;
/// Numbers kept for each region.
pub const STATISTICS: usize = THINGS_AT + THINGS;
/// Side of the masks, in mask pixels.
pub const MASK_SIDE: usize = 64;

const MASK: usize = MASK_SIDE * MASK_SIDE;
const CELL: usize = MASK_SIDE / 4;
const EDGE_SIDE: usize = 2 * MASK_SIDE;
const MOMENTS: usize = 6;
const ORIENTATIONS: usize = 8;
const EDGES: usize = ORIENTATIONS + 3;
const SUMS: usize = COLOURS + MOMENTS + EDGES;
/// Where place and form begin among a region's numbers.
const FORM_AT: usize = SUMS + 2;
/// Where the numbers on things begin.
const THINGS_AT: usize = FORM_AT + FORM + COUNTS;
/// Masks that regions are weighted by: foreground, background, objects, people, beside people.
const MASKS: usize = REGIONS - FOREGROUND;
/// Pixels that are worked on together: one row of one cell.
const LANES: usize = 16;
type Lanes = [f32; LANES];

/// What the pixels of one photo say.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourStatistics {
    /// `[25, 90]`, row after row.
    pub tokens: Vec<f32>,
    /// Weight of each mask pixel in the foreground, `[64, 64]`, 0–1.02.
    pub foreground: Vec<f32>,
    /// Weight of each mask pixel in the background, `[64, 64]`, 0–1.05.
    pub background: Vec<f32>,
    /// Weight of each mask pixel among the people, `[64, 64]`, 0–1.
    pub people: Vec<f32>,
    /// Weight of each mask pixel beside them, `[64, 64]`, 0–1.
    pub beside: Vec<f32>,
    /// The separate objects.
    pub objects: Box<Objects>,
    /// What the detector found.
    pub things: Things,
}

impl ColourStatistics {
    /// Measures a square picture (any side; the built-in model gives 260 × 260) in which these things were found.
    ///
    /// # Errors
    /// [`ModelError::Resize`] when the picture cannot be averaged.
    pub fn measure(square: PictureView<'_>, things: Things) -> Result<Self, ModelError> {
        let colours = squash(square, MASK_SIDE as u32, ResizeFilter::Box)?;
        // The luma of ITU-R 601 in 16-bit fixed point, as Pillow's mode "L".
        let grey: Vec<u8> = square
            .rgb()
            .as_chunks::<3>()
            .0
            .iter()
            .map(|[r, g, b]| {
                ((u32::from(*r) * 19595 + u32::from(*g) * 38470 + u32::from(*b) * 7471 + 0x8000) >> 16) as u8
            })
            .collect();
        let grey = reduce_plane(&grey, square.width(), square.height(), EDGE_SIDE as u32)?;
        Ok(pulp::Arch::new().dispatch(
            #[inline(always)]
            || measure(&colours, &grey, things),
        ))
    }

    /// The named-colour shares of one region, summing to 1.
    pub fn histogram(&self, region: usize) -> &[f32] {
        self.tokens
            .get(region * STATISTICS..region * STATISTICS + COLOURS)
            .unwrap_or_default()
    }
}

/// The three Lab planes of a 64 × 64 RGB picture.
fn lab_planes(colours: &[u8]) -> [Box<[f32; MASK]>; 3] {
    let mut planes = [(); 3].map(|()| Box::new([0.0; MASK]));
    for (at, rgb) in colours.as_chunks::<3>().0.iter().enumerate().take(MASK) {
        for (plane, value) in planes.iter_mut().zip(weighted_lab(*rgb)) {
            plane[at] = value;
        }
    }
    planes
}

#[inline(always)]
fn distances(px: &[Lanes; 3], colour: [f32; 3]) -> Lanes {
    let mut sum = [0.0; LANES];
    for (plane, c) in px.iter().zip(colour) {
        for lane in 0..LANES {
            let d = plane[lane] - c;
            sum[lane] += d * d;
        }
    }
    sum
}

/// Sums of one quantity over a cell and under each mask, 16 partial sums each.
#[derive(Clone, Copy)]
struct Sums {
    cell: Lanes,
    masked: [Lanes; MASKS],
}

const NO_SUMS: Sums = Sums {
    cell: [0.0; LANES],
    masked: [[0.0; LANES]; MASKS],
};

impl Sums {
    #[inline(always)]
    fn add(&mut self, value: &Lanes, weights: &[Lanes; MASKS]) {
        for lane in 0..LANES {
            self.cell[lane] += value[lane];
        }
        for (sum, weight) in self.masked.iter_mut().zip(weights) {
            for lane in 0..LANES {
                sum[lane] += weight[lane] * value[lane];
            }
        }
    }
}

#[inline(always)]
fn lanes(plane: &[f32], at: usize) -> Lanes {
    let mut out = [0.0; LANES];
    if let Some(chunk) = plane.get(at..at + LANES) {
        out.copy_from_slice(chunk);
    }
    out
}

#[inline(always)]
fn measure(colours: &[u8], grey: &[u8], things: Things) -> ColourStatistics {
    let planes = lab_planes(colours);
    let border = border_samples(&planes);
    let prior = &*PRIOR;
    let (mut foreground, mut background) = (vec![0.0f32; MASK], vec![0.0f32; MASK]);
    let mut unlike_border = vec![0.0f32; MASK];
    for at in (0..MASK).step_by(LANES) {
        let px = planes.each_ref().map(|plane| lanes(plane.as_slice(), at));
        let likeness = likeness_to_border(&px, &border);
        for lane in 0..LANES {
            let centre = prior[at + lane];
            unlike_border[at + lane] = 1.0 - likeness[lane];
            foreground[at + lane] = (1.0 - likeness[lane]) * centre + 0.02 * centre;
            background[at + lane] = likeness[lane] * (1.05 - centre);
        }
    }

    let objects = Objects::find(&unlike_border, &things);
    let (people, beside) = things.people_masks();
    let masks: [&[f32]; MASKS] = std::array::from_fn(|i| match FOREGROUND + i {
        FOREGROUND => foreground.as_slice(),
        BACKGROUND => background.as_slice(),
        PEOPLE => people.as_slice(),
        BESIDE => beside.as_slice(),
        object => objects.mask(object - FIRST_OBJECT),
    });
    let edges = EdgePlanes::measure(grey);
    let mut tokens = vec![0.0f32; REGIONS * STATISTICS];
    let mut total = vec![NO_SUMS; SUMS];
    let mut sums = vec![NO_SUMS; SUMS];
    for cell in 0..16 {
        sums.fill(NO_SUMS);
        for line in 0..CELL {
            let at = ((cell / 4) * CELL + line) * MASK_SIDE + (cell % 4) * CELL;
            let px = planes.each_ref().map(|plane| lanes(plane.as_slice(), at));
            let weights = masks.map(|mask| lanes(mask, at));
            let shares = name_shares(px);
            for (sum, share) in sums.iter_mut().zip(&shares) {
                sum.add(share, &weights);
            }
            for (channel, plane) in px.iter().enumerate() {
                let mean = plane.map(|v| v / 50.0);
                sums[COLOURS + channel].add(&mean, &weights);
                sums[COLOURS + 3 + channel].add(&mean.map(|v| v * v), &weights);
            }
            for (sum, plane) in sums[COLOURS + MOMENTS..].iter_mut().zip(&edges.planes) {
                sum.add(&lanes(plane, at), &weights);
            }
        }
        for ((value, sum), all) in tokens[cell * STATISTICS..].iter_mut().zip(&sums).zip(&mut total) {
            *value = sum.cell.iter().sum::<f32>() / (CELL * CELL) as f32;
            for lane in 0..LANES {
                all.cell[lane] += sum.cell[lane];
            }
            for (all, sum) in all.masked.iter_mut().zip(&sum.masked) {
                for lane in 0..LANES {
                    all[lane] += sum[lane];
                }
            }
        }
    }
    let mass_of = |mask: &[f32]| mask.iter().map(|v| f64::from(*v)).sum::<f64>() as f32;
    let masses = masks.map(mass_of);
    let [fg_mass, bg_mass, ..] = masses;
    for (i, all) in total.iter().enumerate() {
        tokens[WHOLE * STATISTICS + i] = all.cell.iter().sum::<f32>() / MASK as f32;
        for (mask, (sum, mass)) in all.masked.iter().zip(masses).enumerate() {
            tokens[(FOREGROUND + mask) * STATISTICS + i] = sum.iter().sum::<f32>() / (mass + 1e-6);
        }
    }
    for (region, token) in tokens.chunks_exact_mut(STATISTICS).enumerate() {
        for i in COLOURS..COLOURS + 3 {
            token[i + 3] = (token[i + 3] - token[i] * token[i]).max(0.0).sqrt();
        }
        let (fg, bg) = match region {
            WHOLE => (fg_mass / MASK as f32, bg_mass / MASK as f32),
            FOREGROUND => (1.0, 0.0),
            BACKGROUND => (0.0, 1.0),
            BESIDE => (0.0, 1.0),
            object if object >= FIRST_OBJECT => (1.0, 0.0),
            cell => cell_shares(cell, &foreground, &background),
        };
        token[SUMS] = fg;
        token[SUMS + 1] = bg;
        let own_share = |mask: &[f32], mass: f32| {
            let common: f32 = mask.iter().zip(&people).map(|(own, person)| own * person).sum();
            common / mass.max(1e-6)
        };
        let numbers = match region {
            WHOLE => things.numbers(people.iter().sum::<f32>() / MASK as f32),
            FOREGROUND => things.numbers(own_share(&foreground, fg_mass)),
            PEOPLE | BESIDE => things.numbers(f32::from(u8::from(region == PEOPLE))),
            BACKGROUND => share_alone(own_share(&background, bg_mass)),
            object if object >= FIRST_OBJECT => objects.thing(object - FIRST_OBJECT).map_or([0.0; THINGS], numbers_of),
            cell => share_alone(cell_share(cell, &people)),
        };
        token[THINGS_AT..].copy_from_slice(&numbers);
        if (FIRST_OBJECT..PEOPLE).contains(&region) {
            token[FORM_AT..FORM_AT + FORM].copy_from_slice(&objects.form(region - FIRST_OBJECT));
        }
        if region == WHOLE || region == FOREGROUND {
            token[FORM_AT + FORM..THINGS_AT].copy_from_slice(objects.counts());
        }
    }
    ColourStatistics {
        tokens,
        foreground,
        background,
        people,
        beside,
        objects: Box::new(objects),
        things,
    }
}

/// Numbers on things of a region that is no thing: the share of people in it.
fn share_alone(share_of_people: f32) -> [f32; THINGS] {
    let mut numbers = [0.0; THINGS];
    numbers[THINGS - 1] = share_of_people;
    numbers
}

/// Mean of a mask in a cell.
#[inline(always)]
fn cell_share(cell: usize, mask: &[f32]) -> f32 {
    let mut sum = 0.0;
    for line in 0..CELL {
        let at = ((cell / 4) * CELL + line) * MASK_SIDE + (cell % 4) * CELL;
        sum += mask[at..at + CELL].iter().sum::<f32>();
    }
    sum / (CELL * CELL) as f32
}

/// Mean share of foreground (the prior divided out) and of background in a cell.
#[inline(always)]
fn cell_shares(cell: usize, foreground: &[f32], background: &[f32]) -> (f32, f32) {
    let (mut fg, mut bg) = (0.0, 0.0);
    for line in 0..CELL {
        let at = ((cell / 4) * CELL + line) * MASK_SIDE + (cell % 4) * CELL;
        for i in at..at + CELL {
            fg += foreground[i] / (PRIOR[i] + 1e-3);
            bg += background[i];
        }
    }
    (fg / (CELL * CELL) as f32, bg / (CELL * CELL) as f32)
}

#[cfg(test)]
mod tests;
