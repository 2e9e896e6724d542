//! Faces as the grouping of people sees them.

/// Numbers of an identity.
pub const IDENTITY_DIM: usize = 128;

/// Whose a face is by now. Persons are named by the numbers that the library gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Belongs {
    /// Nobody's for sure.
    #[default]
    Nobody,
    /// A person's, as an earlier run says: the next may say something else.
    Clustered(i64),
    /// A person's, as the person who owns the library says, of this face or of those it stands among. Such a face is never moved.
    Confirmed(i64),
}

impl Belongs {
    /// The person, whoever says so.
    #[must_use]
    pub fn person(self) -> Option<i64> {
        match self {
            Self::Nobody => None,
            Self::Clustered(person) | Self::Confirmed(person) => Some(person),
        }
    }
}

/// A face that was found in a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// The photo: two faces of one photo are two persons, unless somebody says otherwise.
    pub photo: u32,
    /// Identity: each number is `values × scale`. Euclidean distances between them tell persons apart.
    pub values: [i8; IDENTITY_DIM],
    /// What the numbers are multiplied by.
    pub scale: f32,
    /// Whether it can be seen well enough to say who is who, see [`is_telling`]. Others may join a person, and never make two one.
    pub telling: bool,
    /// Whose it is by now.
    pub belongs: Belongs,
    /// Persons whose it is not, as was said.
    pub refused: Vec<i64>,
}

/// Least pixels of a face that tells who it is, in a photo whose longer side has 1,024. Smaller faces of strangers lie nearer to each
/// other, see `synthetic.rs`.
const TELLING_SIZE: u16 = 44;
/// Least sharpness.
const TELLING_SHARPNESS: u8 = 48;
/// Most turned.
const MOST_TURNED: u8 = 160;

/// Whether a face of this size (pixels of its longer side, in a photo whose longer side has 1,024), sharpness (255: sharp) and pose (0:
/// frontal, 255: profile) tells who it is.
#[must_use]
pub fn is_telling(size: u16, sharpness: u8, pose: u8) -> bool {
    size >= TELLING_SIZE && sharpness >= TELLING_SHARPNESS && pose <= MOST_TURNED
}

impl Face {
    /// The identity in plain numbers.
    pub(super) fn numbers(&self) -> [f32; IDENTITY_DIM] {
        self.values.map(|value| f32::from(value) * self.scale)
    }

    /// The squared length of the identity.
    pub(super) fn square(&self) -> f32 {
        let sum: i32 = self.values.iter().map(|value| i32::from(*value).pow(2)).sum();
        sum as f32 * self.scale * self.scale
    }

    /// The Euclidean distance to another face.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        let products = self.values.iter().zip(&other.values);
        let sum: i32 = products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        let squared = self.square() + other.square() - 2.0 * sum as f32 * self.scale * other.scale;
        squared.max(0.0).sqrt()
    }
}

/// The places of faces in an order that depends on nothing but the faces: whatever follows it comes out the same, whichever photo came
/// first.
pub(super) fn canonical_order(faces: &[Face]) -> Vec<u32> {
    let mut order: Vec<u32> = (0u32..).zip(faces).map(|(place, _)| place).collect();
    let face = |place: &u32| faces.get(*place as usize);
    order.sort_by(|a, b| {
        let (a_face, b_face) = (face(a), face(b));
        let key = |face: Option<&Face>| face.map(|face| face.scale.to_bits());
        let values = a_face.map(|face| &face.values).cmp(&b_face.map(|face| &face.values));
        values.then(key(a_face).cmp(&key(b_face))).then(a.cmp(b))
    });
    order
}
