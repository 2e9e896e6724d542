//! What can be typed after `refocus people`.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct People {
    #[command(subcommand)]
    pub(super) action: PeopleAction,
}

/// A person is named by the number or the name that `refocus people list` shows.
#[derive(Debug, clap::Subcommand)]
pub(super) enum PeopleAction {
    /// Lists persons, those with most photos first.
    List {
        /// Hidden ones too.
        #[arg(long)]
        all: bool,
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the photos that show a person.
    Faces {
        /// Number or name.
        who: String,
        /// Prints them as JSON, with where the face is.
        #[arg(long)]
        json: bool,
    },
    /// Gives a person a name.
    Name {
        /// Number or name.
        who: String,
        /// The name; an empty one takes the name away.
        name: String,
        /// Prints everybody as JSON afterwards.
        #[arg(long)]
        json: bool,
    },
    /// Makes several persons one.
    Merge {
        /// Who stays: number or name.
        into: String,
        /// Who is the same person.
        #[arg(required = true)]
        from: Vec<String>,
        /// Prints everybody as JSON afterwards.
        #[arg(long)]
        json: bool,
    },
    /// Makes a person's faces in some photos another person.
    Split {
        /// Number or name.
        who: String,
        /// The photos that show somebody else.
        #[arg(required = true)]
        photos: Vec<PathBuf>,
        /// The name of the other one.
        #[arg(long)]
        name: Option<String>,
        /// Prints everybody as JSON afterwards.
        #[arg(long)]
        json: bool,
    },
    /// Hides a person from lists, groups and suggestions.
    Hide {
        /// Number or name.
        who: String,
        /// Shows them again.
        #[arg(long)]
        show: bool,
        /// Prints everybody as JSON afterwards.
        #[arg(long)]
        json: bool,
    },
    /// Takes the last step back.
    Undo {
        /// Prints everybody as JSON afterwards.
        #[arg(long)]
        json: bool,
    },
    /// Writes all names and what was said of faces as JSON.
    Export {
        /// The file; `-` for standard output.
        #[arg(default_value = "-")]
        out: PathBuf,
    },
    /// Reads names that were exported, from this library or another one.
    Import {
        /// The file.
        file: PathBuf,
        /// Prints what was taken over as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Deletes everything that is kept of people: faces, persons, names.
    Forget {
        /// Does it.
        #[arg(long)]
        yes: bool,
        /// Prints what was deleted as JSON.
        #[arg(long)]
        json: bool,
    },
}
