//! Which answers a slot is contrasted with: a sample of all, so that a step costs less (sampled softmax).

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use refocus_training::losses::Answers;
use refocus_training::slot::{Row, Slot, Target};

/// An aspect with at most so many answers is contrasted with all of its own.
const ALL_OF: usize = 1200;
/// Chance of an answer of an aspect with more.
const OF_LARGE: f32 = 0.4;
/// Chance of an answer of an aspect that the slot does not ask for.
const OF_OTHERS: f32 = 0.2;

/// Columns that a slot is contrasted with, in order: its own answers, all others of its aspects, and some of the rest.
#[must_use]
pub fn sampled(slot: &Slot, answers: &Answers, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut own = vec![false; answers.aspect.len()];
    let mut take = |column: usize| {
        if let Some(own) = own.get_mut(column) {
            *own = true;
        }
    };
    for row in &slot.rows {
        match &row.target {
            Target::Column(column) => take(*column),
            Target::Shares(shares) => shares.iter().for_each(|(column, _)| take(*column)),
            Target::Nothing => {}
        }
        row.alike.iter().for_each(|(column, _)| take(*column));
    }
    let mut asked: Vec<usize> = slot.rows.iter().map(|row| row.aspect).collect();
    asked.sort_unstable();
    asked.dedup();
    let large: Vec<bool> = asked
        .iter()
        .map(|aspect| answers.aspect.iter().filter(|own| *own == aspect).count() > ALL_OF)
        .collect();
    let columns = answers.aspect.iter().zip(own).enumerate();
    columns
        .filter_map(|(column, (aspect, own))| {
            let drawn = random.random::<f32>();
            let place = asked.binary_search(aspect).ok();
            let chance = match place.and_then(|place| large.get(place)) {
                Some(false) => 1.0,
                Some(true) => OF_LARGE,
                None => OF_OTHERS,
            };
            (own || drawn < chance).then_some(column)
        })
        .collect()
}

/// The slot and its answers with these columns alone, numbered anew. They hold all that the slot names.
#[must_use]
pub fn narrowed(slot: &Slot, answers: &Answers, columns: &[usize]) -> (Slot, Answers) {
    let anew = |column: usize| columns.binary_search(&column).unwrap_or_default();
    let shares = |shares: &[(usize, f32)]| shares.iter().map(|(column, share)| (anew(*column), *share)).collect();
    let rows = slot.rows.iter().map(|row| Row {
        target: match &row.target {
            Target::Column(column) => Target::Column(anew(*column)),
            Target::Shares(given) => Target::Shares(shares(given)),
            Target::Nothing => Target::Nothing,
        },
        alike: shares(&row.alike),
        ..row.clone()
    });
    let of = |all: &[usize]| columns.iter().filter_map(|column| all.get(*column).copied()).collect();
    let narrowed = Answers {
        aspect: of(&answers.aspect),
        word: of(&answers.word),
        objectlike: answers.objectlike.clone(),
        routes: answers.routes.clone(),
    };
    let slot = Slot {
        photos: slot.photos.clone(),
        rows: rows.collect(),
    };
    (slot, narrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn row(aspect: usize, target: Target) -> Row {
        Row {
            photo: 0,
            instruction: Vec::new(),
            aspect,
            alike: match &target {
                Target::Column(column) => vec![(*column, 1.0)],
                _ => Vec::new(),
            },
            target,
            look: None,
            shown: None,
        }
    }

    #[test]
    fn a_slot_keeps_its_own_answers_and_all_of_its_aspects() {
        let answers = Answers {
            aspect: (0..3000).map(|column| column / 1000).collect(),
            word: (0..3000).collect(),
            objectlike: vec![false; 3],
            routes: vec![[0.0; refocus_model::focus_encoder::ROUTES]; 3],
        };
        let slot = Slot {
            photos: vec![0],
            rows: vec![
                row(1, Target::Column(1500)),
                row(1, Target::Shares(vec![(1501, 0.5), (2999, 0.5)])),
            ],
        };
        let columns = sampled(&slot, &answers, &mut ChaCha8Rng::seed_from_u64(1));
        assert!((1000..2000).all(|column| columns.binary_search(&column).is_ok()));
        assert!(columns.len() < 1700, "{}", columns.len());
        let (narrow, of) = narrowed(&slot, &answers, &columns);
        assert_eq!(of.word.len(), columns.len());
        let Target::Shares(shares) = &narrow.rows[1].target else {
            panic!("{:?}", narrow.rows[1].target);
        };
        assert_eq!(
            shares.iter().map(|(column, _)| of.word[*column]).collect::<Vec<_>>(),
            [1501, 2999]
        );
        assert_eq!(of.word[narrow.rows[0].alike[0].0], 1500);
    }
}
