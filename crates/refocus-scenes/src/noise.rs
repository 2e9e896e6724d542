//! Smooth random fields: value noise on a lattice, and sums of it over octaves.

use super::random::Rng;

const CELLS: usize = 64;

/// `floor` without the call into the system's mathematics library, which is what took most of the time.
fn whole_below(value: f32) -> i32 {
    let whole = value as i32;
    whole - i32::from(whole as f32 > value)
}

/// A 64×64 lattice of random values in −1..1 that repeats, read with smooth interpolation.
pub(super) struct Noise {
    lattice: Vec<f32>,
}

impl Noise {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            lattice: (0..CELLS * CELLS).map(|_| rng.range(-1.0, 1.0)).collect(),
        }
    }

    fn node(&self, x: i32, y: i32) -> f32 {
        // The lattice has a power of two of cells a side: a mask wraps negative places too.
        let wrap = |value: i32| (value & (CELLS as i32 - 1)) as usize;
        self.lattice[wrap(y) * CELLS + wrap(x)]
    }

    /// The field at (x, y), lattice cells as the unit; −1..1.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (whole_below(x), whole_below(y));
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v) = (ease(x - column as f32), ease(y - row as f32));
        let top = self.node(column, row) * (1.0 - u) + self.node(column + 1, row) * u;
        let bottom = self.node(column, row + 1) * (1.0 - u) + self.node(column + 1, row + 1) * u;
        top * (1.0 - v) + bottom * v
    }

    /// Octaves of the field, each twice as fine and half as strong; about −1..1.
    pub(super) fn fractal(&self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut total, mut step) = (0.0, 1.0, 0.0, 1.0);
        for octave in 0..octaves {
            // A shift per octave keeps lattice lines of the octaves from falling together.
            let shift = octave as f32 * 17.3;
            sum += weight * self.at(x * step + shift, y * step - shift);
            total += weight;
            weight *= 0.5;
            step *= 2.0;
        }
        sum / total
    }

    /// A value for each whole cell, without interpolation: the tone of a brick or a plank; −1..1.
    pub(super) fn cell(&self, x: i32, y: i32) -> f32 {
        self.node(x.wrapping_mul(7), y.wrapping_mul(13))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Split, Stream};

    #[test]
    fn the_field_is_smooth_within_its_range_and_repeats() {
        let noise = Noise::new(&mut Rng::new(1, Split::Test, Stream::Demo));
        for step in -400..400 {
            let (x, y) = (step as f32 * 0.37, step as f32 * -0.21);
            let here = noise.at(x, y);
            assert!(here.abs() <= 1.0 && noise.fractal(x, y, 4).abs() <= 1.0);
            assert!((noise.at(x + 0.001, y) - here).abs() < 0.01, "no jump at {x}");
            assert!(
                (noise.at(x + 64.0, y - 64.0) - here).abs() < 0.001,
                "repeats after 64 cells at {x}"
            );
        }
    }
}
