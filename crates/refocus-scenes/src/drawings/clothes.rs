//! Things to wear and carry.

use super::super::truth::Kind;
use super::super::vocabulary::Colour;
use super::{Drawing, dark, light, main, own, tone};

const CLOTHES: Drawing = Drawing {
    name: "",
    plural: "",
    kind: Kind::Clothing,
    natural: &[
        Colour::Red,
        Colour::Blue,
        Colour::Navy,
        Colour::White,
        Colour::Black,
        Colour::Teal,
        Colour::Pink,
        Colour::Beige,
        Colour::Green,
    ],
    space: (100.0, 100.0),
    heft: 1.4,
    parts: &[],
};

pub(super) const ALL: &[Drawing] = &[
    Drawing {
        name: "t-shirt",
        plural: "t-shirts",
        parts: &[
            tone(0.62, "M36 8 C42 16 58 16 64 8 C58 12 42 12 36 8 Z"),
            main(
                "M34 8 C40 20 60 20 66 8 L78 13 C86 18 93 30 98 42 L81 51 L76 42 L77 95 C60 98 40 98 23 95 L24 42 L19 51 L2 42 C7 30 14 18 22 13 Z",
            ),
            tone(0.74, "M34 8 C40 20 60 20 66 8").line(2.6),
            dark(
                0.16,
                "M24 42 C25 36 25 30 24 26 M76 42 C75 36 75 30 76 26 M25 90 L75 90 M4 39 L21 48 M96 39 L79 48",
            )
            .line(1.6),
            dark(
                0.10,
                "M24 44 C30 56 32 70 30 94 L23 95 Z M76 44 C70 56 68 70 70 94 L77 95 Z",
            ),
            light(0.16, "M40 26 C36 44 38 66 40 86 C46 66 46 44 44 26 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "sweater",
        plural: "sweaters",
        parts: &[
            tone(0.55, "O 50 12 14 6"),
            main(
                "M36 8 C40 20 60 20 64 8 L76 12 C86 20 94 50 98 84 L84 88 L77 50 L77 95 L23 95 L23 50 L16 88 L2 84 C6 50 14 20 24 12 Z",
            ),
            tone(
                0.78,
                "M23 88 L77 88 L77 96 L23 96 Z M2 80 L17 84 L16 90 L1 86 Z M98 80 L83 84 L84 90 L99 86 Z M35 8 C40 22 60 22 65 8 L62 6 C58 16 42 16 38 6 Z",
            ),
            tone(1.35, "M24 40 L32 34 L40 40 L48 34 L56 40 L64 34 L72 40 L76 37").line(2.6),
            tone(0.6, "M24 48 L32 42 L40 48 L48 42 L56 48 L64 42 L72 48 L76 45").line(2.0),
            dark(
                0.14,
                "M23 50 C28 62 30 74 28 88 L23 88 Z M77 50 C72 62 70 74 72 88 L77 88 Z",
            ),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "dress",
        plural: "dresses",
        natural: &[
            Colour::Red,
            Colour::Pink,
            Colour::Yellow,
            Colour::Blue,
            Colour::Purple,
            Colour::Teal,
            Colour::White,
        ],
        space: (90.0, 125.0),
        heft: 1.7,
        parts: &[
            tone(0.8, "M32 4 L34 22 M58 4 L56 22").line(3.4),
            main(
                "M31 18 C36 24 41 22 45 28 C49 22 54 24 59 18 C62 30 62 40 59 50 C70 74 80 98 86 116 C74 124 60 119 45 123 C30 119 16 124 4 116 C10 98 20 74 31 50 C28 40 28 30 31 18 Z",
            ),
            tone(0.62, "M30 48 C38 52 52 52 60 48 L61 55 C52 59 38 59 29 55 Z"),
            dark(
                0.15,
                "M38 58 C34 80 28 102 22 119 L30 120 C34 100 38 80 40 58 Z M52 58 C56 80 62 102 68 119 L60 120 C56 100 52 80 50 58 Z",
            ),
            light(0.22, "M32 60 C26 80 18 100 13 114 L18 117 C24 100 31 80 34 60 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "trousers",
        plural: "trousers",
        natural: &[
            Colour::Navy,
            Colour::Blue,
            Colour::Black,
            Colour::Beige,
            Colour::Gray,
            Colour::Brown,
        ],
        space: (76.0, 125.0),
        heft: 1.6,
        parts: &[
            main("M14 6 L62 6 C66 40 70 82 72 122 L46 122 L39 46 L37 46 L30 122 L4 122 C6 82 10 40 14 6 Z"),
            tone(0.72, "M14 5 L62 5 L63 14 L13 14 Z"),
            own(206, 170, 90, "O 38 10 2.4 2.4"),
            dark(
                0.24,
                "M38 14 L38 46 M16 16 C18 24 14 30 11 32 M60 16 C58 24 62 30 65 32 M5 115 L31 115 M45 115 L71 115",
            )
            .line(1.4),
            dark(
                0.12,
                "M38 46 L30 122 L24 122 C30 92 33 66 34 44 Z M39 46 L46 122 L52 122 C47 92 43 66 42 44 Z",
            ),
            light(
                0.18,
                "M20 40 C17 64 14 90 13 112 L18 112 C20 90 23 64 24 40 Z M57 40 C58 64 61 90 62 112 L58 112 C55 90 53 64 53 40 Z",
            ),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "skirt",
        plural: "skirts",
        natural: &[
            Colour::Red,
            Colour::Navy,
            Colour::Pink,
            Colour::Purple,
            Colour::Green,
            Colour::Black,
        ],
        heft: 1.2,
        parts: &[
            main(
                "M28 16 L72 16 C82 44 92 68 97 84 C88 94 80 86 73 92 C64 96 58 89 50 93 C42 89 36 96 27 92 C20 86 12 94 3 84 C8 68 18 44 28 16 Z",
            ),
            tone(0.66, "R 27 8 46 11 3"),
            dark(
                0.17,
                "M38 20 C34 46 28 70 22 90 L28 92 C34 70 38 46 40 20 Z M50 20 L47 92 L53 92 Z M62 20 C66 46 72 70 78 90 L72 92 C66 70 62 46 60 20 Z",
            ),
            light(0.2, "M30 22 C24 44 16 66 11 82 L16 86 C24 66 30 44 33 22 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "shoe",
        plural: "shoes",
        natural: &[Colour::White, Colour::Red, Colour::Black, Colour::Blue, Colour::Brown],
        space: (125.0, 75.0),
        heft: 1.1,
        parts: &[
            main(
                "M8 12 C14 18 26 18 32 10 C40 12 46 18 56 30 C70 40 92 40 106 44 C118 48 122 54 121 62 L4 62 C3 44 3 26 8 12 Z",
            ),
            tone(0.7, "M8 12 C14 18 26 18 32 10 C34 12 34 16 33 20 C26 26 14 26 7 20 Z"),
            tone(
                0.8,
                "M121 62 C122 54 118 48 106 44 C98 42 90 42 84 40 C82 50 86 58 92 62 Z M4 62 C3 50 3 40 4 32 C14 36 20 46 20 62 Z",
            ),
            own(
                244,
                244,
                240,
                "M2 60 L122 60 C124 68 120 72 114 72 L10 72 C4 72 1 68 2 60 Z",
            ),
            own(250, 250, 250, "M40 24 L54 16 M47 31 L61 23 M55 37 L69 30 M64 41 L76 35").line(3.4),
            dark(0.25, "M3 65 L121 65").line(1.2),
            light(0.5, "M28 50 C42 54 58 54 72 48 C60 58 42 60 28 56 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "boot",
        plural: "boots",
        natural: &[
            Colour::Brown,
            Colour::Black,
            Colour::Yellow,
            Colour::Green,
            Colour::Maroon,
        ],
        heft: 1.1,
        parts: &[
            main("M16 8 L56 8 C56 26 55 40 58 52 C72 58 92 60 95 74 C96 80 96 84 95 88 L16 88 C13 60 17 34 16 8 Z"),
            tone(0.72, "M15 5 L57 5 L57 16 L15 16 Z"),
            tone(0.80, "M95 88 C97 74 92 66 76 60 C72 70 76 82 82 88 Z"),
            own(60, 46, 40, "M14 86 L96 86 L96 96 L44 96 L42 92 L36 96 L14 96 Z"),
            light(0.4, "M23 22 C24 40 22 60 23 78 L29 78 C28 60 30 40 29 22 Z"),
            dark(0.2, "M56 50 C50 52 44 52 38 50 M58 56 C52 60 46 60 40 58").line(1.8),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "hat",
        plural: "hats",
        natural: &[Colour::Brown, Colour::Black, Colour::Beige, Colour::Navy, Colour::Red],
        space: (120.0, 75.0),
        heft: 1.1,
        parts: &[
            tone(
                0.74,
                "M4 56 C2 48 20 44 60 44 C100 44 118 48 116 56 C112 68 86 73 60 73 C34 73 8 68 4 56 Z",
            ),
            main("M6 54 C8 48 30 46 60 46 C90 46 112 48 114 54 C108 64 86 68 60 68 C34 68 12 64 6 54 Z"),
            main("M28 54 C28 30 34 6 48 4 C54 3 56 8 60 8 C64 8 66 3 72 4 C86 6 92 30 92 54 C80 60 40 60 28 54 Z"),
            own(
                52,
                40,
                38,
                "M28 54 C28 49 28 45 29 41 C44 48 76 48 91 41 C92 45 92 49 92 54 C80 60 40 60 28 54 Z",
            ),
            light(0.28, "M38 38 C38 24 42 12 48 9 C46 18 46 28 47 40 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "cap",
        plural: "caps",
        space: (120.0, 75.0),
        heft: 1.0,
        parts: &[
            tone(0.68, "M62 52 C80 46 108 50 118 62 C116 68 92 64 58 66 Z"),
            main("M6 62 C4 30 24 8 50 7 C74 6 88 26 86 54 C70 48 40 52 26 68 C18 68 10 66 6 62 Z"),
            dark(0.22, "M50 8 C40 22 34 42 32 62 M52 8 C66 18 72 34 73 50").line(1.5),
            tone(0.72, "O 51 7 5 3.4"),
            light(0.30, "M15 46 C17 32 26 20 37 15 C30 26 25 38 23 52 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "handbag",
        plural: "handbags",
        natural: &[
            Colour::Brown,
            Colour::Red,
            Colour::Black,
            Colour::Pink,
            Colour::Beige,
            Colour::Teal,
        ],
        heft: 1.2,
        parts: &[
            tone(0.72, "M30 44 C30 14 40 5 50 5 C60 5 70 14 70 44").line(5.0),
            main("M16 38 L84 38 C90 56 94 76 94 88 C94 93 90 95 86 95 L14 95 C10 95 6 93 6 88 C6 76 10 56 16 38 Z"),
            tone(
                0.84,
                "M16 38 L84 38 C86 48 88 54 88 58 C72 70 28 70 12 58 C12 54 14 48 16 38 Z",
            ),
            own(226, 186, 90, "R 43 60 14 10 3"),
            own(226, 186, 90, "O 30 44 3 3 O 70 44 3 3"),
            light(
                0.30,
                "M14 84 C14 78 15 74 16 70 C22 74 26 75 30 76 C24 78 20 82 18 90 C15 90 14 88 14 84 Z",
            ),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "backpack",
        plural: "backpacks",
        natural: &[
            Colour::Blue,
            Colour::Red,
            Colour::Green,
            Colour::Orange,
            Colour::Black,
            Colour::Teal,
        ],
        space: (90.0, 110.0),
        heft: 1.4,
        parts: &[
            tone(0.6, "M36 14 C36 2 54 2 54 14").line(4.6),
            tone(0.7, "R 3 62 14 34 6 R 73 62 14 34 6"),
            main(
                "M14 44 C14 20 28 10 45 10 C62 10 76 20 76 44 L79 94 C79 103 73 107 66 107 L24 107 C17 107 11 103 11 94 Z",
            ),
            tone(
                0.84,
                "M24 66 C24 60 28 58 32 58 L58 58 C62 58 66 60 66 66 L67 92 C67 97 64 99 60 99 L30 99 C26 99 23 97 23 92 Z",
            ),
            dark(0.32, "M20 44 C32 50 58 50 70 44 M26 70 L64 70").line(2.0),
            own(230, 200, 110, "R 42 68 6 9 2 R 32 45 4 9 2"),
            light(0.30, "M20 42 C20 28 28 18 38 15 C30 24 27 34 26 45 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "sock",
        plural: "socks",
        space: (90.0, 105.0),
        heft: 0.9,
        parts: &[
            main(
                "M26 6 L62 6 C63 26 62 42 64 54 C72 66 88 76 87 88 C85 100 68 104 54 98 C38 90 26 76 24 60 C25 40 27 24 26 6 Z",
            ),
            tone(0.72, "M25 4 L63 4 L63 16 L25 16 Z"),
            tone(1.45, "M25 24 L63 24 L63 30 L25 30 Z M25 36 L63 36 L63 42 L25 42 Z"),
            tone(
                0.72,
                "M87 88 C85 100 70 103 60 100 C60 90 68 80 80 76 C85 80 88 84 87 88 Z M24 60 C26 70 30 78 35 83 C42 78 44 68 40 58 C34 56 28 56 24 60 Z",
            ),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "scarf",
        plural: "scarves",
        natural: &[
            Colour::Red,
            Colour::Blue,
            Colour::Green,
            Colour::Orange,
            Colour::Purple,
            Colour::Gray,
        ],
        space: (90.0, 120.0),
        heft: 1.2,
        parts: &[
            tone(0.78, "M36 36 L58 34 L66 104 L42 108 Z"),
            tone(
                0.72,
                "M43 107 L42 117 M48 107 L48 118 M54 106 L55 116 M60 105 L62 115 M65 104 L68 113",
            )
            .line(2.4),
            main("M34 36 L56 40 L42 96 L18 90 Z"),
            main("M20 91 L16 101 M26 93 L23 103 M32 94 L30 104 M38 95 L37 105").line(2.4),
            tone(1.5, "M31 52 L52 56 L50 63 L29 59 Z M26 70 L47 75 L45 82 L24 77 Z"),
            tone(1.4, "M59 54 L63 80 L41 84").line(0.01),
            main("M8 26 C8 10 26 4 45 4 C64 4 82 10 82 26 C82 42 64 48 45 48 C26 48 8 42 8 26 Z"),
            tone(
                0.55,
                "M20 22 C20 14 32 11 45 11 C58 11 70 14 70 22 C64 29 56 31 45 31 C34 31 26 29 20 22 Z",
            ),
            dark(
                0.18,
                "M12 34 C22 42 34 44 45 44 M30 40 C36 42 46 41 54 38 M78 34 C70 40 62 43 54 44",
            )
            .line(1.8),
            main("M30 34 C36 28 54 28 60 36 C62 44 56 50 46 50 C36 50 28 44 30 34 Z"),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "mitten",
        plural: "mittens",
        space: (90.0, 110.0),
        heft: 0.9,
        parts: &[
            main(
                "M24 82 C20 60 18 44 22 26 C26 10 44 4 56 10 C68 16 68 30 66 46 C72 38 80 36 85 42 C88 50 78 64 68 82 Z",
            ),
            tone(0.70, "R 20 78 52 27 5"),
            dark(
                0.2,
                "M30 80 L30 103 M38 80 L38 103 M46 80 L46 103 M54 80 L54 103 M62 80 L62 103",
            )
            .line(1.6),
            tone(1.5, "M44 32 L44 58 M33 39 L55 51 M33 51 L55 39").line(3.0),
        ],
        ..CLOTHES
    },
    Drawing {
        name: "umbrella",
        plural: "umbrellas",
        space: (110.0, 115.0),
        heft: 1.7,
        natural: &[Colour::Red, Colour::Yellow, Colour::Blue, Colour::Purple, Colour::Black],
        parts: &[
            own(90, 66, 48, "M55 10 L55 98 C55 112 36 112 36 99").line(4.4),
            own(90, 66, 48, "M55 2 L55 12").line(3.4),
            main(
                "M4 62 C6 28 28 9 55 9 C82 9 104 28 106 62 C98 54 86 54 80 62 C74 54 62 54 55 62 C48 54 36 54 30 62 C24 54 12 54 4 62 Z",
            ),
            tone(
                0.78,
                "M55 9 C40 20 32 40 30 62 C36 54 48 54 55 62 Z M55 9 C82 9 104 28 106 62 C98 54 86 54 80 62 C78 40 70 20 55 9 Z",
            ),
            light(
                0.35,
                "M14 46 C19 32 30 21 42 16 C32 26 25 36 22 48 C19 46 17 45 14 46 Z",
            ),
        ],
        ..CLOTHES
    },
];
