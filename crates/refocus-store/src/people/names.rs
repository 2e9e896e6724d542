//! The form in which names are compared.
//!
//! Source: The Unicode Standard, section 3.13 (default caseless matching) and UAX #15 (normalization forms).

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// A name composed (NFC), without cases, with single spaces: two names that are the same in this form mean the same person.
pub(super) fn same_name_form(name: &str) -> String {
    let folded: String = name.nfd().default_case_fold().nfc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_accents_and_spaces_do_not_make_another_name() {
        assert_eq!(
            same_name_form(" Jos\u{e9}  GARC\u{cd}A "),
            same_name_form("JOSE\u{301} garci\u{301}a")
        );
        assert_ne!(same_name_form("Jose"), same_name_form("Jos\u{e9}"));
    }
}
