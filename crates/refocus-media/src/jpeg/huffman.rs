//! Huffman codes of coefficients, looked up by the bits to come.
//!
//! Source: ITU-T T.81, annexes C (codes from their lengths), F.2.2 (decoding) and K.3 (the tables that Motion JPEG leaves
//! out).

use super::super::failure::Failure;
use super::bits::BitReader;
use super::damaged;

/// Bits that find most codes in one step. A table of 4 kB stays in the fastest cache.
const LOOKUP_BITS: u32 = 10;
/// Bits that are passed over in one step where coefficients are not needed: about two of them.
const SKIP_BITS: u32 = 12;
/// A coefficient block's end, for the skipping of coefficients.
const COEFFICIENTS: usize = 64;
/// In [`Skip`]: the block ends here.
const BLOCK_ENDS: u16 = 1 << 15;
/// In [`Skip`]: more than any block has, so that the step is taken one code at a time.
const TOO_FAR: u16 = 127;

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    /// Zeros before the coefficient, 0–15.
    pub(super) run: u32,
    /// Bits of the coefficient, 0–15.
    pub(super) size: u32,
}

/// A code that was found: bits of it and its coefficient (lowest byte), of it alone (second), what it stands for (third). The sum
/// is kept ready: all later codes wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry(u32);

impl Entry {
    fn new(length: u32, value: u8) -> Self {
        Self(u32::from(value) << 16 | length << 8 | (length + u32::from(value & 15)))
    }

    #[inline(always)]
    fn all_bits(self) -> u32 {
        self.0 & 0xFF
    }

    #[inline(always)]
    fn length(self) -> u32 {
        self.0 >> 8 & 0xFF
    }

    #[inline(always)]
    fn symbol(self) -> Symbol {
        Symbol {
            run: self.0 >> 20 & 15,
            size: self.0 >> 16 & 15,
        }
    }
}

/// Codes of one table.
#[derive(Clone, Debug)]
pub(super) struct HuffmanTable {
    /// By the next [`LOOKUP_BITS`] bits, see [`Entry`]; 0 = a longer code or none.
    lookup: Box<[u32; 1 << LOOKUP_BITS]>,
    /// By the next [`SKIP_BITS`] bits; made when it is first needed.
    skip: Option<Box<[u16; 1 << SKIP_BITS]>>,
    /// By the length of a code: what 16 bits that begin with such a code are below; and the place of the value of code 0.
    longer: [(u32, i32); 17],
    values: Vec<u8>,
}

impl HuffmanTable {
    /// From the number of codes of each length 1–16, and the codes' values.
    ///
    /// # Errors
    /// More codes than their lengths have room for.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Result<Self, Failure> {
        let mut table = Self {
            lookup: Box::new([0; 1 << LOOKUP_BITS]),
            skip: None,
            longer: [(0, 0); 17],
            values: values.to_vec(),
        };
        let mut code = 0u32;
        let mut first = 0usize;
        for (length, &count) in (1u32..).zip(counts) {
            let count = usize::from(count);
            let end = code + count as u32;
            if end > 1 << length || first + count > values.len() {
                return Err(damaged("its Huffman table is impossible"));
            }
            if let Some(longer) = table.longer.get_mut(length as usize) {
                *longer = (end << (16 - length), first as i32 - code as i32);
            }
            if length <= LOOKUP_BITS {
                let shift = LOOKUP_BITS - length;
                for (code, value) in (code..end).zip(values.iter().skip(first)) {
                    let Entry(entry) = Entry::new(length, *value);
                    let from = (code << shift) as usize;
                    if let Some(entries) = table.lookup.get_mut(from..from + (1 << shift)) {
                        entries.fill(entry);
                    }
                }
            }
            first += count;
            code = end << 1;
        }
        Ok(table)
    }

    /// The next code, of at least 16 bits in `window`; `None` where no code begins so.
    #[inline(always)]
    fn find(&self, window: u64) -> Option<Entry> {
        let entry = self.lookup[(window >> (64 - LOOKUP_BITS)) as usize];
        if entry != 0 {
            return Some(Entry(entry));
        }
        self.find_longer(window)
    }

    #[cold]
    #[inline(never)]
    fn find_longer(&self, window: u64) -> Option<Entry> {
        let bits = (window >> 48) as u32;
        let (length, (_, offset)) = (0u32..)
            .zip(self.longer)
            .skip(LOOKUP_BITS as usize + 1)
            .find(|(_, (below, _))| bits < *below)?;
        let at = (bits >> (16 - length)) as i32 + offset;
        let value = usize::try_from(at).ok().and_then(|at| self.values.get(at))?;
        Some(Entry::new(length, *value))
    }

    /// Reads a code. Afterwards at least 16 bits are in the window.
    #[inline(always)]
    pub(super) fn symbol(&self, reader: &mut BitReader<'_>) -> Option<Symbol> {
        reader.refill_if_low();
        let entry = self.find(reader.window())?;
        reader.consume(entry.length());
        Some(entry.symbol())
    }

    /// Reads a code and the coefficient behind it: zeros before it, its bits (0 = no coefficient), its value.
    #[inline(always)]
    pub(super) fn coefficient(&self, reader: &mut BitReader<'_>) -> Option<(Symbol, i32)> {
        reader.refill_if_low();
        let entry = self.find(reader.window())?;
        let coefficient = extended(reader.window() << entry.length(), entry.symbol().size);
        reader.consume(entry.all_bits());
        Some((entry.symbol(), coefficient))
    }

    /// Makes what [`skip_block`](Self::skip_block) looks up.
    pub(super) fn prepare_to_skip(&mut self) {
        if self.skip.is_some() {
            return;
        }
        let mut skip = Box::new([0; 1 << SKIP_BITS]);
        for (bits, entry) in (0u64..).zip(skip.iter_mut()) {
            *entry = self.skip_entry(bits << (64 - SKIP_BITS));
        }
        self.skip = Some(skip);
    }

    /// As many codes as lie in the first [`SKIP_BITS`] of `window`: bits of all, with their coefficients (bits 0–4), and
    /// coefficients (bits 5–11), of which the end of the block counts as one.
    fn skip_entry(&self, window: u64) -> u16 {
        let (mut bits, mut coefficients, mut ends) = (0, 0, 0);
        while bits < SKIP_BITS && ends == 0 {
            let Some(entry) = self
                .find(window << bits)
                .filter(|entry| bits + entry.length() <= SKIP_BITS)
            else {
                break;
            };
            let Symbol { run, size } = entry.symbol();
            let ends_here = size == 0 && run < 15;
            let step = if ends_here { 1 } else { run as u16 + 1 };
            if coefficients + step > COEFFICIENTS as u16 {
                break;
            }
            if ends_here {
                ends = BLOCK_ENDS;
            }
            bits += entry.all_bits();
            coefficients += step;
        }
        if coefficients == 0 {
            TOO_FAR << 5
        } else {
            ends | coefficients << 5 | bits as u16
        }
    }

    /// Passes over the coefficients of a block from `next` on; false where no code begins or the block would have more than 64.
    #[inline(always)]
    pub(super) fn skip_block(&self, reader: &mut BitReader<'_>, mut next: usize) -> bool {
        let Some(skip) = self.skip.as_deref() else {
            return false;
        };
        while next < COEFFICIENTS {
            reader.refill();
            // A step takes 27 bits at most, a refill gives 56.
            for _ in 0..2 {
                let entry = skip[(reader.window() >> (64 - SKIP_BITS)) as usize];
                let coefficients = usize::from(entry >> 5 & 127);
                if next + coefficients > COEFFICIENTS {
                    let (after, place) = self.skip_one(reader.clone(), next);
                    *reader = after;
                    match place {
                        Some(place) => next = place,
                        None => return false,
                    }
                } else {
                    reader.consume(u32::from(entry & 31));
                    next += coefficients;
                    if entry & BLOCK_ENDS != 0 {
                        return true;
                    }
                }
                if next == COEFFICIENTS {
                    return true;
                }
            }
        }
        true
    }

    /// Passes over one code; gives the next coefficient's place. By value: a reader whose address leaves the caller's loop is
    /// kept in memory there, which costs more than all else.
    #[cold]
    #[inline(never)]
    fn skip_one<'a>(&self, mut reader: BitReader<'a>, next: usize) -> (BitReader<'a>, Option<usize>) {
        let Some(Symbol { run, size }) = self.symbol(&mut reader) else {
            return (reader, None);
        };
        if size == 0 && run < 15 {
            return (reader, Some(COEFFICIENTS));
        }
        reader.skip(size);
        // The caller reads on without looking.
        reader.refill();
        let after = next + run as usize + 1;
        (reader, (after <= COEFFICIENTS).then_some(after))
    }
}

/// The coefficient that the first `size` bits of `window` stand for (T.81, F.2.2.1, EXTEND).
#[inline(always)]
pub(super) fn extended(window: u64, size: u32) -> i32 {
    let bits = (window >> 1 >> (63 - size)) as i32;
    // A first bit of 0 means a negative number, which is written less one.
    let negative = !((window as i64) >> 63) as i32;
    bits + (negative & (1 - (1 << size)))
}

/// A table of T.81, K.3, by its class and its number; Motion JPEG leaves them out.
pub(super) fn standard(alternating: bool, chrominance: bool) -> Result<HuffmanTable, Failure> {
    let (counts, values) = standard_codes(alternating, chrominance);
    HuffmanTable::new(&counts, &values)
}

/// The number of codes of each length, and what they stand for.
pub(super) fn standard_codes(alternating: bool, chrominance: bool) -> ([u8; 16], Vec<u8>) {
    match (alternating, chrominance) {
        (false, false) => ([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], DC_VALUES.to_vec()),
        (false, true) => ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], DC_VALUES.to_vec()),
        (true, false) => (
            [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
            values(&LUMINANCE_BEGIN),
        ),
        (true, true) => (
            [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
            values(&CHROMINANCE_BEGIN),
        ),
    }
}

const DC_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// The values of the short codes; all others follow in ascending order.
const LUMINANCE_BEGIN: [u8; 37] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14,
    0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82,
];

const CHROMINANCE_BEGIN: [u8; 43] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32,
    0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16,
    0x24, 0x34, 0xE1, 0x25, 0xF1,
];

fn values(begin: &[u8]) -> Vec<u8> {
    let others = (0..16u8).flat_map(|run| (1..=10).map(move |size| run << 4 | size));
    let mut values = begin.to_vec();
    values.extend(others.filter(|value| !begin.contains(value)));
    values
}

#[cfg(test)]
mod tests {
    use super::super::bits::Segment;
    use super::*;
    use crate::fixtures::{encode, textured};

    /// Codes "0", "10", "110", then one of 12 bits.
    fn table() -> HuffmanTable {
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[2], counts[11]) = (1, 1, 1, 1);
        HuffmanTable::new(&counts, &[0x00, 0x11, 0xF0, 0x25]).unwrap()
    }

    fn segment(bits: &str) -> Segment {
        let padded = format!("{bits:0<width$}", width = bits.len().next_multiple_of(8));
        let bytes: Vec<u8> = padded
            .as_bytes()
            .chunks(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
            .collect();
        let mut segment = Segment::default();
        segment.read(&bytes, 0, usize::MAX).unwrap();
        segment
    }

    #[test]
    fn codes_of_every_length_are_found_with_their_coefficients() {
        // "10" 1 | "10" 0 | twelve bits, then 01110 | "110" | "0" | no code.
        let segment = segment("10110011100000000001110110011111111111111");
        let mut reader = segment.reader();
        let table = table();
        let read = |reader: &mut BitReader<'_>| {
            table
                .coefficient(reader)
                .map(|(symbol, value)| (symbol.run, symbol.size, value))
        };
        assert_eq!(read(&mut reader), Some((1, 1, 1)));
        assert_eq!(read(&mut reader), Some((1, 1, -1)));
        assert_eq!(read(&mut reader), Some((2, 5, -17)));
        assert_eq!(read(&mut reader), Some((15, 0, 0)));
        assert_eq!(read(&mut reader), Some((0, 0, 0)));
        assert_eq!(read(&mut reader), None);
    }

    #[test]
    fn skipping_ends_where_reading_ends() {
        let mut table = table();
        table.prepare_to_skip();
        // Bits behind the codes of one block, from which coefficient it goes on, and how many of them belong to it.
        for (codes, next, right) in [
            ("0", 1, true),
            ("1011000", 1, true),
            ("111000000000111000", 5, true),
            ("1101101100", 1, true),
            // 16 × 3 + 1 = 49; a fourth run of 16 goes beyond the block.
            ("110110110110", 1, false),
            // Exactly to the 64th: no code for the end.
            ("110110110", 16, true),
            ("101101101", 58, true),
            ("101101", 63, false),
            ("111101111111", 1, false),
        ] {
            let segment = segment(&format!("{codes}1010101010101010"));
            let mut reader = segment.reader();
            assert_eq!(table.skip_block(&mut reader, next), right, "{codes} from {next}");
            if right {
                assert_eq!(reader.take(16), 0b1010_1010_1010_1010, "{codes} from {next}");
            }
        }
    }

    #[test]
    fn impossible_tables_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(HuffmanTable::new(&counts, &[1, 2, 3]).is_err());
        (counts[0], counts[15]) = (0, 200);
        assert!(HuffmanTable::new(&counts, &[0; 100]).is_err());
        assert!(HuffmanTable::new(&[0; 16], &[]).is_ok());
    }

    #[test]
    fn the_standard_tables_are_those_that_an_encoder_writes() {
        let jpeg = encode(textured(16, 16, 1), image::ImageFormat::Jpeg);
        let mut found = 0;
        for at in 0..jpeg.len() - 4 {
            let [0xFF, 0xC4, high, low] = jpeg[at..at + 4] else {
                continue;
            };
            let body = &jpeg[at + 4..at + 2 + usize::from(u16::from_be_bytes([high, low]))];
            let (kind, counts, values) = (body[0], &body[1..17], &body[17..]);
            let written = HuffmanTable::new(counts.try_into().unwrap(), values).unwrap();
            let ours = standard(kind >> 4 == 1, kind & 15 == 1).unwrap();
            assert_eq!(
                (ours.values, ours.longer),
                (written.values, written.longer),
                "table {kind:#x}"
            );
            found += 1;
        }
        assert_eq!(found, 4);
    }

    #[test]
    fn first_bits_tell_the_sign() {
        let of = |bits: u64, size: u32| extended(bits << (64 - size), size);
        assert_eq!((of(0, 1), of(1, 1)), (-1, 1));
        assert_eq!((of(0, 3), of(3, 3), of(4, 3), of(7, 3)), (-7, -4, 4, 7));
        assert_eq!((of(0, 15), of(0x7FFF, 15)), (-32_767, 32_767));
        assert_eq!(extended(u64::MAX, 0), 0);
    }
}
