#!/usr/bin/env python3
"""Renders pages and signs whose lines are known, to judge the reader of text: `refocus-lab eval pages`.

    render_pages.py PAGES FOLDER [FIRST]

12 languages, 10 fonts, 5 angles, every fourth page in perspective, light, noise, blur, JPEG of quality 80. The same pages for the
same numbers and fonts. Needs numpy 1.26.4, pillow 13.0.0 and the fonts listed below (Debian: fonts-dejavu-core, fonts-dejavu-extra,
fonts-noto-core, fonts-liberation, fonts-liberation-sans-narrow, fonts-wqy-microhei, fonts-ipafont-gothic), below REFOCUS_FONTS
or /usr/share/fonts.

`pages.tsv`: page (name of the file), kind (straight, turned, quarter, perspective), language, text, corners (x and y of four points).
"""

import functools
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path(os.environ.get("REFOCUS_FONTS", "/usr/share/fonts"))
LATIN = (
    "DejaVuSans.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSansMono-Bold.ttf",
    "NotoSans-Regular.ttf",
    "NotoSerif-Italic.ttf",
    "LiberationSans-Bold.ttf",
    "LiberationSerif-Regular.ttf",
    "LiberationSansNarrow-Regular.ttf",
)
OTHERS = {"zh": "wqy-microhei.ttc", "ja": "ipag.ttf"}
ANGLES = (0, 6, -15, 35, 90)
LONGEST = 1280
# Every so many pages have small letters, and are blurred.
SMALL = 7
TEXTS = {
    "en": ["Open daily from 9 to 5", "Fresh bread and coffee", "No parking at any time", "Total: $14.95 incl. tax", "The quick brown fox jumps over", "Platform 3, departures"],
    "de": ["Täglich geöffnet außer Sonntag", "Frühstück für zwei: 18,50 €", "Bitte nicht stören", "Straßenbahn über Müllerplatz", "Größe wählen, Schlüssel zurück"],
    "fr": ["Crème brûlée à la vanille", "Ouvert même le dimanche", "Défense de stationner ici", "Où êtes-vous, garçon ?", "Pâtisserie française, 12,80 €"],
    "es": ["¿Dónde está la estación?", "Menú del día: 11,50 €", "Prohibido aparcar aquí", "Mañana por la mañana", "Jamón ibérico y piña"],
    "it": ["Il caffè è già pronto", "Gelateria artigianale dal 1952", "Così fan tutte, opera buffa", "Vietato l'accesso ai cani", "Perché no? Più tardi"],
    "pt": ["Pão de açúcar e maçã", "Atenção: chão molhado", "Estação São João", "Não há lotação", "Promoções de verão"],
    "pl": ["Zażółć gęślą jaźń", "Świeże pączki z różą", "Wyjście ewakuacyjne", "Łódź Główna, peron drugi", "Proszę nie wchodzić"],
    "cs": ["Příliš žluťoučký kůň", "Dnes čerstvé ovoce", "Nádraží, třetí nástupiště", "Zákaz vjezdu všech vozidel", "Děkujeme za návštěvu"],
    "tr": ["Günaydın, hoş geldiniz", "Çıkış soldadır", "Taze sıkılmış portakal suyu", "İstanbul Büyükşehir", "Öğrenci indirimi yüzde on"],
    "sv": ["Välkommen till Malmö", "Färska räkor på torget", "Övergångsställe för gående", "Två kaffe och en våffla", "Öppet även på söndagar"],
    "zh": ["欢迎光临北京饭店", "禁止停车", "今日特价十二元", "出口在左边", "上海火车站南广场", "请勿触摸展品"],
    "ja": ["いらっしゃいませ", "本日のおすすめ定食", "コーヒーとケーキセット", "東京駅の出口はこちら", "駐車禁止です", "ありがとうございます"],
}
LANGUAGES = list(TEXTS)


@functools.cache
def font_file(name: str) -> str:
    """Where a font lies."""
    for folder in (FONTS, Path("/usr/share/fonts")):
        for path in sorted(folder.rglob(name)):
            return str(path)
    sys.exit(f"no font {name} below {FONTS}")


def page(index: int) -> tuple[Image.Image, list, str, str]:
    """Picture, its lines as (text, corners [4, 2]), kind and language."""
    rng = np.random.default_rng(1000 + index)
    language = LANGUAGES[index % len(LANGUAGES)]
    angle = ANGLES[(index // len(LANGUAGES) + index) % len(ANGLES)]
    perspective = index % 4 == 3
    sign = index % 3 == 0
    texts = [TEXTS[language][i] for i in rng.permutation(len(TEXTS[language]))[: 2 if sign else 5]]
    size = int(rng.integers(56, 90) if sign else rng.integers(20, 44))
    if index % SMALL == 0:
        size = int(rng.integers(14, 20))
    if index % 5 == 4 and language not in OTHERS:
        texts = [text.upper() if language != "de" else text for text in texts]
    font = ImageFont.truetype(font_file(OTHERS.get(language, LATIN[index % len(LATIN)])), size)
    light = rng.random() < 0.6
    back = tuple(int(v) for v in (rng.integers(170, 256, 3) if light else rng.integers(0, 90, 3)))
    fore = tuple(int(v) for v in (rng.integers(0, 70, 3) if light else rng.integers(190, 256, 3)))
    sheet = Image.new("RGB", (LONGEST, LONGEST * 3 // 4), back)
    draw = ImageDraw.Draw(sheet)
    boxes = [draw.textbbox((0, 0), text, font=font) for text in texts]
    step = int(size * 1.9)
    high, wide = step * len(texts), max(box[2] for box in boxes)
    left, top = (sheet.width - wide) / 2, (sheet.height - high) / 2
    lines = []
    for number, (text, box) in enumerate(zip(texts, boxes)):
        at = (left + float(rng.uniform(0, max(wide - box[2], 0))), top + number * step)
        draw.text(at, text, font=font, fill=fore)
        l, u, r, d = box[0] + at[0], box[1] + at[1], box[2] + at[0], box[3] + at[1]
        lines.append((text, np.array([[l, u], [r, u], [r, d], [l, d]], float)))
    # One homography: turned about the middle, then in perspective.
    turn, middle = np.deg2rad(angle), np.array([sheet.width / 2, sheet.height / 2])
    sine, cosine = abs(np.sin(turn)), abs(np.cos(turn))
    fit = min(1.0, sheet.height * 0.92 / (sine * wide + cosine * high + 1), sheet.width * 0.96 / (cosine * wide + sine * high + 1))
    move = lambda by: np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1]])
    turned = np.eye(3)
    turned[:2, :2] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * fit
    tilted = np.eye(3)
    if perspective:
        tilted[2, 0], tilted[2, 1] = rng.choice([-1, 1]) * 0.00045, rng.choice([-1, 1]) * 0.00035
    matrix = move(middle) @ tilted @ turned @ move(-middle)
    back_matrix = np.linalg.inv(matrix)
    back_matrix /= back_matrix[2, 2]
    seen = sheet.transform(sheet.size, Image.Transform.PERSPECTIVE, back_matrix.ravel()[:8], Image.Resampling.BICUBIC, fillcolor=back)
    if index % SMALL == 0:
        seen = seen.filter(ImageFilter.GaussianBlur(0.7))
    moved = []
    for text, corners in lines:
        points = np.c_[corners, np.ones(4)] @ matrix.T
        moved.append((text, points[:, :2] / points[:, 2:]))
    pixels = np.asarray(seen, np.float32)
    ramp = 1 + 0.25 * np.linspace(-1, 1, pixels.shape[1])[None, :, None] * rng.uniform(-1, 1)
    pixels = np.clip(pixels * ramp + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)
    kind = "perspective" if perspective else "straight" if angle == 0 else "quarter" if angle == 90 else "turned"
    return Image.fromarray(pixels), moved, kind, language


def main() -> None:
    """Writes the pages and the table."""
    count, folder, first = int(sys.argv[1]), Path(sys.argv[2]), int((sys.argv + ["0"])[3])
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["page\tkind\tlanguage\ttext\tcorners"]
    for index in range(first, first + count):
        picture, lines, kind, language = page(index)
        picture.save(folder / f"{index:04}.jpg", quality=80)
        for text, corners in lines:
            numbers = " ".join(f"{value:.1f}" for value in corners.ravel())
            rows.append(f"{index:04}.jpg\t{kind}\t{language}\t{text}\t{numbers}")
    (folder / "pages.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
