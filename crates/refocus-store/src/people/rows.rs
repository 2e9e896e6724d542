//! The rows of faces and persons as plain structs.

/// A face that was found in a photo. It stays the same when the pass runs again and finds the face at about the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceId(pub i64);

/// A person. A number is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

/// Numbers of an identity: Euclidean distances tell one person from another.
pub const IDENTITY_DIM: usize = 128;

/// What a fraction of 1 is stored as.
const WHOLE: f32 = 65_535.0;

/// A fraction of a photo's width or height, 0 to 1, as it is stored.
#[must_use]
pub fn stored_fraction(fraction: f32) -> u16 {
    // The cast saturates, and makes what is no number 0.
    (fraction * WHOLE).round() as u16
}

/// The fraction, 0 to 1, of a stored one.
#[must_use]
pub fn fraction(stored: u16) -> f32 {
    f32::from(stored) / WHOLE
}

/// A rectangle of a photo, upright, in 65,535ths of its width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaceBounds {
    /// From the left edge of the photo.
    pub left: u16,
    /// From its upper edge.
    pub top: u16,
    /// From the left edge.
    pub right: u16,
    /// From the upper edge.
    pub bottom: u16,
}

impl FaceBounds {
    /// Of left, top, right and bottom as fractions of the photo, 0 to 1; what lies outside is cut.
    #[must_use]
    pub fn of_fractions([left, top, right, bottom]: [f32; 4]) -> Self {
        let [left, top, right, bottom] = [left, top, right, bottom].map(stored_fraction);
        Self {
            left: left.min(right),
            top: top.min(bottom),
            right: left.max(right),
            bottom: top.max(bottom),
        }
    }

    /// Left, top, right and bottom as fractions of the photo, 0 to 1.
    #[must_use]
    pub fn fractions(self) -> [f32; 4] {
        [self.left, self.top, self.right, self.bottom].map(fraction)
    }

    /// Area in common over area of both together, 0 to 1.
    #[must_use]
    pub fn overlap(self, other: Self) -> f32 {
        let common = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        let (common, own, others) = (common.area(), self.area(), other.area());
        let all = own + others - common;
        if all == 0 { 0.0 } else { common as f32 / all as f32 }
    }

    /// Whether the middle of `self` lies in `other`.
    #[must_use]
    pub fn has_middle_in(self, other: Self) -> bool {
        let x = self.left.midpoint(self.right);
        let y = self.top.midpoint(self.bottom);
        (other.left..=other.right).contains(&x) && (other.top..=other.bottom).contains(&y)
    }

    fn area(self) -> u64 {
        u64::from(self.right.saturating_sub(self.left)) * u64::from(self.bottom.saturating_sub(self.top))
    }

    /// As stored: four little-endian numbers.
    pub(super) fn to_bytes(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        let numbers = [self.left, self.top, self.right, self.bottom];
        for (to, number) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(numbers) {
            *to = number.to_le_bytes();
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; 8]) -> Self {
        let number = |at: usize| bytes.as_chunks::<2>().0.get(at).copied().map_or(0, u16::from_le_bytes);
        Self {
            left: number(0),
            top: number(1),
            right: number(2),
            bottom: number(3),
        }
    }
}

/// How well a face can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaceQuality {
    /// Its longer side in pixels, in a photo whose longer side has 1,024.
    pub size: u16,
    /// 0 (blurred) to 255 (sharp).
    pub sharpness: u8,
    /// 0 (frontal) to 255 (profile).
    pub pose: u8,
}

impl FaceQuality {
    pub(super) fn to_bytes(self) -> [u8; 4] {
        let [low, high] = self.size.to_le_bytes();
        [low, high, self.sharpness, self.pose]
    }

    pub(super) fn from_bytes([low, high, sharpness, pose]: [u8; 4]) -> Self {
        Self {
            size: u16::from_le_bytes([low, high]),
            sharpness,
            pose,
        }
    }
}

/// An identity, rounded: each number is `values × scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceIdentity {
    /// Rounded numbers.
    pub values: [i8; IDENTITY_DIM],
    /// What they are multiplied by.
    pub scale: f32,
}

/// A face as the pass found it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewFace {
    /// Where it is.
    pub bounds: FaceBounds,
    /// Five points (x, y) of it, in 65,535ths of the photo's width and height.
    pub points: [[u16; 2]; 5],
    /// How well it can be seen.
    pub quality: FaceQuality,
    /// Whose it is, in numbers.
    pub identity: FaceIdentity,
}

impl NewFace {
    pub(super) fn point_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let numbers = self.points.as_flattened();
        for (to, number) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(numbers) {
            *to = number.to_le_bytes();
        }
        bytes
    }

    pub(super) fn points_from(bytes: &[u8; 20]) -> [[u16; 2]; 5] {
        let mut points = [[0; 2]; 5];
        for (to, number) in points.as_flattened_mut().iter_mut().zip(bytes.as_chunks::<2>().0) {
            *to = u16::from_le_bytes(*number);
        }
        points
    }
}

/// Who says that a face is a person's. What comes later is the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// A run of the clustering, which may say something else next time.
    Clustering,
    /// A name that another program wrote at this place of the photo.
    Region,
    /// The person named, merged or split the faces that it stood among.
    Group,
    /// The person, of this face.
    Person,
}

impl Said {
    /// Whether a run of the clustering has to leave it as it is.
    #[must_use]
    pub fn holds(self) -> bool {
        self != Self::Clustering
    }

    pub(super) fn code(self) -> i64 {
        match self {
            Self::Clustering => 0,
            Self::Region => 1,
            Self::Group => 2,
            Self::Person => 3,
        }
    }

    /// What a number that is unknown says holds: it can only have been a person who said so.
    pub(super) fn of_code(code: i64) -> Self {
        match code {
            0 => Self::Clustering,
            1 => Self::Region,
            2 => Self::Group,
            _ => Self::Person,
        }
    }
}

/// A face with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceRow {
    /// Row id.
    pub id: FaceId,
    /// blake3 of the photo's bytes.
    pub photo: [u8; 32],
    /// Revision of the pass that found it last. An older one than the photo's: the pass did not find it again, and it stays for
    /// what the person said of it.
    pub revision: u32,
    /// Where it is and whose, in numbers.
    pub face: NewFace,
    /// The person it belongs to, and who says so.
    pub person: Option<(PersonId, Said)>,
}

/// A person with what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRow {
    /// Row id.
    pub id: PersonId,
    /// The name that was given.
    pub name: Option<String>,
    /// Not to be shown among persons.
    pub hidden: bool,
    /// The person who owns the library named, merged, split or hid them, or chose their picture: no run of the clustering may merge
    /// them or let them go.
    pub touched: bool,
    /// The face that was chosen to stand for them.
    pub picture: Option<FaceId>,
    /// Faces that belong to them.
    pub faces: usize,
    /// Photos that show them.
    pub photos: usize,
}

impl Default for PersonId {
    /// Nobody's number.
    fn default() -> Self {
        Self(0)
    }
}

/// What the pass made of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoPass {
    /// blake3 of the photo's bytes.
    pub photo: [u8; 32],
    /// Its faces; `None` where it could not be looked at: then what was found before stays.
    pub faces: Option<Vec<NewFace>>,
    /// Names that other programs wrote, with where.
    pub regions: Vec<NamedRegion>,
}

/// A name that another program wrote at a place of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRegion {
    /// Where the face is said to be; programs differ in how much of the head they mean.
    pub bounds: FaceBounds,
    /// The name.
    pub name: String,
}

/// A photo that the pass looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassRow {
    /// blake3 of the photo's bytes.
    pub photo: [u8; 32],
    /// Revision of the pass.
    pub revision: u32,
    /// Faces that are kept of it.
    pub faces: usize,
    /// It could not be looked at.
    pub failed: bool,
}

/// Where a run of the clustering puts a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// To a person that there is.
    Person(PersonId),
    /// To a person that there was not yet: faces with the same number belong to the same one.
    New(u32),
    /// To nobody for sure.
    Nobody,
}

/// A step of the person, as it is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// A name was given or taken away.
    Name,
    /// Persons became one.
    Merge,
    /// Some faces became another person.
    Split,
    /// "This is Anna."
    Confirm,
    /// "This is not Anna."
    Refuse,
    /// "These two are not the same."
    Apart,
    /// A person was hidden or shown again.
    Hide,
    /// A face was chosen to stand for a person.
    Picture,
    /// Names were read from a file.
    Import,
}

impl StepKind {
    const ALL: [Self; 9] = [
        Self::Name,
        Self::Merge,
        Self::Split,
        Self::Confirm,
        Self::Refuse,
        Self::Apart,
        Self::Hide,
        Self::Picture,
        Self::Import,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Confirm => "confirm",
            Self::Refuse => "refuse",
            Self::Apart => "apart",
            Self::Hide => "hide",
            Self::Picture => "picture",
            Self::Import => "import",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_become_bytes_and_fractions_and_come_back() {
        let bounds = FaceBounds::of_fractions([0.75, -1.0, 0.25, 0.5]);
        assert_eq!((bounds.top, bounds.left), (0, stored_fraction(0.25)));
        assert_eq!(FaceBounds::from_bytes(bounds.to_bytes()), bounds);
        assert!((bounds.fractions()[2] - 0.75).abs() < 1e-4);
        assert_eq!(FaceBounds::of_fractions([f32::NAN; 4]), FaceBounds::default());
    }

    #[test]
    fn overlap_is_the_area_in_common_over_that_of_both() {
        let at = |left: f32, right: f32| FaceBounds::of_fractions([left, 0.2, right, 0.4]);
        assert!((at(0.1, 0.3).overlap(at(0.1, 0.3)) - 1.0).abs() < 1e-6);
        assert!((at(0.1, 0.3).overlap(at(0.2, 0.4)) - 1.0 / 3.0).abs() < 1e-3);
        assert_eq!(at(0.1, 0.3).overlap(at(0.4, 0.6)), 0.0);
        assert_eq!(FaceBounds::default().overlap(FaceBounds::default()), 0.0);
        assert!(at(0.2, 0.3).has_middle_in(at(0.1, 0.9)) && !at(0.1, 0.9).has_middle_in(at(0.2, 0.3)));
    }
}
