#!/usr/bin/env python3
"""Times what indexing does with a photo in libjpeg-turbo and Pillow, as the yardstick of `cargo bench -p refocus-media --bench stages`.

    pip install pillow==13.0.0
    python3 benches/pillow_stages.py FOLDER [ROUNDS]

`Image.draft` has the photo decoded at the smallest of 1/8, 1/4 and 1/2 that leaves 520 pixels on the shorter side, as indexing does.
Each line has a stage's milliseconds of processor time a photo: the sum over the photos of the fastest round of each, and the sum
of the medians.
"""

import hashlib
import io
import statistics
import sys
import time
from pathlib import Path

from PIL import Image, ImageOps, features

MODEL_SIDES = (260, 320)
SHORT_SIDE = 520
STAGES = ("read", "hash", "decode", "thumbnail", "model input")


def stages(path: Path) -> list[float]:
    """Milliseconds of each stage."""
    times = [time.thread_time()]
    data = path.read_bytes()
    times.append(time.thread_time())
    hashlib.sha256(data).digest()
    times.append(time.thread_time())
    picture = Image.open(io.BytesIO(data))
    by = next((by for by in (8, 4, 2) if min(picture.size) / by >= SHORT_SIDE), 1)
    picture.draft("RGB", (picture.width // by, picture.height // by))
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    times.append(time.thread_time())
    thumbnail = picture.copy()
    thumbnail.thumbnail((256, 256), Image.Resampling.BICUBIC, reducing_gap=None)
    thumbnail.save(io.BytesIO(), "JPEG", quality=85)
    times.append(time.thread_time())
    for side in MODEL_SIDES:
        picture.resize((side, side), Image.Resampling.BICUBIC)
    times.append(time.thread_time())
    return [1e3 * (b - a) for a, b in zip(times, times[1:])]


def main() -> None:
    """Prints the table."""
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    paths = sorted(Path(sys.argv[1]).iterdir())
    sums = [[0.0, 0.0] for _ in (*STAGES, "all")]
    for path in paths:
        took = [[*times, sum(times)] for times in (stages(path) for _ in range(rounds))]
        for of_stage, total in zip(zip(*took), sums):
            total[0] += min(of_stage)
            total[1] += statistics.median(of_stage)
    version = features.version("libjpeg_turbo")
    print(f"{len(paths)} photos, {rounds} rounds, libjpeg-turbo {version}, ms a photo on one core: fastest, median")
    for name, (fastest, median) in zip((*STAGES, "all"), sums):
        print(f"{name:>12} {fastest / len(paths):8.2f} {median / len(paths):8.2f}")


if __name__ == "__main__":
    main()
