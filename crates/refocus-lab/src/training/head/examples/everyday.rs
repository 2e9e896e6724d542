//! What a person wrote about an everyday photo, as answers.
//!
//! Each aspect has one closed answer, which people are shown, and beside it all that was written in free words: other values
//! of the field, and own words that occur often enough. A caption is the answer to what the photo shows.

use std::collections::HashMap;

use super::{Builder, Example, Thing};
use crate::training::everyday::{EverydayPhoto, EverydayPhotos, coloured_things};
use refocus_model::colour_statistics::REGIONS;
use refocus_training::slot::AspectId;

/// The aspect that a caption answers.
const CAPTION: &str = "caption";
/// Free words that fewer photos have are no answer of their own.
const OFTEN: usize = 3;
/// Aspects whose answers are many words of one field, none more important than the others.
const LISTS: [(&str, &str); 2] = [("palette", "colours"), ("things", "things")];
/// Aspects that free words answer too, and their fields.
const FREE: [(&str, &str); 9] = [
    ("scene_place", "place"),
    ("who", "who"),
    ("doing", "doing"),
    ("light", "light"),
    ("mood", "mood"),
    ("event", "event"),
    ("bg", "background"),
    ("clothes", "wearing"),
    ("expression", "expression"),
];

/// The aspect that only a photo from inside a building answers, and what is written of the others.
const ROOM: &str = "room";
/// See [`ROOM`].
const OUTDOORS: &str = "outdoors";
/// Aspects that every photo answers, though a person may not have been able to tell.
const ALWAYS_SHOWN: [&str; 9] = [
    "scene_place",
    "indoors",
    "people",
    "light",
    "framing",
    "palette",
    "black_white",
    "mood",
    "things",
];

/// How often each value of each field occurs.
pub(super) struct Frequencies(HashMap<(&'static str, String), usize>);

impl Frequencies {
    pub(super) fn of(photos: &EverydayPhotos) -> Self {
        let mut counts = HashMap::new();
        for (_, photo) in photos.iter() {
            for (_, field) in FREE.iter().chain(&LISTS) {
                for value in photo.field(field) {
                    *counts.entry((*field, value.to_lowercase())).or_insert(0) += 1;
                }
            }
        }
        Self(counts)
    }

    fn is_often(&self, field: &'static str, value: &str) -> bool {
        self.0
            .get(&(field, value.to_lowercase()))
            .is_some_and(|count| *count >= OFTEN)
    }
}

impl Builder<'_> {
    /// Adds what is known of an everyday photo.
    pub(super) fn everyday(&mut self, example: &mut Example, photo: &EverydayPhoto, frequencies: &Frequencies) {
        let vocabulary = self.vocabulary;
        example.kept_back = photo.is_kept_back();
        for (name, rules) in &vocabulary.everyday {
            let Some(aspect) = self.aspect(name) else { continue };
            let values = photo.field(&rules.field);
            if values.is_empty() && !ALWAYS_SHOWN.contains(&name.as_str()) {
                example.absent.insert(aspect);
            }
            let Some(answer) = rules.answer(values) else { continue };
            let words: Vec<&str> = answer.iter().map(String::as_str).collect();
            let Some(column) = self.column(aspect, &words) else {
                continue;
            };
            example.answers.insert(aspect, column);
            let mut all = vec![column];
            for other in rules.answers(values) {
                let words: Vec<&str> = other.iter().map(String::as_str).collect();
                all.extend(self.column(aspect, &words));
            }
            share(example, aspect, all);
            if let Some(broader) = rules.broader(values) {
                let words: Vec<&str> = broader.iter().map(String::as_str).collect();
                example
                    .broader
                    .extend(self.column(aspect, &words).map(|column| (aspect, column)));
            }
        }
        if photo.field("inout") == [OUTDOORS]
            && let Some(room) = self.aspect(ROOM)
        {
            example.absent.insert(room);
        }
        for (name, field) in FREE {
            let Some(aspect) = self.aspect(name) else { continue };
            let mut all: Vec<usize> = example.answers.get(&aspect).copied().into_iter().collect();
            for value in photo.field(field) {
                if frequencies.is_often(field, value) {
                    all.extend(self.column(aspect, &[&value.to_lowercase()]));
                }
            }
            if let Some(first) = all.first() {
                example.answers.entry(aspect).or_insert(*first);
                let known = example.shared.remove(&aspect).unwrap_or_default();
                all.extend(known.into_iter().map(|(column, _)| column));
                share(example, aspect, all);
            }
        }
        for (name, field) in LISTS {
            let Some(aspect) = self.aspect(name) else { continue };
            let mut all = Vec::new();
            for value in photo.field(field) {
                if frequencies.is_often(field, value) {
                    all.extend(self.column(aspect, &[&value.to_lowercase()]));
                }
            }
            if let Some(first) = all.first() {
                example.answers.insert(aspect, *first);
                share(example, aspect, all);
            }
        }
        if let Some(aspect) = self.aspect(CAPTION)
            && let [caption, ..] = photo.field("caption")
        {
            let told = told(photo);
            let mut words = vec![caption.as_str(), told.as_str()];
            words.extend(photo.field("subject").iter().map(String::as_str));
            words.extend([caption.as_str(), told.as_str()]);
            if let Some(column) = self.own_column(aspect, caption, &words) {
                example.answers.insert(aspect, column);
            }
        }
        self.coloured(example, photo);
    }

    /// Things that a field names with their colour; where they are is not known.
    fn coloured(&mut self, example: &mut Example, photo: &EverydayPhoto) {
        let (Some(colours), Some(places)) = (self.aspect("object_colour"), self.aspect("object_at")) else {
            return;
        };
        for thing in coloured_things(photo) {
            let (Some(colour), Some(itself)) = (
                self.column(colours, &[thing.colour]),
                self.column(places, &[&thing.name]),
            ) else {
                continue;
            };
            example.things.push(Thing {
                names: vec![thing.name],
                colour: Some(colour),
                itself,
                companion: None,
                position: None,
                look: [0.0; REGIONS],
                look_companion: None,
            });
        }
    }
}

/// Who does what and where, as people look for it.
fn told(photo: &EverydayPhoto) -> String {
    let first = |field| photo.field(field).first().map(String::as_str);
    let mut words: Vec<&str> = Vec::new();
    words.extend(first("who").or_else(|| first("animals")).or_else(|| first("subject")));
    words.extend(first("doing"));
    if let Some(place) = first("place") {
        words.extend(["in", place]);
    }
    words.join(" ")
}

/// Gives every column once, in equal shares.
fn share(example: &mut Example, aspect: AspectId, mut columns: Vec<usize>) {
    columns.sort_unstable();
    columns.dedup();
    if columns.len() > 1 {
        let part = 1.0 / columns.len() as f32;
        example
            .shared
            .insert(aspect, columns.into_iter().map(|column| (column, part)).collect());
    }
}
