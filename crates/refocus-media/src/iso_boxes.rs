//! The boxes of HEIC, AVIF and JPEG XL; files with bytes behind their end, or with a last box that claims more than there is.
//!
//! Source: ISO/IEC 14496-12, section 4.2 (boxes). Telephones and programs append what belongs to no box; readers that walk through
//! the boxes take it for a damaged one. Whether all data of the picture are there is seen when they are read: places of data are
//! counted from the beginning of the file.

use std::borrow::Cow;

/// The file up to the end of its last box; a last box of data that is cut short reaches to the end of the file.
pub(super) fn well_formed(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut at = 0;
    let mut described = false;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // A second file behind the first (a video) begins as the first does.
        let Some((kind, len)) = box_head(rest).filter(|(kind, _)| !(described && kind == b"ftyp")) else {
            return Cow::Borrowed(bytes.get(..at).unwrap_or(bytes));
        };
        described |= &kind == b"meta";
        match len {
            // To the end of the file.
            None => return Cow::Borrowed(bytes),
            Some(len) if len <= rest.len() => at += len,
            Some(_) if &kind == b"mdat" => return Cow::Owned(reaching_to_the_end(bytes, at)),
            Some(_) if described => return Cow::Borrowed(bytes.get(..at).unwrap_or(bytes)),
            Some(_) => return Cow::Borrowed(bytes),
        }
    }
    Cow::Borrowed(bytes)
}

/// Kind and body of each box, up to the first that is none. The last may be cut short.
pub(super) fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (kind, len) = box_head(rest)?;
        let head = if rest.starts_with(&[0, 0, 0, 1]) { 16 } else { 8 };
        let len = len.unwrap_or(rest.len()).min(rest.len());
        let (whole, after) = rest.split_at_checked(len)?;
        rest = after;
        Some((kind, whole.get(head..)?))
    })
}

/// Kind and length of the box at the beginning of `bytes`; no length where it reaches to the end of the file. `None` where no box
/// begins: its kind is four letters.
fn box_head(bytes: &[u8]) -> Option<([u8; 4], Option<usize>)> {
    let (short, after) = bytes.split_first_chunk::<4>()?;
    let (kind, after) = after.split_first_chunk::<4>()?;
    if !kind.iter().all(|letter| (0x20..0x7F).contains(letter)) {
        return None;
    }
    let len = match u32::from_be_bytes(*short) {
        0 => return Some((*kind, None)),
        1 => usize::try_from(u64::from_be_bytes(*after.first_chunk()?)).unwrap_or(usize::MAX),
        short => short as usize,
    };
    let least = if u32::from_be_bytes(*short) == 1 { 16 } else { 8 };
    (len >= least).then_some((*kind, Some(len)))
}

/// The length 0 stands for the rest of the file; a long length keeps its place as data that nobody points to.
fn reaching_to_the_end(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut file = bytes.to_vec();
    if let Some(length) = file.get_mut(at..at + 4) {
        length.fill(0);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
    }

    fn file() -> Vec<u8> {
        [
            boxed(b"ftyp", b"heic\0\0\0\0"),
            boxed(b"meta", b"....."),
            boxed(b"mdat", b"picture"),
        ]
        .concat()
    }

    #[test]
    fn what_stands_behind_the_last_box_is_left_away() {
        let whole = file();
        assert!(matches!(well_formed(&whole), Cow::Borrowed(same) if same == whole));
        let video = [boxed(b"ftyp", b"mp42"), boxed(b"moov", b"")].concat();
        for trailer in [
            b"\0".as_slice(),
            b"\0\0\0\0\0\0\0\0",
            b"SEFT and more of it",
            &[0xFF; 40],
            b"\0\0\0\x09",
            &video,
        ] {
            let longer = [&whole, trailer].concat();
            assert_eq!(well_formed(&longer), whole.as_slice(), "{trailer:?}");
        }
        // A box that the file names is no trailer.
        let more = [whole, boxed(b"free", b"abc")].concat();
        assert_eq!(well_formed(&more), more.as_slice());
    }

    #[test]
    fn data_that_are_cut_short_reach_to_the_end() {
        let whole = file();
        let cut = &whole[..whole.len() - 2];
        let mended = well_formed(cut);
        let at = whole.len() - 15;
        assert_eq!(mended.len(), cut.len());
        assert_eq!(
            (&mended[..at], &mended[at..at + 8]),
            (&whole[..at], b"\0\0\0\0mdat".as_slice())
        );
        for len in 0..whole.len() {
            well_formed(&whole[..len]);
        }
    }
}
