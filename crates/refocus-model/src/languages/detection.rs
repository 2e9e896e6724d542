//! Which language a text is in: by its script, and among those in Latin letters by which groups of letters are frequent in each
//! (naive Bayes over hashed groups of one to four letters; the pack holds the table).

use crate::ModelError;
use crate::assets::WeightFile;

/// Languages whose words the pack knows, beside English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Italian.
    Italian,
    /// Portuguese.
    Portuguese,
    /// Dutch.
    Dutch,
    /// Polish.
    Polish,
    /// Turkish.
    Turkish,
    /// Russian.
    Russian,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Chinese.
    Chinese,
}

/// Places in the table for groups of letters.
const BUCKETS: usize = 8192;
/// Languages in Latin letters, English first, as the rows of the table.
const LATIN: usize = 9;
/// Longest group of letters.
const LONGEST: usize = 4;
/// What English is ahead by, in the table's sixteenths of a nat: a text is English unless it clearly is something else.
const FOR_ENGLISH: i32 = 32;

impl Language {
    /// All of them, in the order of the pack's rows.
    pub const ALL: [Self; 12] = [
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Portuguese,
        Self::Dutch,
        Self::Polish,
        Self::Turkish,
        Self::Russian,
        Self::Japanese,
        Self::Korean,
        Self::Chinese,
    ];

    /// Its code (ISO 639-1).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Turkish => "tr",
            Self::Russian => "ru",
            Self::Japanese => "ja",
            Self::Korean => "ko",
            Self::Chinese => "zh",
        }
    }
}

/// How frequent groups of letters are in each language.
pub(super) struct Letters {
    /// `[LATIN, BUCKETS]`: log-probabilities minus their mean over the languages, in sixteenths of a nat.
    table: Vec<i8>,
}

impl Letters {
    /// # Errors
    /// [`ModelError::Asset`] where the table has another size.
    pub(super) fn read(file: &WeightFile<'_>) -> Result<Self, ModelError> {
        let bytes = file.bytes("letters", LATIN * BUCKETS)?;
        let table = bytes.iter().map(|byte| byte.cast_signed()).collect();
        Ok(Self { table })
    }

    /// The language of a text in lower case; `None` for English, and where nothing can be told.
    pub(super) fn language_of(&self, text: &str) -> Option<Language> {
        let count = |of: fn(char) -> bool| text.chars().filter(|c| of(*c)).count();
        let letters = count(char::is_alphabetic);
        let [hangul, kana, han, cyrillic] = [
            count(|c| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}')),
            count(|c| matches!(c, '\u{3040}'..='\u{30ff}')),
            count(|c| matches!(c, '\u{3400}'..='\u{9fff}')),
            count(|c| matches!(c, '\u{400}'..='\u{4ff}')),
        ];
        if letters == 0 {
            return None;
        }
        if 2 * (hangul + kana + han + cyrillic) > letters {
            return Some(match (hangul, kana, cyrillic) {
                (1.., _, _) => Language::Korean,
                (_, 1.., _) => Language::Japanese,
                (_, _, 1..) => Language::Russian,
                _ => Language::Chinese,
            });
        }
        let mut scores = [0i32; LATIN];
        if let Some(english) = scores.first_mut() {
            *english = FOR_ENGLISH;
        }
        for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
            let word: Vec<char> = format!("<{word}>").chars().collect();
            for size in 1..=LONGEST {
                for gram in word.windows(size) {
                    let place = bucket(gram);
                    for (score, row) in scores.iter_mut().zip(self.table.chunks_exact(BUCKETS)) {
                        *score += row.get(place).copied().map_or(0, i32::from);
                    }
                }
            }
        }
        let best = (0..LATIN).max_by_key(|row| (scores.get(*row).copied(), std::cmp::Reverse(*row)))?;
        Language::ALL.get(best.checked_sub(1)?).copied()
    }
}

/// FNV-1a of the letters' bytes.
fn bucket(gram: &[char]) -> usize {
    let mut value = 0xcbf2_9ce4_8422_2325u64;
    let mut buffer = [0; 4];
    for letter in gram {
        for byte in letter.encode_utf8(&mut buffer).bytes() {
            value = (value ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    (value % BUCKETS as u64) as usize
}
