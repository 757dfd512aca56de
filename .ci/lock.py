"""Write the locks: `constraints.txt` (what Footnote runs on) and `.ci/test.txt` (what tests add).

Run as `make lock`; needs `uv`, which resolves for every supported Python and system at once.
The CUDA packages of torch's registry build are left out: where that build is chosen they come
with it, pinned by torch itself; the CPU build needs none. torch's hashes admit either build.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
TORCH = "torch==2.13.0"
CUDA = re.compile(r"^(nvidia-|cuda-|triton==)")
HEADER = "# Every version with its hashes, for Python 3.11 to 3.13. Written by `make lock`.\n"


def resolve(*options: str) -> dict[str, str]:
    """Pins by package name: each the text of its requirement with hashes."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version=3.11"]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "-q", *options]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    pins = re.split(r"^(?=\S)", out, flags=re.MULTILINE)
    return {re.split(r"[=\s]", pin)[0]: pin for pin in pins if pin.strip()}


def local_torch_hash() -> str:
    """The hash of the torch wheel that pip takes here: the CPU build where pip finds one."""
    command = [sys.executable, "-m", "pip", "install", "--ignore-installed", "--no-deps", "-q"]
    command += ["--dry-run", "--report=-", TORCH]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    hashes = json.loads(report)["install"][0]["download_info"]["archive_info"]["hashes"]
    return f"--hash=sha256:{hashes['sha256']}"


def write(path: Path, pins: Sequence[str], header: str) -> None:
    """Write ``pins`` in order without the CUDA packages."""
    path.write_text(header + "".join(pin for pin in pins if not CUDA.match(pin)))


def main() -> None:
    """Resolve both sets, keeping what the present locks pin unless asked with ``--upgrade``."""
    lock, extra = ROOT / "constraints.txt", ROOT / ".ci" / "test.txt"
    kept = (
        [] if "--upgrade" in sys.argv else [f"-c{path}" for path in (lock, extra) if path.exists()]
    )
    base = resolve(*kept)
    pin = base["torch"].rstrip()
    here = local_torch_hash()
    base["torch"] = pin + ("" if here in pin else f" \\\n    {here}") + "\n"
    tests = resolve("--extra=test", *kept)
    write(lock, list(base.values()), HEADER)
    write(extra, [text for name, text in tests.items() if name not in base], HEADER)


if __name__ == "__main__":
    main()
