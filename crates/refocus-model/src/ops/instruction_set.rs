//! Run-time choice of vector instructions, by way of `pulp` and without `unsafe`.
//!
//! Kernels are written once against [`Lanes`], sixteen f32 lanes at a time: one register of AVX-512, two of AVX2, four
//! of NEON.

use std::sync::OnceLock;

use pulp::{Scalar, Simd, WithSimd};

use super::channel_block::{CHANNELS, ChannelBlock};
#[cfg(target_arch = "x86_64")]
use super::pairs::{Avx512Vnni, AvxVnni};

/// The set that measurements asked for.
static LIMIT: OnceLock<String> = OnceLock::new();

/// A family of vector instructions that this machine has.
#[derive(Debug, Clone, Copy)]
pub enum InstructionSet {
    /// AVX-512 with VNNI: as the next, and sums of products of integers in one instruction (see `pairs`).
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(Avx512Vnni),
    /// AVX-512 (F, BW, CD, DQ, VL): 16 lanes a register.
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    /// AVX2 with FMA and VNNI.
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    /// AVX2 with FMA: 8 lanes a register.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// NEON: 4 lanes a register.
    #[cfg(target_arch = "aarch64")]
    Neon(pulp::aarch64::Neon),
    /// What the compilation target guarantees (SSE2 on x86-64).
    Portable,
}

impl InstructionSet {
    /// All that this machine has, fastest first; the last one is always [`InstructionSet::Portable`].
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(Avx512Vnni::try_new().map(Self::Avx512Vnni));
            sets.extend(pulp::x86::V4::try_new().map(Self::Avx512));
            sets.extend(AvxVnni::try_new().map(Self::AvxVnni));
            sets.extend(pulp::x86::V3::try_new().map(Self::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        sets.extend(pulp::aarch64::Neon::try_new().map(Self::Neon));
        sets.push(Self::Portable);
        sets
    }

    /// The fastest that this machine has, or the one that measurements were limited to.
    pub fn best() -> Self {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        *BEST.get_or_init(|| {
            let sets = Self::available();
            let limit = LIMIT
                .get()
                .and_then(|limit| sets.iter().find(|set| set.name() == limit));
            limit.or(sets.first()).copied().unwrap_or(Self::Portable)
        })
    }

    /// For measurements: kernels that are made from now on use the set of this name. `false` if the machine does not have
    /// it, or if a set was chosen already.
    pub fn limit_to(name: &str) -> bool {
        Self::available().iter().any(|set| set.name() == name) && LIMIT.set(name.to_owned()).is_ok()
    }

    /// Name for reports: `avx512-vnni`, `avx512`, `avx-vnni`, `avx2`, `neon`, `portable`.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(_) => "avx512-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(_) => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            Self::Portable => "portable",
        }
    }

    /// Runs code over registers of at most eight lanes: on AVX-512 machines with AVX2.
    pub(crate) fn run_heads<W: WithSimd>(self, code: W) -> W::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(simd) => Simd::vectorize(*simd.floats(), code),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => Simd::vectorize(*simd, code),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(simd) => Simd::vectorize(simd.floats(), code),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => Simd::vectorize(simd, code),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => Simd::vectorize(simd, code),
            Self::Portable => Simd::vectorize(Scalar, code),
        }
    }

    /// Runs a kernel compiled for this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(simd) => Simd::vectorize(simd.floats(), Run::<K, 1>(kernel)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => Simd::vectorize(simd, Run::<K, 1>(kernel)),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni(simd) => Simd::vectorize(simd.floats(), Run::<K, 2>(kernel)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => Simd::vectorize(simd, Run::<K, 2>(kernel)),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => Simd::vectorize(simd, Run::<K, 4>(kernel)),
            Self::Portable => Simd::vectorize(Scalar, Run::<K, CHANNELS>(kernel)),
        }
    }
}

/// Code that is compiled once for each instruction set. Implementations and all they call carry `#[inline(always)]`:
/// what is not inlined is compiled without the instruction set.
pub(crate) trait Kernel {
    fn run<L: Lanes>(self, lanes: L);
}

/// Arithmetic on sixteen f32 lanes.
pub(crate) trait Lanes: Copy {
    /// Sixteen lanes in registers.
    type Block: Copy;
    /// Registers that a block takes.
    const REGISTERS: usize;

    fn load(self, from: &ChannelBlock) -> Self::Block;
    fn load_array(self, from: &[f32; CHANNELS]) -> Self::Block;
    fn store(self, block: Self::Block, to: &mut ChannelBlock);
    fn store_array(self, block: Self::Block, to: &mut [f32; CHANNELS]);
    /// `factor · b + c` with one factor for all lanes.
    fn scale_add(self, factor: f32, b: Self::Block, c: Self::Block) -> Self::Block;
    /// `a · b + c`, lane by lane.
    fn mul_add(self, a: Self::Block, b: Self::Block, c: Self::Block) -> Self::Block;
    fn add(self, a: Self::Block, b: Self::Block) -> Self::Block;
    fn sub(self, a: Self::Block, b: Self::Block) -> Self::Block;
    fn max(self, a: Self::Block, b: Self::Block) -> Self::Block;
    /// One factor for all lanes.
    fn scale(self, factor: f32, a: Self::Block) -> Self::Block;
    /// min(max(a, 0), 6).
    fn relu6(self, a: Self::Block) -> Self::Block;
}

struct Run<K, const V: usize>(K);

impl<K: Kernel, const V: usize> WithSimd for Run<K, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(Wide::<S, V>(simd));
    }
}

/// Sixteen lanes as `V` registers of the instruction set `S`.
#[derive(Clone, Copy)]
struct Wide<S, const V: usize>(S);

impl<S: Simd, const V: usize> Wide<S, V> {
    #[inline(always)]
    fn fused(self, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        // Where the target has no fused instruction, the fused operation is a library call for each lane.
        if S::IS_SCALAR {
            self.0.add_f32s(self.0.mul_f32s(a, b), c)
        } else {
            self.0.mul_add_f32s(a, b, c)
        }
    }
}

impl<S: Simd, const V: usize> Lanes for Wide<S, V> {
    type Block = [S::f32s; V];
    const REGISTERS: usize = V;

    #[inline(always)]
    fn load(self, from: &ChannelBlock) -> Self::Block {
        self.load_array(&from.0)
    }

    #[inline(always)]
    fn load_array(self, from: &[f32; CHANNELS]) -> Self::Block {
        let mut block = [self.0.splat_f32s(0.0); V];
        for (register, lanes) in block.iter_mut().zip(S::as_simd_f32s(from).0) {
            *register = *lanes;
        }
        block
    }

    #[inline(always)]
    fn store(self, block: Self::Block, to: &mut ChannelBlock) {
        self.store_array(block, &mut to.0);
    }

    #[inline(always)]
    fn store_array(self, block: Self::Block, to: &mut [f32; CHANNELS]) {
        for (lanes, register) in S::as_mut_simd_f32s(to).0.iter_mut().zip(block) {
            *lanes = register;
        }
    }

    #[inline(always)]
    fn scale_add(self, factor: f32, b: Self::Block, mut c: Self::Block) -> Self::Block {
        let factor = self.0.splat_f32s(factor);
        for (c, b) in c.iter_mut().zip(b) {
            *c = self.fused(factor, b, *c);
        }
        c
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Block, b: Self::Block, mut c: Self::Block) -> Self::Block {
        for ((c, a), b) in c.iter_mut().zip(a).zip(b) {
            *c = self.fused(a, b, *c);
        }
        c
    }

    #[inline(always)]
    fn add(self, mut a: Self::Block, b: Self::Block) -> Self::Block {
        for (a, b) in a.iter_mut().zip(b) {
            *a = self.0.add_f32s(*a, b);
        }
        a
    }

    #[inline(always)]
    fn sub(self, mut a: Self::Block, b: Self::Block) -> Self::Block {
        for (a, b) in a.iter_mut().zip(b) {
            *a = self.0.sub_f32s(*a, b);
        }
        a
    }

    #[inline(always)]
    fn max(self, mut a: Self::Block, b: Self::Block) -> Self::Block {
        for (a, b) in a.iter_mut().zip(b) {
            *a = self.0.max_f32s(*a, b);
        }
        a
    }

    #[inline(always)]
    fn scale(self, factor: f32, mut a: Self::Block) -> Self::Block {
        let factor = self.0.splat_f32s(factor);
        for a in &mut a {
            *a = self.0.mul_f32s(factor, *a);
        }
        a
    }

    #[inline(always)]
    fn relu6(self, mut a: Self::Block) -> Self::Block {
        let (low, high) = (self.0.splat_f32s(0.0), self.0.splat_f32s(6.0));
        for a in &mut a {
            *a = self.0.min_f32s(self.0.max_f32s(*a, low), high);
        }
        a
    }
}
