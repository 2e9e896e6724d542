//! The figures of an evaluation, and their JSON.

use serde_json::{Map, Value, json};

use super::EvaluationError;
use super::aspect::{Aspect, Measures, judge};
use super::ways::{Contender, PhotoSet};
use super::wordings::{WordingMeasures, judge_wordings};

/// The figures of one aspect in each way.
#[derive(Debug, Clone)]
pub struct AspectReport {
    /// Name of the aspect.
    pub name: String,
    /// Its instruction.
    pub instruction: String,
    /// Number of labels that were judged.
    pub labels: usize,
    /// Number of queries.
    pub queries: usize,
    /// Number of templates.
    pub templates: usize,
    /// mAP of an order that knows nothing.
    pub chance: Option<f64>,
    /// The measures in each way.
    pub ways: Vec<(Contender, Measures)>,
    /// Other wordings, in each way that an instruction matters to.
    pub wordings: Vec<(Contender, WordingMeasures)>,
}

impl AspectReport {
    /// Judges an aspect in some ways, and other wordings of its instruction.
    ///
    /// # Errors
    /// Those of the product's ranking.
    pub fn judge(
        set: &PhotoSet<'_>,
        ways: &[Contender],
        aspect: &Aspect,
        paraphrases: &[String],
    ) -> Result<Self, EvaluationError> {
        let mut report = Self {
            name: aspect.column.name.clone(),
            instruction: aspect.instruction.clone(),
            labels: aspect.column.words.len(),
            queries: aspect.split.queries.len(),
            templates: aspect.templates.len(),
            chance: aspect.chance(),
            ways: Vec::new(),
            wordings: Vec::new(),
        };
        for &way in ways {
            let measures = set.under(way, &aspect.instruction, |under| judge(under, aspect))?;
            if way != Contender::Plain && !paraphrases.is_empty() {
                let wordings = judge_wordings(set, way, aspect, measures.map, paraphrases)?;
                report.wordings.push((way, wordings));
            }
            report.ways.push((way, measures));
        }
        Ok(report)
    }

    /// The measures in one way, if it was judged.
    #[must_use]
    pub fn way(&self, way: Contender) -> Option<&Measures> {
        self.ways
            .iter()
            .find(|(judged, _)| *judged == way)
            .map(|(_, measures)| measures)
    }

    /// Every way by its key (null for one that the model does not have), with the instruction and the counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for way in Contender::ALL {
            object.insert(way.key().to_owned(), json!(self.way(way)));
        }
        object.insert("instruction".to_owned(), json!(self.instruction));
        object.insert("labels".to_owned(), json!(self.labels));
        object.insert("queries".to_owned(), json!(self.queries));
        object.insert("templates".to_owned(), json!(self.templates));
        object.insert("chance_map".to_owned(), json!(self.chance));
        if !self.wordings.is_empty() {
            let wordings = self
                .wordings
                .iter()
                .map(|(way, measures)| (way.key().to_owned(), json!(measures)));
            object.insert("paraphrases".to_owned(), Value::Object(wordings.collect()));
        }
        Value::Object(object)
    }
}

/// The commit that the program was built from, where the build says so (`REFOCUS_COMMIT`).
#[must_use]
pub fn commit() -> &'static str {
    option_env!("REFOCUS_COMMIT").unwrap_or("unknown")
}
