//! Things of the house, instruments and toys.

use super::super::truth::Kind;
use super::super::vocabulary::Colour;
use super::{Drawing, dark, light, main, own, tone};

const HOME: Drawing = Drawing {
    name: "",
    plural: "",
    kind: Kind::Household,
    natural: &[
        Colour::Blue,
        Colour::Red,
        Colour::White,
        Colour::Teal,
        Colour::Yellow,
        Colour::Orange,
        Colour::Green,
    ],
    space: (100.0, 100.0),
    heft: 1.0,
    parts: &[],
};

pub(super) const ALL: &[Drawing] = &[
    Drawing {
        name: "mug",
        plural: "mugs",
        parts: &[
            main("M68 32 C92 26 98 42 96 54 C94 68 82 76 66 76").line(8.5),
            main("M10 16 L72 16 L70 84 C70 92 64 95 58 95 L24 95 C18 95 12 92 12 84 Z"),
            tone(0.72, "O 41 16 31 8"),
            own(92, 56, 34, "O 41 18 27 6"),
            light(0.45, "M18 32 C18 50 19 68 21 82 L28 84 C26 68 26 50 26 33 Z"),
            tone(1.5, "M11.6 62 C30 68 52 68 70.6 62 L70.4 68 C52 74 30 74 11.8 68 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "teapot",
        plural: "teapots",
        space: (120.0, 95.0),
        heft: 1.3,
        parts: &[
            main("M88 38 C112 30 118 46 112 58 C106 68 94 70 86 72").line(7.0),
            main("M32 74 C20 66 16 52 12 40 C10 34 4 34 2 30 L12 26 C20 30 22 42 32 46 Z"),
            main("M26 58 C26 38 42 28 60 28 C78 28 94 38 94 58 C94 78 82 91 60 91 C38 91 26 78 26 58 Z"),
            tone(0.82, "M40 30 C44 18 76 18 80 30 C70 35 50 35 40 30 Z"),
            tone(0.7, "O 60 15 6 6"),
            light(0.45, "M34 60 C34 48 40 40 50 36 C43 44 41 54 42 66 Z"),
            own(250, 246, 236, "O 62 62 5 5 O 72 56 4 4 O 72 68 4 4 O 62 73 4 4 O 53 67 4 4 O 53 56 4 4"),
            own(240, 190, 70, "O 62 62 3.4 3.4"),
        ],
        ..HOME
    },
    Drawing {
        name: "bottle",
        plural: "bottles",
        space: (46.0, 125.0),
        heft: 1.4,
        natural: &[Colour::Green, Colour::Blue, Colour::Brown, Colour::Teal, Colour::Olive],
        parts: &[
            main("M17 14 L29 14 L29 38 C31 48 42 50 42 64 L42 114 C42 120 38 123 33 123 L13 123 C8 123 4 120 4 114 L4 64 C4 50 15 48 17 38 Z"),
            own(176, 126, 80, "R 16 2 14 14 2"),
            own(248, 242, 226, "R 4 72 38 28 1"),
            own(196, 84, 66, "M8 78 L38 78 M12 84 L34 84").line(2.2),
            own(120, 110, 96, "M14 91 L32 91").line(1.6),
            light(0.5, "M9 62 C10 56 16 52 18 44 L21 44 C20 54 14 60 14 68 L14 116 L9 113 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "vase",
        plural: "vases",
        space: (80.0, 110.0),
        heft: 1.3,
        parts: &[
            tone(0.55, "O 40 9 19 5"),
            main("M20 9 C28 13 52 13 60 9 C60 24 52 28 54 38 C58 48 74 54 74 74 C74 94 60 107 40 107 C20 107 6 94 6 74 C6 54 22 48 26 38 C28 28 20 24 20 9 Z"),
            tone(1.5, "M9 62 L18 70 L27 62 L36 70 L45 62 L54 70 L63 62 L71 68").line(3.0),
            tone(0.6, "M7 80 C24 88 56 88 73 80").line(3.0),
            light(0.45, "M14 76 C14 64 24 58 30 48 C30 58 22 66 22 80 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "lamp",
        plural: "lamps",
        space: (90.0, 120.0),
        heft: 1.8,
        parts: &[
            own(176, 140, 78, "M45 58 L45 108").line(5.0),
            own(176, 140, 78, "M22 112 C22 104 34 103 45 103 C56 103 68 104 68 112 C68 118 22 118 22 112 Z"),
            own(255, 236, 170, "O 45 62 30 5"),
            main("M28 6 L62 6 L84 62 C70 69 20 69 6 62 Z"),
            light(0.26, "M34 6 L56 6 L66 66 C54 68 36 68 24 66 Z"),
            tone(0.7, "M28 4 L62 4 L63 9 L27 9 Z"),
            dark(0.18, "M6 62 C20 69 70 69 84 62").line(2.4),
        ],
        ..HOME
    },
    Drawing {
        name: "chair",
        plural: "chairs",
        space: (80.0, 125.0),
        heft: 2.0,
        natural: &[Colour::Brown, Colour::Red, Colour::Blue, Colour::Green, Colour::Yellow, Colour::White],
        parts: &[
            tone(0.62, "M20 72 L20 108 M68 72 L68 108").line(5.0),
            main("M14 4 L14 78 M62 4 L62 78").line(6.4),
            tone(0.9, "R 12 6 52 12 4 R 12 26 52 9 3 R 12 43 52 9 3"),
            main("M14 66 L64 66 L76 80 L6 80 Z"),
            tone(0.72, "M6 80 L76 80 L76 88 L6 88 Z"),
            main("M10 86 L10 122 M72 86 L72 122").line(6.4),
            tone(0.8, "M10 104 L72 104").line(3.6),
            light(0.25, "M18 68 L60 68 L64 73 L15 73 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "armchair",
        plural: "armchairs",
        space: (115.0, 105.0),
        heft: 2.4,
        parts: &[
            own(94, 66, 44, "R 18 90 8 14 2 R 89 90 8 14 2"),
            tone(0.86, "M24 56 C20 20 30 6 46 5 L69 5 C85 6 95 20 91 56 Z"),
            main("M6 52 C4 40 22 36 26 50 L27 62 L88 62 L89 50 C93 36 111 40 109 52 L104 92 C104 94 102 96 99 96 L16 96 C13 96 11 94 11 92 Z"),
            tone(1.14, "R 25 56 65 19 8"),
            dark(0.22, "O 45 24 1.8 1.8 O 57 24 1.8 1.8 O 69 24 1.8 1.8 O 51 36 1.8 1.8 O 63 36 1.8 1.8"),
            light(0.22, "M32 40 C30 24 36 14 46 11 C40 20 38 30 38 44 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "clock",
        plural: "clocks",
        parts: &[
            main("O 50 50 46 46"),
            own(252, 250, 242, "O 50 50 37 37"),
            own(50, 46, 48, "M50 17 L50 23 M50 77 L50 83 M17 50 L23 50 M77 50 L83 50").line(3.6),
            own(110, 106, 108, "M66.5 21.4 L64 26 M78.6 33.5 L74 36 M78.6 66.5 L74 64 M66.5 78.6 L64 74 M33.5 78.6 L36 74 M21.4 66.5 L26 64 M21.4 33.5 L26 36 M33.5 21.4 L36 26").line(2.0),
            own(40, 38, 42, "M50 50 L36 34").line(4.2),
            own(40, 38, 42, "M50 50 L66 26").line(3.0),
            own(214, 50, 46, "M50 50 L58 74").line(1.4),
            own(40, 38, 42, "O 50 50 3.4 3.4"),
            tone(0.7, "O 50 50 37 37").line(1.6),
        ],
        ..HOME
    },
    Drawing {
        name: "book",
        plural: "books",
        space: (90.0, 110.0),
        natural: &[Colour::Red, Colour::Blue, Colour::Green, Colour::Maroon, Colour::Navy, Colour::Purple, Colour::Brown],
        parts: &[
            own(244, 238, 222, "M18 90 L84 90 L84 104 L18 104 C12 104 10 92 18 90 Z"),
            dark(0.18, "M18 94 L83 94 M17 98 L83 98 M18 101 L83 101").line(0.9),
            main("M18 4 L82 4 C85 4 86 6 86 8 L86 90 L20 90 C12 90 10 100 18 104 L86 104 L86 108 L18 108 C8 108 5 102 5 94 L5 16 C5 8 10 4 18 4 Z"),
            tone(0.72, "M5 94 L5 16 C5 8 10 4 18 4 L18 90 C10 90 6 93 5 97 Z"),
            own(242, 214, 130, "M32 26 L74 26 M38 34 L68 34").line(3.0),
            own(242, 214, 130, "M53 52 L57 62 L67 62 L59 68 L62 78 L53 72 L44 78 L47 68 L39 62 L49 62 Z"),
            light(0.18, "M22 6 L40 6 L30 88 L22 88 Z"),
        ],
        ..HOME
    },
    Drawing {
        name: "phone",
        plural: "phones",
        space: (60.0, 115.0),
        natural: &[Colour::Black, Colour::White, Colour::Red, Colour::LightBlue, Colour::Pink],
        parts: &[
            main("R 3 2 54 111 10"),
            own(34, 44, 76, "R 9 12 42 84 4"),
            own(92, 120, 190, "M9 62 C20 52 34 70 51 56 L51 92 C51 95 49 96 47 96 L13 96 C11 96 9 95 9 92 Z"),
            own(244, 206, 120, "O 38 34 7 7"),
            light(0.14, "M9 16 L34 12 L12 96 L9 92 Z"),
            dark(0.45, "R 23 6 14 2.4 1"),
            light(0.75, "O 30 104 4.4 4.4"),
        ],
        ..HOME
    },
    Drawing {
        name: "guitar",
        plural: "guitars",
        kind: Kind::Instrument,
        space: (70.0, 150.0),
        heft: 1.9,
        natural: &[Colour::Orange, Colour::Brown, Colour::Red, Colour::Tan, Colour::Black],
        parts: &[
            own(86, 58, 40, "R 30 12 10 74 2"),
            own(66, 44, 32, "M26 2 L44 2 L42 16 L28 16 Z"),
            own(220, 220, 214, "O 24 5 2.2 1.8 O 24 11 2.2 1.8 O 46 5 2.2 1.8 O 46 11 2.2 1.8"),
            main("M35 72 C50 70 58 78 57 88 C56 96 54 98 57 102 C64 108 68 116 66 126 C64 142 50 148 35 148 C20 148 6 142 4 126 C2 116 6 108 13 102 C16 98 14 96 13 88 C12 78 20 70 35 72 Z"),
            tone(0.62, "M35 72 C50 70 58 78 57 88 C56 96 54 98 57 102 C64 108 68 116 66 126 C64 142 50 148 35 148 C20 148 6 142 4 126 C2 116 6 108 13 102 C16 98 14 96 13 88 C12 78 20 70 35 72 Z").line(2.4),
            own(52, 34, 26, "O 35 104 10.5 10.5"),
            own(86, 58, 40, "R 30.5 70 9 26 1 R 24 128 22 5 2"),
            own(236, 232, 214, "M32 14 L32 130 M34 14 L34 130 M36 14 L36 130 M38 14 L38 130").line(0.55),
            light(0.35, "M12 124 C12 114 18 108 20 100 C24 106 18 116 20 132 C15 132 12 128 12 124 Z"),
        ],
    },
    Drawing {
        name: "ball",
        plural: "balls",
        kind: Kind::Toy,
        heft: 1.0,
        parts: &[
            main("O 50 50 46 46"),
            own(250, 248, 240, "M50 4 C36 18 32 34 34 50 C36 66 42 82 50 96 C58 82 64 66 66 50 C68 34 64 18 50 4 Z"),
            tone(0.8, "M4 52 C14 36 26 28 36 30 C33 44 35 62 40 76 C26 74 12 66 4 52 Z").line(0.8),
            light(0.5, "O 32 26 11 8"),
        ],
        ..HOME
    },
    Drawing {
        name: "balloon",
        plural: "balloons",
        kind: Kind::Toy,
        space: (74.0, 130.0),
        heft: 1.3,
        natural: &[Colour::Red, Colour::Yellow, Colour::Blue, Colour::Pink, Colour::Purple, Colour::Green, Colour::Orange],
        parts: &[
            own(120, 112, 110, "M37 92 C44 104 30 112 38 128").line(1.4),
            main("M37 4 C57 4 70 20 70 42 C70 64 52 80 41 86 L45 93 L29 93 L33 86 C22 80 4 64 4 42 C4 20 17 4 37 4 Z"),
            light(0.55, "M13 40 C13 26 20 16 30 12 C23 21 20 30 21 43 Z"),
            dark(0.20, "M31 87 L43 87").line(1.4),
        ],
    },
    Drawing {
        name: "gift",
        plural: "gifts",
        kind: Kind::Toy,
        natural: &[Colour::Red, Colour::Green, Colour::Blue, Colour::Purple, Colour::Pink],
        parts: &[
            own(248, 214, 110, "M50 30 C36 2 12 8 20 24 C26 32 40 31 50 30 C60 31 74 32 80 24 C88 8 64 2 50 30 Z"),
            dark(0.20, "M50 30 C40 18 30 14 27 19 C28 25 38 28 50 30 Z M50 30 C60 18 70 14 73 19 C72 25 62 28 50 30 Z"),
            main("R 10 44 80 52 2"),
            tone(1.15, "R 5 29 90 18 3"),
            own(248, 214, 110, "M42 29 L58 29 L58 96 L42 96 Z"),
            dark(0.16, "M10 47 L90 47 L90 52 L10 52 Z"),
            light(0.18, "M13 54 L24 54 L24 92 L13 92 Z"),
        ],
        ..HOME
    },
];
