//! Find, judged: photos that each have a caption, ranked by every caption. A caption is right where its own photo is.

use refocus_training::evaluation::EvaluationError;
use refocus_training::evaluation::metrics::recall_at_k;
use refocus_training::evaluation::ways::{Contender, PhotoSet};

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

/// Ranks a set by the caption of each of its photos, in the order of the set, as the find field does without a focus: by the photos'
/// text vectors alone (plain, training-free), or with what the focus encoder says that they show.
///
/// # Errors
/// Those of the ranking.
pub fn judge(set: &PhotoSet<'_>, contender: Contender, captions: &[&str]) -> Result<Found, EvaluationError> {
    let mut places = Vec::with_capacity(captions.len());
    for (own, caption) in (0u32..).zip(captions) {
        let ranking = set.found(contender, &set.words(caption)?)?;
        let place = ranking.order.iter().position(|photo| *photo == own);
        places.push(place.unwrap_or(captions.len()));
    }
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
    fn captions_that_name_planted_colours_find_photos_of_that_colour_before_others() {
        let planted = Planted::new(60);
        let bank = synthetic::bank();
        let set = PhotoSet::new(planted.gallery(), &bank, &synthetic::Embedder, None);
        let captions: Vec<&str> = planted
            .colours
            .iter()
            .map(|colour| synthetic::COLOURS[*colour])
            .collect();
        let found = judge(&set, Contender::Plain, &captions).unwrap();
        let colours = synthetic::COLOURS.len();
        assert!(found.median_rank <= 60 / colours + 1, "{found:?}");
    }
}
