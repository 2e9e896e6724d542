//! What a query compares photos with: one vector in each space.

use super::{Query, ReferencePhoto};
use crate::FocusError;
use crate::find::NEGATIVE_WEIGHT;
use crate::gallery::{embed_outside, unit_mean};
use crate::rows::Gallery;
use refocus_model::vector_math::{add_scaled, dot, normalise_or_clear};

/// What photos are compared with: one vector in each space. A photo's scores are its products with these.
#[derive(Default)]
pub(super) struct Directions {
    pub(super) plain: Option<Vec<f32>>,
    pub(super) conditional: Option<Vec<f32>>,
    /// The find text under [`SHOWS`](super::SHOWS).
    pub(super) shown: Option<Vec<f32>>,
}

impl Directions {
    pub(super) fn of(gallery: &Gallery<'_>, query: &Query<'_>) -> Result<Self, FocusError> {
        let mut directions = Self::default();
        let (mut plain, mut conditional) = (Vec::new(), Vec::new());
        for reference in query.references {
            let encoding = match reference.source {
                ReferencePhoto::Photo(row) if row as usize >= gallery.len() => {
                    return Err(FocusError::NoSuchPhoto {
                        row,
                        photos: gallery.len(),
                    });
                }
                ReferencePhoto::Photo(row) => gallery.encoding(row as usize).ok_or(FocusError::NotEncoded(row))?,
                ReferencePhoto::Outside(encoding) if encoding.len() == gallery.model().bytes_per_photo() => encoding,
                ReferencePhoto::Outside(encoding) => {
                    let expected = gallery.model().bytes_per_photo();
                    return Err(FocusError::RowLength {
                        expected,
                        found: encoding.len(),
                    });
                }
            };
            let mut vector = vec![0.0; gallery.model().plain_dim()];
            gallery.model().plain(encoding, &mut vector);
            plain.push((vector, reference.positive));
            if let Some(focus) = &query.focus {
                let vector = match reference.source {
                    ReferencePhoto::Photo(row) => focus.gallery.embedding(row as usize),
                    ReferencePhoto::Outside(encoding) => embed_outside(gallery.model(), focus.embedder, encoding)?,
                };
                conditional.push((vector, reference.positive));
            }
        }
        if !plain.is_empty() {
            directions.plain = Some(prototype(&plain, gallery.model().plain_dim()));
        }
        if let (Some(shows), Some(find)) = (&query.shows, query.find) {
            directions.shown = Some(shows.embedder.embed_text(find.text()));
        }
        if let Some(focus) = &query.focus {
            directions.conditional = match query.find {
                _ if !conditional.is_empty() => Some(prototype(&conditional, focus.gallery.dim())),
                // Without a reference the words that a photo should show stand for one.
                Some(find) => Some(focus.embedder.embed_text(find.text())),
                None => None,
            };
        }
        Ok(directions)
    }
}

/// Mean of the positive minus half the mean of the negative embeddings, unit length. Half, because a negative reference
/// is nearly always like the positive ones in most respects: at full weight what remains of the difference is noise
/// (Rocchio's relevance feedback keeps the negative weight well below the positive one for the same reason).
fn prototype(embeddings: &[(Vec<f32>, bool)], dim: usize) -> Vec<f32> {
    let of = |wanted: bool| {
        let chosen = embeddings.iter().filter(move |(_, positive)| *positive == wanted);
        unit_mean(
            chosen
                .map(|(embedding, _)| embedding.as_slice())
                .filter(|e| dot(e, e).is_finite()),
            dim,
        )
    };
    let mut prototype = of(true);
    add_scaled(&mut prototype, -NEGATIVE_WEIGHT, &of(false));
    normalise_or_clear(&mut prototype);
    prototype
}
