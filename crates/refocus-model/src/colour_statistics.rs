//! Colours, edges and a foreground mask, measured from pixels without any network.
//!
//! The square picture is box-averaged to 64 × 64 and taken to Lab. *Background* is what looks like the border (the
//! distance to the 4th nearest of 64 border samples) and lies away from the centre; *foreground* is the opposite.
//! For each of the 25 regions (4 × 4 cells, whole picture, foreground, background, up to four
//! [objects](super::objects), the people, and what is beside them) 91 numbers are kept:
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
//! | 72–90 | whole picture, foreground, people and beside them: how many [things](super::things) of each kind; an object: which it is |

#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes of several arrays at once are what the compiler vectorises"
)]

use std::sync::LazyLock;

use refocus_resize::ResizeFilter;

use super::ModelError;
use super::named_colours::{COLOURS, PROTOTYPES, weighted_lab};
use super::objects::{COUNTS, FORM, OBJECTS, Objects};
use super::preprocess::{PictureView, reduce_plane, squash};
use super::things::{THINGS, Things, numbers_of};
use super::vector_math::exp_of_negative;

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
    /// `[25, 91]`, row after row.
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

/// Shares of the named colours on a grid of `side × side` patches: `[side × side, 32]`.
///
/// # Errors
/// [`ModelError::Resize`] when the picture cannot be averaged.
pub fn colour_map(square: PictureView<'_>, side: usize) -> Result<Vec<f32>, ModelError> {
    let colours = squash(square, MASK_SIDE as u32, ResizeFilter::Box)?;
    let planes = lab_planes(&colours);
    let mut map = vec![0.0; side * side * COLOURS];
    for (patch, row) in map.chunks_exact_mut(COLOURS).enumerate() {
        let range = |i: usize| i * MASK_SIDE / side..((i + 1) * MASK_SIDE).div_ceil(side);
        let mut pixels = 0.0;
        for y in range(patch / side) {
            for x in range(patch % side) {
                let at = y * MASK_SIDE + x;
                let shares = name_shares(planes.each_ref().map(|plane| [plane[at]; LANES]));
                row.iter_mut().zip(&shares).for_each(|(sum, share)| *sum += share[0]);
                pixels += 1.0;
            }
        }
        row.iter_mut().for_each(|sum| *sum /= pixels);
    }
    Ok(map)
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

/// How central each mask pixel is: a Gaussian of σ = 0.33 of the side.
static PRIOR: LazyLock<Box<[f32; MASK]>> = LazyLock::new(|| {
    let mut prior = Box::new([0.0; MASK]);
    for (at, value) in prior.iter_mut().enumerate() {
        let offset = |i: usize| i as f64 / (MASK_SIDE - 1) as f64 - 0.5;
        let (x, y) = (offset(at % MASK_SIDE), offset(at / MASK_SIDE));
        *value = (-(x * x + y * y) / (2.0 * 0.33 * 0.33)).exp() as f32;
    }
    prior
});

/// The 64 border samples: every 8th pixel of the two outer rows and columns on each side.
fn border_samples(planes: &[Box<[f32; MASK]>; 3]) -> [[f32; 3]; 64] {
    std::array::from_fn(|i| {
        let step = (i % 16) * 8;
        let at = match i / 16 {
            0 => step,
            1 => MASK - 2 * MASK_SIDE + step,
            2 => (step / 2) * MASK_SIDE + step % 2,
            _ => (step / 2) * MASK_SIDE + MASK_SIDE - 2 + step % 2,
        };
        planes.each_ref().map(|plane| plane[at])
    })
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

/// Soft assignment of 16 pixels to the named colours: `[32][16]`, each pixel's shares sum to 1.
#[inline(always)]
fn name_shares(px: [Lanes; 3]) -> [Lanes; COLOURS] {
    const SHARPNESS: f32 = 1.0 / (2.0 * 8.0 * 8.0);
    let mut shares = [[0.0; LANES]; COLOURS];
    let mut nearest = [f32::INFINITY; LANES];
    for (share, colour) in shares.iter_mut().zip(PROTOTYPES.iter()) {
        *share = distances(&px, *colour);
        for lane in 0..LANES {
            nearest[lane] = nearest[lane].min(share[lane]);
        }
    }
    let mut total = [0.0; LANES];
    for share in &mut shares {
        for lane in 0..LANES {
            share[lane] = exp_of_negative((nearest[lane] - share[lane]) * SHARPNESS);
            total[lane] += share[lane];
        }
    }
    for share in &mut shares {
        for lane in 0..LANES {
            share[lane] /= total[lane];
        }
    }
    shares
}

/// How much each of 16 pixels looks like the border, 0–1.
#[inline(always)]
fn likeness_to_border(px: &[Lanes; 3], border: &[[f32; 3]; 64]) -> Lanes {
    // The four nearest samples, ascending; the 4th is taken so that a subject touching the border does no harm.
    let mut nearest = [[f32::INFINITY; LANES]; 4];
    for sample in border {
        let mut d = distances(px, *sample);
        for rank in &mut nearest {
            for lane in 0..LANES {
                let (low, high) = (rank[lane].min(d[lane]), rank[lane].max(d[lane]));
                rank[lane] = low;
                d[lane] = high;
            }
        }
    }
    let mut likeness = [0.0; LANES];
    for lane in 0..LANES {
        likeness[lane] = exp_of_negative(-nearest[3][lane] / (12.0 * 12.0));
    }
    likeness
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

/// The 11 edge quantities on the mask's 64 × 64 grid, each the mean of 2 × 2 pixels of the 128 × 128 grey picture.
struct EdgePlanes {
    planes: Vec<Vec<f32>>,
}

impl EdgePlanes {
    #[inline(always)]
    fn measure(grey: &[u8]) -> Self {
        let mut g = vec![0.0f32; EDGE_SIDE * EDGE_SIDE];
        g.iter_mut().zip(grey).for_each(|(to, from)| *to = f32::from(*from));
        let mut planes = vec![vec![0.0f32; MASK]; EDGES];
        let mut row = vec![[0.0f32; EDGE_SIDE]; EDGES];
        let directions: [(f32, f32); ORIENTATIONS] = std::array::from_fn(|k| {
            let angle = k as f64 * std::f64::consts::PI / ORIENTATIONS as f64;
            (angle.cos() as f32, angle.sin() as f32)
        });
        for y in 0..EDGE_SIDE {
            edge_row(&g, y, &directions, &mut row);
            for (plane, values) in planes.iter_mut().zip(&row) {
                let line = &mut plane[(y / 2) * MASK_SIDE..(y / 2 + 1) * MASK_SIDE];
                for (sum, [a, b]) in line.iter_mut().zip(values.as_chunks::<2>().0) {
                    *sum += 0.25 * (a + b);
                }
            }
        }
        Self { planes }
    }
}

/// One row of the 11 edge quantities at full resolution. Differences across the picture's border count as 0.
#[inline(always)]
fn edge_row(g: &[f32], y: usize, directions: &[(f32, f32); ORIENTATIONS], out: &mut [[f32; EDGE_SIDE]]) {
    let line = |y: usize| &g[y * EDGE_SIDE..(y + 1) * EDGE_SIDE];
    let inner = y > 0 && y + 1 < EDGE_SIDE;
    let (here, above, below) = (line(y), line(y.max(1) - 1), line((y + 1).min(EDGE_SIDE - 1)));
    let (mut gx, mut gy, mut laplacian) = ([0.0f32; EDGE_SIDE], [0.0f32; EDGE_SIDE], [0.0f32; EDGE_SIDE]);
    for x in 1..EDGE_SIDE - 1 {
        gx[x] = here[x + 1] - here[x - 1];
    }
    if inner {
        for x in 0..EDGE_SIDE {
            gy[x] = below[x] - above[x];
        }
        for x in 1..EDGE_SIDE - 1 {
            laplacian[x] = 4.0 * here[x] - above[x] - below[x] - here[x - 1] - here[x + 1];
        }
    }
    let [o0, o1, o2, o3, o4, o5, o6, o7, magnitudes, laplacians, strong] = out else {
        return;
    };
    let at_least = [o0, o1, o2, o3, o4, o5, o6, o7];
    for x in 0..EDGE_SIDE {
        let magnitude = (gx[x] * gx[x] + gy[x] * gy[x]).sqrt();
        magnitudes[x] = magnitude.min(60.0) / 20.0;
        laplacians[x] = laplacian[x].abs() / 20.0;
        strong[x] = if magnitude > 25.0 { 1.0 } else { 0.0 };
        // An edge has no direction: angles are taken modulo π by turning the gradient to the upper half plane.
        let flip = if gy[x] < 0.0 || (gy[x] == 0.0 && gx[x] < 0.0) {
            -1.0
        } else {
            1.0
        };
        gx[x] *= flip;
        gy[x] *= flip;
        at_least[0][x] = magnitude / 40.0;
    }
    // "Angle ≥ k · π/8" is the sign of a cross product; the difference of two neighbours is one orientation.
    for k in 1..ORIENTATIONS {
        let (cos, sin) = directions[k];
        for x in 0..EDGE_SIDE {
            at_least[k][x] = if cos * gy[x] - sin * gx[x] >= 0.0 {
                at_least[0][x]
            } else {
                0.0
            };
        }
    }
    for k in 0..ORIENTATIONS - 1 {
        for x in 0..EDGE_SIDE {
            at_least[k][x] -= at_least[k + 1][x];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn expected() -> (image::RgbImage, HashMap<String, Vec<f32>>) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/photo_tokens");
        let square = image::open(folder.join("square.png")).unwrap().into_rgb8();
        let arrays = candle_core::safetensors::load(folder.join("expected.safetensors"), &candle_core::Device::Cpu);
        let flat = |(k, v): (String, candle_core::Tensor)| (k, v.flatten_all().unwrap().to_vec1().unwrap());
        (square, arrays.unwrap().into_iter().map(flat).collect())
    }

    fn worst(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn statistics_and_masks_equal_the_reference() {
        let (square, expected) = expected();
        let view = PictureView::new(260, 260, square.as_raw()).unwrap();
        let ours = ColourStatistics::measure(view, Things::default()).unwrap();
        // The reference knows the 19 regions and 51 numbers that need no objects.
        let reference = expected["statistics"].chunks(FORM_AT);
        for (region, (a, b)) in ours.tokens.chunks(STATISTICS).zip(reference).enumerate() {
            let a = &a[..FORM_AT];
            assert!(worst(a, b) < 0.01, "region {region}: {a:?} instead of {b:?}");
        }
        assert!(worst(&ours.foreground, &expected["foreground"]) < 0.03);
        assert!(worst(&ours.background, &expected["background"]) < 0.03);
    }

    #[test]
    fn a_red_disc_on_white_is_red_foreground_on_a_white_background() {
        let disc = image::RgbImage::from_fn(260, 260, |x, y| {
            let (dx, dy) = (f64::from(x) - 130.0, f64::from(y) - 130.0);
            image::Rgb(if dx * dx + dy * dy < 70.0 * 70.0 {
                [220, 30, 35]
            } else {
                [250, 250, 250]
            })
        });
        let view = PictureView::new(260, 260, disc.as_raw()).unwrap();
        let ours = ColourStatistics::measure(view, Things::default()).unwrap();
        let commonest = |region| {
            let shares = ours.histogram(region).iter().zip(crate::named_colours::NAMED);
            shares
                .max_by(|(a, _), (b, _)| a.total_cmp(b))
                .map(|(_, (name, _))| name)
        };
        assert_eq!(
            (commonest(FOREGROUND), commonest(BACKGROUND)),
            (Some("red"), Some("white"))
        );
        for region in 0..=FIRST_OBJECT {
            assert!((ours.histogram(region).iter().sum::<f32>() - 1.0).abs() < 1e-3);
        }
        let map = colour_map(view, 9).unwrap();
        assert!(
            map[40 * COLOURS + 5] > 0.5 && map[1] > 0.5,
            "red in the middle patch, white in the first"
        );
    }

    #[test]
    fn a_picture_of_one_colour_has_finite_statistics() {
        let ours = ColourStatistics::measure(PictureView::new(4, 4, &[7; 48]).unwrap(), Things::default()).unwrap();
        assert!(ours.tokens.iter().all(|v| v.is_finite()));
    }
}
