//! What is said below each photo of a group.

use refocus_engine::{CleanUpGroup, CleanUpKind, CleanUpPhoto, PhotoRow, Reason};

use crate::app::controls::{grouped, photos};
use crate::app::taken_line;
use crate::byte_text::byte_text;

/// As in "4,000 × 3,000 · 3.4 MB · JPEG · 3 stars".
pub(super) fn facts(photo: &CleanUpPhoto, row: &PhotoRow) -> String {
    let mut facts = vec![
        format!(
            "{} \u{d7} {}",
            grouped(row.width as usize),
            grouped(row.height as usize)
        ),
        byte_text(photo.bytes),
        row.format.to_owned(),
    ];
    if row.extras.raws.is_some() {
        facts.push("RAW".to_owned());
    }
    if row.marks.favourite {
        facts.push("favourite".to_owned());
    }
    match row.marks.rating {
        0 => {}
        1 => facts.push("1 star".to_owned()),
        stars => facts.push(format!("{stars} stars")),
    }
    facts.extend(taken_line::day(row));
    facts.join(" \u{b7} ")
}

/// As in "best: larger, sharper" or "71 % as sharp"; empty where nothing is to be said.
pub(super) fn judgement(group: &CleanUpGroup, place: usize) -> String {
    let why = group.why_in_words();
    let mut words = Vec::new();
    if place == group.best {
        words.push(if why.is_empty() {
            "would stay".to_owned()
        } else {
            format!("best: {why}")
        });
    }
    // Of identical files each is as sharp.
    let sharpness = group.photos.get(place).and_then(|photo| photo.sharpness);
    if let Some(sharpness) = sharpness.filter(|_| group.kind != CleanUpKind::Identical) {
        let percent = (sharpness * 100.0).round() as u32;
        // Who is the best for it is the sharpest.
        let said = place == group.best && group.why.contains(&Reason::Sharper);
        if percent < 100 {
            words.push(format!("{percent} % as sharp"));
        } else if !said {
            words.push("sharpest".to_owned());
        }
    }
    words.join(" \u{b7} ")
}

/// As in "Burst · 5 photos in 2 s".
pub(super) fn head(group: &CleanUpGroup, rows: &[&PhotoRow]) -> String {
    let count = photos(group.photos.len());
    match group.kind {
        CleanUpKind::Identical => format!("Identical \u{b7} {} files", grouped(group.photos.len())),
        CleanUpKind::Same => format!("Nearly the same \u{b7} {count}"),
        CleanUpKind::Burst => {
            let times = || rows.iter().map(|row| row.taken_ms());
            let seconds = times().max().unwrap_or_default() - times().min().unwrap_or_default();
            format!("Burst \u{b7} {count} in {:.1} s", seconds as f64 / 1e3)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test_rows::row;
    use std::sync::Arc;

    fn of(row: &PhotoRow, sharpness: Option<f32>) -> CleanUpPhoto {
        CleanUpPhoto {
            row: 0,
            id: row.id,
            path: Arc::clone(&row.path),
            hash: row.hash,
            bytes: 3_412_000,
            files: 1,
            sharpness,
        }
    }

    #[test]
    fn the_best_is_told_with_its_reasons_and_others_with_how_sharp_they_are() {
        let row = row(1);
        let group = CleanUpGroup {
            kind: CleanUpKind::Same,
            photos: Arc::from([of(&row, Some(1.0)), of(&row, Some(0.714)), of(&row, None)]),
            best: 0,
            why: vec![Reason::Larger, Reason::Sharper],
        };
        assert_eq!(judgement(&group, 0), "best: larger, sharper");
        assert_eq!(judgement(&group, 1), "71 % as sharp");
        assert_eq!(judgement(&group, 2), "");
        assert!(facts(&group.photos[0], &row).contains(" \u{b7} 3.4 MB \u{b7} "));
        assert_eq!(head(&group, &[&row]), "Nearly the same \u{b7} 3 photos");
    }
}
