//! JPEG files of every kind, written for tests: any sampling, restart intervals, sequential or progressive.
//!
//! Slow and plain: cosines as the standard has them (T.81, A.3.3), one table of Huffman codes for all, unless the standard's own
//! are asked for.

use super::transform::ZIGZAG;

/// Coefficients of a component's blocks, in the order of the file, row by row.
struct Blocks {
    across: usize,
    own_across: usize,
    own_down: usize,
    blocks: Vec<[i32; 64]>,
}

/// How coefficients are spread over scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scans {
    /// All in one.
    Interleaved,
    /// One of each component.
    Separate,
    /// Means and bands, each bit by bit.
    Progressive,
}

/// A file to be.
#[derive(Clone, Debug)]
pub(super) struct TestFile {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Name, share across, share down of each component.
    pub(super) components: Vec<(u8, usize, usize)>,
    pub(super) scans: Scans,
    pub(super) restart_interval: usize,
    /// Step of the coefficients; those of high frequency have larger ones.
    pub(super) step: usize,
    /// Segments behind the start marker.
    pub(super) segments: Vec<(u8, Vec<u8>)>,
    /// Whether the standard's Huffman codes are used, with their long codes; not for progressive files.
    pub(super) standard_codes: bool,
}

impl TestFile {
    /// Of three components with the shares of the first one.
    pub(super) fn new(width: usize, height: usize, (across, down): (usize, usize), scans: Scans) -> Self {
        Self {
            width,
            height,
            components: vec![(1, across, down), (2, 1, 1), (3, 1, 1)],
            scans,
            restart_interval: 0,
            step: 3,
            segments: Vec::new(),
            standard_codes: false,
        }
    }

    /// Of one component.
    pub(super) fn grey(width: usize, height: usize, scans: Scans) -> Self {
        Self {
            components: vec![(1, 1, 1)],
            ..Self::new(width, height, (1, 1), scans)
        }
    }

    /// The level of component `index` at a place of the picture: waves of several lengths, an edge, and grain.
    fn level(&self, index: usize, x: f64, y: f64) -> f64 {
        let phase = index as f64;
        let wave =
            50.0 * (x / 17.0 + phase).sin() * (y / 23.0 - phase).cos() + 20.0 * ((x + 2.0 * y) / 5.0 + phase).sin();
        let edge = if x + y > (self.width + self.height) as f64 / 2.0 {
            25.0
        } else {
            -25.0
        };
        let seed = (x as i64 * 7919 + y as i64 * 104_729 + index as i64 * 31) as f64;
        wave + edge + 8.0 * (seed.sin() * 43_758.545_3).fract()
    }

    fn shares(&self) -> (usize, usize) {
        let across = self.components.iter().map(|c| c.1).max().unwrap();
        (across, self.components.iter().map(|c| c.2).max().unwrap())
    }

    fn quantisation(&self) -> [i32; 64] {
        std::array::from_fn(|k| (self.step + k * self.step / 8) as i32)
    }

    fn blocks(&self, index: usize) -> Blocks {
        let (_, h, v) = self.components[index];
        let (widest, tallest) = self.shares();
        let across = self.width.div_ceil(8 * widest) * h;
        let down = self.height.div_ceil(8 * tallest) * v;
        let (wide, high) = ((self.width * h).div_ceil(widest), (self.height * v).div_ceil(tallest));
        let (step_x, step_y) = (widest as f64 / h as f64, tallest as f64 / v as f64);
        let sample = |x: usize, y: usize| {
            let (x, y) = (x.min(wide - 1) as f64, y.min(high - 1) as f64);
            self.level(index, (x + 0.5) * step_x, (y + 0.5) * step_y)
                .clamp(-128.0, 127.0)
        };
        let steps = self.quantisation();
        let cosine: [[f64; 8]; 8] = std::array::from_fn(|u| {
            std::array::from_fn(|x| {
                let scale = if u == 0 { 0.5f64.sqrt() / 2.0 } else { 0.5 };
                scale * ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos()
            })
        });
        let block = |column: usize, row: usize| {
            let samples: [[f64; 8]; 8] =
                std::array::from_fn(|y| std::array::from_fn(|x| sample(column * 8 + x, row * 8 + y)));
            let rows: [[f64; 8]; 8] =
                std::array::from_fn(|y| std::array::from_fn(|u| (0..8).map(|x| samples[y][x] * cosine[u][x]).sum()));
            std::array::from_fn(|k| {
                let (u, v) = (usize::from(ZIGZAG[k]) % 8, usize::from(ZIGZAG[k]) / 8);
                let exact: f64 = (0..8).map(|y| rows[y][u] * cosine[v][y]).sum();
                (exact / f64::from(steps[k])).round() as i32
            })
        };
        Blocks {
            across,
            own_across: wide.div_ceil(8),
            own_down: high.div_ceil(8),
            blocks: (0..across * down).map(|at| block(at % across, at / across)).collect(),
        }
    }

    /// The file.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        for (marker, body) in &self.segments {
            push_segment(&mut file, *marker, body);
        }
        let steps = self.quantisation().map(|step| step.min(255) as u8);
        push_segment(&mut file, 0xDB, &[&[0u8] as &[u8], &steps].concat());
        let kind = if self.scans == Scans::Progressive { 0xC2 } else { 0xC0 };
        let size = [self.height.to_be_bytes(), self.width.to_be_bytes()].map(|side| [side[6], side[7]]);
        let components = self
            .components
            .iter()
            .flat_map(|&(id, h, v)| [id, (h << 4 | v) as u8, 0]);
        let head = [&[8u8] as &[u8], &size.concat(), &[self.components.len() as u8]].concat();
        push_segment(
            &mut file,
            kind,
            &head.into_iter().chain(components).collect::<Vec<u8>>(),
        );
        for class in [0u8, 0x10] {
            let (counts, values) = self.codes(class != 0);
            push_segment(&mut file, 0xC4, &[&[class] as &[u8], &counts, &values].concat());
        }
        if self.restart_interval > 0 {
            push_segment(&mut file, 0xDD, &(self.restart_interval as u16).to_be_bytes());
        }
        self.write_scans(&mut file);
        file.extend([0xFF, 0xD9]);
        file
    }

    fn codes(&self, alternating: bool) -> ([u8; 16], Vec<u8>) {
        if self.standard_codes {
            return super::huffman::standard_codes(alternating, false);
        }
        let mut counts = [0; 16];
        if !alternating {
            counts[4] = 16;
            return (counts, (0..16).collect());
        }
        // A hundred codes of 8 bits, the others of 9.
        (counts[7], counts[8]) = (100, 156);
        (counts, (0..=255).collect())
    }

    fn write_scans(&self, file: &mut Vec<u8>) {
        let all: Vec<Blocks> = (0..self.components.len()).map(|index| self.blocks(index)).collect();
        let every: Vec<usize> = (0..all.len()).collect();
        match self.scans {
            Scans::Interleaved => self.write_scan(file, &all, &every, [0, 63, 0]),
            Scans::Separate => every
                .iter()
                .for_each(|&at| self.write_scan(file, &all, &[at], [0, 63, 0])),
            Scans::Progressive => {
                self.write_scan(file, &all, &every, [0, 0, 0x01]);
                for &at in &every {
                    self.write_scan(file, &all, &[at], [1, 5, 0x02]);
                    self.write_scan(file, &all, &[at], [6, 63, 0x02]);
                }
                self.write_scan(file, &all, &every, [0, 0, 0x10]);
                for high_low in [0x21, 0x10] {
                    every
                        .iter()
                        .for_each(|&at| self.write_scan(file, &all, &[at], [1, 63, high_low]));
                }
            }
        }
    }

    fn write_scan(&self, file: &mut Vec<u8>, all: &[Blocks], chosen: &[usize], band: [u8; 3]) {
        let mut header = vec![chosen.len() as u8];
        chosen.iter().for_each(|&at| header.extend([self.components[at].0, 0]));
        header.extend(band);
        push_segment(file, 0xDA, &header);
        let (widest, tallest) = self.shares();
        let (units_across, units) = match chosen {
            [one] => (all[*one].own_across, all[*one].own_across * all[*one].own_down),
            _ => {
                let across = self.width.div_ceil(8 * widest);
                (across, across * self.height.div_ceil(8 * tallest))
            }
        };
        let mut writer = Writer::new(self, band);
        for unit in 0..units {
            if self.restart_interval > 0 && unit > 0 && unit % self.restart_interval == 0 {
                file.extend(writer.finish());
                file.extend([0xFF, 0xD0 + ((unit / self.restart_interval - 1) % 8) as u8]);
                writer = Writer::new(self, band);
            }
            for &at in chosen {
                let (_, h, v) = if chosen.len() == 1 {
                    (0, 1, 1)
                } else {
                    self.components[at]
                };
                for y in 0..v {
                    for x in 0..h {
                        let (column, row) = (unit % units_across * h + x, unit / units_across * v + y);
                        writer.block(at, &all[at].blocks[row * all[at].across + column]);
                    }
                }
            }
        }
        file.extend(writer.finish());
    }
}

pub(super) fn push_segment(file: &mut Vec<u8>, marker: u8, body: &[u8]) {
    file.extend([0xFF, marker]);
    file.extend((body.len() as u16 + 2).to_be_bytes());
    file.extend(body);
}

/// Bits of a restart interval.
struct Writer {
    bits: Vec<bool>,
    codes: [Vec<(u32, u32)>; 2],
    first: usize,
    last: usize,
    low: u32,
    refines: bool,
    means: [i32; 4],
    /// Blocks without further coefficients, and the bits that refine them.
    ended: u32,
    corrections: Vec<bool>,
}

impl Writer {
    fn new(file: &TestFile, [first, last, high_low]: [u8; 3]) -> Self {
        let codes = [false, true].map(|alternating| {
            let (counts, values) = file.codes(alternating);
            let mut codes = vec![(0, 0); 256];
            let (mut code, mut values) = (0, values.into_iter());
            for (length, count) in (1..).zip(counts) {
                for value in values.by_ref().take(count.into()) {
                    codes[usize::from(value)] = (code, length);
                    code += 1;
                }
                code <<= 1;
            }
            codes
        });
        Self {
            bits: Vec::new(),
            codes,
            first: first.into(),
            last: last.into(),
            low: u32::from(high_low & 15),
            refines: high_low >> 4 > 0,
            means: [0; 4],
            ended: 0,
            corrections: Vec::new(),
        }
    }

    fn push(&mut self, bits: u32, count: u32) {
        self.bits.extend((0..count).rev().map(|bit| bits >> bit & 1 == 1));
    }

    fn symbol(&mut self, alternating: bool, value: u32) {
        let (code, length) = self.codes[usize::from(alternating)][value as usize];
        assert!(length > 0, "no code for {value:#x}");
        self.push(code, length);
    }

    /// Zeros and a coefficient.
    fn coefficient(&mut self, alternating: bool, run: u32, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.symbol(alternating, run << 4 | size);
        let bits = if value < 0 { value + (1 << size) - 1 } else { value };
        self.push(bits as u32, size);
    }

    fn block(&mut self, component: usize, block: &[i32; 64]) {
        if self.first == 0 {
            let mean = block[0] >> self.low;
            if self.refines {
                self.push(mean as u32 & 1, 1);
            } else {
                self.coefficient(false, 0, mean - self.means[component]);
                self.means[component] = mean;
            }
        }
        if self.last > 0 {
            let from = self.first.max(1);
            let part: Vec<i32> = block[from..=self.last]
                .iter()
                .map(|value| value / (1 << self.low))
                .collect();
            if self.refines {
                self.refine(&part);
            } else {
                self.waves(&part);
            }
        }
    }

    fn waves(&mut self, part: &[i32]) {
        let mut run = 0;
        for &value in part {
            if value == 0 {
                run += 1;
                continue;
            }
            self.end_blocks();
            while run > 15 {
                self.symbol(true, 0xF0);
                run -= 16;
            }
            self.coefficient(true, run, value);
            run = 0;
        }
        if run > 0 {
            self.ended += 1;
            // Sequential files have no runs of ended blocks.
            if self.first == 0 || self.ended == 0x7FFF {
                self.end_blocks();
            }
        }
    }

    fn refine(&mut self, part: &[i32]) {
        let last_new = part.iter().rposition(|value| value.abs() == 1);
        let (mut run, mut bits) = (0, Vec::new());
        for (at, value) in part.iter().enumerate() {
            if *value == 0 {
                run += 1;
                continue;
            }
            while run > 15 && last_new.is_some_and(|last| at <= last) {
                self.end_blocks();
                self.symbol(true, 0xF0);
                self.bits.append(&mut bits);
                run -= 16;
            }
            if value.abs() > 1 {
                bits.push(value.abs() & 1 == 1);
                continue;
            }
            self.end_blocks();
            self.symbol(true, run << 4 | 1);
            self.bits.push(*value > 0);
            self.bits.append(&mut bits);
            run = 0;
        }
        if run > 0 || !bits.is_empty() {
            self.ended += 1;
            self.corrections.append(&mut bits);
        }
    }

    fn end_blocks(&mut self) {
        if self.ended > 0 {
            let size = self.ended.ilog2();
            self.symbol(true, size << 4);
            self.push(self.ended - (1 << size), size);
            self.ended = 0;
            let corrections = std::mem::take(&mut self.corrections);
            self.bits.extend(corrections);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.end_blocks();
        self.bits.resize(self.bits.len().next_multiple_of(8), true);
        let bytes = self
            .bits
            .chunks(8)
            .map(|byte| byte.iter().fold(0u8, |sum, &bit| sum << 1 | u8::from(bit)));
        bytes
            .flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] })
            .collect()
    }
}
