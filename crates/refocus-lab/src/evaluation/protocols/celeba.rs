//! CelebA (Liu et al., arXiv 1411.7766): for each attribute, faces that have it are to be found by one that has it.
//!
//! The test partition; one face in ten asks, the others are ranked; the measure is the mean average precision.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::{Asked, EvaluationError, Protocol, Question, missing, read_text};

const PUBLISHED: &str = "mmlab.ie.cuhk.edu.hk/projects/CelebA.html, aligned and cropped images";
const ATTRIBUTES: &str = "list_attr_celeba.txt";
const PARTITION: &str = "list_eval_partition.txt";
const PICTURES: &str = "img_align_celeba";
/// The number of the test partition.
const TEST: &str = "2";
/// Faces a query.
const SHARE: usize = 10;

/// Reads `DIR/list_attr_celeba.txt`, `DIR/list_eval_partition.txt` and `DIR/img_align_celeba/`; at most `limit` faces.
///
/// # Errors
/// [`EvaluationError::Missing`], or a list that is not in the published format.
pub fn read(dir: &Path, limit: usize) -> Result<Protocol, EvaluationError> {
    let lacking: Vec<&str> = [
        (dir.join(ATTRIBUTES).is_file(), ATTRIBUTES),
        (dir.join(PARTITION).is_file(), PARTITION),
        (dir.join(PICTURES).is_dir(), PICTURES),
    ]
    .into_iter()
    .filter(|(there, _)| !there)
    .map(|(_, name)| name)
    .collect();
    if !lacking.is_empty() {
        return Err(missing(dir, &lacking, PUBLISHED));
    }
    let partition = read_text(&dir.join(PARTITION))?;
    let test: Vec<&str> = partition
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace))
        .filter(|(_, part)| part.trim() == TEST)
        .map(|(file, _)| file)
        .take(limit)
        .collect();
    let file = dir.join(ATTRIBUTES);
    let wrong = |detail: &str| EvaluationError::file("the file is not in the published format", &detail, &file);
    let table = read_text(&file)?;
    let mut lines = table.lines();
    lines.next().ok_or_else(|| wrong("it is empty"))?;
    let names: Vec<&str> = lines
        .next()
        .ok_or_else(|| wrong("it names no attributes"))?
        .split_whitespace()
        .collect();
    let mut attributes: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for line in lines {
        let mut cells = line.split_whitespace();
        let Some(picture) = cells.next() else { continue };
        let values: Vec<bool> = cells.map(|cell| cell == "1").collect();
        if values.len() != names.len() {
            return Err(wrong("a row has another number of attributes than there are names"));
        }
        attributes.insert(picture, values);
    }
    let (mut protocol, mut places) = (Protocol::default(), BTreeMap::new());
    let mut faces = Vec::new();
    for name in test {
        let values = attributes
            .get(name)
            .ok_or_else(|| wrong("a face of the test partition has no row"))?;
        let place = protocol.place(&mut places, dir.join(PICTURES).join(name), None);
        faces.push((place, values));
    }
    for (number, name) in names.iter().enumerate() {
        let has = |values: &[bool]| values.get(number).copied().unwrap_or(false);
        let (mut queries, mut database, mut relevant) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (picture, values)) in faces.iter().enumerate() {
            if place % SHARE == 0 {
                if has(values) {
                    queries.push(*picture);
                }
            } else {
                database.push(*picture);
                relevant.push(has(values));
            }
        }
        let (database, relevant) = (Rc::new(database), Rc::new(relevant));
        for query in queries {
            protocol.questions.push(Question {
                group: (*name).to_owned(),
                instruction: name.replace('_', " ").to_lowercase(),
                asked: Asked::Retrieve {
                    query,
                    database: Rc::clone(&database),
                    relevant: Rc::clone(&relevant),
                },
            });
        }
    }
    Ok(protocol)
}
