use super::*;
use crate::tags::Face;

const HEAD: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
    <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#;
const TAIL: &str = r#"</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

const NAMESPACES: &str = r#"xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" xmlns:mediapro="http://ns.iview-multimedia.com/mediapro/1.0/"
    xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
    xmlns:mwg-kw="http://www.metadataworkinggroup.com/schemas/keywords/" xmlns:MP="http://ns.microsoft.com/photo/1.2/"
    xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#""#;

fn of(body: &str) -> PhotoTags {
    read(format!("{HEAD}{body}{TAIL}").as_bytes())
}

/// A packet of one block of properties, some as attributes and some as elements.
fn described(attributes: &str, elements: &str) -> Statement {
    let body = format!("<rdf:Description {NAMESPACES} {attributes}>{elements}</rdf:Description>");
    statement(format!("{HEAD}{body}{TAIL}").as_bytes(), None)
}

fn bag(property: &str, items: &[&str]) -> String {
    let items: String = items.iter().map(|item| format!("<rdf:li>{item}</rdf:li>")).collect();
    format!("<{property}><rdf:Bag>{items}</rdf:Bag></{property}>")
}

fn words(tags: &PhotoTags) -> Vec<&str> {
    tags.keywords.iter().flatten().map(String::as_str).collect()
}

#[test]
fn rating_and_keywords_are_read_in_both_ways_of_writing() {
    let attribute = of(r#"<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>Berlin</rdf:li>
        <rdf:li>R&amp;B &#x41;</rdf:li><rdf:li> </rdf:li><rdf:li>Berlin</rdf:li></rdf:Bag></dc:subject>
        <dc:title><rdf:Alt><rdf:li xml:lang="x-default">no keyword</rdf:li></rdf:Alt></dc:title></rdf:Description>"#);
    assert_eq!(attribute.rating, Some(4));
    assert_eq!(words(&attribute), ["Berlin", "R&B A"]);
    assert_eq!(attribute.title.as_deref(), Some("no keyword"));
    let element =
        of(r#"<rdf:Description xmlns:a="http://ns.adobe.com/xap/1.0/"><a:Rating>3</a:Rating></rdf:Description>"#);
    assert_eq!((element.rating, element.keywords), (Some(3), None));
}

#[test]
fn ratings_outside_the_stars_are_none_or_the_nearest() {
    let rated = |text: &str| described(&format!(r#"xmp:Rating="{text}""#), "").tags.rating;
    assert_eq!(["", "x", "NaN"].map(rated), [None; 3]);
    assert_eq!(["-1", "0", "-1.0"].map(rated), [Some(-1), Some(0), Some(-1)]);
    assert_eq!(
        ["9", "2.6", "3,0", " 4 "].map(rated),
        [Some(5), Some(3), Some(3), Some(4)]
    );
}

#[test]
fn ratings_in_per_cent_serve_where_there_are_no_stars() {
    let rated = |attributes: &str| described(attributes, "").tags.rating;
    let percents = ["0", "1", "25", "50", "75", "99"].map(|percent| format!(r#"MicrosoftPhoto:Rating="{percent}""#));
    assert_eq!(
        percents.each_ref().map(|text| rated(text)),
        [0, 1, 2, 3, 4, 5].map(Some)
    );
    assert_eq!(rated(r#"MicrosoftPhoto:Rating="99" xmp:Rating="2""#), Some(2));
    assert_eq!(rated(r#"MicrosoftPhoto:Rating="99" xmp:Rating="0""#), Some(0));
    assert_eq!(rated(r#"acdsee:rating="3""#), Some(3));
    let without_slash = r#"<rdf:Description xmlns:M="http://ns.microsoft.com/photo/1.0" M:Rating="75"/>"#;
    assert_eq!(of(without_slash).rating, Some(4));
}

#[test]
fn what_is_marked_as_rejected_beside_the_stars_is_rejected_where_it_has_none() {
    let rated = |attributes: &str| described(attributes, "").tags.rating;
    assert_eq!(rated(r#"digiKam:PickLabel="1" xmp:Rating="0""#), Some(-1));
    assert_eq!(rated(r#"digiKam:PickLabel="1" xmp:Rating="3""#), Some(3));
    assert_eq!(rated(r#"digiKam:PickLabel="3" xmp:Rating="0""#), Some(0));
}

#[test]
fn flat_keywords_come_first_and_hierarchies_follow_as_paths() {
    let lists = [
        bag("digiKam:TagsList", &["Places/Portugal/Lisbon", "People/Ana"]),
        bag("lr:hierarchicalSubject", &["Places|Portugal|Lisbon", "sea"]),
        bag("dc:subject", &["Lisbon", "Sea"]),
        bag(
            "MicrosoftPhoto:LastKeywordXMP",
            &["places/portugal/lisbon", "Trips/2013"],
        ),
        bag("mediapro:CatalogSets", &["Sets|Best"]),
    ];
    let tags = described("", &lists.concat()).tags;
    assert_eq!(
        words(&tags),
        [
            "Lisbon",
            "Sea",
            "Places|Portugal|Lisbon",
            "People|Ana",
            "Trips|2013",
            "Sets|Best"
        ]
    );
}

#[test]
fn the_hierarchies_of_acdsee_and_of_the_working_group_are_paths() {
    let categories = "&lt;Categories&gt;&lt;Category Assigned=&quot;0&quot;&gt;Places&lt;Category Assigned=&quot;1&quot;&gt;Lisbon\
        &lt;/Category&gt;&lt;/Category&gt;&lt;Category Assigned=&quot;1&quot;&gt;Best&lt;/Category&gt;&lt;/Categories&gt;";
    let tags = described("", &format!("<acdsee:categories>{categories}</acdsee:categories>")).tags;
    assert_eq!(words(&tags), ["Places|Lisbon", "Best"]);
    assert_eq!(
        words(&described(&format!("acdsee:categories=\"{categories}\""), "").tags),
        ["Places|Lisbon", "Best"]
    );
    let hierarchy = r#"<mwg-kw:Keywords rdf:parseType="Resource"><mwg-kw:Hierarchy><rdf:Bag><rdf:li rdf:parseType="Resource">
        <mwg-kw:Keyword>Places</mwg-kw:Keyword><mwg-kw:Children><rdf:Bag><rdf:li mwg-kw:Keyword="Lisbon"/>
        <rdf:li><rdf:Description mwg-kw:Keyword="Porto" mwg-kw:Applied="False"/></rdf:li></rdf:Bag></mwg-kw:Children>
        </rdf:li></rdf:Bag></mwg-kw:Hierarchy></mwg-kw:Keywords>"#;
    assert_eq!(words(&described("", hierarchy).tags), ["Places|Lisbon"]);
}

#[test]
fn a_list_that_was_emptied_says_that_there_are_no_keywords() {
    for empty in [
        "<dc:subject/>",
        "<dc:subject></dc:subject>",
        "<dc:subject><rdf:Bag/></dc:subject>",
        "<dc:subject><rdf:Bag><rdf:li/></rdf:Bag></dc:subject>",
        "<dc:subject>\n <rdf:Seq>\n </rdf:Seq>\n</dc:subject>",
    ] {
        assert_eq!(described("", empty).tags.keywords, Some(vec![]), "{empty}");
        let stale = bag("MicrosoftPhoto:LastKeywordXMP", &["old"]);
        assert_eq!(
            described("", &format!("{empty}{stale}")).tags.keywords,
            Some(vec![]),
            "{empty}"
        );
    }
    assert_eq!(described("", "").tags.keywords, None);
    // Not a list, but meant as one.
    assert_eq!(words(&described("", "<dc:subject>sea</dc:subject>").tags), ["sea"]);
    assert_eq!(words(&described(r#"dc:subject="sea""#, "").tags), ["sea"]);
}

#[test]
fn titles_captions_and_places_are_read_in_the_default_language() {
    let texts = r#"<dc:title><rdf:Alt><rdf:li xml:lang="de">Fähre</rdf:li><rdf:li xml:lang="x-default">Ferry</rdf:li></rdf:Alt>
        </dc:title><dc:description><rdf:Alt><rdf:li xml:lang="pt">Ao anoitecer</rdf:li></rdf:Alt></dc:description>
        <photoshop:Headline>Headline</photoshop:Headline><Iptc4xmpCore:Location>Alfama</Iptc4xmpCore:Location>"#;
    let tags = described(
        r#"photoshop:City="Lisbon" photoshop:State="Lisboa" photoshop:Country="Portugal""#,
        texts,
    )
    .tags;
    assert_eq!(tags.title.as_deref(), Some("Ferry"));
    assert_eq!(tags.caption.as_deref(), Some("Ao anoitecer"));
    assert_eq!(tags.place.as_deref(), Some("Alfama, Lisbon, Lisboa, Portugal"));
    let headline = described(
        r#"photoshop:Headline="Headline" exif:UserComment="said""#,
        "<dc:title/>",
    )
    .tags;
    assert_eq!(
        (headline.title.as_deref(), headline.caption.as_deref()),
        (Some("Headline"), Some("said"))
    );
    let shown = described(
        "",
        r#"<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li Iptc4xmpExt:City="Almada" exif:GPSLatitude="59,42.0N"
        exif:GPSLongitude="-9.5"/></rdf:Bag></Iptc4xmpExt:LocationCreated>
        <Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:City>Lisbon</Iptc4xmpExt:City>
        <Iptc4xmpExt:CountryName><rdf:Alt><rdf:li xml:lang="x-default">Portugal</rdf:li></rdf:Alt></Iptc4xmpExt:CountryName>
        </rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>"#,
    );
    assert_eq!(shown.tags.place.as_deref(), Some("Almada; Lisbon, Portugal"));
    // Python 3: 59 + 42.0/60.
    let place = shown.gps.unwrap();
    assert!((place.latitude - 59.7).abs() < 1e-9 && (place.longitude + 9.5).abs() < 1e-9);
    let camera = r#"<dc:description><rdf:Alt><rdf:li xml:lang="x-default">OLYMPUS DIGITAL CAMERA</rdf:li></rdf:Alt></dc:description>"#;
    assert_eq!(described("", camera).tags.caption, None);
}

#[test]
fn faces_have_names_and_areas() {
    let regions = r#"<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource"/>
        <mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ana" mwg-rs:Type="Face"><mwg-rs:Area stArea:x="0.5"
        stArea:y="0.25" stArea:w="0.125" stArea:h="0.25" stArea:unit="normalized"/></rdf:Description></rdf:li>
        <rdf:li rdf:parseType="Resource"><mwg-rs:Type>Focus</mwg-rs:Type><mwg-rs:Name>focus</mwg-rs:Name></rdf:li>
        <rdf:li rdf:parseType="Resource"><mwg-rs:Type>Face</mwg-rs:Type></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"#;
    let microsoft = r#"<MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.5, 0.25, 0.25, 0.5"
        MPReg:PersonDisplayName="Rui"/><rdf:li MPReg:PersonDisplayName="Ana" MPReg:Rectangle="0.4, 0.1, 0.1, 0.2"/></rdf:Bag>
        </MPRI:Regions></rdf:Description></MP:RegionInfo>"#;
    let people = bag("Iptc4xmpExt:PersonInImage", &["Ana", "Zé"]);
    let face = |name: &str, area| Face {
        name: name.to_owned(),
        area,
    };
    let (ana, rui) = (
        face("Ana", [0.5, 0.25, 0.125, 0.25]),
        face("Rui", [0.625, 0.5, 0.25, 0.5]),
    );
    assert_eq!(
        described("", &[regions, microsoft, &people].concat()).tags.faces,
        [ana, rui.clone(), face("Zé", [0.0; 4])]
    );
    let [first, second] = <[Face; 2]>::try_from(described("", microsoft).tags.faces).unwrap();
    assert_eq!((first, second.name.as_str()), (rui, "Ana"));
}

/// The same face as programs write it into a picture that is stored lying on its side, and upright.
#[test]
fn faces_of_turned_pictures_are_told_in_the_upright_one() {
    let region = |sides: &str, area: &str| {
        format!(
            r#"<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions {sides} stDim:unit="pixel"/>
            <mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ana" mwg-rs:Type="Face"><mwg-rs:Area {area}/>
            </rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"#
        )
    };
    let stored = r#"stArea:x="0.25" stArea:y="0.125" stArea:w="0.5" stArea:h="0.0625""#;
    let area = |attributes: &str, elements: &str| described(attributes, elements).tags.faces[0].area;
    let lying = region(r#"stDim:w="4032" stDim:h="3024""#, stored);
    // The first row is the picture's right side: https://exiftool.org/TagNames/EXIF.html, 0x0112.
    assert_eq!(area(r#"tiff:Orientation="6""#, &lying), [0.875, 0.25, 0.0625, 0.5]);
    assert_eq!(area(r#"tiff:Orientation="8""#, &lying), [0.125, 0.75, 0.0625, 0.5]);
    assert_eq!(area(r#"tiff:Orientation="3""#, &lying), [0.75, 0.875, 0.5, 0.0625]);
    assert_eq!(area("", &lying), [0.25, 0.125, 0.5, 0.0625]);
    let standing = region(r#"stDim:w="3024" stDim:h="4032""#, stored);
    assert_eq!(area(r#"tiff:Orientation="6""#, &standing), [0.25, 0.125, 0.5, 0.0625]);
    let packet = format!("{HEAD}<rdf:Description {NAMESPACES}>{lying}</rdf:Description>{TAIL}");
    let of_file = statement(packet.as_bytes(), Some(6)).tags.faces[0].area;
    assert_eq!(of_file, [0.875, 0.25, 0.0625, 0.5]);
}

#[test]
fn dates_and_the_position_are_read() {
    let said = described(
        r#"xmp:CreateDate="2013-07-13T08:00:00" photoshop:DateCreated="2013-07-12" exif:DateTimeOriginal="2013-07-12T16:54:27+01:00"
        xmp:ModifyDate="2014-01-01T00:00:00" xmp:MetadataDate="2020-01-01T00:00:00Z" exif:GPSLatitude="38,42.6834N" exif:GPSLongitude="9,7.5W" exif:GPSAltitude="123/10""#,
        "",
    );
    let dates: Vec<_> = said
        .dates
        .iter()
        .map(|(source, text)| (*source, text.as_str()))
        .collect();
    assert_eq!(
        dates,
        [
            (DateSource::Xmp, "2013-07-12T16:54:27+01:00"),
            (DateSource::Xmp, "2013-07-12"),
            (DateSource::XmpCreated, "2013-07-13T08:00:00"),
            (DateSource::ExifModified, "2014-01-01T00:00:00")
        ]
    );
    assert_eq!(said.changed.as_deref(), Some("2020-01-01T00:00:00Z"));
    let place = said.gps.unwrap();
    assert!((place.latitude - 38.711_39).abs() < 1e-9 && (place.longitude + 9.125).abs() < 1e-9);
    assert_eq!(place.altitude_m, Some(12.3));
}

#[test]
fn a_name_from_another_namespace_is_something_else() {
    let other = of(r#"<rdf:Description xmlns:xmp="http://example.org/" xmp:Rating="4"/>"#);
    assert_eq!(other, PhotoTags::default());
    // One that nobody declared is what it is by custom; one that holds for an element ends with it.
    assert_eq!(of(r#"<rdf:Description xmp:Rating="4"/>"#).rating, Some(4));
    let ended = r#"<rdf:Description xmlns:a="http://ns.adobe.com/xap/1.0/"/><rdf:Description a:Rating="4"/>"#;
    assert_eq!(of(ended).rating, None);
}

#[test]
fn elements_without_a_prefix_are_in_the_namespace_that_holds() {
    let packet = br#"<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Description><subject
        xmlns="http://purl.org/dc/elements/1.1/"><Bag xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><li>sea</li></Bag>
        </subject></Description></RDF>"#;
    assert_eq!(words(&read(packet)), ["sea"]);
}

#[test]
fn what_is_said_of_another_picture_is_not_said_of_this_one() {
    let other = r#"<xmpMM:Pantry xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li><rdf:Description xmp:Rating="5"
        dc:subject="other"><dc:title>other</dc:title></rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>"#;
    assert_eq!(described("", other).tags, PhotoTags::default());
    assert_eq!(described(r#"xmp:Rating="2""#, other).tags.rating, Some(2));
}

#[test]
fn every_width_of_characters_is_read_with_and_without_a_mark() {
    let text = format!(r#"{HEAD}<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"/>{TAIL}"#);
    let marked = format!("\u{feff}{text}");
    for text in [text, marked] {
        let wide = |number: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(number).collect::<Vec<u8>>();
        let wider = |number: fn(u32) -> [u8; 4]| text.chars().map(u32::from).flat_map(number).collect::<Vec<u8>>();
        for packet in [
            text.clone().into_bytes(),
            wide(u16::to_be_bytes),
            wide(u16::to_le_bytes),
            wider(u32::to_be_bytes),
            wider(u32::to_le_bytes),
        ] {
            assert_eq!(read(&packet).rating, Some(2));
        }
    }
    let latin =
        b"<rdf:Description><dc:subject><rdf:Bag><rdf:li>caf\xe9</rdf:li></rdf:Bag></dc:subject></rdf:Description>";
    assert_eq!(words(&read(latin)), ["café"]);
}

#[test]
fn entities_do_not_grow_and_hostile_packets_end_soon() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="&b;"><dc:subject><rdf:Bag><rdf:li>x&b;y</rdf:li>
        </rdf:Bag></dc:subject></rdf:Description>"#;
    assert_eq!(words(&read(bomb.as_bytes())), ["xy"]);
    let start = std::time::Instant::now();
    let attributes: String = (0..200_000).map(|n| format!(" xmlns:a{n}=\"{n}\"")).collect();
    of(&format!("<rdf:Description{attributes}/>"));
    let bound: String = (0..200_000)
        .map(|n| format!(" xmlns:a{n}=\"http://ns.adobe.com/xap/1.0/\" a{n}:Rating=\"1\""))
        .collect();
    of(&format!("<rdf:Description{bound}/>"));
    assert_eq!(read("<a>".repeat(1 << 20).as_bytes()), PhotoTags::default());
    for inside in [
        "<dc:subject>",
        "<rdf:Description>",
        "<dc:subject><rdf:Bag><rdf:li>",
        "<mwg-kw:Keywords><mwg-kw:Hierarchy>",
    ] {
        described("", &inside.repeat((1 << 20) / inside.len()));
    }
    let many = "<rdf:li>k</rdf:li>".repeat(100_000);
    described("", &format!("<dc:subject>{many}</dc:subject>"));
    described("", &"<dc:subject>k</dc:subject>".repeat(100_000));
    described(
        "",
        &format!(
            "<acdsee:categories>{}</acdsee:categories>",
            "&lt;Category&gt;".repeat(100_000)
        ),
    );
    let regions = r#"<rdf:li mwg-rs:Name="a"/>"#.repeat(50_000);
    described(
        "",
        &format!("<mwg-rs:Regions><mwg-rs:RegionList>{regions}</mwg-rs:RegionList></mwg-rs:Regions>"),
    );
    // A square of the lengths would take hours.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    assert_eq!(read(&vec![b'<'; MOST_BYTES + 1]), PhotoTags::default());
}

#[test]
fn every_shorter_and_every_damaged_packet_is_read_without_a_panic() {
    let whole = format!(
        "{HEAD}<rdf:Description {NAMESPACES} xmp:Rating=\"4\" exif:GPSLatitude=\"1,2N\" exif:GPSLongitude=\"1,2E\">{}{}</rdf:Description>{TAIL}",
        bag("dc:subject", &["a", "b &amp; &#65;"]),
        r#"<mwg-rs:Regions><mwg-rs:RegionList><rdf:Bag><rdf:li mwg-rs:Name="Ana"><mwg-rs:Area stArea:x="1"/></rdf:li></rdf:Bag>
        </mwg-rs:RegionList></mwg-rs:Regions>"#
    );
    let whole = whole.as_bytes();
    assert_eq!(words(&read(whole)), ["a", "b & A"]);
    for at in 0..whole.len() {
        statement(&whole[..at], None);
        for value in [0, b'<', b'>', b'"', b'&', whole[at] ^ 0xFF] {
            let mut changed = whole.to_vec();
            changed[at] = value;
            statement(&changed, None);
        }
    }
}

#[test]
fn a_text_that_is_too_long_is_cut() {
    let long = "é".repeat(100_000);
    let caption = described("", &format!("<dc:description>{long}</dc:description>"))
        .tags
        .caption
        .unwrap();
    assert!(caption.starts_with("ééé") && caption.len() < long.len());
}
