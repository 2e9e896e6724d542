//! Smooth random fields: value noise on a lattice, and sums of it over octaves.

use super::picture::smoothstep;
use super::random::Dice;

const CELLS: usize = 64;

/// A 64×64 lattice of random values in −1..1 that repeats, read with smooth interpolation.
pub(super) struct Noise {
    lattice: Vec<f32>,
}

impl Noise {
    pub(super) fn new(dice: &mut Dice) -> Self {
        Self {
            lattice: (0..CELLS * CELLS).map(|_| dice.range(-1.0, 1.0)).collect(),
        }
    }

    fn node(&self, x: i32, y: i32) -> f32 {
        let wrap = |value: i32| value.rem_euclid(CELLS as i32) as usize;
        self.lattice[wrap(y) * CELLS + wrap(x)]
    }

    /// The field at (x, y), lattice cells as the unit; −1..1.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (u, v) = (smoothstep(0.0, 1.0, x - column), smoothstep(0.0, 1.0, y - row));
        let (column, row) = (column as i32, row as i32);
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
