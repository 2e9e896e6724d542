//! Vehicles, and the house they pass.

use super::super::truth::Kind;
use super::super::vocabulary::Colour;
use super::{Drawing, dark, light, main, own, tone};

const VEHICLE: Drawing = Drawing {
    name: "",
    plural: "",
    kind: Kind::Vehicle,
    natural: &[
        Colour::Red,
        Colour::Blue,
        Colour::Yellow,
        Colour::Green,
        Colour::White,
        Colour::Orange,
        Colour::Teal,
    ],
    space: (140.0, 80.0),
    heft: 2.4,
    parts: &[],
};

pub(super) const ALL: &[Drawing] = &[
    Drawing {
        name: "car",
        plural: "cars",
        space: (140.0, 66.0),
        parts: &[
            main("M4 46 C4 36 8 32 20 30 L34 27 C44 12 52 5 66 4 L84 4 C98 5 106 14 114 27 C128 29 136 34 137 44 L137 52 C137 55 135 56 132 56 L8 56 C5 56 4 54 4 51 Z"),
            own(186, 214, 230, "M42 27 C49 16 55 11 65 10 L72 10 L72 27 Z M77 10 L84 10 C94 11 100 18 106 27 L77 27 Z"),
            light(0.5, "M48 27 L58 12 L64 10 L53 27 Z M82 27 L90 12 L94 14 L87 27 Z"),
            dark(0.26, "M75 10 L75 50 M44 30 C42 38 42 46 44 51 M106 30 C110 38 109 46 105 51").line(1.4),
            dark(0.40, "R 80 33 9 2 1 R 49 33 9 2 1"),
            tone(0.72, "M4 48 L137 48 L137 52 C137 55 135 56 132 56 L8 56 C5 56 4 54 4 51 Z"),
            own(255, 240, 180, "O 8 40 3.5 4"),
            own(226, 50, 44, "R 132 36 5 8 2"),
            own(34, 34, 38, "O 32 53 12.5 12.5 O 109 53 12.5 12.5"),
            own(196, 200, 206, "O 32 53 7 7 O 109 53 7 7"),
            own(110, 114, 120, "O 32 53 2.2 2.2 O 109 53 2.2 2.2"),
            light(0.35, "M18 33 C28 30 34 30 40 30 C32 33 24 35 16 38 Z M112 30 C120 31 128 33 132 37 C124 35 116 34 110 33 Z"),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "bus",
        plural: "buses",
        space: (150.0, 82.0),
        heft: 3.0,
        natural: &[Colour::Red, Colour::Yellow, Colour::Blue, Colour::Orange],
        parts: &[
            main("M6 16 C6 8 10 5 18 5 L132 5 C141 5 145 12 146 22 L148 60 C148 67 146 70 140 70 L10 70 C6 70 4 68 4 64 Z"),
            own(186, 214, 230, "R 12 14 19 20 3 R 35 14 19 20 3 R 58 14 19 20 3 R 81 14 19 20 3"),
            own(170, 202, 222, "M126 14 L138 14 C140 22 141 32 142 40 L126 40 Z"),
            own(120, 150, 170, "R 104 14 17 54 2"),
            dark(0.35, "M112.5 14 L112.5 68").line(1.4),
            light(0.45, "M15 32 L23 15 L27 15 L19 32 Z M61 32 L69 15 L73 15 L65 32 Z"),
            own(250, 250, 246, "M5 42 L102 42 L102 48 L5 48 Z"),
            own(255, 240, 180, "R 141 54 6 7 2"),
            own(34, 34, 38, "O 32 69 12 12 O 118 69 12 12"),
            own(196, 200, 206, "O 32 69 6 6 O 118 69 6 6"),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "truck",
        plural: "trucks",
        space: (150.0, 88.0),
        heft: 3.0,
        parts: &[
            tone(0.86, "R 4 6 88 64 3"),
            dark(0.16, "M18 8 L18 68 M32 8 L32 68 M46 8 L46 68 M60 8 L60 68 M74 8 L74 68").line(1.4),
            main("M94 26 L122 26 C130 28 138 42 144 50 C147 54 147 60 147 72 L94 72 Z"),
            own(186, 214, 230, "M104 32 L120 32 C126 35 131 43 134 49 L104 49 Z"),
            light(0.5, "M110 48 L117 33 L121 33 L115 48 Z"),
            own(70, 70, 76, "M4 70 L147 70 L147 76 L4 76 Z"),
            own(255, 240, 180, "R 142 58 5 6 2"),
            own(34, 34, 38, "O 28 75 12 12 O 62 75 12 12 O 122 75 12 12"),
            own(196, 200, 206, "O 28 75 6 6 O 62 75 6 6 O 122 75 6 6"),
            light(0.16, "M6 8 L90 8 L90 16 L6 16 Z"),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "bicycle",
        plural: "bicycles",
        space: (140.0, 90.0),
        heft: 1.9,
        parts: &[
            own(40, 40, 44, "O 30 60 25 25 O 110 60 25 25").line(5.0),
            own(180, 184, 190, "M30 36 L30 84 M6 60 L54 60 M13 43 L47 77 M13 77 L47 43 M110 36 L110 84 M86 60 L134 60 M93 43 L127 77 M93 77 L127 43").line(0.9),
            main("M30 60 L50 26 L96 26 L64 62 Z M50 26 L64 62 M92 14 L110 60").line(6.6),
            main("M46 16 L52 32").line(5.4),
            own(40, 34, 32, "M34 12 C42 9 54 9 60 12 C58 17 42 18 38 17 Z"),
            own(40, 34, 32, "M92 14 C92 8 100 6 106 9 M92 14 L84 9").line(4.0),
            own(120, 124, 130, "O 64 62 8 8"),
            own(60, 60, 64, "M64 62 L72 77 M67 78 L79 77").line(3.4),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "sailboat",
        plural: "sailboats",
        space: (110.0, 120.0),
        parts: &[
            own(120, 86, 56, "M54 4 L54 94").line(3.6),
            own(248, 244, 234, "M58 10 C80 36 92 62 98 84 L58 84 Z"),
            tone(1.25, "M50 18 C40 44 26 66 10 84 L50 84 Z"),
            main("M4 90 L106 90 C102 106 92 116 80 118 L30 118 C18 116 8 106 4 90 Z"),
            light(0.85, "M6 97 L104 97 L102 101 L8 101 Z"),
            dark(0.14, "M66 20 L66 84 M78 40 L78 84 M58 50 L90 62").line(1.0),
            main("M54 4 L72 9 L54 15 Z"),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "airplane",
        plural: "airplanes",
        space: (150.0, 80.0),
        heft: 3.0,
        natural: &[Colour::White, Colour::Blue, Colour::Red, Colour::Orange, Colour::Yellow],
        parts: &[
            tone(0.66, "M62 36 L92 12 L104 12 L90 38 Z"),
            tone(0.82, "M120 36 L134 6 L147 6 L140 38 Z"),
            main("M4 46 C8 36 24 29 44 29 L126 31 C138 32 146 36 147 40 C144 48 130 54 112 55 L40 57 C20 57 6 54 4 46 Z"),
            light(0.40, "M12 42 C20 35 32 32 46 32 L120 34 C100 36 40 36 12 42 Z"),
            own(60, 90, 120, "M10 41 C14 36 20 34 26 33 L26 41 Z"),
            own(80, 120, 150, "O 44 42 2.6 2.8 O 55 42 2.6 2.8 O 66 42 2.6 2.8 O 77 42 2.6 2.8 O 88 42 2.6 2.8 O 99 42 2.6 2.8 O 110 42 2.6 2.8"),
            tone(0.72, "M58 48 L92 48 L76 76 L64 76 Z"),
            tone(0.72, "M122 42 L142 42 L136 54 L126 53 Z"),
            own(90, 94, 100, "R 62 60 17 8 4"),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "hot-air balloon",
        plural: "hot-air balloons",
        space: (90.0, 125.0),
        heft: 2.8,
        natural: &[Colour::Red, Colour::Orange, Colour::Blue, Colour::Purple, Colour::Yellow],
        parts: &[
            own(120, 96, 70, "M30 82 L38 106 M60 82 L52 106 M45 86 L45 106").line(1.4),
            main("M45 3 C70 3 86 20 86 42 C86 62 68 74 58 90 L32 90 C22 74 4 62 4 42 C4 20 20 3 45 3 Z"),
            tone(1.55, "M45 3 C34 12 28 26 28 44 C28 62 34 76 38 90 L32 90 C22 74 4 62 4 42 C4 20 20 3 45 3 Z M45 3 C56 12 62 26 62 44 C62 62 56 76 52 90 L58 90 C68 74 86 62 86 42 C86 20 70 3 45 3 Z"),
            tone(0.92, "M14 64 C8 58 4 50 4 42 C4 26 12 14 24 8 C16 18 14 30 14 42 C14 50 14 58 14 64 Z M76 64 C82 58 86 50 86 42 C86 26 78 14 66 8 C74 18 76 30 76 42 C76 50 76 58 76 64 Z"),
            own(176, 124, 72, "R 35 104 20 18 3"),
            dark(0.25, "M35 110 L55 110 M35 116 L55 116").line(1.2),
        ],
        ..VEHICLE
    },
    Drawing {
        name: "house",
        plural: "houses",
        kind: Kind::Building,
        space: (110.0, 105.0),
        heft: 3.4,
        natural: &[Colour::Beige, Colour::White, Colour::Red, Colour::Yellow, Colour::LightBlue, Colour::Peach],
        parts: &[
            own(142, 82, 66, "M76 12 L88 12 L88 38 L76 28 Z"),
            main("M14 46 L55 12 L96 46 L96 103 L14 103 Z"),
            own(150, 66, 54, "M55 4 L108 48 L100 56 L55 19 L10 56 L2 48 Z"),
            own(112, 74, 48, "R 46 68 19 35 2"),
            own(236, 200, 110, "O 60 86 1.8 1.8"),
            own(250, 250, 246, "R 20 60 20 22 1 R 71 60 20 22 1 O 55 40 9 9"),
            own(150, 196, 222, "R 22 62 7 8 0.5 R 31 62 7 8 0.5 R 22 72 7 8 0.5 R 31 72 7 8 0.5 R 73 62 7 8 0.5 R 82 62 7 8 0.5 R 73 72 7 8 0.5 R 82 72 7 8 0.5 O 55 40 6.6 6.6"),
            own(90, 150, 70, "M14 103 C12 94 20 92 24 95 C28 90 38 92 38 99 L38 103 Z M72 103 C72 94 80 92 84 95 C90 92 98 96 97 103 Z"),
        ],
    },
];
