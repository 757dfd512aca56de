"""The command line ``footnote``: formats results of the layers below and decides nothing."""

from __future__ import annotations

from app.cli.main import main

__all__ = ["main"]
