//! SugarCrepe (Hsieh et al., arXiv 2306.14610): a caption against one that differs by an added, replaced or swapped object,
//! attribute or relation. Files and comparison as in its `main_eval.py`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Asked, EvaluationError, Protocol, Question, missing, read_json};

const PUBLISHED: &str =
    "the seven lists: github.com/RAIVNLab/sugar-crepe, folder data; the pictures: cocodataset.org, 2017 Val images";
/// The lists, and the respect in which the two captions of each differ.
const LISTS: [(&str, &str); 7] = [
    ("add_obj", "the objects in the picture"),
    ("add_att", "the attributes of the objects"),
    ("replace_obj", "the objects in the picture"),
    ("replace_att", "the attributes of the objects"),
    ("replace_rel", "the relations between the objects"),
    ("swap_obj", "the objects in the picture"),
    ("swap_att", "the attributes of the objects"),
];

#[derive(Deserialize)]
struct Entry {
    filename: String,
    caption: String,
    negative_caption: String,
}

/// Reads `DIR/*.json` (or `DIR/data/*.json`) and `DIR/val2017/`.
///
/// # Errors
/// [`EvaluationError::Missing`], or a file that is not in the published format.
pub fn read(dir: &Path) -> Result<Protocol, EvaluationError> {
    let pictures = dir.join("val2017");
    let list = |name: &str| {
        let file = format!("{name}.json");
        [dir.join(&file), dir.join("data").join(&file)]
            .into_iter()
            .find(|path| path.is_file())
    };
    let mut lacking: Vec<String> = LISTS
        .iter()
        .filter(|(name, _)| list(name).is_none())
        .map(|(name, _)| format!("{name}.json"))
        .collect();
    if !pictures.is_dir() {
        lacking.push("val2017/".to_owned());
    }
    // Some of the lists are enough; their pictures are not optional.
    if lacking.len() >= LISTS.len() || !pictures.is_dir() {
        let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
        return Err(missing(dir, &names, PUBLISHED));
    }
    let (mut protocol, mut places) = (Protocol::default(), BTreeMap::new());
    for (name, instruction) in LISTS {
        let Some(file) = list(name) else { continue };
        let entries: BTreeMap<String, Entry> = read_json(&file)?;
        for entry in entries.into_values() {
            let picture = protocol.place(&mut places, pictures.join(&entry.filename), None);
            protocol.questions.push(Question {
                group: name.to_owned(),
                instruction: instruction.to_owned(),
                asked: Asked::Caption {
                    picture,
                    right: entry.caption,
                    wrong: entry.negative_caption,
                },
            });
        }
    }
    Ok(protocol)
}
