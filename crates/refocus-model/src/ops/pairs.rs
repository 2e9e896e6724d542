//! Sums of products of pairs of 16-bit integers, with the instructions that a machine has for them (x86-64).
//!
//! AVX2 multiplies sixteen integers and adds neighbours in one instruction, and takes another one for the sum. Machines with VNNI
//! (nearly all since 2021, in the form of AVX-VNNI or of AVX-512 VNNI) do both in one. The sums are the same to the last bit.
//!
//! `pulp` has no VNNI: its instructions are called here, and here alone, as `unsafe` code. It is sound because the types that do
//! so ([`AvxVnni`], [`Avx512Vnni`]) can only be made where the machine was found to have them.

#![allow(
    unsafe_code,
    reason = "instructions that the machine was asked for, see the head of the file"
)]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_dpwssd_avx_epi32, _mm256_dpwssd_epi32, _mm512_dpwssd_epi32, _mm512_set1_epi32,
};

use pulp::NullaryFnOnce;
use pulp::x86::{V3, V4};

use super::InstructionSet;
use super::channel_block::CHANNELS;

/// Weights of two inputs for sixteen outputs.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct PairedWeights(pub(super) [[i16; 2]; CHANNELS]);

/// How a machine sums products of pairs.
pub(crate) trait Pairs: Copy {
    /// Sixteen sums in registers.
    type Sixteen: Copy;
    /// Registers that these take.
    const REGISTERS: usize;

    /// AVX2, for all else.
    fn avx2(self) -> V3;
    /// Eight sums, each with the products of its pair in `a` and `b` added.
    fn add(self, sums: __m256i, a: __m256i, b: __m256i) -> __m256i;
    /// Sixteen sums of nothing.
    fn none(self) -> Self::Sixteen;
    /// Sixteen sums, each with the products of `both` and its pair of weights added.
    fn add_scaled(self, sums: Self::Sixteen, both: [i16; 2], weights: &PairedWeights) -> Self::Sixteen;
    /// The sums as numbers.
    fn numbers(self, sums: Self::Sixteen) -> [i32; CHANNELS];
}

/// Code over pairs. Implementations and all they call carry `#[inline(always)]`.
pub(crate) trait PairKernel {
    fn run<P: Pairs>(self, pairs: P);
}

/// AVX2 without VNNI.
#[derive(Debug, Clone, Copy)]
struct Avx2(V3);

/// AVX2 with AVX-VNNI, on a machine that has both.
#[derive(Debug, Clone, Copy)]
pub struct AvxVnni(V3);

/// AVX-512 with VNNI, on a machine that has both.
#[derive(Debug, Clone, Copy)]
pub struct Avx512Vnni(V4);

impl AvxVnni {
    pub(super) fn try_new() -> Option<Self> {
        let has_vnni = std::arch::is_x86_feature_detected!("avxvnni");
        V3::try_new().filter(|_| has_vnni).map(Self)
    }

    /// Without the instructions for pairs.
    pub(super) fn floats(self) -> V3 {
        self.0
    }
}

impl Avx512Vnni {
    pub(super) fn try_new() -> Option<Self> {
        let has_vnni = std::arch::is_x86_feature_detected!("avx512vnni");
        V4::try_new().filter(|_| has_vnni).map(Self)
    }

    /// Without the instructions for pairs.
    pub(super) fn floats(self) -> V4 {
        self.0
    }
}

/// Two registers of eight sums, by an instruction for one.
macro_rules! sixteen_in_two_registers {
    () => {
        type Sixteen = [__m256i; 2];
        const REGISTERS: usize = 2;

        #[inline(always)]
        fn avx2(self) -> V3 {
            self.0
        }

        #[inline(always)]
        fn none(self) -> Self::Sixteen {
            [self.0.avx._mm256_setzero_si256(); 2]
        }

        #[inline(always)]
        fn add_scaled(self, [low, high]: Self::Sixteen, both: [i16; 2], weights: &PairedWeights) -> Self::Sixteen {
            let both = self.0.avx._mm256_set1_epi32(bytemuck::cast(both));
            let [first, second]: [__m256i; 2] = pulp::cast(weights.0);
            [self.add(low, both, first), self.add(high, both, second)]
        }

        #[inline(always)]
        fn numbers(self, sums: Self::Sixteen) -> [i32; CHANNELS] {
            pulp::cast(sums)
        }
    };
}

impl Pairs for Avx2 {
    sixteen_in_two_registers!();

    #[inline(always)]
    fn add(self, sums: __m256i, a: __m256i, b: __m256i) -> __m256i {
        let products = self.0.avx2._mm256_madd_epi16(a, b);
        self.0.avx2._mm256_add_epi32(sums, products)
    }
}

impl Pairs for AvxVnni {
    sixteen_in_two_registers!();

    #[inline(always)]
    fn add(self, sums: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the machine has AVX-VNNI where there is such a value.
        unsafe { _mm256_dpwssd_avx_epi32(sums, a, b) }
    }
}

impl Pairs for Avx512Vnni {
    type Sixteen = __m512i;
    const REGISTERS: usize = 1;

    #[inline(always)]
    fn avx2(self) -> V3 {
        *self.0
    }

    #[inline(always)]
    fn add(self, sums: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: the machine has AVX-512 VNNI and VL where there is such a value.
        unsafe { _mm256_dpwssd_epi32(sums, a, b) }
    }

    #[inline(always)]
    fn none(self) -> __m512i {
        pulp::cast([0i32; CHANNELS])
    }

    #[inline(always)]
    fn add_scaled(self, sums: __m512i, both: [i16; 2], weights: &PairedWeights) -> __m512i {
        // SAFETY: as above.
        unsafe { _mm512_dpwssd_epi32(sums, _mm512_set1_epi32(bytemuck::cast(both)), pulp::cast(weights.0)) }
    }

    #[inline(always)]
    fn numbers(self, sums: __m512i) -> [i32; CHANNELS] {
        pulp::cast(sums)
    }
}

impl InstructionSet {
    /// Runs code over pairs with what is best for them; gives it back where floats are multiplied as fast.
    pub(crate) fn run_pairs<K: PairKernel>(self, kernel: K) -> Option<K> {
        match self {
            Self::Avx512Vnni(simd) => {
                // SAFETY: there is such a value only where the machine has these instructions.
                unsafe { with_avx512_vnni(kernel, simd) };
            }
            Self::AvxVnni(simd) => {
                // SAFETY: as above.
                unsafe { with_avx_vnni(kernel, simd) };
            }
            Self::Avx2(simd) => with_avx2(kernel, simd),
            Self::Avx512(_) | Self::Portable => return Some(kernel),
        }
        None
    }

    /// Runs code over eight pairs at a time: the same, and with AVX2 where AVX-512 is without VNNI.
    pub(crate) fn run_eight_pairs<K: PairKernel>(self, kernel: K) -> Option<K> {
        match self {
            Self::Avx512(simd) => with_avx2(kernel, *simd),
            _ => return self.run_pairs(kernel),
        }
        None
    }
}

fn with_avx2<K: PairKernel>(kernel: K, simd: V3) {
    struct Run<K>(K, V3);
    impl<K: PairKernel> NullaryFnOnce for Run<K> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            self.0.run(Avx2(self.1));
        }
    }
    simd.vectorize(Run(kernel, simd));
}

#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,avxvnni")]
fn with_avx_vnni<K: PairKernel>(kernel: K, simd: AvxVnni) {
    kernel.run(simd);
}

#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni")]
fn with_avx512_vnni<K: PairKernel>(kernel: K, simd: Avx512Vnni) {
    kernel.run(simd);
}
