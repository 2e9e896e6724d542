//! Faces that have a name.
//!
//! Sources: the Metadata Working Group's "Guidelines for Handling Image Metadata" 2.0, section 5.9 (regions: the middle and the sides
//! of an area, as shares of the picture's); Microsoft's "People tagging overview" (rectangles "x, y, width, height" from the upper
//! left corner, as shares); IPTC Photo Metadata Standard (persons shown, without a place).

use super::names::Namespace as N;
use super::tree::{Element, Tree};
use crate::tags::{Face, line};

/// Faces of a picture, at most.
const MOST_FACES: usize = 256;

/// The faces of a packet: those with an area first; a name without one where no area has it. Areas are written in the picture as it is
/// stored (section 5.9.1 of the guidelines; digiKam and Lightroom do so), and are told here in the upright one. `orientation` is that
/// of the file, where the packet has none.
pub(super) fn read(tree: &Tree, orientation: Option<u8>) -> Vec<Face> {
    let own = tree
        .text(N::Tiff, "Orientation")
        .and_then(|text| text.trim().parse().ok());
    let orientation = own.filter(|own| (1..=8).contains(own)).or(orientation).unwrap_or(1);
    let mut faces: Vec<Face> = Vec::new();
    let mut add = |face: Option<Face>, again: bool| {
        if let Some(face) = face.filter(|_| faces.len() < MOST_FACES)
            && (again || !faces.iter().any(|known| known.name == face.name))
        {
            faces.push(face);
        }
    };
    let mut of_group = false;
    for regions in tree.all(N::Regions, "Regions") {
        let lists = regions.children().filter(|child| child.is(N::Regions, "RegionList"));
        let turned = if is_upright(regions, orientation) {
            1
        } else {
            orientation
        };
        for region in lists.flat_map(Element::structures) {
            let face = of_working_group(region).map(|face| upright(face, turned));
            of_group |= face.is_some();
            add(face, true);
        }
    }
    for regions in tree.all(N::MicrosoftPeople, "RegionInfo") {
        let lists = regions
            .children()
            .filter(|child| child.is(N::MicrosoftRegionInfo, "Regions"));
        for region in lists.flat_map(Element::structures) {
            add(of_microsoft(region).map(|face| upright(face, orientation)), !of_group);
        }
    }
    for person in tree.all(N::IptcExtension, "PersonInImage").flat_map(Element::items) {
        let face = line(person.text()).map(|name| Face { name, area: [0.0; 4] });
        add(face, false);
    }
    faces
}

/// Whether areas are in the upright picture already: its sides are given with them, taller than wide, where cameras turn what they
/// store wide. Picasa wrote so.
fn is_upright(regions: Element<'_>, orientation: u8) -> bool {
    let side = |field: &str| {
        let sides = regions.field(N::Regions, "AppliedToDimensions")?;
        sides.field(N::Dimensions, field)?.text().trim().parse::<f32>().ok()
    };
    let (width, height) = (side("w"), side("h"));
    orientation >= 5 && matches!((width, height), (Some(width), Some(height)) if width < height)
}

/// A face in the upright picture, of one in a picture that is stored under this orientation (EXIF, 1–8).
fn upright(face: Face, orientation: u8) -> Face {
    let [x, y, width, height] = face.area;
    if width <= 0.0 || height <= 0.0 {
        return face;
    }
    let (x, y) = match orientation {
        2 => (1.0 - x, y),
        3 => (1.0 - x, 1.0 - y),
        4 => (x, 1.0 - y),
        5 => (y, x),
        6 => (1.0 - y, x),
        7 => (1.0 - y, 1.0 - x),
        8 => (y, 1.0 - x),
        _ => (x, y),
    };
    let (width, height) = if orientation >= 5 {
        (height, width)
    } else {
        (width, height)
    };
    Face {
        area: [x, y, width, height],
        ..face
    }
}

fn of_working_group(region: Element<'_>) -> Option<Face> {
    let kind = region.field(N::Regions, "Type").map_or("Face", Element::text).trim();
    let name = line(region.field(N::Regions, "Name")?.text())?;
    let number = |field: &str| {
        let area = region.field(N::Regions, "Area")?;
        let text = area.field(N::Area, field)?.text();
        text.trim().parse::<f32>().ok()
    };
    let sides = || Some([number("x")?, number("y")?, number("w")?, number("h")?]);
    // Pets have names too; points of focus and codes have none of a person.
    (kind.is_empty() || kind.eq_ignore_ascii_case("Face") || kind.eq_ignore_ascii_case("Pet")).then(|| Face {
        name,
        area: in_the_picture(sides()),
    })
}

fn of_microsoft(region: Element<'_>) -> Option<Face> {
    let name = line(region.field(N::MicrosoftRegion, "PersonDisplayName")?.text())?;
    let numbers: Vec<f32> = region
        .field(N::MicrosoftRegion, "Rectangle")
        .map(|rectangle| {
            rectangle
                .text()
                .split(',')
                .filter_map(|side| side.trim().parse().ok())
                .collect()
        })
        .unwrap_or_default();
    let area = match numbers.as_slice() {
        [x, y, width, height] => Some([x + width / 2.0, y + height / 2.0, *width, *height]),
        _ => None,
    };
    Some(Face {
        name,
        area: in_the_picture(area),
    })
}

/// An area whose numbers are shares; nothing where they are something else.
fn in_the_picture(area: Option<[f32; 4]>) -> [f32; 4] {
    area.filter(|area| area.iter().all(|share| (0.0..=1.0).contains(share)))
        .unwrap_or_default()
}
