//! Which of several statements counts.

use super::super::iptc::tests::block;
use super::super::resources::tests::written as resources_of;
use super::super::{md5, resources};
use super::*;

#[test]
fn xmp_counts_more_than_iptc_unless_the_digest_says_that_iptc_is_newer() {
    let block = block(&[(2, 25, b"tree")]);
    let digest = md5::md5(&block);
    let keywords = |resources: &[u8], packet: &str| {
        let file = jpeg(&[resources_segment(resources), xmp_segment(packet)]);
        read_facts(&file).tags.keywords.unwrap()
    };
    let with = |digest: &[u8]| resources_of(&[(resources::IPTC, &block), (resources::IPTC_DIGEST, digest)]);
    assert_eq!(keywords(&resources_of(&[(resources::IPTC, &block)]), PACKET), ["sea"]);
    assert_eq!(keywords(&with(&digest), PACKET), ["sea"]);
    assert_eq!(keywords(&with(&[7; 16]), PACKET), ["tree"]);
    assert_eq!(keywords(&with(&[0; 16]), PACKET), ["sea"]);
    let filled = [block.as_slice(), &[0; 2]].concat();
    let in_tiff = tiff(&[
        (700, 1, PACKET.as_bytes()),
        (33_723, 1, &filled),
        (34_377, 1, &resources_of(&[(resources::IPTC_DIGEST, &digest)])),
    ]);
    assert_eq!(read_facts(&in_tiff).tags.keywords.unwrap(), ["sea"]);
    let empty = PACKET.replace("<rdf:li>sea</rdf:li>", "");
    assert_eq!(keywords(&with(&digest), &empty), [""; 0]);
    let digits: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    let legacy = |digits: &str| {
        PACKET.replace(
            "xmp:Rating",
            &format!("xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" photoshop:LegacyIPTCDigest=\"{digits}\" xmp:Rating"),
        )
    };
    assert_eq!(
        keywords(&resources_of(&[(resources::IPTC, &block)]), &legacy(&digits)),
        ["sea"]
    );
    assert_eq!(
        keywords(&resources_of(&[(resources::IPTC, &block)]), &legacy(&"1".repeat(32))),
        ["tree"]
    );
}

#[test]
fn what_xmp_says_counts_more_than_exif_also_where_it_says_none() {
    let exif = ExifBlock::new().short(0x4746, 3).build();
    for (said, rating) in [("0", 0), ("-1", -1), ("2", 2)] {
        let packet = PACKET.replace("xmp:Rating=\"4\"", &format!("xmp:Rating=\"{said}\""));
        let file = jpeg(&[exif_segment(&exif), xmp_segment(&packet)]);
        assert_eq!(read_facts(&file).tags.rating, Some(rating));
    }
    let unsaid = PACKET.replace("xmp:Rating=\"4\"", "");
    assert_eq!(
        read_facts(&jpeg(&[exif_segment(&exif), xmp_segment(&unsaid)]))
            .tags
            .rating,
        Some(3)
    );
}

#[test]
fn of_two_packets_the_one_that_was_changed_last_counts() {
    let of = |date: &str, rating: u8| {
        PACKET.replace(
            "xmp:Rating=\"4\"",
            &format!("xmp:Rating=\"{rating}\" xmp:MetadataDate=\"{date}\""),
        )
    };
    let (old, new) = (of("2019-05-01T10:00:00+02:00", 1), of("2020-05-01T10:00:00Z", 5));
    for packets in [[&old, &new], [&new, &old]] {
        let file = jpeg(&packets.map(|packet| xmp_segment(packet)));
        assert_eq!(read_facts(&file).tags.rating, Some(5));
    }
    // Half an hour later, although it is written as the day before.
    let (old, new) = (of("2019-05-01T01:00:00+02:00", 1), of("2019-04-30T23:30:00Z", 5));
    assert_eq!(
        read_facts(&jpeg(&[xmp_segment(&old), xmp_segment(&new)])).tags.rating,
        Some(5)
    );
    let file = jpeg(&[xmp_segment(PACKET), xmp_segment(&PACKET.replace('4', "1"))]);
    assert_eq!(read_facts(&file).tags.rating, Some(4));
}
