//! MD5 (RFC 1321): by it Photoshop's files tell whether an IPTC block was changed since the XMP packet was written. Not for anything
//! that must be secure.

/// Turns to the left, for the steps of each of the four rounds.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest of `bytes`.
pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    let mut state = [0x6745_2301_u32, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().for_each(|block| state = mixed(state, block));
    let mut end = rest.to_vec();
    end.push(0x80);
    let zeros = (120 - end.len() % 64) % 64;
    end.resize(end.len() + zeros, 0);
    end.extend((bytes.len() as u64).wrapping_mul(8).to_le_bytes());
    end.as_chunks::<64>()
        .0
        .iter()
        .for_each(|block| state = mixed(state, block));
    let mut digest = [0; 16];
    for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_le_bytes();
    }
    digest
}

fn mixed(state: [u32; 4], block: &[u8; 64]) -> [u32; 4] {
    let words = block.as_chunks::<4>().0;
    let [mut a, mut b, mut c, mut d] = state;
    for (step, turn) in (0..64usize).zip(TURNS.iter().flat_map(|round| round.iter().cycle().take(16))) {
        let (mix, place) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), 5 * step + 1),
            2 => (b ^ c ^ d, 3 * step + 5),
            _ => (c ^ (b | !d), 7 * step),
        };
        let word = words.get(place % 16).map_or(0, |word| u32::from_le_bytes(*word));
        // The whole part of 2^32 times the sine of the step's number, counted from one.
        let constant = (((step + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mix).wrapping_add(constant).wrapping_add(word);
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(*turn)));
    }
    let [old_a, old_b, old_c, old_d] = state;
    [
        a.wrapping_add(old_a),
        b.wrapping_add(old_b),
        c.wrapping_add(old_c),
        d.wrapping_add(old_d),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 1321, A.5; the last one by Python's hashlib.
    #[test]
    fn digests_are_those_of_the_standard() {
        for (text, expected) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
            (&"x".repeat(56), "668a72d5ba17f08e62dabcafad6db14b"),
        ] {
            let digits: String = md5(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digits, expected);
        }
    }
}
