"""Writes a transformer as an ONNX file with one byte per weight; needs no exporter.

The graph is built by hand from ONNX Runtime's fused operators: it is a third of the nodes that an
exporter makes, and says exactly what is rounded. Dense weights have 7 bits and one scale for each
output, because processors without VNNI overflow silently with 8; the table of word pieces has 4
bits and one scale for every 32 numbers. Activations are rounded as they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.transformer import EPSILON, HEADS, WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.transformer import Layer, Transformer

    Floats = NDArray[np.float32]

OPSET, FUSED_OPSET, IR_VERSION = 17, 1, 8
FUSED = "com.microsoft"
DENSE_LEVELS, PIECE_LEVELS = 63, 7
BLOCK, ZERO = 32, 8


def write_onnx(model: Transformer, path: Path, *, is_rounded: bool = True) -> None:
    """Write `model`: input_ids and attention_mask, both (texts, pieces), to unit `vectors`."""
    graph = _Graph(is_rounded=is_rounded)
    graph.embed(model)
    for number, layer in enumerate(model.layers):
        graph.layer(f"layer{number}", layer)
    graph.pool()
    path.write_bytes(graph.finished().SerializeToString())


def rounded(weights: Floats, levels: int) -> tuple[NDArray[np.int8], Floats]:
    """Weights (rows, width) in steps of one scale for each row, at most `levels` up and down."""
    scales = np.maximum(np.abs(weights).max(axis=1) / levels, 1e-12).astype(np.float32)
    return np.round(weights / scales[:, None]).clip(-levels, levels).astype(np.int8), scales


@dataclass(slots=True)
class _Graph:
    is_rounded: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    state: str = ""

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(
        self, kind: str, inputs: list[str], output: str, domain: str = "", **options: object
    ) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **options))
        return output

    def embed(self, model: Transformer) -> None:
        """The sum of piece and place, normalised; and how many pieces each text has."""
        table = model.pieces.weight.detach().numpy()
        if self.is_rounded:
            found = self.small_rows("pieces", table)
        else:
            found = self.add("Gather", [self.constant("pieces", table), "input_ids"], "found")
        places = self.constant("places", model.positions.weight.detach().numpy())
        shape = self.add("Shape", ["input_ids"], "length", start=1, end=2)
        zero = self.constant("zero", np.array([0], dtype=np.int64))
        used = self.add("Slice", [places, zero, shape, zero], "used_places")
        summed = self.add("Add", [found, used], "placed")
        self.state = self.norm("first", summed, model.first)
        small_mask = self.add("Cast", ["attention_mask"], "mask32", to=TensorProto.INT32)
        one = self.constant("one", np.array([1], dtype=np.int64))
        self.add("ReduceSum", [small_mask, one], "lengths", keepdims=0)

    def small_rows(self, name: str, table: Floats) -> str:
        """Rows of `table` for the input, kept in half a byte per number and a scale per block."""
        values, scales = rounded(table.reshape(-1, BLOCK), PIECE_LEVELS)
        halves = (values + ZERO).astype(np.uint8).reshape(len(table), -1)
        packed = self.constant(name, halves[:, ::2] | (halves[:, 1::2] << 4))
        steps = scales.reshape(len(table), -1).astype(np.float16)
        inputs = [packed, "input_ids", self.constant(f"{name}.scales", steps)]
        options = {"bits": 4, "block_size": BLOCK, "gather_axis": 0, "quantize_axis": 1}
        found = self.add("GatherBlockQuantized", inputs, f"{name}.found", FUSED, **options)
        return self.add("Cast", [found], f"{name}.float", to=TensorProto.FLOAT)

    def norm(self, name: str, value: str, part: object) -> str:
        gains = [
            self.constant(f"{name}.{kind}", getattr(part, kind).detach().numpy())
            for kind in ("weight", "bias")
        ]
        return self.add("LayerNormalization", [value, *gains], f"{name}.out", epsilon=EPSILON)

    def dense(self, name: str, value: str, weight: Floats, bias: Floats) -> str:
        """`value` times `weight` (outputs, inputs), plus `bias`."""
        offset = self.constant(f"{name}.bias", bias)
        if not self.is_rounded:
            product = self.add(
                "MatMul",
                [value, self.constant(f"{name}.weight", np.ascontiguousarray(weight.T))],
                f"{name}.product",
            )
            return self.add("Add", [product, offset], f"{name}.out")
        values, scales = rounded(weight, DENSE_LEVELS)
        weights = self.constant(f"{name}.weight", np.ascontiguousarray(values.T))
        inputs = [value, weights, self.constant(f"{name}.scale", scales), "", offset]
        return self.add("DynamicQuantizeMatMul", inputs, f"{name}.out", FUSED)

    def layer(self, name: str, part: Layer) -> None:
        parts = [part.query, part.key, part.value]
        weight = np.concatenate([each.weight.detach().numpy() for each in parts])
        bias = np.concatenate([each.bias.detach().numpy() for each in parts])
        joint = self.dense(f"{name}.joint", self.state, weight, bias)
        split = [f"{name}.{kind}" for kind in ("query", "key", "value")]
        self.nodes.append(helper.make_node("Split", [joint], split, axis=2))
        seen = self.add(
            "MultiHeadAttention", [*split, "", "lengths"], f"{name}.seen", FUSED, num_heads=HEADS
        )
        mixed = self.linear(f"{name}.mixed", seen, part.mixed)
        self.state = self.skip(f"{name}.after_mixing", mixed, part.after_mixing)
        wide = self.linear(f"{name}.wide", self.state, part.wide)
        bent = self.add("Gelu", [wide], f"{name}.bent", FUSED)
        narrow = self.linear(f"{name}.narrow", bent, part.narrow)
        self.state = self.skip(f"{name}.after_narrow", narrow, part.after_narrow)

    def linear(self, name: str, value: str, part: object) -> str:
        weight, bias = (getattr(part, kind).detach().numpy() for kind in ("weight", "bias"))
        return self.dense(name, value, weight, bias)

    def skip(self, name: str, value: str, part: object) -> str:
        gains = [
            self.constant(f"{name}.{kind}", getattr(part, kind).detach().numpy())
            for kind in ("weight", "bias")
        ]
        inputs = [value, self.state, *gains]
        return self.add("SkipLayerNormalization", inputs, f"{name}.out", FUSED, epsilon=EPSILON)

    def pool(self) -> None:
        """The mean over the pieces of a text, scaled to length one."""
        mask = self.add("Cast", ["attention_mask"], "present", to=TensorProto.FLOAT)
        wide = self.add(
            "Unsqueeze", [mask, self.constant("last", np.array([2], dtype=np.int64))], "present3"
        )
        kept = self.add("Mul", [self.state, wide], "kept")
        total = self.add("ReduceSum", [kept, "one"], "total", keepdims=0)
        self.add("LpNormalization", [total], "vectors", axis=1, p=2)

    def finished(self) -> onnx.ModelProto:
        texts = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "pieces"])
            for name in ("input_ids", "attention_mask")
        ]
        vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])
        graph = helper.make_graph(self.nodes, "encoder", texts, [vectors], self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, FUSED_OPSET)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="broadsheet"
        )
