//! Planes of components → pixels: enlarging what has fewer samples, and the colour models.
//!
//! Source: JFIF 1.02 (YCbCr of ITU-R BT.601, all 256 levels), "Supporting the DCT filters in PostScript level 2" (Adobe
//! technical note 5116: the Adobe segment). Enlarging is libjpeg's "fancy" one: a triangle over the nearest two samples of each
//! direction, since most pictures were seen through it.

use pulp::NullaryFnOnce;

use super::super::colour_profile::Samples;
use super::super::decode::zeroed;
use super::super::failure::Failure;
use super::components::Component;

/// What the components of a frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColourModel {
    Grey,
    Rgb,
    /// Luma, blue and red difference.
    Ycc,
    /// Inks, stored as what they leave of the light.
    Cmyk,
    /// As [`Self::Cmyk`], the first three as luma and differences.
    Ycck,
}

impl ColourModel {
    /// By the rules that libjpeg set, which other programs follow: the JFIF segment means YCbCr; else the Adobe segment's
    /// `transform`; else the components' names.
    pub(super) fn of(names: &[u8], jfif: bool, transform: Option<u8>) -> Self {
        match (names, transform) {
            ([_], _) => Self::Grey,
            ([_, _, _, _], Some(transform)) if transform != 0 => Self::Ycck,
            ([_, _, _, _], _) => Self::Cmyk,
            (_, _) if jfif => Self::Ycc,
            (_, Some(0)) | (b"RGB", None) => Self::Rgb,
            _ => Self::Ycc,
        }
    }
}

/// The pixels of `components`, `width × height`.
///
/// # Errors
/// Out of memory.
pub(super) fn to_samples(
    components: &[Component],
    model: ColourModel,
    (width, height): (usize, usize),
) -> Result<Samples, Failure> {
    let channels = match model {
        ColourModel::Grey => 1,
        ColourModel::Rgb | ColourModel::Ycc => 3,
        ColourModel::Cmyk | ColourModel::Ycck => 4,
    };
    let mut pixels = zeroed(width * height * channels)?;
    let mut rows: Vec<EnlargedRow<'_>> = components
        .iter()
        .map(|component| EnlargedRow::new(component, width))
        .collect::<Result<_, _>>()?;
    pulp::Arch::new().dispatch(WriteRows {
        rows: &mut rows,
        model,
        row_bytes: width * channels,
        pixels: &mut pixels,
    });
    Ok(match channels {
        1 => Samples::Grey(pixels),
        3 => Samples::Rgb(pixels),
        _ => Samples::Ink(pixels),
    })
}

/// A type of its own: a closure of this size is not always inlined, and then runs without vector instructions.
struct WriteRows<'a, 'b> {
    rows: &'a mut [EnlargedRow<'b>],
    model: ColourModel,
    row_bytes: usize,
    pixels: &'a mut [u8],
}

impl NullaryFnOnce for WriteRows<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (y, out) in self.pixels.chunks_exact_mut(self.row_bytes.max(1)).enumerate() {
            for row in self.rows.iter_mut() {
                row.make(y);
            }
            write_row(self.rows, self.model, out);
        }
    }
}

#[inline(always)]
fn write_row(rows: &[EnlargedRow<'_>], model: ColourModel, out: &mut [u8]) {
    match (model, rows) {
        (ColourModel::Grey, [grey]) => out.copy_from_slice(grey.values()),
        (ColourModel::Rgb, [red, green, blue]) => {
            let (pixels, _) = out.as_chunks_mut::<3>();
            for (((pixel, red), green), blue) in pixels
                .iter_mut()
                .zip(red.values())
                .zip(green.values())
                .zip(blue.values())
            {
                *pixel = [*red, *green, *blue];
            }
        }
        (ColourModel::Ycc, [luma, blue, red]) => {
            let (pixels, _) = out.as_chunks_mut::<3>();
            convert(luma.values(), blue.values(), red.values(), |at, colour| {
                if let Some(pixel) = pixels.get_mut(at) {
                    *pixel = colour;
                }
            });
        }
        (ColourModel::Cmyk, [cyan, magenta, yellow, black]) => {
            let (pixels, _) = out.as_chunks_mut::<4>();
            for ((((pixel, cyan), magenta), yellow), black) in pixels
                .iter_mut()
                .zip(cyan.values())
                .zip(magenta.values())
                .zip(yellow.values())
                .zip(black.values())
            {
                *pixel = [*cyan, *magenta, *yellow, *black].map(|light| 255 - light);
            }
        }
        (ColourModel::Ycck, [luma, blue, red, black]) => {
            let (pixels, _) = out.as_chunks_mut::<4>();
            let black = black.values();
            convert(
                luma.values(),
                blue.values(),
                red.values(),
                |at, [cyan, magenta, yellow]| {
                    if let (Some(pixel), Some(black)) = (pixels.get_mut(at), black.get(at)) {
                        *pixel = [cyan, magenta, yellow, 255 - black];
                    }
                },
            );
        }
        _ => {}
    }
}

/// Pixels that are converted at a time: what vector registers hold.
const STEP: usize = 32;

/// YCbCr → RGB with 16 fraction bits, rounded as libjpeg does; `write` takes the pixels one by one.
#[inline(always)]
fn convert(luma: &[u8], blue: &[u8], red: &[u8], mut write: impl FnMut(usize, [u8; 3])) {
    let mut at = 0;
    while let (Some(y), Some(cb), Some(cr)) = (luma.get(at..), blue.get(at..), red.get(at..)) {
        let steps = (
            y.first_chunk::<STEP>(),
            cb.first_chunk::<STEP>(),
            cr.first_chunk::<STEP>(),
        );
        let (y, cb, cr, count) = if let (Some(y), Some(cb), Some(cr)) = steps {
            (*y, *cb, *cr, STEP)
        } else {
            (filled_up(y), filled_up(cb), filled_up(cr), y.len())
        };
        let (mut r, mut g, mut b) = ([0u8; STEP], [0u8; STEP], [0u8; STEP]);
        for i in 0..STEP {
            let (y, cb, cr) = (i32::from(y[i]), i32::from(cb[i]) - 128, i32::from(cr[i]) - 128);
            r[i] = (y + ((91_881 * cr + 32_768) >> 16)).clamp(0, 255) as u8;
            g[i] = (y + ((32_768 - 22_554 * cb - 46_802 * cr) >> 16)).clamp(0, 255) as u8;
            b[i] = (y + ((116_130 * cb + 32_768) >> 16)).clamp(0, 255) as u8;
        }
        for i in 0..count {
            write(at + i, [r[i & 31], g[i & 31], b[i & 31]]);
        }
        at += STEP;
        if count < STEP {
            break;
        }
    }
}

/// The last samples of a row.
#[inline(always)]
fn filled_up(row: &[u8]) -> [u8; STEP] {
    let mut filled = [0; STEP];
    for (to, from) in filled.iter_mut().zip(row) {
        *to = *from;
    }
    filled
}

/// How a component is brought to the size of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Enlargement {
    None,
    /// Twice as wide, as high, or both, smoothly.
    Wide,
    High,
    Both,
    /// Any other way: the sample that covers the pixel.
    Repeat,
}

/// A component's rows at the picture's size, one at a time.
struct EnlargedRow<'a> {
    component: &'a Component,
    how: Enlargement,
    y: usize,
    width: usize,
    /// The row, where it is not the plane's own.
    made: Vec<u8>,
    /// Sums of two rows of the plane.
    sums: Vec<u16>,
}

impl<'a> EnlargedRow<'a> {
    fn new(component: &'a Component, width: usize) -> Result<Self, Failure> {
        let how = Enlargement::of(component);
        let made = if how == Enlargement::None { 0 } else { width + 1 };
        let sums = if how == Enlargement::Both { component.width } else { 0 };
        Ok(Self {
            component,
            how,
            y: 0,
            width,
            made: zeroed(made)?,
            sums: vec![0; sums],
        })
    }

    #[inline(always)]
    fn values(&self) -> &[u8] {
        if self.how == Enlargement::None {
            self.component.row(self.y)
        } else {
            self.made.get(..self.width).unwrap_or_default()
        }
    }

    /// Makes row `y`.
    #[inline(always)]
    fn make(&mut self, y: usize) {
        self.y = y;
        // The row beside the nearest one, on the side where the pixel lies; outside the picture there is none.
        let beside = if y.is_multiple_of(2) {
            (y / 2).saturating_sub(1)
        } else {
            y / 2 + 1
        };
        match self.how {
            Enlargement::None => {}
            Enlargement::Wide => widen(self.component.row(y), &mut self.made),
            Enlargement::High => {
                let rows = self.component.row(y / 2).iter().zip(self.component.row(beside));
                let rounding = if y.is_multiple_of(2) { 1 } else { 2 };
                for (made, (near, far)) in self.made.iter_mut().zip(rows) {
                    *made = ((u16::from(*near) * 3 + u16::from(*far) + rounding) >> 2) as u8;
                }
            }
            Enlargement::Both => {
                let rows = self.component.row(y / 2).iter().zip(self.component.row(beside));
                for (sum, (near, far)) in self.sums.iter_mut().zip(rows) {
                    *sum = u16::from(*near) * 3 + u16::from(*far);
                }
                widen_sums(&self.sums, &mut self.made);
            }
            Enlargement::Repeat => {
                let ((own_across, own_down), (across, down)) = (self.component.share, self.component.whole);
                let row = self.component.row(y * own_down / down.max(1));
                for (x, made) in self.made.iter_mut().enumerate() {
                    *made = row
                        .get(x * own_across / across.max(1))
                        .or(row.last())
                        .copied()
                        .unwrap_or(0);
                }
            }
        }
    }
}

impl Enlargement {
    fn of(component: &Component) -> Self {
        let (own, whole) = (component.share, component.whole);
        // libjpeg repeats where there is too little to weigh.
        let smooth = !component.is_smallest && component.width > 2;
        match (
            (whole.0 == own.0, whole.0 == 2 * own.0),
            (whole.1 == own.1, whole.1 == 2 * own.1),
        ) {
            ((true, _), (true, _)) => Self::None,
            ((_, true), (true, _)) if smooth => Self::Wide,
            ((_, true), (_, true)) if smooth => Self::Both,
            ((true, _), (_, true)) if !component.is_smallest => Self::High,
            _ => Self::Repeat,
        }
    }
}

/// Twice as wide: three parts of the nearest sample, one of the next.
#[inline(always)]
fn widen(row: &[u8], made: &mut [u8]) {
    let (pairs, _) = made.as_chunks_mut::<2>();
    for (pair, around) in pairs.iter_mut().skip(1).zip(row.windows(3)) {
        let [before, here, after] = [around[0], around[1], around[2]].map(u16::from);
        *pair = [
            ((here * 3 + before + 1) >> 2) as u8,
            ((here * 3 + after + 2) >> 2) as u8,
        ];
    }
    let ends = (row.first_chunk::<2>(), row.last_chunk::<2>(), row.len());
    if let (Some([first, second]), Some([before, last]), len) = ends {
        if let Some(pair) = pairs.first_mut() {
            *pair = [*first, ((u16::from(*first) * 3 + u16::from(*second) + 2) >> 2) as u8];
        }
        if let Some(pair) = pairs.get_mut(len - 1) {
            *pair = [((u16::from(*last) * 3 + u16::from(*before) + 1) >> 2) as u8, *last];
        }
        // An odd width ends in half a pair.
        if let Some(made) = made.get_mut(2 * len - 2) {
            *made = ((u16::from(*last) * 3 + u16::from(*before) + 1) >> 2) as u8;
        }
    }
}

/// As [`widen`], of sums that are four times as large.
#[inline(always)]
fn widen_sums(row: &[u16], made: &mut [u8]) {
    let (pairs, _) = made.as_chunks_mut::<2>();
    for (pair, around) in pairs.iter_mut().skip(1).zip(row.windows(3)) {
        let [before, here, after] = [around[0], around[1], around[2]];
        *pair = [
            ((here * 3 + before + 8) >> 4) as u8,
            ((here * 3 + after + 7) >> 4) as u8,
        ];
    }
    let ends = (row.first_chunk::<2>(), row.last_chunk::<2>(), row.len());
    if let (Some([first, second]), Some([before, last]), len) = ends {
        if let Some(pair) = pairs.first_mut() {
            *pair = [((first * 4 + 8) >> 4) as u8, ((first * 3 + second + 7) >> 4) as u8];
        }
        if let Some(pair) = pairs.get_mut(len - 1) {
            *pair = [((last * 3 + before + 8) >> 4) as u8, ((last * 4 + 7) >> 4) as u8];
        }
        if let Some(made) = made.get_mut(2 * len - 2) {
            *made = ((last * 3 + before + 8) >> 4) as u8;
        }
    }
}
