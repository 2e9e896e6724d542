//! Names in the find text: whose photos are shown by it.

use refocus_engine::{PeopleState, PersonId};

use crate::app::view::View;

/// The persons that are named in a find text, in its order; of several persons of one name the first.
pub(super) fn named_in(people: &PeopleState, find: &str) -> Vec<PersonId> {
    if !people.on || find.trim().is_empty() {
        return Vec::new();
    }
    let wanted = people.names().read(find).wanted;
    let first = wanted.iter().filter_map(|one_of| one_of.first());
    first.map(|id| PersonId(*id)).collect()
}

/// A find text that does not ask for a person any more.
pub(super) fn without(people: &PeopleState, find: &str, person: PersonId) -> String {
    let read = people.names().read(find);
    let name = |id: &i64| people.name_of(PersonId(*id)).map(str::to_owned);
    let wanted = read.wanted.iter().filter(|one_of| !one_of.contains(&person.0));
    let wanted: Vec<String> = wanted.filter_map(|one_of| name(one_of.first()?)).collect();
    let unwanted = read.unwanted.iter().filter_map(name).map(|name| format!("-{name}"));
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
    /// The persons whose photos are shown: by the filter, and by names in the find text.
    pub(in crate::app) fn shown_persons(&self) -> Vec<PersonId> {
        let request = &self.search.request;
        let mut shown = request.filter.people.clone();
        for person in named_in(&self.people, &request.find) {
            if !shown.contains(&person) {
                shown.push(person);
            }
        }
        shown
    }

    /// What the find text asks for, where it names persons, as in "with Anna and Ben by match with “beach”".
    pub(in crate::app) fn find_in_words(&self) -> Option<String> {
        let find = &self.search.request.find;
        let persons = named_in(&self.people, find);
        let names: Vec<&str> = persons.iter().filter_map(|id| self.people.name_of(*id)).collect();
        if names.is_empty() {
            return None;
        }
        let rest = self.people.names().read(find).rest;
        let by = match rest.trim() {
            "" => String::new(),
            rest => format!(" by match with \u{201c}{rest}\u{201d}"),
        };
        Some(format!("with {}{by}", names.join(" and ")))
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
        assert_eq!(named_in(&people, "anna and mei lin"), [PersonId(1), PersonId(3)]);
        assert_eq!(named_in(&people, "a banana"), []);
        let left = |find, person| without(&people, find, PersonId(person));
        assert_eq!(left("anna", 1), "");
        assert_eq!(named_in(&people, &left("anna and mei lin", 1)), [PersonId(3)]);
        assert_eq!(left("ben beach", 2), "beach");
        assert_eq!(named_in(&people, &left("ben beach -anna", 2)), []);
        assert_eq!(people.names().read(&left("ben beach -anna", 2)).unwanted, [1]);
    }
}
