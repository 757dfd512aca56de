"""The command line: ``footnote …``. It shows what the layers below answer and decides nothing."""

from __future__ import annotations

from app.cli.main import main

__all__ = ["main"]
