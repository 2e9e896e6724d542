//! Words in what is written of photos and in their pictures: filters, and what comes first under a find text.

use std::time::Instant;

use serde_json::{Value, json};

use refocus_engine::WordsProbe;

use super::quantile;

/// Queries whose median is taken.
const RUNS: usize = 15;

pub(super) fn run(photos: usize) -> anyhow::Result<Value> {
    let probe = WordsProbe::new(photos)?;
    let start = Instant::now();
    let bytes = probe.prepare();
    let prepare_ms = milliseconds(start);
    let name = probe.name();
    let (two_words, four_words) = (format!("{name} beach"), format!("{name} red car beach"));
    let filter_ms = median(|| probe.filtered(&two_words));
    let sign = probe.sign();
    let misread = format!("text:{}", sign.replace('g', "q"));
    let start = Instant::now();
    std::hint::black_box(probe.narrowed(&misread));
    let first_misread_ms = milliseconds(start);
    let anew_ms = median(|| probe.filtered_anew(&two_words));
    Ok(json!({
        "photos": photos,
        "bytes_per_photo": bytes as f64 / photos.max(1) as f64,
        "prepare_ms": prepare_ms,
        "filter_ms": filter_ms,
        "filter_anew_ms": anew_ms,
        "filter_times_faster": anew_ms / filter_ms.max(1e-6),
        "find_one_word_ms": median(|| probe.found(name)),
        "find_four_words_ms": median(|| probe.found(&four_words)),
        "find_in_pictures_ms": median(|| probe.found(sign)),
        "text_ms": median(|| probe.narrowed(&format!("text:{sign}"))),
        "text_first_misread_ms": first_misread_ms,
        "text_misread_ms": median(|| probe.narrowed(&misread)),
        "find_letter_ms": median(|| probe.found("a")),
    }))
}

fn median(mut query: impl FnMut() -> usize) -> f32 {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        std::hint::black_box(query());
        milliseconds(start)
    });
    quantile(times.collect(), 0.5)
}

fn milliseconds(start: Instant) -> f32 {
    start.elapsed().as_secs_f32() * 1e3
}
