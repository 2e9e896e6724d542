//! What is known of a rendered scene, as answers: one thing and its properties, or several things that can be asked about one by one.

use super::{Builder, Example, NUMBERS, Thing};
use refocus_model::colour_statistics::{FIRST_OBJECT, PEOPLE, WHOLE};
use refocus_model::objects::OBJECTS;
use refocus_scenes::{Colour, ObjectBox, Position, SceneTruth, Style};
use refocus_training::slot::Look;

impl Builder<'_> {
    pub(super) fn colours(&mut self, example: &mut Example, colour: Colour) {
        self.answer(example, "colour", &[colour.word()]);
        self.answer(example, "hue_family", &[hue_family(colour)]);
    }

    pub(super) fn scene(&mut self, example: &mut Example, truth: &SceneTruth, found: &[[f32; 4]; OBJECTS]) {
        if let Some(shape) = truth.shape {
            self.answer(example, "shape", &[shape.word()]);
        }
        if let Some(texture) = truth.texture {
            self.answer(example, "texture", &[texture.word()]);
        }
        if let Some(colour) = truth.colour {
            self.colours(example, colour);
        }
        if let Some(number) = NUMBERS.get(truth.count as usize) {
            self.answer(example, "count", &[number]);
        }
        if truth.style != Style::Photo {
            self.answer(example, "style", &[truth.style.word()]);
        }
        if truth.background.word() != "photo" {
            self.answer(example, "bg", &[truth.background.word()]);
        }
        if let Some(colour) = truth.background_colour {
            self.answer(example, "bgcolour", &[colour.word()]);
        }
        self.answer(example, "hour", &[truth.light.hour.word()]);
        self.answer(example, "light_from", &[truth.light.from.word()]);
        if let [only] = truth.objects.as_slice() {
            self.answer(example, "position", &[only.position.word()]);
            self.answer(example, "size", &[only.size.word()]);
        }
        if truth.shape.is_none()
            && let Some(name) = &truth.object
        {
            match self.by_name.get(name.as_str()) {
                Some(knowledge) => self.knowledge(example, knowledge),
                None => self.answer(example, "object", &[name]),
            }
        }
        let boxes: Vec<ObjectBox> = truth.objects.iter().map(|object| object.bounds).collect();
        let figure = look_at(&boxes, found);
        example.ground = Some(std::array::from_fn(|region| {
            if region < WHOLE { 1.0 - figure[region] } else { 0.0 }
        }));
        example.figure = Some(figure);
        if truth.object.is_none() {
            example.things = self.things(truth, found);
        }
    }

    fn things(&mut self, truth: &SceneTruth, found: &[[f32; 4]; OBJECTS]) -> Vec<Thing> {
        let (Some(colours), Some(places), Some(companions)) = (
            self.aspect("object_colour"),
            self.aspect("object_at"),
            self.aspect("companion"),
        ) else {
            return Vec::new();
        };
        let names: Vec<Vec<String>> = truth.objects.iter().map(|object| self.names(&object.name)).collect();
        let mut things = Vec::new();
        for (i, object) in truth.objects.iter().enumerate() {
            // A name that another thing has too would not say which is meant.
            let others: Vec<&String> = names
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .flat_map(|(_, n)| n)
                .collect();
            let own: Vec<String> = names
                .get(i)
                .into_iter()
                .flatten()
                .filter(|name| !others.contains(name))
                .cloned()
                .collect();
            let word = names
                .get(i)
                .and_then(|names| names.first())
                .cloned()
                .unwrap_or_default();
            let Some(itself) = self.column(places, &[&word]) else {
                continue;
            };
            let alone = truth
                .objects
                .iter()
                .filter(|other| other.position == object.position)
                .count()
                == 1;
            let neighbour = match truth.objects.as_slice() {
                [a, b] => Some(if i == 0 { (1, b) } else { (0, a) }),
                _ => None,
            };
            let companion = neighbour.and_then(|(j, _)| {
                let name = names.get(j)?.first()?.clone();
                self.column(companions, &[&name])
            });
            things.push(Thing {
                names: own,
                colour: object.colour.and_then(|colour| self.column(colours, &[colour.word()])),
                itself,
                companion,
                position: alone.then_some(object.position).filter(|p| *p != Position::Center),
                look: look_at(&[object.bounds], found),
                look_companion: neighbour.map(|(_, other)| look_at(&[other.bounds], found)),
            });
        }
        things
    }

    /// What people call a thing of a composite: its name, synonyms, and what kind of thing it is.
    fn names(&self, name: &str) -> Vec<String> {
        let Some(knowledge) = self.by_name.get(name) else {
            return vec![name.to_owned()];
        };
        let mut names: Vec<String> = Vec::new();
        for aspect in ["object", "animal", "garment", "vehicle", "kind"] {
            if let Some(words) = knowledge.words(aspect) {
                names.extend(words.map(str::to_owned));
            }
        }
        if names.is_empty() {
            names.push(name.to_owned());
        }
        names.dedup();
        names
    }
}

/// Regions that lie inside boxes: shares of the cells, and the objects that were found there.
fn look_at(boxes: &[ObjectBox], found: &[[f32; 4]; OBJECTS]) -> Look {
    std::array::from_fn(|region| match region {
        cell if cell < WHOLE => {
            let (x, y) = ((cell % 4) as f32 / 4.0, (cell / 4) as f32 / 4.0);
            let inside: f32 = boxes
                .iter()
                .map(|b| overlap([x, y, x + 0.25, y + 0.25], [b.x0, b.y0, b.x1, b.y1]) * 16.0)
                .sum();
            inside.min(1.0)
        }
        object if (FIRST_OBJECT..PEOPLE).contains(&object) => {
            let found = found.get(object - FIRST_OBJECT).copied().unwrap_or([0.0; 4]);
            let area = (found[2] - found[0]) * (found[3] - found[1]);
            let same = |b: &ObjectBox| {
                let common = overlap(found, [b.x0, b.y0, b.x1, b.y1]);
                common > 0.6 * area.max(1e-6)
            };
            if area > 0.0 && boxes.iter().any(same) { 1.0 } else { 0.0 }
        }
        _ => 0.0,
    })
}

/// Area that two boxes share: left, top, right, bottom.
fn overlap(a: [f32; 4], b: [f32; 4]) -> f32 {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    width.max(0.0) * height.max(0.0)
}

fn hue_family(colour: Colour) -> &'static str {
    match colour {
        Colour::Red
        | Colour::Orange
        | Colour::Yellow
        | Colour::Pink
        | Colour::Maroon
        | Colour::Gold
        | Colour::Magenta
        | Colour::Peach
        | Colour::Rust
        | Colour::Burgundy => "warm colours",
        Colour::Blue
        | Colour::Green
        | Colour::Cyan
        | Colour::Purple
        | Colour::DarkGreen
        | Colour::LightGreen
        | Colour::Teal
        | Colour::Navy
        | Colour::LightBlue
        | Colour::Lavender
        | Colour::Mint
        | Colour::Olive => "cool colours",
        Colour::Brown | Colour::Tan | Colour::Beige | Colour::Khaki | Colour::Cream => "earthy colours",
        Colour::Gray | Colour::Black | Colour::White | Colour::LightGray | Colour::DarkGray => "neutral colours",
    }
}
