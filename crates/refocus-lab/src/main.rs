//! The `refocus-lab` binary: trains, evaluates and measures what the program ships with. It is in no package.
//!
//! Folders of photos and published benchmarks enter; weights, figures and pictures of the window leave. The commands take the same
//! options for library and model as the program's ([`LibraryArguments`](refocus::cli::LibraryArguments)).
//!
//! | file | holds |
//! |---|---|
//! | `arguments.rs` | what can be typed |
//! | `bench/` | speed: ranking, indexing, large libraries, the window, the start of the program |
//! | `commands/` | `eval`, `train`: from arguments to the modules below, and their output |
//! | `evaluation/` | rendered scenes, pointing, int8, coloured shapes, the published benchmarks |
//! | `training/` | the built-in model: projections, value words, focus encoder; FocalLens from scratch on coloured shapes |

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use refocus::cli::{WrongUsage, output};

use arguments::{Arguments, Subcommand};

mod arguments;
mod bench;
mod commands;
pub mod evaluation;
pub mod training;
mod window;

/// The same allocator as that of the program whose speed and memory are measured here.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    refocus_media::decoder_child::serve_if_asked();
    refocus::compute_on_calling_threads();
    match dispatch(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = format!("{error:#}").replace('\n', " ");
            output::say(&format!("refocus-lab: {line}"));
            ExitCode::from(if error.is::<WrongUsage>() { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<()> {
    let paths = arguments.library.paths()?;
    match &arguments.subcommand {
        Subcommand::Bench(bench) => bench::run(&paths, bench),
        Subcommand::Eval(eval) => commands::eval::run(&paths, eval),
        Subcommand::Train(train) => commands::train::run(&paths.model, train),
        Subcommand::Screenshots { dir } => bench::window::screenshots(dir),
    }
}
