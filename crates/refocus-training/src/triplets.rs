//! A person's own triplets: a JSON-lines file, one `{"image": …, "instruction": …, "output": …}` a line.
//!
//! `image` is the path of a photo, absolute or relative to the file; `instruction` says in which respect photos are to be
//! compared ("would suit rain"); `output` is what is right for this photo ("suits rain"). Empty lines are passed over.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triplet {
    /// The photo.
    pub image: PathBuf,
    /// In which respect photos are compared.
    pub instruction: String,
    /// What is right for this photo.
    pub output: String,
}

/// Why a file of triplets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TripletError {
    /// It cannot be read.
    #[error("{source}: {path}", path = path.display())]
    Read {
        /// The operating system's error message.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// A line is no triplet.
    #[error("line {line} of {path} is no triplet ({source}); it needs \"image\", \"instruction\" and \"output\"", path = path.display())]
    Line {
        /// Its number, from 1.
        line: usize,
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A field that must say something is empty.
    #[error("line {line} of {path} has an empty {field}", path = path.display())]
    Empty {
        /// Its number, from 1.
        line: usize,
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
    },
    /// An instruction has one output for all photos, or none twice.
    #[error("under \"{instruction}\" at least two outputs with {least} photos each are needed, {found} have them")]
    TooFew {
        /// The instruction.
        instruction: String,
        /// Photos that an output needs.
        least: usize,
        /// Outputs that have so many.
        found: usize,
    },
    /// There is no triplet.
    #[error("{path} holds no triplet", path = .0.display())]
    None(PathBuf),
}

/// Photos that an output needs to be learnt and judged.
const LEAST_PHOTOS: usize = 4;

/// Reads a file of triplets; images become absolute paths.
///
/// # Errors
/// [`TripletError`], with the line.
pub fn read_triplets(path: &Path) -> Result<Vec<Triplet>, TripletError> {
    let text = std::fs::read_to_string(path).map_err(|source| TripletError::Read {
        source,
        path: path.to_owned(),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut triplets = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = number + 1;
        let mut triplet: Triplet = serde_json::from_str(line).map_err(|source| TripletError::Line {
            line: line_number,
            path: path.to_owned(),
            source,
        })?;
        let fields = [("instruction", &triplet.instruction), ("output", &triplet.output)];
        if let Some((field, _)) = fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(TripletError::Empty {
                line: line_number,
                path: path.to_owned(),
                field,
            });
        }
        triplet.image = folder.join(&triplet.image);
        triplet.instruction = triplet.instruction.trim().to_owned();
        triplet.output = triplet.output.trim().to_owned();
        triplets.push(triplet);
    }
    if triplets.is_empty() {
        return Err(TripletError::None(path.to_owned()));
    }
    check(&triplets)?;
    Ok(triplets)
}

/// Each instruction needs two outputs that can be told apart by several photos.
fn check(triplets: &[Triplet]) -> Result<(), TripletError> {
    let mut counts: std::collections::BTreeMap<&str, std::collections::BTreeMap<&str, usize>> =
        std::collections::BTreeMap::new();
    for triplet in triplets {
        let outputs = counts.entry(&triplet.instruction).or_default();
        *outputs.entry(&triplet.output).or_default() += 1;
    }
    for (instruction, outputs) in counts {
        let found = outputs.values().filter(|count| **count >= LEAST_PHOTOS).count();
        if found < 2 {
            return Err(TripletError::TooFew {
                instruction: instruction.to_owned(),
                least: LEAST_PHOTOS,
                found,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Triplet>, TripletError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.jsonl");
        std::fs::write(&file, text).unwrap();
        read_triplets(&file)
    }

    fn line(image: &str, output: &str) -> String {
        format!("{{\"image\": \"{image}\", \"instruction\": \"would suit rain\", \"output\": \"{output}\"}}\n")
    }

    #[test]
    fn images_are_looked_for_beside_the_file_and_empty_lines_are_passed_over() {
        let mut text = String::from("\n");
        for i in 0..4 {
            text += &line(&format!("a{i}.jpg"), "suits rain");
            text += &line(&format!("/photos/b{i}.jpg"), " gets wet ");
        }
        let triplets = read(&text).unwrap();
        assert_eq!(triplets.len(), 8);
        assert!(triplets[0].image.is_absolute() && triplets[0].image.ends_with("a0.jpg"));
        assert_eq!(triplets[1].image, Path::new("/photos/b0.jpg"));
        assert_eq!(triplets[1].output, "gets wet");
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let error = read(&(line("a.jpg", "x") + "\n{\"image\": 1}\n"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 3 of") && error.contains("mine.jsonl"), "{error}");
        let error = read(&line("a.jpg", " ")).unwrap_err().to_string();
        assert!(error.contains("empty output"), "{error}");
        assert!(matches!(read("\n\n"), Err(TripletError::None(_))));
    }

    #[test]
    fn one_output_for_all_photos_teaches_nothing() {
        let text: String = (0..9).map(|i| line(&format!("{i}.jpg"), "suits rain")).collect();
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains("at least two outputs with 4 photos each"), "{error}");
    }
}
