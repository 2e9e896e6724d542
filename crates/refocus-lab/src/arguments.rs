//! What can be typed.

use std::path::PathBuf;

use refocus::cli::{EvalRun, LibraryArguments};

/// The laboratory of Refocus: trains, judges and measures what the program ships with.
#[derive(Debug, clap::Parser)]
#[command(name = "refocus-lab", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) library: LibraryArguments,

    #[command(subcommand)]
    pub(crate) subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Measures speed.
    Bench(Bench),
    /// Measures how well photos are ordered, named and grouped under an instruction.
    Eval(Eval),
    /// Fits what the built-in model is made of.
    Train(Train),
    /// Renders the demo photos, opens the window over them and takes the pictures of the README.
    Screenshots {
        /// Where the pictures go.
        dir: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) what: BenchWhat,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum BenchWhat {
    /// From an instruction's text to the complete order.
    Rank {
        /// Size of the library.
        #[arg(long, default_value_t = 10_000)]
        photos: usize,
        /// Limits the model's kernels to this instruction set: avx512-vnni, avx512, avx-vnni, avx2, neon, portable.
        #[arg(long, value_name = "NAME")]
        instruction_set: Option<String>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Indexing a folder into a library that is thrown away.
    Index {
        /// The folder.
        dir: PathBuf,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Words in what is written of photos: each with a caption of 12 words and 5 keywords.
    Words {
        /// Size of the library.
        #[arg(long, default_value_t = 100_000)]
        photos: usize,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Made-up faces put to persons: all of them from scratch, then photo by photo.
    People {
        /// Faces in the library.
        #[arg(long, default_value_t = 100_000)]
        faces: usize,
        /// Seed of the faces.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Photos that are nearly the same, in a made-up library: the first time, and after new ones.
    Duplicates {
        /// Size of the library.
        #[arg(long, default_value_t = 100_000)]
        photos: usize,
        /// Photos that come afterwards.
        #[arg(long, default_value_t = 100)]
        new: usize,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Opening, ranking and looking through a library of many photos.
    Library {
        /// Size of the library.
        #[arg(long, default_value_t = 100_000)]
        photos: usize,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Frame times of the real window while its gallery scrolls.
    Gallery {
        /// Size of the library.
        #[arg(long, default_value_t = 6_900)]
        photos: usize,
        /// Indexes these many rendered photos meanwhile.
        #[arg(long)]
        while_indexing: bool,
        /// A folder of real photos in place of rendered ones.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Once more with the photos in the order of time: with heads, dates on photos and the strip beside them.
        #[arg(long)]
        in_time: bool,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// From the start of the program to what it draws first.
    Start {
        /// Size of the library.
        #[arg(long, default_value_t = 100_000)]
        photos: usize,
        /// Starts whose median is taken.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// The program to start (default: the `refocus` that lies beside this one).
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// From a key press in the focus field to the re-ordered photos on screen.
    Typing {
        /// Size of the library.
        #[arg(long, default_value_t = 10_000)]
        photos: usize,
        /// Indexes rendered photos into the same library meanwhile.
        #[arg(long)]
        while_indexing: bool,
        /// A folder of real photos in place of rendered ones.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Once more with the photos in the order of time: with heads, dates on photos and the strip beside them.
        #[arg(long)]
        in_time: bool,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Eval {
    #[command(subcommand)]
    pub(crate) what: EvalWhat,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum EvalWhat {
    /// Rendered scenes that training never sees: colour, shape, texture, count.
    Scenes {
        /// Number of scenes.
        #[arg(long, default_value_t = 1500)]
        photos: usize,
        #[command(flatten)]
        run: EvalRun,
        /// Other wordings of the instructions: JSON, {"aspect": ["instruction", …]}.
        #[arg(long, value_name = "FILE")]
        paraphrases: Option<PathBuf>,
    },
    /// Find: photos with captions (`labels.tsv` of everyday photos), each looked for by its own.
    Captions {
        /// The folder with `labels.tsv` and `photos/`.
        dir: PathBuf,
        /// The split that is judged; `kept-back` are the photos of the training split that are not trained on.
        #[arg(long, value_name = "NAME", default_value = "judge")]
        split: String,
        #[command(flatten)]
        run: EvalRun,
    },
    /// Other languages: wordings that nobody trained on, each beside its English one, on scenes and on everyday photos.
    Languages {
        /// The folder of everyday photos with `labels.tsv`, `judge.csv` and `photos/`.
        dir: PathBuf,
        /// The language pack.
        #[arg(long, value_name = "FILE", default_value = "assets/languages.safetensors")]
        pack: PathBuf,
        /// The wordings, with the columns kind, judged_by, en and one a language; without it those of the laboratory.
        #[arg(long, value_name = "FILE")]
        wordings: Option<PathBuf>,
        /// Number of rendered scenes.
        #[arg(long, default_value_t = 1500)]
        scenes: usize,
        #[command(flatten)]
        run: EvalRun,
    },
    /// Faces: precision and recall on photos whose faces somebody marked.
    Faces {
        /// The folder with the photos.
        dir: PathBuf,
        /// The marks: CSV with the columns photo, mark, x, y, size.
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// Smallest face that counts, pixels where the photo's longer side is scaled to 1,024.
        #[arg(long, value_name = "PIXELS", default_value_t = 24.0)]
        smallest: f32,
        /// Lowest confidence of a face, 0 to 1.
        #[arg(long, value_name = "SCORE")]
        score: Option<f32>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// The reader of text: photos with labels (`labels.tsv` of everyday photos) whose field `text` says what stands in them.
    Text {
        /// The folder with `labels.tsv` and `photos/`.
        dir: PathBuf,
        /// Photos with text, and as many without, at most.
        #[arg(long, default_value_t = 200)]
        photos: usize,
        /// Seed of which.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Writes the lines of each photo to this file, one JSON object a line.
        #[arg(long, value_name = "FILE")]
        read: Option<PathBuf>,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// The reader of text: rendered pages of which every line is known (`crates/refocus-lab/data/render_pages.py`).
    Pages {
        /// The folder with `pages.tsv` and the pages.
        dir: PathBuf,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What it costs that encodings are kept in int8: rendered scenes ranked with and without rounding.
    Int8 {
        /// Number of scenes.
        #[arg(long, default_value_t = 500)]
        photos: usize,
        #[command(flatten)]
        run: EvalRun,
    },
    /// FocalLens from scratch: retrieval by colour and by shape with the towers that `refocus-lab train --preset colorshape` made.
    Colorshape {
        /// Where the towers lie.
        #[arg(default_value = "colorshape")]
        dir: PathBuf,
        /// Number of test pictures.
        #[arg(long, default_value_t = 1000)]
        photos: usize,
        #[command(flatten)]
        run: EvalRun,
    },
    /// CelebA: retrieval by each attribute, from the published files.
    Celeba(EvalPublished),
    /// GeneCIS: one picture of a small gallery is alike in the named respect, from the published files.
    Genecis(EvalPublished),
    /// SugarCrepe: a caption and one that is wrong in one word, from the published files.
    Sugarcrepe(EvalPublished),
    /// MMVP-VLM: two pictures, two statements, from the published files.
    MmvpVlm(EvalPublished),
    /// Classification: folders named by class.
    Classify {
        #[command(flatten)]
        published: EvalPublished,
        /// In which respect pictures are classified.
        #[arg(long, value_name = "TEXT", default_value = "the kind of object")]
        instruction: String,
    },
    /// Rendered pictures of two objects: is the colour of the named one meant, and does the heat map look at it?
    Pointing {
        /// Number of pictures.
        #[arg(long, default_value_t = 500)]
        photos: usize,
        #[command(flatten)]
        run: EvalRun,
    },
}

/// A benchmark in its published format.
#[derive(Debug, clap::Args)]
pub(crate) struct EvalPublished {
    /// The folder with its files; a folder that lacks some is answered with their names and where they are published.
    pub(crate) dir: PathBuf,
    /// Judges at most so many pictures (CelebA, classification).
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) run: EvalRun,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Train {
    /// What is fitted: the focus encoder, or one of the stages before it.
    #[arg(long, value_enum, default_value_t = TrainStage::FocusEncoder)]
    pub(crate) stage: TrainStage,
    /// A ready-made experiment in place of a stage: `colorshape` trains three small vision transformers on coloured shapes,
    /// without a condition token, with one at the first block, and with one at the last.
    #[arg(long, value_enum)]
    pub(crate) preset: Option<TrainPreset>,
    /// Folders of photos to fit on.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Vec<PathBuf>,
    /// A folder of everyday photos with `labels.tsv`; of them the split `train` alone is trained on.
    #[arg(long, value_name = "DIR")]
    pub(crate) everyday: Option<PathBuf>,
    /// Where the result goes: a file; for a preset a folder (default: its name).
    #[arg(long, value_name = "FILE", required_unless_present = "preset")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the numbers of the training pictures are kept.
    #[arg(long, value_name = "DIR", default_value = "training-cache")]
    pub(crate) cache: PathBuf,
    /// Steps of training (default: 5000; a preset has its own).
    #[arg(long)]
    pub(crate) steps: Option<usize>,
    /// Goes on from the last checkpoint in the cache folder.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Settings that are tried out, as KEY=VALUE: rate, photos, noise, dropout.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Trains on everyday photos of the sources that are kept back to choose by as well.
    #[arg(long)]
    pub(crate) all_sources: bool,
    /// Aspects that are not trained, to see what the focus encoder does with them.
    #[arg(long, value_name = "ASPECT")]
    pub(crate) leave_out: Vec<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TrainPreset {
    /// Coloured shapes, from scratch.
    Colorshape,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TrainStage {
    /// The focus encoder and the encoder's token layer.
    FocusEncoder,
    /// How much ready-made descriptions of a photo count under each aspect, measured with a trained focus encoder on everyday
    /// photos that were kept back: `assets/training/routes.json`.
    Routes,
    /// What is added to y under aspects of everyday photos, so that answers come as often as in them: a trained focus encoder
    /// with it.
    AnswerBias,
    /// Bases and means: PCA, text mean, ConSE basis, named colours.
    Projections,
    /// The text vectors of the bank of value words.
    ValueWords,
    /// What the image tower says of each training picture (part of training; by itself it only fills the cache).
    Cache,
}
