"""The upper layers of the local model in PyTorch, out of its GGUF file, with an adapter in them.

Low-rank adaptation (LoRA, Hu et al. 2021, arXiv:2106.09685): beside each linear map of the
attention's output and of the feed-forward network stands the product of two thin matrices, which
alone are trained. What lies below the first of these layers stays as it is, so that its output is
computed once for each example.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2DecoderLayer, Qwen2RotaryEmbedding

from app.models.openvino.adapter import MODULES

RANK, SCALE = 8, 2.0
_PLACES = {
    "input_layernorm.weight": "attn_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    **{f"self_attn.{p}_proj.{w}": f"attn_{p}.{w}" for p in "qkv" for w in ("weight", "bias")},
    "self_attn.o_proj.weight": "attn_output.weight",
    **{f"mlp.{p}_proj.weight": f"ffn_{p}.weight" for p in ("gate", "up", "down")},
}
"""Where each weight of a layer stands in a GGUF file."""
_MODULE_PATHS = {"o": "self_attn.o_proj", **{m: f"mlp.{m}_proj" for m in ("gate", "up", "down")}}


class Adapted(nn.Module):
    """A linear map that stays as it is, and the thin product beside it, which begins at zero."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        self.base = base
        width_out, width_in = base.get_parameter("weight").shape
        self.a = nn.Parameter(torch.randn(RANK, width_in) / width_in**0.5)
        self.b = nn.Parameter(torch.zeros(width_out, RANK))

    def forward(self, x: Tensor) -> Tensor:
        """[…, in] to […, out]."""
        thin = nn.functional.linear(x, self.a.to(x.dtype))
        beside: Tensor = nn.functional.linear(thin, self.b.to(x.dtype))
        base: Tensor = self.base(x)
        return base + SCALE * beside


class UpperLayers(nn.Module):
    """The layers from ``first`` on, the last norm and the head, with adapters in the layers."""

    def __init__(self, gguf: Path, first: int) -> None:
        """Read the weights of a Qwen2 model. Raises OSError, and KeyError for another kind."""
        super().__init__()
        reader = _Weights(gguf)
        config = Qwen2Config(
            vocab_size=int(reader.shape("token_embd.weight")[1]),
            hidden_size=reader.field("embedding_length"),
            intermediate_size=reader.field("feed_forward_length"),
            num_hidden_layers=reader.field("block_count"),
            num_attention_heads=reader.field("attention.head_count"),
            num_key_value_heads=reader.field("attention.head_count_kv"),
            rms_norm_eps=reader.field("attention.layer_norm_rms_epsilon"),
            rope_parameters={"rope_type": "default", "rope_theta": reader.field("rope.freq_base")},
            max_position_embeddings=reader.field("context_length"),
        )
        config._attn_implementation = "sdpa"
        self.rotary = Qwen2RotaryEmbedding(config)
        self.layers = nn.ModuleList()
        self._adapters: list[tuple[str, Adapted]] = []
        for index in range(first, config.num_hidden_layers):
            layer: nn.Module = Qwen2DecoderLayer(config, index)
            layer.load_state_dict(
                {ours: reader.weight(f"blk.{index}.{theirs}") for ours, theirs in _PLACES.items()}
            )
            self.layers.append(layer.to(torch.bfloat16))
        self.norm = nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.norm.weight.data = reader.weight("output_norm.weight")
        head = "output.weight" if "output.weight" in reader.names else "token_embd.weight"
        self.head = reader.weight(head).to(torch.bfloat16)
        self.requires_grad_(False)
        for index, layer in enumerate(self.layers, first):
            for module in MODULES:
                parent, _, name = _MODULE_PATHS[module].rpartition(".")
                owner = layer.get_submodule(parent)
                adapted = Adapted(owner.get_submodule(name))
                setattr(owner, name, adapted)
                self._adapters.append((f"{index}.{module}", adapted))

    def forward(self, states: Tensor, start: int) -> Tensor:
        """Logits [tokens - start, vocabulary] after each token from ``start`` on, from the states
        [tokens, width] that the layers below gave."""
        hidden = states[None].to(torch.bfloat16)
        places = self.rotary(hidden, torch.arange(len(states))[None])
        for layer in self.layers:
            out = layer(hidden, attention_mask=None, position_embeddings=places)
            hidden = out[0] if isinstance(out, tuple) else out
        last = self.norm(hidden[0, start:].float()).to(torch.bfloat16)
        logits: Tensor = (last @ self.head.T).float()
        return logits

    def adapters(self) -> list[tuple[str, Adapted]]:
        """Each adapter and its name, for example ``20.down``."""
        return self._adapters

    def thin_weights(self) -> dict[str, np.ndarray[Any, np.dtype[np.float16]]]:
        """The adapter as ``app.models.openvino.adapter`` reads it, the scale multiplied in."""
        weights = {}
        for name, adapted in self.adapters():
            weights[f"{name}.a"] = adapted.a.detach().numpy().astype(np.float16)
            weights[f"{name}.b"] = (SCALE * adapted.b.detach()).numpy().astype(np.float16)
        return weights


class _Weights:
    """The tensors and fields of a GGUF file."""

    def __init__(self, path: Path) -> None:
        import gguf

        self._gguf = gguf
        self._reader = gguf.GGUFReader(path)
        self._tensors = {t.name: t for t in self._reader.tensors}
        self.names = set(self._tensors)

    def field(self, name: str) -> Any:
        return self._reader.fields[f"qwen2.{name}"].contents()

    def shape(self, name: str) -> Any:
        return self._tensors[name].shape

    def weight(self, name: str) -> Tensor:
        """As float32, whatever it is packed as."""
        tensor = self._tensors[name]
        values = self._gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        return torch.from_numpy(np.array(values, np.float32))
