//! Names in the find text: whose photos are shown by it.

use refocus_engine::{PeopleState, PersonId};

use crate::app::view::View;

/// Who is to be seen, or is not to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// One of these; several people may have one name.
    pub(super) one_of: Vec<PersonId>,
    /// Photos that show them are left out.
    pub(super) absent: bool,
}

/// Who is asked for in a find text, in its order; those who are not to be seen last.
fn asked_in(people: &PeopleState, find: &str) -> Vec<Asked> {
    if !people.on || find.trim().is_empty() {
        return Vec::new();
    }
    let read = people.names().read(find);
    let wanted = read.wanted.into_iter().map(|one_of| (one_of, false));
    let unwanted = read.unwanted.into_iter().map(|person| (vec![person], true));
    let all = wanted.chain(unwanted);
    all.map(|(one_of, absent)| Asked {
        one_of: one_of.into_iter().map(PersonId).collect(),
        absent,
    })
    .collect()
}

/// Whether a find text names a person.
pub(super) fn names(people: &PeopleState, find: &str, person: PersonId) -> bool {
    asked_in(people, find)
        .iter()
        .any(|asked| asked.one_of.contains(&person))
}

/// A find text that does not speak of a person any more.
pub(super) fn without(people: &PeopleState, find: &str, person: PersonId) -> String {
    let read = people.names().read(find);
    let name = |id: &i64| people.name_of(PersonId(*id)).map(str::to_owned);
    let wanted = read.wanted.iter().filter(|one_of| !one_of.contains(&person.0));
    let one_of = |one_of: &Vec<i64>| one_of.iter().filter_map(name).collect::<Vec<_>>().join(" or ");
    let wanted: Vec<String> = wanted.map(one_of).filter(|names| !names.is_empty()).collect();
    let unwanted = read.unwanted.iter().filter(|other| **other != person.0);
    let unwanted = unwanted.filter_map(name).map(|name| format!("-{name}"));
    let parts = [
        wanted.join(" and "),
        unwanted.collect::<Vec<_>>().join(" "),
        read.rest.clone(),
    ];
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

impl View {
    /// Who narrows the search: by the filter, and by names in the find text.
    pub(super) fn asked_persons(&self) -> Vec<Asked> {
        let request = &self.search.request;
        let chosen = request.filter.people.iter().map(|person| Asked {
            one_of: vec![*person],
            absent: false,
        });
        let mut asked: Vec<Asked> = chosen.collect();
        for also in asked_in(&self.people, &request.find) {
            if !asked.contains(&also) {
                asked.push(also);
            }
        }
        asked
    }

    /// The persons whose photos are shown: by the filter, and by names in the find text.
    pub(in crate::app) fn shown_persons(&self) -> Vec<PersonId> {
        let mut shown = Vec::new();
        for person in self
            .asked_persons()
            .iter()
            .filter(|asked| !asked.absent)
            .flat_map(|asked| &asked.one_of)
        {
            if !shown.contains(person) {
                shown.push(*person);
            }
        }
        shown
    }

    /// What the find text asks for, where it names persons, as in "with Anna and Ben by match with “beach”".
    pub(in crate::app) fn find_in_words(&self) -> Option<String> {
        let find = &self.search.request.find;
        let asked = asked_in(&self.people, find);
        let names = |absent: bool, between: &str| {
            let of = asked.iter().filter(|asked| asked.absent == absent);
            let name = |id: &PersonId| self.people.name_of(*id);
            let names = of.map(|asked| asked.one_of.iter().filter_map(name).collect::<Vec<_>>().join(" or "));
            names
                .filter(|names| !names.is_empty())
                .collect::<Vec<_>>()
                .join(between)
        };
        let mut parts = Vec::new();
        for (word, names) in [("with", names(false, " and ")), ("without", names(true, " or "))] {
            if !names.is_empty() {
                parts.push(format!("{word} {names}"));
            }
        }
        if parts.is_empty() {
            return None;
        }
        let rest = self.people.names().read(find).rest;
        if !rest.trim().is_empty() {
            parts.push(format!("by match with \u{201c}{}\u{201d}", rest.trim()));
        }
        Some(parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refocus_engine::Person;
    use std::collections::HashMap;
    use std::sync::Arc;

    #[test]
    fn one_of_several_names_is_taken_out_of_a_find_text() {
        let person = |id, name: &str| Person {
            id: PersonId(id),
            name: Some(Arc::from(name)),
            hidden: false,
            faces: 1,
            photos: 1,
            picture: None,
        };
        let persons = vec![person(1, "Anna"), person(2, "Ben"), person(3, "Mei Lin")];
        let people = PeopleState::of(persons, HashMap::new());
        let asked = |find: &str| -> Vec<(Vec<i64>, bool)> {
            let asked = asked_in(&people, find).into_iter();
            asked
                .map(|asked| (asked.one_of.iter().map(|id| id.0).collect(), asked.absent))
                .collect()
        };
        assert_eq!(asked("anna and mei lin"), [(vec![1], false), (vec![3], false)]);
        assert_eq!(asked("a banana"), []);
        assert_eq!(asked("ben beach -anna"), [(vec![2], false), (vec![1], true)]);
        let left = |find, person| without(&people, find, PersonId(person));
        assert_eq!(left("anna", 1), "");
        assert_eq!(asked(&left("anna and mei lin", 1)), [(vec![3], false)]);
        assert_eq!(left("ben beach", 2), "beach");
        assert_eq!(asked(&left("ben beach -anna", 2)), [(vec![1], true)]);
        assert_eq!(left("beach -anna", 1), "beach");
        assert_eq!(asked(&left("ben and anna or mei", 2)), [(vec![1, 3], false)]);
    }
}
