//! Food.

use super::super::truth::Kind;
use super::super::vocabulary::Colour;
use super::{Drawing, dark, light, main, own, tone};

const FOOD: Drawing = Drawing {
    name: "",
    plural: "",
    kind: Kind::Food,
    natural: &[],
    space: (100.0, 100.0),
    heft: 1.0,
    parts: &[],
};

pub(super) const ALL: &[Drawing] = &[
    Drawing {
        name: "apple",
        plural: "apples",
        natural: &[Colour::Red, Colour::Green, Colour::Yellow],
        parts: &[
            main(
                "M50 30 C40 20 11 21 11 53 C11 78 31 97 43 95 C47 94 53 94 57 95 C69 97 89 78 89 53 C89 21 60 20 50 30 Z",
            ),
            dark(0.20, "M35 28 C44 36 56 36 65 28 C59 40 41 40 35 28 Z"),
            own(104, 70, 40, "M50 33 C49 22 52 14 58 8").line(4.5),
            own(86, 156, 58, "M53 20 C60 6 78 6 86 12 C80 26 62 29 53 20 Z"),
            light(0.55, "M22 56 C20 42 27 34 37 31 C30 39 28 46 28 57 Z"),
        ],
        ..FOOD
    },
    Drawing {
        name: "banana",
        plural: "bananas",
        natural: &[Colour::Yellow, Colour::Yellow, Colour::Green],
        heft: 1.05,
        parts: &[
            main("M13 16 C7 54 36 92 84 87 C90 86 94 82 95 76 C64 78 38 54 29 15 C24 12 18 12 13 16 Z"),
            tone(0.80, "M13 22 C9 56 38 91 84 87 C89 86 92 84 94 80 C50 86 20 58 13 22 Z"),
            own(96, 74, 40, "M13 17 L16 5 L25 4 L29 16 C24 13 18 13 13 17 Z"),
            own(84, 64, 40, "M86 87 L96 83 L97 75 L93 76 C92 80 89 84 86 87 Z"),
            light(0.45, "M30 30 C38 52 54 66 76 74 C52 70 36 54 30 30 Z"),
        ],
        ..FOOD
    },
    Drawing {
        name: "pear",
        plural: "pears",
        natural: &[Colour::Green, Colour::Yellow, Colour::Olive],
        parts: &[
            main(
                "M50 15 C37 15 36 27 35 37 C33 51 15 57 15 76 C15 92 32 98 50 98 C68 98 85 92 85 76 C85 57 67 51 65 37 C64 27 63 15 50 15 Z",
            ),
            own(104, 70, 40, "M50 17 C50 11 53 6 57 3").line(4.0),
            own(92, 150, 60, "M53 14 C59 4 72 4 78 9 C74 19 60 21 53 14 Z"),
            light(0.5, "M25 78 C24 66 34 58 40 48 C40 60 32 68 32 80 Z"),
        ],
        ..FOOD
    },
    Drawing {
        name: "strawberry",
        plural: "strawberries",
        natural: &[Colour::Red],
        heft: 0.8,
        parts: &[
            main("M50 98 C30 90 8 60 13 38 C17 22 38 22 50 30 C62 22 83 22 87 38 C92 60 70 90 50 98 Z"),
            own(
                250,
                220,
                130,
                "O 30 48 2 3 O 47 46 2 3 O 65 48 2 3 O 38 62 2 3 O 56 62 2 3 O 73 60 2 3 O 46 77 2 3 O 62 76 2 3 O 24 60 2 3 O 53 89 1.6 2.4",
            ),
            own(
                72,
                150,
                60,
                "M50 30 C40 34 28 36 20 28 C28 26 32 22 36 19 C41 21 45 21 48 20 L48 8 L53 8 L53 20 C56 21 60 21 64 19 C68 22 72 26 80 28 C72 36 60 34 50 30 Z",
            ),
            light(0.4, "M20 48 C18 40 24 34 32 35 C26 39 24 43 24 50 Z"),
        ],
        ..FOOD
    },
    Drawing {
        name: "cherry",
        plural: "cherries",
        natural: &[Colour::Red, Colour::Maroon],
        heft: 0.8,
        parts: &[
            own(96, 130, 50, "M30 64 C34 40 46 20 64 8 C66 26 70 44 74 60").line(3.2),
            own(84, 156, 62, "M62 10 C72 0 90 4 96 14 C84 22 70 20 62 10 Z"),
            main("O 28 76 22 21"),
            main("O 74 74 21 20"),
            light(0.6, "O 20 69 5 7 O 67 67 4.6 6.4"),
        ],
        ..FOOD
    },
    Drawing {
        name: "cupcake",
        plural: "cupcakes",
        natural: &[Colour::Pink, Colour::LightBlue, Colour::White, Colour::Brown],
        parts: &[
            own(222, 178, 120, "M20 58 L80 58 L71 97 L29 97 Z"),
            own(
                196,
                146,
                92,
                "M30 58 L35 97 L40 97 L37 58 Z M47 58 L48 97 L53 97 L54 58 Z M64 58 L61 97 L66 97 L71 58 Z",
            ),
            tone(
                0.92,
                "M14 62 C6 54 14 44 24 45 C60 40 80 44 82 45 C92 46 94 58 86 62 C70 67 30 67 14 62 Z",
            ),
            main("M22 48 C16 38 26 30 34 32 C66 28 72 30 72 32 C82 34 84 44 78 49 C62 54 36 53 22 48 Z"),
            tone(1.1, "M34 34 C30 24 40 16 50 10 C62 16 72 24 67 34 C58 38 42 38 34 34 Z"),
            own(214, 36, 48, "O 50 10 8 8"),
            light(0.7, "O 47 7 2.4 2.4"),
            own(
                250,
                220,
                90,
                "R 32 40 5 2.4 1 R 58 37 5 2.4 1 R 44 28 5 2.4 1 R 26 55 5 2.4 1 R 70 54 5 2.4 1",
            ),
            own(
                90,
                190,
                210,
                "R 46 44 5 2.4 1 R 68 42 5 2.4 1 R 55 25 5 2.4 1 R 48 57 5 2.4 1",
            ),
        ],
        ..FOOD
    },
    Drawing {
        name: "ice cream",
        plural: "ice creams",
        natural: &[Colour::Pink, Colour::Mint, Colour::Cream, Colour::Brown, Colour::Peach],
        space: (80.0, 120.0),
        heft: 1.1,
        parts: &[
            own(222, 164, 92, "M17 54 L63 54 L40 118 Z"),
            own(
                176,
                116,
                58,
                "M24 56 L46 98 M36 56 L51 84 M48 56 L57 70 M56 56 L34 98 M44 56 L29 84 M32 56 L23 70",
            )
            .line(1.6),
            tone(
                0.86,
                "M14 56 C8 50 14 46 18 47 L62 47 C68 46 72 52 66 56 C62 62 56 55 52 60 C47 65 43 57 38 61 C32 64 30 56 26 58 C22 60 18 60 14 56 Z",
            ),
            main("M14 50 C10 20 24 5 40 5 C56 5 70 20 66 50 C54 55 26 55 14 50 Z"),
            own(214, 36, 48, "O 46 8 6 6"),
            light(0.5, "M21 40 C19 26 26 15 35 13 C28 21 26 30 27 41 Z"),
        ],
        ..FOOD
    },
    Drawing {
        name: "carrot",
        plural: "carrots",
        natural: &[Colour::Orange],
        space: (70.0, 130.0),
        heft: 1.05,
        parts: &[
            own(
                74,
                152,
                62,
                "M34 40 C20 26 16 14 20 4 C30 10 34 22 35 38 Z M36 40 C34 22 38 8 44 1 C50 10 46 26 38 40 Z M38 40 C44 24 54 16 62 14 C60 26 50 36 38 42 Z",
            ),
            main("M14 46 C16 34 54 34 56 46 C58 66 44 104 36 128 C34 130 32 128 31 126 C24 104 12 66 14 46 Z"),
            dark(
                0.28,
                "M16 56 L30 59 M54 66 L42 69 M20 78 L32 80 M48 88 L39 90 M27 104 L34 105",
            )
            .line(2.0),
            light(0.4, "M20 52 C20 46 24 43 30 42 C25 50 24 60 26 72 C21 66 20 58 20 52 Z"),
        ],
        ..FOOD
    },
];
