"""A causal language model run by OpenVINO, with the cache of what it has read.

Prompts that begin alike are read once: the cache is cut back to what the next one shares. A
prompt is always read in the same blocks, because a token's values depend a little on how many are
read with it: so no reply depends on what was read before.

Replies that repeat their prompt come several tokens a pass: what followed the same words before is
proposed and checked in one pass (prompt lookup decoding, github.com/apoorvumang/
prompt-lookup-decoding), which changes no reply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.models.openvino.adapter import Adapter, adapt

GRAPH = "openvino_model.xml"
STATE = "state"
READ_BLOCK = 64
"""Prompt tokens read in one pass. 330 tokens take as long as in passes of 128; passes of 32 take
1.1 times, of 16 1.3 times as long (two cores)."""
MAX_PROPOSED = 6
"""Tokens proposed at once: a pass over seven takes 1.8 times as long as one over a single token."""
LOOKUP_WORDS = (3, 2)
"""How many last tokens are looked up in what went before, longest first."""
STATE_LAYER = 20
"""The layer (of 28) after which the hidden state is given: there a linear probe tells best whether
a question is answered (evals/FIGURES.md, "What the local model's state says")."""

Logits = NDArray[np.float32]
Choose = Callable[[Logits], int]


class Step(NamedTuple):
    """One token of a reply, and the logits [vocabulary] that it was chosen by."""

    token: int
    logits: Logits


class CausalLM:
    """One model in memory with one cache; not safe between threads."""

    def __init__(self, folder: Path, *, threads: int, adapter: Adapter | None) -> None:
        """Load what ``convert`` wrote into ``folder``, with the weights of an adapter beside its
        own if there are any. Raises RuntimeError if it cannot be."""
        import openvino
        from openvino_genai import Tokenizer

        core = openvino.Core()
        graph = core.read_model(folder / GRAPH)
        head = _head(graph)
        sums = _state_sums(graph, head.input_value(0).partial_shape[2].get_length())
        # Read out first: the adapter changes none of the layers below.
        _read_out(graph, head, sums[2 * STATE_LAYER - 1])
        if adapter:
            adapt(sums, adapter)
            graph.validate_nodes_and_infer_types()
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            # Keys and values come back from a cut exactly as they went in.
            "KV_CACHE_PRECISION": "f32",
        }
        self._request = core.compile_model(graph, "CPU", options).create_infer_request()
        self._tensor = openvino.Tensor
        self._tokenizer = Tokenizer(folder)
        self._read: list[int] = []
        self._prompt: list[int] = []
        """The beginning of ``_read`` that was read as a prompt, in blocks."""
        self._prompt_end: tuple[Logits, Logits] | None = None
        """The logits and the hidden state at the end of a prompt that was read whole."""
        self.end = int(self._tokenizer.get_eos_token_id())

    def prompt(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """The tokens of a conversation by the model's chat template; the assistant is next."""
        text = self._tokenizer.apply_chat_template(list(messages), add_generation_prompt=True)
        return self.encode(text)

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; [] of none."""
        if not text:
            return []
        ids = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
        return [int(i) for i in ids[0]]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; a character whose end is still to come is U+FFFD."""
        return str(self._tokenizer.decode(list(tokens))) if tokens else ""

    def read(self, tokens: Sequence[int], wanted: Callable[[], bool]) -> Logits | None:
        """Read a prompt of at least one token from the block where it differs from the last one.

        The logits [vocabulary] at its end; None once it is not ``wanted`` any more, which is asked
        before each ``READ_BLOCK`` tokens.
        """
        if self._prompt_end is None or self._prompt != list(tokens):
            start = self._shared_blocks(tokens)
            self._cut(start)
            self._prompt_end = None
            for at in range(start, len(tokens), READ_BLOCK):
                if not wanted():
                    return None
                block = tokens[at : at + READ_BLOCK]
                logits = self._feed(block, out=1)[-1]
                self._prompt += block
            self._prompt_end = logits, np.array(self._output(STATE)[-1], np.float32)
        self._cut(len(tokens))
        return self._prompt_end[0]

    def _shared_blocks(self, tokens: Sequence[int]) -> int:
        """How many tokens of the whole blocks that the last prompt begins with begin this one."""
        shared = 0
        for known, token in zip(self._prompt, tokens[:-1], strict=False):
            if known != token:
                break
            shared += 1
        return shared // READ_BLOCK * READ_BLOCK

    def state(self) -> Logits:
        """The hidden state [width] after ``STATE_LAYER`` layers at the end of the prompt read last.

        Raises ValueError if none was read to its end.
        """
        if self._prompt_end is None:
            raise ValueError("No prompt was read to its end.")
        return self._prompt_end[1]

    def states(self, tokens: Sequence[int]) -> Logits:
        """The same of each token [tokens, width]; they are read in one pass, and alone."""
        self._cut(0)
        self._feed(tokens, out=1)
        return np.array(self._output(STATE), np.float32)

    def reply(
        self, prompt: Sequence[int], first: Logits, most: int, choose: Choose
    ) -> Iterator[Step]:
        """The next tokens after ``prompt``, which was just read with the logits ``first`` at its
        end; at most ``most``, up to the end of the turn, which is not given."""
        seen, step = list(prompt), Step(choose(first), first)
        limit = len(seen) + most
        while step.token != self.end:
            yield step
            seen.append(step.token)
            if len(seen) >= limit:
                return
            proposed = _proposed(seen, min(MAX_PROPOSED, limit - len(seen)))
            rows = self._feed([step.token, *proposed], out=1 + len(proposed))
            steps = [Step(choose(row), row) for row in rows]
            right = 0
            while right < len(proposed) and steps[right].token == proposed[right] != self.end:
                yield steps[right]
                right += 1
            seen += proposed[:right]
            self._cut(len(seen))
            if len(seen) >= limit:
                return
            step = steps[right]

    def _feed(self, tokens: Sequence[int], *, out: int) -> Logits:
        """Read tokens after those in the cache; logits [out, vocabulary] of the last ones."""
        before, count = len(self._read), len(tokens)
        self._request.infer(
            {
                "input_ids": np.array([tokens], np.int64),
                "attention_mask": np.ones((1, before + count), np.int64),
                "position_ids": np.arange(before, before + count, dtype=np.int64)[None],
                "beam_idx": np.zeros(1, np.int32),
                "last": np.array(-out, np.int64),
            }
        )
        self._read += tokens
        return np.array(self._output("logits"), np.float32)

    def _output(self, name: str) -> Any:
        """What the last pass gave under a name, [tokens, width]; the next pass overwrites it."""
        return self._request.get_tensor(name).data[0]

    def _cut(self, length: int) -> None:
        """Forget what was read after the first ``length`` tokens."""
        if length < len(self._prompt):
            self._prompt, self._prompt_end = self._prompt[:length], None
        if length == len(self._read):
            return
        self._read = self._read[:length]
        if not length:
            self._request.reset_state()
            return
        for state in self._request.query_state():
            state.state = self._tensor(np.array(state.state.data[:, :, :length]))


def _proposed(seen: Sequence[int], most: int) -> list[int]:
    """What followed the last tokens where they last stood before; [] if they did not."""
    for count in LOOKUP_WORDS:
        end = seen[-count:]
        for start in range(len(seen) - count - 1, -1, -1):
            if seen[start : start + count] == end:
                return list(seen[start + count : start + count + most])
    return []


def _head(graph: Any) -> Any:
    """The matrix product that gives the logits."""
    head = graph.get_results()[0].input_value(0).get_node()
    while head.get_type_name() != "MatMul":
        head = head.input_value(0).get_node()
    return head


def _read_out(graph: Any, head: Any, layer_end: Any) -> None:
    """Change what the graph gives: also the hidden states after a layer, and logits only from the
    position ``last`` on (a new input; negative, from the end). The logits of a whole prompt would
    cost half a second and 600 kB a token."""
    import openvino
    import openvino.opset13 as op

    last = op.parameter(openvino.PartialShape([]), np.int64, "last")
    last.output(0).set_names({"last"})
    start = op.unsqueeze(last, op.constant(np.array(0, np.int64)))
    end, one = (op.constant(np.array([n], np.int64)) for n in (np.iinfo(np.int64).max, 1))
    hidden = op.slice(head.input_value(0), start, end, one, one)
    head.input(0).replace_source_output(hidden.output(0))
    layer_end.output(0).set_names({STATE})
    graph.add_parameters([last])
    graph.add_results([op.result(layer_end)])
    graph.validate_nodes_and_infer_types()


def _state_sums(graph: Any, width: int) -> list[Any]:
    """The operations that add to the hidden state: two for each layer, the second ends it."""

    def adds_to_state(node: Any) -> bool:
        if node.get_type_name() != "Add":
            return False
        shapes = [value.partial_shape for value in (*node.input_values(), node.output(0))]
        return all(
            len(s) == 3 and s[1].is_dynamic and s[2].is_static and s[2].get_length() == width
            for s in shapes
        )

    return [node for node in graph.get_ordered_ops() if adds_to_state(node)]
