//! The command line: one file a subcommand. It talks to the engine as the window does.
//!
//! JSON goes to standard output, all else to standard error. Exit status: 0 done; 1 the job failed (one line on standard
//! error says what, which file, what to do); 2 wrong usage.
//!
//! | file | holds |
//! |---|---|
//! | `arguments.rs`, `people_arguments.rs`, `albums_arguments.rs` | what can be typed |
//! | `session.rs` | an engine that a command waits on |
//! | `output.rs` | JSON and tables on standard output, paths of any bytes |
//! | `running_window.rs` | a second start hands its paths to the window that is there |
//! | `about.rs`, `index.rs`, `search.rs`, `groups.rs`, `clean_up.rs`, `demo.rs`, `model.rs`, `doctor.rs`, `languages.rs`, `library.rs`, `export.rs`, `people.rs`, `albums.rs`, `text.rs` | the commands of these names |
//! | `eval.rs`, `judging.rs`, `eval_tables.rs` | `refocus eval folder`; what all evaluations share; tables on the screen |
//! | `train.rs`, `tune.rs`, `train_adapter.rs` | `refocus train` |
//! | `progress.rs` | progress bars |
//! | `log.rs`, `crash_report.rs` | the log, and what a crash leaves |
//! | `window.rs` | `refocus [PATH…]` |

mod about;
mod albums;
mod albums_arguments;
mod arguments;
mod clean_up;
mod contact_sheet;
mod crash_report;
mod demo;
mod doctor;
mod eval;
pub mod eval_tables;
mod export;
mod groups;
mod index;
pub mod judging;
mod languages;
mod library;
mod log;
mod model;
pub mod output;
mod people;
mod people_arguments;
pub mod progress;
mod rotate;
mod running_window;
mod search;
pub mod session;
mod text;
pub mod train;
mod train_adapter;
mod tune;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use arguments::Subcommand;
pub use arguments::{Arguments, LibraryArguments};
pub use judging::EvalRun;

/// Runs the program with the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    ExitCode::from(run_with(std::env::args_os()))
}

/// Runs the program with these arguments, the first of which is its name. Returns its exit status.
#[must_use]
pub fn run_with(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = Arguments::parse_from(arguments);
    crash_report::watch_for_panics();
    log::start(crash_report::log_folder().filter(|_| arguments.stays_open()).as_deref());
    match dispatch(arguments) {
        Ok(()) => 0,
        Err(error) => {
            let line = format!("{error:#}").replace('\n', " ");
            output::say(&format!("refocus: {line}"));
            if error.is::<WrongUsage>() { 2 } else { 1 }
        }
    }
}

/// Arguments that turn out not to fit what they name; ends the program with exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    let paths = arguments.library.paths()?;
    match arguments.subcommand {
        None => window::run(
            &paths,
            window::Opening {
                library_named: arguments.library.library.is_some(),
                model_named: arguments.library.focus_encoder.is_some() || arguments.library.projections.is_some(),
                paths: arguments.paths,
            },
        ),
        Some(Subcommand::About(about)) => about::run(&about),
        Some(Subcommand::Demo(demo)) => demo::run(&paths, demo),
        Some(Subcommand::Index(index)) => index::run(&paths, &index),
        Some(Subcommand::Search(search)) => search::run(&paths, &search),
        Some(Subcommand::Groups(groups)) => groups::run(&paths, &groups),
        Some(Subcommand::CleanUp(clean_up)) => clean_up::run(&paths, &clean_up),
        Some(Subcommand::Model(model)) => model::run(&paths, &model),
        Some(Subcommand::Languages(languages)) => languages::run(&paths, &languages),
        Some(Subcommand::Library(library)) => library::run(&paths, &library),
        Some(Subcommand::Doctor(doctor)) => doctor::run(&paths, &doctor),
        Some(Subcommand::Eval(eval)) => eval::run(&paths, &eval),
        Some(Subcommand::Train(train)) => train::run(&paths, &train),
        Some(Subcommand::Export(export)) => export::run(&paths, &export),
        Some(Subcommand::People(people)) => people::run(&paths, &people),
        Some(Subcommand::Albums(albums)) => albums::run(&paths, &albums),
        Some(Subcommand::ContactSheet(sheet)) => contact_sheet::run(&sheet),
        Some(Subcommand::Rotate(rotate)) => rotate::run(&paths, &rotate),
        Some(Subcommand::Text(text)) => text::run(&paths, &text),
    }
}
