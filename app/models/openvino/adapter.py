"""Puts a trained adapter (LoRA) beside the weights of the local model's graph.

``evals.training.train_adapter`` makes the weights; ``MODEL_CARD.md`` beside them names their
sources. The graph's own weights stay as they are: without an adapter it answers as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "model_adapter.npz"
Adapter = Mapping[str, NDArray[np.float16]]
"""By layer and map: ``20.down.a`` [rank, in] and ``20.down.b`` [out, rank]."""
MODULES = ("o", "gate", "up", "down")
"""The linear maps of a layer that an adapter stands beside: the attention's output, and the three
of the feed-forward network."""


@cache
def load_adapter() -> Adapter | None:
    """The shipped adapter; None in a build that has none."""
    file = files("app").joinpath("data", WEIGHTS)
    if not file.is_file():
        return None
    with file.open("rb") as data, np.load(data) as stored:
        return {name: stored[name] for name in stored.files}


def adapt(ends: Sequence[Any], weights: Adapter) -> None:
    """Change the maps of the layers that ``weights`` name.

    ``ends`` are the operations that add to the hidden state, two for each layer. Raises ValueError
    if the graph is not built as expected.
    """
    for layer in sorted({int(name.partition(".")[0]) for name in weights}):
        maps = _maps(ends[2 * layer], ends[2 * layer + 1])
        for module in MODULES:
            _put_beside(
                maps[module], weights[f"{layer}.{module}.a"], weights[f"{layer}.{module}.b"]
            )


def _maps(after_attention: Any, after_network: Any) -> dict[str, Any]:
    """The matrix products of one layer, by what stands around them."""
    down = _product_into(after_network)
    gated = [value.get_node() for value in down.input_value(0).get_node().input_values()]
    up = [node for node in gated if node.get_type_name() == "MatMul"]
    gate = [
        node.input_value(0).get_node()
        for node in gated
        if node.get_type_name() != "MatMul"
        and node.input_value(0).get_node().get_type_name() == "MatMul"
    ]
    if len(up) != 1 or len(gate) != 1:
        raise ValueError("the feed-forward network of the graph is not built as expected")
    return {"o": _product_into(after_attention), "gate": gate[0], "up": up[0], "down": down}


def _product_into(add: Any) -> Any:
    products = [
        value.get_node()
        for value in add.input_values()
        if value.get_node().get_type_name() == "MatMul"
    ]
    if len(products) != 1:
        raise ValueError("a layer of the graph does not end as expected")
    return products[0]


def _put_beside(product: Any, a: NDArray[np.float16], b: NDArray[np.float16]) -> None:
    import openvino.opset13 as op

    takers = list(product.output(0).get_target_inputs())
    thin = op.matmul(product.input_value(0), op.constant(a.astype(np.float32)), False, True)
    beside = op.matmul(thin, op.constant(b.astype(np.float32)), False, True)
    both = op.add(product.output(0), beside)
    for taker in takers:
        taker.replace_source_output(both.output(0))
