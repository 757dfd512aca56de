"""``python -m app`` is ``footnote``."""

from app.cli import main

main()
