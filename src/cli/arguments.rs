//! What can be typed.

use std::path::PathBuf;

use anyhow::Context;

use refocus_engine::{DayOfYear, LibraryPaths, ReadPhotos, Today};
use refocus_media::{PathPatterns, left_out_rule, left_out_rules};

use super::albums_arguments::Albums;
use super::judging::EvalRun;
use super::people_arguments::People;

/// Find your own photos by saying in which respect they should be alike.
#[derive(Debug, clap::Parser)]
#[command(name = "refocus", version, subcommand_precedence_over_arg = true)]
pub struct Arguments {
    /// Folders to add to the library, pictures to use as references; opens the window.
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) library: LibraryArguments,

    #[command(subcommand)]
    pub(super) subcommand: Option<Subcommand>,
}

impl Arguments {
    /// Whether the program stays until a person ends it: then a log is kept.
    pub(super) fn stays_open(&self) -> bool {
        match &self.subcommand {
            None => true,
            Some(Subcommand::Demo(demo)) => !demo.headless,
            Some(Subcommand::Index(index)) => index.watch,
            Some(_) => false,
        }
    }
}

/// Which library and which model a command works with.
#[derive(Debug, clap::Args)]
pub struct LibraryArguments {
    /// Another library database (default: the one in the platform's data folder).
    #[arg(long, global = true, value_name = "FILE")]
    pub library: Option<PathBuf>,

    /// A focus encoder in place of the one in use, for this run.
    #[arg(long, global = true, value_name = "FILE")]
    pub focus_encoder: Option<PathBuf>,

    /// Projections in place of those in use, for this run. Another encoder: photos are encoded again.
    #[arg(long, global = true, value_name = "FILE")]
    pub projections: Option<PathBuf>,
}

impl LibraryArguments {
    /// The files of the chosen library.
    ///
    /// # Errors
    /// The system names no home folder.
    pub fn paths(&self) -> anyhow::Result<LibraryPaths> {
        let mut paths = match &self.library {
            Some(file) => LibraryPaths::at(&std::path::absolute(file)?),
            None => LibraryPaths::of_user().context("no home folder was found; name a library with --library FILE")?,
        };
        if let Some(file) = &self.focus_encoder {
            paths.model.focus_encoder = Some(file.clone());
        }
        if let Some(file) = &self.projections {
            paths.model.projections = Some(file.clone());
        }
        Ok(paths)
    }
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Renders the demo photos, adds them to the library and opens the window.
    Demo(Demo),
    /// Scans folders and encodes their photos.
    Index(Index),
    /// Ranks the library's photos.
    Search(Search),
    /// Groups the library's photos by what they are under a focus.
    Groups(Groups),
    /// Lists identical files and photos that are nearly the same, and which would be kept. Deletes nothing.
    CleanUp(CleanUpArguments),
    /// Lists, fetches, imports and chooses models.
    Model(Model),
    /// Installs, lists and removes language packs: focus and find in other languages than English.
    Languages(Languages),
    /// Copies or moves the library, or tells it where a folder is now.
    Library(Library),
    /// Shows what Refocus runs on and tests it; cleans up, repairs.
    Doctor(Doctor),
    /// Measures how well photos are ordered, named and grouped under an instruction.
    Eval(Eval),
    /// Learns from your own triplets: tunes the focus encoder, or trains a condition adapter for a checkpoint.
    Train(Train),
    /// Writes the library's photos in their order under a search.
    Export(Export),
    /// Writes photos in rows and columns on pages of paper, as PDF.
    ContactSheet(ContactSheet),
    /// Turns photos by their orientation tag, in the file or beside it.
    Rotate(Rotate),
    /// Shows, makes and changes albums; exports and imports them.
    Albums(Albums),
    /// Shows who is in the photos; names, merges, splits and hides persons; deletes everything about people.
    People(People),
    /// Prints what is written in photos, in a library or not; deletes what a library keeps of it.
    Text(Text),
    /// Shows version, licences and what the program is made from.
    About(About),
}

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// Which way.
    pub(super) way: WhichWay,
    /// Photos of the library.
    #[arg(required = true)]
    pub(super) photos: Vec<PathBuf>,
    /// Writes the turn into an XMP sidecar, whatever is set in the window.
    #[arg(long, conflicts_with = "in_file")]
    pub(super) beside: bool,
    /// Writes the turn into the file where it is a JPEG, whatever is set in the window.
    #[arg(long)]
    pub(super) in_file: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum WhichWay {
    /// A quarter against the clock.
    Left,
    /// A quarter with the clock.
    Right,
    /// As it is stored, not turned.
    Upright,
}

#[derive(Debug, clap::Args)]
pub(super) struct ContactSheet {
    /// The PDF file that is written.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Photos, in a library or not, in the order in which they stand.
    #[arg(required = true)]
    pub(super) photos: Vec<PathBuf>,
    /// Size of the paper.
    #[arg(long, value_enum, default_value_t = SheetPaper::A4)]
    pub(super) paper: SheetPaper,
    /// The paper lies.
    #[arg(long)]
    pub(super) landscape: bool,
    /// Photos in a row.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(super) columns: u8,
    /// What stands below a photo.
    #[arg(long, value_enum, default_value_t = BelowPhoto::Name)]
    pub(super) below: BelowPhoto,
    /// What stands above the first row.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) title: String,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum SheetPaper {
    /// 210 × 297 mm.
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum BelowPhoto {
    /// The file's name.
    Name,
    /// The day on which it was taken.
    Date,
    /// Nothing.
    Nothing,
}

#[derive(Debug, clap::Args)]
pub(super) struct About {
    #[command(subcommand)]
    pub(super) what: Option<AboutWhat>,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub(super) enum AboutWhat {
    /// The notices of everybody whose work is in the program, with the texts of their licences.
    Notices,
    /// The bill of materials (CycloneDX JSON).
    Bill,
}

#[derive(Debug, clap::Args)]
pub(super) struct Text {
    /// The photos.
    pub(super) photos: Vec<PathBuf>,
    /// Prints lines with their places, as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Deletes the text that was read in the library's photos.
    #[arg(long, conflicts_with = "photos")]
    pub(super) forget: bool,
}

/// Which photos are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TextChoice {
    /// Those that look as if they held text.
    Likely,
    /// All of them.
    All,
}

impl From<TextChoice> for ReadPhotos {
    fn from(choice: TextChoice) -> Self {
        match choice {
            TextChoice::Likely => Self::Likely,
            TextChoice::All => Self::All,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Where the demo photos go (default: the data folder).
    pub(super) dir: Option<PathBuf>,
    /// Only renders and indexes; opens no window.
    #[arg(long)]
    pub(super) headless: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Index {
    /// Folders or pictures.
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Tries files again that failed before.
    #[arg(long)]
    pub(super) retry: bool,
    /// Leaves out files and folders that match, as in "*.gif" or "2023/Screenshots". May be given several times. What the
    /// library knows of them stays and is shown again without this.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    pub(super) exclude: Vec<String>,
    /// Leaves out files with fewer kilobytes.
    #[arg(long, value_name = "KILOBYTES")]
    pub(super) smallest: Option<u64>,
    /// Takes in what a row of the table of left out folders and files leaves out, as in "nomedia"; the rows are those of the settings,
    /// and `left_out` of --json names those that left something out. May be given several times.
    #[arg(long, value_name = "ROW", value_parser = left_out_row)]
    pub(super) take_in: Vec<String>,
    /// Finds faces too, and puts them to persons; from then on in this library always. Everything stays on this computer, in a file beside
    /// the library, and `refocus people forget` deletes it.
    #[arg(long)]
    pub(super) people: bool,
    /// Then reads the text in photos, and waits for it: in those that look as if they held any, or in all of them. `refocus text --forget`
    /// deletes it.
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "likely", value_name = "WHICH", require_equals = true)]
    pub(super) text: Option<TextChoice>,
    /// Stays and takes in what comes, changes, moves and goes, until it is ended.
    #[arg(long)]
    pub(super) watch: bool,
    /// With --watch: seconds between two looks at folders of whose changes the system does not tell.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) poll_seconds: u64,
    /// With --watch: does not ask the system, only looks.
    #[arg(long)]
    pub(super) only_poll: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Search {
    /// A reference: photos like this one first. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) like: Vec<PathBuf>,
    /// A negative reference: photos unlike this one first. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) unlike: Vec<PathBuf>,
    /// In which respect photos are compared.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) focus: String,
    /// Plain words for what a photo should show; `-word` counts against.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub(super) find: String,
    /// 0 = plain similarity, 1 = the focus alone.
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    pub(super) strength: f32,
    #[command(flatten)]
    pub(super) scope: Scope,
    /// Only photos with each of these words in keywords, title, caption, or names of places and people.
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub(super) keywords: String,
    /// Only photos with at least so many stars.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=5))]
    pub(super) stars: u8,
    /// Photos that another program has rejected.
    #[arg(long, value_enum, default_value_t = RejectedChoice::Show)]
    pub(super) rejected: RejectedChoice,
    /// Only photos taken near this place: `LATITUDE,LONGITUDE` in degrees, or a photo of the library.
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub(super) near: Option<String>,
    /// How far from the place, in kilometres.
    #[arg(long, value_name = "KM", default_value_t = 1.0, value_parser = kilometres)]
    pub(super) radius: f64,
    /// Only photos whose files came into the library in the last days (default: 30).
    #[arg(long, value_name = "DAYS", num_args = 0..=1, default_missing_value = RECENT, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) recently_added: Option<u32>,
    /// Only photos taken on this day of the year, in any year (default: today).
    #[arg(long, value_name = "MM-DD", num_args = 0..=1, default_missing_value = TODAY, value_parser = day_of_year)]
    pub(super) on_this_day: Option<DayOfYear>,
    /// Only photos without a rating.
    #[arg(long, conflicts_with = "stars")]
    pub(super) unrated: bool,
    /// Only photos of which nothing but the time of the file tells when they were taken.
    #[arg(long)]
    pub(super) without_date: bool,
    /// Only photos of which nothing tells where they were taken.
    #[arg(long)]
    pub(super) without_place: bool,
    /// How the photos stand: by match, or the strong matches by when they were taken. Without a search the library by date.
    #[arg(long, value_enum, default_value_t = OrderChoice::Best)]
    pub(super) order: OrderChoice,
    /// Only strong matches: those that have come this share of the way from a typical photo of the library to the best matches
    /// (0 to 1; default: 0.5).
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.5", value_parser = share)]
    pub(super) strong: Option<f32>,
    /// Looks at the first N photos again with the focus inside the model's image tower (models with a condition adapter).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) check_first: usize,
    /// How many photos are printed (default: 20, with --json all).
    #[arg(long, value_name = "N")]
    pub(super) top: Option<usize>,
    /// Prints each photo's value words as well.
    #[arg(long)]
    pub(super) why: bool,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Which part of the library a command looks at.
#[derive(Debug, clap::Args)]
pub struct Scope {
    /// Only photos below this folder.
    #[arg(long = "in", value_name = "DIR")]
    pub within: Option<PathBuf>,
    /// With --in: only those that lie in the folder itself.
    #[arg(long, requires = "within")]
    pub this_level: bool,
    /// Only photos of this album and of those in it: its name, or its path (`Norway/Fjords`).
    #[arg(long, value_name = "ALBUM")]
    pub album: Option<String>,
}

/// How photos stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OrderChoice {
    /// By match.
    Best,
    /// By when they were taken, newest first.
    Newest,
    /// By when they were taken, oldest first.
    Oldest,
}

/// What becomes of rejected photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum RejectedChoice {
    /// They take part like all others.
    Show,
    /// They are left out.
    Hide,
    /// Only they take part.
    Only,
}

#[derive(Debug, clap::Args)]
pub(super) struct Groups {
    /// In which respect photos are compared.
    #[arg(long, value_name = "TEXT")]
    pub(super) focus: String,
    #[command(flatten)]
    pub(super) scope: Scope,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CleanUpArguments {
    /// Only groups with a photo below this folder.
    #[arg(long = "in", value_name = "DIR")]
    pub(super) within: Option<PathBuf>,
    /// Prints the result as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Model {
    #[command(subcommand)]
    pub(super) action: ModelAction,
}

#[derive(Debug, clap::Args)]
pub(super) struct Languages {
    #[command(subcommand)]
    pub(super) action: LanguagesAction,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum LanguagesAction {
    /// Installs a pack from a file; one that is there is replaced.
    Install {
        /// The pack.
        file: PathBuf,
    },
    /// Lists the packs that are there; the first is used.
    List {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes the pack that you installed.
    Remove,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum ModelAction {
    /// Prints what the model in use is.
    Info {
        /// Prints it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Uses another model: one that is there, `built-in`, or the built-in one with a focus encoder from a file.
    ///
    /// A model encodes the library before it takes over; until then the old one serves. Encodings are kept by model: switching
    /// back costs nothing.
    Use {
        /// The model's name, `built-in`, or the file of a focus encoder that was trained or tuned.
        which: PathBuf,
    },
    /// Copies a checkpoint (CLIP, OpenCLIP, SigLIP, SigLIP 2) from a folder.
    Import {
        /// The folder with config.json or open_clip_config.json, weights in safetensors form, tokenizer and preprocessing.
        dir: PathBuf,
        /// The name to call it by (default: that of the folder).
        #[arg(long)]
        name: Option<String>,
    },
    /// Fetches a model of the catalogue. The one thing that Refocus does over the network.
    Download {
        /// The catalogue's name of it, as `refocus model list` prints it.
        id: String,
        /// Only shows what would be fetched: sizes, hashes, licence.
        #[arg(long)]
        dry_run: bool,
    },
    /// Removes a model's files. What it encoded is kept, for when it comes back.
    Remove {
        /// Its name.
        name: String,
    },
    /// Lists the models that are there and those that can be fetched.
    List {
        /// Prints them as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Library {
    #[command(subcommand)]
    pub(super) action: LibraryAction,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum LibraryAction {
    /// Copies the library (not the photos) as it is now.
    Backup {
        /// A file that is not there yet, or a folder.
        to: PathBuf,
    },
    /// Moves the library (not the photos), for example to another drive.
    Move {
        /// A file that is not there yet, or a folder.
        to: PathBuf,
    },
    /// Tells the library where a folder of photos is now; nothing is encoded again.
    Relink {
        /// Where it was.
        from: PathBuf,
        /// Where it is.
        to: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Forgets what is not needed any more: photos that no file holds, encodings by other models, their thumbnails.
    #[arg(long)]
    pub(super) clean_up: bool,
    /// Puts a damaged library aside and builds a new one from what can be read of it.
    #[arg(long)]
    pub(super) repair: bool,
    /// Stops with a panic, to see that a crash leaves a report.
    #[arg(long)]
    pub(super) crash: bool,
    /// Prints the report as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Eval {
    #[command(subcommand)]
    pub(super) what: EvalWhat,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum EvalWhat {
    /// A folder of photos with labels.
    Folder {
        /// The folder.
        dir: PathBuf,
        /// A CSV table: a column `path`, relative to DIR, and one column an aspect. Without it the names of the folders
        /// directly below DIR are the labels.
        #[arg(long, value_name = "FILE")]
        labels: Option<PathBuf>,
        /// An aspect and its instruction, as in `--aspect colour="the colour of the clothes"`. May be given several times.
        #[arg(long, value_name = "NAME=INSTRUCTION", value_parser = aspect, required = true)]
        aspect: Vec<AspectAsked>,
        /// Judges so many of the photos, drawn at random.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Other wordings of the instructions: JSON, {"aspect": ["instruction", …]}.
        #[arg(long, value_name = "FILE")]
        paraphrases: Option<PathBuf>,
        #[command(flatten)]
        run: EvalRun,
    },
}

/// An aspect of labelled photos and the instruction that asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AspectAsked {
    pub(super) name: String,
    pub(super) instruction: String,
}

fn aspect(text: &str) -> Result<AspectAsked, String> {
    let (name, instruction) = text.split_once('=').unwrap_or_default();
    let (name, instruction) = (name.trim(), instruction.trim());
    if name.is_empty() || instruction.is_empty() {
        return Err("a name, =, and an instruction are needed".to_owned());
    }
    Ok(AspectAsked {
        name: name.to_owned(),
        instruction: instruction.to_owned(),
    })
}

#[derive(Debug, clap::Args)]
pub(super) struct Train {
    /// A JSON-lines file of your own triplets: {"image": …, "instruction": …, "output": …} a line.
    #[arg(long, value_name = "FILE")]
    pub(super) data: PathBuf,
    /// A checkpoint of yours (its name, as in `refocus model list`): trains a condition adapter for it on your own triplets.
    /// It lies beside the checkpoint and lets Refocus check the first results precisely.
    #[arg(long, value_name = "NAME")]
    pub(super) checkpoint: Option<String>,
    /// Block of the checkpoint's vision tower at whose input the instruction joins: 0 is FocalLens's own form and slow,
    /// without it the last block.
    #[arg(long, value_name = "BLOCK", requires = "checkpoint")]
    pub(super) layer: Option<usize>,
    /// Trains the tower too, from that block on; the result is a model of its own, NAME-tuned.
    #[arg(long, requires = "checkpoint", conflicts_with = "out")]
    pub(super) tower: bool,
    /// Where the tuned focus encoder goes: a file; a condition adapter goes beside its checkpoint.
    #[arg(long, value_name = "FILE", required_unless_present = "checkpoint")]
    pub(super) out: Option<PathBuf>,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Steps of training of a condition adapter (each kind has its own default).
    #[arg(long, requires = "checkpoint")]
    pub(super) steps: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// A table or an object.
    #[arg(long, value_enum, default_value_t = ExportForm::Csv)]
    pub(super) format: ExportForm,
    /// A reference: photos like this one first. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) like: Vec<PathBuf>,
    /// A negative reference: photos unlike this one first. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) unlike: Vec<PathBuf>,
    /// In which respect photos are compared.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) focus: String,
    /// Plain words for what a photo should show; `-word` counts against.
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub(super) find: String,
    #[command(flatten)]
    pub(super) scope: Scope,
    /// The file that is written; `-` for standard output.
    pub(super) out: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum ExportForm {
    /// A line a photo.
    Csv,
    /// As `refocus search --json` prints it.
    Json,
    /// Tensors: `vectors` (`[photos, dim]`, under the focus) and `paths` (the bytes of a JSON list).
    Safetensors,
}

impl OrderChoice {
    /// As it is typed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
        }
    }
}

fn pattern(text: &str) -> Result<String, String> {
    PathPatterns::new(&[text.to_owned()])
        .map(|_| text.to_owned())
        .map_err(|bad| bad.reason)
}

fn left_out_row(name: &str) -> Result<String, String> {
    if left_out_rule(name).is_some() {
        return Ok(name.to_owned());
    }
    let names: Vec<&str> = left_out_rules().iter().map(|rule| rule.id).collect();
    Err(format!("there is no such row; the rows are {}", names.join(", ")))
}

/// Days that count as recent, as text: what `--recently-added` alone means.
const RECENT: &str = "30";

/// What `--on-this-day` alone means.
const TODAY: &str = "today";

fn day_of_year(text: &str) -> Result<DayOfYear, String> {
    if text == TODAY {
        return Ok(Today::now().day);
    }
    let numbers = text.split_once('-');
    let day = numbers.and_then(|(month, day)| DayOfYear::new(month.parse().ok()?, day.parse().ok()?));
    day.ok_or_else(|| "a month and a day are needed, as in 07-12".to_owned())
}

fn kilometres(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a number of kilometres above 0 is needed".to_owned()),
    }
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 1 is needed".to_owned()),
    }
}
