//! From the markers of a JPEG to its samples.
//!
//! Source: ITU-T T.81, annex B (markers).

use super::super::colour_profile::Samples;
use super::super::failure::Failure;
use super::super::jpeg_segments::{Coding, Frame, JpegSegments, next_marker, next_segment};
use super::bits::Segment;
use super::colour::{ColourModel, to_samples};
use super::components::Component;
use super::huffman::{HuffmanTable, standard};
use super::progressive::{Band, Coefficients, MeanPart, MeanScan, WaveScan};
use super::scan::{self, ScanEnd};
use super::sequential::Sequential;
use super::transform::{Quantisation, ZIGZAG};
use super::{damaged, ends_early};

/// Of a picture that is whole by its end marker one unit in so many may be lost: a flaw in a corner, not half the picture.
const MAY_BE_LOST: usize = 16;

/// Of however small a picture: what a scan brings along, tables of codes above all, costs time too.
const MOST_SCANS: u64 = 1000;

/// What a decoding may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Passes over the picture that any file may take.
    pub(super) scans: u64,
    /// Pixels × passes, where there are more.
    pub(super) pixels: u64,
}

/// Decodes the first picture of `file` at so many eighths of its size.
///
/// # Errors
/// The file ends before the picture does, or is damaged; more effort than allowed; out of memory.
pub(super) fn decode(
    file: &[u8],
    segments: &JpegSegments<'_>,
    frame: &Frame,
    eighths: u32,
    effort: Effort,
) -> Result<Samples, Failure> {
    let mut decoder = Decoder {
        file,
        frame,
        effort,
        components: Component::all(frame, eighths),
        coefficients: frame.components.iter().map(|_| None).collect(),
        quantisation: [None; 4],
        dc: [const { None }; 4],
        ac: [const { None }; 4],
        restart_interval: 0,
        scans: 0,
        segment: Segment::default(),
        worst: ScanEnd::default(),
        may_pass_over: segments.ended,
    };
    let ended = decoder.read_scans()?;
    decoder.check(ended)?;
    for (component, coefficients) in decoder.components.iter_mut().zip(&mut decoder.coefficients) {
        if let Some(coefficients) = coefficients.take() {
            coefficients.write_plane(component)?;
        }
    }
    let names: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
    let model = ColourModel::of(&names, segments.jfif, segments.adobe_transform);
    let (width, height) = super::scaled_size(frame, eighths);
    to_samples(&decoder.components, model, (width as usize, height as usize))
}

struct Decoder<'a> {
    file: &'a [u8],
    frame: &'a Frame,
    effort: Effort,
    components: Vec<Component>,
    /// Of each component, once a progressive scan was there.
    coefficients: Vec<Option<Coefficients>>,
    quantisation: [Option<Quantisation>; 4],
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    /// Units between restart markers; 0 = none.
    restart_interval: usize,
    scans: u64,
    segment: Segment,
    /// The scan that lacks most.
    worst: ScanEnd,
    /// Whether scans that the scale does not need may be passed over: only where the end marker says that they are there.
    may_pass_over: bool,
}

/// A component's part in a scan's header: its place in the frame, its tables.
struct ScanPart {
    component: usize,
    dc: usize,
    ac: usize,
}

impl Decoder<'_> {
    /// Reads until all is there or nothing more comes. Gives whether the picture's end marker was met, as far as that matters.
    fn read_scans(&mut self) -> Result<bool, Failure> {
        let mut at = 2;
        let mut has_frame = false;
        while let Some((marker, body, behind)) = next_segment(self.file, at) {
            at = behind;
            match marker {
                0xD9 => return Ok(true),
                // Another picture.
                0xD8 if has_frame => break,
                0xDB => self.read_quantisation(body)?,
                0xC4 => self.read_huffman(body)?,
                0xDD => {
                    if let [high, low, ..] = body {
                        self.restart_interval = usize::from(*high) << 8 | usize::from(*low);
                    }
                }
                // A second frame belongs to another picture.
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if has_frame => break,
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => has_frame = true,
                0xDA if has_frame => {
                    at = self.read_scan(body, at)?;
                    if self.all_is_there() {
                        return Ok(self.ends_at(at));
                    }
                }
                _ => {}
            }
        }
        Ok(false)
    }

    /// Whether no scan can bring more.
    fn all_is_there(&self) -> bool {
        if self.frame.coding == Coding::Progressive {
            let complete = |of: &Option<Coefficients>| of.as_ref().is_some_and(Coefficients::are_complete);
            self.coefficients.iter().all(complete)
        } else {
            self.components.iter().all(|component| !component.plane.is_empty())
        }
    }

    /// Whether the end marker stands at `at`; behind a segment that tells the number of lines, too.
    fn ends_at(&self, at: usize) -> bool {
        let marker = |at: usize| next_marker(self.file, at).filter(|(_, behind)| behind.saturating_sub(at) < 64);
        match marker(at) {
            Some((0xDC, behind)) => marker(behind + 4).is_some_and(|(next, _)| next == 0xD9),
            next => next.is_some_and(|(next, _)| next == 0xD9),
        }
    }

    /// Refuses what lacks pixels.
    fn check(&self, ended: bool) -> Result<(), Failure> {
        let begun = if self.frame.coding == Coding::Progressive {
            let has_mean = |of: &Option<Coefficients>| of.as_ref().is_some_and(Coefficients::has_mean);
            self.coefficients.iter().all(has_mean)
        } else {
            self.all_is_there()
        };
        let ScanEnd { units, missing, .. } = self.worst;
        let may_be_lost = if ended { units / MAY_BE_LOST } else { 0 };
        if begun && (ended || self.all_is_there()) && missing <= may_be_lost.max(usize::from(ended)) {
            return Ok(());
        }
        if self.worst.damaged {
            return Err(damaged("parts of it make no sense"));
        }
        Err(ends_early())
    }

    fn read_quantisation(&mut self, mut body: &[u8]) -> Result<(), Failure> {
        while let [precision_and_number, rest @ ..] = body {
            let wide = precision_and_number >> 4 != 0;
            let len = if wide { 128 } else { 64 };
            let (Some((steps, after)), Some(table)) = (
                rest.split_at_checked(len),
                self.quantisation.get_mut(usize::from(precision_and_number & 15)),
            ) else {
                return Err(damaged("a table of it is cut"));
            };
            let mut quantisation: Quantisation = [0; 64];
            for (at, place) in ZIGZAG.iter().enumerate() {
                let step = if wide {
                    steps
                        .get(2 * at..2 * at + 2)
                        .map(|pair| i32::from(pair[0]) << 8 | i32::from(pair[1]))
                } else {
                    steps.get(at).copied().map(i32::from)
                };
                quantisation[usize::from(place & 63)] = step.unwrap_or(0);
            }
            *table = Some(quantisation);
            body = after;
        }
        Ok(())
    }

    fn read_huffman(&mut self, mut body: &[u8]) -> Result<(), Failure> {
        while let [class_and_number, rest @ ..] = body {
            let cut = || damaged("a table of it is cut");
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(cut)?;
            let len = counts.iter().map(|&count| usize::from(count)).sum();
            let (values, after) = rest.split_at_checked(len).ok_or_else(cut)?;
            let tables = if class_and_number >> 4 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            let table = tables.get_mut(usize::from(class_and_number & 15)).ok_or_else(cut)?;
            *table = Some(HuffmanTable::new(counts, values)?);
            body = after;
        }
        Ok(())
    }

    /// Reads the scan with header `body` and data from `at`. Gives where the next marker is to be looked for.
    fn read_scan(&mut self, body: &[u8], at: usize) -> Result<usize, Failure> {
        self.scans += 1;
        let Frame { width, height, .. } = self.frame;
        let pixels = u64::from(*width) * u64::from(*height);
        let too_many = pixels.saturating_mul(self.scans) > self.effort.pixels || self.scans > MOST_SCANS;
        if self.scans > self.effort.scans && too_many {
            return Err(Failure::too_large(format!(
                "It builds its {width} × {height} pixels up in more than {} passes, more than any camera writes. Save it \
                 anew to search it.",
                self.scans - 1
            )));
        }
        let (parts, spectral) = self.scan_parts(body)?;
        for part in &parts {
            self.begin_component(part)?;
        }
        let end = if self.frame.coding == Coding::Progressive {
            let band = Band::new(spectral[0], spectral[1], spectral[2], parts.len())?;
            self.read_progressive(&parts, &band, at)?
        } else {
            self.read_sequential(&parts, at)?
        };
        let lacks_more =
            |a: &ScanEnd, b: &ScanEnd| a.missing as u64 * b.units as u64 > b.missing as u64 * a.units as u64;
        if self.worst.units == 0 || lacks_more(&end, &self.worst) {
            self.worst = end;
        }
        Ok(end.at)
    }

    /// The components of a scan and the three bytes behind them.
    fn scan_parts(&self, body: &[u8]) -> Result<(Vec<ScanPart>, [u8; 3]), Failure> {
        let header = || damaged("a scan of it is impossible");
        let (count, rest) = body.split_first().ok_or_else(header)?;
        let (named, rest) = rest.split_at_checked(usize::from(*count) * 2).ok_or_else(header)?;
        let spectral = rest.first_chunk::<3>().ok_or_else(header)?;
        let mut parts: Vec<ScanPart> = Vec::new();
        for pair in named.chunks_exact(2) {
            let component = self
                .frame
                .components
                .iter()
                .position(|component| component.id == pair[0]);
            let component = component.ok_or_else(header)?;
            if parts.iter().any(|part| part.component == component) {
                return Err(header());
            }
            parts.push(ScanPart {
                component,
                dc: usize::from(pair[1] >> 4),
                ac: usize::from(pair[1] & 15),
            });
        }
        if parts.is_empty() {
            return Err(header());
        }
        Ok((parts, *spectral))
    }

    /// Takes the steps of the coefficients over at a component's first scan (T.81, B.2.4.1).
    fn begin_component(&mut self, part: &ScanPart) -> Result<(), Failure> {
        if let Some(component) = self.components.get_mut(part.component)
            && component.quantisation.is_none()
        {
            let table = self.quantisation.get(usize::from(component.sampling.quantisation));
            component.quantisation = *table.unwrap_or(&None);
            if component.quantisation.is_none() {
                return Err(damaged("a table is missing"));
            }
        }
        Ok(())
    }

    /// Motion JPEG leaves out the tables that everybody has.
    fn fill_in_table(&mut self, alternating: bool, number: usize) -> Result<(), Failure> {
        let tables = if alternating { &mut self.ac } else { &mut self.dc };
        match tables.get_mut(number) {
            Some(Some(_)) => Ok(()),
            Some(table) if number < 2 => {
                *table = Some(standard(alternating, number == 1)?);
                Ok(())
            }
            _ => Err(damaged("a table is missing")),
        }
    }

    fn read_sequential(&mut self, parts: &[ScanPart], at: usize) -> Result<ScanEnd, Failure> {
        for part in parts {
            self.fill_in_table(false, part.dc)?;
            self.fill_in_table(true, part.ac)?;
            let passes_over = self.components.get(part.component).is_some_and(|c| c.last_needed < 63);
            if let Some(Some(ac)) = self.ac.get_mut(part.ac)
                && passes_over
            {
                ac.prepare_to_skip();
            }
        }
        let mut components: Vec<Option<&mut Component>> = self.components.iter_mut().map(Some).collect();
        let chosen = parts.iter().filter_map(|part| {
            let component = components.get_mut(part.component)?.take()?;
            let dc = self.dc.get(part.dc)?.as_ref()?;
            let ac = self.ac.get(part.ac)?.as_ref()?;
            Some((component, dc, ac))
        });
        let mut units = Sequential::new(chosen.collect())?;
        scan::read(self.file, at, self.restart_interval, &mut self.segment, &mut units)
    }

    fn read_progressive(&mut self, parts: &[ScanPart], band: &Band, at: usize) -> Result<ScanEnd, Failure> {
        let needed = |part: &ScanPart| self.components.get(part.component).is_none_or(|c| c.last_needed > 0);
        let pass_over = self.may_pass_over && band.first > 0 && !parts.iter().any(needed);
        for part in parts {
            if band.first > 0 {
                self.fill_in_table(true, part.ac)?;
            } else if !band.refines {
                self.fill_in_table(false, part.dc)?;
            }
            if let (Some(component), Some(coefficients)) = (
                self.components.get(part.component),
                self.coefficients.get_mut(part.component),
            ) {
                if coefficients.is_none() {
                    *coefficients = Some(Coefficients::of(component)?);
                }
                if let Some(coefficients) = coefficients {
                    coefficients.note(band);
                }
            }
        }
        if pass_over {
            return Ok(ScanEnd {
                at,
                ..ScanEnd::default()
            });
        }
        let mut of_components: Vec<Option<&mut Coefficients>> =
            self.coefficients.iter_mut().map(Option::as_mut).collect();
        let mut chosen = parts.iter().filter_map(|part| {
            let component = self.components.get(part.component)?;
            let coefficients = of_components.get_mut(part.component)?.take()?;
            Some((part, component, coefficients))
        });
        let (interval, segment) = (self.restart_interval, &mut self.segment);
        if band.first == 0 {
            let parts = chosen
                .map(|(part, component, coefficients)| MeanPart {
                    component,
                    coefficients,
                    dc: self.dc.get(part.dc).and_then(Option::as_ref),
                })
                .collect();
            let mut units = MeanScan { parts, band: *band };
            return scan::read(self.file, at, interval, segment, &mut units);
        }
        let (Some((part, component, coefficients)), missing) = (chosen.next(), || damaged("a table is missing")) else {
            return Err(damaged("a scan of it is impossible"));
        };
        let ac = self.ac.get(part.ac).and_then(Option::as_ref).ok_or_else(missing)?;
        let mut units = WaveScan {
            component,
            coefficients,
            ac,
            band: *band,
        };
        scan::read(self.file, at, interval, segment, &mut units)
    }
}
