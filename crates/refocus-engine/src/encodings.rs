//! The encodings of the library in chunks that snapshots share.

use std::sync::Arc;

use refocus_search::{EncodingRows, FocusError, Gallery, PHOTOS_A_CHUNK};

/// The encodings of all rows. A clone shares all chunks; a change copies the one chunk that it touches, where a clone still
/// holds it, and no other. A chunk of which no row is encoded takes no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Encodings {
    /// Each `[PHOTOS_A_CHUNK, bytes_per_photo]`, or empty.
    chunks: Vec<Arc<Vec<u8>>>,
    /// How many rows of each chunk are encoded.
    used: Vec<u32>,
    bytes_per_photo: usize,
}

impl Encodings {
    /// Without any encoding yet.
    pub(super) fn new(bytes_per_photo: usize) -> Self {
        Self {
            bytes_per_photo,
            ..Self::default()
        }
    }

    /// Writes the encoding of a row. `is_new`: the row had none. Returns whether it was taken: one of another length is not.
    pub(super) fn set(&mut self, row: u32, encoding: &[u8], is_new: bool) -> bool {
        let bytes = self.bytes_per_photo;
        if bytes == 0 || encoding.len() != bytes {
            return false;
        }
        // The same again, as where a file was touched, copies nothing.
        if !is_new && self.get(row) == Some(encoding) {
            return true;
        }
        let (number, start) = place(row);
        if self.chunks.len() <= number {
            self.chunks.resize_with(number + 1, Arc::default);
            self.used.resize(number + 1, 0);
        }
        let (Some(chunk), Some(used)) = (self.chunks.get_mut(number), self.used.get_mut(number)) else {
            return false;
        };
        if chunk.is_empty() {
            // Fresh memory is zero without being written.
            *chunk = Arc::new(vec![0; PHOTOS_A_CHUNK * bytes]);
        }
        let Some(place) = Arc::make_mut(chunk).get_mut(start * bytes..(start + 1) * bytes) else {
            return false;
        };
        place.copy_from_slice(encoding);
        *used += u32::from(is_new);
        true
    }

    /// A row that was encoded is so no more. The last one of a chunk gives the chunk's memory back.
    pub(super) fn release(&mut self, row: u32) {
        let (number, _) = place(row);
        if let (Some(chunk), Some(used)) = (self.chunks.get_mut(number), self.used.get_mut(number)) {
            *used = used.saturating_sub(1);
            if *used == 0 {
                *chunk = Arc::default();
            }
        }
    }

    /// What is kept at the place of a row; of no meaning where the row is not encoded.
    pub(super) fn get(&self, row: u32) -> Option<&[u8]> {
        let (number, start) = place(row);
        let bytes = self.bytes_per_photo;
        self.chunks.get(number)?.get(start * bytes..(start + 1) * bytes)
    }

    /// As searches read them. `encoded`: which rows have an encoding.
    pub(super) fn gallery<'a>(
        &'a self,
        model: &'a dyn EncodingRows,
        encoded: &'a [bool],
    ) -> Result<Gallery<'a>, FocusError> {
        Gallery::in_chunks(model, &self.chunks, encoded)
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Chunks that are not shared with another clone.
    #[cfg(test)]
    pub(super) fn chunks_apart_from(&self, other: &Self) -> usize {
        let shared = |(number, chunk): &(usize, &Arc<Vec<u8>>)| {
            let other = other.chunks.get(*number);
            other.is_some_and(|other| Arc::ptr_eq(other, chunk))
        };
        self.chunks.iter().enumerate().filter(|chunk| !shared(chunk)).count()
    }
}

/// The chunk of a row and its place in there.
fn place(row: u32) -> (usize, usize) {
    (row as usize / PHOTOS_A_CHUNK, row as usize % PHOTOS_A_CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: u32 = 3 * PHOTOS_A_CHUNK as u32;

    fn full() -> Encodings {
        let mut encodings = Encodings::new(2);
        for row in 0..ROWS {
            assert!(encodings.set(row, &row.to_le_bytes()[..2], true));
        }
        encodings
    }

    #[test]
    fn a_change_copies_one_chunk_and_the_same_again_none() {
        let mut encodings = full();
        let before = encodings.clone();
        assert!(encodings.set(5, &5u16.to_le_bytes(), false));
        assert_eq!(encodings.chunks_apart_from(&before), 0);
        assert!(encodings.set(5, &[9, 9], false));
        assert_eq!(encodings.chunks_apart_from(&before), 1);
        assert_eq!(
            (before.get(5), encodings.get(5)),
            (Some(&[5, 0][..]), Some(&[9, 9][..]))
        );
        let before = encodings.clone();
        assert!(encodings.set(ROWS, &[1, 2], true));
        assert_eq!(encodings.chunks_apart_from(&before), 1);
        assert!(!encodings.set(0, &[1], false), "an encoding of another length is none");
    }

    #[test]
    fn a_chunk_whose_rows_have_all_gone_gives_its_memory_back() {
        let mut encodings = full();
        let (all, chunk) = (encodings.bytes(), PHOTOS_A_CHUNK as u32);
        for row in chunk..2 * chunk {
            encodings.release(row);
        }
        assert_eq!(encodings.bytes(), all / 3 * 2);
        assert!(encodings.set(chunk + 3, &[7, 7], true));
        assert_eq!(encodings.get(chunk + 3), Some(&[7, 7][..]));
    }
}
