//! The orientation inside an XMP packet, read and changed where it stands: every other byte is kept, whoever wrote it.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::orientation::Orientation;

const RDF: &[u8] = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const TIFF: &[u8] = b"http://ns.adobe.com/tiff/1.0/";
/// Refocus's own: which file the orientation is meant for, by the ending of its name.
const REFOCUS: &[u8] = b"urn:refocus:xmp:1.0:";

/// A value, and all that goes when it goes.
#[derive(Clone)]
struct Place {
    value: Range<usize>,
    whole: Range<usize>,
}

/// The places in a packet. All are places in its bytes.
#[derive(Default)]
pub(super) struct Packet {
    orientation: Option<Place>,
    meant_for: Option<Place>,
    /// Behind the name of the first element that holds properties, and the prefixes that are known there.
    description: Option<(usize, Vec<Binding>)>,
}

/// A prefix, its namespace, and how deep it was declared.
#[derive(Clone)]
struct Binding {
    prefix: Vec<u8>,
    address: Vec<u8>,
    depth: usize,
}

/// An attribute: its name; its value; both with the blanks before.
struct Attribute<'a> {
    name: &'a [u8],
    value: Range<usize>,
    whole: Range<usize>,
}

fn address_of<'b>(bindings: &'b [Binding], name: &[u8]) -> Option<(&'b [u8], usize)> {
    let colon = name.iter().position(|byte| *byte == b':');
    let prefix = colon.and_then(|at| name.get(..at)).unwrap_or_default();
    let bound = bindings.iter().rev().find(|binding| binding.prefix == prefix)?;
    Some((&bound.address, colon.map_or(0, |at| at + 1)))
}

fn is(bindings: &[Binding], name: &[u8], address: &[u8], local: &[u8]) -> bool {
    address_of(bindings, name).is_some_and(|(known, from)| known == address && name.get(from..) == Some(local))
}

impl Packet {
    /// The places in a packet of UTF-8 that is well-formed; `None` for others.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?;
        let mut reader = Reader::from_reader(bytes);
        let mut packet = Self::default();
        let mut bindings: Vec<Binding> = Vec::new();
        let (mut depth, mut around) = (0_usize, None);
        // Of a property that is an element: which, and where it begins and where its text does.
        let mut open: Option<(bool, usize, usize, usize)> = None;
        loop {
            let begins = usize::try_from(reader.buffer_position()).ok()?;
            let event = reader.read_event().ok()?;
            let ends = usize::try_from(reader.buffer_position()).ok()?;
            let is_empty = matches!(event, Event::Empty(_));
            match event {
                Event::Start(element) | Event::Empty(element) => {
                    depth += 1;
                    let attributes = attributes(bytes, begins, element.name().as_ref().len())?;
                    for attribute in &attributes {
                        let own = (attribute.name == b"xmlns").then_some(&[][..]);
                        if let Some(prefix) = own.or_else(|| attribute.name.strip_prefix(b"xmlns:")) {
                            bindings.push(Binding {
                                prefix: prefix.to_vec(),
                                address: bytes.get(attribute.value.clone())?.to_vec(),
                                depth,
                            });
                        }
                    }
                    let name = element.name();
                    if around.is_none() && is(&bindings, name.as_ref(), RDF, b"Description") {
                        if packet.description.is_none() {
                            packet.description = Some((begins + 1 + name.as_ref().len(), bindings.clone()));
                        }
                        around = (!is_empty).then_some(depth);
                        for attribute in attributes {
                            let place = Place {
                                value: attribute.value,
                                whole: attribute.whole,
                            };
                            packet.note(&bindings, attribute.name, place);
                        }
                    } else if around.is_some_and(|around| around + 1 == depth) && !is_empty {
                        let name = name.as_ref();
                        let orientation = is(&bindings, name, TIFF, b"Orientation");
                        if orientation || is(&bindings, name, REFOCUS, b"Turned") {
                            open = Some((orientation, depth, begins, ends));
                        }
                    }
                    if is_empty {
                        bindings.retain(|binding| binding.depth < depth);
                        depth -= 1;
                    }
                }
                Event::End(_) => {
                    if let Some((orientation, at, from, text)) = open
                        && at == depth
                    {
                        let place = Place {
                            value: text..begins,
                            whole: from..ends,
                        };
                        let kept = if orientation {
                            &mut packet.orientation
                        } else {
                            &mut packet.meant_for
                        };
                        kept.get_or_insert(place);
                        open = None;
                    }
                    if around == Some(depth) {
                        around = None;
                    }
                    bindings.retain(|binding| binding.depth < depth);
                    depth = depth.checked_sub(1)?;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        (depth == 0).then_some(packet)
    }

    fn note(&mut self, bindings: &[Binding], name: &[u8], place: Place) {
        if is(bindings, name, TIFF, b"Orientation") {
            self.orientation.get_or_insert(place);
        } else if is(bindings, name, REFOCUS, b"Turned") {
            self.meant_for.get_or_insert(place);
        }
    }

    fn text(bytes: &[u8], place: Option<&Place>) -> Option<String> {
        let text = bytes.get(place?.value.clone())?;
        Some(std::str::from_utf8(text).ok()?.trim().to_owned())
    }

    /// The orientation that the packet says.
    pub(super) fn orientation(&self, bytes: &[u8]) -> Option<Orientation> {
        let number: u32 = Self::text(bytes, self.orientation.as_ref())?.parse().ok()?;
        (1..=8).contains(&number).then(|| Orientation::from_tag(number))
    }

    /// The ending of the file that it is meant for, where Refocus wrote it.
    pub(super) fn meant_for(&self, bytes: &[u8]) -> Option<String> {
        Self::text(bytes, self.meant_for.as_ref())
    }
}

/// The attributes of the start tag at `begins`, whose name has so many bytes.
fn attributes(bytes: &[u8], begins: usize, name: usize) -> Option<Vec<Attribute<'_>>> {
    let mut found = Vec::new();
    let mut at = begins + 1 + name;
    loop {
        let from = at;
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        if matches!(bytes.get(at)?, b'/' | b'>' | b'?') {
            return Some(found);
        }
        let name_at = at;
        while !matches!(bytes.get(at)?, b'=' | b' ' | b'\t' | b'\r' | b'\n' | b'>') {
            at += 1;
        }
        let name = bytes.get(name_at..at)?;
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        if *bytes.get(at)? != b'=' {
            return None;
        }
        at += 1;
        while bytes.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let quote = *bytes.get(at)?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        at += 1;
        let value_at = at;
        while *bytes.get(at)? != quote {
            at += 1;
        }
        let value = value_at..at;
        at += 1;
        found.push(Attribute {
            name,
            value,
            whole: from..at,
        });
    }
}

/// The packet with another orientation, meant for files with this ending; `None`: it says no more than the file itself does.
/// Nothing where the packet is no XMP, or not one that can be changed by a word.
pub(super) fn with_orientation(bytes: &[u8], to: Orientation, meant_for: Option<&str>) -> Option<Vec<u8>> {
    let packet = Packet::read(bytes)?;
    let (behind_name, bindings) = packet.description.as_ref()?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut added = String::new();
    match &packet.orientation {
        Some(place) => edits.push((place.value.clone(), to.tag().to_string())),
        None => added.push_str(&property(bindings, TIFF, "tiff", "Orientation", &to.tag().to_string())?),
    }
    match (&packet.meant_for, meant_for) {
        (Some(place), Some(ending)) => edits.push((place.value.clone(), ending.to_owned())),
        (Some(place), None) => edits.push((place.whole.clone(), String::new())),
        (None, Some(ending)) => added.push_str(&property(bindings, REFOCUS, "refocus", "Turned", ending)?),
        (None, None) => {}
    }
    edits.push((*behind_name..*behind_name, added));
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut changed = bytes.to_vec();
    for (place, text) in edits {
        changed.splice(place, text.into_bytes());
    }
    Some(changed)
}

/// An attribute for a property, with its namespace where that has no prefix yet. Nothing where the prefix means something else.
fn property(bindings: &[Binding], address: &[u8], prefix: &str, name: &str, value: &str) -> Option<String> {
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let known = |binding: &&Binding| binding.address == address && !binding.prefix.is_empty();
    // The last that was declared under a prefix is what it means.
    let means = |binding: &&Binding| {
        address_of(bindings, &[&binding.prefix, &b":"[..]].concat()).is_some_and(|(now, _)| now == address)
    };
    if let Some(binding) = bindings.iter().rev().filter(known).find(means) {
        let prefix = std::str::from_utf8(&binding.prefix).ok()?;
        return Some(format!(" {prefix}:{name}=\"{value}\""));
    }
    if bindings.iter().any(|binding| binding.prefix == prefix.as_bytes()) {
        return None;
    }
    let address = std::str::from_utf8(address).ok()?;
    Some(format!(" xmlns:{prefix}=\"{address}\" {prefix}:{name}=\"{value}\""))
}
