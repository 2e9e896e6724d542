//! `refocus people`: who is in the photos, and what their owner says of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use refocus_engine::{FaceId, LibraryPaths, PeopleRequest, PeopleState, Person, PersonId};

use super::output;
use super::people_arguments::{People, PeopleAction};
use super::session::Session;
use super::{WrongUsage, output::print_json};

/// Where people are not recognised, and how they would be.
const SWITCHED_OFF: &str = "people are not recognised in this library; `refocus index --people FOLDER` finds faces (everything stays on this computer)";

pub(super) fn run(paths: &LibraryPaths, arguments: &People) -> anyhow::Result<()> {
    let reads = matches!(
        arguments.action,
        PeopleAction::List { .. } | PeopleAction::Faces { .. } | PeopleAction::Export { .. }
    );
    let mut session = if reads {
        Session::start(paths)?
    } else {
        Session::to_write(paths)?
    };
    session.ask_people(PeopleRequest::Tell)?;
    let state = std::sync::Arc::clone(&session.people);
    if let Some(why) = &state.failed {
        bail!("{why}");
    }
    if !state.on && !matches!(arguments.action, PeopleAction::Forget { .. }) {
        if let PeopleAction::List { json: true, .. } = arguments.action {
            output::say(&format!("refocus: {SWITCHED_OFF}"));
            return print_json(&json!([]));
        }
        bail!("{SWITCHED_OFF}");
    }
    match &arguments.action {
        PeopleAction::List { all, json } => list(&state, *all, *json),
        PeopleAction::Faces { who, json } => faces(&session, &state, one(&state, who)?, *json),
        PeopleAction::Name { who, name, json } => {
            let person = one(&state, who)?.id;
            let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
            step(&mut session, PeopleRequest::Name { person, name }, *json)
        }
        PeopleAction::Merge { into, from, json } => {
            let into = one(&state, into)?.id;
            let from = from.iter().map(|who| Ok(one(&state, who)?.id));
            let from = from.collect::<anyhow::Result<Vec<_>>>()?;
            step(&mut session, PeopleRequest::Merge { into, from }, *json)
        }
        PeopleAction::Split {
            who,
            photos,
            name,
            json,
        } => {
            let person = one(&state, who)?.id;
            let faces = faces_in(&session, &state, person, photos)?;
            let name = name.clone();
            let answer = session.ask_people(PeopleRequest::Split { person, faces, name })?;
            told(&session, &answer, *json)
        }
        PeopleAction::Hide { who, show, json } => {
            let (person, hidden) = (one(&state, who)?.id, !show);
            step(&mut session, PeopleRequest::Hide { person, hidden }, *json)
        }
        PeopleAction::Undo { json } => step(&mut session, PeopleRequest::Undo, *json),
        PeopleAction::Export { out } => export(&mut session, out),
        PeopleAction::Import { file, json } => import(&mut session, file, *json),
        PeopleAction::Forget { yes, json } => forget(&mut session, &state, *yes, *json),
    }
}

fn list(state: &PeopleState, all: bool, as_json: bool) -> anyhow::Result<()> {
    let shown = || state.persons.iter().filter(move |person| all || !person.hidden);
    if as_json {
        return print_json(&shown().map(as_value).collect::<Vec<_>>().into());
    }
    for person in shown() {
        let hidden = if person.hidden { "  (hidden)" } else { "" };
        output::print(&format!(
            "{:>6}  {:<24}  {:>14}  {:>13}{hidden}",
            person.id.0,
            person.name.as_deref().unwrap_or("–"),
            output::counted(person.photos, "photo"),
            output::counted(person.faces, "face"),
        ));
    }
    output::say(&format!(
        "{}, {}, {} of nobody for sure",
        output::counted(shown().count(), "person"),
        output::counted(state.faces, "face"),
        state.unassigned
    ));
    Ok(())
}

fn as_value(person: &Person) -> Value {
    json!({
        "id": person.id.0,
        "name": person.name.as_deref(),
        "photos": person.photos,
        "faces": person.faces,
        "hidden": person.hidden,
    })
}

/// The person who is meant by a number or a name.
fn one<'a>(state: &'a PeopleState, who: &str) -> anyhow::Result<&'a Person> {
    if who.trim().is_empty() {
        bail!("say who is meant, by a name or a number: `refocus people list` shows who is known");
    }
    let number = who.trim().parse::<i64>().ok().map(PersonId);
    if let Some(person) = number.and_then(|id| state.person(id)) {
        return Ok(person);
    }
    match state.named(who).as_slice() {
        [id] => state.person(*id).context("this person is not there any more"),
        [] => bail!("nobody is called {who}; `refocus people list` shows who is known, with their numbers"),
        several => {
            let numbers: Vec<String> = several.iter().map(|id| id.0.to_string()).collect();
            bail!(
                "{} persons are called {who}: name one by number, {}",
                several.len(),
                numbers.join(" or ")
            )
        }
    }
}

fn faces(session: &Session, state: &PeopleState, person: &Person, as_json: bool) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for row in session
        .rows
        .iter()
        .filter(|row| row.is_shown() && seen.insert(row.hash))
    {
        for face in state.faces_of(&row.hash) {
            if let Some((_, said)) = face.person.filter(|(of, _)| *of == person.id) {
                all.push((row, face, said));
            }
        }
    }
    if as_json {
        let all = all.into_iter().map(|(row, face, said)| {
            let value = json!({
                "face": face.id.0,
                "bounds": face.bounds.fractions(),
                "confirmed": said.holds(),
            });
            output::with_path(&row.path, value)
        });
        return print_json(&all.collect::<Vec<_>>().into());
    }
    for (row, ..) in all {
        output::print(&row.path.display().to_string());
    }
    Ok(())
}

/// The faces of a person in some photos.
fn faces_in(
    session: &Session,
    state: &PeopleState,
    person: PersonId,
    photos: &[PathBuf],
) -> anyhow::Result<Vec<FaceId>> {
    let mut faces = Vec::new();
    for path in photos {
        let absolute = std::path::absolute(path)?;
        let row = session
            .row_of(&absolute)
            .with_context(|| format!("this is no photo of the library: {}", path.display()))?;
        let before = faces.len();
        let of_person = state
            .faces_of(&row.hash)
            .iter()
            .filter(|face| face.person.is_some_and(|(of, _)| of == person));
        faces.extend(of_person.map(|face| face.id));
        if faces.len() == before {
            bail!("this person is not in this photo: {}", path.display());
        }
    }
    Ok(faces)
}

fn step(session: &mut Session, request: PeopleRequest, as_json: bool) -> anyhow::Result<()> {
    let answer = session.ask_people(request)?;
    told(session, &answer, as_json)
}

/// Says what became of a step: with `--json` everybody as they are now.
fn told(session: &Session, answer: &Value, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let persons: Vec<Value> = session.people.persons.iter().map(as_value).collect();
        return print_json(&json!({"answer": answer, "people": persons}));
    }
    output::say("done; `refocus people undo` takes it back");
    Ok(())
}

fn export(session: &mut Session, out: &Path) -> anyhow::Result<()> {
    let people = session.ask_people(PeopleRequest::Export)?;
    if out == Path::new("-") {
        return print_json(&people);
    }
    let text = serde_json::to_string_pretty(&people)?;
    refocus_engine::may_be_replaced(out)
        .and_then(|()| std::fs::write(out, text + "\n"))
        .map_err(|error| anyhow::anyhow!("the names cannot be written ({error}): {}", out.display()))?;
    output::say(&format!(
        "names and what was said of faces written to {}",
        out.display()
    ));
    Ok(())
}

fn import(session: &mut Session, file: &Path, as_json: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| anyhow::anyhow!("the names cannot be read ({error}): {}", file.display()))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        anyhow::anyhow!(
            "this is no list of names that Refocus wrote ({error}): {}",
            file.display()
        )
    })?;
    let answer = session.ask_people(PeopleRequest::Import(value))?;
    if as_json {
        return print_json(&answer);
    }
    let count = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    output::say(&format!(
        "{} persons; {} statements about faces, {} more wait for photos that were not looked at yet",
        count("persons"),
        count("faces"),
        count("waiting")
    ));
    Ok(())
}

fn forget(session: &mut Session, state: &PeopleState, yes: bool, as_json: bool) -> anyhow::Result<()> {
    if !yes {
        let named = state.persons.iter().filter(|person| person.name.is_some()).count();
        return Err(WrongUsage(format!(
            "this deletes {} faces, {} persons and {named} names for good; say --yes to do it (`refocus people export` keeps the names)",
            state.faces,
            state.persons.len(),
        ))
        .into());
    }
    let answer = session.ask_people(PeopleRequest::Forget)?;
    if as_json {
        return print_json(&answer);
    }
    output::say("everything about people is deleted, and no faces are looked for any more");
    Ok(())
}
