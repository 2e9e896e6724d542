//! Names of faces that other programs wrote into photos, or into sidecars beside them.

use std::collections::HashMap;

use refocus_media::Face;
use refocus_store::people::{FaceBounds, NamedRegion};

use crate::rows::{PhotoRow, Rows};

/// The named regions of photos, by content. Names without a place say nothing about a face.
pub(super) fn regions_of(rows: &Rows) -> HashMap<[u8; 32], Vec<NamedRegion>> {
    let mut all: HashMap<[u8; 32], Vec<NamedRegion>> = HashMap::new();
    for row in rows.iter().filter(|row| !row.gone) {
        let named = named_regions(row);
        if !named.is_empty() {
            // Of the same photo at several places one statement is as good as another: the first one stays.
            all.entry(row.hash).or_insert(named);
        }
    }
    all
}

fn named_regions(row: &PhotoRow) -> Vec<NamedRegion> {
    let written = row.extras.written.as_deref();
    let faces = written.into_iter().flat_map(|written| written.people.iter());
    faces.filter_map(region).collect()
}

fn region(face: &Face) -> Option<NamedRegion> {
    let [x, y, width, height] = face.area;
    (width > 0.0 && height > 0.0).then(|| NamedRegion {
        bounds: FaceBounds::of_fractions([x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]),
        name: face.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_around_its_middle_becomes_bounds_and_a_name_without_one_nothing() {
        let face = |area| Face {
            name: "Anna".to_owned(),
            area,
        };
        let found = region(&face([0.5, 0.25, 0.2, 0.1])).unwrap();
        assert_eq!(found.bounds, FaceBounds::of_fractions([0.4, 0.2, 0.6, 0.3]));
        assert_eq!(region(&face([0.0; 4])), None);
    }
}
