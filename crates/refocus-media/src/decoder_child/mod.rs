//! HEIC and AVIF are decoded in child processes of the same program.
//!
//! Their decoders are young, and one holds a C translation with `unsafe`: an abort, a memory fault, a loop without end or a
//! claim to all memory inside them must cost one file, never the program. Bytes go to a child over its standard input, pixels
//! come back over its standard output. A child is ended when it takes too long, cannot allocate more than its picture
//! explains (Linux), is restarted when it ends by itself, and ends when its pipes close, so that none outlives the program.
//!
//! A program takes part by calling [`serve_if_asked`] as the first thing in `main`. In a program that does not (a test, another
//! program that uses this crate) the decoders run in its own process, where panics alone are contained.
//!
//! | file | idea |
//! |---|---|
//! | `mod.rs` | [`ContainerDecoder`], and who implements it |
//! | `protocol.rs` | requests and answers as bytes |
//! | `pool.rs` | children that are kept, started, watched and ended |
//! | `process.rs` | one child as its parent sees it |
//! | `serve.rs` | what a child does |
//! | `memory_limit.rs` | what a child may allocate |

mod memory_limit;
mod pool;
mod process;
mod protocol;
mod serve;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::avif;
use super::contain::contained;
use super::decode::{DecodeLimits, StoredPicture};
use super::failure::Failure;
use super::heif;
use super::memory_budget::Reserve;
use pool::Pool;

/// The formats whose decoders are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContainerFormat {
    /// HEVC pictures in HEIF.
    Heif,
    /// AV1 pictures in HEIF.
    Avif,
}

/// Who reads the pictures of [`ContainerFormat`].
pub(super) trait ContainerDecoder {
    /// The main picture's pixels.
    ///
    /// # Errors
    /// What is wrong with the file, or with the decoder.
    fn decode(
        &self,
        format: ContainerFormat,
        bytes: &[u8],
        limits: &DecodeLimits,
        reserve: &mut dyn Reserve,
    ) -> Result<StoredPicture, Failure>;
}

/// Decodes on this thread, without containment.
fn decode_here(
    format: ContainerFormat,
    bytes: &[u8],
    limits: &DecodeLimits,
    reserve: &mut dyn Reserve,
) -> Result<StoredPicture, Failure> {
    match format {
        ContainerFormat::Heif => heif::decode(bytes, limits, reserve),
        ContainerFormat::Avif => avif::decode(bytes, limits, reserve),
    }
}

/// In this process.
pub(super) struct InProcess;

impl ContainerDecoder for InProcess {
    fn decode(
        &self,
        format: ContainerFormat,
        bytes: &[u8],
        limits: &DecodeLimits,
        reserve: &mut dyn Reserve,
    ) -> Result<StoredPicture, Failure> {
        contained(|| decode_here(format, bytes, limits, reserve))
    }
}

/// The decoder of this program: children where it has them, this process where not.
pub(super) fn decoder() -> &'static dyn ContainerDecoder {
    match POOL.get() {
        Some(pool) => pool,
        None => &InProcess,
    }
}

/// How children are made.
#[derive(Clone, Debug)]
pub struct Children {
    /// A program that calls [`serve_if_asked`]; this one where `None`.
    pub program: Option<PathBuf>,
    /// What a small picture may take, wall-clock time on a machine that does much else; large ones are given more.
    pub patience: Duration,
}

impl Default for Children {
    fn default() -> Self {
        Self {
            program: None,
            patience: Duration::from_secs(60),
        }
    }
}

static POOL: OnceLock<Arc<Pool>> = OnceLock::new();

/// From now on pictures are decoded in such children. The first call counts; later ones change nothing.
pub fn use_children(children: Children) {
    POOL.get_or_init(|| Arc::new(Pool::new(children)));
}

/// Where this process was started as a decoder child, serves until its parent goes and does not return. Otherwise the pictures
/// of this program are decoded in children from now on. To be called as the first thing in `main`.
pub fn serve_if_asked() {
    serve_if_asked_with(|_| ());
}

/// [`serve_if_asked`], with what a test puts before each decoding in the child: a crash, a hang. It is handed the file's bytes.
pub fn serve_if_asked_with(before: fn(&[u8])) {
    if is_child() {
        serve::serve(before);
    }
    use_children(Children::default());
}

/// Whether this process was started as a decoder child.
#[must_use]
pub fn is_child() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == process::ARGUMENT)
}

/// Whether children can be started, and answer.
///
/// # Errors
/// Why not, in words.
pub fn self_test() -> Result<Tested, Failure> {
    match POOL.get() {
        Some(pool) => pool.self_test().map(|()| Tested::InChild),
        None => Ok(Tested::InProcess),
    }
}

/// Where HEIC and AVIF are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tested {
    /// In a child process, which answered.
    InChild,
    /// In this process.
    InProcess,
}
