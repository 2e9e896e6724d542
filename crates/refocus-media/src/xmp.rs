//! Rating and keywords from an XMP packet (ISO 16684-1: RDF in XML), as it stands in pictures and in sidecar files.
//!
//! A packet may come from anywhere. It is read as a stream that keeps nothing but what is looked for; entities other than
//! XML's own five and character numbers are passed over, so nothing in it can grow; a packet beyond [`MOST_BYTES`] is not
//! read at all.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::tags::{MOST_KEYWORDS, PhotoTags, keyword};

/// Bytes of a packet, at most. Programs that keep their edits in it write some hundred kilobytes.
pub const MOST_BYTES: usize = 8 << 20;

const DUBLIN_CORE: &[u8] = b"http://purl.org/dc/elements/1.1/";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/";

/// Names for a namespace that are looked for in one packet; programs use one.
const MOST_PREFIXES: usize = 8;

/// Characters of a text, at most, before it is tidied.
const LONGEST_TEXT: usize = 1000;

/// Reads a packet, in UTF-8 or UTF-16. What is damaged gives what was read before the damage.
#[must_use]
pub fn read(packet: &[u8]) -> PhotoTags {
    if packet.len() > MOST_BYTES {
        return PhotoTags::default();
    }
    let utf8 = from_utf16(packet);
    let packet = utf8.as_deref().unwrap_or(packet);
    let mut reader = Reader::from_reader(packet);
    reader.config_mut().check_end_names = false;
    let mut state = Packet::default();
    // A stream without an end would be longer than its bytes.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) => state.open(&element, false),
            Event::Empty(element) => state.open(&element, true),
            Event::End(_) => state.close(),
            Event::Text(text) => state.text(&String::from_utf8_lossy(&text)),
            Event::CData(text) => state.text(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(name) => state.text(&character(&name)),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    state.tags
}

/// What an entity stands for: XML's own five and character numbers; all others for nothing.
fn character(name: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    let text = match name.decode().as_deref() {
        Ok("amp") => "&",
        Ok("lt") => "<",
        Ok("gt") => ">",
        Ok("quot") => "\"",
        Ok("apos") => "'",
        _ => "",
    };
    text.to_owned()
}

/// A packet in UTF-16 as UTF-8; `None` where it is none.
fn from_utf16(packet: &[u8]) -> Option<Vec<u8>> {
    let (pairs, _) = packet.get(2..)?.as_chunks::<2>();
    let of = |number: fn([u8; 2]) -> u16| -> Vec<u8> {
        char::decode_utf16(pairs.iter().map(|pair| number(*pair)))
            .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
            .into_bytes()
    };
    match packet {
        [0xFE, 0xFF, ..] => Some(of(u16::from_be_bytes)),
        [0xFF, 0xFE, ..] => Some(of(u16::from_le_bytes)),
        _ => None,
    }
}

/// What is collected at the moment, and since which depth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Rating(usize),
    /// In `dc:subject`; each `rdf:li` in it is a keyword.
    Keywords(usize),
}

#[derive(Default)]
struct Packet {
    tags: PhotoTags,
    dublin_core: Vec<Vec<u8>>,
    xmp: Vec<Vec<u8>>,
    depth: usize,
    inside: Option<Inside>,
    text: String,
}

impl Packet {
    fn open(&mut self, element: &BytesStart<'_>, empty: bool) {
        self.depth += 1;
        self.text.clear();
        // Looking for names that stand twice would take the square of their number.
        let mut attributes = element.attributes();
        attributes.with_checks(false);
        for attribute in attributes.clone().flatten() {
            let prefix = attribute.key.as_ref().strip_prefix(b"xmlns:");
            let known = match attribute.value.as_ref() {
                DUBLIN_CORE => &mut self.dublin_core,
                XMP => &mut self.xmp,
                _ => continue,
            };
            if let Some(prefix) = prefix
                && known.len() < MOST_PREFIXES
            {
                known.push(prefix.to_vec());
            }
        }
        let name = element.name();
        if is(name.as_ref(), &self.xmp, b"Rating") {
            self.inside = Some(Inside::Rating(self.depth));
        } else if is(name.as_ref(), &self.dublin_core, b"subject") {
            self.inside = Some(Inside::Keywords(self.depth));
        }
        for attribute in attributes.flatten() {
            if is(attribute.key.as_ref(), &self.xmp, b"Rating") {
                self.rate(&String::from_utf8_lossy(&attribute.value));
            }
        }
        if empty {
            self.close();
        }
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        match self.inside {
            Some(Inside::Rating(depth)) if depth == self.depth => {
                self.rate(&text);
                self.inside = None;
            }
            Some(Inside::Keywords(depth)) if depth == self.depth => self.inside = None,
            Some(Inside::Keywords(_)) => self.tags.add(keyword(&text)),
            _ => {}
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, more: &str) {
        if self.inside.is_some()
            && self.text.len() < LONGEST_TEXT
            && self.tags.keywords.as_ref().map_or(0, Vec::len) < MOST_KEYWORDS
        {
            self.text.extend(more.chars().take(LONGEST_TEXT));
        }
    }

    fn rate(&mut self, text: &str) {
        if let Ok(stars) = text.trim().parse::<f32>() {
            self.tags.rating = self.tags.rating.or(PhotoTags::rating_of(stars));
        }
    }
}

/// Whether a qualified name is `name` in the namespace of one of these prefixes.
fn is(qualified: &[u8], prefixes: &[Vec<u8>], name: &[u8]) -> bool {
    qualified
        .strip_suffix(name)
        .and_then(|rest| rest.strip_suffix(b":"))
        .is_some_and(|prefix| prefixes.iter().any(|known| known == prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
        <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#;
    const TAIL: &str = r#"</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

    fn of(body: &str) -> PhotoTags {
        read(format!("{HEAD}{body}{TAIL}").as_bytes())
    }

    fn words(tags: &PhotoTags) -> Vec<&str> {
        tags.keywords.iter().flatten().map(String::as_str).collect()
    }

    #[test]
    fn rating_and_keywords_are_read_in_both_ways_of_writing() {
        let attribute = of(r#"<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
            xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>Berlin</rdf:li>
            <rdf:li>R&amp;B &#x41;</rdf:li><rdf:li> </rdf:li><rdf:li>Berlin</rdf:li></rdf:Bag></dc:subject>
            <dc:title><rdf:Alt><rdf:li xml:lang="x-default">no keyword</rdf:li></rdf:Alt></dc:title></rdf:Description>"#);
        assert_eq!(attribute.rating, Some(4));
        assert_eq!(words(&attribute), ["Berlin", "R&B A"]);
        let element =
            of(r#"<rdf:Description xmlns:a="http://ns.adobe.com/xap/1.0/"><a:Rating>3</a:Rating></rdf:Description>"#);
        assert_eq!((element.rating, element.keywords), (Some(3), None));
    }

    #[test]
    fn ratings_outside_the_stars_are_none_or_the_nearest() {
        let rated = |text: &str| {
            of(&format!(
                r#"<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{text}"/>"#
            ))
            .rating
        };
        assert_eq!(["", "x", "NaN"].map(rated), [None; 3]);
        assert_eq!(["-1", "0"].map(rated), [Some(-1), Some(0)]);
        assert_eq!(["9", "2.6"].map(rated), [Some(5), Some(3)]);
    }

    #[test]
    fn a_name_from_another_namespace_is_something_else() {
        let other = of(r#"<rdf:Description xmlns:xmp="http://example.org/" xmp:Rating="4"/>"#);
        assert_eq!(other, PhotoTags::default());
    }

    #[test]
    fn utf_16_is_read_too() {
        let text = format!(r#"{HEAD}<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"/>{TAIL}"#);
        let mut packet = vec![0xFE, 0xFF];
        packet.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        assert_eq!(read(&packet).rating, Some(2));
    }

    #[test]
    fn entities_do_not_grow_and_hostile_packets_end_soon() {
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
            <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>x&b;y</rdf:li></rdf:Bag>
            </dc:subject></rdf:Description>"#;
        assert_eq!(words(&read(bomb.as_bytes())), ["xy"]);
        let start = std::time::Instant::now();
        let attributes: String = (0..200_000).map(|n| format!(" xmlns:a{n}=\"{n}\"")).collect();
        of(&format!("<rdf:Description{attributes}/>"));
        assert_eq!(read("<a>".repeat(1 << 20).as_bytes()), PhotoTags::default());
        let many = "<rdf:li>k</rdf:li>".repeat(100_000);
        of(&format!(
            r#"<dc:subject xmlns:dc="http://purl.org/dc/elements/1.1/">{many}</dc:subject>"#
        ));
        // A square of the lengths would take hours.
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
        assert_eq!(read(&vec![b'<'; MOST_BYTES + 1]), PhotoTags::default());
    }
}
