//! What is counted over all photos, chunk by chunk of rows: a change of one chunk counts that chunk anew.

use super::folder_tree::{FolderCounts, count_folders};
use refocus_engine::{AlbumsState, PhotoRow, SmartAlbum, Today, Written, texts_of};

/// What a chunk of rows adds to the whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) photos: usize,
    pub(super) encoded: usize,
    pub(super) marks: u64,
    pub(super) written: u64,
    pub(super) contents: u64,
    pub(super) formats: Vec<(&'static str, usize)>,
    pub(super) keywords: bool,
    /// Photos in which text was read.
    pub(super) with_text: usize,
    pub(super) rejected: bool,
    pub(super) albums: AlbumCounts,
    /// Photos of each album that a person made, by its place in the list.
    pub(super) in_albums: Vec<usize>,
    /// Photos of each folder.
    pub(super) folders: FolderCounts,
}

/// A number for each of [`SmartAlbum::ALL`].
pub(super) type AlbumCounts = [usize; SmartAlbum::ALL.len()];

impl Sums {
    /// Of the rows of a chunk.
    pub(super) fn of(rows: &[PhotoRow], today: Today, albums: &AlbumsState) -> Self {
        let mut sums = Self {
            in_albums: count_in_albums(rows, albums),
            folders: count_folders(rows.iter().filter(|row| row.is_shown())),
            ..Self::default()
        };
        for row in rows {
            let marks = u64::from(row.marks.favourite) << 3 | u64::from(row.marks.rating);
            sums.marks = mixed(sums.marks, marks << 1 | u64::from(row.is_rejected()));
            for (_, text) in texts_of(row) {
                sums.written = with_text(sums.written, text);
            }
            if row.is_shown() {
                sums.photos += 1;
                sums.contents = mixed(sums.contents, row.id.0 as u64);
                // An order by date, and who passes a filter, change with these.
                sums.contents = mixed(
                    sums.contents,
                    row.taken.cast_unsigned() << 1 | u64::from(row.has_place()),
                );
                for (count, album) in sums.albums.iter_mut().zip(SmartAlbum::ALL) {
                    *count += usize::from(album.holds(row, today));
                }
                let has_text = row.extras.text.is_some();
                sums.with_text += usize::from(has_text);
                sums.keywords |= has_text || row.extras.keywords.is_some();
                sums.keywords |= row.extras.written.as_deref().is_some_and(has_words);
                sums.rejected |= row.is_rejected();
                sums.encoded += usize::from(row.encoded);
                add_format(&mut sums.formats, row.format, 1);
            }
        }
        sums
    }
}

/// How many of the rows each album holds.
pub(super) fn count_in_albums<'a>(rows: impl IntoIterator<Item = &'a PhotoRow>, albums: &AlbumsState) -> Vec<usize> {
    let mut counts = vec![0; albums.albums.len()];
    if counts.is_empty() {
        return counts;
    }
    for row in rows.into_iter().filter(|row| row.is_shown()) {
        for place in albums.holding(&row.hash) {
            if let Some(count) = counts.get_mut(*place as usize) {
                *count += 1;
            }
        }
    }
    counts
}

/// Whether there is text that can be asked for.
fn has_words(written: &Written) -> bool {
    let texts = [&written.title, &written.caption, &written.place];
    texts.into_iter().any(Option::is_some) || !written.people.is_empty()
}

/// FNV-1a, a value a step.
pub(super) fn mixed(sum: u64, value: u64) -> u64 {
    (sum ^ value).wrapping_mul(0x0100_0000_01b3).wrapping_add(1)
}

/// Eight bytes a step: the first look at a library takes all of its texts.
fn with_text(sum: u64, text: &str) -> u64 {
    let eights = text.as_bytes().chunks(8).map(|bytes| {
        let mut eight = [0; 8];
        eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(eight)
    });
    eights.fold(mixed(sum, text.len() as u64), mixed)
}

pub(super) fn add_format(formats: &mut Vec<(&'static str, usize)>, format: &'static str, more: usize) {
    match formats.iter_mut().find(|(known, _)| *known == format) {
        Some((_, count)) => *count += more,
        None => formats.push((format, more)),
    }
}
