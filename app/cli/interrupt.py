"""Ctrl-C is never lost: one that falls where Python drops exceptions is raised again.

Python prints and drops what is raised in a ``__del__``, in the callback of a weak reference, or in
some libraries' callbacks, and the work goes on. Long work calls ``raise_if_pressed`` as it goes.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_pressed = threading.Event()


def install() -> None:
    """Note a Ctrl-C besides raising KeyboardInterrupt; nothing if interrupts are ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _press)


def _press(_signal: int, _frame: FrameType | None) -> None:
    _pressed.set()
    raise KeyboardInterrupt


def raise_if_pressed() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed and the work still goes on."""
    if _pressed.is_set():
        _pressed.clear()
        raise KeyboardInterrupt
