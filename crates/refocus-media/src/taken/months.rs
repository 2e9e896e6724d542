//! Names of months, as programs and people write them into dates.

/// The first letters that tell a month in English, German, French, Spanish, Italian, Portuguese and Dutch, in lower case. The longer
/// ones stand before those that are a part of them.
const BEGINNINGS: [(&str, i64); 42] = [
    ("jan", 1),
    ("jän", 1),
    ("gen", 1),
    ("ene", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("maart", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("aug", 8),
    ("août", 8),
    ("aout", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
    ("mayo", 5),
    ("maio", 5),
];

/// The full names, by which a longer word is told from one that only begins like a month ("Maria", "Augsburg").
const NAMES: [&str; 76] = [
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "jänner",
    "februar",
    "märz",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "janvier",
    "février",
    "fevrier",
    "mars",
    "avril",
    "juin",
    "juillet",
    "août",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "decembre",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "setiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "gennaio",
    "febbraio",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "settembre",
    "ottobre",
    "dicembre",
    "janeiro",
    "fevereiro",
    "março",
    "marco",
    "maio",
    "junho",
    "julho",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
    "januari",
    "februari",
    "maart",
    "mei",
    "augustus",
    "december",
    "sept",
    "juil",
    "may",
    "mai",
];

/// The month, 1 to 12, that a word names, in full or by its first letters.
pub(crate) fn month(word: &str) -> Option<i64> {
    /// Letters of the longest name.
    const LONGEST: usize = 10;
    if word.chars().count() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let short = word.chars().count() <= 3;
    if !short && !NAMES.contains(&word.as_str()) {
        return None;
    }
    BEGINNINGS
        .iter()
        .find(|(beginning, _)| {
            if short {
                word == *beginning
            } else {
                word.starts_with(beginning)
            }
        })
        .map(|(_, month)| *month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_told_from_words_that_begin_like_them() {
        for (word, expected) in [
            ("Jul", 7),
            ("juin", 6),
            ("juillet", 7),
            ("March", 3),
            ("März", 3),
            ("Mai", 5),
            ("DEC", 12),
            ("décembre", 12),
            ("agosto", 8),
            ("Sept", 9),
            ("mayo", 5),
            ("maart", 3),
        ] {
            assert_eq!(month(word), Some(expected), "{word}");
        }
        for word in [
            "",
            "Maria",
            "Augsburg",
            "Fri",
            "Mayer",
            "Junior",
            "Decathlon",
            "x".repeat(1000).as_str(),
        ] {
            assert_eq!(month(word), None, "{word}");
        }
    }

    #[test]
    fn every_full_name_is_a_month() {
        assert_eq!(NAMES.iter().find(|name| month(name).is_none()), None);
    }
}
