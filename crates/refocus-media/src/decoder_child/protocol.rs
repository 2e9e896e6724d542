//! What parent and child say to each other. All numbers are little-endian.
//!
//! | who | says | then |
//! |---|---|---|
//! | parent | kind of request (1 byte) | `max_side` (4), `max_pixels`, `max_alloc_bytes`, length (8 each), the file's bytes |
//! | child | [`RESERVE`] | bytes that it will hold (8); it waits for [`GRANTED`] |
//! | child | [`PICTURE`] | width, height, full width, full height, orientation (4 each), `width × height × 3` bytes |
//! | child | [`NOTHING`] | nothing: it is there |
//! | child | [`FAILED`], [`PANICKED`] | kind of failure (1), length (4), the message; after a panic the child ends |

use std::io::{self, Read, Write};

use super::super::decode::{DecodeLimits, StoredPicture, Urgency, zeroed};
use super::super::failure::{Failure, FailureKind};
use super::super::orientation::Orientation;
use super::ContainerFormat;

pub(super) const GRANTED: u8 = b'G';
pub(super) const RESERVE: u8 = b'R';
const PICTURE: u8 = b'P';
const NOTHING: u8 = b'N';
const FAILED: u8 = b'F';
const PANICKED: u8 = b'C';

/// A longer message is cut.
const LONGEST_MESSAGE: usize = 4096;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pixels(ContainerFormat),
    /// An answer without doing anything.
    Nothing,
}

impl Kind {
    const ALL: [Self; 3] = [
        Self::Pixels(ContainerFormat::Heif),
        Self::Pixels(ContainerFormat::Avif),
        Self::Nothing,
    ];

    fn number(self) -> u8 {
        (0..)
            .zip(Self::ALL)
            .find(|(_, kind)| *kind == self)
            .map_or(0, |(number, _)| number)
    }
}

/// A request on its way to a child.
pub(super) struct Request<'b> {
    pub(super) kind: Kind,
    pub(super) limits: DecodeLimits,
    pub(super) bytes: &'b [u8],
}

impl Request<'_> {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut head = vec![self.kind.number()];
        head.extend(self.limits.max_side.to_le_bytes());
        for number in [
            self.limits.max_pixels,
            self.limits.max_alloc_bytes,
            self.bytes.len() as u64,
        ] {
            head.extend(number.to_le_bytes());
        }
        to.write_all(&head)?;
        to.write_all(self.bytes)?;
        to.flush()
    }
}

/// A request as a child reads it.
pub(super) struct Received {
    pub(super) kind: Kind,
    pub(super) limits: DecodeLimits,
    pub(super) bytes: Vec<u8>,
}

impl Received {
    /// The request that begins with this byte.
    pub(super) fn read(first: u8, from: &mut impl Read) -> io::Result<Self> {
        let kind = Kind::ALL.get(usize::from(first)).copied();
        let kind = kind.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        let max_side = read_u32(from)?;
        let (max_pixels, max_alloc_bytes, len) = (read_u64(from)?, read_u64(from)?, read_u64(from)?);
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX))
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        if from.take(len).read_to_end(&mut bytes)? as u64 != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let limits = DecodeLimits {
            max_side,
            max_pixels,
            max_alloc_bytes,
            max_file_bytes: len,
            urgency: Urgency::Background,
        };
        Ok(Self { kind, limits, bytes })
    }
}

/// The end of a child's work on a request.
pub(super) enum Answer {
    Picture(StoredPicture),
    Nothing,
    Failed(Failure),
    /// A contained panic: what the decoder left behind is not used again.
    Panicked(Failure),
}

impl Answer {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Picture(picture) => {
                to.write_all(&[PICTURE])?;
                for number in [picture.width, picture.height, picture.full_width, picture.full_height] {
                    to.write_all(&number.to_le_bytes())?;
                }
                to.write_all(&picture.orientation.tag().to_le_bytes())?;
                to.write_all(&picture.rgb)?;
            }
            Self::Nothing => to.write_all(&[NOTHING])?,
            Self::Failed(failure) => write_failure(to, FAILED, failure)?,
            Self::Panicked(failure) => write_failure(to, PANICKED, failure)?,
        }
        to.flush()
    }

    /// The answer that begins with this byte. Nothing in it is trusted.
    pub(super) fn read(first: u8, from: &mut impl Read, limits: &DecodeLimits) -> io::Result<Self> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        Ok(match first {
            PICTURE => {
                let [width, height, full_width, full_height, orientation] = read_five(from)?;
                if limits.check(width, height, 3).is_err() {
                    return Err(wrong());
                }
                let mut rgb = zeroed(width as usize * height as usize * 3)
                    .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                from.read_exact(&mut rgb)?;
                Self::Picture(StoredPicture {
                    width,
                    height,
                    rgb,
                    full_width,
                    full_height,
                    orientation: Orientation::from_tag(orientation),
                })
            }
            NOTHING => Self::Nothing,
            FAILED => Self::Failed(read_failure(from)?),
            PANICKED => Self::Panicked(read_failure(from)?),
            _ => return Err(wrong()),
        })
    }
}

fn write_failure(to: &mut impl Write, tag: u8, failure: &Failure) -> io::Result<()> {
    let kind = (0u8..).zip(FailureKind::ALL).find(|(_, kind)| *kind == failure.kind);
    let message = failure.message.as_bytes();
    let message = message.get(..LONGEST_MESSAGE).unwrap_or(message);
    to.write_all(&[tag, kind.map_or(0, |(number, _)| number)])?;
    to.write_all(&(message.len() as u32).to_le_bytes())?;
    to.write_all(message)
}

fn read_failure(from: &mut impl Read) -> io::Result<Failure> {
    let kind = FailureKind::ALL.get(usize::from(read_u8(from)?)).copied();
    let len = read_u32(from)? as usize;
    let (Some(kind), true) = (kind, len <= LONGEST_MESSAGE) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut message = vec![0; len];
    from.read_exact(&mut message)?;
    Ok(Failure::new(kind, String::from_utf8_lossy(&message)))
}

pub(super) fn read_u8(from: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    from.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn read_u32(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

pub(super) fn read_u64(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_five(from: &mut impl Read) -> io::Result<[u32; 5]> {
    let mut numbers = [0; 5];
    for number in &mut numbers {
        *number = read_u32(from)?;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(answer: &Answer) -> io::Result<Answer> {
        let mut bytes = Vec::new();
        answer.write(&mut bytes).unwrap();
        let mut from = bytes.as_slice();
        let first = read_u8(&mut from).unwrap();
        Answer::read(first, &mut from, &DecodeLimits::default())
    }

    #[test]
    fn requests_read_back() {
        for kind in Kind::ALL {
            let limits = DecodeLimits {
                max_side: 7,
                max_pixels: 8,
                max_alloc_bytes: 9,
                ..DecodeLimits::default()
            };
            let request = Request {
                kind,
                limits,
                bytes: b"abc",
            };
            let mut bytes = Vec::new();
            request.write(&mut bytes).unwrap();
            let (first, mut rest) = bytes.split_first().unwrap();
            let received = Received::read(*first, &mut rest).unwrap();
            assert_eq!((received.kind, received.bytes.as_slice()), (kind, b"abc".as_slice()));
            let numbers = |limits: DecodeLimits| (limits.max_side, limits.max_pixels, limits.max_alloc_bytes);
            assert_eq!(numbers(received.limits), numbers(limits));
            assert!(Received::read(*first, &mut &bytes[1..bytes.len() - 1]).is_err());
        }
        assert!(Received::read(200, &mut [0; 99].as_slice()).is_err());
    }

    #[test]
    fn answers_read_back() {
        let picture = StoredPicture {
            width: 2,
            height: 1,
            rgb: vec![1, 2, 3, 4, 5, 6],
            full_width: 4,
            full_height: 2,
            orientation: Orientation::from_tag(6),
        };
        let Ok(Answer::Picture(back)) = there_and_back(&Answer::Picture(picture)) else {
            panic!("no picture came back");
        };
        assert_eq!(
            (back.width, back.height, back.full_width, back.full_height),
            (2, 1, 4, 2)
        );
        assert_eq!(
            (back.rgb.as_slice(), back.orientation.tag()),
            ([1, 2, 3, 4, 5, 6].as_slice(), 6)
        );
        let failure = Failure::too_large("é".repeat(5000));
        let Ok(Answer::Failed(back)) = there_and_back(&Answer::Failed(failure)) else {
            panic!("no failure came back");
        };
        assert_eq!(back.kind, FailureKind::TooLarge);
        assert!(back.message.starts_with("ééé"));
        assert!(matches!(there_and_back(&Answer::Nothing), Ok(Answer::Nothing)));
    }

    #[test]
    fn what_a_broken_child_says_is_refused() {
        let limits = DecodeLimits::default();
        let huge = [u32::MAX.to_le_bytes(); 5].concat();
        assert!(Answer::read(PICTURE, &mut huge.as_slice(), &limits).is_err());
        for first in (0..=u8::MAX).filter(|first| *first != NOTHING) {
            assert!(
                Answer::read(first, &mut [0xFF; 9].as_slice(), &limits).is_err(),
                "{first}"
            );
        }
    }
}
