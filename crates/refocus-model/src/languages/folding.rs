//! Words as they are compared: in lower case, without accents. `packaging/assets/convert_language_pack.py` folds the pack's words
//! the same way.

use super::detection::Language;

/// Letters with accents, and what they are without.
const LETTERS: [(&str, char); 17] = [
    ("àáâãäåāąă", 'a'),
    ("çćč", 'c'),
    ("ď", 'd'),
    ("èéêëēęě", 'e'),
    ("ìíîïīı", 'i'),
    ("ł", 'l'),
    ("ñńň", 'n'),
    ("òóôõöøōő", 'o'),
    ("ř", 'r'),
    ("śšşș", 's'),
    ("ťţ", 't'),
    ("ùúûüūůű", 'u'),
    ("ýÿ", 'y'),
    ("źżž", 'z'),
    ("ğ", 'g'),
    ("ё", 'е'),
    ("’", '\''),
];

/// A text in lower case and without accents. Marks that stand by themselves after their letter are dropped.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            '\u{300}'..='\u{36f}' => {}
            _ => {
                let plain = LETTERS.iter().find(|(accented, _)| accented.contains(letter));
                folded.push(plain.map_or(letter, |(_, plain)| *plain));
            }
        }
    }
    folded
}

/// A folded word without what its ending changes in it: Dutch writes *boom* and *bomen*, *huis* and *huizen*.
pub(super) fn squash(word: &str, language: Language) -> String {
    if language != Language::Dutch {
        return word.to_owned();
    }
    let mut squashed = String::with_capacity(word.len());
    for letter in word.chars() {
        if !squashed.ends_with(letter) {
            squashed.push(letter);
        }
    }
    squashed.replace('z', "s").replace('v', "f")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_fall_in_both_ways_of_writing_them() {
        assert_eq!(
            fold("Größe ŻÓŁW Œuvre İstanbul ёлка"),
            "grosse zolw oeuvre istanbul елка"
        );
        assert_eq!(fold("e\u{301}te\u{301}"), "ete");
    }

    #[test]
    fn dutch_stems_are_alike_in_singular_and_plural() {
        let alike = |a: &str, b: &str| squash(b, Language::Dutch).starts_with(&squash(a, Language::Dutch));
        assert!(alike("boom", "bomen") && alike("huis", "huizen") && alike("brief", "brieven"));
        assert_eq!(squash("boom", Language::German), "boom");
    }
}
