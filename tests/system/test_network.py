"""Nothing leaves the machine: every connection of the real commands, as the kernel saw it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.base import ChatModel
from app.settings import load_settings

STRACE = shutil.which("strace")
# By seccomp, only the traced calls stop the process: the rest runs at full speed.
TRACE = (str(STRACE), "-f", "--seccomp-bpf", "-qq")
SILENCED_BY = ("CI", "TF_BUILD", "JENKINS_URL")
"""Variables of build machines, on which some libraries report nothing."""
HERE = re.compile(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"')

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


def outgoing(log: Path) -> list[str]:
    """Connections (and datagrams sent) to other machines; name look-ups are among them."""
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if "AF_INET" in line and not HERE.search(line)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("network")


@pytest.fixture(scope="module", autouse=True)
def waiting(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that has used onnxruntime, which reports home some seconds after its first session.

    It waits while the other tests of this file run.
    """
    log = tmp_path_factory.mktemp("later") / "strace.log"
    code = (
        "import time\nfrom app.evidence.reader import Reader\n"
        "Reader().read_pairs([('Ready?', 'Ready.')])\ntime.sleep(15)"
    )
    process = subprocess.Popen(
        [*TRACE, "-e", "trace=connect", "-o", str(log), sys.executable, "-c", code]
    )
    yield process, log
    process.kill()
    process.wait()


def traced(data: Path, *arguments: str, model: str = "none") -> list[str]:
    """Run ``footnote`` under strace in ``data``; what left the machine."""
    log = data / "strace.log"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in SILENCED_BY},
        "FOOTNOTE_DATA": str(data),
        "FOOTNOTE_MODEL": model,
        "FOOTNOTE_MODELS": str(load_settings().models),
        "FOOTNOTE_TIMEOUT_S": "400",
    }
    done = subprocess.run(
        [*TRACE, "-e", "trace=connect,sendto,sendmsg", "-o", str(log),
         sys.executable, "-m", "footnote", *arguments],
        env=environment, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert log.exists()
    return outgoing(log)


def test_the_check_sees_a_connection(data: Path) -> None:
    log = data / "strace.log"
    code = (
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "s.connect(('192.0.2.1', 9))"
    )
    subprocess.run(
        [*TRACE, "-e", "trace=connect", "-o", str(log), sys.executable, "-c",
         code], check=False,
    )  # fmt: skip
    assert len(outgoing(log)) == 1


@pytest.fixture(scope="module")
def ingested(data: Path) -> Path:
    """The sample in the data folder, whichever test of this file comes first."""
    assert traced(data, "ingest", "--sample") == []
    return data


def test_ingest_and_ask_stay_here(ingested: Path) -> None:
    data = ingested
    assert traced(data, "ask", "Who is Azerbaijan's ambassador to Tajikistan?") == []


def test_asking_the_local_model_stays_here(ingested: Path, local_model: ChatModel) -> None:
    assert local_model.name == "local"
    assert traced(ingested, "ask", "Where was the meeting held?", model="local") == []


def test_eval_stays_here(data: Path) -> None:
    assert traced(data, "eval", "briefing", "--sample", "4") == []


def test_no_library_reports_home_later(waiting: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = waiting
    assert process.wait(300) == 0
    assert outgoing(log) == []
