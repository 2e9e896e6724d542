//! What stands where on the page of persons: those with a name first, then those without one, each by their photos; and the way of the
//! keys through them.

use std::ops::Range;

use refocus_engine::{PeopleState, Person, PersonId};

/// Size of a person's place, points.
pub(super) const CELL: [f32; 2] = [136.0, 168.0];

/// Height of the line above a part, points.
pub(super) const HEAD: f32 = 40.0;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Persons with a name.
    Named,
    /// Persons without one.
    Unnamed,
    /// Persons that are not shown among the others.
    Hidden,
}

/// A line of the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// From the upper edge of the page, points.
    pub(super) top: f32,
    /// Height, points.
    pub(super) height: f32,
    /// What stands in it.
    pub(super) content: LineContent,
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LineContent {
    /// The head of a part, and how many persons it has.
    Head(Part, usize),
    /// Persons, by their places in the list.
    Persons(Range<usize>),
}

/// Where a key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Left,
    Right,
    Up,
    Down,
    First,
    Last,
}

/// The persons of the page in their order, and the lines that they stand in.
#[derive(Debug, Default)]
pub(super) struct PageList {
    /// The persons.
    pub(super) persons: Vec<PersonId>,
    /// The lines, from the top.
    pub(super) lines: Vec<Line>,
    /// Height of all of them, points.
    pub(super) height: f32,
    /// Whether anybody is hidden.
    pub(super) any_hidden: bool,
}

impl PageList {
    /// The persons whose name holds `query` (all where it is blank) in lines of so many.
    pub(super) fn new(people: &PeopleState, query: &str, with_hidden: bool, columns: usize) -> Self {
        let query = query.trim().to_lowercase();
        let wanted = |person: &&Person| {
            let named = person.name.as_deref().map(str::to_lowercase);
            query.is_empty() || named.is_some_and(|name| name.contains(&query))
        };
        let (mut named, mut unnamed, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for person in people.persons.iter().filter(wanted) {
            match (person.hidden, person.name.is_some()) {
                // Of a person who was merged or whose photos went there is nothing to see.
                (_, false) if person.photos == 0 => {}
                (true, _) => hidden.push(person.id),
                (false, true) => named.push(person.id),
                (false, false) => unnamed.push(person.id),
            }
        }
        let mut list = Self {
            any_hidden: people.persons.iter().any(|person| person.hidden),
            ..Self::default()
        };
        list.add(Part::Named, named, columns);
        list.add(Part::Unnamed, unnamed, columns);
        if with_hidden {
            list.add(Part::Hidden, hidden, columns);
        }
        list
    }

    fn add(&mut self, part: Part, persons: Vec<PersonId>, columns: usize) {
        if persons.is_empty() {
            return;
        }
        self.line(HEAD, LineContent::Head(part, persons.len()));
        let (first, columns) = (self.persons.len(), columns.max(1));
        self.persons.extend(persons);
        let end = self.persons.len();
        for start in (first..end).step_by(columns) {
            let line = start..(start + columns).min(end);
            self.line(CELL[1], LineContent::Persons(line));
        }
    }

    fn line(&mut self, height: f32, content: LineContent) {
        let top = self.height;
        self.height += height;
        self.lines.push(Line { top, height, content });
    }

    /// Lines that are seen between two distances from the top.
    pub(super) fn lines_between(&self, from: f32, to: f32) -> Range<usize> {
        let first = self.lines.partition_point(|line| line.top + line.height <= from);
        let end = self.lines.partition_point(|line| line.top < to);
        first..end.max(first)
    }

    /// Where a person stands.
    pub(super) fn position(&self, person: PersonId) -> Option<usize> {
        self.persons.iter().position(|other| *other == person)
    }

    /// The line of a place.
    pub(super) fn line_of(&self, place: usize) -> Option<usize> {
        self.lines.iter().position(|line| match &line.content {
            LineContent::Persons(range) => range.contains(&place),
            LineContent::Head(..) => false,
        })
    }

    /// Where a key leads from a place; `None` stands for no place yet.
    pub(super) fn step(&self, from: Option<usize>, way: Way) -> Option<usize> {
        let last = self.persons.len().checked_sub(1)?;
        let Some(at) = from else {
            return Some(if way == Way::Last { last } else { 0 });
        };
        match way {
            Way::Left => Some(at.saturating_sub(1)),
            Way::Right => Some((at + 1).min(last)),
            Way::First => Some(0),
            Way::Last => Some(last),
            Way::Up | Way::Down => {
                let line = self.line_of(at)?;
                let ranges = self.lines.iter().map(|line| match &line.content {
                    LineContent::Persons(range) => Some(range.clone()),
                    LineContent::Head(..) => None,
                });
                let ranges: Vec<Option<Range<usize>>> = ranges.collect();
                let own = ranges.get(line)?.clone()?;
                let next = if way == Way::Down {
                    ranges.get(line + 1..)?.iter().flatten().next()
                } else {
                    ranges.get(..line)?.iter().rev().flatten().next()
                };
                let Some(next) = next else { return Some(at) };
                Some((next.start + at - own.start).min(next.end - 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::Arc;

    fn person(id: i64, name: Option<&str>, hidden: bool) -> Person {
        Person {
            id: PersonId(id),
            name: name.map(Arc::from),
            hidden,
            faces: 3,
            photos: 3,
            picture: None,
        }
    }

    fn people() -> PeopleState {
        let mut persons = vec![
            person(1, None, false),
            person(2, Some("Anna"), false),
            person(3, None, true),
            person(4, Some("Ben"), false),
            person(5, Some("Johanna"), false),
            person(6, None, false),
            person(7, None, false),
        ];
        persons.push(Person {
            photos: 0,
            ..person(8, None, false)
        });
        PeopleState::of(persons, HashMap::new())
    }

    fn ids(list: &PageList) -> Vec<i64> {
        list.persons.iter().map(|id| id.0).collect()
    }

    #[test]
    fn names_come_first_and_hidden_ones_only_where_they_are_asked_for() {
        let list = PageList::new(&people(), "", false, 2);
        assert_eq!(ids(&list), [2, 4, 5, 1, 6, 7]);
        assert_eq!(list.lines.len(), 6);
        assert_eq!(list.lines[0].content, LineContent::Head(Part::Named, 3));
        assert_eq!(list.height, 2.0 * HEAD + 4.0 * CELL[1]);
        assert_eq!(ids(&PageList::new(&people(), "", true, 2)), [2, 4, 5, 1, 6, 7, 3]);
        assert_eq!(ids(&PageList::new(&people(), " aNNa", false, 2)), [2, 5]);
    }

    #[test]
    fn keys_lead_from_line_to_line_also_where_one_is_short() {
        let list = PageList::new(&people(), "", false, 2);
        let step = |from, way| list.step(Some(from), way);
        assert_eq!(list.step(None, Way::Down), Some(0));
        assert_eq!(step(1, Way::Down), Some(2), "the line below has one person only");
        assert_eq!(step(2, Way::Down), Some(3), "over the head of the next part");
        assert_eq!(step(4, Way::Up), Some(2));
        assert_eq!(step(0, Way::Up), Some(0));
        assert_eq!((step(5, Way::Right), step(5, Way::First)), (Some(5), Some(0)));
        assert_eq!(PageList::default().step(None, Way::Down), None);
    }

    #[test]
    fn only_lines_on_screen_are_drawn() {
        let list = PageList::new(&people(), "", false, 1);
        assert_eq!(list.lines_between(0.0, HEAD), 0..1);
        assert_eq!(list.lines_between(HEAD + 1.0, HEAD + CELL[1]), 1..2);
        assert_eq!(list.lines_between(HEAD + CELL[1] - 1.0, HEAD + CELL[1] + 1.0), 1..3);
    }
}
