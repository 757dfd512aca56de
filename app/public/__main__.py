"""``python -m footnote`` is ``footnote``."""

from app.cli import main

main()
