//! The nearest faces of each face, exactly: distances of all pairs, by integer products in blocks.
//!
//! Faces are packed in blocks of [`BLOCK`], the numbers of a block by pairs: two products and their sum are one instruction of AVX2, and the
//! sums of a block's faces lie side by side in registers.

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;
#[cfg(target_arch = "x86_64")]
use pulp::{Simd, WithSimd};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256i, _CMP_LE_OQ};

use super::face::{Face, IDENTITY_DIM};
use crate::work::Work;

/// Faces of a block: two registers of AVX2.
const BLOCK: usize = 16;
/// Faces whose products are summed at a time.
const ROWS: usize = 4;
/// Pairs of numbers.
const PAIRS: usize = IDENTITY_DIM / 2;
/// Blocks that go by before the next rows: they stay in the cache of a core.
const BLOCKS_AT_A_TIME: usize = 64;

/// A block of faces: `[pair][face][number of the pair]`.
#[derive(Clone)]
struct Packed {
    pairs: [[[i16; 2]; BLOCK]; PAIRS],
    scales: [f32; BLOCK],
    /// Squared lengths; infinite where there is no face.
    squares: [f32; BLOCK],
}

/// Faces, packed to be compared with.
pub(super) struct PackedFaces {
    blocks: Vec<Packed>,
    faces: usize,
}

/// A face near another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Neighbour {
    /// Its place among the faces that were compared with.
    pub(super) face: u32,
    /// The squared distance.
    pub(super) squared: f32,
}

impl PackedFaces {
    pub(super) fn new<'a>(faces: impl IntoIterator<Item = &'a Face>) -> Self {
        let mut packed = Self {
            blocks: Vec::new(),
            faces: 0,
        };
        for face in faces {
            packed.push(face);
        }
        packed
    }

    pub(super) fn push(&mut self, face: &Face) {
        let place = self.faces % BLOCK;
        if place == 0 {
            self.blocks.push(Packed {
                pairs: [[[0; 2]; BLOCK]; PAIRS],
                scales: [0.0; BLOCK],
                squares: [f32::INFINITY; BLOCK],
            });
        }
        self.faces += 1;
        self.set(self.faces - 1, face);
    }

    /// Puts another face at a place.
    pub(super) fn set(&mut self, place: usize, face: &Face) {
        let (block, lane) = (place / BLOCK, place % BLOCK);
        let Some(block) = self.blocks.get_mut(block) else {
            return;
        };
        for (pair, values) in block.pairs.iter_mut().zip(face.values.as_chunks::<2>().0) {
            if let Some(to) = pair.get_mut(lane) {
                *to = values.map(i16::from);
            }
        }
        if let (Some(scale), Some(square)) = (block.scales.get_mut(lane), block.squares.get_mut(lane)) {
            *scale = face.scale;
            *square = face.square();
        }
    }

    /// The nearest of the packed faces, for each of `rows`: at most `most`, nearest first, none farther than `farthest`. `skip` tells which
    /// place to leave out for a row (itself). `None` if the job became stale.
    pub(super) fn nearest(
        &self,
        rows: &[&Face],
        most: usize,
        farthest: f32,
        skip: impl Fn(usize) -> Option<u32> + Sync,
        work: Work<'_>,
    ) -> Option<Vec<Vec<Neighbour>>> {
        let parts = work.over_photos(
            rows.len(),
            |_| (),
            |range, ()| {
                let mut found = Vec::with_capacity(range.len());
                for block in work.blocks(range) {
                    let block = block?;
                    let mut lists: Vec<NearestList> = block
                        .clone()
                        .map(|row| NearestList::new(most, farthest * farthest, skip(row)))
                        .collect();
                    let queries: Vec<Query> = rows.get(block)?.iter().map(|face| Query::new(face)).collect();
                    for (number, blocks) in self.blocks.chunks(BLOCKS_AT_A_TIME).enumerate() {
                        let first = number * BLOCKS_AT_A_TIME * BLOCK;
                        compare(&queries, blocks, first, &mut lists);
                    }
                    found.extend(lists.into_iter().map(NearestList::sorted));
                }
                Some(found)
            },
        )?;
        Some(parts.into_iter().flatten().collect())
    }

    /// The same for one face, on this thread.
    pub(super) fn nearest_to(&self, face: &Face, most: usize, farthest: f32) -> Vec<Neighbour> {
        let mut lists = [NearestList::new(most, farthest * farthest, None)];
        compare(&[Query::new(face)], &self.blocks, 0, &mut lists);
        let [list] = lists;
        list.sorted()
    }
}

/// A face that others are compared with.
struct Query {
    pairs: [[i16; 2]; PAIRS],
    scale: f32,
    square: f32,
}

impl Query {
    fn new(face: &Face) -> Self {
        let mut pairs = [[0; 2]; PAIRS];
        for (to, values) in pairs.iter_mut().zip(face.values.as_chunks::<2>().0) {
            *to = values.map(i16::from);
        }
        Self {
            pairs,
            scale: face.scale,
            square: face.square(),
        }
    }
}

/// The nearest so far.
struct NearestList {
    found: Vec<Neighbour>,
    most: usize,
    /// Farther ones are of no use.
    limit: f32,
    skip: Option<u32>,
}

impl NearestList {
    fn new(most: usize, limit: f32, skip: Option<u32>) -> Self {
        Self {
            found: Vec::new(),
            most,
            limit,
            skip,
        }
    }

    fn add(&mut self, face: u32, squared: f32) {
        // Of two that are as far the one that comes first is kept, whatever the order in which they are met.
        if squared > self.limit || self.skip == Some(face) {
            return;
        }
        self.found.push(Neighbour {
            face,
            squared: squared.max(0.0),
        });
        // Sorting now and then costs less than keeping an order.
        if self.found.len() >= 2 * self.most.max(8) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.found
            .sort_unstable_by(|a, b| a.squared.total_cmp(&b.squared).then(a.face.cmp(&b.face)));
        self.found.truncate(self.most);
        if self.found.len() == self.most
            && let Some(last) = self.found.last()
        {
            self.limit = self.limit.min(last.squared);
        }
    }

    fn sorted(mut self) -> Vec<Neighbour> {
        self.cut();
        self.found
    }
}

/// Compares rows with blocks of faces, the first of which has the place `first`.
fn compare(queries: &[Query], blocks: &[Packed], first: usize, lists: &mut [NearestList]) {
    let job = Compare {
        queries,
        blocks,
        first,
        lists,
    };
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = V3::try_new() {
        Simd::vectorize(simd, CompareAvx2 { job, simd });
        return;
    }
    job.portable();
}

struct Compare<'a> {
    queries: &'a [Query],
    blocks: &'a [Packed],
    first: usize,
    lists: &'a mut [NearestList],
}

impl Compare<'_> {
    #[cfg_attr(target_arch = "x86_64", allow(dead_code, reason = "for other machines, and tests"))]
    fn portable(self) {
        for (query, list) in self.queries.iter().zip(self.lists) {
            for (number, block) in self.blocks.iter().enumerate() {
                let mut sums = [0i32; BLOCK];
                for (query, pairs) in query.pairs.iter().zip(&block.pairs) {
                    for (sum, [one, other]) in sums.iter_mut().zip(pairs) {
                        *sum += i32::from(query[0]) * i32::from(*one) + i32::from(query[1]) * i32::from(*other);
                    }
                }
                let of_faces = sums.iter().zip(&block.scales).zip(&block.squares);
                for (lane, ((sum, scale), square)) in of_faces.enumerate() {
                    let squared = square - 2.0 * query.scale * (scale * *sum as f32) + query.square;
                    if squared <= list.limit {
                        list.add((self.first + number * BLOCK + lane) as u32, squared);
                    }
                }
            }
        }
    }
}

/// The same with AVX2.
#[cfg(target_arch = "x86_64")]
struct CompareAvx2<'a> {
    job: Compare<'a>,
    simd: V3,
}

#[cfg(target_arch = "x86_64")]
impl WithSimd for CompareAvx2<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { job, simd } = self;
        for (number, block) in job.blocks.iter().enumerate() {
            let first = (job.first + number * BLOCK) as u32;
            let (fours, rest) = job.queries.as_chunks::<ROWS>();
            let (lists_of_fours, lists_of_rest) = job.lists.as_chunks_mut::<ROWS>();
            for (queries, lists) in fours.iter().zip(lists_of_fours) {
                compare_rows(simd, queries, block, first, lists);
            }
            for (query, list) in rest.iter().zip(lists_of_rest) {
                compare_rows(
                    simd,
                    std::array::from_ref(query),
                    block,
                    first,
                    std::array::from_mut(list),
                );
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(
    clippy::needless_range_loop,
    reason = "loops over several arrays of one length at once"
)]
fn compare_rows<const N: usize>(
    simd: V3,
    queries: &[Query; N],
    block: &Packed,
    first: u32,
    lists: &mut [NearestList; N],
) {
    let V3 { avx, avx2, .. } = simd;
    let mut sums = [[avx._mm256_setzero_si256(); 2]; N];
    for pair in 0..PAIRS {
        let others: [__m256i; 2] = pulp::cast(block.pairs[pair]);
        for row in 0..N {
            let both = avx._mm256_set1_epi32(pulp::cast(queries[row].pairs[pair]));
            for half in 0..2 {
                let products = avx2._mm256_madd_epi16(both, others[half]);
                sums[row][half] = avx2._mm256_add_epi32(sums[row][half], products);
            }
        }
    }
    let scales: [__m256; 2] = pulp::cast(block.scales);
    let squares: [__m256; 2] = pulp::cast(block.squares);
    for row in 0..N {
        let (query, list) = (&queries[row], &mut lists[row]);
        for half in 0..2 {
            let sum = avx._mm256_mul_ps(scales[half], avx._mm256_cvtepi32_ps(sums[row][half]));
            let product = avx._mm256_mul_ps(avx._mm256_set1_ps(2.0 * query.scale), sum);
            let squared = avx._mm256_sub_ps(squares[half], product);
            let squared = avx._mm256_add_ps(squared, avx._mm256_set1_ps(query.square));
            let near = avx._mm256_cmp_ps::<_CMP_LE_OQ>(squared, avx._mm256_set1_ps(list.limit));
            if avx._mm256_movemask_ps(near) != 0 {
                let squared: [f32; 8] = pulp::cast(squared);
                for (lane, squared) in (0..).zip(squared) {
                    if squared <= list.limit {
                        list.add(first + half as u32 * 8 + lane, squared);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::synthetic::{Crowd, CrowdParams};

    #[test]
    fn the_nearest_are_those_of_all_pairs_on_any_number_of_threads() {
        let crowd = Crowd::new(&CrowdParams::small(7));
        let faces: Vec<&Face> = crowd.faces.iter().collect();
        let packed = PackedFaces::new(faces.iter().copied());
        let nearest = |threads| {
            let work = Work {
                threads,
                ..Work::default()
            };
            packed.nearest(&faces, 5, 0.6, |row| Some(row as u32), work).unwrap()
        };
        let found = nearest(1);
        assert_eq!(found, nearest(3));
        for (row, found) in found.iter().enumerate().step_by(17) {
            let mut expected: Vec<(f32, u32)> = (0u32..)
                .zip(&faces)
                .filter(|(other, _)| *other as usize != row)
                .map(|(other, face)| (faces[row].distance(face), other))
                .filter(|(distance, _)| *distance <= 0.6)
                .collect();
            expected.sort_by(|a, b| a.0.total_cmp(&b.0));
            expected.truncate(5);
            assert_eq!(found.len(), expected.len(), "{row}");
            for (found, (distance, _)) in found.iter().zip(expected) {
                assert!((found.squared.sqrt() - distance).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn both_ways_to_compare_find_the_same() {
        let crowd = Crowd::new(&CrowdParams::small(8));
        let packed = PackedFaces::new(&crowd.faces);
        for face in crowd.faces.iter().take(40) {
            let query = [Query::new(face)];
            let list = || [NearestList::new(7, 0.5, None)];
            let (mut fast, mut plain) = (list(), list());
            compare(&query, &packed.blocks, 0, &mut fast);
            let job = Compare {
                queries: &query,
                blocks: &packed.blocks,
                first: 0,
                lists: &mut plain,
            };
            job.portable();
            let ([fast], [plain]) = (fast, plain);
            assert_eq!(fast.sorted(), plain.sorted());
        }
    }
}
