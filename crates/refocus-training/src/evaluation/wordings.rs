//! The same instruction worded otherwise: how much the order depends on the wording.

use std::collections::BTreeMap;
use std::path::Path;

use super::EvaluationError;
use super::aspect::{Aspect, average_precisions};
use super::metrics::mean;
use super::ways::{Contender, PhotoSet};

/// Other wordings of an aspect's instruction, by the aspect's name.
pub type Paraphrases = BTreeMap<String, Vec<String>>;

/// Reads wordings: JSON, `{"aspect": ["instruction", …], …}`.
///
/// # Errors
/// [`EvaluationError::File`] if the file cannot be read or holds something else.
pub fn read_paraphrases(file: &Path) -> Result<Paraphrases, EvaluationError> {
    let refuse = |error: &dyn std::fmt::Display| EvaluationError::file("the wordings cannot be read", error, file);
    let text = std::fs::read_to_string(file).map_err(|error| refuse(&error))?;
    serde_json::from_str(&text).map_err(|error| refuse(&error))
}

/// mAP of one way under several wordings of one instruction.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct WordingMeasures {
    /// Each wording.
    pub wordings: Vec<Wording>,
    /// Mean mAP over the wordings.
    pub mean: Option<f64>,
    /// mAP of the worst wording minus mAP of the instruction as given.
    pub worst_difference: Option<f64>,
}

/// mAP under one wording.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Wording {
    /// The wording.
    pub instruction: String,
    /// mAP under it.
    pub map: Option<f64>,
}

/// Judges wordings of the aspect's instruction; `given` is the mAP of the instruction itself.
///
/// # Errors
/// Those of the product's ranking.
pub fn judge_wordings(
    set: &PhotoSet<'_>,
    way: Contender,
    aspect: &Aspect,
    given: Option<f64>,
    instructions: &[String],
) -> Result<WordingMeasures, EvaluationError> {
    let mut wordings = Vec::with_capacity(instructions.len());
    for instruction in instructions {
        let precisions = set.under(way, instruction, |under| average_precisions(under, aspect))?;
        wordings.push(Wording {
            instruction: instruction.clone(),
            map: mean(precisions.into_iter().map(|(_, precision)| precision)),
        });
    }
    Ok(summed_up(wordings, given))
}

fn summed_up(wordings: Vec<Wording>, given: Option<f64>) -> WordingMeasures {
    let maps = || wordings.iter().filter_map(|wording| wording.map);
    let worst = maps().min_by(f64::total_cmp);
    WordingMeasures {
        mean: mean(maps()),
        worst_difference: worst.zip(given).map(|(worst, given)| worst - given),
        wordings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wording_is_compared_with_the_given_one() {
        let wording = |map| Wording {
            instruction: String::new(),
            map,
        };
        let measures = summed_up(vec![wording(Some(0.75)), wording(Some(0.25)), wording(None)], Some(0.5));
        assert_eq!((measures.mean, measures.worst_difference), (Some(0.5), Some(-0.25)));
        let none = summed_up(Vec::new(), Some(0.5));
        assert_eq!((none.mean, none.worst_difference), (None, None));
    }

    #[test]
    fn wordings_are_read_from_json_and_other_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wordings.json");
        std::fs::write(&file, r#"{"colour": ["its hue", "which colour"]}"#).unwrap();
        assert_eq!(read_paraphrases(&file).unwrap()["colour"], ["its hue", "which colour"]);
        std::fs::write(&file, "[]").unwrap();
        let error = read_paraphrases(&file).unwrap_err().to_string();
        assert!(error.ends_with("wordings.json"), "{error}");
    }
}
