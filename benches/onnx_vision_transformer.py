#!/usr/bin/env python3
"""Times CLIP's ViT-B/32 with random weights in ONNX Runtime, the yardstick of `cargo bench -p refocus-model --bench vision_transformer`.

    pip install torch==2.15.0 transformers==5.23.0 onnx==1.23.2 onnxruntime==1.31.1
    python3 benches/onnx_vision_transformer.py [--batch 8] [--threads 2] [--rounds 7]

Prints the median and the best milliseconds a picture over the rounds.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

SIDE = 224


class Pooled(torch.nn.Module):
    """The pooled vector alone."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = CLIPVisionModelWithProjection(CLIPVisionConfig(attn_implementation="eager")).eval()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """`[batch, 3, side, side]` to `[batch, 512]`."""
        return self.tower(pixels).image_embeds


def main() -> None:
    """Exports, runs, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    pixels = torch.randn(arguments.batch, 3, SIDE, SIDE)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file = Path(folder) / "tower.onnx"
        torch.onnx.export(Pooled(), (pixels,), str(file), input_names=["pixels"], opset_version=17, dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        given = {"pixels": pixels.numpy().astype(np.float32)}
        session.run(None, given)
        times = []
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            session.run(None, given)
            times.append((time.perf_counter() - start) * 1000 / arguments.batch)
    print(
        f"onnxruntime {onnxruntime.__version__}, batch {arguments.batch}, {arguments.threads} threads: "
        f"{statistics.median(times):.2f} ms a picture (best {min(times):.2f})"
    )


if __name__ == "__main__":
    main()
