//! What the head is pulled towards, for one slot.
//!
//! - InfoNCE of h against all answers and the ImageNet names; equal words are no contrast, nor are two aspects that both
//!   name the thing itself;
//! - soft answers: cross-entropy of the same softmax with the given shares;
//! - supervised contrast (Khosla et al., arXiv 2004.11362) of photos under one instruction: alike when their answers are;
//! - the router's weights towards the aspect's own;
//! - the first heads' attention towards where the asked thing is, where that is known;
//! - the share of all attention that finds something: 1 where the photo shows what is asked for, 0 where it does not.
//!
//! All of it on h alone: with the residual parts inside, the head overfits the classes it has seen.

use candle_core::{D, Device, Tensor};
use candle_nn::ops::log_softmax;

use super::TrainError;
use super::slot::{Row, Slot, Target};
use refocus_model::colour_statistics::{FIRST_OBJECT, PEOPLE, REGIONS, WHOLE};
use refocus_model::focus_encoder::ROUTES;
use refocus_model::focus_encoder::graph::unit;
use refocus_model::text_tower::TEXT_DIM;

/// Lowest logit: what may not take part.
const NEVER: f32 = -1e4;
/// Weight of the contrast of photos: what orders a gallery.
const CONTRAST: f64 = 1.0;
/// Weight of the attention's loss.
const LOOK: f64 = 0.6;
/// Weight of the loss of what is shown.
const SHOWN: f64 = 0.3;

/// Answers as the losses see them.
pub struct Answers {
    /// Aspect of each column.
    pub aspect: Vec<usize>,
    /// Equal words have equal numbers.
    pub word: Vec<usize>,
    /// Whether the aspect names the thing itself, by aspect.
    pub objectlike: Vec<bool>,
    /// What the router should give, by aspect.
    pub routes: Vec<[f32; ROUTES]>,
}

/// The parts of a loss, to print.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    /// InfoNCE.
    pub answer: f32,
    /// Soft answers.
    pub soft: f32,
    /// Supervised contrast.
    pub contrast: f32,
    /// Router.
    pub router: f32,
    /// Attention.
    pub look: f32,
    /// Whether something is found.
    pub shown: f32,
}

/// What the networks made of a slot.
pub struct Outputs {
    /// h, `[rows, output]`, unit length.
    pub h: Tensor,
    /// `[rows, heads, regions]`.
    pub attention: Tensor,
    /// `[rows, ROUTES]`.
    pub routes: Tensor,
    /// Answers in one phrasing each, `[columns, output]`, unit length.
    pub answers: Tensor,
    /// Logarithm of the scale of h · answers, scalar `[1]`.
    pub scale: Tensor,
    /// Logarithm of the scale of h · h, scalar `[1]`.
    pub contrast_scale: Tensor,
    /// Heads that are taught where to look.
    pub pointing_heads: usize,
}

/// The loss of one slot and its parts.
///
/// # Errors
/// When the device refuses.
pub fn loss(slot: &Slot, outputs: &Outputs, answers: &Answers) -> Result<(Tensor, Parts), TrainError> {
    let device = outputs.h.device();
    let rows = slot.rows.len();
    let mut parts = Parts::default();
    let scale = outputs.scale.exp()?.clamp(1f32, 60f32)?;
    let logits = outputs.h.matmul(&outputs.answers.t()?)?.broadcast_mul(&scale)?;
    let masks = Masks::new(slot, answers, device)?;
    let logits = (logits + &masks.allowed)?;
    let everything = logits.log_sum_exp(D::Minus1)?;
    let right = ((&logits + &masks.right)?.log_sum_exp(D::Minus1)? * &masks.hard)?;
    let shared = ((&logits * &masks.shares)?.sum(D::Minus1)? * &masks.soft)?;
    let hard = ((&everything * &masks.hard)? - right)?.sum_all()?;
    let soft = ((&everything * &masks.soft)? - shared)?.sum_all()?;
    let hard = (hard / rows as f64)?;
    let soft = (soft / rows as f64)?;
    parts.answer = hard.to_scalar()?;
    parts.soft = soft.to_scalar()?;
    let mut total = (hard + soft)?;
    if let Some(contrast) = contrast(slot, outputs, answers, device)? {
        parts.contrast = contrast.to_scalar()?;
        total = (total + (contrast * CONTRAST)?)?;
    }
    let router = router_loss(slot, &outputs.routes, answers)?;
    parts.router = router.to_scalar()?;
    total = (total + (router * 2.0)?)?;
    if let Some(look) = look(slot, outputs, device)? {
        parts.look = look.to_scalar()?;
        total = (total + (look * LOOK)?)?;
    }
    if let Some(shown) = shown(slot, outputs, device)? {
        parts.shown = shown.to_scalar()?;
        total = (total + (shown * SHOWN)?)?;
    }
    Ok((total, parts))
}

/// Mean squared difference of the router's weights (`[rows, ROUTES]`) from those of the rows' aspects.
///
/// # Errors
/// When the device refuses.
pub fn router_loss(slot: &Slot, routes: &Tensor, answers: &Answers) -> Result<Tensor, TrainError> {
    let wanted = slot.rows.iter().map(|row| answers.routes.get(row.aspect).copied());
    let wanted: Vec<f32> = wanted.flat_map(Option::unwrap_or_default).collect();
    let wanted = Tensor::from_vec(wanted, (slot.rows.len(), ROUTES), routes.device())?;
    Ok((routes - wanted)?.sqr()?.mean_all()?)
}

/// What takes part in the softmax of each row.
struct Masks {
    /// `[rows, columns]`: 0, or [`NEVER`] where an answer is no contrast.
    allowed: Tensor,
    /// `[rows, columns]`: 0 for right answers, [`NEVER`] for all others.
    right: Tensor,
    /// `[rows, columns]`: shares of soft answers.
    shares: Tensor,
    /// `[rows]`: 1 for rows with a certain answer.
    hard: Tensor,
    /// `[rows]`: 1 for rows with soft answers.
    soft: Tensor,
}

impl Masks {
    fn new(slot: &Slot, answers: &Answers, device: &Device) -> Result<Self, TrainError> {
        let (rows, columns) = (slot.rows.len(), answers.aspect.len());
        let mut allowed = vec![0f32; rows * columns];
        let mut right = vec![NEVER; rows * columns];
        let mut shares = vec![0f32; rows * columns];
        let objectlike = |aspect: usize| answers.objectlike.get(aspect).copied().unwrap_or(false);
        let lines = allowed
            .chunks_exact_mut(columns)
            .zip(right.chunks_exact_mut(columns))
            .zip(shares.chunks_exact_mut(columns));
        for (row, ((allowed, right), shares)) in slot.rows.iter().zip(lines) {
            if objectlike(row.aspect) {
                for (allowed, &aspect) in allowed.iter_mut().zip(&answers.aspect) {
                    if aspect != row.aspect && objectlike(aspect) {
                        *allowed = NEVER;
                    }
                }
            }
            match &row.target {
                Target::Column(column) => {
                    let word = answers.word.get(*column);
                    for (right, own) in right.iter_mut().zip(&answers.word) {
                        if word == Some(own) {
                            *right = 0.0;
                        }
                    }
                }
                Target::Shares(given) => {
                    let words: Vec<usize> = given
                        .iter()
                        .filter_map(|(c, _)| answers.word.get(*c).copied())
                        .collect();
                    for (allowed, word) in allowed.iter_mut().zip(&answers.word) {
                        if words.contains(word) {
                            *allowed = NEVER;
                        }
                    }
                    for (column, share) in given {
                        if let Some(place) = shares.get_mut(*column) {
                            *place += share;
                        }
                        if let Some(place) = allowed.get_mut(*column) {
                            *place = 0.0;
                        }
                    }
                }
                Target::Nothing => {}
            }
        }
        let is_hard = |row: &Row| f32::from(u8::from(matches!(row.target, Target::Column(_))));
        let hard: Vec<f32> = slot.rows.iter().map(is_hard).collect();
        let is_soft = |row: &Row| f32::from(u8::from(matches!(row.target, Target::Shares(_))));
        let soft: Vec<f32> = slot.rows.iter().map(is_soft).collect();
        Ok(Self {
            allowed: Tensor::from_vec(allowed, (rows, columns), device)?,
            right: Tensor::from_vec(right, (rows, columns), device)?,
            shares: Tensor::from_vec(shares, (rows, columns), device)?,
            hard: Tensor::from_vec(hard, rows, device)?,
            soft: Tensor::from_vec(soft, rows, device)?,
        })
    }
}

/// Rows of one aspect are alike as their answers are: by the chance that both have the same word. `None` where no row has others
/// that are more and less alike.
fn contrast(slot: &Slot, outputs: &Outputs, answers: &Answers, device: &Device) -> Result<Option<Tensor>, TrainError> {
    let rows = slot.rows.len();
    let words: Vec<Vec<(usize, f32)>> = slot.rows.iter().map(|row| words(row, answers)).collect();
    let mut group = vec![NEVER; rows * rows];
    let mut alike = vec![0f32; rows * rows];
    let mut counted = 0.0;
    let lines = group
        .chunks_exact_mut(rows.max(1))
        .zip(alike.chunks_exact_mut(rows.max(1)));
    for (((i, a), own), (group, alike)) in slot.rows.iter().enumerate().zip(&words).zip(lines) {
        let others = slot
            .rows
            .iter()
            .enumerate()
            .zip(&words)
            .zip(group.iter_mut().zip(alike.iter_mut()));
        let (mut total, mut least) = (0.0, f32::INFINITY);
        for (((j, b), other), (group, alike)) in others {
            // The same photo asked twice is no evidence.
            if a.aspect != b.aspect || i == j || a.photo == b.photo || own.is_empty() || other.is_empty() {
                continue;
            }
            *group = 0.0;
            *alike = common(own, other);
            total += *alike;
            least = least.min(*alike);
        }
        let all = group.iter().filter(|place| **place == 0.0).count() as f32;
        if total <= 0.0 || total <= least * all {
            alike.fill(0.0);
            continue;
        }
        counted += 1.0;
        alike.iter_mut().for_each(|share| *share /= total);
    }
    if counted == 0.0 {
        return Ok(None);
    }
    let group = Tensor::from_vec(group, (rows, rows), device)?;
    let alike = Tensor::from_vec(alike, (rows, rows), device)?;
    let scale = outputs.contrast_scale.exp()?.clamp(1f32, 40f32)?;
    let similarity = outputs.h.matmul(&outputs.h.t()?)?.broadcast_mul(&scale)?;
    let log = log_softmax(&(similarity + group)?, D::Minus1)?;
    Ok(Some(((log * alike)?.sum_all()? * (-1.0 / counted))?))
}

/// The words of a row's answers with their shares, in order.
fn words(row: &Row, answers: &Answers) -> Vec<(usize, f32)> {
    let of_columns = row.alike.iter();
    let mut words: Vec<(usize, f32)> = of_columns
        .filter_map(|(column, share)| Some((*answers.word.get(*column)?, *share)))
        .collect();
    words.sort_unstable_by_key(|(word, _)| *word);
    words
}

/// The chance that two draws, one from each, are the same word. Both are in order.
fn common(one: &[(usize, f32)], other: &[(usize, f32)]) -> f32 {
    let share = |word: usize| {
        let place = other.binary_search_by_key(&word, |(word, _)| *word).ok()?;
        other.get(place).map(|(_, share)| share)
    };
    let products = one.iter().filter_map(|(word, own)| Some(own * share(*word)?));
    products.sum()
}

/// −log of the share of the pointing heads' attention on cells and objects that lies where it should.
fn look(slot: &Slot, outputs: &Outputs, device: &Device) -> Result<Option<Tensor>, TrainError> {
    let rows = slot.rows.len();
    let mut wanted = vec![0f32; rows * REGIONS];
    let mut counts = vec![0f32; rows];
    for ((row, wanted), counts) in slot.rows.iter().zip(wanted.chunks_exact_mut(REGIONS)).zip(&mut counts) {
        if let Some(look) = &row.look {
            wanted.copy_from_slice(look);
            *counts = 1.0;
        }
    }
    let counted: f32 = counts.iter().sum();
    if counted == 0.0 {
        return Ok(None);
    }
    let placed: Vec<f32> = (0..REGIONS)
        .map(|region| f32::from(u8::from(region < WHOLE || (FIRST_OBJECT..PEOPLE).contains(&region))))
        .collect();
    // Cells that the thing only touches say little: a share counts by its square.
    wanted.iter_mut().for_each(|share| *share *= *share);
    let attention = outputs.attention.narrow(1, 0, outputs.pointing_heads)?.mean(1)?;
    let counts = Tensor::from_vec(counts, rows, device)?;
    let wanted = Tensor::from_vec(wanted, (rows, REGIONS), device)?;
    let share = |attention: Tensor, wanted: Tensor, placed: Tensor| -> Result<Tensor, TrainError> {
        let all = attention.broadcast_mul(&placed)?.sum(1)?;
        let there = (attention * wanted)?.sum(1)?;
        let log = ((there + 1e-12)?.log()? - (all + 1e-12)?.log()?)?;
        Ok(((log * &counts)?.sum_all()? * (-1.0 / f64::from(counted)))?)
    };
    let placed = Tensor::from_vec(placed, (1, REGIONS), device)?;
    let everywhere = share(attention.clone(), wanted.clone(), placed.clone())?;
    // The cells by themselves as well: a heat map without objects must point too. Most of a map's heat lies inside a thing
    // only where it lies on the cells that the thing fills best.
    let cells = share(
        attention.narrow(1, 0, WHOLE)?,
        wanted.narrow(1, 0, WHOLE)?.sqr()?,
        placed.narrow(1, 0, WHOLE)?,
    )?;
    Ok(Some((everywhere + cells)?))
}
/// Cross-entropy of the share of all heads' attention that does not go to the zero token, against whether the photo shows
/// what is asked for.
fn shown(slot: &Slot, outputs: &Outputs, device: &Device) -> Result<Option<Tensor>, TrainError> {
    let rows = slot.rows.len();
    let is = |wanted: bool| -> Vec<f32> {
        let of_rows = slot.rows.iter();
        of_rows
            .map(|row| f32::from(u8::from(row.shown == Some(wanted))))
            .collect()
    };
    let (there, absent) = (is(true), is(false));
    let counted: f32 = there.iter().chain(&absent).sum();
    if absent.iter().sum::<f32>() == 0.0 {
        return Ok(None);
    }
    let there = Tensor::from_vec(there, rows, device)?;
    let absent = Tensor::from_vec(absent, rows, device)?;
    let found = outputs.attention.sum(D::Minus1)?.mean(D::Minus1)?;
    let (yes, no) = ((&found + 1e-3)?.log()?, ((1.001 - found)?).log()?);
    let log = ((yes * there)? + (no * absent)?)?;
    Ok(Some((log.sum_all()? * (-1.0 / f64::from(counted)))?))
}

/// Text vectors in the basis, unit length.
///
/// # Errors
/// [`TrainError::Compute`].
pub fn reduce(rows: Vec<f32>, basis: &[f32], output: usize) -> Result<Vec<f32>, TrainError> {
    let count = rows.len() / TEXT_DIM;
    let rows = Tensor::from_vec(rows, (count, TEXT_DIM), &Device::Cpu)?;
    let basis = Tensor::from_slice(basis, (TEXT_DIM, output), &Device::Cpu)?;
    Ok(unit(&rows.matmul(&basis)?)?.flatten_all()?.to_vec1()?)
}
