"""The sample document."""

from __future__ import annotations

from pathlib import Path


def sample_path() -> Path:
    """The sample briefing, a Markdown file that is installed with the package."""
    return Path(__file__).with_name("briefing.md")
