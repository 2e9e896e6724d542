//! Image resources, in which Photoshop and many others keep an IPTC block and its digest.
//!
//! Source: Adobe Photoshop File Formats Specification, "Image Resource Blocks": a signature, a number, a name padded to an even
//! length, a length, data padded to an even length.

use memchr::memmem;

/// Resources that are looked at.
const MOST_RESOURCES: usize = 1024;

/// Number of the IPTC block.
pub(super) const IPTC: u16 = 0x0404;
/// Numbers of an EXIF block and of an XMP packet.
pub(super) const EXIF: u16 = 0x0422;
pub(super) const XMP: u16 = 0x0424;
/// Number of the digest that the IPTC block had when the XMP packet was written.
pub(super) const IPTC_DIGEST: u16 = 0x0425;

/// Signatures of resources; programs beside Photoshop have their own.
const SIGNATURES: [&[u8]; 5] = [b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa"];

/// Number and data of each resource. The last may be cut short; what is no resource is passed over.
pub(super) fn resources(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    let next = move || {
        if !SIGNATURES.iter().any(|signature| rest.starts_with(signature)) {
            rest = rest.get(memmem::find(rest, b"8BIM")?..)?;
        }
        let (number, after) = rest.get(4..)?.split_first_chunk::<2>()?;
        let name = usize::from(*after.first()?) + 1;
        let (len, after) = after.get(name + name % 2..)?.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let data = after.get(..len).unwrap_or(after);
        let behind = after.get(len..).unwrap_or_default();
        // Some leave the padding away.
        let padded = len % 2 == 1 && !SIGNATURES.iter().any(|signature| behind.starts_with(signature));
        rest = behind.get(usize::from(padded)..).unwrap_or_default();
        Some((u16::from_be_bytes(*number), data))
    };
    std::iter::from_fn(next).take(MOST_RESOURCES)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Resources as bytes.
    pub(crate) fn written(resources: &[(u16, &[u8])]) -> Vec<u8> {
        let each = resources.iter().flat_map(|(number, data)| {
            let mut resource = b"8BIM".to_vec();
            resource.extend(number.to_be_bytes());
            resource.extend([0, 0]);
            resource.extend((data.len() as u32).to_be_bytes());
            resource.extend(*data);
            resource.extend(vec![0; data.len() % 2]);
            resource
        });
        each.collect()
    }

    #[test]
    fn resources_are_found_with_names_junk_and_missing_padding() {
        let mut bytes = b"8BIM\x03\xed\x03abc\0\0\0\x01x\0".to_vec();
        bytes.extend(b"junk");
        bytes.extend(b"8BIM\x04\x05\0\0\0\0\0\x018BIM\x04\x05\0\0\0\0\0\x01y");
        bytes.extend(written(&[(IPTC, b"abc"), (IPTC_DIGEST, b"0123456789abcdef")]));
        let all: Vec<_> = resources(&bytes).collect();
        assert_eq!(all.first(), Some(&(0x03ED, b"x".as_slice())));
        assert!(all.contains(&(IPTC, b"abc")) && all.contains(&(IPTC_DIGEST, b"0123456789abcdef")));
    }

    #[test]
    fn damaged_resources_never_panic_and_end_soon() {
        let whole = written(&[(IPTC, b"abc"), (IPTC_DIGEST, b"0123456789abcdef")]);
        for cut in 0..whole.len() {
            resources(&whole[..cut]).count();
            let mut flipped = whole.clone();
            flipped[cut] ^= 0xFF;
            resources(&flipped).count();
        }
        assert!(resources(&b"8BIM".repeat(1 << 20)).count() <= MOST_RESOURCES);
    }
}
