#!/usr/bin/env python3
"""Rebuild `assets/inter.ttf`, the typeface of the window.

    npm pack inter-ui@4.1.1
    python3 -m venv venv && venv/bin/pip install fonttools==4.68.0 brotli==1.2.1
    venv/bin/python packaging/assets/subset_font.py inter-ui-4.1.1.tgz assets

Parent: Inter 4.1 (rsms.me/inter; SIL Open Font License 1.1), as the npm package inter-ui holds it. Its optical size is fixed at 14, that of
small text; its weights stay variable from 400 to 700. Kept are the letters of the Latin, Greek and Cyrillic scripts with their marks,
punctuation, currencies, arrows and simple mathematics; other scripts come from the fonts of the system.
"""

import io
import os
import sys
import tarfile
from pathlib import Path

# The file's own date is left as it is, so that it has the same bytes whenever it is made.
os.environ["SOURCE_DATE_EPOCH"] = "0"

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from asset_file import checked

PACKAGE = "e392e4d71f18a7c1f23dfecd833d68fa05eeab41862686584e80fd2b5d87e9c0"
VARIABLE = "package/variable/InterVariable.woff2"
OPTICAL_SIZE = 14
WEIGHTS = (400, 400, 700)
# First and last of each range of characters.
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x192), (0x1A0, 0x1B0), (0x1CD, 0x1DC), (0x1E6, 0x21B), (0x2B0, 0x2DD), (0x300, 0x33F),
    (0x370, 0x3FF), (0x400, 0x4FF), (0x1E80, 0x1EF9), (0x2000, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x215F), (0x2190, 0x22FF),
    (0x2318, 0x2318), (0x2325, 0x2325), (0x25A0, 0x25FF), (0x2605, 0x2606), (0x2713, 0x2717),
)
FEATURES = ["ccmp", "kern", "locl", "mark", "mkmk"]


def read_again(font: TTFont) -> TTFont:
    """The same font, from its bytes: what one step leaves undone in memory would mislead the next."""
    font.flavor = None
    file = io.BytesIO()
    font.save(file)
    file.seek(0)
    return TTFont(file, recalcTimestamp=False)


def main() -> None:
    """`subset_font.py PACKAGE FOLDER`"""
    package, folder = Path(sys.argv[1]), Path(sys.argv[2])
    files = tarfile.open(fileobj=io.BytesIO(checked(package, PACKAGE)))
    font = TTFont(io.BytesIO(files.extractfile(VARIABLE).read()), recalcTimestamp=False)
    font = read_again(instancer.instantiateVariableFont(font, {"opsz": OPTICAL_SIZE, "wght": WEIGHTS}))
    options = Options(layout_features=FEATURES, hinting=False, name_IDs=["*"], notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    path = folder / "inter.ttf"
    font.save(path)
    print(f"{len(font.getGlyphOrder())} glyphs, {path.stat().st_size} bytes: {path}")


if __name__ == "__main__":
    main()
