//! Text in pictures: where lines of text are, and what they say.
//!
//! A decoded picture enters as [`PictureView`], the longer side about 1,280 pixels, and leaves as [`TextLine`]s ([`TextReader::find`])
//! in the order of reading; a far cheaper test says whether it is worth it ([`TextReader::has_text`]). The models know Latin letters
//! with the accents of most European languages and Turkish, Chinese and Japanese; no Cyrillic, Greek, Korean, Arabic, Hebrew, Thai
//! or Devanagari.
//!
//! | file | idea |
//! |---|---|
//! | `layers` | layers read from an asset; the first layers and blocks that all networks have |
//! | `detector` | picture → probability that a pixel lies in a line of text |
//! | `boxes` | these → rectangles of any angle, in the order of reading |
//! | `lines` | each rectangle cut out, upright, 48 rows high |
//! | `recogniser` | this → the likeliest character at every eighth column |
//! | `ctc` | these → text and confidence |

mod boxes;
mod ctc;
mod detector;
mod layers;
mod lines;
mod recogniser;

use candle_core::Device;
use refocus_resize::{ResizeFilter, resize_rgb};

use super::assets::{self, WeightFile};
use super::device::{DeviceReport, SYNTHETIC, best_device, single_threaded_products, synthetic_picture};
use super::ops::Backend;
use super::vector_math::dot;
use super::{ModelError, PictureView};

use boxes::TextBox;
use detector::{Detector, STEP, TextMap};
use lines::Line;
use recogniser::Recogniser;

/// Grows with every change of what [`TextReader::find`] gives for a picture: texts of other revisions are to be read anew.
pub const REVISION: u32 = 2;
/// Longer side of what the gate and the detector read, pixels. Pictures of 512 pixels gain as well: of everyday ones two words were
/// found in 63 of 100 in place of 59 where the detector read 736 pixels, and the gate 512.
const GATE_SIDE: u32 = 736;
const DETECTOR_SIDE: u32 = 1_024;
/// Smaller pictures are enlarged at most so much.
const MOST_ENLARGED: f64 = 4.0;
/// Mean probability of a box at least: of the gate's and of the detector's.
const LEAST: (f32, f32) = (0.4, 0.3);
/// Pictures of a shorter side hold nothing to be read, pixels.
const SMALLEST: u32 = 8;
/// A line that was read with less confidence is read again upside down.
const AGAIN: f32 = 0.8;
/// Confidence of a line at least.
const KEPT: f32 = 0.4;
/// The same of a single letter or digit: edges and ornaments are read as such.
const ALONE: f32 = 0.9;
/// So many times as much must be told one way up as the other for lines of the other to be read again.
const MAJORITY: f32 = 3.0;
/// Lines of a picture that are read at most, the largest ones: a full page has a hundred.
const MOST_LINES: usize = 400;

/// A line of text in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLine {
    /// The corners of a rectangle of any angle around it, x and y as parts of the picture's width and height: from the top left one of
    /// the picture's clockwise. They may lie beyond the picture's edge.
    pub corners: [[f32; 2]; 4],
    /// Quarters of a turn against the clock that bring the rectangle's text upright, 0 to 3.
    pub turns: u8,
    /// What it says, without spaces at its ends.
    pub text: String,
    /// How sure that is, 0.4 to 1.
    pub confidence: f32,
}

/// The models that ship inside the binary. Threads may share them; each call computes on the calling thread alone.
#[derive(Debug)]
pub struct TextReader {
    gate: Detector,
    detector: Detector,
    recogniser: Recogniser,
}

impl TextReader {
    /// Loads the weights to `device`; the layers take the fastest way that the device has.
    ///
    /// # Errors
    /// [`ModelError::Asset`] when a file does not fit, [`ModelError::Compute`] when the device refuses it.
    pub fn built_in(device: &Device) -> Result<Self, ModelError> {
        Self::with_path(device, Backend::for_device(device))
    }

    /// As [`TextReader::built_in`], by `path`.
    ///
    /// # Errors
    /// As [`TextReader::built_in`].
    pub fn with_path(device: &Device, path: Backend) -> Result<Self, ModelError> {
        single_threaded_products();
        let gate = WeightFile::open("text-gate.safetensors", assets::text_gate(), &assets::TEXT_GATE_IS)?;
        let detector = WeightFile::open(
            "text-detector.safetensors",
            assets::text_detector(),
            &assets::TEXT_DETECTOR_IS,
        )?;
        let recogniser = WeightFile::open(
            "text-recogniser.safetensors",
            assets::text_recogniser(),
            &assets::TEXT_RECOGNISER_IS,
        )?;
        Ok(Self {
            gate: Detector::new(&gate, device, path)?,
            detector: Detector::new(&detector, device, path)?,
            recogniser: Recogniser::new(&recogniser, device, path)?,
        })
    }

    /// Loads the models on the best device that passes its self-test, with a report on each device.
    ///
    /// # Errors
    /// As [`TextReader::built_in`] on the CPU. A GPU that fails is reported and left aside.
    pub fn on_best_device() -> Result<(Self, Vec<DeviceReport>), ModelError> {
        best_device(Self::built_in, Self::probe)
    }

    /// What the networks make of the synthetic picture, each part of length 1.
    fn probe(&self) -> Result<Vec<f32>, ModelError> {
        let (width, height) = SYNTHETIC;
        let pixels = synthetic_picture();
        let picture = PictureView::new(width, height, &pixels)?;
        let (width, height) = (f64::from(width), f64::from(height));
        let mut parts = Vec::new();
        for detector in [&self.gate, &self.detector] {
            parts.push(map(detector, picture, size_of_input(picture, GATE_SIDE))?.probabilities);
        }
        let whole = TextBox {
            corners: [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]],
            score: 1.0,
        };
        let (pixels, columns) = Line::cut_out(picture, &whole).whole_steps();
        parts.push(self.recogniser.features(&pixels, columns)?);
        for part in &mut parts {
            let length = dot(part, part).sqrt();
            part.iter_mut().for_each(|value| *value /= length);
        }
        Ok(parts.concat())
    }

    /// Whether an upright sRGB picture looks as if it held text. Among photos of which two words can be read 3 of 100 do not pass;
    /// among photos without any text about 34 of 100 do.
    ///
    /// # Errors
    /// [`ModelError::Resize`] when the resampler refuses the picture, [`ModelError::Compute`] when the device fails.
    pub fn has_text(&self, picture: PictureView<'_>) -> Result<bool, ModelError> {
        if picture.width().min(picture.height()) < SMALLEST {
            return Ok(false);
        }
        let size = size_of_input(picture, GATE_SIDE);
        Ok(boxes::any_box(&map(&self.gate, picture, size)?, LEAST.0))
    }

    /// The lines of text in an upright sRGB picture, in the order of reading; the 400 largest where there are more.
    ///
    /// # Errors
    /// As [`TextReader::has_text`].
    pub fn find(&self, picture: PictureView<'_>) -> Result<Vec<TextLine>, ModelError> {
        self.find_while(picture, &|| true).map(Option::unwrap_or_default)
    }

    /// As [`TextReader::find`]; `None` as soon as `go_on` says no. It is asked before every line.
    ///
    /// # Errors
    /// As [`TextReader::has_text`].
    pub fn find_while(
        &self,
        picture: PictureView<'_>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<TextLine>>, ModelError> {
        let boxes = largest(self.boxes(picture)?);
        let mut readings = Vec::with_capacity(boxes.len());
        for text in &boxes {
            if !go_on() {
                return Ok(None);
            }
            readings.push(self.reading(&Line::cut_out(picture, text))?);
        }
        let page = Page::of(&readings);
        for (text, reading) in boxes.iter().zip(&mut readings) {
            if page.is_upside_down_to(reading.turns) {
                if !go_on() {
                    return Ok(None);
                }
                let line = Line::cut_out(picture, text);
                let line = if line.turns == reading.turns {
                    line.upside_down()
                } else {
                    line
                };
                let turned = self.read(&line)?;
                if turned.tells() > reading.tells() {
                    *reading = turned;
                }
            }
        }
        let order = boxes::reading_order(&boxes, page.direction(&boxes, &readings));
        let lines = order.into_iter().filter_map(|place| {
            let (text, reading) = (boxes.get(place)?, readings.get(place)?);
            reading.is_sure().then(|| reading.line_in(picture, text))
        });
        Ok(Some(lines.collect()))
    }

    /// Where lines of text are, in pixels of the picture.
    fn boxes(&self, picture: PictureView<'_>) -> Result<Vec<TextBox>, ModelError> {
        if picture.width().min(picture.height()) < SMALLEST {
            return Ok(Vec::new());
        }
        let map = map(&self.detector, picture, size_of_input(picture, DETECTOR_SIDE))?;
        let size = (f64::from(picture.width()), f64::from(picture.height()));
        Ok(boxes::boxes(&map, size, LEAST.1))
    }

    /// What stands in a line, the surer of both ways up where the first is not sure.
    fn reading(&self, line: &Line) -> Result<Reading, ModelError> {
        let first = self.read(line)?;
        if first.confidence >= AGAIN {
            return Ok(first);
        }
        let turned = self.read(&line.upside_down())?;
        Ok(if turned.confidence > first.confidence {
            turned
        } else {
            first
        })
    }

    fn read(&self, line: &Line) -> Result<Reading, ModelError> {
        let (pixels, width) = line.whole_steps();
        let steps = self.recogniser.forward(&pixels, width)?;
        let (text, confidence) = ctc::decoded(&steps, &self.recogniser.characters);
        Ok(Reading {
            text: text.trim().to_owned(),
            confidence,
            turns: line.turns,
        })
    }
}

/// What was read in a box.
struct Reading {
    text: String,
    confidence: f32,
    /// Quarters of a turn against the clock that brought it upright.
    turns: u8,
}

impl Reading {
    fn letters(&self) -> usize {
        self.text.chars().filter(|letter| letter.is_alphanumeric()).count()
    }

    /// Whether it is kept.
    fn is_sure(&self) -> bool {
        let letters = self.letters();
        self.confidence >= KEPT && letters > 0 && (letters > 1 || self.confidence >= ALONE)
    }

    /// How much it tells: letters, as far as they are sure.
    fn tells(&self) -> f32 {
        self.letters() as f32 * self.confidence
    }

    fn line_in(&self, picture: PictureView<'_>, text: &TextBox) -> TextLine {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        TextLine {
            corners: text.corners.map(|[x, y]| [(x / width) as f32, (y / height) as f32]),
            turns: self.turns,
            text: self.text.clone(),
            confidence: self.confidence,
        }
    }
}

/// Which way up the text of a picture is.
struct Page {
    /// What the lines tell that were brought upright by 0 to 3 quarters of a turn.
    tells: [f32; 4],
}

impl Page {
    fn of(readings: &[Reading]) -> Self {
        let mut tells = [0.0; 4];
        for reading in readings.iter().filter(|reading| reading.is_sure()) {
            if let Some(tells) = tells.get_mut(usize::from(reading.turns % 4)) {
                *tells += reading.tells();
            }
        }
        Self { tells }
    }

    fn told(&self, turns: u8) -> f32 {
        self.tells.get(usize::from(turns % 4)).copied().unwrap_or_default()
    }

    /// Whether a line that was read this way up is upside down to nearly all others. Some letters look alike both ways up: of such a
    /// line they are read, and surely.
    fn is_upside_down_to(&self, turns: u8) -> bool {
        self.told(turns + 2) > MAJORITY * self.told(turns)
    }

    /// In which direction most lines run: a unit vector.
    fn direction(&self, boxes: &[TextBox], readings: &[Reading]) -> [f64; 2] {
        let most = (0..4u8).max_by(|a, b| self.told(*a).total_cmp(&self.told(*b)).then(b.cmp(a)));
        let of_most = boxes
            .iter()
            .zip(readings)
            .filter(|(_, reading)| Some(reading.turns) == most && reading.is_sure());
        let sum = of_most
            .map(|(text, reading)| boxes::runs_along(text, reading.turns))
            .fold([0.0, 0.0], |sum, along| [sum[0] + along[0], sum[1] + along[1]]);
        let length = sum[0].hypot(sum[1]);
        if length > 0.0 {
            sum.map(|part| part / length)
        } else {
            [1.0, 0.0]
        }
    }
}

/// The [`MOST_LINES`] boxes of the largest area, in the order in which they were found.
fn largest(mut boxes: Vec<TextBox>) -> Vec<TextBox> {
    if boxes.len() > MOST_LINES {
        let mut areas: Vec<f64> = boxes.iter().map(TextBox::area).collect();
        areas.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = areas.get(MOST_LINES - 1).copied().unwrap_or_default();
        boxes.retain(|text| text.area() >= least);
        boxes.truncate(MOST_LINES);
    }
    boxes
}

/// The detector's map of a picture brought to `size`.
fn map(detector: &Detector, picture: PictureView<'_>, size: (u32, u32)) -> Result<TextMap, ModelError> {
    let from = (picture.width(), picture.height());
    let resized = resize_rgb(picture.rgb(), from, size, ResizeFilter::Bilinear)?;
    Ok(detector.forward(&resized, (size.0 as usize, size.1 as usize))?)
}

/// Width and height of a detector's input, multiples of [`STEP`]: the longer side is brought to `side`, as far as
/// [`MOST_ENLARGED`] lets it.
fn size_of_input(picture: PictureView<'_>, side: u32) -> (u32, u32) {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let factor = (f64::from(side) / width.max(height)).min(MOST_ENLARGED);
    let whole = |length: f64| (length * factor / STEP as f64 + 0.5).floor().max(1.0) as u32 * STEP as u32;
    (whole(width), whole(height))
}

#[cfg(test)]
mod tests;
