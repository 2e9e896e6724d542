//! Plants.

use super::super::truth::Kind;
use super::super::vocabulary::Colour;
use super::{Drawing, dark, light, main, own, tone};

const PLANT: Drawing = Drawing {
    name: "",
    plural: "",
    kind: Kind::Plant,
    natural: &[],
    space: (100.0, 100.0),
    heft: 1.3,
    parts: &[],
};

pub(super) const ALL: &[Drawing] = &[
    Drawing {
        name: "tree",
        plural: "trees",
        natural: &[Colour::Green, Colour::DarkGreen, Colour::Orange, Colour::Olive],
        space: (100.0, 125.0),
        heft: 2.2,
        parts: &[
            own(112, 78, 50, "M42 124 C46 108 45 88 43 70 L57 70 C55 88 54 108 60 124 Z"),
            own(112, 78, 50, "M47 92 C40 84 32 80 26 74 M53 86 C60 80 68 76 74 70").line(4.0),
            tone(0.78, "M50 90 C40 96 24 92 22 82 C8 82 2 66 10 56 C2 44 12 28 24 30 C30 12 52 4 64 16 C80 12 92 26 88 40 C100 50 96 70 82 74 C80 88 62 96 50 90 Z"),
            main("M48 80 C38 86 24 82 23 72 C12 70 9 58 16 50 C10 40 18 28 29 30 C34 16 52 10 61 20 C74 17 82 28 79 38 C89 46 85 62 73 64 C71 76 58 84 48 80 Z"),
            tone(1.22, "M36 44 C26 44 24 34 32 32 C36 20 52 18 56 28 C64 28 64 40 56 42 C52 50 40 50 36 44 Z"),
            light(0.16, "O 30 56 7 5 O 62 52 8 6 O 50 66 7 5"),
        ],
        ..PLANT
    },
    Drawing {
        name: "pine tree",
        plural: "pine trees",
        natural: &[Colour::DarkGreen, Colour::Green, Colour::Teal],
        space: (90.0, 125.0),
        heft: 2.2,
        parts: &[
            own(104, 72, 46, "R 39 98 12 26 2"),
            tone(0.78, "M45 58 L84 104 C70 108 60 102 54 106 C48 108 40 104 34 107 C26 108 16 108 6 104 Z"),
            tone(0.92, "M45 32 L76 76 C66 80 58 74 52 78 C46 80 40 76 34 79 C26 80 20 79 14 76 Z"),
            main("M45 3 L68 48 C60 52 54 46 48 50 C42 52 38 48 33 51 C28 52 25 50 22 48 Z"),
            light(0.20, "M45 6 L34 34 L42 28 Z M43 40 L28 66 L38 60 Z M42 66 L22 94 L34 88 Z"),
        ],
        ..PLANT
    },
    Drawing {
        name: "flower",
        plural: "flowers",
        natural: &[Colour::Pink, Colour::Red, Colour::Yellow, Colour::Purple, Colour::White, Colour::Orange],
        space: (90.0, 125.0),
        heft: 1.1,
        parts: &[
            own(76, 146, 60, "M45 48 C47 78 44 100 45 124").line(5.0),
            own(86, 160, 66, "M45 104 C28 104 14 94 10 78 C28 78 42 88 45 104 Z M46 94 C62 94 74 84 78 70 C60 70 48 80 46 94 Z"),
            tone(0.90, "O 45 18 13 16 O 45 66 13 16 O 20 42 16 13 O 70 42 16 13"),
            main("O 27 24 14 14 O 63 24 14 14 O 27 60 14 14 O 63 60 14 14"),
            own(246, 196, 60, "O 45 42 14 14"),
            dark(0.20, "O 41 39 1.8 1.8 O 48 37 1.8 1.8 O 51 43 1.8 1.8 O 45 46 1.8 1.8 O 39 45 1.8 1.8 O 47 50 1.8 1.8"),
            light(0.4, "O 40 12 4 5 O 22 20 4 4 O 58 20 4 4"),
        ],
        ..PLANT
    },
    Drawing {
        name: "tulip",
        plural: "tulips",
        natural: &[Colour::Red, Colour::Yellow, Colour::Pink, Colour::Purple, Colour::Orange],
        space: (80.0, 125.0),
        heft: 1.1,
        parts: &[
            own(76, 146, 60, "M40 54 C41 80 39 100 40 124").line(5.0),
            own(86, 160, 66, "M40 122 C26 110 14 90 10 62 C26 76 38 98 40 122 Z M41 122 C52 112 64 96 70 74 C56 84 44 100 41 122 Z"),
            tone(0.78, "M40 6 C50 14 56 28 55 44 L25 44 C24 28 30 14 40 6 Z"),
            main("M40 60 C20 60 12 42 16 12 C28 18 37 30 40 46 C43 30 52 18 64 12 C68 42 60 60 40 60 Z"),
            light(0.4, "M21 36 C19 28 19 22 20 19 C26 25 29 32 30 40 C28 46 23 44 21 36 Z"),
        ],
        ..PLANT
    },
    Drawing {
        name: "leaf",
        plural: "leaves",
        natural: &[Colour::Green, Colour::Orange, Colour::Red, Colour::Yellow, Colour::Brown],
        heft: 0.9,
        parts: &[
            tone(0.7, "M30 70 C22 78 14 88 8 96").line(4.0),
            main("M26 74 C6 44 34 8 94 6 C96 62 62 96 26 74 Z"),
            tone(0.82, "M26 74 C44 52 66 30 94 6 C96 62 62 96 26 74 Z"),
            tone(1.35, "M26 74 C46 52 66 30 90 10 M38 60 C34 50 34 44 35 36 M52 45 C50 36 52 28 54 22 M40 59 C52 62 60 62 68 60 M54 44 C66 47 76 45 82 42").line(1.8),
        ],
        ..PLANT
    },
    Drawing {
        name: "mushroom",
        plural: "mushrooms",
        natural: &[Colour::Red, Colour::Brown, Colour::Orange, Colour::Beige],
        heft: 0.9,
        parts: &[
            own(240, 228, 206, "M38 52 C42 70 34 84 32 94 C40 99 60 99 68 94 C66 84 58 70 62 52 Z"),
            own(214, 198, 170, "M14 54 C30 66 70 66 86 54 C72 48 28 48 14 54 Z"),
            main("M6 54 C4 22 28 5 50 5 C72 5 96 22 94 54 C90 60 78 54 50 54 C22 54 10 60 6 54 Z"),
            own(255, 250, 240, "O 32 26 8 6 O 62 20 9 6 O 50 40 8 5.5 O 78 38 7 6 O 20 43 5.5 5"),
            light(0.35, "M14 40 C16 26 26 15 38 12 C28 20 22 30 20 42 Z"),
        ],
        ..PLANT
    },
    Drawing {
        name: "cactus",
        plural: "cacti",
        natural: &[Colour::Green, Colour::Teal],
        space: (100.0, 120.0),
        heft: 1.4,
        parts: &[
            tone(0.92, "M42 76 L24 76 C14 76 10 68 10 60 L10 46 C10 38 22 38 22 46 L22 58 C22 62 24 64 28 64 L42 64 Z M58 66 L72 66 C76 66 78 64 78 60 L78 40 C78 32 90 32 90 40 L90 62 C90 72 84 78 76 78 L58 78 Z"),
            main("M36 100 L36 24 C36 6 64 6 64 24 L64 100 Z"),
            dark(0.22, "M44 16 L44 92 M50 12 L50 92 M56 16 L56 92 M16 46 L16 62 M84 40 L84 62").line(1.4),
            own(244, 120, 160, "O 50 9 8 6"),
            own(196, 110, 72, "M24 88 L76 88 L70 119 L30 119 Z"),
            own(214, 128, 86, "R 21 82 58 11 2"),
            light(0.35, "M39 84 L39 26 C39 18 42 14 45 13 C42 22 42 50 43 84 Z"),
        ],
        ..PLANT
    },
];
