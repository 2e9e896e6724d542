//! The rows of texts as plain structs, and the bytes in which places and vectors are kept.

use rusqlite::Row;

/// Numbers of a text's vector.
pub const VECTOR_DIM: usize = 384;

/// Bytes of a line's place: eight coordinates of 16 bits, the turn, the confidence.
const PLACE_BYTES: usize = 18;

/// Stored units of a coordinate: a picture's side is so many, and half a side fits beyond each edge.
const SIDE: f32 = 16_384.0;

/// What came of looking for text in a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOutcome {
    /// It does not look as if it held text, and was not read.
    LooksEmpty,
    /// It was read; there may be nothing in it.
    Read,
    /// It could not be looked at.
    Failed,
}

impl TextOutcome {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::LooksEmpty => 0,
            Self::Read => 1,
            Self::Failed => 2,
        }
    }

    fn of_code(code: i64) -> Option<Self> {
        [Self::LooksEmpty, Self::Read, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.code() == code)
    }
}

/// A line of text in a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLine {
    /// The corners of a rectangle of any angle around it, x and y as parts of the picture's width and height: from the top left one of
    /// the picture's clockwise. They may lie beyond the picture's edge.
    pub corners: [[f32; 2]; 4],
    /// Quarters of a turn against the clock that bring the rectangle's text upright, 0 to 3.
    pub turns: u8,
    /// How sure the text is, 0 to 1.
    pub confidence: f32,
    /// What it says: one line.
    pub text: String,
}

impl StoredLine {
    fn place(&self) -> [u8; PLACE_BYTES] {
        let mut bytes = [0; PLACE_BYTES];
        let coordinates = self.corners.iter().flatten();
        for (to, at) in bytes.chunks_exact_mut(2).zip(coordinates) {
            // The cast saturates.
            to.copy_from_slice(&((at * SIDE).round() as i16).to_le_bytes());
        }
        let [.., turns, confidence] = &mut bytes;
        *turns = self.turns;
        *confidence = (self.confidence * 255.0).round() as u8;
        bytes
    }

    fn from_place(bytes: &[u8; PLACE_BYTES], text: &str) -> Self {
        let mut corners = [[0.0; 2]; 4];
        let (coordinates, _) = bytes.as_chunks::<2>();
        for (to, at) in corners.iter_mut().flatten().zip(coordinates) {
            *to = f32::from(i16::from_le_bytes(*at)) / SIDE;
        }
        let [.., turns, confidence] = bytes;
        Self {
            corners,
            turns: turns % 4,
            confidence: f32::from(*confidence) / 255.0,
            text: text.to_owned(),
        }
    }
}

/// What a text means, as the built-in text tower puts it: `[384]` numbers in 8 bits, to be multiplied by `scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct TextVector {
    /// What the numbers are multiplied by.
    pub scale: f32,
    /// The numbers.
    pub values: Box<[i8; VECTOR_DIM]>,
}

impl TextVector {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let values = self.values.iter().map(|value| value.cast_unsigned());
        self.scale.to_le_bytes().into_iter().chain(values).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (scale, values) = bytes.split_first_chunk::<4>()?;
        let values: &[u8; VECTOR_DIM] = values.try_into().ok()?;
        let scale = f32::from_le_bytes(*scale);
        scale.is_finite().then(|| Self {
            scale,
            values: Box::new(values.map(u8::cast_signed)),
        })
    }
}

/// What is known of a photo's text.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoText {
    /// The photo, by the hash of its bytes.
    pub photo: [u8; 32],
    /// Revision of what read it.
    pub revision: u32,
    /// What came of it.
    pub outcome: TextOutcome,
    /// The lines, in the order of reading.
    pub lines: Vec<StoredLine>,
    /// What the lines mean together; `None` without lines.
    pub vector: Option<TextVector>,
}

/// The columns `lines` and `places`; nothing where there is no line.
pub(super) fn columns(lines: &[StoredLine]) -> (Option<String>, Option<Vec<u8>>) {
    if lines.is_empty() {
        return (None, None);
    }
    // One a line: a break within one would shift all that follow.
    let texts: Vec<String> = lines.iter().map(|line| line.text.replace(['\n', '\r'], " ")).collect();
    let places = lines.iter().flat_map(StoredLine::place).collect();
    (Some(texts.join("\n")), Some(places))
}

/// A row; `None` where it does not hold what it should.
pub(super) fn read(row: &Row<'_>) -> Option<PhotoText> {
    let texts: Option<String> = row.get(3).ok()?;
    let places: Option<Vec<u8>> = row.get(4).ok()?;
    let vector: Option<Vec<u8>> = row.get(5).ok()?;
    let (places, rest) = places.as_deref().unwrap_or_default().as_chunks::<PLACE_BYTES>();
    let texts: Vec<&str> = texts
        .as_deref()
        .map_or_else(Vec::new, |texts| texts.split('\n').collect());
    if !rest.is_empty() || places.len() != texts.len() {
        return None;
    }
    Some(PhotoText {
        photo: row.get(0).ok()?,
        revision: row.get(1).ok()?,
        outcome: TextOutcome::of_code(row.get(2).ok()?)?,
        lines: places
            .iter()
            .zip(texts)
            .map(|(place, text)| StoredLine::from_place(place, text))
            .collect(),
        vector: vector.as_deref().and_then(TextVector::from_bytes),
    })
}
