//! The keepsake of people: what a person said of them once more, in a plain text file beside the file of faces and persons.
//!
//! One record a line, as in the library's keepsake. A photo is the hash of its bytes in hexadecimal, a place in it is left, top, right and
//! bottom in 65,535ths, a name has its bytes outside printable ASCII as `%` and two hexadecimal digits:
//!
//! ```text
//! refocus people 1
//! person 3 shown Anna%20Lund
//! face 3 HASH 1200 3400 5600 7800 person
//! apart 3 8
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};

use percent_encoding::{percent_decode_str, percent_encode};

use super::rows::{FaceBounds, PersonId};
use super::statements::{FacePlace, PeopleStatements, StatedFace, StatedPerson};
use super::waiting::Statement;
use crate::keepsake::{NOT_PLAIN, hex, new_private_file, unhex};
use crate::new_file::beside;

const FIRST_LINE: &str = "refocus people 1";

/// Where it lies for the file of faces and persons at `people`.
pub(super) fn path_for(people: &Path) -> PathBuf {
    beside(people, "-names.txt")
}

/// Reads the one beside `people`. Lines that cannot be understood are passed over; without a file it is empty.
pub(super) fn read(people: &Path) -> PeopleStatements {
    let text = std::fs::read_to_string(path_for(people)).unwrap_or_default();
    let mut statements = PeopleStatements::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        // A line that was cut short names nobody.
        let _: Option<()> = read_line(&words, &mut statements);
    }
    statements.faces.sort_unstable();
    statements.faces.dedup();
    // Somebody whose line is lost has lost the name.
    let mut met: Vec<PersonId> = statements.faces.iter().map(|said| said.person).collect();
    met.extend(statements.apart.iter().flat_map(|(one, other)| [*one, *other]));
    for person in met {
        statements.persons.entry(person).or_default();
    }
    statements
}

fn read_line(words: &[&str], statements: &mut PeopleStatements) -> Option<()> {
    match words {
        ["person", id, shown, name @ ..] => {
            let name = match name {
                [] => None,
                [name] => Some(percent_decode_str(name).decode_utf8().ok()?.into_owned()),
                _ => return None,
            };
            let hidden = match *shown {
                "shown" => false,
                "hidden" => true,
                _ => return None,
            };
            statements.persons.insert(number(id)?, StatedPerson { name, hidden });
        }
        ["face", person, photo, left, top, right, bottom, word] => {
            let bounds = FaceBounds {
                left: left.parse().ok()?,
                top: top.parse().ok()?,
                right: right.parse().ok()?,
                bottom: bottom.parse().ok()?,
            };
            statements.faces.push(StatedFace {
                place: FacePlace {
                    photo: unhex(photo)?,
                    bounds,
                },
                person: number(person)?,
                statement: Statement::of_word(word)?,
            });
        }
        ["apart", one, other] => statements.apart.push((number(one)?, number(other)?)),
        _ => {}
    }
    Some(())
}

fn number(text: &str) -> Option<PersonId> {
    text.parse().ok().filter(|id| *id > 0).map(PersonId)
}

/// Writes it beside `people`, whole or not at all. Where nothing was said there is no file.
pub(super) fn write(statements: &PeopleStatements, people: &Path) -> std::io::Result<()> {
    let path = path_for(people);
    if statements.is_empty() {
        return crate::new_file::remove_if_there(&path);
    }
    let mut text = format!("{FIRST_LINE}\n");
    for (id, person) in &statements.persons {
        let shown = if person.hidden { "hidden" } else { "shown" };
        text.push_str(&format!("person {} {shown}", id.0));
        if let Some(name) = &person.name {
            text.push_str(&format!(" {}", percent_encode(name.as_bytes(), NOT_PLAIN)));
        }
        text.push('\n');
    }
    for said in &statements.faces {
        let at = said.place.bounds;
        text.push_str(&format!(
            "face {} {} {} {} {} {} {}\n",
            said.person.0,
            hex(&said.place.photo),
            at.left,
            at.top,
            at.right,
            at.bottom,
            said.statement.word()
        ));
    }
    for (one, other) in &statements.apart {
        text.push_str(&format!("apart {} {}\n", one.0, other.0));
    }
    let folder = people.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Its name begins as the others do, so that what a kill leaves of it is forgotten with them.
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .make_in(folder.unwrap_or(Path::new(".")), new_private_file)?;
    file.as_file().write_all(text.as_bytes())?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let people = folder.path().join("library.refocus-people");
        assert!(read(&people).is_empty());
        let place = FacePlace {
            photo: [0xAB; 32],
            bounds: FaceBounds::of_fractions([0.1, 0.2, 0.3, 0.4]),
        };
        let said = |person, statement| StatedFace {
            place,
            person: PersonId(person),
            statement,
        };
        let anna = StatedPerson {
            name: Some("Anna % 안나\n".to_owned()),
            hidden: false,
        };
        let nobody = StatedPerson {
            name: None,
            hidden: true,
        };
        let mut faces: Vec<_> = Statement::ALL
            .iter()
            .map(|(statement, ..)| said(3, *statement))
            .collect();
        faces.push(said(8, Statement::Not));
        faces.sort_unstable();
        let statements = PeopleStatements {
            persons: BTreeMap::from([(PersonId(3), anna), (PersonId(8), nobody)]),
            faces,
            apart: vec![(PersonId(3), PersonId(8))],
        };
        write(&statements, &people).unwrap();
        assert_eq!(read(&people), statements);
        let path = path_for(&people);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("person x shown\nperson 9 seen\nface 3 00 1 2 3 4 person\napart 3\nface 3 ");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(&people), statements);
        write(&PeopleStatements::default(), &people).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
