//! Things that a field names with their colour, for "the colour of the van".

use super::EverydayPhoto;

/// Fields that name things.
const FIELDS: [&str; 6] = ["wearing", "animals", "vehicles", "things", "food", "background"];
/// Colours as they are written, and as they are answered.
const COLOURS: [(&str, &str); 27] = [
    ("dark blue", "navy"),
    ("navy", "navy"),
    ("light blue", "light blue"),
    ("pale blue", "light blue"),
    ("dark green", "dark green"),
    ("light green", "light green"),
    ("dark red", "maroon"),
    ("dark grey", "dark gray"),
    ("light grey", "light gray"),
    ("red", "red"),
    ("orange", "orange"),
    ("yellow", "yellow"),
    ("green", "green"),
    ("blue", "blue"),
    ("purple", "purple"),
    ("pink", "pink"),
    ("brown", "brown"),
    ("black", "black"),
    ("white", "white"),
    ("grey", "gray"),
    ("beige", "beige"),
    ("cream", "cream"),
    ("gold", "gold"),
    ("turquoise", "teal"),
    ("teal", "teal"),
    ("tan", "tan"),
    ("olive", "olive"),
];
/// Where the name of a thing ends.
const ENDS: [&str; 7] = [" and ", " with ", " on ", " in ", " of ", " behind ", " under "];

/// A thing and its colour.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColouredThing {
    /// What it is called.
    pub name: String,
    /// A named colour.
    pub colour: &'static str,
}

/// Things that a photo's fields name with one colour; a name that stands for things of several colours says nothing.
#[must_use]
pub fn coloured_things(photo: &EverydayPhoto) -> Vec<ColouredThing> {
    let mut things: Vec<ColouredThing> = Vec::new();
    let mut ambiguous: Vec<String> = Vec::new();
    let values = FIELDS.iter().flat_map(|field| photo.field(field));
    for thing in values.filter_map(|value| coloured(value)) {
        match things.iter().find(|other| other.name == thing.name) {
            Some(other) if other.colour != thing.colour => ambiguous.push(thing.name),
            Some(_) => {}
            None => things.push(thing),
        }
    }
    things.retain(|thing| !ambiguous.contains(&thing.name));
    things
}

fn coloured(value: &str) -> Option<ColouredThing> {
    let text = value.to_lowercase();
    let (written, colour) = COLOURS
        .iter()
        .find(|(written, _)| text.strip_prefix(written).is_some_and(|rest| rest.starts_with(' ')))?;
    let rest = text.get(written.len()..)?.trim_start();
    // "black and white cat" has no one colour.
    if rest.starts_with("and ") || COLOURS.iter().any(|(other, _)| rest.starts_with(other)) {
        return None;
    }
    let end = ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let name = rest.get(..end)?.trim();
    (name.len() > 2).then(|| ColouredThing {
        name: name.to_owned(),
        colour,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_has_the_colour_that_stands_before_it() {
        let of = |value| coloured(value).map(|thing| (thing.name, thing.colour));
        assert_eq!(of("white van"), Some(("van".to_owned(), "white")));
        assert_eq!(of("dark blue dress with flowers"), Some(("dress".to_owned(), "navy")));
        assert_eq!(of("black and white cat"), None);
        assert_eq!(of("redwood tree"), None);
        assert_eq!(of("plain wall"), None);
    }

    #[test]
    fn a_name_of_two_colours_says_nothing() {
        let photo = EverydayPhoto {
            path: Default::default(),
            source: String::new(),
            fields: [(
                "things".to_owned(),
                ["red car", "blue car", "green tree"].map(str::to_owned).to_vec(),
            )]
            .into(),
        };
        let things = coloured_things(&photo);
        assert_eq!(things.len(), 1);
        assert_eq!((things[0].name.as_str(), things[0].colour), ("tree", "green"));
    }
}
