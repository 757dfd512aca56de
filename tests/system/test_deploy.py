"""What several chats are run with: the files of ``.deploy`` agree with settings and lock."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.http.health import READY
from app.settings import VARIABLE_PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / ".deploy"
PORT = next(field.default for field in fields(Settings) if field.name == "port")


def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return made


def variables() -> set[str]:
    """Footnote's variables, of the service and of the image."""
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    told = re.findall(rf"\b({VARIABLE_PREFIX}\w+)=", image)
    return {*told, *compose()["services"]["chat"]["environment"]}


def test_the_four_services_find_each_other() -> None:
    services = compose()["services"]
    assert set(services) == {"database", "vectors", "chat", "proxy"}
    chat = services["chat"]
    given = chat["environment"]
    assert "@database/" in given["FOOTNOTE_DATABASE"]
    assert Settings(chroma=given["FOOTNOTE_CHROMA"]).chroma == "http://vectors:8000"
    assert set(chat["depends_on"]) == {"database", "vectors"}
    assert any(f":{PORT}{READY}" in part for part in chat["healthcheck"]["test"])
    proxied = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert f"server chat:{PORT} " in proxied
    (shown,) = services["proxy"]["ports"]
    assert f"listen {shown.partition(':')[2]};" in proxied
    volumes = {name.partition(":")[0] for s in services.values() for name in s.get("volumes", ())}
    assert volumes - {"./nginx.conf"} == set(compose()["volumes"])


def test_every_variable_is_a_setting() -> None:
    known = {VARIABLE_PREFIX + field.name.upper() for field in fields(Settings)}
    assert variables() >= {"FOOTNOTE_DATA", "FOOTNOTE_HOST", "FOOTNOTE_DATABASE"}
    assert variables() <= known


def test_the_chroma_server_is_the_locked_one() -> None:
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    locked = re.search(r"^chromadb==(\S+)", lock, re.MULTILINE)
    assert locked is not None
    assert compose()["services"]["vectors"]["image"] == f"chromadb/chroma:{locked[1]}"


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("server chat:", "server 127.0.0.1:")  # there is no such host here
    own = tmp_path / "nginx.conf"
    own.write_text(f"pid {tmp_path}/pid; error_log {tmp_path}/log;\n{text}", encoding="utf-8")
    command = ["nginx", "-t", "-p", str(tmp_path), "-c", str(own)]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
