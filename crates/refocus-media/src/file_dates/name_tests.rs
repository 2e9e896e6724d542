//! Right values: Python 3.11, `calendar.timegm` and `zoneinfo`. Names of days are read with the person's clock in Berlin.

use super::*;

/// 2023-04-12 00:00:00.
const DAY: i64 = 1_681_257_600;
/// 2023-04-12 18:30:05.
const EVENING: i64 = DAY + 18 * 3600 + 30 * 60 + 5;
/// 2023-04-12 18:30:00.
const HALF_PAST: i64 = EVENING - 5;

fn read(name: &str) -> Option<Taken> {
    taken_from_name_in(name, &TimeZone::get("Europe/Berlin").unwrap())
}

fn seconds(name: &str) -> Option<i64> {
    read(name).map(|taken| taken.seconds)
}

#[test]
fn names_of_cameras_and_telephones_hold_their_dates() {
    for name in [
        "IMG_20230412_183005.jpg",
        "IMG_20230412_183005_1.jpg",
        "IMG_20230412_183005_HDR.jpg",
        "IMG_20230412_183005_BURST001_COVER.jpg",
        "IMG_20230412_183005~2.jpg",
        "IMG20230412183005.jpg",
        "IMG_20230412_183005123_HDR.jpg",
        "IMG_20230412_183005_00_123.insp",
        "MVIMG_20230412_183005.jpg",
        "PANO_20230412_183005.jpg",
        "BURST20230412183005123.jpg",
        "00000IMG_00000_BURST20230412183005123_COVER.jpg",
        "00001IMG_00001_BURST20230412183005.jpg",
        "DSC_0001_BURST20230412183005123.JPG",
        "20230412_183005.jpg",
        "20230412_183005(0).jpg",
        "20230412_183005_Richtone(HDR).jpg",
        "20230412_183005A.jpg",
        "20230412183005.jpg",
        "20230412183005_IMG_1234.JPG",
        "P20230412_183005.jpg",
        "WP_20230412_18_30_05_Pro.jpg",
        "WIN_20230412_18_30_05_Pro.jpg",
        "DJI_20230412183005_0001_D.JPG",
        "C360_2023-04-12-18-30-05-123.jpg",
        "B612_20230412_183005_123.jpg",
        "lv_0_20230412183005.jpg",
        "2023_0412_183005_123.JPG",
        "230412_183005.jpg",
        "2023-04-12 18.30.05.jpg",
        "2023-04-12 18.30.05-1.jpg",
        "2023_04_12T18_30_05.png",
        "2023-04-12T18:30:05.jpg",
        "2023–04–12 18.30.05.jpg",
        "照片 2023.04.12 18.30.05.jpg",
        "2023 04 12 18 30 05.jpg",
        "2023041218300500-0585A0C0B8D4D7A5A2D9F3A8D0E6A0A1.jpg",
        "Horizon_20230412183005.png",
        "Game-2023_04_12-18_30_05.png",
        "20230412183005_1.jpg",
        "ffxiv_12042023_183005_123.png",
        "WoWScrnShot_041223_183005.jpg",
    ] {
        assert_eq!(seconds(name), Some(EVENING), "{name}");
    }
    assert_eq!(seconds("IMG00123-20230412-1830.jpg"), Some(HALF_PAST));
    assert_eq!(seconds("0412231830a.jpg"), Some(HALF_PAST));
    assert_eq!(seconds("0412231830a_HDR.jpg"), Some(HALF_PAST));
    // 2008-04-12 (Python 3.11: calendar.timegm).
    for name in ["12042008.jpg", "12042008(001).jpg", "12042008001.jpg"] {
        let expected = (name.len() != 15).then_some(1_207_958_400);
        assert_eq!(seconds(name), expected, "{name}");
    }
}

#[test]
fn names_of_messengers_and_clouds_hold_their_dates() {
    for name in [
        "WhatsApp Image 2023-04-12 at 18.30.05.jpeg",
        "WhatsApp Image 2023-04-12 at 18.30.05 (1).jpeg",
        "WhatsApp Image 2023-04-12 at 6.30.05 PM.jpeg",
        "WhatsApp Bild 2023-04-12 um 18.30.05.jpg",
        "signal-2023-04-12-183005.jpg",
        "signal-2023-04-12-183005_001.jpeg",
        "signal-2023-04-12-18-30-05-123.jpg",
        "signal-2023-04-12-18-30-05-123-1.jpg",
        "photo_2023-04-12_18-30-05.jpg",
        "photo_2023-04-12_18-30-05 (2).jpg",
        "IMG_20230412_183005_123.jpg",
        "viber_image_2023-04-12_18-30-05-123.jpg",
        "viber image 2023-04-12 , 18.30.05.jpg",
        "KakaoTalk_20230412_183005123.jpg",
        "KakaoTalk_Photo_2023-04-12-18-30-05 001.jpeg",
        "微信图片_20230412183005.jpg",
        "QQ图片20230412183005.png",
        "pt2023_04_12_18_30_05.jpg",
        "RDT_20230412_1830051234567890.jpg",
        "PHOTO-2023-04-12-18-30-05.jpg",
        "00000012-PHOTO-2023-04-12-18-30-05.jpg",
        "MYXJ_20230412183005123_fast.jpg",
        "retouch_2023041218300512.jpg",
        "LINEcamera_share_2023-04-12-18-30-05.jpg",
        "2023-04-12_16-30-05_UTC.jpg",
        "Foto 12.04.23, 18 30 05.jpg",
        "23-04-12 18-30-05 1234.jpg",
        "Photo 12-04-2023, 18 30 05.jpg",
        "20230412_163005000_iOS.jpg",
    ] {
        assert_eq!(seconds(name), Some(EVENING), "{name}");
    }
    for name in [
        "IMG-20230412-WA0001.jpg",
        "IMG-20230412-WA0001(1).jpg",
        "SCR-20230412-qfgh.png",
        "WP_20230412_001.jpg",
    ] {
        assert_eq!(seconds(name), Some(DAY), "{name}");
    }
    let parts = |name| read(name).map(|taken| (taken.milliseconds, taken.offset_minutes));
    assert_eq!(parts("signal-2023-04-12-18-30-05-123.jpg"), Some((Some(123), None)));
    assert_eq!(parts("IMG_20230412_183005_123.jpg"), Some((Some(123), None)));
    assert_eq!(parts("20230412183005123.jpg"), Some((Some(123), None)));
    assert_eq!(parts("IMG_20230412_183005.jpg"), Some((None, None)));
}

#[test]
fn screenshots_of_all_systems_hold_their_dates() {
    for name in [
        // Android.
        "Screenshot_2023-04-12-18-30-05.png",
        "Screenshot_2023-04-12-18-30-05-77_abc.png",
        "Screenshot_2023-04-12-18-30-05-123_com.android.chrome.jpg",
        "Screenshot_20230412-183005.png",
        "Screenshot_20230412-183005_Fennec_F-Droid.png",
        "Screenshot_20230412_183005_com.whatsapp.jpg",
        // macOS and iOS.
        "Screenshot 2023-04-12 at 18.30.05.png",
        "Screenshot 2023-04-12 at 6.30.05 PM.png",
        "Screenshot 2023-04-12 at 6.30.05\u{202F}PM.png",
        "Screenshot 2023-04-12 at 6.30.05\u{A0}pm (2).png",
        "Screen Shot 2023-04-12 at 06.30.05 PM.png",
        "Screen_Shot_2023-04-12_at_6.30.05_PM.png",
        "Screen Shot 2023-04-12 at 6.30.05 p.m..png",
        "Bildschirmfoto 2023-04-12 um 18.30.05.png",
        "Capture d’écran 2023-04-12 à 18.30.05.png",
        "Capture d\u{2019}e\u{301}cran, le 2023-04-12 a\u{300} 18.30.05.png",
        "Captura de pantalla 2023-04-12 a las 18.30.05.png",
        "Captura de pantalla 2023-04-12 a la(s) 6.30.05 p. m..png",
        "Captura de pantalla 2023-04-12 a la(s) 6.30.05\u{202F}p.m..png",
        "Captura de ecrã 2023-04-12, às 18.30.05.png",
        "Captura de pantalla de 2023-04-12 18-30-05.png",
        "Képernyőfotó 2023-04-12 - 18.30.05.png",
        "צילום מסך 2023-04-12 ב-18.30.05.png",
        "Στιγμιότυπο 2023-04-12, 6.30.05 μ.μ..png",
        "Screenshot-2023-04-12-at-6.30.05-PM.png",
        "Screenshot%202023-04-12%20at%206.30.05%20PM.png",
        "Captura de Tela 2023-04-12 às 18.30.05.png",
        "Schermata 2023-04-12 alle 18.30.05.png",
        "Schermafbeelding 2023-04-12 om 18.30.05.png",
        "Skärmavbild 2023-04-12 kl. 18.30.05.png",
        "Skærmbillede 2023-04-12 kl. 18.30.05.png",
        "Näyttökuva 2023-4-12 kello 18.30.05.png",
        "Zrzut ekranu 2023-04-12 o 18.30.05.png",
        "Снимок экрана 2023-04-12 в 18.30.05.png",
        "スクリーンショット 2023-04-12 18.30.05.png",
        "スクリーンショット 2023-04-12 午後6.30.05.png",
        "截屏2023-04-12 下午6.30.05.png",
        "스크린샷 2023-04-12 오후 6.30.05.png",
        "\u{1109}\u{1173}\u{110F}\u{1173}\u{1105}\u{1175}\u{11AB}\u{1109}\u{1163}\u{11BA} 2023-04-12 \u{110B}\u{1169}\u{1112}\u{116E} 6.30.05.png",
        "CleanShot 2023-04-12 at 18.30.05@2x.png",
        "Simulator Screen Shot - iPhone 14 Pro - 2023-04-12 at 18.30.05.png",
        // Windows.
        "Screenshot 2023-04-12 183005.png",
        "Snipaste_2023-04-12_18-30-05.png",
        "Greenshot 2023-04-12 18_30_05.png",
        "firefox_2023-04-12_18-30-05.png",
        // Linux.
        "Screenshot from 2023-04-12 18-30-05.png",
        "Bildschirmfoto vom 2023-04-12 18-30-05.png",
        "Screenshot_20230412_183005.png",
        "2023-04-12-183005_1920x1080_scrot.png",
        "20230412_18h30m05s_grim.png",
        // Games.
        "2023-04-12_18.30.05.png",
        "VRChat_2023-04-12_18-30-05.123_1920x1080.png",
    ] {
        assert_eq!(seconds(name), Some(EVENING), "{name}");
    }
    assert_eq!(seconds("2023-04-12_18-30.png"), Some(HALF_PAST));
    // 2014-12-10 00:42:07 and 23:05:23, 2023-09-04 21:12:10 (Python 3.11: calendar.timegm).
    assert_eq!(
        seconds("Screen Shot 2014-12-10 at 12.42.07 AM.png"),
        Some(1_418_172_127)
    );
    assert_eq!(
        seconds("Screen Shot 2014-12-10 at 11.05.23 PM.png"),
        Some(1_418_252_723)
    );
    assert_eq!(
        seconds("Screenshot 2023-09-04 at 9.12.10\u{202F}PM.png"),
        Some(1_693_861_930)
    );
    assert_eq!(
        seconds("Screenshot 2023-04-12 at 12.30.05 PM.png"),
        Some(EVENING - 6 * 3600)
    );
}

#[test]
fn dates_as_people_write_them_are_read() {
    for name in [
        "2023-04-12 Anna's birthday 123456.jpg",
        "trip 20230412.jpg",
        "20230412_993005.jpg",
        "2023-04-12-13.04.2023.jpg",
        "20230412-20230414 Rome.jpg",
        "2023-04-12 - 2023-04-14.jpg",
        "12.04.2023.jpg",
        "12.4.2023 Garten.jpg",
        "Scan 12-04-2023.jpg",
        "12_04_2023.jpg",
        "12 04 2023.jpg",
        "2023年4月12日.jpg",
        "写真2023年04月12日.jpg",
        "12 April 2023.jpg",
        "12. April 2023.jpg",
        "Apr 12, 2023.jpg",
        "12-apr-2023.jpg",
        "12 avril 2023.jpg",
        "April_12_2023.jpg",
        "2023 Apr 12.jpg",
        "Photo 2023-4-12.jpg",
        "Garten_2023_4_12.jpg",
        "Oma 2023.4.12.jpg",
        "Photo 2023-4-12 (2).jpg",
    ] {
        assert_eq!(seconds(name), Some(DAY), "{name}");
    }
    for name in [
        "12.04.2023 18.30.05.jpg",
        "Photo 12-04-2023 18 30 05.jpg",
        "Photo 4-12-2023 6 30 05 PM.jpg",
        "Bildschirmfoto am 12.04.2023 um 18.30.05.png",
        "2023年4月12日 18.30.05.jpg",
        "12 Apr 2023 18-30-05.jpg",
    ] {
        assert_eq!(seconds(name), Some(EVENING), "{name}");
    }
    for name in [
        "12-04-2023 18-30.jpg",
        "Foto am 12.04.23 um 18.30.jpg",
        "Photo on 4-12-23 at 6.30 PM.jpg",
        "Photo on 12-04-2023 at 18.30 #2.jpg",
    ] {
        assert_eq!(seconds(name), Some(HALF_PAST), "{name}");
    }
    // 2023-12-31 (Python 3.11: calendar.timegm): only one order is a date.
    assert_eq!(seconds("12-31-2023.jpg"), Some(1_703_980_800));
    assert_eq!(seconds("31-12-2023.jpg"), Some(1_703_980_800));
}

#[test]
fn times_in_utc_are_shown_on_the_persons_clock() {
    // 16:30:05 UTC is 18:30:05+02:00 in Berlin (Python 3.11, zoneinfo).
    for name in [
        "20230412_163005000_iOS.heic",
        "PXL_20230412_163005123.jpg",
        "PXL_20230412_163005123.PORTRAIT.jpg",
        "PXL_20230412_163005123.MP.jpg",
        "20230412T163005Z.jpg",
        "2023-04-12T16-30-05Z.png",
        "2023-04-12 16-30-05 UTC.png",
        "mmexport1681317005123.jpg",
        "FB_IMG_1681317005123.jpg",
        "wx_camera_1681317005123.jpg",
        "1681317005123.jpg",
        "1681317005.jpg",
        "IMG_1681317005.jpg",
        "RPReplay_Final1681317005.png",
    ] {
        let taken = read(name).unwrap();
        assert_eq!((taken.seconds, taken.offset_minutes), (EVENING, Some(120)), "{name}");
    }
    assert_eq!(read("PXL_20230412_163005123.jpg").unwrap().milliseconds, Some(123));
    assert_eq!(read("20230412T183005+0330.jpg").unwrap().offset_minutes, Some(210));
}

#[test]
fn numbers_that_are_no_date_give_none() {
    for name in [
        "IMG_1234.jpg",
        "DSC00017.JPG",
        "IMG_2023.jpg",
        "2019.jpg",
        "2019-2020.jpg",
        "20231345_183005.jpg",
        "2023-02-30.jpg",
        "99999999.jpg",
        "12345678.jpg",
        "10101990.jpg",
        "12345678901234567890.jpg",
        "2023-4-1.jpg",
        "12 2023-4-1.jpg",
        "Release 2023.4.1.png",
        "Blender 2023.4.1.7.png",
        "a2023-4-1.jpg",
        "Room 1830-4-1.jpg",
        "1080x1920.png",
        "1920x1080.png",
        "",
        "٢٠٢٣-٠٤-١٢.jpg",
        "+49 170 1234567.jpg",
        "015112345678.jpg",
        "491701234567.jpg",
        "4917012345678.jpg",
        "2125551234.jpg",
        "1234567890.jpg",
        "Snapchat-1681317005.jpg",
        "received_1234567890123456.jpeg",
        "photo_5368324170671202286_y.jpg",
        "123456789_10158765432101234_8765432109876543210_n.jpg",
        "9780306406157.jpg",
        "4006381333931.jpg",
        "192.168.12.10.png",
        "10.0.12.2023.png",
        "v1.2.2023.png",
        "3.14.1592.png",
        "20190304-4f89-11d3-9a0c-0305e82c3301.jpg",
        "f20190304ab12cd9e8f7.jpg",
        "d41d8cd98f00b204e9800998ecf8427e.jpg",
        "LINE_ALBUM_230412.jpg",
        "IMG_123456_654321.jpg",
        "12-34-56.jpg",
        "PicsArt_04-12-09.15.05.jpg",
        "PicsArt_10-24-04.15.32.jpg",
        "20031012_10158765432101234_876543210987654321_n.jpg",
        "Screenshot (12).png",
        "S__1234567.jpg",
        "10-11-12.jpg",
        "0412231830.jpg",
        "Score 3-2 2023.jpg",
        "Maria 12 2023.jpg",
        "-.jpg",
        "....",
    ] {
        assert_eq!(read(name), None, "{name}");
    }
}

#[test]
fn leap_days_and_old_photographs_exist() {
    assert!(seconds("2024-02-29.jpg").is_some());
    assert_eq!(seconds("2023-02-29.jpg"), None);
    assert!(seconds("1931-07-04 grandmother.tif").is_some_and(|seconds| seconds < 0));
}

#[test]
fn no_name_makes_it_panic_or_slow() {
    let alphabet: Vec<char> = "001223459-_. :TZ+年月AMPé下午\u{202F}(aprilum".chars().collect();
    let mut state = 7_u64;
    for round in 0..20_000 {
        let mut name = String::new();
        for _ in 0..round % 48 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            name.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        taken_from_name_in(&name, &TimeZone::UTC);
    }
    for part in ["1", "1-", "12.04.", "a", "年", "2023-04-12 at ", "f0", "0-"] {
        taken_from_name_in(&part.repeat(100_000), &TimeZone::UTC);
    }
}
