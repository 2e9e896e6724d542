//! What all evaluations share: the model and its ways of ranking, pictures to encodings, reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use refocus_engine::{LibraryPaths, load_model_and_words};
use refocus_model::PhotoModel;
use refocus_search::{Gallery, WordBank};
use refocus_training::evaluation::aspect::{Aspect, Protocol};
use refocus_training::evaluation::cache::EncodingCache;
use refocus_training::evaluation::encode::{Encoded, PictureSource, encode_all};
use refocus_training::evaluation::labels::LabelColumn;
use refocus_training::evaluation::report::{AspectReport, commit};
use refocus_training::evaluation::ways::{Contender, PhotoSet};
use refocus_training::evaluation::wordings::{Paraphrases, read_paraphrases};
use serde_json::{Map, Value, json};

use super::progress::progress_bar;
use super::{WrongUsage, eval_tables, output};

/// What all evaluations take.
#[derive(Debug, clap::Args)]
pub struct EvalRun {
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Keeps the encodings in this file, so that they need not be computed again.
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
    /// Prints the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Other wordings by aspect; each must be of an aspect that is judged.
pub fn wordings(file: Option<&Path>, aspects: &[&str]) -> anyhow::Result<Paraphrases> {
    let Some(file) = file else {
        return Ok(Paraphrases::new());
    };
    let paraphrases = read_paraphrases(file)?;
    match paraphrases.keys().find(|name| !aspects.contains(&name.as_str())) {
        Some(unknown) => Err(WrongUsage(format!(
            "the aspect \"{unknown}\" has wordings but is not judged: {}",
            file.display()
        ))
        .into()),
        None => Ok(paraphrases),
    }
}

/// The model and its ways.
pub struct Judge {
    /// The model.
    pub model: Arc<dyn PhotoModel>,
    /// Value words.
    pub bank: Arc<WordBank>,
    /// The ways of ranking that the model has.
    pub ways: Vec<Contender>,
}

impl Judge {
    /// Loads the model.
    ///
    /// # Errors
    /// The model or its words cannot be loaded.
    pub fn new(paths: &LibraryPaths) -> anyhow::Result<Self> {
        let (model, bank) = load_model_and_words(paths).map_err(anyhow::Error::msg)?;
        Ok(Self {
            ways: Contender::of_model(model.info()),
            bank,
            model,
        })
    }

    /// The encodings of the pictures that can be read, and their places. The others are listed by name.
    pub fn encode<S: PictureSource>(
        &self,
        sources: &[S],
        run: &EvalRun,
        name: impl Fn(usize) -> String,
    ) -> anyhow::Result<(Vec<Encoded>, Vec<usize>)> {
        let start = Instant::now();
        let mut cache = EncodingCache::open(run.cache.as_deref())?;
        let bar = progress_bar("pictures");
        let results = encode_all(self.model.as_ref(), sources, &mut cache, &|done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        let (mut encoded, mut places) = (Vec::new(), Vec::new());
        for (place, result) in results.into_iter().enumerate() {
            match result {
                Ok(one) => {
                    encoded.push(one);
                    places.push(place);
                }
                Err(reason) => output::say(&format!("{reason}: {}", name(place))),
            }
        }
        let unreadable = sources.len() - encoded.len();
        let seconds = start.elapsed().as_secs_f32();
        output::say(&format!(
            "{} pictures encoded in {seconds:.0} s, {unreadable} unreadable",
            encoded.len()
        ));
        Ok((encoded, places))
    }

    /// Judges over a set of encoded pictures.
    ///
    /// # Errors
    /// What `judge` ends with, or encodings that are not the model's.
    pub fn with_set<R>(
        &self,
        encoded: &[Encoded],
        judge: impl FnOnce(&PhotoSet<'_>) -> anyhow::Result<R>,
    ) -> anyhow::Result<R> {
        let rows: Vec<&[u8]> = encoded.iter().map(|encoded| encoded.encoding.as_slice()).collect();
        let rows = rows.concat();
        let gallery = Gallery::new(self.model.layout(), &rows, None)?;
        judge(&PhotoSet::new(
            gallery,
            &self.bank,
            &self.model,
            self.model.focus_encoder(),
        ))
    }

    /// Judges columns of labels, each under its instruction.
    pub fn aspects(
        &self,
        encoded: &[Encoded],
        asked: &[(&LabelColumn, &str)],
        held_out: Option<&[bool]>,
        paraphrases: &Paraphrases,
        seed: u64,
    ) -> anyhow::Result<Vec<AspectReport>> {
        let protocol = Protocol {
            seed,
            ..Protocol::default()
        };
        self.with_set(encoded, |set| {
            let mut reports = Vec::with_capacity(asked.len());
            for (column, instruction) in asked {
                let others: Vec<&LabelColumn> = asked
                    .iter()
                    .map(|(other, _)| *other)
                    .filter(|other| other.name != column.name)
                    .collect();
                let mut aspect = Aspect::new(instruction, column, &others, protocol);
                aspect.held_out = held_out.map(<[bool]>::to_vec);
                if aspect.split.queries.is_empty() {
                    output::say(&format!(
                        "{}: no label is shared by {} photos; nothing can be judged",
                        column.name, protocol.least_photos
                    ));
                }
                let wordings = paraphrases.get(&column.name).map_or(&[][..], Vec::as_slice);
                reports.push(AspectReport::judge(set, &self.ways, &aspect, wordings)?);
            }
            Ok(reports)
        })
    }

    /// Prints the reports, as tables or as JSON.
    ///
    /// # Errors
    /// JSON cannot be made.
    pub fn show(&self, reports: &[AspectReport], photos: usize, run: &EvalRun, more: Value) -> anyhow::Result<()> {
        if run.json {
            let mut report = self.head(photos, run);
            let aspects = reports.iter().map(|report| (report.name.clone(), report.to_json()));
            report.insert("aspects".to_owned(), Value::Object(aspects.collect()));
            if let Value::Object(more) = more {
                report.extend(more);
            }
            return output::print_json(&Value::Object(report));
        }
        eval_tables::print_aspects(reports);
        output::print(&self.footer(photos, run));
        Ok(())
    }

    /// What every report begins with.
    #[must_use]
    pub fn head(&self, photos: usize, run: &EvalRun) -> Map<String, Value> {
        [
            ("model", json!(self.model.info().id)),
            ("commit", json!(commit())),
            ("n", json!(photos)),
            ("seed", json!(run.seed)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }

    /// The last line of the tables.
    #[must_use]
    pub fn footer(&self, photos: usize, run: &EvalRun) -> String {
        format!(
            "n {photos} · seed {} · model {} · commit {}",
            run.seed,
            self.model.info().id,
            commit()
        )
    }
}
