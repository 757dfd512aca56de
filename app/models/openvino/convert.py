"""Converts a GGUF model for OpenVINO, in a process of its own: it takes 4 GB for some seconds.

``python -m app.models.openvino.convert GGUF FOLDER`` is that process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

CHECK_QUESTION = "What is the capital of France? Reply with one word."
CHECK_REPLY = "Paris"
"""What the converted model must answer before its folder is used."""


class NotConverted(Exception):
    """The model could not be converted; the message says why."""


def convert(gguf: Path, folder: Path) -> None:
    """Write the model of ``gguf`` into ``folder`` as OpenVINO reads it: whole, or not at all.

    What an earlier conversion left half done is removed. Raises ``NotConverted`` and OSError.
    """
    prefix = f".{folder.name}.converting-"
    for left in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    half = Path(mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        # The library writes beside the file that it reads.
        linked = half / gguf.name
        try:
            os.link(gguf, linked)
        except OSError:  # another file system, or one without links
            shutil.copyfile(gguf, linked)
        command = [sys.executable, "-m", __name__, str(linked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise NotConverted(lines[-1] if lines else f"it ended with {done.returncode}")
        linked.unlink()
        half.replace(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def main(gguf: str) -> None:
    """Convert, and see that the model answers; ends the process with the reason if it does not."""
    import openvino_genai

    pipeline = openvino_genai.LLMPipeline(gguf, "CPU", enable_save_ov_model=True)
    reply = str(pipeline.generate(CHECK_QUESTION, max_new_tokens=8))
    if CHECK_REPLY not in reply:
        sys.exit(f"the converted model replies “{reply}” to “{CHECK_QUESTION}”")


if __name__ == "__main__":
    main(sys.argv[1])
