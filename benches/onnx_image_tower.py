#!/usr/bin/env python3
"""Times the image tower in ONNX Runtime, from the same weights, as the yardstick of `cargo bench -p refocus-model --bench image_tower`.

    pip install onnx==1.23.2 onnxruntime==1.31.1 numpy==1.26.4 safetensors==0.8.0
    python3 benches/onnx_image_tower.py [--batch 8] [--threads 2] [--rounds 5]

Prints the median and the best milliseconds a photo over the rounds. The network has the same three outputs as
`TowerMaps`; its input is NCHW, which is what ONNX Runtime's own layout transformation starts from.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

ASSET = Path(__file__).resolve().parent.parent / "assets" / "image-tower.safetensors"
SIDE = 260
# (depthwise stride of the first block, blocks) of each stage of EfficientNet-Lite2
STAGES = [(1, 1), (2, 3), (2, 3), (2, 4), (1, 4), (2, 5), (1, 1)]
TAPS = {6: "early", 14: "middle"}


class Graph:
    """An ONNX graph under construction, from the asset's tensors."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.tensors = tensors
        self.nodes, self.initializers = [], []
        self.constant("low", np.float32(0))
        self.constant("high", np.float32(6))

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds an initializer."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        """Adds an operation."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(self, x: str, name: str, weight: np.ndarray, side: int, stride: int, groups: int) -> tuple[str, int]:
        """A convolution with TensorFlow's "SAME" padding on a square picture; returns its output and its side."""
        size = weight.shape[-1]
        outputs = -(-side // stride)
        total = max((outputs - 1) * stride + size - side, 0)
        before, after = total // 2, total - total // 2
        inputs = [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", self.tensors[f"{name}.bias"])]
        attributes = {"strides": [stride] * 2, "group": groups, "kernel_shape": [size] * 2}
        return self.node("Conv", inputs, name, pads=[before, before, after, after], **attributes), outputs

    def pointwise(self, x: str, name: str, side: int) -> str:
        """A 1×1 convolution."""
        weight = self.tensors[f"{name}.weight"].astype(np.float32)[:, :, None, None]
        return self.convolution(x, name, weight, side, 1, 1)[0]

    def relu6(self, x: str) -> str:
        """min(max(x, 0), 6)."""
        return self.node("Clip", [x, "low", "high"], f"{x}.relu6")


def network(tensors: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The whole tower."""
    graph = Graph(tensors)
    stem = tensors["stem.weight"].astype(np.float32).transpose(0, 3, 1, 2)
    x, side = graph.convolution("pixels", "stem", stem, SIDE, 2, 1)
    x = graph.relu6(x)
    strides = [stride if repeat == 0 else 1 for stride, repeats in STAGES for repeat in range(repeats)]
    for i, stride in enumerate(strides):
        name = f"blocks.{i}"
        y = x
        if f"{name}.expand.weight" in tensors:
            y = graph.relu6(graph.pointwise(y, f"{name}.expand", side))
        weight = tensors[f"{name}.depthwise.weight"].astype(np.float32).transpose(2, 0, 1)[:, None]
        y, outputs = graph.convolution(y, f"{name}.depthwise", weight, side, stride, weight.shape[0])
        y = graph.pointwise(graph.relu6(y), f"{name}.project", outputs)
        inputs = tensors[f"{name}.expand.weight"].shape[1] if i else 0
        if stride == 1 and inputs == tensors[f"{name}.project.weight"].shape[0]:
            y = graph.node("Add", [x, y], f"{name}.sum")
        x, side = (graph.node("Identity", [y], TAPS[i]) if i in TAPS else y), outputs
    graph.node("Clip", [graph.pointwise(x, "head", side), "low", "high"], "head_map")
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("early", "middle", "head_map")]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "image_tower", [pixels], outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", 13)],
    )
    model.ir_version = 8
    return model


def main() -> None:
    """Builds, runs, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    options.inter_op_num_threads = 1
    model = network(load_file(ASSET)).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).standard_normal((arguments.batch, 3, SIDE, SIDE)).astype(np.float32)
    session.run(None, {"pixels": pixels})
    times = []
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        session.run(None, {"pixels": pixels})
        times.append((time.perf_counter() - start) * 1000 / arguments.batch)
    print(
        f"onnxruntime {onnxruntime.__version__}, batch {arguments.batch}, {arguments.threads} threads: "
        f"{statistics.median(times):.2f} ms a photo (best {min(times):.2f})"
    )


if __name__ == "__main__":
    main()
