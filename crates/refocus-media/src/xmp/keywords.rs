//! Keywords of a packet, the flat ones first as they are written, then the hierarchical ones as paths.
//!
//! Sources: exiftool's tables of XMP properties (`lr`, `digiKam`, `MicrosoftPhoto`, `mediapro`, `acdsee`); the Metadata Working
//! Group's "Guidelines for Handling Image Metadata" 2.0, section 5.5 (keyword hierarchies).

use quick_xml::Reader;
use quick_xml::events::Event;

use super::names::Namespace as N;
use super::tree::{Element, Tree};
use crate::tags::{Keywords, LEVEL};

/// How deep hierarchies are followed.
const DEEPEST: usize = 16;

/// Lists of keywords, and what separates levels in them. The first is the flat one.
const LISTS: [(N, &str, &[char]); 7] = [
    (N::DublinCore, "subject", &[LEVEL]),
    (N::Acdsee, "keywords", &[LEVEL]),
    (N::Lightroom, "hierarchicalSubject", &[LEVEL]),
    (N::DigiKam, "TagsList", &['/']),
    (N::MicrosoftPhoto, "LastKeywordXMP", &['/']),
    (N::MediaPro, "CatalogSets", &[LEVEL]),
    (N::Expression, "CatalogSets", &[LEVEL]),
];

/// The keywords of all lists; empty where lists are there and empty, `None` where there is no list. Windows' own list is what it
/// saw last: where the flat one was emptied since, it says nothing.
pub(super) fn read(tree: &Tree) -> Option<Vec<String>> {
    let mut flat = tree.all(N::DublinCore, "subject").flat_map(Element::items);
    let emptied = tree.all(N::DublinCore, "subject").next().is_some() && flat.all(|item| item.text().trim().is_empty());
    let mut found = None;
    for (namespace, name, separators) in LISTS {
        if emptied && namespace == N::MicrosoftPhoto {
            continue;
        }
        for list in tree.all(namespace, name) {
            let keywords = found.get_or_insert_with(Keywords::default);
            for item in list.items() {
                keywords.add_path(item.text().split(separators));
            }
        }
    }
    for categories in tree.all(N::Acdsee, "categories") {
        add_categories(found.get_or_insert_with(Keywords::default), categories.text());
    }
    for hierarchies in tree.all(N::Keywords, "Keywords") {
        let keywords = found.get_or_insert_with(Keywords::default);
        if let Some(hierarchy) = hierarchies.field(N::Keywords, "Hierarchy") {
            add_hierarchy(keywords, hierarchy);
        }
    }
    found.map(Keywords::into_list)
}

/// ACDSee's categories are XML in a text: elements in one another, those that hold marked with `Assigned`.
fn add_categories(keywords: &mut Keywords, text: &str) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut levels: Vec<(String, bool)> = Vec::new();
    // A category's name stands before the categories in it.
    let mut named = true;
    let mut add = |levels: &[(String, bool)]| {
        if levels.last().is_some_and(|(_, assigned)| *assigned) {
            keywords.add_path(levels.iter().take(DEEPEST).map(|(name, _)| name.as_str()));
        }
    };
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) if element.name().as_ref() == b"Category" => {
                if !std::mem::replace(&mut named, true) {
                    add(&levels);
                }
                let mut attributes = element.attributes();
                let assigned = attributes
                    .with_checks(false)
                    .flatten()
                    .any(|attribute| attribute.key.as_ref() == b"Assigned" && attribute.value.as_ref() == b"1");
                if levels.len() >= DEEPEST {
                    return;
                }
                levels.push((String::new(), assigned));
                named = false;
            }
            Event::Text(text) => {
                if let Some((name, _)) = levels.last_mut().filter(|_| !named) {
                    name.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Event::End(element) if element.name().as_ref() == b"Category" => {
                if !std::mem::replace(&mut named, true) {
                    add(&levels);
                }
                levels.pop();
            }
            Event::Eof => return,
            _ => {}
        }
    }
}

/// The Metadata Working Group's hierarchy: a keyword, whether it was applied, and its children. Where no word says so, the ends of
/// the branches were.
fn add_hierarchy(keywords: &mut Keywords, hierarchy: Element<'_>) {
    let mut waiting: Vec<(Vec<&str>, Element<'_>)> = hierarchy.structures().map(|item| (Vec::new(), item)).collect();
    waiting.reverse();
    while let Some((mut levels, item)) = waiting.pop() {
        let Some(word) = item.field(N::Keywords, "Keyword").filter(|_| levels.len() < DEEPEST) else {
            continue;
        };
        levels.push(word.text());
        let children: Vec<Element<'_>> = item
            .field(N::Keywords, "Children")
            .map(|children| children.structures().collect())
            .unwrap_or_default();
        let applied = item.field(N::Keywords, "Applied").map(|said| said.text().trim());
        if applied.map_or(children.is_empty(), |applied| applied.eq_ignore_ascii_case("true")) {
            keywords.add_path(levels.iter().copied());
        }
        waiting.extend(children.into_iter().rev().map(|child| (levels.clone(), child)));
    }
}
