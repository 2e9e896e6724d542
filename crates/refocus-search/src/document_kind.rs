//! What kind of document a photo shows, by what is written in it and how that stands: a receipt, a menu, a ticket, a letter …
//!
//! Rules over words of several languages, prices, and the shape of the lines; no network. A photo whose text fits no kind has none.

/// A line of a text, in small letters without accents.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLine<'a> {
    /// What it says.
    pub text: &'a str,
    /// Part of the picture's height that it takes.
    pub height: f32,
}

/// What is known of a picture beside its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct DocumentPicture {
    /// Width and height, pixels.
    pub size: (u32, u32),
    /// A camera took it.
    pub from_camera: bool,
}

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// What was paid.
    Receipt,
    /// What can be eaten, and for how much.
    Menu,
    /// For a journey or a show.
    Ticket,
    /// Addressed to somebody.
    Letter,
    /// A page of running text.
    Page,
    /// What a screen showed.
    Screenshot,
    /// A few words in large letters.
    Sign,
    /// Words on a thing.
    Label,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Receipt,
        Self::Menu,
        Self::Ticket,
        Self::Letter,
        Self::Page,
        Self::Screenshot,
        Self::Sign,
        Self::Label,
    ];

    /// Its name, as a group's head.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Menu => "menu",
            Self::Ticket => "ticket",
            Self::Letter => "letter",
            Self::Page => "page of text",
            Self::Screenshot => "screenshot",
            Self::Sign => "sign",
            Self::Label => "label",
        }
    }
}

/// Words of receipts, beside prices.
const PAID: [&str; 24] = [
    "total",
    "subtotal",
    "summe",
    "gesamt",
    "betrag",
    "mwst",
    "vat",
    "tax",
    "tva",
    "iva",
    "cash",
    "change",
    "visa",
    "mastercard",
    "debit",
    "receipt",
    "quittung",
    "beleg",
    "rechnung",
    "invoice",
    "facture",
    "ticket de caisse",
    "scontrino",
    "qty",
];
/// Words of tickets.
const TRAVEL: [&str; 22] = [
    "boarding",
    "gate",
    "seat",
    "flight",
    "departure",
    "arrival",
    "passenger",
    "platform",
    "admit",
    "admission",
    "row",
    "coach",
    "single",
    "return",
    "sitz",
    "abfahrt",
    "gleis",
    "fahrkarte",
    "eintritt",
    "billet",
    "biglietto",
    "valid",
];
/// Words of letters.
const ADDRESSED: [&str; 14] = [
    "dear",
    "sincerely",
    "regards",
    "yours",
    "faithfully",
    "sehr geehrte",
    "liebe",
    "gruss",
    "grussen",
    "cher",
    "chere",
    "cordialement",
    "estimado",
    "saludos",
];
/// Words of programs.
const ON_SCREEN: [&str; 20] = [
    "http", "https", "www", "file", "edit", "view", "settings", "search", "login", "sign in", "menu", "home", "cancel",
    "ok", "send", "reply", "share", "like", "download", "wifi",
];
/// Words that a letter, and prices that a menu, has at least.
const LETTER_WORDS: usize = 20;
const MENU_PRICES: usize = 4;
/// Lines of running text at least, and characters of one.
const PAGE_LINES: usize = 8;
const PAGE_CHARACTERS: usize = 20;
/// Words of a sign at most.
const SIGN_WORDS: usize = 8;
/// Part of the picture's height from which letters are large.
const LARGE: f32 = 0.06;
/// Screens are so many pixels wide or high.
const SCREENS: [u32; 20] = [
    640, 720, 750, 768, 800, 828, 900, 1024, 1050, 1080, 1125, 1170, 1179, 1200, 1242, 1290, 1366, 1440, 1920, 2560,
];

/// The kind of document that a picture with this text shows; `None` without text.
#[must_use]
pub fn document_kind(lines: &[DocumentLine<'_>], picture: DocumentPicture) -> Option<DocumentKind> {
    if lines.is_empty() {
        return None;
    }
    let words = || {
        lines.iter().flat_map(|line| {
            let words = line.text.split(|c: char| !c.is_alphanumeric());
            words.filter(|word| !word.is_empty())
        })
    };
    let count = words().count();
    let hits = |list: &[&str]| {
        let found = |wanted: &&&str| match wanted.contains(' ') {
            true => lines.iter().any(|line| line.text.contains(**wanted)),
            false => words().any(|word| word == **wanted),
        };
        list.iter().filter(found).count()
    };
    let prices = lines.iter().map(|line| prices(line.text)).sum::<usize>();
    if prices >= 2 && hits(&PAID) >= 1 || hits(&PAID) >= 3 {
        return Some(DocumentKind::Receipt);
    }
    if prices >= MENU_PRICES {
        return Some(DocumentKind::Menu);
    }
    if hits(&TRAVEL) >= 3 {
        return Some(DocumentKind::Ticket);
    }
    if hits(&ADDRESSED) >= 1 && count >= LETTER_WORDS {
        return Some(DocumentKind::Letter);
    }
    let is_screen = SCREENS.contains(&picture.size.0) && SCREENS.contains(&picture.size.1);
    if !picture.from_camera && (is_screen || hits(&ON_SCREEN) >= 3) && lines.len() >= 4 {
        return Some(DocumentKind::Screenshot);
    }
    let long = |line: &&DocumentLine<'_>| line.text.chars().count() >= PAGE_CHARACTERS;
    if lines.iter().filter(long).count() >= PAGE_LINES {
        return Some(DocumentKind::Page);
    }
    let is_large = lines.iter().any(|line| line.height >= LARGE);
    if is_large && count <= SIGN_WORDS {
        return Some(DocumentKind::Sign);
    }
    Some(DocumentKind::Label)
}

/// Numbers with two decimals in a line, as prices are written.
fn prices(text: &str) -> usize {
    let is_price = |word: &str| {
        let digits = |part: &str, least: usize, most: usize| {
            (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let parted = word.rsplit_once(['.', ',']);
        parted.is_some_and(|(whole, cents)| digits(whole, 1, 4) && digits(cents, 2, 2))
    };
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    words
        .map(|word| word.trim_matches(['.', ',']))
        .filter(|word| is_price(word))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str, height: f32, picture: DocumentPicture) -> Option<DocumentKind> {
        let lines: Vec<DocumentLine<'_>> = text.lines().map(|text| DocumentLine { text, height }).collect();
        document_kind(&lines, picture)
    }

    #[test]
    fn documents_are_told_by_their_words_prices_and_lines() {
        let camera = DocumentPicture {
            size: (4000, 3000),
            from_camera: true,
        };
        let prose = "it was a bright cold day in april and the clocks\n".repeat(9);
        for (text, height, expected) in [
            (
                "super market\nmilk 1,29\nbread 2.49\ntotal 3,78",
                0.02,
                DocumentKind::Receipt,
            ),
            ("soup 4.50\nsalad 6.20\nfish 14.90\nwine 5.00", 0.02, DocumentKind::Menu),
            (
                "boarding pass\ngate b12 seat 14c\nflight lh 440",
                0.03,
                DocumentKind::Ticket,
            ),
            (&format!("dear anna\n{prose}"), 0.02, DocumentKind::Letter),
            (&prose, 0.02, DocumentKind::Page),
            ("no entry", 0.2, DocumentKind::Sign),
            ("net weight 500 g keep in a cool place", 0.01, DocumentKind::Label),
        ] {
            assert_eq!(kind(text, height, camera), Some(expected), "{text}");
        }
        let screen = DocumentPicture {
            size: (1080, 1920),
            from_camera: false,
        };
        let shown = kind("messages\nanna\nsee you\nreply", 0.02, screen);
        assert_eq!(shown, Some(DocumentKind::Screenshot));
        assert_eq!(kind("", 0.1, camera), None);
        assert_eq!(prices("12.50 eur, 3,99; 2019.10.11 1.5"), 2);
    }
}
