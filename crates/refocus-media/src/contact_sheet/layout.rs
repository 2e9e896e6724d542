//! Where everything stands on a page, in points from its left upper corner.

/// Columns that a sheet can have.
pub const COLUMNS: std::ops::RangeInclusive<u8> = 1..=10;

/// Free paper around everything.
const MARGIN: f32 = 34.0;
/// Between columns.
const GAP: f32 = 10.0;
/// Size of captions and page numbers.
pub(super) const CAPTION: f32 = 7.5;
/// Of the title.
pub(super) const TITLE: f32 = 15.0;
/// Room of a caption below its photo.
const CAPTION_ROOM: f32 = 13.0;
const TITLE_ROOM: f32 = 26.0;
const FOOTER_ROOM: f32 = 14.0;
/// Height of a photo's place over its width: upright and lying photos have about the same room.
const SHAPE: f32 = 0.8;

/// A size of paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

impl Paper {
    /// Width and height, upright.
    fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.276, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// How a sheet looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetForm {
    /// The paper.
    pub paper: Paper,
    /// Whether it lies.
    pub landscape: bool,
    /// Photos in a row, within [`COLUMNS`].
    pub columns: u8,
    /// What stands above the first row; empty: nothing.
    pub title: String,
}

impl Default for SheetForm {
    fn default() -> Self {
        Self {
            paper: Paper::default(),
            landscape: false,
            columns: 4,
            title: String::new(),
        }
    }
}

/// Where a line of text stands: its left end, its base, its most width, and whether it stands in the middle of that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) left: f32,
    pub(super) base: f32,
    pub(super) width: f32,
    pub(super) centred: bool,
}

/// Where a photo stands, and the line below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) caption: Line,
}

/// The pages of a sheet.
#[derive(Debug)]
pub(super) struct Layout {
    /// Width and height of the paper.
    pub(super) paper: (f32, f32),
    pub(super) title: Line,
    pub(super) footer: Line,
    has_title: bool,
    columns: usize,
    /// Width and height of a photo's place, and the way from one row to the next.
    cell: (f32, f32, f32),
}

impl Layout {
    pub(super) fn new(form: &SheetForm, captions: bool) -> Self {
        let (short, long) = form.paper.points();
        let paper = if form.landscape { (long, short) } else { (short, long) };
        let columns = form.columns.clamp(*COLUMNS.start(), *COLUMNS.end());
        let room = paper.0 - 2.0 * MARGIN;
        let width = (room - GAP * f32::from(columns - 1)) / f32::from(columns);
        let below = if captions { CAPTION_ROOM } else { 0.0 };
        let has_title = !form.title.trim().is_empty();
        // One photo fits on any page.
        let title = if has_title { TITLE_ROOM } else { 0.0 };
        let most_high = paper.1 - 2.0 * MARGIN - title - FOOTER_ROOM - below;
        let height = (width * SHAPE).min(most_high);
        let line = |base: f32, centred: bool| Line {
            left: MARGIN,
            base,
            width: room,
            centred,
        };
        Self {
            paper,
            title: line(MARGIN + TITLE, false),
            footer: line(paper.1 - MARGIN, true),
            has_title,
            columns: usize::from(columns),
            cell: (width, height, height + below + GAP),
        }
    }

    /// Above the first row of a page.
    fn top(&self, page: usize) -> f32 {
        let title = if page == 0 && self.has_title { TITLE_ROOM } else { 0.0 };
        MARGIN + title
    }

    fn rows(&self, page: usize) -> usize {
        let room = self.paper.1 - MARGIN - FOOTER_ROOM - self.top(page);
        let (.., step) = self.cell;
        (((room + GAP) / step).floor() as usize).max(1)
    }

    /// How many pages so many photos take.
    pub(super) fn pages(&self, photos: usize) -> usize {
        let on_first = self.rows(0) * self.columns;
        1 + photos.saturating_sub(on_first).div_ceil(self.rows(1) * self.columns)
    }

    /// The places of a page, row after row.
    pub(super) fn places(&self, page: usize) -> impl Iterator<Item = Place> {
        let (width, height, step) = self.cell;
        let (columns, top) = (self.columns, self.top(page));
        (0..self.rows(page) * columns).map(move |number| {
            let left = MARGIN + (number % columns) as f32 * (width + GAP);
            let top = top + (number / columns) as f32 * step;
            Place {
                left,
                top,
                width,
                height,
                caption: Line {
                    left,
                    base: top + height + CAPTION + 2.0,
                    width,
                    centred: true,
                },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_photo_has_a_place_on_the_paper_in_every_form() {
        for (paper, landscape, captions) in [(Paper::A4, false, true), (Paper::Letter, true, false)] {
            for columns in COLUMNS {
                for title in ["", "Norway"] {
                    let form = SheetForm {
                        paper,
                        landscape,
                        columns,
                        title: title.to_owned(),
                    };
                    let layout = Layout::new(&form, captions);
                    let pages = layout.pages(100);
                    let places: usize = (0..pages).map(|page| layout.places(page).count()).sum();
                    let without_last: usize = (0..pages - 1).map(|page| layout.places(page).count()).sum();
                    assert!(places >= 100 && without_last < 100, "{form:?}");
                    for place in layout.places(0).chain(layout.places(1)) {
                        assert!(place.left >= MARGIN && place.left + place.width <= layout.paper.0 - MARGIN + 0.01);
                        let bottom = if captions {
                            place.caption.base
                        } else {
                            place.top + place.height
                        };
                        assert!(bottom <= layout.paper.1 - MARGIN - CAPTION, "{form:?}: {place:?}");
                    }
                }
            }
        }
    }
}
