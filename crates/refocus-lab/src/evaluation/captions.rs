//! Find, judged: photos that each have a caption, ranked by every caption. A caption is right where its own photo is.

use std::path::{Path, PathBuf};

use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::metrics::recall_at_k;
use refocus_training::evaluation::ways::{Contender, PhotoSet};

/// Why captions could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptionError {
    /// The table is not readable.
    #[error("the captions cannot be read: {source}: {path}", path = path.display())]
    Table {
        /// What the reader says.
        source: csv::Error,
        /// The table.
        path: PathBuf,
    },
    /// A column is missing.
    #[error("the table has no column {column:?}: {path}", path = path.display())]
    Column {
        /// The column's name.
        column: &'static str,
        /// The table.
        path: PathBuf,
    },
}

/// A photo with its caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionedPhoto {
    /// The file.
    pub path: PathBuf,
    /// What somebody wrote of it.
    pub caption: String,
}

/// Reads `labels.tsv` of a folder (columns `id`, `caption` and `split`, photos in `photos/ID.webp`), one split of it.
///
/// # Errors
/// [`CaptionError`].
pub fn read(folder: &Path, split: &str) -> Result<Vec<CaptionedPhoto>, CaptionError> {
    let path = folder.join("labels.tsv");
    let table = |source| CaptionError::Table {
        source,
        path: path.clone(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_path(&path)
        .map_err(table)?;
    let names = reader.headers().map_err(table)?.clone();
    let column = |column: &'static str| {
        let place = names.iter().position(|name| name == column);
        place.ok_or_else(|| CaptionError::Column {
            column,
            path: path.clone(),
        })
    };
    let (id, caption, of_split) = (column("id")?, column("caption")?, column("split")?);
    let mut photos = Vec::new();
    for record in reader.records() {
        let record = record.map_err(table)?;
        if record.get(of_split) == Some(split) {
            let id = record.get(id).unwrap_or_default();
            photos.push(CaptionedPhoto {
                path: folder.join("photos").join(format!("{id}.webp")),
                caption: record.get(caption).unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(photos)
}

/// Where captions find their photos.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Found {
    /// Captions whose photo is the first.
    pub recall_at_1: Option<f64>,
    /// Captions whose photo is among the first five.
    pub recall_at_5: Option<f64>,
    /// Captions whose photo is among the first ten.
    pub recall_at_10: Option<f64>,
    /// The middle of the photos' places, from 1.
    pub median_rank: usize,
}

/// Ranks a set by the caption of each of its photos, in the order of the set: by the words alone, as the find field does
/// without a focus, in a way of comparing photos.
///
/// # Errors
/// Those of the ranking.
pub fn judge(
    set: &PhotoSet<'_>,
    contender: Contender,
    instruction: &str,
    captions: &[&str],
) -> Result<Found, EvaluationError> {
    // Without an instruction the match with the words decides; under one, their place among what it sees.
    let match_weight = if contender == Contender::Plain { 1.0 } else { 0.0 };
    let places = set.under(contender, instruction, |under| {
        let mut places = Vec::with_capacity(captions.len());
        for (own, caption) in (0u32..).zip(captions) {
            let ranking = under.matching(&under.words(caption)?, match_weight, None)?;
            let place = ranking.order.iter().position(|photo| *photo == own);
            places.push(place.unwrap_or(captions.len()));
        }
        Ok(places)
    })?;
    let mut sorted = places.clone();
    sorted.sort_unstable();
    Ok(Found {
        recall_at_1: recall_at_k(&places, 1),
        recall_at_5: recall_at_k(&places, 5),
        recall_at_10: recall_at_k(&places, 10),
        median_rank: sorted.get(sorted.len() / 2).map_or(0, |place| place + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_search::synthetic::{self, Planted};

    #[test]
    fn one_split_is_read_and_a_missing_column_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("labels.tsv");
        std::fs::write(
            &table,
            "id\tcaption\tsplit\n1\ta \"red\" boat\tjudge\n2\ta house\ttrain\n",
        )
        .unwrap();
        let photos = read(folder.path(), "judge").unwrap();
        assert_eq!(photos.len(), 1);
        assert_eq!(photos[0].caption, "a \"red\" boat");
        assert!(photos[0].path.ends_with("photos/1.webp"));
        std::fs::write(&table, "id\tcaption\n").unwrap();
        let error = read(folder.path(), "judge").unwrap_err();
        assert!(
            error.to_string().starts_with("the table has no column \"split\""),
            "{error}"
        );
    }

    #[test]
    fn captions_that_name_planted_colours_find_photos_of_that_colour_before_others() {
        let planted = Planted::new(60);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.library(), &bank, &synthetic::Embedder, None);
        let captions: Vec<&str> = planted
            .colours
            .iter()
            .map(|colour| synthetic::COLOURS[*colour])
            .collect();
        let found = judge(&set, Contender::Plain, "", &captions).unwrap();
        let colours = synthetic::COLOURS.len();
        assert!(found.median_rank <= 60 / colours + 1, "{found:?}");
    }
}
