use super::*;
use std::sync::OnceLock;

/// The pack that is built from this project.
fn pack() -> &'static LanguagePack {
    static PACK: OnceLock<LanguagePack> = OnceLock::new();
    PACK.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/languages.safetensors");
        LanguagePack::open(&path).unwrap()
    })
}

#[test]
fn a_focus_that_was_translated_by_hand_is_that_wording() {
    for (text, english) in [
        ("die Farbe der Kleidung", "the colour of the clothes"),
        ("服の色", "the colour of the clothes"),
        ("время года", "the season"),
    ] {
        assert_eq!(pack().focus(text).unwrap().unwrap().english, [english], "{text}");
    }
}

#[test]
fn a_focus_in_other_words_is_the_nearest_wording() {
    for (text, english) in [
        ("welche Farbe die Dinge haben", "the colour"),
        ("couleur du chien", "the colour of the dog"),
        ("die Anzahl der Personen", "how many people there are"),
        ("la cantidad de personas en la imagen", "how many people there are"),
        ("la couleur des vêtements", "the colour of the clothes"),
    ] {
        assert_eq!(pack().focus(text).unwrap().unwrap().english, [english], "{text}");
    }
}

#[test]
fn english_is_left_as_it_is() {
    for text in [
        "the colour of the clothes",
        "how many people",
        "a red car on a beach",
        "pies",
        "kind people at a wand shop",
        "…",
        "",
        "2013",
    ] {
        assert_eq!(pack().focus(text).unwrap(), None, "{text}");
        assert_eq!(pack().find(text).unwrap(), None, "{text}");
    }
}

#[test]
fn what_is_to_be_found_is_said_in_english() {
    for (text, word) in [
        ("roter Regenschirm", "red umbrella"),
        ("красная машина", "red car"),
        ("voiture rouge", "red car"),
        ("机の上のノートパソコン", "laptop on table"),
        ("고양이", "cat"),
        ("une église la nuit", "church"),
        // Too few letters to tell a language by.
        ("un coche", "car"),
        ("Leute am Strand", "beach"),
    ] {
        let found = pack().find(text).unwrap().unwrap().english;
        assert!(found.iter().any(|phrase| phrase.contains(word)), "{text}: {found:?}");
    }
}

#[test]
fn a_damaged_pack_is_refused_by_name() {
    for bytes in [&b""[..], b"not a pack", &[255; 64]] {
        let message = LanguagePack::read("my.pack", bytes).unwrap_err().to_string();
        assert!(message.contains("my.pack"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let whole =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/languages.safetensors")).unwrap();
    let cut = folder.path().join("cut.pack");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    assert!(LanguagePack::open(&cut).unwrap_err().to_string().contains("cut.pack"));
    let old = folder.path().join("old.pack");
    let mut bytes = whole;
    let version = br#""version":"2""#;
    let place = bytes.windows(version.len()).position(|part| part == version).unwrap();
    bytes[place + version.len() - 2] = b'9';
    std::fs::write(&old, &bytes).unwrap();
    let message = LanguagePack::open(&old).unwrap_err().to_string();
    assert!(message.contains("old.pack") && message.contains("version"), "{message}");
    let facts = PackFacts::read(&old).unwrap();
    assert_eq!((facts.version.as_str(), facts.readable), ("9", false));
    assert!(PackFacts::read(&folder.path().join("none.pack")).is_err());
    let huge = folder.path().join("huge.pack");
    std::fs::File::create(&huge).unwrap().set_len(MOST_BYTES + 1).unwrap();
    let message = LanguagePack::open(&huge).unwrap_err().to_string();
    assert!(message.contains("huge.pack") && message.contains("bytes"), "{message}");
}

/// What the English wordings of `crates/refocus-lab/data/languages.tsv`, which were translated before anything was trained, mean by
/// the label that they are judged by.
const MEANT: [(&str, &str); 11] = [
    ("scenes:colour", "the colour"),
    ("scenes:shape", "the shape"),
    ("scenes:texture", "the texture"),
    ("scenes:count", "how many objects there are"),
    ("everyday:people", "how many people there are"),
    ("everyday:setting", "indoors or outdoors"),
    ("everyday:place", "the place"),
    ("everyday:who", "who is in the photo"),
    ("everyday:doing", "what the people are doing"),
    ("everyday:time", "the time of day"),
    ("everyday:weather", "the weather"),
];

#[test]
fn eight_in_ten_wordings_that_were_never_trained_are_understood() {
    let table = include_str!("../../../refocus-lab/data/languages.tsv");
    let mut lines = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let (mut asked, mut right, mut foreign) = (0, 0, 0);
    for line in lines {
        for (code, text) in head.iter().zip(&line).skip(3) {
            let language = pack().language_of(text);
            foreign += usize::from(language.is_some_and(|language| language.code() == *code));
            let understood = match line[0] {
                "focus" => pack().focus(text).unwrap(),
                _ => pack().find(text).unwrap(),
            };
            let english = understood.map(|understood| understood.english).unwrap_or_default();
            println!(
                "{}\t{}\t{}\t{code}\t{text}\t{language:?}\t{}",
                line[0],
                line[1],
                line[2],
                english.join("|")
            );
            if let Some((_, meant)) = MEANT.iter().find(|(label, _)| *label == line[1]) {
                asked += 1;
                right += usize::from(english == [*meant]);
            }
        }
    }
    println!("{right} of {asked} understood, {foreign} told by language");
    assert!(10 * right >= 8 * asked, "{right} of {asked}");
}
