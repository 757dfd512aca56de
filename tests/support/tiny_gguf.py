"""A GGUF model of one small layer with random weights: real for llama.cpp, meaningless to read."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, WIDE, HEADS = 64, 128, 4
PRINTABLE = 94
"""Tokens that are printable ASCII come first."""
END = "<|end|>"
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_gguf(path: Path) -> Path:
    """Write the model, whose tokens are single bytes, and return its path."""
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    tokens = [*sorted(ByteLevel.alphabet()), END]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([*[gguf.TokenType.NORMAL] * 256, gguf.TokenType.CONTROL])
    writer.add_token_merges([f"{tokens[0]} {tokens[1]}"])
    writer.add_eos_token_id(256)
    writer.add_chat_template(TEMPLATE)

    def add(name: str, *shape: int, spoken: int | None = None) -> None:
        scale = 1.0 if name.endswith("norm") else 0.3
        values = random.normal(0, scale, shape) if scale < 1 else np.ones(shape)
        values[spoken:] *= spoken is None  # replies are ASCII, not halves of characters
        writer.add_tensor(f"{name}.weight", values.astype(np.float16 if scale < 1 else np.float32))

    add("token_embd", len(tokens), WIDTH)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        add(f"blk.0.{name}", WIDTH, WIDTH)
    for name in ("ffn_gate", "ffn_up"):
        add(f"blk.0.{name}", WIDE, WIDTH)
    add("blk.0.ffn_down", WIDTH, WIDE)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        add(name, WIDTH)
    add("output", len(tokens), WIDTH, spoken=PRINTABLE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
