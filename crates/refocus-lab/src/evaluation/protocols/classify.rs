//! Classification: folders named by class, as ImageNet and the fine-grained sets are laid out; the class whose text is nearest.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::{Asked, EvaluationError, Protocol, Question, missing};

/// Kinds of pictures.
const ENDINGS: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Reads `DIR/CLASS/*.jpg`; underscores in a folder's name are spaces. At most `limit` pictures, evenly from all classes.
///
/// # Errors
/// [`EvaluationError::Missing`] where there are no two classes, or a folder that cannot be listed.
pub fn read(dir: &Path, instruction: &str, limit: usize) -> Result<Protocol, EvaluationError> {
    let list = |path: &Path| -> Result<Vec<std::path::PathBuf>, EvaluationError> {
        let entries = std::fs::read_dir(path)
            .map_err(|error| EvaluationError::file("the folder cannot be listed", &error, path))?;
        let mut found: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        found.sort();
        Ok(found)
    };
    let classes: Vec<_> = list(dir)?.into_iter().filter(|path| path.is_dir()).collect();
    if classes.len() < 2 {
        return Err(missing(dir, &["one folder a class"], "any set of labelled pictures"));
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().replace('_', " ");
    let texts = Rc::new(
        classes
            .iter()
            .map(|path| format!("a photo of a {}", name(path)))
            .collect::<Vec<_>>(),
    );
    let most = limit.div_ceil(classes.len()).max(1);
    let (mut protocol, mut places) = (Protocol::default(), BTreeMap::new());
    for (right, class) in classes.iter().enumerate() {
        let is_picture = |path: &std::path::PathBuf| {
            let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            ENDINGS.contains(&ending.as_str())
        };
        for file in list(class)?.into_iter().filter(is_picture).take(most) {
            let picture = protocol.place(&mut places, file, None);
            protocol.questions.push(Question {
                group: "classes".to_owned(),
                instruction: instruction.to_owned(),
                asked: Asked::Classify {
                    picture,
                    texts: Rc::clone(&texts),
                    right,
                },
            });
        }
    }
    Ok(protocol)
}
