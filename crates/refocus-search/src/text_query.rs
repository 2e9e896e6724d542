//! What a find text says of text in photos: `text:café -text:sale text:"farm market"`.

/// The mark before a word that must stand in the picture.
const MARK: &str = "text:";

/// Words that must, or must not, stand in a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextQuery {
    /// Words, or parts of them, that must stand in it.
    pub wanted: Vec<String>,
    /// The same, of which none may stand in it.
    pub unwanted: Vec<String>,
    /// Quoted phrases among the wanted and unwanted: whole words, in their order.
    pub quoted: Vec<String>,
    /// Something without any letter or digit was asked for, which stands in no text that is compared.
    pub without_letters: bool,
}

impl TextQuery {
    /// Takes what is said of text out of a find text, and gives back the rest.
    #[must_use]
    pub fn split(find: &str) -> (Self, String) {
        let (mut query, mut kept) = (Self::default(), String::new());
        let mut rest = find;
        while !rest.is_empty() {
            let blank = rest.len() - rest.trim_start().len();
            let (space, piece) = rest.split_at(blank);
            let (negative, after_sign) = match piece.strip_prefix('-') {
                Some(after) => (true, after),
                None => (false, piece),
            };
            let marked = after_sign
                .get(..MARK.len())
                .is_some_and(|mark| mark.eq_ignore_ascii_case(MARK));
            let (taken, remaining) = piece.split_at(end_of(piece));
            rest = remaining;
            let asked = taken.split_once(':').map_or("", |(_, asked)| asked);
            let phrase = asked.trim_matches('"').split_whitespace().collect::<Vec<_>>().join(" ");
            if !marked {
                kept.push_str(space);
                kept.push_str(taken);
            } else if !phrase.chars().any(char::is_alphanumeric) {
                // While it is being typed nothing is asked for yet.
                query.without_letters |= !phrase.is_empty();
            } else {
                if asked.starts_with('"') {
                    query.quoted.push(phrase.clone());
                }
                if negative {
                    query.unwanted.push(phrase);
                } else {
                    query.wanted.push(phrase);
                }
            }
        }
        (query, kept.trim().to_owned())
    }

    /// Whether nothing is said of text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty() && !self.without_letters
    }
}

/// Where the piece at the start of a text ends, bytes: at a space, or behind the quotation in which that stands.
fn end_of(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if quoted => return at + 1,
            '"' => quoted = true,
            c if c.is_whitespace() && !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(find: &str) -> (Vec<String>, Vec<String>, Vec<String>, String) {
        let (query, rest) = TextQuery::split(find);
        (query.wanted, query.unwanted, query.quoted, rest)
    }

    #[test]
    fn what_has_no_letters_is_told_and_what_is_not_typed_yet_is_not() {
        for (find, without) in [
            ("text:!!!", true),
            ("-text:\u{1f389} a", true),
            ("text:", false),
            ("text:\"\"", false),
            ("text:a!", false),
        ] {
            assert_eq!(TextQuery::split(find).0.without_letters, without, "{find}");
        }
    }

    #[test]
    fn what_is_said_of_text_is_taken_out_and_the_rest_stays() {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        for (find, wanted, unwanted, quoted, rest) in [
            ("red car", &[][..], &[][..], &[][..], "red car"),
            ("text:café red  car", &["café"], &[], &[], "red  car"),
            ("a -text:sale \"b c\" TEXT:two", &["two"], &["sale"], &[], "a \"b c\""),
            ("text:\"farm  market\" x", &["farm market"], &[], &["farm market"], "x"),
            ("-text:\"no entry", &[], &["no entry"], &["no entry"], ""),
            ("text: sea", &[], &[], &[], "sea"),
            ("text:\"\" context:a -dog", &[], &[], &[], "context:a -dog"),
            ("text", &[], &[], &[], "text"),
        ] {
            assert_eq!(
                split(find),
                (own(wanted), own(unwanted), own(quoted), rest.to_owned()),
                "{find}"
            );
        }
    }
}
