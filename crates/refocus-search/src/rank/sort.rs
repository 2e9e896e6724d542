//! From scores to an order.

/// The photos of a subset by descending score, ties and photos without a score by place; and how many have a score.
pub(super) fn sorted(scores: &[f32], subset: Option<&[bool]>) -> (Vec<u32>, usize) {
    let taken = |photo: usize| subset.is_none_or(|subset| subset.get(photo).copied().unwrap_or(false));
    let mut ranked = 0;
    // One integer a photo, score above place, sorts faster than comparing floats through an index.
    let mut keys = (0u32..)
        .zip(scores)
        .filter(|(photo, _)| taken(*photo as usize))
        .map(|(photo, &score)| {
            ranked += usize::from(score.is_finite());
            u64::from(descending_key(score)) << 32 | u64::from(photo)
        })
        .collect::<Vec<_>>();
    keys.sort_unstable();
    (keys.into_iter().map(|key| key as u32).collect(), ranked)
}

/// An integer that is the smaller, the larger the score; largest for photos without a score.
fn descending_key(score: f32) -> u32 {
    if !score.is_finite() {
        return u32::MAX;
    }
    // Adding zero makes −0 and 0 equal.
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    !ascending
}
