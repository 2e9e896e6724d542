//! Seeded randomness: one generator per (split, generator, seed), the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// Which half of all seeds a picture is drawn from.
///
/// The split is a byte of the generator's 256-bit key, so no training seed can ever equal a test seed: the two live
/// in different keys whatever their numbers are. Training pictures also leave out the held-out pairs of
/// [`super::vocabulary`]; test pictures draw all pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Pictures that a focus encoder may be trained on.
    Training,
    /// Pictures that are only ever judged on, and the demo photos.
    Test,
}

/// Which generator a stream of numbers feeds, so that equal seeds of two generators are unrelated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Shapes = 1,
    Composite = 2,
    Style = 3,
    Demo = 4,
    SingleShape = 5,
}

/// The 256-bit ChaCha key of a picture: `seed` (8 bytes, little-endian), split, stream, and this renderer's tag.
pub(super) fn key(seed: u64, split: Split, stream: Stream) -> [u8; 32] {
    let mut key = [0_u8; 32];
    let tag = b"refocus scenes, first";
    for (slot, byte) in key.iter_mut().zip(seed.to_le_bytes()) {
        *slot = byte;
    }
    key[8] = match split {
        Split::Training => 1,
        Split::Test => 2,
    };
    key[9] = stream as u8;
    for (slot, byte) in key.iter_mut().skip(10).zip(tag) {
        *slot = *byte;
    }
    key
}

/// A source of random numbers. Every conversion is written out here in integers and exact float operations, so a
/// later version of the `rand` crates cannot change what a seed draws.
pub(super) struct Rng(ChaCha8Rng);

impl Rng {
    pub(super) fn new(seed: u64, split: Split, stream: Stream) -> Self {
        Self(ChaCha8Rng::from_seed(key(seed, split, stream)))
    }

    /// Uniform in 0..1, 24 bits.
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform in `low..high`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
    }

    /// Whole number in `low..=high`.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + self.below((high - low + 1) as usize) as u32
    }

    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of the items, which must not be empty (all callers pass fixed tables or checked slices).
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Nearly normal, mean 0 and deviation 1, within ±6: a sum of uniforms needs no logarithm or cosine.
    pub(super) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    /// Fisher–Yates.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_of_the_two_splits_never_meet() {
        let streams = [Stream::Shapes, Stream::Composite, Stream::Style, Stream::Demo];
        let mut keys = HashSet::new();
        for seed in (0..500).chain([u64::MAX, u64::MAX - 1, 1 << 32]) {
            for split in [Split::Training, Split::Test] {
                for stream in streams {
                    assert!(keys.insert(key(seed, split, stream)));
                }
            }
        }
        assert_ne!(
            key(1, Split::Training, Stream::Shapes).get(8),
            key(1, Split::Test, Stream::Shapes).get(8),
            "the split has a byte of its own"
        );
    }

    #[test]
    fn draws_stay_in_their_ranges_and_repeat() {
        let mut first = Rng::new(7, Split::Test, Stream::Shapes);
        let mut second = Rng::new(7, Split::Test, Stream::Shapes);
        let mut sum = 0.0;
        for _ in 0..4000 {
            let (a, b) = (first.unit(), second.unit());
            assert!(a.to_bits() == b.to_bits() && (0.0..1.0).contains(&a));
            assert!(first.below(3) < 3 && second.below(3) < 3);
            sum += first.normal();
            second.normal();
        }
        assert!((sum / 4000.0).abs() < 0.1);
    }
}
