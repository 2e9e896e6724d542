//! MMVP-VLM (Tong et al., arXiv 2401.06209): pairs of pictures that CLIP confuses, with a statement for each; a pair counts where
//! both statements find their picture. Files and comparison as in its `evaluate_vlm.py`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Asked, EvaluationError, Protocol, Question, missing};

const PUBLISHED: &str = "the data set MMVP/MMVP_VLM on the Hugging Face hub";
const TABLE: &str = "Questions.csv";
const PICTURES: &str = "MLLM_VLM Images";

/// Reads `DIR/Questions.csv` (number, type, statement; two rows a pair) and `DIR/MLLM_VLM Images/TYPE/NUMBER.jpg`.
///
/// # Errors
/// [`EvaluationError::Missing`], or a table that is not in the published format.
pub fn read(dir: &Path) -> Result<Protocol, EvaluationError> {
    let (table, pictures) = (dir.join(TABLE), dir.join(PICTURES));
    let lacking: Vec<&str> = [(table.is_file(), TABLE), (pictures.is_dir(), PICTURES)]
        .into_iter()
        .filter(|(there, _)| !there)
        .map(|(_, name)| name)
        .collect();
    if !lacking.is_empty() {
        return Err(missing(dir, &lacking, PUBLISHED));
    }
    let wrong =
        |error: &dyn std::fmt::Display| EvaluationError::file("the file is not in the published format", error, &table);
    let mut rows = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(&table)
        .map_err(|error| wrong(&error))?;
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let cell = |place: usize| record.get(place).map(|cell| cell.trim().to_owned());
        let (Some(number), Some(kind), Some(statement)) = (cell(0), cell(1), cell(2)) else {
            return Err(wrong(&"a row has fewer than three columns"));
        };
        rows.push((number, kind, statement));
    }
    let (mut protocol, mut places) = (Protocol::default(), BTreeMap::new());
    for pair in rows.chunks_exact(2) {
        let [(first, kind, one), (second, _, other)] = pair else {
            continue;
        };
        let mut place = |number: &str| {
            let file = pictures.join(kind).join(format!("{number}.jpg"));
            protocol.place(&mut places, file, None)
        };
        let pictures = [place(first), place(second)];
        protocol.questions.push(Question {
            group: kind.clone(),
            instruction: kind.to_lowercase(),
            asked: Asked::Pair {
                pictures,
                statements: [format!("a photo of {one}"), format!("a photo of {other}")],
            },
        });
    }
    Ok(protocol)
}
