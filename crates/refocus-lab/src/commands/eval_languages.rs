//! `refocus-lab eval languages`: what a focus or find in another language loses against English.

use std::path::Path;

use anyhow::Context;
use refocus::cli::judging::{EvalRun, Judge};
use refocus::cli::output;
use refocus_engine::LibraryPaths;
use refocus_model::languages::LanguagePack;
use refocus_training::evaluation::aspect::{Aspect, Protocol};
use refocus_training::evaluation::encode::PhotoFile;
use refocus_training::evaluation::labels::{LabelColumn, LabelledPhotos};
use refocus_training::evaluation::ways::Contender;
use serde_json::{Value, json};

use super::eval::truths;
use crate::evaluation::languages::{Judged, Kind, Reader, Wordings, find_map, focus_map, judge, summary};
use crate::evaluation::scenes::{self, Scene, SceneKind};
use crate::training::everyday::EverydayPhotos;

/// Fields of a photo that say what is to be seen in it.
const SHOWN: [&str; 15] = [
    "caption",
    "subject",
    "who",
    "doing",
    "wearing",
    "place",
    "weather",
    "time",
    "season",
    "background",
    "animals",
    "food",
    "vehicles",
    "things",
    "event",
];
/// Sets of labels that a focus can be judged by.
const SCENES: &str = "scenes:";
const EVERYDAY: &str = "everyday:";

/// Runs the evaluation.
pub(super) fn languages(
    paths: &LibraryPaths,
    dir: &Path,
    pack: &Path,
    wordings: Option<&Path>,
    scenes: usize,
    run: &EvalRun,
) -> anyhow::Result<()> {
    let wordings = Wordings::read(wordings)?;
    let pack = LanguagePack::open(pack)?;
    let judging = Judge::new(paths)?;
    let way = judging.ways.last().copied().unwrap_or(Contender::Plain);
    let reader = Reader {
        pack: &pack,
        bank: &judging.bank,
    };
    let mut judged = judge_scenes(&judging, &reader, &wordings, way, scenes, run)?;
    let (photos, everyday) = judge_everyday(&judging, &reader, &wordings, way, dir, run)?;
    judged.extend(everyday);
    if run.json {
        let mut report = judging.head(photos, run);
        report.insert("scenes".to_owned(), json!(scenes));
        report.insert("languages".to_owned(), sums(&wordings, &judged));
        report.insert("wordings".to_owned(), json!(judged));
        return output::print_json(&Value::Object(report));
    }
    print(&wordings, &judged);
    output::print(&format!(
        "scenes {scenes} · everyday photos: {}",
        judging.footer(photos, run)
    ));
    Ok(())
}

fn judge_scenes(
    judging: &Judge,
    reader: &Reader<'_>,
    wordings: &Wordings,
    way: Contender,
    count: usize,
    run: &EvalRun,
) -> anyhow::Result<Vec<Judged>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let scenes = Scene::<false>::series(SceneKind::Shapes, run.seed, count);
    let (encoded, _) = judging.encode(&scenes, run, |number| format!("scene {number}"))?;
    let aspects = aspects(&scenes::columns(&truths(&encoded)?), run.seed);
    judging.with_set(&encoded, |set| {
        let ask = |judged_by: &str, english: &[String]| match aspect(&aspects, SCENES, judged_by) {
            Some(aspect) => focus_map(set, way, aspect, &english.join(" ")),
            None => Ok(None),
        };
        Ok(judge(wordings, Kind::Focus, reader, ask)?)
    })
}

fn judge_everyday(
    judging: &Judge,
    reader: &Reader<'_>,
    wordings: &Wordings,
    way: Contender,
    dir: &Path,
    run: &EvalRun,
) -> anyhow::Result<(usize, Vec<Judged>)> {
    let photos = EverydayPhotos::read_split(dir, "judge")?;
    let mut names: Vec<&str> = wordings
        .rows
        .iter()
        .filter(|row| row.kind == Kind::Focus)
        .filter_map(|row| row.judged_by.strip_prefix(EVERYDAY))
        .collect();
    names.sort_unstable();
    names.dedup();
    // A label that every photo has keeps all of them.
    names.push("colour_or_black_and_white");
    let labelled = LabelledPhotos::from_table(&dir.join("judge.csv"), dir, &names)?;
    let files: Vec<PhotoFile> = labelled.paths.iter().cloned().map(PhotoFile).collect();
    let path = |number: usize| {
        let path = labelled.paths.get(number);
        path.map_or_else(String::new, |path| path.display().to_string())
    };
    let (encoded, readable) = judging.encode(&files, run, path)?;
    let labelled = labelled.of_photos(&readable);
    let shown = |path: &std::path::PathBuf| {
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        let photo = photos.get(&id).with_context(|| format!("{id} has no labels"))?;
        let words = SHOWN.iter().flat_map(|field| photo.field(field));
        Ok(words.map(|words| words.to_lowercase()).collect::<Vec<_>>().join(" "))
    };
    let words: Vec<String> = labelled.paths.iter().map(shown).collect::<anyhow::Result<_>>()?;
    let aspects = aspects(&labelled.columns, run.seed);
    let judged = judging.with_set(&encoded, |set| {
        let focus = |judged_by: &str, english: &[String]| match aspect(&aspects, EVERYDAY, judged_by) {
            Some(aspect) => focus_map(set, way, aspect, &english.join(" ")),
            None => Ok(None),
        };
        let mut judged = judge(wordings, Kind::Focus, reader, focus)?;
        let find = |judged_by: &str, english: &[String]| find_map(set, way, &words, judged_by, english);
        judged.extend(judge(wordings, Kind::Find, reader, find)?);
        Ok(judged)
    })?;
    Ok((encoded.len(), judged))
}

fn aspects(columns: &[LabelColumn], seed: u64) -> Vec<Aspect> {
    // Only mean average precision is asked for: no templates are drawn.
    let protocol = Protocol {
        seed,
        templates: 0,
        ..Protocol::default()
    };
    let of = |column: &LabelColumn| Aspect::new(&column.name, column, &[], protocol);
    columns.iter().map(of).collect()
}

fn aspect<'a>(aspects: &'a [Aspect], prefix: &str, judged_by: &str) -> Option<&'a Aspect> {
    let name = judged_by.strip_prefix(prefix)?;
    aspects.iter().find(|aspect| aspect.instruction == name)
}

/// A column's name, and which wordings it is of.
type Column = (&'static str, fn(&Judged) -> bool);

/// What is told in columns.
const COLUMNS: [Column; 4] = [
    ("focus", |judged| judged.kind == Kind::Focus),
    ("focus, scenes", |judged| judged.judged_by.starts_with(SCENES)),
    ("focus, everyday", |judged| judged.judged_by.starts_with(EVERYDAY)),
    ("find", |judged| judged.kind == Kind::Find),
];

fn sums(wordings: &Wordings, judged: &[Judged]) -> Value {
    let of = |language: Option<&str>| {
        let columns = COLUMNS.iter().map(|(name, is)| {
            let sum = summary(judged, |one| {
                is(one) && language.is_none_or(|code| code == one.language)
            });
            ((*name).to_owned(), json!(sum))
        });
        Value::Object(columns.collect())
    };
    let languages = wordings.languages.iter().map(|code| (code.clone(), of(Some(code))));
    Value::Object(languages.chain([("all".to_owned(), of(None))]).collect())
}

fn print(wordings: &Wordings, judged: &[Judged]) {
    output::print("points of mean average precision against English: mean, worst (n)");
    output::print(&format!(
        "{:<6}{}",
        "",
        COLUMNS.map(|(name, _)| format!("{name:>22}")).concat()
    ));
    let line = |name: &str, language: Option<&str>| {
        let cells = COLUMNS.map(|(_, is)| {
            let sum = summary(judged, |one| {
                is(one) && language.is_none_or(|code| code == one.language)
            });
            sum.map_or_else(
                || format!("{:>22}", "–"),
                |sum| {
                    let cell = format!("{:+.1} {:+.1} ({})", sum.mean * 100.0, sum.worst * 100.0, sum.n);
                    format!("{cell:>22}")
                },
            )
        });
        output::print(&format!("{name:<6}{}", cells.concat()));
    };
    for code in &wordings.languages {
        line(code, Some(code));
    }
    line("all", None);
    let english = COLUMNS.map(|(_, is)| {
        let sum = summary(judged, is);
        format!(
            "{:>22}",
            sum.map_or_else(|| "–".to_owned(), |sum| format!("{:.1}", sum.english * 100.0))
        )
    });
    output::print(&format!("{:<6}{}", "en", english.concat()));
}
