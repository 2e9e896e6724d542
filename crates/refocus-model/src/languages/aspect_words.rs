//! A focus read by its words: what is asked for of what. "die Farbe der Dinge", word by word "colour things", is the colour; "colour
//! dog" is the colour of the dog. What the words do not settle is left to the nearest known wordings.

/// Words that name an aspect, and the focus that they are.
const ASPECTS: [(&str, &str); 40] = [
    ("colour", COLOUR),
    ("shape", "the shape"),
    ("texture", "the texture"),
    ("surface", "the texture"),
    ("pattern", "the pattern"),
    ("material", "the material"),
    ("number", COUNT),
    ("how many", COUNT),
    ("how many people", PEOPLE_COUNT),
    ("place", "the place"),
    ("where", "the place"),
    ("who", WHO),
    ("activity", DOING),
    ("doing", DOING),
    ("weather", "the weather"),
    ("time of day", "the time of day"),
    ("season", "the season"),
    ("year", "the era"),
    ("distance", "close-up or wide shot"),
    ("near", "close-up or wide shot"),
    ("expression", EXPRESSION),
    ("mood", "the mood"),
    ("lighting", "the light"),
    ("light", "the light"),
    ("size", "the real size"),
    ("position", "the position in the frame"),
    ("style", "the style"),
    ("age", AGE),
    ("profession", "the profession"),
    ("background", "the background"),
    ("clothes", "the clothes"),
    ("animal", "the animal"),
    ("vehicle", "the vehicle"),
    ("landscape", "the landscape"),
    ("inside", "indoors or outdoors"),
    ("outside", "indoors or outdoors"),
    ("room", "the room"),
    ("building", "the building"),
    ("sport", "the sport"),
    ("furniture", "the furniture"),
];
const COLOUR: &str = "the colour";
const COUNT: &str = "how many objects there are";
const PEOPLE_COUNT: &str = "how many people there are";
const WHO: &str = "who is in the photo";
const DOING: &str = "what the people are doing";
const EXPRESSION: &str = "the facial expression";
const AGE: &str = "the age of the people";
/// Words that say nothing of what is asked for.
const SILENT: [&str; 12] = [
    "in the photo",
    "photo",
    "object",
    "thing",
    "subject ",
    "what",
    "which",
    "how",
    "or",
    "taken",
    "kind ",
    "appearance",
];
/// Words for somebody.
const PEOPLE: [&str; 10] = [
    "person", "people", "men", "women", "man", "woman", "children", "child", "group", "family",
];

/// The focus that these English words, in the order of the text, ask for; `None` where they do not settle it.
pub(super) fn focus_of(words: &[&str]) -> Option<String> {
    let (mut aspects, mut others): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for word in words.iter().filter(|word| !SILENT.contains(word)) {
        let (list, entry) = match ASPECTS.iter().find(|(name, _)| name == word) {
            Some((_, focus)) => (&mut aspects, *focus),
            None => (&mut others, *word),
        };
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    let people = others.iter().all(|other| PEOPLE.contains(other));
    let asks = || words.iter().any(|word| matches!(*word, "which" | "what"));
    match (aspects.as_slice(), others.as_slice()) {
        ([], [_, ..]) if people && asks() => Some(WHO.to_owned()),
        ([aspect], []) => Some((*aspect).to_owned()),
        ([COLOUR, of] | [of, COLOUR], []) => Some(format!("{COLOUR} of {of}")),
        ([COLOUR], _) => Some(format!("{COLOUR} of the {}", others.join(" "))),
        ([COUNT], _) if people => Some(PEOPLE_COUNT.to_owned()),
        ([aspect @ (DOING | WHO | EXPRESSION | AGE | PEOPLE_COUNT)], _) if people => Some((*aspect).to_owned()),
        ([EXPRESSION], ["face"]) => Some(EXPRESSION.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_of_what() {
        for (words, focus) in [
            (&["colour", "object"][..], Some("the colour")),
            (&["which", "colour", "dog"], Some("the colour of the dog")),
            (&["colour", "clothes"], Some("the colour of the clothes")),
            (
                &["how many", "people", "in the photo"],
                Some("how many people there are"),
            ),
            (&["inside", "or", "outside"], Some("indoors or outdoors")),
            (&["which", "person"], Some("who is in the photo")),
            (&["how many", "dog"], None),
            (&["dog"], None),
            (&[], None),
        ] {
            assert_eq!(focus_of(words).as_deref(), focus, "{words:?}");
        }
    }
}
