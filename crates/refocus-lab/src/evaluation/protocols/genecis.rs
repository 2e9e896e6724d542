//! GeneCIS (Vaze et al., arXiv 2306.07969): a reference, a condition, and a small gallery in which one picture is alike in that
//! respect. Files, cuts and galleries as in its `datasets/vaw_dataset.py` and `coco_dataset.py`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Asked, EvaluationError, Protocol, Question, missing, read_json};

const PUBLISHED: &str = "the four lists: github.com/facebookresearch/genecis, folder genecis; pictures of the attribute lists: \
                         Visual Genome, VG_100K; of the object lists: cocodataset.org, 2017 Val images";
const LISTS: [&str; 4] = ["focus_attribute", "change_attribute", "focus_object", "change_object"];

#[derive(Deserialize)]
struct Template {
    reference: Place,
    target: Place,
    gallery: Vec<Place>,
    condition: String,
}

#[derive(Deserialize)]
struct Place {
    /// Visual Genome.
    image_id: Option<serde_json::Value>,
    instance_bbox: Option<[f32; 4]>,
    /// COCO.
    val_image_id: Option<u64>,
}

/// Reads `DIR/LIST.json` (or `DIR/genecis/LIST.json`), `DIR/VG_100K/` and `DIR/val2017/`. Lists whose pictures are not there are
/// left out.
///
/// # Errors
/// [`EvaluationError::Missing`], or a list that is not in the published format.
pub fn read(dir: &Path) -> Result<Protocol, EvaluationError> {
    let list = |name: &str| {
        let file = format!("{name}.json");
        [dir.join(&file), dir.join("genecis").join(&file)]
            .into_iter()
            .find(|path| path.is_file())
    };
    let folder = |name: &str| {
        dir.join(if name.ends_with("attribute") {
            "VG_100K"
        } else {
            "val2017"
        })
    };
    let there: Vec<(&str, PathBuf)> = LISTS
        .iter()
        .filter(|name| folder(name).is_dir())
        .filter_map(|name| Some((*name, list(name)?)))
        .collect();
    if there.is_empty() {
        let files = [
            "focus_attribute.json",
            "change_attribute.json",
            "VG_100K/",
            "focus_object.json",
            "change_object.json",
            "val2017/",
        ];
        return Err(missing(dir, &files, PUBLISHED));
    }
    let (mut protocol, mut places) = (Protocol::default(), BTreeMap::new());
    for (name, file) in there {
        let templates: Vec<Template> = read_json(&file)?;
        // Templates of another size than most are left out, as the reference does.
        let mut sizes: HashMap<usize, usize> = HashMap::new();
        for template in &templates {
            *sizes.entry(template.gallery.len()).or_default() += 1;
        }
        let usual = sizes
            .into_iter()
            .max_by_key(|(size, count)| (*count, *size))
            .map_or(0, |(size, _)| size);
        for template in templates.into_iter().filter(|template| template.gallery.len() == usual) {
            let mut place = |at: &Place| -> Result<u32, EvaluationError> {
                let lacks =
                    || EvaluationError::file("the file is not in the published format", &"a picture has no id", &file);
                let picture = match (&at.image_id, at.val_image_id) {
                    (_, Some(id)) => format!("{id:012}.jpg"),
                    (Some(serde_json::Value::String(id)), None) => format!("{id}.jpg"),
                    (Some(serde_json::Value::Number(id)), None) => format!("{id}.jpg"),
                    _ => return Err(lacks()),
                };
                Ok(protocol.place(&mut places, folder(name).join(picture), at.instance_bbox))
            };
            let query = place(&template.reference)?;
            let mut gallery = vec![place(&template.target)?];
            for other in &template.gallery {
                gallery.push(place(other)?);
            }
            protocol.questions.push(Question {
                group: name.to_owned(),
                instruction: template.condition,
                asked: Asked::Pick { query, gallery },
            });
        }
    }
    Ok(protocol)
}
