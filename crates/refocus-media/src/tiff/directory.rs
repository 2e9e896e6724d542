//! Directories of a TIFF: which tags stand in them, with which values. The structure of EXIF blocks is the same.
//!
//! Sources: TIFF 6.0, section 2; BigTIFF (whose counts and offsets have eight bytes) as libtiff defines it.
//!
//! No offset and no count is trusted: a field whose values do not lie inside the bytes is not there.

/// Directories of a chain that are looked at.
pub(super) const MOST_DIRECTORIES: usize = 64;

/// Fields of a directory that are looked at; ordinary files have about thirty.
const MOST_FIELDS: u64 = 4096;

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const SBYTE: u16 = 6;
const UNDEFINED: u16 = 7;
const SSHORT: u16 = 8;
const SLONG: u16 = 9;
const SRATIONAL: u16 = 10;
const FLOAT: u16 = 11;
const DOUBLE: u16 = 12;
const IFD: u16 = 13;
const LONG8: u16 = 16;
const SLONG8: u16 = 17;
const IFD8: u16 = 18;

/// How the numbers of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    /// The lowest byte first ("II").
    Little,
    /// The highest byte first ("MM").
    Big,
}

impl ByteOrder {
    /// The number whose bytes these are; at most eight.
    fn number(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Big => bytes.iter().fold(0, add),
            Self::Little => bytes.iter().rev().fold(0, add),
        }
    }
}

/// Bytes with the structure of a TIFF.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TiffBytes<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
    /// A BigTIFF.
    long: bool,
}

impl<'a> TiffBytes<'a> {
    /// `None` where the bytes do not begin with a byte order. The magic number behind it is 43 in a BigTIFF, and anything else in
    /// a TIFF: camera makers put their own there.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let order = match bytes.get(..4)? {
            b"II\x2b\0" | b"MM\0\x2b" if bytes.get(4..8).is_none() => return None,
            [b'I', b'I', ..] => ByteOrder::Little,
            [b'M', b'M', ..] => ByteOrder::Big,
            _ => return None,
        };
        Some(Self {
            bytes,
            order,
            long: order.number(bytes.get(2..4)?) == 43,
        })
    }

    pub(crate) fn order(&self) -> ByteOrder {
        self.order
    }

    fn number(&self, at: usize, len: usize) -> Option<u64> {
        Some(self.order.number(self.bytes.get(at..at.checked_add(len)?)?))
    }

    /// The first directory.
    pub(crate) fn first_directory(&self) -> Option<Directory<'a>> {
        self.directories().next()
    }

    /// The chain of directories; none of them twice.
    pub(crate) fn directories(&self) -> impl Iterator<Item = Directory<'a>> + use<'a> {
        let tiff = *self;
        let mut next = if tiff.long {
            tiff.number(8, 8)
        } else {
            tiff.number(4, 4)
        };
        let mut seen = Vec::new();
        std::iter::from_fn(move || {
            let at = next.filter(|at| *at != 0 && seen.len() < MOST_DIRECTORIES && !seen.contains(at))?;
            seen.push(at);
            let (directory, after) = tiff.directory_at(at)?;
            next = after;
            Some(directory)
        })
    }

    /// The directory at a place, and the place of the one that follows it.
    fn directory_at(&self, at: u64) -> Option<(Directory<'a>, Option<u64>)> {
        let at = usize::try_from(at).ok()?;
        let (count_len, entry_len, offset_len) = if self.long { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, count_len)?;
        let entries = at.checked_add(count_len)?;
        let mut fields = Vec::new();
        for number in 0..count.min(MOST_FIELDS) as usize {
            let entry = entries.checked_add(number * entry_len)?;
            // A directory that is cut short keeps what there is of it.
            let Some(tag) = self.number(entry, 2) else { break };
            if let Some(field) = self.field(entry, offset_len) {
                fields.push((tag as u16, field));
            }
        }
        let after = usize::try_from(count)
            .ok()
            .and_then(|count| entries.checked_add(count.checked_mul(entry_len)?))
            .and_then(|end| self.number(end, offset_len));
        Some((Directory { fields }, after))
    }

    fn field(&self, entry: usize, offset_len: usize) -> Option<Field<'a>> {
        let kind = self.number(entry + 2, 2)? as u16;
        let count = usize::try_from(self.number(entry + 4, offset_len)?).ok()?;
        let len = count.checked_mul(size_of_kind(kind)?)?;
        let value_at = entry + 4 + offset_len;
        let from = if len <= offset_len {
            value_at
        } else {
            usize::try_from(self.number(value_at, offset_len)?).ok()?
        };
        Some(Field {
            kind,
            values: self.bytes.get(from..from.checked_add(len)?)?,
            order: self.order,
        })
    }
}

/// Bytes of one value.
fn size_of_kind(kind: u16) -> Option<usize> {
    Some(match kind {
        BYTE | ASCII | SBYTE | UNDEFINED => 1,
        SHORT | SSHORT => 2,
        LONG | SLONG | FLOAT | IFD => 4,
        RATIONAL | SRATIONAL | DOUBLE | LONG8 | SLONG8 | IFD8 => 8,
        _ => return None,
    })
}

/// The tags of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory<'a> {
    fields: Vec<(u16, Field<'a>)>,
}

impl<'a> Directory<'a> {
    /// The first field of a tag.
    pub(crate) fn field(&self, tag: u16) -> Option<&Field<'a>> {
        self.fields.iter().find(|(own, _)| *own == tag).map(|(_, field)| field)
    }

    /// The first value of a tag, a whole number that is not negative.
    pub(crate) fn number(&self, tag: u16) -> Option<u64> {
        self.field(tag)?.numbers().next()
    }

    /// The values of a tag, as long as they are whole numbers that are not negative.
    pub(crate) fn numbers(&self, tag: u16) -> Vec<u64> {
        self.field(tag)
            .map(|field| field.numbers().collect())
            .unwrap_or_default()
    }

    /// The values of a tag as real numbers.
    pub(crate) fn reals(&self, tag: u16) -> Vec<f64> {
        self.field(tag).map(|field| field.reals().collect()).unwrap_or_default()
    }

    /// The bytes of a tag's values.
    pub(crate) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        self.field(tag).map(|field| field.values)
    }
}

/// The values of a tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    kind: u16,
    values: &'a [u8],
    order: ByteOrder,
}

impl<'a> Field<'a> {
    fn each(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.values.chunks_exact(size_of_kind(self.kind).unwrap_or(1))
    }

    /// Whole numbers of any type, up to the first that is none or negative.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> + use<'a> {
        let field = *self;
        field.each().map_while(move |bytes| {
            let number = field.order.number(bytes);
            match field.kind {
                BYTE | SHORT | LONG | IFD | LONG8 | IFD8 => Some(number),
                SBYTE | SSHORT | SLONG | SLONG8 => (number >> (bytes.len() * 8 - 1) == 0).then_some(number),
                _ => None,
            }
        })
    }

    /// Numbers of any type that are finite.
    pub(crate) fn reals(&self) -> impl Iterator<Item = f64> + use<'a> {
        let field = *self;
        field.each().map_while(move |bytes| {
            let number = field.order.number(bytes);
            let halves = || {
                let (first, second) = bytes.split_at(4);
                (field.order.number(first) as u32, field.order.number(second) as u32)
            };
            let real = match field.kind {
                FLOAT => f64::from(f32::from_bits(number as u32)),
                DOUBLE => f64::from_bits(number),
                RATIONAL => {
                    let (above, below) = halves();
                    f64::from(above) / f64::from(below)
                }
                SRATIONAL => {
                    let (above, below) = halves();
                    f64::from(above as i32) / f64::from(below as i32)
                }
                SBYTE => f64::from(number as i8),
                SSHORT => f64::from(number as i16),
                SLONG => f64::from(number as i32),
                SLONG8 => number as i64 as f64,
                BYTE | SHORT | LONG | IFD | LONG8 | IFD8 => number as f64,
                _ => return None,
            };
            real.is_finite().then_some(real)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one directory with one field, whose values lie behind it where they do not fit in.
    fn one_field(order: ByteOrder, tag: u16, kind: u16, count: u32, values: &[u8]) -> Vec<u8> {
        let put = |number: u64, len: usize| match order {
            ByteOrder::Little => number.to_le_bytes()[..len].to_vec(),
            ByteOrder::Big => number.to_be_bytes()[8 - len..].to_vec(),
        };
        let mut file = match order {
            ByteOrder::Little => b"II".to_vec(),
            ByteOrder::Big => b"MM".to_vec(),
        };
        for (number, len) in [(42, 2), (8, 4), (1, 2), (u64::from(tag), 2), (u64::from(kind), 2)] {
            file.extend(put(number, len));
        }
        file.extend(put(u64::from(count), 4));
        if values.len() <= 4 {
            file.extend(values);
            file.resize(22, 0);
        } else {
            file.extend(put(26, 4));
        }
        file.extend([0; 4]);
        if values.len() > 4 {
            file.extend(values);
        }
        file
    }

    #[test]
    fn whole_numbers_of_every_type_and_byte_order_are_read() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for kind in [BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG, IFD, LONG8, SLONG8, IFD8] {
                let len = size_of_kind(kind).unwrap();
                let value = match order {
                    ByteOrder::Little => 6u64.to_le_bytes()[..len].to_vec(),
                    ByteOrder::Big => 6u64.to_be_bytes()[8 - len..].to_vec(),
                };
                let file = one_field(order, 274, kind, 1, &value);
                let directory = TiffBytes::of(&file).unwrap().first_directory().unwrap();
                assert_eq!(directory.number(274), Some(6), "{order:?}, type {kind}");
                assert_eq!(directory.reals(274), [6.0], "{order:?}, type {kind}");
            }
        }
        let negative = one_field(ByteOrder::Little, 274, SSHORT, 1, &(-1i16).to_le_bytes());
        let directory = TiffBytes::of(&negative).unwrap().first_directory().unwrap();
        assert_eq!((directory.number(274), directory.reals(274)), (None, vec![-1.0]));
    }

    #[test]
    fn fractions_and_floats_are_real_numbers() {
        let fraction = [3u32.to_be_bytes(), 4u32.to_be_bytes()].concat();
        let file = one_field(ByteOrder::Big, 529, RATIONAL, 1, &fraction);
        assert_eq!(
            TiffBytes::of(&file).unwrap().first_directory().unwrap().reals(529),
            [0.75]
        );
        let file = one_field(ByteOrder::Little, 340, FLOAT, 1, &(-2.5f32).to_le_bytes());
        assert_eq!(
            TiffBytes::of(&file).unwrap().first_directory().unwrap().reals(340),
            [-2.5]
        );
        let nothing = [0u32.to_be_bytes(), 0u32.to_be_bytes()].concat();
        let file = one_field(ByteOrder::Big, 529, RATIONAL, 1, &nothing);
        assert!(
            TiffBytes::of(&file)
                .unwrap()
                .first_directory()
                .unwrap()
                .reals(529)
                .is_empty()
        );
    }

    #[test]
    fn values_outside_the_file_loops_and_cuts_are_passed_over() {
        let whole = one_field(ByteOrder::Little, 273, LONG, 3, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(
            TiffBytes::of(&whole).unwrap().first_directory().unwrap().numbers(273),
            [1, 2, 3]
        );
        for cut in 0..whole.len() {
            if let Some(tiff) = TiffBytes::of(&whole[..cut]) {
                assert!(
                    tiff.directories().all(|directory| directory.number(273).is_none()),
                    "{cut}"
                );
            }
        }
        let mut looped = whole;
        looped[22..26].copy_from_slice(&8u32.to_le_bytes());
        assert_eq!(TiffBytes::of(&looped).unwrap().directories().count(), 1);
    }
}
