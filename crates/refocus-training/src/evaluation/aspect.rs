//! One aspect judged in one way: every measure of one instruction against one column of labels.
//!
//! | measure | protocol |
//! |---|---|
//! | `map` | photos split 1:9 at random into queries and database; the database ranked by likeness to each query; relevant = same label |
//! | `recall_at_k` | templates as in GeneCIS (arXiv 2306.07969): of 15 photos one shares the label with the query |
//! | `words_map` | the database ranked by each label's words under the instruction |
//! | `words_and_match_map` | the same as the product shows it: with the match with the words as such added |
//! | `top1` | the label whose words are nearest |
//! | `cluster_*` | spherical k-means with as many clusters as labels, mean over 20 seeds |
//! | `groups_*` | the groups that the product shows |

use rayon::prelude::*;

use super::EvaluationError;
use super::clustering::{cluster_accuracy, normalised_mutual_information, purity, spherical_k_means};
use super::labels::{LabelColumn, words_of};
use super::metrics::{
    Split, Template, accuracy, average_precision, draw_templates, mean, place_of, recall_at_k, split_one_to_nine,
};
use super::ways::Under;
use refocus_search::Query;

/// Numbers of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Labels with fewer photos are left out.
    pub least_photos: usize,
    /// Photos of a template's gallery.
    pub template_gallery: usize,
    /// Templates.
    pub templates: usize,
    /// Runs of k-means, each from its own seed.
    pub clusterings: u64,
    /// Seed of the split and of the templates.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            least_photos: 10,
            template_gallery: 15,
            templates: 2000,
            clusterings: 20,
            seed: 0,
        }
    }
}

/// What is judged: an instruction against labels, with the queries and templates that all ways are asked alike.
#[derive(Debug, Clone)]
pub struct Aspect {
    /// The instruction.
    pub instruction: String,
    /// The labels that enough photos share.
    pub column: LabelColumn,
    /// Queries and database.
    pub split: Split,
    /// Small galleries with one right answer.
    pub templates: Vec<Template>,
    /// Photos whose combination of labels training never saw, where that is known.
    pub held_out: Option<Vec<bool>>,
    protocol: Protocol,
}

impl Aspect {
    /// Draws queries and templates. `others` are the photos' labels under the other aspects.
    #[must_use]
    pub fn new(instruction: &str, column: &LabelColumn, others: &[&LabelColumn], protocol: Protocol) -> Self {
        let column = column.frequent(protocol.least_photos);
        let others: Vec<&[Option<u32>]> = others.iter().map(|other| other.labels.as_slice()).collect();
        Self {
            instruction: instruction.to_owned(),
            split: split_one_to_nine(&column.labels, protocol.least_photos, protocol.seed),
            templates: draw_templates(
                &column.labels,
                &others,
                protocol.template_gallery,
                protocol.templates,
                protocol.seed,
            ),
            column,
            held_out: None,
            protocol,
        }
    }

    fn label(&self, photo: u32) -> Option<u32> {
        self.column.labels.get(photo as usize).copied().flatten()
    }

    fn mask(&self, photos: &[u32]) -> Vec<bool> {
        let mut mask = vec![false; self.column.labels.len()];
        for &photo in photos {
            if let Some(taken) = mask.get_mut(photo as usize) {
                *taken = true;
            }
        }
        mask
    }

    /// The labelled photos and their labels.
    fn labelled(&self) -> (Vec<u32>, Vec<u32>) {
        let labels = (0u32..).zip(&self.column.labels);
        labels
            .filter_map(|(photo, label)| label.map(|label| (photo, label)))
            .unzip()
    }

    /// mAP of an order that knows nothing: the mean share of relevant photos in the database.
    #[must_use]
    pub fn chance(&self) -> Option<f64> {
        let database = &self.split.database;
        let share = |query: &u32| {
            let relevant = database
                .iter()
                .filter(|&&photo| self.label(photo) == self.label(*query));
            relevant.count() as f64 / database.len().max(1) as f64
        };
        mean(self.split.queries.iter().map(share))
    }
}

/// How well one way does under one instruction; all but the counts between 0 and 1. `None` where there was nothing to
/// judge by.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Measures {
    /// Mean average precision, photo to photos.
    pub map: Option<f64>,
    /// The same over queries whose combination of labels training saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_seen: Option<f64>,
    /// The same over queries whose combination of labels training never saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_held_out: Option<f64>,
    /// Share of templates whose answer stands first.
    pub recall_at_1: Option<f64>,
    /// Share of templates whose answer is among the first two.
    pub recall_at_2: Option<f64>,
    /// Share of templates whose answer is among the first three.
    pub recall_at_3: Option<f64>,
    /// Mean average precision, a label's words to photos, under the instruction alone.
    pub words_map: Option<f64>,
    /// The same with the match with the words added, as the product does.
    pub words_and_match_map: Option<f64>,
    /// Share of photos whose nearest label words are their own.
    pub top1: Option<f64>,
    /// Accuracy of clusters named in the best way.
    pub cluster_accuracy: Option<f64>,
    /// Normalised mutual information of clusters and labels.
    pub cluster_nmi: Option<f64>,
    /// Purity of the groups that the product shows.
    pub groups_purity: Option<f64>,
    /// Normalised mutual information of these groups and the labels.
    pub groups_nmi: Option<f64>,
    /// Number of these groups.
    pub groups: Option<usize>,
    /// Photos that have a label.
    pub n: usize,
}

/// Judges a set under the aspect's instruction.
///
/// # Errors
/// Those of the product's ranking.
pub fn judge(under: &Under<'_>, aspect: &Aspect) -> Result<Measures, EvaluationError> {
    let precisions = average_precisions(under, aspect)?;
    let over = |wanted: bool| {
        let held_out = aspect.held_out.as_ref()?;
        let is_wanted = |query: u32| held_out.get(query as usize).is_some_and(|&held_out| held_out == wanted);
        mean(
            precisions
                .iter()
                .filter(|(query, _)| is_wanted(*query))
                .map(|(_, ap)| *ap),
        )
    };
    let places = template_places(under, aspect)?;
    let words = judge_words(under, aspect)?;
    let (photos, labels) = aspect.labelled();
    let (cluster_accuracy, cluster_nmi) = judge_clusters(under, aspect, &photos, &labels);
    let groups = judge_groups(under, aspect, &photos)?;
    Ok(Measures {
        map: mean(precisions.iter().map(|(_, precision)| *precision)),
        map_seen: over(false),
        map_held_out: over(true),
        recall_at_1: recall_at_k(&places, 1),
        recall_at_2: recall_at_k(&places, 2),
        recall_at_3: recall_at_k(&places, 3),
        words_map: words.map,
        words_and_match_map: words.map_with_match,
        top1: words.top1,
        cluster_accuracy,
        cluster_nmi,
        groups_purity: groups.as_ref().and_then(|groups| groups.purity),
        groups_nmi: groups.as_ref().and_then(|groups| groups.nmi),
        groups: groups.map(|groups| groups.count),
        n: photos.len(),
    })
}

/// Average precision of each query that has an answer in the database.
///
/// # Errors
/// Those of the product's ranking.
pub fn average_precisions(under: &Under<'_>, aspect: &Aspect) -> Result<Vec<(u32, f64)>, EvaluationError> {
    let database = aspect.mask(&aspect.split.database);
    let mut precisions = Vec::with_capacity(aspect.split.queries.len());
    for &query in &aspect.split.queries {
        let ranking = under.like(query, &database)?;
        let label = aspect.label(query);
        let relevant = ranking.order.iter().map(|&photo| aspect.label(photo) == label);
        precisions.extend(average_precision(relevant).map(|precision| (query, precision)));
    }
    Ok(precisions)
}

/// The place of each template's right answer.
fn template_places(under: &Under<'_>, aspect: &Aspect) -> Result<Vec<usize>, EvaluationError> {
    let mut places = Vec::with_capacity(aspect.templates.len());
    for template in &aspect.templates {
        let ranking = under.like(template.query, &aspect.mask(&template.gallery))?;
        let scores: Vec<f32> = template
            .gallery
            .iter()
            .map(|&photo| ranking.score.get(photo as usize).copied().unwrap_or(f32::NAN))
            .collect();
        places.extend(place_of(&scores, 0));
    }
    Ok(places)
}

struct WordMeasures {
    map: Option<f64>,
    map_with_match: Option<f64>,
    top1: Option<f64>,
}

fn judge_words(under: &Under<'_>, aspect: &Aspect) -> Result<WordMeasures, EvaluationError> {
    let database = aspect.mask(&aspect.split.database);
    let (photos, truth) = aspect.labelled();
    let (mut alone, mut with_match) = (Vec::new(), Vec::new());
    let mut nearest = vec![(f32::NEG_INFINITY, None); photos.len()];
    for (label, word) in (0u32..).zip(&aspect.column.words) {
        let vector = under.words(&words_of(word))?;
        for (weight, precisions) in [(0.0, &mut alone), (Query::default().find_weight, &mut with_match)] {
            let ranking = under.matching(&vector, weight, Some(&database))?;
            let relevant = ranking.order.iter().map(|&photo| aspect.label(photo) == Some(label));
            precisions.extend(average_precision(relevant));
        }
        let ranking = under.matching(&vector, 0.0, None)?;
        for (&photo, nearest) in photos.iter().zip(&mut nearest) {
            let score = ranking.score.get(photo as usize).copied().unwrap_or(f32::NEG_INFINITY);
            if score > nearest.0 {
                *nearest = (score, Some(label));
            }
        }
    }
    let predicted: Vec<Option<u32>> = nearest.iter().map(|(_, label)| *label).collect();
    let truth: Vec<Option<u32>> = truth.into_iter().map(Some).collect();
    Ok(WordMeasures {
        map: mean(alone),
        map_with_match: mean(with_match),
        top1: accuracy(&predicted, &truth),
    })
}

fn judge_clusters(under: &Under<'_>, aspect: &Aspect, photos: &[u32], labels: &[u32]) -> (Option<f64>, Option<f64>) {
    let (vectors, dim) = under.vectors(photos);
    let runs: Vec<(Option<f64>, Option<f64>)> = (0..aspect.protocol.clusterings)
        .into_par_iter()
        .map(|seed| {
            let clusters = spherical_k_means(&vectors, dim, aspect.column.words.len(), seed);
            (
                cluster_accuracy(&clusters, labels),
                normalised_mutual_information(&clusters, labels),
            )
        })
        .collect();
    (
        mean(runs.iter().filter_map(|(accuracy, _)| *accuracy)),
        mean(runs.iter().filter_map(|(_, nmi)| *nmi)),
    )
}

struct GroupMeasures {
    purity: Option<f64>,
    nmi: Option<f64>,
    count: usize,
}

fn judge_groups(under: &Under<'_>, aspect: &Aspect, photos: &[u32]) -> Result<Option<GroupMeasures>, EvaluationError> {
    let Some(groups) = under.groups(&aspect.mask(photos))? else {
        return Ok(None);
    };
    let (mut of_groups, mut labels) = (Vec::new(), Vec::new());
    for (number, group) in (0u32..).zip(&groups) {
        for label in group.rows.iter().filter_map(|&photo| aspect.label(photo)) {
            of_groups.push(number);
            labels.push(label);
        }
    }
    Ok(Some(GroupMeasures {
        purity: purity(&of_groups, &labels),
        nmi: normalised_mutual_information(&of_groups, &labels),
        count: groups.len(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::tiny::{self, Rows};
    use crate::evaluation::ways::{Contender, PhotoSet};
    use refocus_search::synthetic::{self, Planted};

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    fn measures(rows: &Rows, aspect: &Aspect) -> Measures {
        let bank = synthetic::bank();
        let set = PhotoSet::new(rows.gallery(), &bank, &tiny::Texts, None);
        set.under(Contender::Plain, "", |under| judge(under, aspect)).unwrap()
    }

    /// An aspect over a few photos whose split and templates are set by hand.
    fn aspect(labels: &[&str], split: Split, templates: Vec<Template>) -> Aspect {
        let protocol = Protocol {
            least_photos: 1,
            templates: 0,
            ..Protocol::default()
        };
        let column = LabelColumn::new("letter", labels.iter().copied().map(Some));
        Aspect {
            split,
            templates,
            ..Aspect::new("", &column, &[], protocol)
        }
    }

    #[test]
    fn each_measure_is_that_computed_by_hand() {
        // Likeness to photo 0 falls with the number; "right" lies along the first factor, "up" along the second.
        let rows = Rows::new(&[
            (0.0, [1.0, 0.0]),
            (10.0, [0.0, 1.0]),
            (20.0, [0.0, -1.0]),
            (30.0, [0.6, 0.8]),
        ]);
        let split = Split {
            queries: vec![0],
            database: vec![1, 2, 3],
        };
        let template = |gallery: [u32; 3]| Template {
            query: 0,
            gallery: gallery.to_vec(),
        };
        let templates = vec![template([2, 1, 3]), template([3, 1, 2])];
        let mut aspect = aspect(&["right", "up", "right", "right"], split, templates);
        let found = measures(&rows, &aspect);
        // Photos 1, 2, 3 in this order; the last two are relevant.
        assert!(close(found.map, (1.0 / 2.0 + 2.0 / 3.0) / 2.0), "{found:?}");
        // The answers stand second and third.
        assert_eq!(
            (found.recall_at_1, found.recall_at_2, found.recall_at_3),
            (Some(0.0), Some(0.5), Some(1.0))
        );
        // "right": 3, then 1 and 2 alike, of which 3 and 2 are relevant; "up": 1 first.
        assert!(
            close(found.words_map, ((1.0 + 2.0 / 3.0) / 2.0 + 1.0) / 2.0),
            "{found:?}"
        );
        assert_eq!(
            found.words_and_match_map, found.words_map,
            "plain goes by the match alone"
        );
        // Photo 3 is nearer to "up".
        assert_eq!((found.top1, found.n, found.groups), (Some(0.75), 4, None));
        // Two of the three photos of the database are relevant.
        assert!(close(aspect.chance(), 2.0 / 3.0));
        assert_eq!((found.map_seen, found.map_held_out), (None, None));

        aspect.held_out = Some(vec![true, false, false, false]);
        let found = measures(&rows, &aspect);
        assert_eq!((found.map_seen, found.map_held_out), (None, found.map));
    }

    #[test]
    fn clusters_follow_likeness_and_not_the_labels() {
        let rows = Rows::new(&[0.0, 1.0, 90.0, 91.0].map(|angle| (angle, [1.0, 0.0])));
        let none = || Split {
            queries: Vec::new(),
            database: Vec::new(),
        };
        let found = measures(&rows, &aspect(&["right", "right", "up", "up"], none(), Vec::new()));
        assert_eq!((found.cluster_accuracy, found.map), (Some(1.0), None));
        assert!(close(found.cluster_nmi, 1.0));
        let found = measures(&rows, &aspect(&["right", "up", "right", "up"], none(), Vec::new()));
        assert_eq!(found.cluster_accuracy, Some(0.5));
        assert!(close(found.cluster_nmi, 0.0));
    }

    #[test]
    fn rare_labels_are_neither_asked_for_nor_counted() {
        let labels = (0..30).map(|photo| Some(if photo < 20 { "often" } else { "seldom" }));
        let column = LabelColumn::new("c", labels.chain([Some("once"), None]));
        let aspect = Aspect::new("", &column, &[], Protocol::default());
        assert_eq!(aspect.column.words, ["often", "seldom"]);
        assert_eq!((aspect.split.queries.len(), aspect.split.database.len()), (3, 27));
        let none = Aspect::new("", &column.of_photos(&[30]), &[], Protocol::default());
        assert!(none.split.queries.is_empty() && none.templates.is_empty() && none.chance().is_none());
    }

    #[test]
    fn a_focus_finds_its_own_labels_and_not_the_others() {
        let planted = Planted::new(400);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.gallery(), &bank, &synthetic::Embedder, None);
        let protocol = Protocol {
            templates: 200,
            clusterings: 3,
            ..Protocol::default()
        };
        let column = |name: &str, names: &[&'static str], truth: &[usize]| {
            LabelColumn::new(name, truth.iter().map(|&value| Some(names[value])))
        };
        let colours = column("colour", &synthetic::COLOURS, &planted.colours);
        let shapes = column("shape", &synthetic::SHAPES, &planted.shapes);
        let measures = |way, instruction: &str| {
            let aspect = Aspect::new(instruction, &colours, &[&shapes], protocol);
            set.under(way, instruction, |under| judge(under, &aspect)).unwrap()
        };
        let focused = measures(Contender::TrainingFree, "the colour");
        let plain = measures(Contender::Plain, "the colour");
        let other = measures(Contender::TrainingFree, "the shape");
        for (measure, focused, plain, other) in [
            ("map", focused.map, plain.map, other.map),
            ("recall", focused.recall_at_1, plain.recall_at_1, other.recall_at_1),
            (
                "clusters",
                focused.cluster_accuracy,
                plain.cluster_accuracy,
                other.cluster_accuracy,
            ),
        ] {
            assert!(focused > Some(0.9), "{measure} {focused:?}");
            assert!(
                plain < focused && other < plain,
                "{measure} {focused:?} {plain:?} {other:?}"
            );
        }
        assert!(focused.words_map > Some(0.9) && focused.top1 > Some(0.9), "{focused:?}");
        assert!(
            focused.groups_purity > Some(0.9) && focused.groups_nmi > Some(0.9),
            "{focused:?}"
        );
        assert_eq!((plain.groups, plain.groups_purity), (None, None));
    }
}
