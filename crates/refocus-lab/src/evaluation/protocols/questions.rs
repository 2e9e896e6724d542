//! Questions and what an answer scores.

use std::rc::Rc;

use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::metrics::{average_precision, place_of};

/// What a question asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Which of a gallery is like the query? The first is.
    Pick {
        /// The query.
        query: u32,
        /// The gallery; its first picture is the right one.
        gallery: Vec<u32>,
    },
    /// Order the database by likeness to the query.
    Retrieve {
        /// The query.
        query: u32,
        /// The database, and which of its pictures are relevant.
        database: Rc<Vec<u32>>,
        /// As long as `database`.
        relevant: Rc<Vec<bool>>,
    },
    /// Which of two captions is true of the picture?
    Caption {
        /// The picture.
        picture: u32,
        /// The true one.
        right: String,
        /// The other.
        wrong: String,
    },
    /// Which statement is true of which picture? Both must be right.
    Pair {
        /// Two pictures.
        pictures: [u32; 2],
        /// Two statements, each true of the picture at its place.
        statements: [String; 2],
    },
    /// Which of these is the picture?
    Classify {
        /// The picture.
        picture: u32,
        /// A text for each class.
        texts: Rc<Vec<String>>,
        /// The right one's place.
        right: usize,
    },
}

/// A question of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The part of the benchmark that it belongs to.
    pub group: String,
    /// In which respect it is asked.
    pub instruction: String,
    /// What it asks.
    pub asked: Asked,
}

/// Scores under one instruction; larger is more alike.
pub trait Scored {
    /// Likeness of a picture to others.
    fn likeness(&self, query: u32, others: &[u32]) -> Vec<f32>;

    /// How well a text matches pictures.
    ///
    /// # Errors
    /// [`EvaluationError`] of the text tower.
    fn matches(&self, text: &str, pictures: &[u32]) -> Result<Vec<f32>, EvaluationError>;
}

impl Question {
    /// What the answer scores, by measure.
    ///
    /// # Errors
    /// Those of [`Scored::matches`].
    pub fn score(&self, scored: &dyn Scored) -> Result<Vec<(&'static str, f64)>, EvaluationError> {
        let right = |right: bool| f64::from(u8::from(right));
        Ok(match &self.asked {
            Asked::Pick { query, gallery } => {
                let place = place_of(&scored.likeness(*query, gallery), 0).unwrap_or(gallery.len());
                let within = |k: usize| right(place < k);
                vec![
                    ("recall_at_1", within(1)),
                    ("recall_at_2", within(2)),
                    ("recall_at_3", within(3)),
                ]
            }
            Asked::Retrieve {
                query,
                database,
                relevant,
            } => {
                let scores = scored.likeness(*query, database);
                let mut order: Vec<usize> = (0..database.len())
                    .filter(|place| database.get(*place) != Some(query))
                    .collect();
                let score = |place: &usize| scores.get(*place).copied().unwrap_or(f32::NEG_INFINITY);
                order.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
                let found = order
                    .into_iter()
                    .map(|place| relevant.get(place).copied().unwrap_or(false));
                average_precision(found)
                    .map(|precision| ("map", precision))
                    .into_iter()
                    .collect()
            }
            Asked::Caption {
                picture,
                right: true_one,
                wrong,
            } => {
                let of = |text: &str| -> Result<f32, EvaluationError> {
                    Ok(scored.matches(text, &[*picture])?.first().copied().unwrap_or(f32::NAN))
                };
                vec![("accuracy", right(of(true_one)? > of(wrong)?))]
            }
            Asked::Pair { pictures, statements } => {
                let [first, second] = statements;
                let prefers_first = |text: &str| -> Result<bool, EvaluationError> {
                    let scores = scored.matches(text, pictures)?;
                    Ok(scores.first().copied().unwrap_or(f32::NAN) > scores.get(1).copied().unwrap_or(f32::NAN))
                };
                vec![("accuracy", right(prefers_first(first)? && !prefers_first(second)?))]
            }
            Asked::Classify {
                picture,
                texts,
                right: class,
            } => {
                let mut best = (f32::NEG_INFINITY, usize::MAX);
                for (place, text) in texts.iter().enumerate() {
                    let score = scored.matches(text, &[*picture])?.first().copied().unwrap_or(f32::NAN);
                    if score > best.0 {
                        best = (score, place);
                    }
                }
                vec![("top1", right(best.1 == *class))]
            }
        })
    }

    /// The question with its pictures at new places; `None` where one of them is not there. Pictures of a database that are
    /// not there are left out.
    pub(super) fn moved(self, places: &[Option<u32>]) -> Option<Self> {
        let new = |old: u32| places.get(old as usize).copied().flatten();
        let asked = match self.asked {
            Asked::Pick { query, gallery } => Asked::Pick {
                query: new(query)?,
                gallery: gallery.into_iter().map(new).collect::<Option<_>>()?,
            },
            Asked::Retrieve {
                query,
                database,
                relevant,
            } => {
                let kept: Vec<(u32, bool)> = database
                    .iter()
                    .zip(relevant.iter())
                    .filter_map(|(picture, relevant)| Some((new(*picture)?, *relevant)))
                    .collect();
                Asked::Retrieve {
                    query: new(query)?,
                    database: Rc::new(kept.iter().map(|(picture, _)| *picture).collect()),
                    relevant: Rc::new(kept.into_iter().map(|(_, relevant)| relevant).collect()),
                }
            }
            Asked::Caption { picture, right, wrong } => Asked::Caption {
                picture: new(picture)?,
                right,
                wrong,
            },
            Asked::Pair { pictures, statements } => Asked::Pair {
                pictures: [new(pictures[0])?, new(pictures[1])?],
                statements,
            },
            Asked::Classify { picture, texts, right } => Asked::Classify {
                picture: new(picture)?,
                texts,
                right,
            },
        };
        Some(Self { asked, ..self })
    }
}
