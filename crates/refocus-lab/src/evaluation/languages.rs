//! Focus and find in other languages, judged beside English: wordings that nobody trained on, read by the language pack as the
//! program reads them, and ranked by the product. A wording's English counterpart, ranked on the same photos, is what it is
//! compared with.
//!
//! The table (`data/languages.tsv`) has the columns `kind` (`focus` or `find`), `judged_by`, `en` and one for each language. A
//! focus is judged by a column of labels, `scenes:colour` or `everyday:place`; a find by words, `car|cars`: the photos whose
//! labels hold one of them are the right ones.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use refocus_model::ModelError;
use refocus_model::languages::LanguagePack;
use refocus_search::WordBank;
use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::aspect::{Aspect, average_precisions};
use refocus_training::evaluation::metrics::{average_precision, mean};
use refocus_training::evaluation::ways::{Contender, PhotoSet};

/// Finds that fewer photos answer are not judged.
const LEAST_PHOTOS: usize = 3;

/// Why the languages cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum LanguagesError {
    /// The table of wordings cannot be read.
    #[error("the wordings cannot be read ({reason}): {}", path.display())]
    Table {
        /// What is wrong with it.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The pack cannot be read.
    #[error(transparent)]
    Pack(#[from] ModelError),
    /// The ranking fails.
    #[error(transparent)]
    Ranking(#[from] EvaluationError),
}

/// What a wording is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An instruction.
    Focus,
    /// What is looked for.
    Find,
}

/// One thing to say, in English and in the other languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What it is for.
    pub kind: Kind,
    /// A column of labels, or the words that right photos have.
    pub judged_by: String,
    /// In English.
    pub english: String,
    /// In the languages of the table, in their order.
    pub texts: Vec<String>,
}

/// The wordings that are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wordings {
    /// Codes of the languages.
    pub languages: Vec<String>,
    /// One for each row of the table.
    pub rows: Vec<Wording>,
}

impl Wordings {
    /// Reads a table; without a file the one that the laboratory holds.
    ///
    /// # Errors
    /// [`LanguagesError::Table`].
    pub fn read(file: Option<&Path>) -> Result<Self, LanguagesError> {
        let refused = |reason: String| LanguagesError::Table {
            reason,
            path: file.unwrap_or(Path::new("data/languages.tsv")).to_path_buf(),
        };
        let text = match file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?,
            None => include_str!("../../data/languages.tsv").to_owned(),
        };
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let ["kind", "judged_by", "en", languages @ ..] = head.as_slice() else {
            return Err(refused("it has other columns".to_owned()));
        };
        let read = |(number, cells): (usize, Vec<&str>)| match cells.as_slice() {
            [kind @ ("focus" | "find"), judged_by, english, texts @ ..] if texts.len() == languages.len() => {
                Ok(Wording {
                    kind: if *kind == "focus" { Kind::Focus } else { Kind::Find },
                    judged_by: (*judged_by).to_owned(),
                    english: (*english).to_owned(),
                    texts: texts.iter().map(|text| (*text).to_owned()).collect(),
                })
            }
            _ => Err(refused(format!("its line {} has other columns", number + 2))),
        };
        Ok(Self {
            rows: lines.enumerate().map(read).collect::<Result<_, _>>()?,
            languages: languages.iter().map(|code| (*code).to_owned()).collect(),
        })
    }
}

/// What came of one wording in one language, beside English.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Judged {
    /// What it is for.
    pub kind: Kind,
    /// What it is judged by.
    pub judged_by: String,
    /// The language's code.
    pub language: String,
    /// As it was typed.
    pub text: String,
    /// The English that it was read as; the text itself where it was not understood.
    pub understood: Vec<String>,
    /// Mean average precision of the English wording.
    pub english_map: f64,
    /// Mean average precision of this one.
    pub map: f64,
}

impl Judged {
    /// What is lost (below 0) or won against English.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.map - self.english_map
    }
}

/// Reads wordings as the program does: English that the bank knows needs no pack.
pub struct Reader<'a> {
    /// The pack.
    pub pack: &'a LanguagePack,
    /// The words that the program knows.
    pub bank: &'a WordBank,
}

impl Reader<'_> {
    fn read(&self, kind: Kind, text: &str) -> Result<Vec<String>, ModelError> {
        if self.bank.knows_text(text) {
            return Ok(vec![text.to_owned()]);
        }
        let understood = match kind {
            Kind::Focus => self.pack.focus(text)?,
            Kind::Find => self.pack.find(text)?,
        };
        Ok(understood.map_or_else(|| vec![text.to_owned()], |understood| understood.english))
    }
}

/// Judges every wording of `kind` that `ask` has an answer for: mean average precision of what is asked (English phrases) by what
/// `judged_by` says, `None` where nothing can be judged by it. What was asked once is not asked again.
///
/// # Errors
/// [`LanguagesError`].
pub fn judge(
    wordings: &Wordings,
    kind: Kind,
    reader: &Reader<'_>,
    mut ask: impl FnMut(&str, &[String]) -> Result<Option<f64>, LanguagesError>,
) -> Result<Vec<Judged>, LanguagesError> {
    let mut known: HashMap<(String, Vec<String>), Option<f64>> = HashMap::new();
    let mut ask = |judged_by: &str, english: &[String]| -> Result<Option<f64>, LanguagesError> {
        let key = (judged_by.to_owned(), english.to_vec());
        if let Some(map) = known.get(&key) {
            return Ok(*map);
        }
        let map = ask(judged_by, english)?;
        known.insert(key, map);
        Ok(map)
    };
    let mut judged = Vec::new();
    for row in wordings.rows.iter().filter(|row| row.kind == kind) {
        let Some(english_map) = ask(&row.judged_by, std::slice::from_ref(&row.english))? else {
            continue;
        };
        for (language, text) in wordings.languages.iter().zip(&row.texts) {
            let understood = reader.read(kind, text)?;
            judged.push(Judged {
                kind,
                judged_by: row.judged_by.clone(),
                language: language.clone(),
                text: text.clone(),
                map: ask(&row.judged_by, &understood)?.unwrap_or(0.0),
                understood,
                english_map,
            });
        }
    }
    Ok(judged)
}

/// Mean average precision, photo to photos, under an instruction.
///
/// # Errors
/// Those of the product's ranking.
pub fn focus_map(
    set: &PhotoSet<'_>,
    way: Contender,
    aspect: &Aspect,
    instruction: &str,
) -> Result<Option<f64>, LanguagesError> {
    let precisions = set.under(way, instruction, |under| average_precisions(under, aspect))?;
    Ok(mean(precisions.into_iter().map(|(_, precision)| precision)))
}

/// Average precision of the photos whose labels hold one of the words `judged_by` (`car|cars`), ranked by phrases; `labels` are
/// each photo's words in lower case. `None` where fewer than [`LEAST_PHOTOS`] do.
///
/// # Errors
/// Those of the product's ranking.
pub fn find_map(
    set: &PhotoSet<'_>,
    way: Contender,
    labels: &[String],
    judged_by: &str,
    phrases: &[String],
) -> Result<Option<f64>, LanguagesError> {
    let is_right = |label: &String| {
        let mut words = label.split(|c: char| !c.is_alphanumeric());
        words.any(|word| judged_by.split('|').any(|wanted| wanted == word))
    };
    let right: Vec<bool> = labels.iter().map(is_right).collect();
    if right.iter().filter(|right| **right).count() < LEAST_PHOTOS {
        return Ok(None);
    }
    let ranking = set.found(way, &set.phrases(phrases)?)?;
    let order = ranking.order.iter();
    Ok(average_precision(
        order.map(|photo| right.get(*photo as usize).copied().unwrap_or(false)),
    ))
}

/// Differences from English, summed up.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Summary {
    /// Their mean.
    pub mean: f64,
    /// The worst.
    pub worst: f64,
    /// Mean of the English figures.
    pub english: f64,
    /// How many.
    pub n: usize,
}

/// Sums up the wordings that `of` picks; `None` where it picks none.
#[must_use]
pub fn summary(judged: &[Judged], of: impl Fn(&Judged) -> bool) -> Option<Summary> {
    let chosen: Vec<&Judged> = judged.iter().filter(|judged| of(judged)).collect();
    Some(Summary {
        mean: mean(chosen.iter().map(|judged| judged.difference()))?,
        worst: chosen.iter().map(|judged| judged.difference()).min_by(f64::total_cmp)?,
        english: mean(chosen.iter().map(|judged| judged.english_map))?,
        n: chosen.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_search::synthetic::{self, Planted};

    #[test]
    fn the_table_has_twenty_focuses_and_twenty_finds_in_twelve_languages() {
        let wordings = Wordings::read(None).unwrap();
        let of = |kind| wordings.rows.iter().filter(|row| row.kind == kind).count();
        assert_eq!(
            (of(Kind::Focus), of(Kind::Find), wordings.languages.len()),
            (20, 20, 12)
        );
    }

    #[test]
    fn a_table_with_a_short_line_is_refused_by_line_and_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.tsv");
        std::fs::write(&file, "kind\tjudged_by\ten\tde\nfocus\tscenes:colour\tthe colour\n").unwrap();
        let message = Wordings::read(Some(&file)).unwrap_err().to_string();
        assert!(message.contains("line 2") && message.ends_with("mine.tsv"), "{message}");
    }

    #[test]
    fn finds_are_right_where_a_label_holds_the_whole_word() {
        let planted = Planted::new(60);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.gallery(), &bank, &synthetic::Embedder, None);
        let labels: Vec<String> = planted
            .colours
            .iter()
            .map(|colour| format!("a {} thing", synthetic::COLOURS[*colour]))
            .collect();
        let colour = synthetic::COLOURS[0];
        let ask = |judged_by: &str| find_map(&set, Contender::Plain, &labels, judged_by, &[colour.to_owned()]).unwrap();
        assert!(ask(colour).unwrap() > 0.9, "{:?}", ask(colour));
        assert_eq!(ask(&colour[..2]), None);
    }
}
