//! The XMP packet of a GIF.
//!
//! Source: XMP specification, part 3, section 1.1.2: an application extension "XMP DataXMP" in which the packet stands as it is, and
//! behind it 258 bytes that bring every reader of sub-blocks to the end, wherever it reads them as lengths.

use std::borrow::Cow;

use super::Blocks;

/// Extensions and pictures that are walked over; long animations have thousands.
const MOST_BLOCKS: usize = 1 << 20;

pub(super) fn find<'a>(bytes: &'a [u8], found: &mut Blocks<'a>) {
    let mut walk = || {
        let mut at = 13 + table(*bytes.get(10)?);
        for _ in 0..MOST_BLOCKS {
            match *bytes.get(at)? {
                0x21 => {
                    let application = *bytes.get(at + 1)? == 0xFF;
                    let body = at + 2;
                    let end = behind_sub_blocks(bytes, body)?;
                    let name = bytes.get(body + 1..body + 12);
                    if application && name == Some(b"XMP DataXMP".as_slice()) {
                        found.add_xmp(packet(bytes.get(body + 12..end)?));
                    }
                    at = end;
                }
                // Place and size, flags, a table of colours, the width of codes.
                0x2C => at = behind_sub_blocks(bytes, at + 11 + table(*bytes.get(at + 9)?))?,
                _ => return Some(()),
            }
        }
        None
    };
    if walk().is_none() {
        tracing::debug!("a GIF ends before its last block");
    }
}

fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn behind_sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let len = usize::from(*bytes.get(at)?);
        at += 1 + len;
        if len == 0 {
            return Some(at);
        }
    }
}

/// The packet as it stands, up to its last bracket; or put together from sub-blocks, as some write it.
fn packet(body: &[u8]) -> Cow<'_, [u8]> {
    // Read as a length, the packet's first character would be followed by the packet's first character.
    if body.first() == Some(&b'<') && body.get(1) != Some(&b'<') || body.starts_with(b"\xEF\xBB\xBF") {
        let end = body
            .iter()
            .rposition(|byte| *byte == b'>')
            .map_or(body.len(), |at| at + 1);
        return Cow::Borrowed(body.get(..end).unwrap_or(body));
    }
    let mut rest = body;
    let mut joined = Vec::new();
    while let Some((len, after)) = rest.split_first() {
        let Some((data, after)) = after.split_at_checked(usize::from(*len)) else {
            break;
        };
        joined.extend(data);
        rest = after;
    }
    Cow::Owned(joined)
}
